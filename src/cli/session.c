#include "cli/cli.h"

#include "base/io.h"
#include "import/import.h"

#include <errno.h>
#include <unistd.h>

int
status_of(enum lof_rc rc)
{
	switch (rc / 100 * 100) {
	case 0:
		return STATUS_OK;
	case 100:
		return STATUS_IO;
	case 200:
		return STATUS_USAGE;
	default:
		return STATUS_REFUSED;
	}
}

int
fail(const struct lof_err *e)
{
	lof_err_print(stderr, e);
	if (e->rc == LOF_E_USAGE)
		fputs("try 'lofpipe -h'\n", stderr);
	return status_of(e->rc);
}

static void
print_mistake(void *arg, const struct lof_err *e)
{
	if (arg)
		lof_err_print(arg, e);
}

static enum lof_rc
open_rules(struct session *s, const struct options *o, FILE *tell, struct lof_err *e)
{
	const struct rules_options ro = {
		.dirs = o->rules.v, .n_dirs = o->rules.n,
		.paths = { [ROLE_TECHNIQUE] = o->technique.v, [ROLE_RULE_ID] = o->rule_id.v, [ROLE_RULE_NAME] = o->rule_name.v,
		    [ROLE_CONTEXT] = o->context.v },
		.n_paths = { [ROLE_TECHNIQUE] = o->technique.n, [ROLE_RULE_ID] = o->rule_id.n, [ROLE_RULE_NAME] = o->rule_name.n,
		    [ROLE_CONTEXT] = o->context.n },
	};
	return rules_load(&s->rules, &ro, print_mistake, tell, e);
}

// Packs given with --notes become an index of their own, which no file ever holds. Every mistake is printed.
static enum lof_rc
add_notes(struct session *s, const struct options *o, FILE *tell, struct lof_err *e)
{
	const struct import_opts io = { .site = true, .warn = print_mistake, .arg = tell };
	struct import_stats st = { 0 };
	struct lof_buf bytes = { 0 };
	struct index *ix;
	enum lof_rc rc = LOF_OK;
	if (o->n_sources == 0 || o->command->bit == INDEX)
		return LOF_OK;
	struct build *b = build_new();
	for (size_t i = 0; !rc && i < o->n_sources; i++) // --notes is the only source that other commands take
		rc = import_notes(o->sources[i].path, &io, b, &st, e);
	if (!rc && st.errors)
		rc = LOF_E_IMPORT;
	if (!rc)
		rc = build_finish(b, LOF_LIT("site"), &bytes, NULL, e);
	build_free(b);
	if (!rc)
		rc = index_load(&ix, buf_view(&bytes), "--notes", e);
	buf_free(&bytes);
	return rc ? rc : book_add(&s->book, ix, e);
}

bool
open_log(const struct options *o, FILE **log, struct lof_err *e)
{
	*log = NULL;
	if (!o->quiet && (o->log || o->verbose || isatty(STDERR_FILENO)))
		*log = o->log ? fopen(o->log, "ae") : stderr;
	if (!o->log || o->quiet || *log)
		return true;
	lof_err_sys(e, o->log, "cannot write the log");
	return false;
}

void
close_log(FILE *log)
{
	if (log && log != stderr)
		fclose(log);
}

bool
session_load(struct session *s, const struct options *o, unsigned need, FILE *tell)
{
	struct lof_err e = { 0 };
	bool told = false;
	s->rules = NULL;
	s->book = (struct book){ 0 };
	enum lof_rc rc = attack_load(&e);
	if (!rc && need & NEED_RULES) {
		rc = open_rules(s, o, tell, &e);
		told = rc == LOF_E_RULE; // every mistake has been
	}
	if (!rc && need & NEED_NOTES)
		rc = book_open(&s->book, o->no_default_index, o->indexes.v, o->indexes.n, &e);
	if (!rc && need & NEED_NOTES) {
		rc = add_notes(s, o, tell, &e);
		told = rc && !e.rc;
	}
	if (rc && !told)
		print_mistake(tell, &e);
	if (rc)
		session_drop(s);
	s->engine = (struct engine){ s->rules, &s->book, lof_cstr(o->key), o->want, o->max_bytes, o->style, o->emit };
	return !rc;
}

void
session_drop(struct session *s)
{
	rules_free(s->rules);
	book_free(&s->book);
	s->rules = NULL;
}

int
session_open(struct session *s, const struct options *o, unsigned need)
{
	struct lof_err e = { 0 };
	*s = (struct session){ 0 };
	if (!open_log(o, &s->log, &e))
		return fail(&e);
	if (!block_choose(o->simd)) {
		lof_err_set(&e, LOF_E_USAGE, "this processor has no", lof_cstr(o->simd == BLOCK_AVX2 ? "avx2" : "avx512"));
		return fail(&e);
	}
	if (!enrich_key_fits(lof_cstr(o->key))) {
		lof_err_set(&e, LOF_E_USAGE, "expected a key of 1 to 255 bytes of UTF-8, not", lof_cstr(o->key));
		return fail(&e);
	}
	if (!session_load(s, o, need, stderr)) {
		session_close(s);
		return STATUS_REFUSED; // whatever it was: nothing has been read
	}
	return STATUS_OK;
}

void
session_close(struct session *s)
{
	session_drop(s);
	close_log(s->log);
}

int
print_all(struct lof_buf *b)
{
	struct lof_err e = { 0 };
	size_t done;
	int status = STATUS_OK;
	if (io_write_all(STDOUT_FILENO, b->p, b->n, &done) != 0) {
		lof_err_sys(&e, "standard output", "writing failed");
		status = fail(&e);
	}
	buf_free(b);
	return status;
}
