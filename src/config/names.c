/*
 * names.c - see names.h. Portable: the numbers of capabilities are the kernel's interface and never
 * change.
 */
#include "config/names.h"

#include <stddef.h>
#include <string.h>

static const char *const capabilities[CAPABILITIES] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

static const char *const rlimits[] = {
	"RLIMIT_AS",	 "RLIMIT_CORE",	  "RLIMIT_CPU",	       "RLIMIT_DATA",
	"RLIMIT_FSIZE",	 "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",	 "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
	"RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};

/* Whether @typed is @full (in capitals) in any case, with or without its first @prefix bytes. */
static bool same_name(const char *typed, const char *full, size_t prefix)
{
	for (int without = 0; without < 2; without++) {
		const char *a = typed, *b = full + (without ? prefix : 0);

		for (; *a != '\0' && *b != '\0'; a++, b++) {
			char c = *a >= 'a' && *a <= 'z' ? (char)(*a - 'a' + 'A') : *a;

			if (c != *b)
				break;
		}
		if (*a == '\0' && *b == '\0')
			return true;
	}
	return false;
}

int names_capability(const char *name)
{
	for (int i = 0; i < CAPABILITIES; i++)
		if (same_name(name, capabilities[i], strlen("CAP_")))
			return i;
	return -1;
}

const char *names_capability_of(unsigned int number)
{
	return number < CAPABILITIES ? capabilities[number] : NULL;
}

const char *names_rlimit(const char *name)
{
	for (size_t i = 0; i < sizeof(rlimits) / sizeof(rlimits[0]); i++)
		if (same_name(name, rlimits[i], strlen("RLIMIT_")))
			return rlimits[i];
	return NULL;
}

bool names_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[0] != '0' && text[digits] != '\0' &&
	       strchr("KMG", text[digits]) && strcmp(text + digits + 1, "B") == 0;
}
