#include "stream/chores.h"

#include "stream/signals.h"

#include <time.h>

double
chores_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double
chores_seconds(const struct chores *c)
{
	return chores_clock() - c->started;
}

void
chores_init(struct chores *c, struct enricher *e, const struct reload *r, FILE *log)
{
	*c = (struct chores){ .enricher = e, .reload = *r, .log = log, .started = chores_clock() };
}

bool
chores_due(const struct chores *c)
{
	(void)c;
	return signals_usr1 || signals_hup;
}

// The counters, where they were asked for or else where a person looks.
static void
tell_counters(struct chores *c)
{
	struct lof_buf b = { 0 };
	FILE *f = c->log ? c->log : stderr;
	count_line(&c->enricher->count, chores_seconds(c), &b);
	fprintf(f, "lofpipe: %.*s\n", (int)b.n, b.p);
	fflush(f);
	buf_free(&b);
}

static void
reload(struct chores *c)
{
	struct counters *n = &c->enricher->count;
	if (!c->reload.run)
		return;
	double begun = chores_clock();
	bool taken = c->reload.run(c->reload.arg, c->enricher);
	n->reloads += taken;
	n->reloads_failed += !taken;
	if (!c->log)
		return;
	if (taken)
		fprintf(c->log, "lofpipe: loaded anew in %.0f ms: notes %s\n", (chores_clock() - begun) * 1e3,
		    c->enricher->engine->book->version);
	else
		fprintf(c->log, "lofpipe: not loaded anew: going on with what was loaded before\n");
	fflush(c->log);
}

void
chores_do(struct chores *c)
{
	if (signals_usr1) {
		signals_usr1 = 0;
		tell_counters(c);
	}
	if (signals_hup) {
		signals_hup = 0; // before loading: what changes meanwhile is worth another signal
		reload(c);
	}
}
