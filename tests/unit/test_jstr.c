// The inside of JSON strings, with jansson as the oracle of what they mean.
#include "json/jstr.h"
#include "run.h"

#include <criterion/criterion.h>
#include <jansson.h>

static void
decodes(const char *raw, size_t n, const char *want, size_t m)
{
	char *copy = calloc(n ? n : 1, 1), *out = malloc(m ? m : 1);
	size_t got;

	if (n)
		memcpy(copy, raw, n);
	cr_assert(jstr_decode(LOF_STR(copy, n), out, m, &got), "%.*s", (int)n, raw);
	cr_assert_eq(got, m, "%.*s: %zu bytes, not %zu", (int)n, raw, got, m);
	if (m)
		cr_assert_arr_eq(out, want, m, "%.*s", (int)n, raw);
	for (size_t max = 0; max < m; max++) { // one byte too few, and fewer
		char *less = malloc(max ? max : 1);

		cr_assert_not(jstr_decode(LOF_STR(copy, n), less, max, &got), "%.*s in %zu", (int)n, raw, max);
		free(less);
	}
	free(copy);
	free(out);
}
#define DECODES(raw, want) decodes(raw, sizeof(raw) - 1, want, sizeof(want) - 1)

static void
refuses(const char *raw)
{
	char out[100];
	size_t n;

	cr_assert_not(jstr_decode(lof_cstr(raw), out, sizeof out, &n), "%s", raw);
}

Test(jstr, decode)
{
	DECODES("", "");
	DECODES("abc", "abc");
	DECODES("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
	DECODES("a\\u0041b", "aAb");
	DECODES("\\u0000", "\0");
	DECODES("\\u0000x\\u0000", "\0x\0");
	DECODES("\\u007f\\u0080\\u07ff\\u0800\\uffff", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
	DECODES("\\u00e9\\u00E9", "\xc3\xa9\xc3\xa9");
	DECODES("\\ud83d\\ude00", "\xf0\x9f\x98\x80");
	DECODES("\\uD800\\uDC00\\uDBFF\\uDFFF", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
	DECODES("\\\\u0041", "\\u0041");
	DECODES("\\\\\\u0041", "\\A");
	DECODES("\xf0\x9f\x98\x80\\n", "\xf0\x9f\x98\x80\n");
	DECODES("T\\u0031059", "T1059");
	DECODES("\\uD7FF\\uE000", "\xed\x9f\xbf\xee\x80\x80");
}

Test(jstr, a_lone_surrogate_is_no_text)
{
	refuses("\\ud800");
	refuses("\\udc00");
	refuses("x\\ud800y");
	refuses("\\ud800\\n");
	refuses("\\ud800\\u0041");
	refuses("\\ud800\\ud800");
	refuses("\\udc00\\ud800");
	refuses("\\ud83d\\\\ude00");
	refuses("\\ud83dude00xx");
	refuses("\\ud83d\\ude00\\udfff");
}

// The scanner meets keys before it knows that they are well-formed: the sanitizer sees what is read behind them.
Test(jstr, of_what_is_no_string_nothing_behind_is_read)
{
	static const char *const cut[] = { "\\", "x\\", "\\u", "\\u1", "\\u12", "\\u123", "\\ud83d\\", "\\ud83d\\u",
	    "\\ud83d\\ude0" };

	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		size_t n = strlen(cut[i]), m;
		char *copy = malloc(n), out[20];

		memcpy(copy, cut[i], n);
		cr_assert_not(jstr_decode(LOF_STR(copy, n), out, sizeof out, &m), "%s", cut[i]);
		free(copy);
	}
}

Test(jstr, escape)
{
	static const struct {
		struct lof_str plain;
		const char *want;
	} t[] = {
		{ { "", 0 }, "" }, { { "abc", 3 }, "abc" }, { { "\"\\/", 3 }, "\\\"\\\\/" }, { { "\0\x01\x1f\x7f", 4 },
		    "\\u0000\\u0001\\u001f\\u007f" },
		{ { "\n\t", 2 }, "\\u000a\\u0009" }, { { "\xc3\xa9\xe2\x80\xa8", 5 }, "\xc3\xa9\xe2\x80\xa8" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct lof_buf b = { 0 };

		buf_lit(&b, "head");
		jstr_escape(&b, t[i].plain);
		buf_char(&b, 0);
		cr_assert_str_eq(b.p + 4, t[i].want);
		buf_free(&b);
	}
}

// Random code points, written raw or escaped in any way: what comes out is what jansson reads, and escaping and
// decoding are each other's way back.
Test(jstr, as_jansson_reads_it)
{
	uint64_t seed = 11;

	for (int k = 0; k < 20000; k++) {
		struct lof_buf raw = { 0 }, back = { 0 };
		char out[512], again[512], quoted[600];
		size_t n, m;
		json_t *v;

		for (size_t i = run_random(&seed) % 12; i > 0; i--) {
			static const uint32_t top[] = { 0x80, 0x800, 0x10000, 0x110000 };
			uint32_t c = (uint32_t)(run_random(&seed) % top[run_random(&seed) % 4]);
			char esc[16];

			if (c >= 0xd800 && c < 0xe000)
				c -= 0x800;
			if (c >= 0x10000)
				snprintf(esc, sizeof esc, "\\u%04x\\u%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
			else if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && run_random(&seed) % 2)
				snprintf(esc, sizeof esc, "%c", (char)c);
			else
				snprintf(esc, sizeof esc, run_random(&seed) % 2 ? "\\u%04x" : "\\u%04X", c);
			buf_put(&raw, esc, strlen(esc));
		}
		cr_assert(jstr_decode(buf_view(&raw), out, sizeof out, &n));
		m = (size_t)snprintf(quoted, sizeof quoted, "\"%.*s\"", (int)raw.n, raw.p ? raw.p : "");
		v = json_loadb(quoted, m, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		cr_assert_not_null(v, "%s", quoted);
		cr_assert_eq(json_string_length(v), n, "%s", quoted);
		cr_assert_eq(memcmp(json_string_value(v), out, n), 0, "%s", quoted);
		json_decref(v);
		jstr_escape(&back, LOF_STR(out, n));
		cr_assert(jstr_decode(buf_view(&back), again, sizeof again, &m));
		cr_assert(m == n && memcmp(again, out, n) == 0, "%s", quoted);
		buf_free(&raw);
		buf_free(&back);
	}
}
