// What a detection query looks for: the literals in it. Elastic's KQL, Lucene, EQL and ES|QL and Splunk's SPL are alike
// enough for one reading: text in quotes is a literal, and so is the bare word behind "field:" or "field=" and each of
// those in the brackets behind "field:" or "IN".
#ifndef LOF_IMPORT_TERMS_H
#define LOF_IMPORT_TERMS_H

#include "base/buf.h"

// Appends the literals (struct lof_str, spans of `query`) to *out. Names of fields, functions and commands are none. Of
// Splunk's macros those that stand for a program are: `process_certutil`.
void terms_of_query(struct lof_str query, struct lof_buf *out);

#endif
