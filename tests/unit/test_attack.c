#include "rules/attack.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

extern const char lof_embedded_attack[], lof_embedded_attack_end[];

static void
setup(void)
{
	struct lof_err e = { 0 };

	cr_assert_eq(attack_load(&e), LOF_OK, "%s:%u: %s", e.file, e.line, e.what);
}

static attack_id
id(const char *text)
{
	attack_id v = attack_parse(lof_cstr(text));

	cr_assert_neq(v, 0, "%s", text);
	return v;
}

static void
named(const char *name, const char *want)
{
	attack_id got = attack_by_name(lof_cstr(name));
	char text[ATTACK_TEXT_MAX] = "";

	if (got)
		attack_text(got, text);
	cr_assert_str_eq(text, want, "\"%s\" is %s, not %s", name, text, want);
}

TestSuite(attack, .init = setup);

Test(attack, the_table_is_v19_and_consistent)
{
	size_t n, active = 0, redirects = 0, other = 0;
	const struct attack_entry *all = attack_all(&n);

	cr_assert_eq(n, 1166);
	for (size_t i = 0; i < n; i++) {
		const struct attack_entry *t = &all[i];
		const struct attack_entry *end = attack_find(t->became);

		cr_assert(i == 0 || all[i - 1].id < t->id, "sorted, no id twice");
		cr_assert_eq(attack_find(t->id), t);
		cr_assert(t->name.n && strchr("eim", t->domain) && t->state != ATTACK_UNKNOWN);
		cr_assert_not_null(attack_find(attack_parent(t->id)), "%u has no parent", t->id);
		active += t->domain == 'e' && t->state == ATTACK_ACTIVE;
		other += t->domain != 'e' && t->state == ATTACK_ACTIVE;
		redirects += t->became != 0;
		if (t->became) {
			cr_assert_eq(t->state, ATTACK_REVOKED);
			cr_assert(end && end->state == ATTACK_ACTIVE && end->domain == t->domain, "%u", t->id);
		}
		cr_assert_eq(attack_canonical(t->id), t->became ? t->became : t->id);
		cr_assert_eq(attack_canonical(attack_canonical(t->id)), attack_canonical(t->id));
		// The sets that a list may hold are those of the table's columns.
		cr_assert_null(t->tactics.n ? memchr(t->tactics.p, ' ', t->tactics.n) : NULL);
		for (struct lof_str rest = t->tactics, one; lof_str_cut(&rest, ',', &one);)
			cr_assert(attack_is_tactic(one), "%.*s", (int)one.n, one.p);
	}
	cr_assert_eq(active, 697);
	cr_assert_eq(other, 97 + 124);
	cr_assert_eq(redirects, 149 + 9 + 53 - 9);
	cr_assert_eq(attack_load(NULL), LOF_OK, "twice is once");
	cr_assert_eq(attack_all(&n), all);
}

Test(attack, every_id_survives_text_and_back)
{
	size_t n;
	const struct attack_entry *all = attack_all(&n);

	for (size_t i = 0; i < n; i++) {
		char text[ATTACK_TEXT_MAX], lower[ATTACK_TEXT_MAX];
		size_t len = attack_text(all[i].id, text);

		cr_assert_eq(len, strlen(text));
		cr_assert_eq(len, attack_is_sub(all[i].id) ? 9 : 5);
		cr_assert_eq(attack_parse(LOF_STR(text, len)), all[i].id);
		for (size_t k = 0; k <= len; k++)
			lower[k] = (char)lof_lower((unsigned char)text[k]);
		cr_assert_eq(attack_parse(LOF_STR(lower, len)), all[i].id);
	}
}

// The whole range, known or not, ATLAS too; and the order of the words is that of the texts.
Test(attack, every_possible_number_survives)
{
	char text[ATTACK_TEXT_MAX], before[ATTACK_TEXT_MAX];

	for (attack_id flag = 0;; flag = ATTACK_ATLAS) {
		before[0] = '\0';
		for (attack_id v = flag ? 0 : 1000; v < 10000000; v += v % 1000 == 2 ? 997 : 1) {
			size_t n = attack_text(flag | v, text);

			cr_assert_eq(attack_parse(LOF_STR(text, n)), flag | v, "%s", text);
			cr_assert_lt(strcmp(before, text), 0);
			memcpy(before, text, sizeof(before));
		}
		if (flag)
			break;
	}
	cr_assert_eq(attack_text(id("aml.t0040.001"), text), 13);
	cr_assert_str_eq(text, "AML.T0040.001");
	cr_assert_eq(attack_parent(id("AML.T0040.001")), id("AML.T0040"));
	cr_assert_eq(attack_parent(id("AML.T0040")), id("AML.T0040"));
	cr_assert(attack_is_sub(id("AML.T0040.001")) && !attack_is_sub(id("AML.T0040")));
	cr_assert_neq(id("AML.T0000"), 0);
	cr_assert_neq(id("AML.T0800"), id("T0800"), "ATLAS is no ICS");
}

Test(attack, what_is_no_id)
{
	static const char *const no[] = {
		"", "T", "T105", "T10599", "T1059.", "T1059.1", "T1059.01", "T1059.0011", "T1059.000", "T1059,001",
		"T1059/001", "T1059_001", "T1059 001", " T1059", "T1059 ", "TA0001", "S1059", "T1O59", "T1059.00a",
		"T-059", "T+059", "AML.", "AML.T", "AML.T004", "AML.TA0001", "AML.T0040.000", "AMLT0040", "XML.T0040",
		"CST0001", "T0000", "T0000.001", "AML.AML.T0040", "\3241059",
	};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		cr_assert_eq(attack_parse(lof_cstr(no[i])), 0, "\"%s\"", no[i]);
	cr_assert_eq(attack_parse(LOF_STR(NULL, 0)), 0);
	cr_assert_eq(attack_parse(LOF_LIT("T1059\0")), 0);
}

Test(attack, redirects)
{
	static const char *const pairs[][2] = {
		{ "T1086", "T1059.001" }, { "T1562.001", "T1685" }, { "T1562", "T1685" }, { "T1070.001", "T1685.005" },
		{ "T1070.002", "T1685.006" }, { "T1562.008", "T1685.002" }, { "T1562.004", "T1686" },
		{ "T1574.002", "T1574.001" }, { "T1053.001", "T1053.002" }, { "T0803", "T1691.001" },
		{ "T1059.001", "T1059.001" }, { "T9999", "T9999" }, { "AML.T0040", "AML.T0040" }, { "T1043", "T1043" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		cr_assert_eq(attack_canonical(id(pairs[i][0])), id(pairs[i][1]), "%s", pairs[i][0]);
	cr_assert_eq(attack_find(id("T1043"))->state, ATTACK_DEPRECATED);
	cr_assert_eq(attack_find(id("T1431"))->state, ATTACK_REVOKED, "revoked, and nothing took its place");
	cr_assert_eq(attack_canonical(id("T1431")), id("T1431"));
	cr_assert_null(attack_find(id("T9999")));
	cr_assert_null(attack_find(0));
	cr_assert_null(attack_find(id("AML.T0040")));
}

Test(attack, names)
{
	named("PowerShell", "T1059.001");
	named("powershell", "T1059.001");
	named("Command and Scripting Interpreter: PowerShell", "T1059.001");
	named("Command and Scripting Interpreter - PowerShell", "T1059.001");
	named("COMMAND_AND_SCRIPTING_INTERPRETER", "T1059");
	named("  valid\t accounts:cloud__ACCOUNTS ", "T1078.004");
	named("Virtualization/Sandbox Evasion", "T1497");
	named("Process Doppelgänging", "T1055.013");
	named("Process Doppelganging", "T1055.013");
	named("Adversary in the Middle", "T1557");
	named("Scheduled_Task-Job", "T1053");
	named("Malicious File", "T1204.002");
	named("", "");
	named(" - ", "");
	named("Power Shell", "");
	named("PowerShell2", "");
	named("Valid Accounts: PowerShell", "");
	cr_assert_eq(attack_by_name(LOF_STR(NULL, 0)), 0);
	cr_assert_eq(attack_by_name(LOF_LIT("PowerShell\0")), id("T1059.001"), "a NUL is punctuation like any other");
}

Test(attack, a_name_of_several_needs_its_parent)
{
	named("Steganography", "");
	named("Obfuscated Files or Information: Steganography", "T1027.003");
	named("Data Obfuscation: Steganography", "T1001.002");
	named("Domain Account", "");
	named("Account Discovery: Domain Account", "T1087.002");
	named("Create Account: Domain Account", "T1136.002");
	named("Cloud Accounts", "");
	named("Valid Accounts: Cloud Accounts", "T1078.004");
	named("CLOUD_ACCOUNTS", "T1078.004"); // as Google SCC spells it, and only so
	named("cloud_accounts", "");
}

Test(attack, enterprise_comes_before_the_other_matrices)
{
	named("Screen Capture", "T1113");     // ICS T0852 and Mobile T1513 too
	named("Valid Accounts", "T1078");     // ICS T0859
	named("Process Injection", "T1055");  // Mobile T1631
	named("Brute Force I/O", "T0806");    // ICS alone
}

Test(attack, old_names_are_followed_and_today_s_win)
{
	named("Impair Defenses", "T1685");
	named("Impair Defenses: Disable or Modify Tools", "T1685");
	named("Disable or Modify Tools", "T1685");
	named("Clear Windows Event Logs", "T1685.005");
	named("Indicator Removal: Clear Windows Event Logs", "T1685.005");
	named("Disabling Security Tools", "T1685");
	named("Winlogon Helper DLL", "T1547.004");
	named("Remote File Copy", "T1105");
	named("Credential Dumping", "T1003");
	named("Network Service Scanning", "T1046");
	named("DOMAIN_POLICY_MODIFICATION", "T1484");
	named("Man-in-the-Middle", "T1557");
	named("Commonly Used Port", "T0885"); // active in ICS; deprecated T1043 in Enterprise
}

// Whatever any name answers is in the table and of today.
Test(attack, every_name_leads_to_today)
{
	size_t n, found = 0, active = 0;
	const struct attack_entry *all = attack_all(&n);

	for (size_t i = 0; i < n; i++) {
		const struct attack_entry *t = &all[i], *parent = attack_find(attack_parent(t->id));
		attack_id got = attack_by_name(t->name);
		char full[400];
		int len;

		cr_assert(!got || attack_canonical(got) == got);
		cr_assert(!got || attack_find(got));
		if (t->state != ATTACK_ACTIVE || t->domain != 'e')
			continue;
		active++;
		found += got == t->id;
		cr_assert(got == t->id || got == 0, "%.*s", (int)t->name.n, t->name.p);
		if (!attack_is_sub(t->id)) {
			cr_assert_eq(got, t->id, "%.*s", (int)t->name.n, t->name.p);
			continue;
		}
		len = snprintf(full, sizeof(full), "%.*s: %.*s", (int)parent->name.n, parent->name.p, (int)t->name.n,
		    t->name.p);
		cr_assert_eq(attack_by_name(LOF_STR(full, (size_t)len)), t->id, "%s", full);
	}
	cr_assert_gt(found, active * 9 / 10);
}

// The enum names that Google documents for SCC findings.
Test(attack, google_scc)
{
	static const char *const names[][2] = {
		{ "ABUSE_ELEVATION_CONTROL_MECHANISM", "T1548" }, { "ACCESS_TOKEN_MANIPULATION", "T1134" },
		{ "ACCOUNT_ACCESS_REMOVAL", "T1531" }, { "ACCOUNT_MANIPULATION", "T1098" },
		{ "ACTIVE_SCANNING", "T1595" }, { "ADDITIONAL_CLOUD_CREDENTIALS", "T1098.001" },
		{ "ADDITIONAL_CONTAINER_CLUSTER_ROLES", "T1098.006" }, { "APPLICATION_LAYER_PROTOCOL", "T1071" },
		{ "BRUTE_FORCE", "T1110" }, { "CLOUD_ACCOUNTS", "T1078.004" }, { "CLOUD_GROUPS", "T1069.003" },
		{ "CLOUD_INFRASTRUCTURE_DISCOVERY", "T1580" }, { "COMMAND_AND_SCRIPTING_INTERPRETER", "T1059" },
		{ "CREATE_OR_MODIFY_SYSTEM_PROCESS", "T1543" }, { "CREATE_SNAPSHOT", "T1578.001" },
		{ "DATA_DESTRUCTION", "T1485" }, { "DEFAULT_ACCOUNTS", "T1078.001" },
		{ "DISABLE_OR_MODIFY_TOOLS", "T1562.001" }, { "DOMAIN_POLICY_MODIFICATION", "T1484" },
		{ "DYNAMIC_RESOLUTION", "T1568" }, { "ESCAPE_TO_HOST", "T1611" },
		{ "EXFILTRATION_OVER_WEB_SERVICE", "T1567" }, { "EXFILTRATION_TO_CLOUD_STORAGE", "T1567.002" },
		{ "EXPLOIT_PUBLIC_FACING_APPLICATION", "T1190" }, { "EXTERNAL_PROXY", "T1090.002" },
		{ "IMPAIR_DEFENSES", "T1562" }, { "INGRESS_TOOL_TRANSFER", "T1105" },
		{ "INHIBIT_SYSTEM_RECOVERY", "T1490" }, { "LOCAL_ACCOUNTS", "T1078.003" },
		{ "MODIFY_AUTHENTICATION_PROCESS", "T1556" }, { "MODIFY_CLOUD_COMPUTE_INFRASTRUCTURE", "T1578" },
		{ "MULTI_HOP_PROXY", "T1090.003" }, { "NATIVE_API", "T1106" },
		{ "NETWORK_DENIAL_OF_SERVICE", "T1498" }, { "NETWORK_SERVICE_DISCOVERY", "T1046" },
		{ "PERMISSION_GROUPS_DISCOVERY", "T1069" }, { "PROXY", "T1090" }, { "RESOURCE_HIJACKING", "T1496" },
		{ "SCANNING_IP_BLOCKS", "T1595.001" }, { "SHARED_MODULES", "T1129" },
		{ "SSH_AUTHORIZED_KEYS", "T1098.004" }, { "STEAL_WEB_SESSION_COOKIE", "T1539" },
		{ "UNIX_SHELL", "T1059.004" }, { "UNSECURED_CREDENTIALS", "T1552" }, { "VALID_ACCOUNTS", "T1078" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char want[ATTACK_TEXT_MAX];

		attack_text(attack_canonical(id(names[i][1])), want);
		named(names[i][0], want);
	}
}

Test(attack, names_too_long_are_nobody_s)
{
	char name[5000];

	memset(name, 'a', sizeof(name));
	for (size_t n = 100; n < sizeof(name); n += 7)
		cr_assert_eq(attack_by_name(LOF_STR(name, n)), 0);
	memset(name, ' ', sizeof(name));
	cr_assert_eq(attack_by_name(LOF_STR(name, sizeof(name))), 0);
	memset(name, 0xc3, sizeof(name));
	for (size_t n = 1; n < 200; n++)
		cr_assert_eq(attack_by_name(LOF_STR(name, n)), 0);
}

Test(attack, tactics)
{
	static const char *const yes[] = {
		"Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence",
		"Privilege Escalation", "Defense Evasion", "Credential Access", "Discovery", "Lateral Movement",
		"Collection", "Command and Control", "Exfiltration", "Impact", "Stealth", "Defense Impairment",
		"Evasion", "Inhibit Response Function", "Impair Process Control", "initial-access", "defense_evasion",
		"DEFENSE_IMPAIRMENT", "InitialAccess", "CredentialAccess", "DefenseEvasion", "CommandAndControl",
		"Command And Control", "Command & Control", "TA0001", "ta0043", "stealth", " Impact ",
	};
	static const char *const no[] = {
		"", "TA001", "TA00011", "TA000x", "XA0001", "T1059", "PowerShell", "Execution2", "Initial Access:",
		"execution,impact", "mitre_execution", "steal", "stealthy", "initialaccessinitialaccessinitialaccess",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		cr_assert(attack_is_tactic(lof_cstr(yes[i])), "\"%s\"", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		cr_assert_not(attack_is_tactic(lof_cstr(no[i])), "\"%s\"", no[i]);
	cr_assert_not(attack_is_tactic(LOF_STR(NULL, 0)));
}

Test(attack, broken_tables_are_refused_where_they_break)
{
	static const struct {
		const char *text;
		uint32_t line, col;
	} broken[] = {
		{ "", 1, 1 },
		{ "# nothing\n", 1, 1 },
		{ "T1001\te\tactive\tX\t\n", 1, 1 },
		{ "T1001\te\tactive\tX\t\t\t\n", 1, 1 },
		{ "# c\n\nT1001\te\tactive\tX\t\t\nT1001\te\tactive\tY\t\t\n", 4, 1 },
		{ "T1002\te\tactive\tX\t\t\nT1001\te\tactive\tY\t\t\n", 2, 1 },
		{ "X1001\te\tactive\tX\t\t\n", 1, 1 },
		{ "T1001\tx\tactive\tX\t\t\n", 1, 7 },
		{ "T1001\t\tactive\tX\t\t\n", 1, 7 },
		{ "T1001\te\tActive\tX\t\t\n", 1, 9 },
		{ "T1001\te\t>\tX\t\t\n", 1, 9 },
		{ "T1001\te\t>T1\tX\t\t\n", 1, 9 },
		{ "T1001\te\tactive\t\t\t\n", 1, 1 },
		{ "T1001\te\t>T1002\tX\t\t\n", 1, 16 },
		{ "T1001\te\t>T1001\tX\t\t\n", 1, 16 },
		{ "T1001\te\t>T1002\tX\t\t\nT1002\te\t>T1001\tY\t\t\n", 1, 16 },
		{ "T1001\te\t>T1002\tX\t\t\nT1002\te\tdeprecated\tY\t\t\n", 1, 16 },
		{ "T1001\te\tactive\tX\t\t\nT1002.001\te\tactive\tY\t\t\n", 2, 20 },
		{ "T1001.001\te\tactive\tX\t\t\n", 1, 20 },
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct lof_err e = { 0 };

		cr_assert_eq(attack_check_table(lof_cstr(broken[i].text), &e), LOF_E_RULE, "%s", broken[i].text);
		cr_assert(e.line == broken[i].line && e.col == broken[i].col, "case %zu: %u:%u %s", i, e.line, e.col,
		    e.what);
	}
	cr_assert_eq(attack_check_table(LOF_LIT("T1001\te\t>T1002\tX\t\t\nT1002\te\t>T1003\tY\t\t\n"
	    "T1003\te\tactive\tZ\t\t"), NULL), LOF_OK, "a chain, and no newline at the end");
}

// --- lines over the table: each test is a process of its own, and so is its table ---

static void
over(const char *lines)
{
	struct lof_err e = { 0 };

	cr_assert_eq(attack_override(lof_cstr(lines), &e), LOF_OK, "%u:%u: %s", e.line, e.col, e.what);
}

Test(attack, override_replaces_and_adds)
{
	size_t before, after;
	const struct attack_entry *held = attack_find(id("T1059"));

	attack_all(&before);
	over("T1059\te\tactive\tMade-Up Scripting\texecution\tMade Up OS\nT9001\te\tactive\tToday's\t\t\n"
	    "T9001.001\te\tactive\tPart\t\t\nT9999\ti\tdeprecated\tLast\t\t");
	attack_all(&after);
	cr_expect_eq(after, before + 3);
	named("made up scripting", "T1059");
	named("Made-Up Scripting: PowerShell", "T1059.001");
	named("Command and Scripting Interpreter", "T1623"); // that of telephones is left
	named("Today's: Part", "T9001.001");
	named("Windows Management Instrumentation", "T1047");
	cr_expect(lof_str_eq(attack_find(id("T1059"))->platforms, LOF_LIT("Made Up OS")));
	cr_expect_eq(attack_find(id("T9999"))->domain, 'i');
	cr_expect(lof_str_eq(held->name, LOF_LIT("Command and Scripting Interpreter")), "entries of before may be held");
	attack_forget();
	attack_all(&after);
	cr_expect_eq(after, before);
	named("Command and Scripting Interpreter", "T1059");
	attack_forget();
	cr_expect_eq(attack_find(id("T1059")), held, "the built-in table stays");
}

Test(attack, override_redirects)
{
	cr_assert_eq(attack_canonical(id("T1086")), id("T1059.001"));
	over("T1021\te\t>T9001\tMoved\t\t\nT1059.001\te\t>T9002\tMoved Too\t\t\n"
	    "T9001\te\t>T9002\tMoved On\t\t\nT9002\te\tactive\tNew\t\t\n");
	cr_expect_eq(attack_canonical(id("T1021")), id("T9002"), "to the end");
	cr_expect_eq(attack_canonical(id("T1086")), id("T9002"), "from the built-in table into the lines");
	cr_expect_eq(attack_canonical(id("T1021.001")), id("T1021.001"));
	over("T9002\te\t>T1059\tNew\t\t\n");
	cr_expect_eq(attack_canonical(id("T1021")), id("T1059"), "lines over lines");
	over("T1021\te\tactive\tBack Again\t\t\n");
	cr_expect_eq(attack_canonical(id("T1021")), id("T1021"));
	named("back again", "T1021");
}

Test(attack, override_that_does_not_go_together)
{
	over("T1059.001\te\tdeprecated\tPowerShell\t\t\nT9001.001\te\tactive\tAn Orphan\t\t\n"
	    "T9002\te\t>T9003\tIn A Circle\t\t\nT9003\te\t>T9002\tIn A Circle Too\t\t\nT9004\te\t>T8999\tTo Nothing\t\t\n");
	cr_expect_eq(attack_canonical(id("T1086")), id("T1086"), "what it became is no more");
	cr_expect_eq(attack_find(id("T1086"))->state, ATTACK_REVOKED);
	cr_expect_null(attack_find(id("T9001.001")));
	cr_expect_eq(attack_canonical(id("T9002")), id("T9002"));
	cr_expect_eq(attack_canonical(id("T9004")), id("T9004"));
	over("T9001\te\tactive\tA Parent\t\t\nT9001.001\te\tactive\tNo Orphan\t\t\n");
	named("a parent no orphan", "T9001.001");
}

Test(attack, override_twice_is_once)
{
	size_t n;
	const struct attack_entry *all;

	over("");
	all = attack_all(&n);
	over("T1059\te\tactive\tMade Up\t\t\n");
	cr_expect_neq(attack_all(&n), all);
	all = attack_all(&n);
	over("T1059\te\tactive\tMade Up\t\t\n");
	over("");
	cr_expect_eq(attack_all(&n), all, "no table in vain");
}

Test(attack, bad_lines_change_nothing)
{
	size_t n;
	const struct attack_entry *all = attack_all(&n);
	static const char *const bad[] = {
		"T1059\te\tactive\tX\t", "T1059\tx\tactive\tX\t\t", "T1059\te\tactive\t\t\t", "nothing\te\tactive\tX\t\t",
		"T1059\te\tmaybe\tX\t\t", "T9002\te\tactive\tX\t\t\nT9001\te\tactive\tX\t\t", "\t\t\t\t\t",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lof_err e = { 0 };

		cr_expect_eq(attack_override(lof_cstr(bad[i]), &e), LOF_E_RULE, "%s", bad[i]);
		cr_expect(e.line > 0 && e.what);
		cr_expect_eq(attack_all(&n), all);
	}
}

// Cut anywhere, the real table is refused or read, never read past.
Test(attack, cut_tables)
{
	size_t n = (size_t)(lof_embedded_attack_end - lof_embedded_attack);

	for (size_t cut = 0; cut < n; cut += cut < 3000 ? 1 : 997) {
		char *copy = malloc(cut + 1);

		memcpy(copy, lof_embedded_attack, cut);
		attack_check_table(LOF_STR(copy, cut), NULL);
		free(copy);
	}
}
