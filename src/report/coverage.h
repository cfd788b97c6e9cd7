// How much of ATT&CK the open indexes have notes for.
#ifndef LOF_REPORT_COVERAGE_H
#define LOF_REPORT_COVERAGE_H

#include "base/buf.h"
#include "notes/book.h"

// Appends a table as text: for each tactic of the table in use (rules/attack.h), by domain, how many active techniques it
// has, how many of them have notes of their own, how many notes those are, and how many from each source. A technique of
// several tactics counts in each; the totals of a domain count it once. Placeholders do not count.
void coverage_print(const struct book *b, struct lof_buf *out);

#endif
