// YAML documents: what is null, what is where, graphs that are no trees, and mistakes with their place.
#include "import/yaml.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
	int documents, stop_at;
	struct lof_buf got;
};

static void
put(struct lof_buf *b, struct lof_str s)
{
	buf_str(b, s);
	buf_char(b, '|');
}

// Notes `title`, the list `list`, and every scalar below `all`.
static enum lof_rc
take(void *arg, yaml_document_t *doc, struct lof_err *e)
{
	struct reading *r = arg;
	struct lof_arena a = { 0 };
	struct lof_buf scalars = { 0 };
	yaml_node_t *root = yaml_document_get_root_node(doc);
	put(&r->got, yaml_text(yaml_get(doc, root, "title")));
	struct note_list l = yaml_list(doc, yaml_get(doc, root, "list"), &a);
	for (size_t i = 0; i < l.n; i++)
		put(&r->got, l.v[i]);
	yaml_each_scalar(doc, yaml_get(doc, root, "all"), NULL, &scalars);
	const struct lof_str *v = (const void *)scalars.p;
	for (size_t i = 0; i < scalars.n / sizeof *v && i < 10; i++)
		put(&r->got, v[i]);
	cr_assert_leq(scalars.n / sizeof *v, YAML_WALK);
	buf_free(&scalars);
	arena_free(&a);
	return ++r->documents == r->stop_at ? lof_err_set(e, LOF_E_USAGE, "enough", LOF_LIT("")) : LOF_OK;
}

static void
reads(const char *text, const char *want)
{
	struct reading r = { 0 };
	struct lof_err e = { 0 };
	cr_expect_eq(yaml_read(lof_cstr(text), "file", take, &r, &e), LOF_OK, "%s: %s", text, e.arg);
	cr_expect(lof_str_eq(buf_view(&r.got), lof_cstr(want)), "%s\ngot  %.*s\nwant %s", text, (int)r.got.n, r.got.p, want);
	buf_free(&r.got);
}

Test(yaml, texts_and_lists)
{
	reads("", "");
	reads("# nothing\n", "");
	reads("title: x\nlist: [a, 'b', \"c\", 5, true]\n", "x|a|b|c|5|true|");
	reads("title: x\nlist: one\n", "x|one|");
	reads("title: 'x'\n---\ntitle: y\n", "x|y|");
	reads("a scalar", "|");
	reads("[title, x]", "|");
	reads("title: [x]\nlist: { a: b }\n", "|");
	reads("list: [a, [b], { c: d }, '', e]", "|a|e|");
	reads("title: x\ntitle: y\n", "x|");
	reads("? [a, b]\n: c\ntitle: x\n", "x|");
	reads("title: >\n  a\n  b\nlist: &l [x]\nall: *l\n", "a b\n|x|x|");
	reads("\xef\xbb\xbftitle: x\r\nlist:\r\n- a\r\n", "x|a|");
	reads("all: { k: v, l: [w, { m: x }] }", "|x|w|v|");
}

Test(yaml, null_is_nothing)
{
	reads("title: null\nlist: ~\n", "|");
	reads("title: Null\nlist: [NULL, ~, null, nil]\n", "|nil|");
	reads("title: 'null'\nlist: \"~\"\n", "null|~|");
	reads("title:\nlist:\n", "|");
}

Test(yaml, utf16_is_text_too)
{
	struct reading r = { 0 };
	cr_expect_eq(yaml_read(LOF_STR("\xff\xfet\0i\0t\0l\0e\0:\0 \0\xe4\0", 18), "file", take, &r, NULL), LOF_OK);
	cr_expect(lof_str_eq(buf_view(&r.got), LOF_LIT("\xc3\xa4|")), "%.*s", (int)r.got.n, r.got.p);
	buf_free(&r.got);
}

// Each alias is the node itself: what is a page here would be 3^40 scalars as a tree, or no end at all.
Test(yaml, graphs)
{
	struct lof_buf bomb = { 0 };
	struct reading r = { 0 };
	buf_lit(&bomb, "a0: &a0 [x, x, x]\n");
	for (int i = 1; i <= 40; i++) {
		char line[80];
		snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
		buf_str(&bomb, lof_cstr(line));
	}
	buf_lit(&bomb, "all: *a40\nlist: *a40\n");
	cr_expect_eq(yaml_read(buf_view(&bomb), "file", take, &r, NULL), LOF_OK);
	cr_expect_eq(r.documents, 1);
	buf_free(&r.got);
	buf_free(&bomb);
	reads("all: &a { b: *a, c: [*a, x] }\nlist: &l [*l, y]\n", "|y|x|x|x|x|x|x|x|x|x|x|");
}

Test(yaml, deep)
{
	struct lof_buf text = { 0 };
	struct reading r = { 0 };
	struct lof_err e = { 0 };
	buf_lit(&text, "all: ");
	for (int i = 0; i < 20000; i++) // libyaml takes a time that grows with the square
		buf_char(&text, '[');
	cr_expect_eq(yaml_read(buf_view(&text), "file", take, &r, &e), LOF_E_IMPORT);
	cr_expect_eq(r.documents, 0);
	buf_free(&text);
}

Test(yaml, mistakes_have_a_place)
{
	static const struct {
		const char *text;
		uint32_t line, col;
		int documents; // read before it
	} bad[] = {
		{ "title: [\n", 2, 1, 0 }, { "a: b\n\tc: d\n", 2, 1, 0 }, { "title: x\n---\ntitle: 'y\n", 4, 1, 1 },
		{ "a: *b\n", 1, 4, 0 },
		{ "a: b: c\n", 1, 5, 0 }, { "title: x\nlist: [ \xff ]\n", 2, 9, 0 }, { "title: \x01\n", 1, 8, 0 },
		{ "\xff", 1, 1, 0 }, { "title: caf\xc3", 1, 11, 0 }, { "%YAML 3.0\n---\nx\n", 1, 1, 0 },
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct reading r = { 0 };
		struct lof_err e = { 0 };
		cr_expect_eq(yaml_read(lof_cstr(bad[i].text), "file", take, &r, &e), LOF_E_IMPORT, "%s", bad[i].text);
		cr_expect(e.line == bad[i].line && e.col == bad[i].col, "%s: %u:%u", bad[i].text, e.line, e.col);
		cr_expect(e.what && e.arg[0] && strcmp(e.file, "file") == 0);
		cr_expect_eq(r.documents, bad[i].documents, "%s", bad[i].text);
		buf_free(&r.got);
	}
}

Test(yaml, the_reader_may_end_it)
{
	struct reading r = { .stop_at = 2 };
	cr_expect_eq(yaml_read(LOF_LIT("title: a\n---\ntitle: b\n---\n[\n"), "file", take, &r, NULL), LOF_E_USAGE);
	cr_expect_eq(r.documents, 2);
	buf_free(&r.got);
}
