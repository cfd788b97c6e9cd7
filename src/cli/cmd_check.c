// lofpipe check: load rules and indexes as the filter would, and say what is wrong and where.
#include "cli/cli.h"

#include <time.h>

// The site's own notes, and by name those whose time is over.
static void
tell_site(const struct book *b)
{
	uint32_t now = (uint32_t)time(NULL);
	printf("%zu of the notes are the site's own, with %zu conditions\n", b->site.n, b->site.n_conditions);
	for (size_t i = 0; i < b->site.n; i++) {
		struct lof_str id = book_note(b, b->site.notes[i].note).id;
		if (b->site.notes[i].expires && b->site.notes[i].expires <= now)
			printf("note %.*s has expired\n", (int)id.n, id.p);
	}
}

int
cmd_check(const struct options *o)
{
	struct session s;
	struct lof_err e = { 0 };
	if (o->n_operands) {
		lof_err_set(&e, LOF_E_USAGE, "expected no operand; use --rules DIR and --index FILE, not", lof_cstr(o->operands[0]));
		return fail(&e);
	}
	int status = session_open(&s, o, NEED_RULES | NEED_NOTES);
	if (status)
		return status;
	if (!o->quiet) {
		printf("%zu format rules, %zu paths, %zu patterns: good\n", s.rules->n_formats, paths_count(s.rules->typed) - 2,
		    s.rules->n_patterns);
		for (size_t i = 0; i < s.book.n; i++) {
			struct lof_str v = index_version(s.book.ix[i]);
			printf("index %.*s: %zu notes, %zu words, %zu rule and tag keys: good\n", (int)v.n, v.p, index_count(s.book.ix[i]),
			    index_word_count(s.book.ix[i]), index_key_count(s.book.ix[i]));
		}
	}
	if (!o->quiet && s.book.site.n)
		tell_site(&s.book);
	session_close(&s);
	return STATUS_OK;
}
