// Text that must be safe to stand in an event: making it so (the writer) and telling whether it is (the reader).
// Pure functions over spans, safe in any thread; knows JSON strings and the few shapes that index fragments have.
#ifndef LOF_NOTES_TEXT_H
#define LOF_NOTES_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

// Length of the well-formed UTF-8 sequence at p (n >= 1 bytes there), or 0.
size_t text_utf8(const char *p, size_t n);

// A copy that is safe to show: control characters (C0, DEL, C1) and white space to single blanks, none at the ends;
// each byte of bad UTF-8 to U+FFFD; cut with "…" so that it has at most max (>= 4) bytes. Cleaning twice changes
// nothing.
struct lof_str text_clean(struct lof_arena *a, struct lof_str s, size_t max);

// Appends what stands between the quotes of a JSON string. Escapes '"', '\', control bytes, and U+2028 and U+2029,
// which end a line for JavaScript; everything else stays as it is.
void text_escape(struct lof_buf *b, struct lof_str s);

// The JSON string whose opening quote is just before p: offset of its closing quote, or SIZE_MAX if it is not well
// formed within n bytes (raw control bytes, bad UTF-8, bad escapes, lone surrogates, no end).
size_t text_string_end(const char *p, size_t n);
// Safe between quotes as it stands: no '"', no '\', no control byte, well-formed UTF-8.
bool text_is_plain(struct lof_str s);
// {"text":"..."
bool text_is_head(struct lof_str s);
// ,"name":"..." any number of times, then }
bool text_is_tail(struct lof_str s);
// ,"name":value any number of times; values are strings, true, or arrays of strings or of objects of strings.
bool text_is_members(struct lof_str s);

#endif
