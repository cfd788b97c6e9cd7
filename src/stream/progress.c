#include "stream/progress.h"

#include "base/err.h"

enum { CELLS = 20, WIDTH = 80 };
static const double every = 0.2; // seconds

static int
put_left(char *to, size_t room, double seconds)
{
	unsigned long s = (unsigned long)(seconds + 0.5);
	if (s >= 3600)
		return snprintf(to, room, ", %lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
	return snprintf(to, room, ", %lu:%02lu left", s / 60, s % 60);
}

void
progress_show(struct progress *g, const char *name, uint64_t taken, double now)
{
	static const char full[] = "====================", none[] = "                    ";
	char line[128], shown[256];
	if (!g->to || now - g->shown < every)
		return;
	g->shown = now;
	double done = (double)(g->done + taken), all = (double)g->all, passed = now - g->begun;
	double part = done < all ? done / all : 1, rate = passed > 0 ? done / passed : 0;
	int n = 0, cells = (int)(part * CELLS);
	if (g->all)
		n = snprintf(line, sizeof line, "[%.*s%.*s] %3.0f %%, %.0f of %.0f MB", cells, full, CELLS - cells, none, 100 * part,
		    done / 1e6, all / 1e6);
	else
		n = snprintf(line, sizeof line, "%.0f MB", done / 1e6);
	n += snprintf(line + n, sizeof line - (size_t)n, ", %.0f MB/s", rate / 1e6);
	if (g->all && rate > 0)
		n += put_left(line + n, sizeof line - (size_t)n, done < all ? (all - done) / rate : 0);
	// A line that is wrapped would not be written over.
	size_t width = g->width ? g->width : WIDTH, used = (size_t)n + 3, room = width > used ? width - used : 0;
	lof_shown(shown, room < sizeof shown ? room + 1 : sizeof shown, lof_cstr(name));
	fprintf(g->to, "\r\033[K%s%s%s", line, shown[0] ? ": " : "", shown);
	fflush(g->to);
}

void
progress_clear(struct progress *g)
{
	if (g->to && g->shown > 0)
		fputs("\r\033[K", g->to);
}
