// The texts that notes are found by while an index is built, and the table they become: one lexicon for the keys, one
// for the words. Private to the index writer (write.c); lives in the writer's arena; one thread.
#ifndef LOF_NOTES_LEXICON_H
#define LOF_NOTES_LEXICON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct lexicon {
	struct lof_arena *arena; // set by the owner; everything else begins as zero
	struct lof_buf entries;  // struct lex_entry, in the order they came
	struct lof_buf uses;     // struct lex_use
	uint32_t *map;           // hash to entry + 1, open addressing
	size_t map_size;         // a power of two, or 0
};

struct lex_entry {
	struct lof_str text;
	uint64_t hash;
	uint32_t df;   // numbers that have it
	uint32_t last; // the use that says so of the last of them, + 1
};

struct lex_use {
	uint32_t entry, no;
	unsigned fields;
};

// The number of the entry of this text, made if there is none.
uint32_t lex_intern(struct lexicon *l, struct lof_str text, uint64_t hash);

// The note or rule `no` is found by `text`, which stands in its `field` (a bit). Numbers must come in ascending order.
// Returns 1 if it was not yet found so, else 0.
int lex_add(struct lexicon *l, struct lof_str text, uint64_t hash, uint32_t no, unsigned field);

// How many numbers have it; 0: it is not there.
uint32_t lex_df(const struct lexicon *l, struct lof_str text, uint64_t hash);

static inline size_t
lex_count(const struct lexicon *l)
{
	return l->entries.n / sizeof(struct lex_entry);
}

// Lays the lexicon out: records in the order of their texts to *records, their lists behind *postings, texts behind
// *pool, the table to *table and its seed to *seed. `total` > 0 asks for idf among so many and for the fields in the
// lists (layout_post); the numbers under `notes` are notes.
// Returns 0, or -1 if no seed makes a table (more than 16 texts with one hash).
int lex_layout(struct lexicon *l, size_t notes, size_t total, struct lof_buf *records, struct lof_buf *table, uint32_t *seed,
    struct lof_buf *postings, struct lof_buf *pool);

void lex_free(struct lexicon *l);

#endif
