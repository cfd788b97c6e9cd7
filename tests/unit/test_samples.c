// Our own samples hold what samples/expected.tsv says, event by event, and the notes of data/lofp are all in the
// program.
#include "base/io.h"
#include "notes/note.h"
#include "run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <unistd.h>

// --- what comes out ----------------------------------------------------------------------------------------------

// One row for each event of an output, in the order of the stream; the member is looked for wherever an event may
// stand.
struct rows {
	struct lof_buf text; // "T1059,T1059.001\n" ...
};

static bool
envelope(const json_t *v)
{
	const char *key;
	json_t *m;

	json_object_foreach((json_t *)(uintptr_t)v, key, m)
		if (strcmp(key, "lofp") == 0)
			return false;
	return true;
}

// Every member of our name, in document order: first those of the elements, then of the members.
static void
collect(const json_t *v, struct rows *out)
{
	const json_t *own = json_object_get(v, "lofp"), *list = json_object_get(own, "techniques");
	const char *key;
	json_t *m;
	size_t i;

	if (json_is_object(own) && json_is_array(list) && json_array_size(list) > 0) {
		json_array_foreach((json_t *)(uintptr_t)list, i, m) {
			if (i)
				buf_char(&out->text, ',');
			buf_str(&out->text, lof_cstr(json_string_value(m)));
		}
		buf_char(&out->text, '\n');
	}
	if (json_is_object(v) && envelope(v))
		json_object_foreach((json_t *)(uintptr_t)v, key, m)
			collect(m, out);
	if (json_is_array(v))
		json_array_foreach((json_t *)(uintptr_t)v, i, m)
			collect(m, out);
}

static void
expected(const char *file, struct rows *out, size_t *none, size_t *bad)
{
	struct lof_buf t = { 0 };
	struct lof_str rest, line, col;

	*none = *bad = 0;
	cr_assert_eq(io_slurp("samples/expected.tsv", &t, NULL), LOF_OK);
	rest = buf_view(&t);
	lof_str_cut(&rest, '\n', &line);
	while (lof_str_cut(&rest, '\n', &line)) {
		lof_str_cut(&line, '\t', &col);
		if (!lof_str_eq(col, lof_cstr(file)))
			continue;
		lof_str_cut(&line, '\t', &col);
		*none += lof_str_eq(line, LOF_LIT("-"));
		*bad += lof_str_eq(line, LOF_LIT("bad"));
		if (lof_str_eq(line, LOF_LIT("-")) || lof_str_eq(line, LOF_LIT("bad")))
			continue;
		buf_str(&out->text, line);
		buf_char(&out->text, '\n');
	}
	buf_free(&t);
}

static const char *const files[] = { "carbonblack.ndjson", "chainsaw.json", "cortex.ndjson",
    "crowdstrike-stream.ndjson", "datadog.json",
	"defender.json", "ecs.ndjson", "elastic-alerts.ndjson", "elastic-hits.json", "envelopes.ndjson", "falco.ndjson", "guardduty.json",
	    "harfanglab.ndjson",
	"hayabusa.json", "homegrown.ndjson", "m365-hunting.ndjson", "misp.json", "ocsf.ndjson", "sentinel.ndjson",
	    "sentinelone.ndjson",
	"splunk-export.ndjson", "splunk-hec.ndjson", "suricata.ndjson", "sysdig.ndjson", "sysmon-winlogbeat.ndjson",
	    "trend-oat.ndjson",
	"trouble.ndjson", "wazuh4.ndjson", "zircolite.json" };

Test(samples, hold_what_is_expected)
{
	struct run r;
	size_t events = 0, rows = 0;

	run_open(&r);
	r.engine.max_bytes = 0;
	run_again(&r);
	for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
		struct rows want = { 0 }, got = { 0 };
		struct lof_buf in = { 0 };
		struct lof_str out, rest;
		size_t none, bad, n_want = 0;
		char path[200];
		struct counters before = r.e.count;

		snprintf(path, sizeof path, "samples/%s", files[f]);
		cr_assert_eq(io_slurp(path, &in, NULL), LOF_OK, "%s: run from the top of the source", path);
		expected(files[f], &want, &none, &bad);
		run_stream(&r, in.p, in.n, step_all, NULL, NULL);
		out = run_view(&r);
		// jansson reads one value after the other; what is no JSON is a line of its own, and none of its events.
		for (rest = out; rest.n;) {
			json_error_t at;
			json_t *v;

			if (rest.n >= 3 && memcmp(rest.p, "\xef\xbb\xbf", 3) == 0)
				rest = LOF_STR(rest.p + 3, rest.n - 3);
			if (strchr(" \t\r\n", rest.p[0])) {
				rest = LOF_STR(rest.p + 1, rest.n - 1);
				continue;
			}
			v = json_loadb(rest.p, rest.n, JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &at);
			if (!v) { // or a number that no double holds: taken out of the text
				const char *nl = memchr(rest.p, '\n', rest.n);
				struct lof_str line = LOF_STR(rest.p, nl ? (size_t)(nl - rest.p) : rest.n);
				char *copy = strndup(line.p, line.n), *big = strstr(copy, "1e999");

				if (big)
					memcpy(big, "1.0e0", 5);
				v = json_loads(copy, JSON_DECODE_INT_AS_REAL, NULL);
				collect(v, &got);
				free(copy);
				rest = LOF_STR(rest.p + line.n, rest.n - line.n);
			} else {
				collect(v, &got);
				rest = LOF_STR(rest.p + at.position, rest.n - (size_t)at.position);
			}
			json_decref(v);
		}
		buf_char(&want.text, 0);
		buf_char(&got.text, 0);
		cr_expect_str_eq(got.text.p, want.text.p, "%s:\n%s--- and not ---\n%s", files[f], got.text.p, want.text.p);
		for (const char *p = want.text.p; *p; p++)
			n_want += *p == '\n';
		cr_expect_eq(r.e.count.events - before.events, n_want + none + bad, "%s: %zu events, not %zu", files[f],
		    (size_t)(r.e.count.events - before.events), n_want + none + bad);
		cr_expect_eq(r.e.count.of[OUT_BAD] + r.e.count.of[OUT_CUT] - before.of[OUT_BAD] - before.of[OUT_CUT], bad, "%s",
		    files[f]);
		events += n_want + none + bad;
		rows++;
		buf_free(&in);
		buf_free(&want.text);
		buf_free(&got.text);
	}
	cr_assert_eq(rows, 29);
	cr_assert_eq(events, 146, "%zu", events); // all rows of expected.tsv
	run_close(&r);
}

// --- the notes ---------------------------------------------------------------------------------------------------

// The line is the text of one of the ranker's picks.
static bool
picked(const struct ranker *k, const struct book *b, struct lof_str line)
{
	for (size_t i = 0; i < k->n_picks; i++) {
		struct lof_str text = book_note(b, k->picks[i].note).text;
		size_t j = 0, n = 0;

		for (; j < text.n && n < line.n; j++, n++) {
			j += text.p[j] == '\\';
			if (lof_lower((unsigned char)text.p[j]) != lof_lower((unsigned char)line.p[n]))
				break;
		}
		if (j == text.n && n == line.n)
			return true;
	}
	return false;
}

static void
page(const char *file, const char *key, size_t at_least)
{
	struct lof_buf t = { 0 };
	struct lof_str rest, line, tag = lof_cstr(key);
	attack_id id = attack_parse(tag);
	size_t notes = 0, placeholders = 0;
	struct ranker k = { 0 };
	struct run r;

	run_open(&r);
	cr_assert(rank_init(&k, &r.book));
	cr_assert(rank_query(&k, &(struct query_in){ .techniques = &id, .n_techniques = id != 0, .tags = &tag,
	    .n_tags = id == 0 }));
	rank_answer(&k, &(struct wanted){ .max = 0 });
	cr_assert_eq(io_slurp(file, &t, NULL), LOF_OK);
	rest = buf_view(&t);
	while (lof_str_cut(&rest, '\n', &line) && !lof_str_eq(lof_str_trim(line), LOF_LIT("TitleTags")))
		;
	while (lof_str_cut(&rest, '\n', &line)) {
		line = lof_str_trim(line);
		if (!line.n)
			continue;
		if (note_is_placeholder(line)) {
			placeholders++;
			cr_expect_not(picked(&k, &r.book, line), "a placeholder was picked: %.*s", (int)line.n, line.p);
			continue;
		}
		notes++;
		cr_expect(picked(&k, &r.book, line), "%s: not found: %.*s", key, (int)line.n, line.p);
	}
	cr_assert_gt(notes, at_least, "%s: %zu notes", file, notes);
	cr_assert(k.placeholders <= placeholders || id, "%s", file);
	buf_free(&t);
	rank_free(&k);
	run_close(&r);
}

Test(samples, every_note_of_lofp_is_found)
{
	page("data/lofp/t1059.txt", "T1059", 100);
	page("data/lofp/t1021.txt", "T1021", 30);
	page("data/lofp/_deprecated.txt", "_deprecated", 20);
}
