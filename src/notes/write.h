// The second half of making an index: notes that are merged, named and in order become the file's bytes. Private to
// build.c. Pure: the bytes depend on the arguments (and the built-in ATT&CK table) alone.
#ifndef LOF_NOTES_WRITE_H
#define LOF_NOTES_WRITE_H

#include "notes/build.h"

// Every list of every note must be sorted and without repeats, every text clean (text_clean), every id unique.
enum lof_rc write_index(const struct note *notes, size_t n, struct lof_str label, struct lof_buf *out,
    struct build_stats *st, struct lof_err *e);

#endif
