// Laws, on random alerts. jansson is the oracle of what JSON is and what it means; where it differs from RFC 8259 is
// listed in tests/json-divergences.md, and nothing else may differ.
//
// LOF_PROPERTY_RUNS=n for more runs than the usual, LOF_PROPERTY_SEED=n to begin elsewhere. Every message names the
// seed with which its case is the first one.
#include "alerts.h"

#include <criterion/criterion.h>
#include <jansson.h>

static struct run r;
static struct gen g;

static void
init(void)
{
	run_open(&r);
}

static void
fini(void)
{
	run_close(&r);
	buf_free(&g.b);
}

TestSuite(property, .init = init, .fini = fini);

static uint64_t
from_env(const char *name, uint64_t usual)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : usual;
}

// for (uint64_t seed ...)
#define RUNS(seed, usual) \
	for (uint64_t seed = from_env("LOF_PROPERTY_SEED", 1), \
	    end_ = seed + from_env("LOF_PROPERTY_RUNS", (usual)); seed < end_; seed++)
#define SEED "with LOF_PROPERTY_SEED=%llu: "
#define OF(seed) (unsigned long long)(seed)

static void
begin(uint64_t seed)
{
	g = (struct gen){ .b = { g.b.p, 0, g.b.cap }, .seed = seed * 0x2545F4914F6CDD1Du };
}

static json_t *
oracle(struct lof_str s, json_error_t *e)
{
	json_error_t local;

	return json_loadb(s.n ? s.p : "", s.n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, e ? e : &local);
}

static struct lof_buf
copy_of(struct lof_str s)
{
	struct lof_buf b = { 0 };

	buf_str(&b, s);
	return b;
}

// --- one event ---------------------------------------------------------------------------------------------------

static size_t
common_head(struct lof_str a, struct lof_str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

static size_t
common_tail(struct lof_str a, struct lof_str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[a.n - 1 - n] == b.p[b.n - 1 - n])
		n++;
	return n;
}

// out is in with one member of our name put in somewhere, its comma with it.
static bool
one_insertion(struct lof_str in, struct lof_str out)
{
	size_t head, tail, more;

	if (out.n <= in.n)
		return false;
	more = out.n - in.n;
	head = common_head(in, out);
	tail = common_tail(in, out);
	if (head + tail < in.n)
		return false;
	for (size_t at = in.n - tail; at <= head; at++) {
		struct lof_str s = { out.p + at, more };
		bool comma = s.n > 9 && memcmp(s.p, ",\"lofp\":{", 9) == 0, bare = s.n > 8 && memcmp(s.p, "\"lofp\":{", 8) == 0;
		json_t *v;

		if ((!comma && !bare) || s.p[s.n - 1] != '}')
			continue;
		v = oracle(LOF_STR(s.p + 7 + comma, s.n - 7 - comma), NULL);
		json_decref(v);
		if (v)
			return true;
	}
	return false;
}

// The ids at a path, as today's, sorted and each once: what the member must say.
static void
ids_at(const json_t *v, const char *path, attack_id *out, size_t *n)
{
	char key[64];
	size_t len = strcspn(path, "/"), i;
	json_t *m;

	if (json_is_array(v)) {
		json_array_foreach((json_t *)(uintptr_t)v, i, m)
			ids_at(m, path, out, n);
		return;
	}
	if (*path) {
		snprintf(key, sizeof key, "%.*s", (int)len, path);
		ids_at(json_object_get(v, key), path + len + (path[len] == '/'), out, n);
		return;
	}
	attack_id id = json_is_string(v) ? attack_canonical(attack_parse(lof_cstr(json_string_value(v)))) : 0;
	if (!id)
		return;
	for (i = 0; i < *n && out[i] < id; i++)
		;
	if (i < *n && out[i] == id)
		return;
	memmove(out + i + 1, out + i, (*n - i) * sizeof *out);
	out[i] = id;
	++*n;
}

static void
means_what_it_says(uint64_t seed, enum producer p, const json_t *in, const json_t *out)
{
	attack_id want[64];
	const json_t *got;
	size_t n = 0;

	if (p == SPLUNK_HEC) {
		in = json_object_get(in, "event");
		out = json_object_get(out, "event");
	}
	if (p == WAZUH || p == SPLUNK_HEC)
		ids_at(in, "rule/mitre/id", want, &n);
	if (p == SURICATA)
		ids_at(in, "alert/metadata/mitre_technique_id", want, &n);
	if (p == ECS) {
		ids_at(in, "threat/technique/id", want, &n);
		ids_at(in, "threat.technique.id", want, &n);
	}
	if (p == HOMEGROWN) { // of an unknown producer only ids that ATT&CK has are believed
		attack_id all[64];
		size_t m = 0;

		ids_at(in, "mitre_techniques", all, &m);
		for (size_t i = 0; i < m; i++)
			if (attack_find(all[i]))
				want[n++] = all[i];
	}
	got = json_object_get(json_object_get(out, "lofp"), "techniques");
	// Where the typed rule finds nothing the generic one is asked, and to it a member that comes twice is still two: to be
	// taken out with keys::the_last_of_two_for_unknown_producers_too enabled.
	if (n == 0 && g.twice)
		return;
	cr_assert_eq(json_array_size(got), n, SEED "%zu techniques, not %zu, of producer %d:\n%.*s", OF(seed),
	    json_array_size(got), n, p,
	    (int)g.b.n, g.b.p);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(attack_parse(lof_cstr(json_string_value(json_array_get(got, i)))), want[i], SEED "technique %zu:\n%.*s",
		    OF(seed), i,
		    (int)g.b.n, g.b.p);
}

static void
one_event(uint64_t seed, enum producer p)
{
	struct lof_str in = buf_view(&g.b);
	enum outcome o = run_text(&r, in.p, in.n);
	struct lof_buf out = copy_of(run_view(&r));
	json_t *before = oracle(in, NULL), *after = oracle(buf_view(&out), NULL);

	cr_assert_not_null(before, SEED "the generator made no JSON:\n%.*s", OF(seed), (int)in.n, in.p);
	cr_assert_lt(o, OUT_BAD, SEED "%s at %zu:\n%.*s", OF(seed), r.e.why, r.e.bad_at, (int)in.n, in.p);
	cr_assert_not_null(after, SEED "no JSON comes out:\n%.*s", OF(seed), (int)out.n, out.p);
	if (g.owns == 0 && o <= OUT_NO_NOTES)
		cr_assert(one_insertion(in, buf_view(&out)), SEED "not one insertion:\n%.*s", OF(seed), (int)out.n, out.p);
	if (g.owns == 0 && o > OUT_NO_NOTES)
		cr_assert(lof_str_eq(in, buf_view(&out)), SEED "changed with nothing to say:\n%.*s", OF(seed), (int)in.n, in.p);
	means_what_it_says(seed, p, before, after);
	json_t *a = p == SPLUNK_HEC ? json_object_get(before, "event") : before, *b = p == SPLUNK_HEC ? json_object_get(after,
	    "event") : after;
	if (o > OUT_NO_NOTES)
		cr_assert_null(json_object_get(b, "lofp"), SEED "a planted member stays:\n%.*s", OF(seed), (int)out.n, out.p);
	json_object_del(a, "lofp");
	json_object_del(b, "lofp");
	cr_assert(json_equal(before, after), SEED "another meaning:\n%.*s\n%.*s", OF(seed), (int)in.n, in.p, (int)out.n,
	    out.p);
	cr_assert_leq(out.n, in.n + r.engine.max_bytes);
	cr_assert_eq(run_text(&r, out.p, out.n), o, SEED "another outcome the second time:\n%.*s", OF(seed), (int)out.n,
	    out.p);
	cr_assert(lof_str_eq(run_view(&r), buf_view(&out)), SEED "twice is not once:\n%.*s", OF(seed), (int)in.n, in.p);
	json_decref(before);
	json_decref(after);
	buf_free(&out);
}

Test(property, one_event_one_insertion)
{
	size_t outcomes[OUT_COUNT] = { 0 };

	RUNS(seed, 6000) {
		begin(seed);
		g.newlines = gen_below(&g, 2);
		g.twice = gen_below(&g, 2);
		enum producer p = (enum producer)gen_below(&g, PRODUCERS);

		gen_space(&g);
		gen_alert(&g, p);
		gen_space(&g);
		one_event(seed, p);
		outcomes[run_text(&r, g.b.p, g.b.n)]++;
	}
	cr_assert(outcomes[OUT_ENRICHED] && outcomes[OUT_NO_NOTES] && outcomes[OUT_NO_KEY], "the generator makes all kinds");
}

Test(property, planted_members_go)
{
	RUNS(seed, 4000) {
		begin(seed);
		g.planted = true;
		g.newlines = gen_below(&g, 2);
		enum producer p = (enum producer)gen_below(&g, PRODUCERS);

		gen_alert(&g, p);
		one_event(seed, p);
	}
}

// The answer is the same with every indexer, and when it has been asked for before.
Test(property, all_indexers_say_the_same)
{
	RUNS(seed, 1000) {
		struct lof_buf first = { 0 };

		begin(seed);
		g.planted = g.twice = true;
		gen_alert(&g, (enum producer)gen_below(&g, PRODUCERS));
		if (gen_below(&g, 3) == 0)
			gen_break(&g);
		for (int kind = BLOCK_PORTABLE; kind <= BLOCK_AVX512; kind++) {
			if (!block_choose((enum block_kind)kind))
				continue;
			run_text(&r, g.b.p, g.b.n);
			if (kind == BLOCK_PORTABLE)
				buf_str(&first, run_view(&r));
			cr_assert(lof_str_eq(run_view(&r), buf_view(&first)), SEED "%s:\n%.*s", OF(seed), block_name(), (int)g.b.n, g.b.p);
		}
		block_choose(BLOCK_AUTO);
		buf_free(&first);
	}
}

// --- what is JSON ------------------------------------------------------------------------------------------------

// Is it one of the differences of tests/json-divergences.md that jansson refuses this?
static bool
known_refusal(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_null_byte_in_key:
	case json_error_numeric_overflow:
	case json_error_stack_overflow:
		return true;
	default:
		return strstr(e->text, "invalid Unicode") != NULL; // lone surrogates
	}
}

static void
agree(uint64_t seed, struct lof_str s)
{
	json_error_t e = { 0 };
	json_t *v = oracle(s, &e);
	enum outcome o = run_text(&r, s.p, s.n);
	bool ours = o != OUT_BAD && o != OUT_CUT;
	bool blank = lof_str_trim(s).n == 0;

	if (ours && !v && !blank)
		cr_assert(known_refusal(&e), SEED "jansson: %s at %d:\n%.*s", OF(seed), e.text, e.position, (int)s.n, s.p);
	if (!ours && v) // a NUL ends a number for jansson
		cr_assert(memchr(s.p, 0, s.n), SEED "ours: %s at %zu:\n%.*s", OF(seed), r.e.why, r.e.bad_at, (int)s.n, s.p);
	if (!ours)
		cr_assert(lof_str_eq(run_view(&r), s), SEED "a bad event was changed:\n%.*s", OF(seed), (int)s.n, s.p);
	json_decref(v);
}

Test(property, well_formed_is_what_jansson_says)
{
	size_t good = 0;

	RUNS(seed, 10000) {
		begin(seed);
		g.newlines = g.twice = g.planted = true;
		if (gen_below(&g, 2))
			gen_alert(&g, (enum producer)gen_below(&g, PRODUCERS));
		else
			gen_noise(&g);
		gen_break(&g);
		agree(seed, buf_view(&g.b));
		json_t *v = oracle(buf_view(&g.b), NULL);
		good += v != NULL;
		json_decref(v);
	}
	cr_assert_gt(good, 100, "breaking does not always break");
}

// The differences, one by one: each is there, so the list is true.
Test(property, the_listed_divergences)
{
	static const struct {
		const char *text;
		size_t n;
		bool ours, jansson;
	} t[] = {
#define D(s) s, sizeof(s) - 1
		{ D("{\"a\\u0000b\":1}"), true, false }, { D("[\"\\ud800\"]"), true, false }, { D("[\"\\udc00\"]"), true, false },
		    { D("[\"\\ud800\\u0041\"]"), true, false },
		{ D("[1e999]"), true, false }, { D("[-1e999]"), true, false }, { D("123\0"), false, true }, { D("[\"\\u0000\"]"),
		    true, true },
	};
	struct lof_buf deep = { 0 };
	json_error_t e = { 0 };
	json_t *v;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		enum outcome o = run_text(&r, t[i].text, t[i].n);

		v = oracle(LOF_STR(t[i].text, t[i].n), &e);
		cr_assert_eq(o != OUT_BAD && o != OUT_CUT, t[i].ours, "%s", t[i].text);
		cr_assert_eq(v != NULL, t[i].jansson, "%s", t[i].text);
		if (t[i].ours && !v)
			cr_assert(known_refusal(&e), "%s: %s", t[i].text, e.text);
		json_decref(v);
	}
	for (int i = 0; i < 2049; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < 2049; i++)
		buf_char(&deep, ']');
	cr_assert_eq(run_text(&r, deep.p, deep.n), OUT_NOT_OBJECT);
	cr_assert_null(oracle(buf_view(&deep), &e));
	cr_assert(known_refusal(&e));
	v = json_loads("[123456789012345678901234567890]", 0, &e); // without JSON_DECODE_INT_AS_REAL
	cr_assert(v == NULL && known_refusal(&e));
	buf_free(&deep);
}

// --- streams -----------------------------------------------------------------------------------------------------

static size_t
step_random(void *arg)
{
	uint64_t *seed = arg, k = run_random(seed);

	return k % 4 == 0 ? k / 4 % 3 : k / 4 % 700;
}

// The stream in pieces of any size gives `want`.
static void
any_cutting(uint64_t seed, struct lof_str in, struct lof_str want, bool slow)
{
	uint64_t pieces = seed;

	for (int way = 0; way < 4; way++) {
		if (way == 1 && !slow)
			continue;
		r.exact = way == 1 || way == 3;
		run_stream(&r, in.p, in.n, way == 0 ? step_all : way == 1 ? step_one : step_random, &pieces, NULL);
		size_t at = common_head(run_view(&r), want);
		cr_assert(lof_str_eq(run_view(&r), want),
		    SEED "way %d, max-event %zu, shape %d: differs at byte %zu of %zu, not %zu:\n%.*s", OF(seed), way,
		    r.max_event, r.shape, at, run_view(&r).n, want.n, (int)in.n, in.p);
	}
	r.exact = false;
}

enum kind { NDJSON, PRETTY, CONCATENATED, ARRAY, KINDS };

// A stream and what must come out of it: each event's own answer, and between the events what is between them.
static void
make_stream(enum kind kind, struct lof_buf *in, struct lof_buf *want)
{
	uint64_t n = gen_below(&g, 6) + 1;

	in->n = want->n = 0;
	if (gen_below(&g, 8) == 0)
		buf_lit(in, "\xef\xbb\xbf");
	while (kind == NDJSON && gen_below(&g, 6) == 0)
		buf_str(in, gen_below(&g, 2) ? LOF_LIT("\n") : LOF_LIT(" \r\n"));
	if (kind == ARRAY)
		buf_lit(in, "[\n");
	buf_str(want, buf_view(in));
	for (uint64_t i = 0; i < n; i++) {
		size_t from = in->n;

		g.b.n = 0;
		g.newlines = kind != NDJSON;
		if (kind == PRETTY && i == 0)
			buf_lit(&g.b, "{\n\"zz\":1}"); // shows that values span lines
		else
			gen_alert(&g, (enum producer)gen_below(&g, PRODUCERS));
		if (kind == NDJSON && gen_below(&g, 6) == 0)
			gen_break(&g);
		for (size_t k = 0; kind == NDJSON && k < g.b.n; k++)
			g.b.p[k] = g.b.p[k] == '\n' ? ' ' : g.b.p[k];
		if (kind == NDJSON && i == 0 && g.b.n && (g.b.p[0] == '[' || g.b.p[0] == 0x1e))
			g.b.p[0] = ' '; // a stream that begins so is no NDJSON
		// What is cut at a token looks like the first line of a pretty-printed value; the next lines show that it is none.
		if (kind == NDJSON && i == 0) {
			g.b.n = 0;
			buf_lit(&g.b, "{\"zz\":0}");
		}
		buf_str(in, buf_view(&g.b));
		run_text(&r, g.b.p, g.b.n);
		buf_str(want, run_view(&r));
		from = in->n;
		switch (kind) {
		case NDJSON:
			if (i + 1 < n || gen_below(&g, 2))
				buf_str(in, gen_below(&g, 4) ? LOF_LIT("\n") : gen_below(&g, 2) ? LOF_LIT("\r\n") : LOF_LIT("\n \n\n"));
			break;
		case ARRAY:
			buf_str(in, i + 1 < n ? LOF_LIT(" ,\n") : gen_below(&g, 2) ? LOF_LIT("]") : LOF_LIT("\n] \n"));
			break;
		default:
			buf_str(in, gen_below(&g, 3) || (kind == PRETTY && i == 0) ? LOF_LIT("\n") : gen_below(&g,
			    2) ? LOF_LIT("") : LOF_LIT(" \n\n\t"));
		}
		buf_put(want, in->p + from, in->n - from);
	}
}

Test(property, a_stream_is_its_events)
{
	struct lof_buf in = { 0 }, want = { 0 };

	RUNS(seed, 500)
		for (int kind = 0; kind < KINDS; kind++) {
			begin(seed * KINDS + (uint64_t)kind);
			g.twice = g.planted = true;
			r.shape = kind == CONCATENATED ? SHAPE_VALUES : SHAPE_AUTO;
			make_stream((enum kind)kind, &in, &want);
			any_cutting(seed, buf_view(&in), buf_view(&want), seed % 4 == 0);
		}
	buf_free(&in);
	buf_free(&want);
}

// f(a + b) = f(a) + f(b) when a ends with a line.
Test(property, two_streams_are_their_sum)
{
	struct lof_buf in = { 0 }, want = { 0 }, more = { 0 }, out = { 0 };

	RUNS(seed, 300) {
		begin(seed);
		r.shape = SHAPE_LINES;
		make_stream(NDJSON, &in, &want);
		buf_char(&in, '\n');
		make_stream(NDJSON, &more, &want);
		out.n = 0;
		run_stream(&r, in.p, in.n, step_all, NULL, NULL);
		buf_str(&out, run_view(&r));
		if (more.n >= 3 && memcmp(more.p, "\xef\xbb\xbf", 3) == 0)
			continue; // a mark is one at the very beginning only
		run_stream(&r, more.p, more.n, step_all, NULL, NULL);
		buf_str(&out, run_view(&r));
		buf_str(&in, buf_view(&more));
		any_cutting(seed, buf_view(&in), buf_view(&out), false);
	}
	buf_free(&in);
	buf_free(&want);
	buf_free(&more);
	buf_free(&out);
}

// Whatever the bytes, and however small the limit: the cutting decides nothing.
Test(property, broken_streams_however_cut)
{
	struct lof_buf in = { 0 }, want = { 0 };

	RUNS(seed, 1500) {
		static const size_t limits[] = { 16 << 20, 300, 100, 40, 7, 1 };

		begin(seed);
		g.twice = g.planted = true;
		make_stream((enum kind)gen_below(&g, KINDS), &in, &want);
		buf_char(&in, '\n');
		g.b.n = 0;
		buf_str(&g.b, buf_view(&in));
		gen_break(&g);
		r.shape = (enum frame_shape)gen_below(&g, 3);
		r.max_event = limits[gen_below(&g, 6)];
		run_stream(&r, g.b.p, g.b.n, step_all, NULL, NULL);
		want.n = 0;
		buf_str(&want, run_view(&r));
		any_cutting(seed, buf_view(&g.b), buf_view(&want), g.b.n < 1500);
	}
	buf_free(&in);
	buf_free(&want);
}

// One line in, one line out, whatever it holds.
Test(property, as_many_lines_as_before)
{
	RUNS(seed, 2000) {
		struct lof_str out;
		size_t before = 0, after = 0;

		begin(seed);
		g.planted = true;
		r.shape = SHAPE_LINES;
		r.max_event = gen_below(&g, 2) ? 200 : 16 << 20;
		for (uint64_t i = gen_below(&g, 5) + 1; i > 0; i--) {
			gen_alert(&g, (enum producer)gen_below(&g, PRODUCERS));
			gen_break(&g);
			buf_str(&g.b, gen_below(&g, 4) ? LOF_LIT("\n") : LOF_LIT(""));
		}
		run_stream(&r, g.b.p, g.b.n, step_random, &g.seed, NULL);
		out = run_view(&r);
		for (size_t i = 0; i < g.b.n; i++)
			before += g.b.p[i] == '\n';
		for (size_t i = 0; i < out.n; i++)
			after += out.p[i] == '\n';
		cr_assert_eq(before, after, SEED "%zu lines of %zu:\n%.*s", OF(seed), after, before, (int)g.b.n, g.b.p);
	}
}
