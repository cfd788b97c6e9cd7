// Indexes opened together: a note that several have is one, and techniques that became others since are known.
#include "notes/book.h"
#include "notes/build.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void
init(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
}

TestSuite(book, .init = init);

static void
add_note(struct build *b, const char *text, const char *technique)
{
	attack_id id = attack_parse(lof_cstr(technique));
	const struct note n = { .text = lof_cstr(text), .techniques = &id, .n_techniques = id != 0 };
	cr_assert_eq(build_add(b, &n, NULL), LOF_OK);
}

static struct index *
finish(struct build *b)
{
	struct lof_buf bytes = { 0 };
	struct lof_err e = { 0 };
	struct index *ix;
	cr_assert_eq(build_finish(b, LOF_LIT(""), &bytes, NULL, &e), LOF_OK, "%s", e.what);
	cr_assert_eq(index_load(&ix, buf_view(&bytes), "test", &e), LOF_OK, "%s", e.what);
	buf_free(&bytes);
	build_free(b);
	return ix;
}

// Notes of one technique; the list ends with NULL.
static struct index *
index_of(const char *technique, const char *const *texts)
{
	struct build *b = build_new();
	for (; *texts; texts++)
		add_note(b, *texts, technique);
	return finish(b);
}

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static uint32_t
number_of(const struct book *b, size_t index, const char *text)
{
	for (uint32_t i = b->note_base[index]; i < b->note_base[index + 1]; i++)
		if (lof_str_eq(book_note(b, i).text, lof_cstr(text)))
			return i;
	cr_assert_fail("%s is not there", text);
	return 0;
}

Test(book, a_note_that_several_have)
{
	struct book b = { 0 };
	cr_assert_eq(book_add(&b, index_of("T1059", TEXTS("backups", "Deployments", "one alone")), NULL), LOF_OK);
	cr_assert_eq(book_add(&b, index_of("T1021", TEXTS("BACKUPS", "deployments", "another")), NULL), LOF_OK);
	cr_assert_eq(book_add(&b, index_of("T1003", TEXTS("Backups", "another", "third")), NULL), LOF_OK);
	uint32_t backups = number_of(&b, 0, "backups"), another = number_of(&b, 1, "another");
	cr_expect_eq(b.facts[backups].same, backups);
	cr_expect_eq(b.facts[number_of(&b, 1, "BACKUPS")].same, backups);
	cr_expect_eq(b.facts[number_of(&b, 2, "Backups")].same, backups, "the first of all");
	cr_expect_eq(b.facts[number_of(&b, 1, "deployments")].same, number_of(&b, 0, "Deployments"));
	cr_expect_eq(b.facts[another].same, another);
	cr_expect_eq(b.facts[number_of(&b, 2, "another")].same, another);
	cr_expect_eq(b.facts[number_of(&b, 2, "third")].same, number_of(&b, 2, "third"));
	book_free(&b);
}

// Texts that differ before escaping may not be taken for one because of it.
Test(book, texts_that_need_escapes)
{
	struct book b = { 0 };
	cr_assert_eq(book_add(&b, index_of("T1059", TEXTS("C:\\new", "say \"x\"")), NULL), LOF_OK);
	cr_assert_eq(book_add(&b, index_of("T1059", TEXTS("C: new", "say \"X\"")), NULL), LOF_OK);
	cr_expect_eq(b.facts[number_of(&b, 1, "C: new")].same, number_of(&b, 1, "C: new"));
	cr_expect_eq(b.facts[number_of(&b, 1, "say \\\"X\\\"")].same, number_of(&b, 0, "say \\\"x\\\""));
	book_free(&b);
}

Test(book, nothing_stale_without_a_table)
{
	struct book b = { 0 };
	cr_assert_eq(book_add(&b, index_of("T1086", TEXTS("retired before it was indexed")), NULL), LOF_OK);
	cr_expect_eq(b.n_stale, 0);
	book_free(&b);
}

static struct index *
table(const char *line)
{
	struct build *b = build_new();
	cr_assert_eq(build_attack(b, lof_cstr(line), NULL), LOF_OK);
	return finish(b);
}

// An index brings a table that knows better, before or behind the one it speaks of.
Test(book, ids_that_became_others)
{
	attack_id was = attack_parse(LOF_LIT("T1021")), now = attack_parse(LOF_LIT("T1059"));
	struct index *old = index_of("T1021", TEXTS("remote support")), *more = index_of("T1021", TEXTS("more"));
	struct book b = { 0 };
	struct index *newer = table("T1021\te\t>T1059\tMoved\t\t");
	attack_forget();
	cr_assert_eq(book_add(&b, old, NULL), LOF_OK);
	cr_expect_eq(b.n_stale, 0);
	cr_assert_eq(book_add(&b, newer, NULL), LOF_OK);
	cr_assert_eq(b.n_stale, 1);
	cr_expect(b.stale[0].index == 0 && b.stale[0].was == was && b.stale[0].now == now);
	cr_assert_eq(book_add(&b, more, NULL), LOF_OK);
	cr_assert_eq(b.n_stale, 2);
	cr_expect(b.stale[1].index == 2 && b.stale[1].was == was && b.stale[1].now == now);
	book_free(&b);
}

Test(book, as_many_as_there_is_room_for)
{
	struct book b = { 0 };
	struct lof_err e = { 0 };
	for (int i = 0; i < BOOK_MAX; i++)
		cr_assert_eq(book_add(&b, index_of("T1059", TEXTS("backups")), NULL), LOF_OK);
	cr_expect_eq(book_add(&b, index_of("T1059", TEXTS("backups")), &e), LOF_E_INDEX);
	cr_expect_eq(b.n, BOOK_MAX);
	cr_expect_eq(b.facts[BOOK_MAX - 1].same, 0);
	book_free(&b);
}

// By how long a row of digits some word has, the stream tells which numbers matter.
Test(book, rows_of_digits)
{
	static const struct {
		const char *text;
		unsigned longest, run;
	} of[] = {
		{ "no digits", 0, 3 }, { "x8 and 7z too", 1, 3 }, { "net48 a1b22c", 2, 3 }, { "1a22b", 2, 3 }, { "a22", 2, 3 },
		{ "kb123 a1", 1, 3 }, // the writer takes no word with more than two in a row
	};
	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
		struct book b = { 0 };
		cr_assert_eq(book_add(&b, index_of("T1059", TEXTS(of[i].text, "between")), NULL), LOF_OK);
		cr_expect_eq(b.longest_row, of[i].longest, "%s: %u", of[i].text, b.longest_row);
		cr_expect_eq(b.digit_run, of[i].run, "%s: %u", of[i].text, b.digit_run);
		book_free(&b);
	}
}

// Every id that is known gets a yes, in either case and with blanks around it; few others do.
Test(book, which_rule_ids_may_be_known)
{
	enum { KNOWN = 7000, OTHERS = 100000 };
	struct build *build = build_new();
	struct book b = { 0 };
	char id[64];
	size_t yes = 0;
	attack_id t1059 = attack_parse(LOF_LIT("T1059"));
	for (unsigned i = 0; i < KNOWN; i++) {
		snprintf(id, sizeof id, i % 2 ? "%08x-Rule-%u" : "%u", i * 2654435761u, i);
		struct note_rule r = { .id = lof_cstr(id), .name = lof_cstr(id), .source = LOF_LIT("s"), .techniques = &t1059, .n_techniques = 1 };
		struct note n = { .text = LOF_LIT("backups"), .rules = &r, .n_rules = 1 };
		cr_assert_eq(build_add(build, &n, NULL), LOF_OK);
	}
	cr_assert_eq(book_add(&b, finish(build), NULL), LOF_OK);
	for (unsigned i = 0; i < KNOWN; i++) {
		snprintf(id, sizeof id, i % 2 ? "%08X-rULE-%u" : "%u", i * 2654435761u, i);
		cr_assert(book_may_know(&b, book_id(&b, lof_cstr(id))), "%s", id);
		snprintf(id, sizeof id, i % 2 ? " %08x-Rule-%u\t" : "%u ", i * 2654435761u, i);
		cr_assert(book_may_know(&b, book_id(&b, lof_cstr(id))), "%s", id);
	}
	for (unsigned i = 0; i < OTHERS; i++) {
		snprintf(id, sizeof id, "%08x-Rule-%u", i * 2246822519u, KNOWN + i);
		yes += book_may_know(&b, book_id(&b, lof_cstr(id)));
	}
	cr_expect_lt(yes, OTHERS / 200, "%zu", yes);
	cr_expect_not(book_may_know(&b, book_id(&b, LOF_LIT(""))));
	book_free(&b);
}
