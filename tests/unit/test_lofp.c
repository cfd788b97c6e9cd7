// The three pages the project began with: every note line is found under its page's key.
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

TestSuite(lofp, .init = init);

static struct lof_str
note_text(const struct index *ix, uint32_t no, char *room)
{
	struct lof_str text = index_note(ix, no).text;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		i += text.p[i] == '\\'; // the pages need only \" and \\ .
		room[n++] = text.p[i];
	}
	return LOF_STR(room, n);
}

static bool
lists(const struct index *ix, struct posting p, struct lof_str line)
{
	char room[4096];

	for (size_t i = 0; i < p.n; i++)
		if (lof_str_ieq(note_text(ix, p.v[i], room), line))
			return true;
	return false;
}

static struct index *
three_pages(struct import_stats *st)
{
	struct build *b = build_new();
	struct import_opts o = { .strict = true };
	struct lof_err e = { .rc = LOF_OK };
	struct lof_buf out = { .n = 0 };
	struct index *ix;

	cr_assert_eq(import_lofp("data/lofp", &o, b, st, &e), LOF_OK, "%s %s", e.file, e.what);
	cr_assert_eq(build_finish(b, LOF_LIT(""), &out, NULL, &e), LOF_OK, "%s", e.what);
	cr_assert_eq(index_load(&ix, buf_view(&out), "test", &e), LOF_OK, "%s", e.what);
	buf_free(&out);
	build_free(b);
	return ix;
}

// Every line of the page behind its head, its count, and how many of its notes are placeholders.
static void
expect_page(const struct index *ix, const char *path, enum key_kind kind, const char *key, size_t count,
    size_t placeholders)
{
	struct lof_buf text = { .n = 0 };
	struct lof_str rest, line;
	struct posting p;
	uint32_t no = 0;

	cr_assert_eq(io_slurp(path, &text, NULL), LOF_OK);
	cr_assert(index_find(ix, kind, lof_cstr(key), &p, NULL));
	rest = buf_view(&text);
	while (import_line(&rest, &line, &no))
		if (no > 5)
			cr_expect(lists(ix, p, line), "%s:%u %.*s", path, no, (int)line.n, line.p);
	cr_expect_eq(no - 5, count);
	cr_expect_eq(p.n, count, "%s: %zu notes", path, p.n);
	for (size_t i = 0; i < p.n; i++)
		placeholders -= index_note(ix, p.v[i]).flags & NOTE_PLACEHOLDER;
	cr_expect_eq(placeholders, 0);
	buf_free(&text);
}

Test(lofp, every_line_is_found)
{
	struct import_stats st = { 0 };
	struct index *ix = three_pages(&st);

	cr_expect_eq(st.files, 3);
	cr_expect_eq(st.notes, 159 + 58 + 33);
	expect_page(ix, "data/lofp/t1059.txt", KEY_TECHNIQUE, "T1059", 159, 4);
	expect_page(ix, "data/lofp/t1021.txt", KEY_TECHNIQUE, "t1021", 58, 1);
	expect_page(ix, "data/lofp/_deprecated.txt", KEY_TAG, "_deprecated", 33, 0);
	index_free(ix);
}

Test(lofp, sources_and_addresses)
{
	struct import_stats st = { 0 };
	struct index *ix = three_pages(&st);

	for (uint32_t i = 0; i < index_count(ix); i++) {
		struct index_note n = index_note(ix, i);

		cr_expect(memcmp(n.tail.p, ",\"source\":\"lofp\"", 16) == 0);
		cr_expect(memcmp(n.id.p, "lofp-", 5) == 0);
		if (n.n_techniques)
			cr_expect(memmem(n.tail.p, n.tail.n, "https://br0k3nlab.com/LoFP/@t1", 30) != NULL);
	}
	index_free(ix);
}

static enum lof_rc
import_text(const char *text, struct lof_err *e)
{
	char path[] = "/tmp/lofp-test-XXXXXX";
	struct import_opts o = { .strict = false };
	struct import_stats st = { 0 };
	struct build *b = build_new();
	size_t done;
	int fd = mkstemp(path);
	enum lof_rc rc;

	cr_assert_eq(io_write_all(fd, text, strlen(text), &done), 0);
	close(fd);
	rc = import_lofp(path, &o, b, &st, e);
	unlink(path);
	build_free(b);
	return rc;
}

Test(lofp, other_files_are_refused)
{
	struct lof_err e = { .rc = LOF_OK };
	struct build *b = build_new();
	struct import_opts o = { .strict = false };
	struct import_stats st = { 0 };

	cr_expect_eq(import_text("", NULL), LOF_E_IMPORT);
	cr_expect_eq(import_text("title: x\nTitleTags\n", NULL), LOF_E_IMPORT);
	cr_expect_eq(import_text("LoFP LoFP / t1059\n\nt1059\nno table\n", NULL), LOF_E_IMPORT);
	cr_expect_eq(import_text("\xef\xbb\xbfLoFP LoFP / t1059\r\n\r\nt1059\r\n\r\nTitleTags\r\nx\r\n", NULL), LOF_OK);
	cr_expect_eq(import_lofp("/nonexistent/page.txt", &o, b, &st, &e), LOF_E_IO);
	cr_expect_eq(import_lofp("/proc/self/fdinfo", &o, b, &st, NULL), LOF_E_IMPORT, "a folder without pages");
	build_free(b);
}
