#include "stream/chores.h"

#include "base/io.h"
#include "stream/metrics.h"
#include "stream/signals.h"

#include <math.h>
#include <time.h>

// The files are looked at once a second. What has changed is taken when it is still the same a moment later: until then
// somebody may be writing it.
static const double look_every = 1, settle = 0.2, metrics_every = 5;

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
chores_init(struct chores *c, struct enricher *e, const struct reload *r, const char *metrics, FILE *log)
{
	*c = (struct chores){ .enricher = e, .reload = *r, .metrics = metrics, .log = log, .started = chores_clock(),
		.since = (uint64_t)time(NULL) };
	c->tried = c->seen = r->loaded;
	c->next_look = r->look ? c->started : INFINITY;
	c->next_metrics = metrics ? c->started : INFINITY;
}

static double
next(const struct chores *c)
{
	return c->next_look < c->next_metrics ? c->next_look : c->next_metrics;
}

bool
chores_due(const struct chores *c)
{
	return signals_usr1 || signals_hup || (next(c) < INFINITY && next(c) <= chores_clock());
}

int
chores_wait_ms(const struct chores *c)
{
	if (next(c) == INFINITY)
		return -1;
	double left = next(c) - chores_clock();
	return left > 0 ? (int)(left * 1e3) + 1 : 0;
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

void
chores_stats(const struct chores *c, struct lof_buf *out)
{
	buf_char(out, '{');
	count_json(&c->enricher->count, chores_seconds(c), out);
	if (c->enricher->tally)
		tally_json(c->enricher->tally, out);
	buf_lit(out, "}\n");
}

static void
reload(struct chores *c)
{
	struct counters *n = &c->enricher->count;
	if (!c->reload.run)
		return;
	if (c->reload.look) // before loading: what changes meanwhile is seen at the next look
		c->tried = c->seen = c->reload.look(c->reload.arg);
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

static void
look(struct chores *c)
{
	uint64_t now = c->reload.look(c->reload.arg);
	bool changed = now != c->tried, settled = now == c->seen;
	c->seen = now;
	if (changed && settled)
		reload(c);
	c->next_look = chores_clock() + (changed && !settled ? settle : look_every);
}

// What cannot be written is told once, until it can be written again, and is nobody's end.
static void
refresh(struct chores *c)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };
	metrics_text(c->enricher, c->metrics, c->since, &b);
	bool failed = io_refresh(c->metrics, buf_view(&b), &e) != LOF_OK;
	if (failed && !c->metrics_told && c->log) {
		lof_err_print(c->log, &e);
		fflush(c->log);
	}
	c->metrics_told = failed;
	c->enricher->count.metrics_failed += failed;
	c->next_metrics = chores_clock() + metrics_every;
	buf_free(&b);
}

void
chores_do(struct chores *c)
{
	bool asked = signals_usr1 || signals_hup;
	if (signals_usr1) {
		signals_usr1 = 0;
		tell_counters(c);
	}
	if (signals_hup) {
		signals_hup = 0; // before loading: what changes meanwhile is worth another signal
		reload(c);
	}
	if (c->next_look <= chores_clock())
		look(c);
	if (c->metrics && (asked || c->next_metrics <= chores_clock()))
		refresh(c);
}

void
chores_end(struct chores *c)
{
	if (c->metrics)
		refresh(c);
}
