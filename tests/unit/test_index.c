// The reader against bytes that lie. Damage without a right checksum must be refused; with the checksum made right
// again it must be refused or do no harm, which the address sanitizer judges.
#include "base/hash.h"
#include "base/io.h"
#include "notes/build.h"
#include "notes/index.h"
#include "notes/layout.h"
#include "notes/text.h"
#include "notes/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct lof_buf small; // a small index with something in every section

static void
init(void)
{
	static attack_id ids[] = { 1059001, 1059003, 1021000, ATTACK_ATLAS | 40000 };
	static const struct note_condition when[] = { { LOF_LIT("a.b"), LOF_LIT("x*"), CONDITION_WILD },
		{ LOF_LIT("c"), LOF_LIT("^\"q"), CONDITION_REGEX } };
	static struct lof_str tags[] = { { "windows", 7 }, { "aws", 3 } }, terms[] = { { "ccm exec", 8 } };
	static struct note_rule rules[] = { { .id = { "4a5b", 4 }, .name = { "Odd \"Rule\"", 10 }, .url = { "https://r", 9 } } };
	struct note n[] = {
		{ .text = LOF_LIT("sccm \xc3\xa9 powershell.exe"), .techniques = ids, .n_techniques = 4, .tags = { tags, 2 },
		    .terms = { terms, 1 }, .rules = rules, .n_rules = 1, .platforms = { tags, 1 }, .check = LOF_LIT("look") },
		{ .text = LOF_LIT("intune"), .techniques = ids, .n_techniques = 2, .source = LOF_LIT("s"), .when = when, .n_when = 2,
		    .owner = LOF_LIT("ops"), .expires = 1893456000 },
		{ .text = LOF_LIT("unknown"), .tags = { tags + 1, 1 } },
	};
	struct build *b = build_new();

	cr_assert_eq(attack_load(NULL), LOF_OK);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(build_add(b, &n[i], NULL), LOF_OK);
	cr_assert_eq(build_finish(b, LOF_LIT("2026.11"), &small, NULL, NULL), LOF_OK);
	build_free(b);
}

static void
fini(void)
{
	buf_free(&small);
}

TestSuite(index, .init = init, .fini = fini);

// --- helpers -----------------------------------------------------------------------------------------------------

static bool
loads(struct lof_str bytes)
{
	struct index *ix = NULL;
	struct lof_err e = { .rc = LOF_OK };
	enum lof_rc rc = index_load(&ix, bytes, "test", &e);

	if (rc) {
		cr_assert(rc == LOF_E_INDEX && e.rc == rc && e.what && ix == NULL);
		return false;
	}
	index_free(ix);
	return true;
}

static void
fix_checksum(struct lof_buf *b)
{
	uint64_t sum = lof_checksum(b->p + LAYOUT_CHECKED_FROM, b->n - LAYOUT_CHECKED_FROM);

	memcpy(b->p + offsetof(struct layout_header, checksum), &sum, sizeof(sum));
}

static size_t
touch(struct lof_str s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

// Everything the filter can ask of an index.
static size_t
walk(const struct index *ix)
{
	static const char *const keys[] = { "windows", "AWS", "4A5B", "Odd Rule", "T1059.001", "nobody", "" };
	static const char *const words[] = { "sccm", "powershell.exe", "powershell", "intune", "absent" };
	struct posting p;
	uint32_t slot;
	struct lof_buf source = { .n = 0 };
	size_t sum = touch(index_version(ix));

	for (uint32_t i = 0; i < index_count(ix); i++) {
		struct index_note n = index_note(ix, i);

		sum += touch(n.head) + touch(n.check) + touch(n.tail) + touch(n.text) + touch(n.id);
		cr_assert(text_is_head(n.head) && text_is_members(n.check) && text_is_members(n.owner) && text_is_tail(n.tail) &&
		    text_is_plain(n.id));
		for (size_t k = 0; k < n.rules.n; k++) {
			struct index_rule r = index_rule(ix, n.rules.v[k]);

			sum += touch(r.id) + touch(r.name) + r.words + r.n_techniques;
			for (int part = 0; part < RULE_PARTS; part++)
				sum += touch(r.part[part]);
			for (size_t j = 0; j < r.notes.n; j++)
				sum += index_note(ix, r.notes.v[j]).words;
		}
		for (size_t k = 0; k < n.n_techniques; k++)
			sum += n.techniques[k] + (size_t)index_find_technique(ix, n.techniques[k], &p, &p) +
			    index_next_technique(ix, n.techniques[k]);
	}
	for (uint32_t i = 0; i < index_condition_count(ix); i++)
		sum += touch(index_condition(ix, i).path) + touch(index_condition(ix, i).pattern);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (int kind = KEY_TECHNIQUE; kind <= KEY_RULE_NAME; kind++)
			if (index_find(ix, (enum key_kind)kind, lof_cstr(keys[i]), &p, &slot))
				for (size_t k = 0; k < p.n; k++)
					sum += kind < KEY_RULE_ID ? index_note(ix, p.v[k]).words : index_rule(ix, p.v[k]).words;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct lof_str w = lof_cstr(words[i]);
		uint32_t no = index_word(ix, word_hash(w), w);

		if (no == UINT32_MAX)
			continue;
		sum += touch(index_word_info(ix, no).text);
		p = index_word_info(ix, no).in;
		for (size_t k = 0; k < p.n; k++) {
			size_t doc = p.v[k] >> WORD_FIELD_BITS, notes = index_count(ix);
			sum += doc < notes ? touch(index_note(ix, (uint32_t)doc).head) : index_rule(ix, (uint32_t)(doc - notes)).words;
		}
	}
	index_dump(ix, &source);
	sum += touch(buf_view(&source));
	buf_free(&source);
	return sum;
}

// Loads *b with its checksum made right and, if that works, walks it. Returns whether it loaded.
static bool
harmless(struct lof_buf *b)
{
	struct index *ix = NULL;

	fix_checksum(b);
	if (index_load(&ix, buf_view(b), "test", NULL) != LOF_OK)
		return false;
	cr_assert_gt(walk(ix), 0);
	index_free(ix);
	return true;
}

static struct lof_buf
copy_of_small(void)
{
	struct lof_buf b = { .n = 0 };

	buf_put(&b, small.p, small.n);
	return b;
}

// --- damage ------------------------------------------------------------------------------------------------------

Test(index, whole_one_loads)
{
	cr_assert(loads(buf_view(&small)));
	cr_assert_eq(small.n % 8, 0);
}

Test(index, every_flipped_bit_is_refused)
{
	for (size_t i = 0; i < small.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			small.p[i] = (char)(small.p[i] ^ 1 << bit);
			cr_assert_not(loads(buf_view(&small)), "byte %zu bit %d", i, bit);
			small.p[i] = (char)(small.p[i] ^ 1 << bit);
		}
}

Test(index, every_other_byte_is_refused)
{
	for (size_t i = 0; i < small.n; i += 7)
		for (int v = 1; v < 256; v++) {
			small.p[i] = (char)(small.p[i] + v);
			cr_assert_not(loads(buf_view(&small)), "byte %zu + %d", i, v);
			small.p[i] = (char)(small.p[i] - v);
		}
}

Test(index, every_cut_is_refused)
{
	struct lof_buf longer = copy_of_small();

	for (size_t n = 0; n < small.n; n++)
		cr_assert_not(loads(LOF_STR(small.p, n)), "%zu of %zu bytes", n, small.n);
	for (int i = 0; i < 20; i++) {
		buf_char(&longer, 0);
		cr_assert_not(loads(buf_view(&longer)));
	}
	buf_free(&longer);
}

Test(index, every_swap_of_blocks_is_refused)
{
	for (size_t i = 0; i < small.n; i += 8)
		for (size_t k = i + 8; k < small.n; k += 8) {
			char a[8], b[8];

			memcpy(a, small.p + i, 8);
			memcpy(b, small.p + k, 8);
			if (memcmp(a, b, 8) == 0)
				continue;
			memcpy(small.p + i, b, 8);
			memcpy(small.p + k, a, 8);
			cr_assert_not(loads(buf_view(&small)), "%zu and %zu", i, k);
			memcpy(small.p + i, a, 8);
			memcpy(small.p + k, b, 8);
		}
}

// --- lies with a right checksum ----------------------------------------------------------------------------------

Test(index, hostile_words_do_no_harm)
{
	static const uint32_t values[] = { 0, 1, 2, 7, 0xff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	struct lof_buf b = copy_of_small();
	size_t loaded = 0, tried = 0;

	for (size_t i = LAYOUT_CHECKED_FROM; i + 4 <= b.n; i += 4)
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]) + 2; k++) {
			uint32_t old, v;

			memcpy(&old, b.p + i, 4);
			v = k < sizeof(values) / sizeof(values[0]) ? values[k] : k % 2 ? old + 1 : old - 1;
			if (v == old)
				continue;
			memcpy(b.p + i, &v, 4);
			tried++;
			loaded += harmless(&b);
			memcpy(b.p + i, &old, 4);
		}
	// What may load is text that became other text, labels, counts of words, idf.
	cr_expect_lt(loaded, tried / 5, "%zu of %zu", loaded, tried);
	buf_free(&b);
}

// There are USUAL_MAX places among the usual causes; the bits hold more.
Test(index, a_place_that_there_is_not)
{
	struct lof_buf b = copy_of_small();
	struct layout_header h;

	memcpy(&h, b.p, sizeof(h));
	char *flags = b.p + h.part[PART_NOTES].offset + offsetof(struct layout_note, flags);
	for (unsigned place = 0; place < 8; place++) {
		*flags = (char)((*flags & 31) | place << NOTE_USUAL_SHIFT);
		cr_expect_eq(harmless(&b), place <= USUAL_MAX, "place %u", place);
	}
	buf_free(&b);
}

Test(index, hostile_bytes_do_no_harm)
{
	struct lof_buf b = copy_of_small();

	for (size_t i = LAYOUT_CHECKED_FROM; i < b.n; i++)
		for (int v = 1; v < 256; v += 1 + (i < sizeof(struct layout_header)) * 6) {
			b.p[i] = (char)(b.p[i] + v);
			harmless(&b);
			b.p[i] = (char)(b.p[i] - v);
		}
	buf_free(&b);
}

Test(index, hostile_swaps_do_no_harm)
{
	struct lof_buf b = copy_of_small();

	for (size_t i = LAYOUT_CHECKED_FROM; i + 4 <= b.n; i += 4)
		for (size_t k = i + 4; k + 4 <= b.n; k += 4) {
			uint32_t x, y;

			memcpy(&x, b.p + i, 4);
			memcpy(&y, b.p + k, 4);
			if (x == y)
				continue;
			memcpy(b.p + i, &y, 4);
			memcpy(b.p + k, &x, 4);
			harmless(&b);
			memcpy(b.p + i, &x, 4);
			memcpy(b.p + k, &y, 4);
		}
	buf_free(&b);
}

// Two numbers of a list in each other's place, or one of them twice.
Test(index, lists_that_do_not_ascend_are_refused)
{
	static const struct note n[] = { { .text = LOF_LIT("backup by cron") }, { .text = LOF_LIT("backup by hand") },
		{ .text = LOF_LIT("hand made cron jobs") } };
	struct build *build = build_new();
	struct lof_buf b = { .n = 0 };
	struct layout_header h;
	size_t tried = 0;

	for (int i = 0; i < 3; i++)
		cr_assert_eq(build_add(build, &n[i], NULL), LOF_OK);
	cr_assert_eq(build_finish(build, LOF_LIT(""), &b, NULL, NULL), LOF_OK);
	build_free(build);
	memcpy(&h, b.p, sizeof(h));
	for (uint32_t i = 0; i < h.part[PART_WORDS].count; i++) {
		struct layout_text t;
		uint32_t first[2];
		char *at;

		memcpy(&t, b.p + h.part[PART_WORDS].offset + i * sizeof(t), sizeof(t));
		at = b.p + h.part[PART_POSTINGS].offset + t.posting.off * sizeof(uint32_t);
		if (t.posting.n < 2)
			continue;
		memcpy(first, at, 8);
		memcpy(at, &first[1], 4);
		cr_expect_not(harmless(&b), "%u", i);
		memcpy(at + 4, &first[0], 4);
		cr_expect_not(harmless(&b), "%u", i);
		memcpy(at, first, 8);
		tried++;
	}
	cr_expect_eq(tried, 3); // backup, cron, hand
	cr_expect(harmless(&b));
	buf_free(&b);
}

// A text in the pool may become any other text, but never something that would end the string it stands in.
Test(index, text_that_would_break_an_event_is_refused)
{
	static const char *const breaks[] = { "\"", "\\", "\n", "\xc3", "\xff", "\x01", "\x80" };
	struct lof_buf b = copy_of_small();
	char *at = memmem(b.p, b.n, "intune", 6);

	cr_assert(at);
	for (; at; at = memmem(at + 1, (size_t)(b.p + b.n - at - 1), "intune", 6))
		for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
			char old = at[2];
			at[2] = breaks[i][0];
			cr_expect_not(harmless(&b), "%zu", i);
			at[2] = old;
		}
	buf_free(&b);
}

Test(index, another_version_says_so)
{
	struct lof_buf b = copy_of_small();
	struct lof_err e = { .rc = LOF_OK };
	struct index *ix;

	b.p[offsetof(struct layout_header, version)] = 99;
	fix_checksum(&b);
	cr_expect_eq(index_load(&ix, buf_view(&b), "some.idx", &e), LOF_E_INDEX);
	cr_expect_str_eq(e.file, "some.idx");
	cr_expect(strstr(e.what, "version"));
	buf_free(&b);
}

// --- the fragment checkers ---------------------------------------------------------------------------------------

Test(index, strings_are_checked_strictly)
{
	static const struct { const char *s; bool good; } t[] = {
		{ "\"", true }, { "abc\"", true }, { "", false }, { "abc", false }, { "\\\"", false }, { "\\\"\"", true },
		{ "\\u12aF\"", true }, { "\\u12g4\"", false }, { "\\u12", false }, { "\\x\"", false }, { "\\", false },
		{ "\\ud83d\\ude00\"", true }, { "\\ud83d\"", false }, { "\\ude00\"", false }, { "\\ud83d\\u0041\"", false },
		{ "\\ud83d\\", false }, { "\x1f\"", false }, { "\x7f\"", true }, { "0123456789abcdef\n\"", false },
		{ "0123456789abcdef0123456789abcdef\"", true }, { "0123456789abcde\x80\"", false },
		{ "\xc3\xa9\"", true }, { "\xc0\x80\"", false }, { "\xc3\"", false }, { "\xe0\x9f\xbf\"", false },
		{ "\xed\xa0\x80\"", false }, { "\xef\xbf\xbf\"", true }, { "\xf0\x8f\xbf\xbf\"", false },
		{ "\xf4\x8f\xbf\xbf\"", true }, { "\xf4\x90\x80\x80\"", false }, { "\xf5\x80\x80\x80\"", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = strlen(t[i].s);
		char *exact = malloc(n + !n); // no byte behind for a checker to peek at

		memcpy(exact, t[i].s, n);
		cr_expect_eq(text_string_end(exact, n), t[i].good ? n - 1 : SIZE_MAX, "%zu: %s", i, t[i].s);
		free(exact);
	}
}

Test(index, shapes)
{
	cr_expect(text_is_head(LOF_LIT("{\"text\":\"a\"")));
	cr_expect_not(text_is_head(LOF_LIT("{\"text\":\"a\",")));
	cr_expect_not(text_is_head(LOF_LIT("{\"text\":\"a")));
	cr_expect_not(text_is_head(LOF_LIT("{\"texs\":\"a\"")));
	cr_expect(text_is_tail(LOF_LIT("}")));
	cr_expect(text_is_tail(LOF_LIT(",\"a\":\"b\",\"c\":\"d\"}")));
	cr_expect_not(text_is_tail(LOF_LIT("")));
	cr_expect_not(text_is_tail(LOF_LIT("}}")));
	cr_expect_not(text_is_tail(LOF_LIT(",\"a\":1}")));
	cr_expect_not(text_is_tail(LOF_LIT(",\"a\":\"b\"")));
	cr_expect(text_is_members(LOF_LIT("")));
	cr_expect(text_is_members(LOF_LIT(",\"a\":[\"b\",\"c\"],\"d\":[{\"e\":\"f\",\"g\":\"h\"}],\"i\":true")));
	cr_expect_not(text_is_members(LOF_LIT("\"a\":\"b\"")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":\"b\"}")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":\"b\",")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":[]")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":[{}]")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":[[\"b\"]]")));
	cr_expect_not(text_is_members(LOF_LIT(",\"a\":false")));
}

// --- looking up --------------------------------------------------------------------------------------------------

Test(index, looking_up)
{
	uint32_t slot[4];
	struct posting p;
	struct index *ix;

	cr_assert_eq(index_load(&ix, buf_view(&small), "test", NULL), LOF_OK);
	cr_expect(memcmp(index_version(ix).p, "2026.11+", 8) == 0);
	cr_expect_eq(index_version(ix).n, 16);
	cr_expect_eq(index_next_technique(ix, 1059000), 1059001);
	cr_expect_eq(index_next_technique(ix, 1059001), 1059003);
	cr_expect_neq(attack_parent(index_next_technique(ix, 1059003)), 1059000);
	cr_expect(index_find(ix, KEY_TECHNIQUE, LOF_LIT("t1059.001"), &p, &slot[0]) && p.n == 2);
	cr_expect(index_find(ix, KEY_TECHNIQUE, LOF_LIT("AML.T0040"), &p, &slot[1]) && p.n == 1);
	cr_expect(index_find(ix, KEY_TAG, LOF_LIT(" AWS_ "), &p, &slot[2]) && p.n == 2);
	cr_expect(index_find(ix, KEY_RULE_NAME, LOF_LIT("odd rule"), &p, &slot[3]) && p.n == 1);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			cr_expect_neq(slot[i], slot[k]);
	cr_expect_not(index_find(ix, KEY_TECHNIQUE, LOF_LIT("T1059"), &p, NULL));
	cr_expect_eq(p.n, 0);
	cr_expect_not(index_find(ix, KEY_TECHNIQUE, LOF_LIT("no id"), &p, NULL));
	cr_expect_not(index_find(ix, KEY_TAG, LOF_LIT("4a5b"), &p, NULL), "a rule id is no tag");
	cr_expect_eq(index_word(ix, word_hash(LOF_LIT("unknown")), LOF_LIT("unknown")), UINT32_MAX, "of a placeholder");
	index_free(ix);
}

Test(index, normal_keys)
{
	static const struct { enum key_kind kind; const char *in, *out; } t[] = {
		{ KEY_TAG, "_deprecated", "deprecated" }, { KEY_TAG, "Google  Workspace", "google workspace" },
		{ KEY_RULE_NAME, "ESCU - Foo_Bar - Rule", "foo bar" }, { KEY_RULE_NAME, "escu - x - rule", "x" },
		{ KEY_RULE_NAME, "Threat - Some Thing - Rule", "some thing" }, { KEY_RULE_NAME, "Threat - Some", "threat some" },
		{ KEY_RULE_NAME, "Suspicious Rule", "suspicious rule" }, { KEY_RULE_NAME, "ESCU - ", "escu" },
		{ KEY_RULE_NAME, "  (Caf\xc3\xa9) -- Run!  ", "caf\xc3\xa9 run" }, { KEY_RULE_NAME, " - Rule", "rule" },
		{ KEY_RULE_ID, " 4A5B-C ", "4a5b-c" }, { KEY_TAG, "...", "" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = index_normal_key(t[i].kind, lof_cstr(t[i].in), out, sizeof(out));
		cr_expect(lof_str_eq(LOF_STR(out, n), lof_cstr(t[i].out)), "%s -> %.*s", t[i].in, (int)n, out);
	}
	cr_expect_eq(index_normal_key(KEY_TAG, LOF_LIT("abc def"), out, 7), 7);
	for (size_t max = 0; max < 7; max++)
		cr_expect_eq(index_normal_key(KEY_TAG, LOF_LIT("abc def"), out, max), 0);
}

// lofpipe-index(5) repeats the drawing of layout.h; mdoc writes '\\' as "\\e".
Test(index, the_manual_repeats_the_drawing)
{
	struct lof_buf code = { .n = 0 }, manual = { .n = 0 };
	struct lof_str rest, line;
	size_t lines = 0;

	cr_assert_eq(io_slurp("src/notes/layout.h", &code, NULL), LOF_OK);
	cr_assert_eq(io_slurp("docs/lofpipe-index.5", &manual, NULL), LOF_OK);
	rest = buf_view(&code);
	while (lof_str_cut(&rest, '\n', &line)) {
		struct lof_buf want = { .n = 0 };

		if (line.n < 4 || memcmp(line.p, "//\t", 3) != 0)
			continue;
		for (size_t i = 3; i < line.n; i++)
			buf_put(&want, line.p[i] == '\\' ? "\\e" : line.p + i, line.p[i] == '\\' ? 2 : 1);
		buf_char(&want, '\n');
		cr_expect(memmem(manual.p, manual.n, want.p, want.n), "%.*s", (int)line.n, line.p);
		lines++;
		buf_free(&want);
	}
	cr_expect_gt(lines, 15);
	buf_free(&code);
	buf_free(&manual);
}
