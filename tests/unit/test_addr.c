// The real program on addresses of every kind: refused ones, socket files, TCP, what systemd hands over, and where events
// go on to.
#include "server.h"

#include "base/io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/wait.h>

TestSuite(addr, .timeout = 60);

// --- addresses ------------------------------------------------------------------------------------------------------

// One line, and for a wrong command line where help is; the status.
static int
refused(const char *const *args, const char *has)
{
	struct child c;
	child_run(&c, PLAN(.args = args), LOF_LIT(""));
	int lines = 0;
	for (size_t i = 0; i < c.errors.n; i++)
		lines += c.errors.p[i] == '\n';
	cr_assert_eq(lines, c.status == 2 ? 2 : 1, "%.*s", (int)c.errors.n, c.errors.p);
	cr_assert_not_null(memmem(c.errors.p, c.errors.n, has, strlen(has)), "\"%s\" expected in: %.*s", has, (int)c.errors.n,
	    c.errors.p);
	cr_assert_eq(c.output.n, 0);
	child_free(&c);
	return c.status;
}

static void
stop(struct child *c)
{
	kill(c->pid, SIGTERM);
	child_end(c);
	cr_assert_eq(c->status, 0);
	child_free(c);
}

Test(addr, refused_addresses)
{
	static const char *const wrong[] = { "", "9400", "unix:", "tcp:", "tcp:x", "tcp:1:2:3", "tcp:::1:9400", "tcp:[]:9400",
		"tcp:[::1]9400", "tcp:65536", "tcp:-1", "tcp:1x", "http://[::1]:80", "systemd:" };
	char longest[200] = "unix:/";
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_eq(refused(ARGS("--listen", wrong[i]), "expected"), 2, "%s", wrong[i]);
	memset(longest + 6, 'x', 107);
	cr_assert_eq(refused(ARGS("--listen", longest), "107 bytes"), 2);
	cr_assert_eq(refused(ARGS("--listen", "tcp:0", "file"), "\"file\""), 2);
	cr_assert_eq(refused(ARGS("--listen", "tcp:0", "-o", "file"), "\"file\""), 2);
	cr_assert_neq(access("file", F_OK), 0);
	cr_assert_eq(refused(ARGS("--forward", "tcp:1"), "\"tcp:1\""), 2);
	cr_assert_eq(refused(ARGS("--listen", "tcp:0", "--forward", "systemd"), "expected"), 2);
	cr_assert_eq(refused(ARGS("--listen", "unix:/nowhere/at/all"), "cannot listen: No such file"), 4);
	cr_assert_eq(refused(ARGS("--listen", "tcp:192.0.2.1:0"), "cannot listen: Cannot assign"), 4);
	cr_assert_eq(refused(ARGS("--listen", "systemd"), "LISTEN_FDS"), 4);
}

Test(addr, a_socket_file_that_is_in_use_or_not_ours)
{
	struct server s, t;
	serve(&s, NULL);
	cr_assert_eq(refused(ARGS("--listen", s.address), "Address already in use"), 4);
	close(dial(&s)); // it is still there
	kill(s.c.pid, SIGKILL);
	child_end(&s.c);
	cr_assert_eq(access(s.path, F_OK), 0);

	t = s; // nobody answers now: it is replaced
	child_start(&t.c, PLAN(.args = ARGS("--listen", t.address)));
	t.path = t.address + strlen("unix:");
	close(dial(&t));
	cr_assert_eq(rename(t.path, folder_at(&t.f, "aside")), 0);
	folder_put(&t.f, "socket", "not a socket");
	kill(t.c.pid, SIGTERM);
	child_end(&t.c);
	cr_assert_eq(t.c.status, 0);
	cr_assert_eq(access(t.path, F_OK), 0, "a file that is not ours was removed");
	cr_assert_eq(refused(ARGS("--listen", t.address), "File exists"), 4);
	struct lof_buf b = file_bytes(t.path);
	cr_assert_eq(b.n, strlen("not a socket"));
	buf_free(&b);
	child_free(&s.c);
	child_free(&t.c);
	folder_drop(&s.f);
}

static void
tight(void)
{
	umask(0117);
}

Test(addr, the_umask_is_the_mode)
{
	struct server s;
	struct stat st;
	serve_with(&s, NULL, tight);
	cr_assert_eq(stat(s.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0660);
	end_all(&s);
}

Test(addr, a_name_without_a_file)
{
	char name[64];
	struct child c;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(name, sizeof name, "unix:@lofpipe-test-%d", (int)getpid());
	memcpy(a.sun_path + 1, name + 6, (size_t)n - 6);
	child_start(&c, PLAN(.args = ARGS("--listen", name)));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	while (connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n - 5)) != 0)
		usleep(2000);
	say(fd, LOF_LIT("{}\n"));
	hear(fd, NULL, 3);
	kill(c.pid, SIGTERM);
	closed(fd);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
}

// --- tcp ------------------------------------------------------------------------------------------------------------

// Reads what it says of itself until it has named the address; the port.
static int
told_port(struct child *c, const char *address)
{
	char *at = NULL;
	while (!at || !strchr(at, '\n')) {
		ssize_t n = read(c->err, buf_room(&c->errors, 1000), 999);
		cr_assert_gt(n, 0, "%.*s", (int)c->errors.n, c->errors.p);
		c->errors.n += (size_t)n;
		c->errors.p[c->errors.n] = 0;
		at = strstr(c->errors.p, address);
	}
	return atoi(at + strlen(address));
}

static int
dial_tcp(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0, "%s", strerror(errno));
	return fd;
}

Test(addr, tcp_is_this_machine_alone)
{
	struct lof_buf one = answer();
	struct child c;
	char port[32];
	child_start(&c, PLAN(.args = ARGS("--listen", "tcp:0", "-v")));
	int n = told_port(&c, "lofpipe: listening on tcp:127.0.0.1:"), fd = dial_tcp(n);
	cr_assert_null(strstr(c.errors.p, "0.0.0.0"));
	say(fd, LOF_LIT(LINE));
	hear(fd, &one, one.n);
	snprintf(port, sizeof port, "tcp:127.0.0.1:%d", n);
	cr_assert_eq(refused(ARGS("--listen", port), "Address already in use"), 4);
	shutdown(fd, SHUT_WR);
	closed(fd);
	stop(&c);

	child_start(&c, PLAN(.args = ARGS("--listen", port, "-v"))); // at once, though the old connection still lingers
	cr_assert_eq(told_port(&c, "lofpipe: listening on tcp:127.0.0.1:"), n);
	stop(&c);
	buf_free(&one);
}

Test(addr, every_interface_if_asked)
{
	struct child c;
	child_start(&c, PLAN(.args = ARGS("--listen", "tcp:0.0.0.0:0", "-v")));
	int fd = dial_tcp(told_port(&c, "lofpipe: listening on tcp:0.0.0.0:"));
	say(fd, LOF_LIT("{}\n"));
	hear(fd, NULL, 3);
	close(fd);
	stop(&c);
}

// The client goes on sending, so that there is always something unread: our end must not take back with a reset what it
// has not read yet.
Test(addr, sigterm_over_tcp)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 20000);
	struct child c;
	child_start(&c, PLAN(.args = ARGS("--listen", "tcp:0", "-v")));
	int fd = dial_tcp(told_port(&c, "tcp:127.0.0.1:"));
	pid_t feeder = fork();
	if (feeder == 0) {
		alarm(CHILD_SECONDS);
		for (size_t done; io_write_all(fd, many.p, many.n, &done) == 0;)
			;
		_exit(0);
	}
	hear(fd, NULL, 100 * one.n);
	kill(c.pid, SIGTERM);
	struct lof_buf got = { 0 };
	ssize_t n;
	while ((n = recv(fd, buf_room(&got, 64 << 10), 64 << 10, 0)) > 0)
		got.n += (size_t)n;
	cr_assert_eq(n, 0, "%s", strerror(errno));
	whole_records(&got, &one);
	kill(feeder, SIGKILL);
	waitpid(feeder, NULL, 0);
	close(fd);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
	buf_free(&one);
	buf_free(&many);
	buf_free(&got);
}

Test(addr, a_reset_over_tcp)
{
	struct child c;
	child_start(&c, PLAN(.args = ARGS("--listen", "tcp:0", "-v")));
	int fd = dial_tcp(told_port(&c, "tcp:127.0.0.1:"));
	say(fd, LOF_LIT("{}\n"));
	hear(fd, NULL, 3);
	const struct linger at_once = { .l_onoff = 1 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	cr_assert_not_null(memmem(c.errors.p, c.errors.n, "; 1 connections, 1 lost; ", 25), "%.*s", (int)c.errors.n, c.errors.p);
	child_free(&c);
}

// --- forward --------------------------------------------------------------------------------------------------------

// Where events go on to: ours.
static int
far_side(struct server *s, char address[128])
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof a.sun_path, "%s/far", s->f.path);
	snprintf(address, 128, "unix:%s", a.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

// The far side of the connection that is made next; nothing ever comes back on fd.
static int
takes(int far)
{
	const struct timeval limit = { .tv_sec = 30 };
	int fd = accept4(far, NULL, NULL, SOCK_CLOEXEC);
	cr_assert_geq(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return fd;
}

static void
forward(struct server *s, const char *address)
{
	child_start(&s->c, PLAN(.args = ARGS("--listen", s->address, "--stats", s->stats, "--forward", address)));
}

// Who only sends has its events enriched on their way. The end goes on too.
Test(addr, forward)
{
	struct lof_buf one = answer();
	struct server s;
	char address[128];
	names(&s);
	int far = far_side(&s, address);
	listen(far, 8);
	forward(&s, address);
	int fd[3], to[3];
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(&s);
		to[i] = takes(far);
	}
	for (int i = 0; i < 50; i++) {
		say(fd[i % 3], LOF_LIT(LINE));
		hear(to[i % 3], &one, one.n);
	}
	shutdown(fd[0], SHUT_WR);
	closed(to[0]);
	closed(fd[0]);
	say(fd[1], LOF_LIT(LINE));
	close(fd[1]); // its last words have gone on
	struct lof_buf last = rest(to[1]);
	same_bytes(&last, &one);
	close(fd[2]);
	closed(to[2]);
	end(&s);
	counted(&s, "\"events\":51,");
	counted(&s, "\"connections\":3,\"connections_lost\":0,");
	close(far);
	folder_drop(&s.f);
	buf_free(&last);
	buf_free(&one);
}

// While nobody is there nothing is read; then all of it is there, in order. Waiting takes no time of the processor.
Test(addr, forward_to_who_comes_later)
{
	struct lof_buf many = times(LOF_LIT(LINE), 500), want = answers(NULL, buf_view(&many));
	struct server s;
	char address[128];
	names(&s);
	int far = far_side(&s, address);
	forward(&s, address);
	int fd = dial(&s);
	say(fd, buf_view(&many));
	close(fd);
	usleep(300000);
	listen(far, 8);
	struct lof_buf got = rest(takes(far));
	same_bytes(&got, &want);
	end(&s);
	cr_assert_lt(s.c.cpu_ms, SANITIZED ? 5000 : 250, "it spins: %ld ms of processor", s.c.cpu_ms);
	close(far);
	folder_drop(&s.f);
	buf_free(&many);
	buf_free(&want);
	buf_free(&got);
}

// The far side of one does not read, and its client has gone: the other is served, and nothing has gone in the end.
Test(addr, forward_to_a_slow_reader)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 3000);
	struct server s;
	char address[128];
	names(&s);
	int far = far_side(&s, address);
	listen(far, 8);
	forward(&s, address);
	int slow = dial(&s), slow_to = takes(far), other = dial(&s), other_to = takes(far);
	size_t said = 0, more;
	while (said < many.n && (more = say_some(slow, LOF_STR(many.p + said, many.n - said)))) {
		said += more;
		child_wait_asleep(&s.c);
	}
	close(slow);
	for (int i = 0; i < 100; i++) {
		say(other, LOF_LIT(LINE));
		hear(other_to, &one, one.n);
	}
	child_wait_asleep(&s.c);
	struct lof_buf got = rest(slow_to);
	cr_assert_geq(got.n, said / (sizeof LINE - 1) * one.n);
	got.n = said / (sizeof LINE - 1) * one.n; // behind them, maybe, the beginning of a line
	whole_records(&got, &one);
	close(other);
	closed(other_to);
	end(&s);
	cr_assert_lt(s.c.cpu_ms, SANITIZED ? 5000 : 1000, "it spins: %ld ms of processor", s.c.cpu_ms);
	counted(&s, "\"connections_lost\":0,");
	close(far);
	folder_drop(&s.f);
	buf_free(&one);
	buf_free(&many);
	buf_free(&got);
}

// The far side goes: the client is told by an end of its own, and it is counted.
Test(addr, forward_to_who_goes)
{
	struct lof_buf one = answer();
	struct server s;
	char address[128], last;
	names(&s);
	int far = far_side(&s, address);
	listen(far, 8);
	forward(&s, address);
	int fd = dial(&s), to = takes(far);
	say(fd, LOF_LIT(LINE));
	hear(to, &one, one.n);
	close(to);
	cr_assert_leq(recv(fd, &last, 1, 0), 0);
	close(fd);
	end(&s);
	counted(&s, "\"connections\":1,\"connections_lost\":1,");
	close(far);
	folder_drop(&s.f);
	buf_free(&one);
}

// By TCP, to the first of the addresses on which somebody is.
Test(addr, forward_over_tcp)
{
	struct lof_buf one = answer();
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	struct server s;
	char address[128];
	names(&s);
	int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(far, (struct sockaddr *)&a, sizeof a), 0);
	cr_assert_eq(listen(far, 8), 0);
	getsockname(far, (struct sockaddr *)&a, &size);
	snprintf(address, sizeof address, "tcp:%d", ntohs(a.sin_port)); // ::1 too, where nobody is
	forward(&s, address);
	int fd = dial(&s), to = takes(far);
	for (int i = 0; i < 20; i++) {
		say(fd, LOF_LIT(LINE));
		hear(to, &one, one.n);
	}
	kill(s.c.pid, SIGTERM);
	closed(to);
	closed(fd);
	ends(&s);
	close(far);
	folder_drop(&s.f);
	buf_free(&one);
}

// --- systemd --------------------------------------------------------------------------------------------------------

static int handed;

static void
as_systemd(void)
{
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	dup2(handed, 3);
	close(handed);
}

// Connections that came before the start are served; at the end the socket is left to whoever opened it.
Test(addr, sockets_of_systemd)
{
	struct lof_buf one = answer();
	struct server s;
	names(&s);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strcpy(a.sun_path, s.path);
	handed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(handed, (struct sockaddr *)&a, sizeof a), 0);
	cr_assert_eq(listen(handed, 8), 0);
	for (int round = 0; round < 2; round++) {
		int fd = dial(&s);
		say(fd, LOF_LIT(LINE));
		child_start(&s.c, PLAN(.args = ARGS("--listen", "systemd"), .prepare = as_systemd));
		hear(fd, &one, one.n);
		kill(s.c.pid, SIGTERM);
		closed(fd);
		child_end(&s.c);
		cr_assert_eq(s.c.status, 0, "status %d: %.*s", s.c.status, (int)s.c.errors.n, s.c.errors.p);
		cr_assert_lt(s.c.cpu_ms, SANITIZED ? 5000 : 1000);
		child_free(&s.c);
		cr_assert_eq(access(s.path, F_OK), 0);
	}
	close(handed);
	handed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); // not one that listens
	child_start(&s.c, PLAN(.args = ARGS("--listen", "systemd"), .prepare = as_systemd));
	child_end(&s.c);
	cr_assert_eq(s.c.status, 4);
	child_free(&s.c);
	close(handed);
	folder_drop(&s.f);
	buf_free(&one);
}
