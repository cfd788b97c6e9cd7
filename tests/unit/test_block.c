// All indexers give the same masks and the same faults for all inputs, and the faults are those that a reader of one
// byte at a time finds.
#include "base/buf.h"
#include "json/block.h"
#include "run.h"

#include <criterion/criterion.h>

static struct {
	block_fn *fn;
	block_sum_fn *sum;
	block_end_fn *end;
	const char *name;
} impl[4];
static size_t n_impl;

static void
init(void)
{
	static const enum block_kind kinds[] = { BLOCK_PORTABLE, BLOCK_AVX2, BLOCK_AVX512 };

	for (size_t i = 0; i < 3; i++)
		if (block_choose(kinds[i])) {
			impl[n_impl].fn = block_index;
			impl[n_impl].sum = block_sum;
			impl[n_impl].end = block_end;
			impl[n_impl++].name = block_name();
		}
	cr_assert(block_choose(BLOCK_AUTO));
	cr_assert_eq(block_index, impl[n_impl - 1].fn, "the best is taken by itself");
	cr_assert_eq(impl[0].fn, block_index_portable);
}

TestSuite(block, .init = init);

// --- helpers -----------------------------------------------------------------------------------------------------

struct answer {
	struct lof_buf tokens, slashes; // twice the offsets, + 1 for a closing quote; bits
	struct block_state st;
};

static void
index_all(block_fn *fn, const char *text, size_t n, struct answer *out)
{
	static struct block_tokens t;
	size_t k, blocks = 0, window = 0;

	out->tokens.n = out->slashes.n = 0;
	out->st = (struct block_state){ .text = (const uint8_t *)text, .n = n };
	while ((k = fn(&out->st, &t))) {
		cr_assert_leq(k, (size_t)BLOCKS);
		cr_assert_leq(t.n, k * BLOCK);
		for (size_t i = 0; i < t.n; i++) {
			int at = t.at[i];
			uint32_t token = (uint32_t)(window + (size_t)(at < 0 ? ~at : at)) * 2 + (at < 0);

			buf_put(&out->tokens, &token, sizeof token);
		}
		window = out->st.at;
		buf_put(&out->slashes, t.slash, k * sizeof *t.slash);
		blocks += k;
	}
	cr_assert_eq(out->st.at, n);
	cr_assert_eq(blocks, (n + BLOCK - 1) / BLOCK, "%zu bytes", n);
	cr_assert_eq(fn(&out->st, &t), 0, "the end is the end");
}

static uint32_t
offset(const struct lof_buf *tokens, size_t i)
{
	uint32_t v;

	memcpy(&v, tokens->p + i * sizeof v, sizeof v);
	return v;
}

// Length of the sequence at p: 0 if it is none, SIZE_MAX if it is the beginning of one.
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	uint32_t least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000, low, high;

	if (n < 2)
		return n;
	// The smallest and the largest code point that what is there can become.
	low = high = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (i < left && (p[i] & 0xc0) != 0x80)
			return 0;
		low = low << 6 | (i < left ? p[i] & 0x3fu : 0);
		high = high << 6 | (i < left ? p[i] & 0x3fu : 0x3f);
	}
	if (high < least || low > 0x10ffff || (low >= 0xd800 && high < 0xe000))
		return 0;
	return n <= left ? n : SIZE_MAX;
}

// The first fault before the end of the text, one byte at a time; n if there is none. *odd is the first byte outside
// strings that some indexers take for an operator (block.inc.h): no text goes on behind it.
static size_t
slow_fault(const unsigned char *p, size_t n, enum block_fault *kind, bool *in_string, size_t *odd)
{
	bool escaped = false, inside = false;
	size_t first = n, known = 0;

	*kind = FAULT_NONE;
	*odd = n;
#define NOTE(at, what) do { if ((at) < first) { first = (at); *kind = (what); } } while (0)
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= 0x80 && i >= known && known != SIZE_MAX) {
			size_t k = utf8_length(p + i, n - i);

			if (k == 0)
				NOTE(i, FAULT_UTF8);
			known = k && k != SIZE_MAX ? i + k : SIZE_MAX;
		}
		if (!inside && (p[i] == 0x0c || p[i] == 0x1a) && i < *odd)
			*odd = i;
		if (inside && p[i] < 0x20)
			NOTE(i, FAULT_CONTROL);
		if (escaped && inside && (!p[i] || !strchr("\"\\/bfnrtu", p[i])))
			NOTE(i, FAULT_ESCAPE);
		for (size_t k = 1; escaped && inside && p[i] == 'u' && k <= 4; k++)
			if (i + k < n && (!p[i + k] || !strchr("0123456789abcdefABCDEF", p[i + k]))) {
				NOTE(i + k, FAULT_ESCAPE);
				break;
			}
		if (p[i] == '"' && !escaped)
			inside = !inside;
		escaped = p[i] == '\\' && !escaped;
	}
	*in_string = inside;
	return first;
}

// The tokens as block.h has them, one byte at a time. What tells a closing quote's place is not seen across windows.
static void
slow_tokens(const unsigned char *p, size_t n, struct lof_buf *out)
{
	enum { PLAIN, OPENS, CLOSES, BEGINS, ENDS, PARTS } *kind = calloc(n + 2, sizeof *kind);
	bool escaped = false, inside = false, run = false, ended = false;

	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		bool quote = p[i] == '"' && !escaped, bracket = false, separator = false, in_run = false;

		escaped = p[i] == '\\' && !escaped;
		if (!inside && !quote) {
			bracket = p[i] && strchr("{}[]", p[i]);
			separator = p[i] == ',' || p[i] == ':';
			in_run = !bracket && !separator && (!p[i] || !strchr(" \t\r\n", p[i]));
		}
		kind[i] = quote && inside ? CLOSES : bracket && (p[i] == '}' || p[i] == ']') ? ENDS :
		    quote || bracket || (in_run && !run) ? BEGINS : separator ? ended ? PARTS : OPENS : PLAIN;
		run = in_run;
		ended = bracket || in_run || (quote && inside);
		inside ^= quote;
	}
	for (size_t i = 0, border = 0; i < n; i++) {
		uint32_t token = (uint32_t)i * 2 + (kind[i] == CLOSES);

		border = i % (BLOCKS * BLOCK) == 0 ? i + BLOCKS * BLOCK : border;
		if (kind[i] == PLAIN || kind[i] == PARTS ||
		    (kind[i] == CLOSES && ((i + 1 < border && kind[i + 1] == ENDS) ||
		    (i + 2 < border && kind[i + 1] == PARTS && kind[i + 2] == BEGINS))))
			continue;
		buf_put(out, &token, sizeof token);
	}
	free(kind);
}

static void
same_tokens(const struct lof_buf *want, const struct lof_buf *got, size_t odd, const char *name)
{
	size_t n = want->n / sizeof(uint32_t), m = got->n / sizeof(uint32_t);

	for (size_t i = 0; i < (n < m ? m : n); i++) {
		uint32_t x = i < n ? offset(want, i) : UINT32_MAX, y = i < m ? offset(got, i) : UINT32_MAX;

		if (x / 2 >= odd && y / 2 >= odd)
			break;
		cr_assert_eq(x, y, "%s: token %zu at %u%s, not %u%s", name, i, y / 2, y & 1 ? " (closing)" : "", x / 2,
		    x & 1 ? " (closing)" : "");
	}
}

static void
same(const char *bytes, size_t n)
{
	static struct answer want, got;
	static struct lof_buf slow;
	char *text = calloc(n ? n : 1, 1);
	enum block_fault fault;
	bool inside;
	size_t first, odd;

	if (n)
		memcpy(text, bytes, n);
	first = slow_fault((const unsigned char *)text, n, &fault, &inside, &odd);
	slow_tokens((const unsigned char *)text, n, &slow);
	index_all(impl[0].fn, text, n, &want);
	same_tokens(&slow, &want.tokens, odd, impl[0].name);
	for (size_t i = 1; i < n_impl; i++) {
		index_all(impl[i].fn, text, n, &got);
		same_tokens(&want.tokens, &got.tokens, odd, impl[i].name);
		if (n)
			cr_assert_arr_eq(got.slashes.p, want.slashes.p, want.slashes.n, "%s: slashes of %zu bytes", impl[i].name, n);
		cr_assert_eq(got.st.fault, want.st.fault, "%s: fault %u, not %u", impl[i].name, got.st.fault, want.st.fault);
		cr_assert_eq(got.st.fault_at, want.st.fault_at, "%s: fault at %zu, not %zu", impl[i].name, got.st.fault_at,
		    want.st.fault_at);
		cr_assert(got.st.carry.in_string == want.st.carry.in_string && got.st.carry.escape == want.st.carry.escape,
		    "%s: state after %zu bytes", impl[i].name, n);
	}
	if (first < n || (want.st.fault && want.st.fault_at < n)) {
		cr_assert_eq(want.st.fault, fault, "fault %u, not %u, at %zu of %zu", want.st.fault, fault, first, n);
		cr_assert_eq(want.st.fault_at, first, "fault at %zu, not %zu", want.st.fault_at, first);
	}
	for (size_t i = 0; i < n; i++)
		cr_assert_eq((want.slashes.p[i / 8] >> i % 8 & 1) != 0, text[i] == '\\', "slash at %zu", i);
	cr_assert_eq(want.st.carry.in_string, inside ? ~(uint64_t)0 : 0);
	free(text);
}

// --- tests -------------------------------------------------------------------------------------------------------

Test(block, random_bytes)
{
	uint64_t seed = 1;
	char text[400];

	for (size_t n = 0; n <= 300; n++)
		for (int k = 0; k < 20; k++) {
			for (size_t i = 0; i < n; i++)
				text[i] = (char)run_random(&seed);
			same(text, n);
		}
}

Test(block, bytes_such_as_json_has)
{
	static const char *const alphabets[] = { "\"\\ a", "{}[]:,\" 1", "\"\\u0dDfg/bnrt", "\"\\\n\x1f\x7f \t",
	    "\"\xc3\xa9\xf0\x9f\x98\x80\xed",
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\", "\xe2\x80\x8b\"\xf4\x8f\xbf\xbf\xef" };
	uint64_t seed = 2;
	char text[3 * BLOCKS * BLOCK];

	for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++)
		for (size_t n = 0; n <= 300; n++)
			for (int k = 0; k < 8; k++) {
				size_t len = strlen(alphabets[a]);

				for (size_t i = 0; i < n; i++)
					text[i] = alphabets[a][run_random(&seed) % len];
				same(text, n);
			}
	for (int k = 0; k < 50; k++) { // more than one window
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = "{}[]:,\"\\u00eb\xc3\xa9 \n"[run_random(&seed) % 18];
		same(text, sizeof text);
	}
}

Test(block, every_byte_in_and_out_of_strings)
{
	char text[140];

	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 70; at++) {
			memset(text, ' ', sizeof text);
			text[at] = (char)c;
			same(text, sizeof text);
			memset(text, 'x', sizeof text);
			text[0] = text[sizeof text - 1] = '"';
			text[at + 1] = (char)c;
			same(text, sizeof text);
			text[at] = at ? '\\' : '"';
			same(text, sizeof text);
		}
}

Test(block, backslashes_across_borders)
{
	char text[300];

	for (size_t from = 40; from < 70; from++)
		for (size_t run = 0; run < 140; run++) {
			memset(text, 'n', sizeof text);
			text[10] = '"';
			memset(text + from, '\\', run);
			text[from + run] = '"';
			same(text, sizeof text);
			same(text, from + run + 1);
			same(text, from + run);
		}
}

Test(block, quotes_at_every_position)
{
	char text[200];

	for (size_t a = 0; a < 132; a++)
		for (size_t b = a; b < 132; b++) {
			memset(text, '1', sizeof text);
			text[a] = text[b] = '"';
			same(text, b + 1 + a % 3);
		}
}

Test(block, utf8_at_every_offset)
{
	static const char *const pieces[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf",
	    "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
		"\xc0\xaf", "\xe0\x9f\x80", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80",
		    "\xff", "\xe2\x82",
		"\xf0\x9f\x98", "\xc3\xc3\xa9", "\xe2\x82\xe2\x82\xac" };
	char text[300];

	for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
		for (size_t at = 0; at < 140; at++)
			for (int quoted = 0; quoted < 2; quoted++) {
				size_t n = strlen(pieces[k]);

				memset(text, 'a', sizeof text);
				text[0] = quoted ? '"' : 'a';
				memcpy(text + at, pieces[k], n);
				same(text, sizeof text);
				for (size_t cut = 0; cut <= n; cut++)
					same(text, at + cut);
				memcpy(text + at + n, pieces[(k + 1) % 6], strlen(pieces[(k + 1) % 6]));
				same(text, sizeof text);
			}
}

Test(block, unicode_escapes_at_every_offset)
{
	static const char *const pieces[] = { "\\u0041", "\\uD83D\\uDE00", "\\u00g0", "\\u\"000", "\\u12", "\\u", "\\\\u12xx",
	    "\\u000\xc3\xa9" };
	char text[300];

	for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
		for (size_t at = 1; at < 140; at++) {
			size_t n = strlen(pieces[k]);

			memset(text, ' ', sizeof text);
			text[0] = '"';
			memcpy(text + at, pieces[k], n);
			text[at + n] = '"';
			for (size_t cut = 0; cut <= n + 1; cut++)
				same(text, at + cut);
			same(text, sizeof text);
		}
}

// --- ends ----------------------------------------------------------------------------------------------------------

// One byte at a time.
static size_t
slow_end(struct block_nest *s, const char *p, size_t n, bool one_line)
{
	for (size_t i = 0; i < n; i++) {
		bool blank = p[i] == '\t' || p[i] == '\r' || p[i] == '\n', string = s->in_string, escaped = s->escape;

		if ((unsigned char)p[i] < 0x20 && (string || one_line || !blank))
			return i;
		s->escape = !escaped && p[i] == '\\';
		if (p[i] == '"' && !escaped)
			s->in_string = ~s->in_string;
		if (string)
			continue;
		s->depth += p[i] == '{' || p[i] == '[';
		if ((p[i] == '}' || p[i] == ']') && --s->depth == 0) {
			*s = (struct block_nest){ 0 };
			return i + 1;
		}
	}
	return n;
}

// Random values, in pieces of any size, on to their end and from byte to byte that must be looked at.
Test(block, ends_are_where_a_slow_reader_finds_them)
{
	static const char letters[] = "{}[]\"\\ ,:abc\"\"{}\n\t\x01\xc3";
	uint64_t seed = 5;

	for (int k = 0; k < 20000; k++) {
		size_t n = run_random(&seed) % 400, first = run_random(&seed) % 8;
		char *text = malloc(n + 1);
		bool one_line = k % 2;

		for (size_t i = 0; i < n; i++) // the less of the last, the longer the runs
			text[i] = letters[run_random(&seed) % (sizeof letters - 1 - (k % 5 ? 4 : 0))];
		for (size_t i = 0; i < n && k % 3 == 0; i++) // mostly strings and small values
			text[i] = run_random(&seed) % 8 ? 'x' : text[i];
		for (size_t m = 0; m < n_impl; m++) {
			struct block_nest want = { .depth = 1 + first }, got = want;

			for (size_t at = 0; at < n && got.depth;) {
				size_t part = 1 + run_random(&seed) % (n - at);
				char *copy = malloc(part); // so that a byte read behind it shows
				memcpy(copy, text + at, part);
				size_t expected = slow_end(&want, copy, part, one_line), there = impl[m].end(&got, copy, part, one_line);

				cr_assert_eq(there, expected, "%s: %zu, not %zu: %.*s", impl[m].name, at + there, at + expected, (int)n, text);
				cr_assert(got.depth == want.depth && got.in_string == want.in_string && got.escape == want.escape, "%s at %zu: %.*s",
				    impl[m].name, at + there, (int)n, text);
				free(copy);
				at += there;
				if (got.depth && there < part) { // a control byte: looked at
					got.escape = want.escape = 0;
					at++;
				}
			}
		}
		free(text);
	}
}

// --- sums --------------------------------------------------------------------------------------------------------

// The digits that are left out of p[0, n), one at a time.
static uint64_t
slow_rows(const char *p, size_t n, unsigned run)
{
	uint64_t rows = 0;

	for (size_t i = 0, end; i < n; i = end) {
		bool escape = false;

		for (end = i; end < n && p[end] >= '0' && p[end] <= '9'; end++)
			;
		for (size_t k = 2; k <= 5 && k <= i; k++)
			escape |= p[i - k] == '\\' && p[i - k + 1] == 'u';
		for (size_t k = i; k < end && end - i >= run && !escape; k++)
			rows |= (uint64_t)1 << k;
		end += end == i;
	}
	return rows;
}

Test(block, sums_leave_out_rows_of_digits)
{
	uint64_t seed = 3, key[BLOCK_KEYS];
	char text[BLOCK], other[BLOCK];

	for (size_t i = 0; i < BLOCK_KEYS; i++)
		key[i] = run_random(&seed);
	for (int k = 0; k < 20000; k++) {
		size_t n = run_random(&seed) % (BLOCK + 1);
		unsigned run = k % 9 == 0 ? 0 : 3 + run_random(&seed) % 6;
		bool escape = false;
		struct block_sum want;
		uint64_t rows;

		for (size_t i = 0; i < n; i++)
			other[i] = text[i] = "0123456789 \\ua\xc3"[run_random(&seed) % (k % 2 ? 16 : 11)];
		want = impl[0].sum(text, n, run, &escape, key);
		rows = run ? slow_rows(text, n, run) : 0;
		cr_assert_eq(want.rows, rows, "%.*s: %lx, not %lx", (int)n, text, want.rows, rows);
		cr_assert(escape || n < BLOCK || !run || !memchr(text + BLOCK - 5, '\\', 5));
		for (size_t i = 1; i < n_impl; i++) {
			bool too = false;
			struct block_sum got = impl[i].sum(text, n, run, &too, key);

			cr_assert(got.rows == want.rows && too == escape, "%s: %.*s", impl[i].name, (int)n, text);
			cr_assert_arr_eq(got.sum, want.sum, sizeof got.sum, "%s: %.*s", impl[i].name, (int)n, text);
		}
		for (size_t i = 0; i < n; i++) // what is left out may differ, nothing else
			if (rows >> i & 1)
				other[i] = (char)('0' + run_random(&seed) % 10);
		escape = false;
		cr_assert_arr_eq(impl[0].sum(other, n, run, &escape, key).sum, want.sum, sizeof want.sum);
		if (n == 0 || n == 64 || ~rows << (64 - n) == 0)
			continue;
		for (size_t i = run_random(&seed) % n;; i = (i + 1) % n)
			if (!(rows >> i & 1)) {
				other[i] = 'x';
				break;
			}
		escape = false;
		cr_assert(memcmp(impl[0].sum(other, n, run, &escape, key).sum, want.sum, sizeof want.sum) != 0);
	}
}

Test(block, sums_know_of_an_escape_in_the_piece_before)
{
	const uint64_t key[BLOCK_KEYS] = { 0 };

	for (size_t i = 0; i < n_impl; i++) {
		bool escape = true;

		cr_assert_eq(impl[i].sum("00410042 4711", 13, 3, &escape, key).rows, 0x1e00, "%s", impl[i].name);
		cr_assert_not(escape);
	}
}

Test(block, a_kind_the_processor_lacks_is_refused_or_works)
{
	for (int kind = BLOCK_AUTO; kind <= BLOCK_AVX512; kind++) {
		block_fn *before = block_index;
		bool ok = block_choose((enum block_kind)kind);

		cr_assert(ok || block_index == before, "what is refused changes nothing");
	}
	cr_assert(block_choose(BLOCK_PORTABLE));
	cr_assert_str_eq(block_name(), "portable");
	cr_assert_eq(block_index, block_index_portable);
}
