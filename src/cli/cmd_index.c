// lofpipe index -o OUT SOURCES: note sources to one index file.
#include "cli/cli.h"

#include "base/io.h"
#include "import/import.h"

#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	import_fn *import;
} kinds[] = {
	{ "sigma", import_sigma }, { "elastic", import_elastic }, { "splunk", import_splunk }, { "lofp", import_lofp },
	{ "notes", import_notes }, { "attack", import_attack },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

// An index in the making, and what is told of it.
struct making {
	const struct options *o;
	FILE *log;  // NULL: silent
	FILE *warn; // NULL: bad entries are not told
	bool terminal;
	size_t shown; // files told on the progress line
	struct build *build;
	struct import_stats stats[KINDS];
	double seconds[KINDS];
	struct build_stats made;
	size_t bytes;
};

// --- what is told ----------------------------------------------------------------------------------------------------

static void
clear_line(struct making *m)
{
	if (m->terminal && m->shown)
		fputs("\r\033[K", stderr);
}

static void
print_bad(void *arg, const struct lof_err *e)
{
	struct making *m = arg;
	clear_line(m);
	if (m->warn)
		lof_err_print(m->warn, e);
}

static void
print_progress(void *arg, const char *file)
{
	struct making *m = arg;
	size_t n = strlen(file);
	if (m->terminal && m->shown++ % 64 == 0)
		fprintf(stderr, "\r\033[K%zu files, %s%s", m->shown, n > 60 ? "..." : "", n > 60 ? file + n - 60 : file);
}

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print_row(FILE *f, const char *name, const struct import_stats *s, double seconds)
{
	fprintf(f, "%-8s %7zu %7zu %7zu %8zu %8zu %7.2f s\n", name, s->files, s->rules, s->notes, s->placeholders,
	    s->errors + s->unlicensed, seconds);
}

static void
print_summary(const struct making *m)
{
	struct import_stats all = { 0 };
	double seconds = 0;
	fprintf(m->log, "source     files   rules   notes say none left out      time\n");
	for (size_t i = 0; i < KINDS; i++) {
		const struct import_stats *s = &m->stats[i];
		if (s->files + s->errors == 0)
			continue;
		print_row(m->log, kinds[i].name, s, m->seconds[i]);
		all = (struct import_stats){ all.files + s->files, all.rules + s->rules, all.notes + s->notes,
			all.placeholders + s->placeholders, all.errors + s->errors, all.unlicensed + s->unlicensed };
		seconds += m->seconds[i];
	}
	print_row(m->log, "all", &all, seconds);
	if (all.unlicensed)
		fprintf(m->log, "%zu entries left out for their license\n", all.unlicensed);
	fprintf(m->log, "%s: %zu notes (and %zu placeholders) of %zu rules for %zu techniques, %zu words, %zu bytes\n", m->o->output,
	    m->made.notes - m->made.placeholders, m->made.placeholders, m->made.rules, m->made.techniques, m->made.words, m->bytes);
}

// --- making it -------------------------------------------------------------------------------------------------------

static enum lof_rc
import_one(struct making *m, const char *kind, const char *path, struct lof_err *e)
{
	const struct options *o = m->o;
	const struct import_opts io = { .strict = o->strict, .warn = print_bad, .progress = print_progress, .arg = m,
		.licenses = o->licenses.v, .n_licenses = o->licenses.n };
	size_t k = 0;
	while (strcmp(kinds[k].name, kind) != 0)
		k++; // the table of options has no other kinds
	double from = now();
	enum lof_rc rc = kinds[k].import(path, &io, m->build, &m->stats[k], e);
	m->seconds[k] += now() - from;
	return rc;
}

static enum lof_rc
make(struct making *m, struct lof_err *e)
{
	const struct options *o = m->o;
	struct lof_buf bytes = { 0 };
	enum lof_rc rc = LOF_OK;
	m->build = build_new();
	for (size_t i = 0; !rc && i < o->n_sources; i++)
		rc = import_one(m, o->sources[i].kind, o->sources[i].path, e);
	clear_line(m);
	if (!rc)
		rc = build_finish(m->build, o->label ? lof_cstr(o->label) : LOF_LIT(""), &bytes, &m->made, e);
	if (!rc)
		rc = io_replace(o->output, buf_view(&bytes), e);
	m->bytes = bytes.n;
	buf_free(&bytes);
	build_free(m->build);
	return rc;
}

int
cmd_index(const struct options *o)
{
	struct lof_err e = { 0 };
	struct making m = { .o = o };
	if (!o->output)
		lof_err_set(&e, LOF_E_USAGE, "expected -o OUT: where the index goes", LOF_LIT(""));
	else if (o->n_operands)
		lof_err_set(&e, LOF_E_USAGE, "expected sources as options (--sigma, --notes ...), not", lof_cstr(o->operands[0]));
	else if (o->n_sources == 0)
		lof_err_set(&e, LOF_E_USAGE, "expected at least one source: --sigma PATH, --notes FILE ...", LOF_LIT(""));
	else if (open_log(o, &m.log, &e) && !attack_load(&e)) {
		// Unlike a stream's bad events these are told without a terminal too: the index will lack them from now on.
		m.warn = o->quiet ? NULL : m.log ? m.log : stderr;
		m.terminal = !o->quiet && !o->log && isatty(STDERR_FILENO);
		make(&m, &e);
	}
	if (!e.rc && m.log)
		print_summary(&m);
	close_log(m.log);
	if (e.rc) {
		int status = fail(&e);
		return e.rc == LOF_E_IMPORT ? STATUS_BAD : status;
	}
	return STATUS_OK;
}
