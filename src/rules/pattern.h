// PCRE2 patterns as rules and notes use them: UTF-8, compiled with JIT where there is one, and matched under limits that
// no value of an event can exceed for long.
//
// A compiled pattern is read-only and may be shared by threads; a struct matcher belongs to one.
// https://www.pcre.org/current/doc/html/pcre2api.html
#ifndef LOF_RULES_PATTERN_H
#define LOF_RULES_PATTERN_H

#include "base/str.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

// Does it compile? *groups gets how many groups it captures.
bool pattern_check(struct lof_str text, uint32_t *groups);
// NULL when it does not compile. To be given to pcre2_code_free.
pcre2_code *pattern_compile(struct lof_str text);

struct matcher {
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

// False when there is no memory; matcher_free all the same.
bool matcher_init(struct matcher *m);
void matcher_free(struct matcher *m);

// Looks for the pattern in `v` from byte `at` on. 1: found, [span[0], span[1]) of v, and [span[2], span[3]) its first group
// (PCRE2_UNSET if that took no part); 0: not there; -1: given up at a limit. Nothing is allocated but by PCRE2 without JIT.
int matcher_find(struct matcher *m, const pcre2_code *pattern, struct lof_str v, size_t at, size_t span[4]);

#endif
