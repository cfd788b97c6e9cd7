// The SIMD seam. Everything that depends on the machine's vector unit is behind block_index: it reads text 64 bytes at
// a time and says where the tokens are. There is an implementation for AVX-512, one for AVX2 and a portable
// one; the same C text (block.inc.h) makes all three from a few primitives, so that they give the same answers, and a
// test demands it.
//
// Thread safety: block_choose is called once at start; block_index is pure but for its arguments.
#ifndef LOF_JSON_BLOCK_H
#define LOF_JSON_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Blocks indexed at a time: 2 KiB of text, so that it and all that is said of it stay in the first-level cache.
enum { BLOCK = 64, BLOCKS = 32 };

struct block_tokens {
	// Offsets of the quotes that open and close strings, of {}[]:, outside strings, and of the first byte of any other
	// run. But of no comma or colon directly behind a string, a bracket or a run: whoever stands there sees it in the
	// text, and in most JSON that saves every third token. A few entries behind the last may be overwritten.
	uint32_t offset[BLOCKS * BLOCK + 16];
	size_t n;
	uint64_t slash[BLOCKS]; // a bit for each backslash
};

enum block_fault { FAULT_NONE, FAULT_CONTROL, FAULT_ESCAPE, FAULT_UTF8 };

// What one block hands to the next.
struct block_carry {
	uint64_t in_string; // all ones: the next byte is inside a string
	uint64_t escape;    // 1: it is escaped by the backslash before it
	uint64_t scalar;    // 1: the byte before it belongs to a run that is no string, operator or white space
	uint64_t ended;     // 1: that is a closing quote, a bracket or of such a run
};

// What one call hands to the next. Zero-initialise but for text and n.
struct block_state {
	const uint8_t *text; // the whole event
	size_t n;            // its length: nothing at or behind text[n] is read
	size_t at;           // bytes indexed so far
	size_t utf8_to;      // UTF-8 checked up to here
	struct block_carry carry;
	size_t fault_at;     // offset of the first byte no string may hold (RFC 8259 7, RFC 3629)
	enum block_fault fault;
};

// Indexes the next (up to BLOCKS) blocks of text; returns how many, 0 at the end.
typedef size_t block_fn(struct block_state *st, struct block_tokens *out);
extern block_fn *block_index;

// Which implementation: BLOCK_AUTO takes the best the processor has. False when the processor lacks it.
enum block_kind { BLOCK_AUTO, BLOCK_PORTABLE, BLOCK_AVX2, BLOCK_AVX512 };
bool block_choose(enum block_kind kind);
const char *block_name(void); // of the one in use

// The implementations, for block.c.
block_fn block_index_portable, block_index_avx2, block_index_avx512;

// Checks the UTF-8 (RFC 3629) of the block at text[at] whose bytes of 0x80 and more are `high`, but for what
// st->utf8_to says was checked; moves that behind the last sequence, which may end in the next block. A fault is noted
// in st.
void block_utf8(struct block_state *st, size_t at, uint64_t high);
// Checks the four hex digits of every \u whose u stands at text[at + bit] for the bits set.
void block_hex(struct block_state *st, size_t at, uint64_t bits);
void block_note(struct block_state *st, size_t at, enum block_fault fault);

#endif
