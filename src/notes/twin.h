// Notes that say nearly the same: rules are copied, and their notes with a word more or an ending changed.
//
// A word counts by its first letters; two texts are twins when one has every word of the other and little more. Pure
// functions, safe in any thread.
#ifndef LOF_NOTES_TWIN_H
#define LOF_NOTES_TWIN_H

#include "base/str.h"

// A bit for each word's beginning: if neither of two texts has all bits of the other they are no twins. The same on
// every machine: indexes hold it.
uint64_t twin_stems(struct lof_str text);

// Texts as they stand in an index. Says no to texts of more than TWIN_WORDS words.
enum { TWIN_WORDS = 64 };
bool twin_texts(struct lof_str a, struct lof_str b);

// May texts with these bits be twins?
static inline bool
twin_may(uint64_t a, uint64_t b)
{
	return (a & b) == a || (a & b) == b;
}

#endif
