#include "stream/lane.h"

#include "base/err.h"
#include "stream/packet.h"

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
	const struct engine *en = l->enricher->engine;
	frame_restart(&l->frame);
	l->opener = (struct opener){ enrich_opens, l->enricher, en->key };
	l->frame.opener = en->emit == EMIT_EVENT ? &l->opener : NULL; // a line has one patch, and it is for all of it
	l->name = name;
	l->in.n = l->used = 0;
	l->last = 0;
	l->cut_short = false;
	l->broken = NULL;
}

// What stands around each event: its end behind it, its length before it.
static bool
has_end(const struct lane *l)
{
	enum frame_shape s = l->frame.shape;
	return s == SHAPE_LINES || s == SHAPE_NUL || s == SHAPE_NETSTRING;
}

static bool
has_head(const struct lane *l)
{
	return l->frame.shape >= SHAPE_LENGTH;
}

// What is put out for one event, from here to end_answer, has its length before it, and that is known at its end: room is
// left for it, of a netstring as much as the last one took.
// Not inlined, these two: what has no lengths need not make room for them on its stack.
__attribute__((noinline)) static size_t
begin_head(struct lane *l)
{
	char room[PACKET_HEAD_MOST] = "";
	size_t at = sink_hold(l->out);
	l->head = l->head ? l->head : packet_head(l->frame.shape, l->frame.length, room);
	sink_put(l->out, room, l->head);
	return at;
}

__attribute__((noinline)) static void
end_head(struct lane *l, size_t at)
{
	char head[PACKET_HEAD_MOST];
	struct lof_buf *b = &l->out->buf;
	size_t body = b->n - at - l->head, n = packet_head(l->frame.shape, body, head);
	if (n > l->head)
		buf_room(b, n - l->head);
	if (n && n != l->head)
		memmove(b->p + at + n, b->p + at + l->head, body);
	memcpy(b->p + at, head, n);
	b->n = n ? at + n + body : at;
	if (!n)
		l->frame.broken = "the answer is over 4 GiB";
	l->head = n;
	sink_release(l->out);
}

static size_t
begin_answer(struct lane *l)
{
	return has_head(l) ? begin_head(l) : 0;
}

static void
end_answer(struct lane *l, size_t at)
{
	if (has_head(l))
		end_head(l, at);
}

// There is to be none.
static void
drop_answer(struct lane *l, size_t at)
{
	if (!has_head(l))
		return;
	l->out->buf.n = at;
	sink_release(l->out);
}

// With --emit patch every line has an answer, though it be an empty one.
static void
answer(struct lane *l)
{
	if (l->enricher->engine->emit != EMIT_EVENT && !l->enricher->patched)
		sink_put(l->out, "{}", 2);
	if (l->enricher->engine->emit != EMIT_EVENT && !has_end(l) && !has_head(l))
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

// Of a place in the first line of the piece in hand.
static uint32_t
column(const struct lane *l, uint32_t col)
{
	return l->column < UINT32_MAX - col ? col + (uint32_t)l->column : UINT32_MAX;
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
	sink_put(l->reject, "\n", bytes.n > 0); // of an envelope that was opened there may be nothing in hand
}

// A bad event: told, kept aside, and passed on or not. False when it ends the stream. Inside of an envelope that was
// opened it always goes out: its beginning has.
static bool
bad_event(struct lane *l, const struct piece *piece, uint64_t first_line, size_t at, const char *why)
{
	uint32_t line, col;
	lof_line_col(piece->bytes, at, &line, &col);
	if (l->frame.shape >= SHAPE_NUL) { // the event's number, and the byte in it
		line = 1;
		col = (uint32_t)at + 1;
	}
	if (line == 1)
		col = column(l, col);
	line += (uint32_t)first_line - 1;
	warn(l, line, col, why);
	reject(l, piece->bytes, line, col, why);
	// A host that gets answers waits for one to what was dropped too.
	bool answered = l->options->on_bad == BAD_PASS || (l->options->on_bad == BAD_DROP && l->enricher->engine->emit != EMIT_EVENT);
	if (piece->inside || (answered && !l->cut_short)) {
		size_t from = begin_answer(l);
		pass(l, piece->bytes);
		answer(l);
		end_answer(l, from);
	}
	l->dropped = !piece->inside && ((l->options->on_bad == BAD_DROP && !answered) || l->cut_short);
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
	struct when *w = &l->enricher->when;
	for (; w->n_told < w->n_troubles; w->n_told++) {
		const struct site_condition *c = &w->site->conditions[w->troubles[w->n_told]];
		if (l->options->log)
			fprintf(l->options->log, "lofpipe: %s: a pattern of the site's notes at %.*s takes too long on a value and is asked no more: %.*s\n",
			    l->name, (int)c->path.n, c->path.p, (int)c->pattern.n, c->pattern.p);
	}
}

// How long the mark is that syslog senders put before JSON, with the blanks around it: a message of rsyslog keeps it.
static size_t
cookie(struct lof_str b)
{
	static const char mark[] = "@cee:";
	size_t at = 0;
	while (at < b.n && b.p[at] == ' ')
		at++;
	return b.n - at >= sizeof mark && memcmp(b.p + at, mark, sizeof mark - 1) == 0 ? at + sizeof mark - 1 : 0;
}

// What of a line is before its event.
static size_t
lead(const struct lane *l, struct lof_str b)
{
	struct lof_str until = l->options->prefix_until;
	if (l->enricher->engine->emit == EMIT_RSYSLOG && !until.n)
		return cookie(b);
	const char *end = until.n ? memmem(b.p, b.n, until.p, until.n) : NULL;
	return end ? (size_t)(end - b.p) + until.n : 0;
}

static bool
take_event(struct lane *l, const struct piece *piece, uint64_t line)
{
	struct enricher *e = l->enricher;
	size_t from = begin_answer(l);
	size_t skip = piece->inside ? 0 : lead(l, piece->bytes);
	e->lead = LOF_STR(piece->bytes.p, skip);
	e->around = piece->inside;
	e->lines_end = l->frame.shape == SHAPE_LINES && !piece->inside && !skip ? l->in.p + l->in.n : NULL;
	enum outcome o = enrich_text(e, piece->bytes.p + skip, piece->bytes.n - skip, l->out);
	e->lead.n = 0;
	if (e->when.n_told < e->when.n_troubles)
		tell_troubles(l);
	if (o == OUT_BAD || o == OUT_CUT) {
		drop_answer(l, from);
		return bad_event(l, piece, line, skip + e->bad_at, e->why);
	}
	answer(l);
	end_answer(l, from);
	return true;
}

// The first part of an event over the limit: what it is as a whole is told by its length, if that stands before it.
static void
take_long(struct lane *l, struct lof_str bytes, uint64_t line)
{
	char head[PACKET_HEAD_MOST];
	count_bad(l, OUT_TOO_LONG);
	warn(l, (uint32_t)line, column(l, 1), "event over --max-event, passed through as it is");
	if (l->enricher->engine->emit == EMIT_EVENT && has_head(l)) {
		sink_put(l->out, head, packet_head(l->frame.shape, l->frame.length, head));
		pass(l, bytes);
		return;
	}
	size_t from = begin_answer(l);
	pass(l, bytes);
	answer(l);
	end_answer(l, from);
}

// Lengths that are none. An event of which only a part came is not put out, for its length would make it a whole one.
static void
take_broken(struct lane *l, struct lof_str bytes, uint64_t line)
{
	if (l->frame.part == PACKET_BODY && !l->frame.skipping) {
		count_bad(l, OUT_CUT);
		reject(l, bytes, (uint32_t)line, (uint32_t)bytes.n + 1, l->frame.broken);
	}
	l->broken = l->cut_short ? NULL : l->frame.broken;
}

static bool
take(struct lane *l, const struct piece *piece, uint64_t line)
{
	struct enricher *e = l->enricher;
	size_t from;
	e->patched = false;
	l->dropped &= piece->kind == FRAME_BETWEEN;
	switch (piece->kind) {
	case FRAME_EVENT:
		return take_event(l, piece, line);
	case FRAME_WRECK:
		count_bad(l, OUT_BAD);
		return bad_event(l, piece, line, piece->bytes.n, piece->inside ? l->frame.open.why : "expected the value to go on");
	case FRAME_LONG:
		take_long(l, piece->bytes, line);
		return true;
	case FRAME_BLANK:
		e->count.blank++;
		from = begin_answer(l);
		pass(l, piece->bytes);
		answer(l);
		end_answer(l, from);
		return true;
	case FRAME_HEAD: // that of the answer is another
	case FRAME_GONE:
		return true;
	case FRAME_BETWEEN:
		if (l->dropped && has_end(l)) // a line that is dropped takes its end along
			l->dropped = false;
		else if (e->engine->emit == EMIT_EVENT || (has_end(l) && *piece->bytes.p == l->frame.delimiter))
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
	enrich_moved(l->enricher);
	if (l->used) {
		memmove(l->in.p, l->in.p + l->used, l->in.n - l->used);
		l->in.n -= l->used;
		l->used = 0;
	}
	if (l->in.cap - l->in.n < (want + 3) / 4)
		buf_room(&l->in, want);
}

// What frame_next and take make of the end of a line behind an event, in short: there are as many as events.
static inline void
end_line(struct lane *l)
{
	if (!l->frame.line_end || l->used == l->in.n || l->dropped || l->enricher->engine->emit != EMIT_EVENT)
		return;
	frame_end_line(&l->frame);
	l->last = l->in.p[l->used++];
	sink_put(l->out, &l->last, 1);
}

bool
lane_take(struct lane *l, bool end, bool *stopped)
{
	*stopped = false;
	while (!l->full || l->out->buf.n < l->full) {
		uint64_t line = l->frame.line;
		l->column = l->frame.column;
		struct piece piece = frame_next(&l->frame, l->in.p + l->used, l->in.n - l->used, end);
		if (piece.kind == FRAME_MORE)
			return true;
		if (piece.kind == FRAME_BROKEN) {
			take_broken(l, piece.bytes, line);
			return false;
		}
		l->used += piece.bytes.n;
		if (!take(l, &piece, line)) {
			*stopped = true;
			return false;
		}
		if (piece.bytes.n && !l->dropped)
			l->last = piece.bytes.p[piece.bytes.n - 1];
		if (piece.kind == FRAME_EVENT)
			end_line(l);
		if (l->out->error)
			return false;
	}
	return true;
}
