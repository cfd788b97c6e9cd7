// Every envelope that alerts come in (samples/envelopes.ndjson, one a line): each alert gets its member in its own
// object and nothing else changes, be it compact or pretty-printed, by itself or in a stream, however it is cut.
#include "base/io.h"
#include "run.h"

#include <criterion/criterion.h>
#include <jansson.h>

// Where the members of each line stand, in order.
static const char *const where[] = {
	".hits.hits[]._source .hits.hits[].fields", "._source", // search answer; one hit of it
	"", ".result", ".results[]", ".event",                  // Splunk: preview, export, results; HEC
	".value[]", ".value[].alerts[] .value[].alerts[]", ".value[]", // Graph: alerts, incidents; Azure
	".resources[]", ".data[]", ".data[]", ".data", ".data.objects[]", // CrowdStrike, Datadog, SentinelOne, Sumo Logic
	".detections[]", ".events[].event.idm.readOnlyUdm", ".records[]", // SecOps, UDM, Azure records
	".Findings[]", ".detail.findings[]", ".detail",         // Security Hub; by way of EventBridge; GuardDuty
	".parameters.alert", "@", "@",                          // active response; JSON in a string
	".response[]", "@", "[]",                               // MISP; an array on a line
};
enum { LINES = sizeof where / sizeof *where };

static struct run r;
static struct lof_buf file;
static struct lof_str compact[LINES];
static struct lof_buf pretty[LINES], answers[LINES][2]; // answers: compact, pretty

static void
new_line(struct lof_buf *out, int depth)
{
	buf_char(out, '\n');
	for (int k = 0; k < 2 * depth; k++)
		buf_char(out, ' ');
}

// One member a line, as producers print them.
static void
prettify(struct lof_str s, struct lof_buf *out)
{
	int depth = 0;
	bool in_string = false, escape = false, empty = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool open = !in_string && (c == '{' || c == '['), close = !in_string && (c == '}' || c == ']');

		if (close && (depth--, !empty))
			new_line(out, depth);
		buf_char(out, c);
		if (c == '"' && !escape)
			in_string = !in_string;
		escape = in_string && c == '\\' && !escape;
		empty = open && (s.p[i + 1] == '}' || s.p[i + 1] == ']');
		depth += open;
		if ((open && !empty) || (!in_string && c == ','))
			new_line(out, depth);
		if (!in_string && c == ':')
			buf_char(out, ' ');
	}
	buf_char(out, '\n');
}

static void
init(void)
{
	struct lof_str rest;

	run_open(&r);
	cr_assert_eq(io_slurp("samples/envelopes.ndjson", &file, NULL), LOF_OK, "run from the top of the source");
	rest = buf_view(&file);
	for (size_t i = 0; i < LINES; i++) {
		cr_assert(lof_str_cut(&rest, '\n', &compact[i]));
		prettify(compact[i], &pretty[i]);
		run_text(&r, compact[i].p, compact[i].n);
		buf_str(&answers[i][0], run_view(&r));
		run_text(&r, pretty[i].p, pretty[i].n);
		buf_str(&answers[i][1], run_view(&r));
	}
	cr_assert_eq(rest.n, 0, "a line without a row in this test");
}

static void
fini(void)
{
	for (size_t i = 0; i < LINES; i++) {
		buf_free(&pretty[i]);
		buf_free(&answers[i][0]);
		buf_free(&answers[i][1]);
	}
	buf_free(&file);
	run_close(&r);
}

TestSuite(envelopes, .init = init, .fini = fini);

// --- where the members are -------------------------------------------------------------------------------------------

static void
find_members(const json_t *v, const char *path, struct lof_buf *out)
{
	char below[200];
	const char *key;
	json_t *m;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)v, i, m) {
		snprintf(below, sizeof below, "%s[]", path);
		find_members(m, below, out);
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, m) {
		snprintf(below, sizeof below, "%s.%s", path, key);
		if (strcmp(key, "lofp") != 0) {
			find_members(m, below, out);
			continue;
		}
		if (out->n)
			buf_char(out, ' ');
		buf_str(out, *path ? lof_cstr(path) : LOF_LIT("@"));
	}
}

// The text without its members.
static void
strip(struct lof_str s, struct lof_buf *out)
{
	static const char member[] = ",\"lofp\":";

	for (const char *at; (at = memmem(s.p, s.n, member, sizeof member - 1));) {
		size_t used;
		json_error_t e;

		buf_put(out, s.p, (size_t)(at - s.p));
		s = LOF_STR(at + sizeof member - 1, s.n - (size_t)(at - s.p) - (sizeof member - 1));
		json_t *v = json_loadb(s.p, s.n, JSON_DISABLE_EOF_CHECK, &e);
		cr_assert_not_null(v);
		json_decref(v);
		used = (size_t)e.position;
		s = LOF_STR(s.p + used, s.n - used);
	}
	buf_str(out, s);
}

Test(envelopes, each_alert_gets_its_own)
{
	for (size_t i = 0; i < LINES; i++)
		for (int k = 0; k < 2; k++) {
			struct lof_str in = k ? buf_view(&pretty[i]) : compact[i];
			struct lof_buf at = { 0 }, rest = { 0 };
			json_t *v = json_loadb(answers[i][k].p, answers[i][k].n, JSON_REJECT_DUPLICATES, NULL);

			cr_assert_not_null(v, "line %zu", i + 1);
			find_members(v, "", &at);
			cr_expect(lof_str_eq(buf_view(&at), lof_cstr(where[i])), "line %zu: members at \"%.*s\", not \"%s\"", i + 1,
			    (int)at.n, at.n ? at.p : "", where[i]);
			strip(buf_view(&answers[i][k]), &rest);
			cr_expect(lof_str_eq(buf_view(&rest), in), "line %zu: something else changed:\n%.*s\n%.*s", i + 1, (int)rest.n, rest.p,
			    (int)in.n, in.p);
			json_decref(v);
			buf_free(&at);
			buf_free(&rest);
		}
}

// --- however it is cut -----------------------------------------------------------------------------------------------

// The first read brings *arg bytes, the next the rest.
static size_t
step_cut(void *arg)
{
	size_t *first = arg, n = *first;

	*first = SIZE_MAX;
	return n;
}

static void
must_give(struct lof_str in, size_t first, struct lof_str want, size_t line)
{
	size_t cut = first;

	run_stream(&r, in.p, in.n, first ? step_cut : step_one, &cut, NULL);
	cr_assert(lof_str_eq(run_view(&r), want), "line %zu, max-event %zu, cut at %zu:\n%.*s\n--- not ---\n%.*s", line,
	    r.max_event, first, (int)run_view(&r).n, run_view(&r).p, (int)want.n, want.p);
}

Test(envelopes, cut_at_every_byte)
{
	for (size_t i = 0; i < LINES; i++)
		for (int k = 0; k < 2; k++) {
			struct lof_str in = k ? buf_view(&pretty[i]) : compact[i];

			for (size_t first = 0; first <= in.n; first++)
				must_give(in, first, buf_view(&answers[i][k]), i + 1);
		}
}

// All lines as one stream: NDJSON, pretty-printed one behind the other, the elements of one array.
Test(envelopes, as_a_stream)
{
	static const struct {
		enum frame_shape shape;
		bool pretty;
		struct lof_str begin, between, end;
	} streams[] = {
		{ SHAPE_AUTO, false, { "", 0 }, { "\n", 1 }, { "\n", 1 } },
		{ SHAPE_LINES, false, { "\n", 1 }, { "\r\n", 2 }, { "", 0 } },
		{ SHAPE_AUTO, true, { "", 0 }, { "", 0 }, { "", 0 } },
		{ SHAPE_VALUES, false, { "", 0 }, { "", 0 }, { "", 0 } },
		{ SHAPE_AUTO, true, { "[\n", 2 }, { ",\n", 2 }, { "]\n", 2 } },
		{ SHAPE_AUTO, false, { "[", 1 }, { ",", 1 }, { "]", 1 } },
	};
	for (size_t k = 0; k < sizeof streams / sizeof *streams; k++) {
		struct lof_buf in = { 0 }, want = { 0 };

		r.shape = streams[k].shape;
		buf_str(&in, streams[k].begin);
		buf_str(&want, streams[k].begin);
		for (size_t i = 0; i < LINES; i++) {
			struct lof_str sep = i + 1 < LINES ? streams[k].between : streams[k].end;

			buf_str(&in, streams[k].pretty ? buf_view(&pretty[i]) : compact[i]);
			buf_str(&want, buf_view(&answers[i][streams[k].pretty]));
			buf_str(&in, sep);
			buf_str(&want, sep);
		}
		must_give(buf_view(&in), 0, buf_view(&want), 0);
		for (size_t first = 1; first < in.n; first += 97)
			must_give(buf_view(&in), first, buf_view(&want), 0);
		buf_free(&in);
		buf_free(&want);
	}
}
