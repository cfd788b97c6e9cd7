// An index as its reader holds it. Private to index.c (opening, looking up), verify.c (is it
// one?) and source.c (what was it made of?). Everything is a
// view into the file's bytes; nothing here changes once verify_index has said yes.
#ifndef LOF_NOTES_READER_H
#define LOF_NOTES_READER_H

#include "base/buf.h"
#include "notes/index.h"
#include "notes/layout.h"

// A lexicon as the reader sees it: keys or words.
struct lexis {
	const struct layout_text *text;
	const struct layout_slot *slot;
	uint32_t n;
	uint32_t seed;
	unsigned bits;
};

struct index {
	struct lof_buf own; // the file's bytes; everything below points into them
	const char *part[PARTS];
	uint32_t count[PARTS];
	struct lexis keys, words;
	char version[LAYOUT_LABEL + 10];
	size_t version_n;
};

static inline const struct layout_note *
reader_notes(const struct index *ix)
{
	return (const void *)ix->part[PART_NOTES];
}

static inline const struct layout_rule *
reader_rules(const struct index *ix)
{
	return (const void *)ix->part[PART_RULES];
}

static inline const struct layout_condition *
reader_conditions(const struct index *ix)
{
	return (const void *)ix->part[PART_CONDITIONS];
}

static inline const struct layout_technique *
reader_techniques(const struct index *ix)
{
	return (const void *)ix->part[PART_TECHNIQUES];
}

static inline struct lof_str
reader_text(const struct index *ix, struct layout_span s)
{
	return LOF_STR(ix->part[PART_POOL] + s.off, s.n);
}

static inline struct lof_str
reader_piece(const struct index *ix, uint32_t no)
{
	const struct layout_span *all = (const void *)ix->part[PART_PIECES];

	return no == NO_PIECE ? LOF_LIT("") : reader_text(ix, all[no - 1]);
}

static inline struct posting
reader_posting(const struct index *ix, struct layout_span s)
{
	const uint32_t *all = (const void *)ix->part[PART_POSTINGS];

	return (struct posting){ all + s.off, s.n };
}

static inline struct posting
reader_note_rules(const struct index *ix, struct layout_span s)
{
	const uint32_t *all = (const void *)ix->part[PART_NOTE_RULES];

	return (struct posting){ all + s.off, s.n };
}

static inline const attack_id *
reader_ids(const struct index *ix, struct layout_span s)
{
	return (const attack_id *)(const void *)ix->part[PART_IDS] + s.off;
}

// Number of the key or word, or UINT32_MAX. At most LAYOUT_PROBE neighbouring slots are read. Needs no more than that
// the slots' numbers are in range, so that the verification can use it too.
static inline uint32_t
reader_find(const struct index *ix, const struct lexis *l, uint64_t hash, struct lof_str text)
{
	uint64_t h = layout_mix(hash, l->seed);
	const struct layout_slot *slot = l->slot + (h >> (64 - l->bits));

	for (int i = 0; i < LAYOUT_PROBE && slot[i].number; i++)
		if (slot[i].tag == (uint32_t)h &&
		    lof_str_eq(reader_text(ix, l->text[slot[i].number - 1].text), text))
			return slot[i].number - 1;
	return UINT32_MAX;
}

// Sets everything but `own`, which holds the file's bytes, and checks it all, or without `whole` no more than what it
// sets. NULL, or what is wrong.
const char *verify_index(struct index *ix, bool whole);
// Takes the buffer over, whatever comes of it, and opens the index in it. As index_load otherwise.
enum lof_rc index_adopt(struct index **out, struct lof_buf own, const char *name, bool whole, struct lof_err *e);

#endif
