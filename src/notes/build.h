// Makes an index from notes. The bytes depend on the notes alone, not on the order they were added in, nor on the
// machine or the day. Format: notes/layout.h and lofpipe-index(5).
#ifndef LOF_NOTES_BUILD_H
#define LOF_NOTES_BUILD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "notes/note.h"

struct build; // one index in the making; one thread

struct build_stats {
	size_t notes, placeholders, techniques, rules, words;
};

struct build *build_new(void);
// Copies what it needs. A text already there becomes one note with the techniques, tags, rules, terms of both; the
// details (source, check, url ...) of the first in byte order of their source stay. Texts are made safe: control bytes to blanks, bad UTF-8 to
// U+FFFD, runs of blanks to one, cut with "…" past 2,000 bytes. An empty text is refused (returns LOF_E_IMPORT).
enum lof_rc build_add(struct build *b, const struct note *n, struct lof_err *e);
// Appends the index file's bytes to *out. `label` (printable ASCII without '"' and '\\', at most 63 bytes, may be empty) becomes part of the
// version that events carry.
enum lof_rc build_finish(struct build *b, struct lof_str label, struct lof_buf *out, struct build_stats *st, struct lof_err *e);
void build_free(struct build *b);

#endif
