// Included by each block_*.c with these primitives defined (ISA is the function attribute they need, or nothing):
//   struct vec                          64 bytes, loaded
//   vec_load(p)  -> struct vec          from 64 readable bytes
//   vec_quote, vec_slash, vec_bracket, vec_separator (, and :), vec_blank, vec_control, vec_high (vec) -> bit mask
//   vec_escapable, vec_u (vec)          bytes that may follow a backslash; the letter u
//   bits_prefix_xor(mask)               bit i = xor of bits 0..i
// bits_flatten(o, mask, at, count)    if BITS_FLATTEN is defined: writes at + i for each bit i, and up to 15 more
// entries The bit arithmetic follows Langdale & Lemire, "Parsing Gigabytes of JSON per Second" (VLDB J. 2019), section
// 3.1.

static ISA inline uint64_t
escaped_bytes(struct block_carry *c, uint64_t slash)
{
	if (!slash) {
		uint64_t escaped = c->escape;
		c->escape = 0;
		return escaped;
	}
	const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
	uint64_t starts = slash & ~c->escape;
	uint64_t series = (((starts << 1) | odd) - starts) ^ odd;
	uint64_t escaped = series ^ (slash | c->escape);
	c->escape = (series & slash) >> 63;
	return escaped;
}

// What strings may not hold: found here, where the masks are, and told as an offset.
static ISA __attribute__((noinline)) void
string_faults(struct block_state *st, size_t at, uint64_t control, uint64_t escape, uint64_t u)
{
	if (control)
		block_note(st, at + (size_t)__builtin_ctzll(control), FAULT_CONTROL);
	if (escape)
		block_note(st, at + (size_t)__builtin_ctzll(escape), FAULT_ESCAPE);
	if (u)
		block_hex(st, at, u);
}

#ifndef BITS_FLATTEN
// Turns a block's bits into offsets. Eight at a time without asking how many there are: a branch on that would be
// guessed wrong in every other block, which costs more than the stores.
static ISA inline __attribute__((always_inline)) void
bits_flatten(uint32_t *o, uint64_t token, uint32_t at, unsigned count)
{
	uint32_t *end = o + count;
	do {
#pragma GCC unroll 8
		for (int k = 0; k < 8; k++) {
			o[k] = at + (uint32_t)__builtin_ctzll(token | (uint64_t)1 << 63);
			token &= token - 1;
		}
		o += 8;
	} while (o < end);
}
#endif

static ISA inline __attribute__((always_inline)) void
index_one(struct block_state *st, struct block_carry *c, const uint8_t *p, size_t at, size_t left, struct block_tokens *out, size_t i)
{
	struct vec v = vec_load(p);
	uint64_t slash = vec_slash(v);
	uint64_t escaped = escaped_bytes(c, slash);
	uint64_t quote = vec_quote(v) & ~escaped;
	uint64_t in_string = bits_prefix_xor(quote) ^ c->in_string;
	c->in_string = (uint64_t)((int64_t)in_string >> 63);

	uint64_t high = vec_high(v);
	if (high)
		block_utf8(st, at, high);
	uint64_t control = vec_control(v) & in_string, bad = 0, u = 0;
	escaped &= in_string;
	if (escaped) {
		bad = escaped & ~vec_escapable(v);
		u = escaped & vec_u(v);
	}
	if (__builtin_expect((control | bad | u) != 0, 0))
		string_faults(st, at, control, bad, u);

	uint64_t bracket = vec_bracket(v) & ~in_string, separator = vec_separator(v) & ~in_string;
	uint64_t run = ~(bracket | separator | vec_blank(v) | quote | in_string);
	uint64_t start = run & ~((run << 1) | c->scalar);
	uint64_t ended = bracket | run | (quote & ~in_string);
	separator &= ~((ended << 1) | c->ended);
	c->scalar = run >> 63;
	c->ended = ended >> 63;
	uint64_t valid = left < BLOCK ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
	uint64_t token = (bracket | separator | quote | start) & valid;
	unsigned count = (unsigned)__builtin_popcountll(token);
	bits_flatten(out->offset + out->n, token, (uint32_t)at, count);
	out->n += count;
	out->slash[i] = slash;
}

ISA size_t
BLOCK_INDEX(struct block_state *st, struct block_tokens *out)
{
	out->n = 0;
	struct block_carry c = st->carry; // in registers while it lasts
	size_t i = 0, at = st->at, left;
	uint8_t last[BLOCK]; // nothing behind the text may be read
	for (; i < BLOCKS && (left = st->n - at) > 0; i++) {
		const uint8_t *p = st->text + at;
		if (__builtin_expect(left < BLOCK, 0)) {
			memset(last, ' ', sizeof last);
			memcpy(last, p, left);
			p = last;
		}
		index_one(st, &c, p, at, left, out, i);
		at += left < BLOCK ? left : BLOCK;
	}
	st->at = at;
	st->carry = c;
	return i;
}
