#include "base/io.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

// 0 when the descriptor is ready, -1 with errno set.
static int
wait_for(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, -1) < 0 ? -1 : 0;
}

static size_t
at_most(size_t n)
{
	return n < SSIZE_MAX ? n : SSIZE_MAX;
}

ssize_t
io_read(int fd, void *p, size_t n)
{
	for (;;) {
		ssize_t got = read(fd, p, at_most(n));

		if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
			return got;
		if (wait_for(fd, POLLIN) < 0)
			return -1;
	}
}

int
io_write_all(int fd, const void *p, size_t n, size_t *done)
{
	*done = 0;
	while (*done < n) {
		ssize_t put = write(fd, (const char *)p + *done, at_most(n - *done));

		if (put > 0) {
			*done += (size_t)put;
		} else if (put == 0) {
			errno = ENOSPC; // "wrote nothing, no error" would otherwise go round for ever
			return -1;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_for(fd, POLLOUT) < 0 && errno != EINTR)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

// --- reading a whole file ----------------------------------------------------------------------------------------

// 0, or -1 with errno set.
static int
slurp_fd(int fd, struct lof_buf *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	// The size is a hint only: files in /proc say 0, and a file can grow. One byte more finds the end without growing.
	if (S_ISREG(st.st_mode) && st.st_size > 0 && (uintmax_t)st.st_size < SIZE_MAX) {
		if (out->n == 0)
			buf_large(out, (size_t)st.st_size + 1);
		buf_room(out, (size_t)st.st_size + 1);
	}
	for (;;) {
		size_t room = out->cap - out->n;
		ssize_t got;

		if (room == 0) {
			buf_room(out, CHUNK);
			room = out->cap - out->n;
		}
		got = io_read(fd, out->p + out->n, room);
		if (got == 0)
			return 0;
		if (got > 0)
			out->n += (size_t)got;
		else if (errno != EINTR)
			return -1;
	}
}

enum lof_rc
io_slurp(const char *path, struct lof_buf *out, struct lof_err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	size_t before = out->n;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum lof_rc rc = LOF_OK;

	if (fd < 0)
		return lof_err_sys(e, name, "cannot open");
	if (slurp_fd(fd, out) < 0) {
		rc = lof_err_sys(e, name, "cannot read");
		out->n = before;
	}
	if (!is_stdin)
		close(fd);
	return rc;
}

// --- putting a file in place -------------------------------------------------------------------------------------

// The descriptor that a name stands for ("-", /dev/stdout, /dev/fd/3 ...), or -1. Opening such a name anew would start
// at the front of a file that the shell opened for appending.
static int
named_fd(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t n = strlen(folders[i]);
		char *end;
		unsigned long v;

		if (strncmp(path, folders[i], n) != 0 || !lof_is_digit((unsigned char)path[n]))
			continue;
		v = strtoul(path + n, &end, 10);
		return *end == '\0' && v <= INT_MAX ? (int)v : -1;
	}
	return -1;
}

static enum lof_rc
write_through(const char *path, struct lof_str bytes, struct lof_err *e)
{
	int named = named_fd(path), fd = named >= 0 ? named : open(path, O_WRONLY | O_CLOEXEC);
	enum lof_rc rc = LOF_OK;
	size_t done;

	if (fd < 0)
		return lof_err_sys(e, path, "cannot open for writing");
	if (io_write_all(fd, bytes.p, bytes.n, &done) < 0)
		rc = lof_err_sys(e, path, "cannot write");
	if (named < 0 && close(fd) < 0 && !rc)
		rc = lof_err_sys(e, path, "cannot write");
	return rc;
}

enum lof_rc
io_aside_open(struct io_aside *a, int dir, unsigned mode, const char *path, struct lof_err *e)
{
	static uint64_t calls;
	struct timespec now;

	*a = (struct io_aside){ .dir = dir, .fd = -1 };
	for (int tries = 0; tries < 100; tries++) {
		uint64_t seed[4] = { (uint64_t)getpid(), __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED), 0, 0 };

		clock_gettime(CLOCK_REALTIME, &now);
		seed[2] = (uint64_t)now.tv_sec;
		seed[3] = (uint64_t)now.tv_nsec;
		snprintf(a->name, sizeof(a->name), ".lofpipe-%016llx",
		    (unsigned long long)lof_hash(0, LOF_STR((const char *)seed, sizeof(seed))));
		// Not mkstemp: with open, the kernel applies umask and the folder's default ACL, and the process-wide umask
		// need not be touched to learn it.
		a->fd = openat(dir, a->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (a->fd >= 0)
			return LOF_OK;
		if (errno != EEXIST)
			break;
	}
	return lof_err_sys(e, path, "cannot create a file in its folder");
}

void
io_aside_drop(struct io_aside *a)
{
	if (a->fd >= 0)
		close(a->fd);
	unlinkat(a->dir, a->name, 0);
}

enum lof_rc
io_aside_place(struct io_aside *a, const char *base, const char *path, struct lof_err *e)
{
	enum lof_rc rc = LOF_OK;
	int fd = a->fd;

	if (!a->fleeting && fsync(fd) < 0)
		rc = lof_err_sys(e, path, "cannot write");
	a->fd = -1;
	if (close(fd) < 0 && !rc)
		rc = lof_err_sys(e, path, "cannot write");
	if (!rc && renameat(a->dir, a->name, a->dir, base) < 0)
		rc = lof_err_sys(e, path, "cannot put in place");
	if (rc)
		io_aside_drop(a);
	return rc;
}

int
io_sync_folder(int dir)
{
	return fsync(dir) == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS ? 0 : -1;
}

static enum lof_rc
replace_in(int dir, const char *base, const char *path, struct lof_str bytes, bool fleeting, struct lof_err *e)
{
	struct io_aside a;
	enum lof_rc rc = io_aside_open(&a, dir, 0666, path, e);
	size_t done;

	if (rc)
		return rc;
	if (io_write_all(a.fd, bytes.p, bytes.n, &done) < 0) {
		rc = lof_err_sys(e, path, "cannot write");
		io_aside_drop(&a);
		return rc;
	}
	a.fleeting = fleeting;
	rc = io_aside_place(&a, base, path, e);
	return rc || fleeting || io_sync_folder(dir) == 0 ? rc : lof_err_sys(e, path, "in place, but cannot sync its folder");
}

static enum lof_rc
replace_file(const char *path, struct lof_str bytes, bool fleeting, struct lof_err *e)
{
	char *real = NULL, *slash;
	enum lof_rc rc;
	int dir;

	// Through a symbolic link the file it leads to is replaced, and the link stays. What does not exist yet has no
	// real path and keeps its own.
	real = realpath(path, NULL);
	if (!real && !(real = strdup(path)))
		lof_no_memory();
	slash = strrchr(real, '/');
	if (slash == real) {
		dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		if (slash)
			*slash = '\0';
		dir = open(slash ? real : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir < 0) {
		rc = lof_err_sys(e, path, "cannot open its folder");
	} else {
		rc = replace_in(dir, slash ? slash + 1 : real, path, bytes, fleeting, e);
		close(dir);
	}
	free(real);
	return rc;
}

// Is it a name to write to, not a file to put in place?
static bool
is_no_file(const char *path)
{
	struct stat st;

	return named_fd(path) >= 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

enum lof_rc
io_replace(const char *path, struct lof_str bytes, struct lof_err *e)
{
	return is_no_file(path) ? write_through(path, bytes, e) : replace_file(path, bytes, false, e);
}

enum lof_rc
io_refresh(const char *path, struct lof_str bytes, struct lof_err *e)
{
	if (is_no_file(path))
		return lof_err_at(e, LOF_E_IO, path, 0, 0, "is no file that can be replaced", LOF_LIT(""));
	return replace_file(path, bytes, true, e);
}
