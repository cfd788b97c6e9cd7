// Note packs: errors with line and column, and dump -> pack -> the same bytes.
#include "base/io.h"
#include "import/import.h"
#include "notes/index.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

static void
init(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
}

TestSuite(pack, .init = init);

struct run {
	struct import_stats st;
	struct lof_err first; // the first warning
	struct lof_err e;
	struct lof_buf index;
};

static void
note_warning(void *arg, const struct lof_err *e)
{
	struct run *r = arg;

	if (r->first.rc == LOF_OK)
		r->first = *e;
}

static enum lof_rc
import_text(struct lof_str text, bool strict, struct run *r)
{
	char path[] = "/tmp/lofp-test-XXXXXX";
	struct import_opts o = { .strict = strict, .warn = note_warning, .arg = r };
	struct build *b = build_new();
	size_t done;
	int fd = mkstemp(path);
	enum lof_rc rc;

	*r = (struct run){ .st = { 0 } };
	cr_assert_eq(io_write_all(fd, text.p, text.n, &done), 0);
	close(fd);
	rc = import_notes(path, &o, b, &r->st, &r->e);
	unlink(path);
	if (rc == LOF_OK)
		cr_assert_eq(build_finish(b, LOF_LIT("l"), &r->index, NULL, &r->e), LOF_OK);
	build_free(b);
	return rc;
}

struct bad {
	const char *line, *what, *arg;
	uint32_t col;
};

#define CONDITION "expected \"value\" (* and ? are wildcards), {\"literal\":...} or {\"regex\":...} at the path"
#define DAY "expected a day (2026-12-31) or a time (2026-12-31T18:00:00Z) in"
static const struct bad bad[] = {
	{ "{\"text\":\"x\",\"tehcniques\":[]}", "unknown member (did you mean \"techniques\"?)", "tehcniques", 13 },
	{ "{\"text\":\"x\", \"colour\":1}", "unknown member", "colour", 14 },
	{ "{\"text\":\"x\",\"tag\":[]}", "unknown member (did you mean \"tags\"?)", "tag", 13 },
	{ "{\"Text\":\"x\"}", "unknown member (did you mean \"text\"?)", "Text", 2 },
	{ "{\"text\":5}", "a string was expected", "text", 2 },
	{ "{\"text\":\"x\",\"tags\":\"windows\"}", "an array of strings was expected", "tags", 13 },
	{ "{\"text\":\"x\",\"tags\":[1]}", "an array of strings was expected", "tags", 13 },
	{ "{\"text\":\"x\",\"check\":\"\\\"tags\\\":\",\"techniques\":[\"T10\"]}",
	    "an ATT&CK id such as T1059.001 was expected, not", "T10", 33 },
	{ "{\"text\":\"x\",\"rules\":{}}", "an array of rules, each an object, was expected", "", 13 },
	{ "{\"text\":\"x\",\"rules\":[{\"nam\":\"y\"}]}",
	    "unknown member (did you mean \"name\"?)", "nam", 13 },
	{ "{\"text\":\"x\",\"placeholder\":\"yes\"}", "true or false was expected", "placeholder", 13 },
	{ "{\"text\":\"x\",\"when\":[]}", "expected an object of paths and what to find there, as in {\"host.name\":\"bk-*\"}", "", 13 },
	{ "{\"text\":\"x\",\"when\":{}}", "expected an object of paths and what to find there, as in {\"host.name\":\"bk-*\"}", "", 13 },
	{ "{\"text\":\"x\",\"when\":{\"a\":[]}}", CONDITION, "a", 13 },
	{ "{\"text\":\"x\",\"when\":{\"a\":{\"regexp\":\"b\"}}}", CONDITION, "a", 13 },
	{ "{\"text\":\"x\",\"when\":{\"a\":[\"b\",null]}}", CONDITION, "a", 13 },
	{ "{\"text\":\"x\",\"when\":{\"a..b\":\"c\"}}", "expected a path (keys joined by dots) in \"when\", not", "a..b", 1 },
	{ "{\"text\":\"x\",\"when\":{\"a\":{\"regex\":\"((\"}}}", "expected a PCRE2 pattern in \"when\"; this one does not compile", "((", 1 },
	{ "{\"text\":\"x\",\"expires\":\"2026-02-30\"}", DAY, "expires", 13 },
	{ "{\"text\":\"x\",\"expires\":\"2026-12-01 10:00\"}", DAY, "expires", 13 },
	{ "{\"text\":\"x\",\"expires\":\"2026-12-01T10:00:00+1\"}", DAY, "expires", 13 },
	{ "{\"text\":\"x\",\"expires\":20261201}", DAY, "expires", 13 },
	{ "{\"id\":\"x\"}", "a note needs a text", "x", 1 },
	{ "{\"text\":\"x\",\"id\":\"a\\\\b\"}", "an id may not hold '\"' or '\\'", "a\\b", 1 },
	{ "[1]", "a note is a JSON object", "", 1 },
	{ "7", "a note is a JSON object", "", 1 },
	{ "{\"text\":\"x\"} trailing", "not JSON:", NULL, 21 },
	{ "{\"text\" \"x\"}", "not JSON:", NULL, 11 },
	{ "{\"text\":\"x\",\"text\":\"y\"}", "not JSON:", NULL, 18 },
	{ "{\"text\":\"\xff\"}", "not UTF-8", "", 10 },
};

Test(pack, errors_have_line_and_column)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lof_buf text = { .n = 0 };
		struct run r;

		buf_lit(&text, "{\"text\":\"good\"}\r\n\n");
		buf_str(&text, lof_cstr(bad[i].line));
		buf_lit(&text, "\n{\"text\":\"good too\"}");
		cr_expect_eq(import_text(buf_view(&text), false, &r), LOF_OK);
		cr_expect_eq(r.st.notes, 2, "%s", bad[i].line);
		cr_expect_eq(r.st.errors, 1, "%s", bad[i].line);
		cr_assert(r.first.what);
		cr_expect_str_eq(r.first.what, bad[i].what);
		if (bad[i].arg)
			cr_expect_str_eq(r.first.arg, bad[i].arg);
		cr_expect_eq(r.first.line, 3);
		cr_expect_eq(r.first.col, bad[i].col, "%s: column %u", bad[i].line, r.first.col);
		buf_free(&r.index);

		cr_expect_eq(import_text(buf_view(&text), true, &r), LOF_E_IMPORT);
		cr_expect_eq(r.e.line, 3);
		buf_free(&text);
	}
}

Test(pack, unreadable)
{
	struct import_opts o = { .strict = false };
	struct import_stats st = { 0 };
	struct build *b = build_new();

	cr_expect_eq(import_notes("/nonexistent", &o, b, &st, NULL), LOF_E_IO);
	cr_expect_eq(import_notes("tests/unit", &o, b, &st, NULL), LOF_E_IMPORT, "a folder without packs");
	build_free(b);
}

static void
dump(struct lof_str bytes, struct lof_buf *out)
{
	struct index *ix;

	cr_assert_eq(index_load(&ix, bytes, "test", NULL), LOF_OK);
	index_dump(ix, out);
	index_free(ix);
}

static void
expect_round_trip(struct lof_str pack)
{
	struct lof_buf dumped = { .n = 0 };
	struct run first, second;

	cr_assert_eq(import_text(pack, true, &first), LOF_OK, "%s %s", first.e.what, first.e.arg);
	dump(buf_view(&first.index), &dumped);
	cr_assert_eq(import_text(buf_view(&dumped), true, &second), LOF_OK);
	cr_assert_eq(first.index.n, second.index.n);
	cr_assert_eq(memcmp(first.index.p, second.index.p, first.index.n), 0);
	buf_free(&dumped);
	buf_free(&first.index);
	buf_free(&second.index);
}

Test(pack, dump_makes_the_same_index)
{
	expect_round_trip(LOF_LIT(""));
	expect_round_trip(LOF_LIT(
	    "{\"text\":\"Two  blanks and \\u0001 \\u2028 \\u00e4 \\\\ \\\" \\/\","
	    "\"techniques\":[\"t1086\",\"T1059\",\"T1059\",\"AML.T0040\",\"T9999.123\"],"
	    "\"tags\":[\"b\",\"a\",\"\",\"a\"],\"platforms\":[\"macOS\",\"Commodore\"]}\n"
	    "{\"id\":\"x\",\"text\":\"two blanks AND \\u2028 \\u00e4 \\\\ \\\" /\",\"source\":\"s\",\"placeholder\":true}\n"
	    "{\"id\":\"x\",\"text\":\"unknown\",\"rules\":[{\"name\":\"ESCU - N - Rule\"},"
	    "{\"id\":\"I\",\"url\":\"u\"},{}]}\n"
	    "{\"id\":\"x\",\"text\":\"third\",\"terms\":[\"a.exe\",\"\xf0\x9f\x98\x80\"],\"author\":\"A\","
	    "\"license\":\"L\"}\n"));
}

Test(pack, a_dump_of_the_pages_makes_the_same_index)
{
	struct build *b = build_new();
	struct import_opts o = { .strict = true };
	struct import_stats st = { 0 };
	struct lof_buf index = { .n = 0 }, dumped = { .n = 0 };
	struct run r;

	cr_assert_eq(import_lofp("data/lofp", &o, b, &st, NULL), LOF_OK);
	cr_assert_eq(build_finish(b, LOF_LIT("l"), &index, NULL, NULL), LOF_OK);
	dump(buf_view(&index), &dumped);
	cr_assert_eq(import_text(buf_view(&dumped), true, &r), LOF_OK);
	cr_assert_eq(index.n, r.index.n);
	cr_assert_eq(memcmp(index.p, r.index.p, index.n), 0);
	buf_free(&index);
	buf_free(&dumped);
	buf_free(&r.index);
	build_free(b);
}
