// "did you mean": the word of a list that a mistyped one was probably meant to be.
#ifndef LOF_BASE_CLOSEST_H
#define LOF_BASE_CLOSEST_H

#include "base/str.h"

// The word nearest to s (at most 2 edits away, fewer for short words), or NULL. Words longer than 31 bytes are not
// considered.
const char *lof_closest(struct lof_str s, const char *const *words, size_t n);

#endif
