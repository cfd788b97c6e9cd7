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
// Copies what it needs. Notes whose texts are the same but for ASCII case become one note with the techniques, tags,
// platforms, rules and terms of all; id, source, url, author and license are those of the first in byte order of their
// source (one without a source comes last), and so is the check unless it has none. Texts are made safe: control bytes
// to blanks, bad UTF-8 to U+FFFD, runs of blanks to one, cut with "…" past 2,000 bytes (names, tags, terms: 500; ids:
// 100). An empty text and an id with '"' or '\' are refused (LOF_E_IMPORT).
enum lof_rc build_add(struct build *b, const struct note *n, struct lof_err *e);
// A line of an ATT&CK table (rules/attack.h) for the index to bring along, with or without its newline. build_finish puts
// them over the table in use (attack_override), so that what it makes of ids agrees with them. Made safe as texts
// are. LOF_E_IMPORT when it is no such line. Of two lines for one id the one that is first in byte order counts.
enum lof_rc build_attack(struct build *b, struct lof_str line, struct lof_err *e);
// Appends the index file's bytes to *out. `label` (printable ASCII without '"' and '\', at most 63 bytes, may be empty)
// becomes part of the version that events carry. st may be NULL. Notes that were given no id get their source and 8
// digits of their text's hash; of several with one id all but the first get such digits behind it.
enum lof_rc build_finish(struct build *b, struct lof_str label, struct lof_buf *out, struct build_stats *st,
    struct lof_err *e);
void build_free(struct build *b);

#endif
