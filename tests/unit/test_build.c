// Merging, cleaning, naming, and that the bytes depend on the notes alone.
#include "notes/build.h"
#include "notes/index.h"
#include "notes/layout.h"
#include "notes/text.h"
#include "notes/words.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

static void
init(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
}

TestSuite(build, .init = init);

static struct note
text_note(const char *text, const char *source)
{
	return (struct note){ .text = lof_cstr(text), .source = lof_cstr(source) };
}

// Builds, loads, and frees the builder.
static struct index *
finish(struct build *b, struct lof_buf *bytes)
{
	struct lof_buf own = { .n = 0 };
	struct lof_buf *out = bytes ? bytes : &own;
	struct lof_err e = { .rc = LOF_OK };
	struct index *ix;

	cr_assert_eq(build_finish(b, LOF_LIT("test"), out, NULL, &e), LOF_OK, "%s", e.what);
	cr_assert_eq(index_load(&ix, buf_view(out), "test", &e), LOF_OK, "%s", e.what);
	buf_free(&own);
	build_free(b);
	return ix;
}

static void
expect_str(struct lof_str got, const char *want)
{
	cr_expect(lof_str_eq(got, lof_cstr(want)), "got  %.*s\nwant %s", (int)got.n, got.p, want);
}

static void
expect_rule(struct index_rule got, const char *want)
{
	struct lof_buf whole = { .n = 0 };

	for (int i = 0; i < RULE_PARTS; i++)
		buf_str(&whole, got.part[i]);
	expect_str(buf_view(&whole), want);
	buf_free(&whole);
}

Test(build, one_note_in_full)
{
	struct build *b = build_new();
	struct lof_str tags[] = { LOF_LIT("windows"), LOF_LIT("_deprecated") }, terms[] = { LOF_LIT("ccmexec.exe") };
	struct lof_str platforms[] = { LOF_LIT("Windows") };
	attack_id ids[] = { 1086000, 1059001, 1021000 };
	struct note_rule rules[] = {
		{ .id = LOF_LIT("id-2"), .name = LOF_LIT("Zulu"), .url = LOF_LIT("https://z"), .deprecated = true },
		{ .id = LOF_LIT("id-1"), .name = LOF_LIT("Alpha \"A\""), .deprecated = true },
	};
	struct note n = {
		.id = LOF_LIT("cat-1"), .text = LOF_LIT("SCCM runs \"scripts\""), .techniques = ids, .n_techniques = 3,
		.tags = { tags, 2 }, .platforms = { platforms, 1 }, .terms = { terms, 1 }, .check = LOF_LIT("look"),
		.rules = rules, .n_rules = 2, .source = LOF_LIT("cat"), .url = LOF_LIT("https://n"),
		.author = LOF_LIT("J\xc3\xb6rg"), .license = LOF_LIT("MIT"), .usual = 2,
	};
	struct lof_buf source = { .n = 0 };
	struct index_note got;
	struct posting p;
	struct index *ix;

	cr_assert_eq(build_add(b, &n, NULL), LOF_OK);
	ix = finish(b, NULL);
	got = index_note(ix, 0);
	expect_str(got.head, "{\"text\":\"SCCM runs \\\"scripts\\\"\"");
	expect_str(got.text, "SCCM runs \\\"scripts\\\"");
	expect_str(got.check, ",\"check\":\"look\"");
	expect_str(got.tail, ",\"source\":\"cat\",\"author\":\"J\xc3\xb6rg\",\"url\":\"https://n\",\"license\":\"MIT\"}");
	expect_str(got.id, "cat-1");
	cr_assert_eq(got.rules.n, 2);
	expect_rule(index_rule(ix, got.rules.v[0]), ",\"source\":\"cat\",\"rule\":\"Alpha \\\"A\\\"\",\"rule_id\":\"id-1\","
	    "\"author\":\"J\xc3\xb6rg\",\"url\":\"https://n\",\"license\":\"MIT\"}");
	index_dump(ix, &source);
	expect_str(buf_view(&source), "{\"id\":\"cat-1\",\"text\":\"SCCM runs \\\"scripts\\\"\",\"techniques\":"
	    "[\"T1021\",\"T1059.001\"],\"tags\":[\"_deprecated\",\"windows\"],\"platforms\":[\"Windows\"],"
	    "\"terms\":[\"ccmexec\",\"ccmexec.exe\"],\"check\":\"look\",\"rules\":[{\"id\":\"id-1\",\"name\":\"Alpha \\\"A\\\"\","
	    "\"source\":\"cat\",\"author\":\"J\xc3\xb6rg\",\"url\":\"https://n\",\"license\":\"MIT\",\"deprecated\":true},"
	    "{\"id\":\"id-2\",\"name\":\"Zulu\",\"source\":\"cat\",\"author\":\"J\xc3\xb6rg\",\"url\":\"https://z\",\"license\":\"MIT\",\"deprecated\":true}],\"source\":\"cat\","
	    "\"author\":\"J\xc3\xb6rg\",\"url\":\"https://n\",\"license\":\"MIT\",\"usual\":2}\n");
	cr_expect_eq(got.n_techniques, 2, "T1086 became T1059.001");
	cr_expect_eq(got.techniques[0], 1021000);
	cr_expect_eq(got.techniques[1], 1059001);
	cr_expect_eq(got.platforms, PLATFORM_WINDOWS);
	cr_expect_eq(got.flags, NOTE_DEPRECATED | NOTE_TERMS | 2 << NOTE_USUAL_SHIFT);
	cr_expect(index_find_technique(ix, 1059001, &p, NULL) && p.n == 1);
	cr_expect_not(index_find_technique(ix, 1086000, &p, NULL));
	cr_expect(index_find(ix, KEY_RULE_NAME, LOF_LIT("ESCU - alpha  a - Rule"), &p, NULL));
	cr_expect(index_find(ix, KEY_RULE_ID, LOF_LIT("ID-2"), &p, NULL));
	cr_expect_not(index_find(ix, KEY_RULE_ID, LOF_LIT("id 2"), &p, NULL));
	cr_expect(index_find(ix, KEY_TAG, LOF_LIT("Windows"), &p, NULL));
	buf_free(&source);
	index_free(ix);
}

Test(build, same_text_is_one_note)
{
	struct build *b = build_new();
	struct note x = text_note("Admin  scripts\t", "sigma"), y = text_note("admin scripts", "elastic");
	attack_id one = 1059000, two = 1021000;
	struct note_rule r = { .id = LOF_LIT("r"), .name = LOF_LIT("R"), .url = LOF_LIT("https://r") };
	struct posting p;
	struct index *ix;

	x.techniques = &one;
	y.techniques = &two;
	x.n_techniques = y.n_techniques = 1;
	x.check = LOF_LIT("from sigma");
	x.rules = &r;
	x.n_rules = 1;
	y.license = LOF_LIT("Elastic-2.0");
	build_add(b, &x, NULL);
	build_add(b, &y, NULL);
	ix = finish(b, NULL);
	cr_assert_eq(index_count(ix), 1);
	expect_str(index_note(ix, 0).check, ",\"check\":\"from sigma\"");
	expect_str(index_note(ix, 0).tail, ",\"source\":\"elastic\",\"license\":\"Elastic-2.0\"}");
	expect_rule(index_rule(ix, 0), ",\"source\":\"sigma\",\"rule\":\"R\",\"rule_id\":\"r\",\"url\":\"https://r\"}");
	expect_str(index_note(ix, 0).text, "admin scripts");
	cr_expect(index_find_technique(ix, 1059000, &p, NULL));
	cr_expect(index_find_technique(ix, 1021000, &p, NULL));
	index_free(ix);
}

Test(build, texts_are_made_safe)
{
	static const struct { const char *in, *out; } t[] = {
		{ "a\x01\x1b[31m\r\n b\x7f", "a [31m b" },
		{ "\xc2\x9b" "x\xc2\x80", "x" },
		{ "\xff" "a\xed\xa0\x80", "\xef\xbf\xbd" "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "a\xe2", "a\xef\xbf\xbd" },
	};
	struct lof_arena a = { 0 };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct lof_str once = text_clean(&a, lof_cstr(t[i].in), 2000);
		expect_str(once, t[i].out);
		expect_str(text_clean(&a, once, 2000), t[i].out);
	}
	arena_free(&a);
}

Test(build, long_texts_are_cut_between_characters)
{
	struct lof_arena a = { 0 };
	struct lof_buf b = { .n = 0 };

	for (int i = 0; i < 40; i++)
		buf_lit(&b, "\xf0\x9f\x98\x80 ");
	for (size_t max = 4; max < 60; max++) {
		struct lof_str once = text_clean(&a, buf_view(&b), max), twice = text_clean(&a, once, max);

		cr_expect_leq(once.n, max);
		cr_expect(text_is_plain(once));
		cr_expect(memcmp(once.p + once.n - 3, "\xe2\x80\xa6", 3) == 0);
		cr_expect(lof_str_eq(once, twice));
	}
	buf_free(&b);
	arena_free(&a);
}

Test(build, escapes)
{
	struct lof_buf b = { .n = 0 };

	text_escape(&b, LOF_LIT("q\" b\\ n\n \xe2\x80\xa8\xe2\x80\xa9 \xe2\x80\xa7 \xe2\x82\xac \xe2"));
	expect_str(buf_view(&b), "q\\\" b\\\\ n\\u000a \\u2028\\u2029 \xe2\x80\xa7 \xe2\x82\xac \xe2");
	buf_free(&b);
}

Test(build, refuses)
{
	struct build *b = build_new();
	struct note empty = text_note(" \t\n ", "x"), odd = text_note("fine", "x");
	struct lof_err e = { .rc = LOF_OK };
	struct lof_buf out = { .n = 0 };
	char label[65];

	cr_expect_eq(build_add(b, &empty, &e), LOF_E_IMPORT);
	odd.id = LOF_LIT("a\"b");
	cr_expect_eq(build_add(b, &odd, NULL), LOF_E_IMPORT);
	memset(label, 'x', sizeof(label));
	cr_expect_neq(build_finish(b, LOF_STR(label, 64), &out, NULL, NULL), LOF_OK);
	cr_expect_neq(build_finish(b, LOF_LIT("a\"b"), &out, NULL, NULL), LOF_OK);
	cr_expect_neq(build_finish(b, LOF_LIT("a\nb"), &out, NULL, NULL), LOF_OK);
	cr_expect_eq(out.n, 0);
	cr_expect_eq(build_finish(b, LOF_STR(label, 63), &out, NULL, NULL), LOF_OK);
	buf_free(&out);
	build_free(b);
}

Test(build, ids_are_unique_and_survive)
{
	struct build *b = build_new();
	struct note n[] = { text_note("one thing", "s"), text_note("another thing", "s"), text_note("third", "") };
	struct index *ix;

	n[0].id = n[1].id = LOF_LIT("same");
	for (int i = 0; i < 3; i++)
		build_add(b, &n[i], NULL);
	ix = finish(b, NULL);
	cr_assert_eq(index_count(ix), 3);
	expect_str(index_note(ix, 0).id, "same");
	cr_expect_eq(index_note(ix, 1).id.n, 4 + 9);
	cr_expect(memcmp(index_note(ix, 1).id.p, "same-", 5) == 0);
	cr_expect(memcmp(index_note(ix, 2).id.p, "note-", 5) == 0);
	cr_expect_eq(index_note(ix, 2).id.n, 4 + 9);
	index_free(ix);
}

// --- determinism and the tables ----------------------------------------------------------------------------------

static uint64_t
next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

enum { MANY = 400 };

// Notes made from a number: some texts repeat in other cases with other details.
static void
add_numbered(struct build *b, unsigned no)
{
	uint64_t s = no;
	char text[80], rule[40], *p = text;
	attack_id id[2] = { 1001000 + (attack_id)next(&s) % 50 * 1000, 1059001 };
	struct note_rule r = { .name = LOF_STR(rule, 0), .id = LOF_STR(rule, 0) };
	struct note n = { .techniques = id, .n_techniques = 1 + no % 2, .rules = &r, .n_rules = no % 3 > 0 };

	p += sprintf(p, "%s number %u", no % 2 ? "Tool" : "tool", no / 2 % 150);
	n.text = LOF_STR(text, (size_t)(p - text));
	r.id.n = r.name.n = (size_t)sprintf(rule, "rule %u", (unsigned)next(&s) % 70);
	n.source = no % 5 == 0 ? LOF_LIT("") : no % 2 ? LOF_LIT("sigma") : LOF_LIT("elastic");
	n.url = no % 3 ? LOF_LIT("https://u") : LOF_LIT("");
	n.author = no % 7 ? LOF_LIT("A") : LOF_LIT("B");
	n.check = no % 4 ? LOF_LIT("") : LOF_LIT("c");
	cr_assert_eq(build_add(b, &n, NULL), LOF_OK);
}

Test(build, order_of_adding_does_not_matter)
{
	struct lof_buf first = { .n = 0 };
	unsigned order[MANY];
	uint64_t s = 7;

	for (unsigned i = 0; i < MANY; i++)
		order[i] = i;
	for (int round = 0; round < 6; round++) {
		struct build *b = build_new();
		struct lof_buf out = { .n = 0 };

		for (int i = 0; i < MANY; i++)
			add_numbered(b, order[i]);
		index_free(finish(b, &out));
		if (round == 0)
			first = out;
		else {
			cr_assert_eq(out.n, first.n);
			cr_assert_eq(memcmp(out.p, first.p, out.n), 0);
			buf_free(&out);
		}
		for (unsigned i = MANY - 1; i > 0; i--) {
			unsigned k = (unsigned)(next(&s) % (i + 1)), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
	}
	buf_free(&first);
}

Test(build, tables_are_small_and_every_key_is_found)
{
	static const int sizes[] = { 0, 1, 7, 100, 3000, 20000 };

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct build *b = build_new();
		struct lof_buf out = { .n = 0 };
		struct layout_header h;
		struct posting p;
		struct index *ix;
		char id[32];

		for (int i = 0; i < sizes[k]; i++) {
			struct note_rule r = { .id = LOF_STR(id, (size_t)sprintf(id, "%d", i)) };
			struct note n = { .text = r.id, .rules = &r, .n_rules = 1 };
			build_add(b, &n, NULL);
		}
		ix = finish(b, &out);
		memcpy(&h, out.p, sizeof(h));
		cr_expect_leq(h.part[PART_KEY_TABLE].count, 3 * (size_t)sizes[k] + 8 + LAYOUT_PROBE - 1, "%d", sizes[k]);
		for (int i = 0; i < sizes[k]; i++)
			cr_assert(index_find(ix, KEY_RULE_ID, LOF_STR(id, (size_t)sprintf(id, "%d", i)), &p, NULL) && p.n == 1);
		cr_expect_not(index_find(ix, KEY_RULE_ID, LOF_LIT("nobody"), &p, NULL));
		index_free(ix);
		buf_free(&out);
	}
}

static void
expect_idf(const struct index *ix, const char *word, size_t df, float idf)
{
	uint32_t no = index_word(ix, word_hash(lof_cstr(word)), lof_cstr(word));
	struct index_word_info info;

	cr_assert_neq(no, UINT32_MAX, "%s", word);
	info = index_word_info(ix, no);
	expect_str(info.text, word);
	cr_expect_eq(info.in.n, df);
	cr_expect_float_eq(info.idf, idf, 2e-5f, "%s %f", word, (double)info.idf);
}

// Logarithms by integers against the real ones: ln((2N + 2) / (2df + 1)).
Test(build, idf)
{
	struct build *b = build_new();
	struct lof_err e = { .rc = LOF_OK };
	struct index *ix;
	char text[64];

	for (int i = 0; i < 300; i++) {
		struct note n = { .text = LOF_STR(text, (size_t)sprintf(text, "sccm%s word%d", i % 3 ? "" : " intune", i)) };
		build_add(b, &n, &e);
	}
	ix = finish(b, NULL);
	expect_idf(ix, "sccm", 300, 0.001663f);
	expect_idf(ix, "intune", 100, 1.096953f);
	expect_idf(ix, "word7", 1, 5.301645f);
	index_free(ix);
}

// Every fragment of a real index is JSON for a parser that is not ours.
Test(build, fragments_are_json)
{
	struct build *b = build_new();
	struct lof_buf lines = { .n = 0 };
	struct lof_str rest, line;
	struct index *ix;

	for (unsigned i = 0; i < MANY; i++)
		add_numbered(b, i);
	ix = finish(b, NULL);
	for (uint32_t i = 0; i < index_count(ix); i++) {
		struct index_note n = index_note(ix, i);
		struct lof_buf whole = { .n = 0 };
		json_t *j;

		buf_str(&whole, n.head);
		buf_str(&whole, n.check);
		buf_str(&whole, n.tail);
		cr_assert((j = json_loadb(whole.p, whole.n, JSON_REJECT_DUPLICATES, NULL)));
		json_decref(j);
		for (size_t k = 0; k < n.rules.n; k++) {
			struct index_rule r = index_rule(ix, n.rules.v[k]);
			whole.n = 0;
			buf_str(&whole, n.head);
			buf_str(&whole, n.check);
			for (int part = 0; part < RULE_PARTS; part++)
				buf_str(&whole, r.part[part]);
			cr_assert((j = json_loadb(whole.p, whole.n, JSON_REJECT_DUPLICATES, NULL)));
			json_decref(j);
		}
		buf_free(&whole);
	}
	index_dump(ix, &lines);
	rest = buf_view(&lines);
	while (lof_str_cut(&rest, '\n', &line)) {
		json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
		cr_assert(j);
		json_decref(j);
	}
	buf_free(&lines);
	index_free(ix);
}
