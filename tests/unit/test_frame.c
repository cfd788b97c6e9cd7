// What pieces a stream falls into, and that they are the same however its bytes arrive.
#include "stream/frame.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(frame, .timeout = 60);

enum { PIECES_MAX = 4096 };

// E event, K blank line, B between, L over the limit, W wreck: as in the expectations below.
struct cut_stream {
	struct {
		char kind;
		size_t from, n;
	} v[PIECES_MAX];
	size_t n;
	enum frame_shape shape; // at the end
};

static char
letter(enum frame_kind k)
{
	static const char letters[] = {
		[FRAME_EVENT] = 'E', [FRAME_BLANK] = 'K', [FRAME_BETWEEN] = 'B', [FRAME_LONG] = 'L', [FRAME_REST] = 'R',
		[FRAME_WRECK] = 'W',
	};
	return letters[k];
}

// The rest of a long event belongs to its first part, and bytes between events are one.
static void
add(struct cut_stream *s, enum frame_kind k, size_t from, size_t n)
{
	char kind = letter(k), last = s->n ? s->v[s->n - 1].kind : 0;
	if (kind == 'R')
		cr_assert_eq(last, 'L', "the rest of nothing");
	if (kind == 'R' || (kind == 'B' && last == 'B')) {
		s->v[s->n - 1].n += n;
		return;
	}
	cr_assert_lt(s->n, PIECES_MAX);
	s->v[s->n].kind = kind;
	s->v[s->n].from = from;
	s->v[s->n++].n = n;
}

static uint64_t
line_of(struct lof_str text, size_t at)
{
	uint64_t line = 1;
	for (size_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

// All pieces that text[used, have) gives, in memory of exactly that size.
static size_t
take(struct frame *f, struct lof_str text, size_t used, size_t have, bool end, struct cut_stream *s)
{
	for (;;) {
		size_t n = have - used;
		char *window = malloc(n + !n);
		memcpy(window, text.p + used, n);
		uint64_t line = f->line;
		struct piece p = frame_next(f, window, n, end);
		size_t at = p.bytes.n ? (size_t)(p.bytes.p - window) : 0;
		free(window);
		if (p.kind == FRAME_MORE)
			return used;
		cr_assert_eq(at, 0, "a piece does not begin behind the one before");
		cr_assert_leq(p.bytes.n, n);
		if (p.kind != FRAME_REST && p.kind != FRAME_BETWEEN)
			cr_assert_eq(line, line_of(text, used), "line %zu told for byte %zu", (size_t)line, used);
		add(s, p.kind, used, p.bytes.n);
		used += p.bytes.n;
	}
}

// The stream, arriving in steps: up to `first`, then `step` at a time (0: all the rest).
static void
cut(struct cut_stream *s, struct lof_str text, enum frame_shape shape, size_t max_event, size_t first, size_t step)
{
	struct frame f;
	size_t used = 0;
	s->n = 0;
	frame_init(&f, shape, max_event);
	for (size_t have = first; have < text.n; have += step ? step : text.n)
		used = take(&f, text, used, have, false, s);
	used = take(&f, text, used, text.n, false, s);
	used = take(&f, text, used, text.n, true, s);
	cr_assert_eq(used, text.n, "%zu bytes of %zu were given", used, text.n);
	s->shape = f.shape;
	frame_free(&f);
}

static struct lof_buf
described(const struct cut_stream *s, struct lof_str text)
{
	struct lof_buf b = { 0 };
	for (size_t i = 0; i < s->n; i++) {
		buf_char(&b, s->v[i].kind);
		buf_char(&b, '<');
		buf_put(&b, text.p + s->v[i].from, s->v[i].n);
		buf_char(&b, '>');
	}
	return b;
}

static bool
alike(const struct cut_stream *a, const struct cut_stream *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].kind != b->v[i].kind || a->v[i].from != b->v[i].from || a->v[i].n != b->v[i].n)
			return false;
	return true;
}

static void
must_be_alike(const struct cut_stream *whole, const struct cut_stream *parts, struct lof_str text, const char *how,
    size_t at)
{
	if (alike(whole, parts))
		return;
	struct lof_buf want = described(whole, text), got = described(parts, text);
	buf_char(&want, 0);
	buf_char(&got, 0);
	cr_assert_fail("%s %zu: %.*s\n  whole %s\n  cut   %s", how, at, (int)text.n, text.p, want.p, got.p);
}

// Every cut in two, and steps of 1 to 7 bytes, give what the whole gives.
static void
same_however_it_arrives(struct lof_str text, enum frame_shape shape, size_t max_event)
{
	static struct cut_stream whole, parts;
	cut(&whole, text, shape, max_event, text.n, 0);
	for (size_t first = 0; first <= text.n; first++) {
		cut(&parts, text, shape, max_event, first, 0);
		must_be_alike(&whole, &parts, text, "cut at", first);
	}
	for (size_t step = 1; step <= 7; step++) {
		cut(&parts, text, shape, max_event, step, step);
		must_be_alike(&whole, &parts, text, "in steps of", step);
	}
}

// --- expectations ---------------------------------------------------------------------------------------------------

#define MARK "\xef\xbb\xbf"

static const struct {
	enum frame_shape shape;
	const char *text, *pieces;
} expected[] = {
	// nothing
	{ SHAPE_AUTO, "", "" },
	{ SHAPE_LINES, "", "" },
	{ SHAPE_VALUES, "", "" },
	{ SHAPE_AUTO, "\n", "K<>B<\n>" },
	{ SHAPE_AUTO, "  ", "K<  >" },
	{ SHAPE_AUTO, " \n\t\r\n", "K< >B<\n>K<\t\r>B<\n>" },
	// lines
	{ SHAPE_AUTO, "{}", "E<{}>" },
	{ SHAPE_AUTO, "{}\n", "E<{}>B<\n>" },
	{ SHAPE_AUTO, "{}\n{\"a\":1}\n", "E<{}>B<\n>E<{\"a\":1}>B<\n>" },
	{ SHAPE_AUTO, "{}\r\n{}\r", "E<{}\r>B<\n>E<{}\r>" },
	{ SHAPE_AUTO, "{}\n\n \n{}\n\n", "E<{}>B<\n>K<>B<\n>K< >B<\n>E<{}>B<\n>K<>B<\n>" },
	{ SHAPE_AUTO, "\n\n{}\n", "K<>B<\n>K<>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "  {} \n{}", "E<  {} >B<\n>E<{}>" },
	{ SHAPE_AUTO, MARK "{}\n{}\n", "B<" MARK ">E<{}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, MARK, "B<" MARK ">" },
	{ SHAPE_AUTO, "\xef\xbb", "E<\xef\xbb>" },
	{ SHAPE_AUTO, "\xef\xbbx\n{}", "E<\xef\xbbx>B<\n>E<{}>" },
	{ SHAPE_AUTO, MARK MARK "{}\n", "B<" MARK ">E<" MARK "{}>B<\n>" },
	{ SHAPE_AUTO, "rubbish\n{}\n", "E<rubbish>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "1\n\"a\"\nnull\n", "E<1>B<\n>E<\"a\">B<\n>E<null>B<\n>" },
	{ SHAPE_AUTO, "{}{}\n{}\n", "E<{}{}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "}\n{}\n", "E<}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "{}\n{\"a\":\n1}\n", "E<{}>B<\n>E<{\"a\":>B<\n>E<1}>B<\n>" },
	{ SHAPE_LINES, "{\"a\":\n1}\n", "E<{\"a\":>B<\n>E<1}>B<\n>" },
	{ SHAPE_LINES, "[{},\n{}]\n", "E<[{},>B<\n>E<{}]>B<\n>" },
	// values
	{ SHAPE_AUTO, "{\n}\n", "E<{\n}>B<\n>" },
	{ SHAPE_AUTO, "{\n}{\n}", "E<{\n}>E<{\n}>" },
	{ SHAPE_AUTO, "{\"a\":\n1}\n{}{} {}\n", "E<{\"a\":\n1}>B<\n>E<{}>E<{}>B< >E<{}>B<\n>" },
	{ SHAPE_AUTO, "{\"}\\\"{\":\n[\"]\"]}\n", "E<{\"}\\\"{\":\n[\"]\"]}>B<\n>" },
	{ SHAPE_AUTO, MARK "\n{\n}\n", "B<" MARK ">K<>B<\n>E<{\n}>B<\n>" },
	{ SHAPE_VALUES, "{}{}\n{}", "E<{}>E<{}>B<\n>E<{}>" },
	{ SHAPE_VALUES, "1\ntrue\n\"a\"\n{}\n", "E<1>B<\n>E<true>B<\n>E<\"a\">B<\n>E<{}>B<\n>" },
	{ SHAPE_VALUES, "  {}", "B<  >E<{}>" },
	{ SHAPE_VALUES, "{\"a\":\"x\n{}\n", "W<{\"a\":\"x>B<\n>E<{}>B<\n>" },
	{ SHAPE_VALUES, "{\"a\":\"x\\\n{}\n", "W<{\"a\":\"x\\>B<\n>E<{}>B<\n>" },
	{ SHAPE_VALUES, "{\"a\":{}", "W<{\"a\":{}>" },
	{ SHAPE_VALUES, "{\"a", "W<{\"a>" },
	{ SHAPE_VALUES, "}{}\n{}", "E<}{}>B<\n>E<{}>" },
	// arrays
	{ SHAPE_AUTO, "[]", "B<[]>" },
	{ SHAPE_AUTO, "[{},{}]\n", "B<[>E<{}>B<,>E<{}>B<]\n>" },
	{ SHAPE_AUTO, "[\n  {},\n  1,\"a\"\n]\n", "B<[\n  >E<{}>B<,\n  >E<1>B<,>E<\"a\">B<\n]\n>" },
	{ SHAPE_AUTO, "[[1],[{}]]", "B<[>E<[1]>B<,>E<[{}]>B<]>" },
	{ SHAPE_AUTO, "[{}]\n[{}]\n{}", "B<[>E<{}>B<]\n[>E<{}>B<]\n>E<{}>" },
	{ SHAPE_AUTO, " [{}", "B< [>E<{}>" },
	{ SHAPE_AUTO, "[{\"a\":\"\n{}]\n", "B<[>W<{\"a\":\">B<\n>E<{}>E<]>B<\n>" },
	// record separators
	{ SHAPE_AUTO, "\x1e{}\n\x1e{}\n", "B<\x1e>E<{}>B<\n\x1e>E<{}>B<\n>" },
	{ SHAPE_AUTO, "\x1e{\"a\":\n\x1e{}\n", "B<\x1e>W<{\"a\":\n>B<\x1e>E<{}>B<\n>" },
	{ SHAPE_AUTO, "\x1e{\"a\x1e{}\n", "B<\x1e>W<{\"a>B<\x1e>E<{}>B<\n>" },
	{ SHAPE_AUTO, "\x1e" "1\x1e" "2\n", "B<\x1e>E<1>B<\x1e>E<2>B<\n>" },
	// the first line was cut, or was not
	{ SHAPE_AUTO, "{\"a\":{\"b\":\n{\"c\":1}\n{}\n", "W<{\"a\":{\"b\":>B<\n>E<{\"c\":1}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":1,\n{\"b\":2}\n", "W<{\"a\":1,>B<\n>E<{\"b\":2}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":1\n{\"b\":2}\n", "W<{\"a\":1>B<\n>E<{\"b\":2}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":\"x\n{\"b\":2}\n", "E<{\"a\":\"x>B<\n>E<{\"b\":2}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":tru\n{\"b\":2}\n", "E<{\"a\":tru>B<\n>E<{\"b\":2}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":[{\n{\"b\":2}\n{}\n", "W<{\"a\":[{>B<\n>E<{\"b\":2}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "{\n{\n{\n", "W<{>B<\n>E<{>B<\n>E<{>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":[1,\n2,\n3]}\n{}\n", "E<{\"a\":[1,\n2,\n3]}>B<\n>E<{}>B<\n>" },
	{ SHAPE_AUTO, "{\"a\":1,\n\"b\":2}\n", "E<{\"a\":1,\n\"b\":2}>B<\n>" },
};

Test(frame, pieces)
{
	static struct cut_stream s;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		struct lof_str text = lof_cstr(expected[i].text);
		cut(&s, text, expected[i].shape, 1 << 20, text.n, 0);
		struct lof_buf got = described(&s, text);
		cr_expect(lof_str_eq(buf_view(&got), lof_cstr(expected[i].pieces)), "%s\n  gives    %.*s\n  expected %s",
		    expected[i].text, (int)got.n, got.n ? got.p : "", expected[i].pieces);
		buf_free(&got);
	}
}

Test(frame, every_cut_gives_the_same)
{
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		for (enum frame_shape shape = SHAPE_AUTO; shape <= SHAPE_VALUES; shape++)
			same_however_it_arrives(lof_cstr(expected[i].text), shape, 1 << 20);
}

// With a limit that some of the events are over.
Test(frame, every_cut_gives_the_same_under_a_limit)
{
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		for (enum frame_shape shape = SHAPE_AUTO; shape <= SHAPE_VALUES; shape++)
			for (size_t max = 3; max < 14; max++)
				same_however_it_arrives(lof_cstr(expected[i].text), shape, max);
}

// Streams of random tokens: whatever they mean, they mean it however they are cut.
Test(frame, random_streams)
{
	static const char *const tokens[] = {
		"{", "}", "[", "]", "\"", "\\", "\n", ",", ":", " ", "\r\n", "1", "\"a\"", "{}", "{\"a\":1}",
		"{\"a\":\n", "\x1e", "x", "\"a\":", "\n{\"b\":2}\n",
	};
	uint32_t seed = 12345;
	for (int round = 0; round < 1500; round++) {
		struct lof_buf b = { 0 };
		unsigned n = 1 + (seed >> 20) % 24;
		buf_str(&b, round % 3 == 0 ? LOF_LIT("{") : LOF_LIT("")); // never blanks first: see the limit of begin()
		for (unsigned i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			unsigned which = (seed >> 16) % (sizeof tokens / sizeof *tokens);
			if (b.n || *tokens[which] > ' ')
				buf_str(&b, lof_cstr(tokens[which]));
		}
		if (b.n)
			same_however_it_arrives(buf_view(&b), (enum frame_shape)(round % 3), round % 2 ? 1 << 20 : 8);
		buf_free(&b);
	}
}

// --- the limit ------------------------------------------------------------------------------------------------------

static void
limit(enum frame_shape shape, size_t max, const char *text, const char *pieces)
{
	static struct cut_stream s;
	cut(&s, lof_cstr(text), shape, max, strlen(text), 0);
	struct lof_buf got = described(&s, lof_cstr(text));
	cr_expect(lof_str_eq(buf_view(&got), lof_cstr(pieces)), "%s\n  gives    %.*s\n  expected %s", text, (int)got.n,
	    got.p, pieces);
	buf_free(&got);
}

Test(frame, events_over_the_limit)
{
	limit(SHAPE_LINES, 7, "{\"a\":1}\n{\"a\":12}\n{}\n", "E<{\"a\":1}>B<\n>L<{\"a\":12}>B<\n>E<{}>B<\n>");
	limit(SHAPE_AUTO, 7, "{\"a\":12}\n{}\n", "L<{\"a\":12}>B<\n>E<{}>B<\n>");
	limit(SHAPE_AUTO, 7, "{\"a\":12}", "L<{\"a\":12}>");
	limit(SHAPE_VALUES, 7, "{\"a\":1}{\"a\":12}{}", "E<{\"a\":1}>L<{\"a\":12}>E<{}>");
	limit(SHAPE_VALUES, 7, "{\"a\":\n1,\n\"b\":2}{}", "L<{\"a\":\n1,\n\"b\":2}>E<{}>");
	limit(SHAPE_VALUES, 4, "1234\n12345\n1\n", "E<1234>B<\n>L<12345>B<\n>E<1>B<\n>");
	limit(SHAPE_AUTO, 7, "[{\"a\":1},{\"a\":12},{}]", "B<[>E<{\"a\":1}>B<,>L<{\"a\":12}>B<,>E<{}>B<]>");
	limit(SHAPE_VALUES, 7, "{\"a\":\"long and cut\n{}\n", "L<{\"a\":\"long and cut>B<\n>E<{}>B<\n>");
	// A first line over the limit is a line: it is not kept to be looked at.
	limit(SHAPE_AUTO, 7, "{\"a\":12,\n\"b\":2}\n", "L<{\"a\":12,>B<\n>E<\"b\":2}>B<\n>");
	limit(SHAPE_LINES, 0, "a\n\nb", "L<a>B<\n>K<>B<\n>L<b>");
}

// Never more than the limit and one read is asked to be kept.
Test(frame, nothing_over_the_limit_is_kept)
{
	enum { LIMIT = 1000, STEP = 64 };
	for (enum frame_shape shape = SHAPE_AUTO; shape <= SHAPE_VALUES; shape++) {
		struct lof_buf b = { 0 };
		static struct cut_stream s;
		struct frame f;
		size_t used = 0;
		buf_str(&b, LOF_LIT("{\"a\":\""));
		for (int i = 0; i < 50000; i++)
			buf_char(&b, 'x');
		buf_str(&b, LOF_LIT("\"}\n{}\n"));
		frame_init(&f, shape, LIMIT);
		s.n = 0;
		for (size_t have = STEP; have < b.n; have += STEP) {
			used = take(&f, buf_view(&b), used, have, false, &s);
			cr_assert_leq(have - used, LIMIT + STEP);
		}
		used = take(&f, buf_view(&b), used, b.n, true, &s);
		cr_assert_eq(used, b.n);
		frame_free(&f);
		buf_free(&b);
	}
}

Test(frame, restart_forgets_the_stream_before)
{
	static struct cut_stream s;
	struct frame f;
	frame_init(&f, SHAPE_AUTO, 1 << 20);
	s.n = 0;
	take(&f, LOF_LIT("{\"a\":\n{"), 0, 7, false, &s);
	frame_restart(&f);
	s.n = 0;
	take(&f, LOF_LIT(MARK "{}\n"), 0, 6, true, &s);
	struct lof_buf got = described(&s, LOF_LIT(MARK "{}\n"));
	cr_assert(lof_str_eq(buf_view(&got), LOF_LIT("B<" MARK ">E<{}>B<\n>")));
	cr_assert_eq(f.line, 2);
	buf_free(&got);
	frame_free(&f);
}

// --- no byte is looked at twice -------------------------------------------------------------------------------------

// What has been looked at is taken away: a second look at it would end the test. The first page and the last, where the
// event begins and where it ends, may be seen again. So the work is proportional to the bytes, however they arrive; no
// clock is needed to show it.
static void
looked_at_once(enum frame_shape shape, struct lof_str before, struct lof_str begin, struct lof_str fill,
    struct lof_str end)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 64, size = pages * page;
	char *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(all, MAP_FAILED);
	struct frame f;
	frame_init(&f, shape, 1 << 30);
	for (size_t done = 0; done < before.n;) {
		struct piece p = frame_next(&f, before.p + done, before.n - done, false);
		cr_assert_neq(p.kind, FRAME_MORE);
		done += p.bytes.n;
	}
	memcpy(all, begin.p, begin.n);
	for (size_t i = begin.n; i + fill.n <= size - end.n; i += fill.n)
		memcpy(all + i, fill.p, fill.n);
	size_t rest = (size - end.n - begin.n) % fill.n;
	memset(all + size - end.n - rest, ' ', rest);
	memcpy(all + size - end.n, end.p, end.n);
	for (size_t have = page; have < size; have += page) {
		for (size_t part = have - page + page / 4; part <= have; part += page / 4)
			cr_assert_eq(frame_next(&f, all, part, false).kind, FRAME_MORE);
		if (have > page)
			cr_assert_eq(mprotect(all + have - page, page, PROT_NONE), 0);
	}
	cr_assert_eq(mprotect(all, size, PROT_READ), 0);
	struct piece p = frame_next(&f, all, size, false);
	cr_assert_eq(p.kind, FRAME_EVENT);
	cr_assert_geq(p.bytes.n, size - 2);
	munmap(all, size);
	frame_free(&f);
}

Test(frame, no_byte_is_looked_at_twice)
{
	looked_at_once(SHAPE_AUTO, LOF_LIT(""), LOF_LIT("{\"a\":\""), LOF_LIT("x"), LOF_LIT("\"}\n"));
	looked_at_once(SHAPE_AUTO, LOF_LIT("{}\n"), LOF_LIT("{\"a\":\""), LOF_LIT("x"), LOF_LIT("\"}\n"));
	looked_at_once(SHAPE_AUTO, LOF_LIT(""), LOF_LIT(" "), LOF_LIT(" "), LOF_LIT("{}\n"));
	looked_at_once(SHAPE_AUTO, LOF_LIT("{}\n"), LOF_LIT(" "), LOF_LIT(" "), LOF_LIT("{}\n"));
	looked_at_once(SHAPE_VALUES, LOF_LIT("{}"), LOF_LIT("{\"a\":\""), LOF_LIT("x"), LOF_LIT("\"}"));
	looked_at_once(SHAPE_VALUES, LOF_LIT("{}"), LOF_LIT("{\"a\":[1"), LOF_LIT(",\n{\"b\":2}"), LOF_LIT("]}"));
	// Lines ends in the beginning are where doubt is; there are eight of them.
	looked_at_once(SHAPE_AUTO, LOF_LIT(""), LOF_LIT("{\"a\":[\n1\n,\n2\n,\n3\n,\n4\n,\n5\n,\n6"),
	    LOF_LIT(",\n{\"b\":2}"), LOF_LIT("]}"));
	looked_at_once(SHAPE_AUTO, LOF_LIT("[\n"), LOF_LIT("{\"a\":[1"), LOF_LIT(",\n{\"b\":2}"), LOF_LIT("]}"));
}

// Doubt about the first line ends, and costs a fixed number of looks: in a value of many lines it is over after a few.
Test(frame, doubt_ends)
{
	static struct cut_stream s;
	struct lof_buf b = { 0 };
	buf_str(&b, LOF_LIT("{\"a\":[1"));
	for (int i = 0; i < 100; i++)
		buf_str(&b, LOF_LIT(",\n1"));
	buf_str(&b, LOF_LIT("]}\n{\"b\":2}\n"));
	cut(&s, buf_view(&b), SHAPE_AUTO, 1 << 20, b.n, 0);
	cr_assert_eq(s.shape, SHAPE_VALUES);
	cr_assert_eq(s.n, 4);
	same_however_it_arrives(buf_view(&b), SHAPE_AUTO, 1 << 20);
	buf_free(&b);
	// Cut in the first line, and the next lines are events of their own: at the second it is seen.
	buf_str(&b, LOF_LIT("{\"a\":{\"b\":[1,\n"));
	for (int i = 0; i < 100; i++)
		buf_str(&b, LOF_LIT("{\"c\":1}\n"));
	cut(&s, buf_view(&b), SHAPE_AUTO, 1 << 20, b.n, 0);
	cr_assert_eq(s.shape, SHAPE_LINES);
	cr_assert_eq(s.n, 2 * 101);
	cr_assert_eq(s.v[0].kind, 'W');
	for (size_t i = 2; i < s.n; i += 2)
		cr_assert_eq(s.v[i].kind, 'E');
	buf_free(&b);
}
