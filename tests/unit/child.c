#include "child.h"

#include "base/err.h"
#include "base/io.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

const char *
program(void)
{
	const char *p = getenv("LOFPIPE_BIN");
	return p && *p ? p : "build/lofpipe";
}

// One end becomes descriptor `as` of the child. *ours is the other end.
static int
make_pipe(int given, bool child_reads, int *ours)
{
	int p[2];
	*ours = -1;
	if (given)
		return given;
	cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
	*ours = p[child_reads];
	return p[!child_reads];
}

static void
become(const struct child_plan *plan, int fd[3])
{
	static const char *none[] = { NULL };
	const char *argv[64] = { "lofpipe" };
	const char *const *args = plan->args ? plan->args : none;
	sigset_t all;
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < 3; i++) // out of the way of one another first
		fd[i] = fd[i] < 0 ? -1 : fcntl(fd[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++) {
		if (fd[i] < 0)
			close(i);
		else
			dup2(fd[i], i);
	}
	for (size_t i = 0; args[i] && i < 62; i++)
		argv[i + 1] = args[i];
	alarm(CHILD_SECONDS);
	if (plan->prepare)
		plan->prepare();
	char **env = environ, *words[64];
	memcpy(words, argv, sizeof words); // execve's type does not say that it leaves the words alone
	if (plan->env)
		memcpy(&env, &plan->env, sizeof env);
	execve(program(), words, env);
	_exit(126);
}

void
child_start(struct child *c, const struct child_plan *plan)
{
	int fd[3];
	*c = (struct child){ .status = -1 };
	signal(SIGPIPE, SIG_IGN);
	fd[0] = make_pipe(plan->in, true, &c->in);
	fd[1] = make_pipe(plan->out, false, &c->out);
	fd[2] = make_pipe(plan->err, false, &c->err);
	fflush(NULL);
	cr_assert((c->pid = fork()) >= 0);
	if (c->pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		become(plan, fd);
	}
	if (!plan->in)
		close(fd[0]);
	if (!plan->out)
		close(fd[1]);
	if (!plan->err)
		close(fd[2]);
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
gather(int *fd, struct lof_buf *to, size_t at_most)
{
	char *room = buf_room(to, at_most);
	ssize_t n = read(*fd, room, at_most);
	if (n > 0)
		to->n += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		shut(fd);
}

static void
hand_in(struct child *c, struct lof_str *bytes)
{
	ssize_t n = write(c->in, bytes->p, bytes->n);
	if (n > 0)
		*bytes = LOF_STR(bytes->p + n, bytes->n - (size_t)n);
	else if (errno == EPIPE)
		bytes->n = 0;
}

void
child_feed(struct child *c, struct lof_str bytes, bool more)
{
	if (c->in >= 0)
		fcntl(c->in, F_SETFL, O_NONBLOCK);
	for (;;) {
		if (bytes.n == 0 && more)
			return;
		if (bytes.n == 0)
			shut(&c->in);
		struct pollfd p[3] = { { c->in, POLLOUT, 0 }, { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 } };
		if (c->in < 0 && c->out < 0 && c->err < 0)
			return;
		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents)
			hand_in(c, &bytes);
		if (p[1].revents)
			gather(&c->out, &c->output, 64 << 10);
		if (p[2].revents)
			gather(&c->err, &c->errors, 64 << 10);
	}
}

void
child_read(struct child *c, size_t n)
{
	size_t want = c->output.n + n;
	while (c->output.n < want && c->out >= 0)
		gather(&c->out, &c->output, want - c->output.n);
	cr_assert_eq(c->output.n, want, "only %zu bytes of %zu came", c->output.n, want);
}

void
child_end(struct child *c)
{
	struct rusage ru;
	int st;
	child_feed(c, LOF_LIT(""), false);
	while (wait4(c->pid, &st, 0, &ru) < 0)
		cr_assert_eq(errno, EINTR);
	c->status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	c->cpu_ms = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000;
}

void
child_free(struct child *c)
{
	shut(&c->in);
	shut(&c->out);
	shut(&c->err);
	buf_free(&c->output);
	buf_free(&c->errors);
}

void
child_run(struct child *c, const struct child_plan *plan, struct lof_str input)
{
	child_start(c, plan);
	child_feed(c, input, false);
	child_end(c);
}

// The text of /proc/PID/status behind `name`.
static bool
status_text(const struct child *c, const char *name, char out[64])
{
	char path[64], line[256];
	size_t n = strlen(name);
	bool found = false;
	snprintf(path, sizeof path, "/proc/%d/status", (int)c->pid);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f))
		if ((found = strncmp(line, name, n) == 0))
			snprintf(out, 64, "%s", line + n + strspn(line + n, " \t"));
	if (f)
		fclose(f);
	return found;
}

unsigned long long
child_status(const struct child *c, const char *name, int base)
{
	char text[64];
	return status_text(c, name, text) ? strtoull(text, NULL, base) : 0;
}

void
child_wait_asleep(const struct child *c)
{
	char state[64];
	do
		usleep(2000);
	while (status_text(c, "State:", state) &&
	    ((*state != 'S' && *state != 'Z') || child_status(c, "ShdPnd:", 16) || child_status(c, "SigPnd:", 16)));
}

long
child_peak(const struct child *c)
{
	return (long)child_status(c, "VmHWM:", 10);
}

struct lof_buf
file_bytes(const char *path)
{
	struct lof_buf b = { 0 };
	struct lof_err e = { 0 };
	if (io_slurp(path, &b, &e))
		lof_err_print(stderr, &e);
	cr_assert_eq(e.rc, LOF_OK);
	return b;
}

struct lof_buf
times(struct lof_str one, size_t n)
{
	struct lof_buf b = { 0 };
	buf_room(&b, one.n * n);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, one);
	return b;
}

void
same_bytes(const struct lof_buf *got, const struct lof_buf *want)
{
	size_t i = 0;
	while (i < got->n && i < want->n && got->p[i] == want->p[i])
		i++;
	cr_assert(got->n == want->n && i == got->n, "%zu bytes, %zu expected; they differ from byte %zu", got->n, want->n, i);
}
