#include "stream/frame.h"

#include "stream/packet.h"

// How many lines a value may take before it is believed that it is one: until then each line end asks whether what is
// there can still become one, so that a first line that was cut short does not swallow the stream.
enum { DOUBT_LINES = 8, BRACKET_BLANKS = 64, RECORD_SEPARATOR = 0x1e };

void
frame_init(struct frame *f, enum frame_shape shape, size_t max_event)
{
	*f = (struct frame){ .shape = shape, .option = shape, .max_event = max_event };
	if (shape == SHAPE_AUTO) { // who knows the shape asks nothing, and there may be many such frames
		f->nothing = paths_new(&f->arena, false);
		paths_freeze(f->nothing);
	}
	frame_restart(f);
}

void
frame_free(struct frame *f)
{
	scan_free(&f->scan);
	arena_free(&f->arena);
}

void
frame_restart(struct frame *f)
{
	struct frame old = *f;
	*f = (struct frame){ .shape = old.option, .option = old.option, .max_event = old.max_event, .scan = old.scan,
		.nothing = old.nothing, .arena = old.arena, .line = 1, .opener = old.opener,
		.delimiter = old.option == SHAPE_NUL ? 0 : old.option == SHAPE_NETSTRING ? ',' : '\n' };
}

static struct piece
give(struct frame *f, enum frame_kind kind, const char *buf, size_t n)
{
	f->seen = f->blanks = 0;
	return (struct piece){ kind, 0, LOF_STR(buf, n) };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// --- what is over the limit -----------------------------------------------------------------------------------------

static struct piece next_line(struct frame *f, const char *buf, size_t n, bool end);
static struct piece next_value(struct frame *f, const char *buf, size_t n, bool end);

static bool
may_open(struct frame *f, const char *buf, size_t n)
{
	f->opened = open_begin(&f->open, f->opener, f->max_event, f->shape == SHAPE_VALUES ? -1 : (unsigned char)f->delimiter, buf, n);
	return f->opened;
}

static struct piece
next_opened(struct frame *f, const char *buf, size_t n, bool end)
{
	struct piece p = open_next(&f->open, buf, n, end);
	if (f->shape != SHAPE_VALUES)
		f->column += p.bytes.n; // no line end is in it
	if (p.kind != FRAME_MORE || !open_over(&f->open))
		return p;
	f->opened = false;
	f->seen = 0;
	f->nest = open_nest(&f->open);
	f->skipping = f->shape != SHAPE_VALUES || (f->nest.depth && !f->open.afresh); // what is left of it
	f->in_value &= f->skipping;
	f->in_array &= !f->open.afresh;
	if (!f->skipping)
		f->nest = (struct block_nest){ 0 };
	return f->shape == SHAPE_VALUES ? next_value(f, buf, n, end) : next_line(f, buf, n, end);
}

// --- lines ----------------------------------------------------------------------------------------------------------

static struct piece
whole_line(struct frame *f, const char *buf, size_t n)
{
	size_t blanks = 0;
	while (blanks < n && is_blank(buf[blanks]))
		blanks++;
	return give(f, blanks == n ? FRAME_BLANK : FRAME_EVENT, buf, n);
}

static struct piece
next_line(struct frame *f, const char *buf, size_t n, bool end)
{
	if (f->line_end && n) {
		frame_end_line(f);
		return give(f, FRAME_BETWEEN, buf, 1);
	}
	const char *nl = n > f->seen ? memchr(buf + f->seen, f->delimiter, n - f->seen) : NULL;
	size_t len = nl ? (size_t)(nl - buf) : n;
	if (!f->skipping && len > f->max_event && may_open(f, buf, n))
		return next_opened(f, buf, n, end);
	f->line_end = nl != NULL;
	if (f->skipping || len > f->max_event) {
		enum frame_kind kind = f->skipping ? FRAME_REST : FRAME_LONG;
		f->skipping = !nl;
		return len || kind == FRAME_LONG ? give(f, kind, buf, len) : nl ? next_line(f, buf, n, end) : give(f, FRAME_MORE, buf, 0);
	}
	if (nl || (end && n))
		return whole_line(f, buf, len);
	f->seen = n;
	return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
}

// --- values ---------------------------------------------------------------------------------------------------------

// A line end inside a value that began on the first line of the stream.
static bool
still_possible(struct frame *f, const char *buf, size_t n)
{
	if (++f->lines >= DOUBT_LINES)
		f->doubtful = false;
	return scan_event(&f->scan, f->nothing, buf, n, LOF_LIT("")) == SCAN_CUT && !f->scan.in_token;
}

static struct piece
end_value(struct frame *f, enum frame_kind kind, const char *buf, size_t n)
{
	f->in_value = f->skipping = false;
	f->nest = (struct block_nest){ 0 };
	return give(f, kind, buf, n);
}

// What n bytes, the end of a value or all of it, are: what follows the first part of an event over the limit is the
// rest of it.
static enum frame_kind
kind_of(const struct frame *f, enum frame_kind kind, size_t n)
{
	return f->skipping ? FRAME_REST : n > f->max_event ? FRAME_LONG : kind;
}

// What stops the value in hand at byte i, if anything does.
static bool
value_ends(struct frame *f, const char *buf, size_t i, struct piece *out)
{
	char c = buf[i];
	struct block_nest *in = &f->nest;
	if (c == RECORD_SEPARATOR && (i > 0 || f->skipping)) { // no value holds one: here the next begins
		f->in_array = false;
		*out = end_value(f, kind_of(f, in->depth || in->in_string ? FRAME_WRECK : FRAME_EVENT, i), buf, i);
		return true;
	}
	if (in->in_string) {
		in->in_string = in->escape || c != '"' ? ~(uint64_t)0 : 0;
		in->escape = !in->escape && c == '\\';
		if (c != '\n')
			return false;
		f->in_array = false; // no string spans lines: whatever this was, the stream is looked at afresh
		*out = end_value(f, kind_of(f, FRAME_WRECK, i), buf, i);
		return true;
	}
	if (in->depth == 0 && (i > 0 || f->skipping) && (c == '\n' || (f->in_array && (c == ',' || c == ']')))) {
		*out = end_value(f, kind_of(f, FRAME_EVENT, i), buf, i); // a scalar, or rubbish
		return true;
	}
	if (c == '\n' && f->doubtful && !f->skipping && i <= f->max_event && !still_possible(f, buf, i + 1)) {
		f->shape = SHAPE_LINES; // the first line was one, cut short
		f->line_end = true;
		*out = end_value(f, FRAME_WRECK, buf, (size_t)((const char *)memchr(buf, '\n', i + 1) - buf));
		return true;
	}
	in->in_string = c == '"' ? ~(uint64_t)0 : 0;
	in->escape = 0;
	in->depth += c == '{' || c == '[';
	if ((c == '}' || c == ']') && in->depth > 0 && --in->depth == 0) {
		*out = end_value(f, kind_of(f, FRAME_EVENT, i + 1), buf, i + 1);
		return true;
	}
	return false;
}

// Looks on for the end of the value in hand.
static bool
find_end(struct frame *f, const char *buf, size_t n, struct piece *out)
{
	for (; f->seen < n; f->seen++) {
		if (f->nest.depth && !f->doubtful) {
			f->seen += block_end(&f->nest, buf + f->seen, n - f->seen, false);
			if (!f->nest.depth) {
				*out = end_value(f, kind_of(f, FRAME_EVENT, f->seen), buf, f->seen);
				return true;
			}
			if (f->seen == n)
				return false;
		}
		if (value_ends(f, buf, f->seen, out))
			return true;
	}
	return false;
}

static struct piece
inside_value(struct frame *f, const char *buf, size_t n, bool end)
{
	struct piece p;
	bool over = !f->skipping && n > f->max_event;
	bool ended = find_end(f, buf, over ? f->max_event + 1 : n, &p);
	if (over && (!ended || p.kind == FRAME_LONG) && may_open(f, buf, n)) {
		f->in_value = true;
		return next_opened(f, buf, n, end);
	}
	if (ended || (over && find_end(f, buf, n, &p)))
		return p;
	if (n && (f->skipping || over)) {
		enum frame_kind kind = f->skipping ? FRAME_REST : FRAME_LONG;
		f->skipping = true;
		return give(f, kind, buf, n);
	}
	if (end && n)
		return end_value(f, f->nest.depth ? FRAME_WRECK : FRAME_EVENT, buf, n);
	return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
}

static struct piece
next_value(struct frame *f, const char *buf, size_t n, bool end)
{
	if (f->in_value)
		return inside_value(f, buf, n, end);
	size_t i = 0;
	while (i < n && (is_blank(buf[i]) || buf[i] == RECORD_SEPARATOR || (f->in_array && buf[i] == ',')))
		i++;
	if (i < n && buf[i] == (f->in_array ? ']' : '[')) {
		f->in_array = !f->in_array;
		i++;
	}
	if (i > 0 || n == 0)
		return give(f, i ? FRAME_BETWEEN : FRAME_MORE, buf, i);
	f->in_value = true;
	return inside_value(f, buf, n, end);
}

// --- the start ------------------------------------------------------------------------------------------------------

// Lines or values? False when more must be read to say. No blank line stands before buf.
static bool
choose_shape(struct frame *f, const char *buf, size_t n, bool end)
{
	size_t i = f->blanks;
	if (i == n || i > f->max_event) { // a blank line, the last or over the limit
		f->shape = SHAPE_LINES;
		return true;
	}
	// "[notice] agent up" is a line, not an array. How far is looked does not depend on how much is there.
	size_t next = i + 1, far = i + 1 + BRACKET_BLANKS;
	while (next < n && next < far && (buf[next] == ' ' || buf[next] == '\t'))
		next++;
	if (buf[i] == '[' && next == n && next < far && !end)
		return false;
	if (buf[i] == RECORD_SEPARATOR || (buf[i] == '[' && next < far && (next == n || memchr("{[]\r\n", buf[next], 5)))) {
		f->shape = SHAPE_VALUES;
		return true;
	}
	size_t from = f->seen > i ? f->seen : i;
	const char *nl = memchr(buf + from, '\n', n - from);
	if (!nl && !end && n <= f->max_event) {
		f->seen = n;
		return false;
	}
	f->shape = SHAPE_LINES;
	if (nl && (size_t)(nl - buf) <= f->max_event &&
	    scan_event(&f->scan, f->nothing, buf + i, (size_t)(nl - buf) - i, LOF_LIT("")) == SCAN_CUT && !f->scan.in_token) {
		f->shape = SHAPE_VALUES;
		f->doubtful = true;
	}
	return true;
}

// The byte-order mark and blank lines; then the shape. False with *out when there is something to give or to wait for.
static bool
begin(struct frame *f, const char *buf, size_t n, bool end, struct piece *out)
{
	static const char mark[] = "\xef\xbb\xbf";
	*out = (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	if (!f->past_mark) {
		if (n < 3 && !end && memcmp(buf, mark, n) == 0)
			return false;
		f->past_mark = true;
		if (n >= 3 && memcmp(buf, mark, 3) == 0) {
			*out = give(f, FRAME_BETWEEN, buf, 3);
			return false;
		}
	}
	if (f->shape == SHAPE_NUL)
		return f->started = true;
	while (f->blanks < n && is_blank(buf[f->blanks]) && buf[f->blanks] != '\n')
		f->blanks++;
	if (f->line_end || (f->blanks < n && buf[f->blanks] == '\n' && f->blanks <= f->max_event)) {
		*out = next_line(f, buf, n, end);
		return false;
	}
	if (f->blanks == n && !end && n <= f->max_event)
		return false;
	if (f->shape == SHAPE_AUTO && !choose_shape(f, buf, n, end))
		return false;
	f->seen = 0;
	return f->started = true;
}

// Where the stream is behind bytes that may hold line ends.
static void
advance(struct frame *f, struct lof_str s)
{
	f->column += s.n;
	for (const char *at = s.p, *stop = at + s.n; at < stop && (at = memchr(at, '\n', (size_t)(stop - at))); at++) {
		f->line++;
		f->column = (size_t)(stop - at) - 1;
	}
}

struct piece
frame_next(struct frame *f, const char *buf, size_t n, bool end)
{
	struct piece p;
	if (f->shape >= SHAPE_LENGTH)
		return packet_next(f, buf, n, end);
	if (!f->started && !begin(f, buf, n, end, &p))
		return p;
	if (f->shape != SHAPE_VALUES) // not by way of p: to copy what was just written waits for all that was written before
		return f->opened ? next_opened(f, buf, n, end) : next_line(f, buf, n, end);
	p = f->opened ? next_opened(f, buf, n, end) : next_value(f, buf, n, end);
	advance(f, p.bytes);
	return p;
}

size_t
frame_wants(const struct frame *f, const char *buf, size_t n)
{
	if (f->shape >= SHAPE_LENGTH)
		return packet_wants(f, buf, n);
	return f->shape != SHAPE_VALUES && (n || f->skipping || f->opened) && !(n && buf[n - 1] == f->delimiter);
}
