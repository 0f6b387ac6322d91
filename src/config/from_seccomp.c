/*
 * from_seccomp.c - see from_seccomp.h. Portable; the native architecture is the one that it is compiled for.
 *
 * The specification's form (config-linux.md, "Seccomp") and the engines' differ in what surrounds the rules:
 * engines choose the architectures by a map from the native one, and put conditions on whole rules. What
 * is decided here is decided as engines do before they write a config.json, so that a profile means the
 * same to `run --security-opt seccomp=FILE` as to an engine.
 *
 * Strict where a mistake would open something: an unknown action, operator, architecture or flag is an error, also in
 * a rule whose conditions do not hold. Names of system calls are not checked here; those that the kernel's
 * tables do not have are skipped when the filter is compiled, as other runtimes do, because profiles
 * are written for many kernels and architectures at once.
 */
#include "config/from_seccomp.h"

#include <string.h>

#include "config/names.h"

#define ERRNO_DEFAULT 1	     /* EPERM, config-linux.md: "errnoRet" */
#define ERRNO_MAX     4094   /* the kernel's last is 4095, libseccomp's 4094; none is that large */
#define TRACE_MAX     0xffff /* SECCOMP_RET_DATA */
#define ARGUMENTS     6

/* ---- names ---- */

struct word {
	const char *name;
	unsigned int value;
};

static const struct word actions[] = {
	{"SCMP_ACT_KILL", SECCOMP_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_KILL_THREAD},
	{"SCMP_ACT_TRAP", SECCOMP_TRAP},
	{"SCMP_ACT_ERRNO", SECCOMP_ERRNO},
	{"SCMP_ACT_TRACE", SECCOMP_TRACE},
	{"SCMP_ACT_ALLOW", SECCOMP_ALLOW},
	{"SCMP_ACT_LOG", SECCOMP_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_NOTIFY},
	{NULL, 0},
};

static const struct word operators[] = {
	{"SCMP_CMP_NE", SECCOMP_NE},
	{"SCMP_CMP_LT", SECCOMP_LT},
	{"SCMP_CMP_LE", SECCOMP_LE},
	{"SCMP_CMP_EQ", SECCOMP_EQ},
	{"SCMP_CMP_GE", SECCOMP_GE},
	{"SCMP_CMP_GT", SECCOMP_GT},
	{"SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQ},
	{NULL, 0},
};

static const struct word flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FLAG_WAIT_KILLABLE_RECV},
	{NULL, 0},
};

static const char *const architectures[] = {
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",	    "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",	   "SCMP_ARCH_MIPS64",	    "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",	    "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",	    "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",    "SCMP_ARCH_SH",	   "SCMP_ARCH_SHEB",
};

/* The native architecture, as archMap and as includes.arches call it. */
#if defined(__x86_64__)
#define NATIVE	      "SCMP_ARCH_X86_64"
#define NATIVE_ENGINE "amd64"
#elif defined(__aarch64__)
#define NATIVE	      "SCMP_ARCH_AARCH64"
#define NATIVE_ENGINE "arm64"
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE	      "SCMP_ARCH_RISCV64"
#define NATIVE_ENGINE "riscv64"
#else
#error "from_seccomp.c: name this architecture as libseccomp and engines do"
#endif

/* Linux's numbers, not those of the system that this is compiled on. */
static const char *const errnos[] = {
	[1] = "EPERM",
	[2] = "ENOENT",
	[3] = "ESRCH",
	[4] = "EINTR",
	[5] = "EIO",
	[6] = "ENXIO",
	[7] = "E2BIG",
	[8] = "ENOEXEC",
	[9] = "EBADF",
	[10] = "ECHILD",
	[11] = "EAGAIN",
	[12] = "ENOMEM",
	[13] = "EACCES",
	[14] = "EFAULT",
	[15] = "ENOTBLK",
	[16] = "EBUSY",
	[17] = "EEXIST",
	[18] = "EXDEV",
	[19] = "ENODEV",
	[20] = "ENOTDIR",
	[21] = "EISDIR",
	[22] = "EINVAL",
	[23] = "ENFILE",
	[24] = "EMFILE",
	[25] = "ENOTTY",
	[26] = "ETXTBSY",
	[27] = "EFBIG",
	[28] = "ENOSPC",
	[29] = "ESPIPE",
	[30] = "EROFS",
	[31] = "EMLINK",
	[32] = "EPIPE",
	[33] = "EDOM",
	[34] = "ERANGE",
	[35] = "EDEADLOCK",
	[36] = "ENAMETOOLONG",
	[37] = "ENOLCK",
	[38] = "ENOSYS",
	[39] = "ENOTEMPTY",
	[40] = "ELOOP",
	[42] = "ENOMSG",
	[43] = "EIDRM",
	[44] = "ECHRNG",
	[45] = "EL2NSYNC",
	[46] = "EL3HLT",
	[47] = "EL3RST",
	[48] = "ELNRNG",
	[49] = "EUNATCH",
	[50] = "ENOCSI",
	[51] = "EL2HLT",
	[52] = "EBADE",
	[53] = "EBADR",
	[54] = "EXFULL",
	[55] = "ENOANO",
	[56] = "EBADRQC",
	[57] = "EBADSLT",
	[59] = "EBFONT",
	[60] = "ENOSTR",
	[61] = "ENODATA",
	[62] = "ETIME",
	[63] = "ENOSR",
	[64] = "ENONET",
	[65] = "ENOPKG",
	[66] = "EREMOTE",
	[67] = "ENOLINK",
	[68] = "EADV",
	[69] = "ESRMNT",
	[70] = "ECOMM",
	[71] = "EPROTO",
	[72] = "EMULTIHOP",
	[73] = "EDOTDOT",
	[74] = "EBADMSG",
	[75] = "EOVERFLOW",
	[76] = "ENOTUNIQ",
	[77] = "EBADFD",
	[78] = "EREMCHG",
	[79] = "ELIBACC",
	[80] = "ELIBBAD",
	[81] = "ELIBSCN",
	[82] = "ELIBMAX",
	[83] = "ELIBEXEC",
	[84] = "EILSEQ",
	[85] = "ERESTART",
	[86] = "ESTRPIPE",
	[87] = "EUSERS",
	[88] = "ENOTSOCK",
	[89] = "EDESTADDRREQ",
	[90] = "EMSGSIZE",
	[91] = "EPROTOTYPE",
	[92] = "ENOPROTOOPT",
	[93] = "EPROTONOSUPPORT",
	[94] = "ESOCKTNOSUPPORT",
	[95] = "ENOTSUP",
	[96] = "EPFNOSUPPORT",
	[97] = "EAFNOSUPPORT",
	[98] = "EADDRINUSE",
	[99] = "EADDRNOTAVAIL",
	[100] = "ENETDOWN",
	[101] = "ENETUNREACH",
	[102] = "ENETRESET",
	[103] = "ECONNABORTED",
	[104] = "ECONNRESET",
	[105] = "ENOBUFS",
	[106] = "EISCONN",
	[107] = "ENOTCONN",
	[108] = "ESHUTDOWN",
	[109] = "ETOOMANYREFS",
	[110] = "ETIMEDOUT",
	[111] = "ECONNREFUSED",
	[112] = "EHOSTDOWN",
	[113] = "EHOSTUNREACH",
	[114] = "EALREADY",
	[115] = "EINPROGRESS",
	[116] = "ESTALE",
	[117] = "EUCLEAN",
	[118] = "ENOTNAM",
	[119] = "ENAVAIL",
	[120] = "EISNAM",
	[121] = "EREMOTEIO",
	[122] = "EDQUOT",
	[123] = "ENOMEDIUM",
	[124] = "EMEDIUMTYPE",
	[125] = "ECANCELED",
	[126] = "ENOKEY",
	[127] = "EKEYEXPIRED",
	[128] = "EKEYREVOKED",
	[129] = "EKEYREJECTED",
	[130] = "EOWNERDEAD",
	[131] = "ENOTRECOVERABLE",
	[132] = "ERFKILL",
};

static int word(const struct json *j, const struct word *words, const char *kind, unsigned int *ret,
		struct error *e)
{
	const char *text = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	for (const struct word *w = words; text && w->name; w++)
		if (strcmp(w->name, text) == 0) {
			*ret = w->value;
			return 0;
		}
	return json_error(j, e, "unknown %s \"%.64s\"", kind, text ? text : "null");
}

static int architecture(const struct json *j, struct config *c, struct error *e)
{
	struct config_strings *list = &c->seccomp.architectures;
	const char *text = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	for (size_t i = 0; text && i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return 0;
	for (size_t i = 0; text && i < sizeof(architectures) / sizeof(*architectures); i++)
		if (strcmp(architectures[i], text) == 0)
			return config_strings_add(c, list, text, e);
	return json_error(j, e, "unknown architecture \"%.64s\"", text ? text : "null");
}

static int architecture_list(const struct json *j, struct config *c, struct error *e)
{
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);

		if (architecture(&one, c, e) < 0)
			return -1;
	}
	return 0;
}

static int flag_list(const struct json *j, struct config *c, struct error *e)
{
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);
		unsigned int flag = 0;

		if (word(&one, flags, "flag", &flag, e) < 0)
			return -1;
		c->seccomp.flags |= flag;
	}
	return 0;
}

/* ---- errno ---- */

/* The number of "EPERM" or "1"; 0: neither. */
static unsigned int errno_number(const char *text)
{
	unsigned int number = 0;

	for (size_t i = 1; i < sizeof(errnos) / sizeof(*errnos); i++)
		if (errnos[i] && strcmp(errnos[i], text) == 0)
			return (unsigned int)i;
	for (; *text >= '0' && *text <= '9' && number <= ERRNO_MAX; text++)
		number = number * 10 + (unsigned int)(*text - '0');
	return *text ? 0 : number;
}

/*
 * The two spellings of an action's errno: @number_name ("errnoRet"), and in an engine's profile also @text_name
 * ("errno": "EPERM"), which wins there. An errno for an action that takes none must fail (SEC-3).
 */
static int errno_of(const struct json *object, const char *number_name, const char *text_name,
		    enum config_seccomp_action action, struct config_number *ret, struct error *e)
{
	struct json number = json_member(object, number_name), text = {0};
	uint64_t value = ERRNO_DEFAULT;
	const char *name = "";

	if (text_name)
		text = json_member(object, text_name);
	if (json_get_u64(&number, 0, action == SECCOMP_TRACE ? TRACE_MAX : ERRNO_MAX, &value, e) < 0 ||
	    json_get_string(&text, &name, e) < 0)
		return -1;
	if (!json_present(&number) && !*name)
		return 0;
	if (action != SECCOMP_ERRNO && action != SECCOMP_TRACE)
		return json_error(json_present(&number) ? &number : &text, e,
				  "the action takes no errno");
	if (*name) {
		value = errno_number(name);
		if (value == 0 || value > ERRNO_MAX)
			return json_error(&text, e, "unknown errno \"%.32s\"", name);
	}
	*ret = (struct config_number){true, (int64_t)value};
	return 0;
}

/* ---- conditions of engines on a whole rule ---- */

struct kernel_version {
	unsigned int major, minor;
};

/* The two numbers in front of @text; what stands behind them goes to *rest. */
static bool version_read(const char *text, struct kernel_version *ret, const char **rest)
{
	unsigned int *const numbers[] = {&ret->major, &ret->minor};

	for (int i = 0; i < 2; i++) {
		const char *first = text;

		for (*numbers[i] = 0; *text >= '0' && *text <= '9' && text - first < 6; text++)
			*numbers[i] = *numbers[i] * 10 + (unsigned int)(*text - '0');
		if (text == first || (i == 0 && *text++ != '.'))
			return false;
	}
	*rest = text;
	return true;
}

struct conditions {
	bool any_cap, all_caps; /* of "caps", in the bounding set */
	bool caps, arches, arch, kernels, kernel;
};

static int condition_caps(const struct json *j, uint64_t caps, struct conditions *ret,
			  struct error *e)
{
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	ret->caps = n > 0;
	ret->all_caps = true;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);
		const char *text = NULL;
		int number;
		bool held;

		if (json_get_string(&one, &text, e) < 0)
			return -1;
		if (!text || strncmp(text, "CAP_", 4) != 0)
			return json_error(&one, e, "not a capability");
		number = names_capability(text); /* one that is newer than our table is not held */
		held = number >= 0 && (caps & CAPABILITY_BIT(number)) != 0;
		ret->any_cap |= held;
		ret->all_caps &= held;
	}
	return 0;
}

static int condition_kernel(const struct json *j, const char *release, struct conditions *ret,
			    struct error *e)
{
	struct kernel_version want, have;
	const char *text = NULL, *rest = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	if (!text || !*text)
		return 0;
	if (!version_read(text, &want, &rest) || *rest)
		return json_error(j, e, "not a kernel version like \"4.8\"");
	if (!version_read(release, &have, &rest))
		return err_set(e, 0, "the kernel's release \"%.60s\" begins with no version",
			       release);
	ret->kernels = true;
	ret->kernel =
		have.major > want.major || (have.major == want.major && have.minor >= want.minor);
	return 0;
}

static int conditions(const struct json *j, const struct seccomp_host *host, struct conditions *ret,
		      struct error *e)
{
	struct json caps_json, arches, kernel;
	size_t n = 0;

	if (json_get_object(j, e) < 0)
		return -1;
	caps_json = json_member(j, "caps");
	arches = json_member(j, "arches");
	kernel = json_member(j, "minKernel");
	if (condition_caps(&caps_json, host->caps, ret, e) < 0 ||
	    condition_kernel(&kernel, host->kernel, ret, e) < 0 || json_get_array(&arches, &n, e) < 0)
		return -1;
	ret->arches = n > 0;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&arches, i);
		const char *text = "";

		if (json_get_string(&one, &text, e) < 0)
			return -1;
		ret->arch |= strcmp(text, NATIVE_ENGINE) == 0;
	}
	return 0;
}

/* Does the rule take part? All of "includes" must hold, and nothing of "excludes". */
static int rule_applies(const struct json *rule, const struct seccomp_host *host, bool *ret,
			struct error *e)
{
	struct json includes = json_member(rule, "includes"),
		    excludes = json_member(rule, "excludes");
	struct conditions in = {0}, out = {0};

	if (conditions(&includes, host, &in, e) < 0 || conditions(&excludes, host, &out, e) < 0)
		return -1;
	*ret = (!in.caps || in.all_caps) && (!in.arches || in.arch) && (!in.kernels || in.kernel) &&
	       !(out.caps && out.any_cap) && !(out.arches && out.arch) &&
	       !(out.kernels && out.kernel);
	return 0;
}

/* ---- rules ---- */

static int argument(const struct json *j, struct config_seccomp_arg *arg, struct error *e)
{
	struct json index, value, value_two, op;
	uint64_t number = 0;
	unsigned int operator= 0;

	if (json_need(j, "index", &index, e) < 0 || json_need(j, "value", &value, e) < 0 ||
	    json_need(j, "op", &op, e) < 0)
		return -1;
	value_two = json_member(j, "valueTwo");
	if (json_get_u64(&index, 0, ARGUMENTS - 1, &number, e) < 0 ||
	    json_get_u64(&value, 0, UINT64_MAX, &arg->value, e) < 0 ||
	    json_get_u64(&value_two, 0, UINT64_MAX, &arg->value_two, e) < 0 ||
	    word(&op, operators, "operator", &operator, e) < 0)
		return -1;
	arg->index = (uint32_t)number;
	arg->op = operator;
	return 0;
}

static int arguments(const struct json *j, struct config *c, struct config_seccomp_rule *rule,
		     struct error *e)
{
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);
		struct config_seccomp_arg *arg =
			arena_append(&c->arena, &rule->args, &rule->args_n, sizeof(*arg));

		if (!arg)
			return err_no_memory(e);
		if (argument(&one, arg, e) < 0)
			return -1;
	}
	return 0;
}

static int rule_names(const struct json *j, bool engine, struct config *c,
		      struct config_seccomp_rule *rule, struct error *e)
{
	struct json names = json_member(j, "names"), name = {0};
	const char *text = "";

	if (engine)
		name = json_member(j, "name");
	if (json_get_strings(&names, c, &rule->names, e) < 0 || json_get_string(&name, &text, e) < 0)
		return -1;
	if (*text && rule->names.n > 0)
		return json_error(j, e, "has both \"name\" and \"names\"");
	if (*text)
		return config_strings_add(c, &rule->names, text, e);
	if (rule->names.n == 0)
		return json_error(&names, e, json_present(&names) ? "empty" : "missing");
	return 0;
}

/* @host: NULL in the specification's form, which has no conditions. */
static int rule_read(const struct json *j, const struct seccomp_host *host, struct config *c,
		     struct error *e)
{
	bool engine = host != NULL;
	struct config_seccomp_rule rule = {0}, *place;
	struct json action_json, args;
	unsigned int action = 0;
	bool applies = true;

	if (json_need(j, "action", &action_json, e) < 0)
		return -1;
	args = json_member(j, "args");
	if (rule_names(j, engine, c, &rule, e) < 0 ||
	    word(&action_json, actions, "action", &action, e) < 0 ||
	    errno_of(j, "errnoRet", engine ? "errno" : NULL, action, &rule.errno_ret, e) < 0 ||
	    arguments(&args, c, &rule, e) < 0)
		return -1;
	rule.action = action;
	if (engine && rule_applies(j, host, &applies, e) < 0)
		return -1;
	if (!applies)
		return 0;
	/*
	 * The filter is in force when its listener is handed over, by sendmsg(2), which would wait for the listener
	 * forever. write(2) is so in other runtimes, where profiles with it have never worked.
	 */
	for (size_t i = 0; action == SECCOMP_NOTIFY && i < rule.names.n; i++)
		if (strcmp(rule.names.v[i], "sendmsg") == 0 || strcmp(rule.names.v[i], "write") == 0)
			return json_error(&action_json, e,
					  "SCMP_ACT_NOTIFY cannot be used for the %s syscall",
					  rule.names.v[i]);
	place = arena_append(&c->arena, &c->seccomp.rules, &c->seccomp.rules_n, sizeof(rule));
	if (!place)
		return err_no_memory(e);
	*place = rule;
	return 0;
}

/* ---- the profile ---- */

/* An engine's map from a native architecture to those that come with it. Every entry is checked, one is used. */
static int arch_map(const struct json *j, struct config *c, struct error *e)
{
	struct config_strings ours = {0};
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i), native, more;

		c->seccomp.architectures = (struct config_strings){0};
		if (json_need(&one, "architecture", &native, e) < 0)
			return -1;
		more = json_member(&one, "subArchitectures");
		if (architecture(&native, c, e) < 0 || architecture_list(&more, c, e) < 0)
			return -1;
		if (c->seccomp.architectures.n > 0 &&
		    strcmp(c->seccomp.architectures.v[0], NATIVE) == 0)
			ours = c->seccomp.architectures;
	}
	c->seccomp.architectures = ours;
	return 0;
}

static int profile_architectures(const struct json *j, bool engine, struct config *c, struct error *e)
{
	struct json list = json_member(j, "architectures"), map = {0};

	if (architecture_list(&list, c, e) < 0)
		return -1;
	if (engine)
		map = json_member(j, "archMap");
	if (!json_present(&map))
		return 0;
	if (c->seccomp.architectures.n > 0)
		return json_error(&map, e, "\"architectures\" is there as well: one of the two");
	return arch_map(&map, c, e);
}

/* Engines write an empty string for what they do not have. */
static bool given(const char *text)
{
	return text && *text;
}

/* Rules of the listener (config-linux.md, "listenerPath", "listenerMetadata", SCMP_ACT_NOTIFY). */
static int listener_check(const struct json *j, const struct config_seccomp *s, struct error *e)
{
	bool notify = false;
	struct json at;

	for (size_t i = 0; i < s->rules_n; i++)
		notify |= s->rules[i].action == SECCOMP_NOTIFY;
	at = json_member(j, "defaultAction");
	if (s->default_action == SECCOMP_NOTIFY)
		return json_error(&at, e, "SCMP_ACT_NOTIFY cannot be the default action");
	at = json_member(j, "listenerPath");
	if (notify && !given(s->listener_path))
		return json_error(&at, e, "missing, and SCMP_ACT_NOTIFY needs it");
	at = json_member(j, "listenerMetadata");
	if (given(s->listener_metadata) && !given(s->listener_path))
		return json_error(&at, e, "given without listenerPath");
	return 0;
}

/* @host: as for a rule. */
static int profile(struct config *c, const struct json *j, const struct seccomp_host *host,
		   struct error *e)
{
	bool engine = host != NULL;
	static const struct json_field texts[] = {
		{"listenerPath", JSON_STRING, offsetof(struct config_seccomp, listener_path),
		 .read = NULL},
		{"listenerMetadata", JSON_STRING,
		 offsetof(struct config_seccomp, listener_metadata), .read = NULL},
		{NULL, JSON_STRING, 0, .read = NULL},
	};
	struct json action_json, rules, flags_json;
	unsigned int action = 0;
	size_t n = 0;

	c->seccomp = (struct config_seccomp){.mode = SECCOMP_MODE_PROFILE};
	if (json_need(j, "defaultAction", &action_json, e) < 0 ||
	    word(&action_json, actions, "action", &action, e) < 0)
		return -1;
	c->seccomp.default_action = action;
	flags_json = json_member(j, "flags");
	rules = json_member(j, "syscalls");
	if (errno_of(j, "defaultErrnoRet", engine ? "defaultErrno" : NULL, action,
		     &c->seccomp.default_errno_ret, e) < 0 ||
	    profile_architectures(j, engine, c, e) < 0 || flag_list(&flags_json, c, e) < 0 ||
	    json_fields(j, texts, c, &c->seccomp, e) < 0 || json_get_array(&rules, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&rules, i);

		if (rule_read(&one, host, c, e) < 0)
			return -1;
	}
	return listener_check(j, &c->seccomp, e);
}

int seccomp_from_node(struct config *c, const struct json *j, struct error *e)
{
	if (!json_present(j))
		return 0;
	return profile(c, j, NULL, e);
}

int seccomp_from_json(struct config *c, const char *text, size_t length, const char *what,
		      const struct seccomp_host *host, struct error *e)
{
	struct json document;
	int r;

	if (json_parse(text, length, &document, e) < 0)
		return err_within(e, "%s", what);
	r = profile(c, &document, host, e);
	json_end(&document);
	return r < 0 ? err_within(e, "%s", what) : 0;
}
