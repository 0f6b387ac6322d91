/*
 * update.c - mini-run update: the limits of a container are changed.
 *
 * Two forms, which may be mixed: a document as engines send it, and an option for each of the common limits. What is said
 * by an option counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "cli/cli.h"
#include "config/from_oci.h"
#include "config/json.h"
#include "host/update.h"

struct update_options {
	const char *file;
	struct update_change change;
};

static int take_number(struct config_number *into, const char *value, int64_t min, int64_t max,
		       struct error *e)
{
	int64_t number;

	if (number_signed(value, min, max, &number, e) < 0)
		return -1;
	*into = (struct config_number){.set = true, .value = number};
	return 0;
}

/* 128m, or -1: no limit. */
static int take_size(struct config_number *into, const char *value, struct error *e)
{
	int64_t bytes = -1;

	if (strcmp(value, "-1") != 0 && number_size(value, &bytes, e) < 0)
		return -1;
	*into = (struct config_number){.set = true, .value = bytes};
	return 0;
}

static int take_list(const char **into, const char *value, struct error *e)
{
	if (number_list_check(value, e) < 0)
		return -1;
	*into = value;
	return 0;
}

#define NUMBER(field, min, max)                                                     \
	static int take_##field(void *into, const char *value, struct error *e)     \
	{                                                                           \
		struct update_options *o = into;                                    \
		return take_number(&o->change.resources.field, value, min, max, e); \
	}

#define SIZE(field)                                                             \
	static int take_##field(void *into, const char *value, struct error *e) \
	{                                                                       \
		struct update_options *o = into;                                \
		return take_size(&o->change.resources.field, value, e);         \
	}

#define LIST(field)                                                             \
	static int take_##field(void *into, const char *value, struct error *e) \
	{                                                                       \
		struct update_options *o = into;                                \
		return take_list(&o->change.resources.field, value, e);         \
	}

NUMBER(block_weight, 0, 1000)
NUMBER(cpu_period, 0, INT64_MAX)
NUMBER(cpu_quota, -1, INT64_MAX)
NUMBER(cpu_burst, 0, INT64_MAX)
NUMBER(cpu_rt_period, 0, INT64_MAX)
NUMBER(cpu_rt_runtime, -1, INT64_MAX)
NUMBER(cpu_shares, 0, 262144)
NUMBER(cpu_idle, 0, 1)
NUMBER(pids, -1, INT64_MAX)
SIZE(memory)
SIZE(memory_reservation)
SIZE(memory_swap)
LIST(cpuset_cpus)
LIST(cpuset_mems)

static int take_resources(void *into, const char *value, struct error *e)
{
	struct update_options *o = into;

	o->file = value;
	return *value ? 0 : err_set(e, 0, "the name of the file is empty");
}

static int take_l3(void *into, const char *value, struct error *e)
{
	struct update_options *o = into;

	(void)e;
	o->change.l3_cache_schema = value;
	return 0;
}

static int take_bandwidth(void *into, const char *value, struct error *e)
{
	struct update_options *o = into;

	(void)e;
	o->change.mem_bw_schema = value;
	return 0;
}

static int take_kernel_memory(void *into, const char *value, struct error *e)
{
	(void)into;
	(void)value;
	return err_set(e, 0,
		       "the kernel has no such limit any more (--memory counts its memory, too)");
}

static const struct option_row rows[] = {
	{'r', "resources", "FILE", "A document with the limits to change; - is stdin", take_resources},
	{0, "memory", "SIZE", "Ceiling for memory; -1: none", take_memory},
	{0, "memory-reservation", "SIZE", "Memory that is reclaimed last; -1: none",
	 take_memory_reservation},
	{0, "memory-swap", "SIZE", "Ceiling for memory and swap together; -1: none", take_memory_swap},
	{0, "kernel-memory", "SIZE", "Refused: the kernel has no such limit any more",
	 take_kernel_memory},
	{0, "kernel-memory-tcp", "SIZE", "Refused, as well", take_kernel_memory},
	{0, "cpu-period", "N", "Length of the period for --cpu-quota, in microseconds",
	 take_cpu_period},
	{0, "cpu-quota", "N", "CPU time in each period, in microseconds; -1: no limit",
	 take_cpu_quota},
	{0, "cpu-burst", "N", "How much unused quota may be saved up, in microseconds",
	 take_cpu_burst},
	{0, "cpu-rt-period", "N", "The period for real-time processes, in microseconds (v1)",
	 take_cpu_rt_period},
	{0, "cpu-rt-runtime", "N", "Their CPU time in each period, in microseconds (v1)",
	 take_cpu_rt_runtime},
	{0, "cpu-share", "N", "Share of busy CPUs, 2 to 262144", take_cpu_shares},
	{0, "cpu-idle", "0|1", "1: the CPU only when nobody else wants it", take_cpu_idle},
	{0, "cpuset-cpus", "LIST", "CPUs it may run on, such as 0-2,4", take_cpuset_cpus},
	{0, "cpuset-mems", "LIST", "Memory nodes it may use", take_cpuset_mems},
	{0, "pids-limit", "N", "Number of processes and threads; -1: no limit", take_pids},
	{0, "blkio-weight", "N", "Share of busy disks, 10 to 1000", take_block_weight},
	{0, "l3-cache-schema", "SCHEMA", "L3 cache of its class, such as L3:0=f", take_l3},
	{0, "mem-bw-schema", "SCHEMA", "Memory bandwidth of its class, such as MB:0=50",
	 take_bandwidth},
	{0},
};

static const char usage[] = "Usage: mini-run update [OPTIONS] ID\n"
			    "\n"
			    "Changes limits of the container ID while it runs. What is not named "
			    "stays as it is; where a limit\n"
			    "cannot be had, none is changed.\n";

static const char closing[] =
	"\n"
	"The document is the object linux.resources of a config.json, such as\n"
	"{\"memory\":{\"limit\":134217728},\"pids\":{\"limit\":64}}.\n"
	"\n"
	"Exit status: 0; 1 when mini-run failed.\n"
	"\n"
	"Examples:\n"
	"  mini-run update --memory 256m --pids-limit 100 web\n"
	"  echo '{\"cpu\":{\"quota\":50000,\"period\":100000}}' | mini-run update --resources - "
	"web\n";

/* ---- the document ---- */

/* All of a file or a pipe, malloc'ed. */
static int read_file(const char *name, char **ret, size_t *ret_length, struct error *e)
{
	OWNED_FD fd = -1;

	if (strcmp(name, "-") == 0)
		return file_read_stream(STDIN_FILENO, "stdin", JSON_SIZE_MAX, ret, ret_length, e);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open %s", name);
	return file_read_stream(fd, name, JSON_SIZE_MAX, ret, ret_length, e);
}

/* The options in place of what the document says of the same. */
static void options_over(struct config_resources *r, const struct config_resources *options)
{
	static const size_t numbers[] = {
		offsetof(struct config_resources, block_weight),
		offsetof(struct config_resources, cpu_period),
		offsetof(struct config_resources, cpu_quota),
		offsetof(struct config_resources, cpu_burst),
		offsetof(struct config_resources, cpu_rt_period),
		offsetof(struct config_resources, cpu_rt_runtime),
		offsetof(struct config_resources, cpu_shares),
		offsetof(struct config_resources, cpu_idle),
		offsetof(struct config_resources, pids),
		offsetof(struct config_resources, memory),
		offsetof(struct config_resources, memory_reservation),
		offsetof(struct config_resources, memory_swap),
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct config_number *from =
			(const struct config_number *)((const char *)options + numbers[i]);

		if (from->set)
			*(struct config_number *)((char *)r + numbers[i]) = *from;
	}
	if (options->cpuset_cpus)
		r->cpuset_cpus = options->cpuset_cpus;
	if (options->cpuset_mems)
		r->cpuset_mems = options->cpuset_mems;
}

/* @document: keeps what the change points to. */
static int read_document(const char *file, struct config *document, struct update_change *change,
			 struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	size_t length = 0;

	if (read_file(file, &text, &length, e) < 0)
		return err_within(e, "--resources");
	if (resources_from_oci(document, text, length, e) < 0)
		return err_within(e, "--resources %.200s", file);
	options_over(&document->resources, &change->resources);
	change->resources = document->resources;
	return 0;
}

static int update(struct cli *cli, const char *id, struct update_options *o,
		  struct config *document, struct error *e)
{
	struct record r;
	int result;

	if (o->file && read_document(o->file, document, &o->change, e) < 0)
		return -1;
	if (cli_record_open(cli, id, true, &r, e) < 0)
		return -1;
	result = update_resources(&r, &o->change, e);
	record_close(&r);
	return result;
}

int cli_update(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct update_options o = {0};
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.rows = rows,
		.into = &o,
		.words_least = 1,
		.words_most = 1,
		.missing = "update needs the ID of a container (mini-run list prints them)",
	};
	OWNED_MEMORY char **words = NULL;
	struct config *document;
	int n, result;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	document = config_new();
	if (!document)
		return err_no_memory(e);
	result = update(cli, words[0], &o, document, e);
	config_free(document);
	return result;
}
