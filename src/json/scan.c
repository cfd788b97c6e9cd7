// The scanner proper, a token at a time (tokens.h). The one long function is the grammar of RFC 8259 as a state machine
// with labels for states; everything it can leave to others it does.
#include "json/scan.h"

#include "base/buf.h"
#include "json/jstr.h"
#include "json/scalar.h"
#include "json/tokens.h"

#include <stdlib.h>

// An open object or array.
struct level {
	uint32_t serial;    // no other object has it, so that a path that comes twice in one object shows
	uint32_t first_hit; // hits from here on belong to this object
	uint32_t open;      // its number in opens, + 1
	path_node node;
	enum { AROUND, ARRAY, OBJECT } kind; // AROUND it all
	bool outer; // the object that is the event itself
};

// Producers write the same keys again and again. Those looked up lately, with or without success, stand close together
// here, where the first-level cache holds them; the table of all paths is larger than that. Only keys whose hash stands
// for them (PATH_WHOLE) and that have no escapes: 48 bits of the hash, more of it by the place, then the node. Each has
// two places, the first for the one that came last.
enum { KNOWN = 2048 };

// Of the top-level object: where our own stands, where a new one goes.
struct members {
	const char *comma; // before the member in hand
	size_t kept;       // members that stay
	bool own;          // the member in hand is ours
	bool open_cut;     // ours came first, so the comma behind it goes too
};

struct walk {
	struct scan *out;
	const struct paths *ps;
	struct paths_table t;
	const char *text, *end;
	uint64_t *known;
	uint32_t *seen;
	struct lof_str own;
	struct token_index *ix; // of the text, or of the lines it is one of
	struct members top;
	// nesting: levels[0] is around it all; one below those there are room for is `deep`
	size_t depth;
	struct level levels[SCAN_LEVELS + 1], deep;
	bool inner;
};

static void *
grown(void *p, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return p;
	size_t n = *cap ? *cap * 2 : 64;
	while (n < need)
		n *= 2;
	struct lof_buf b = { .p = p, .n = *cap * size, .cap = *cap * size };
	buf_room(&b, (n - *cap) * size);
	*cap = b.cap / size;
	return b.p;
}

// --- members of the top-level object --------------------------------------------------------------------------------

// The member whose name begins behind `quote` is ours.
static void
own_begins(struct walk *w, const char *quote)
{
	struct scan *s = w->out;
	const char *from = w->top.kept ? w->top.comma : quote;
	w->top.own = true;
	s->cuts = grown(s->cuts, &s->cap_cuts, s->n_cuts + 1, sizeof *s->cuts);
	s->cuts[s->n_cuts++] = (struct scan_cut){ (uint32_t)(from - w->text), 0 };
}

static inline void
member_begins(struct walk *w, struct lof_str key)
{
	struct members *m = &w->top;
	m->own = false;
	if (__builtin_expect(m->open_cut, 0)) {
		w->out->cuts[w->out->n_cuts - 1].to = (uint32_t)(key.p - 1 - w->text);
		m->open_cut = false;
	}
	if (key.n == w->own.n && key.n && *key.p == *w->own.p && memcmp(key.p, w->own.p, key.n) == 0 &&
	    !tokens_slash(w->ix, key.p, key.p + key.n))
		own_begins(w, key.p - 1);
}

static inline void
member_ends(struct walk *w, const char *end)
{
	struct members *m = &w->top;
	uint32_t at = (uint32_t)(end - w->text);
	if (m->own) {
		w->out->cuts[w->out->n_cuts - 1].to = at;
		m->open_cut = m->kept == 0;
		return;
	}
	m->kept++;
	w->out->insert_at = at;
}

// --- reports --------------------------------------------------------------------------------------------------------

static inline void
report(struct walk *w, path_node node, enum scan_kind kind, const char *from, const char *to)
{
	struct scan *s = w->out;
	if (__builtin_expect(s->n_hits == SCAN_HITS_MAX, 0))
		return;
	bool escaped = kind == SCAN_STRING && tokens_slash(w->ix, from, to);
	s->hits[s->n_hits++] = (struct scan_hit){ from, (uint32_t)(to - from), node, (uint8_t)kind, escaped };
}

// A second member with the same path in this object: what the first one reported is forgotten.
static void
forget(struct walk *w, const struct level *l, path_node node)
{
	struct scan *s = w->out;
	size_t kept = l->first_hit;
	if (++s->forgets > SCAN_FORGETS_MAX)
		return;
	for (size_t i = kept; i < s->n_hits; i++)
		if (!paths_is_below(w->ps, s->hits[i].node, node))
			s->hits[kept++] = s->hits[i];
	s->n_hits = kept;
}

// A key with escapes in it, decoded; NULL when it has no decoded form: then it names nothing.
static struct lof_str
decoded_key(struct lof_str raw, char *out, size_t max)
{
	size_t n;
	return jstr_decode(raw, out, max, &n) ? LOF_STR(out, n) : LOF_STR(NULL, 0);
}

static inline uint64_t *
known_places(const struct walk *w, uint64_t hash)
{
	return &w->known[hash / 16 % (KNOWN / 2) * 2];
}

// A key that is not among the known ones, or may not be read beyond its end.
static __attribute__((noinline)) path_node
look_up(struct walk *w, const struct level *in, struct lof_str key)
{
	char decoded[256 + 8] = { 0 };
	bool escaped = tokens_slash(w->ix, key.p, key.p + key.n);
	if (escaped) {
		const char *quote = key.p - 1;
		key = decoded_key(key, decoded, 256);
		if (in->outer && key.n && lof_str_eq(key, w->own)) {
			own_begins(w, quote);
			return PATH_DEAD;
		}
	}
	if (w->t.loose)
		return key.p ? paths_next_loose(w->ps, in->node, key) : in->node;
	if (!key.p)
		return PATH_DEAD;
	if (!escaped && key.n < 8)
		key.p = memcpy(decoded, key.p, key.n);
	uint64_t hash = paths_hash(in->node, key.p, key.n);
	path_node node = paths_next(&w->t, hash, key.p, key.n);
	if (!escaped && key.n <= PATH_WHOLE) {
		uint64_t *places = known_places(w, hash);
		places[1] = places[0];
		places[0] = (hash & ~(uint64_t)UINT16_MAX) | node;
	}
	return node;
}

static inline path_node
key_node(struct walk *w, const struct level *in, struct lof_str key)
{
	path_node node;
	uint64_t hash = 0, known = UINT64_MAX;
	if (__builtin_expect(w->end - key.p >= 8, 1)) {
		hash = paths_hash(in->node, key.p, key.n);
		const uint64_t *places = known_places(w, hash);
		known = (places[0] ^ hash) > UINT16_MAX ? places[1] : places[0];
	}
	node = (path_node)known;
	if (__builtin_expect((known ^ hash) > UINT16_MAX, 0)) {
		node = look_up(w, in, key);
		if (w->t.loose)
			return node;
	}
	if (node) {
		if (w->seen[node] == in->serial)
			forget(w, in, node);
		w->seen[node] = in->serial;
	}
	return node;
}

static inline path_node
member_node(struct walk *w, const struct level *in, struct lof_str key)
{
	if (in->outer) {
		member_begins(w, key);
		if (w->top.own)
			return PATH_DEAD;
	}
	return in->node ? key_node(w, in, key) : PATH_DEAD;
}

// --- nesting --------------------------------------------------------------------------------------------------------

static void
open_event(struct walk *w, struct level *l, const char *at, path_node node)
{
	struct scan *s = w->out;
	s->opens = grown(s->opens, &s->cap_opens, s->n_opens + 1, sizeof *s->opens);
	s->opens[s->n_opens] = (struct scan_open){ (uint32_t)(at - w->text), 0, node };
	l->open = (uint32_t)++s->n_opens;
}

// Below the levels there is room for, where nothing is reported: only a bit a level is kept.
static __attribute__((noinline)) struct level *
deep(struct walk *w)
{
	size_t d = w->depth - 1;
	bool object = w->out->nest[d / 64] >> (d % 64) & 1;
	w->deep = (struct level){ .node = PATH_DEAD, .kind = object ? OBJECT : ARRAY };
	return &w->deep;
}

static __attribute__((noinline)) struct level *
push_deep(struct walk *w, bool object)
{
	struct scan *s = w->out;
	size_t d = w->depth - 1;
	if (d / 64 >= s->cap_nest)
		s->nest = grown(s->nest, &s->cap_nest, d / 64 + 1, sizeof *s->nest);
	uint64_t bit = (uint64_t)1 << (d % 64);
	s->nest[d / 64] = object ? s->nest[d / 64] | bit : s->nest[d / 64] & ~bit;
	return deep(w);
}

static struct level *
push(struct walk *w, path_node node, const char *at)
{
	struct scan *s = w->out;
	bool object = *at == '{', top = w->depth == 0 && !w->inner;
	if (w->t.flags[node] & PATH_EXISTS)
		report(w, node, SCAN_CONTAINER, at, at + 1);
	if (++w->depth > SCAN_LEVELS)
		return push_deep(w, object);
	struct level *l = &w->levels[w->depth];
	*l = (struct level){ ++s->serial, (uint32_t)s->n_hits, 0, node, object ? OBJECT : ARRAY, object && top };
	if (top)
		s->insert_at = (uint32_t)(at - w->text) + 1;
	else if (w->depth == 2 && w->levels[1].kind == ARRAY && !w->inner) {
		l->node = PATH_DEAD; // each element is scanned by itself later
		if (object)
			open_event(w, l, at, PATH_ROOT);
	} else if (object && !w->inner && w->t.flags[node] & PATH_OPEN)
		open_event(w, l, at, node);
	return l;
}

static struct level *
pop(struct walk *w, const char *at)
{
	if (w->depth > SCAN_LEVELS)
		return --w->depth > SCAN_LEVELS ? deep(w) : &w->levels[w->depth];
	struct level *l = &w->levels[w->depth--];
	if (l->open)
		w->out->opens[l->open - 1].to = (uint32_t)(at - w->text) + 1;
	return l - 1;
}

// --- the grammar ----------------------------------------------------------------------------------------------------

static enum scan_verdict
fail(struct walk *w, const char *at, const char *why)
{
	static const char *const faults[] = { NULL, "control byte in a string", "bad escape in a string", "bad UTF-8" };
	struct scan *s = w->out;
	const struct block_state *st = &w->ix->st;
	s->bad_at = (size_t)(at - w->text);
	s->why = why;
	// The index runs ahead of the walk: what it found wrong earlier in the text counts first.
	if (st->fault && st->fault_at <= s->bad_at) {
		s->bad_at = st->fault_at;
		s->why = faults[st->fault];
		s->in_token = true;
	}
	return s->bad_at >= st->n ? SCAN_CUT : SCAN_BAD;
}

// Of lines the index has seen more than the text.
static bool
is_faulty(const struct walk *w)
{
	const struct block_state *st = &w->ix->st;
	if (st->lines)
		return st->fault && (const char *)st->text + st->fault_at < w->end;
	return st->fault || st->carry.in_string;
}

static enum scan_verdict
unterminated(struct walk *w)
{
	w->out->in_token = true;
	return fail(w, w->end, "unterminated string");
}

// Is there a comma or a colon? Those directly behind a value are no tokens.
static inline bool
is_separator(const struct walk *w, const char *at)
{
	return at < w->end && (*at == ',' || *at == ':');
}

static const char *
place(const struct walk *w, struct tokens t, int token)
{
	return token < 0 ? w->end : t.base + token;
}

static enum scan_verdict
walk_value(struct walk *w, path_node node)
{
	const uint8_t *const flags = w->t.flags;
	struct tokens t = w->ix->t; // in registers: its address is never taken where that is not inlined away
	struct level *in = &w->levels[0]; // the innermost
	enum scan_verdict verdict = SCAN_OTHER;
	const char *at, *end;
	int next = tokens_peek(w->ix, &t);

	if (next < 0)
		return SCAN_EMPTY;
value: // the next token must begin one
	if (next < 0)
		return fail(w, w->end, "expected a value");
	at = t.base + next;
	t.next++;
	if (*at == '"') {
		next = tokens_peek(w->ix, &t);
		if (__builtin_expect(next >= 0, 1)) { // gives the closing quote away
			end = t.base + next;
			end -= (*end | 0x20) != '}';
			if (flags[node] & PATH_VALUE)
				report(w, node, SCAN_STRING, at + 1, end - 1);
			goto ended;
		}
		end = t.base + ~next;
		if (end == w->end)
			return unterminated(w);
		t.next++;
		if (flags[node] & PATH_VALUE)
			report(w, node, SCAN_STRING, at + 1, end);
		end++;
	} else if (*at == '{' || *at == '[') {
		if (w->depth == 0)
			verdict = *at == '{' ? SCAN_OBJECT : SCAN_ARRAY;
		in = push(w, node, at);
		node = in->node;
		end = at + 1;
		next = tokens_peek(w->ix, &t);
		at = place(w, t, next);
		if (at != end && is_separator(w, end))
			return fail(w, end, in->kind == OBJECT ? "expected a member name in double quotes" : "expected a value");
		if (next >= 0 && *at == (in->kind == OBJECT ? '}' : ']'))
			goto close;
		if (in->kind == OBJECT)
			goto key;
		goto value;
	} else {
		bool cut = false;
		end = scalar_end(at, w->end, &cut);
		if (!end) {
			w->out->in_token = cut;
			return fail(w, cut ? w->end : at, "expected a value");
		}
		if (flags[node] & PATH_VALUE && *at != 'n')
			report(w, node, SCAN_SCALAR, at, end);
	}
after: // a value that ended before `end`
	next = tokens_peek(w->ix, &t);
ended:
	if (in->kind == OBJECT) {
		if (in->outer)
			member_ends(w, end);
		if (__builtin_expect(next >= 0 && *end == ',', 1)) { // is no token
			w->top.comma = end;
			goto key;
		}
	} else if (in->kind == ARRAY) {
		node = in->node;
		if (next >= 0 && *end == ',')
			goto value;
	} else {
		goto done;
	}
	// Not a comma directly behind it.
	at = is_separator(w, end) ? end : place(w, t, next);
	if (at < w->end && *at == (in->kind == OBJECT ? '}' : ']'))
		goto close;
	if (at == w->end || *at != ',')
		return fail(w, at, in->kind == OBJECT ? "expected ',' or '}'" : "expected ',' or ']'");
	w->top.comma = at;
	if (at != end) {
		t.next++;
		next = tokens_peek(w->ix, &t);
	}
	if (in->kind == ARRAY)
		goto value;
key: // the next token must begin one
	at = place(w, t, next);
	if (next < 0 || *at != '"')
		return fail(w, at, "expected a member name in double quotes");
	t.next++;
	next = tokens_peek(w->ix, &t);
	if (__builtin_expect(next >= 0, 1)) {
		end = t.base + next - 1;
		if (*end != ':')
			return fail(w, *end == ',' ? end : end + 1, "expected ':'");
		node = member_node(w, in, LOF_STR(at + 1, (size_t)(end - at - 2)));
		goto value;
	}
	end = t.base + ~next;
	if (end == w->end)
		return unterminated(w);
	node = member_node(w, in, LOF_STR(at + 1, (size_t)(end - at - 1)));
	t.next++;
	next = tokens_peek(w->ix, &t);
	at = is_separator(w, end + 1) ? end + 1 : place(w, t, next);
	if (at == w->end || *at != ':')
		return fail(w, at, "expected ':'");
	if (at != end + 1) {
		t.next++;
		next = tokens_peek(w->ix, &t);
	}
	goto value;
close: // a bracket at `at`, the next token
	t.next++;
	in = pop(w, at);
	end = at + 1;
	goto after;
done: // nothing may follow
	at = is_separator(w, end) ? end : place(w, t, next);
	if (at != w->end)
		return fail(w, at, "expected nothing behind the value");
	w->out->is_empty = verdict == SCAN_OBJECT && !w->inner && w->top.kept == 0;
	if (is_faulty(w))
		return unterminated(w);
	at = t.base + ~next; // of lines: the line feed
	w->ix->resume = w->ix->st.lines && at < (const char *)w->ix->st.text + w->ix->st.n ? at + 1 : NULL;
	w->ix->t = (struct tokens){ t.next + 1, t.base };
	return verdict;
}

static enum scan_verdict
start(struct scan *s, const struct paths *ps, struct lof_str text, struct token_index *ix, struct lof_str own, path_node from,
    bool inner)
{
	struct walk w; // not zeroed: its levels are many, and none is read before it is written
	w.out = s;
	w.ps = ps;
	w.t = *paths_table(ps);
	w.text = text.p;
	w.end = text.p + text.n;
	w.own = own;
	w.ix = ix;
	w.top = (struct members){ 0 };
	w.levels[0] = (struct level){ .kind = AROUND };
	w.depth = 0;
	w.inner = inner;
	if (s->cap_seen < paths_count(ps) || s->serial > UINT32_MAX / 2) {
		s->seen = grown(s->seen, &s->cap_seen, paths_count(ps), sizeof *s->seen);
		memset(s->seen, 0, s->cap_seen * sizeof *s->seen);
		s->serial = 0;
	}
	if (s->known_for != w.t.id) {
		size_t cap = s->known ? KNOWN : 0;
		s->known = grown(s->known, &cap, KNOWN, sizeof *s->known);
		memset(s->known, 0, KNOWN * sizeof *s->known); // a hash with 48 bits of zeros leads nowhere
		s->known_for = w.t.id;
	}
	if (!s->hits)
		s->hits = grown(NULL, &s->cap_hits, SCAN_HITS_MAX, sizeof *s->hits);
	w.known = s->known;
	w.seen = s->seen;
	s->why = "";
	s->in_token = false;
	s->bad_at = 0;
	return walk_value(&w, from);
}

static void
begin_event(struct scan *s)
{
	s->n_hits = s->n_opens = s->n_cuts = 0;
	s->forgets = 0;
	s->insert_at = 0;
	s->is_empty = false;
}

enum scan_verdict
scan_event(struct scan *s, const struct paths *ps, const char *text, size_t n, struct lof_str own)
{
	struct token_index ix;
	tokens_begin(&ix, text, n, false);
	begin_event(s);
	return start(s, ps, LOF_STR(text, n), &ix, own, PATH_ROOT, false);
}

// An index of its own costs a longer line little, and spares it the seam between two windows.
enum { LINE_SHORT = 1024 };

enum scan_verdict
scan_line(struct scan *s, const struct paths *ps, const char *text, size_t n, const char *end, struct lof_str own)
{
	struct token_index *ix = s->lines;
	if (n > LINE_SHORT)
		return scan_event(s, ps, text, n, own);
	if (!ix) {
		if (!(ix = s->lines = malloc(sizeof *ix)))
			lof_no_memory();
		ix->resume = NULL;
	}
	if (ix->resume != text || (const char *)ix->st.text + ix->st.n != end)
		tokens_begin(ix, text, (size_t)(end - text), true);
	ix->resume = NULL;
	begin_event(s);
	enum scan_verdict v = start(s, ps, LOF_STR(text, n), ix, own, PATH_ROOT, false);
	if (v < SCAN_CUT)
		return v;
	// What a bad line left open is not the next one's; and what is wrong with it is told without what stands behind it.
	return scan_event(s, ps, text, n, own);
}

void
scan_moved(struct scan *s)
{
	if (s->lines)
		s->lines->resume = NULL;
}

enum scan_verdict
scan_inner(struct scan *s, const struct paths *ps, path_node from, const char *text, size_t n)
{
	size_t before = s->n_hits;
	struct token_index ix;
	tokens_begin(&ix, text, n, false);
	enum scan_verdict v = start(s, ps, LOF_STR(text, n), &ix, LOF_LIT(""), from, true);
	if (v >= SCAN_CUT)
		s->n_hits = before;
	return v;
}

void
scan_free(struct scan *s)
{
	free(s->hits);
	free(s->opens);
	free(s->cuts);
	free(s->nest);
	free(s->seen);
	free(s->known);
	free(s->lines);
	*s = (struct scan){ 0 };
}
