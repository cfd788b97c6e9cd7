#include "import/import.h"

enum lof_rc
import_bad(const struct import_opts *o, struct import_stats *st, const struct lof_err *bad, struct lof_err *e)
{
	st->errors++;
	if (!o->strict && bad->rc != LOF_E_IO) { // a machine that fails is no bad entry
		if (o->warn)
			o->warn(o->arg, bad);
		return LOF_OK;
	}
	if (e && e->rc == LOF_OK)
		*e = *bad;
	return bad->rc;
}

int
import_line(struct lof_str *rest, struct lof_str *line, uint32_t *no)
{
	// A byte order mark is no part of the first line.
	if (*no == 0 && rest->n >= 3 && memcmp(rest->p, "\xef\xbb\xbf", 3) == 0)
		*rest = LOF_STR(rest->p + 3, rest->n - 3);
	if (!lof_str_cut(rest, '\n', line))
		return 0;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	++*no;
	return 1;
}

const char *
import_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}
