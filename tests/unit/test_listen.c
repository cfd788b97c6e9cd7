// The real program behind sockets: who is answered what and when, how connections end, and what it takes of the machine.
#include "server.h"

#include "base/io.h"

#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(listen, .timeout = 60);

// --- answers --------------------------------------------------------------------------------------------------------

Test(listen, a_line_is_answered_before_the_next_is_sent)
{
	struct lof_buf one = answer();
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s);
	for (int i = 0; i < 300; i++) {
		say(fd, LOF_LIT(LINE));
		hear(fd, &one, one.n);
	}
	shutdown(fd, SHUT_WR);
	closed(fd);
	end(&s);
	counted(&s, "\"events\":300,");
	counted(&s, "\"lines\":300,");
	counted(&s, "\"connections\":2,\"connections_lost\":0,");
	folder_drop(&s.f);
	buf_free(&one);
}

// Every kind of line, as through a pipe; a last one without its end too.
Test(listen, what_a_pipe_would_answer)
{
	static const char text[] = LINE "rubbish\n\n{\"cut\":\n{\"a\":1}\r\n[1,2]\n\"text\"\n{\"a\":\n1}\n \t\n" LINE "{\"end\":1}";
	const struct lof_str input = LOF_STR(text, sizeof text - 1);
	const char *const *const options[] = { ARGS("--input", "ndjson"), ARGS("--emit", "patch"),
		ARGS("--emit", "rsyslog"), ARGS("--on-bad", "drop", "--input", "ndjson"), ARGS("--input", "json") };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		struct lof_buf want = answers(options[i], input);
		struct server s;
		serve(&s, options[i]);
		struct lof_buf got = exchange(dial(&s), input);
		same_bytes(&got, &want);
		end_all(&s);
		buf_free(&got);
		buf_free(&want);
	}
}

Test(listen, byte_by_byte)
{
	struct lof_buf one = answer();
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s);
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < sizeof LINE - 1; i++)
			say(fd, LOF_STR(&LINE[i], 1));
		hear(fd, &one, one.n);
	}
	close(fd);
	end_all(&s);
	buf_free(&one);
}

// Events larger than any buffer, and one over the limit.
Test(listen, long_events)
{
	struct lof_buf text = { 0 }, filler = times(LOF_LIT("0123456789abcdef"), 200 << 10);
	for (int i = 0; i < 3; i++) {
		buf_lit(&text, "{\"text\":\"");
		buf_put(&text, filler.p, i == 1 ? filler.n : filler.n / 4);
		buf_lit(&text, "\",\"technique\":\"T1021.004\"}\n" LINE);
	}
	const char *const *args = ARGS("--max-event", "1MiB", "--input", "ndjson");
	struct lof_buf want = answers(args, buf_view(&text));
	struct server s;
	serve(&s, args);
	for (int i = 0; i < 3; i++) {
		struct lof_buf got = exchange(dial(&s), buf_view(&text));
		same_bytes(&got, &want);
		buf_free(&got);
	}
	end(&s);
	counted(&s, "\"too_long\":3,");
	folder_drop(&s.f);
	buf_free(&want);
	buf_free(&text);
	buf_free(&filler);
}

// Each has its own lines back, though all are half said at any time.
Test(listen, many_at_once)
{
	enum { N = 100, ROUNDS = 20 };
	struct server s;
	int fd[N];
	serve(&s, NULL);
	for (int i = 0; i < N; i++)
		fd[i] = dial(&s);
	for (int r = 0; r < ROUNDS; r++) {
		char line[64];
		for (int half = 0; half < 2; half++)
			for (int i = 0; i < N; i++) {
				int n = snprintf(line, sizeof line, "{\"client\":%d,\"round\":%d}\n", i, r);
				say(fd[i], half ? LOF_STR(line + 9, (size_t)n - 9) : LOF_STR(line, 9));
			}
		for (int i = N; i-- > 0;) {
			int n = snprintf(line, sizeof line, "{\"client\":%d,\"round\":%d}\n", i, r);
			hear(fd[i], &(struct lof_buf){ line, (size_t)n, sizeof line }, (size_t)n);
		}
	}
	for (int i = 0; i < N; i++)
		close(fd[i]);
	end(&s);
	counted(&s, "\"events\":2000,");
	counted(&s, "\"connections\":101,\"connections_lost\":0,");
	folder_drop(&s.f);
}

// --- those who are slow, and those who are not ----------------------------------------------------------------------

// One does not read, though megabytes are for it: it is read no further, which takes little memory, and another is
// served as ever. Then it reads, and nothing has gone.
Test(listen, a_slow_reader_holds_up_nobody)
{
	static const char small[] = "{\"technique\":\"T1059.001\"}\n"; // whose answer is a hundred times as large
	struct lof_buf one = answer(), many = times(LOF_STR(small, sizeof small - 1), 30000), got = { 0 };
	struct lof_buf one_small = answers(NULL, LOF_STR(small, sizeof small - 1));
	struct server s;
	serve(&s, NULL);
	int slow = dial(&s), other = dial(&s);
	say(other, LOF_LIT(LINE));
	hear(other, &one, one.n);
	size_t said = 0, more = 1;
	long before = child_peak(&s.c);
	for (int tries = 0; tries < 50 && said < many.n; tries = more ? 0 : tries + 1) {
		said += more = say_some(slow, LOF_STR(many.p + said, many.n - said));
		say(other, LOF_LIT(LINE));
		hear(other, &one, one.n);
	}
	cr_assert_lt(said, many.n, "all of it was read though nobody took the answers");
	cr_assert(SANITIZED || child_peak(&s.c) - before < 2 << 10, "%ld KiB more", child_peak(&s.c) - before);
	while (got.n < 30000 * one_small.n) {
		said += say_some(slow, LOF_STR(many.p + said, many.n - said));
		ssize_t n = recv(slow, buf_room(&got, 256 << 10), 256 << 10, 0);
		cr_assert_gt(n, 0);
		got.n += (size_t)n;
	}
	whole_records(&got, &one_small);
	shutdown(slow, SHUT_WR);
	closed(slow);
	close(other);
	end_all(&s);
	buf_free(&one);
	buf_free(&one_small);
	buf_free(&many);
	buf_free(&got);
}

// Feeds without end and reads all answers, in a process of its own.
static pid_t
flood(const struct server *s)
{
	struct lof_buf many = times(LOF_LIT(LINE), 2000);
	static char room[256 << 10];
	pid_t pid = fork();
	if (pid)
		return buf_free(&many), pid;
	alarm(CHILD_SECONDS);
	int fd = dial(s);
	for (size_t at = 0;; at %= many.n) {
		at += say_some(fd, LOF_STR(many.p + at, many.n - at));
		while (recv(fd, room, sizeof room, MSG_DONTWAIT) > 0)
			;
	}
}

Test(listen, busy_clients_starve_nobody)
{
	struct lof_buf one = answer();
	struct server s;
	pid_t busy[4];
	serve(&s, NULL);
	for (int i = 0; i < 4; i++)
		busy[i] = flood(&s);
	int fd = dial(&s);
	for (int i = 0; i < 100; i++) {
		say(fd, LOF_LIT(LINE));
		hear(fd, &one, one.n);
	}
	close(fd);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(waitpid(busy[i], NULL, WNOHANG), 0, "a client has failed");
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	end_all(&s);
	buf_free(&one);
}

// Connections that were busy once and are idle hold next to nothing.
Test(listen, idle_connections_are_small, .disabled = SANITIZED)
{
	enum { N = 200 };
	struct lof_buf many = times(LOF_LIT(LINE), 1000), one = answer();
	struct server s;
	int fd[N];
	serve(&s, NULL);
	unsigned long long first = 0, last = 0;
	for (int i = 0; i < N; i++) {
		fd[i] = dial(&s);
		for (size_t n = 0, got = 0; got < 1000 * one.n;) {
			char room[64 << 10];
			n += say_some(fd[i], LOF_STR(many.p + n, many.n - n));
			ssize_t k = recv(fd[i], room, sizeof room, 0);
			cr_assert_gt(k, 0);
			got += (size_t)k;
		}
		say(fd[i], LOF_STR(LINE, 30)); // and half a line is not much more
		child_wait_asleep(&s.c);
		last = child_status(&s.c, "VmRSS:", 10);
		if (i == 0)
			first = last;
	}
	cr_assert_lt(last - first, N * 4, "%llu KiB for %d idle connections", last - first, N - 1);
	for (int i = 0; i < N; i++)
		close(fd[i]);
	end_all(&s);
	buf_free(&many);
	buf_free(&one);
}

// --- ends -----------------------------------------------------------------------------------------------------------

Test(listen, a_client_that_has_said_all_gets_all)
{
	struct lof_buf many = times(LOF_LIT(LINE), 5000), want = answers(NULL, buf_view(&many));
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s);
	struct lof_buf got = exchange(fd, LOF_STR(many.p, many.n - 1)); // the last line without its end
	want.n--;
	same_bytes(&got, &want);
	end_all(&s);
	buf_free(&got);
	buf_free(&many);
	buf_free(&want);
}

// It goes in the middle of what it was saying, with answers unread: the others notice nothing, and it is counted.
Test(listen, a_reset_is_counted)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 20000);
	struct server s;
	serve(&s, NULL);
	int other = dial(&s);
	for (int i = 0; i < 10; i++) {
		int fd = dial(&s);
		say_some(fd, buf_view(&many));
		hear(fd, &one, one.n);
		close(fd);
		say(other, LOF_LIT(LINE));
		hear(other, &one, one.n);
	}
	close(other);
	child_wait_asleep(&s.c);
	end(&s);
	counted(&s, "\"connections\":12,\"connections_lost\":10,");
	folder_drop(&s.f);
	buf_free(&one);
	buf_free(&many);
}

// --on-bad stop ends the connection that was bad, after the answers to what came before.
Test(listen, on_bad_stop_ends_one_connection)
{
	struct lof_buf one = answer();
	struct server s;
	names(&s);
	child_start(&s.c, PLAN(.args = ARGS("--listen", s.address, "--on-bad", "stop")));
	int bad = dial(&s), good = dial(&s);
	say(bad, LOF_LIT(LINE "rubbish\n" LINE));
	struct lof_buf got = rest(bad);
	same_bytes(&got, &one);
	say(good, LOF_LIT(LINE));
	hear(good, &one, one.n);
	close(good);
	kill(s.c.pid, SIGTERM);
	child_end(&s.c);
	cr_assert_eq(s.c.status, 1, "status %d", s.c.status);
	child_free(&s.c);
	folder_drop(&s.f);
	buf_free(&got);
	buf_free(&one);
}

Test(listen, rejects_say_whose_they_are)
{
	struct server s;
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	cr_assert_geq(mkstemp(path), 0);
	serve(&s, ARGS("--reject", path));
	int fd = dial(&s);
	say(fd, LOF_LIT("{}\nrubbish\n"));
	hear(fd, NULL, 11);
	child_wait_asleep(&s.c);
	struct lof_buf b = file_bytes(path);
	buf_char(&b, 0);
	cr_assert_str_eq(b.p, "#lofpipe unix:#2:2:1: expected a value\nrubbish\n");
	buf_free(&b);
	unlink(path);
	close(fd);
	end_all(&s);
}

// --- signals --------------------------------------------------------------------------------------------------------

// Clients that go on sending, some of which read: whole records and a clean end for each, and status 0.
Test(listen, sigterm_while_busy)
{
	enum { N = 8 };
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 20000);
	for (int round = 0; round < 4; round++) {
		struct lof_buf got[N] = { { 0 } };
		struct server s;
		pid_t feeder[N];
		int fd[N];
		serve(&s, NULL);
		for (int i = 0; i < N; i++) {
			fd[i] = dial(&s);
			feeder[i] = fork();
			if (feeder[i] == 0) {
				alarm(CHILD_SECONDS);
				signal(SIGPIPE, SIG_IGN);
				for (size_t done; io_write_all(fd[i], many.p, many.n, &done) == 0;)
					;
				_exit(0);
			}
		}
		for (int i = 0; i < N; i++)
			for (int k = 0; k < 10 * round + i; k++) {
				ssize_t n = recv(fd[i], buf_room(&got[i], 10000), 10000, 0);
				cr_assert_gt(n, 0);
				got[i].n += (size_t)n;
			}
		kill(s.c.pid, SIGTERM);
		for (int i = 0; i < N; i++) {
			struct lof_buf more = rest(fd[i]);
			buf_put(&got[i], more.p, more.n);
			whole_records(&got[i], &one);
			buf_free(&got[i]);
			buf_free(&more);
			kill(feeder[i], SIGKILL);
			waitpid(feeder[i], NULL, 0);
		}
		ends(&s);
		counted(&s, "\"connections_lost\":0,");
		folder_drop(&s.f);
	}
	buf_free(&one);
	buf_free(&many);
}

// As between pipes: the beginning of a line is no record; it is counted.
Test(listen, sigterm_in_the_middle_of_a_line)
{
	struct lof_buf one = answer();
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s), idle = dial(&s);
	say(fd, LOF_LIT(LINE));
	hear(fd, &one, one.n);
	say(fd, LOF_STR(LINE, 50));
	child_wait_asleep(&s.c);
	kill(s.c.pid, SIGTERM);
	closed(fd);
	closed(idle);
	ends(&s);
	counted(&s, "\"events\":2,");
	counted(&s, "\"cut\":1,");
	counted(&s, "\"connections_lost\":0,");
	folder_drop(&s.f);
	buf_free(&one);
}

// Everything that was there already is answered: said, but not read yet; a connection not even accepted.
Test(listen, sigterm_before_it_was_read)
{
	struct lof_buf one = answer();
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s);
	say(fd, LOF_LIT(LINE));
	hear(fd, &one, one.n);
	kill(s.c.pid, SIGSTOP);
	say(fd, LOF_LIT(LINE LINE LINE));
	int late = dial(&s);
	say(late, LOF_LIT(LINE LINE));
	kill(s.c.pid, SIGTERM);
	kill(s.c.pid, SIGCONT);
	struct lof_buf a = rest(fd), b = rest(late);
	cr_assert_eq(a.n, 3 * one.n);
	cr_assert_eq(b.n, 2 * one.n);
	ends(&s);
	folder_drop(&s.f);
	buf_free(&a);
	buf_free(&b);
	buf_free(&one);
}

// One never reads: it does not keep the others from a clean end, nor the program from its own, and it is counted.
Test(listen, sigterm_with_a_reader_that_sleeps)
{
	struct lof_buf many = times(LOF_LIT(LINE), 20000);
	struct server s;
	serve(&s, NULL);
	int fd = dial(&s), idle = dial(&s);
	while (say_some(fd, buf_view(&many)))
		child_wait_asleep(&s.c);
	child_wait_asleep(&s.c);
	kill(s.c.pid, SIGTERM);
	closed(idle);
	child_end(&s.c);
	cr_assert_eq(s.c.status, 0, "status %d", s.c.status);
	cr_assert_lt(s.c.cpu_ms, SANITIZED ? 10000 : 1500, "it spins: %ld ms of processor", s.c.cpu_ms);
	counted(&s, "\"connections_lost\":1,");
	close(fd);
	child_free(&s.c);
	folder_drop(&s.f);
	buf_free(&many);
}

Test(listen, sigusr1_tells_of_connections)
{
	struct lof_buf one = answer();
	struct server s;
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	cr_assert_geq(mkstemp(path), 0);
	serve(&s, ARGS("--log", path));
	int fd = dial(&s);
	for (int i = 0; i < 20; i++) {
		say(fd, LOF_LIT(LINE));
		hear(fd, &one, one.n);
		kill(s.c.pid, SIGUSR1);
	}
	child_wait_asleep(&s.c);
	struct lof_buf log = file_bytes(path);
	buf_char(&log, 0);
	cr_assert_not_null(strstr(log.p, "lofpipe: 20 events: 20 enriched; 2 connections; "), "%s", log.p);
	buf_free(&log);
	unlink(path);
	close(fd);
	end_all(&s);
	buf_free(&one);
}

// --- limits ---------------------------------------------------------------------------------------------------------

// Who comes when all places are taken waits, and is served when one has gone.
static void
one_too_many(const char *const *args, void (*prepare)(void), int places)
{
	struct lof_buf one = answer();
	struct server s;
	int fd[16];
	serve_with(&s, args, prepare);
	for (int i = 0; i < places; i++) {
		fd[i] = dial(&s);
		say(fd[i], LOF_LIT(LINE));
		hear(fd[i], &one, one.n);
	}
	int late = dial(&s);
	say(late, LOF_LIT(LINE));
	struct pollfd p = { late, POLLIN, 0 };
	cr_assert_eq(poll(&p, 1, 500), 0, "it was let in");
	say(fd[0], LOF_LIT(LINE));
	hear(fd[0], &one, one.n);
	close(fd[0]);
	hear(late, &one, one.n);
	shutdown(late, SHUT_WR);
	closed(late);
	for (int i = 1; i < places; i++)
		close(fd[i]);
	kill(s.c.pid, SIGTERM);
	child_end(&s.c);
	cr_assert_eq(s.c.status, 0);
	cr_assert_lt(s.c.cpu_ms, SANITIZED ? 5000 : 100, "it spins: %ld ms of processor", s.c.cpu_ms);
	counted(&s, "\"connections_lost\":0,");
	child_free(&s.c);
	folder_drop(&s.f);
	buf_free(&one);
}

Test(listen, max_connections)
{
	one_too_many(ARGS("--max-connections", "3"), NULL, 3);
}

static void
few_descriptors(void) // 0 to 2, the socket, epoll, and four more
{
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 9, 9 }), 0);
}

Test(listen, descriptors_run_out)
{
	one_too_many(NULL, few_descriptors, 4);
}

// Who owes us the rest of a line is idle; who has not read its answers is not.
Test(listen, idle)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 20000);
	struct server s;
	serve(&s, ARGS("--idle", "1"));
	int idle = dial(&s), half = dial(&s), busy = dial(&s), slow = dial(&s);
	say(half, LOF_STR(LINE, 20));
	size_t said = 0, more;
	while ((more = say_some(slow, LOF_STR(many.p + said, many.n - said)))) {
		said += more;
		child_wait_asleep(&s.c);
	}
	for (int i = 0; i < 8; i++) {
		usleep(250000);
		say(busy, LOF_LIT(LINE));
		hear(busy, &one, one.n);
	}
	closed(idle);
	closed(half);
	hear(slow, &one, one.n);
	shutdown(slow, SHUT_WR);
	buf_free(&many);
	many = rest(slow);
	cr_assert_geq(many.n, (said / (sizeof LINE - 1) - 1) * one.n);
	close(busy);
	end(&s);
	counted(&s, "\"connections\":5,\"connections_lost\":0,");
	folder_drop(&s.f);
	buf_free(&one);
	buf_free(&many);
}

// Framed by lengths: the answers are too. What is no length ends the connection it came on, after the answers before it.
Test(listen, lengths_that_are_none)
{
	struct server s;
	serve(&s, ARGS("--input", "netstring"));
	int bad = dial(&s), good = dial(&s);
	say(bad, LOF_LIT("7:{\"a\":1},x"));
	struct lof_buf got = rest(bad);
	cr_assert(lof_str_eq(buf_view(&got), LOF_LIT("7:{\"a\":1},")), "%.*s", (int)got.n, got.p);
	say(good, LOF_LIT("2:{},2:[],"));
	hear(good, NULL, 10);
	close(good);
	end(&s);
	counted(&s, "\"connections\":3,\"connections_lost\":1,");
	folder_drop(&s.f);
	buf_free(&got);
}

// New notes are taken while connections are open, half a line in hand: what is answered later has them.
Test(listen, sighup_loads_anew)
{
	struct server s;
	char notes[80];
	names(&s);
	snprintf(notes, sizeof notes, "%s/site.ndjson", s.f.path);
	folder_put(&s.f, "site.ndjson", "{\"id\":\"a\",\"text\":\"the old one\",\"techniques\":[\"T1059.001\"]}\n");
	child_start(&s.c, PLAN(.args = ARGS("--listen", s.address, "--stats", s.stats, "--notes", notes, "--style", "text", "-n", "1")));
	int fd = dial(&s);
	struct lof_buf old = answers(ARGS("--notes", notes, "--style", "text", "-n", "1"), LOF_LIT(LINE));
	cr_assert_not_null(memmem(old.p, old.n, "the old one", 11));
	say(fd, LOF_LIT(LINE));
	hear(fd, &old, old.n);
	say(fd, LOF_STR(LINE, 40));
	child_wait_asleep(&s.c);
	folder_put(&s.f, "site.ndjson", "{\"id\":\"a\",\"text\":\"the new one\",\"techniques\":[\"T1059.001\"]}\n");
	struct lof_buf new = answers(ARGS("--notes", notes, "--style", "text", "-n", "1"), LOF_LIT(LINE));
	kill(s.c.pid, SIGHUP);
	child_wait_asleep(&s.c);
	say(fd, LOF_STR(&LINE[40], sizeof LINE - 41));
	hear(fd, &new, new.n);
	close(fd);
	end(&s);
	counted(&s, "\"reloads\":1,");
	counted(&s, "\"connections_lost\":0,");
	folder_drop(&s.f);
	buf_free(&old);
	buf_free(&new);
}
