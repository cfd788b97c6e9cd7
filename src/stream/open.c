#include "stream/open.h"

#include "json/jstr.h"
#include "json/scalar.h"

enum { NOWHERE = UINT16_MAX, HOLD_MIN = 4096, KEY_MAX = 256, RECORD_SEPARATOR = 0x1e };
#define NOT_HELD SIZE_MAX

enum state {
	VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, COMMA, LINE_END, // what must come
	IN_KEY, IN_STRING, IN_SCALAR, IN_OTHER, // IN_OTHER: brackets that do not lead to events
	IN_EVENT, IN_LONG, IN_REST, // what is between ends here
	BROKEN, OVER,
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Is what begins so an envelope? Then the walk begins with it.
static bool
carry(struct open *o, struct lof_str begin)
{
	size_t c = o->carriers, n, i = 0;
	if (c == OPEN_CARRIERS || o->depth == OPEN_LEVELS || !o->opener->ask(o->opener->arg, begin, o->path[c].text, &n))
		return false;
	while (is_blank(begin.p[i]))
		i++;
	if (begin.p[i] != (n ? '{' : '['))
		return false;
	o->path[c].n = n;
	o->carriers++;
	o->state = VALUE;
	o->outermost = true;
	o->nest = (struct block_nest){ 0 };
	o->seen = 0;
	return true;
}

bool
open_begin(struct open *o, const struct opener *opener, size_t max_event, int stop, const char *text, size_t n)
{
	if (!opener)
		return false;
	o->opener = opener;
	o->max_event = max_event;
	o->stop = stop;
	o->why = "expected the value to go on";
	o->hold = o->turn = NOT_HELD;
	o->afresh = o->gone = o->own = o->open_cut = false;
	o->depth = o->carriers = 0;
	return carry(o, LOF_STR(text, n < max_event ? n : max_event));
}

bool
open_over(const struct open *o)
{
	return o->state == OVER;
}

struct block_nest
open_nest(const struct open *o)
{
	struct block_nest nest = o->nest;
	nest.depth += o->depth;
	return nest;
}

// --- the structure --------------------------------------------------------------------------------------------------

static struct open_level *
level(struct open *o)
{
	return &o->levels[o->depth - 1];
}

// What is before `at` stays, or goes, as was said before; what is behind it goes, or not.
static void
turn(struct open *o, size_t at, bool gone)
{
	o->turn = at;
	o->turn_gone = gone;
}

static bool
expected(struct open *o, const char *why)
{
	o->why = why;
	return false;
}

static void
ended(struct open *o, size_t at)
{
	o->state = o->depth ? COMMA : o->stop < 0 ? OVER : LINE_END;
	if (!o->own)
		return;
	o->own = false;
	o->open_cut = !level(o)->kept;
	if (o->open_cut)
		o->hold = at;
	else
		turn(o, at, false);
}

static bool
begin_container(struct open *o, char c, size_t at)
{
	bool array = c == '[', whole = o->at == o->path[o->carriers - 1].n;
	if (o->at != NOWHERE && !array && whole && !o->outermost) {
		o->state = IN_EVENT;
		o->nest.depth = 1;
		turn(o, at, false);
	} else if (o->at == NOWHERE || o->depth == OPEN_LEVELS || (array && !o->path[o->carriers - 1].n && !o->outermost)) {
		o->state = IN_OTHER;
		o->nest.depth = 1;
	} else {
		o->levels[o->depth++] = (struct open_level){ .at = o->at, .array = array, .outer = o->outermost };
		o->state = array ? VALUE_OR_CLOSE : KEY_OR_CLOSE;
		o->outermost = false;
	}
	return true;
}

static bool
begin_value(struct open *o, char c, size_t at)
{
	if (o->outermost)
		o->at = 0;
	else if (level(o)->array)
		o->at = level(o)->at;
	if (c == '{' || c == '[')
		return begin_container(o, c, at);
	if (c == '"') {
		o->state = IN_STRING;
		o->nest.in_string = ~(uint64_t)0;
	} else if (scalar_ends_at(c)) {
		return expected(o, "expected a value");
	} else {
		o->state = IN_SCALAR;
		o->hold = at;
	}
	return true;
}

static bool
close_level(struct open *o, char c, size_t at)
{
	struct open_level *l = level(o);
	if (c != (l->array ? ']' : '}'))
		return expected(o, l->array ? "expected ',' or ']'" : "expected ',' or '}'");
	if (o->open_cut)
		turn(o, o->hold, false);
	o->open_cut = false;
	o->hold = NOT_HELD;
	o->carriers -= l->outer;
	o->depth--;
	ended(o, at + 1);
	return true;
}

static bool
comma(struct open *o, char c, size_t at)
{
	struct open_level *l = level(o);
	if (c != ',')
		return close_level(o, c, at);
	o->state = l->array ? VALUE : KEY;
	if (l->outer && !l->array && o->hold == NOT_HELD)
		o->hold = at; // it goes with the member behind it, if that is ours
	return true;
}

// Where the key leads from a place in the path.
static uint16_t
follow(const struct open *o, size_t at, struct lof_str key)
{
	const char *path = o->path[o->carriers - 1].text + at;
	size_t left = o->path[o->carriers - 1].n - at;
	if (key.n == 0 || key.n > left || memcmp(path, key.p, key.n) != 0 || (key.n < left && path[key.n] != '.'))
		return NOWHERE;
	return (uint16_t)(at + key.n + (key.n < left));
}

static void
end_key(struct open *o, struct lof_str key)
{
	struct open_level *l = level(o);
	char decoded[KEY_MAX];
	if (memchr(key.p, '\\', key.n) && !jstr_decode(key, decoded, sizeof decoded, &key.n))
		key.n = 0; // has no decoded form: names nothing
	else if (memchr(key.p, '\\', key.n))
		key.p = decoded;
	o->own = l->outer && key.n && lof_str_eq(key, o->opener->own);
	if (o->own)
		turn(o, o->hold, true);
	else if (o->open_cut)
		turn(o, o->key, false);
	l->kept |= !o->own;
	o->open_cut = false;
	o->hold = NOT_HELD;
	o->at = o->own ? NOWHERE : follow(o, l->at, key);
	o->state = COLON;
}

static bool
begin_key(struct open *o, char c, size_t at)
{
	if (c != '"')
		return expected(o, "expected a member name in double quotes");
	o->state = IN_KEY;
	o->key = at;
	if (o->hold == NOT_HELD)
		o->hold = at;
	o->nest.in_string = ~(uint64_t)0;
	return true;
}

// A byte of a string. True: it was the last one.
static bool
string_ends(struct open *o, char c)
{
	if (o->nest.escape || c == '\\') {
		o->nest.escape ^= 1;
		return false;
	}
	if (c == '"')
		o->nest.in_string = 0;
	return c == '"';
}

static bool
end_scalar(struct open *o, const char *buf, size_t at)
{
	bool cut;
	if (scalar_any(buf + o->hold, buf + at, &cut) != buf + at)
		return expected(o, "expected a value");
	o->hold = NOT_HELD;
	ended(o, at);
	return true;
}

// One byte outside of events and of what leads to none. False: it may not stand there.
static bool
step(struct open *o, const char *buf, size_t i)
{
	char c = buf[i];
	if (o->state == IN_KEY || o->state == IN_STRING) {
		if ((unsigned char)c < 0x20)
			return expected(o, "control byte in a string");
		if (string_ends(o, c) && o->state == IN_KEY)
			end_key(o, LOF_STR(buf + o->key + 1, i - o->key - 1));
		else if (!o->nest.in_string)
			ended(o, i + 1);
		return true;
	}
	if (o->state == IN_SCALAR) {
		if (!scalar_ends_at(c))
			return true;
		if (!end_scalar(o, buf, i))
			return false;
	}
	if (is_blank(c))
		return true;
	switch (o->state) {
	case VALUE_OR_CLOSE:
	case KEY_OR_CLOSE:
		if (c == ']' || c == '}')
			return close_level(o, c, i);
		return o->state == KEY_OR_CLOSE ? begin_key(o, c, i) : begin_value(o, c, i);
	case VALUE:
		return begin_value(o, c, i);
	case KEY:
		return begin_key(o, c, i);
	case COLON:
		o->state = VALUE;
		return c == ':' || expected(o, "expected ':'");
	case COMMA:
		return comma(o, c, i);
	default:
		return expected(o, "expected nothing behind the value");
	}
}

// --- pieces ---------------------------------------------------------------------------------------------------------

static struct piece
give(struct open *o, enum frame_kind kind, const char *buf, size_t n)
{
	o->seen -= n;
	o->key -= n;
	if (o->hold != NOT_HELD)
		o->hold -= n;
	return (struct piece){ kind, (uint8_t)(o->carriers ? o->carriers : 1), LOF_STR(buf, n) };
}

// Broken at c, the byte at o->seen: what is before it goes out, then it is said.
static void
broken(struct open *o, unsigned char c)
{
	o->afresh = o->stop < 0 && (c == RECORD_SEPARATOR || (c == '\n' && o->nest.in_string));
	o->state = BROKEN;
	turn(o, o->seen, false);
	o->hold = NOT_HELD;
}

// Walks on in brackets whose inside does not concern us. True: they have ended, or it is broken.
static bool
skip(struct open *o, const char *buf, size_t n)
{
	while (o->seen < n) {
		o->seen += block_end(&o->nest, buf + o->seen, n - o->seen, o->stop == '\n');
		if (!o->nest.depth)
			return true;
		if (o->seen == n)
			break;
		unsigned char c = (unsigned char)buf[o->seen];
		if (o->stop < 0 ? c == RECORD_SEPARATOR || (c == '\n' && o->nest.in_string) : c == o->stop) {
			broken(o, c);
			return true;
		}
		o->nest.escape = 0;
		o->seen++;
	}
	return false;
}

// The event that is at the front of the window.
static struct piece
next_event(struct open *o, const char *buf, size_t n, bool end)
{
	bool ends = skip(o, buf, n > o->max_event ? o->max_event + 1 : n);
	if (ends && o->state == IN_EVENT && o->seen <= o->max_event) {
		ended(o, o->seen);
		return give(o, FRAME_EVENT, buf, o->seen);
	}
	if (ends ? o->seen <= o->max_event : end && n <= o->max_event) {
		o->turn = NOT_HELD;
		o->state = OVER;
		return give(o, FRAME_WRECK, buf, o->seen);
	}
	if (n <= o->max_event)
		return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	o->turn = NOT_HELD;
	o->afresh = false;
	if (!carry(o, LOF_STR(buf, o->max_event))) {
		o->state = IN_LONG;
		o->nest = (struct block_nest){ .depth = 1 };
		o->seen = 1;
	}
	return open_next(o, buf, n, end);
}

// One that is too long, and no envelope.
static struct piece
next_part(struct open *o, const char *buf, size_t n)
{
	enum frame_kind kind = o->state == IN_LONG ? FRAME_LONG : FRAME_REST;
	o->state = IN_REST;
	if (skip(o, buf, n) && o->state == IN_REST)
		ended(o, o->seen);
	o->turn = NOT_HELD; // it is one piece
	return give(o, kind, buf, o->seen);
}

// Walks what is between the events up to where a piece ends, or to n.
static void
walk(struct open *o, const char *buf, size_t n)
{
	size_t most = o->max_event > HOLD_MIN ? o->max_event : HOLD_MIN;
	while (o->seen < n && o->turn == NOT_HELD && o->state < IN_EVENT) {
		unsigned char c = (unsigned char)buf[o->seen];
		if (o->state == IN_OTHER) {
			if (skip(o, buf, n) && o->state == IN_OTHER)
				ended(o, o->seen);
		} else if (c == o->stop && o->state == LINE_END) {
			o->state = OVER;
		} else if (c == o->stop || (o->hold != NOT_HELD && o->seen - o->hold > most) || !step(o, buf, o->seen)) {
			broken(o, c);
		} else {
			o->seen++;
		}
	}
}

struct piece
open_next(struct open *o, const char *buf, size_t n, bool end)
{
	bool turned = o->turn != NOT_HELD;
	if (!turned && o->state == IN_EVENT)
		return next_event(o, buf, n, end);
	if (!turned && n && (o->state == IN_LONG || o->state == IN_REST))
		return next_part(o, buf, n);
	if (!turned)
		walk(o, buf, n);
	turned = o->turn != NOT_HELD;
	size_t known = turned ? o->turn : o->hold != NOT_HELD ? o->hold : o->seen;
	bool gone = o->gone;
	if (turned) {
		o->gone = o->turn_gone;
		o->turn = NOT_HELD;
	}
	if (known)
		return give(o, gone ? FRAME_GONE : FRAME_BETWEEN, buf, known);
	if (o->state == BROKEN) {
		o->state = OVER;
		return give(o, FRAME_WRECK, buf, 0);
	}
	if (end && o->state == LINE_END)
		o->state = OVER;
	else if (end && o->state < BROKEN && !turned)
		broken(o, 0);
	else if (!turned)
		return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	return open_next(o, buf, n, end);
}
