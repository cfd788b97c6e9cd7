// --stats: what it says of formats and techniques adds up, and is what stands in the events.
#include "child.h"
#include "folder.h"

#include "stream/tally.h"

#include <glob.h>
#include <jansson.h>

TestSuite(tally, .timeout = 60);

#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })

static json_int_t
number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	cr_assert(json_is_integer(v), "%s is not there", name);
	return json_integer_value(v);
}

static json_t *
parsed(const char *path)
{
	json_error_t e;
	json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	cr_assert_not_null(v, "%s:%d: %s", path, e.line, e.text);
	return v;
}

// Runs the filter with --stats; its output is in *c.
static json_t *
stats_of(struct child *c, const char *const *more, struct lof_str input)
{
	struct folder f;
	const char *args[32] = { "--stats" };
	folder_make(&f);
	char path[64];
	snprintf(path, sizeof path, "%s/stats", f.path);
	args[1] = path;
	for (size_t i = 0; more && more[i]; i++)
		args[2 + i] = more[i];
	child_run(c, PLAN(.args = args), input);
	cr_assert_eq(c->status, 0, "%.*s", (int)c->errors.n, c->errors.p);
	json_t *stats = parsed(path);
	folder_drop(&f);
	return stats;
}

static void
causes_add_up(const json_t *stats, const char *what)
{
	json_int_t sum = 0;
	for (int o = 0; o < OUT_COUNT; o++)
		sum += number(stats, outcome_name((enum outcome)o));
	cr_assert_eq(sum, number(stats, "events"), "%s", what);
	for (int o = 0; o < TALLY_OUTCOMES; o++) {
		const char *name = outcome_name((enum outcome)o), *format;
		json_t *of;
		sum = 0;
		json_object_foreach(json_object_get(stats, "formats"), format, of)
			sum += number(of, name);
		cr_assert_eq(sum, number(stats, name), "%s: %s by format: %lld, in all: %lld", what, name, (long long)sum,
		    (long long)number(stats, name));
	}
}

// --- told again from what came out ----------------------------------------------------------------------------------

static void
add(json_t *to, const char *key, const char *member)
{
	json_t *o = json_object_get(to, key);
	if (!o)
		json_object_set_new(to, key, o = json_pack("{s:i,s:i}", "with_notes", 0, "without_notes", 0));
	json_object_set_new(o, member, json_integer(number(o, member) + 1));
}

struct seen {
	json_t *techniques, *unknown, *retired;
};

static void
take_member(struct seen *s, json_t *lofp)
{
	const char *was, *member = json_array_size(json_object_get(lofp, "notes")) ? "with_notes" : "without_notes";
	json_t *now, *id;
	size_t i;
	json_array_foreach(json_object_get(lofp, "techniques"), i, id) {
		const char *text = json_string_value(id);
		bool known = attack_find(attack_parse(lof_cstr(text)));
		add(known ? s->techniques : s->unknown, known ? text : "", member);
	}
	json_object_foreach(json_object_get(lofp, "via"), was, now) {
		json_t *have = json_object_get(s->retired, was);
		json_int_t n = have ? number(have, "events") : 0;
		json_object_set_new(s->retired, was, json_pack("{s:O,s:I}", "today", now, "events", n + 1));
	}
}

static void
is_equal(const json_t *got, const json_t *want, const char *what, const char *file)
{
	char *a = json_dumps(got, JSON_SORT_KEYS), *b = json_dumps(want, JSON_SORT_KEYS);
	cr_assert_str_eq(a, b, "%s: %s: %s\nin the events: %s", file, what, a, b);
	free(a);
	free(b);
}

static void
is_what_came_out(const json_t *stats, const struct lof_buf *output, const char *file)
{
	struct seen s = { json_object(), json_object(), json_object() };
	static const char name[] = "\"lofp\":";
	const char *p = output->p, *to = output->p + output->n;
	while ((p = memmem(p, (size_t)(to - p), name, sizeof name - 1))) {
		p += sizeof name - 1;
		json_t *v = json_loadb(p, (size_t)(to - p), JSON_DISABLE_EOF_CHECK, NULL);
		cr_assert_not_null(v);
		take_member(&s, v);
		json_decref(v);
	}
	if (!json_object_get(s.unknown, ""))
		json_object_set_new(s.unknown, "", json_pack("{s:i,s:i}", "with_notes", 0, "without_notes", 0));
	is_equal(json_object_get(stats, "techniques"), s.techniques, "techniques", file);
	is_equal(json_object_get(stats, "unknown_techniques"), json_object_get(s.unknown, ""), "unknown techniques", file);
	is_equal(json_object_get(stats, "retired_ids"), s.retired, "retired ids", file);
	json_decref(s.techniques);
	json_decref(s.unknown);
	json_decref(s.retired);
}

Test(tally, of_every_sample_is_what_came_out)
{
	glob_t files;
	cr_assert_eq(attack_load(NULL), LOF_OK);
	cr_assert_eq(glob("samples/*json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct child c;
		const char *const some[] = { files.gl_pathv[i], NULL }, *const few[] = { "--min-score", "0.9", files.gl_pathv[i], NULL };
		for (int round = 0; round < 2; round++) {
			json_t *stats = stats_of(&c, round ? few : some, LOF_LIT(""));
			causes_add_up(stats, files.gl_pathv[i]);
			is_what_came_out(stats, &c.output, files.gl_pathv[i]);
			json_decref(stats);
			child_free(&c);
		}
	}
	globfree(&files);
}

static void
says(const json_t *stats, const char *member, const char *text)
{
	json_t *want = json_loads(text, 0, NULL);
	is_equal(json_object_get(stats, member), want, member, text);
	json_decref(want);
}

// Formats, outcomes, and an event with an id under both of its names.
Test(tally, says_which)
{
	struct child c;
	json_t *stats = stats_of(&c, NULL, LOF_LIT(
	    "{\"rule\":{\"mitre\":{\"id\":[\"T1086\",\"T1059.001\",\"T1059.001\"]},\"level\":3,\"id\":\"1\"},"
	    "\"agent\":{\"id\":\"1\"},\"manager\":{\"name\":\"m\"}}\n"
	    "{\"mitre_technique\":\"T1086\"}\n"
	    "{\"mitre_technique\":\"T1021.004\"}\n"
	    "{\"rule\":{\"mitre\":{\"id\":[\"T8123\"]},\"level\":3,\"id\":\"1\"},\"agent\":{\"id\":\"1\"},"
	    "\"manager\":{\"name\":\"m\"}}\n"
	    "{\"a\":1}\n"
	    "[]\n"));
	causes_add_up(stats, "says_which");
	says(stats, "formats", "{\"generic\":{\"enriched\":2,\"no_notes\":0,\"no_key\":0},"
		"\"unknown\":{\"enriched\":0,\"no_notes\":0,\"no_key\":1},\"wazuh4\":{\"enriched\":1,\"no_notes\":1,\"no_key\":0}}");
	says(stats, "techniques", "{\"T1021.004\":{\"with_notes\":1,\"without_notes\":0},"
		"\"T1059.001\":{\"with_notes\":2,\"without_notes\":0}}");
	says(stats, "unknown_techniques", "{\"with_notes\":0,\"without_notes\":1}");
	says(stats, "retired_ids", "{\"T1086\":{\"today\":\"T1059.001\",\"events\":2}}");
	json_decref(stats);
	child_free(&c);
}

// More ids than any table has, and more formats than any rules: counted together, none lost.
Test(tally, is_bounded)
{
	struct rules *r;
	const struct rules_options none = { 0 };
	static struct keys k;
	struct lof_buf b = { 0 };
	uint64_t sum = 0;
	size_t n;
	cr_assert_eq(rules_load(&r, &none, NULL, NULL, NULL), LOF_OK);
	struct tally *t = tally_new(r);
	k.n_techniques = 1;
	for (attack_id id = 1; id <= 20000; id++) {
		k.techniques[0] = (struct technique){ .raw = id * 1001, .id = id * 1001, .known = true };
		tally_event(t, &k, id % 2 ? OUT_ENRICHED : OUT_NO_NOTES);
	}
	const struct tally_id **ids = tally_ids(t, &n);
	cr_assert_lt(n, TALLY_SLOTS);
	for (size_t i = 0; i < n; i++) {
		cr_assert(i == 0 || ids[i - 1]->id < ids[i]->id);
		sum += ids[i]->with + ids[i]->without;
	}
	cr_assert_eq(sum, n);
	cr_assert_eq(sum + t->unknown.with + t->unknown.without, 20000);
	free(ids);
	char names[600][16];
	static struct format formats[FORMATS_MAX];
	struct rules other = { .formats = formats, .n_formats = 200 };
	for (int round = 0; round < 3; round++) { // rules that are others each time
		for (int i = 0; i < 200; i++) {
			snprintf(names[round * 200 + i], 16, "f\"%d", round * 200 + i);
			formats[i].name = names[round * 200 + i];
		}
		tally_rules(t, &other);
		k.n_formats = 1;
		for (uint16_t i = 0; i < 200; i++) {
			k.formats[0] = i;
			tally_event(t, &k, OUT_NO_KEY);
		}
	}
	tally_rules(t, r); // and those of before again
	const struct tally_format **v = tally_formats(t, &n);
	cr_assert_leq(n, TALLY_FORMATS);
	cr_assert_gt(n, 300);
	sum = 0;
	for (size_t i = 0; i < n; i++) {
		cr_assert(i == 0 || strcmp(v[i - 1]->name, v[i]->name) < 0);
		sum += v[i]->of[OUT_NO_KEY];
	}
	cr_assert_eq(sum, 600);
	free(v);
	buf_lit(&b, "{\"events\":0");
	tally_json(t, &b);
	buf_char(&b, '}');
	json_t *told = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(told);
	cr_assert_eq(json_object_size(json_object_get(told, "formats")), n);
	json_decref(told);
	buf_free(&b);
	tally_free(t);
	rules_free(r);
}
