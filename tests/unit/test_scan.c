// The scanner: which texts are JSON and where they stop being it, what it reports, and that it does so alike with every
// indexer, from memory that ends where the text ends.
#include "json/scan.h"
#include "rules/rules.h"
#include "base/hash.h"
#include "base/io.h"
#include "run.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <sys/mman.h>
#include <unistd.h>

static const enum block_kind kinds[] = { BLOCK_PORTABLE, BLOCK_AVX2, BLOCK_AVX512 };
enum { KINDS = 3, PAGES = 17 };

static struct lof_arena arena;
static struct paths *nothing;
static struct scan scan;
static char *guard; // PAGES pages, and behind them one that must not be touched
static size_t page;

static void
init(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	guard = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(guard, MAP_FAILED);
	cr_assert_eq(mprotect(guard + PAGES * page, page, PROT_NONE), 0);
	nothing = paths_new(&arena, false);
	paths_freeze(nothing);
}

static void
fini(void)
{
	scan_free(&scan);
	arena_free(&arena);
	munmap(guard, (PAGES + 1) * page);
	block_choose(BLOCK_AUTO);
}

TestSuite(scan, .init = init, .fini = fini);

// --- what is JSON ------------------------------------------------------------------------------------------------

static const char *
verdict_name(enum scan_verdict v)
{
	static const char *const names[] = { "object", "array", "other", "empty", "cut", "bad" };
	return names[v];
}

static void
one(const char *text, size_t n, enum scan_verdict want, size_t at, const char *why, const char *shown)
{
	enum scan_verdict v = scan_event(&scan, nothing, text, n, LOF_LIT("lofp"));

	cr_assert_eq(v, want, "%s: %s with %s, not %s (%s at %zu)", shown, verdict_name(v), block_name(), verdict_name(want),
	    scan.why, scan.bad_at);
	if (v < SCAN_CUT)
		return;
	cr_assert_eq(scan.bad_at, at, "%s: at %zu with %s, not %zu", shown, scan.bad_at, block_name(), at);
	if (why)
		cr_assert_str_eq(scan.why, why, "%s: \"%s\" with %s, not \"%s\"", shown, scan.why, block_name(), why);
}

// With every indexer; from memory of exactly that size, and up against a page that must not be read.
static void
everywhere(const char *text, size_t n, enum scan_verdict want, size_t at, const char *why)
{
	char *copy = malloc(n ? n : 1), *end = guard + PAGES * page, shown[80];

	snprintf(shown, sizeof shown, "%.*s", (int)(n < 70 ? n : 70), text);
	if (n)
		memcpy(copy, text, n);
	for (size_t k = 0; k < KINDS; k++) {
		if (!block_choose(kinds[k]))
			continue;
		one(copy, n, want, at, why, shown);
		if (n <= PAGES * page) {
			if (n)
				memcpy(end - n, text, n);
			one(end - n, n, want, at, why, shown);
		}
	}
	free(copy);
}

struct sample {
	const char *text;
	size_t n;
	enum scan_verdict verdict;
	size_t at;
	const char *why;
};
#define T(s) "" s, sizeof(s) - 1
#define OBJECT(s) { T(s), SCAN_OBJECT, 0, NULL }
#define ARRAY(s) { T(s), SCAN_ARRAY, 0, NULL }
#define OTHER(s) { T(s), SCAN_OTHER, 0, NULL }
#define BAD(s, at, why) { T(s), SCAN_BAD, at, why }
#define CUT(s, why) { T(s), SCAN_CUT, sizeof(s) - 1, why }

static const char VALUE[] = "expected a value", COMMA_OBJECT[] = "expected ',' or '}'",
    COMMA_ARRAY[] = "expected ',' or ']'",
    NAME[] = "expected a member name in double quotes", COLON[] = "expected ':'",
    NOTHING[] = "expected nothing behind the value",
    OPEN[] = "unterminated string", CONTROL[] = "control byte in a string", ESCAPE[] = "bad escape in a string",
    UTF8[] = "bad UTF-8";

// Each text as it is, between blanks, deep inside a larger one, and behind so much that it lies across blocks.
static void
whole(const struct sample *s, size_t n)
{
	static const size_t shifts[] = { 1, 31, 55, 62, 63, 64, 100, 2040, 4090 };
	char text[6000];

	for (size_t i = 0; i < n; i++) {
		everywhere(s[i].text, s[i].n, s[i].verdict, s[i].at, s[i].why);
		for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
			memset(text, "\n \t\r"[k % 4], shifts[k]);
			memcpy(text + shifts[k], s[i].text, s[i].n);
			everywhere(text, shifts[k] + s[i].n, s[i].verdict, s[i].at + shifts[k], s[i].why);
		}
	}
}
#define WHOLE(table) whole(table, sizeof table / sizeof *table)

static const struct sample accepted[] = {
	OBJECT("{}"), OBJECT(" { } "), OBJECT("\t\r\n {} \n"), ARRAY("[]"), ARRAY(" [ ] "), OTHER("null"), OTHER("true"),
	OTHER("false"),
	OTHER(" null "), OTHER("0"), OTHER("-0"), OTHER("-0.0"), OTHER("1"), OTHER("-1"), OTHER("10"),
	OTHER("1234567890"), OTHER("0.5"), OTHER("0e1"),
	OTHER("0e+1"), OTHER("0E-1"), OTHER("1E22"), OTHER("1.5e-10"), OTHER("-9.99E+99"),
	OTHER("1.000000000000000000000000000000001"),
	OTHER("\"\""), OTHER("\"a\""), OTHER("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), OTHER("\"\\u0000\""),
	OTHER("\"\\\\u0000\""),
	OTHER("\"\\uD834\\uDD1E\""), OTHER("\"\\ud834\\udd1e\""), OTHER("\"\\uFFFF\\uAbCd\""), OTHER("\"/\""),
	OTHER("\"\x7f\""),
	OTHER("\"\xc2\x80\xdf\xbf\""), OTHER("\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
	OTHER("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), OTHER("\"\xe2\x80\xa8\xe2\x80\xa9\""), OTHER("\"\xef\xbb\xbf\""),
	OBJECT("{\"a\":1,\"a\":2}"), OBJECT("{\"\":0}"), OBJECT("{\"\\u0000\":1}"), OBJECT("{\"a\":{},\"b\":[]}"),
	OBJECT("{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }"), OBJECT("{\"a\":\"}\",\"b\":\"]\",\"c\":\"{[,:\"}"),
	OBJECT("{\"a\\\"\":\"\\\\\"}"),
	OBJECT("{\"a\":null,\"b\":true,\"c\":false,\"d\":-1.5e3}"), OBJECT("{\"\xc3\xa9\":1}"), ARRAY("[[[[[]]]]]"),
	ARRAY("[1,\"a\",null,{\"b\":[]},[],{}]"), ARRAY("[1 ,2, 3]\n"), ARRAY("[\"\"]"), ARRAY("[1\n,1\n,2]"),
	ARRAY("[{},{},{}]"),
	ARRAY("[true,false,null]"), ARRAY("[-0,0,0.0]"), ARRAY("[\"\\\\\"]"), ARRAY("[\"\\\\\\\\\"]"),
	ARRAY("[\"\\\\\\\"\"]"),
	// the implementation decides; here: bytes are kept, so what is well-formed is taken
	OTHER("1e999"), OTHER("-1e-999"), OTHER("123456789012345678901234567890"), OTHER("\"\\ud800\""),
	OTHER("\"\\udc00\\ud800\""),
	OTHER("\"\\ud800\\u0041\""), OTHER("\"\xef\xbf\xbe\""), OTHER("\"\xf0\x9f\xbf\xbf\""), OBJECT("{\"\\udead\":1}"),
};

Test(scan, accepts_what_is_json)
{
	WHOLE(accepted);
}

static const struct sample rejected[] = {
	// structure
	BAD("}", 0, VALUE), BAD("]", 0, VALUE), BAD(",", 0, VALUE), BAD(":", 0, VALUE), BAD("{]", 1, NAME),
	BAD("[}", 1, VALUE),
	BAD("[1}", 2, COMMA_ARRAY), BAD("{\"a\":1]", 6, COMMA_OBJECT), BAD("{\"a\"}", 4, COLON),
	BAD("{\"a\" 1}", 5, COLON), BAD("{\"a\":}", 5, VALUE),
	BAD("{\"a\":1,}", 7, NAME), BAD("{\"a\":1,,\"b\":2}", 7, NAME), BAD("{,}", 1, NAME), BAD("{,\"a\":1}", 1, NAME),
	BAD("[1,]", 3, VALUE),
	BAD("[,1]", 1, VALUE), BAD("[,]", 1, VALUE), BAD("[1,,2]", 3, VALUE), BAD("{a:1}", 1, NAME),
	BAD("{'a':1}", 1, NAME), BAD("{1:1}", 1, NAME),
	BAD("{null:1}", 1, NAME), BAD("{[]:1}", 1, NAME), BAD("{{}:1}", 1, NAME), BAD("[1 2]", 3, COMMA_ARRAY),
	BAD("[\"a\" \"b\"]", 5, COMMA_ARRAY),
	BAD("[\"a\"\"b\"]", 4, COMMA_ARRAY), BAD("[[][]]", 3, COMMA_ARRAY), BAD("[{}{}]", 3, COMMA_ARRAY),
	BAD("{\"a\":1 \"b\":2}", 7, COMMA_OBJECT),
	BAD("{\"a\":1\"b\":2}", 6, COMMA_OBJECT), BAD("{\"a\":{}\"b\":2}", 7, COMMA_OBJECT), BAD("{\"a\"::1}", 5, VALUE),
	BAD("{:1}", 1, NAME),
	BAD("[1:2]", 2, COMMA_ARRAY), BAD("[\"a\":2]", 4, COMMA_ARRAY), BAD("{\"a\",\"b\"}", 4, COLON),
	BAD("{\"a\"[]}", 4, COLON),
	BAD("{\"a\":1:2}", 6, COMMA_OBJECT), BAD("{} {}", 3, NOTHING), BAD("{}{}", 2, NOTHING), BAD("{},", 2, NOTHING),
	BAD("{}x", 2, NOTHING),
	BAD("1 2", 2, NOTHING), BAD("\"a\"b", 3, NOTHING), BAD("\"a\":1", 3, NOTHING), BAD("\"a\",\"b\"", 3, NOTHING),
	BAD("1,2", 1, NOTHING),
	BAD("[]]", 2, NOTHING), BAD("{}}", 2, NOTHING), BAD("[]\"", 2, NOTHING), BAD("null null", 5, NOTHING),
	BAD("[][", 2, NOTHING),
	// literals
	BAD("True", 0, VALUE), BAD("TRUE", 0, VALUE), BAD("nulll", 0, VALUE), BAD("NaN", 0, VALUE),
	BAD("Infinity", 0, VALUE),
	BAD("[-Infinity]", 1, VALUE), BAD("[truth]", 1, VALUE), BAD("[nul]", 1, VALUE), BAD("[true1]", 1, VALUE),
	BAD("[a]", 1, VALUE), BAD("[*]", 1, VALUE),
	BAD("['a']", 1, VALUE), BAD("<html>", 0, VALUE), BAD("{\"a\":tru}", 5, VALUE), BAD("{\"a\":falsey}", 5, VALUE),
	BAD("undefined", 0, VALUE),
	BAD("[t]", 1, VALUE), BAD("[f,n]", 1, VALUE), BAD("[\\n]", 1, VALUE), BAD("\\\"a\"", 0, VALUE),
	BAD("[true\\]", 1, VALUE),
	// numbers
	BAD("+1", 0, VALUE), BAD(".5", 0, VALUE), BAD("[.5]", 1, VALUE), BAD("[1.]", 1, VALUE), BAD("[1.e5]", 1, VALUE),
	BAD("[1e]", 1, VALUE), BAD("[1e+]", 1, VALUE),
	BAD("[01]", 1, VALUE), BAD("[00]", 1, VALUE), BAD("[-]", 1, VALUE), BAD("[-01]", 1, VALUE),
	BAD("[--1]", 1, VALUE), BAD("[-a]", 1, VALUE), BAD("[0x1]", 1, VALUE),
	BAD("[1_000]", 1, VALUE), BAD("[1a]", 1, VALUE), BAD("[1e1.5]", 1, VALUE), BAD("[2.5.3]", 1, VALUE),
	BAD("[1+2]", 1, VALUE), BAD("[1e5e5]", 1, VALUE),
	BAD("[\xef\xbc\x91]", 1, VALUE), BAD("[- 1]", 1, VALUE), BAD("[1 .5]", 3, COMMA_ARRAY), BAD("01", 0, VALUE),
	BAD("-01", 0, VALUE),
	// strings
	BAD("[\"\\x\"]", 3, ESCAPE), BAD("[\"\\a\"]", 3, ESCAPE), BAD("[\"\\0\"]", 3, ESCAPE),
	BAD("[\"\\U0041\"]", 3, ESCAPE), BAD("[\"\\'\"]", 3, ESCAPE),
	BAD("[\"\\ \"]", 3, ESCAPE), BAD("[\"\\\n\"]", 3, NULL), BAD("[\"\\\xc3\xa9\"]", 3, ESCAPE),
	BAD("[\"\\\\\\x\"]", 5, ESCAPE), BAD("[\"\\u\"]", 4, ESCAPE),
	BAD("[\"\\u1\"]", 5, ESCAPE), BAD("[\"\\u12\"]", 6, ESCAPE), BAD("[\"\\u123\"]", 7, ESCAPE),
	BAD("[\"\\u12G4\"]", 6, ESCAPE), BAD("[\"\\u-123\"]", 4, ESCAPE),
	BAD("[\"\\u00e\xc3\xa9\"]", 7, ESCAPE), BAD("{\"\\x\":1}", 3, ESCAPE), BAD("[\"a\nb\"]", 3, CONTROL),
	BAD("[\"\0\"]", 2, CONTROL), BAD("[\"\t\"]", 2, CONTROL),
	BAD("[\"\x1f\"]", 2, CONTROL), BAD("{\"a\r\":1}", 3, CONTROL), BAD("{\"a\n", 3, CONTROL),
	// UTF-8
	BAD("[\"\xff\"]", 2, UTF8), BAD("[\"\xfe\"]", 2, UTF8), BAD("[\"\x80\"]", 2, UTF8),
	BAD("[\"\xc0\xaf\"]", 2, UTF8), BAD("[\"\xc1\xbf\"]", 2, UTF8),
	BAD("[\"\xe0\x80\x80\"]", 2, UTF8), BAD("[\"\xe0\x9f\xbf\"]", 2, UTF8), BAD("[\"\xed\xa0\x80\"]", 2, UTF8),
	BAD("[\"\xed\xbf\xbf\"]", 2, UTF8),
	BAD("[\"\xf0\x8f\xbf\xbf\"]", 2, UTF8), BAD("[\"\xf4\x90\x80\x80\"]", 2, UTF8),
	BAD("[\"\xf5\x80\x80\x80\"]", 2, UTF8),
	BAD("[\"\xf8\x88\x80\x80\x80\"]", 2, UTF8), BAD("[\"\xe2\x82\"]", 2, UTF8), BAD("[\"\xf0\x9f\x98\"]", 2, UTF8),
	BAD("[\"\xc3\"]", 2, UTF8),
	BAD("[\"\xc3\xa9\xa9\"]", 4, UTF8), BAD("{\"\xff\":1}", 2, UTF8), BAD("{\"a\":\"\xe9\"}", 6, UTF8),
	BAD("\xa0[]", 0, NULL), BAD("[]\xff", 2, NULL),
	// what is no white space
	BAD("\xef\xbb\xbf{}", 0, VALUE), BAD("[\x0c" "1]", 1, VALUE), BAD("[\x0b]", 1, VALUE), BAD("[1\x0c]", 1, VALUE),
	BAD("[\xe2\x80\x8b" "1]", 1, VALUE),
	BAD("[\xc2\xa0" "1]", 1, VALUE), BAD("[\x1a]", 1, VALUE), BAD("{}\0", 2, NOTHING), BAD("\0{}", 0, VALUE),
	BAD("[\0]", 1, VALUE), BAD("[1\0]", 1, VALUE),
	BAD("{\0}", 1, NAME), BAD("{\"a\"\0:1}", 4, COLON), BAD("1\0", 0, VALUE), BAD("[]\x1e", 2, NOTHING),
	// what some take for JSON
	BAD("/* */{}", 0, VALUE), BAD("{}//", 2, NOTHING), BAD("[1]#", 3, NOTHING), BAD("{\"a\":/**/1}", 5, VALUE),
	BAD("[1,...]", 3, VALUE), BAD("[`a`]", 1, VALUE),
	BAD("{\"a\":\"b\",c}", 9, NAME), BAD("{\"a\"=1}", 4, COLON), BAD("(1)", 0, VALUE), BAD("a:1", 0, VALUE),
	BAD("{\"a\":1;}", 5, VALUE), BAD("[1;2]", 1, VALUE),
	// the first of two mistakes counts
	BAD("[\"\xff\", \"\\x\"]", 2, UTF8), BAD("[\"\\x\", \"\xff\"]", 3, ESCAPE), BAD("[x, \"\xff\"]", 1, VALUE),
	BAD("[\"\x01\\x\"]", 2, CONTROL),
	BAD("[1 \"\xff\"]", 3, COMMA_ARRAY), BAD("[\"\\x\"", 3, ESCAPE), BAD("[\"\xff", 2, UTF8), BAD("[\"\\x", 3, ESCAPE),
};

Test(scan, rejects_what_is_not_and_says_where)
{
	WHOLE(rejected);
}

static const struct sample cut[] = {
	CUT("{", NAME), CUT("[", VALUE), CUT("{\"", OPEN), CUT("{\"a", OPEN), CUT("{\"a\"", COLON), CUT("{\"a\":", VALUE),
	CUT("{\"a\":1", COMMA_OBJECT),
	CUT("{\"a\":1 ", COMMA_OBJECT), CUT("{\"a\":1,", NAME), CUT("{\"a\":{}", COMMA_OBJECT), CUT("[1", COMMA_ARRAY),
	CUT("[1,", VALUE), CUT("[[]", COMMA_ARRAY),
	CUT("[\"a\"", COMMA_ARRAY), CUT("\"", OPEN), CUT("\"abc", OPEN), CUT("\"abc\\\"", OPEN), CUT("[\"\\\"]", OPEN),
	CUT("t", VALUE), CUT("tru", VALUE),
	CUT("fals", VALUE), CUT("n", VALUE), CUT("[nul", VALUE), CUT("-", VALUE), CUT("1.", VALUE), CUT("1e", VALUE),
	CUT("1E+", VALUE), CUT("[-0.5e-", VALUE),
	CUT("\"abc\\", NULL), CUT("\"\\u", NULL), CUT("\"\\u12", NULL), CUT("\"\\ud83d\\", NULL), CUT("\"\xc3", NULL),
	CUT("\"\xe2\x82", NULL), CUT("\"\xe2", NULL),
	CUT("\"\xf0\x9f\x98", NULL), CUT("{\"\xf0", NULL), CUT("[\"\xed\x9f", NULL), CUT("[\"\xf4\x8f", NULL),
	CUT("[\"\xed\x9f", NULL),
};

Test(scan, tells_cut_from_bad)
{
	WHOLE(cut);
	// What cannot be the beginning of a character is bad, however near the end.
	static const struct sample bad[] = { BAD("\"\xe2\x28", 1, UTF8), BAD("\"\xed\xa0", 1, UTF8), BAD("\"\xf4\x90", 1,
	    UTF8), BAD("\"\xc0", 1, UTF8),
		BAD("\"\xe0\x9f", 1, UTF8), BAD("\"\xf0\x8f", 1, UTF8), BAD("\"\xf5", 1, UTF8) };
	WHOLE(bad);
}

Test(scan, says_when_a_token_was_cut)
{
	static const char *const inside[] = { "{\"a", "\"a", "[tru", "-", "[1e", "{\"a\\u00", "{\"a\":\"b\\" };
	static const char *const between[] = { "{", "{\"a\"", "{\"a\":", "{\"a\":\"b\"", "{\"a\":\"b\",", "[{}" };

	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
		cr_assert_eq(scan_event(&scan, nothing, inside[i], strlen(inside[i]), LOF_LIT("")), SCAN_CUT);
		cr_assert(scan.in_token, "%s", inside[i]);
	}
	for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
		cr_assert_eq(scan_event(&scan, nothing, between[i], strlen(between[i]), LOF_LIT("")), SCAN_CUT);
		cr_assert_not(scan.in_token, "%s", between[i]);
	}
}

Test(scan, nothing_is_empty)
{
	static const struct sample empty[] = { { T(""), SCAN_EMPTY, 0, NULL }, { T(" "), SCAN_EMPTY, 0, NULL }, { T("\r\n\t "),
	    SCAN_EMPTY, 0, NULL } };
	WHOLE(empty);
	cr_assert_eq(scan_event(&scan, nothing, NULL, 0, LOF_LIT("lofp")), SCAN_EMPTY);
}

// Every mistake again, as an element, a value and behind a long string, so that the grammar's other states see it.
Test(scan, mistakes_inside_larger_texts)
{
	char text[5000];

	for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
		const struct sample *s = &rejected[i];
		size_t heads[] = { 1, 8, 200 };

		if (s->why == NOTHING || !s->why)
			continue;
		for (size_t k = 0; k < 3; k++) {
			memset(text, 'x', sizeof text);
			memcpy(text, k == 0 ? "[" : "{\"key\": ", heads[k] < 9 ? heads[k] : 8);
			if (k == 2) {
				text[8] = '"';
				memcpy(text + 190, "\", \"b\" :  ", 10);
			}
			if (k == 0 && s->text[0] == ']')
				continue;
			memcpy(text + heads[k], s->text, s->n);
			// The text ends with the mistake, so that nothing behind it matters.
			everywhere(text, heads[k] + s->n, SCAN_BAD, heads[k] + s->at, s->why);
		}
	}
}

// --- depth and length --------------------------------------------------------------------------------------------

enum { DEEP = 1000000 };

Test(scan, a_million_levels)
{
	char *text = malloc(6 * DEEP);

	for (size_t k = 0; k < KINDS; k++) {
		if (!block_choose(kinds[k]))
			continue;
		memset(text, '[', DEEP);
		memset(text + DEEP, ']', DEEP);
		one(text, 2 * DEEP, SCAN_ARRAY, 0, NULL, "[[...]]");
		one(text, 2 * DEEP - 1, SCAN_CUT, 2 * DEEP - 1, COMMA_ARRAY, "[[...]");
		one(text, DEEP, SCAN_CUT, DEEP, VALUE, "[[...");
		text[DEEP + DEEP / 3] = '}';
		one(text, 2 * DEEP, SCAN_BAD, DEEP + DEEP / 3, COMMA_ARRAY, "[[...}");
		for (size_t i = 0; i < DEEP; i++)
			memcpy(text + 5 * i, "{\"\":[", 5);
		one(text, 5 * DEEP, SCAN_CUT, 5 * DEEP, VALUE, "{\"\":[");
		cr_assert_leq(scan.cap_nest * 64, 8 * DEEP, "a bit a level");
		for (size_t i = 0; i < DEEP; i++)
			memcpy(text + 4 * i, "{\"\":", 4);
		text[4 * DEEP] = '0';
		memset(text + 4 * DEEP + 1, '}', DEEP);
		one(text, 5 * DEEP + 1, SCAN_OBJECT, 0, NULL, "{{...}}");
		one(text, 5 * DEEP, SCAN_CUT, 5 * DEEP, COMMA_OBJECT, "{{...}");
	}
	free(text);
}

Test(scan, objects_in_arrays_in_objects)
{
	struct lof_buf b = { 0 };

	for (size_t i = 0; i < 5000; i++)
		buf_lit(&b, "{\"a\":[");
	for (size_t i = 0; i < 5000; i++)
		buf_lit(&b, "]}");
	everywhere(b.p, b.n, SCAN_OBJECT, 0, NULL);
	b.p[6 * 5000 + 7001] = ']'; // a brace of level 1499
	everywhere(b.p, b.n, SCAN_BAD, 6 * 5000 + 7001, COMMA_OBJECT);
	buf_free(&b);
}

// --- prefixes ----------------------------------------------------------------------------------------------------

static const char *const alerts[] = {
	"{\"timestamp\":\"2026-11-20T10:00:00.000+0000\",\"rule\":{\"level\":12,\"description\":\"PowerShell \\\"encod"
	    "ed\\\" \\u2014 command\","
	"\"id\":\"92057\",\"mitre\":{\"id\":[\"T1059.001\"],\"tactic\":[\"Execution\"],\"technique\":[\"PowerShell\"]}"
	    ",\"firedtimes\":-1.5e+3},"
	"\"agent\":{\"id\":\"003\",\"name\":\"W\xc3\xb6rk\xe2\x80\x94\xf0\x9f\x98\x80\"},\"ok\":true,\"no\":false,\"ni"
	    "l\":null,\"e\":[[],{},[[1]]]}",
	"[ {\"event\" : {\"kind\" : \"alert\"}} , {\"x\":\"\\ud83d\\ude00\\\\\\\"\"},\r\n 0.0, -0 , \"\" ]",
	"{\"a\\tb\":\"C:\\\\Windows\\\\System32\\\\cmd.exe /c \\\"echo \\u0026 \xe4\xb8\xad\xe6\x96\x87\\\"\"}",
	"\"just a string with \xf4\x8f\xbf\xbf\"", "-12.5e-7", "  true  ",
};

Test(scan, every_prefix_is_cut_or_complete)
{
	for (size_t a = 0; a < sizeof alerts / sizeof *alerts; a++)
		for (size_t n = 0; n <= strlen(alerts[a]); n++)
			for (size_t k = 0; k < KINDS; k++) {
				char *copy = malloc(n ? n : 1), *end = guard + PAGES * page;
				enum scan_verdict v, w;

				if (!block_choose(kinds[k])) {
					free(copy);
					continue;
				}
				memcpy(copy, alerts[a], n);
				memcpy(end - n, alerts[a], n);
				v = scan_event(&scan, nothing, copy, n, LOF_LIT("lofp"));
				w = scan_event(&scan, nothing, end - n, n, LOF_LIT("lofp"));
				cr_assert_eq(v, w);
				cr_assert_neq(v, SCAN_BAD, "%.*s: %s at %zu", (int)n, alerts[a], scan.why, scan.bad_at);
				if (alerts[a][0] == '{' || alerts[a][0] == '[')
					cr_assert_eq(v, n == 0 ? SCAN_EMPTY : n < strlen(alerts[a]) ? SCAN_CUT :
					    alerts[a][0] == '{' ? SCAN_OBJECT : SCAN_ARRAY);
				if (v == SCAN_CUT)
					cr_assert_eq(scan.bad_at, n);
				free(copy);
			}
}

// --- hits --------------------------------------------------------------------------------------------------------

// "path" asks for values, "?path" for containers too, "^path" for objects as events; "path|inner" for what is in a
// string.
static struct paths *
make_paths(struct lof_arena *a, const char *list)
{
	struct paths *ps = paths_new(a, false);
	struct lof_str rest = lof_cstr(list), p, outer;
	const char *why;

	while (lof_str_cut(&rest, ' ', &p)) {
		unsigned flags = PATH_VALUE;
		path_node from = PATH_ROOT;

		if (p.p[0] == '?' || p.p[0] == '^') {
			flags = p.p[0] == '?' ? PATH_VALUE | PATH_EXISTS : PATH_OPEN;
			p = LOF_STR(p.p + 1, p.n - 1);
		}
		if (memchr(p.p, '|', p.n)) {
			lof_str_cut(&p, '|', &outer);
			from = paths_inner(ps, paths_add(ps, PATH_ROOT, outer, PATH_VALUE, &why));
		}
		cr_assert_neq(paths_add(ps, from, p, flags, &why), PATH_DEAD, "%s", why);
	}
	paths_freeze(ps);
	return ps;
}

static void
put_node(struct lof_buf *b, const struct paths *ps, path_node node)
{
	char text[200];

	if (b->n)
		buf_char(b, ' ');
	buf_put(b, text, paths_text(ps, node, text, sizeof text));
}

// "path=bytes", in order; containers as "path{".
static void
hits(const char *list, const char *text, const char *want)
{
	struct lof_arena a = { 0 };
	struct paths *ps = make_paths(&a, list);

	for (size_t k = 0; k < KINDS; k++) {
		struct lof_buf got = { 0 };
		size_t n = strlen(text);
		char *copy = malloc(n);

		if (block_choose(kinds[k])) {
			memcpy(copy, text, n);
			cr_assert_lt(scan_event(&scan, ps, copy, n, LOF_LIT("lofp")), SCAN_CUT, "%s: %s", text, scan.why);
			for (size_t i = 0; i < scan.n_hits; i++) {
				const struct scan_hit *h = &scan.hits[i];

				put_node(&got, ps, h->node);
				buf_char(&got, h->kind == SCAN_CONTAINER ? '{' : '=');
				if (h->kind != SCAN_CONTAINER)
					buf_put(&got, h->p, h->n);
				cr_assert_eq(h->escaped, h->n && memchr(h->p, '\\', h->n) != NULL);
				cr_assert_eq(h->kind == SCAN_STRING, h->kind != SCAN_CONTAINER && h->p[-1] == '"');
			}
			buf_char(&got, 0);
			cr_assert_str_eq(got.p, want, "%s in %s with %s: \"%s\", not \"%s\"", list, text, block_name(), got.p, want);
		}
		buf_free(&got);
		free(copy);
	}
	arena_free(&a);
}

Test(scan, values_at_paths)
{
	hits("a", "{\"a\":\"x\"}", "a=x");
	hits("a", "{\"a\":-1.5e3 }", "a=-1.5e3");
	hits("a", "{\"a\":true}", "a=true");
	hits("a", "{\"a\":false}", "a=false");
	hits("a", "{\"a\":null}", "");
	hits("a", "{\"a\":\"\"}", "a=");
	hits("a", "{\"b\":1,\"A\":2,\"aa\":3,\"\":4}", "");
	hits("a", "{\"a\":{\"a\":1}}", "");
	hits("a b", "{\"b\":1,\"c\":2,\"a\":3}", "b=1 a=3");
	hits("a.b", "{\"a\":{\"c\":0,\"b\":1}}", "a.b=1");
	hits("a.b", "{\"b\":1,\"a\":2}", "");
	hits("a.b", "{\"x\":{\"a\":{\"b\":1}}}", "");
	hits("a a.b", "{\"a\":{\"b\":1}}", "a.b=1");
	hits("a.b.c", "{\"a\":{\"b\":{\"c\":1},\"c\":2},\"c\":3}", "a.b.c=1");
	hits("a long_key_of_more_than_eight another_long_key_of_it",
	    "{\"long_key_of_more_than_eight\":1,\"long_key_of_more_than_eighT\":2,"
	    "\"Long_key_of_more_than_eight\":3,\"another_long_key_of_it\":4,\"long_key_of_more\":5}",
	    "long_key_of_more_than_eight=1 another_long_key_of_it=4");
	hits("12345678 1234567 123456789", "{\"1234567\":7,\"12345678\":8,\"123456789\":9}",
	    "1234567=7 12345678=8 123456789=9");
	hits("with%20blank", "{\"with blank\":1}", "");
	hits("k", "[1,{\"k\":2}]", ""); // each element is an event of its own
	hits("k", "\"k\"", "");
}

Test(scan, existence)
{
	hits("?a", "{\"a\":{}}", "a{");
	hits("?a", "{\"a\":[]}", "a{");
	hits("?a", "{\"a\":[{}]}", "a{ a{");
	hits("?a", "{\"a\":null}", "");
	hits("?a a.b", "{\"a\":{\"b\":1}}", "a{ a.b=1");
	hits("a", "{\"a\":{}}", "");
}

Test(scan, arrays_are_transparent)
{
	hits("a", "{\"a\":[1,\"2\",true,null]}", "a=1 a=2 a=true");
	hits("a", "{\"a\":[[1],[[2]],[]]}", "a=1 a=2");
	hits("a.b", "{\"a\":[{\"b\":1},{\"b\":[2,3]},{\"c\":4},5]}", "a.b=1 a.b=2 a.b=3");
	hits("a.b.c", "{\"a\":[[{\"b\":[{\"c\":1}]}],{\"b\":{\"c\":2}}]}", "a.b.c=1 a.b.c=2");
	hits("a[].b[]", "{\"a\":{\"b\":1}}", "a.b=1");
	hits("a.b", "{\"a.b\":[1,2]}", "a.b=1 a.b=2");
	hits("a", "{\"a\":[1,{\"a\":2},3]}", "a=1 a=3");
}

Test(scan, a_dot_and_a_level_mean_the_same)
{
	static const char *const texts[] = { "{\"a\":{\"b\":{\"c\":1}}}", "{\"a.b\":{\"c\":1}}", "{\"a\":{\"b.c\":1}}",
	    "{\"a.b.c\":1}",
		"{\"a\":[{\"b.c\":[1]}]}", "{\"a\\u002eb\":{\"c\":1}}" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		hits("a.b.c", texts[i], "a.b.c=1");
	hits("a.b.c", "{\"a.b.c.d\":1,\"a.b\":1,\"b.c\":1,\".a.b.c\":1,\"a..b.c\":1,\"a.b.c.\":1}", "");
	hits("a.b", "{\"a\":{\"b\":1},\"a.b\":2}", "a.b=1 a.b=2");
}

Test(scan, keys_and_values_with_escapes)
{
	hits("tag", "{\"t\\u0061g\":\"T\\u0031059\"}", "tag=T\\u0031059");
	hits("tag", "{\"\\u0074\\u0061\\u0067\":1}", "tag=1");
	hits("a/b", "{\"a\\/b\":1}", "a/b=1");
	hits("tag", "{\"tag\\u0000\":1,\"tag\\ud800\":2,\"ta\\\\g\":3,\"tag\\\"\":4}", "");
	hits("\xc3\xa9t", "{\"\\u00e9t\":1}", "\xc3\xa9t=1");
	hits("\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\":1}", "\xf0\x9f\x98\x80=1");
	hits("a", "{\"a\":\"\\\"\"}", "a=\\\"");
	hits("a", "{\"a\":\"\\\\\"}", "a=\\\\");
}

Test(scan, of_members_with_the_same_path_the_last_counts)
{
	hits("a", "{\"a\":1,\"a\":2}", "a=2");
	hits("a", "{\"a\":1,\"b\":0,\"a\":2,\"a\":\"3\"}", "a=3");
	hits("a", "{\"a\":1,\"a\":null}", "");
	hits("a", "{\"a\":1,\"\\u0061\":2}", "a=2");
	hits("a.b", "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "a.b=2");
	hits("a.b", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "");
	hits("a.b", "{\"a\":{\"b\":1},\"a\":5}", "");
	hits("a a.b", "{\"a\":{\"b\":1},\"a\":5}", "a=5");
	hits("a.b", "{\"a\":{\"b\":1,\"b\":2}}", "a.b=2");
	hits("a.b", "{\"a\":[{\"b\":1},{\"b\":2,\"b\":3}]}", "a.b=1 a.b=3");
	hits("a", "{\"a\":[1,2],\"a\":[3]}", "a=3");
	hits("a b", "{\"a\":1,\"b\":2,\"a\":3}", "b=2 a=3");
	hits("a b", "{\"b\":{\"a\":9},\"a\":1,\"a\":3}", "a=3");
	hits("x.a", "{\"x\":[{\"a\":1,\"a\":2},{\"a\":3}],\"y\":{\"a\":4}}", "x.a=2 x.a=3");
	hits("?a a.b", "{\"a\":{\"b\":1},\"a\":{}}", "a{");
}

Test(scan, levels_and_hits_have_a_bound)
{
	struct lof_buf b = { 0 };
	struct lof_arena a = { 0 };
	struct paths *ps = make_paths(&a, "a.b");

	buf_lit(&b, "{\"a\":");
	for (size_t i = 0; i < SCAN_LEVELS - 2; i++)
		buf_char(&b, '[');
	buf_lit(&b, "{\"b\":1},[{\"b\":2}]");
	for (size_t i = 0; i < SCAN_LEVELS - 2; i++)
		buf_char(&b, ']');
	buf_lit(&b, ",\"a.b\":3}");
	cr_assert_eq(scan_event(&scan, ps, b.p, b.n, LOF_LIT("")), SCAN_OBJECT, "%s at %zu", scan.why, scan.bad_at);
	cr_assert_eq(scan.n_hits, 2, "the one beyond the bound is not reported");
	cr_assert(scan.hits[0].p[0] == '1' && scan.hits[1].p[0] == '3');

	b.n = 0;
	buf_lit(&b, "{\"a.b\":[0");
	for (size_t i = 0; i < 2 * SCAN_HITS_MAX; i++)
		buf_lit(&b, ",1");
	buf_lit(&b, "]}");
	cr_assert_eq(scan_event(&scan, ps, b.p, b.n, LOF_LIT("")), SCAN_OBJECT);
	cr_assert_eq(scan.n_hits, SCAN_HITS_MAX);
	buf_free(&b);
	arena_free(&a);
}

Test(scan, a_loose_set_finds_keys_at_any_depth)
{
	struct lof_arena a = { 0 };
	struct paths *ps = paths_new(&a, true);
	const char *why, text[] = "{\"x\":[{\"y\":{\"MyTechniqueIds\":[\"1\",{\"deep\":\"2\"}]}}],\"note\":{\"techniqu"
	    "e\":\"3\"},\"a.technique_id.b\":\"4\","
	    "\"technique\\u005fx\":\"5\",\"tech\":\"6\"}";
	struct lof_buf got = { 0 };

	cr_assert_neq(paths_add(ps, PATH_ROOT, LOF_LIT("**.*technique*"), PATH_VALUE | PATH_INHERIT, &why), PATH_DEAD);
	cr_assert_neq(paths_add(ps, PATH_ROOT, LOF_LIT("**.note"), PATH_NEVER, &why), PATH_DEAD);
	paths_freeze(ps);
	for (size_t k = 0; k < KINDS; k++) {
		if (!block_choose(kinds[k]))
			continue;
		got.n = 0;
		cr_assert_eq(scan_event(&scan, ps, text, sizeof text - 1, LOF_LIT("")), SCAN_OBJECT);
		for (size_t i = 0; i < scan.n_hits; i++)
			if (paths_table(ps)->flags[scan.hits[i].node] & PATH_INHERIT)
				buf_put(&got, scan.hits[i].p, scan.hits[i].n);
		buf_char(&got, 0);
		cr_assert_str_eq(got.p, "1245");
	}
	buf_free(&got);
	arena_free(&a);
}

// --- JSON inside strings -----------------------------------------------------------------------------------------

Test(scan, json_in_a_string)
{
	struct lof_arena a = { 0 };
	struct paths *ps = make_paths(&a, "msg|a.b msg|c top");
	const char *text = "{\"top\":1,\"msg\":\"\"}", *inner = "{\"a\":[{\"b\":\"x\"}],\"c\":1,\"c\":2,\"lofp\":3,\"top\":4}";
	path_node root;

	cr_assert_eq(scan_event(&scan, ps, text, strlen(text), LOF_LIT("lofp")), SCAN_OBJECT);
	cr_assert_eq(scan.n_hits, 2);
	root = paths_inner_of(ps, scan.hits[1].node);
	cr_assert_neq(root, PATH_DEAD);
	cr_assert_eq(scan_inner(&scan, ps, root, inner, strlen(inner)), SCAN_OBJECT);
	cr_assert_eq(scan.n_hits, 4, "%zu", scan.n_hits);
	cr_assert(scan.hits[2].p[0] == 'x' && scan.hits[3].p[0] == '2', "the last of two counts inside too");
	cr_assert_eq(scan.n_cuts, 0);
	// What is no JSON leaves no trace.
	cr_assert_eq(scan_inner(&scan, ps, root, inner, strlen(inner) - 1), SCAN_CUT);
	cr_assert_eq(scan_inner(&scan, ps, root, "{\"c\":1}}", 8), SCAN_BAD);
	cr_assert_eq(scan.n_hits, 4);
	// An array at the top of an inner text is transparent.
	cr_assert_eq(scan_inner(&scan, ps, root, "[{\"c\":5},{\"c\":6}]", 17), SCAN_ARRAY);
	cr_assert_eq(scan.n_hits, 6);
	cr_assert_eq(scan.n_opens, 0);
	arena_free(&a);
}

// --- events inside -----------------------------------------------------------------------------------------------

static void
opens(const char *list, const char *text, const char *want)
{
	struct lof_arena a = { 0 };
	struct paths *ps = make_paths(&a, list);

	for (size_t k = 0; k < KINDS; k++) {
		struct lof_buf got = { 0 };

		if (!block_choose(kinds[k]))
			continue;
		cr_assert_lt(scan_event(&scan, ps, text, strlen(text), LOF_LIT("lofp")), SCAN_CUT);
		for (size_t i = 0; i < scan.n_opens; i++) {
			put_node(&got, ps, scan.opens[i].node);
			buf_put(&got, text + scan.opens[i].from, scan.opens[i].to - scan.opens[i].from);
		}
		buf_char(&got, 0);
		cr_assert_str_eq(got.p, want, "%s: \"%s\", not \"%s\"", text, got.p, want);
		buf_free(&got);
	}
	arena_free(&a);
}

Test(scan, envelopes_open)
{
	opens("^event", "{\"event\":{\"a\":1}}", "event{\"a\":1}");
	opens("^event", "{ \"event\" : { } , \"x\":1}", "event{ }");
	opens("^event", "{\"event\":[1]}", "");
	opens("^event", "{\"event\":\"x\"}", "");
	opens("^event", "{\"event\":[{},{\"b\":[]}]}", "event{} event{\"b\":[]}");
	opens("^hits.hits._source", "{\"hits\":{\"hits\":[{\"_source\":{\"x\":{}}},{\"_source\":{}}]}}",
	    "hits.hits._source{\"x\":{}} hits.hits._source{}");
	opens("^a ^a.b", "{\"a\":{\"b\":{}}}", "a{\"b\":{}} a.b{}");
	opens("^a.b", "{\"a.b\":{\"c\":1}}", "a.b{\"c\":1}");
	opens("^lofp", "{\"lofp\":{}}", ""); // our own is not opened
	opens("^x", "{\"y\":{\"x\":{}}}", "");
}

Test(scan, elements_of_a_top_level_array_open)
{
	opens("a", "[{\"a\":1},{},2,[{\"a\":3}],\"{}\", {\"b\":{}} ]", "{\"a\":1} {} {\"b\":{}}");
	opens("^a", "[{\"a\":{}}]", "{\"a\":{}}");
	opens("a", "[]", "");
}

// --- our own member ----------------------------------------------------------------------------------------------

// `want`: the text with cuts as [...] and the place of a new member as ^.
static void
own(const char *text, const char *want)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct lof_buf got = { 0 };
		size_t n = strlen(text), c = 0;
		bool empty = true;

		if (!block_choose(kinds[k]))
			continue;
		cr_assert_eq(scan_event(&scan, nothing, text, n, LOF_LIT("lofp")), SCAN_OBJECT, "%s", scan.why);
		for (size_t i = 0; i <= n; i++) {
			if (c < scan.n_cuts && i == scan.cuts[c].to && i > scan.cuts[c].from) {
				buf_char(&got, ']');
				c++;
			}
			if (i == scan.insert_at)
				buf_char(&got, '^');
			if (c < scan.n_cuts && i == scan.cuts[c].from)
				buf_char(&got, '[');
			if (i < n)
				buf_char(&got, text[i]);
		}
		buf_char(&got, 0);
		cr_assert_str_eq(got.p, want, "%s with %s: %s, not %s", text, block_name(), got.p, want);
		cr_assert_eq(c, scan.n_cuts);
		for (const char *p = got.p; *p; p++) { // does a member stay? A quote outside the cuts says so.
			if (*p == '[')
				p = strchr(p, ']');
			else if (*p == '"')
				empty = false;
		}
		cr_assert_eq(scan.is_empty, empty, "%s", text);
		buf_free(&got);
	}
}

Test(scan, where_a_new_member_goes)
{
	own("{}", "{^}");
	own(" { } ", " {^ } ");
	own("{\"a\":1}", "{\"a\":1^}");
	own("{ \"a\" : 1 \n}\r\n", "{ \"a\" : 1^ \n}\r\n");
	own("{\"a\":1,\"b\":{}}", "{\"a\":1,\"b\":{}^}");
	own("{\"a\":\"}\"}", "{\"a\":\"}\"^}");
	own("{\"a\":{\"b\":{}},\"c\":null }", "{\"a\":{\"b\":{}},\"c\":null^ }");
	own("{\"a\":{\"lofp\":1}}", "{\"a\":{\"lofp\":1}^}"); // only at the top
	own("{\"lofpx\":1,\"lof\":2,\"LOFP\":3,\"lofp \":4}", "{\"lofpx\":1,\"lof\":2,\"LOFP\":3,\"lofp \":4^}");
}

Test(scan, our_own_member_is_cut)
{
	own("{\"lofp\":1}", "{^[\"lofp\":1]}");
	own("{ \"lofp\" : {\"a\":2} }", "{^ [\"lofp\" : {\"a\":2}] }");
	own("{\"lofp\":1,\"a\":2}", "{[\"lofp\":1,]\"a\":2^}");
	own("{ \"lofp\":1 , \"a\":2 }", "{ [\"lofp\":1 , ]\"a\":2^ }");
	own("{\"a\":1,\"lofp\":2,\"b\":3}", "{\"a\":1[,\"lofp\":2],\"b\":3^}");
	own("{\"a\":1,\"lofp\":{\"x\":3}}", "{\"a\":1^[,\"lofp\":{\"x\":3}]}");
	own("{\"a\":1 , \"lofp\":{\"x\":3} }", "{\"a\":1^ [, \"lofp\":{\"x\":3}] }");
	own("{\"a\":1,\"l\\u006ffp\":\"\"}", "{\"a\":1^[,\"l\\u006ffp\":\"\"]}");
	own("{\"\\u006c\\u006f\\u0066\\u0070\":null,\"a\":1}", "{[\"\\u006c\\u006f\\u0066\\u0070\":null,]\"a\":1^}");
	own("{\"lofp\":1,\"lofp\":2}", "{^[\"lofp\":1,][\"lofp\":2]}");
	own("{\"lofp\":1,\"lofp\":2,\"a\":3}", "{[\"lofp\":1,][\"lofp\":2,]\"a\":3^}");
	own("{\"a\":1,\"lofp\":1,\"b\":2,\"lofp\":2}", "{\"a\":1[,\"lofp\":1],\"b\":2^[,\"lofp\":2]}");
	own("{\"lofp\":1,\"a\":1,\"lofp\":2}", "{[\"lofp\":1,]\"a\":1^[,\"lofp\":2]}");
	own("{\"a\":1,\"lofp\":1,\"lofp\":2}", "{\"a\":1^[,\"lofp\":1][,\"lofp\":2]}");
}

Test(scan, our_own_member_reports_nothing)
{
	hits("lofp lofp.a a", "{\"lofp\":{\"a\":1},\"a\":2}", "a=2");
	hits("lofp.a", "{\"lofp.a\":1}", "lofp.a=1"); // another name
	hits("x.lofp", "{\"x\":{\"lofp\":1}}", "x.lofp=1");
	cr_assert_eq(scan_event(&scan, nothing, "{\"lofp\":1}", 10, LOF_LIT("")), SCAN_OBJECT);
	cr_assert_eq(scan.n_cuts, 0, "no name, no cut");
	cr_assert_eq(scan_event(&scan, nothing, "{\"my \\\"key\\\"\":1}", 16, LOF_LIT("my \"key\"")), SCAN_OBJECT);
	cr_assert_eq(scan.n_cuts, 1, "the name is compared decoded");
}

// --- real alerts, all rules --------------------------------------------------------------------------------------

static void
same_reports(const struct scan *a, const struct scan *b, const char *name)
{
	cr_assert(a->n_hits == b->n_hits && a->n_opens == b->n_opens && a->n_cuts == b->n_cuts &&
	    a->insert_at == b->insert_at &&
	    a->is_empty == b->is_empty, "%s with %s", name, block_name());
	for (size_t i = 0; i < a->n_hits; i++)
		cr_assert(a->hits[i].p == b->hits[i].p && a->hits[i].n == b->hits[i].n && a->hits[i].node == b->hits[i].node &&
		    a->hits[i].kind == b->hits[i].kind && a->hits[i].escaped == b->hits[i].escaped, "%s: hit %zu with %s", name, i,
		    block_name());
	for (size_t i = 0; i < a->n_opens; i++)
		cr_assert(a->opens[i].from == b->opens[i].from && a->opens[i].to == b->opens[i].to &&
		    a->opens[i].node == b->opens[i].node);
}

Test(scan, samples_look_the_same_to_all_indexers)
{
	struct rules *r;
	const struct rules_options none = { 0 };
	glob_t g;
	size_t hit = 0;

	cr_assert_eq(attack_load(NULL), LOF_OK);
	cr_assert_eq(rules_load(&r, &none, NULL, NULL, NULL), LOF_OK);
	cr_assert_eq(glob("samples/*json", 0, NULL, &g), 0, "run from the top of the source");
	for (size_t f = 0; f < g.gl_pathc; f++) {
		struct lof_buf text = { 0 };
		struct lof_str rest, line;

		cr_assert_eq(io_slurp(g.gl_pathv[f], &text, NULL), LOF_OK);
		rest = buf_view(&text);
		while (lof_str_cut(&rest, strstr(g.gl_pathv[f], "ndjson") ? '\n' : '\0', &line)) {
			struct scan portable = { 0 };
			enum scan_verdict v;

			cr_assert(block_choose(BLOCK_PORTABLE));
			v = scan_event(&portable, r->typed, line.p, line.n, LOF_LIT("lofp"));
			for (size_t k = 1; k < KINDS; k++)
				if (block_choose(kinds[k])) {
					cr_assert_eq(scan_event(&scan, r->typed, line.p, line.n, LOF_LIT("lofp")), v, "%s", g.gl_pathv[f]);
					if (v < SCAN_CUT)
						same_reports(&portable, &scan, g.gl_pathv[f]);
				}
			hit += portable.n_hits;
			scan_free(&portable);
		}
		buf_free(&text);
	}
	cr_assert_gt(hit, 500);
	globfree(&g);
	rules_free(r);
}

// --- lines ---------------------------------------------------------------------------------------------------------

// Lines of all kinds in an order of chance, a few of them too long for an index that is shared, up against a page that must not
// be read; returns where they begin.
static const char *
some_lines(unsigned seed, bool last_ends)
{
	static const struct { const struct sample *of; size_t n; } tables[] = {
		{ accepted, sizeof accepted / sizeof *accepted }, { rejected, sizeof rejected / sizeof *rejected },
		{ cut, sizeof cut / sizeof *cut },
	};
	struct lof_buf b = { 0 };
	char *begin;

	while (b.n < 14 * page) {
		uint64_t r = lof_mix(seed++, UINT64_C(0x9E3779B97F4A7C15));
		size_t t = r % 16 < 13 ? 0 : r % 16 - 13;
		const struct sample *s = &tables[t].of[(r >> 8) % tables[t].n];
		const char *alert = alerts[(r >> 8) % (sizeof alerts / sizeof *alerts)];

		if (r >> 32 & 1)
			buf_put(&b, alert, strlen(alert));
		else if (!memchr(s->text, '\n', s->n))
			buf_put(&b, s->text, s->n);
		for (size_t i = r >> 40 & 7 ? r >> 48 & 3 : (r >> 48) % 2000; i > 0; i--)
			buf_char(&b, ' ');
		buf_lit(&b, "\n");
	}
	b.n -= !last_ends;
	begin = guard + PAGES * page - b.n;
	memcpy(begin, b.p, b.n);
	buf_free(&b);
	return begin;
}

Test(scan, a_line_is_what_it_is_alone)
{
	const char *end = guard + PAGES * page;
	const struct rules_options none = { 0 };
	size_t verdicts[SCAN_BAD + 1] = { 0 };
	struct scan alone = { 0 };
	struct rules *rules;

	cr_assert_eq(attack_load(NULL), LOF_OK);
	cr_assert_eq(rules_load(&rules, &none, NULL, NULL, NULL), LOF_OK);
	for (unsigned round = 0; round < 30; round++) {
		cr_assert(block_choose(kinds[round % KINDS]) || round % KINDS);
		scan_moved(&scan);
		for (const char *p = some_lines(round * 10000, round % 2), *nl; p < end; p = nl + 1) {
			nl = memchr(p, '\n', (size_t)(end - p));
			nl = nl ? nl : end;
			size_t n = (size_t)(nl - p);
			if (n % 11 == 10) // whoever reads lines need not have all of them scanned
				continue;
			enum scan_verdict v = scan_event(&alone, rules->typed, p, n, LOF_LIT("lofp"));
			cr_assert_eq(scan_line(&scan, rules->typed, p, n, end, LOF_LIT("lofp")), v, "%.*s with %s", (int)n, p, block_name());
			if (v < SCAN_CUT)
				same_reports(&alone, &scan, p);
			else
				cr_assert(scan.bad_at == alone.bad_at && scan.why == alone.why && scan.in_token == alone.in_token, "%.*s", (int)n, p);
			verdicts[v]++;
		}
	}
	for (int v = 0; v <= SCAN_BAD; v++)
		cr_assert_gt(verdicts[v], 100, "%s", verdict_name((enum scan_verdict)v));
	scan_free(&alone);
	rules_free(rules);
}

// Other bytes where the lines stood before: whoever puts them there says so.
Test(scan, lines_that_moved)
{
	char text[] = "{\"a\":1}\n{\"b\":2}\n";
	const char *end = text + strlen(text);

	cr_assert_eq(scan_line(&scan, nothing, text, 7, end, LOF_LIT("")), SCAN_OBJECT);
	text[10] = 1;
	scan_moved(&scan);
	cr_assert_eq(scan_line(&scan, nothing, text + 8, 7, end, LOF_LIT("")), SCAN_BAD);
}

// More bytes behind the last line, which had no end yet.
Test(scan, lines_that_go_on)
{
	const char text[] = "{\"a\":1}\n{\"b\":2}\1";

	cr_assert_eq(scan_line(&scan, nothing, text, 7, text + 15, LOF_LIT("")), SCAN_OBJECT);
	cr_assert_eq(scan_line(&scan, nothing, text + 8, 8, text + 16, LOF_LIT("")), SCAN_BAD);
}
