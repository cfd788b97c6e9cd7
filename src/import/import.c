#include "import/import.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum lof_rc
import_bad(const struct import_opts *o, struct import_stats *st, const struct lof_err *bad, struct lof_err *e)
{
	st->errors++;
	if (!o->strict && bad->rc != LOF_E_IO) { // a machine that fails is no bad entry
		if (o->warn)
			o->warn(o->arg, bad);
		return LOF_OK;
	}
	if (e && e->rc == LOF_OK)
		*e = *bad;
	return bad->rc;
}

int
import_line(struct lof_str *rest, struct lof_str *line, uint32_t *no)
{
	// A byte order mark is no part of the first line.
	if (*no == 0 && rest->n >= 3 && memcmp(rest->p, "\xef\xbb\xbf", 3) == 0)
		*rest = LOF_STR(rest->p + 3, rest->n - 3);
	if (!lof_str_cut(rest, '\n', line))
		return 0;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	++*no;
	return 1;
}

const char *
import_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

struct note_list
import_list(struct lof_arena *a, struct lof_buf *v)
{
	size_t n = v->n / sizeof(struct lof_str);
	struct lof_str *list = arena_array(a, n + 1, sizeof *list);
	if (n)
		memcpy(list, v->p, v->n);
	buf_free(v);
	return (struct note_list){ list, n };
}

// --- notes -----------------------------------------------------------------------------------------------------------

static bool
is_wanted(const struct import_opts *o, struct lof_str license)
{
	bool asked = false;
	for (size_t i = 0; i < o->n_licenses; i++) {
		struct lof_str l = lof_cstr(o->licenses[i]);
		bool not = l.n && l.p[0] == '!';
		if (lof_str_ieq(LOF_STR(l.p + not, l.n - not), license))
			return !not;
		asked |= !not;
	}
	return !asked;
}

enum lof_rc
import_note(const struct import_opts *o, struct build *b, struct import_stats *st, const struct note *n, const char *file,
    uint32_t line, struct lof_err *e)
{
	struct lof_err bad = { .rc = LOF_OK };
	struct lof_buf rules = { 0 };
	struct note wanted = *n;
	for (size_t i = 0; i < n->n_rules; i++)
		if (is_wanted(o, n->rules[i].license.n ? n->rules[i].license : n->license))
			buf_put(&rules, &n->rules[i], sizeof n->rules[i]);
	wanted.site |= o->site;
	wanted.rules = (const void *)rules.p;
	wanted.n_rules = rules.n / sizeof *n->rules;
	if (n->n_rules ? wanted.n_rules == 0 : !is_wanted(o, n->license)) {
		st->unlicensed++;
		return LOF_OK;
	}
	if (o->site && n->n_techniques + n->tags.n + n->n_rules + n->n_when == 0)
		lof_err_set(&bad, LOF_E_IMPORT, "a site's note needs \"techniques\", \"rules\", \"tags\" or \"when\" to be found by", n->id);
	else
		build_add(b, &wanted, &bad);
	buf_free(&rules);
	if (bad.rc)
		return lof_err_at(e, bad.rc, file, line, 1, bad.what, lof_cstr(bad.arg));
	st->notes++;
	st->placeholders += n->placeholder || note_is_placeholder(n->text);
	return LOF_OK;
}

// --- folders ---------------------------------------------------------------------------------------------------------

// What all files of one source share, and the reader of one.
struct walk {
	struct import_file file;
	enum lof_rc (*read)(const struct import_file *f, struct lof_err *e);
	struct lof_buf bytes;
	size_t seen;
	size_t root; // bytes of a file's path before what is below the folder that was named
};

enum { DEPTH_MAX = 64 };

static bool
ends_in(const char *name, const char *const *endings)
{
	size_t n = strlen(name);
	for (; *endings; endings++)
		if (n > strlen(*endings) && strcmp(name + n - strlen(*endings), *endings) == 0)
			return true;
	return false;
}

static enum lof_rc
walk_file(struct walk *w, const char *path, const char *below, struct lof_err *e)
{
	struct import_file *f = &w->file;
	w->seen++;
	if (f->opts->progress)
		f->opts->progress(f->opts->arg, path);
	w->bytes.n = 0;
	enum lof_rc rc = io_slurp(path, &w->bytes, e);
	if (rc)
		return rc;
	f->stats->files++;
	f->path = import_name(path);
	f->below = lof_cstr(below);
	f->bytes = w->bytes.n ? buf_view(&w->bytes) : LOF_LIT("");
	rc = w->read(f, e);
	arena_free(f->arena);
	return rc;
}

// By bytes: no locale has a say.
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static enum lof_rc walk_folder(struct walk *w, struct lof_buf *path, const char *const *endings, int depth, struct lof_err *e);

// What stands at *path (NUL behind it) inside a folder. Links to files are followed, links to folders are not: no cycle.
static enum lof_rc
walk_entry(struct walk *w, struct lof_buf *path, const char *const *endings, int depth, struct lof_err *e)
{
	struct lof_err bad = { .rc = LOF_OK };
	struct stat s;
	if (lstat(path->p, &s) == 0 && S_ISDIR(s.st_mode))
		return depth < DEPTH_MAX ? walk_folder(w, path, endings, depth + 1, e) : LOF_OK;
	if (!ends_in(path->p, endings) || (stat(path->p, &s) == 0 && !S_ISREG(s.st_mode)))
		return LOF_OK;
	return walk_file(w, path->p, path->p + w->root, &bad) == LOF_OK ? LOF_OK : import_bad(w->file.opts, w->file.stats, &bad, e);
}

static enum lof_rc
walk_folder(struct walk *w, struct lof_buf *path, const char *const *endings, int depth, struct lof_err *e)
{
	struct dirent **d = NULL;
	size_t before = path->n;
	int n = scandir(path->p, &d, is_visible, by_name);
	if (n < 0 && errno == ENOMEM)
		lof_no_memory();
	enum lof_rc rc = n < 0 ? lof_err_sys(e, path->p, "cannot read folder") : LOF_OK;
	for (int i = 0; i < n; i++) {
		path->n = before;
		buf_char(path, '/');
		buf_put(path, d[i]->d_name, strlen(d[i]->d_name) + 1);
		path->n--; // the NUL is no part of it
		rc = rc ? rc : walk_entry(w, path, endings, depth, e);
		free(d[i]);
	}
	free(d);
	path->n = before;
	return rc;
}

static enum lof_rc
walk_all(struct walk *w, const char *path, const char *const *endings, struct lof_err *e)
{
	struct lof_buf b = { 0 };
	char name[32];
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	buf_put(&b, path, n);
	buf_char(&b, 0);
	b.n--;
	w->root = n + 1;
	enum lof_rc rc = walk_folder(w, &b, endings, 0, e);
	buf_free(&b);
	snprintf(name, sizeof name, "*%s", endings[0]);
	if (!rc && w->seen == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "nothing of this kind in this folder: expected files named",
		    lof_cstr(name));
	return rc;
}

enum lof_rc
import_walk(const char *path, const char *const *endings, const struct project *project, const struct import_opts *o,
    struct build *b, struct import_stats *st, enum lof_rc (*read)(const struct import_file *f, struct lof_err *e),
    struct lof_err *e)
{
	struct lof_arena kept = { 0 }, each = { 0 };
	const struct origin origin = origin_of(path, project, &kept);
	struct walk w = { .file = { .origin = &origin, .arena = &each, .opts = o, .build = b, .stats = st }, .read = read };
	const char *slash = strrchr(path, '/');
	struct stat s;
	enum lof_rc rc;
	if (strcmp(path, "-") != 0 && stat(path, &s) == 0 && S_ISDIR(s.st_mode)) {
		rc = walk_all(&w, path, endings, e);
	} else {
		rc = walk_file(&w, path, slash ? slash + 1 : path, e);
	}
	buf_free(&w.bytes);
	arena_free(&kept);
	return rc;
}
