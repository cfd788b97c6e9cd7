#include "cli/options.h"

#include "base/closest.h"

#include <stdlib.h>

const struct command commands[] = {
	{ NULL, FILTER, "[FILE...]", "enrich events: standard input, or each FILE, to standard output" },
	{ "index", INDEX, "-o OUT SOURCES", "compile note sources into one index" },
	{ "lookup", LOOKUP, "KEY...", "print the notes for a technique, tag, rule id or rule name" },
	{ "explain", EXPLAIN, "[FILE]", "say what was found in each event, where, and why these notes" },
	{ "dump", DUMP, "", "print every note as NDJSON, the form that --notes reads" },
	{ "check", CHECK, "", "load and validate rules and indexes; say what is wrong and where" },
	{ "report", REPORT, "--coverage", "say for how much of ATT&CK there are notes, and from whom" },
};
const size_t n_commands = sizeof commands / sizeof *commands;

enum reader {
	READ_LIST, READ_TRUE, READ_TEXT, READ_SIZE, READ_SCORE, READ_STYLE, READ_EMIT, READ_SHAPE, READ_NUL, READ_ON_BAD, READ_SIMD,
	READ_SOURCE, READ_HELP, READ_LONG_HELP, READ_VERSION,
};

struct option {
	const char *group; // a heading, nothing else set
	char short_name;
	const char *name, *arg;
	unsigned commands;
	enum reader reader;
	size_t target; // offset in struct options
	const char *line, *paragraph;
};

static const struct option table[] = {
#define GROUP(heading) { .group = heading },
#define OPTION(short_, long_, arg_, commands_, reader_, target_, line_, paragraph_) \
	{ NULL, short_, long_, arg_, commands_, reader_, offsetof(struct options, target_), line_, paragraph_ },
#include "cli/options.def"
#undef GROUP
#undef OPTION
};
enum { N_TABLE = sizeof table / sizeof *table };

// --- values ---------------------------------------------------------------------------------------------------------

static bool
read_size(const char *s, size_t *out)
{
	static const struct {
		const char *suffix;
		size_t factor;
	} units[] = { { "", 1 }, { "K", 1 << 10 }, { "KiB", 1 << 10 }, { "M", 1 << 20 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 } };
	size_t v = 0, i = 0;
	for (; lof_is_digit((unsigned char)s[i]); i++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (size_t)(s[i] - '0'), &v))
			return false;
	for (size_t u = 0; i && u < sizeof units / sizeof *units; u++)
		if (strcmp(s + i, units[u].suffix) == 0)
			return !__builtin_mul_overflow(v, units[u].factor, out);
	return false;
}

static bool
read_score(const char *s, float *out)
{
	char *end;
	double v = strtod(s, &end); // the C locale is never left
	*out = (float)v;
	return end != s && *end == 0 && v >= 0 && v <= 1;
}

// The place of s in words, or -1.
static int
one_of(const char *s, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	return -1;
}

static const char *const styles[] = { "full", "text", "ids", NULL };
static const char *const emits[] = { "event", "patch", "rsyslog", NULL };
static const char *const shapes[] = { "auto", "ndjson", "json", "null", "length", "netstring", NULL };
static const char *const bads[] = { "pass", "drop", "stop", NULL };
static const char *const simds[] = { "auto", "portable", "avx2", "avx512", NULL };

static enum lof_rc
set_choice(const char *s, const char *const *words, const char *what, int *out, struct lof_err *e)
{
	*out = one_of(s, words);
	return *out < 0 ? lof_err_set(e, LOF_E_USAGE, what, lof_cstr(s)) : LOF_OK;
}

static enum lof_rc
set_value(struct options *o, const struct option *opt, const char *s, struct lof_err *e)
{
	void *target = (char *)o + opt->target;
	struct option_list *list = target;
	enum lof_rc rc = LOF_OK;
	int choice = 0;
	if (opt->arg && opt->reader != READ_TEXT && !*s)
		return lof_err_set(e, LOF_E_USAGE, "expected an argument that is not empty behind", lof_cstr(opt->name));
	switch (opt->reader) {
	case READ_LIST:
		if (list->n == sizeof list->v / sizeof *list->v)
			return lof_err_set(e, LOF_E_USAGE, "given too often:", lof_cstr(opt->name));
		list->v[list->n++] = s;
		break;
	case READ_SOURCE:
		if (o->n_sources == sizeof o->sources / sizeof *o->sources)
			return lof_err_set(e, LOF_E_USAGE, "too many sources, from", lof_cstr(s));
		o->sources[o->n_sources].kind = opt->name;
		o->sources[o->n_sources++].path = s;
		break;
	case READ_TEXT:
		*(const char **)target = s;
		break;
	case READ_SIZE:
		if (!read_size(s, target))
			return lof_err_set(e, LOF_E_USAGE, "expected a number, with or without K, KiB, M, MiB or GiB, not", lof_cstr(s));
		if (target == &o->max_event && o->max_event > EVENT_LIMIT)
			return lof_err_set(e, LOF_E_USAGE, "expected at most 2GiB for --max-event, not", lof_cstr(s));
		o->max_notes_given |= target == &o->want.max;
		o->max_weak_given |= target == &o->want.weak;
		break;
	case READ_SCORE:
		if (!read_score(s, target))
			return lof_err_set(e, LOF_E_USAGE, "expected a number from 0 to 1, not", lof_cstr(s));
		break;
	case READ_STYLE:
		rc = set_choice(s, styles, "expected full, text or ids, not", &choice, e);
		o->style = (enum style)choice;
		break;
	case READ_EMIT:
		rc = set_choice(s, emits, "expected event, patch or rsyslog, not", &choice, e);
		o->emit = (enum emit)choice;
		break;
	case READ_SHAPE:
		rc = set_choice(s, shapes, "expected auto, ndjson, json, null, length or netstring, not", &choice, e);
		o->input = (enum frame_shape)choice;
		break;
	case READ_NUL:
		o->input = SHAPE_NUL;
		break;
	case READ_ON_BAD:
		rc = set_choice(s, bads, "expected pass, drop or stop, not", &choice, e);
		o->on_bad = (enum on_bad)choice;
		break;
	case READ_SIMD:
		rc = set_choice(s, simds, "expected auto, avx512, avx2 or portable, not", &choice, e);
		o->simd = (enum block_kind)choice;
		break;
	case READ_TRUE:
		*(bool *)target = true;
		break;
	case READ_HELP:
		o->help = HELP_SHORT;
		break;
	case READ_LONG_HELP:
		o->help = HELP_LONG;
		break;
	case READ_VERSION:
		o->help = HELP_VERSION;
		break;
	}
	return rc;
}

// --- parsing --------------------------------------------------------------------------------------------------------

static enum lof_rc
unknown(struct lof_str name, struct lof_err *e)
{
	const char *names[N_TABLE];
	size_t n = 0;
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].name)
			names[n++] = table[i].name;
	const char *meant = lof_closest(name, names, n);
	char arg[80] = "--";
	memcpy(arg + 2, name.p, name.n < 70 ? name.n : 70);
	enum lof_rc rc = lof_err_set(e, LOF_E_USAGE, "unknown option", lof_cstr(arg));
	e->hint = meant;
	return rc;
}

static const struct option *
find_long(struct lof_str name)
{
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].name && lof_str_eq(lof_cstr(table[i].name), name))
			return &table[i];
	return NULL;
}

static const struct option *
find_short(char c)
{
	for (size_t i = 0; i < N_TABLE; i++)
		if (!table[i].group && table[i].short_name == c)
			return &table[i];
	return NULL;
}

// One option at argv[*i], with the argument behind it when it takes one.
static enum lof_rc
parse_one(struct options *o, int argc, char *const *argv, int *i, struct lof_err *e)
{
	const char *a = argv[*i], *value = NULL;
	const struct option *opt;
	if (a[1] == '-') {
		const char *equals = strchr(a, '=');
		struct lof_str name = LOF_STR(a + 2, equals ? (size_t)(equals - a - 2) : strlen(a + 2));
		if (!(opt = find_long(name)))
			return unknown(name, e);
		value = equals ? equals + 1 : NULL;
		if (value && !opt->arg)
			return lof_err_set(e, LOF_E_USAGE, "takes no argument:", lof_cstr(a));
	} else {
		if (!(opt = find_short(a[1])))
			return lof_err_set(e, LOF_E_USAGE, "unknown option", lof_cstr(a));
		if (a[2] && !opt->arg)
			return lof_err_set(e, LOF_E_USAGE, "takes no argument:", lof_cstr(a));
		value = a[2] ? a + 2 : NULL;
	}
	if (!(opt->commands & o->command->bit))
		return lof_err_set(e, LOF_E_USAGE, "not an option of this command:", lof_cstr(a));
	if (opt->arg && !value) {
		if (*i + 1 >= argc)
			return lof_err_set(e, LOF_E_USAGE, "expected an argument behind", lof_cstr(a));
		value = argv[++*i];
	}
	return set_value(o, opt, value, e);
}

enum lof_rc
options_parse(struct options *o, int argc, char *const *argv, struct lof_err *e)
{
	static char **operands;
	*o = (struct options){ .command = &commands[0], .key = "lofp", .want = { .max = 5, .weak = 1 }, .max_bytes = 4096, .max_event = 16u << 20,
		.max_connections = 256 };
	free(operands);
	operands = calloc((size_t)argc + 1, sizeof *operands);
	if (!operands)
		lof_no_memory();
	int i = 1;
	for (size_t c = 1; c < n_commands && argc > 1; c++)
		if (strcmp(argv[1], commands[c].name) == 0) {
			o->command = &commands[c];
			i = 2;
		}
	bool ended = false;
	for (; i < argc; i++) {
		const char *a = argv[i];
		if (!ended && strcmp(a, "--") == 0) {
			ended = true;
		} else if (!ended && a[0] == '-' && a[1]) {
			enum lof_rc rc = parse_one(o, argc, argv, &i, e);
			if (rc)
				return rc;
			if (o->help)
				return LOF_OK;
		} else {
			operands[o->n_operands++] = argv[i];
		}
	}
	o->operands = operands;
	if (o->max_notes_given && !o->max_weak_given)
		o->want.weak = o->want.max;
	return LOF_OK;
}

// --- help -----------------------------------------------------------------------------------------------------------

// "-n, --max-notes N"
static int
heading(char *out, size_t max, const struct option *opt)
{
	int n = 0;
	if (opt->short_name)
		n += snprintf(out, max, "-%c%s", opt->short_name, opt->name ? ", " : "");
	if (opt->name)
		n += snprintf(out + n, max - (size_t)n, "--%s", opt->name);
	if (opt->arg)
		n += snprintf(out + n, max - (size_t)n, " %s", opt->arg);
	return n;
}

static void
wrapped(FILE *f, const char *text, int indent, int width)
{
	int col = 0;
	while (*text) {
		int word = (int)strcspn(text, " ");
		if (col && col + 1 + word > width - indent) {
			fputc('\n', f);
			col = 0;
		}
		col += fprintf(f, "%*s%.*s", col ? 1 : indent, "", word, text) - (col ? 0 : indent);
		text += word + (text[word] == ' ');
	}
	fputc('\n', f);
}

void
options_help(FILE *f, bool everything)
{
	fprintf(f, "usage:");
	for (size_t i = 0; i < n_commands; i++)
		fprintf(f, "%slofpipe %s%s[OPTIONS]%s%s\n", i ? "       " : " ", commands[i].name ? commands[i].name : "",
		    commands[i].name ? " " : "", commands[i].operands[0] ? " " : "", commands[i].operands);
	if (everything) {
		fprintf(f, "\nReads JSON alert events and appends to each the known benign causes of its\nATT&CK technique.\n");
		for (size_t i = 1; i < n_commands; i++)
			fprintf(f, "  %-10s%s\n", commands[i].name, commands[i].doc);
	}
	for (size_t i = 0; i < N_TABLE; i++) {
		char head[80];
		if (table[i].group) {
			if (everything)
				fprintf(f, "\n%s\n", table[i].group);
			continue;
		}
		heading(head, sizeof head, &table[i]);
		if (everything) {
			fprintf(f, "  %s\n", head);
			wrapped(f, table[i].paragraph, 6, 79);
		} else if (table[i].commands & FILTER && table[i].line[0]) {
			fprintf(f, "  %-23s %s\n", head, table[i].line);
		}
	}
	if (!everything)
		fprintf(f, "All the options, with every detail: lofpipe --help\n");
}

void
options_mdoc(FILE *f)
{
	bool open = false;
	for (size_t i = 0; i < N_TABLE; i++) {
		const struct option *opt = &table[i];
		if (opt->group) {
			fprintf(f, "%s.Ss %s\n.Bl -tag -width Ds\n", open ? ".El\n" : "", opt->group);
			open = true;
			continue;
		}
		fprintf(f, ".It");
		if (opt->short_name)
			fprintf(f, " Fl %c%s", opt->short_name, opt->name ? " ," : "");
		if (opt->name)
			fprintf(f, " Fl \\-%s", opt->name);
		if (opt->arg)
			fprintf(f, " Ar %s", opt->arg);
		fprintf(f, "\n%s\n", opt->paragraph);
	}
	fprintf(f, ".El\n");
}
