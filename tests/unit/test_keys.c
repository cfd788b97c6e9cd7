// From spans to keys: which techniques, rules and words an event is known by, and what is never read as one.
#include "run.h"

#include <criterion/criterion.h>
#include <unistd.h>

static struct run r;
static char *last; // what the keys in hand point into

static void
init(void)
{
	run_open(&r);
}

static void
fini(void)
{
	run_close(&r);
	free(last);
}

TestSuite(keys, .init = init, .fini = fini);

// The ids as tagged, in order: "T1059 T1086".
static void
techniques(const char *text, const char *want)
{
	char got[1024] = "";
	size_t at = 0, n = strlen(text);

	free(last);
	last = malloc(n);
	memcpy(last, text, n);
	cr_assert_lt(run_text(&r, last, n), OUT_BAD, "%s: %s at %zu", text, r.e.why, r.e.bad_at);
	for (size_t i = 0; i < r.e.keys.n_techniques; i++) {
		if (i)
			got[at++] = ' ';
		at += attack_text(r.e.keys.techniques[i].raw, got + at);
		cr_assert_eq(r.e.keys.techniques[i].id, attack_canonical(r.e.keys.techniques[i].raw));
	}
	cr_assert_str_eq(got, want, "%s: \"%s\", not \"%s\"", text, got, want);
}

static bool
has_format(const char *name)
{
	for (size_t i = 0; i < r.e.keys.n_formats; i++)
		if (strcmp(r.rules->formats[r.e.keys.formats[i]].name, name) == 0)
			return true;
	return false;
}

// --- producers ---------------------------------------------------------------------------------------------------

#define WAZUH(mitre) "{\"timestamp\":\"x\",\"rule\":{\"level\":12,\"description\":\"PowerShell\",\"id\":\"92057" \
    "\",\"firedtimes\":1,\"mitre\":" mitre "},\"agent\":{\"id\":\"1\"}}"
#define STREAM(event) "{\"metadata\":{\"eventType\":\"DetectionSummaryEvent\",\"offset\":1,\"customerIDString\"" \
    ":\"c\"},\"event\":" event "}"

Test(keys, typed_paths)
{
	techniques(WAZUH("{\"id\":[\"T1059.001\",\"T1086\"]}"), "T1059.001 T1086");
	cr_assert(has_format("wazuh4") && !r.e.keys.generic);
	cr_assert(r.e.keys.n_rule_ids == 1 && lof_str_eq(r.e.keys.rule_ids[0], LOF_LIT("92057")));
	cr_assert(r.e.keys.n_rule_names == 1 && lof_str_eq(r.e.keys.rule_names[0], LOF_LIT("PowerShell")));
	techniques("{\"ecs\":{\"version\":\"8\"},\"threat\":{\"technique\":{\"id\":[\"T1059\"],\"subtechnique\":{\"id"
	    "\":\"T1059.004\"}}}}", "T1059 T1059.004");
	techniques("{\"ecs.version\":\"8\",\"threat.technique.id\":\"T1059\"}", "T1059");
	techniques("{\"ecs\":{\"version\":\"8\"},\"threat\":[{\"technique\":[{\"id\":\"T1021\",\"subtechnique\":[{\"id"
	    "\":\"T1021.001\"}]}]}]}", "T1021 T1021.001");
	techniques("{\"event_type\":\"alert\",\"alert\":{\"signature_id\":2,\"metadata\":{\"mitre_technique_id\":[\"T1"
	    "105\"]}}}", "T1105");
	cr_assert(r.e.keys.n_rule_ids >= 1 && lof_str_eq(r.e.keys.rule_ids[0], LOF_LIT("2")), "a number is a rule id");
}

Test(keys, an_id_many_times_is_one)
{
	techniques(WAZUH("{\"id\":[\"T1059\",\"t1059\",\"T1059\",\"attack.t1059\"]}"), "T1059");
}

Test(keys, escapes_are_read_decoded)
{
	techniques("{\"event\\u005ftype\":\"al\\u0065rt\",\"alert\":{\"signature_id\":1,\"metadata\":{\"mitre_techniqu"
	    "e_id\":[\"T\\u0031059\\u002e001\"]}}}", "T1059.001");
	cr_assert(has_format("suricata"), "conditions are compared decoded");
	techniques("{\"mitre\\u005ftechniques\":[\"\\u0054\\u0031\\u0030\\u0035\\u0039\"]}", "T1059");
	cr_assert(r.e.keys.generic);
	techniques(WAZUH("{\"id\":[\"T1059\\ud800\"]}"), ""); // no text
}

Test(keys, values_of_the_wrong_kind)
{
	techniques(WAZUH("{\"id\":null}"), "");
	techniques(WAZUH("{\"id\":1059}"), "");
	techniques(WAZUH("{\"id\":{}}"), "");
	techniques(WAZUH("{\"id\":[[\"T1059\"],{},true,null,1]}"), "T1059");
	techniques(WAZUH("[]"), "");
}

// --- names -------------------------------------------------------------------------------------------------------

Test(keys, names_without_ids)
{
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"Execution\"}"), "T1059.001");
	techniques(STREAM("{\"Technique\":\"power shell\",\"Tactic\":\"Execution\"}"), "");
	techniques(STREAM("{\"Technique\":\"Command and Scripting Interpreter\",\"Tactic\":\"Execution\"}"), "T1059");
	techniques(STREAM("{\"Technique\":\"Malicious File\",\"Tactic\":\"Execution\",\"FilesWritten\":[{\"FilePath\":"
	    "\"C:\\\\atomics\\\\T1048.003\"}]}"), "T1204.002");
	techniques(STREAM("{\"Technique\":\"\",\"Tactic\":\"Execution\"}"), "");
}

Test(keys, ids_are_believed_before_names)
{
	techniques(STREAM("{\"MitreAttack\":[{\"TechniqueID\":\"T1047\",\"Technique\":\"PowerShell\",\"Tactic\":\"Exec"
	    "ution\"}]}"), "T1047");
	techniques(WAZUH("{\"id\":[\"T1110\"],\"technique\":[\"PowerShell\"],\"tactic\":[\"Execution\"]}"), "T1110");
	techniques(WAZUH("{\"technique\":[\"PowerShell\"],\"tactic\":[\"Execution\"]}"), "T1059.001");
}

// A vendor's own vocabulary has techniques that sound like ATT&CK's; its tactics do not.
Test(keys, the_tactic_guards_the_name)
{
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"Falcon Overwatch\"}"), "");
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"Machine Learning\"}"), "");
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"Defense Evasion\"}"), "T1059.001");
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"TA0002\"}"), "T1059.001");
	techniques(STREAM("{\"Technique\":\"PowerShell\"}"), "T1059.001");
	techniques(STREAM("{\"Technique\":\"CST0001\",\"TechniqueId\":\"CST0001\",\"Tactic\":\"Execution\"}"), "");
}

// --- carriers ----------------------------------------------------------------------------------------------------

Test(keys, a_carrier_is_none_itself)
{
	const char *text = "{\"time\":1,\"host\":\"h\",\"source\":\"s\",\"sourcetype\":\"t\",\"mitre_techniques\":[\"T"
	    "1486\"],\"event\":{\"mitre_techniques\":[\"T1059\"]}}";
	struct keys k;
	struct scan s = { 0 };

	cr_assert(keys_init(&k));
	cr_assert_eq(scan_event(&s, r.rules->typed, text, strlen(text), LOF_LIT("lofp")), SCAN_OBJECT);
	keys_find(&k, r.rules, &s, text, strlen(text), LOF_LIT("lofp"));
	cr_assert_neq(k.carrier, PATH_DEAD);
	cr_assert_eq(k.n_techniques, 0);
	cr_assert_eq(s.opens[0].node, k.carrier);
	keys_free(&k);
	scan_free(&s);
	techniques(text, "T1059"); // the last event enriched is the inner one
	// Without an object there, it is an event like any other.
	techniques("{\"time\":1,\"host\":\"h\",\"source\":\"s\",\"sourcetype\":\"t\",\"event\":\"text\",\"mitre_techni"
	    "ques\":[\"T1486\"]}", "T1486");
}

// --- producers nobody described ----------------------------------------------------------------------------------

Test(keys, the_generic_rule)
{
	techniques("{\"mitre_techniques\":[\"T1059\"]}", "T1059");
	techniques("{\"a\":[{\"b\":{\"MitreTechniqueId\":\"t1059.003\"}}]}", "T1059.003");
	techniques("{\"tags\":[\"attack.t1021.002\",\"windows\",\"attack.lateral_movement\"]}", "T1021.002");
	techniques("{\"mitre\":{\"anything\":{\"deep\":[\"T1059\"]}}}", "T1059");
	techniques("{\"labels\":{\"x\":\"MITRE_T1059_001_POWERSHELL\"}}", "T1059.001");
	techniques("{\"threat\":{\"framework_x\":\"T1059\"}}", "T1059");
	techniques("{\"technique\":\"T9999\"}", ""); // there is none
	techniques("{\"technique\":\"see C:\\\\T1059\\\\x\"}", "");
	techniques("{\"id\":\"T1059\",\"name\":\"T1059\",\"T1059\":\"T1059\"}", ""); // no such key
	techniques("{\"technique\":1059}", "");
}

Test(keys, the_generic_rule_yields)
{
	techniques(WAZUH("{\"id\":[\"T1110\"]},\"tags\":[\"T1059\"],\"x\":{\"id\":1}"), "T1110");
	cr_assert_not(r.e.keys.generic);
	// crowdstrike-event-stream says that it is fully known
	techniques(STREAM("{\"Tactic\":\"Execution\",\"tags\":[\"T1059\"]}"), "");
}

Test(keys, never_from_command_lines_paths_or_texts)
{
	techniques("{\"command_line\":\"Invoke-AtomicTest T1059.001\",\"CommandLine\":\"T1059\",\"path\":\"/opt/T1059"
	    "\",\"url\":\"https://attack.mitre.org/techniques/T1059/\"}", "");
	techniques("{\"process\":{\"args\":[\"T1059\"]},\"file\":{\"name\":\"T1059.ps1\"},\"script\":\"T1059\",\"messa"
	    "ge\":\"T1059\"}", "");
	techniques(WAZUH("{\"id\":[\"T1110\"]}"), "T1110");
	techniques("{\"timestamp\":\"x\",\"rule\":{\"level\":3,\"description\":\"T1486 seen\",\"id\":\"1\",\"firedtime"
	    "s\":1,\"mitre\":{\"id\":[\"T1110\"]}},"
	    "\"full_log\":\"T1059\",\"data\":{\"win\":{\"eventdata\":{\"commandLine\":\"T1048.003\",\"image\":\"C:\\\\"
	    "T1003\\\\x.exe\"}}}}", "T1110");
	techniques(STREAM("{\"Technique\":\"PowerShell\",\"Tactic\":\"Execution\",\"CommandLine\":\"T1048 T1611.002\","
	    "\"FilePath\":\"T1003\"}"), "T1059.001");
	// A guide and a rule's text are no tags, even below a key that is.
	techniques("{\"mitre\":{\"note\":\"T1059\",\"rule_content\":\"attack.t1059\",\"query\":\"T1059\",\"command_lin"
	    "e\":\"T1059\"}}", "");
	techniques("{\"tags\":[\"misp-galaxy:mitre-course-of-action=\\\"Account Discovery Mitigation - T1087\\\"\"]}", "");
}

// An event with a rule that some note names is enriched, whoever sent it and whatever its own member said.
Test(keys, a_known_rule_needs_no_technique)
{
	static attack_id id[] = { 1059000 };
	static struct note_rule rule[] = { { .id = { "R-17", 4 }, .name = { "Odd Logon", 9 } } };
	struct note n = { .text = LOF_LIT("a scanner"), .techniques = id, .n_techniques = 1, .rules = rule, .n_rules = 1 };
	static const char *const texts[] = { "{\"rule_name\":\"Odd Logon\",\"x\":1}",
	    "{\"rule_name\":\"Odd Logon\",\"lofp\":{\"techniques\":[\"T1486\"]}}",
		"{\"rule_name\":\"Odd Logon\",\"note\":\"T1486\"}" };
	struct build *b = build_new();
	struct lof_buf ix = { 0 };

	cr_assert_eq(build_add(b, &n, NULL), LOF_OK);
	cr_assert_eq(build_finish(b, LOF_LIT("x"), &ix, NULL, NULL), LOF_OK);
	build_free(b);
	run_close(&r);
	run_open_with(&r, NULL, buf_view(&ix));
	buf_free(&ix);
	for (size_t i = 0; i < 3; i++) {
		struct lof_buf once = { 0 };

		cr_assert_eq(run_text(&r, texts[i], strlen(texts[i])), OUT_ENRICHED, "%s", texts[i]);
		buf_str(&once, run_view(&r));
		run_text(&r, once.p, once.n);
		cr_assert(lof_str_eq(run_view(&r), buf_view(&once)), "twice is not once: %s", texts[i]);
		buf_free(&once);
	}
}

// --- bounds ------------------------------------------------------------------------------------------------------

Test(keys, lists_have_bounds)
{
	struct lof_buf b = { 0 };
	char one[24];

	buf_lit(&b, "{\"ecs\":{\"version\":\"8\"},\"threat\":{\"technique\":{\"id\":[\"T1001\"");
	for (int i = 2; i < 500; i++)
		buf_put(&b, one, (size_t)snprintf(one, sizeof one, ",\"T%d\"", 1000 + i));
	buf_lit(&b, "]}},\"rule\":{\"name\":[\"r\"");
	for (int i = 0; i < 500; i++)
		buf_put(&b, one, (size_t)snprintf(one, sizeof one, ",\"rule %d\"", i));
	buf_lit(&b, "]},\"process\":{\"command_line\":[\"c\"");
	for (int i = 0; i < 500; i++)
		buf_put(&b, one, (size_t)snprintf(one, sizeof one, ",\"cmd\\u0020%d\"", i));
	buf_lit(&b, "]}}");
	cr_assert_lt(run_text(&r, b.p, b.n), OUT_BAD);
	cr_assert_eq(r.e.keys.n_techniques, TECHNIQUES_MAX);
	cr_assert_leq(r.e.keys.n_rule_names, RULES_MAX);
	cr_assert_leq(r.e.keys.n_context, CONTEXT_MAX);
	buf_free(&b);
}

// Long values are cut off by the scratch, not by a crash.
Test(keys, values_larger_than_the_scratch)
{
	struct lof_buf b = { 0 };

	buf_lit(&b, "{\"ecs\":{\"version\":\"8\"},\"process\":{\"command_line\":\"\\n");
	for (int i = 0; i < KEYS_SCRATCH + 10; i++)
		buf_char(&b, 'x');
	buf_lit(&b, "\"},\"threat\":{\"technique\":{\"id\":\"T1059\"}}}");
	cr_assert_lt(run_text(&r, b.p, b.n), OUT_BAD);
	cr_assert_eq(r.e.keys.n_techniques, 1);
	buf_free(&b);
}

// A pattern that would think for ever is given up on and counted; the event passes.
Test(keys, a_pattern_has_a_limit)
{
	char dir[] = "/tmp/lofpipe-keys-XXXXXX", path[200];
	struct lof_buf b = { 0 };
	const char *folder = dir;
	const struct rules_options o = { .dirs = &folder, .n_dirs = 1 };
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/slow.json", dir);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs("{\"name\":\"slow\",\"when\":[{\"slow\":true}],\"technique\":[{\"path\":\"slow\",\"pattern\":\"^(a+)+$\"}]}", f);
	fclose(f);
	run_close(&r);
	run_open_with(&r, &o, LOF_LIT(""));
	buf_lit(&b, "{\"slow\":\"");
	for (int i = 0; i < 4000; i++)
		buf_char(&b, 'a');
	buf_lit(&b, "b\"}");
	cr_assert_eq(run_text(&r, b.p, b.n), OUT_NO_KEY);
	cr_assert_eq(r.e.count.regex_limits, 1);
	cr_assert(lof_str_eq(run_view(&r), buf_view(&b)));
	buf_free(&b);
	unlink(path);
	rmdir(dir);
}
