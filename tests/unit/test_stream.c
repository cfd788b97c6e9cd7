// The real program between pipes: when it flushes, how it ends, what it takes of the machine.
#include "child.h"
#include "squeeze.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(stream, .timeout = 60);

#define LINE "{\"rule\":{\"mitre\":{\"id\":[\"T1059.001\"]}},\"data\":{\"win\":{\"eventdata\":{\"image\":" \
	"\"C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\v1.0\\\\powershell.exe\"}}}}\n"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })

// What the program makes of LINE.
static struct lof_buf
answer(void)
{
	struct child c;
	child_run(&c, PLAN(0), LOF_LIT(LINE));
	cr_assert_eq(c.status, 0);
	cr_assert_gt(c.output.n, sizeof LINE);
	buf_free(&c.errors);
	return c.output;
}

static void
prefix(const struct lof_buf *got, const struct lof_buf *whole)
{
	cr_assert_leq(got->n, whole->n);
	cr_assert(got->n == 0 || memcmp(got->p, whole->p, got->n) == 0, "what was written is no prefix");
}

// Whole answers, nothing else.
static void
whole_records(const struct lof_buf *got, const struct lof_buf *one)
{
	cr_assert_eq(got->n % one->n, 0, "%zu bytes are not whole records of %zu", got->n, one->n);
	for (size_t i = 0; i < got->n; i += one->n)
		cr_assert_eq(memcmp(got->p + i, one->p, one->n), 0);
}

static void
silent(const struct child *c)
{
	cr_assert_eq(c->errors.n, 0, "stderr: %.*s", (int)c->errors.n, c->errors.p);
}

static void
one_message(const struct child *c, const char *has)
{
	const char *nl = c->errors.n ? memchr(c->errors.p, '\n', c->errors.n) : NULL;
	cr_assert(nl && nl == c->errors.p + c->errors.n - 1, "one line expected on stderr: %.*s", (int)c->errors.n,
	    c->errors.p);
	cr_assert_not_null(memmem(c->errors.p, c->errors.n, has, strlen(has)), "\"%s\" expected in: %.*s", has,
	    (int)c->errors.n, c->errors.p);
}

// It ends well, with so many answers and not a word.
static void
ends_with(struct child *c, const struct lof_buf *one, size_t n)
{
	child_end(c);
	cr_assert_eq(c->status, 0);
	cr_assert_eq(c->output.n, n * one->n);
	whole_records(&c->output, one);
	silent(c);
	child_free(c);
}

// --- flushing -------------------------------------------------------------------------------------------------------

Test(stream, a_line_is_answered_before_the_next_is_sent)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	for (int i = 0; i < 300; i++) {
		child_feed(&c, LOF_LIT(LINE), true);
		child_read(&c, one.n);
	}
	ends_with(&c, &one, 300);
	buf_free(&one);
}

Test(stream, a_line_in_two_halves)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	for (size_t cut = 1; cut < sizeof LINE - 1; cut += 7) {
		child_feed(&c, LOF_STR(LINE, cut), true);
		child_wait_asleep(&c);
		child_feed(&c, LOF_STR(&LINE[cut], sizeof LINE - 1 - cut), true);
		child_read(&c, one.n);
	}
	child_end(&c);
	cr_assert_eq(c.status, 0);
	whole_records(&c.output, &one);
	child_free(&c);
	buf_free(&one);
}

// A whole line and the beginning of another: the first may not wait for the second.
Test(stream, half_a_line_holds_nothing_back)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	child_feed(&c, LOF_LIT(LINE), true);
	child_feed(&c, LOF_STR(LINE, 20), true);
	child_read(&c, one.n);
	child_feed(&c, LOF_STR(&LINE[20], sizeof LINE - 21), true);
	child_read(&c, one.n);
	child_end(&c);
	whole_records(&c.output, &one);
	child_free(&c);
	buf_free(&one);
}

// A compressor that flushes after each line, and a signal in the middle of one.
Test(stream, a_compressed_line_is_answered_before_the_next_is_sent)
{
	struct lof_buf one = answer();
	struct child c;
	z_stream z = { 0 };
	char raw[4096];
	cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	child_start(&c, PLAN(0));
	for (int i = 0; i < 50; i++) {
		z.next_in = (const Bytef *)LINE;
		z.avail_in = i < 49 ? sizeof LINE - 1 : 20;
		z.next_out = (Bytef *)raw;
		z.avail_out = sizeof raw;
		cr_assert_eq(deflate(&z, Z_SYNC_FLUSH), Z_OK);
		child_feed(&c, LOF_STR(raw, sizeof raw - z.avail_out), true);
		if (i < 49)
			child_read(&c, one.n);
	}
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	int in = c.in;
	c.in = -1;
	child_end(&c);
	close(in);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.output.n, 49 * one.n);
	whole_records(&c.output, &one);
	silent(&c);
	deflateEnd(&z);
	child_free(&c);
	buf_free(&one);
}

Test(stream, patch_answers_every_line)
{
	struct child c;
	child_start(&c, PLAN(.args = ARGS("--emit", "patch")));
	for (int i = 0; i < 20; i++) {
		child_feed(&c, LOF_LIT("{\"a\":1}\n"), true);
		child_read(&c, 3);
		child_feed(&c, LOF_LIT("rubbish\n"), true);
		child_read(&c, 3);
		child_feed(&c, LOF_LIT("\n"), true);
		child_read(&c, 3);
	}
	child_end(&c);
	cr_assert_eq(c.status, 0);
	for (size_t i = 0; i < c.output.n; i += 3)
		cr_assert_eq(memcmp(c.output.p + i, "{}\n", 3), 0);
	child_free(&c);
}

Test(stream, rejects_are_flushed_too)
{
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	struct child c;
	struct stat st;
	cr_assert_geq(mkstemp(path), 0);
	child_start(&c, PLAN(.args = ARGS("--reject", path)));
	child_feed(&c, LOF_LIT("rubbish\n"), true);
	child_read(&c, 8);
	child_wait_asleep(&c);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_gt(st.st_size, 8);
	child_end(&c);
	unlink(path);
	child_free(&c);
}

// --- signals --------------------------------------------------------------------------------------------------------

static void
idle_then(int sig)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	child_feed(&c, LOF_LIT(LINE), true);
	child_read(&c, one.n);
	child_wait_asleep(&c);
	kill(c.pid, sig);
	int in = c.in; // it ends though its input does not
	c.in = -1;
	child_end(&c);
	close(in);
	cr_assert_eq(c.status, 0, "status %d", c.status);
	same_bytes(&c.output, &one);
	silent(&c);
	child_free(&c);
	buf_free(&one);
}

Test(stream, sigterm_while_idle)
{
	idle_then(SIGTERM);
}

Test(stream, sigint_while_idle)
{
	idle_then(SIGINT);
}

static void
busy_then(int sig)
{
	struct lof_buf one = answer();
	for (unsigned round = 0; round < 12; round++) {
		struct lof_buf many = times(LOF_LIT(LINE), 20000 + round);
		struct child c;
		char got[1000];
		child_start(&c, PLAN(0));
		// Another process feeds, without end.
		pid_t feeder = fork();
		if (feeder == 0) {
			close(c.out);
			alarm(CHILD_SECONDS);
			fcntl(c.in, F_SETFL, 0);
			for (;;)
				if (write(c.in, many.p, many.n) < 0)
					_exit(0);
		}
		int in = c.in;
		c.in = -1;
		for (unsigned i = 0; i < 50 * round + 1; i++) {
			ssize_t n = read(c.out, got, sizeof got);
			cr_assert_gt(n, 0);
			buf_put(&c.output, got, (size_t)n);
		}
		kill(c.pid, sig);
		child_end(&c);
		kill(feeder, SIGKILL);
		close(in);
		cr_assert_eq(c.status, 0, "status %d", c.status);
		whole_records(&c.output, &one);
		silent(&c);
		child_free(&c);
		buf_free(&many);
	}
	buf_free(&one);
}

Test(stream, sigterm_while_busy)
{
	busy_then(SIGTERM);
}

Test(stream, sigint_while_busy)
{
	busy_then(SIGINT);
}

// What was read of a line that had not come to its end is not put out: the next program gets whole records. It is told
// in the counters.
Test(stream, sigterm_in_the_middle_of_a_line)
{
	struct lof_buf one = answer();
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	cr_assert_geq(mkstemp(path), 0);
	struct child c;
	child_start(&c, PLAN(.args = ARGS("--stats", path)));
	child_feed(&c, LOF_LIT(LINE), true);
	child_feed(&c, LOF_STR(LINE, 50), true);
	child_read(&c, one.n);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	int in = c.in;
	c.in = -1;
	child_end(&c);
	close(in);
	cr_assert_eq(c.status, 0);
	same_bytes(&c.output, &one);
	struct lof_buf stats = file_bytes(path);
	buf_char(&stats, 0);
	cr_assert_not_null(strstr(stats.p, "\"events\":2,"), "%s", stats.p);
	cr_assert_not_null(strstr(stats.p, "\"cut\":1,"), "%s", stats.p);
	buf_free(&stats);
	unlink(path);
	child_free(&c);
	buf_free(&one);
}

// Of an envelope that was opened the beginning has gone out, and so does what was read of the rest.
Test(stream, sigterm_in_the_middle_of_an_envelope)
{
	struct lof_buf one = answer(), in = { 0 }, want = { 0 };
	struct child c;
	buf_lit(&in, "[");
	buf_lit(&want, "[");
	for (int i = 0; i < 5; i++) {
		buf_put(&in, LINE, sizeof LINE - 2);
		buf_put(&want, one.p, one.n - 1);
		buf_char(&in, ',');
		buf_char(&want, ',');
	}
	buf_put(&in, LINE, 50);
	buf_put(&want, LINE, 50);
	child_start(&c, PLAN(.args = ARGS("--input", "ndjson", "--max-event", "200")));
	child_feed(&c, buf_view(&in), true);
	child_read(&c, want.n - 50);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	int fd = c.in;
	c.in = -1;
	child_end(&c);
	close(fd);
	cr_assert_eq(c.status, 0);
	same_bytes(&c.output, &want);
	child_free(&c);
	buf_free(&in);
	buf_free(&want);
	buf_free(&one);
}

// A line that is whole but for its end is a record.
Test(stream, sigterm_behind_a_line_without_end)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	child_feed(&c, LOF_LIT(LINE), true);
	child_feed(&c, LOF_STR(LINE, sizeof LINE - 2), true);
	child_read(&c, one.n);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	int in = c.in;
	c.in = -1;
	child_end(&c);
	close(in);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.output.n, 2 * one.n - 1);
	cr_assert_eq(memcmp(c.output.p + one.n, one.p, one.n - 1), 0);
	child_free(&c);
	buf_free(&one);
}

// Its reader sleeps: the first signal waits for the reader, the second does not.
Test(stream, sigterm_twice_ends_at_once)
{
	struct lof_buf many = times(LOF_LIT(LINE), 20000);
	struct child c;
	child_start(&c, PLAN(0));
	fcntl(c.in, F_SETFL, O_NONBLOCK);
	while (write(c.in, many.p, many.n) > 0 || child_status(&c, "VmHWM:", 10) == 0)
		child_wait_asleep(&c);
	child_wait_asleep(&c);
	kill(c.pid, SIGTERM);
	child_wait_asleep(&c);
	cr_assert_eq(kill(c.pid, 0), 0);
	kill(c.pid, SIGTERM);
	int out = c.out; // nothing is read before it has ended
	c.out = -1;
	child_end(&c);
	close(out);
	cr_assert_eq(c.status, 128 + SIGTERM, "status %d", c.status);
	silent(&c);
	child_free(&c);
	buf_free(&many);
}

static void
ignore_sigint(void)
{
	signal(SIGINT, SIG_IGN);
}

// As nohup and rsyslog start it.
Test(stream, sigint_ignored_at_start_stays_ignored)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(.prepare = ignore_sigint));
	child_feed(&c, LOF_LIT(LINE), true);
	child_read(&c, one.n);
	kill(c.pid, SIGINT);
	child_wait_asleep(&c);
	child_feed(&c, LOF_LIT(LINE), true);
	child_read(&c, one.n);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
	buf_free(&one);
}

Test(stream, sigusr1_does_not_disturb_it)
{
	struct lof_buf one = answer();
	struct child c;
	child_start(&c, PLAN(0));
	for (int i = 0; i < 20; i++) {
		child_feed(&c, LOF_LIT(LINE), true);
		child_read(&c, one.n);
		if (i % 2)
			child_wait_asleep(&c);
		kill(c.pid, SIGUSR1);
	}
	child_wait_asleep(&c);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.output.n, 20 * one.n);
	whole_records(&c.output, &one);
	cr_assert_lt(c.cpu_ms, SANITIZED ? 5000 : 1000, "it spins: %ld ms of processor", c.cpu_ms);
	child_free(&c);
	buf_free(&one);
}

// --- the other side -------------------------------------------------------------------------------------------------

static void
ignore_sigpipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

static void
closed_reader(void (*prepare)(void))
{
	struct lof_buf many = times(LOF_LIT(LINE), 5000);
	struct child c;
	child_start(&c, PLAN(.prepare = prepare));
	close(c.out);
	c.out = -1;
	child_feed(&c, buf_view(&many), false);
	child_end(&c);
	cr_assert_eq(c.status, 128 + SIGPIPE, "status %d", c.status);
	silent(&c);
	child_free(&c);
	buf_free(&many);
}

Test(stream, a_closed_reader_ends_it_as_it_ends_cat)
{
	closed_reader(NULL);
	closed_reader(ignore_sigpipe); // python and others start their children so
}

// In the middle of much, where another thread writes.
Test(stream, a_reader_that_closes_late)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 30000);
	struct child c;
	child_start(&c, PLAN(0));
	child_feed(&c, LOF_STR(many.p, many.n / 2), true);
	cr_assert_gt(c.output.n, (size_t)1 << 20);
	close(c.out);
	c.out = -1;
	child_feed(&c, LOF_STR(many.p + many.n / 2, many.n - many.n / 2), false);
	child_end(&c);
	cr_assert_eq(c.status, 128 + SIGPIPE, "status %d", c.status);
	silent(&c);
	c.output.n -= c.output.n % one.n;
	whole_records(&c.output, &one);
	child_free(&c);
	buf_free(&one);
	buf_free(&many);
}

// What was written behind is out before it waits for more.
Test(stream, after_much_it_still_answers_at_once)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 30000);
	struct child c;
	child_start(&c, PLAN(0));
	child_feed(&c, buf_view(&many), true);
	child_read(&c, 30000 * one.n - c.output.n);
	child_feed(&c, LOF_LIT(LINE), true);
	child_read(&c, one.n);
	ends_with(&c, &one, 30001);
	buf_free(&one);
	buf_free(&many);
}

static void
full_disk(const char *const *args)
{
	struct child c;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	child_run(&c, PLAN(.args = args, .out = full), LOF_LIT(LINE));
	close(full);
	cr_assert_eq(c.status, 4, "%s: status %d", args[0] ? args[0] : "filter", c.status);
	one_message(&c, "No space left on device");
	child_free(&c);
}

Test(stream, full_disk)
{
	full_disk(ARGS(NULL));
	full_disk(ARGS("--emit", "patch"));
	full_disk(ARGS("dump"));
	full_disk(ARGS("lookup", "T1059"));
	full_disk(ARGS("check"));
	full_disk(ARGS("-h"));
	full_disk(ARGS("--help"));
	full_disk(ARGS("--version"));
	full_disk(ARGS("--print-rules"));
	full_disk(ARGS("--print-mdoc"));
}

Test(stream, full_disk_behind_options)
{
	struct child c;
	child_run(&c, PLAN(.args = ARGS("-o", "/dev/full")), LOF_LIT(LINE));
	cr_assert_eq(c.status, 4);
	one_message(&c, "/dev/full: ");
	child_free(&c);
	child_run(&c, PLAN(.args = ARGS("--reject", "/dev/full")), LOF_LIT("rubbish\n"));
	cr_assert_eq(c.status, 4);
	one_message(&c, "No space left on device");
	cr_assert_eq(c.output.n, 8);
	child_free(&c);
	child_run(&c, PLAN(.args = ARGS("--stats", "/dev/full")), LOF_LIT(LINE));
	cr_assert_eq(c.status, 4);
	one_message(&c, "/dev/full: ");
	child_free(&c);
}

// The reader takes little at a time from a pipe that does not block: all comes, and nobody spins while waiting.
Test(stream, output_that_does_not_block)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 3000), want = times(buf_view(&one), 3000);
	struct child c;
	int p[2];
	cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
	cr_assert_eq(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
	child_start(&c, PLAN(.out = p[1]));
	close(p[1]);
	pid_t feeder = fork();
	if (feeder == 0) {
		close(p[0]);
		child_feed(&c, buf_view(&many), false);
		_exit(0);
	}
	close(c.in);
	c.in = -1;
	child_wait_asleep(&c);
	usleep(600 * 1000);
	c.out = p[0];
	child_end(&c);
	cr_assert_eq(c.status, 0);
	same_bytes(&c.output, &want);
	cr_assert_lt(c.cpu_ms, SANITIZED ? 4000 : 500, "it spins: %ld ms of processor", c.cpu_ms);
	child_free(&c);
	buf_free(&one);
	buf_free(&many);
	buf_free(&want);
}

Test(stream, input_that_does_not_block)
{
	struct lof_buf one = answer();
	struct child c;
	int p[2];
	cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
	cr_assert_eq(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	child_start(&c, PLAN(.in = p[0]));
	close(p[0]);
	c.in = p[1];
	for (int i = 0; i < 20; i++) {
		child_feed(&c, LOF_LIT(LINE), true);
		child_read(&c, one.n);
	}
	child_end(&c);
	cr_assert_eq(c.status, 0);
	whole_records(&c.output, &one);
	child_free(&c);
	buf_free(&one);
}

static void
small_files(void)
{
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100000, 100000 });
}

Test(stream, file_size_limit)
{
	struct lof_buf one = answer(), many = times(LOF_LIT(LINE), 1000), want = times(buf_view(&one), 1000);
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	struct child c;
	child_run(&c, PLAN(.out = fd, .prepare = small_files), buf_view(&many));
	cr_assert_eq(c.status, 4, "status %d", c.status);
	one_message(&c, "File too large");
	struct lof_buf got = file_bytes(path);
	cr_assert_eq(got.n, 100000);
	prefix(&got, &want);
	close(fd);
	unlink(path);
	child_free(&c);
	buf_free(&got);
	buf_free(&one);
	buf_free(&many);
	buf_free(&want);
}

// --- descriptors and inputs -----------------------------------------------------------------------------------------

Test(stream, closed_descriptors_at_start)
{
	struct lof_buf one = answer();
	char path[] = "/tmp/lofpipe-test-XXXXXX";
	cr_assert_geq(mkstemp(path), 0);
	struct child c;
	child_run(&c, PLAN(.in = -1), LOF_LIT(""));
	cr_assert_eq(c.status, 4, "stdin closed: status %d", c.status);
	one_message(&c, "standard input: ");
	cr_assert_eq(c.output.n, 0);
	child_free(&c);
	child_run(&c, PLAN(.out = -1), LOF_LIT(LINE));
	cr_assert_eq(c.status, 4, "stdout closed: status %d", c.status);
	one_message(&c, "standard output: ");
	child_free(&c);
	child_run(&c, PLAN(.err = -1), LOF_LIT(LINE));
	cr_assert_eq(c.status, 0);
	same_bytes(&c.output, &one);
	child_free(&c);
	child_run(&c, PLAN(.err = -1, .args = ARGS("--nonsense")), LOF_LIT(LINE));
	cr_assert_eq(c.status, 2);
	cr_assert_eq(c.output.n, 0);
	child_free(&c);
	// Files take no descriptor of the three, and need none of them.
	child_run(&c, PLAN(.in = -1, .out = -1, .err = -1, .args = ARGS("-o", path, "samples/wazuh4.ndjson")),
	    LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	child_free(&c);
	struct lof_buf into = file_bytes(path);
	child_run(&c, PLAN(.args = ARGS("samples/wazuh4.ndjson")), LOF_LIT(""));
	same_bytes(&c.output, &into);
	child_free(&c);
	buf_free(&into);
	buf_free(&one);
	unlink(path);
}

Test(stream, unreadable_inputs)
{
	struct child c;
	int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	child_run(&c, PLAN(.in = folder), LOF_LIT(""));
	close(folder);
	cr_assert_eq(c.status, 4);
	one_message(&c, "standard input: reading failed: Is a directory");
	child_free(&c);
	int write_only = open("/dev/null", O_WRONLY | O_CLOEXEC);
	child_run(&c, PLAN(.in = write_only), LOF_LIT(""));
	close(write_only);
	cr_assert_eq(c.status, 4);
	one_message(&c, "standard input: reading failed: Bad file descriptor");
	child_free(&c);
}

Test(stream, nothing_is_read_when_it_is_refused)
{
	const char *const *const refused[] = {
		ARGS("--nonsense"), ARGS("-n", "five"), ARGS("--index", "samples/README.md"),
		ARGS("--rules", "samples/README.md"), ARGS("-o", "/nowhere/at/all"), ARGS("--reject", "/nowhere/at/all"),
		ARGS("dump", "x"), ARGS("lookup"),
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct child c;
		int p[2];
		char left[8];
		cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
		cr_assert_eq(write(p[1], "unread\n", 7), 7);
		child_run(&c, PLAN(.in = p[0], .args = refused[i]), LOF_LIT(""));
		cr_assert(c.status >= 2 && c.status <= 4, "%s: status %d", refused[i][0], c.status);
		cr_assert_eq(c.output.n, 0);
		cr_assert_gt(c.errors.n, 0);
		cr_assert_eq(read(p[0], left, sizeof left), 7, "%s: stdin was read", refused[i][0]);
		close(p[0]);
		close(p[1]);
		child_free(&c);
	}
}

Test(stream, empty_environment)
{
	struct lof_buf one = answer();
	struct child c;
	child_run(&c, PLAN(.env = (const char *const[]){ NULL }), LOF_LIT(LINE));
	cr_assert_eq(c.status, 0);
	same_bytes(&c.output, &one);
	silent(&c);
	child_free(&c);
	const char *const odd[] = { "LC_ALL=tr_TR.UTF-8", "TZ=Pacific/Chatham", "HOME=/nowhere", "TERM=dumb", NULL };
	child_run(&c, PLAN(.env = odd), LOF_LIT(LINE));
	same_bytes(&c.output, &one);
	silent(&c);
	child_free(&c);
	buf_free(&one);
}

Test(stream, silent_when_stderr_is_no_terminal)
{
	struct child c;
	child_run(&c, PLAN(.args = ARGS("samples/trouble.ndjson", "samples/wazuh4.ndjson", "samples/elastic-hits.json")),
	    LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	silent(&c);
	child_free(&c);
	child_run(&c, PLAN(.args = ARGS("-v", "samples/trouble.ndjson")), LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	cr_assert_gt(c.errors.n, 0);
	child_free(&c);
}

// --- memory ---------------------------------------------------------------------------------------------------------

// Feeds `unit` until `total` bytes have gone in, and asks for the peak while it waits for more.
static long
peak_after(struct child *c, const struct child_plan *plan, struct lof_str unit, size_t total)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct child_plan p = *plan;
	p.out = null;
	child_start(c, &p);
	close(null);
	for (size_t fed = 0; fed < total; fed += unit.n)
		child_feed(c, unit, true);
	child_wait_asleep(c);
	long kib = child_peak(c);
	child_end(c);
	cr_assert_eq(c->status, 0);
	silent(c);
	child_free(c);
	return kib;
}

Test(stream, a_line_that_never_ends_takes_constant_memory)
{
	struct lof_buf block = { 0 };
	struct child c;
	buf_room(&block, 1 << 20);
	memset(block.p, 'x', block.n = 1 << 20);
	long peak = peak_after(&c, PLAN(0), buf_view(&block), SANITIZED ? 24 << 20 : 64 << 20);
	if (!SANITIZED)
		cr_assert_lt(peak, 48 << 10, "%ld KiB", peak);
	long small = peak_after(&c, PLAN(.args = ARGS("--max-event", "1MiB")), buf_view(&block),
	    SANITIZED ? 8 << 20 : 64 << 20);
	if (!SANITIZED)
		cr_assert_lt(small, 12 << 10, "%ld KiB", small);
	long values = peak_after(&c, PLAN(.args = ARGS("--input", "json")), buf_view(&block),
	    SANITIZED ? 24 << 20 : 64 << 20);
	if (!SANITIZED)
		cr_assert_lt(values, 48 << 10, "%ld KiB", values);
	buf_free(&block);
}

// Little that becomes much: 64 MiB without a line end from 64 KiB, and all the events of one block.
Test(stream, what_is_compressed_takes_constant_memory)
{
	static void (*const kinds[])(struct lof_buf *, struct lof_str) = { squeeze_gzip, squeeze_zstd };
	struct lof_buf long_line = { 0 }, many = times(LOF_LIT(LINE), 10000);
	buf_room(&long_line, 1 << 20);
	memset(long_line.p, 'x', long_line.n = 1 << 20);
	for (size_t i = 0; i < 2; i++) {
		struct lof_buf packed = { 0 };
		struct child c;
		kinds[i](&packed, buf_view(&long_line));
		struct lof_buf bomb = times(buf_view(&packed), SANITIZED ? 20 : 64);
		long peak = peak_after(&c, PLAN(0), buf_view(&bomb), bomb.n);
		if (!SANITIZED)
			cr_assert_lt(peak, 48 << 10, "%ld KiB", peak);
		packed.n = 0;
		kinds[i](&packed, buf_view(&many));
		peak = peak_after(&c, PLAN(0), buf_view(&packed), packed.n * (SANITIZED ? 1 : 20));
		if (!SANITIZED)
			cr_assert_lt(peak, 20 << 10, "%ld KiB", peak);
		buf_free(&packed);
		buf_free(&bomb);
	}
	buf_free(&long_line);
	buf_free(&many);
}

Test(stream, small_events_take_constant_memory)
{
	struct lof_buf many = times(LOF_LIT(LINE), 10000);
	struct child c;
	long peak = peak_after(&c, PLAN(0), buf_view(&many), SANITIZED ? 4 << 20 : 100 << 20);
	if (!SANITIZED)
		cr_assert_lt(peak, 16 << 10, "%ld KiB", peak);
	buf_free(&many);
}

static void
large_array(const char *const *args, struct lof_str head, struct lof_str tail)
{
	struct lof_buf many = { 0 };
	struct child c;
	for (int i = 0; i < 10000; i++) {
		buf_put(&many, LINE, sizeof LINE - 2);
		buf_char(&many, ',');
	}
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	child_start(&c, PLAN(.args = args, .out = null));
	close(null);
	child_feed(&c, head, true);
	for (size_t fed = 0; fed < (SANITIZED ? 4U << 20 : 50U << 20); fed += many.n)
		child_feed(&c, buf_view(&many), true);
	child_wait_asleep(&c);
	long peak = child_peak(&c);
	child_feed(&c, tail, true);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	silent(&c);
	if (!SANITIZED)
		cr_assert_lt(peak, 16 << 10, "%ld KiB", peak);
	child_free(&c);
	buf_free(&many);
}

// A top-level array is never held whole, nor that of an envelope.
Test(stream, a_large_array_takes_constant_memory)
{
	large_array(ARGS("--strict"), LOF_LIT("["), LOF_LIT("{}]\n"));
	large_array(ARGS("--strict", "--max-event", "1MiB"), LOF_LIT("{\"took\":1,\"hits\":{\"hits\":["), LOF_LIT("{}]}}\n"));
	large_array(ARGS("--strict", "--max-event", "1MiB", "--input", "ndjson"), LOF_LIT("["), LOF_LIT("{}]\n"));
}
