// Included by each block_*.c with these primitives defined (ISA is the function attribute they need, or nothing):
//   struct vec                          64 bytes, loaded
//   vec_load(p)  -> struct vec          from 64 readable bytes
//   vec_quote, vec_slash, vec_op, vec_blank, vec_control, vec_high (vec) -> bit mask
//                                       op may also answer for 0x0c and 0x1a: the scanner looks at the byte itself
//   vec_escapable, vec_u (vec)          bytes that may follow a backslash; the letter u
//   bits_prefix_xor(mask)               bit i = xor of bits 0..i
// The bit arithmetic follows Langdale & Lemire, "Parsing Gigabytes of JSON per Second" (VLDB J. 2019), section 3.1.

static ISA inline uint64_t
escaped_bytes(struct block_state *st, uint64_t slash)
{
	if (!slash) {
		uint64_t escaped = st->escape;
		st->escape = 0;
		return escaped;
	}
	const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
	uint64_t starts = slash & ~st->escape;
	uint64_t series = (((starts << 1) | odd) - starts) ^ odd;
	uint64_t escaped = series ^ (slash | st->escape);
	st->escape = (series & slash) >> 63;
	return escaped;
}

// What strings may not hold: found here, where the masks are, and told as an offset.
static ISA void
string_faults(struct block_state *st, size_t at, struct vec v, uint64_t in_string, uint64_t escaped)
{
	uint64_t control = vec_control(v) & in_string;
	if (control)
		block_note(st, at + (size_t)__builtin_ctzll(control), FAULT_CONTROL);
	escaped &= in_string;
	if (!escaped)
		return;
	uint64_t bad = escaped & ~vec_escapable(v);
	if (bad)
		block_note(st, at + (size_t)__builtin_ctzll(bad), FAULT_ESCAPE);
	uint64_t u = escaped & vec_u(v);
	if (u)
		block_hex(st, at, u);
}

static ISA inline void
index_one(struct block_state *st, const uint8_t *p, size_t at, size_t left, struct block_masks *out, size_t i)
{
	struct vec v = vec_load(p);
	uint64_t slash = vec_slash(v);
	uint64_t escaped = escaped_bytes(st, slash);
	uint64_t quote = vec_quote(v) & ~escaped;
	uint64_t in_string = bits_prefix_xor(quote) ^ st->in_string;
	st->in_string = (uint64_t)((int64_t)in_string >> 63);

	uint64_t high = vec_high(v);
	if (high && at + BLOCK > st->utf8_to) {
		size_t from = at + (size_t)__builtin_ctzll(high);
		st->utf8_to = block_utf8(st, from > st->utf8_to ? from : st->utf8_to, at + (left < BLOCK ? left : BLOCK));
	}
	if ((vec_control(v) & in_string) | (escaped & in_string))
		string_faults(st, at, v, in_string, escaped);

	uint64_t op = vec_op(v);
	uint64_t run = ~(op | vec_blank(v) | quote | in_string);
	uint64_t start = run & ~((run << 1) | st->scalar);
	st->scalar = run >> 63;
	uint64_t valid = left < BLOCK ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
	out->token[i] = ((op & ~in_string) | quote | start) & valid;
	out->slash[i] = slash;
}

ISA size_t
BLOCK_INDEX(struct block_state *st, struct block_masks *out)
{
	size_t i = 0, at = st->at;
	while (i < BLOCKS && st->n - at >= BLOCK) {
		index_one(st, st->text + at, at, BLOCK, out, i++);
		at += BLOCK;
	}
	if (i < BLOCKS && at < st->n) {
		uint8_t last[BLOCK]; // nothing behind the text may be read
		memset(last, ' ', sizeof last);
		memcpy(last, st->text + at, st->n - at);
		// Blanks behind an unterminated string must not hide it: in_string is asked before the end is believed.
		index_one(st, last, at, st->n - at, out, i++);
		at = st->n;
	}
	st->at = at;
	return i;
}
