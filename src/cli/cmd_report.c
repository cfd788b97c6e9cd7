// lofpipe report --coverage: what of ATT&CK the notes cover, for people.
#include "cli/cli.h"

#include "report/coverage.h"

int
cmd_report(const struct options *o)
{
	struct session s;
	struct lof_buf out = { 0 };
	struct lof_err e = { 0 };
	if (!o->coverage)
		lof_err_set(&e, LOF_E_USAGE, "expected --coverage", LOF_LIT(""));
	else if (o->n_operands)
		lof_err_set(&e, LOF_E_USAGE, "expected no operand, not", lof_cstr(o->operands[0]));
	if (e.rc)
		return fail(&e);
	int status = session_open(&s, o, NEED_NOTES);
	if (status)
		return status;
	coverage_print(&s.book, &out);
	session_close(&s);
	return print_all(&out);
}
