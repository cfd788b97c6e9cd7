// Files and descriptors. Every short read or write, EINTR and EAGAIN is dealt with here and nowhere else.
#ifndef LOF_BASE_IO_H
#define LOF_BASE_IO_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

// Reads up to n bytes, waiting if none are there. Returns bytes read, 0 at the end, -1 with errno set; EINTR is
// returned as -1 too, so that the caller can look at its signal flags.
ssize_t io_read(int fd, void *p, size_t n);

// Writes all n bytes. Returns 0, or -1 with errno set (EPIPE included); *done is how many went out, also on failure.
int io_write_all(int fd, const void *p, size_t n, size_t *done);

// Appends a whole file (or all of a pipe) to *out. "-" is standard input. Refuses directories. On failure *out holds
// what it held before.
enum lof_rc io_slurp(const char *path, struct lof_buf *out, struct lof_err *e);

// A file under a name that nobody has, in the folder that the descriptor `dir` (the caller's) is, to be put in place as a
// whole or dropped. `path` is what it is to be, for messages; mode is less umask.
struct io_aside {
	int dir, fd; // to write to
	char name[32];
	bool fleeting; // the caller's: it need not outlive the machine, and is not synced
};
enum lof_rc io_aside_open(struct io_aside *a, int dir, unsigned mode, const char *path, struct lof_err *e);
// Synced (unless fleeting), closed, renamed over `base` in its folder; on any failure dropped. The folder is not synced yet.
enum lof_rc io_aside_place(struct io_aside *a, const char *base, const char *path, struct lof_err *e);
void io_aside_drop(struct io_aside *a);
// 0, or -1 with errno set. Some file systems cannot sync a folder and say so; then there is nothing to wait for.
int io_sync_folder(int dir);

// Puts a file in place as a whole: written aside in the same folder under a name of its own, synced, renamed over
// `path`, the folder synced; its mode is 0666 less umask. On any failure before the rename the old file stands
// untouched, and nothing is left beside it. A symbolic link stays and the file it leads to is replaced. "-",
// /dev/stdout, /dev/fd/N and what is there but is no regular file (a pipe, /dev/null) are just written to.
enum lof_rc io_replace(const char *path, struct lof_str bytes, struct lof_err *e);
// The same for what is made anew every few seconds: nothing is synced, for nobody may wait for a disk, and what is there
// but is no regular file is refused.
enum lof_rc io_refresh(const char *path, struct lof_str bytes, struct lof_err *e);

#endif
