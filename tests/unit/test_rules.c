// Format rules: what is built in is what rules/ says, and a mistake in a file is told with its place.
#include "base/io.h"
#include "run.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/lofpipe-rules-XXXXXX";
static struct lof_err seen[16];
static size_t n_seen;

static void
init(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
	cr_assert_not_null(mkdtemp(dir));
}

static void
fini(void)
{
	DIR *d = opendir(dir);
	char path[600];

	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

TestSuite(rules, .init = init, .fini = fini);

static void
note_mistake(void *arg, const struct lof_err *e)
{
	(void)arg;
	if (n_seen < 16)
		seen[n_seen++] = *e;
}

static void
write_file(const char *name, const char *text)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static enum lof_rc
load_dir(const char *folder, struct rules **out, struct lof_err *e)
{
	const struct rules_options o = { .dirs = &folder, .n_dirs = 1 };

	n_seen = 0;
	*out = NULL;
	return rules_load(out, &o, note_mistake, NULL, e);
}

static char *
printed(const struct rules *r)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	rules_print(r, f);
	fclose(f);
	return text;
}

Test(rules, what_is_built_in_is_what_the_files_say)
{
	const struct rules_options none = { 0 };
	struct rules *builtin, *disk;
	char *a, *b;

	cr_assert_eq(rules_load(&builtin, &none, NULL, NULL, NULL), LOF_OK);
	cr_assert_eq(load_dir("rules", &disk, NULL), LOF_OK, "%s: %s", seen[0].file, seen[0].what);
	cr_assert_eq(n_seen, 0);
	cr_assert_neq(builtin, disk, "one is the build's, the other is fresh");
	a = printed(builtin);
	b = printed(disk);
	cr_assert_gt(strlen(a), 100000);
	for (size_t i = 0, line = 1; a[i] || b[i]; line += a[i++] == '\n')
		cr_assert_eq(a[i], b[i], "line %zu of the tables", line);
	free(a);
	free(b);
	rules_free(disk);
	rules_free(builtin);
}

Test(rules, every_file_has_a_title_and_its_own_name)
{
	const struct rules_options none = { 0 };
	struct rules *r;

	cr_assert_eq(rules_load(&r, &none, NULL, NULL, NULL), LOF_OK);
	cr_assert_gt(r->n_formats, 50);
	for (size_t i = 0; i < r->n_formats; i++) {
		char path[200];

		cr_assert(*r->formats[i].name && *r->formats[i].title, "%s", r->formats[i].name);
		snprintf(path, sizeof path, "rules/%s.json", r->formats[i].name);
		cr_assert_eq(access(path, R_OK), 0, "%s", path);
		for (size_t k = 0; k < i; k++)
			cr_assert_str_neq(r->formats[i].name, r->formats[k].name);
	}
	rules_free(r);
}

// --- mistakes ----------------------------------------------------------------------------------------------------

static const struct {
	const char *text;
	uint32_t line, col;
	const char *what, *arg, *hint;
} mistakes[] = {
	{ "{\"name\":\"acme\",\n\"when\":[{\"a\":true}],\n \"patth\":[]}", 3, 3, "unknown member", "patth", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"techniqe\":[]}", 1, 37, "unknown member", "techniqe", "technique" },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"technique\":\"a.b\"}", 2, 2, "expected a list", "technique", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"technique\":[1]}", 2, 2, "expected a path", "technique", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[\n\"a..b\"]}", 2, 2, "single dots", "a..b", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[\n\"**.b\"]}", 2, 2, "only the generic rule", "**.b",
	    NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\n\"patern\":\"(x)\"}]}", 2, 2,
	    "one of path, pattern", "patern", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\"pattern\":\n\"x(\"}]}", 2, 2,
	    "does not compile", "x(", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\"pattern\":\n\"abc\"}]}", 2, 2,
	    "a group", "abc", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\n\"pattern\":3}]}", 2, 2,
	    "expected a string", "pattern", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\"decode\":\n\"xml\"}]}", 2, 2,
	    "expected \"json\"", "xml", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"path\":\"a\",\"decode\":\"json\",\"then\":\n\""
	    "a..\"}]}", 2, 2, "single dots", "a..", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\"technique\":[{\"pattern\":\"(x)\"}]}", 1, 37,
	    "expected a path, or an object", "technique", NULL },
	{ "{\n\"name\":\"other\",\"when\":[{\"a\":true}]}", 2, 2, "the file's own name", "name", NULL },
	{ "{\"when\":[{\"a\":true}]}", 0, 0, "the file's own name", "name", NULL },
	{ "{\"name\":\"acme\"}", 0, 0, "how its events are known", "when", NULL },
	{ "{\"name\":\"acme\",\n\"when\":[]}", 0, 0, NULL, NULL, NULL }, // nothing to match, but no mistake
	{ "{\"name\":\"acme\",\n\"when\":{}}", 2, 2, "expected a list", "when", NULL },
	{ "{\"name\":\"acme\",\n\"when\":[{}]}", 2, 2, "at least one condition", "when", NULL },
	{ "{\"name\":\"acme\",\n\"when\":[3]}", 2, 2, "objects of path and value", "when", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\n\"abc\":1}]}", 2, 2, "expected true, a string", "abc", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\n\"abc\":[\"x\",\"y*\"]}]}", 2, 2, "all or none", "abc", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\n\"abc\":[]}]}", 2, 2, "expected true, a string", "abc", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\n\"a..b\":true}]}", 2, 2, "single dots", "a..b", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"envelope\":[1]}", 2, 2, "expected paths", "envelope", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"not\":[\"**.x\"]}", 2, 2, "in the generic rule only", "not", NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"generic\":\"no\"}", 2, 2, "expected true or false", "generic",
	    NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"title\":7}", 2, 2, "expected a string", "title", NULL },
	{ "{\"name\":\"acme\",\n \"when\":[{\"a\":true},]}", 2, 21, "not JSON", NULL, NULL },
	{ "{\"name\":\"acme\",\"when\":[{\"a\":true}],\n\"name\":\"acme\"}", 2, 6, "not JSON", NULL, NULL },
	{ "[]", 0, 0, "expected an object", NULL, NULL },
	{ "", 1, 0, "not JSON", NULL, NULL },
};

Test(rules, a_mistake_is_told_with_its_place)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct lof_err e = { 0 };
		struct rules *r;
		enum lof_rc rc;

		write_file("acme.json", mistakes[i].text);
		rc = load_dir(dir, &r, &e);
		if (!mistakes[i].what) {
			cr_assert_eq(rc, LOF_OK, "%s: %s", mistakes[i].text, e.what);
			rules_free(r);
			continue;
		}
		cr_expect_eq(rc, LOF_E_RULE, "%s", mistakes[i].text);
		if (!rc)
			continue;
		cr_expect(r == NULL && n_seen >= 1 && e.rc == LOF_E_RULE, "%s", mistakes[i].text);
		cr_expect_not_null(strstr(e.file, "/acme.json"), "%s", e.file);
		cr_expect_not_null(strstr(e.what, mistakes[i].what), "%s: \"%s\", not \"%s\"", mistakes[i].text, e.what,
		    mistakes[i].what);
		cr_expect(e.line == mistakes[i].line && e.col == mistakes[i].col, "%s: %u:%u, not %u:%u", mistakes[i].text, e.line,
		    e.col,
		    mistakes[i].line, mistakes[i].col);
		if (mistakes[i].arg)
			cr_expect_str_eq(e.arg, mistakes[i].arg, "%s: \"%s\"", mistakes[i].text, e.arg);
		if (mistakes[i].hint)
			cr_expect(e.hint && strcmp(e.hint, mistakes[i].hint) == 0, "%s: %s", mistakes[i].text, e.hint ? e.hint : "no hint");
	}
}

Test(rules, every_mistake_of_every_file_is_told)
{
	struct lof_err e = { 0 };
	struct rules *r;

	write_file("acme.json", "{\"name\":\"acme\",\"one\":1,\"two\":2,\"when\":[{\"a\":true}]}");
	write_file("zulu.json", "{]");
	write_file("good.json", "{\"name\":\"good\",\"when\":[{\"a\":true}]}");
	write_file("notes.txt", "no rule at all");
	cr_assert_eq(load_dir(dir, &r, &e), LOF_E_RULE);
	cr_assert_eq(n_seen, 3, "%zu", n_seen);
	cr_assert_str_eq(seen[0].arg, "one");
	cr_assert_str_eq(seen[1].arg, "two");
	cr_assert_not_null(strstr(seen[2].file, "zulu.json"));
	cr_assert_str_eq(e.arg, "one", "the first is the error");
	cr_assert_eq(load_dir("/nonexistent/folder", &r, &(struct lof_err){ 0 }), LOF_E_IO);
}

Test(rules, a_file_of_the_same_name_replaces)
{
	const char *text = "{\"event_type\":\"alert\",\"alert\":{\"signature_id\":1,\"metadata\":{\"mitre_technique_id"
	    "\":[\"T1105\"]}},\"mine\":\"T1021\"}";
	const char *folder = dir;
	const struct rules_options o = { .dirs = &folder, .n_dirs = 1 };
	struct run r;

	write_file("suricata.json", "{\"name\":\"suricata\",\"when\":[{\"event_type\":\"alert\"}],\"technique\":[\"min"
	    "e\"],\"generic\":false}");
	run_open_with(&r, &o, LOF_LIT(""));
	run_text(&r, text, strlen(text));
	cr_assert_eq(r.e.keys.n_techniques, 1);
	cr_assert_eq(r.e.keys.techniques[0].id, 1021000);
	run_close(&r);
}

// --- paths of the command line ----------------------------------------------------------------------------------

Test(rules, paths_of_the_command_line)
{
	static const char *const tech[] = { "x.tid", "y[].t" }, *const id[] = { "x.rid" }, *const name[] = { "x.rn" },
	    *const ctx[] = { "x.cmd" };
	const struct rules_options o = {
		.paths = { [ROLE_TECHNIQUE] = tech, [ROLE_RULE_ID] = id, [ROLE_RULE_NAME] = name, [ROLE_CONTEXT] = ctx },
		.n_paths = { [ROLE_TECHNIQUE] = 2, [ROLE_RULE_ID] = 1, [ROLE_RULE_NAME] = 1, [ROLE_CONTEXT] = 1 },
	};
	const char *text = "{\"x\":{\"tid\":\"t1059.001\",\"rid\":17,\"rn\":\" My Rule \",\"cmd\":\"a\\\\b T1486\"},\""
	    "y\":[{\"t\":\"T1021\"},{\"t\":[\"T1110\"]}]}";
	struct run r;
	const struct keys *k;

	run_open_with(&r, &o, LOF_LIT(""));
	run_text(&r, text, strlen(text));
	k = &r.e.keys;
	cr_assert_eq(k->n_techniques, 3, "%zu", k->n_techniques);
	cr_assert(k->techniques[0].id == 1059001 && k->techniques[1].id == 1021000 && k->techniques[2].id == 1110000);
	cr_assert(k->n_rule_ids == 1 && lof_str_eq(k->rule_ids[0], LOF_LIT("17")));
	cr_assert(k->n_rule_names == 1 && lof_str_eq(k->rule_names[0], LOF_LIT("My Rule")));
	cr_assert(k->n_context == 1 && k->context[0].n > 6 && memcmp(k->context[0].p + k->context[0].n - 6, " T1486", 6) == 0,
	    "no technique is read from it");
	run_close(&r);
}

Test(rules, a_wrong_path_on_the_command_line)
{
	static const char *const wrong[] = { "a..b" };
	const struct rules_options o = { .paths = { [ROLE_TECHNIQUE] = wrong }, .n_paths = { [ROLE_TECHNIQUE] = 1 } };
	struct lof_err e = { 0 };
	struct rules *r = NULL;

	cr_assert_eq(rules_load(&r, &o, NULL, NULL, &e), LOF_E_RULE);
	cr_assert_str_eq(e.file, "command line");
	cr_assert_str_eq(e.arg, "a..b");
	cr_assert_null(r);
}
