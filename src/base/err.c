#include "base/err.h"

#include <errno.h>
#include <stdlib.h>

// What goes to a terminal later must not steer it: the C1 controls that UTF-8 writes as C2 80 .. C2 9F neither. A character
// cut in half at the end is dropped.
void
lof_shown(char *to, size_t size, struct lof_str from)
{
	size_t n = from.n < size ? from.n : size - 1;

	if (n < from.n)
		while (n && ((unsigned char)from.p[n] & 0xc0) == 0x80)
			n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)from.p[i];
		bool c1 = i && (unsigned char)from.p[i - 1] == 0xc2 && c >= 0x80 && c < 0xa0;

		to[i] = from.p[i];
		if (c < 0x20 || c == 0x7f || c1)
			to[i] = '?';
		if (c1)
			to[i - 1] = '?';
	}
	to[n] = '\0';
}

static enum lof_rc
fill(struct lof_err *e, enum lof_rc rc, struct lof_str file, const char *what, struct lof_str arg)
{
	e->rc = rc;
	e->sys = 0;
	e->line = e->col = 0;
	e->at_offset = false;
	e->what = what;
	e->hint = NULL;
	lof_shown(e->file, sizeof(e->file), file);
	lof_shown(e->arg, sizeof(e->arg), arg);
	return rc;
}

enum lof_rc
lof_err_set(struct lof_err *e, enum lof_rc rc, const char *what, struct lof_str arg)
{
	return lof_err_at(e, rc, NULL, 0, 0, what, arg);
}

enum lof_rc
lof_err_at(struct lof_err *e, enum lof_rc rc, const char *file, uint32_t line, uint32_t col, const char *what,
    struct lof_str arg)
{
	if (!e)
		return rc;
	if (e->rc)
		return e->rc;
	fill(e, rc, lof_cstr(file), what, arg);
	e->line = line;
	e->col = line ? col : 0;
	return rc;
}

enum lof_rc
lof_err_offset(struct lof_err *e, enum lof_rc rc, const char *file, uint64_t offset, const char *what, struct lof_str arg)
{
	if (!e)
		return rc;
	if (e->rc)
		return e->rc;
	fill(e, rc, lof_cstr(file), what, arg);
	e->at_offset = true;
	e->offset = offset;
	return rc;
}

enum lof_rc
lof_err_sys(struct lof_err *e, const char *file, const char *what)
{
	int sys = errno;

	if (!e)
		return LOF_E_IO;
	if (e->rc)
		return e->rc;
	fill(e, LOF_E_IO, lof_cstr(file), what, LOF_STR(NULL, 0));
	e->sys = sys;
	return LOF_E_IO;
}

void
lof_err_print(FILE *f, const struct lof_err *e)
{
	char place[48] = "";

	// In one call, so that two processes on one stderr do not mix their lines.
	if (e->line && e->col)
		snprintf(place, sizeof(place), "%s%u:%u: ", e->file[0] ? "" : "line ", (unsigned)e->line, (unsigned)e->col);
	else if (e->line)
		snprintf(place, sizeof(place), "%s%u: ", e->file[0] ? "" : "line ", (unsigned)e->line);
	else if (e->at_offset)
		snprintf(place, sizeof(place), "%soffset %llu: ", e->file[0] ? " " : "", (unsigned long long)e->offset);
	fprintf(f, "lofpipe: %s%s%s%s%s%s%s%s%s%s%s%s\n", e->file, e->file[0] ? (place[0] ? ":" : ": ") : "", place,
	    e->what ? e->what : "failed", e->arg[0] ? " \"" : "", e->arg, e->arg[0] ? "\"" : "",
	    e->hint ? " (did you mean \"" : "", e->hint ? e->hint : "", e->hint ? "\"?)" : "", e->sys ? ": " : "",
	    e->sys ? strerror(e->sys) : "");
}

void
lof_line_col(struct lof_str text, size_t off, uint32_t *line, uint32_t *col)
{
	size_t lines = 1, start = 0, end = off < text.n ? off : text.n;

	for (size_t i = 0; i < end; i++)
		if (text.p[i] == '\n') {
			lines++;
			start = i + 1;
		}
	*line = lines < UINT32_MAX ? (uint32_t)lines : UINT32_MAX;
	*col = end - start < UINT32_MAX ? (uint32_t)(end - start) + 1 : UINT32_MAX;
}

void
lof_no_memory(void)
{
	fputs("lofpipe: out of memory\n", stderr);
	exit(3);
}
