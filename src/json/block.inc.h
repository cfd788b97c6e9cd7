// Included by each block_*.c with these primitives defined (ISA is the function attribute they need, or nothing):
//   struct vec                          64 bytes, loaded
//   vec_load(p) -> struct vec           from 64 readable bytes
//   vec_load_part(p, n)                 if VEC_LOAD_PART is defined: from n readable bytes, blanks behind them, of which
//                                       no mask but that of blanks has a bit
//   vec_quote, vec_slash, vec_open, vec_close (brackets), vec_separator (, and :), vec_blank, vec_feed, vec_control,
//   vec_high (vec)                      -> bit mask
//   vec_digit, vec_u (vec), vec_sum(v, without, key, sum)
//                                       if BLOCK_SUM is defined: bit masks; the sums, zeros where `without` has bits
//   bits_flatten(o, token, closing, at, count)
//                                       if BITS_FLATTEN is defined: writes at + i for each bit i of `token`, its
//                                       complement for those of `closing`, and up to 63 more entries
//
// First the bytes of the whole window become masks, then the masks become tokens, eight blocks at a time in one vector
// of the compiler's: no branch asks what a block holds. The bit arithmetic follows Langdale & Lemire, "Parsing Gigabytes
// of JSON per Second" (VLDB J. 2019), section 3.1.

#define INLINE static ISA inline __attribute__((always_inline))
#pragma GCC diagnostic ignored "-Wpsabi" // no vector is handed to a function that is not inlined

// A mask of each of eight blocks, the first in lane 0.
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

struct masks {
	uint64_t quote[BLOCKS], open[BLOCKS], close[BLOCKS], separator[BLOCKS], blank[BLOCKS], feed[BLOCKS], control[BLOCKS],
	    high[BLOCKS];
};

#ifndef VEC_LOAD_PART
INLINE struct vec
vec_load_part(const uint8_t *p, size_t n)
{
	uint8_t copy[BLOCK];
	memset(copy, ' ', sizeof copy);
	memcpy(copy, p, n);
	return vec_load(copy);
}
#endif

// --- lanes ----------------------------------------------------------------------------------------------------------

#if defined(__clang__) || __GNUC__ >= 12
#define LANES_MOVED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LANES_MOVED(a, b, ...) __builtin_shuffle(a, b, (lanes){ __VA_ARGS__ })
#endif

INLINE lanes
lanes_load(const uint64_t *p)
{
	lanes v;
	memcpy(&v, p, sizeof v);
	return v;
}

INLINE bool
lanes_any(lanes v)
{
	uint64_t all = 0;
	for (int i = 0; i < LANES; i++)
		all |= v[i];
	return all;
}

// Lane i - 1 in lane i, `first` in the first.
INLINE lanes
lanes_up(lanes v, uint64_t first)
{
	return LANES_MOVED(v, ((lanes){ first }), 8, 0, 1, 2, 3, 4, 5, 6);
}

// The mask of the bytes behind those of v; *carry is the block before, and becomes the last.
INLINE lanes
behind(lanes v, uint64_t *carry)
{
	lanes before = lanes_up(v, *carry);
	*carry = v[LANES - 1];
	return v << 1 | before >> 63;
}

// The mask of the bytes `by` before those of v.
INLINE lanes
before(lanes v, int by)
{
	return v >> by | LANES_MOVED(v, (lanes){ 0 }, 1, 2, 3, 4, 5, 6, 7, 8) << (64 - by);
}

// --- strings --------------------------------------------------------------------------------------------------------

INLINE uint64_t
escaped_bytes(uint64_t slash, uint64_t *carry)
{
	const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
	uint64_t starts = slash & ~*carry;
	uint64_t series = (((starts << 1) | odd) - starts) ^ odd;
	uint64_t escaped = series ^ (slash | *carry);
	*carry = (series & slash) >> 63;
	return escaped;
}

// The bytes that a backslash escapes.
INLINE lanes
escaped_lanes(lanes slash, uint64_t *carry)
{
	const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
	if (__builtin_expect(!*carry && !lanes_any(slash >> 63), 1))
		return ((((slash << 1) | odd) - slash) ^ odd) ^ slash;
	lanes escaped = { 0 };
	for (int i = 0; i < LANES; i++)
		escaped[i] = escaped_bytes(slash[i], carry);
	return escaped;
}

// The bytes in strings, of them the opening quote but not the closing one.
INLINE lanes
string_lanes(lanes quote, uint64_t *carry)
{
	const lanes none = { 0 };
	for (int shift = 1; shift < 64; shift <<= 1) // bit i becomes the xor of bits 0 to i
		quote ^= quote << shift;
	lanes odd = none - (quote >> 63); // all ones: an odd number of quotes in the lane
	odd ^= (lanes){ *carry };
	odd ^= lanes_up(odd, 0);
	odd ^= LANES_MOVED(odd, none, 8, 8, 0, 1, 2, 3, 4, 5);
	odd ^= LANES_MOVED(odd, none, 8, 8, 8, 8, 0, 1, 2, 3); // or up to here in all
	quote ^= lanes_up(odd, *carry);
	*carry = odd[LANES - 1];
	return quote;
}

// --- tokens ---------------------------------------------------------------------------------------------------------

#ifndef BITS_FLATTEN
// Turns a block's bits into offsets. Eight at a time without asking how many there are: a branch on that would be
// guessed wrong in every other block, which costs more than the stores.
INLINE void
bits_flatten(int16_t *o, uint64_t token, uint64_t closing, unsigned at, unsigned count)
{
	int16_t *to = o, *end = o + count;
	uint64_t left = token;
	do {
#pragma GCC unroll 8
		for (int k = 0; k < 8; k++) {
			to[k] = (int16_t)(at + (unsigned)__builtin_ctzll(left | (uint64_t)1 << 63));
			left &= left - 1;
		}
		to += 8;
	} while (to < end);
	for (; closing; closing &= closing - 1) {
		int16_t *one = o + __builtin_popcountll(token & ((closing & -closing) - 1));
		*one = (int16_t)~*one;
	}
}
#endif

// The tokens of eight blocks from block `first` on, which is at text[at].
INLINE void
put_tokens(struct block_state *st, struct block_carry *c, const struct masks *m, size_t at, unsigned first,
    struct block_tokens *out)
{
	lanes slash = lanes_load(out->slash + first), raw = lanes_load(m->quote + first);
	lanes escaped = escaped_lanes(slash, &c->escape), quote = raw & ~escaped;
	lanes in_string = string_lanes(quote, &c->in_string), closing = quote & ~in_string;
	lanes control = lanes_load(m->control + first) & in_string;
	escaped &= in_string & ~slash & ~raw;
	if (lanes_any(control | escaped))
		block_strings(st, at, (const uint64_t *)&control, (const uint64_t *)&escaped);

	lanes open = lanes_load(m->open + first) & ~in_string, close = lanes_load(m->close + first) & ~in_string;
	lanes separator = lanes_load(m->separator + first) & ~in_string;
	lanes run = ~(open | close | separator | lanes_load(m->blank + first) | quote | in_string);
	lanes begin = (quote & in_string) | open | (run & ~behind(run, &c->run));
	lanes lone = separator & ~behind(open | close | run | closing, &c->ended);
	// Tokens that give away the closing quote two or one before them.
	lanes closed = behind(closing, &c->closed);
	lanes two = begin & behind(separator & closed, &c->parted), one = close & closed;
	closing &= ~(before(two, 2) | before(one, 1));
	if ((two[0] & 3) | (one[0] & 1)) // the last token of the blocks before is one of those
		out->n--;
	if (st->lines)
		closing |= lanes_load(m->feed + first);
	lanes token = begin | close | lone | closing;
	int16_t *to = out->at + out->n;
	for (unsigned i = 0; i < LANES; i++) {
		unsigned count = (unsigned)__builtin_popcountll(token[i]);
		bits_flatten(to, token[i], closing[i], (first + i) * BLOCK, count);
		to += count;
	}
	out->n = (size_t)(to - out->at);
}

// The masks of block i.
INLINE void
put_masks(struct vec v, struct masks *m, unsigned i, struct block_tokens *out, bool lines)
{
	m->quote[i] = vec_quote(v);
	out->slash[i] = vec_slash(v);
	m->open[i] = vec_open(v);
	m->close[i] = vec_close(v);
	m->separator[i] = vec_separator(v);
	m->blank[i] = vec_blank(v);
	if (lines)
		m->feed[i] = vec_feed(v);
	m->control[i] = vec_control(v);
	m->high[i] = vec_high(v);
}

ISA size_t
BLOCK_INDEX(struct block_state *st, struct block_tokens *out)
{
	struct masks m;
	const uint8_t *text = st->text + st->at;
	size_t left = st->n - st->at, size = left < BLOCKS * BLOCK ? left : BLOCKS * BLOCK;
	unsigned whole = (unsigned)(size / BLOCK), blocks = whole + (size % BLOCK > 0);
	for (unsigned i = 0; i < whole; i++)
		put_masks(vec_load(text + i * BLOCK), &m, i, out, st->lines);
	if (whole < blocks)
		put_masks(vec_load_part(text + whole * BLOCK, size % BLOCK), &m, whole, out, st->lines);
	for (unsigned i = blocks; i % LANES; i++) {
		m.quote[i] = out->slash[i] = m.open[i] = m.close[i] = m.separator[i] = m.feed[i] = m.control[i] = 0;
		m.blank[i] = ~(uint64_t)0;
	}
	for (unsigned i = 0; i < blocks; i++)
		if (m.high[i])
			block_utf8(st, st->at + i * BLOCK, m.high[i]);
	struct block_carry c = st->carry; // in registers while it lasts
	c.closed = c.parted = 0;          // the tokens of the window before have been handed out
	out->n = 0;
	for (unsigned i = 0; i < blocks; i += LANES)
		put_tokens(st, &c, &m, st->at + i * BLOCK, i, out);
	st->at += size;
	st->carry = c;
	return blocks;
}

// --- ends ----------------------------------------------------------------------------------------------------------

INLINE uint64_t
string_bytes(uint64_t quote, uint64_t in_string)
{
	for (int shift = 1; shift < 64; shift <<= 1)
		quote ^= quote << shift;
	return quote ^ in_string;
}

// Which of the brackets that close ends the value, as a mask of one bit, or none.
INLINE uint64_t
last_bracket(uint64_t open, uint64_t close, uint64_t depth)
{
	for (; close; close &= close - 1) {
		uint64_t one = close & -close;
		if (depth + (uint64_t)__builtin_popcountll(open & (one - 1)) == 1)
			return one;
		depth--;
	}
	return 0;
}

ISA size_t
BLOCK_END(struct block_nest *s, const char *p, size_t n, bool one_line)
{
	uint64_t in_string = s->in_string, escape = s->escape, depth = s->depth;
	for (size_t at = 0; at < n; at += BLOCK) {
		size_t size = n - at < BLOCK ? n - at : BLOCK;
		const uint8_t *text = (const uint8_t *)p + at;
		struct vec v = size < BLOCK ? vec_load_part(text, size) : vec_load(text);
		uint64_t slash = vec_slash(v), carry = escape, escaped = slash | carry ? escaped_bytes(slash, &carry) : 0;
		uint64_t strings = string_bytes(vec_quote(v) & ~escaped, in_string);
		uint64_t open = vec_open(v) & ~strings, close = vec_close(v) & ~strings, control = vec_control(v), stop = 0, end = 0;
		if (control)
			stop = one_line ? control : control & (strings | ~vec_blank(v));
		uint64_t opened = (uint64_t)__builtin_popcountll(open), closed = (uint64_t)__builtin_popcountll(close);
		if (closed >= depth)
			end = last_bracket(open, close, depth);
		if (__builtin_expect((stop | end) != 0, 0)) {
			uint64_t first = (stop | end) & -(stop | end), below = first - 1;
			*s = (struct block_nest){ 0 };
			if (first == end)
				return at + (size_t)__builtin_ctzll(end) + 1;
			s->in_string = strings & first ? ~(uint64_t)0 : 0;
			s->escape = (escaped & first) != 0;
			s->depth = depth + (uint64_t)__builtin_popcountll(open & below) - (uint64_t)__builtin_popcountll(close & below);
			return at + (size_t)__builtin_ctzll(first);
		}
		depth += opened - closed;
		in_string = (uint64_t)0 - (strings >> 63);
		escape = (slash & ~escaped) >> (size - 1) & 1;
	}
	*s = (struct block_nest){ in_string, escape, depth };
	return n;
}

// --- sums ----------------------------------------------------------------------------------------------------------

// The digits in rows of at least `run`, without the rows that begin where those of a \uXXXX may.
INLINE uint64_t
digit_rows(uint64_t digit, uint64_t slash, uint64_t u, unsigned run, bool *escape)
{
	uint64_t at = slash & u >> 1, rows = digit;
	for (unsigned k = 1; k < run; k++)
		rows &= rows >> 1;
	for (unsigned k = 1; k < run; k++)
		rows |= rows << 1;
	uint64_t taken = at << 2 | at << 3 | at << 4 | at << 5 | (*escape ? 0x1f : 0);
	*escape = slash >> 59;
	return rows & (rows + (rows & ~(rows << 1) & taken)); // the sum runs through a row from its first bit to its last
}

#ifdef BLOCK_SUM
ISA struct block_sum
BLOCK_SUM(const char *p, size_t n, unsigned run, bool *escape, const uint64_t key[BLOCK_KEYS])
{
	struct vec v = n < BLOCK ? vec_load_part((const uint8_t *)p, n) : vec_load((const uint8_t *)p);
	struct block_sum s = { .rows = run ? digit_rows(vec_digit(v), vec_slash(v), vec_u(v), run, escape) : 0 };
	vec_sum(v, s.rows, key, s.sum);
	return s;
}
#endif
