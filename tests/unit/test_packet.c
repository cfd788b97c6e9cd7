// Lengths before events, and NUL behind them: one out for each in, each with the length that it has, however the stream is
// cut; what is broken is told with its place; and in the program: answers at once, signals, constant memory.
#include "child.h"
#include "run.h"
#include "stream/lane.h"
#include "stream/packet.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

TestSuite(packet, .timeout = 60);

static const enum frame_shape shapes[] = { SHAPE_NUL, SHAPE_LENGTH, SHAPE_NETSTRING };
enum { N_SHAPES = 3 };
static const char *const shape_names[] = { "null", "length", "netstring" };

static void
put_packet(struct lof_buf *to, enum frame_shape shape, struct lof_str event)
{
	char head[PACKET_HEAD_MOST];
	if (shape != SHAPE_NUL)
		buf_put(to, head, packet_head(shape, event.n, head));
	buf_str(to, event);
	if (shape != SHAPE_LENGTH)
		buf_char(to, shape == SHAPE_NUL ? 0 : ',');
}

// Events whose answers are of every number of digits, some of them bad, empty or blank, or with line ends in them.
static struct lof_str
event(uint64_t *random, struct lof_buf *room)
{
	static const char *const some[] = { "", " ", "\n", "{}", "[]", "7", "bad", "{\"a\":", "{\n\"mitre\": \"T1059\"\n}",
		"{\"mitre_techniques\":[\"T1059.001\",\"T1021.002\"]}", "[{\"technique\":\"T1021\"},{\"technique\":\"T1003\"}]",
		"{\"lofp\":{\"old\":true},\"a\":\"1:2,\"}" };
	uint64_t r = run_random(random);
	room->n = 0;
	if (r % 16 < sizeof some / sizeof *some)
		return lof_cstr(some[r % 16]);
	buf_lit(room, "{\"mitre\":\"T1059\",\"filler\":\"");
	for (size_t n = (r >> 8) % 3 ? (r >> 16) % 200 : (r >> 16) % 20000; n; n--)
		buf_char(room, "abc,:0\\\\"[n % 6]);
	buf_lit(room, "\"}");
	return buf_view(room);
}

struct through {
	struct run r;
	struct lane_options options;
	struct lane lane;
	struct sink reject;
};

static void
through_open(struct through *t)
{
	run_open(&t->r);
	t->options = (struct lane_options){ .max_event = 16 << 20 };
}

// The stream in pieces of any size; what comes out is in t->r.out.
static void
run_through(struct through *t, struct lof_str stream, uint64_t *random)
{
	bool stopped;
	t->r.out.buf.n = 0;
	t->r.e.count = (struct counters){ 0 };
	sink_init(&t->reject, -1);
	lane_init(&t->lane, &t->r.e, &t->options, &t->r.out, &t->reject);
	lane_restart(&t->lane, "x");
	lane_room(&t->lane, 1);
	for (size_t at = 0, n; at < stream.n; at += n) {
		n = random ? 1 + run_random(random) % (run_random(random) % 8 ? 40 : 3000) : stream.n;
		n = n < stream.n - at ? n : stream.n - at;
		lane_room(&t->lane, n);
		buf_put(&t->lane.in, stream.p + at, n);
		if (!lane_take(&t->lane, false, &stopped))
			break;
	}
	if (!t->lane.broken)
		lane_take(&t->lane, true, &stopped);
	cr_assert_not(stopped);
}

static void
through_end(struct through *t)
{
	lane_free(&t->lane);
	sink_free(&t->reject);
}

static struct lof_str
next_packet(enum frame_shape shape, struct lof_str *stream)
{
	struct lof_str p = { stream->p, 0 };
	if (shape == SHAPE_NUL) {
		const char *end = memchr(stream->p, 0, stream->n);
		cr_assert_not_null(end);
		p.n = (size_t)(end - stream->p);
		*stream = LOF_STR(end + 1, stream->n - p.n - 1);
		return p;
	}
	size_t head = 4;
	if (shape == SHAPE_LENGTH) {
		cr_assert_geq(stream->n, 4);
		for (size_t i = 0; i < 4; i++)
			p.n = p.n << 8 | (unsigned char)stream->p[i];
	} else {
		char *end;
		p.n = strtoull(stream->p, &end, 10);
		head = (size_t)(end - stream->p) + 1;
		cr_assert_eq(*end, ':');
		cr_assert(head == 2 || stream->p[0] != '0', "a length with a zero before it");
	}
	p.p = stream->p + head;
	cr_assert_leq(head + p.n, stream->n);
	if (shape == SHAPE_NETSTRING)
		cr_assert_eq(p.p[p.n], ',');
	size_t all = head + p.n + (shape == SHAPE_NETSTRING);
	*stream = LOF_STR(stream->p + all, stream->n - all);
	return p;
}

// --- in memory ------------------------------------------------------------------------------------------------------

// Each answer is what the event gives by itself, whatever the framing and the cuts.
static void
one_out_for_each_in(enum emit emit, size_t max_event)
{
	struct through t;
	struct lof_buf room = { 0 }, stream = { 0 }, want = { 0 };
	through_open(&t);
	t.r.engine.emit = emit;
	run_again(&t.r);
	t.options.max_event = max_event;
	for (uint64_t seed = 1; seed < (SANITIZED ? 20 : 120); seed++)
		for (size_t s = 0; s < N_SHAPES; s++) {
			uint64_t random = seed, cuts = seed;
			t.options.shape = shapes[s];
			stream.n = want.n = 0;
			for (int i = 0; i < 30; i++) {
				struct lof_str e = event(&random, &room);
				put_packet(&stream, shapes[s], e);
				bool blank = lof_str_trim(e).n == 0;
				t.r.out.buf.n = 0;
				t.r.e.patched = false;
				enum outcome o = blank || e.n > max_event ? OUT_BAD : enrich_text(&t.r.e, e.p, e.n, &t.r.out);
				if ((o == OUT_BAD || o == OUT_CUT) && emit == EMIT_EVENT)
					sink_put(&t.r.out, e.p, e.n);
				if (emit != EMIT_EVENT && !t.r.e.patched)
					sink_put(&t.r.out, "{}", 2);
				put_packet(&want, shapes[s], run_view(&t.r));
			}
			run_through(&t, buf_view(&stream), seed % 4 ? &cuts : NULL);
			cr_assert_null(t.lane.broken);
			cr_assert(lof_str_eq(run_view(&t.r), buf_view(&want)), "%s, seed %d", shape_names[s], (int)seed);
			cr_assert_eq(t.r.e.count.lines, 0);
			through_end(&t);
		}
	buf_free(&room);
	buf_free(&stream);
	buf_free(&want);
	run_close(&t.r);
}

Test(packet, one_event_out_for_each_in)
{
	one_out_for_each_in(EMIT_EVENT, 16 << 20);
	one_out_for_each_in(EMIT_EVENT, 60);
	one_out_for_each_in(EMIT_EVENT, 1);
}

Test(packet, one_answer_out_for_each_in)
{
	one_out_for_each_in(EMIT_PATCH, 16 << 20);
	one_out_for_each_in(EMIT_RSYSLOG, 60);
}

// Every beginning of a stream: whole events, in order, and if it does not end between two, the place where it ends.
Test(packet, every_truncation)
{
	struct through t;
	struct lof_buf stream = { 0 }, room = { 0 };
	through_open(&t);
	for (size_t s = 1; s < N_SHAPES; s++) {
		uint64_t random = 3;
		size_t ends[40], n_ends = 0;
		t.options.shape = shapes[s];
		stream.n = 0;
		while (stream.n < 1500 && n_ends < 40) {
			struct lof_str e = event(&random, &room);
			if (e.n > 500)
				continue;
			put_packet(&stream, shapes[s], e);
			ends[n_ends++] = stream.n;
		}
		for (size_t n = 0; n <= stream.n; n++) {
			size_t whole = 0, got = 0;
			while (whole < n_ends && ends[whole] <= n)
				whole++;
			run_through(&t, LOF_STR(stream.p, n), NULL);
			bool at_end = n == (whole ? ends[whole - 1] : 0);
			cr_assert_eq(t.lane.broken == NULL, at_end, "%s, %zu bytes: %s", shape_names[s], n, t.lane.broken);
			if (!at_end)
				cr_assert_eq(t.lane.frame.offset, n, "%s: offset %zu, not %zu", shape_names[s], (size_t)t.lane.frame.offset, n);
			for (struct lof_str rest = run_view(&t.r); rest.n; got++)
				next_packet(shapes[s], &rest);
			cr_assert_eq(got, whole, "%s, %zu bytes: %zu events, not %zu", shape_names[s], n, got, whole);
			through_end(&t);
		}
	}
	buf_free(&stream);
	buf_free(&room);
	run_close(&t.r);
}

static void
breaks(struct through *t, enum frame_shape shape, struct lof_str stream, size_t offset, size_t events)
{
	t->options.shape = shape;
	for (uint64_t seed = 0; seed < 10; seed++) {
		uint64_t cuts = seed;
		size_t got = 0;
		run_through(t, stream, seed ? &cuts : NULL);
		cr_assert_not_null(t->lane.broken, "%.*s", (int)stream.n, stream.p);
		cr_assert_eq(t->lane.frame.offset, offset, "%.*s: offset %zu", (int)stream.n, stream.p, (size_t)t->lane.frame.offset);
		for (struct lof_str rest = run_view(&t->r); rest.n; got++)
			next_packet(shape, &rest);
		cr_assert_eq(got, events);
		through_end(t);
	}
}

Test(packet, lengths_that_are_none)
{
	struct through t;
	through_open(&t);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("2:{},x"), 5, 1);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("2:{}2:{},"), 4, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("2:{},02:{},"), 5, 1);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("2:{}, 2:{},"), 5, 1);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("00:,"), 0, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT(":,"), 0, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("-1:,"), 0, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("2;{},"), 0, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("134217728:{},"), 0, 0);
	breaks(&t, SHAPE_NETSTRING, LOF_LIT("99999999999999999999:{},"), 0, 0);
	breaks(&t, SHAPE_LENGTH, LOF_LIT("\0\0\0\2{}\x08\0\0\0{}"), 6, 1);
	breaks(&t, SHAPE_LENGTH, LOF_LIT("{\"alert\":1}\n"), 0, 0);
	breaks(&t, SHAPE_LENGTH, LOF_LIT("\xff\xff\xff\xff"), 0, 0);
	run_close(&t.r);
}

// What --max-event allows is a length, however large.
Test(packet, large_lengths)
{
	struct through t;
	through_open(&t);
	t.options.shape = SHAPE_NETSTRING;
	run_through(&t, LOF_LIT("134217727:{}"), NULL);
	cr_assert_str_eq(t.lane.broken, "the stream ends within an event");
	cr_assert(lof_str_eq(run_view(&t.r), LOF_LIT("134217727:{}")), "it passes through as it comes");
	through_end(&t);
	t.options.max_event = 1u << 31;
	run_through(&t, LOF_LIT("2147483648:{}"), NULL);
	cr_assert_str_eq(t.lane.broken, "the stream ends within an event");
	cr_assert_eq(run_view(&t.r).n, 0, "it waits for its end");
	through_end(&t);
	run_close(&t.r);
}

// What frame_wants says of every beginning of a stream is what is missing, or less, never more.
Test(packet, what_an_event_lacks)
{
	static const char stream[] = "\0\0\0\2{}\0\0\0\0\0\0\0\5[1,2]", netstrings[] = "2:{},0:,11:[123456789],";
	struct frame f;
	frame_init(&f, SHAPE_LENGTH, 100);
	for (size_t n = 0; n < 7; n++)
		cr_assert_eq(frame_wants(&f, stream, n), n == 0 ? 0 : n < 4 ? 4 - n : 6 - n, "%zu", n);
	cr_assert_eq(frame_next(&f, stream, 6, false).kind, FRAME_HEAD);
	cr_assert_eq(frame_wants(&f, stream + 4, 0), 2);
	cr_assert_eq(frame_next(&f, stream + 4, 2, false).kind, FRAME_EVENT);
	cr_assert_eq(frame_wants(&f, stream + 6, 0), 0);
	frame_free(&f);
	frame_init(&f, SHAPE_NETSTRING, 5);
	for (size_t n = 0; n < 6; n++)
		cr_assert_eq(frame_wants(&f, netstrings, n), n == 0 ? 0 : n == 1 ? 1 : 5 - n, "%zu", n);
	for (size_t at = 0, n; at < 12; at += n)
		n = frame_next(&f, netstrings + at, 12 - at, false).bytes.n; // up to "11:[", over the limit
	cr_assert_eq(frame_wants(&f, netstrings + 12, 0), 11);
	cr_assert_eq(frame_next(&f, netstrings + 12, 9, false).kind, FRAME_REST);
	cr_assert_eq(frame_wants(&f, netstrings + 21, 0), 2);
	cr_assert_eq(frame_wants(&f, netstrings + 21, 1), 1);
	frame_free(&f);
	frame_init(&f, SHAPE_NUL, 5);
	cr_assert_eq(frame_wants(&f, "", 0), 0);
	cr_assert_eq(frame_wants(&f, "{\n", 2), 1);
	cr_assert_eq(frame_wants(&f, "{\0", 2), 0);
	frame_free(&f);
}

// --- the program ----------------------------------------------------------------------------------------------------

static const char alert[] = "{\"mitre_techniques\":\n[\"T1059.001\"]}";

// As Redpanda Connect and others do it: one in, one out, the next only then; and SIGTERM in the middle of one.
Test(packet, each_is_answered_before_the_next_is_sent)
{
	for (size_t s = 0; s < N_SHAPES; s++) {
		const char *const args[] = { "--input", shape_names[s], NULL };
		struct lof_buf one = { 0 };
		struct child c;
		put_packet(&one, shapes[s], LOF_STR(alert, sizeof alert - 1));
		child_run(&c, &(struct child_plan){ .args = args }, buf_view(&one));
		size_t answer = c.output.n;
		cr_assert_gt(answer, one.n);
		child_free(&c);
		child_start(&c, &(struct child_plan){ .args = args });
		for (int i = 0; i < 100; i++) {
			child_feed(&c, LOF_STR(one.p, one.n / 2), true);
			if (i % 10 == 0)
				child_wait_asleep(&c);
			child_feed(&c, LOF_STR(one.p + one.n / 2, one.n - one.n / 2), true);
			child_read(&c, answer);
		}
		child_feed(&c, LOF_STR(one.p, 10), true);
		child_wait_asleep(&c);
		kill(c.pid, SIGTERM);
		int in = c.in;
		c.in = -1;
		child_end(&c);
		close(in);
		cr_assert_eq(c.status, 0, "%s: status %d", shape_names[s], c.status);
		cr_assert_eq(c.output.n, 100 * answer);
		cr_assert_eq(c.errors.n, 0, "%.*s", (int)c.errors.n, c.errors.p);
		child_free(&c);
		buf_free(&one);
	}
}

// Not a byte of the next one is taken from a pipe that somebody else reads on from.
Test(packet, sigterm_leaves_the_next_one)
{
	for (size_t s = 0; s < N_SHAPES; s++) {
		const char *const args[] = { "--input", shape_names[s], NULL };
		struct lof_buf one = { 0 };
		struct child c;
		char left[200];
		int p[2];
		cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
		put_packet(&one, shapes[s], LOF_LIT("{\"a\":1}"));
		child_start(&c, &(struct child_plan){ .args = args, .in = p[0] });
		cr_assert_eq(write(p[1], one.p, 3), 3);
		child_wait_asleep(&c);
		kill(c.pid, SIGSTOP);
		kill(c.pid, SIGTERM);
		cr_assert_eq(write(p[1], one.p + 3, one.n - 3), (ssize_t)one.n - 3);
		cr_assert_eq(write(p[1], one.p, one.n), (ssize_t)one.n);
		kill(c.pid, SIGCONT);
		child_end(&c);
		cr_assert_eq(c.status, 0);
		cr_assert_eq(read(p[0], left, sizeof left), (ssize_t)one.n, "%s", shape_names[s]);
		cr_assert(lof_str_eq(buf_view(&c.output), buf_view(&one)));
		close(p[0]);
		close(p[1]);
		child_free(&c);
		buf_free(&one);
	}
}

Test(packet, constant_memory)
{
	struct lof_buf block = { 0 }, many = { 0 };
	for (int i = 0; i < 20000; i++)
		put_packet(&many, SHAPE_NETSTRING, LOF_STR(alert, sizeof alert - 1));
	buf_room(&block, 1 << 20);
	memset(block.p, 'x', block.n = 1 << 20);
	for (size_t s = 1; s < N_SHAPES; s++) {
		struct child c;
		char head[PACKET_HEAD_MOST];
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		child_start(&c, &(struct child_plan){ .args = (const char *const[]){ "--input", shape_names[s], NULL }, .out = null });
		close(null);
		child_feed(&c, LOF_STR(head, packet_head(shapes[s], 100 << 20, head)), true);
		for (int i = 0; i < 100; i++)
			child_feed(&c, buf_view(&block), true);
		if (s == 2)
			child_feed(&c, LOF_LIT(","), true);
		if (s == 2)
			child_feed(&c, buf_view(&many), true);
		child_wait_asleep(&c);
		long peak = child_peak(&c);
		child_end(&c);
		cr_assert_eq(c.status, 0);
		if (!SANITIZED)
			cr_assert_lt(peak, 18 << 10, "%ld KiB", peak);
		child_free(&c);
	}
	buf_free(&block);
	buf_free(&many);
}
