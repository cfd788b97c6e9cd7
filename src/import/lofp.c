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

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SITE "https://br0k3nlab.com/LoFP/@"

enum { HEAD_LINES = 12, KEY_MAX = 80 };

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

static enum lof_rc
read_page(struct lof_str rest, const char *name, const struct import_opts *o, struct build *b,
    struct import_stats *st, struct lof_err *e)
{
	struct lof_str key, line;
	uint32_t no = 0;
	char url[sizeof(SITE) + KEY_MAX + 1];
	struct note n = { .source = LOF_LIT("lofp") };
	attack_id id;
	enum lof_rc rc = page_key(&rest, &no, &key, name, e);

	if (rc)
		return rc;
	st->files++;
	id = attack_parse(key);
	if (id) {
		// Where the pages of tags are is not known for sure, so their notes bear no address.
		n.techniques = &id;
		n.n_techniques = 1;
		n.url = LOF_STR(url, (size_t)snprintf(url, sizeof(url), SITE "%.*s/", (int)key.n, key.p));
	} else {
		n.tags = (struct note_list){ &key, 1 };
	}
	while (import_line(&rest, &line, &no)) {
		struct lof_err bad = { .rc = LOF_OK };

		n.text = lof_str_trim(line);
		if (n.text.n == 0)
			continue;
		if (build_add(b, &n, &bad) == LOF_OK) {
			st->notes++;
			continue;
		}
		lof_err_at(&bad, LOF_E_IMPORT, name, no, 1, bad.what, n.text);
		if ((rc = import_bad(o, st, &bad, e)) != LOF_OK)
			return rc;
	}
	return LOF_OK;
}

static enum lof_rc
read_file(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	struct lof_buf text = { .n = 0 };
	enum lof_rc rc = io_slurp(path, &text, e);

	if (!rc)
		rc = read_page(buf_view(&text), import_name(path), o, b, st, e);
	buf_free(&text);
	return rc;
}

static int
is_page(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".txt") == 0;
}

// By bytes: alphasort would ask the locale.
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum lof_rc
read_folder(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	struct dirent **d = NULL;
	enum lof_rc rc = LOF_OK;
	int n = scandir(path, &d, is_page, by_name);

	if (n < 0 && errno == ENOMEM)
		lof_no_memory();
	if (n < 0)
		return lof_err_sys(e, path, "cannot read folder");
	if (n == 0)
		rc = lof_err_at(e, LOF_E_IMPORT, path, 0, 0, "no saved page (*.txt) in this folder", LOF_LIT(""));
	for (int i = 0; i < n; i++) {
		struct lof_err bad = { .rc = LOF_OK };
		char *file = NULL;

		if (!rc && asprintf(&file, "%s/%s", path, d[i]->d_name) < 0)
			lof_no_memory();
		if (!rc && read_file(file, o, b, st, &bad) != LOF_OK)
			rc = import_bad(o, st, &bad, e);
		free(file);
		free(d[i]);
	}
	free(d);
	return rc;
}

enum lof_rc
import_lofp(const char *path, const struct import_opts *o, struct build *b, struct import_stats *st, struct lof_err *e)
{
	struct stat s;

	if (strcmp(path, "-") != 0 && stat(path, &s) == 0 && S_ISDIR(s.st_mode))
		return read_folder(path, o, b, st, e);
	return read_file(path, o, b, st, e);
}
