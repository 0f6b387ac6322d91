/*
 * features.c - see features.h. Runs outside, with any rights, and looks at nothing of the host.
 *
 * Engines ask for it once, and then send only what is listed. So it says what this program takes and tries to do, decided
 * when it was built; what the host's kernel lacks is an error of the container that asks for it. A unit test hands every
 * name in these lists to the parser of config.json.
 */
#include "host/features.h"

#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>

#include "config/names.h"

static const char *const hooks[] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
	NULL,
};

static const char *const mount_options[] = {
	"async",	 "atime",	 "bind",
	"defaults",	 "dev",		 "diratime",
	"dirsync",	 "exec",	 "idmap",
	"iversion",	 "lazytime",	 "loud",
	"mand",		 "noatime",	 "nodev",
	"nodiratime",	 "noexec",	 "noiversion",
	"nolazytime",	 "nomand",	 "norelatime",
	"nostrictatime", "nosuid",	 "nosymfollow",
	"private",	 "ratime",	 "rbind",
	"rdev",		 "rdiratime",	 "relatime",
	"remount",	 "rexec",	 "ridmap",
	"rnoatime",	 "rnodev",	 "rnodiratime",
	"rnoexec",	 "rnorelatime",	 "rnostrictatime",
	"rnosuid",	 "rnosymfollow", "ro",
	"rprivate",	 "rrelatime",	 "rro",
	"rrw",		 "rshared",	 "rslave",
	"rstrictatime",	 "rsuid",	 "rsymfollow",
	"runbindable",	 "rw",		 "shared",
	"silent",	 "slave",	 "strictatime",
	"suid",		 "symfollow",	 "sync",
	"tmpcopyup",	 "unbindable",	 NULL,
};

static const char *const namespaces[] = {
	"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", NULL,
};

static const char *const actions[] = {
	"SCMP_ACT_ALLOW",	"SCMP_ACT_ERRNO",
	"SCMP_ACT_KILL",	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",	"SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP",	NULL,
};

static const char *const operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE",	     "SCMP_CMP_GT", "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL,
};

/* libseccomp's own names, and the specification's; those that this libseccomp does not know are left out. */
static const struct {
	const char *libseccomp, *name;
} architectures[] = {
	{"aarch64", "SCMP_ARCH_AARCH64"},
	{"arm", "SCMP_ARCH_ARM"},
	{"loongarch64", "SCMP_ARCH_LOONGARCH64"},
	{"m68k", "SCMP_ARCH_M68K"},
	{"mips", "SCMP_ARCH_MIPS"},
	{"mips64", "SCMP_ARCH_MIPS64"},
	{"mips64n32", "SCMP_ARCH_MIPS64N32"},
	{"mipsel", "SCMP_ARCH_MIPSEL"},
	{"mipsel64", "SCMP_ARCH_MIPSEL64"},
	{"mipsel64n32", "SCMP_ARCH_MIPSEL64N32"},
	{"parisc", "SCMP_ARCH_PARISC"},
	{"parisc64", "SCMP_ARCH_PARISC64"},
	{"ppc", "SCMP_ARCH_PPC"},
	{"ppc64", "SCMP_ARCH_PPC64"},
	{"ppc64le", "SCMP_ARCH_PPC64LE"},
	{"riscv64", "SCMP_ARCH_RISCV64"},
	{"s390", "SCMP_ARCH_S390"},
	{"s390x", "SCMP_ARCH_S390X"},
	{"sheb", "SCMP_ARCH_SHEB"},
	{"sh", "SCMP_ARCH_SH"},
	{"x32", "SCMP_ARCH_X32"},
	{"x86", "SCMP_ARCH_X86"},
	{"x86_64", "SCMP_ARCH_X86_64"},
};

static const char *const filter_flags[] = {
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};

static const char *const policy_modes[] = {
	"MPOL_BIND",	  "MPOL_DEFAULT",	 "MPOL_INTERLEAVE",	     "MPOL_LOCAL",
	"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE", NULL,
};

static const char *const policy_flags[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};

/* ---- writing ---- */

/* What stands in front of a member at @depth. */
static void begin(struct text *t, int depth, bool first, const char *name)
{
	text_add(t, "%s\n%*s\"%s\": ", first ? "{" : ",", depth * 4, "", name);
}

static void end(struct text *t, int depth)
{
	text_add(t, "\n%*s}", (depth - 1) * 4, "");
}

static void element(struct text *t, int depth, bool first, const char *value)
{
	text_add(t, "%s\n%*s", first ? "[" : ",", (depth + 1) * 4, "");
	text_add_json(t, value);
}

static void list(struct text *t, int depth, bool first, const char *name, const char *const *values)
{
	begin(t, depth, first, name);
	for (const char *const *v = values; *v; v++)
		element(t, depth, v == values, *v);
	text_add(t, "\n%*s]", depth * 4, "");
}

static void flag(struct text *t, int depth, bool first, const char *name, bool value)
{
	begin(t, depth, first, name);
	text_add(t, "%s", value ? "true" : "false");
}

static void string(struct text *t, int depth, bool first, const char *name, const char *value)
{
	begin(t, depth, first, name);
	text_add_json(t, value);
}

/* "name": {"enabled": true} */
static void enabled(struct text *t, int depth, const char *name)
{
	begin(t, depth, false, name);
	flag(t, depth + 1, true, "enabled", true);
	end(t, depth + 1);
}

/* ---- the document ---- */

static void add_capabilities(struct text *t)
{
	begin(t, 2, false, "capabilities");
	for (unsigned int i = 0; i < CAPABILITIES; i++)
		element(t, 2, i == 0, names_capability_of(i));
	text_add(t, "\n%*s]", 8, "");
}

static void add_cgroup(struct text *t)
{
	begin(t, 2, false, "cgroup");
	flag(t, 3, true, "v1", true);
	flag(t, 3, false, "v2", true);
	flag(t, 3, false, "systemd", false);
	flag(t, 3, false, "systemdUser", false);
	flag(t, 3, false, "rdma", true);
	end(t, 3);
}

static void add_architectures(struct text *t)
{
	bool first = true;

	begin(t, 3, false, "archs");
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		if (seccomp_arch_resolve_name(architectures[i].libseccomp) == 0)
			continue;
		element(t, 3, first, architectures[i].name);
		first = false;
	}
	text_add(t, "\n%*s]", 12, "");
}

static void add_seccomp(struct text *t)
{
	begin(t, 2, false, "seccomp");
	flag(t, 3, true, "enabled", true);
	list(t, 3, false, "actions", actions);
	list(t, 3, false, "operators", operators);
	add_architectures(t);
	list(t, 3, false, "knownFlags", filter_flags);
	list(t, 3, false, "supportedFlags", filter_flags);
	end(t, 3);
}

static void add_linux(struct text *t)
{
	begin(t, 1, false, "linux");
	list(t, 2, true, "namespaces", namespaces);
	add_capabilities(t);
	add_cgroup(t);
	add_seccomp(t);
	enabled(t, 2, "apparmor");
	enabled(t, 2, "selinux");
	begin(t, 2, false, "intelRdt");
	flag(t, 3, true, "enabled", true);
	flag(t, 3, false, "schemata", true);
	flag(t, 3, false, "monitoring", true);
	end(t, 3);
	begin(t, 2, false, "memoryPolicy");
	list(t, 3, true, "modes", policy_modes);
	list(t, 3, false, "flags", policy_flags);
	end(t, 3);
	begin(t, 2, false, "mountExtensions");
	begin(t, 3, true, "idmap");
	flag(t, 4, true, "enabled", true);
	end(t, 4);
	end(t, 3);
	enabled(t, 2, "netDevices");
	end(t, 2);
}

void features_json(const char *version, const char *commit, struct text *t)
{
	char libseccomp[40];

	snprintf(libseccomp, sizeof(libseccomp), "%d.%d.%d", SCMP_VER_MAJOR, SCMP_VER_MINOR,
		 SCMP_VER_MICRO);
	string(t, 1, true, "ociVersionMin", "1.0.0");
	string(t, 1, false, "ociVersionMax", "1.3.0");
	list(t, 1, false, "hooks", hooks);
	list(t, 1, false, "mountOptions", mount_options);
	add_linux(t);
	begin(t, 1, false, "annotations");
	string(t, 2, true, "io.github.seccomp.libseccomp.version", libseccomp);
	string(t, 2, false, "mini-run.commit", commit);
	string(t, 2, false, "mini-run.version", version);
	/* The one annotation that engines look up, to know whether they can offer checkpoints. */
	string(t, 2, false, "org.opencontainers.runc.checkpoint.enabled", "false");
	end(t, 2);
	begin(t, 1, false, "potentiallyUnsafeConfigAnnotations");
	text_add(t, "[]");
	end(t, 1);
}
