#include "base/err.h"

#include <criterion/criterion.h>
#include <errno.h>

static void
prints(const struct lof_err *e, const char *want)
{
	char got[1024] = "";
	FILE *f = fmemopen(got, sizeof(got), "w");

	cr_assert_not_null(f);
	lof_err_print(f, e);
	fclose(f);
	cr_assert_str_eq(got, want);
}

Test(err, first_writer_wins)
{
	struct lof_err e = { 0 };

	cr_assert_eq(lof_err_at(&e, LOF_E_RULE, "rules/wazuh.json", 7, 12, "unknown key", LOF_LIT("patth")), LOF_E_RULE);
	errno = ENOSPC;
	cr_assert_eq(lof_err_sys(&e, "other", "cannot write"), LOF_E_RULE);
	cr_assert_eq(lof_err_set(&e, LOF_E_USAGE, "later", LOF_LIT("x")), LOF_E_RULE);
	prints(&e, "lofpipe: rules/wazuh.json:7:12: unknown key \"patth\"\n");
}

Test(err, null_only_returns_the_code)
{
	cr_assert_eq(lof_err_set(NULL, LOF_E_USAGE, "x", LOF_LIT("")), LOF_E_USAGE);
	cr_assert_eq(lof_err_at(NULL, LOF_E_INDEX, "f", 1, 1, "x", LOF_LIT("")), LOF_E_INDEX);
	cr_assert_eq(lof_err_sys(NULL, "f", "x"), LOF_E_IO);
}

Test(err, every_combination_of_parts)
{
	struct lof_err e = { 0 };

	lof_err_set(&e, LOF_E_USAGE, "unknown option", LOF_LIT("--foo"));
	prints(&e, "lofpipe: unknown option \"--foo\"\n");
	e = (struct lof_err){ 0 };
	errno = ENOENT;
	lof_err_sys(&e, "/no/such", "cannot open");
	cr_assert_eq(e.sys, ENOENT);
	prints(&e, "lofpipe: /no/such: cannot open: No such file or directory\n");
	e = (struct lof_err){ 0 };
	lof_err_at(&e, LOF_E_RULE, "f", 3, 0, "bad", LOF_LIT(""));
	prints(&e, "lofpipe: f:3: bad\n");
	e = (struct lof_err){ 0 };
	lof_err_at(&e, LOF_E_RULE, NULL, 3, 4, "bad", LOF_LIT(""));
	prints(&e, "lofpipe: line 3:4: bad\n");
	e = (struct lof_err){ 0 };
	lof_err_at(&e, LOF_E_RULE, "f", 0, 9, "bad", LOF_LIT(""));
	prints(&e, "lofpipe: f: bad\n");
	e = (struct lof_err){ 0 };
	lof_err_offset(&e, LOF_E_IO, "f", 5000000000, "bad", LOF_LIT("why"));
	prints(&e, "lofpipe: f: offset 5000000000: bad \"why\"\n");
	e = (struct lof_err){ 0 };
	lof_err_offset(&e, LOF_E_IO, NULL, 0, "bad", LOF_LIT(""));
	prints(&e, "lofpipe: offset 0: bad\n");
}

Test(err, a_terminal_is_not_steered)
{
	struct lof_err e = { 0 };

	lof_err_at(&e, LOF_E_RULE, "a\033[2J\nb", 0, 0, "bad", LOF_LIT("x\0y\177z\xc2\x9b" "31m\xc2\xa0\xc3\xa4"));
	prints(&e, "lofpipe: a?[2J?b: bad \"x?y?z??31m\xc2\xa0\xc3\xa4\"\n");
}

Test(err, long_pieces_are_cut_between_characters)
{
	char longer[1000];
	struct lof_err e = { 0 };

	for (size_t i = 0; i < sizeof(longer) - 1; i += 3)
		memcpy(longer + i, "\xe2\x82\xac", 3);
	longer[999] = '\0';
	lof_err_at(&e, LOF_E_RULE, longer, 0, 0, "bad", LOF_STR(longer, 999));
	cr_assert_eq(strlen(e.arg), 159, "159 = 53 characters of 3 bytes");
	cr_assert_eq(strlen(e.file), 255);
	e = (struct lof_err){ 0 };
	lof_err_set(&e, LOF_E_RULE, "bad", LOF_STR(longer + 1, 998));
	cr_assert_eq((unsigned char)e.arg[strlen(e.arg) - 1], 0xac, "no half character");
	cr_assert_eq(strlen(e.arg), 158);
}

Test(err, line_and_column)
{
	struct lof_str text = LOF_LIT("ab\n\ncd");
	static const uint32_t want[][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 }, { 2, 1 }, { 3, 1 }, { 3, 2 }, { 3, 3 } };
	uint32_t line, col;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		lof_line_col(text, i, &line, &col);
		cr_assert(line == want[i][0] && col == want[i][1], "offset %zu: %u:%u", i, line, col);
	}
	lof_line_col(text, 1000, &line, &col);
	cr_assert(line == 3 && col == 3, "an offset behind the end is the end");
	lof_line_col(LOF_STR(NULL, 0), 0, &line, &col);
	cr_assert(line == 1 && col == 1);
}
