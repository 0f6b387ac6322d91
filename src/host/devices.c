/*
 * devices.c - see devices.h. Runs outside, before the container's first process.
 *
 * The BPF program (type BPF_PROG_TYPE_CGROUP_DEVICE) walks the rules from the last to the first. r3 holds
 * the access bits that no rule has decided yet: an allowing rule takes its bits out and lets the request pass
 * when none is left, a denying one refuses when it finds any of its bits still there. What is left at the
 * end is denied. Programs of parent cgroups are asked too, so a container can only get less.
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

#define DEVICE_ALL     (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)
#define RULE_INSNS     14 /* at most, for one rule */
#define PROLOGUE_INSNS 3
#define MAX_RULES      4096 /* some 50000 instructions; the verifier follows at most a million */
#define MAX_PATTERNS   4096
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

/* ---- v2: the program ---- */

struct program {
	struct bpf_insn *insns;
	size_t n;
};

static void emit(struct program *p, unsigned int code, unsigned int to, unsigned int from,
		 int offset, uint32_t immediate)
{
	p->insns[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = to & 15,
		.src_reg = from & 15,
		.off = (int16_t)offset,
		.imm = (int32_t)immediate,
	};
}

static void emit_answer(struct program *p, bool allow)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static uint32_t bpf_access(uint32_t access)
{
	return (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
	       (access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
	       (access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0);
}

static void emit_load(struct program *p, unsigned int to, size_t offset)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, to, 1, (int)offset, 0);
}

/*
 * r1 the request, r2 whatever is compared, r3 access not yet decided. Each comparison loads anew what it
 * compares: a register that lived longer would carry "is 5 here, is not 5 there" through the rest of the
 * program, and the verifier, which tells such states apart, would give up after some hundred rules.
 */
static void emit_rule(struct program *p, const struct config_device_rule *r)
{
	size_t jumps[4], jumps_n = 0;
	uint32_t access = bpf_access(r->access);

	if (r->type != 'a') {
		emit_load(p, 2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
		emit(p, BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
		jumps[jumps_n++] = p->n;
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 2, 0, 0,
		     r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	if (r->major != -1) {
		emit_load(p, 2, offsetof(struct bpf_cgroup_dev_ctx, major));
		jumps[jumps_n++] = p->n;
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 2, 0, 0, (uint32_t)r->major);
	}
	if (r->minor != -1) {
		emit_load(p, 2, offsetof(struct bpf_cgroup_dev_ctx, minor));
		jumps[jumps_n++] = p->n;
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 2, 0, 0, (uint32_t)r->minor);
	}
	if (r->allow) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, 3, 0, 0, ~access);
		jumps[jumps_n++] = p->n;
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 3, 0, 0, 0);
	} else {
		emit(p, BPF_JMP32 | BPF_JSET | BPF_K, 3, 0, 1, access);
		jumps[jumps_n++] = p->n;
		emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	}
	emit_answer(p, r->allow);
	for (size_t i = 0; i < jumps_n; i++) /* to the next rule */
		p->insns[jumps[i]].off = (int16_t)(p->n - jumps[i] - 1);
}

int devices_compile(const struct config_device_rule *rules, size_t n, struct bpf_insn **ret,
		    size_t *ret_n, struct error *e)
{
	struct program p = {0};
	size_t first;

	if (check_rules(rules, n, e) < 0)
		return -1;
	first = first_live(rules, n);
	p.insns = calloc(PROLOGUE_INSNS + n * RULE_INSNS + 2, sizeof(*p.insns));
	if (!p.insns)
		return err_no_memory(e);
	emit_load(&p, 3, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(&p, BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	emit(&p, BPF_ALU | BPF_AND | BPF_K, 3, 0, 0,
	     BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD);
	for (size_t i = n; i > (first == n ? 0 : first + 1); i--)
		emit_rule(&p, &rules[i - 1]);
	emit_answer(&p, first != n && rules[first].allow);
	*ret = p.insns;
	*ret_n = p.n;
	return 0;
}

static int load(const struct config_device_rule *rules, size_t n, int *ret_fd, struct error *e)
{
	OWNED_MEMORY struct bpf_insn *insns = NULL;
	OWNED_MEMORY char *log = NULL;
	union bpf_attr attr;
	size_t insns_n;
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
 * The kernel of v1 knows no order: there is a default, and a set of exceptions, whose patterns (type, number
 * or "*") may overlap and then add up. So each distinct pattern of the rules, and each overlap of two, gets
 * the bits that hold for the devices of it that no narrower pattern covers. That is exact as long as a
 * narrower pattern never has fewer bits than a wider one (default deny), or never more (default allow).
 */
struct pattern {
	char type;
	int64_t major, minor;
	uint32_t access;
};

struct patterns {
	struct pattern *v;
	size_t n;
};

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
	if (list->n == MAX_PATTERNS)
		return err_set(e, 0, "device rules: more than %d patterns", MAX_PATTERNS);
	list->v[list->n++] = (struct pattern){.type = type, .major = major, .minor = minor};
	return 0;
}

static int patterns_collect(struct patterns *list, const struct config_device_rule *rules, size_t n,
			    struct error *e)
{
	size_t single;

	if (patterns_add(list, 'c', -1, -1, e) < 0 || patterns_add(list, 'b', -1, -1, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct config_device_rule *r = &rules[i];

		if (r->type != 'b' && patterns_add(list, 'c', r->major, r->minor, e) < 0)
			return -1;
		if (r->type != 'c' && patterns_add(list, 'b', r->major, r->minor, e) < 0)
			return -1;
	}
	/* Overlaps that no pattern stands for yet: those of "MAJOR:*" and "*:MINOR". */
	single = list->n;
	for (size_t i = 0; i < single; i++)
		for (size_t k = 0; list->v[i].minor == -1 && list->v[i].major != -1 && k < single; k++)
			if (list->v[k].type == list->v[i].type && list->v[k].major == -1 &&
			    list->v[k].minor != -1 &&
			    patterns_add(list, list->v[i].type, list->v[i].major, list->v[k].minor,
					 e) < 0)
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
	OWNED_MEMORY struct pattern *room = NULL;
	struct patterns list = {0};
	struct config_device_rule *out;
	size_t first, out_n = 0;
	bool allow = false;

	if (check_rules(rules, n, e) < 0)
		return -1;
	first = first_live(rules, n);
	if (first != n) {
		rules += first;
		n -= first;
	}
	room = calloc(MAX_PATTERNS, sizeof(*room));
	if (!room)
		return err_no_memory(e);
	list.v = room;
	if (patterns_collect(&list, rules, n, e) < 0)
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
	out = calloc(list.n, sizeof(*out));
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

int devices_write_v1(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e)
{
	OWNED_MEMORY struct config_device_rule *exceptions = NULL;
	OWNED_FD fd = -1;
	struct devices_v1 v1;
	const char *name;

	if (!devices_restrict(rules, n))
		return 0;
	if (devices_translate_v1(rules, n, &v1, e) < 0)
		return -1;
	exceptions = v1.exceptions;
	if (file_write_at(cgroup_fd, v1.allow ? "devices.allow" : "devices.deny", "a", e) < 0)
		return err_within(e, "device rules");
	name = v1.allow ? "devices.deny" : "devices.allow";
	if (v1.n > 0) {
		fd = openat(cgroup_fd, name, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "device rules: open %s", name);
	}
	for (size_t i = 0; i < v1.n; i++) { /* the kernel takes one a write */
		const struct config_device_rule *r = &exceptions[i];
		char text[64], major[24], minor[24];

		number_text(major, sizeof(major), r->major);
		number_text(minor, sizeof(minor), r->minor);
		snprintf(text, sizeof(text), "%c %s:%s %s%s%s", r->type, major, minor,
			 r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
			 r->access & DEVICE_MKNOD ? "m" : "");
		if (write_all(fd, text, strlen(text)) < 0)
			return err_set(e, errno, "device rules: write \"%s\" to %s", text, name);
	}
	return 0;
}
