// For tests: the real program behind a socket file in a folder of its own, and clients of it. Whoever waits does so for
// half a minute at most.
#ifndef LOF_TESTS_SERVER_H
#define LOF_TESTS_SERVER_H

#include "child.h"
#include "folder.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LINE "{\"rule\":{\"mitre\":{\"id\":[\"T1059.001\"]}},\"data\":{\"win\":{\"eventdata\":{\"image\":" \
	"\"C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\v1.0\\\\powershell.exe\"}}}}\n"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })

// --- a server -------------------------------------------------------------------------------------------------------

struct server {
	struct child c;
	struct folder f;
	char address[80], stats[80];
	const char *path; // of the socket
};

static inline int
try_dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = 30 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%.107s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
dial(const struct server *s)
{
	int fd;
	while ((fd = try_dial(s->path)) < 0)
		usleep(2000);
	return fd;
}

static inline void
names(struct server *s)
{
	folder_make(&s->f);
	snprintf(s->address, sizeof s->address, "unix:%s/socket", s->f.path);
	snprintf(s->stats, sizeof s->stats, "%s/stats", s->f.path);
	s->path = s->address + strlen("unix:");
}

// Starts one on a socket file in a folder of its own, and waits until it answers.
static inline void
serve_with(struct server *s, const char *const *args, void (*prepare)(void))
{
	const char *all[32] = { "--listen", s->address, "--stats", s->stats };
	names(s);
	for (size_t i = 0; args && args[i]; i++)
		all[i + 4] = args[i];
	child_start(&s->c, PLAN(.args = all, .prepare = prepare));
	close(dial(s));
}

static inline void
serve(struct server *s, const char *const *args)
{
	serve_with(s, args, NULL);
}

static inline void
counted(const struct server *s, const char *what)
{
	struct lof_buf b = file_bytes(s->stats);
	buf_char(&b, 0);
	cr_assert_not_null(strstr(b.p, what), "%s expected in %s", what, b.p);
	buf_free(&b);
}

// It has had its signal. What it counted stays to be looked at until folder_drop.
static inline void
ends(struct server *s)
{
	child_end(&s->c);
	cr_assert_eq(s->c.status, 0, "status %d: %.*s", s->c.status, (int)s->c.errors.n, s->c.errors.p);
	cr_assert_eq(s->c.output.n, 0);
	cr_assert_eq(s->c.errors.n, 0, "stderr: %.*s", (int)s->c.errors.n, s->c.errors.p);
	cr_assert_eq(try_dial(s->path), -1);
	cr_assert_neq(access(s->path, F_OK), 0, "the socket file is still there");
	child_free(&s->c);
}

static inline void
end(struct server *s)
{
	kill(s->c.pid, SIGTERM);
	ends(s);
}

static inline void
end_all(struct server *s)
{
	end(s);
	folder_drop(&s->f);
}

// --- clients --------------------------------------------------------------------------------------------------------

static inline void
say(int fd, struct lof_str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		cr_assert_gt(n, 0, "send: %s", strerror(errno));
		bytes = LOF_STR(bytes.p + n, bytes.n - (size_t)n);
	}
}

// Sends as much as is taken without waiting; how much.
static inline size_t
say_some(int fd, struct lof_str bytes)
{
	ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0;
}

// Exactly n bytes more, which are those of `want` if it is given.
static inline void
hear(int fd, const struct lof_buf *want, size_t n)
{
	struct lof_buf got = { 0 };
	while (got.n < n) {
		ssize_t k = recv(fd, buf_room(&got, n - got.n), n - got.n, 0);
		cr_assert_gt(k, 0, "%zu bytes of %zu came: %s", got.n, n, k ? strerror(errno) : "the end");
		got.n += (size_t)k;
	}
	cr_assert(!want || memcmp(got.p, want->p, n) == 0, "%.*s", (int)got.n, got.p);
	buf_free(&got);
}

// To the end, which must be a clean one.
static inline struct lof_buf
rest(int fd)
{
	struct lof_buf got = { 0 };
	ssize_t n;
	while ((n = recv(fd, buf_room(&got, 64 << 10), 64 << 10, 0)) > 0)
		got.n += (size_t)n;
	cr_assert_eq(n, 0, "recv after %zu bytes: %s", got.n, strerror(errno));
	close(fd);
	return got;
}

static inline void
closed(int fd)
{
	struct lof_buf got = rest(fd);
	cr_assert_eq(got.n, 0, "%.*s", (int)got.n, got.p);
	buf_free(&got);
}

// What the program makes of the input between pipes.
static inline struct lof_buf
answers(const char *const *args, struct lof_str input)
{
	struct child c;
	child_run(&c, PLAN(.args = args), input);
	cr_assert_eq(c.status, 0);
	buf_free(&c.errors);
	return c.output;
}

static inline struct lof_buf
answer(void)
{
	return answers(NULL, LOF_LIT(LINE));
}

static inline void
whole_records(const struct lof_buf *got, const struct lof_buf *one)
{
	cr_assert_eq(got->n % one->n, 0, "%zu bytes are not whole records of %zu", got->n, one->n);
	for (size_t i = 0; i < got->n; i += one->n)
		cr_assert_eq(memcmp(got->p + i, one->p, one->n), 0);
}

// Both ways at once, to the end.
static inline struct lof_buf
exchange(int fd, struct lof_str input)
{
	struct lof_buf got = { 0 };
	ssize_t n = 1;
	while (n > 0) {
		struct pollfd p = { fd, POLLIN | (input.n ? POLLOUT : 0), 0 };
		cr_assert_eq(poll(&p, 1, 30000), 1);
		if (p.revents & POLLOUT) {
			size_t sent = say_some(fd, input);
			input = LOF_STR(input.p + sent, input.n - sent);
			if (!input.n)
				shutdown(fd, SHUT_WR);
		}
		if (p.revents & (POLLIN | POLLHUP) && (n = recv(fd, buf_room(&got, 64 << 10), 64 << 10, 0)) > 0)
			got.n += (size_t)n;
	}
	cr_assert_eq(n, 0);
	close(fd);
	return got;
}

#endif
