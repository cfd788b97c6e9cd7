// --metrics: a file that a collector can read at any time, and that is nobody's end.
#include "child.h"
#include "folder.h"

#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>

TestSuite(metrics, .timeout = 60);

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAN(...) (&(struct child_plan){ __VA_ARGS__ })
#define LINE "{\"mitre_technique\":\"T1086\"}\n"

// --- the format -----------------------------------------------------------------------------------------------------

struct series {
	char text[256]; // name and labels
	double value;
};
struct page {
	struct series v[1000];
	size_t n;
};

static bool
is_name(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalpha((unsigned char)p[i]) && p[i] != '_' && (i == 0 || !isdigit((unsigned char)p[i])))
			return false;
	return n > 0;
}

static bool
ends_in(const char *p, size_t n, const char *end)
{
	return n > strlen(end) && memcmp(p + n - strlen(end), end, strlen(end)) == 0;
}

// {name="value",...}; where it ends.
static const char *
labels(const char *p)
{
	const char *line = p;
	cr_assert_eq(*p++, '{', "%s", line);
	for (;;) {
		size_t n = strcspn(p, "=");
		cr_assert(is_name(p, n) && strncmp(p + n, "=\"", 2) == 0, "%s", line);
		for (p += n + 2; *p != '"'; p++) {
			cr_assert((unsigned char)*p >= ' ', "%s", line);
			if (*p == '\\')
				cr_assert(*++p && strchr("\\\"n", *p), "%s", line);
		}
		if (*++p != ',')
			break;
		p++;
	}
	cr_assert_eq(*p, '}', "%s", line);
	return p + 1;
}

// What promtool looks at: every line is well-formed, each metric is one group behind its HELP and TYPE, a counter is called
// so, no series comes twice.
static void
read_page(struct page *page, char *text)
{
	char metric[128] = "", type[32] = "", seen[64][128];
	size_t n_seen = 0;
	bool empty = false;
	page->n = 0;
	for (char *line = text, *next; *line; line = next) {
		char *end = strchr(line, '\n');
		cr_assert_not_null(end, "no newline behind: %s", line);
		*end = 0;
		next = end + 1;
		if (strncmp(line, "# HELP ", 7) == 0) {
			size_t n = strcspn(line + 7, " ");
			cr_assert(!empty, "%s has no series", metric);
			cr_assert(is_name(line + 7, n) && strlen(line + 7 + n) > 2, "%s", line);
			snprintf(metric, sizeof metric, "%.*s", (int)n, line + 7);
			for (size_t i = 0; i < n_seen; i++)
				cr_assert_str_neq(seen[i], metric, "%s comes twice", metric);
			cr_assert_lt(n_seen, 64);
			strcpy(seen[n_seen++], metric);
			*type = 0;
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			size_t n = strlen(metric);
			cr_assert(strncmp(line + 7, metric, n) == 0 && line[7 + n] == ' ' && !*type, "%s", line);
			snprintf(type, sizeof type, "%s", line + 8 + n);
			bool counter = strcmp(type, "counter") == 0;
			cr_assert(counter || strcmp(type, "gauge") == 0, "%s", line);
			cr_assert_eq(counter, ends_in(metric, n, "_total"), "%s", line);
			empty = true;
		} else {
			size_t n = strlen(metric);
			char *stop;
			cr_assert(*type && strncmp(line, metric, n) == 0 && line[n] == '{', "%s", line);
			const char *p = labels(line + n);
			cr_assert_not_null(strstr(line, "{stream=\""), "%s", line);
			cr_assert(*p == ' ' && isdigit((unsigned char)p[1]), "%s", line);
			struct series *s = &page->v[page->n++];
			cr_assert_lt(page->n, 1000);
			s->value = strtod(p, &stop);
			cr_assert_eq(*stop, 0, "%s", line);
			snprintf(s->text, sizeof s->text, "%.*s", (int)(p - line), line);
			for (size_t i = 0; i + 1 < page->n; i++)
				cr_assert_str_neq(page->v[i].text, s->text);
			empty = false;
		}
	}
	cr_assert(page->n && !empty);
}

static void
load(struct page *page, const char *path)
{
	struct lof_buf b = file_bytes(path);
	buf_char(&b, 0);
	read_page(page, b.p);
	buf_free(&b);
}

static const struct series *
find(const struct page *page, const char *text)
{
	for (size_t i = 0; i < page->n; i++)
		if (strcmp(page->v[i].text, text) == 0)
			return &page->v[i];
	return NULL;
}

static double
value(const struct page *page, const char *text)
{
	const struct series *s = find(page, text);
	cr_assert_not_null(s, "%s is not there", text);
	return s->value;
}

// --- what is in it --------------------------------------------------------------------------------------------------

Test(metrics, say_what_stats_say)
{
	static struct page page;
	struct folder f;
	struct child c;
	char path[64], stats[64], series[128];
	folder_make(&f);
	snprintf(path, sizeof path, "%s/a \"\\\xc3\xa4.prom", f.path);
	snprintf(stats, sizeof stats, "%s/stats", f.path);
	child_run(&c, PLAN(.args = ARGS("--metrics", path, "--stats", stats, "samples/trouble.ndjson", "samples/ocsf.ndjson",
	    "samples/wazuh4.ndjson", "samples/homegrown.ndjson")), LOF_LIT(""));
	cr_assert_eq(c.status, 0);
	load(&page, path);
	json_t *s = json_load_file(stats, 0, NULL), *of, *formats = json_object_get(s, "formats");
	static const char *const outcomes[] = { "enriched", "no_notes", "no_key", "not_object", "bad", "cut", "too_long" };
	const char *format;
	for (int i = 0; i < 7; i++) {
		snprintf(series, sizeof series, "lofpipe_events_total{stream=\"a \\\"\\\\__\",outcome=\"%s\"}", outcomes[i]);
		cr_assert_eq(value(&page, series), (double)json_integer_value(json_object_get(s, outcomes[i])), "%s", series);
	}
	json_object_foreach(formats, format, of) {
		snprintf(series, sizeof series, "lofpipe_format_events_total{stream=\"a \\\"\\\\__\",format=\"%s\",outcome=\"no_key\"}", format);
		cr_assert_eq(value(&page, series), (double)json_integer_value(json_object_get(of, "no_key")), "%s", series);
	}
	cr_assert_gt(json_object_size(formats), 2);
	cr_assert_eq(value(&page, "lofpipe_retired_ids_total{stream=\"a \\\"\\\\__\",id=\"T1086\",today=\"T1059.001\"}"),
	    (double)json_integer_value(json_object_get(json_object_get(json_object_get(s, "retired_ids"), "T1086"), "events")));
	cr_assert_eq(value(&page, "lofpipe_read_bytes_total{stream=\"a \\\"\\\\__\"}"),
	    (double)json_integer_value(json_object_get(s, "bytes_in")));
	cr_assert_eq(value(&page, "lofpipe_written_bytes_total{stream=\"a \\\"\\\\__\"}"), (double)c.output.n);
	json_decref(s);
	child_free(&c);
	folder_drop(&f);
}

// Techniques are named where their events got no notes.
Test(metrics, name_few_techniques)
{
	static struct page page;
	struct folder f;
	struct child c;
	char path[64];
	folder_make(&f);
	snprintf(path, sizeof path, "%s/m", f.path);
	child_run(&c, PLAN(.args = ARGS("--metrics", path, "--no-default-index")), LOF_LIT(LINE LINE "{\"technique_id\":\"T1021\"}\n"));
	cr_assert_eq(c.status, 0);
	load(&page, path);
	cr_assert_eq(value(&page, "lofpipe_technique_events_without_notes_total{stream=\"m\",technique=\"T1059.001\"}"), 2);
	cr_assert_eq(value(&page, "lofpipe_technique_events_without_notes_total{stream=\"m\",technique=\"T1021\"}"), 1);
	child_free(&c);
	child_run(&c, PLAN(.args = ARGS("--metrics", path)), LOF_LIT(LINE));
	load(&page, path);
	cr_assert_null(find(&page, "lofpipe_technique_events_without_notes_total{stream=\"m\",technique=\"T1059.001\"}"));
	child_free(&c);
	child_run(&c, PLAN(.args = ARGS("--metrics", path)), LOF_LIT(""));
	load(&page, path); // no event at all
	child_free(&c);
	folder_drop(&f);
}

// --- when -----------------------------------------------------------------------------------------------------------

// Read as fast as it goes while it is written as fast as it goes: always whole, and nothing ever counts back.
Test(metrics, whole_at_any_time)
{
	static struct page page;
	struct folder f;
	struct child c;
	char path[64];
	double before = 0;
	int changes = 0;
	folder_make(&f);
	snprintf(path, sizeof path, "%s/lofpipe.prom", f.path);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	child_start(&c, PLAN(.args = ARGS("--metrics", path), .out = null, .err = null));
	close(null);
	child_wait_asleep(&c);
	pid_t storm = fork();
	if (storm == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // the number may be another's once this test has failed
		fcntl(c.in, F_SETFL, 0);
		while (kill(c.pid, SIGUSR1) == 0 && write(c.in, LINE, sizeof LINE - 1) > 0)
			;
		_exit(0);
	}
	for (int i = 0; i < 3000 || changes < 20; i++) {
		load(&page, path);
		double now = value(&page, "lofpipe_events_total{stream=\"lofpipe\",outcome=\"enriched\"}");
		cr_assert_geq(now, before);
		changes += now > before;
		before = now;
	}
	kill(storm, SIGKILL);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	child_free(&c);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(rmdir(f.path), 0, "something is left beside it");
}

// From the start, and anew while nothing comes.
Test(metrics, fresh_while_idle)
{
	static struct page page;
	struct folder f;
	struct child c;
	struct stat first, later;
	char path[64];
	folder_make(&f);
	snprintf(path, sizeof path, "%s/lofpipe.prom", f.path);
	child_start(&c, PLAN(.args = ARGS("--metrics", path)));
	child_wait_asleep(&c);
	load(&page, path);
	cr_assert_eq(value(&page, "lofpipe_events_total{stream=\"lofpipe\",outcome=\"enriched\"}"), 0);
	cr_assert_eq(stat(path, &first), 0);
	child_feed(&c, LOF_LIT(LINE), true);
	for (int i = 0; i < 80; i++) {
		usleep(100000);
		cr_assert_eq(stat(path, &later), 0);
		if (later.st_ino != first.st_ino)
			break;
	}
	load(&page, path);
	cr_assert_eq(value(&page, "lofpipe_events_total{stream=\"lofpipe\",outcome=\"enriched\"}"), 1);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.errors.n, 0);
	cr_assert_lt(c.cpu_ms, SANITIZED ? 2000 : 200, "it spins: %ld ms of processor", c.cpu_ms);
	child_free(&c);
	folder_drop(&f);
}

// --- when it cannot be ----------------------------------------------------------------------------------------------

static void
is_told_once(const char *path, const char *why)
{
	struct folder f;
	struct child c, without;
	char log[64], stats[64];
	folder_make(&f);
	snprintf(log, sizeof log, "%s/log", f.path);
	snprintf(stats, sizeof stats, "%s/stats", f.path);
	child_run(&without, PLAN(0), LOF_LIT(LINE));
	child_start(&c, PLAN(.args = ARGS("--metrics", path, "--log", log, "--stats", stats)));
	for (int i = 0; i < 3; i++) {
		child_wait_asleep(&c);
		kill(c.pid, SIGUSR1);
	}
	child_wait_asleep(&c);
	child_feed(&c, LOF_LIT(LINE), false);
	child_end(&c);
	cr_assert_eq(c.status, 0);
	cr_assert_eq(c.errors.n, 0);
	cr_assert(c.output.n == without.output.n && memcmp(c.output.p, without.output.p, c.output.n) == 0);
	struct lof_buf told = file_bytes(log), counted = file_bytes(stats);
	const char *at = memmem(told.p, told.n, why, strlen(why));
	cr_assert_not_null(at, "%.*s", (int)told.n, told.p);
	cr_assert_null(memmem(at + 1, told.n - (size_t)(at + 1 - told.p), why, strlen(why)), "%.*s", (int)told.n, told.p);
	cr_assert_not_null(memmem(counted.p, counted.n, "\"metrics_failed\":5,", 19), "%.*s", (int)counted.n, counted.p);
	buf_free(&told);
	buf_free(&counted);
	child_free(&c);
	child_free(&without);
	folder_drop(&f);
}

Test(metrics, failing_to_write_is_told_once_and_ends_nothing)
{
	is_told_once("/nowhere/at/all", "/nowhere/at/all: cannot open its folder: No such file or directory");
	is_told_once("/dev/null", "/dev/null: is no file that can be replaced"); // least of all replaced
	is_told_once("-", "-: is no file that can be replaced");
	is_told_once("/tmp", "/tmp: is no file that can be replaced");
	char pipe[] = "/tmp/lofpipe-test-XXXXXX", why[96];
	cr_assert_not_null(mkdtemp(pipe));
	rmdir(pipe);
	cr_assert_eq(mkfifo(pipe, 0600), 0); // that nobody reads: not waited for
	snprintf(why, sizeof why, "%s: is no file", pipe);
	is_told_once(pipe, why);
	unlink(pipe);
}
