// For tests: a folder of files made for the occasion, below /tmp.
#ifndef LOF_TESTS_FOLDER_H
#define LOF_TESTS_FOLDER_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[40];
	char file[4200]; // what folder_at said last
};

static inline void
folder_make(struct folder *f)
{
	strcpy(f->path, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(f->path));
}

static inline const char *
folder_at(struct folder *f, const char *below)
{
	snprintf(f->file, sizeof f->file, "%s/%s", f->path, below);
	return f->file;
}

// A file, and the folders above it.
static inline void
folder_put(struct folder *f, const char *below, const char *text)
{
	char *path = f->file;
	folder_at(f, below);
	for (char *slash = path + strlen(f->path) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	}
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out, "%s", path);
	fputs(text, out);
	cr_assert_eq(fclose(out), 0);
}

static inline void
folder_drop(struct folder *f)
{
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", f->path);
	cr_assert_eq(system(command), 0);
}

#endif
