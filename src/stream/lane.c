#include "stream/lane.h"

#include "base/err.h"

enum { WARNINGS_MAX = 20 };

void
lane_init(struct lane *l, struct enricher *e, const struct lane_options *o, struct sink *out, struct sink *reject)
{
	*l = (struct lane){ .enricher = e, .options = o, .out = out, .reject = reject };
	frame_init(&l->frame, o->shape, o->max_event);
}

void
lane_free(struct lane *l)
{
	frame_free(&l->frame);
	buf_free(&l->in);
}

void
lane_restart(struct lane *l, const char *name)
{
	frame_restart(&l->frame);
	l->name = name;
	l->in.n = l->used = 0;
	l->last = 0;
	l->cut_short = false;
}

// With --emit patch every line has an answer, though it be an empty one.
static void
answer(struct lane *l)
{
	if (l->enricher->engine->emit != EMIT_EVENT && !l->enricher->patched)
		sink_put(l->out, "{}", 2);
	if (l->enricher->engine->emit != EMIT_EVENT && l->frame.shape != SHAPE_LINES)
		sink_put(l->out, "\n", 1);
}

static void
pass(struct lane *l, struct lof_str bytes)
{
	if (l->enricher->engine->emit == EMIT_EVENT)
		sink_put(l->out, bytes.p, bytes.n);
}

// --- bad events -----------------------------------------------------------------------------------------------------

static void
warn(struct lane *l, uint32_t line, uint32_t col, const char *why)
{
	FILE *log = l->options->log;
	if (!log || ++l->warned > WARNINGS_MAX + 1)
		return;
	if (l->options->wipe)
		fputs("\r\033[K", log);
	if (l->warned > WARNINGS_MAX) {
		fprintf(log, "lofpipe: more bad events follow; they are counted\n");
		return;
	}
	struct lof_err e = { 0 };
	lof_err_at(&e, LOF_OK, l->name, line, col, why, LOF_LIT(""));
	lof_err_print(log, &e);
}

// One line of where and why, then the event's own bytes.
static void
reject(struct lane *l, struct lof_str bytes, uint32_t line, uint32_t col, const char *why)
{
	if (!l->reject)
		return;
	char head[512];
	int n = snprintf(head, sizeof head, "#lofpipe %s:%u:%u: %s\n", l->name, line, col, why);
	sink_put(l->reject, head, n < (int)sizeof head ? (size_t)n : sizeof head - 1);
	sink_put(l->reject, bytes.p, bytes.n);
	sink_put(l->reject, "\n", 1);
}

// A bad event: told, kept aside, and passed on or not. False when it ends the stream.
static bool
bad_event(struct lane *l, struct lof_str bytes, uint64_t first_line, size_t at, const char *why)
{
	uint32_t line, col;
	lof_line_col(bytes, at, &line, &col);
	line += (uint32_t)first_line - 1;
	warn(l, line, col, why);
	reject(l, bytes, line, col, why);
	if (l->options->on_bad == BAD_PASS && !l->cut_short) {
		pass(l, bytes);
		answer(l);
	}
	l->dropped = l->options->on_bad == BAD_DROP || l->cut_short;
	return l->options->on_bad != BAD_STOP;
}

// --- pieces ---------------------------------------------------------------------------------------------------------

static void
count_bad(struct lane *l, enum outcome o)
{
	l->enricher->count.events++;
	l->enricher->count.of[o]++;
}

// Which conditions of the site's notes are no longer asked.
static void
tell_troubles(struct lane *l)
{
	const struct when *w = &l->enricher->when;
	for (; l->troubles < w->n_troubles; l->troubles++) {
		const struct site_condition *c = &w->site->conditions[w->troubles[l->troubles]];
		if (l->options->log)
			fprintf(l->options->log, "lofpipe: %s: a pattern of the site's notes at %.*s takes too long on a value and is asked no more: %.*s\n",
			    l->name, (int)c->path.n, c->path.p, (int)c->pattern.n, c->pattern.p);
	}
}

static bool
take_event(struct lane *l, struct lof_str bytes, uint64_t line)
{
	struct enricher *e = l->enricher;
	enum outcome o = enrich_text(e, bytes.p, bytes.n, l->out);
	if (l->troubles < e->when.n_troubles)
		tell_troubles(l);
	if (o == OUT_BAD || o == OUT_CUT)
		return bad_event(l, bytes, line, e->bad_at, e->why);
	answer(l);
	return true;
}

static bool
take(struct lane *l, const struct piece *piece, uint64_t line)
{
	struct enricher *e = l->enricher;
	e->patched = false;
	l->dropped &= piece->kind == FRAME_BETWEEN;
	switch (piece->kind) {
	case FRAME_EVENT:
		return take_event(l, piece->bytes, line);
	case FRAME_WRECK:
		count_bad(l, OUT_BAD);
		return bad_event(l, piece->bytes, line, piece->bytes.n, "expected the value to go on");
	case FRAME_LONG:
		count_bad(l, OUT_TOO_LONG);
		warn(l, (uint32_t)line, 1, "event over --max-event, passed through as it is");
		pass(l, piece->bytes);
		answer(l);
		return true;
	case FRAME_BLANK:
		e->count.blank++;
		pass(l, piece->bytes);
		answer(l);
		return true;
	case FRAME_BETWEEN:
		if (l->dropped && l->frame.shape == SHAPE_LINES) // a line that is dropped takes its end along
			l->dropped = false;
		else if (e->engine->emit == EMIT_EVENT || (l->frame.shape == SHAPE_LINES && *piece->bytes.p == '\n'))
			sink_put(l->out, piece->bytes.p, piece->bytes.n);
		return true;
	default:
		pass(l, piece->bytes);
		return true;
	}
}

// --- bytes ----------------------------------------------------------------------------------------------------------

void
lane_room(struct lane *l, size_t want)
{
	if (l->used) {
		memmove(l->in.p, l->in.p + l->used, l->in.n - l->used);
		l->in.n -= l->used;
		l->used = 0;
	}
	if (l->in.cap - l->in.n < want / 4)
		buf_room(&l->in, want);
}

bool
lane_take(struct lane *l, bool end, bool *stopped)
{
	*stopped = false;
	for (;;) {
		uint64_t line = l->frame.line;
		struct piece piece = frame_next(&l->frame, l->in.p + l->used, l->in.n - l->used, end);
		if (piece.kind == FRAME_MORE)
			return true;
		l->used += piece.bytes.n;
		if (!take(l, &piece, line)) {
			*stopped = true;
			return false;
		}
		if (piece.bytes.n && !l->dropped)
			l->last = piece.bytes.p[piece.bytes.n - 1];
		if (l->out->error)
			return false;
	}
}
