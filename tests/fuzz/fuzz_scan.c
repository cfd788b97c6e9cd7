// Any bytes as one event. All indexers must report the same, from memory that ends where the event ends; what comes
// out must be JSON again, keep every byte but for one insertion, and not change when it goes through once more.
#include "../unit/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run r;

static void
insist(bool promise)
{
	if (!promise)
		abort();
}

static void
same(const struct scan *a, const struct scan *b)
{
	insist(a->n_hits == b->n_hits && a->n_opens == b->n_opens && a->n_cuts == b->n_cuts);
	insist(a->insert_at == b->insert_at && a->is_empty == b->is_empty);
	for (size_t i = 0; i < a->n_hits; i++)
		insist(a->hits[i].p == b->hits[i].p && a->hits[i].n == b->hits[i].n && a->hits[i].node == b->hits[i].node &&
		    a->hits[i].kind == b->hits[i].kind && a->hits[i].escaped == b->hits[i].escaped);
	for (size_t i = 0; i < a->n_opens; i++)
		insist(a->opens[i].from == b->opens[i].from && a->opens[i].to == b->opens[i].to &&
		    a->opens[i].node == b->opens[i].node);
	for (size_t i = 0; i < a->n_cuts; i++)
		insist(a->cuts[i].from == b->cuts[i].from && a->cuts[i].to == b->cuts[i].to);
}

static void
sound(const struct scan *s, enum scan_verdict v, const char *text, size_t n)
{
	uint32_t at = 0;

	if (v >= SCAN_CUT) {
		insist(s->bad_at <= n && (v == SCAN_CUT) == (s->bad_at == n) && s->why && *s->why);
		return;
	}
	for (size_t i = 0; i < s->n_hits; i++)
		insist(s->hits[i].p >= text && s->hits[i].p + s->hits[i].n <= text + n);
	for (size_t i = 0; i < s->n_opens; i++)
		insist(s->opens[i].to <= n && text[s->opens[i].from] == '{' && text[s->opens[i].to - 1] == '}');
	for (size_t i = 0; i < s->n_cuts; i++) {
		insist(s->cuts[i].from >= at && s->cuts[i].to > s->cuts[i].from && s->cuts[i].to <= n);
		at = s->cuts[i].to;
	}
	insist(v != SCAN_OBJECT || (s->insert_at > 0 && s->insert_at < n));
}

// Every indexer over both path sets.
static enum scan_verdict
scans(const char *text, size_t n)
{
	static struct scan first, next;
	enum scan_verdict verdict = SCAN_EMPTY;

	for (int set = 0; set < 2; set++) {
		const struct paths *ps = set ? r.rules->loose : r.rules->typed;
		bool begun = false;

		for (int kind = BLOCK_PORTABLE; kind <= BLOCK_AVX512; kind++) {
			struct scan *s = begun ? &next : &first;
			enum scan_verdict v;

			if (!block_choose((enum block_kind)kind))
				continue;
			v = scan_event(s, ps, text, n, r.engine.key);
			sound(s, v, text, n);
			insist(set + begun == 0 || v == verdict);
			insist(!begun || (v < SCAN_CUT ? (same(&first, &next), true) : first.bad_at == next.bad_at &&
			    first.in_token == next.in_token));
			verdict = v;
			begun = true;
		}
	}
	block_choose(BLOCK_AUTO);
	return verdict;
}

// Line after line, some left out, what is reported of each is what is reported of it alone.
static void
lines(const char *text, size_t n)
{
	static struct scan alone, along;
	const char *end = text + n;

	for (int kind = BLOCK_PORTABLE; kind <= BLOCK_AVX512; kind++) {
		if (!block_choose((enum block_kind)kind))
			continue;
		scan_moved(&along);
		for (const char *p = text, *nl; p < end; p = nl + 1) {
			size_t len;
			enum scan_verdict v;

			nl = memchr(p, '\n', (size_t)(end - p));
			nl = nl ? nl : end;
			len = (size_t)(nl - p);
			if (len % 7 == 6)
				continue;
			v = scan_event(&alone, r.rules->typed, p, len, r.engine.key);
			insist(scan_line(&along, r.rules->typed, p, len, end, r.engine.key) == v);
			if (v < SCAN_CUT)
				same(&alone, &along);
			else
				insist(alone.bad_at == along.bad_at && alone.in_token == along.in_token && alone.why == along.why);
		}
	}
	block_choose(BLOCK_AUTO);
}

static void
laws(const char *text, size_t n, enum scan_verdict v)
{
	enum outcome o = run_text(&r, text, n);
	struct lof_str out = run_view(&r);
	char *copy;

	insist((o == OUT_BAD || o == OUT_CUT) == (v >= SCAN_CUT));
	if (v >= SCAN_CUT) {
		insist(lof_str_eq(out, LOF_STR(text, n)));
		return;
	}
	n = out.n;
	copy = malloc(n ? n : 1);
	if (n)
		memcpy(copy, out.p, n);
	insist(run_text(&r, copy, n) == o);
	insist(lof_str_eq(run_view(&r), LOF_STR(copy, n)));
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (!r.rules)
		run_open(&r);
	if (size)
		memcpy(copy, data, size);
	laws(copy, size, scans(copy, size));
	lines(copy, size);
	free(copy);
	return 0;
}
