#include "notes/book.h"

#include "notes/words.h"

#include <stdlib.h>

static const float long_note = 0.4F;    // how much a long note's words count less (BM25's b)
static const float usual_words = 14.0F; // words in a note of usual length

// The note before `base` with this text, or UINT32_MAX. A walk over all notes for each: an index is added once, and to
// compare lengths costs little.
static uint32_t
first_with(const struct book *b, uint32_t base, struct lof_str text)
{
	for (uint32_t no = 0; no < base; no++)
		if (b->facts[no].text_n == text.n && lof_str_ieq(book_note(b, no).text, text))
			return no;
	return UINT32_MAX;
}

static void
add_facts(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_count(ix);
	struct note_facts *facts = realloc(b->facts, (base + n + 1) * sizeof *facts);
	if (!facts)
		lof_no_memory();
	b->facts = facts;
	for (uint32_t i = 0; i < n; i++) {
		struct index_note x = index_note(ix, i);
		float words = (float)x.words;
		facts[base + i] = (struct note_facts){
			.scale = 1 / (1 - long_note + long_note * words / usual_words),
			.said = words < 20 ? words / 20 : 1,
			.platforms = x.platforms, .flags = x.flags,
			.text_n = (uint32_t)x.text.n,
			.same = base ? first_with(b, base, x.text) : i,
		};
		if (base && facts[base + i].same == UINT32_MAX)
			facts[base + i].same = base + i;
	}
}

static unsigned
longest_row(struct lof_str word)
{
	unsigned best = 0, row = 0;
	for (size_t i = 0; i < word.n; i++) {
		row = lof_is_digit((unsigned char)word.p[i]) ? row + 1 : 0;
		best = row > best ? row : best;
	}
	return best;
}

static void
add_words(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_word_count(ix);
	uint32_t *counts = realloc(b->word_notes, (base + n + 1) * sizeof *counts);
	if (!counts)
		lof_no_memory();
	b->word_notes = counts;
	if (!b->wanted && !(b->wanted = calloc(WORD_SKETCHES / 64, sizeof *b->wanted)))
		lof_no_memory();
	for (uint32_t i = 0; i < n; i++) {
		struct index_word_info word = index_word_info(ix, i);
		uint32_t k = word_sketch(word.text);
		unsigned row = longest_row(word.text);
		b->longest_row = row > b->longest_row ? row : b->longest_row;
		counts[base + i] = (uint32_t)word.notes.n;
		b->wanted[k / 64] |= (uint64_t)1 << (k % 64);
	}
	b->digit_run = b->longest_row < 3 ? 3 : b->longest_row < 8 ? b->longest_row + 1 : 0;
}

enum lof_rc
book_add(struct book *b, struct index *ix, struct lof_err *e)
{
	if (b->n == BOOK_MAX) {
		index_free(ix);
		return lof_err_set(e, LOF_E_INDEX, "too many indexes", LOF_LIT(""));
	}
	size_t i = b->n++, used = strlen(b->version);
	struct lof_str v = index_version(ix);
	b->ix[i] = ix;
	add_facts(b, ix, b->note_base[i]);
	add_words(b, ix, b->word_base[i]);
	b->note_base[i + 1] = b->note_base[i] + (uint32_t)index_count(ix);
	b->word_base[i + 1] = b->word_base[i] + (uint32_t)index_word_count(ix);
	b->has_tags |= index_has(ix, KEY_TAG);
	b->has_rules |= index_has(ix, KEY_RULE_ID) || index_has(ix, KEY_RULE_NAME);
	if (used + v.n + 2 <= sizeof b->version) {
		if (used)
			b->version[used++] = ' ';
		memcpy(b->version + used, v.p, v.n);
		b->version[used + v.n] = 0;
	}
	return LOF_OK;
}

void
book_free(struct book *b)
{
	for (size_t i = 0; i < b->n; i++)
		index_free(b->ix[i]);
	free(b->facts);
	free(b->word_notes);
	free(b->wanted);
	*b = (struct book){ 0 };
}

enum lof_rc
book_open(struct book *b, bool no_default, const char *const *paths, size_t n, struct lof_err *e)
{
	struct index *ix;
	enum lof_rc rc = LOF_OK;
	if (!no_default && index_embedded().n) {
		rc = index_load(&ix, index_embedded(), "built-in index", e);
		rc = rc ? rc : book_add(b, ix, e);
	}
	for (size_t i = 0; !rc && i < n; i++) {
		rc = index_open(&ix, paths[i], e);
		rc = rc ? rc : book_add(b, ix, e);
	}
	return rc;
}

struct index_note
book_note(const struct book *b, uint32_t no)
{
	size_t i = book_of(b->note_base, b->n, no);
	return index_note(b->ix[i], no - b->note_base[i]);
}
