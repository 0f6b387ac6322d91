/*
 * test_seal.c - host/seal.c and host/sealed_file.c: this program executes itself as mini-run does, and looks whether
 * somebody could write to what it was executed from.
 *
 * Needs root. Each case is a child; "child WAY" is what it executes itself as.
 */
#include "tree_fixture.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

#include "base/sys.h"
#include "host/seal.h"
#include "host/sealed_file.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/* What a child ends with. */
enum { HELD = 0, NOT_SEALED = 10, WRITABLE, AGAIN, CHANGED_NAME, UNPREPARED };

static bool may_mount(void)
{
	uint64_t permitted;

	return sys_capget_permitted(&permitted) == 0 && (permitted & (1U << CAP_SYS_ADMIN));
}

static bool drop_mount(void)
{
	uint64_t all;

	if (prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) < 0 || sys_capget_permitted(&all) < 0)
		return false;
	all &= ~(UINT64_C(1) << CAP_SYS_ADMIN);
	return sys_capset(all, all, 0) == 0;
}

/* In a PID namespace of its own, where no memory file may be executed. */
static bool forbid_memory_files(void)
{
	OWNED_FD fd = -1;

	if (unshare(CLONE_NEWPID) < 0)
		return false;
	/* The setting is that of the namespace of who writes it. */
	if (fork() != 0) {
		int status;

		(void)wait(&status);
		_exit(WEXITSTATUS(status));
	}
	fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "2", 1) == 1;
}

/*
 * Leaves somebody behind who holds what /proc/self/exe leads to, and opens it anew when nobody executes it any more (until
 * then nobody can write to it): when the pipe on his stdin is at its end.
 */
static int leave_writer(void)
{
	static char script[] =
		"read line; (printf x >>/proc/self/fd/9) 2>/dev/null && echo writable && "
		"exit; echo held";
	char *writer[] = {(char *)"sh", (char *)"-c", script, NULL};
	int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (self < 0 || dup2(self, 9) < 0)
		return UNPREPARED;
	switch (fork()) {
	case -1:
		return UNPREPARED;
	case 0:
		execv("/bin/sh", writer);
		_exit(UNPREPARED);
	default:
		return HELD;
	}
}

/* The second time. */
static int look_at_self(char **argv)
{
	char comm[17] = "";

	if (binary_seal(argv, &e) < 0)
		return NOT_SEALED;
	(void)prctl(PR_GET_NAME, comm);
	return strcmp(comm, "mini-run") == 0 ? leave_writer() : CHANGED_NAME;
}

static int child(char **argv)
{
	const char *way = argv[2];

	if (strcmp(argv[0], "again") == 0)
		return look_at_self(argv);
	if (strcmp(way, "plain") == 0)
		return leave_writer();
	if (strcmp(way, "copy") == 0 && !drop_mount())
		return UNPREPARED;
	argv[0] = (char *)"again";
	if (binary_seal(argv, &e) < 0) {
		print_error("%s\n", e.text);
		return NOT_SEALED;
	}
	return AGAIN; /* it says that it is sealed already */
}

/* A copy of this program, because this one is being executed. */
static void program_copy(char place[static 32])
{
	OWNED_FD from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = -1;
	struct stat st;

	strcpy(place, "/tmp/test_seal.XXXXXX");
	to = mkostemp(place, O_CLOEXEC);
	assert_true(from >= 0 && to >= 0);
	assert_int_equal(fstat(from, &st), 0);
	while (st.st_size > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)st.st_size);

		assert_true(n > 0);
		st.st_size -= n;
	}
	assert_int_equal(fchmod(to, 0755), 0);
}

/* In a mount namespace of its own, with @place mounted on itself, read-only; then it is made writable again. */
static bool mount_read_only(const char *place, bool read_only)
{
	if (read_only &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	     mount(place, place, NULL, MS_BIND, NULL) < 0))
		return false;
	return mount(NULL, place, NULL, MS_BIND | MS_REMOUNT | (read_only ? MS_RDONLY : 0), NULL) ==
	       0;
}

/* What the one that was left behind says of a program that was executed by @way. */
static void writer_says(const char *way, bool read_only, const char *expected)
{
	char place[32], said[32] = "";
	int in[2], out[2], status;
	pid_t pid;

	program_copy(place);
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	if (read_only && !mount_read_only(place, true))
		_exit(UNPREPARED);
	pid = fork();
	if (pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		execl(place, place, "child", way, (char *)NULL);
		_exit(UNPREPARED);
	}
	close(in[0]);
	close(out[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (read_only && !mount_read_only(place, false))
		_exit(UNPREPARED);
	close(in[1]);
	assert_true(read(out[0], said, sizeof(said) - 1) >= 0);
	close(out[0]);
	if (read_only)
		(void)umount2(place, MNT_DETACH);
	(void)unlink(place);
	assert_int_equal(WEXITSTATUS(status), HELD);
	assert_string_equal(said, expected);
}

/* The control: who is not sealed can be written to. */
static void by_nothing(void **state)
{
	(void)state;
	writer_says("plain", false, "writable\n");
}

static void by_mount(void **state)
{
	(void)state;
	if (!may_mount()) {
		print_message("skip: it takes the right to mount\n");
		skip();
	}
	writer_says("mount", false, "held\n");
}

static void by_copy(void **state)
{
	(void)state;
	writer_says("copy", false, "held\n");
}

/* A mount of the host that is read-only may be made writable: it is no seal. */
static void read_only_mount(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (!may_mount()) {
		print_message("skip: it takes the right to mount\n");
		skip();
	}
	pid = fork();
	if (pid == 0) {
		writer_says("mount", true, "held\n");
		_exit(HELD);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), HELD);
}

/* Writes a script into a sealed file, executes it, and tries to write to it. */
static int sealed_file_try(bool forbidden)
{
	static const char text[] = "#!/bin/sh\nexit 7\n";
	struct sealed_file f;
	char link[40];
	int fd, status, writable;
	pid_t pid;

	if (sealed_file_make("test", &f, &e) < 0)
		return UNPREPARED;
	if ((f.mount_fd >= 0) != forbidden)
		return NOT_SEALED; /* the other way than the one meant */
	if (write(f.fd, text, sizeof(text) - 1) != sizeof(text) - 1 ||
	    sealed_file_finish(&f, &fd, &e) < 0)
		return UNPREPARED;
	if (f.fd != -1 || f.mount_fd != -1)
		return AGAIN;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	writable = open(link, O_WRONLY | O_CLOEXEC);
	if ((writable >= 0 && (write(writable, "x", 1) == 1 || ftruncate(writable, 0) == 0)) ||
	    open(link, O_RDWR | O_TRUNC | O_CLOEXEC) >= 0)
		return WRITABLE;
	if (writable >= 0)
		close(writable);
	pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"x", NULL};

		(void)fcntl(fd, F_SETFD, 0); /* a script is read by its interpreter */
		sys_execveat(fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(1);
	}
	close(fd);
	return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7 ? HELD : UNPREPARED;
}

static void sealed_file(void **state)
{
	int before = count_descriptors();

	(void)state;
	assert_int_equal(sealed_file_try(false), HELD);
	assert_int_equal(count_descriptors(), before);
}

static void sealed_file_without_memory_files(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (!may_mount() || access("/proc/sys/vm/memfd_noexec", F_OK) < 0) {
		print_message(
			"skip: it takes the right to mount, and vm.memfd_noexec (Linux 6.3)\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(forbid_memory_files() ? sealed_file_try(true) : UNPREPARED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), HELD);
}

/* Who has neither gets an error with the reason. */
static void nothing_left(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (!may_mount() || access("/proc/sys/vm/memfd_noexec", F_OK) < 0) {
		print_message(
			"skip: it takes the right to mount, and vm.memfd_noexec (Linux 6.3)\n");
		skip();
	}
	pid = fork();
	if (pid == 0) {
		struct sealed_file f;

		if (!forbid_memory_files() || !drop_mount())
			_exit(UNPREPARED);
		_exit(sealed_file_make("test", &f, &e) < 0 && strstr(e.text, "vm.memfd_noexec")
			      ? HELD
			      : WRITABLE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), HELD);
}

static void when_needed(void **state)
{
	struct config c = {.seccomp.mode = SECCOMP_MODE_DEFAULT};

	(void)state;
	assert_false(seal_needed(&c));
	c.seccomp.mode = SECCOMP_MODE_UNCONFINED;
	assert_false(seal_needed(&c));
	c.process.apparmor_profile = c.process.selinux_label = "";
	assert_false(seal_needed(&c));
	c.process.apparmor_profile = "unconfined";
	assert_true(seal_needed(&c));
	c.process.apparmor_profile = NULL;
	c.process.selinux_label = "a:b:c:d";
	assert_true(seal_needed(&c));
	c.process.selinux_label = NULL;
	c.process.builtin_init = true;
	assert_true(seal_needed(&c));
	assert_true(seal_by_program(&c)); /* PID 1 is another matter than the command */
	c.process.builtin_init = false;
	c.seccomp.mode = SECCOMP_MODE_PROFILE;
	assert_true(seal_needed(&c));
	c.seccomp.mode = SECCOMP_MODE_DEFAULT;
	c.oci_version = "1.2.0";
	assert_true(seal_needed(&c));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_nothing),	cmocka_unit_test(by_mount),
		cmocka_unit_test(by_copy),	cmocka_unit_test(read_only_mount),
		cmocka_unit_test(sealed_file),	cmocka_unit_test(sealed_file_without_memory_files),
		cmocka_unit_test(nothing_left), cmocka_unit_test(when_needed),
	};

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return child(argv);
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
