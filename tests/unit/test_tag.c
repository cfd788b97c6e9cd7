// Technique ids in strings as producers write them (formats.md 0.1), and what must not be taken for one.
#include "rules/tag.h"
#include "run.h"

#include <criterion/criterion.h>

static void
init(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
}

TestSuite(tag, .init = init);

static void
ids(size_t (*find)(struct lof_str s, attack_id *out, size_t max), const char *name, const char *text, size_t n,
    const char *want)
{
	char *copy = calloc(n ? n : 1, 1), got[1024] = "";
	attack_id out[64];
	size_t count;

	if (n)
		memcpy(copy, text, n); // exactly as long as it is: no NUL behind it
	count = find(LOF_STR(copy, n), out, 64);
	for (size_t i = 0, at = 0; i < count; i++) {
		if (i)
			got[at++] = ' ';
		at += attack_text(out[i], got + at);
	}
	cr_assert_str_eq(got, want, "%s(\"%.*s\") is \"%s\", not \"%s\"", name, (int)n, text, got, want);
	if (count)
		cr_assert(tag_possible(copy, n), "\"%.*s\"", (int)n, text);
	free(copy);
}
#define READ(text, want) ids(tag_ids, "tag_ids", text, sizeof(text) - 1, want)
#define STRICT(text, want) ids(tag_ids_strict, "tag_ids_strict", text, sizeof(text) - 1, want)
// Both the reader of known fields and that of unknown ones.
#define BOTH(text, want) do { READ(text, want); STRICT(text, want); } while (0)
#define NEITHER(text) BOTH(text, "")

Test(tag, plain)
{
	BOTH("T1059", "T1059");
	BOTH("T1059.001", "T1059.001");
	BOTH("t1059", "T1059");
	BOTH("t1059.001", "T1059.001");
	BOTH(" T1059 ", "T1059");
	BOTH("T0800", "T0800"); // ICS
	BOTH("T1623", "T1623"); // Mobile
	READ("AML.T0040", "AML.T0040");
	READ("aml.t0040", "AML.T0040");
	READ("AML.T0051.001", "AML.T0051.001");
	READ("AML.T0000", "AML.T0000");
}

Test(tag, prefixes)
{
	BOTH("attack.t1059", "T1059");
	BOTH("attack.t1059.001", "T1059.001");
	BOTH("ATTACK.T1059.001", "T1059.001");
	BOTH("MITRE_T1059_001_POWERSHELL", "T1059.001");
	BOTH("MITRE_T1059_COMMAND", "T1059");
	BOTH("MITRE_T1059_001", "T1059.001");
	BOTH("MITRE_T1136.001_create_account_local_account", "T1136.001");
	BOTH("technique:t1556-modify-authentication-process", "T1556");
	BOTH("technique:t1059.001-powershell", "T1059.001");
	BOTH("_mitreAttackTechnique:T1078.004", "T1078.004");
	BOTH("@ATE.T1546.012", "T1546.012");
	BOTH("MITRE.T1082", "T1082");
	BOTH("MITREV9.T1569.002", "T1569.002");
	BOTH("V9.T1003.002", "T1003.002");
	BOTH("persistence__t1547.001", "T1547.001");
	BOTH("TA0006:T1110.004", "T1110.004");
	BOTH("TA0003-T1547.009", "T1547.009");
	BOTH("mitre:T1059.001", "T1059.001");
	BOTH("technique_id=T1059.001,technique_name=PowerShell", "T1059.001");
	BOTH("technique_id=T1059", "T1059");
	BOTH("technique_id=T1055; free text", "T1055");
}

Test(tag, names_beside)
{
	BOTH("T1071 - Application Layer Protocol", "T1071");
	BOTH("T1078.004 - Valid Accounts: Cloud Accounts", "T1078.004");
	BOTH("T1003.006 OS Credential Dumping: DCSync", "T1003.006");
	BOTH("Masquerading (T1036)", "T1036");
	BOTH("Phishing(T1566)", "T1566");
	BOTH("Phishing (T1566), Spearphishing Link (T1566.002)", "T1566 T1566.002");
	BOTH("T1060 - Registry Run Keys / Startup Folder", "T1060");
	READ("misp-galaxy:mitre-attack-pattern=\"Brute Force - T1110\"", "T1110");
	STRICT("misp-galaxy:mitre-attack-pattern=\"Brute Force - T1110\"", "T1110");
	BOTH("\"T1055 - Process Injection\"", "T1055");
	BOTH("Brute Force - T1110", "T1110");
	BOTH("T1059: Command and Scripting Interpreter", "T1059");
}

Test(tag, lists)
{
	BOTH("T1031,T1050", "T1031 T1050");
	BOTH("T1110, T1078", "T1110 T1078");
	BOTH("[\"T1110\"]", "T1110");
	BOTH("[\"T1110\",\"T1078.001\"]", "T1110 T1078.001");
	BOTH("T1110|T1078", "T1110 T1078");
	BOTH("T1110;T1078", "T1110 T1078");
	BOTH("T1110 \xc2\xa6 T1078", "T1110 T1078");
	BOTH("T1110\nT1078", "T1110 T1078");
	READ("tactic: TA0006, technique: T1003", "T1003");
	READ("T1110 T1110", "T1110 T1110"); // repeats are for others to drop
	READ("T1059.T1060", "T1059 T1060");
	READ("T1059.001.T1060", "T1059.001 T1060");
}

Test(tag, links)
{
	BOTH("https://attack.mitre.org/techniques/T1059/001/", "T1059.001");
	BOTH("https://attack.mitre.org/techniques/T1059/001", "T1059.001");
	BOTH("https://attack.mitre.org/techniques/T1059/", "T1059");
	BOTH("https://attack.mitre.org/techniques/T1059", "T1059");
	BOTH("https://attack.mitre.org/wiki/Technique/T1098", "T1098");
	BOTH("https://attack.mitre.org/versions/v14/techniques/T1595/001/", "T1595.001");
	READ("T1059/001", "T1059"); // only a link has sub-techniques behind a slash
	READ("/tactics/T1059/001", "T1059");
	READ("see https://attack.mitre.org/techniques/T1059/0011", "T1059");
}

Test(tag, sub_techniques_have_three_digits)
{
	READ("T1059.1", "T1059");
	READ("T1059.01", "T1059");
	READ("T1059.0011", "T1059");
	READ("T1059.", "T1059");
	READ("T1059.000", "T1059"); // there is no 000
	READ("T1059.abc", "T1059");
	READ("T1059_01", "T1059");
	READ("T1059_0011", "T1059");
	READ("T1059_001x", "T1059");
	READ("T1059_001_x", "T1059.001");
	READ("T1059_001.x", "T1059.001");
	READ("T1059-001", "T1059");
	READ("T1059.001x", "T1059.001"); // Sysdig: T1136.001_create, and no digit follows
}

Test(tag, what_is_none)
{
	NEITHER("");
	NEITHER("T");
	NEITHER("T1");
	NEITHER("T105");
	NEITHER("T10590");
	NEITHER("T10599.001");
	NEITHER("XT1059");
	NEITHER("1T1059");
	NEITHER("AT1059.001");
	NEITHER("T1059A");
	NEITHER("T1059x.001");
	NEITHER("TT1059");
	NEITHER("T 1059");
	NEITHER("T-1059");
	NEITHER("T1O59");
	NEITHER("T\0" "1059");
	NEITHER("T105\0");
	NEITHER("\xef\xbc\xb4" "1059");
	NEITHER("TA0006");
	NEITHER("TA1059");
	NEITHER("CST0001");
	NEITHER("CSTA0009");
	NEITHER("TA006");
	NEITHER("S1059");
	NEITHER("M1059");
	NEITHER("KB1059");
	NEITHER("1059.001");
	NEITHER("T0000");
	NEITHER("T0000.001");
	NEITHER("attack.execution");
	NEITHER("not1059");
	NEITHER("windows_not1059");
}

// A string of which only its member's name is known says little: the id must be where a tag has it, and one there is.
Test(tag, strict)
{
	STRICT("T9999", "");
	STRICT("T1059.999", "");
	STRICT("AML.T0040", "");
	STRICT("misp-galaxy:mitre-course-of-action=\"Account Discovery Mitigation - T1087\"", "");
	STRICT("powershell.exe -c Invoke-AtomicTest T1059.001", "");
	STRICT("C:\\AtomicRedTeam\\atomics\\T1059.001\\src\\x.ps1", "");
	STRICT("C:\\T1059", "");
	STRICT("/opt/atomics/T1059/run.sh", "");
	STRICT("/tmp/T1059", "");
	STRICT("run T1059 now", "");
	STRICT("the sample was seen doing T1059 on two hosts", "");
	STRICT("ticket T1059", "");
	STRICT("x\0T1059", "");
	STRICT("T1059\0x", "");
	STRICT("T1059+T1060", "");
	STRICT("--id T1059", "");
	STRICT("bash -c 'echo T1048'", "");
	STRICT("https://example.com/T1059", "");
	READ("ticket T1059", "T1059"); // a typed path is believed
}

Test(tag, long_strings_and_many_ids)
{
	static char text[64 * 1024];
	attack_id out[4];

	for (size_t i = 0; i + 6 <= sizeof text; i += 6)
		memcpy(text + i, "T1059 ", 6);
	cr_assert_eq(tag_ids(LOF_STR(text, sizeof text), out, 4), 4);
	cr_assert_eq(tag_ids(LOF_STR(text, sizeof text), out, 0), 0);
	cr_assert_eq(tag_ids_strict(LOF_STR(text, sizeof text), out, 4), 0);
	memset(text, 'T', sizeof text);
	cr_assert_eq(tag_ids(LOF_STR(text, sizeof text), out, 4), 0);
	memset(text, '1', sizeof text);
	cr_assert_eq(tag_ids(LOF_STR(text, sizeof text), out, 4), 0);
}

// --- the filter before all that -------------------------------------------------------------------------------------

Test(tag, possible_is_never_wrong_about_no)
{
	static const char *const written[] = { "T1059", "t1059", "\\u00541059", "\\u0074\\u0031\\u0030\\u0035\\u0039",
	    "T\\u0031059", "T1\\u003059",
		"T10\\u00359", "T105\\u0039", "AML.T0040", "T1059.001", "T\\u00310\\u00359" };
	char text[200];

	for (size_t k = 0; k < sizeof written / sizeof *written; k++)
		for (size_t at = 0; at < 40; at++)
			for (size_t behind = 0; behind < 9; behind++) {
				size_t n = strlen(written[k]);
				char *copy = malloc(at + n + behind);

				memset(text, " .\"x"[(at + behind) % 4], sizeof text);
				if (at)
					text[at - 1] = '"';
				memcpy(text + at, written[k], n);
				memcpy(copy, text, at + n + behind);
				cr_assert(tag_possible(copy, at + n + behind), "%s at %zu", written[k], at);
				free(copy);
			}
}

Test(tag, possible_is_for_something)
{
	static const char *const without[] = { "", "1", "{\"a\":\"b\"}", "{\"time\":1700000000,\"year\":\"2026-11-20\"}",
	    "x1059", "T105", "\"T 1059\"",
		"\\u00e9\\u12a4", "{\"port\":44321,\"id\":\"a1059\"}" };

	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (i != 7)
			cr_assert_not(tag_possible(without[i], strlen(without[i])), "%s", without[i]);
	cr_assert_not(tag_possible(NULL, 0));
}

Test(tag, possible_against_ids_on_random_text)
{
	static const char alphabet[] = "Tt0123456789._/ux\\";
	uint64_t seed = 7;
	size_t found = 0;

	for (int k = 0; k < 200000; k++) {
		char text[24];
		attack_id out[4];
		size_t n = 5 + run_random(&seed) % (sizeof text - 5), count;

		for (size_t i = 0; i < n; i++)
			text[i] = alphabet[run_random(&seed) % (sizeof alphabet - 1)];
		count = tag_ids(LOF_STR(text, n), out, 4);
		cr_assert(!count || tag_possible(text, n), "%.*s", (int)n, text);
		found += count;
		cr_assert_leq(tag_ids_strict(LOF_STR(text, n), out, 4), count, "strict finds no more");
	}
	cr_assert_gt(found, 1000);
}
