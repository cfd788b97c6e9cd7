#include "import/origin.h"

#include "base/io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

// --- licenses --------------------------------------------------------------------------------------------------------

struct lof_str
license_of(struct lof_str text)
{
	// The more particular name first: a repository's license may speak of several.
	static const struct { struct lof_str says, spdx; } known[] = {
		{ LOF_LIT("Detection Rule License (DRL) 1.0"), LOF_LIT("DRL-1.0") },
		{ LOF_LIT("Detection Rule License"), LOF_LIT("DRL-1.1") },
		{ LOF_LIT("Elastic License v2"), LOF_LIT("Elastic-2.0") },
		{ LOF_LIT("Elastic License 2.0"), LOF_LIT("Elastic-2.0") },
		{ LOF_LIT("GNU AFFERO GENERAL PUBLIC"), LOF_LIT("AGPL-3.0") },
		{ LOF_LIT("Version 2.1, February 1999"), LOF_LIT("LGPL-2.1") },
		{ LOF_LIT("GNU LESSER GENERAL PUBLIC"), LOF_LIT("LGPL-3.0") },
		{ LOF_LIT("GNU LIBRARY GENERAL PUBLIC"), LOF_LIT("LGPL-2.0") },
		{ LOF_LIT("Version 2, June 1991"), LOF_LIT("GPL-2.0") },
		{ LOF_LIT("GNU GENERAL PUBLIC LICENSE"), LOF_LIT("GPL-3.0") },
		{ LOF_LIT("Apache License"), LOF_LIT("Apache-2.0") },
		{ LOF_LIT("MIT License"), LOF_LIT("MIT") },
		{ LOF_LIT("Permission is hereby granted, free of charge"), LOF_LIT("MIT") },
		{ LOF_LIT("Mozilla Public License"), LOF_LIT("MPL-2.0") },
		{ LOF_LIT("CC0 1.0"), LOF_LIT("CC0-1.0") },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (text.n && memmem(text.p, text.n, known[i].says.p, known[i].says.n))
			return known[i].spdx;
	return LOF_LIT("");
}

// --- small files -----------------------------------------------------------------------------------------------------

static bool
exists(const char *folder, const char *name, char path[PATH_MAX])
{
	struct stat s;
	int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return n > 0 && n < PATH_MAX && stat(path, &s) == 0;
}

// The file's text without white space at its ends; empty if there is none. Lives in the arena.
static struct lof_str
text_of(const char *folder, const char *name, struct lof_arena *a)
{
	char path[PATH_MAX];
	struct lof_buf b = { 0 };
	if (!exists(folder, name, path) || io_slurp(path, &b, NULL) != LOF_OK)
		return LOF_LIT("");
	struct lof_str text = arena_copy(a, lof_str_trim(buf_view(&b)));
	buf_free(&b);
	return text;
}

static struct lof_str
behind(struct lof_str s, size_t n)
{
	return LOF_STR(s.p + n, s.n - n);
}

// --- git -------------------------------------------------------------------------------------------------------------

// The folder with git's files: .git itself, or what the file .git of a worktree or submodule names.
static bool
git_folder(const char *root, char git[PATH_MAX], struct lof_arena *a)
{
	struct stat s;
	if (!exists(root, ".git", git) || stat(git, &s) != 0)
		return false;
	if (S_ISDIR(s.st_mode))
		return true;
	struct lof_str link = text_of(root, ".git", a);
	if (!lof_str_starts(link, "gitdir: "))
		return false;
	const char *to = link.p + 8;
	int n = to[0] == '/' ? snprintf(git, PATH_MAX, "%s", to) : snprintf(git, PATH_MAX, "%s/%s", root, to);
	return n > 0 && n < PATH_MAX;
}

// The folder that the branches of a worktree are in.
static void
common_folder(const char *git, char common[PATH_MAX], struct lof_arena *a)
{
	struct lof_str to = text_of(git, "commondir", a);
	int n = to.n && to.p[0] == '/' ? snprintf(common, PATH_MAX, "%s", to.p) :
	    snprintf(common, PATH_MAX, "%s/%s", git, to.n ? to.p : ".");
	if (n < 0 || n >= PATH_MAX)
		common[0] = 0;
}

// "HASH refs/heads/main" among the lines.
static struct lof_str
packed(struct lof_str lines, struct lof_str ref)
{
	struct lof_str line, hash;
	while (lof_str_cut(&lines, '\n', &line))
		if (lof_str_cut(&line, ' ', &hash) && lof_str_eq(lof_str_trim(line), ref))
			return hash;
	return LOF_LIT("");
}

static bool
is_hash(struct lof_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!lof_is_digit((unsigned char)s.p[i]) && (unsigned char)(s.p[i] - 'a') >= 6)
			return false;
	return s.n == 40 || s.n == 64;
}

static struct lof_str
commit_of(const char *git, const char *common, struct lof_arena *a)
{
	struct lof_str head = text_of(git, "HEAD", a);
	if (lof_str_starts(head, "ref: ")) {
		struct lof_str ref = behind(head, 5);
		head = text_of(common, ref.p, a);
		if (head.n == 0)
			head = packed(text_of(common, "packed-refs", a), ref);
	}
	return is_hash(head) ? LOF_STR(head.p, 12) : LOF_LIT("");
}

// The address of the remote "origin", or of the only one there is.
static struct lof_str
remote_of(const char *common, struct lof_arena *a)
{
	struct lof_str lines = text_of(common, "config", a), line, url = LOF_LIT("");
	bool in_remote = false, in_origin = false, is_origin = false;
	while (lof_str_cut(&lines, '\n', &line)) {
		line = lof_str_trim(line);
		if (line.n && line.p[0] == '[') {
			in_remote = lof_str_starts(line, "[remote ");
			in_origin = lof_str_starts(line, "[remote \"origin\"]");
		} else if (in_remote && (lof_str_starts(line, "url =") || lof_str_starts(line, "url=")) && !is_origin) {
			url = lof_str_trim(behind(line, (size_t)((const char *)memchr(line.p, '=', line.n) - line.p) + 1));
			is_origin = in_origin;
		}
	}
	return url;
}

// "git@github.com:OWNER/NAME.git", "ssh://git@github.com:22/OWNER/NAME/", "https://user@github.com/OWNER/NAME" ... to
// "https://github.com/OWNER/NAME/blob/REV/".
static struct lof_str
blob_of(struct lof_str url, struct lof_str revision, struct lof_arena *a)
{
	const char *mark = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
	if (mark)
		url = behind(url, (size_t)(mark - url.p) + 3);
	size_t host = 0, port = 0;
	while (host < url.n && url.p[host] != '/' && url.p[host] != '@')
		host++;
	if (host < url.n && url.p[host] == '@')
		url = behind(url, host + 1);
	for (host = 0; host < url.n && url.p[host] != ':' && url.p[host] != '/';)
		host++;
	while (mark && host + port < url.n && url.p[host + port] != '/')
		port++;
	bool github = lof_str_starts(url, "github."), gitlab = lof_str_starts(url, "gitlab.");
	if (!(github || gitlab) || host + port + 1 >= url.n || revision.n == 0)
		return LOF_LIT("");
	struct lof_str path = behind(url, host + port + 1);
	path.n -= path.p[path.n - 1] == '/';
	path.n -= path.n > 4 && memcmp(path.p + path.n - 4, ".git", 4) == 0 ? 4 : 0;
	char *text = NULL;
	if (asprintf(&text, "https://%.*s/%.*s%s/blob/%.*s/", (int)host, url.p, (int)path.n, path.p, gitlab ? "/-" : "",
	        (int)revision.n, revision.p) < 0)
		lof_no_memory();
	struct lof_str blob = arena_copy(a, lof_cstr(text));
	free(text);
	return blob;
}

// --- both ------------------------------------------------------------------------------------------------------------

// Cuts the last part off a path. False at the top.
static bool
up(char *path)
{
	char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return false;
	*slash = 0;
	return true;
}

static struct lof_str
license_in(const char *root, struct lof_arena *a)
{
	static const char *const names[] = { "LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING", "LICENCE" };
	struct lof_str found = LOF_LIT("");
	for (size_t i = 0; found.n == 0 && i < sizeof names / sizeof names[0]; i++)
		found = license_of(text_of(root, names[i], a));
	return found;
}

struct origin
origin_of(const char *path, const struct project *project, struct lof_arena *a)
{
	struct origin o = { LOF_LIT(""), LOF_LIT(""), LOF_LIT(""), LOF_LIT("") };
	char whole[PATH_MAX], root[PATH_MAX], git[PATH_MAX], common[PATH_MAX];
	struct stat s;
	if (!realpath(path, whole) || stat(whole, &s) != 0)
		return o;
	strcpy(root, whole);
	if (!S_ISDIR(s.st_mode) && !up(root))
		return o;
	size_t folder = strlen(root);
	bool is_git = false, is_project = false;
	do {
		is_git = exists(root, ".git", git) && git_folder(root, git, a);
		is_project = !is_git && project && exists(root, project->folder, common);
	} while (!is_git && !is_project && up(root));
	if (!is_git && !is_project)
		return o;
	size_t n = strlen(root);
	o.below = LOF_LIT("");
	if (folder > n) {
		whole[folder] = '/'; // of a file: it is there already
		o.below = arena_copy(a, LOF_STR(whole + n + 1, folder - n));
	}
	o.license = license_in(root, a);
	if (is_git) {
		common_folder(git, common, a);
		o.revision = commit_of(git, common, a);
		o.blob = blob_of(remote_of(common, a), o.revision, a);
	}
	if (o.blob.n == 0 && project && exists(root, project->folder, common))
		o.blob = lof_cstr(project->blob);
	return o;
}
