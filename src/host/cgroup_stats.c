/*
 * cgroup_stats.c - what a container uses, as `events` prints it, and when it runs out of memory.
 *
 * Runs outside. The shape is runc's (its types/events.go), for engines and exporters decode it: names, units, and which
 * members are left out when they are 0. The counters of v2 are turned into those of v1 as runc does it: swap is memory
 * and swap together, and reads and writes of io.stat become the operations of blkio.
 */
#include "host/cgroup_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define STAT_BYTES 65536
#define NS_OF_US   1000

/* One text for all the files: they are read one after the other. */
struct stats {
	struct text *t;
	char file[STAT_BYTES];
};

static int fd_of(const struct cgroup *g, const char *controller)
{
	const struct cgroup_dir *d = cgroup_v1_dir(g, controller);

	return d ? d->fd : -1;
}

static int v2_fd(const struct cgroup *g)
{
	return cgroup_clone_fd(g);
}

static bool slurp(struct stats *s, int fd, const char *name)
{
	struct error ignored;

	s->file[0] = '\0';
	return fd >= 0 && file_read_at(fd, name, s->file, sizeof(s->file), NULL, &ignored) == 0;
}

/* A file with one number; "max" is UINT64_MAX; 0 where there is none. */
static uint64_t number_in(int fd, const char *name)
{
	char text[64];

	if (fd < 0 || !cgroup_text(fd, name, text, sizeof(text)))
		return 0;
	return strncmp(text, "max", 3) == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

static uint64_t field_in(const char *text, const char *key)
{
	int64_t value = file_field(text, key);

	return value > 0 ? (uint64_t)value : 0;
}

/* Adds `"name":value,` unless it is 0. */
static void add_some(struct text *t, const char *name, uint64_t value)
{
	if (value != 0)
		text_add(t, "\"%s\":%" PRIu64 ",", name, value);
}

/* ---- cpu ---- */

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0": only kernels with PSI have the file. */
static void add_pressure(struct stats *s, int fd, const char *name, const char *separator)
{
	static const char *const kinds[] = {"some", "full"};
	bool first = true;

	if (!slurp(s, fd, name))
		return;
	text_add(s->t, "%s\"psi\":{", separator);
	for (size_t i = 0; i < 2; i++) {
		const char *line = strstr(s->file, kinds[i]);
		double avg[3];
		uint64_t total;

		if (!line || sscanf(line + 4, " avg10=%lf avg60=%lf avg300=%lf total=%" SCNu64,
				    &avg[0], &avg[1], &avg[2], &total) != 4)
			continue;
		text_add(s->t,
			 "%s\"%s\":{\"avg10\":%g,\"avg60\":%g,\"avg300\":%g,\"total\":%" PRIu64 "}",
			 first ? "" : ",", kinds[i], avg[0], avg[1], avg[2], total);
		first = false;
	}
	text_add(s->t, "}");
}

/* Adds column @column of the lines "CPU A B" of cpuacct.usage_all, or of the one line of cpuacct.usage_percpu (-1). */
static void add_per_cpu(struct stats *s, const char *name, int column)
{
	const char *at = s->file;
	const char *separator = "";
	char *end;

	if (column >= 0) /* the headline */
		at += strcspn(at, "\n");
	text_add(s->t, "\"%s\":[", name);
	for (;;) {
		uint64_t value = strtoull(at, &end, 10);

		if (end == at)
			break;
		for (int i = 0; i <= column; i++)
			value = strtoull(end, &end, 10);
		text_add(s->t, "%s%" PRIu64, separator, value);
		separator = ",";
		at = column >= 0 ? end + strcspn(end, "\n") : end;
	}
	text_add(s->t, "],");
}

static void add_cpu_v1(struct stats *s, int cpuacct, int cpu)
{
	add_some(s->t, "total", number_in(cpuacct, "cpuacct.usage"));
	if (slurp(s, cpuacct, "cpuacct.usage_percpu"))
		add_per_cpu(s, "percpu", -1);
	if (slurp(s, cpuacct, "cpuacct.usage_all")) { /* "cpu user system" */
		add_per_cpu(s, "percpu_kernel", 1);
		add_per_cpu(s, "percpu_user", 0);
	}
	text_add(s->t, "\"kernel\":%" PRIu64 ",\"user\":%" PRIu64 "},\"throttling\":{",
		 number_in(cpuacct, "cpuacct.usage_sys"), number_in(cpuacct, "cpuacct.usage_user"));
	(void)slurp(s, cpu, "cpu.stat");
	add_some(s->t, "periods", field_in(s->file, "nr_periods"));
	add_some(s->t, "throttledPeriods", field_in(s->file, "nr_throttled"));
	add_some(s->t, "throttledTime", field_in(s->file, "throttled_time"));
}

static void add_cpu_v2(struct stats *s, int fd)
{
	(void)slurp(s, fd, "cpu.stat");
	add_some(s->t, "total", field_in(s->file, "usage_usec") * NS_OF_US);
	text_add(s->t, "\"kernel\":%" PRIu64 ",\"user\":%" PRIu64 "},\"throttling\":{",
		 field_in(s->file, "system_usec") * NS_OF_US,
		 field_in(s->file, "user_usec") * NS_OF_US);
	add_some(s->t, "periods", field_in(s->file, "nr_periods"));
	add_some(s->t, "throttledPeriods", field_in(s->file, "nr_throttled"));
	add_some(s->t, "throttledTime", field_in(s->file, "throttled_usec") * NS_OF_US);
}

/* Takes the comma behind the last member away again. */
static void drop_comma(struct text *t)
{
	if (!t->failed && t->length > 0 && t->bytes[t->length - 1] == ',')
		t->bytes[--t->length] = '\0';
}

static void add_cpu(struct stats *s, const struct cgroup *g)
{
	int cpuacct = fd_of(g, "cpuacct");

	text_add(s->t, "\"cpu\":{\"usage\":{");
	if (cpuacct >= 0)
		add_cpu_v1(s, cpuacct, fd_of(g, "cpu"));
	else
		add_cpu_v2(s, v2_fd(g));
	drop_comma(s->t);
	text_add(s->t, "}");
	if (cpuacct < 0)
		add_pressure(s, v2_fd(g), "cpu.pressure", ",");
	text_add(s->t, "}");
}

/* "0-2,4" as a list of numbers; left out where it is empty. */
static void add_list(struct stats *s, int fd, const char *name, const char *file)
{
	const char *at = s->file, *separator = "";

	if (!slurp(s, fd, file) || s->file[0] < '0' || s->file[0] > '9')
		return;
	text_add(s->t, "\"%s\":[", name);
	while (*at >= '0' && *at <= '9') {
		char *end;
		unsigned long first = strtoul(at, &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		for (; first <= last && last < 65536; first++, separator = ",")
			text_add(s->t, "%s%lu", separator, first);
		at = end + (*end == ',');
	}
	text_add(s->t, "],");
}

static void add_cpuset(struct stats *s, const struct cgroup *g)
{
	static const char *const names[] = {
		"mem_hardwall",	      "mem_exclusive",	 "memory_migrate",     "memory_spread_page",
		"memory_spread_slab", "memory_pressure", "sched_load_balance",
	};
	int fd = fd_of(g, "cpuset");
	char file[64], level[32];

	text_add(s->t, ",\"cpuset\":{");
	add_list(s, fd, "cpus", "cpuset.cpus");
	text_add(s->t, "\"cpu_exclusive\":%" PRIu64 ",", number_in(fd, "cpuset.cpu_exclusive"));
	add_list(s, fd, "mems", "cpuset.mems");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "cpuset.%s", names[i]);
		text_add(s->t, "\"%s\":%" PRIu64 ",", names[i], number_in(fd, file));
	}
	if (fd < 0 || !cgroup_text(fd, "cpuset.sched_relax_domain_level", level, sizeof(level)))
		snprintf(level, sizeof(level), "0");
	text_add(s->t, "\"sched_relax_domain_level\":%ld}", strtol(level, NULL, 10));
}

/* ---- memory ---- */

static void add_entry(struct text *t, const char *name, uint64_t limit, uint64_t usage,
		      uint64_t max, uint64_t failcnt)
{
	text_add(t, "\"%s\":{\"limit\":%" PRIu64 ",", name, limit);
	add_some(t, "usage", usage);
	add_some(t, "max", max);
	text_add(t, "\"failcnt\":%" PRIu64 "},", failcnt);
}

static void add_entry_v1(struct text *t, const char *name, int fd, const char *prefix)
{
	uint64_t values[4];
	static const char *const files[] = {"limit_in_bytes", "usage_in_bytes",
					    "max_usage_in_bytes", "failcnt"};
	char file[64];

	for (size_t i = 0; i < 4; i++) {
		snprintf(file, sizeof(file), "%s.%s", prefix, files[i]);
		values[i] = number_in(fd, file);
	}
	add_entry(t, name, values[0], values[1], values[2], values[3]);
}

/* memory.stat as it is. */
static void add_raw(struct stats *s)
{
	const char *separator = "";

	text_add(s->t, "\"raw\":{");
	for (char *line = s->file, *end; *line; line = end) {
		char key[64];
		uint64_t value;

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (sscanf(line, "%63s %" SCNu64, key, &value) != 2)
			continue;
		text_add(s->t, "%s", separator);
		text_add_json(s->t, key);
		text_add(s->t, ":%" PRIu64, value);
		separator = ",";
	}
	text_add(s->t, "},");
}

static void add_memory_v1(struct stats *s, int fd)
{
	(void)slurp(s, fd, "memory.stat");
	add_some(s->t, "cache", field_in(s->file, "cache"));
	add_entry_v1(s->t, "usage", fd, "memory");
	add_entry_v1(s->t, "swap", fd, "memory.memsw");
	add_entry_v1(s->t, "kernel", fd, "memory.kmem");
	add_entry_v1(s->t, "kernelTCP", fd, "memory.kmem.tcp");
	add_raw(s);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_memory_v2(struct stats *s, int fd)
{
	uint64_t usage = number_in(fd, "memory.current"), limit = number_in(fd, "memory.max"),
		 swap_limit = number_in(fd, "memory.swap.max");

	(void)slurp(s, fd, "memory.events");
	add_entry(s->t, "usage", limit, usage, number_in(fd, "memory.peak"),
		  field_in(s->file, "max"));
	(void)slurp(s, fd, "memory.swap.events");
	add_entry(s->t, "swap", sum(swap_limit, limit),
		  sum(usage, number_in(fd, "memory.swap.current")), 0, field_in(s->file, "max"));
	add_entry(s->t, "kernel", 0, 0, 0, 0);
	add_entry(s->t, "kernelTCP", 0, 0, 0, 0);
	(void)slurp(s, fd, "memory.stat");
	add_some(s->t, "cache", field_in(s->file, "file"));
	add_raw(s);
}

static void add_event_count(struct stats *s, int fd)
{
	static const char *const names[] = {"low", "high",     "max",
					    "oom", "oom_kill", "oom_group_kill"};

	text_add(s->t, ",\"event_count\":{");
	if (slurp(s, fd, "memory.events"))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			add_some(s->t, names[i], field_in(s->file, names[i]));
	drop_comma(s->t);
	text_add(s->t, "}");
}

static void add_memory(struct stats *s, const struct cgroup *g)
{
	int fd = fd_of(g, "memory"), v2 = fd >= 0 ? -1 : v2_fd(g);

	text_add(s->t, ",\"memory\":{");
	if (fd >= 0)
		add_memory_v1(s, fd);
	else
		add_memory_v2(s, v2);
	drop_comma(s->t);
	add_pressure(s, v2, "memory.pressure", ",");
	add_event_count(s, v2);
	text_add(s->t, "}");
}

/* ---- pids, block devices, huge pages ---- */

static void add_pids(struct stats *s, const struct cgroup *g)
{
	int fd = fd_of(g, "pids");
	uint64_t current, limit;

	if (fd < 0)
		fd = v2_fd(g);
	current = number_in(fd, "pids.current");
	limit = number_in(fd, "pids.max");
	if (current == 0) { /* nobody counts them for us */
		int32_t *pids = NULL;
		struct error ignored;
		size_t n = 0;

		if (cgroup_pids(g, &pids, &n, &ignored) == 0)
			current = n;
		free(pids);
	}
	text_add(s->t, ",\"pids\":{");
	add_some(s->t, "current", current);
	add_some(s->t, "limit", limit == UINT64_MAX ? 0 : limit);
	drop_comma(s->t);
	text_add(s->t, "}");
}

static void add_block_entry(struct text *t, bool *any, const char *name, uint64_t major,
			    uint64_t minor, const char *op, uint64_t value)
{
	if (!*any)
		text_add(t, "\"%s\":[", name);
	*any = true;
	text_add(t, "{");
	add_some(t, "major", major);
	add_some(t, "minor", minor);
	text_add(t, "\"op\":\"%s\",", op);
	add_some(t, "value", value);
	drop_comma(t);
	text_add(t, "},");
}

static void end_block(struct text *t, bool any)
{
	if (!any)
		return;
	drop_comma(t);
	text_add(t, "],");
}

/* Lines of the form "8:0 Read 4096"; "Total 4096", of all devices, is left out. */
static void add_block_v1(struct stats *s, int fd, const char *name, const char *file)
{
	char throttle[96];
	bool any = false;

	snprintf(throttle, sizeof(throttle), "blkio.bfq.%s", file);
	if (!slurp(s, fd, throttle) || !strchr(s->file, ':')) {
		snprintf(throttle, sizeof(throttle), "blkio.throttle.%s", file);
		(void)slurp(s, fd, throttle);
	}
	for (char *line = s->file, *end; *line; line = end) {
		uint64_t major, minor, value;
		char op[24];

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (sscanf(line, "%" SCNu64 ":%" SCNu64 " %23[A-Za-z] %" SCNu64, &major, &minor, op,
			   &value) == 4)
			add_block_entry(s->t, &any, name, major, minor, op, value);
	}
	end_block(s->t, any);
}

/* io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0". @suffix: "bytes" or "ios". */
static void add_block_v2(struct stats *s, const char *name, const char *suffix)
{
	static const char *const ops[] = {"rRead", "wWrite", "dDiscard"};
	bool any = false;

	for (char *line = s->file, *end; *line; line = end) {
		uint64_t major, minor;
		int used = 0;

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (sscanf(line, "%" SCNu64 ":%" SCNu64 "%n", &major, &minor, &used) != 2)
			continue;
		for (size_t i = 0; i < 3; i++) {
			char key[16];
			const char *at;

			snprintf(key, sizeof(key), " %c%s=", ops[i][0], suffix);
			at = strstr(line + used, key);
			if (at && at < end)
				add_block_entry(s->t, &any, name, major, minor, ops[i] + 1,
						strtoull(at + strlen(key), NULL, 10));
		}
	}
	end_block(s->t, any);
}

static void add_blkio(struct stats *s, const struct cgroup *g)
{
	int fd = fd_of(g, "blkio");

	text_add(s->t, ",\"blkio\":{");
	if (fd >= 0) {
		add_block_v1(s, fd, "ioServiceBytesRecursive", "io_service_bytes_recursive");
		add_block_v1(s, fd, "ioServicedRecursive", "io_serviced_recursive");
		drop_comma(s->t);
		text_add(s->t, "}");
		return;
	}
	(void)slurp(s, v2_fd(g), "io.stat");
	add_block_v2(s, "ioServiceBytesRecursive", "bytes");
	add_block_v2(s, "ioServicedRecursive", "ios");
	add_pressure(s, v2_fd(g), "io.pressure", "");
	drop_comma(s->t);
	text_add(s->t, "}");
}

/* "2MB" for 2048 kB, as the files of the controller spell it. */
static void page_name(uint64_t kilobytes, char *ret, size_t size)
{
	if (kilobytes >= 1048576)
		snprintf(ret, size, "%" PRIu64 "GB", kilobytes / 1048576);
	else if (kilobytes >= 1024)
		snprintf(ret, size, "%" PRIu64 "MB", kilobytes / 1024);
	else
		snprintf(ret, size, "%" PRIu64 "KB", kilobytes);
}

static void add_hugetlb_of(struct stats *s, const char *page, int v1, int v2)
{
	/* With reservations where the kernel counts them, as the limit does. */
	static const char *const rsvd[] = {".rsvd", ""};
	char file[80];

	for (size_t i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "hugetlb.%s%s.%s", page, rsvd[i],
			 v1 >= 0 ? "usage_in_bytes" : "current");
		if (faccessat(v1 >= 0 ? v1 : v2, file, F_OK, 0) < 0)
			continue;
		text_add(s->t, "\"%s\":{", page);
		add_some(s->t, "usage", number_in(v1 >= 0 ? v1 : v2, file));
		if (v1 >= 0) {
			snprintf(file, sizeof(file), "hugetlb.%s%s.max_usage_in_bytes", page,
				 rsvd[i]);
			add_some(s->t, "max", number_in(v1, file));
			snprintf(file, sizeof(file), "hugetlb.%s%s.failcnt", page, rsvd[i]);
			text_add(s->t, "\"failcnt\":%" PRIu64 "},", number_in(v1, file));
			return;
		}
		snprintf(file, sizeof(file), "hugetlb.%s.events", page);
		(void)slurp(s, v2, file);
		text_add(s->t, "\"failcnt\":%" PRIu64 "},", field_in(s->file, "max"));
		return;
	}
}

static void add_hugetlb(struct stats *s, const struct cgroup *g)
{
	int v1 = fd_of(g, "hugetlb"), v2 = v1 >= 0 ? -1 : v2_fd(g);
	DIR *sizes = v1 < 0 && v2 < 0 ? NULL : opendir("/sys/kernel/mm/hugepages");
	struct dirent *entry;

	text_add(s->t, ",\"hugetlb\":{");
	while (sizes && (entry = readdir(sizes)) != NULL) {
		uint64_t kilobytes;
		char page[24];

		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kilobytes) != 1)
			continue;
		page_name(kilobytes, page, sizeof(page));
		add_hugetlb_of(s, page, v1, v2);
	}
	if (sizes)
		closedir(sizes);
	drop_comma(s->t);
	text_add(s->t, "}");
}

void cgroup_stats(const struct cgroup *g, struct text *t)
{
	struct stats s = {.t = t};

	text_add(t, "{");
	add_cpu(&s, g);
	add_cpuset(&s, g);
	add_memory(&s, g);
	add_pids(&s, g);
	add_blkio(&s, g);
	add_hugetlb(&s, g);
	text_add(t, ",\"intel_rdt\":{},\"network_interfaces\":null}");
}

/* ---- out of memory ---- */

int64_t cgroup_oom_count(const struct cgroup *g)
{
	int fd = fd_of(g, "memory");
	char text[1024];

	if (fd >= 0)
		return cgroup_text(fd, "memory.oom_control", text, sizeof(text))
			       ? file_field(text, "oom_kill")
			       : -1;
	fd = v2_fd(g);
	return fd >= 0 && cgroup_text(fd, "memory.events", text, sizeof(text))
		       ? file_field(text, "oom_kill")
		       : -1;
}

static int oom_fd_v1(int dir_fd, struct error *e)
{
	OWNED_FD fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), control = -1;
	char line[48];

	if (fd < 0)
		return err_set(e, errno, "eventfd");
	control = openat(dir_fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (control < 0)
		return err_set(e, errno, "open memory.oom_control");
	snprintf(line, sizeof(line), "%d %d", fd, control);
	if (file_write_at(dir_fd, "cgroup.event_control", line, e) < 0)
		return -1;
	return fd_give(&fd);
}

static int oom_fd_v2(int dir_fd, struct error *e)
{
	/* The second one tells when the last process is gone. */
	static const char *const files[] = {"memory.events", "cgroup.events"};
	OWNED_FD fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	if (fd < 0)
		return err_set(e, errno, "inotify");
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, files[i]);
		if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
			return err_set(e, errno, "watch %s", files[i]);
	}
	return fd_give(&fd);
}

int cgroup_oom_fd(const struct cgroup *g, struct error *e)
{
	int memory = fd_of(g, "memory"), v2 = v2_fd(g);

	if (memory >= 0)
		return oom_fd_v1(memory, e);
	if (v2 >= 0 && faccessat(v2, "memory.events", F_OK, 0) == 0)
		return oom_fd_v2(v2, e);
	return err_set(e, 0, "the container is in no memory cgroup");
}
