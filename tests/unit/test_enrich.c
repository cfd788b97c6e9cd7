// What is appended to an event: each promise of the design's "The appended member", on one event at a time.
#include "run.h"

#include <criterion/criterion.h>
#include <jansson.h>

static struct run r;

static void
init(void)
{
	run_open(&r);
}

static void
fini(void)
{
	run_close(&r);
}

TestSuite(enrich, .init = init, .fini = fini);

// --- helpers -----------------------------------------------------------------------------------------------------

static json_t *
parsed(struct lof_str s)
{
	json_error_t e;
	json_t *v = json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES, &e);

	cr_assert_not_null(v, "%s at %d: %.*s", e.text, e.position, (int)s.n, s.p);
	return v;
}

static enum outcome
put(const char *text)
{
	return run_text(&r, text, strlen(text));
}

// The member for this event; the caller's to give back. NULL: there is none.
static json_t *
member(const char *text)
{
	json_t *v, *m;

	put(text);
	v = parsed(run_view(&r));
	m = json_incref(json_object_get(v, "lofp"));
	json_decref(v);
	return m;
}

static bool
out_is(const char *want)
{
	return lof_str_eq(run_view(&r), lof_cstr(want));
}

static const char *
text_at(const json_t *m, const char *key)
{
	const char *s = json_string_value(json_object_get(m, key));

	return s ? s : "";
}

static json_t *
note(const json_t *m, size_t i)
{
	return json_array_get(json_object_get(m, "notes"), i);
}

static long long
number(const json_t *m, const char *key)
{
	return json_integer_value(json_object_get(m, key));
}

// A book of our own.
static struct lof_buf
make_index(const struct note *n, size_t count, const char *label)
{
	struct build *b = build_new();
	struct lof_buf out = { 0 };

	for (size_t i = 0; i < count; i++)
		cr_assert_eq(build_add(b, &n[i], NULL), LOF_OK);
	cr_assert_eq(build_finish(b, lof_cstr(label), &out, NULL, NULL), LOF_OK);
	build_free(b);
	return out;
}

static void
open_book(const struct note *n, size_t count)
{
	struct lof_buf ix = make_index(n, count, "test");

	run_close(&r);
	run_open_with(&r, NULL, buf_view(&ix));
	buf_free(&ix);
}

#define E1059 "{\"mitre_techniques\":[\"T1059.001\"],\"process_name\":\"powershell.exe\"}"

// --- the member --------------------------------------------------------------------------------------------------

Test(enrich, is_the_last_member_and_whole)
{
	static const char *const all[] = { "techniques", "total", "notes", "index" };
	json_t *m, *v, *n;
	const char *key;
	size_t i = 0;

	cr_assert_eq(put(E1059), OUT_ENRICHED);
	v = parsed(run_view(&r));
	json_object_foreach(v, key, n)
		i++;
	cr_assert_eq(i, 3);
	cr_assert_str_eq(key ? key : "lofp", "lofp");
	m = json_object_get(v, "lofp");
	i = 0;
	json_object_foreach(m, key, n)
		cr_assert_str_eq(key, all[i++]);
	cr_assert_eq(i, 4, "empty fields are left out: no via");
	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(m, "techniques"), 0)), "T1059.001");
	cr_assert_str_eq(text_at(m, "index"), r.book.version);
	cr_assert_eq(json_array_size(json_object_get(m, "notes")), 5);
	cr_assert_gt(number(m, "total"), 100);
	json_array_foreach(json_object_get(m, "notes"), i, n) {
		double score = json_number_value(json_object_get(n, "score"));

		cr_assert(*text_at(n, "text") && *text_at(n, "match") && *text_at(n, "source"));
		cr_assert(score > 0 && score <= 1, "%f", score);
		cr_assert(i == 0 || score <= json_number_value(json_object_get(note(m, i - 1), "score")), "the best first");
	}
	json_decref(v);
}

Test(enrich, every_other_byte_stays)
{
	static const char *const texts[] = { " { \"mitre_techniques\" : [ \"T1059\" ] , \"n\" : 1.0e+2 } \r",
	    "{\"mitre_techniques\":\"T1059\"\n}\n",
		"\t{\"a\":\"\\u0041\\/\",\"mitre_techniques\":[\"t1059\"],\"x\":123456789012345678901234567890,\"x\":-0 }" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct lof_str out;
		size_t brace = (size_t)(strrchr(texts[i], '}') - texts[i]), tail, n = strlen(texts[i]);

		while (strchr(" \n", texts[i][brace - 1])) // it goes behind the last value, before the blanks
			brace--;
		tail = n - brace;
		cr_assert_leq(put(texts[i]), OUT_NO_NOTES);
		out = run_view(&r);
		cr_assert_gt(out.n, n);
		cr_assert_arr_eq(out.p, texts[i], brace);
		cr_assert_arr_eq(out.p + out.n - tail, texts[i] + brace, tail);
		cr_assert_eq(memcmp(out.p + brace, ",\"lofp\":{", 9), 0);
	}
}

Test(enrich, nothing_to_say_changes_nothing)
{
	static const char *const texts[] = { "{}", " { } ", "{\"a\":1}", "{\"command_line\":\"echo T1059\"}",
	    "{\"mitre_techniques\":[]}",
		"{\"mitre_techniques\":null}", "{\"mitre_techniques\":[1059,true,{},[]]}", "{\"time\":\"2026-11-20\",\"T1059\":1}" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		cr_assert_eq(put(texts[i]), OUT_NO_KEY, "%s", texts[i]);
		cr_assert(out_is(texts[i]), "%s", texts[i]);
	}
	cr_assert_eq(r.e.count.of[OUT_NO_KEY], sizeof texts / sizeof *texts);
	cr_assert_eq(put("[]"), OUT_NOT_OBJECT);
	cr_assert_eq(put("[1,[{\"mitre_techniques\":[\"T1059\"]}]]"), OUT_NOT_OBJECT);
	cr_assert_eq(put("\"T1059\""), OUT_NOT_OBJECT);
	cr_assert_eq(put("1059"), OUT_NOT_OBJECT);
	cr_assert_eq(put("   "), OUT_NOT_OBJECT);
	cr_assert(out_is("   "));
	cr_assert_eq(put(""), OUT_NOT_OBJECT);
	cr_assert_eq(put("{\"a\":1}}"), OUT_BAD);
	cr_assert_eq(put("{\"a\":1"), OUT_CUT);
	cr_assert(out_is("{\"a\":1"));
}

Test(enrich, a_technique_without_a_note_gets_empty_notes)
{
	static attack_id id[] = { 1021000 };
	struct note n = { .text = LOF_LIT("only remote services"), .techniques = id, .n_techniques = 1 };
	json_t *m;

	open_book(&n, 1);
	cr_assert_eq(put("{\"mitre_techniques\":[\"T1486\"]}"), OUT_NO_NOTES);
	m = member("{\"mitre_techniques\":[\"T1486\"]}");
	cr_assert(json_is_array(json_object_get(m, "notes")) && json_array_size(json_object_get(m, "notes")) == 0);
	cr_assert_eq(number(m, "total"), 0);
	json_decref(m);
}

Test(enrich, retired_ids_are_followed_and_told)
{
	json_t *m = member("{\"mitre_techniques\":[\"T1086\",\"T1562.001\",\"T1059.001\"]}"), *via = json_object_get(m, "via");
	json_t *t = json_object_get(m, "techniques");

	cr_assert_eq(json_array_size(t), 2, "T1086 is T1059.001, which is there once");
	cr_assert_str_eq(json_string_value(json_array_get(t, 0)), "T1059.001");
	cr_assert_str_eq(json_string_value(json_array_get(t, 1)), "T1685");
	cr_assert_eq(json_object_size(via), 2);
	cr_assert_str_eq(text_at(via, "T1086"), "T1059.001");
	cr_assert_str_eq(text_at(via, "T1562.001"), "T1685");
	cr_assert_eq(r.e.count.retired, 1);
	json_decref(m);
	// The same answer is asked for again under another old id: the cache must not mix them up.
	m = member("{\"mitre_techniques\":[\"T1059.001\"]}");
	cr_assert_null(json_object_get(m, "via"));
	json_decref(m);
	m = member("{\"mitre_techniques\":[\"T1086\"]}");
	cr_assert_str_eq(text_at(json_object_get(m, "via"), "T1086"), "T1059.001");
	json_decref(m);
}

Test(enrich, notes_are_found_by_old_ids_too)
{
	static attack_id old[] = { 1562001 }, new[] = { 1685000 };
	struct note n[] = { { .text = LOF_LIT("written for the old id"), .techniques = old, .n_techniques = 1 },
		{ .text = LOF_LIT("written for the new id"), .techniques = new, .n_techniques = 1 } };
	static const char *const events[] = { "{\"mitre_techniques\":[\"T1562.001\"]}", "{\"mitre_techniques\":[\"T1685\"]}" };

	open_book(n, 2);
	for (int i = 0; i < 2; i++) {
		json_t *m = member(events[i]);

		cr_assert_eq(json_array_size(json_object_get(m, "notes")), 2, "%s", events[i]);
		json_decref(m);
	}
}

Test(enrich, families)
{
	static attack_id child[] = { 1059001 }, other[] = { 1059003 }, parent[] = { 1059000 };
	struct note n[] = { { .text = LOF_LIT("of the child"), .techniques = child, .n_techniques = 1 },
		{ .text = LOF_LIT("of the other child"), .techniques = other, .n_techniques = 1 },
		{ .text = LOF_LIT("of the parent"), .techniques = parent, .n_techniques = 1 } };
	json_t *m;

	open_book(n, 3);
	m = member("{\"mitre_techniques\":[\"T1059.001\"]}");
	cr_assert_eq(number(m, "total"), 2, "its own and its parent's, not its sister's");
	cr_assert_str_eq(text_at(note(m, 0), "text"), "of the child");
	cr_assert_str_eq(text_at(note(m, 0), "match"), "sub-technique");
	cr_assert_str_eq(text_at(note(m, 1), "match"), "parent");
	cr_assert_str_eq(text_at(note(m, 1), "technique"), "T1059");
	json_decref(m);
	m = member("{\"mitre_techniques\":[\"T1059\"]}");
	cr_assert_eq(number(m, "total"), 3, "a parent takes in its sub-techniques");
	cr_assert_str_eq(text_at(note(m, 0), "match"), "technique");
	json_decref(m);
	m = member("{\"mitre_techniques\":[\"T1059.005\"]}");
	cr_assert_eq(number(m, "total"), 1, "without notes of its own it has its parent's");
	json_decref(m);
}

// A well-formed id that no table knows is kept as found, and looked up by its parent.
Test(enrich, unknown_ids)
{
	const char *event = "{\"event_type\":\"alert\",\"alert\":{\"signature_id\":1,\"metadata\":{\"mitre_technique_i"
	    "d\":[\"T1059.999\"]}}}";
	json_t *m = member(event);

	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(m, "techniques"), 0)), "T1059.999");
	cr_assert_gt(number(m, "total"), 50);
	cr_assert_str_eq(text_at(note(m, 0), "match"), "parent");
	cr_assert_eq(r.e.count.unknown, 1);
	json_decref(m);
}

Test(enrich, placeholders_are_counted_and_never_shown)
{
	static attack_id id[] = { 1059000, 1059001 }; // one is listed twice in the family of T1059: still one
	struct note n[] = { { .text = LOF_LIT("unknown"), .techniques = id, .n_techniques = 2 }, { .text = LOF_LIT("none"),
	    .techniques = id, .n_techniques = 1 },
		{ .text = LOF_LIT("a package manager"), .techniques = id, .n_techniques = 1 } };
	json_t *m;

	open_book(n, 3);
	m = member("{\"mitre_techniques\":[\"T1059\"]}");
	cr_assert_eq(json_array_size(json_object_get(m, "notes")), 1);
	cr_assert_str_eq(text_at(note(m, 0), "text"), "a package manager");
	cr_assert_eq(number(m, "total"), 1);
	cr_assert_eq(r.e.count.placeholders, 2);
	cr_assert_eq(r.e.count.notes, 1);
	json_decref(m);
}

Test(enrich, why_says_which_words_spoke)
{
	static attack_id id[] = { 1059000 };
	struct note n[] = { { .text = LOF_LIT("a package manager such as apt"), .techniques = id, .n_techniques = 1 },
		{ .text = LOF_LIT("the backup agent bkagent.exe"), .techniques = id, .n_techniques = 1 } };
	json_t *m, *why;

	open_book(n, 2);
	m = member("{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"C:\\\\x\\\\BkAgent.exe\"}");
	cr_assert_str_eq(text_at(note(m, 0), "text"), "the backup agent bkagent.exe", "words turn the order round");
	why = json_object_get(note(m, 0), "why");
	cr_assert_eq(json_array_size(why), 2);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(strncmp(json_string_value(json_array_get(why, i)), "bkagent", 7), 0,
		    "the name, whole and without its ending");
	cr_assert_null(json_object_get(note(m, 1), "why"), "empty fields are left out");
	json_decref(m);
}

// --- options -----------------------------------------------------------------------------------------------------

Test(enrich, max_notes)
{
	static const size_t max[] = { 1, 2, 5, 20 };

	for (size_t i = 0; i < 4; i++) {
		json_t *m;

		r.engine.want.max = r.engine.want.weak = max[i];
		r.engine.max_bytes = 0;
		run_again(&r);
		m = member(E1059);
		cr_assert_eq(json_array_size(json_object_get(m, "notes")), max[i]);
		cr_assert_gt(number(m, "total"), 100, "total counts those that were cut");
		json_decref(m);
	}
	r.engine.want.max = 0;
	run_again(&r);
	json_t *m = member(E1059);
	cr_assert_eq(json_array_size(json_object_get(m, "notes")), (size_t)number(m, "total"), "0 is all");
	json_decref(m);
}

// Notes whose terms the event does not have are about another product.
Test(enrich, weak_notes)
{
	static const attack_id id = 1059000;
	struct lof_str terms[] = { LOF_LIT("bkagent.exe"), LOF_LIT("mdmclient.exe") };
	struct note n[4];
	static const struct {
		const char *event;
		size_t max, weak, shown;
	} cases[] = {
		{ "{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"C:\\\\x\\\\BkAgent.exe\"}", 5, 1, 1 },
		{ "{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"C:\\\\x\\\\BkAgent.exe\"}", 5, 2, 2 },
		{ "{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"inventory\"}", 5, 2, 2 },
		{ "{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"inventory\"}", 5, 0, 0 },
		{ "{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"inventory\"}", 0, 0, 4 },
		{ "{\"mitre_techniques\":[\"T1059\"]}", 5, 2, 4 },
	};

	for (size_t i = 0; i < 4; i++)
		n[i] = (struct note){ .text = LOF_LIT("the nightly inventory of a fleet runs it"), .techniques = &id, .n_techniques = 1,
			.terms = { &terms[1], 1 } };
	n[0].text = LOF_LIT("bkagent.exe runs scripts before each backup");
	n[0].terms.v = &terms[0];
	n[1].text = LOF_LIT("a phone's console asks mdmclient.exe for inventory");
	n[2].text = LOF_LIT("what everybody does at the end of a month");
	n[2].usual = 1;
	open_book(n, 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *m;

		r.engine.want = (struct wanted){ .max = cases[i].max, .weak = cases[i].weak };
		run_again(&r);
		m = member(cases[i].event);
		cr_expect_eq(json_array_size(json_object_get(m, "notes")), cases[i].shown, "case %zu", i);
		cr_expect_eq(number(m, "total"), 4);
		json_decref(m);
	}
	r.engine.want = (struct wanted){ .max = 5, .weak = 1 };
	run_again(&r);
	json_t *m = member("{\"mitre_techniques\":[\"T1059\"],\"process_name\":\"fleet\"}");
	cr_expect_eq(json_array_size(json_object_get(m, "notes")), 1);
	json_decref(m);
	m = member("{\"mitre_techniques\":[\"T1059\"]}");
	cr_expect_str_eq(text_at(note(m, 0), "text"), "what everybody does at the end of a month", "the usual cause leads the silent");
	json_decref(m);
}

Test(enrich, max_bytes_is_never_passed)
{
	static const char *const events[] = { E1059,
	    "{\"mitre_techniques\":[\"T1086\",\"T1562.001\",\"T1021.002\",\"T1110\"]}" };

	r.engine.want.max = 0;
	for (size_t e = 0; e < 2; e++)
		for (size_t max = 1; max < 3000; max += max < 400 ? 1 : 97) {
			size_t n = strlen(events[e]);
			enum outcome o;

			r.engine.max_bytes = max;
			if (e == 0 || max % 5 == 1)
				run_again(&r);
			else
				continue;
			o = put(events[e]);
			cr_assert_leq(run_view(&r).n, n + max, "%zu bytes were allowed, %zu added", max, run_view(&r).n - n);
			cr_assert(run_view(&r).n > n || o == OUT_NO_NOTES);
			json_decref(parsed(run_view(&r)));
		}
	r.engine.max_bytes = 4096;
	run_again(&r);
	put(E1059);
	cr_assert_gt(run_view(&r).n, 3000, "what fits is taken");
}

// The comma counts: a member that would fit to the byte without it does not go in.
Test(enrich, max_bytes_counts_the_comma)
{
	static attack_id id[] = { 1021000 };
	struct note n = { .text = LOF_LIT("x"), .techniques = id, .n_techniques = 1 };
	const char *event = "{\"mitre_techniques\":[\"T1486\"]}";
	size_t added;

	open_book(&n, 1);
	put(event);
	added = run_view(&r).n - strlen(event);
	r.engine.max_bytes = added;
	run_again(&r);
	put(event);
	cr_assert_eq(run_view(&r).n, strlen(event) + added);
	r.engine.max_bytes = added - 1;
	run_again(&r);
	cr_assert_eq(put(event), OUT_NO_NOTES);
	cr_assert(out_is(event), "not even the bare member fits");
}

Test(enrich, a_note_that_does_not_fit_makes_room_for_the_next)
{
	static attack_id id[] = { 1059000 };
	static char large[1500];
	struct note n[] = { { .text = { large, sizeof large }, .techniques = id, .n_techniques = 1 },
		{ .text = LOF_LIT("short"), .techniques = id, .n_techniques = 1 } };
	json_t *m;

	memset(large, 'x', sizeof large);
	for (size_t i = 7; i < sizeof large; i += 8)
		large[i] = ' ';
	open_book(n, 2);
	r.engine.max_bytes = 600;
	run_again(&r);
	m = member("{\"mitre_techniques\":[\"T1059\"]}");
	cr_assert_eq(json_array_size(json_object_get(m, "notes")), 1);
	cr_assert_str_eq(text_at(note(m, 0), "text"), "short");
	cr_assert_eq(number(m, "total"), 2);
	json_decref(m);
}

Test(enrich, styles)
{
	json_t *full = member(E1059), *m;

	r.engine.style = STYLE_TEXT;
	run_again(&r);
	m = member(E1059);
	for (size_t i = 0; i < 5; i++)
		cr_assert_str_eq(json_string_value(note(m, i)), text_at(note(full, i), "text"));
	json_decref(m);
	r.engine.style = STYLE_IDS;
	run_again(&r);
	m = member(E1059);
	for (size_t i = 0; i < 5; i++)
		cr_assert(json_is_string(note(m, i)) && strcmp(json_string_value(note(m, i)), text_at(note(full, i), "text")) != 0);
	json_decref(m);
	json_decref(full);
}

Test(enrich, another_name)
{
	const char *text = "{\"mitre_techniques\":[\"T1059\"],\"lofp\":1,\"my \\\"key\\\"\":2}";
	json_t *v;

	r.engine.key = LOF_LIT("my \"key\"");
	run_again(&r);
	put(text);
	v = parsed(run_view(&r));
	cr_assert_eq(json_object_size(v), 3);
	cr_assert(json_is_object(json_object_get(v, "my \"key\"")), "replaced under its own name");
	cr_assert_eq(number(v, "lofp"), 1, "that is nobody's of ours now");
	json_decref(v);
}

// --- splicing ----------------------------------------------------------------------------------------------------

// The bytes around the member. "@" stands for it.
static void
splices(const char *text, const char *want)
{
	struct lof_str out, again;
	const char *at = strchr(want, '@');
	size_t tail = strlen(at + 1), head = (size_t)(at - want);
	struct lof_buf copy = { 0 };

	cr_assert_leq(put(text), OUT_NO_NOTES, "%s", text);
	out = run_view(&r);
	cr_assert(out.n > head + tail && memcmp(out.p, want, head) == 0 && memcmp(out.p + out.n - tail, at + 1, tail) == 0,
	    "%s\n%.*s\n%s", text, (int)out.n, out.p, want);
	cr_assert(memcmp(out.p + head, "\"lofp\":{\"techniques\":[", 22) == 0, "%.*s", (int)out.n, out.p);
	buf_str(&copy, out);
	put("{\"a\":1}");
	run_text(&r, copy.p, copy.n);
	again = run_view(&r);
	cr_assert(lof_str_eq(again, buf_view(&copy)), "twice is not once: %s", text);
	buf_free(&copy);
}

Test(enrich, where_it_goes)
{
	splices("{\"mitre_techniques\":\"T1059\"}", "{\"mitre_techniques\":\"T1059\",@}");
	splices("{\"mitre_techniques\":\"T1059\" } ", "{\"mitre_techniques\":\"T1059\",@ } ");
	splices("{\"mitre_techniques\":\"T1059\"\r\n}\r\n", "{\"mitre_techniques\":\"T1059\",@\r\n}\r\n");
	splices("{\"mitre_techniques\":\"T1059\",\"a\":{\"lofp\":1}}",
	    "{\"mitre_techniques\":\"T1059\",\"a\":{\"lofp\":1},@}");
}

Test(enrich, planted_members_are_replaced)
{
	splices("{\"lofp\":1,\"mitre_techniques\":\"T1059\"}", "{\"mitre_techniques\":\"T1059\",@}");
	splices("{\"mitre_techniques\":\"T1059\",\"lofp\":{\"notes\":[]}}", "{\"mitre_techniques\":\"T1059\",@}");
	splices("{\"mitre_techniques\":\"T1059\" , \"lofp\" : [] , \"b\":2 }",
	    "{\"mitre_techniques\":\"T1059\"  , \"b\":2,@ }");
	splices("{ \"lofp\":1 , \"lofp\":2 , \"mitre_techniques\":\"T1059\" }", "{ \"mitre_techniques\":\"T1059\",@ }");
	splices("{\"mitre_techniques\":\"T1059\",\"\\u006cofp\":3}", "{\"mitre_techniques\":\"T1059\",@}");
	splices("{\"lofp\":0,\"mitre_techniques\":\"T1059\",\"lofp\":{},\"b\":2,\"lo\\u0066p\":\"\"}",
	    "{\"mitre_techniques\":\"T1059\",\"b\":2,@}");
	cr_assert_gt(r.e.count.replaced, 0);
}

// With nothing of ours to put there, what was planted goes all the same.
Test(enrich, planted_members_do_not_survive_without_a_technique)
{
	static const char *const t[][2] = {
		{ "{\"a\":1,\"lofp\":{\"notes\":[{\"text\":\"fine\"}]}}", "{\"a\":1}" }, { "{\"lofp\":1}", "{}" },
		    { "{ \"lofp\" : 1 }", "{  }" },
		{ "{\"lofp\":1,\"lofp\":2}", "{}" }, { "{\"lofp\":1 , \"a\":2}", "{\"a\":2}" }, { "{\"a\":1,\"lofp\":[{}],\"b\":2}",
		    "{\"a\":1,\"b\":2}" },
		{ "{\"lofp\":{\"techniques\":[\"T1059\"]},\"a\":2,\"l\\u006ffp\":3}", "{\"a\":2}" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		cr_assert_eq(put(t[i][0]), OUT_NO_KEY, "%s: what is planted is not read either", t[i][0]);
		cr_assert(out_is(t[i][1]), "%s: %.*s", t[i][0], (int)run_view(&r).n, run_view(&r).p);
	}
}

Test(enrich, an_object_that_is_empty_but_for_ours)
{
	struct rules_options o = { .paths = { [ROLE_TECHNIQUE] = (const char *const[]){ "x.y" } },
	    .n_paths = { [ROLE_TECHNIQUE] = 1 } };

	cr_assert_eq(put("{\"lofp\":{\"x\":1}}"), OUT_NO_KEY);
	cr_assert(out_is("{}"));
	run_close(&r);
	run_open_with(&r, &o, LOF_LIT(""));
	splices("{\"x\":{\"y\":\"T1059\"}}", "{\"x\":{\"y\":\"T1059\"},@}");
}

// --- carriers ----------------------------------------------------------------------------------------------------

Test(enrich, events_in_an_envelope_each_get_theirs)
{
	const char *text = "{ \"hits\":{\"total\":3,\"hits\":[ {\"_index\":\"i\",\"_id\":\"1\",\"_source\":{\"ecs\":{"
	    "\"version\":\"8\"},\"threat\":{\"technique\":{\"id\":\"T1059\"}}}} ,"
	    "{\"_index\":\"i\",\"_id\":\"2\",\"_source\":{\"a\":1,\"lofp\":2}},{\"_index\":\"i\",\"_id\":\"3\",\"_sour"
	    "ce\":{\"ecs\":{\"version\":\"8\"},"
	    "\"threat\":{\"technique\":{\"id\":[\"T1021.002\"]}}}}]} }";
	json_t *v, *hits;

	cr_assert_eq(put(text), OUT_ENRICHED);
	cr_assert_eq(r.e.count.events, 3);
	cr_assert(r.e.count.of[OUT_ENRICHED] == 2 && r.e.count.of[OUT_NO_KEY] == 1);
	v = parsed(run_view(&r));
	hits = json_object_get(json_object_get(v, "hits"), "hits");
	cr_assert_null(json_object_get(v, "lofp"), "the carrier gets none");
	for (size_t i = 0; i < 3; i++) {
		json_t *hit = json_array_get(hits, i), *own = json_object_get(json_object_get(hit, "_source"), "lofp");

		cr_assert_null(json_object_get(hit, "lofp"));
		cr_assert_eq(own != NULL, i != 1);
	}
	json_decref(v);
}

// A Splunk export of a HEC event of an EventBridge event of a finding.
Test(enrich, carriers_in_carriers)
{
	const char *inner = "{\"mitre_techniques\":[\"T1059\"]}";
	char text[600];
	json_t *v, *e;

	snprintf(text, sizeof text, "{\"preview\":false,\"offset\":0,\"result\":{\"time\":1,\"host\":\"h\",\"source\":"
	    "\"s\",\"sourcetype\":\"t\",\"event\":%s}}", inner);
	cr_assert_eq(put(text), OUT_ENRICHED);
	cr_assert_eq(r.e.count.events, 1);
	v = parsed(run_view(&r));
	e = json_object_get(json_object_get(v, "result"), "event");
	cr_assert_not_null(json_object_get(e, "lofp"), "%.*s", (int)run_view(&r).n, run_view(&r).p);
	cr_assert_null(json_object_get(json_object_get(v, "result"), "lofp"));
	json_decref(v);

	// Deeper than is opened: it passes as it is.
	char deep[4000] = "{\"mitre_techniques\":[\"T1059\"]}", more[4000];
	for (int i = 0; i < CARRIERS_MAX + 2; i++) {
		snprintf(more, sizeof more, "{\"time\":1,\"host\":\"h\",\"source\":\"s\",\"sourcetype\":\"t\",\"event\":%.3000s}",
		    deep);
		memcpy(deep, more, sizeof deep);
	}
	cr_assert_leq(put(deep), OUT_NO_KEY);
	json_decref(parsed(run_view(&r)));
	cr_assert(out_is(deep));
}

Test(enrich, elements_of_an_array)
{
	static const char text[] = "[ {\"mitre_techniques\":[\"T1059\"]} ,1, {\"a\":1,\"lofp\":2},[{}],{} ]";
	json_t *v;

	cr_assert_eq(put(text), OUT_ENRICHED);
	cr_assert_eq(r.e.count.events, 3);
	v = parsed(run_view(&r));
	cr_assert_not_null(json_object_get(json_array_get(v, 0), "lofp"));
	cr_assert_eq(json_object_size(json_array_get(v, 2)), 1, "planted ones go");
	cr_assert_eq(json_object_size(json_array_get(v, 4)), 0);
	json_decref(v);
}

// --- patch modes -------------------------------------------------------------------------------------------------

Test(enrich, patches)
{
	static const char *const none[] = { "{\"a\":1}", "{\"lofp\":1}", "[]", "1", "{}" };
	json_t *v, *m = member(E1059), *w;

	r.engine.emit = EMIT_PATCH;
	run_again(&r);
	cr_assert_eq(put(E1059), OUT_ENRICHED);
	v = parsed(run_view(&r));
	cr_assert(json_object_size(v) == 1 && json_equal(json_object_get(v, "lofp"), m), "only the member, and the same");
	cr_assert(r.e.patched);
	json_decref(v);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		put(none[i]);
		cr_assert(run_view(&r).n == 0 && !r.e.patched, "%s", none[i]); // whoever writes lines writes {}
	}
	// A line with several events has one patch.
	put("[" E1059 ",{\"mitre_techniques\":[\"T1021\"]}]");
	json_decref(parsed(run_view(&r)));

	r.engine.emit = EMIT_RSYSLOG;
	run_again(&r);
	put(E1059);
	v = parsed(run_view(&r));
	w = json_object_get(v, "$!");
	cr_assert(json_object_size(v) == 1 && json_object_size(w) == 1 && json_equal(json_object_get(w, "lofp"), m));
	json_decref(v);
	json_decref(m);
}

// --- bounds ------------------------------------------------------------------------------------------------------

Test(enrich, a_hundred_thousand_tags)
{
	struct lof_buf b = { 0 };
	char tag[16];
	json_t *v;

	buf_lit(&b, "{\"mitre_techniques\":[\"T1059\"");
	for (int i = 0; i < 100000; i++)
		buf_put(&b, tag, (size_t)snprintf(tag, sizeof tag, ",\"T%04d\"", 1001 + i % 650));
	buf_lit(&b, "]}");
	cr_assert_leq(run_text(&r, b.p, b.n), OUT_NO_NOTES);
	cr_assert_leq(run_view(&r).n, b.n + 4096);
	v = parsed(run_view(&r));
	cr_assert_leq(json_array_size(json_object_get(json_object_get(v, "lofp"), "techniques")), TECHNIQUES_MAX);
	json_decref(v);
	buf_free(&b);
}

// The cache answers what was asked, and counts as if it had not been there.
Test(enrich, repeats_are_counted_like_the_first)
{
	struct counters a, b;
	struct lof_buf first = { 0 };

	put(E1059);
	buf_str(&first, run_view(&r));
	a = r.e.count;
	put(E1059);
	b = r.e.count;
	cr_assert(lof_str_eq(run_view(&r), buf_view(&first)));
	cr_assert(b.cache_hits == a.cache_hits + 1 && b.notes == 2 * a.notes && b.placeholders == 2 * a.placeholders &&
	    b.events == 2);
	buf_free(&first);
}
