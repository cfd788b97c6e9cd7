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

// Blocks indexed at a time: 4 KiB of text, so that it and all that is said of it stay in the first-level cache.
enum { BLOCK = 64, BLOCKS = 64, LANES = 8 };

// Where the tokens of a window stand, counted from its first byte.
//
// Tokens are the quotes that open strings, brackets, and the first byte of any other run. What stands in the text where
// everyone expects it is no token, which in most JSON saves half of them: no comma or colon directly behind a string,
// a bracket or a run; and no closing quote whose place the next token gives away, be it a bracket that closes directly
// behind it, or what begins a value directly behind the comma or colon that is directly behind it:
//
//     {"rule":{"level":3, "groups":["a" , "b"]}}
//     ^^      ^^       ^  ^        ^^ ^ ^ ^  ^^^         (a lone closing quote is written as ~place)
//
// Where lines are indexed, a line feed is one too, in a string or not, and is written as a closing quote is.
struct block_tokens {
	int16_t at[BLOCKS * BLOCK + 64]; // a few behind the last may be overwritten
	size_t n;
	uint64_t slash[BLOCKS]; // a bit for each backslash
};

enum block_fault { FAULT_NONE, FAULT_CONTROL, FAULT_ESCAPE, FAULT_UTF8 };

// What one block hands to the next.
struct block_carry {
	uint64_t in_string; // all ones: the next byte is inside a string
	uint64_t escape;    // 1: it is escaped by the backslash before it
	uint64_t run;       // its last bit: the byte before it belongs to a run that is no string, operator or white space
	uint64_t ended;     // its last bit: that is a closing quote, a bracket or of such a run
	uint64_t closed;    // within a window, its last bit: that is a closing quote,
	uint64_t parted;    // or a comma or colon directly behind one
};

// What one call hands to the next. Zero-initialise but for text and n.
struct block_state {
	const uint8_t *text; // the whole event, or lines
	size_t n;            // its length: nothing at or behind text[n] is read
	bool lines;          // line feeds are tokens
	size_t at;           // bytes indexed so far
	size_t utf8_to;      // UTF-8 checked up to here
	struct block_carry carry;
	size_t fault_at;     // offset of the first byte no string may hold (RFC 8259 7, RFC 3629)
	enum block_fault fault;
};

// Indexes the next (up to BLOCKS) blocks of text; returns how many, 0 at the end.
typedef size_t block_fn(struct block_state *st, struct block_tokens *out);
extern block_fn *block_index;

// For those who only want to know where a value ends: how deep its text so far has gone, and whether that ends in a
// string, behind a backslash.
struct block_nest {
	uint64_t in_string; // all ones, or 0
	uint64_t escape;    // 1: the next byte is escaped
	uint64_t depth;     // brackets that are open, at least 1
};

// Walks the text that follows, p[0, n), whatever its brackets are: returns the offset behind the one with which as many
// are closed as were open, with *s all zeros; or that of a control byte where none may stand (any in a string, any but
// white space elsewhere; with one_line white space too), with *s as it is before it; or n.
typedef size_t block_end_fn(struct block_nest *s, const char *p, size_t n, bool one_line);
extern block_end_fn *block_end;

// For those who tell values apart, but for numbers in them that count as alike: 64 bytes of a value as two keyed sums
// (NH: Black, Halevi, Krawczyk, Krovetz & Rogaway, "UMAC", 1999). Values that differ have the same ones with a chance of
// 2^-64 for whoever does not know the key.
struct block_sum {
	uint64_t sum[2];
	uint64_t rows; // a bit for each digit that was left out
};

// Of p[0, n), n up to 64, with blanks behind it. Digits in rows of at least `run` are left out (as if they were zeros), but
// for those that may belong to a \uXXXX; none are with run 0. *escape is handed from piece to piece of one value, false
// at first.
enum { BLOCK_KEYS = 16 };
typedef struct block_sum block_sum_fn(const char *p, size_t n, unsigned run, bool *escape, const uint64_t key[BLOCK_KEYS]);
extern block_sum_fn *block_sum;

// Which implementation: BLOCK_AUTO takes the best the processor has. False when the processor lacks it.
enum block_kind { BLOCK_AUTO, BLOCK_PORTABLE, BLOCK_AVX2, BLOCK_AVX512 };
bool block_choose(enum block_kind kind);
const char *block_name(void); // of the one in use

// The implementations, for block.c.
block_fn block_index_portable, block_index_avx2, block_index_avx512;
block_end_fn block_end_portable, block_end_avx2, block_end_avx512;
block_sum_fn block_sum_portable, block_sum_avx2, block_sum_avx512;

// Checks the UTF-8 (RFC 3629) of the block at text[at] whose bytes of 0x80 and more are `high`, but for what
// st->utf8_to says was checked; moves that behind the last sequence, which may end in the next block. A fault is noted
// in st.
void block_utf8(struct block_state *st, size_t at, uint64_t high);
// What strings may not hold, told as an offset: `control` bytes in them, and what follows a backslash but is neither a
// backslash nor a quote (`escaped`), unless it is one of the other escapes. LANES masks each, the first for text[at].
void block_strings(struct block_state *st, size_t at, const uint64_t *control, const uint64_t *escaped);
void block_note(struct block_state *st, size_t at, enum block_fault fault);

#endif
