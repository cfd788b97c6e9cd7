// Every call that can fail made to fail, one after the other, with tests/fault/shim.c. The laws: what was written is an
// exact prefix, the status says so and so does one message; an index is the old one or the new one, with nothing left
// beside it; interrupted and short calls change nothing; no start-up allocation is missed.
#include "child.h"

#include "base/io.h"
#include "squeeze.h"
#include "stream/sink.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(fault, .timeout = 60, .disabled = SANITIZED); // the sanitizers have a malloc of their own

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum { FAULTS_MAX = 5000 };

// The shim stands beside the program.
static const char *
shim(void)
{
	static char path[4096];
	const char *build = getenv("LOFPIPE_BUILD"), *slash = strrchr(program(), '/');
	if (build && *build)
		snprintf(path, sizeof path, "%s/shim.so", build);
	else
		snprintf(path, sizeof path, "%.*s/shim.so", slash ? (int)(slash - program()) : 1,
		    slash ? program() : ".");
	cr_assert_eq(access(path, R_OK), 0, "%s is missing", path);
	return path;
}

static void
feed(struct child *c, struct lof_str input)
{
	child_feed(c, input, false);
}

// Runs with a fault. True if it was reached.
static bool
faulty_by(struct child *c, const char *const *args, void (*by)(struct child *c, struct lof_str input), struct lof_str input,
    const char *fault)
{
	char preload[4200], what[100], fd[32], reached[4];
	int p[2];
	cr_assert_eq(pipe(p), 0);
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", shim());
	snprintf(what, sizeof what, "FAULT=%s", fault);
	snprintf(fd, sizeof fd, "FAULT_FD=%d", p[1]);
	child_start(c, &(struct child_plan){ .args = args, .env = (const char *const[]){ preload, what, fd, NULL } });
	by(c, input);
	child_end(c);
	close(p[1]);
	bool hit = read(p[0], reached, sizeof reached) > 0;
	close(p[0]);
	cr_assert_neq(c->status, 99, "%.*s", (int)c->errors.n, c->errors.p);
	cr_assert_leq(c->status, 4, "%s: status %d", fault, c->status);
	return hit;
}

static bool
faulty(struct child *c, const char *const *args, struct lof_str input, const char *fault)
{
	return faulty_by(c, args, feed, input, fault);
}

static void
told_once(const struct child *c, const char *fault)
{
	const char *nl = c->errors.n ? memchr(c->errors.p, '\n', c->errors.n) : NULL;
	cr_assert(nl && nl == c->errors.p + c->errors.n - 1 && memcmp(c->errors.p, "lofpipe: ", 9) == 0,
	    "%s: one message expected: %.*s", fault, (int)c->errors.n, c->errors.p);
}

static void
told(const struct child *c, const char *fault)
{
	cr_assert(c->errors.n > 9 && memcmp(c->errors.p, "lofpipe: ", 9) == 0, "%s: a message expected: %.*s", fault,
	    (int)c->errors.n, c->errors.p);
}

// How the input of this test is compressed; NULL: not.
static void (*squeeze)(struct lof_buf *to, struct lof_str text);

// Many events of many kinds, some bad: several blocks of input and output.
static struct lof_buf
events(void)
{
	static const char *const files[] = { "samples/trouble.ndjson", "samples/wazuh4.ndjson", "samples/ecs.ndjson" };
	struct lof_buf b = { 0 };
	for (int i = 0; i < 12 || b.n < 6 * SINK_BLOCK; i++) { // so many writes that some are behind (sink.c)
		struct lof_buf one = file_bytes(files[i % 3]);
		buf_str(&b, buf_view(&one));
		buf_char(&b, '\n');
		buf_free(&one);
	}
	if (!squeeze)
		return b;
	struct lof_buf packed = { 0 };
	for (size_t at = 0, n; at < b.n; at += n) { // more than one member
		n = b.n - at < 300000 ? b.n - at : 300000;
		squeeze(&packed, LOF_STR(b.p + at, n));
	}
	buf_free(&b);
	return packed;
}

static void
is_prefix(const struct lof_buf *got, const struct lof_buf *whole, const char *fault)
{
	cr_assert(got->n <= whole->n && (got->n == 0 || memcmp(got->p, whole->p, got->n) == 0),
	    "%s: what was written is no prefix", fault);
}

static void
is_same(const struct lof_buf *got, const struct lof_buf *whole, const char *fault)
{
	cr_assert(got->n == whole->n && memcmp(got->p, whole->p, got->n) == 0, "%s: other output", fault);
}

static struct lof_buf
undisturbed(const char *const *args, struct lof_str input)
{
	struct child c;
	child_run(&c, &(struct child_plan){ .args = args }, input);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.errors.n, 0);
	buf_free(&c.errors);
	return c.output;
}

static char folder[64], target[100];

static unsigned
entries(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;
	for (struct dirent *x; (x = readdir(d));)
		n += strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0;
	closedir(d);
	return n;
}

// --- the filter -----------------------------------------------------------------------------------------------------

// One kind of call of the filter, the n-th or from the n-th on, for every n. Returns how many there were.
static int
filter_loop(const char *const *args, const char *call, const char *error, bool for_ever, int status)
{
	struct lof_buf in = events(), whole = undisturbed(args, buf_view(&in));
	int n = 1;
	for (;; n++) {
		struct child c;
		char fault[64];
		cr_assert_lt(n, FAULTS_MAX);
		snprintf(fault, sizeof fault, "%s:%d%s:%s", call, n, for_ever ? "+" : "", error);
		bool hit = faulty(&c, args, buf_view(&in), fault);
		if (hit && !(status == 3 && c.status == 0)) { // PCRE2 can do without the memory for its JIT
			cr_assert_eq(c.status, status, "%s: status %d", fault, c.status);
			told_once(&c, fault);
			is_prefix(&c.output, &whole, fault);
		} else {
			cr_assert_eq(c.status, 0, "%s: status %d", fault, c.status);
			is_same(&c.output, &whole, fault);
		}
		child_free(&c);
		if (!hit)
			break;
	}
	buf_free(&in);
	buf_free(&whole);
	return n - 1;
}

Test(fault, filter_write)
{
	cr_assert_gt(filter_loop(NULL, "write", "ENOSPC", false, 4), 1);
	cr_assert_gt(filter_loop(NULL, "write", "EIO", true, 4), 1);
}

Test(fault, filter_read)
{
	cr_assert_gt(filter_loop(NULL, "read", "EIO", false, 4), 0);
	cr_assert_gt(filter_loop(NULL, "read", "EIO", true, 4), 0);
}

// Lines as netstrings; what is cut out of a line is one too.
static void
netstrings(struct lof_buf *to, struct lof_str text)
{
	while (text.n) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;
		buf_uint(to, n);
		buf_char(to, ':');
		buf_put(to, text.p, n);
		buf_char(to, ',');
		text = LOF_STR(text.p + n + (nl != NULL), text.n - n - (nl != NULL));
	}
}

// An answer that waits in the buffer for its length is lost with it, and nothing but an exact prefix goes out.
Test(fault, filter_of_netstrings)
{
	squeeze = netstrings;
	cr_assert_gt(filter_loop(ARGS("--input", "netstring"), "read", "EIO", false, 4), 0);
	cr_assert_gt(filter_loop(ARGS("--input", "netstring"), "write", "ENOSPC", false, 4), 1);
	cr_assert_gt(filter_loop(ARGS("--input", "netstring"), "write", "EIO", true, 4), 1);
}

// What the decoder needs is asked for with the first byte that needs it, and what it does not get is told as of a file.
Test(fault, filter_of_compressed_input)
{
	static void (*const kinds[])(struct lof_buf *, struct lof_str) = { squeeze_gzip, squeeze_zstd };
	for (size_t i = 0; i < 2; i++) {
		squeeze = kinds[i];
		cr_assert_gt(filter_loop(NULL, "read", "EIO", false, 4), 0);
		cr_assert_gt(filter_loop(NULL, "read", "EIO", true, 4), 0);
		cr_assert_gt(filter_loop(NULL, "write", "ENOSPC", false, 4), 1);
		struct lof_buf in = events(), whole = undisturbed(NULL, buf_view(&in));
		bool told_of = false, hit = true;
		for (int n = 1; hit; n++) {
			struct child c;
			char fault[64];
			snprintf(fault, sizeof fault, "malloc:%d:ENOMEM", n);
			hit = faulty(&c, NULL, buf_view(&in), fault);
			if (c.status) {
				cr_assert(hit && (c.status == 3 || c.status == 4), "%s: status %d", fault, c.status);
				told_once(&c, fault);
				is_prefix(&c.output, &whole, fault);
				told_of |= c.status == 4 && memmem(c.errors.p, c.errors.n, "offset 0: not enough memory to decode it", 40);
			} else {
				is_same(&c.output, &whole, fault);
			}
			child_free(&c);
		}
		cr_assert(told_of, "no allocation of the decoder was met");
		buf_free(&in);
		buf_free(&whole);
	}
}

Test(fault, filter_start_up_allocations)
{
	cr_assert_gt(filter_loop(NULL, "malloc", "ENOMEM", false, 3), 10);
	cr_assert_gt(filter_loop(NULL, "malloc", "ENOMEM", true, 3), 10);
}

// Loading rules is the work of jansson and PCRE2, whose allocations count too.
static const char *const with_rules[] = { "--rules", "tests/cli/fixtures/rules", NULL };

Test(fault, filter_with_rules_allocations_once)
{
	struct lof_buf in = events(), whole = undisturbed(with_rules, buf_view(&in));
	int n = 1, step = 1;
	for (bool hit = true; hit; n += step) {
		struct child c;
		char fault[64];
		cr_assert_lt(n, 100 * FAULTS_MAX);
		snprintf(fault, sizeof fault, "malloc:%d:ENOMEM", n);
		hit = faulty(&c, with_rules, buf_view(&in), fault);
		if (c.status) {
			cr_assert(hit && c.status == 3, "%s: status %d", fault, c.status);
			told(&c, fault);
			is_prefix(&c.output, &whole, fault);
		} else {
			is_same(&c.output, &whole, fault);
		}
		child_free(&c);
		step = n < 40 ? 1 : n / 16; // there are tens of thousands: each kind of place is met early
	}
	cr_assert_gt(n, 40);
	buf_free(&in);
	buf_free(&whole);
}

// The files that the filter opens and closes.
Test(fault, filter_files)
{
	char out[] = "/tmp/lofpipe-test-XXXXXX";
	static const struct {
		const char *call, *error;
	} calls[] = { { "open", "EMFILE" }, { "close", "EIO" }, { "close", "EDQUOT" }, { "write", "EDQUOT" } };
	struct lof_buf in = events(), whole = undisturbed(NULL, buf_view(&in));
	int fd = mkstemp(out);
	cr_assert_geq(fd, 0);
	close(fd);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		bool hit = true;
		for (int n = 1; hit; n++) {
			struct child c;
			char fault[64];
			snprintf(fault, sizeof fault, "%s:%d:%s", calls[i].call, n, calls[i].error);
			hit = faulty(&c, ARGS("-o", out), buf_view(&in), fault);
			struct lof_buf got = file_bytes(out);
			if (hit && c.status != 0) {
				cr_assert_eq(c.status, 4, "%s: status %d", fault, c.status);
				told_once(&c, fault);
				if (c.status == 4 && strncmp(fault, "open", 4) != 0)
					is_prefix(&got, &whole, fault);
			} else {
				is_same(&got, &whole, fault); // a call whose failure is of no account
				cr_assert(!hit || strncmp(fault, "close", 5) != 0, "%s went unseen", fault);
			}
			buf_free(&got);
			child_free(&c);
		}
	}
	unlink(out);
	buf_free(&in);
	buf_free(&whole);
}

// A file for each file: each is whole or not there, the status says when one is missing, and nothing stands beside them.
Test(fault, filter_output_dir)
{
	static const struct {
		const char *call, *error;
	} calls[] = { { "read", "EIO" }, { "write", "ENOSPC" }, { "open", "EMFILE" }, { "fsync", "EIO" }, { "rename", "EIO" },
		{ "close", "EDQUOT" }, { "malloc", "ENOMEM" } };
	static const char *const names[] = { "wazuh4.ndjson", "ecs.ndjson", "trouble.ndjson" };
	static const char *const args[] = { "--output-dir", folder, "samples/wazuh4.ndjson", "samples/ecs.ndjson",
		"samples/trouble.ndjson", NULL };
	struct lof_buf whole[3];
	for (size_t i = 0; i < 3; i++)
		whole[i] = undisturbed(ARGS(args[2 + i]), LOF_LIT(""));
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	for (size_t call = 0; call < 2 * sizeof calls / sizeof *calls; call++) {
		bool hit = true, seen = false;
		for (int n = 1; hit; n++) {
			struct child c;
			char fault[64];
			unsigned there = 0;
			snprintf(fault, sizeof fault, "%s:%d%s:%s", calls[call / 2].call, n, call % 2 ? "+" : "", calls[call / 2].error);
			hit = faulty(&c, args, LOF_LIT(""), fault);
			for (size_t i = 0; i < 3; i++) {
				snprintf(target, sizeof target, "%s/%s", folder, names[i]);
				if (access(target, F_OK) != 0)
					continue;
				struct lof_buf got = file_bytes(target);
				is_same(&got, &whole[i], fault);
				buf_free(&got);
				unlink(target);
				there++;
			}
			cr_assert_eq(entries(), 0, "%s: something was left beside them", fault);
			cr_assert(c.status || there == 3, "%s: status 0, but only %u files", fault, there);
			cr_assert(hit || c.status == 0, "%s: status %d", fault, c.status);
			if (c.status)
				told(&c, fault);
			seen |= c.status == 1 && there > 0 && there < 3;
			child_free(&c);
		}
		cr_assert(seen || call % 2 || strcmp(calls[call / 2].call, "malloc") == 0, "%s stopped the others too", calls[call / 2].call);
	}
	rmdir(folder);
	for (size_t i = 0; i < 3; i++)
		buf_free(&whole[i]);
}

// What fails behind, in the middle of one large file, is not the next one's.
Test(fault, filter_large_files)
{
	static char path[120];
	static const char *const args[] = { "--output-dir", folder, path, target, NULL };
	struct lof_buf in = events(), whole = undisturbed(NULL, buf_view(&in));
	bool hit = true, seen = false;
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s.1", folder);
	snprintf(target, sizeof target, "%s.2", folder);
	cr_assert_eq(io_replace(path, buf_view(&in), NULL), LOF_OK);
	cr_assert_eq(io_replace(target, buf_view(&in), NULL), LOF_OK);
	for (int n = 1; hit; n++) {
		struct child c;
		char fault[64], out[240];
		unsigned there = 0;
		snprintf(fault, sizeof fault, "write:%d:ENOSPC", n);
		hit = faulty(&c, args, LOF_LIT(""), fault);
		for (int i = 1; i <= 2; i++) {
			snprintf(out, sizeof out, "%s/%s.%d", folder, strrchr(folder, '/') + 1, i);
			if (access(out, F_OK) != 0)
				continue;
			struct lof_buf got = file_bytes(out);
			is_same(&got, &whole, fault);
			buf_free(&got);
			unlink(out);
			there++;
		}
		cr_assert_eq(entries(), 0, "%s: something was left beside them", fault);
		cr_assert_eq(there, hit && c.status ? 1U : 2U, "%s: %u files", fault, there);
		seen |= there == 1;
		child_free(&c);
	}
	cr_assert(seen);
	unlink(path);
	unlink(target);
	rmdir(folder);
	buf_free(&in);
	buf_free(&whole);
}

// Metrics that cannot be written are no fault of the stream's.
Test(fault, filter_metrics)
{
	static const char *const faults[] = { "rename:1+:EIO", "open:*:EACCES", "close:*:EIO", "close:1:ENOSPC" };
	char path[] = "/tmp/lofpipe-test-XXXXXX", file[64];
	struct lof_buf in = events(), whole = undisturbed(NULL, buf_view(&in));
	cr_assert_not_null(mkdtemp(path));
	snprintf(file, sizeof file, "%s/metrics", path);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct child c;
		cr_assert(faulty(&c, ARGS("--metrics", file), buf_view(&in), faults[i]), "%s was not reached", faults[i]);
		cr_assert_eq(c.status, 0, "%s: status %d", faults[i], c.status);
		cr_assert_eq(c.errors.n, 0, "%s: %.*s", faults[i], (int)c.errors.n, c.errors.p);
		is_same(&c.output, &whole, faults[i]);
		child_free(&c);
		unlink(file);
	}
	cr_assert_eq(rmdir(path), 0, "something is left");
	buf_free(&in);
	buf_free(&whole);
}

// --- calls that are interrupted or fall short -----------------------------------------------------------------------

static void
no_difference(const char *const *args, const char *fault, bool must_hit)
{
	struct lof_buf in = events(), whole = undisturbed(args, buf_view(&in));
	struct child c;
	bool hit = faulty(&c, args, buf_view(&in), fault);
	cr_assert(hit || !must_hit, "%s was not reached", fault);
	cr_assert_eq(c.status, 0, "%s: status %d", fault, c.status);
	cr_assert_eq(c.errors.n, 0, "%s: %.*s", fault, (int)c.errors.n, c.errors.p);
	is_same(&c.output, &whole, fault);
	child_free(&c);
	buf_free(&in);
	buf_free(&whole);
}

Test(fault, short_calls_change_nothing)
{
	static const char *const faults[] = {
		"read:*:short1", "read:*:short2", "read:*:short3", "read:*:short7", "read:*:short63", "read:*:short64",
		"read:*:short65", "read:*:short1000", "read:*:short4096", "write:*:short1", "write:*:short2",
		"write:*:short100", "write:*:short65535", "read:*:short5;write:*:short3",
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		no_difference(NULL, faults[i], true);
	no_difference(ARGS("--emit", "patch"), "read:*:short1;write:*:short1", true);
	no_difference(ARGS("--input", "ndjson", "--max-event", "500"), "read:*:short1;write:*:short1", true);
	no_difference(ARGS("--input", "json"), "read:*:short1;write:*:short1", true);
	no_difference(ARGS("--input", "json", "--max-event", "500"), "read:*:short50", true);
	no_difference(ARGS("--on-bad", "drop"), "read:*:short9", true);
	squeeze = netstrings;
	no_difference(ARGS("--input", "netstring"), "read:*:short1;write:*:short3", true);
	no_difference(ARGS("--input", "netstring", "--max-event", "500"), "read:*:short1;write:*:short1", true);
	for (size_t i = 0; i < 4; i++) {
		squeeze = i % 2 ? squeeze_gzip : squeeze_zstd;
		no_difference(NULL, i < 2 ? "read:*:short1" : "read:%2:EINTR;poll:%3:EINTR", true);
	}
}

Test(fault, interrupted_calls_change_nothing)
{
	char fault[100];
	for (int k = 2; k <= 50; k++) {
		snprintf(fault, sizeof fault, "read:%%%d:EINTR;write:%%%d:EINTR;poll:%%%d:EINTR", k, k, k);
		no_difference(NULL, fault, k < 4);
	}
	no_difference(NULL, "read:1:EINTR;write:1:EINTR;poll:1:EINTR", true);
	no_difference(NULL, "read:%2:EAGAIN;write:%2:EAGAIN", true);
}

// Small calls and interruptions at once: every place between two of them is met.
Test(fault, short_and_interrupted_change_nothing)
{
	struct lof_buf in = events(), whole = undisturbed(NULL, buf_view(&in));
	for (int k = 2; k <= 8; k++) {
		struct child c;
		char fault[100];
		int p[2];
		cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
		cr_assert_eq(fcntl(p[1], F_SETPIPE_SZ, 4096), 4096); // many reads
		pid_t feeder = fork();
		if (feeder == 0) {
			size_t done;
			_exit(io_write_all(p[1], in.p, in.n, &done) != 0);
		}
		close(p[1]);
		char preload[4200], what[120];
		snprintf(fault, sizeof fault, "read:%%%d:EINTR;poll:%%%d:EINTR;write:%%%d:EINTR", k, k + 1, k);
		snprintf(preload, sizeof preload, "LD_PRELOAD=%s", shim());
		snprintf(what, sizeof what, "FAULT=%s", fault);
		const char *const env[] = { preload, what, NULL };
		child_run(&c, &(struct child_plan){ .in = p[0], .env = env }, LOF_LIT(""));
		close(p[0]);
		cr_assert_eq(c.status, 0, "%s: status %d", fault, c.status);
		is_same(&c.output, &whole, fault);
		child_free(&c);
	}
	buf_free(&in);
	buf_free(&whole);
}

// --- index ----------------------------------------------------------------------------------------------------------

static void
put_old(struct lof_str old)
{
	struct lof_err e = { 0 };
	cr_assert_eq(io_replace(target, old, &e), LOF_OK);
}

// The old index or the new one, whole, and nothing beside it.
static void
old_or_new(struct lof_str old, const struct lof_buf *whole, int status, const char *fault)
{
	struct lof_buf got = file_bytes(target);
	bool is_new = lof_str_eq(buf_view(&got), buf_view(whole)), is_old = lof_str_eq(buf_view(&got), old);
	cr_assert(is_new || is_old, "%s: %zu bytes that are neither old nor new", fault, got.n);
	cr_assert(status || is_new, "%s: status 0, but the old index stands", fault);
	cr_assert_eq(entries(), 1, "%s: something was left beside it", fault);
	buf_free(&got);
}

static void
index_loop(const char *const *args, const char *call, const char *error, bool for_ever, int at_least, int step_from)
{
	static const char was[] = "the old index";
	struct lof_str old = LOF_STR(was, sizeof was - 1);
	struct child c;
	int n = 1, hits = 0;
	child_run(&c, &(struct child_plan){ .args = args }, LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	child_free(&c);
	struct lof_buf whole = file_bytes(target);
	for (bool hit = true; hit; n += n < step_from ? 1 : n / 16) {
		char fault[64];
		cr_assert_lt(n, 100 * FAULTS_MAX);
		put_old(old);
		snprintf(fault, sizeof fault, "%s:%d%s:%s", call, n, for_ever ? "+" : "", error);
		hit = faulty(&c, args, LOF_LIT(""), fault);
		hits += hit;
		if (c.status && strcmp(call, "malloc") == 0) // 0: the C library can do without, as asprintf at its end
			cr_assert_eq(c.status, 3, "%s: status %d", fault, c.status);
		if (c.status)
			told(&c, fault);
		cr_assert(hit || c.status == 0, "%s: status %d", fault, c.status);
		old_or_new(old, &whole, c.status, fault);
		child_free(&c);
	}
	cr_assert_geq(hits, at_least, "%s was met %d times", call, hits);
	buf_free(&whole);
}

static void
index_loops(const char *source, const char *path)
{
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(target, sizeof target, "%s/notes.idx", folder);
	const char *const args[] = { "index", "-o", target, source, path, NULL };
	for (int for_ever = 0; for_ever < 2; for_ever++) {
		index_loop(args, "read", "EIO", for_ever, 2, FAULTS_MAX);
		index_loop(args, "write", "ENOSPC", for_ever, 1, FAULTS_MAX);
		index_loop(args, "open", "EACCES", for_ever, 2, FAULTS_MAX);
		index_loop(args, "fsync", "EIO", for_ever, 2, FAULTS_MAX);
		index_loop(args, "rename", "EIO", for_ever, 1, FAULTS_MAX);
		index_loop(args, "close", "EIO", for_ever, 2, FAULTS_MAX);
		index_loop(args, "malloc", "ENOMEM", for_ever, 20, for_ever ? 20 : 60);
	}
	index_loop(args, "read", "EINTR", false, 2, FAULTS_MAX);
	index_loop(args, "write", "short1", false, 1, FAULTS_MAX);
	unlink(target);
	rmdir(folder);
}

Test(fault, index_of_a_pack)
{
	index_loops("--notes", "tests/cli/fixtures/notes.ndjson");
}

Test(fault, index_of_pages)
{
	index_loops("--lofp", "data/lofp");
}

// Folders of rules: every source's reader, its libraries' memory and the reading of folders.
static char rules[64];

static void
put_rule(const char *below, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", rules, below);
	FILE *f = fopen(path, "wb");
	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
index_of_rules(const char *source, const char *first, const char *text, const char *second, const char *more)
{
	strcpy(rules, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(rules));
	put_rule(first, text);
	put_rule(second, more);
	index_loops(source, rules);
	char command[100];
	snprintf(command, sizeof command, "rm -rf '%s'", rules);
	cr_assert_eq(system(command), 0);
}

Test(fault, index_of_sigma)
{
	index_of_rules("--sigma", "a.yml", "title: One\nid: 1\ntags: [attack.t1059]\nlogsource: { product: windows }\n"
	    "detection: { s: { Image: ['a.exe', 'b.exe'] }, condition: s }\nfalsepositives: [Backups, Administrators]\n---\n"
	    "title: Two\ncorrelation: {}\nfalsepositives: Scans\n", "b.yml", "action: global\ntitle: Three\n"
	    "falsepositives: [Admins]\n---\ndetection: { s: x }\n");
}

Test(fault, index_of_elastic)
{
	index_of_rules("--elastic", "a.toml", "[metadata]\nmaturity = \"production\"\n[rule]\nname = \"One\"\n"
	    "rule_id = \"1\"\ntags = [\"OS: Windows\"]\nquery = 'process.name:a.exe'\nfalse_positives = [\"Backups\"]\n"
	    "[[rule.threat]]\n[[rule.threat.technique]]\nid = \"T1059\"\n[[rule.threat.technique.subtechnique]]\nid = \"T1059.001\"\n",
	    "b.ndjson", "{\"rule_id\":\"2\",\"name\":\"Two\",\"false_positives\":[\"Scans\"]}\n{\"exported_count\":1}\n");
}

Test(fault, index_of_splunk)
{
	index_of_rules("--splunk", "a.yml", "name: One\nid: 1\nsearch: '| from x where y=\"z\" `process_a`'\n"
	    "known_false_positives: Backups\ntags: { mitre_attack_id: [T1059] }\n", "savedsearches.conf",
	    "[ESCU - Two - Rule]\naction.escu.known_false_positives = Scans \\\nat night\n"
	    "action.correlationsearch.annotations = {\"mitre_attack\": [\"T1046\"]}\nsearch = x=\"y\"\n");
}

Test(fault, index_of_html_and_csv)
{
	index_of_rules("--lofp", "a.html", "<html><title>LoFP / t1059</title><table><tr><td>backups</td><td><a>windows"
	    "</a></td></tr></table></html>", "b.txt", "LoFP LoFP / aws\n\naws\n\nTitleTags\nscans\n");
	index_of_rules("--notes", "a.csv", "text,techniques,rule_id,placeholder\nbackups,T1059;T1021,1,false\n"
	    "\"sca\nns\",,,\n", "b.ndjson", "{\"text\":\"scans\",\"rules\":[{\"id\":\"1\"}]}\n");
}

Test(fault, index_of_attack)
{
	index_loops("--attack", "tests/cli/fixtures/attack/bundle.json");
}

// The index by itself: a short write is finished.
Test(fault, index_short_writes)
{
	struct child c;
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(target, sizeof target, "%s/notes.idx", folder);
	const char *const args[] = { "index", "-o", target, "--lofp", "data/lofp", NULL };
	child_run(&c, &(struct child_plan){ .args = args }, LOF_LIT(""));
	child_free(&c);
	struct lof_buf whole = file_bytes(target);
	static const char *const faults[] = { "write:*:short1000", "write:%2:EINTR", "read:*:short9", "read:%2:EINTR" };
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		unlink(target);
		faulty(&c, args, LOF_LIT(""), faults[i]);
		cr_assert_eq(c.status, 0, "%s: status %d", faults[i], c.status);
		old_or_new(LOF_LIT("-"), &whole, 0, faults[i]);
		child_free(&c);
	}
	buf_free(&whole);
	unlink(target);
	rmdir(folder);
}

// --- loading anew ----------------------------------------------------------------------------------------------------

// The input twice, with a reload between them.
static void
feed_and_reload(struct child *c, struct lof_str input)
{
	child_feed(c, input, true);
	child_wait_asleep(c);
	kill(c->pid, SIGHUP);
	child_wait_asleep(c);
	child_feed(c, input, true);
}

// Every call of a kind fails once. A reload that fails is none, and nothing is lost; without memory the end is that of a
// start without memory, behind whole answers. Returns in how many runs the fault was met and outlived.
static int
reload_loop(const char *call, const char *error)
{
	const struct lof_str line = LOF_LIT("{\"rule\":{\"mitre\":{\"id\":[\"T1059.001\"]}}}\n");
	const char *const args[] = { "--rules", "tests/cli/fixtures/rules", "--index", target, NULL };
	struct lof_buf one = undisturbed(args, line), two = { 0 };
	int outlived = 0, n = 1, step = 1;
	buf_str(&two, buf_view(&one));
	buf_str(&two, buf_view(&one));
	for (bool hit = true; hit; n += step) {
		struct child c;
		char fault[64];
		snprintf(fault, sizeof fault, "%s:%d:%s", call, n, error);
		hit = faulty_by(&c, args, feed_and_reload, line, fault);
		outlived += hit && c.status == 0;
		if (c.status == 0)
			is_same(&c.output, &two, fault);
		else
			cr_assert(hit && c.output.n % one.n == 0, "%s: status %d", fault, c.status);
		is_prefix(&c.output, &two, fault);
		child_free(&c);
		step = n < 40 ? 1 : n / 16;
	}
	buf_free(&one);
	buf_free(&two);
	return outlived;
}

Test(fault, reload)
{
	struct child c;
	strcpy(folder, "/tmp/lofpipe-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(target, sizeof target, "%s/notes.idx", folder);
	child_run(&c, &(struct child_plan){ .args = ARGS("index", "-o", target, "--lofp", "data/lofp") }, LOF_LIT(""));
	child_free(&c);
	cr_assert_gt(reload_loop("open", "EMFILE"), 1);
	cr_assert_gt(reload_loop("read", "EIO"), 1);
	cr_assert_gt(reload_loop("read", "EINTR"), 2);
	cr_assert_gt(reload_loop("malloc", "ENOMEM"), 0);
	unlink(target);
	rmdir(folder);
}
