/*
 * check.c - mini-run check: what this host offers to containers, as a table or as JSON.
 *
 * The exit status is about `mini-run run` without options: 0 where it would work here, 1 where it would not.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "host/check.h"
#include "host/rootless.h"

struct check_options {
	bool json;
};

static int take_json(void *into, const char *value, struct error *e)
{
	struct check_options *o = into;

	(void)value;
	(void)e;
	o->json = true;
	return 0;
}

static const struct option_row check_rows[] = {
	{0, "json", NULL, "Print one JSON object instead of the table", take_json},
	{0},
};

static const char usage[] =
	"Usage: mini-run check [OPTIONS]\n"
	"\n"
	"Tries what containers need of this host and changes nothing. Prints what is there\n"
	"(ok), what is there in part or is wanted by few (limited), and what is not there\n"
	"(missing), each with the remedy.\n"
	"\n";

static const char closing[] =
	"\n"
	"The JSON object has \"ready\" (a run without options would work here), \"summary\",\n"
	"and \"checks\", an array of objects with \"topic\", \"name\", \"status\" (ok, limited,\n"
	"missing), \"fatal\" (a run without options would fail for it), \"detail\" and\n"
	"\"remedy\".\n"
	"\n"
	"Exit status: 0 when a run without options would work here; 1 when it would not, or\n"
	"when mini-run failed.\n"
	"\n"
	"Examples:\n"
	"  mini-run check\n"
	"  mini-run check --json | jq '.checks[] | select(.status != \"ok\")'\n";

static const char *const status_words[] = {
	[CHECK_OK] = "ok",
	[CHECK_LIMITED] = "limited",
	[CHECK_MISSING] = "missing",
};

/* Returns whether a run without options would work. */
static bool summarize(const struct check_findings *found, struct text *ret)
{
	const char *topic = NULL;

	for (size_t i = 0; i < found->n; i++) {
		const struct check_finding *f = &found->v[i];

		if (!f->fatal)
			continue;
		if (!topic)
			text_add(ret, "mini-run run would fail here; missing: %s (%s", f->topic,
				 f->name);
		else if (strcmp(topic, f->topic) != 0)
			text_add(ret, "), %s (%s", f->topic, f->name);
		else
			text_add(ret, ", %s", f->name);
		topic = f->topic;
	}
	text_add(ret, topic ? ")" : "everything that mini-run run needs is here");
	return !topic;
}

static void add_table(const struct check_findings *found, struct text *out)
{
	const char *topic = "";
	int width = 0;

	for (size_t i = 0; i < found->n; i++)
		if (width < (int)strlen(found->v[i].name))
			width = (int)strlen(found->v[i].name);
	for (size_t i = 0; i < found->n; i++) {
		const struct check_finding *f = &found->v[i];

		if (strcmp(topic, f->topic) != 0)
			text_add(out, "%s%s\n", *topic ? "\n" : "", f->topic);
		topic = f->topic;
		text_add(out, "  %-7s  %-*s  %s\n", status_words[f->status], width, f->name,
			 f->detail);
		if (*f->remedy)
			text_add(out, "  %-7s  %-*s  remedy: %s\n", "", width, "", f->remedy);
	}
	text_add(out, "\n");
}

static void add_member(struct text *out, const char *before, const char *name, const char *value)
{
	text_add(out, "%s\"%s\":", before, name);
	text_add_json(out, value);
}

static void add_json(const struct check_findings *found, bool ready, const char *summary,
		     struct text *out)
{
	text_add(out, "{\"ready\":%s", ready ? "true" : "false");
	add_member(out, ",", "summary", summary);
	text_add(out, ",\"checks\":[");
	for (size_t i = 0; i < found->n; i++) {
		const struct check_finding *f = &found->v[i];

		text_add(out, "%s\n{", i > 0 ? "," : "");
		add_member(out, "", "topic", f->topic);
		add_member(out, ",", "name", f->name);
		add_member(out, ",", "status", status_words[f->status]);
		text_add(out, ",\"fatal\":%s", f->fatal ? "true" : "false");
		add_member(out, ",", "detail", f->detail);
		add_member(out, ",", "remedy", f->remedy);
		text_add(out, "}");
	}
	text_add(out, "\n]}\n");
}

static int print(const struct check_findings *found, bool json, int *ret_status, struct error *e)
{
	OWNED_TEXT summary = {0}, out = {0};
	bool ready = summarize(found, &summary);

	if (!text_ok(&summary))
		return err_no_memory(e);
	if (json) {
		add_json(found, ready, summary.bytes, &out);
	} else {
		add_table(found, &out);
		text_add(&out, "%s\n", summary.bytes);
	}
	if (!text_ok(&out))
		return err_no_memory(e);
	fputs(out.bytes, stdout);
	*ret_status = ready ? 0 : 1;
	return 0;
}

int cli_check(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct check_options o = {0};
	const struct option_table tables[] = {
		{"Options", check_rows, &o},
		{"For every command", cli_global_rows, cli},
		{0},
	};
	struct check_findings found;
	int first, result;

	if (options_parse(tables, argc, argv, &first, e) < 0)
		return -1;
	if (cli->help) {
		fputs(usage, stdout);
		options_print(tables, stdout);
		fputs(closing, stdout);
		*ret_status = 0;
		return 0;
	}
	if (first < argc)
		return err_set(e, 0, "check takes no argument: %.200s", argv[first]);
	/* What it tells an ordinary user is what a run of his would find, in his user namespace. */
	if (rootless_possible() && rootless_enter(cli->argv, &cli->global, e) < 0)
		return -1;
	if (cli_begin(cli, e) < 0 || check_host(cli->global.root, &found, e) < 0)
		return -1;
	result = print(&found, o.json, ret_status, e);
	check_end(&found);
	return result;
}
