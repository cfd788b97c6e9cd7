// Compressed input: the same bytes however it arrives and is asked for, nothing held back, and what is cut or damaged
// told with its place, behind everything that came before it.
#include "stream/source.h"

#include "child.h"
#include "run.h"
#include "squeeze.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

TestSuite(source, .timeout = 60);

struct stream {
	struct source s;
	int in;          // where the test writes
	uint64_t random; // 0: whole reads and writes
	struct lof_buf out;
	struct lof_err e;
};

static void
stream_open(struct stream *t)
{
	int p[2];
	cr_assert_eq(pipe(p), 0);
	t->in = p[1];
	t->out.n = 0;
	t->e = (struct lof_err){ 0 };
	source_start(&t->s, p[0]);
}

static void
stream_shut(struct stream *t)
{
	if (t->in >= 0)
		close(t->in);
	t->in = -1;
}

// Takes what there is without a read that would wait, as the pump does; at the end or after a failure -1.
static int
take(struct stream *t)
{
	char room[700];
	while (source_holds(&t->s) || poll(&(struct pollfd){ .fd = t->s.fd, .events = POLLIN }, 1, 0) > 0) {
		size_t n = t->random ? SOURCE_LEAST + run_random(&t->random) % 600 : sizeof room;
		ssize_t got = source_read(&t->s, room, n);
		cr_assert_leq(got, (ssize_t)n);
		if (got > 0)
			buf_put(&t->out, room, (size_t)got);
		if (got < 0 && errno != EAGAIN)
			source_error(&t->s, "x", &t->e);
		if (got == 0 || t->e.rc)
			return -1;
	}
	return 0;
}

// All of it: what comes out is in t->out, what went wrong in t->e.
static void
run_through(struct stream *t, struct lof_str bytes)
{
	int over = 0;
	stream_open(t);
	for (size_t at = 0, n; at < bytes.n && !over; at += n) {
		n = t->random ? 1 + run_random(&t->random) % 500 : 4096;
		n = n < bytes.n - at ? n : bytes.n - at;
		cr_assert_eq(write(t->in, bytes.p + at, n), (ssize_t)n);
		over = take(t);
	}
	stream_shut(t);
	if (!over)
		cr_assert_eq(take(t), -1);
	close(t->s.fd);
}

static void
gives(struct stream *t, struct lof_str bytes, struct lof_str want, const char *what)
{
	run_through(t, bytes);
	cr_assert_eq(t->e.rc, LOF_OK, "%s: %s", what, t->e.what);
	cr_assert(lof_str_eq(buf_view(&t->out), want), "%s: %zu bytes, %zu expected", what, t->out.n, want.n);
}

static void
stream_free(struct stream *t)
{
	source_free(&t->s);
	buf_free(&t->out);
}

// Lines of which some repeat.
static struct lof_buf
text(uint64_t seed, size_t lines)
{
	struct lof_buf b = { 0 };
	for (size_t i = 0; i < lines; i++) {
		buf_lit(&b, "{\"rule\":{\"mitre\":{\"id\":[\"T1059.001\"]}},\"n\":");
		buf_uint(&b, run_random(&seed) >> (i % 64));
		buf_lit(&b, "}\n");
	}
	return b;
}

struct packed {
	const char *name;
	struct lof_buf plain, bytes;
};
enum { PACKED = 8 };

static void
put_padding(struct lof_buf *b, size_t n)
{
	while (n--)
		buf_char(b, 0);
}

static void
put_skipped(struct lof_buf *b)
{
	buf_put(b, "\x5e\x2a\x4d\x18\x05\0\0\0hello", 13);
}

static void
make_packed(struct packed p[PACKED], size_t lines)
{
	static const char *const names[PACKED] = { "plain", "gzip", "zstd", "two gzip members", "two zstd frames", "mixed", "empty",
		"padded" };
	for (size_t i = 0; i < PACKED; i++) {
		struct lof_buf a = text(i, lines), b = text(i + 100, i < 3 ? 0 : lines / 2 + 1);
		p[i] = (struct packed){ .name = names[i] };
		if (i == 6)
			a.n = b.n = 0;
		buf_str(&p[i].plain, buf_view(&a));
		buf_str(&p[i].plain, buf_view(&b));
		if (i == 5)
			put_skipped(&p[i].bytes);
		if (i == 0)
			buf_str(&p[i].bytes, buf_view(&a));
		else
			(i % 2 ? squeeze_gzip : squeeze_zstd)(&p[i].bytes, buf_view(&a));
		if (i > 2)
			(i == 3 || i >= 6 ? squeeze_gzip : squeeze_zstd)(&p[i].bytes, buf_view(&b));
		if (i == 5)
			put_skipped(&p[i].bytes);
		if (i == 7)
			put_padding(&p[i].bytes, 700);
		buf_free(&a);
		buf_free(&b);
	}
}

static void
drop_packed(struct packed p[PACKED])
{
	for (size_t i = 0; i < PACKED; i++) {
		buf_free(&p[i].plain);
		buf_free(&p[i].bytes);
	}
}

// --- how it arrives -------------------------------------------------------------------------------------------------

Test(source, any_cutting_gives_the_same_bytes)
{
	struct packed p[PACKED];
	struct stream t = { 0 };
	make_packed(p, 1500);
	for (size_t i = 0; i < PACKED; i++)
		for (uint64_t seed = 0; seed < (SANITIZED ? 8 : 60); seed++) { // one source for all: it is started anew each time
			t.random = seed;
			gives(&t, buf_view(&p[i].bytes), buf_view(&p[i].plain), p[i].name);
		}
	stream_free(&t);
	drop_packed(p);
}

Test(source, every_single_cut)
{
	struct packed p[PACKED];
	struct stream t = { 0 };
	make_packed(p, 6);
	for (size_t i = 0; i < PACKED; i++)
		for (size_t cut = 1; cut < p[i].bytes.n; cut++) {
			stream_open(&t);
			cr_assert_eq(write(t.in, p[i].bytes.p, cut), (ssize_t)cut);
			cr_assert_eq(take(&t), 0, "%s: over after %zu bytes", p[i].name, cut);
			cr_assert_gt(write(t.in, p[i].bytes.p + cut, p[i].bytes.n - cut), 0);
			stream_shut(&t);
			cr_assert_eq(take(&t), -1);
			cr_assert_eq(t.e.rc, LOF_OK, "%s, %zu: %s", p[i].name, cut, t.e.what);
			cr_assert(lof_str_eq(buf_view(&t.out), buf_view(&p[i].plain)), "%s, cut at %zu", p[i].name, cut);
			close(t.s.fd);
		}
	stream_free(&t);
	drop_packed(p);
}

// A first byte that no magic number begins with decides at once; one that does waits for the bytes that decide.
Test(source, a_live_stream_is_not_delayed)
{
	static const struct {
		const char *first, *then, *all;
	} cases[] = {
		{ "{", "\"", "{\"" }, { "1", "2", "12" }, { " ", "x", " x" }, { "[\n", "1", "[\n1" }, { "(b", "", "(b" },
		{ "[", "1", NULL }, { "\x1f", "x", NULL }, { "\x1f\x8b", "\x09", NULL }, { "P*M", "!", NULL }, { "(\xb5/", "\xfc", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream t = { 0 };
		struct lof_buf whole = { 0 };
		size_t first = strlen(cases[i].first);
		stream_open(&t);
		buf_str(&whole, lof_cstr(cases[i].first));
		buf_str(&whole, lof_cstr(cases[i].then));
		cr_assert_eq(write(t.in, cases[i].first, first), (ssize_t)first);
		cr_assert_eq(take(&t), 0);
		cr_assert_eq(t.out.n, cases[i].all ? first : 0, "case %zu: %zu bytes at once", i, t.out.n);
		cr_assert_eq(write(t.in, cases[i].then, whole.n - first), (ssize_t)(whole.n - first));
		cr_assert_eq(take(&t), 0);
		cr_assert(lof_str_eq(buf_view(&t.out), buf_view(&whole)), "case %zu", i);
		stream_shut(&t);
		cr_assert_eq(take(&t), -1);
		cr_assert_eq(t.e.rc, LOF_OK);
		close(t.s.fd);
		stream_free(&t);
		buf_free(&whole);
	}
}

// What is shorter than a magic number is what it is.
Test(source, the_beginning_of_a_magic_number_alone)
{
	struct stream t = { 0 };
	static const char *const alone[] = { "", "\x1f", "\x1f\x8b", "(", "(\xb5/", "[", "[*M" };
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		gives(&t, lof_cstr(alone[i]), lof_cstr(alone[i]), alone[i]);
	stream_free(&t);
}

// Everything that was flushed by whoever compresses is given before a read that would wait.
Test(source, a_decoder_holds_nothing_back)
{
	struct lof_buf lines = text(7, 200), raw = { 0 };
	ZSTD_CCtx *c = ZSTD_createCCtx();
	for (int zstd = 0; zstd < 2; zstd++) {
		struct stream t = { 0 };
		z_stream z = { 0 };
		cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
		stream_open(&t);
		for (size_t at = 0, n; at < lines.n; at += n) {
			n = (size_t)((char *)memchr(lines.p + at, '\n', lines.n - at) - lines.p) + 1 - at;
			raw.n = 0;
			buf_room(&raw, 4096);
			if (zstd) {
				ZSTD_inBuffer in = { lines.p + at, n, 0 };
				ZSTD_outBuffer out = { raw.p, 4096, 0 };
				cr_assert_eq(ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush), 0);
				raw.n = out.pos;
			} else {
				z.next_in = (Bytef *)lines.p + at;
				z.avail_in = (uInt)n;
				z.next_out = (Bytef *)raw.p;
				z.avail_out = 4096;
				cr_assert_eq(deflate(&z, Z_SYNC_FLUSH), Z_OK);
				raw.n = 4096 - z.avail_out;
			}
			cr_assert_eq(write(t.in, raw.p, raw.n), (ssize_t)raw.n);
			cr_assert_eq(take(&t), 0);
			cr_assert_eq(t.out.n, at + n, "%s: %zu of %zu bytes", zstd ? "zstd" : "gzip", t.out.n, at + n);
		}
		cr_assert(lof_str_eq(buf_view(&t.out), buf_view(&lines)));
		deflateEnd(&z);
		stream_shut(&t);
		close(t.s.fd);
		stream_free(&t);
	}
	ZSTD_freeCCtx(c);
	buf_free(&raw);
	buf_free(&lines);
}

// --- what is wrong with it ------------------------------------------------------------------------------------------

static void
fails(struct stream *t, struct lof_str bytes, struct lof_str before, const char *what, uint64_t offset, const char *why)
{
	run_through(t, bytes);
	cr_assert_eq(t->e.rc, LOF_E_IO, "%s: no error", why);
	cr_assert_not_null(strstr(t->e.what, what), "%s: %s", why, t->e.what);
	cr_assert(t->e.at_offset && t->e.offset == offset, "%s: offset %llu, %llu expected", why, (unsigned long long)t->e.offset,
	    (unsigned long long)offset);
	cr_assert_leq(t->out.n, before.n, "%s", why);
	cr_assert(t->out.n == 0 || memcmp(t->out.p, before.p, t->out.n) == 0, "%s: other bytes", why);
}

Test(source, every_truncation_is_told)
{
	struct packed p[PACKED];
	struct stream t = { 0 };
	make_packed(p, 6);
	for (size_t i = 1; i < 5; i++) {
		struct lof_buf first = { 0 };
		struct lof_buf a = text(i, 6);
		(i % 2 ? squeeze_gzip : squeeze_zstd)(&first, buf_view(&a));
		for (size_t n = 4; n < p[i].bytes.n; n++) { // before the fourth byte it might be anything
			struct lof_str cut = LOF_STR(p[i].bytes.p, n);
			char why[64];
			snprintf(why, sizeof why, "%s, %zu bytes", p[i].name, n);
			t.random = n;
			if (n == first.n)
				gives(&t, cut, buf_view(&a), why);
			else if (n > first.n && n < first.n + (i % 2 ? 3 : 4))
				fails(&t, cut, buf_view(&a), "expected the end", first.n, why);
			else
				fails(&t, cut, buf_view(&p[i].plain), "end too early", n, why);
			if (n > first.n)
				cr_assert_geq(t.out.n, a.n, "%s: what came before went missing", why);
		}
		buf_free(&a);
		buf_free(&first);
	}
	stream_free(&t);
	drop_packed(p);
}

Test(source, garbage_behind_the_end_is_told)
{
	struct packed p[PACKED];
	struct stream t = { 0 };
	make_packed(p, 50);
	for (size_t i = 1; i < PACKED; i++) {
		size_t end = p[i].bytes.n;
		buf_lit(&p[i].bytes, "garbage");
		for (t.random = 0; t.random < 20; t.random++) {
			uint64_t seed = t.random;
			fails(&t, buf_view(&p[i].bytes), buf_view(&p[i].plain), "expected the end", end, p[i].name);
			cr_assert_eq(t.out.n, p[i].plain.n, "%s: what came before went missing", p[i].name);
			t.random = seed;
		}
	}
	stream_free(&t);
	drop_packed(p);
}

// Every byte changed, in every bit: it fails, or the byte was one of those (time, name, system) that say nothing of the
// text. What goes out before it fails is what a checksum later disowns: only its amount has a bound.
Test(source, every_damaged_byte)
{
	struct packed p[PACKED];
	struct stream t = { 0 };
	make_packed(p, 6);
	for (size_t i = 1; i < 3; i++) {
		size_t harmless = 0;
		for (size_t at = 0; at < p[i].bytes.n; at++)
			for (int bit = 0; bit < 8; bit++) {
				p[i].bytes.p[at] ^= (char)(1 << bit);
				run_through(&t, buf_view(&p[i].bytes));
				cr_assert_leq(t.out.n, 1 << 20);
				harmless += !t.e.rc && t.s.state != SOURCE_PLAIN;
				if (!t.e.rc && t.s.state != SOURCE_PLAIN)
					cr_assert(lof_str_eq(buf_view(&t.out), buf_view(&p[i].plain)), "%s: byte %zu bit %d went unseen",
					    p[i].name, at, bit);
				p[i].bytes.p[at] ^= (char)(1 << bit);
			}
		cr_assert_leq(harmless, 8 * 6 + 1 + 7, // 7: behind the last bit of the text
		    "%s: %zu", p[i].name, harmless);
	}
	stream_free(&t);
	drop_packed(p);
}

// A frame may not ask for all the memory there is.
Test(source, a_zstd_window_over_the_limit_is_refused)
{
	struct stream t = { 0 };
	fails(&t, LOF_LIT("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00"), LOF_LIT(""), "damaged zstd data", 5, "2^28");
	cr_assert_not_null(strstr(t.e.arg, "too much memory"), "%s", t.e.arg);
	gives(&t, LOF_LIT("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"), LOF_LIT(""), "2^27, an empty block");
	stream_free(&t);
}

Test(source, a_descriptor_that_cannot_be_read)
{
	struct source s = { 0 };
	struct lof_err e = { 0 };
	char room[16];
	source_start(&s, -1);
	cr_assert_eq(source_read(&s, room, sizeof room), -1);
	cr_assert_eq(source_error(&s, "x", &e), LOF_E_IO);
	cr_assert_eq(e.sys, EBADF);
	cr_assert_not(e.at_offset);
	source_free(&s);
}
