#include "notes/book.h"

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
	b->note_base[i + 1] = b->note_base[i] + (uint32_t)index_count(ix);
	b->word_base[i + 1] = b->word_base[i] + (uint32_t)index_word_count(ix);
	b->has_keys |= index_key_count(ix) > 0;
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
	*b = (struct book){ 0 };
}

struct index_note
book_note(const struct book *b, uint32_t no)
{
	size_t i = book_of(b->note_base, b->n, no);
	return index_note(b->ix[i], no - b->note_base[i]);
}
