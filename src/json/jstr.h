// The inside of JSON strings: escapes taken away, escapes put in. Pure functions.
#ifndef LOF_JSON_JSTR_H
#define LOF_JSON_JSTR_H

#include "base/buf.h"
#include "base/str.h"

// Decodes the inside of a string (RFC 8259 7) into out, at most max bytes. False when it does not fit or holds a lone
// surrogate, which has no UTF-8: such a string equals nothing. *n is the length. The scanner asks for keys before it
// knows that they are well-formed: of one that is not, nothing is read behind its end, and what comes out means
// nothing.
bool jstr_decode(struct lof_str raw, char *out, size_t max, size_t *n);

// Appends s, escaped as it must be, without quotes: '"', '\\', control bytes. s must be UTF-8.
void jstr_escape(struct lof_buf *b, struct lof_str s);

#endif
