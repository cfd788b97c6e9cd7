#include "base/str.h"

#include <criterion/criterion.h>

static struct lof_str
bytes(const char *p, size_t n)
{
	return LOF_STR(p, n);
}

Test(str, equality_is_of_bytes_and_length)
{
	cr_assert(lof_str_eq(LOF_LIT("a\0b"), LOF_LIT("a\0b")));
	cr_assert_not(lof_str_eq(LOF_LIT("a\0b"), LOF_LIT("a\0c")), "a NUL ends nothing");
	cr_assert_not(lof_str_eq(LOF_LIT("ab"), LOF_LIT("abc")));
	cr_assert(lof_str_eq(bytes(NULL, 0), LOF_LIT("")));
}

Test(str, case_folding_is_ascii_only)
{
	cr_assert(lof_str_ieq(LOF_LIT("PowerShell.EXE"), LOF_LIT("pOWERsHELL.exe")));
	cr_assert_not(lof_str_ieq(LOF_LIT("@"), LOF_LIT("`")), "differ by the case bit, are no letters");
	cr_assert_not(lof_str_ieq(LOF_LIT("["), LOF_LIT("{")));
	cr_assert_not(lof_str_ieq(LOF_LIT("\xc3\x84"), LOF_LIT("\xc3\xa4")), "bytes from 0x80 have no case");
	cr_assert_not(lof_str_ieq(LOF_LIT("ab"), LOF_LIT("abc")));
	for (unsigned c = 0; c < 256; c++)
		cr_assert_eq(lof_lower((unsigned char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

Test(str, classes_cover_exactly_ascii)
{
	for (unsigned c = 0; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';
		bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		cr_assert_eq(lof_is_digit((unsigned char)c), digit, "%u", c);
		cr_assert_eq(lof_is_alnum((unsigned char)c), digit || alpha, "%u", c);
	}
}

Test(str, order_is_unsigned_and_shorter_first)
{
	cr_assert_lt(lof_str_cmp(LOF_LIT("a"), LOF_LIT("b")), 0);
	cr_assert_gt(lof_str_cmp(LOF_LIT("\x80"), LOF_LIT("z")), 0);
	cr_assert_lt(lof_str_cmp(LOF_LIT("ab"), LOF_LIT("abc")), 0);
	cr_assert_gt(lof_str_cmp(LOF_LIT("abc"), LOF_LIT("ab")), 0);
	cr_assert_eq(lof_str_cmp(LOF_LIT("a\0b"), LOF_LIT("a\0b")), 0);
	cr_assert_lt(lof_str_cmp(bytes(NULL, 0), LOF_LIT("a")), 0);
	cr_assert_eq(lof_str_cmp(bytes(NULL, 0), LOF_LIT("")), 0);
}

Test(str, trim_takes_white_space_at_the_ends_only)
{
	cr_assert(lof_str_eq(lof_str_trim(LOF_LIT(" \t\r\n\v\fa b \n")), LOF_LIT("a b")));
	cr_assert(lof_str_eq(lof_str_trim(LOF_LIT("\0a\0")), LOF_LIT("\0a\0")), "NUL is data");
	cr_assert(lof_str_eq(lof_str_trim(LOF_LIT("\xc2\xa0" "a")), LOF_LIT("\xc2\xa0" "a")));
	cr_assert_eq(lof_str_trim(LOF_LIT(" \n ")).n, 0);
	cr_assert_eq(lof_str_trim(bytes(NULL, 0)).n, 0);
}

Test(str, cut_gives_every_piece_but_a_last_empty_one)
{
	struct lof_str s = LOF_LIT("a,,b\0c,"), head;

	cr_assert(lof_str_cut(&s, ',', &head));
	cr_assert(lof_str_eq(head, LOF_LIT("a")));
	cr_assert(lof_str_cut(&s, ',', &head));
	cr_assert_eq(head.n, 0);
	cr_assert(lof_str_cut(&s, ',', &head));
	cr_assert(lof_str_eq(head, LOF_LIT("b\0c")));
	cr_assert_not(lof_str_cut(&s, ',', &head));
	cr_assert_eq(head.n, 0);
	s = LOF_LIT("whole");
	cr_assert(lof_str_cut(&s, ',', &head));
	cr_assert(lof_str_eq(head, LOF_LIT("whole")));
	cr_assert_eq(s.n, 0);
	s = bytes(NULL, 0);
	cr_assert_not(lof_str_cut(&s, ',', &head));
}

Test(str, starts)
{
	cr_expect(lof_str_starts(LOF_LIT("rules-dfir"), "rules-") && lof_str_starts(LOF_LIT("a"), "a") && lof_str_starts(LOF_LIT(""), ""));
	cr_expect_not(lof_str_starts(LOF_LIT("rule"), "rules") || lof_str_starts(LOF_LIT("Rules"), "rules") || lof_str_starts(LOF_LIT(""), "a"));
}
