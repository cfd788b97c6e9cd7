// lofpipe dump: every note of the indexes, as a note pack.
#include "cli/cli.h"

int
cmd_dump(const struct options *o)
{
	struct session s;
	struct lof_buf out = { 0 };
	struct lof_err e = { 0 };
	if (o->n_operands) {
		lof_err_set(&e, LOF_E_USAGE, "expected no operand; indexes are given with --index, not", lof_cstr(o->operands[0]));
		return fail(&e);
	}
	int status = session_open(&s, o, NEED_NOTES);
	if (status)
		return status;
	for (size_t i = 0; i < s.book.n; i++)
		index_dump(s.book.ix[i], &out);
	session_close(&s);
	return print_all(&out);
}
