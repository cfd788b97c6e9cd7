// Licenses by their texts, and where a checkout is from by what git leaves in it: written here, git is never run.
#include "folder.h"

#include "import/origin.h"

#define HASH "0123456789abcdef0123456789abcdef01234567"

static void
is(struct lof_str got, const char *want, const char *of)
{
	cr_expect(lof_str_eq(got, lof_cstr(want)), "%s: got \"%.*s\", want \"%s\"", of, (int)got.n, got.p, want);
}

Test(origin, licenses)
{
	static const struct {
		const char *text, *spdx;
	} known[] = {
		{ "Detection Rule License (DRL) 1.1\n\nPermission is hereby granted, free of charge, ...", "DRL-1.1" },
		{ "Detection Rule License (DRL) 1.0", "DRL-1.0" },
		{ "Elastic License v2", "Elastic-2.0" },
		{ "Elastic License 2.0\n\nURL: ...", "Elastic-2.0" },
		{ "                                 Apache License\n                           Version 2.0", "Apache-2.0" },
		{ "MIT License\n\nCopyright (c)", "MIT" },
		{ "Copyright (c)\n\nPermission is hereby granted, free of charge, to any person", "MIT" },
		{ "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007 ... GNU Affero General Public License", "GPL-3.0" },
		{ "GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991", "GPL-2.0" },
		{ "GNU LESSER GENERAL PUBLIC LICENSE\n Version 2.1, February 1999", "LGPL-2.1" },
		{ "GNU LESSER GENERAL PUBLIC LICENSE\n Version 3", "LGPL-3.0" },
		{ "GNU AFFERO GENERAL PUBLIC LICENSE", "AGPL-3.0" },
		{ "Mozilla Public License Version 2.0", "MPL-2.0" },
		{ "CC0 1.0 Universal", "CC0-1.0" },
		{ "", "" }, { "All rights reserved", "" },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		is(license_of(lof_cstr(known[i].text)), known[i].spdx, known[i].text);
	is(license_of(LOF_STR(NULL, 0)), "", "nothing");
}

static struct folder f;
static struct lof_arena arena;

static void
make(void)
{
	folder_make(&f);
}

static void
drop(void)
{
	folder_drop(&f);
	arena_free(&arena);
}

TestSuite(origin_git, .init = make, .fini = drop);

static struct origin
origin(const char *below)
{
	return origin_of(folder_at(&f, below), NULL, &arena);
}

Test(origin_git, revisions)
{
	static const struct {
		const char *head, *branch, *packed, *revision;
	} states[] = {
		{ HASH "\n", NULL, NULL, "0123456789ab" },
		{ "ref: refs/heads/main\n", HASH "\n", NULL, "0123456789ab" },
		{ "ref: refs/heads/main", HASH, "fedcba9876543210fedcba9876543210fedcba98 refs/heads/main\n", "0123456789ab" },
		{ "ref: refs/heads/main\n", NULL, "# pack-refs with: peeled\n" HASH " refs/heads/main\n^" HASH "\n", "0123456789ab" },
		{ "ref: refs/heads/main\n", NULL, "# x\r\n" HASH " refs/heads/main\r\n", "0123456789ab" },
		{ HASH "89abcdef0123456789abcdef\n", NULL, NULL, "0123456789ab" }, // SHA-256
		{ "ref: refs/heads/main\n", NULL, HASH " refs/heads/mainly\n" HASH " refs/heads/mai\n" HASH "\n", "" },
		{ "ref: refs/heads/main\n", NULL, NULL, "" },                      // no commit yet
		{ "ref: refs/heads/.invalid\n", NULL, NULL, "" },                  // refs in another form
		{ "ref: refs/heads/main\n", "ref: refs/heads/another/that/is/long/enough", NULL, "" },
		{ "0123456789ab\n", NULL, NULL, "" },
		{ "This is no hash, but it has as many letters as one", NULL, NULL, "" },
		{ "", "", "", "" },
	};
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		folder_put(&f, "git/.git/HEAD", states[i].head);
		remove(folder_at(&f, "git/.git/refs/heads/main"));
		remove(folder_at(&f, "git/.git/packed-refs"));
		if (states[i].branch)
			folder_put(&f, "git/.git/refs/heads/main", states[i].branch);
		if (states[i].packed)
			folder_put(&f, "git/.git/packed-refs", states[i].packed);
		is(origin("git").revision, states[i].revision, states[i].head);
	}
}

Test(origin_git, addresses)
{
	static const struct {
		const char *remote, *blob;
	} remotes[] = {
		{ "https://github.com/OWNER/NAME.git", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "https://github.com/OWNER/NAME", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "https://github.com/OWNER/NAME/", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "https://user:pass@github.com/OWNER/NAME", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "git@github.com:OWNER/NAME.git", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "ssh://git@github.com/OWNER/NAME.git", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "ssh://git@github.com:22/OWNER/NAME.git/", "https://github.com/OWNER/NAME/blob/0123456789ab/" },
		{ "git://github.com/OWNER/N@ME.git", "https://github.com/OWNER/N@ME/blob/0123456789ab/" },
		{ "https://gitlab.com/GROUP/SUB/NAME.git", "https://gitlab.com/GROUP/SUB/NAME/-/blob/0123456789ab/" },
		{ "git@gitlab.example.org:GROUP/NAME", "https://gitlab.example.org/GROUP/NAME/-/blob/0123456789ab/" },
		{ "https://example.org/OWNER/NAME.git", "" },
		{ "https://notgithub.com/OWNER/NAME.git", "" },
		{ "https://github.com/", "" }, { "https://github.com", "" }, { "github.com", "" },
		{ "/srv/git/NAME.git", "" }, { "../NAME", "" }, { "", "" }, { "@", "" }, { "://", "" }, { "a@", "" },
	};
	folder_put(&f, "git/.git/HEAD", HASH);
	for (size_t i = 0; i < sizeof remotes / sizeof remotes[0]; i++) {
		char config[300];
		snprintf(config, sizeof config, "[core]\n\tbare = false\n[remote \"upstream\"]\n\turl = https://github.com/u/u\n"
		    "[remote \"origin\"]\n\turl = %s\n[remote \"z\"]\n\turl=https://github.com/z/z\n[branch \"main\"]\n\turl = x\n",
		    remotes[i].remote);
		folder_put(&f, "git/.git/config", config);
		is(origin("git").blob, remotes[i].blob, remotes[i].remote);
	}
	folder_put(&f, "git/.git/config", "[remote \"only\"]\n\turl = https://github.com/OWNER/NAME\n");
	is(origin("git").blob, "https://github.com/OWNER/NAME/blob/0123456789ab/", "the only remote");
	folder_put(&f, "git/.git/HEAD", "no commit");
	is(origin("git").blob, "", "an address needs a commit");
}

Test(origin_git, worktree)
{
	char link[100];
	folder_put(&f, "main/.git/worktrees/w/HEAD", "ref: refs/heads/work\n");
	folder_put(&f, "main/.git/worktrees/w/commondir", "../..\n");
	folder_put(&f, "main/.git/refs/heads/work", HASH "\n");
	folder_put(&f, "main/.git/config", "[remote \"origin\"]\n\turl = https://github.com/o/n\n");
	folder_put(&f, "w/LICENSE", "MIT License");
	snprintf(link, sizeof link, "gitdir: %s/main/.git/worktrees/w\n", f.path);
	folder_put(&f, "w/.git", link);
	is(origin("w").revision, "0123456789ab", "an absolute path");
	is(origin("w").blob, "https://github.com/o/n/blob/0123456789ab/", "the main one's remotes");
	is(origin("w").license, "MIT", "the worktree's license");
	folder_put(&f, "w/.git", "gitdir: ../main/.git/worktrees/w");
	is(origin("w").revision, "0123456789ab", "a relative path");
	folder_put(&f, "w/.git", "gitdir: nowhere\n");
	is(origin("w").revision, "", "to nowhere");
	folder_put(&f, "w/.git", "rubbish");
	is(origin("w").revision, "", "no link at all");
}

// What is named may be the root, a folder below it, a file, or a link to one of these.
Test(origin_git, below)
{
	folder_put(&f, "git/.git/HEAD", HASH);
	folder_put(&f, "git/COPYING", "GNU AFFERO GENERAL PUBLIC LICENSE");
	folder_put(&f, "git/rules/windows/x.yml", "x");
	char to[100], link[100];
	snprintf(to, sizeof to, "%s/git/rules", f.path);
	snprintf(link, sizeof link, "%s/link", f.path);
	cr_assert_eq(symlink(to, link), 0);
	is(origin("git").below, "", "the root");
	is(origin("git/").below, "", "the root with a slash");
	is(origin("git/rules").below, "rules/", "a folder");
	is(origin("git/rules/windows/x.yml").below, "rules/windows/", "a file");
	is(origin("link").below, "rules/", "a link");
	is(origin("git/rules/../rules/./windows").below, "rules/windows/", "a roundabout path");
	is(origin("git/rules/windows/x.yml").license, "AGPL-3.0", "the root's license");
	is(origin("nowhere").below, "", "nothing");
	is(origin("nowhere").revision, "", "nothing");
}

Test(origin_git, a_project_is_told_by_its_folder)
{
	static const struct project p = { "rules-known", "https://github.com/OWNER/NAME/blob/main/" };
	folder_put(&f, "archive/rules-known/x.yml", "x");
	folder_put(&f, "archive/rules/y.yml", "y");
	folder_put(&f, "archive/LICENSE.txt", "Apache License");
	struct origin o = origin_of(folder_at(&f, "archive/rules/y.yml"), &p, &arena);
	is(o.blob, p.blob, "an archive");
	is(o.below, "rules/", "an archive");
	is(o.license, "Apache-2.0", "an archive");
	is(o.revision, "", "an archive");
	is(origin("archive/rules").blob, "", "without knowing of the project");
	folder_put(&f, "archive/.git/HEAD", HASH);
	folder_put(&f, "archive/.git/config", "[remote \"origin\"]\n\turl = git@github.com:fork/name\n");
	o = origin_of(folder_at(&f, "archive/rules"), &p, &arena);
	is(o.blob, "https://github.com/fork/name/blob/0123456789ab/", "git knows better");
}
