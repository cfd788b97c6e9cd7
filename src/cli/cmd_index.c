// lofpipe index -o OUT SOURCES: note sources to one index file.
#include "cli/cli.h"

#include "base/io.h"
#include "import/import.h"

#include <unistd.h>

static void
print_bad(void *arg, const struct lof_err *e)
{
	lof_err_print(arg, e);
}

static enum lof_rc
import_all(const struct options *o, FILE *log, struct build *b, struct import_stats *st, struct lof_err *e)
{
	// Unlike a stream's bad events these are told without a terminal too: the index will lack them from now on.
	const struct import_opts io = { .strict = o->strict, .warn = o->quiet ? NULL : print_bad, .arg = log ? log : stderr };
	enum lof_rc rc = LOF_OK;
	for (size_t i = 0; !rc && i < o->n_sources; i++)
		rc = strcmp(o->sources[i].kind, "lofp") == 0 ? import_lofp(o->sources[i].path, &io, b, st, e)
							     : import_notes(o->sources[i].path, &io, b, st, e);
	return rc;
}

static enum lof_rc
make(const struct options *o, FILE *log, struct import_stats *in, struct build_stats *out, struct lof_err *e)
{
	struct build *b = build_new();
	struct lof_buf bytes = { 0 };
	enum lof_rc rc = import_all(o, log, b, in, e);
	if (!rc)
		rc = build_finish(b, o->label ? lof_cstr(o->label) : LOF_LIT(""), &bytes, out, e);
	if (!rc)
		rc = io_replace(o->output, buf_view(&bytes), e);
	buf_free(&bytes);
	build_free(b);
	return rc;
}

int
cmd_index(const struct options *o)
{
	struct lof_err e = { 0 };
	struct import_stats in = { 0 };
	struct build_stats out = { 0 };
	FILE *log = NULL;
	if (!o->output)
		lof_err_set(&e, LOF_E_USAGE, "expected -o OUT: where the index goes", LOF_LIT(""));
	else if (o->n_operands)
		lof_err_set(&e, LOF_E_USAGE, "expected sources as options (--lofp, --notes), not", lof_cstr(o->operands[0]));
	else if (o->n_sources == 0)
		lof_err_set(&e, LOF_E_USAGE, "expected at least one source: --lofp PATH or --notes FILE", LOF_LIT(""));
	else if (open_log(o, &log, &e) && !attack_load(&e))
		make(o, log, &in, &out, &e);
	if (!e.rc && log)
		fprintf(log, "%zu notes (and %zu placeholders) for %zu techniques and %zu rules, from %zu entries in %zu files; "
		    "%zu entries left out\n", out.notes - out.placeholders, out.placeholders, out.techniques, out.rules, in.notes, in.files,
		    in.errors);
	close_log(log);
	if (e.rc) {
		int status = fail(&e);
		return e.rc == LOF_E_IMPORT ? STATUS_BAD : status;
	}
	return STATUS_OK;
}
