#include "rules/pattern.h"

#include "base/err.h"

// A pattern may not think longer than this about one value (PCRE2's own default is 10,000,000).
enum { MATCH_LIMIT = 10000, DEPTH_LIMIT = 250, HEAP_LIMIT_KIB = 1024 };

static pcre2_code *
compile(struct lof_str text)
{
	int error;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, NULL);
	if (!code && error == PCRE2_ERROR_HEAP_FAILED)
		lof_no_memory();
	return code;
}

bool
pattern_check(struct lof_str text, uint32_t *groups)
{
	pcre2_code *code = compile(text);
	*groups = 0;
	if (code)
		pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, groups);
	pcre2_code_free(code);
	return code != NULL;
}

pcre2_code *
pattern_compile(struct lof_str text)
{
	pcre2_code *code = compile(text);
	if (code)
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); // without JIT it is slower, not wrong
	return code;
}

bool
matcher_init(struct matcher *m)
{
	m->data = pcre2_match_data_create(8, NULL);
	m->limits = pcre2_match_context_create(NULL);
	if (!m->data || !m->limits)
		return false;
	pcre2_set_match_limit(m->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(m->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(m->limits, HEAP_LIMIT_KIB);
	return true;
}

void
matcher_free(struct matcher *m)
{
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->limits);
}

int
matcher_find(struct matcher *m, const pcre2_code *pattern, struct lof_str v, size_t at, size_t span[4])
{
	int rc = pcre2_match(pattern, (PCRE2_SPTR)v.p, v.n, at, PCRE2_NO_UTF_CHECK, m->data, m->limits);
	if (rc == PCRE2_ERROR_NOMEMORY)
		lof_no_memory();
	if (rc < 0)
		return rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
	const PCRE2_SIZE *o = pcre2_get_ovector_pointer(m->data);
	bool grouped = rc != 1; // 0: more groups than there is room for; the first one fits
	span[0] = o[0];
	span[1] = o[1];
	span[2] = grouped ? o[2] : PCRE2_UNSET;
	span[3] = grouped ? o[3] : PCRE2_UNSET;
	return 1;
}
