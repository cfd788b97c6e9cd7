// lofpipe index -o OUT SOURCES: note sources to one index file.
#include "cli/cli.h"

#include "base/io.h"
#include "import/import.h"

#include <unistd.h>

static void
print_bad(void *arg, const struct lof_err *e)
{
	(void)arg;
	lof_err_print(stderr, e);
}

static enum lof_rc
import_all(const struct options *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	const struct import_opts io = { .strict = o->strict, .warn = print_bad };
	enum lof_rc rc = LOF_OK;
	for (size_t i = 0; !rc && i < o->n_sources; i++)
		rc = strcmp(o->sources[i].kind, "lofp") == 0 ? import_lofp(o->sources[i].path, &io, b, st, e)
							     : import_notes(o->sources[i].path, &io, b, st, e);
	return rc;
}

static enum lof_rc
make(const struct options *o, struct import_stats *in, struct build_stats *out, struct lof_err *e)
{
	struct build *b = build_new();
	struct lof_buf bytes = { 0 };
	enum lof_rc rc = import_all(o, b, in, e);
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
	if (!o->output)
		lof_err_set(&e, LOF_E_USAGE, "expected -o OUT: where the index goes", LOF_LIT(""));
	else if (o->n_operands)
		lof_err_set(&e, LOF_E_USAGE, "expected sources as options (--lofp, --notes), not", lof_cstr(o->operands[0]));
	else if (o->n_sources == 0)
		lof_err_set(&e, LOF_E_USAGE, "expected at least one source: --lofp PATH or --notes FILE", LOF_LIT(""));
	else if (!attack_load(&e))
		make(o, &in, &out, &e);
	if (e.rc) {
		int status = fail(&e);
		return e.rc == LOF_E_IMPORT ? STATUS_BAD : status;
	}
	if (!o->quiet)
		fprintf(stderr, "%zu notes (and %zu placeholders) for %zu techniques and %zu rules, from %zu entries in %zu files; "
		    "%zu entries left out\n", out.notes - out.placeholders, out.placeholders, out.techniques, out.rules, in.notes, in.files,
		    in.errors);
	return STATUS_OK;
}
