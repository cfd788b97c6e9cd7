// The scanner proper: a token at a time from the offsets that block.h finds. The one long function is the grammar of
// RFC 8259 as a state machine with labels for states; everything it can leave to others it does.
#include "json/scan.h"

#include "base/buf.h"
#include "json/block.h"
#include "json/jstr.h"

#include <stdlib.h>

struct level {
	uint32_t serial;    // no other object has it, so that a path that comes twice in one object shows
	uint32_t first_hit; // hits from here on belong to this object
	uint32_t open;      // its number in opens, + 1
	path_node node;
	bool object;
};

// The offsets of the tokens left in the window.
struct tokens {
	uint32_t *next, *end;
};

// What the grammar must know of the container it is in.
struct container {
	path_node node;
	bool object;
	bool outer; // the object that is the event itself
};

// Producers write the same keys again and again. Those looked up lately, with or without success, stand close together
// here, where the first-level cache holds them; the table of all paths is larger than that.
enum { KNOWN = 1024 };
struct scan_known {
	uint64_t hash; // of a key of up to 16 bytes and the node it was looked up from; 0: none
	uint64_t to;
};

struct walk {
	struct scan *out;
	const struct paths *ps;
	struct paths_table t;
	const char *text;
	size_t n;
	struct lof_str own;
	// the window of blocks that is indexed
	size_t blocks;
	size_t window_at; // offset of its first byte
	uint64_t slashes; // not 0: there are backslashes in it
	struct block_state st;
	struct block_tokens m;
	// nesting
	size_t depth;
	struct level levels[SCAN_LEVELS];
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

// --- tokens ---------------------------------------------------------------------------------------------------------

// Behind the last token stands one with the offset n, again and again.
static __attribute__((noinline)) struct tokens
next_window(struct walk *w)
{
	do {
		w->window_at = w->st.at;
		w->blocks = block_index(&w->st, &w->m);
	} while (w->blocks && w->m.n == 0);
	w->slashes = 0;
	for (size_t b = 0; b < w->blocks; b++)
		w->slashes |= w->m.slash[b];
	if (!w->blocks) {
		w->m.offset[0] = (uint32_t)w->n;
		w->m.n = 1;
	}
	return (struct tokens){ w->m.offset, w->m.offset + w->m.n };
}

// The offset of the next token; n when there is none. The tokens stay in registers: their address is never taken where
// it is not inlined away.
static inline __attribute__((always_inline)) size_t
next(struct walk *w, struct tokens *t)
{
	if (t->next == t->end)
		*t = next_window(w);
	return *t->next++;
}

static __attribute__((noinline)) bool
has_slash_far(const struct walk *w, size_t from, size_t to)
{
	return memchr(w->text + from, '\\', to - from) != NULL;
}

// Is there a backslash in text[from, to)? Mostly the span lies in one block.
static inline bool
has_slash(const struct walk *w, size_t from, size_t to)
{
	size_t first = from - w->window_at, last = to - w->window_at;
	if (from < w->window_at || first / BLOCK != last / BLOCK || last / BLOCK >= w->blocks)
		return has_slash_far(w, from, to);
	uint64_t head = ~(uint64_t)0 << (first % BLOCK), tail = ((uint64_t)1 << (last % BLOCK)) - 1;
	return w->m.slash[first / BLOCK] & head & tail;
}

// --- scalars --------------------------------------------------------------------------------------------------------

static size_t
digits(const char *p, size_t i, size_t n)
{
	while (i < n && lof_is_digit((unsigned char)p[i]))
		i++;
	return i;
}

// RFC 8259 6. Returns the end of the number at p[i], or i if there is none; *cut when it ends with the text but could
// go on.
static size_t
number(const char *p, size_t i, size_t n, bool *cut)
{
	size_t start = i, j;
	i += p[i] == '-';
	j = digits(p, i, n);
	if (j == i || (p[i] == '0' && j > i + 1)) {
		*cut = i == n;
		return start;
	}
	if (j < n && p[j] == '.') {
		i = j + 1;
		if ((j = digits(p, i, n)) == i) {
			*cut = i == n;
			return start;
		}
	}
	if (j < n && (p[j] | 0x20) == 'e') {
		i = j + 1;
		i += i < n && (p[i] == '+' || p[i] == '-');
		if ((j = digits(p, i, n)) == i) {
			*cut = i == n;
			return start;
		}
	}
	return j;
}

static inline bool
ends_scalar(char c)
{
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':' || c == '"' ||
	    c == '[' || c == '{';
}

// End of the literal or number at text[at]; 0 if it is none.
static size_t
scalar(struct walk *w, size_t at, bool *cut)
{
	static const struct lof_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
	const char *p = w->text + at;
	size_t left = w->n - at, end;
	if (*p == '-' || lof_is_digit((unsigned char)*p)) {
		end = number(w->text, at, w->n, cut);
		if (end == at)
			return 0;
	} else {
		const struct lof_str *word = *p == 't' ? &words[0] : *p == 'f' ? &words[1] : &words[2];
		size_t k = left < word->n ? left : word->n;
		if (memcmp(p, word->p, k) != 0)
			return 0;
		if (k < word->n) {
			*cut = true;
			return 0;
		}
		end = at + k;
	}
	return end == w->n || ends_scalar(w->text[end]) ? end : 0;
}

// --- reports --------------------------------------------------------------------------------------------------------

static inline void
report(struct walk *w, path_node node, enum scan_kind kind, size_t from, size_t to)
{
	struct scan *s = w->out;
	if (__builtin_expect(s->n_hits == SCAN_HITS_MAX, 0))
		return;
	bool escaped = kind == SCAN_STRING && (w->slashes || from <= w->window_at) && has_slash(w, from, to);
	s->hits[s->n_hits++] = (struct scan_hit){ w->text + from, (uint32_t)(to - from), node, (uint8_t)kind, escaped };
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

static path_node
key_node(struct walk *w, struct level *l, struct lof_str key)
{
	if (w->t.loose)
		return paths_next_loose(w->ps, l->node, key);
	uint64_t first = 0, last;
	if (key.n >= 8) {
		memcpy(&first, key.p, 8);
		memcpy(&last, key.p + key.n - 8, 8);
	} else {
		if (w->text + w->n - key.p >= 8 && key.p >= w->text) {
			memcpy(&first, key.p, 8); // cheaper than a copy of variable length
			first &= ((uint64_t)1 << (8 * key.n)) - 1;
		} else {
			memcpy(&first, key.p, key.n);
		}
		last = first;
	}
	path_node node;
	uint64_t hash = paths_hash(l->node, first, last, key.n);
	struct scan_known *known = &w->out->known[hash >> 32 & (KNOWN - 1)];
	if (__builtin_expect(known->hash == hash, 1)) {
		node = (path_node)known->to;
	} else {
		node = paths_next(&w->t, hash, key.p, key.n);
		if (key.n <= 16)
			*known = (struct scan_known){ hash, node };
	}
	if (node) {
		if (w->out->seen[node] == l->serial)
			forget(w, l, node);
		w->out->seen[node] = l->serial;
	}
	return node;
}

// --- nesting --------------------------------------------------------------------------------------------------------

static struct container
innermost(const struct walk *w)
{
	if (w->depth == 0)
		return (struct container){ 0 };
	size_t d = w->depth - 1;
	bool object = w->out->nest[d / 64] >> (d % 64) & 1;
	path_node node = d < SCAN_LEVELS ? w->levels[d].node : PATH_DEAD;
	return (struct container){ node, object, object && d == 0 && !w->inner };
}

static struct container
push(struct walk *w, path_node node, size_t at)
{
	struct scan *s = w->out;
	bool object = w->text[at] == '{';
	size_t d = w->depth++;
	if (w->t.flags[node] & PATH_EXISTS)
		report(w, node, SCAN_CONTAINER, at, at + 1);
	if (d / 64 >= s->cap_nest)
		s->nest = grown(s->nest, &s->cap_nest, d / 64 + 1, sizeof *s->nest);
	uint64_t bit = (uint64_t)1 << (d % 64);
	s->nest[d / 64] = object ? s->nest[d / 64] | bit : s->nest[d / 64] & ~bit;
	if (d == 0 && !w->inner)
		s->insert_at = (uint32_t)at + 1;
	if (d >= SCAN_LEVELS)
		return innermost(w);
	struct level *l = &w->levels[d];
	*l = (struct level){ ++s->serial, (uint32_t)s->n_hits, 0, node, object };
	bool element = d == 1 && !w->levels[0].object && !w->inner;
	if (object && (element || (!w->inner && d > 0 && w->t.flags[node] & PATH_OPEN))) {
		s->opens = grown(s->opens, &s->cap_opens, s->n_opens + 1, sizeof *s->opens);
		s->opens[s->n_opens] = (struct scan_open){ (uint32_t)at, 0, element ? PATH_ROOT : node };
		l->open = (uint32_t)++s->n_opens;
	}
	if (element)
		l->node = PATH_DEAD; // each element is scanned by itself later
	return innermost(w);
}

static struct container
pop(struct walk *w, size_t at)
{
	size_t d = --w->depth;
	if (d < SCAN_LEVELS && w->levels[d].open)
		w->out->opens[w->levels[d].open - 1].to = (uint32_t)at + 1;
	return innermost(w);
}

// --- members of the top-level object: where ours stands, where a new one goes ---------------------------------------

struct members {
	size_t comma;   // before the member in hand
	size_t kept;    // members that stay
	bool own;       // the member in hand is ours
	bool open_cut;  // ours came first, so the comma behind it goes too
};

static inline void
member_begins(struct walk *w, struct members *m, size_t quote, struct lof_str key)
{
	struct scan *s = w->out;
	m->own = key.n == w->own.n && key.n && memcmp(key.p, w->own.p, key.n) == 0;
	if (m->open_cut)
		s->cuts[s->n_cuts - 1].to = (uint32_t)quote;
	m->open_cut = false;
	if (!m->own)
		return;
	s->cuts = grown(s->cuts, &s->cap_cuts, s->n_cuts + 1, sizeof *s->cuts);
	s->cuts[s->n_cuts++] = (struct scan_cut){ (uint32_t)(m->kept ? m->comma : quote), 0 };
}

static inline void
member_ends(struct walk *w, struct members *m, size_t end)
{
	struct scan *s = w->out;
	if (m->own) {
		s->cuts[s->n_cuts - 1].to = (uint32_t)end;
		m->open_cut = m->kept == 0;
		return;
	}
	m->kept++;
	s->insert_at = (uint32_t)end;
}

// --- the grammar ----------------------------------------------------------------------------------------------------

static enum scan_verdict
fail(struct walk *w, size_t at, const char *why)
{
	static const char *const faults[] = { NULL, "control byte in a string", "bad escape in a string", "bad UTF-8" };
	struct scan *s = w->out;
	// The index runs ahead of the walk: what it found wrong earlier in the text counts first.
	if (w->st.fault && w->st.fault_at <= at) {
		s->bad_at = w->st.fault_at;
		s->why = faults[w->st.fault];
		s->in_token = true;
		return s->bad_at >= w->n ? SCAN_CUT : SCAN_BAD;
	}
	s->bad_at = at;
	s->why = why;
	return at >= w->n ? SCAN_CUT : SCAN_BAD;
}

static enum scan_verdict
unterminated(struct walk *w)
{
	w->out->in_token = true;
	return fail(w, w->n, "unterminated string");
}

// A key with escapes in it, decoded; NULL when it has no decoded form: then it names nothing.
static __attribute__((noinline)) struct lof_str
decoded_key(struct lof_str raw, char *out, size_t max)
{
	size_t n;
	return jstr_decode(raw, out, max, &n) ? LOF_STR(out, n) : LOF_STR(NULL, 0);
}

static path_node
member_node(struct walk *w, struct members *top, struct container in, size_t quote, size_t end)
{
	char decoded[256];
	struct lof_str key = LOF_STR(w->text + quote + 1, end - quote - 1);
	if ((w->slashes || quote < w->window_at) && has_slash(w, quote + 1, end))
		key = decoded_key(key, decoded, sizeof decoded);
	if (in.outer) {
		member_begins(w, top, quote, key);
		if (top->own || in.node == PATH_DEAD)
			return PATH_DEAD;
	}
	if (!key.p)
		return w->t.loose ? in.node : PATH_DEAD;
	return key_node(w, &w->levels[w->depth - 1], key);
}

// Nothing at or behind text[n] may be read.
static inline char
byte_at(const char *text, size_t n, size_t at)
{
	return at < n ? text[at] : 0;
}

static enum scan_verdict
walk_value(struct walk *w, path_node node)
{
	const char *const text = w->text;
	const uint8_t *const flags = w->t.flags;
	const size_t n = w->n;
	struct tokens t = { NULL, NULL };
	struct members top = { 0 };
	struct container in = { 0 }; // the innermost
	enum scan_verdict verdict = SCAN_OTHER;
	size_t at, end;
	char c;

	at = next(w, &t);
	if (at == n)
		return SCAN_EMPTY;
	c = text[at];
value: // c, at `at`, must begin one
	if (c == '"') {
		end = next(w, &t);
		if (end == n)
			return unterminated(w);
		if (flags[node] & PATH_VALUE)
			report(w, node, SCAN_STRING, at + 1, end);
		end++;
	} else if (c == '{' || c == '[') {
		if (w->depth == 0)
			verdict = c == '{' ? SCAN_OBJECT : SCAN_ARRAY;
		in = push(w, node, at);
		node = in.node;
		end = at + 1;
		c = byte_at(text, n, end);
		at = c == ',' || c == ':' ? end : next(w, &t);
		c = byte_at(text, n, at);
		if (c == (in.object ? '}' : ']'))
			goto close;
		if (in.object)
			goto key;
		goto value;
	} else {
		bool cut = false;
		end = at < n ? scalar(w, at, &cut) : 0;
		if (!end) {
			w->out->in_token = cut;
			return fail(w, cut ? n : at, "expected a value");
		}
		if (flags[node] & PATH_VALUE && c != 'n')
			report(w, node, SCAN_SCALAR, at, end);
	}
after: // a value that ended before `end`; a separator that stands right there is no token
	c = byte_at(text, n, end);
	at = end;
	if (c != ',') {
		if (c != ':')
			at = next(w, &t);
		c = byte_at(text, n, at);
	}
	if (in.object) {
		if (in.outer) {
			member_ends(w, &top, end);
			top.comma = at;
		}
		if (c != ',') {
			if (c == '}')
				goto close;
			return fail(w, at, "expected ',' or '}'");
		}
		at = next(w, &t);
		c = byte_at(text, n, at);
		goto key;
	}
	if (w->depth == 0) {
		if (at != n)
			return fail(w, at, "expected nothing behind the value");
		return w->st.fault || w->st.carry.in_string ? unterminated(w) : verdict;
	}
	if (c != ',') {
		if (c == ']')
			goto close;
		return fail(w, at, "expected ',' or ']'");
	}
	node = in.node;
	at = next(w, &t);
	c = byte_at(text, n, at);
	goto value;
key: // c, at `at`, must begin one
	if (c != '"')
		return fail(w, at, "expected a member name in double quotes");
	end = next(w, &t);
	if (end == n)
		return unterminated(w);
	node = PATH_DEAD;
	if (in.node || in.outer)
		node = member_node(w, &top, in, at, end);
	c = byte_at(text, n, ++end);
	at = end;
	if (c != ':') {
		if (c != ',')
			at = next(w, &t);
		if (byte_at(text, n, at) != ':')
			return fail(w, at, "expected ':'");
	}
	at = next(w, &t);
	c = byte_at(text, n, at);
	goto value;
close: // a bracket at `at`
	in = pop(w, at);
	end = at + 1;
	if (w->depth == 0 && !w->inner)
		w->out->is_empty = top.kept == 0;
	goto after;
}

static enum scan_verdict
start(struct scan *s, const struct paths *ps, path_node from, const char *text, size_t n, struct lof_str own, bool inner)
{
	struct walk w; // not zeroed: its offsets are many, and none is read before it is written
	w.out = s;
	w.ps = ps;
	w.t = *paths_table(ps);
	w.text = text;
	w.n = n;
	w.own = own;
	w.blocks = w.window_at = w.slashes = 0;
	w.st = (struct block_state){ .text = (const uint8_t *)text, .n = n };
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
		memset(s->known, 0, KNOWN * sizeof *s->known);
		s->known_for = w.t.id;
	}
	if (!s->hits)
		s->hits = grown(NULL, &s->cap_hits, SCAN_HITS_MAX, sizeof *s->hits);
	s->why = "";
	s->in_token = false;
	s->bad_at = 0;
	return walk_value(&w, from);
}

enum scan_verdict
scan_event(struct scan *s, const struct paths *ps, const char *text, size_t n, struct lof_str own)
{
	s->n_hits = s->n_opens = s->n_cuts = 0;
	s->forgets = 0;
	s->insert_at = 0;
	s->is_empty = false;
	return start(s, ps, PATH_ROOT, text, n, own, false);
}

enum scan_verdict
scan_inner(struct scan *s, const struct paths *ps, path_node from, const char *text, size_t n)
{
	size_t before = s->n_hits;
	enum scan_verdict v = start(s, ps, from, text, n, LOF_LIT(""), true);
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
	*s = (struct scan){ 0 };
}
