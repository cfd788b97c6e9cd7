#include "json/block.h"

#include <string.h>

block_fn *block_index = block_index_portable;
block_end_fn *block_end = block_end_portable;
block_sum_fn *block_sum = block_sum_portable;
static const char *name = "portable";

static bool
have(enum block_kind kind)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
	if (kind == BLOCK_AVX2)
		return avx2;
	if (kind == BLOCK_AVX512)
		return avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
		    __builtin_cpu_supports("avx512vbmi2");
#endif
	return kind == BLOCK_PORTABLE;
}

bool
block_choose(enum block_kind kind)
{
	if (kind == BLOCK_AUTO)
		kind = have(BLOCK_AVX512) ? BLOCK_AVX512 : have(BLOCK_AVX2) ? BLOCK_AVX2 : BLOCK_PORTABLE;
	if (!have(kind))
		return false;
#if defined(__x86_64__)
	if (kind != BLOCK_PORTABLE) {
		block_index = kind == BLOCK_AVX512 ? block_index_avx512 : block_index_avx2;
		block_end = kind == BLOCK_AVX512 ? block_end_avx512 : block_end_avx2;
		block_sum = kind == BLOCK_AVX512 ? block_sum_avx512 : block_sum_avx2;
		name = kind == BLOCK_AVX512 ? "avx512" : "avx2";
		return true;
	}
#endif
	block_index = block_index_portable;
	block_end = block_end_portable;
	block_sum = block_sum_portable;
	name = "portable";
	return true;
}

const char *
block_name(void)
{
	return name;
}

void
block_note(struct block_state *st, size_t at, enum block_fault fault)
{
	if (st->fault == FAULT_NONE || at < st->fault_at) {
		st->fault = fault;
		st->fault_at = at;
	}
}

// Length of the well-formed sequence at p (left bytes there), 0 if there is none: RFC 3629, table of section 4. More
// than left when the end of the text cuts it short.
static size_t
sequence(const uint8_t *p, size_t left)
{
	static const uint8_t low[] = { 0x80, 0xa0, 0x90 };
	uint8_t c = p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (n < 2)
		return n;
	uint8_t from = c == 0xe0 ? low[1] : c == 0xf0 ? low[2] : low[0];
	uint8_t to = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (left > 1 && (p[1] < from || p[1] > to))
		return 0;
	for (size_t i = 2; i < n && i < left; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void
block_utf8(struct block_state *st, size_t at, uint64_t high)
{
	while (high) {
		size_t from = at + (size_t)__builtin_ctzll(high);
		if (from < st->utf8_to) {
			high &= high - 1; // the tail of a sequence
			continue;
		}
		size_t n = sequence(st->text + from, st->n - from);
		if (!n || n > st->n - from) {
			block_note(st, n ? st->n : from, FAULT_UTF8);
			st->utf8_to = st->n; // one fault ends the event, or its line and with it the index: no need to look further
			return;
		}
		st->utf8_to = from + n;
	}
}

static bool
is_hex(uint8_t c)
{
	return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 6;
}

// What follows the backslash before text[at].
static void
check_escape(struct block_state *st, size_t at)
{
	if (at >= st->n) // the text ends behind the backslash: it lacks more than an escape
		return;
	if (!st->text[at] || !strchr("/bfnrtu", st->text[at])) {
		block_note(st, at, FAULT_ESCAPE);
		return;
	}
	for (size_t i = 1; st->text[at] == 'u' && i <= 4; i++)
		if (at + i >= st->n || !is_hex(st->text[at + i])) {
			block_note(st, at + i, FAULT_ESCAPE);
			return;
		}
}

void
block_strings(struct block_state *st, size_t at, const uint64_t *control, const uint64_t *escaped)
{
	for (size_t lane = 0; lane < LANES; lane++, at += BLOCK) {
		if (control[lane])
			block_note(st, at + (size_t)__builtin_ctzll(control[lane]), FAULT_CONTROL);
		for (uint64_t left = escaped[lane]; left; left &= left - 1)
			check_escape(st, at + (size_t)__builtin_ctzll(left));
	}
}
