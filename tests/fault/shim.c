// LD_PRELOAD library that makes calls fail. FAULT says which:
//
//	FAULT="write:17:ENOSPC"           the 17th write fails
//	FAULT="write:17+:ENOSPC"          and every later one
//	FAULT="read:*:short1"             every read gets one byte at most
//	FAULT="write:%3:EINTR"            every third write is interrupted
//	FAULT="read:%2:short7;write:%5:EINTR"
//
// Calls: read write open fsync rename close malloc (calloc and realloc too) poll (ppoll too). They are counted by kind,
// from the time this library has been set up. FAULT_FD names a descriptor that gets one byte the first time a fault is
// reached. One thread.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// glibc's own, behind the names that are taken over here.
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

enum call { READ, WRITE, OPEN, FSYNC, RENAME, CLOSE, MALLOC, POLL, N_CALLS };
static const char *const names[] = { "read", "write", "open", "fsync", "rename", "close", "malloc", "poll" };

static struct fault {
	unsigned long n;            // 0: none
	enum { ONCE, FROM, EVERY } when;
	int error;                  // 0: cut short instead
	size_t at_most;
} faults[N_CALLS];
static unsigned long calls[N_CALLS];
static int told = -1;
static bool armed;

static void
die(const char *what)
{
	fprintf(stderr, "shim: %s\n", what);
	_exit(99);
}

static int
error_named(const char *s, size_t n)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {
		{ "EINTR", EINTR }, { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "ENOMEM", ENOMEM },
		{ "EACCES", EACCES }, { "EDQUOT", EDQUOT }, { "EMFILE", EMFILE }, { "EAGAIN", EAGAIN },
	};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strlen(errors[i].name) == n && memcmp(errors[i].name, s, n) == 0)
			return errors[i].error;
	die("unknown error");
	return 0;
}

// One "call:when:what"; returns what follows it.
static const char *
take(const char *s)
{
	const char *colon = strchr(s, ':');
	size_t len, i = 0;
	char *end;
	if (!colon)
		die("call:when:what expected");
	for (len = (size_t)(colon - s); i < N_CALLS; i++)
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			break;
	if (i == N_CALLS)
		die("unknown call");
	struct fault *f = &faults[i];
	s = colon + 1;
	f->when = *s == '%' || *s == '*' ? EVERY : ONCE;
	f->n = *s == '*' ? 1 : strtoul(s + (*s == '%'), &end, 10);
	s = *s == '*' ? s + 1 : end;
	if (*s == '+') {
		f->when = FROM;
		s++;
	}
	if (*s != ':' || f->n == 0)
		die("a number, number+, %number or * expected");
	len = strcspn(++s, ";");
	if (strncmp(s, "short", 5) == 0)
		f->at_most = strtoul(s + 5, NULL, 10);
	else
		f->error = error_named(s, len);
	return s + len + (s[len] == ';');
}

__attribute__((constructor)) static void
start(void)
{
	const char *s = getenv("FAULT"), *fd = getenv("FAULT_FD");
	told = fd ? atoi(fd) : -1;
	while (s && *s)
		s = take(s);
	armed = true;
}

// True when this call shall fail, with errno set; *n is cut when it shall fall short.
static bool
fails(enum call c, size_t *n)
{
	const struct fault *f = &faults[c];
	if (!armed || f->n == 0)
		return false;
	unsigned long no = ++calls[c];
	if (f->when == ONCE ? no != f->n : f->when == FROM ? no < f->n : no % f->n != 0)
		return false;
	if (told >= 0)
		syscall(SYS_write, told, "!", 1);
	told = -1;
	if (f->error) {
		errno = f->error;
		return true;
	}
	if (n && *n > f->at_most)
		*n = f->at_most;
	return false;
}

ssize_t
read(int fd, void *p, size_t n)
{
	return fails(READ, &n) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return fails(WRITE, &n) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	size_t first = n > 0 ? v[0].iov_len : 0, whole = first;
	if (fails(WRITE, &first))
		return -1;
	return first < whole ? syscall(SYS_write, fd, v[0].iov_base, first) : syscall(SYS_writev, fd, v, n);
}

static int
do_open(int dir, const char *path, int flags, va_list more)
{
	int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
	return fails(OPEN, NULL) ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define OPENER(head, dir) \
	int head \
	{ \
		va_list more; \
		va_start(more, flags); \
		int fd = do_open(dir, path, flags, more); \
		va_end(more); \
		return fd; \
	}
OPENER(open(const char *path, int flags, ...), AT_FDCWD)
OPENER(open64(const char *path, int flags, ...), AT_FDCWD)
OPENER(openat(int dir, const char *path, int flags, ...), dir)
OPENER(openat64(int dir, const char *path, int flags, ...), dir)

int
fsync(int fd)
{
	return fails(FSYNC, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails(RENAME, NULL) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

// As Linux does it: the descriptor is gone though close failed.
int
close(int fd)
{
	bool failed = fails(CLOSE, NULL);
	int error = errno, rc = (int)syscall(SYS_close, fd);
	if (!failed)
		return rc;
	errno = error;
	return -1;
}

int
poll(struct pollfd *p, nfds_t n, int timeout_ms)
{
	struct timespec t = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	return fails(POLL, NULL) ? -1 : (int)syscall(SYS_ppoll, p, n, timeout_ms < 0 ? NULL : &t, NULL, 8);
}

int
ppoll(struct pollfd *p, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec t = timeout ? *timeout : (struct timespec){ 0 };
	return fails(POLL, NULL) ? -1 : (int)syscall(SYS_ppoll, p, n, timeout ? &t : NULL, mask, 8);
}

void *
malloc(size_t n)
{
	return fails(MALLOC, NULL) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails(MALLOC, NULL) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails(MALLOC, NULL) ? NULL : __libc_realloc(p, n);
}
