// The public face: what lofpipe.h promises, seen from where a user of the library stands.
#include "lofpipe.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAZUH \
	"{\"timestamp\":\"2026-11-02T06:14:51.402+0000\",\"rule\":{\"id\":\"92027\",\"description\":\"PowerShell\"," \
	"\"mitre\":{\"id\":[\"T1059.001\"]}},\"agent\":{\"id\":\"014\"},\"location\":\"EventChannel\"," \
	"\"data\":{\"n\":1e400}}"

static struct lofpipe_buffer out;

static enum lofpipe_outcome
enrich(struct lofpipe *h, const char *event)
{
	return lofpipe_enrich(h, event, strlen(event), &out, NULL);
}

static struct lofpipe *
open_with(const struct lofpipe_options *o)
{
	struct lofpipe_error e;
	struct lofpipe *h = lofpipe_open(o, &e);

	cr_assert_not_null(h, "%s: %s", e.file, e.message);
	cr_assert_eq(e.code, LOFPIPE_OK);
	return h;
}

static struct lofpipe_options
defaults(void)
{
	struct lofpipe_options o;

	lofpipe_options_init(&o, sizeof(o));
	return o;
}

// Opening must fail, with that code and that in the message or the file's name.
static void
refused(const struct lofpipe_options *o, int code, const char *told)
{
	struct lofpipe_error e;

	cr_assert_null(lofpipe_open(o, &e));
	cr_expect_eq(e.code, code, "%d: %s: %s", e.code, e.file, e.message);
	cr_expect(strstr(e.message, told) || strstr(e.file, told), "%s: %s", e.file, e.message);
	cr_expect_null(lofpipe_open(o, NULL));
}

static void
teardown(void)
{
	lofpipe_buffer_free(&out);
}

TestSuite(api, .fini = teardown, .timeout = 60);

Test(api, one_event_gets_its_member)
{
	struct lofpipe *h = open_with(NULL);
	size_t n = strlen(WAZUH);

	cr_assert_eq(enrich(h, WAZUH), LOFPIPE_ENRICHED);
	cr_assert_gt(out.size, n);
	// Its own bytes up to the closing brace, the member, the brace.
	cr_expect_eq(memcmp(out.data, WAZUH, n - 1), 0);
	cr_expect_eq(strncmp(out.data + n - 1, ",\"lofp\":{\"techniques\":[\"T1059.001\"],\"total\":", 44), 0);
	cr_expect_eq(out.data[out.size - 1], '}');
	cr_expect_eq(out.data[out.size], 0, "a NUL stands behind the result");
	cr_expect_leq(out.size - n, 4096);
	cr_assert_neq(lofpipe_notes_version(h)[0], 0);
	cr_expect_not_null(strstr(out.data, lofpipe_notes_version(h)));
	lofpipe_close(h);
}

Test(api, twice_is_once)
{
	struct lofpipe *h = open_with(NULL);
	struct lofpipe_buffer again = { 0 };

	cr_assert_eq(enrich(h, WAZUH), LOFPIPE_ENRICHED);
	cr_assert_eq(lofpipe_enrich(h, out.data, out.size, &again, NULL), LOFPIPE_ENRICHED);
	cr_expect_eq(again.size, out.size);
	cr_expect_eq(memcmp(again.data, out.data, out.size), 0);
	lofpipe_buffer_free(&again);
	lofpipe_close(h);
}

Test(api, outcomes)
{
	static const struct {
		const char *event;
		enum lofpipe_outcome outcome;
		unsigned line, column; // of what is wrong
	} cases[] = {
		{ "{\"a\":1}", LOFPIPE_NO_KEY, 0, 0 },
		{ " \t{ }\r\n", LOFPIPE_NO_KEY, 0, 0 },
		{ "42", LOFPIPE_NOT_OBJECT, 0, 0 },
		{ "[1,\"T1059\"]", LOFPIPE_NOT_OBJECT, 0, 0 },
		{ "", LOFPIPE_NOT_OBJECT, 0, 0 },
		{ "{\"a\":+1}", LOFPIPE_BAD, 1, 6 },
		{ "{\n  \"a\": tru\n}", LOFPIPE_BAD, 2, 8 },
		{ "{\"a\":\"\xff\"}", LOFPIPE_BAD, 1, 7 },
		{ "{\"a\":[1,", LOFPIPE_CUT, 1, 9 },
		{ "\n{\"a\":\r\n\n", LOFPIPE_CUT, 2, 6 },
		{ "{} {}", LOFPIPE_BAD, 1, 4 },
	};
	struct lofpipe *h = open_with(NULL);
	struct lofpipe_error e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *event = cases[i].event;
		size_t n = strlen(event);
		enum lofpipe_outcome o = lofpipe_enrich(h, event, n, &out, &e);
		cr_expect_eq(o, cases[i].outcome, "%s: %d", event, (int)o);
		cr_expect(out.size == n && memcmp(out.data, event, n) == 0, "%s became %s", event, out.data);
		cr_expect_eq(e.code, cases[i].line ? LOFPIPE_E_EVENT : LOFPIPE_OK);
		cr_expect(e.line == cases[i].line && e.column == cases[i].column, "%s: %u:%u", event, e.line, e.column);
		cr_expect_eq(e.message[0] != 0, cases[i].line != 0);
	}
	cr_expect_eq(lofpipe_enrich(h, NULL, 0, &out, &e), LOFPIPE_NOT_OBJECT);
	cr_expect_eq(out.size, 0);
	cr_expect_eq(lofpipe_enrich(h, "{\0}", 3, &out, &e), LOFPIPE_BAD, "a NUL is a byte like any other");
	cr_expect(out.size == 3 && memcmp(out.data, "{\0}", 3) == 0);
	lofpipe_close(h);
}

Test(api, members_of_arrays_and_envelopes)
{
	struct lofpipe *h = open_with(NULL);
	const char *at;

	cr_assert_eq(enrich(h, "[" WAZUH ",\n{\"a\":1}," WAZUH "]"), LOFPIPE_ENRICHED);
	at = strstr(out.data, "\"lofp\":");
	cr_assert_not_null(at);
	cr_expect_not_null(strstr(at, ",\n{\"a\":1},{"));
	cr_expect_not_null(strstr(at + 1, "\"lofp\":"));
	lofpipe_close(h);
}

// A buffer is too small only until the library has made it larger; then it serves on without growing.
Test(api, buffer_too_small_grows_and_stays)
{
	struct lofpipe *h = open_with(NULL);
	char *first;
	size_t capacity;

	cr_assert_eq(enrich(h, "{}"), LOFPIPE_NO_KEY);
	cr_assert_lt(out.capacity, strlen(WAZUH));
	cr_assert_eq(enrich(h, WAZUH), LOFPIPE_ENRICHED);
	cr_assert_gt(out.capacity, out.size);
	first = out.data;
	capacity = out.capacity;
	for (int i = 0; i < 100; i++)
		cr_assert_geq(enrich(h, i % 2 ? WAZUH : "{\"a\":"), LOFPIPE_ENRICHED);
	cr_expect_eq(out.data, first);
	cr_expect_eq(out.capacity, capacity);
	lofpipe_close(h);
	cr_expect_eq(out.data[0], '{', "a result outlives the handle");
	lofpipe_buffer_free(&out);
	cr_expect(!out.data && !out.size && !out.capacity);
	lofpipe_buffer_free(&out);
	lofpipe_buffer_free(NULL);
	lofpipe_close(NULL);
}

Test(api, options)
{
	struct lofpipe_options o = defaults();
	struct lofpipe *h;

	o.key = "b\"enign";
	o.max_notes = 1;
	o.style = LOFPIPE_STYLE_TEXT;
	h = open_with(&o);
	cr_assert_eq(enrich(h, WAZUH), LOFPIPE_ENRICHED);
	cr_expect_not_null(strstr(out.data, ",\"b\\\"enign\":{"));
	cr_expect_not_null(strstr(out.data, "\"notes\":[\""));
	cr_expect_null(strstr(out.data, "\"match\":"), "the text alone");
	lofpipe_close(h);

	o = defaults();
	o.max_bytes = 1;
	h = open_with(&o);
	cr_expect_eq(enrich(h, WAZUH), LOFPIPE_NO_NOTES);
	cr_expect_str_eq(out.data, WAZUH, "nothing fits into one byte");
	lofpipe_close(h);

	o = defaults();
	o.min_score = 1;
	o.max_notes = o.max_bytes = 0;
	h = open_with(&o);
	cr_expect_neq(enrich(h, WAZUH), LOFPIPE_FAILED);
	lofpipe_close(h);

	o = defaults();
	o.no_default_index = 1;
	h = open_with(&o);
	cr_expect_eq(enrich(h, WAZUH), LOFPIPE_NO_NOTES);
	cr_expect_str_eq(lofpipe_notes_version(h), "");
	lofpipe_close(h);
}

Test(api, options_that_make_no_sense)
{
	struct lofpipe_options o = defaults();

	memset(&o, 0, sizeof(o));
	refused(&o, LOFPIPE_E_OPTION, "lofpipe_options_init");
	memset(&o, 0xff, sizeof(o));
	refused(&o, LOFPIPE_E_OPTION, "lofpipe_options_init");
	o = defaults(), o.key = "";
	refused(&o, LOFPIPE_E_OPTION, "key");
	o = defaults(), o.key = NULL;
	refused(&o, LOFPIPE_E_OPTION, "key");
	o = defaults(), o.key = "\xff";
	refused(&o, LOFPIPE_E_OPTION, "UTF-8");
	o = defaults(), o.style = 3;
	refused(&o, LOFPIPE_E_OPTION, "style");
	o = defaults(), o.min_score = 1.01;
	refused(&o, LOFPIPE_E_OPTION, "score");
	o = defaults(), o.min_score = strtod("nan", NULL);
	refused(&o, LOFPIPE_E_OPTION, "score");
	o = defaults(), o.n_rules_dirs = 1;
	refused(&o, LOFPIPE_E_OPTION, "list");
}

// A program of next year with this year's library: unused members do no harm, used ones are not ignored.
Test(api, options_of_a_newer_program)
{
	struct {
		struct lofpipe_options o;
		long later;
	} n;

	lofpipe_options_init(&n.o, sizeof(n));
	cr_assert_eq(n.o.size, sizeof(n));
	cr_assert_eq(n.later, 0);
	lofpipe_close(open_with(&n.o));
	n.later = 1;
	refused(&n.o, LOFPIPE_E_OPTION, "version");
}

Test(api, files_that_are_wrong)
{
	char dir[] = "/tmp/lofpipe-test-XXXXXX", path[64];
	const char *files[] = { path }, *dirs[] = { dir };
	struct lofpipe_options o = defaults();
	struct lofpipe_error e;
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/none.idx", dir);
	o.index_files = files;
	o.n_index_files = 1;
	refused(&o, LOFPIPE_E_IO, "No such file");
	cr_assert_not_null(f = fopen(path, "w"));
	fputs("no index", f);
	fclose(f);
	refused(&o, LOFPIPE_E_INDEX, path);
	unlink(path);

	o = defaults();
	o.rules_dirs = dirs;
	o.n_rules_dirs = 1;
	lofpipe_close(open_with(&o));
	snprintf(path, sizeof(path), "%s/mine.json", dir);
	cr_assert_not_null(f = fopen(path, "w"));
	fputs("{\n  \"name\": \"mine\",\n  \"techniqeu\": [\"a.b\"]\n}\n", f);
	fclose(f);
	refused(&o, LOFPIPE_E_RULE, "mine.json");
	cr_assert_null(lofpipe_open(&o, &e));
	cr_expect_eq(e.line, 3, "%u:%u %s", e.line, e.column, e.message);
	cr_expect_not_null(strstr(e.message, "did you mean \"technique\"?"), "%s", e.message);

	cr_assert_not_null(f = fopen(path, "w"));
	fputs("{\"name\": \"mine\", \"when\": [{\"mine\": true}], \"technique\": [\"x.y\"]}", f);
	fclose(f);
	struct lofpipe *h = open_with(&o);
	cr_expect_eq(enrich(h, "{\"mine\":1,\"x\":{\"y\":\"T1021\"}}"), LOFPIPE_ENRICHED);
	lofpipe_close(h);
	unlink(path);
	rmdir(dir);
}

// --- threads --------------------------------------------------------------------------------------------------------

enum { THREADS = 8, EVENTS = 400, SHAPES = 37 };

static struct lofpipe *shared;
static struct job {
	int first, wrong;
} jobs[THREADS];
static char *expected[SHAPES];

static int
make_event(char *to, size_t size, int shape)
{
	static const char *const ids[] = { "T1059.001", "T1021", "T1086", "T1059", "T1021.002", "T9999" };
	static const char *const words[] = { "ccmexec.exe", "ansible", "veeam backup", "psexec", "sccm" };

	if (shape % 9 == 8)
		return snprintf(to, size, "{\"n\":%d,", shape);
	return snprintf(to, size,
	    "{\"n\":%d,\"rule\":{\"id\":\"%d\",\"mitre\":{\"id\":[\"%s\"]}},\"agent\":{\"id\":\"1\"},"
	    "\"location\":\"x\",\"full_log\":\"%s\"}", shape, 90000 + shape, ids[shape % 6], words[shape % 5]);
}

static void *
work(void *arg)
{
	struct lofpipe_buffer mine = { 0 };
	struct job *job = arg;
	char event[512];

	for (int i = 0; i < EVENTS; i++) {
		int shape = (i * 7 + job->first) % SHAPES, n = make_event(event, sizeof(event), shape);
		lofpipe_enrich(shared, event, (size_t)n, &mine, NULL);
		job->wrong += strcmp(mine.data, expected[shape]) != 0;
	}
	lofpipe_buffer_free(&mine);
	return NULL;
}

Test(api, threads_on_one_handle_give_the_same_bytes)
{
	struct lofpipe *alone = open_with(NULL);
	pthread_t thread[THREADS];
	char event[512];

	for (int i = 0; i < SHAPES; i++) {
		make_event(event, sizeof(event), i);
		enrich(alone, event);
		expected[i] = strdup(out.data);
	}
	lofpipe_close(alone);
	shared = open_with(NULL);
	for (int i = 0; i < THREADS; i++) {
		jobs[i].first = i * 5;
		cr_assert_eq(pthread_create(&thread[i], NULL, work, &jobs[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		cr_expect_eq(jobs[i].wrong, 0, "thread %d: %d results with other bytes", i, jobs[i].wrong);
	}
	lofpipe_close(shared);
	for (int i = 0; i < SHAPES; i++)
		free(expected[i]);
}

static void *
open_and_close(void *arg)
{
	struct lofpipe *h = lofpipe_open(NULL, NULL);
	struct lofpipe_buffer mine = { 0 };

	*(int *)arg = h && lofpipe_enrich(h, WAZUH, strlen(WAZUH), &mine, NULL) == LOFPIPE_ENRICHED;
	lofpipe_buffer_free(&mine);
	lofpipe_close(h);
	return NULL;
}

Test(api, threads_that_open_at_once)
{
	pthread_t thread[THREADS];
	int good[THREADS] = { 0 };

	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, open_and_close, &good[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		cr_expect(good[i]);
	}
}

Test(api, version)
{
	unsigned major, minor, patch;
	char rest;

	cr_expect_eq(sscanf(lofpipe_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}
