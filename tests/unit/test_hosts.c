// Hosts that are not at hand, as far as they touch the program: how each starts it, feeds it, reads it and stops it.
// Fluentd (out_exec_filter), Redpanda Connect (subprocess), Fluent Bit (in_exec), Logstash (pipe output, exec input).
// Those that are at hand are run by tests/hosts/.
#include "child.h"
#include "folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(hosts, .timeout = 120);

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })

#define LINE "{\"rule\":{\"mitre\":{\"id\":[\"T1059.001\"]}},\"data\":{\"win\":{\"eventdata\":{\"image\":" \
	"\"C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\v1.0\\\\powershell.exe\"}}}}\n"

// What hosts send, most of it no alert.
static const char *const lines[] = {
	LINE,
	"{\"mitre_technique\":\"T1021.001\",\"time\":1795380668.654464068}\n",
	"{\"rule\":\n",
	"\n",
	" {\"rule\":{\"mitre\":{\"id\":[\"T1078\"]}}}\r\n",
	"[\n",
	"]\n",
	"rubbish \xff\xfe\n",
	"{\"mitre_technique\":\"T1566\"} {\"mitre_technique\":\"T1566\"}\n",
	"\"T1059\"\n",
	"{\"lofp\":\"planted\",\"mitre_technique\":\"T1110\"}\n",
};
enum { N_LINES = sizeof lines / sizeof *lines };

static void
same_text(struct lof_str got, struct lof_str want)
{
	cr_assert(got.n == want.n && memcmp(got.p, want.p, got.n) == 0, "%.*s\nis not\n%.*s", (int)got.n, got.p, (int)want.n,
	    want.p);
}

// What the filter makes of a line by itself.
static struct lof_buf
answer(const char *line, const char *const *args)
{
	struct child c;
	child_run(&c, PLAN(.args = args), lof_cstr(line));
	cr_assert_eq(c.status, 0);
	buf_free(&c.errors);
	return c.output;
}

// --- Redpanda Connect: one message in flight; stderr is read as an answer too; the end is SIGKILL --------------------

// Both of its outputs are one pipe here, so that a byte on stderr is a wrong answer.
static void
start_joined(struct child *c, const char *const *args)
{
	int p[2];
	cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
	child_start(c, PLAN(.args = args, .out = p[1], .err = p[1]));
	close(p[1]);
	c->out = p[0];
}

// Writes a line and waits for its answer, which must come before anything else is written, and alone.
static void
ask(struct child *c, struct lof_str line, struct lof_str want)
{
	cr_assert_eq(write(c->in, line.p, line.n), (ssize_t)line.n);
	c->output.n = 0;
	while (c->output.n < want.n) {
		struct pollfd p = { c->out, POLLIN, 0 };
		cr_assert_gt(poll(&p, 1, 10000), 0, "no answer within 10 s to %.*s", (int)line.n, line.p);
		char *room = buf_room(&c->output, 64 << 10);
		ssize_t n = read(c->out, room, 64 << 10);
		cr_assert_gt(n, 0, "it ended");
		c->output.n += (size_t)n;
	}
	same_text(buf_view(&c->output), want);
}

static void
one_in_flight(const char *const *args, unsigned n)
{
	struct lof_buf want[N_LINES];
	struct child c;
	for (size_t i = 0; i < N_LINES; i++)
		want[i] = answer(lines[i], args);
	start_joined(&c, args);
	for (unsigned i = 0; i < n; i++)
		ask(&c, lof_cstr(lines[i % N_LINES]), buf_view(&want[i % N_LINES]));
	close(c.in);
	c.in = -1;
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
	for (size_t i = 0; i < N_LINES; i++)
		buf_free(&want[i]);
}

Test(hosts, redpanda_one_in_flight)
{
	one_in_flight(ARGS("--input", "ndjson"), 10000);
}

Test(hosts, redpanda_one_in_flight_patch)
{
	one_in_flight(ARGS("--emit", "patch"), 10000);
}

// The codec length_prefixed_uint32_be, both ways.
static struct lof_buf
prefixed(struct lof_str bytes)
{
	struct lof_buf b = { 0 };
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_char(&b, (char)(bytes.n >> shift & 0xff));
	buf_str(&b, bytes);
	return b;
}

Test(hosts, redpanda_one_in_flight_by_length)
{
	const char *const *args = ARGS("--input", "length");
	struct lof_buf line[N_LINES], want[N_LINES];
	struct child c;
	for (size_t i = 0; i < N_LINES; i++) {
		struct lof_buf bare = answer(lines[i], ARGS("--input", "ndjson"));
		want[i] = prefixed(buf_view(&bare)); // the newline at the end is a blank to both
		line[i] = prefixed(lof_cstr(lines[i]));
		buf_free(&bare);
	}
	start_joined(&c, args);
	for (unsigned i = 0; i < 10000; i++)
		ask(&c, buf_view(&line[i % N_LINES]), buf_view(&want[i % N_LINES]));
	close(c.in);
	c.in = -1;
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
	for (size_t i = 0; i < N_LINES; i++) {
		buf_free(&line[i]);
		buf_free(&want[i]);
	}
}

// It is killed with messages in every state, and the next one knows nothing of it.
Test(hosts, redpanda_stops_with_sigkill)
{
	const char *const *args = ARGS("--input", "ndjson");
	struct lof_buf want = answer(LINE, args);
	for (unsigned round = 0; round < 10; round++) {
		struct child c;
		start_joined(&c, args);
		for (unsigned i = 0; i <= round; i++)
			ask(&c, LOF_LIT(LINE), buf_view(&want));
		cr_assert_gt(write(c.in, LINE, sizeof LINE - 1 - round), 0);
		kill(c.pid, SIGKILL);
		child_end(&c);
		cr_assert_eq(c.status, 128 + SIGKILL);
		child_free(&c);
	}
	buf_free(&want);
}

// --- what fits into a host's buffer ----------------------------------------------------------------------------------

// An alert of about n bytes.
static struct lof_buf
alert_of(size_t n)
{
	struct lof_buf b = { 0 };
	buf_put(&b, LINE, sizeof LINE - 3);
	buf_str(&b, LOF_LIT(",\"full_log\":\""));
	while (b.n < n)
		buf_str(&b, LOF_LIT("powershell ssh rdp backup scanner admin update "));
	buf_str(&b, LOF_LIT("\"}\n"));
	buf_char(&b, 0);
	b.n--;
	return b;
}

// Longest answer to alerts of up to `most` bytes, all notes wanted.
static size_t
longest(const char *const *args, size_t most)
{
	size_t max = 0;
	for (size_t n = 200; n <= most; n = n * 2 < most || n == most ? n * 2 : most) {
		struct lof_buf alert = alert_of(n), got = answer(alert.p, args);
		cr_assert_gt(got.n, 3, "no notes");
		max = got.n > max ? got.n : max;
		buf_free(&alert);
		buf_free(&got);
	}
	return max;
}

// Redpanda Connect ends its reader at a reply over max_buffer, 65,536: the event, and --max-bytes for what is added.
Test(hosts, reply_fits_64k)
{
	cr_assert_leq(longest(ARGS("--input", "ndjson", "-n", "0"), 61000), 65536);
	cr_assert_leq(longest(ARGS("--emit", "patch", "-n", "0"), 1 << 20), 65536);
}

// rsyslog's limit is 8 KiB, Fluent Bit's in_exec splits lines of 4,096.
Test(hosts, patch_fits_small_buffers)
{
	cr_assert_leq(longest(ARGS("--emit", "rsyslog", "-n", "0"), 1 << 20), 8192);
	cr_assert_lt(longest(ARGS("--emit", "patch", "-n", "0", "--max-bytes", "4000"), 1 << 20), 4096);
}

// --- Fluentd: stderr may be a pipe that nobody reads; closes, sends SIGTERM at once ----------------------------------

// A pipe that takes not a byte more. The ends into p.
static void
full_pipe(int p[2])
{
	static char block[4096];
	cr_assert_eq(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(p[1], block, sizeof block) > 0)
		;
	fcntl(p[1], F_SETFL, 0);
}

Test(hosts, fluentd_does_not_read_stderr)
{
	struct lof_buf bad = times(LOF_LIT("{\"rule\":\n"), 50000);
	struct child c;
	int p[2];
	full_pipe(p);
	child_run(&c, PLAN(.err = p[1]), buf_view(&bad));
	cr_assert_eq(c.status, 0, "status %d", c.status);
	same_text(buf_view(&c.output), buf_view(&bad));
	close(p[0]);
	close(p[1]);
	child_free(&c);
	buf_free(&bad);
}

// Its last chunk has been written and is in the pipe; the signal comes before any of it is read.
Test(hosts, fluentd_closes_and_stops)
{
	const char *const *args = ARGS("--input", "ndjson");
	struct lof_buf chunk = times(LOF_LIT(LINE), 200), one = answer(LINE, args), want = times(buf_view(&one), 201);
	for (unsigned round = 0; round < 20; round++) {
		struct child c;
		child_start(&c, PLAN(.args = args));
		child_feed(&c, LOF_LIT(LINE), true);
		child_read(&c, one.n); // it runs
		child_wait_asleep(&c);
		kill(c.pid, SIGSTOP);
		cr_assert_eq(write(c.in, chunk.p, chunk.n), (ssize_t)chunk.n);
		close(c.in);
		c.in = -1;
		kill(c.pid, SIGTERM);
		kill(c.pid, SIGCONT);
		child_end(&c);
		cr_assert_eq(c.status, 0);
		same_text(buf_view(&c.output), buf_view(&want));
		child_free(&c);
	}
	buf_free(&chunk);
	buf_free(&one);
	buf_free(&want);
}

// --- Logstash: its pipe output reads nothing of us; its exec input leaves stdin open and silent ----------------------

Test(hosts, logstash_pipe_output_reads_nothing)
{
	struct lof_buf many = times(LOF_LIT(LINE), 5000), one = answer(LINE, NULL);
	struct folder f;
	struct child c;
	int p[2];
	folder_make(&f);
	full_pipe(p);
	child_run(&c, PLAN(.args = ARGS("-o", folder_at(&f, "out")), .out = p[1], .err = p[1]), buf_view(&many));
	cr_assert_eq(c.status, 0);
	struct lof_buf out = file_bytes(folder_at(&f, "out"));
	cr_assert_eq(out.n, 5000 * one.n);
	close(p[0]);
	close(p[1]);
	buf_free(&out);
	buf_free(&one);
	buf_free(&many);
	child_free(&c);
	folder_drop(&f);
}

Test(hosts, logstash_exec_input_leaves_stdin_open)
{
	struct lof_buf one = answer(LINE, NULL);
	struct folder f;
	struct child c;
	folder_make(&f);
	folder_put(&f, "alerts.json", LINE);
	child_start(&c, PLAN(.args = ARGS(folder_at(&f, "alerts.json"))));
	int in = c.in;
	c.in = -1;
	child_end(&c);
	cr_assert_eq(c.status, 0);
	same_text(buf_view(&c.output), buf_view(&one));
	close(in);
	buf_free(&one);
	child_free(&c);
	folder_drop(&f);
}
