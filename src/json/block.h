// The SIMD seam. Everything that depends on the machine's vector unit is behind block_index: it reads text 64 bytes at a
// time and says, in bit masks, where the tokens are. There is an implementation for AVX-512, one for AVX2 and a portable
// one; the same C text (block.inc.h) makes all three from a few primitives, so that they give the same answers, and a
// test demands it.
//
// Thread safety: block_choose is called once at start; block_index is pure but for its arguments.
#ifndef LOF_JSON_BLOCK_H
#define LOF_JSON_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Blocks indexed at a time: 4 KiB of text, so that the masks and the text stay in the first-level cache.
enum { BLOCK = 64, BLOCKS = 64 };

struct block_masks {
	uint64_t token[BLOCKS]; // quotes that open and close strings; {}[]:, outside strings; the first byte of any other run
	uint64_t slash[BLOCKS]; // backslashes
};

enum block_fault { FAULT_NONE, FAULT_CONTROL, FAULT_ESCAPE, FAULT_UTF8 };

// What one call hands to the next. Zero-initialise but for text and n.
struct block_state {
	const uint8_t *text; // the whole event
	size_t n;            // its length: nothing at or behind text[n] is read
	size_t at;           // bytes indexed so far
	size_t utf8_to;      // UTF-8 checked up to here
	uint64_t in_string;  // all ones when `at` is inside a string
	uint64_t escape;     // 1 when text[at] is escaped by a backslash before it
	uint64_t scalar;     // 1 when text[at - 1] belongs to a run that is no string, operator or white space
	size_t fault_at;     // offset of the first byte no string may hold (RFC 8259 7, RFC 3629)
	enum block_fault fault;
};

// Indexes the next (up to BLOCKS) blocks of text; returns how many, 0 at the end. In the last block the bits behind the
// end are clear.
typedef size_t block_fn(struct block_state *st, struct block_masks *out);
extern block_fn *block_index;

// Which implementation: BLOCK_AUTO takes the best the processor has. False when the processor lacks it.
enum block_kind { BLOCK_AUTO, BLOCK_PORTABLE, BLOCK_AVX2, BLOCK_AVX512 };
bool block_choose(enum block_kind kind);
const char *block_name(void); // of the one in use

// The implementations, for block.c.
block_fn block_index_portable, block_index_avx2, block_index_avx512;

// Checks UTF-8 (RFC 3629) from text[from] until at least `to`, which may be passed by the rest of a sequence. Returns
// where it stopped; a fault is noted in st.
size_t block_utf8(struct block_state *st, size_t from, size_t to);
// Checks the four hex digits of every \u whose u stands at text[at + bit] for the bits set.
void block_hex(struct block_state *st, size_t at, uint64_t bits);
void block_note(struct block_state *st, size_t at, enum block_fault fault);

#endif
