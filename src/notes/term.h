// The words that a note's term is known by.
#ifndef LOF_NOTES_TERM_H
#define LOF_NOTES_TERM_H

#include "notes/lexicon.h"

// Is a word kept in an index? Not one that would have to be escaped in JSON, nor one with three or more digits in a row.
bool term_counts(struct lof_str word);

// Calls `each` for those words of `term`, of the first 16, that the fewest of the notes' `texts` have, and for those that three
// or fewer have; words of one or two letters only where there is no other. Of "/var/lib/flatpak" it is flatpak, the others
// being in half of all events. Words are lowered, `hash` is their word_hash (words.h); they live in the arena. The lexicon is
// only read.
void term_each(struct lof_str term, const struct lexicon *texts, struct lof_arena *a,
    void (*each)(void *arg, struct lof_str word, uint64_t hash), void *arg);

#endif
