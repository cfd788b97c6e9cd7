// ATT&CK technique ids inside the strings where producers put them: "attack.t1059.001", "MITRE_T1059_001_POWERSHELL",
// "V9.T1003.002", "@ATE.T1546.012", "T1071 - Application Layer Protocol", "Phishing (T1566), Spearphishing Link
// (T1566.002)", "https://attack.mitre.org/techniques/T1059/001/", "AML.T0040" ... Pure functions.
#ifndef LOF_RULES_TAG_H
#define LOF_RULES_TAG_H

#include "rules/attack.h"

// Finds every id in s, in order, repeats included; writes at most max. An id is T or t and four digits with no letter
// or digit on either side; then .NNN, or _NNN before '_' or the end, or /NNN in a link to a technique, names the
// sub-technique.
size_t tag_ids(struct lof_str s, attack_id *out, size_t max);

// The same for a string of which only the name of its member is known: the id must stand where a tag has it (alone,
// behind a short prefix without blanks, in parentheses behind a name, before a name; lists of those), and be in the
// ATT&CK table.
size_t tag_ids_strict(struct lof_str s, attack_id *out, size_t max);

// Could the bytes of an event hold any id at all, escapes included? Never false when they do. Runs at many GB/s.
bool tag_possible(const char *p, size_t n);

#endif
