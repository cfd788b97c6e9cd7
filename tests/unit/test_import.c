// What importers share: lines, folders and what is in them, bad entries, licenses.
#include "folder.h"

#include "base/io.h"
#include "import/import.h"

static struct folder f;
static struct lof_buf seen; // the files' paths below the folder, a line each

static void
make(void)
{
	folder_make(&f);
	cr_assert_eq(attack_load(NULL), LOF_OK);
}

static void
drop(void)
{
	folder_drop(&f);
	buf_free(&seen);
}

TestSuite(import, .init = make, .fini = drop);

// A file that holds "bad" is a bad entry.
static enum lof_rc
note_file(const struct import_file *file, struct lof_err *e)
{
	buf_str(&seen, file->below);
	buf_char(&seen, '\n');
	arena_alloc(file->arena, 100);
	if (!lof_str_eq(file->bytes, LOF_LIT("bad")))
		return LOF_OK;
	return lof_err_at(e, LOF_E_IMPORT, file->path, 7, 8, "bad", LOF_LIT(""));
}

static void
count_warning(void *arg, const struct lof_err *e)
{
	cr_assert(e->rc == LOF_E_IMPORT && e->line == 7 && e->file[0]);
	++*(int *)arg;
}

static int warnings;

static enum lof_rc
walk(const char *below, bool strict, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".yml", "name.conf", NULL };
	const struct import_opts o = { .strict = strict, .warn = count_warning, .arg = &warnings };
	struct build *b = build_new();
	seen.n = 0;
	warnings = 0;
	*st = (struct import_stats){ 0 };
	enum lof_rc rc = import_walk(folder_at(&f, below), endings, NULL, &o, b, st, note_file, e);
	build_free(b);
	return rc;
}

static void
expect_seen(const char *want)
{
	cr_expect(lof_str_eq(buf_view(&seen), lof_cstr(want)), "got\n%.*swant\n%s", (int)seen.n, seen.p, want);
}

static void
link_to(const char *to, const char *below)
{
	cr_assert_eq(symlink(to, folder_at(&f, below)), 0);
}

Test(import, a_folder_in_the_order_of_its_names)
{
	struct import_stats st;
	static const char *const files[] = {
		"r/b.yml", "r/B.yml", "r/a/z.yml", "r/a-b.yml", "r/a/y/1.yml", "r/10.yml", "r/9.yml", "r/\xc3\xa4.yml",
		"r/name.conf", "r/x.name.conf", "r/other.conf", "r/.yml", "r/.hidden/x.yml", "r/x.yaml", "r/x.yml.txt",
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		folder_put(&f, files[i], "");
	cr_assert_eq(walk("r", true, &st, NULL), LOF_OK);
	expect_seen("10.yml\n9.yml\nB.yml\na/y/1.yml\na/z.yml\na-b.yml\nb.yml\nname.conf\nx.name.conf\n\xc3\xa4.yml\n");
	cr_expect_eq(st.files, 10);
	cr_assert_eq(walk("r///", true, &st, NULL), LOF_OK);
	cr_expect_eq(st.files, 10);
	cr_assert_eq(walk("r/name.conf", true, &st, NULL), LOF_OK); // a file that is named is read whatever its name
	expect_seen("name.conf\n");
	cr_assert_eq(walk("r/x.yaml", true, &st, NULL), LOF_OK);
	expect_seen("x.yaml\n");
}

Test(import, links)
{
	struct import_stats st;
	struct lof_err e = { 0 };
	folder_put(&f, "r/a.yml", "");
	folder_put(&f, "elsewhere/b.txt", "");
	link_to("../elsewhere/b.txt", "r/link.yml");
	link_to("..", "r/up");
	link_to("../elsewhere", "r/folder.yml");
	link_to(".", "r/self.yml");
	cr_assert_eq(mkfifo(folder_at(&f, "r/pipe.yml"), 0600), 0);
	link_to("r", "root");
	cr_assert_eq(walk("root", true, &st, NULL), LOF_OK);
	expect_seen("a.yml\nlink.yml\n");
	link_to("nowhere", "r/dangling.yml");
	cr_expect_eq(walk("r", false, &st, &e), LOF_E_IO, "what cannot be read ends it, strict or not");
	cr_expect(strstr(e.file, "dangling.yml"));
}

Test(import, unreadable)
{
	struct import_stats st;
	if (geteuid() == 0)
		cr_skip_test("root may read everything");
	folder_put(&f, "r/a.yml", "");
	chmod(f.file, 0);
	cr_expect_eq(walk("r", false, &st, NULL), LOF_E_IO);
	folder_put(&f, "s/below/a.yml", "");
	chmod(folder_at(&f, "s/below"), 0);
	cr_expect_eq(walk("s", false, &st, NULL), LOF_E_IO);
	chmod(folder_at(&f, "s/below"), 0700);
}

Test(import, nothing_there)
{
	struct import_stats st;
	struct lof_err e = { 0 };
	folder_put(&f, "r/a.txt", "");
	cr_expect_eq(walk("r", false, &st, &e), LOF_E_IMPORT);
	cr_expect_str_eq(e.arg, "*.yml");
	cr_expect_eq(walk("nowhere", false, &st, NULL), LOF_E_IO);
}

// As deep as DEPTH_MAX and no deeper.
Test(import, depth)
{
	struct import_stats st;
	char path[600] = "r";
	for (int i = 1; i <= 66; i++) {
		snprintf(path + strlen(path), 4, "/d");
		char file[610];
		snprintf(file, sizeof file, "%s/x.yml", path);
		folder_put(&f, file, "");
	}
	cr_assert_eq(walk("r", true, &st, NULL), LOF_OK);
	cr_expect_eq(st.files, 64);
}

Test(import, bad_entries)
{
	struct import_stats st;
	struct lof_err e = { 0 };
	folder_put(&f, "r/1.yml", "");
	folder_put(&f, "r/2.yml", "bad");
	folder_put(&f, "r/3.yml", "");
	folder_put(&f, "r/4.yml", "bad");
	cr_expect_eq(walk("r", false, &st, &e), LOF_OK);
	cr_expect(st.errors == 2 && st.files == 4 && warnings == 2 && e.rc == LOF_OK);
	cr_expect_eq(walk("r", true, &st, &e), LOF_E_IMPORT);
	cr_expect(warnings == 0 && e.line == 7 && e.col == 8 && strstr(e.file, "/r/2.yml"));
	expect_seen("1.yml\n2.yml\n");
	e = (struct lof_err){ 0 };
	cr_expect_eq(walk("r/2.yml", false, &st, &e), LOF_E_IMPORT, "of a file that was named it is the end");
	cr_expect(warnings == 0 && strstr(e.file, "/r/2.yml"));
}

Test(import, lines)
{
	struct lof_str rest = LOF_LIT("\xef\xbb\xbf" "one\r\n\ntwo\r\r\n\xef\xbb\xbfthree"), line;
	static const char *const want[] = { "one", "", "two\r", "\xef\xbb\xbfthree" };
	uint32_t no = 0;
	while (import_line(&rest, &line, &no)) {
		cr_assert_leq(no, 4);
		cr_expect(lof_str_eq(line, lof_cstr(want[no - 1])), "line %u: %.*s", no, (int)line.n, line.p);
	}
	cr_expect_eq(no, 4);
	rest = LOF_LIT("");
	cr_expect_eq(import_line(&rest, &line, &no), 0);
}

// Whether a note with rules under these licenses ("" for a note of no rule: its own) is taken, and how many of them.
static size_t
taken(const char *const *rules, size_t n, const char *own, const char *const *asked, size_t n_asked, size_t *n_rules)
{
	const struct import_opts o = { .licenses = asked, .n_licenses = n_asked };
	struct note_rule r[4] = { 0 };
	struct import_stats st = { 0 };
	struct build *b = build_new();
	struct build_stats made;
	struct lof_buf out = { 0 };
	for (size_t i = 0; i < n; i++)
		r[i] = (struct note_rule){ .id = LOF_STR(&"1234"[i], 1), .license = lof_cstr(rules[i]) };
	const struct note note = { .text = LOF_LIT("a text"), .license = lof_cstr(own), .rules = r, .n_rules = n };
	cr_assert_eq(import_note(&o, b, &st, &note, "file", 1, NULL), LOF_OK);
	cr_assert_eq(st.notes + st.unlicensed, 1);
	cr_assert_eq(build_finish(b, LOF_LIT(""), &out, &made, NULL), LOF_OK);
	buf_free(&out);
	build_free(b);
	*n_rules = made.rules;
	return st.notes;
}

#define TAKEN(rules_, own, ...) \
	taken((const char *const[]){ rules_ }, sizeof((const char *const[]){ rules_ }) / sizeof(char *), own, \
	    (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), &rules)
#define OF(...) __VA_ARGS__

Test(import, licenses)
{
	size_t rules;
	static const char *const mit[] = { "MIT" }, *const not_mit[] = { "!MIT" };
	cr_expect(taken(NULL, 0, "MIT", mit, 1, &rules) == 1 && taken(NULL, 0, "mit", mit, 1, &rules) == 1);
	cr_expect(taken(NULL, 0, "", mit, 1, &rules) == 0 && taken(NULL, 0, "X", mit, 1, &rules) == 0);
	cr_expect(taken(NULL, 0, "MIT", not_mit, 1, &rules) == 0 && taken(NULL, 0, "", not_mit, 1, &rules) == 1);
	cr_expect(taken(NULL, 0, "anything", NULL, 0, &rules) == 1);
	cr_expect(TAKEN(OF("MIT", "X"), "", "MIT") == 1 && rules == 1);
	cr_expect(TAKEN(OF("MIT", "X"), "", "MIT", "x") == 1 && rules == 2);
	cr_expect(TAKEN(OF("MIT", "X", NULL), "Y", "!MIT") == 1 && rules == 2);
	cr_expect(TAKEN(OF("MIT", NULL), "Y", "Y") == 1 && rules == 1, "a rule without one has the note's");
	cr_expect(TAKEN(OF("MIT", "MIT"), "Y", "!MIT") == 0 && rules == 0);
	cr_expect(TAKEN(OF("MIT"), "Y", "Y") == 0, "its rules' licenses are what counts");
	cr_expect(TAKEN(OF("MIT"), "", "X", "MIT", "Z") == 1);
	cr_expect(TAKEN(OF("MIT"), "", "MIT", "!MIT") == 1, "the first that names it");
}
