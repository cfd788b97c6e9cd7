// Saved LoFP pages. Selecting all of https://br0k3nlab.com/LoFP/@t1059/ and saving it as text gives
//
//	LoFP LoFP / t1059          the key: a technique or a tag, in lower case
//
//	t1059                      the heading; tags have " rule" and the like behind them
//
//	TitleTags                  the table's head
//	administrative scripts     a note
//	...
#include "import/import.h"

#include <gumbo.h>
#include <stdio.h>
#include <stdlib.h>

#define SITE "https://br0k3nlab.com/LoFP/@"

enum { HEAD_LINES = 12, KEY_MAX = 80, HTML_DEPTH = 100 };

// Reads up to the table's head. *key is the page's.
static enum lof_rc
page_key(struct lof_str *rest, uint32_t *no, struct lof_str *key, const char *name, struct lof_err *e)
{
	static const struct lof_str title = { "LoFP LoFP / ", 12 };
	struct lof_str line;

	*key = LOF_STR(NULL, 0);
	while (*no < HEAD_LINES && import_line(rest, &line, no)) {
		line = lof_str_trim(line);
		if (key->n && lof_str_eq(line, LOF_LIT("TitleTags")))
			return LOF_OK;
		if (key->n == 0 && line.n > title.n && line.n - title.n <= KEY_MAX && memcmp(line.p, title.p, title.n) == 0)
			*key = LOF_STR(line.p + title.n, line.n - title.n);
	}
	return lof_err_at(e, LOF_E_IMPORT, name, *no, 0, key->n ?
	    "not a saved LoFP page: \"TitleTags\" expected above the notes" :
	    "not a saved LoFP page: \"LoFP LoFP / KEY\" expected at the top", LOF_LIT(""));
}

// What the page is about: its key, a technique or a tag, and the address of a technique's page. Where the pages of tags
// are is not known for sure, so their notes bear no address.
struct page {
	const struct import_file *f;
	struct lof_str key;
	attack_id id; // 0: a tag
	char url[sizeof(SITE) + KEY_MAX + 1];
};

static void
set_key(struct page *p, struct lof_str key)
{
	p->key = key;
	p->id = attack_parse(key);
	snprintf(p->url, sizeof p->url, SITE "%.*s/", (int)key.n, key.p);
}

// `tags` are those the page gives for this very note.
static enum lof_rc
add_note(const struct page *p, struct lof_str text, struct note_list tags, uint32_t line, struct lof_err *e)
{
	const struct import_file *f = p->f;
	struct lof_err bad = { .rc = LOF_OK };
	attack_id *ids = arena_array(f->arena, tags.n + 1, sizeof *ids);
	struct lof_str *names = arena_array(f->arena, tags.n + 1, sizeof *names);
	struct note n = { .text = lof_str_trim(text), .source = LOF_LIT("lofp"), .techniques = ids };
	ids[0] = p->id;
	names[0] = p->key;
	n.n_techniques = p->id != 0;
	n.tags = (struct note_list){ names, p->id == 0 };
	for (size_t i = 0; i < tags.n; i++) {
		attack_id id = attack_parse(tags.v[i]);
		if (lof_str_ieq(tags.v[i], p->key))
			continue;
		if (id)
			ids[n.n_techniques++] = id;
		else
			names[n.tags.n++] = tags.v[i];
	}
	if (p->id)
		n.url = lof_cstr(p->url);
	if (n.text.n == 0 || import_note(f->opts, f->build, f->stats, &n, f->path, line, &bad) == LOF_OK)
		return LOF_OK;
	return import_bad(f->opts, f->stats, &bad, e);
}

// --- text ------------------------------------------------------------------------------------------------------------

static enum lof_rc
read_text(const struct import_file *f, struct lof_err *e)
{
	struct page p = { .f = f };
	struct lof_str rest = f->bytes, line;
	uint32_t no = 0;
	enum lof_rc rc = page_key(&rest, &no, &line, f->path, e);
	if (rc)
		return rc;
	set_key(&p, line);
	while (!rc && import_line(&rest, &line, &no))
		rc = add_note(&p, line, (struct note_list){ NULL, 0 }, no, e);
	return rc;
}

// --- HTML ------------------------------------------------------------------------------------------------------------

// The text below a node, appended. Markup as deep as HTML_DEPTH is followed.
static void
put_text(const GumboNode *node, struct lof_buf *out, int depth)
{
	if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA)
		buf_str(out, lof_cstr(node->v.text.text));
	for (unsigned i = 0; node->type == GUMBO_NODE_ELEMENT && depth < HTML_DEPTH && i < node->v.element.children.length; i++)
		put_text(node->v.element.children.data[i], out, depth + 1);
}

static struct lof_str
text_in(const GumboNode *node, struct lof_arena *a)
{
	struct lof_buf b = { 0 };
	put_text(node, &b, 0);
	struct lof_str s = lof_str_trim(arena_copy(a, b.n ? buf_view(&b) : LOF_LIT("")));
	buf_free(&b);
	return s;
}

// Calls `each` for every element below the node with one of two tags. Stops when it does not say LOF_OK.
static enum lof_rc
each_element(const GumboNode *node, GumboTag one, GumboTag other, int depth, enum lof_rc (*each)(void *arg,
    const GumboNode *node, struct lof_err *e), void *arg, struct lof_err *e)
{
	enum lof_rc rc = LOF_OK;
	for (unsigned i = 0; !rc && node->type == GUMBO_NODE_ELEMENT && depth < HTML_DEPTH && i < node->v.element.children.length; i++) {
		const GumboNode *child = node->v.element.children.data[i];
		bool is = child->type == GUMBO_NODE_ELEMENT && (child->v.element.tag == one || child->v.element.tag == other);
		rc = is ? each(arg, child, e) : each_element(child, one, other, depth + 1, each, arg, e);
	}
	return rc;
}

// "LoFP / t1059", in the page's title or a heading.
static enum lof_rc
find_key(void *arg, const GumboNode *node, struct lof_err *e)
{
	struct page *p = arg;
	struct lof_str s = text_in(node, p->f->arena);
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	(void)e;
	if (p->key.n || !slash || s.n < 4 || memcmp(s.p, "LoFP", 4) != 0)
		return LOF_OK;
	s = lof_str_trim(LOF_STR(slash + 1, s.n - (size_t)(slash + 1 - s.p)));
	if (s.n && s.n <= KEY_MAX)
		set_key(p, s);
	return LOF_OK;
}

// The cells of a row, or the tags in a cell.
struct texts {
	struct lof_arena *arena;
	const GumboNode *node[2];
	struct lof_str v[64];
	size_t n;
};

static enum lof_rc
put_cell(void *arg, const GumboNode *node, struct lof_err *e)
{
	struct texts *t = arg;
	(void)e;
	if (t->n < 2)
		t->node[t->n++] = node;
	return LOF_OK;
}

static enum lof_rc
put_tag(void *arg, const GumboNode *node, struct lof_err *e)
{
	struct texts *t = arg;
	struct lof_str s = text_in(node, t->arena);
	(void)e;
	if (s.n && t->n < 64)
		t->v[t->n++] = s;
	return LOF_OK;
}

// A row of the table: the note, and the tags it has.
static enum lof_rc
read_row(void *arg, const GumboNode *row, struct lof_err *e)
{
	const struct page *p = arg;
	struct texts cells = { .n = 0 }, tags = { .arena = p->f->arena };
	each_element(row, GUMBO_TAG_TD, GUMBO_TAG_TD, 0, put_cell, &cells, e);
	if (cells.n == 0)
		return LOF_OK; // the table's head
	if (cells.n > 1)
		each_element(cells.node[1], GUMBO_TAG_A, GUMBO_TAG_SPAN, 0, put_tag, &tags, e);
	return add_note(p, text_in(cells.node[0], p->f->arena), (struct note_list){ tags.v, tags.n },
	    row->v.element.start_pos.line, e);
}

static void *
must_alloc(void *unused, size_t n)
{
	void *p = malloc(n ? n : 1);
	(void)unused;
	if (!p)
		lof_no_memory(); // the library goes on without asking
	return p;
}

static void
give_back(void *unused, void *p)
{
	(void)unused;
	free(p);
}

static enum lof_rc
read_html(const struct import_file *f, struct lof_err *e)
{
	GumboOptions options = kGumboDefaultOptions;
	options.allocator = must_alloc;
	options.deallocator = give_back;
	struct page p = { .f = f };
	GumboOutput *html = gumbo_parse_with_options(&options, f->bytes.p, f->bytes.n);
	enum lof_rc rc = each_element(html->root, GUMBO_TAG_TITLE, GUMBO_TAG_H1, 0, find_key, &p, e);
	size_t notes = f->stats->notes;
	if (!rc && p.key.n == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, f->path, 0, 0, "not a saved LoFP page: \"LoFP / KEY\" expected as its title", LOF_LIT(""));
	rc = rc ? rc : each_element(html->root, GUMBO_TAG_TR, GUMBO_TAG_TR, 0, read_row, &p, e);
	if (!rc && f->stats->notes == notes)
		rc = lof_err_at(e, LOF_E_IMPORT, f->path, 0, 0, "not a saved LoFP page: a table of notes expected", LOF_LIT(""));
	gumbo_destroy_output(&options, html);
	return rc;
}

static enum lof_rc
read_page(const struct import_file *f, struct lof_err *e)
{
	struct lof_str s = f->bytes;
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0) // a byte order mark
		s = LOF_STR(s.p + 3, s.n - 3);
	s = lof_str_trim(s);
	return s.n && s.p[0] == '<' ? read_html(f, e) : read_text(f, e);
}

enum lof_rc
import_lofp(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	static const char *const endings[] = { ".txt", ".html", ".htm", NULL };
	return import_walk(path, endings, NULL, o, b, st, read_page, e);
}
