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
	".response.hits.hits[]._source .response.hits.hits[]._source", // _async_search
	".hits.sequences[].events[]._source .hits.sequences[].events[]._source", ".hits.events[]._source", // _eql
	".docs[]._source", ".Results[]", ".results[]",          // _mget; hunting: Defender, Graph
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

// --- over the limit --------------------------------------------------------------------------------------------------

// With a limit that it is over, all but envelopes in which the events are objects by themselves, or that are none.
static bool
has_array(size_t line)
{
	return strstr(where[line], "[]") != NULL;
}

// The array in v that the path leads to; where it leads through arrays, that in their first element.
static json_t *
array_at(json_t *v, const char *path)
{
	json_t *last = NULL;

	while (*path && *path != ' ') {
		size_t n = strcspn(path + 1, ".[ ") + 1;
		char key[64];

		if (*path == '[') {
			last = v;
			v = json_array_get(v, 0);
			path += 2;
			continue;
		}
		snprintf(key, sizeof key, "%.*s", (int)n - 1, path + 1);
		v = json_object_get(v, key);
		path += n;
	}
	return last;
}

// The line with its events thirty times over.
static struct lof_buf
enlarged(size_t line)
{
	json_t *v = json_loadb(compact[line].p, compact[line].n, 0, NULL), *a = array_at(v, where[line]);
	size_t n = json_array_size(a);
	struct lof_buf b = { 0 };

	cr_assert_gt(n, 0, "line %zu", line + 1);
	for (size_t i = 0; i < 29 * n; i++)
		json_array_append_new(a, json_deep_copy(json_array_get(a, i % n)));
	char *s = json_dumps(v, JSON_COMPACT);
	buf_str(&b, lof_cstr(s));
	free(s);
	json_decref(v);
	return b;
}

static size_t
step_random(void *arg)
{
	uint64_t k = run_random(arg);

	return k % 4 ? k / 4 % 300 : k / 4 % 5000;
}

// What is let through a piece at a time is what is answered when it is held whole, however it arrives.
static void
must_be_the_same(struct lof_str in, enum frame_shape shape, size_t max_event)
{
	struct lof_buf want = { 0 };
	uint64_t seed = in.n;
	size_t kinds[FRAME_KINDS] = { 0 };

	r.shape = shape;
	r.max_event = 16 << 20;
	run_stream(&r, in.p, in.n, step_all, NULL, NULL);
	buf_str(&want, run_view(&r));
	r.max_event = max_event;
	run_stream(&r, in.p, in.n, step_all, NULL, kinds);
	cr_assert(kinds[FRAME_EVENT] > 1 && !kinds[FRAME_LONG] && !kinds[FRAME_WRECK], "%.*s", (int)in.n, in.p);
	cr_assert(lof_str_eq(run_view(&r), buf_view(&want)), "%.*s\n--- not ---\n%.*s", (int)run_view(&r).n, run_view(&r).p,
	    (int)want.n, want.p);
	must_give(in, 0, buf_view(&want), 0);
	for (int k = 0; k < 4; k++) {
		r.exact = k % 2;
		run_stream(&r, in.p, in.n, step_random, &seed, NULL);
		cr_assert(lof_str_eq(run_view(&r), buf_view(&want)), "max-event %zu", max_event);
	}
	r.exact = false;
	r.max_event = 16 << 20;
	buf_free(&want);
}

Test(envelopes, opened_when_too_long_to_hold)
{
	for (size_t i = 0; i < LINES; i++) {
		struct lof_buf large = { 0 }, printed = { 0 };

		if (!has_array(i))
			continue;
		large = enlarged(i);
		prettify(buf_view(&large), &printed);
		must_be_the_same(buf_view(&large), SHAPE_LINES, compact[i].n);
		must_be_the_same(buf_view(&large), SHAPE_VALUES, compact[i].n);
		must_be_the_same(buf_view(&printed), SHAPE_AUTO, pretty[i].n);
		buf_put(&printed, "\0{}", 4); // an event may hold line ends then
		must_be_the_same(buf_view(&printed), SHAPE_NUL, pretty[i].n);
		buf_free(&large);
		buf_free(&printed);
	}
}

// However small the limit, nothing else changes, and the cutting decides nothing.
Test(envelopes, any_limit_any_cut)
{
	static const size_t limits[] = { 1, 7, 64, 200, 300, 500, 0 };

	for (size_t i = 0; i < LINES; i++)
		for (size_t k = 0; k < 2 * sizeof limits / sizeof *limits; k++) {
			struct lof_str in = k % 2 ? buf_view(&pretty[i]) : compact[i];
			struct lof_buf want = { 0 }, rest = { 0 };
			size_t all = SIZE_MAX;

			r.max_event = limits[k / 2] ? limits[k / 2] : in.n - 2;
			run_stream(&r, in.p, in.n, step_cut, &all, NULL);
			buf_str(&want, run_view(&r));
			strip(buf_view(&want), &rest);
			cr_assert(lof_str_eq(buf_view(&rest), in), "line %zu, max-event %zu:\n%.*s", i + 1, r.max_event, (int)want.n, want.p);
			if (!limits[k / 2] && strcmp(where[i], "@") != 0) // all but its end has been seen
				cr_assert(lof_str_eq(buf_view(&want), buf_view(&answers[i][k % 2])), "line %zu:\n%.*s", i + 1, (int)want.n, want.p);
			must_give(in, 0, buf_view(&want), i + 1);
			for (size_t first = 1; (k / 2) % 3 == 0 && first < in.n; first++)
				must_give(in, first, buf_view(&want), i + 1);
			buf_free(&want);
			buf_free(&rest);
		}
}

#define ALERT "{\"id\":\"da1\",\"providerAlertId\":\"1\",\"mitreTechniques\":[\"T1059.001\"],\"serviceSource\":\"x\"}"
#define OTHER "{\"id\":\"da2\",\"providerAlertId\":\"2\",\"mitreTechniques\":[],\"title\":\"]}\\\"[{\"}"
#define HEAD "{\"@odata.context\":\"x\","
#define VALUE "\"value\":[" ALERT "," OTHER " ,\t" ALERT "," ALERT "," ALERT "," ALERT "]"

Test(envelopes, what_else_an_envelope_may_hold)
{
	static const char *const texts[] = {
		HEAD VALUE "}",
		"  " HEAD VALUE "} \t\r",
		HEAD VALUE "," VALUE ",\"a\":-1.5e3,\"b\":[null,{\"value\":[" ALERT "]}],\"c\":\"\\u0041\\\"\"}", // two; one elsewhere
		HEAD "\"value\":[[" ALERT ",[" ALERT "]]," ALERT ",1,\"x\",true,[]," ALERT "," ALERT "]}",
		HEAD "\"valu\\u0065\":[" ALERT "," ALERT "," ALERT "," ALERT "," ALERT "]}",
		// our own name: what came with it goes, as from an envelope that is held
		"{\"lofp\":1,\"@odata.context\":\"x\"," VALUE "}",
		"{ \"lofp\" : {\"a\":[\"}\"]} , \"@odata.context\":\"x\"," VALUE "}",
		"{\"lofp\":1 , \"lofp\":[2]\t,\"@odata.context\":\"x\"," VALUE "}",
		HEAD "\"lofp\":{\"techniques\":[]}," VALUE "}",
		HEAD VALUE " , \"lofp\":{\"techniques\":[\"T1486\"]} }",
		HEAD VALUE ",\"lofp\":null,\"lof\\u0070\":\"\\\"\",\"z\":{}}",
		HEAD "\"a\":{\"lofp\":1}," VALUE ",\"lofp\\\\\":3}", // not ours
		// keys with dots, the rest of the path, and what only looks like it
		"{\"took\":1,\"hits.hits\":[{\"_source\":" ALERT "},{\"_source\":" ALERT "},{\"_source\":" ALERT "}]}",
		"{\"took\":1,\"hits\":{\"total\":1,\"hits\":[{\"_source\":" ALERT "},{\"fields\":" ALERT ",\"_index\":\"i\",\"_id\":\"1\"},"
		    "{\"_source\":" ALERT "}],\"hit\":[1]},\"hits\":{\"hits\":[{\"_source\":" ALERT "}]},\"hit\":{\"hits\":[" ALERT "]}}",
		"{\"responses\":[{\"hits\":{\"hits\":[{\"_source\":" ALERT "},{\"_source\":" ALERT "}]}},{\"hits\":{\"hits\":[]}},"
		    "{\"hits.hits\":[{\"_source\":" ALERT "}]}]}",
		// an incident in it is over the limit itself, and an envelope
		HEAD "\"value\":[{\"incidentId\":1,\"alerts\":[" ALERT "," ALERT "," ALERT "," ALERT "],\"lofp\":1},{\"incidentId\":1,"
		    "\"lofp\":2,\"alerts\":[" ALERT "," OTHER "],\"x\":1}," ALERT "]}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t max = 240; max < 320; max += 20) {
			must_be_the_same(lof_cstr(texts[i]), SHAPE_LINES, max);
			if (texts[i][0] != ' ')
				must_be_the_same(lof_cstr(texts[i]), SHAPE_VALUES, max);
		}
	must_be_the_same(LOF_LIT("[" ALERT "," OTHER ",1, [" ALERT "]," ALERT " , {\"value\":[" ALERT "]}," ALERT "]"), SHAPE_LINES, 200);
}

// Cut short or broken at any byte: what was answered stays, the rest of the line goes out as it came and the next line
// is a line of its own.
Test(envelopes, broken_ones_end_with_their_line)
{
	static const char text[] = HEAD "\"x\":[1,{\"y\":\"\\n\"}]," VALUE ",\"z\":null}", next[] = "\n" ALERT "\n";
	static const char *const faults[] = { "", "}", "]", "\"", ",", "x", "\\", ":", "\x01", "[", "{" };
	struct lof_buf want_next = { 0 };

	run_text(&r, ALERT, sizeof ALERT - 1);
	buf_str(&want_next, run_view(&r));
	r.shape = SHAPE_LINES;
	r.max_event = 250;
	for (size_t at = r.max_event + 1; at < sizeof text - 1; at++)
		for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
			struct lof_buf in = { 0 }, rest = { 0 };
			size_t all = SIZE_MAX, kinds[FRAME_KINDS] = { 0 };
			struct lof_str out;

			buf_put(&in, text, at);
			buf_str(&in, lof_cstr(faults[k]));
			if (*faults[k])
				buf_put(&in, text + at, sizeof text - 1 - at);
			buf_str(&in, lof_cstr(next));
			run_stream(&r, in.p, in.n, step_cut, &all, kinds);
			out = run_view(&r);
			strip(out, &rest);
			cr_assert(lof_str_eq(buf_view(&rest), buf_view(&in)), "%.*s", (int)in.n, in.p);
			cr_assert(out.n > want_next.n + 1 && memcmp(out.p + out.n - 1 - want_next.n, want_next.p, want_next.n) == 0, "%.*s",
			    (int)out.n, out.p);
			cr_assert_leq(kinds[FRAME_WRECK], 1);
			cr_assert(kinds[FRAME_WRECK] || *faults[k], "cut at %zu: not told", at);
			struct lof_buf whole = { 0 };
			buf_str(&whole, out);
			must_give(buf_view(&in), 0, buf_view(&whole), at);
			buf_free(&whole);
			buf_free(&in);
			buf_free(&rest);
		}
	buf_free(&want_next);
}
