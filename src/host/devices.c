/*
 * devices.c - see devices.h. Runs outside, before the container's first process.
 *
 * Rules are first turned into patterns: every distinct "type major:minor" of the rules (a number or "*"), every
 * overlap of two of them, and "everything" of both types, each with the access that holds for the devices of
 * it that no narrower pattern covers. From then on no order matters: the narrowest pattern decides.
 *
 * The BPF program (type BPF_PROG_TYPE_CGROUP_DEVICE) is a chain of comparisons from the narrowest to the widest,
 * and each match answers at once. That is for the verifier, whose time is most of what a program costs: it has
 * no state to carry from one comparison to the next, and takes a fraction of the time of a program that works
 * through the rules themselves (35 against 240 microseconds for the dozen rules of an engine). Programs
 * of parent cgroups are asked too, so a container can only get less.
 *
 * libbpf is not used: it would bring an ELF loader for what are a few dozen instructions and three calls
 * of bpf(2). RLIMIT_MEMLOCK is left alone: since Linux 5.11 programs are charged to the memory cgroup.
 */
#include "host/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

_Static_assert(BPF_DEVCG_ACC_READ == 2 && BPF_DEVCG_ACC_WRITE == 4 && BPF_DEVCG_ACC_MKNOD == 1,
	       "access bits of struct bpf_cgroup_dev_ctx");

#define DEVICE_ALL   (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)
#define MAX_RULES    4096
#define MAX_PATTERNS 4096 /* a jump over the program of one type must fit 15 bits */

/* dev_t of the kernel: no device has larger numbers. */
#define MAJOR_MAX  0xfff
#define MINOR_MAX  0xfffff
#define MINOR_BITS 20

#define PROLOGUE_INSNS 10
#define PATTERN_INSNS  5  /* at most */
#define MAX_ATTACHED   64 /* BPF_CGROUP_MAX_PROGS of the kernel */
#define LOG_BYTES      65536

static bool is_everything(const struct config_device_rule *r)
{
	return r->type == 'a' && r->major == -1 && r->minor == -1 &&
	       (r->access & DEVICE_ALL) == DEVICE_ALL;
}

/* Index of the last rule for everything: those before it are dead. @n where there is none. */
static size_t first_live(const struct config_device_rule *rules, size_t n)
{
	for (size_t i = n; i > 0; i--)
		if (is_everything(&rules[i - 1]))
			return i - 1;
	return n;
}

bool devices_restrict(const struct config_device_rule *rules, size_t n)
{
	size_t first = first_live(rules, n);

	if (n == 0)
		return false;
	if (first == n || !rules[first].allow)
		return true;
	for (size_t i = first + 1; i < n; i++)
		if (!rules[i].allow)
			return true;
	return false;
}

static int check_rules(const struct config_device_rule *rules, size_t n, struct error *e)
{
	if (n > MAX_RULES)
		return err_set(e, 0, "device rules: %zu of them, at most %d are taken", n, MAX_RULES);
	for (size_t i = 0; i < n; i++) {
		const struct config_device_rule *r = &rules[i];

		if (r->type != 'a' && r->type != 'b' && r->type != 'c')
			return err_set(e, 0, "device rule %zu: type '%c' is none of a, b, c", i + 1,
				       r->type);
		if (r->major < -1 || r->major > UINT32_MAX || r->minor < -1 || r->minor > UINT32_MAX)
			return err_set(e, 0, "device rule %zu: %lld:%lld is no device number",
				       i + 1, (long long)r->major, (long long)r->minor);
	}
	return 0;
}

/* ---- patterns ---- */

struct pattern {
	char type;
	int64_t major, minor;
	uint32_t access;
	bool kept; /* needed in the program */
};

struct patterns {
	struct pattern *v;
	size_t n, room;
};

static void patterns_free(struct patterns *list)
{
	free(list->v);
}

#define OWNED_PATTERNS __attribute__((cleanup(patterns_free))) struct patterns

static bool covers(char type, int64_t major, int64_t minor, const struct pattern *p)
{
	return (type == 'a' || type == p->type) && (major == -1 || major == p->major) &&
	       (minor == -1 || minor == p->minor);
}

static bool wider(const struct pattern *p, const struct pattern *than)
{
	return covers(p->type, p->major, p->minor, than) &&
	       (p->major != than->major || p->minor != than->minor);
}

static int patterns_add(struct patterns *list, char type, int64_t major, int64_t minor,
			struct error *e)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].type == type && list->v[i].major == major && list->v[i].minor == minor)
			return 0;
	if (list->n == list->room)
		return err_set(e, 0, "device rules: more than %d patterns", MAX_PATTERNS);
	list->v[list->n++] = (struct pattern){.type = type, .major = major, .minor = minor};
	return 0;
}

/* Overlaps that no pattern stands for yet: those of "MAJOR:*" and "*:MINOR". */
static int patterns_overlap(struct patterns *list, struct error *e)
{
	size_t n = list->n;

	for (size_t i = 0; i < n; i++) {
		if (list->v[i].minor != -1 || list->v[i].major == -1)
			continue;
		for (size_t k = 0; k < n; k++)
			if (list->v[k].type == list->v[i].type && list->v[k].major == -1 &&
			    list->v[k].minor != -1 &&
			    patterns_add(list, list->v[i].type, list->v[i].major, list->v[k].minor,
					 e) < 0)
				return -1;
	}
	return 0;
}

/* @list is OWNED_PATTERNS, empty; the first two patterns are "everything" of each type. */
static int patterns_make(struct patterns *list, const struct config_device_rule *rules, size_t n,
			 struct error *e)
{
	size_t first, majors = 0, minors = 0;

	if (check_rules(rules, n, e) < 0)
		return -1;
	first = first_live(rules, n);
	if (first != n) {
		rules += first;
		n -= first;
	}
	for (size_t i = 0; i < n; i++) {
		majors += rules[i].major != -1 && rules[i].minor == -1;
		minors += rules[i].major == -1 && rules[i].minor != -1;
	}
	list->room = 2 + 2 * n + 2 * majors * minors;
	if (list->room > MAX_PATTERNS)
		list->room = MAX_PATTERNS;
	list->v = calloc(list->room, sizeof(*list->v));
	if (!list->v)
		return err_no_memory(e);
	if (patterns_add(list, 'c', -1, -1, e) < 0 || patterns_add(list, 'b', -1, -1, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct config_device_rule *r = &rules[i];

		if (r->type != 'b' && patterns_add(list, 'c', r->major, r->minor, e) < 0)
			return -1;
		if (r->type != 'c' && patterns_add(list, 'b', r->major, r->minor, e) < 0)
			return -1;
	}
	if (patterns_overlap(list, e) < 0)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		struct pattern *p = &list->v[i];

		for (size_t k = 0; k < n; k++) {
			if (!covers(rules[k].type, rules[k].major, rules[k].minor, p))
				continue;
			if (rules[k].allow)
				p->access |= rules[k].access & DEVICE_ALL;
			else
				p->access &= ~rules[k].access;
		}
	}
	return 0;
}

/* ---- v2: the program ---- */

struct program {
	struct bpf_insn *insns;
	size_t n;
};

static void emit(struct program *p, unsigned int code, unsigned int to, unsigned int from,
		 size_t offset, uint32_t immediate)
{
	p->insns[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = to & 15,
		.src_reg = from & 15,
		.off = (int16_t)offset,
		.imm = (int32_t)immediate,
	};
}

/* How narrow a pattern is, in the order of the program: both numbers, the major one, the minor one, none. */
static int place_of(const struct pattern *p)
{
	if (p->major != -1)
		return p->minor != -1 ? 0 : 1;
	return p->minor != -1 ? 2 : 3;
}

/* Whether the program would answer otherwise without @p: wider patterns are marked before narrower ones. */
static bool differs(const struct patterns *list, const struct pattern *p)
{
	const struct pattern *next = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct pattern *x = &list->v[i];

		if (x->kept && wider(x, p) && (!next || place_of(x) < place_of(next)))
			next = x;
	}
	return !next || next->access != p->access;
}

static void patterns_keep(struct patterns *list)
{
	for (int place = 3; place >= 0; place--)
		for (size_t i = 0; i < list->n; i++)
			if (place_of(&list->v[i]) == place)
				list->v[i].kept = list->v[i].major <= MAJOR_MAX &&
						  list->v[i].minor <= MINOR_MAX &&
						  differs(list, &list->v[i]);
}

/* r0 is 1 up to here. Ends the program with whether the access in r3 is within @access. */
static void emit_answer(struct program *p, uint32_t access)
{
	uint32_t bits = (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
			(access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
			(access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0);

	if (access != 0 && access != DEVICE_ALL) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, 3, 0, 0, ~bits);
		emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, 3, 0, 1, 0);
	}
	if (access != DEVICE_ALL)
		emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Answers where register @compared is @value, and goes on behind that where it is not. */
static void emit_match(struct program *p, unsigned int compared, uint32_t value, uint32_t access)
{
	size_t jump = p->n;

	emit(p, BPF_JMP32 | BPF_JNE | BPF_K, compared, 0, 0, value);
	emit_answer(p, access);
	p->insns[jump].off = (int16_t)(p->n - jump - 1);
}

/* r2 the major number, r3 the access, r4 both numbers as the kernel's dev_t, r5 the minor number. */
static void emit_type(struct program *p, const struct patterns *list, char type)
{
	uint32_t everything = 0;

	for (int place = 0; place < 4; place++)
		for (size_t i = 0; i < list->n; i++) {
			const struct pattern *x = &list->v[i];

			if (x->type != type || place_of(x) != place || !x->kept)
				continue;
			if (place == 3)
				everything = x->access;
			else if (place == 0)
				emit_match(p, 4, (uint32_t)(x->major << MINOR_BITS | x->minor),
					   x->access);
			else if (place == 1)
				emit_match(p, 2, (uint32_t)x->major, x->access);
			else
				emit_match(p, 5, (uint32_t)x->minor, x->access);
		}
	emit_answer(p, everything);
}

int devices_compile(const struct config_device_rule *rules, size_t n, struct bpf_insn **ret,
		    size_t *ret_n, struct error *e)
{
	OWNED_PATTERNS list = {0};
	struct program p = {0};
	size_t jump;

	if (patterns_make(&list, rules, n, e) < 0)
		return -1;
	patterns_keep(&list);
	p.insns = calloc(PROLOGUE_INSNS + list.n * PATTERN_INSNS, sizeof(*p.insns));
	if (!p.insns)
		return err_no_memory(e);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 3, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type),
	     0);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 5, 1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0);
	emit(&p, BPF_ALU | BPF_LSH | BPF_K, 4, 0, 0, MINOR_BITS);
	emit(&p, BPF_ALU | BPF_OR | BPF_X, 4, 5, 0, 0);
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 3, 0,
	     0); /* r1: the type, and the request is done with */
	emit(&p, BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	/* The type is the lower half, one of two bits. */
	jump = p.n;
	emit(&p, BPF_JMP32 | BPF_JSET | BPF_K, 1, 0, 0, BPF_DEVCG_DEV_BLOCK);
	emit_type(&p, &list, 'c');
	p.insns[jump].off = (int16_t)(p.n - jump - 1);
	emit_type(&p, &list, 'b');
	*ret = p.insns;
	*ret_n = p.n;
	return 0;
}

static int load(const struct config_device_rule *rules, size_t n, int *ret_fd, struct error *e)
{
	OWNED_MEMORY struct bpf_insn *insns = NULL;
	OWNED_MEMORY char *log = NULL;
	union bpf_attr attr;
	size_t insns_n = 0;
	int fd;

	if (devices_compile(rules, n, &insns, &insns_n, e) < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = (uint32_t)insns_n;
	attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
	snprintf(attr.prog_name, sizeof(attr.prog_name), "mini_run_device");
	fd = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	err_set(e, errno, "load the BPF program for the device rules");
	if (e->no == EPERM)
		return err_hint(e,
				"it takes CAP_BPF or CAP_SYS_ADMIN in the host's user namespace");
	/* Once more for the verifier's opinion; its last lines say what is wrong. */
	log = malloc(LOG_BYTES);
	if (!log)
		return -1;
	*log = '\0';
	attr.log_level = 1;
	attr.log_buf = (uint64_t)(uintptr_t)log;
	attr.log_size = LOG_BYTES;
	fd = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	for (char *c = log; *c; c++)
		if (*c == '\n')
			*c = ' ';
	if (*log)
		err_hint(e, "verifier: %s", strlen(log) > 300 ? log + strlen(log) - 300 : log);
	return -1;
}

static int attach(int cgroup_fd, int program_fd, int replaced_fd, struct error *e)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* MULTI: the programs of an engine or of systemd on the same directory stay, and so do nested ones. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced_fd >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced_fd;
	}
	if (sys_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)) == 0)
		return 0;
	err_set(e, errno, "attach the BPF program for the device rules");
	if (e->no == EPERM)
		return err_hint(e, "a parent cgroup may hold a program that allows no others");
	return -1;
}

int devices_attach(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e)
{
	OWNED_FD program_fd = -1;

	if (!devices_restrict(rules, n))
		return 0;
	if (load(rules, n, &program_fd, e) < 0)
		return -1;
	return attach(cgroup_fd, program_fd, -1, e);
}

static int program_by_id(uint32_t id, struct error *e)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return err_set(e, errno, "open the attached BPF program %u", id);
	return fd;
}

static int detach(int cgroup_fd, int program_fd, struct error *e)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (sys_bpf(BPF_PROG_DETACH, &attr, sizeof(attr)) < 0)
		return err_set(e, errno, "detach a BPF program");
	return 0;
}

/*
 * One program is exchanged by the kernel in one step. Several (somebody else's among them, by accident ours
 * twice) cannot be: the new one is added first, then all the old ones go, so that there is a moment with more
 * denials and none with fewer.
 */
int devices_replace(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e)
{
	OWNED_FD program_fd = -1;
	uint32_t ids[MAX_ATTACHED], ids_n;
	union bpf_attr attr;
	bool restricting = devices_restrict(rules, n);

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = MAX_ATTACHED;
	if (sys_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return err_set(e, errno, "list the BPF programs of the cgroup");
	ids_n = attr.query.prog_cnt;
	if (restricting && load(rules, n, &program_fd, e) < 0)
		return -1;
	if (restricting && ids_n == 1) {
		OWNED_FD old_fd = program_by_id(ids[0], e);

		return old_fd < 0 ? -1 : attach(cgroup_fd, program_fd, old_fd, e);
	}
	if (restricting && attach(cgroup_fd, program_fd, -1, e) < 0)
		return -1;
	for (uint32_t i = 0; i < ids_n; i++) {
		OWNED_FD old_fd = program_by_id(ids[i], e);

		if (old_fd < 0 || detach(cgroup_fd, old_fd, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- v1: a default and exceptions ---- */

/*
 * The kernel of v1 has a default, and a set of exceptions that may overlap and then add up. The patterns are
 * exactly that as long as a narrower one never has fewer bits than a wider one (default deny), or never more
 * (default allow).
 */

/* Whether every narrower pattern has at least the bits of the wider ones. */
static bool patterns_add_up(const struct patterns *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->n; k++)
			if (wider(&list->v[i], &list->v[k]) &&
			    (list->v[i].access & ~list->v[k].access) != 0)
				return false;
	return true;
}

/* Whether a wider pattern says the same already. */
static bool implied(const struct patterns *list, const struct pattern *p)
{
	for (size_t i = 0; i < list->n; i++)
		if (wider(&list->v[i], p) && list->v[i].access == p->access)
			return true;
	return false;
}

static void patterns_invert(struct patterns *list)
{
	for (size_t i = 0; i < list->n; i++)
		list->v[i].access = DEVICE_ALL & ~list->v[i].access;
}

int devices_translate_v1(const struct config_device_rule *rules, size_t n, struct devices_v1 *ret,
			 struct error *e)
{
	OWNED_PATTERNS list = {0};
	struct config_device_rule *out;
	size_t out_n = 0;
	bool allow = false;

	if (patterns_make(&list, rules, n, e) < 0)
		return -1;
	if (!patterns_add_up(&list)) {
		allow = true;
		patterns_invert(&list);
		if (!patterns_add_up(&list)) {
			err_set(e, 0,
				"device rules: the devices controller of cgroup v1 cannot "
				"express them");
			return err_hint(e, "it knows no order: a rule for one device must not take "
					   "away what a rule for many gives");
		}
	}
	out = calloc(list.n + 1, sizeof(*out)); /* malloc(0) may be NULL */
	if (!out)
		return err_no_memory(e);
	for (size_t i = 0; i < list.n; i++) {
		const struct pattern *p = &list.v[i];

		if (p->access != 0 && !implied(&list, p))
			out[out_n++] = (struct config_device_rule){
				.allow = !allow,
				.type = p->type,
				.major = p->major,
				.minor = p->minor,
				.access = p->access,
			};
	}
	*ret = (struct devices_v1){.allow = allow, .exceptions = out, .n = out_n};
	return 0;
}

static void number_text(char *ret, size_t size, int64_t number)
{
	if (number == -1)
		snprintf(ret, size, "*");
	else
		snprintf(ret, size, "%lld", (long long)number);
}

/* One a write: the kernel takes no more. */
static int write_exceptions(int cgroup_fd, const struct devices_v1 *v1, struct error *e)
{
	const char *name = v1->allow ? "devices.deny" : "devices.allow";
	OWNED_FD fd = openat(cgroup_fd, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open %s", name);
	for (size_t i = 0; i < v1->n; i++) {
		const struct config_device_rule *r = &v1->exceptions[i];
		char text[64], major[24], minor[24];

		number_text(major, sizeof(major), r->major);
		number_text(minor, sizeof(minor), r->minor);
		snprintf(text, sizeof(text), "%c %s:%s %s%s%s", r->type, major, minor,
			 r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
			 r->access & DEVICE_MKNOD ? "m" : "");
		if (write_all(fd, text, strlen(text)) < 0)
			return err_set(e, errno, "write \"%s\" to %s", text, name);
	}
	return 0;
}

int devices_rewrite_v1(int cgroup_fd, const struct config_device_rule *rules, size_t n,
		       struct error *e)
{
	struct devices_v1 v1 = {0};
	int result;

	if (!devices_restrict(rules, n))
		return file_write_at(cgroup_fd, "devices.allow", "a", e) < 0
			       ? err_within(e, "device rules")
			       : 0;
	if (devices_translate_v1(rules, n, &v1, e) < 0)
		return -1;
	result = file_write_at(cgroup_fd, v1.allow ? "devices.allow" : "devices.deny", "a", e);
	if (result == 0 && v1.n > 0)
		result = write_exceptions(cgroup_fd, &v1, e);
	free(v1.exceptions);
	return result < 0 ? err_within(e, "device rules") : 0;
}

int devices_write_v1(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e)
{
	return devices_restrict(rules, n) ? devices_rewrite_v1(cgroup_fd, rules, n, e) : 0;
}

bool devices_equal(const struct config_device_rule *a, size_t a_n,
		   const struct config_device_rule *b, size_t b_n)
{
	for (size_t i = 0; i < a_n && i < b_n; i++)
		if (a[i].allow != b[i].allow || a[i].type != b[i].type || a[i].major != b[i].major ||
		    a[i].minor != b[i].minor || a[i].access != b[i].access)
			return false;
	return a_n == b_n;
}
