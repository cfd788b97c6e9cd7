// data/catalogue/ keeps the rules of its README: form, ids, lengths, terms, phrases, coverage, no note twice. `make
// lint-notes` runs these tests alone.
#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"
#include "notes/index.h"
#include "notes/note.h"
#include "rules/attack.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { NOTES_MAX = 16384, TOKENS_MAX = 64 };

struct item {
	const char *file;
	uint32_t line;
	json_t *json;
	const char *id, *text, *check;
	uint64_t token[TOKENS_MAX]; // of the text: hashes, ascending, each once
	size_t n_tokens;
};

static struct item item[NOTES_MAX];
static size_t items;
static glob_t files;

// Every complaint is told, with its place, before a test fails.
#define EXPECT(x, cond, ...) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%u: ", (x)->file, (x)->line); \
			fprintf(stderr, __VA_ARGS__); \
			fputc('\n', stderr); \
			bad++; \
		} \
	} while (0)

static const char *
text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void
load_file(const char *path)
{
	struct lof_buf text = { 0 };
	struct lof_str rest, line;
	uint32_t no = 0;
	cr_assert_eq(io_slurp(path, &text, NULL), LOF_OK);
	rest = buf_view(&text);
	while (lof_str_cut(&rest, '\n', &line)) {
		json_error_t why;
		json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &why);
		no++;
		cr_assert(j && json_is_object(j), "%s:%u: %s", path, no, why.text);
		cr_assert_lt(items, NOTES_MAX);
		item[items++] = (struct item){ .file = path, .line = no, .json = j, .id = text_at(j, "id"),
			.text = text_at(j, "text"), .check = text_at(j, "check") };
	}
	buf_free(&text);
}

static void
load(void)
{
	cr_assert_eq(attack_load(NULL), LOF_OK);
	cr_assert_eq(glob("data/catalogue/*.ndjson", 0, NULL, &files), 0, "no catalogue");
	for (size_t i = 0; i < files.gl_pathc; i++)
		load_file(files.gl_pathv[i]);
}

TestSuite(catalogue, .init = load);

static attack_id
technique(const struct item *x, size_t i)
{
	const char *s = json_string_value(json_array_get(json_object_get(x->json, "techniques"), i));
	return attack_parse(lof_cstr(s));
}

// --- form ------------------------------------------------------------------------------------------------------------

static size_t
bad_members(const struct item *x)
{
	static const char *const order[] = { "id", "text", "techniques", "platforms", "terms", "check", "usual", "source", "license" };
	const size_t n = sizeof order / sizeof *order;
	size_t bad = 0, at = 0;
	const char *key;
	json_t *value;
	json_object_foreach(x->json, key, value) {
		while (at < n && strcmp(order[at], key) != 0)
			at++;
		EXPECT(x, at < n, "member \"%s\" is unknown or out of order", key);
	}
	EXPECT(x, strcmp(text_at(x->json, "source"), "lofpipe") == 0, "source is lofpipe");
	EXPECT(x, strcmp(text_at(x->json, "license"), "CC0-1.0") == 0, "license is CC0-1.0");
	return bad;
}

static size_t
bad_sentence(const struct item *x, const char *name, const char *s, size_t least, size_t most)
{
	size_t bad = 0, n = strlen(s);
	EXPECT(x, n >= least && n <= most, "%s has %zu characters, expected %zu to %zu", name, n, least, most);
	EXPECT(x, n && s[n - 1] == '.', "%s ends with a full stop", name);
	for (size_t i = 0; i < n; i++)
		EXPECT(x, s[i] >= 0x20 && s[i] < 0x7f, "%s holds byte %02x", name, (unsigned char)s[i]);
	return bad;
}

// The first technique, "-", a slug.
static size_t
bad_id(const struct item *x)
{
	char head[ATTACK_TEXT_MAX + 1];
	size_t bad = 0, n = attack_text(technique(x, 0), head);
	head[n++] = '-';
	EXPECT(x, strncmp(x->id, head, n) == 0 && strlen(x->id) <= 60, "id \"%s\": expected %.*s and a slug", x->id, (int)n, head);
	for (const char *p = x->id + n; strlen(x->id) > n && *p; p++)
		EXPECT(x, islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '-', "id \"%s\": '%c'", x->id, *p);
	return bad;
}

Test(catalogue, form)
{
	size_t bad = 0;
	cr_assert_gt(items, 3000);
	for (const struct item *x = item; x < item + items; x++) {
		size_t n = json_array_size(json_object_get(x->json, "techniques"));
		bad += bad_members(x);
		bad += bad_sentence(x, "text", x->text, 60, 240);
		bad += bad_sentence(x, "check", x->check, 40, 220);
		EXPECT(x, n >= 1 && n <= 3, "%zu techniques, expected 1 to 3", n);
		for (size_t i = 0; i < n; i++) {
			const struct attack_entry *a = attack_find(technique(x, i));
			EXPECT(x, a && a->state == ATTACK_ACTIVE, "technique no. %zu is not active", i + 1);
		}
		bad += bad_id(x);
	}
	cr_expect_eq(bad, 0, "%zu complaints", bad);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp((*(const struct item *const *)a)->id, (*(const struct item *const *)b)->id);
}

Test(catalogue, ids_are_unique)
{
	static const struct item *order[NOTES_MAX];
	size_t bad = 0;
	for (size_t i = 0; i < items; i++)
		order[i] = &item[i];
	qsort(order, items, sizeof *order, by_id);
	for (size_t i = 1; i < items; i++)
		EXPECT(order[i], strcmp(order[i]->id, order[i - 1]->id) != 0, "id \"%s\" is taken", order[i]->id);
	cr_expect_eq(bad, 0);
}

// --- platforms and terms ---------------------------------------------------------------------------------------------

// Platforms as ATT&CK writes them, and of the note's first technique where ATT&CK says which it has.
Test(catalogue, platforms_are_the_techniques)
{
	size_t bad = 0;
	for (const struct item *x = item; x < item + items; x++) {
		const struct attack_entry *a = attack_find(technique(x, 0));
		json_t *list = json_object_get(x->json, "platforms"), *p;
		size_t i;
		if (!a)
			continue;
		EXPECT(x, (json_array_size(list) > 0) == (a->domain != 'i'), "platforms: none in ICS, some elsewhere");
		json_array_foreach(list, i, p) {
			struct lof_str name = lof_cstr(json_string_value(p)), rest = a->platforms, one;
			bool found = rest.n == 0;
			while (!found && lof_str_cut(&rest, ',', &one))
				found = lof_str_eq(lof_str_trim(one), name);
			EXPECT(x, found, "platform \"%s\" is none of the technique's", name.p);
		}
	}
	cr_expect_eq(bad, 0, "%zu complaints", bad);
}

static bool
is_general(const char *term)
{
	static const char *const general[] = { "admin", "administrator", "administrators", "user", "users", "process", "script",
		"scripts", "service", "services", "system", "windows", "linux", "macos", "powershell.exe", "cmd.exe", "software",
		"tool", "tools", "application", "server", "network", "file", "files", "task", "job", "account", "accounts", "login",
		"logon", "command", "commands", "security", "it" };
	for (size_t i = 0; i < sizeof general / sizeof *general; i++)
		if (strcasecmp(term, general[i]) == 0)
			return true;
	return false;
}

Test(catalogue, terms_tell)
{
	size_t bad = 0;
	for (const struct item *x = item; x < item + items; x++) {
		json_t *list = json_object_get(x->json, "terms"), *t;
		size_t i, telling = 0;
		json_array_foreach(list, i, t) {
			const char *s = json_string_value(t);
			EXPECT(x, s && strlen(s) >= 2 && strlen(s) <= 60, "term no. %zu: expected 2 to 60 characters", i + 1);
			telling += s && !is_general(s);
		}
		EXPECT(x, json_array_size(list) <= 12, "more than 12 terms");
		EXPECT(x, telling >= 2, "terms: expected two that are not general");
	}
	cr_expect_eq(bad, 0, "%zu complaints", bad);
}

// --- phrases ---------------------------------------------------------------------------------------------------------

// No verdicts, no advice to look away, no padding.
Test(catalogue, phrases)
{
	static const char *const forbidden[] = { "false positive", "false-positive", "benign", "ignore", "legitimate", "can be excluded",
		"whitelist", "unknown", "unlikely", "may be normal", "not malicious", "safe to", "no action", "expected behavior",
		"expected behaviour", "administrative activity", "normal activity", "authorized activity" };
	size_t bad = 0;
	for (const struct item *x = item; x < item + items; x++) {
		EXPECT(x, !note_is_placeholder(lof_cstr(x->text)), "a placeholder");
		for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
			EXPECT(x, !strcasestr(x->text, forbidden[i]) && !strcasestr(x->check, forbidden[i]), "\"%s\"", forbidden[i]);
	}
	cr_expect_eq(bad, 0, "%zu complaints", bad);
}

// --- no note twice ---------------------------------------------------------------------------------------------------

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void
cut_tokens(struct item *x)
{
	static const char between[] = " ,;:()'\"/\\-";
	size_t n = 0, kept = 0;
	for (const char *p = x->text; *p && n < TOKENS_MAX;) {
		char low[64];
		size_t len = strcspn(p, between);
		for (size_t i = 0; i < len && i < sizeof low; i++)
			low[i] = (char)tolower((unsigned char)p[i]);
		while (len && p[len - 1] == '.')
			len--;
		if (len > 3 && len < sizeof low)
			x->token[n++] = lof_hash(0, LOF_STR(low, len));
		p += strcspn(p, between);
		p += strspn(p, between);
	}
	qsort(x->token, n, sizeof *x->token, by_value);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || x->token[i] != x->token[i - 1])
			x->token[kept++] = x->token[i];
	x->n_tokens = kept;
}

// Shared tokens in a hundred of all of both.
static size_t
overlap(const struct item *x, const struct item *y)
{
	size_t i = 0, k = 0, same = 0;
	while (i < x->n_tokens && k < y->n_tokens) {
		same += x->token[i] == y->token[k];
		if (x->token[i] <= y->token[k])
			k += x->token[i] == y->token[k], i++;
		else
			k++;
	}
	return 100 * same / (x->n_tokens + y->n_tokens - same + (x->n_tokens + y->n_tokens == 0));
}

Test(catalogue, no_note_twice)
{
	size_t bad = 0;
	for (size_t i = 0; i < items; i++)
		cut_tokens(&item[i]);
	for (size_t i = 0; i < items; i++)
		for (size_t k = 0; k < i; k++) {
			size_t a = item[i].n_tokens, b = item[k].n_tokens;
			if (a * 2 >= b && b * 2 >= a) // else they cannot share enough
				EXPECT(&item[i], overlap(&item[i], &item[k]) < 60, "says nearly the same as %s", item[k].id);
		}
	cr_expect_eq(bad, 0, "%zu complaints", bad);
}

// --- coverage --------------------------------------------------------------------------------------------------------

static size_t
notes_of(attack_id id, bool commonest)
{
	size_t n = 0;
	for (const struct item *x = item; x < item + items; x++)
		for (size_t i = 0; i < json_array_size(json_object_get(x->json, "techniques")); i++)
			n += technique(x, i) == id && (!commonest || json_integer_value(json_object_get(x->json, "usual")) == 1);
	return n;
}

Test(catalogue, every_technique_has_notes)
{
	size_t count, bad = 0;
	const struct attack_entry *a = attack_all(&count);
	for (size_t i = 0; i < count; i++) {
		char id[ATTACK_TEXT_MAX];
		size_t least = a[i].domain == 'e' ? 3 : 1, n;
		if (a[i].state != ATTACK_ACTIVE || ((n = notes_of(a[i].id, false)) >= least && notes_of(a[i].id, true)))
			continue;
		attack_text(a[i].id, id);
		fprintf(stderr, "%s has %zu notes and %zu usual, expected %zu and 1\n", id, n, notes_of(a[i].id, true), least);
		bad++;
	}
	cr_expect_eq(bad, 0, "%zu techniques with too few", bad);
}

Test(catalogue, what_fires_often_has_eight)
{
	struct lof_buf text = { 0 };
	struct lof_str rest, line;
	size_t bad = 0, seen = 0;
	cr_assert_eq(io_slurp("tests/catalogue/frequent.txt", &text, NULL), LOF_OK);
	rest = buf_view(&text);
	while (lof_str_cut(&rest, '\n', &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		size_t n = notes_of(attack_parse(line), false);
		seen++;
		if (n < 8) {
			fprintf(stderr, "%.*s has %zu notes, expected 8\n", (int)line.n, line.p, n);
			bad++;
		}
	}
	cr_assert_gt(seen, 100);
	cr_expect_eq(bad, 0, "%zu techniques with too few", bad);
	buf_free(&text);
}

// --- LoFP ------------------------------------------------------------------------------------------------------------

static const struct item *
find(struct lof_str id)
{
	for (const struct item *x = item; x < item + items; x++)
		if (lof_str_eq(lof_cstr(x->id), id))
			return x;
	return NULL;
}

// Every line of the three pages has its row, in order; every row names a note of the catalogue, or says "-" of a line
// that names no cause.
Test(catalogue, lofp_is_represented)
{
	static const char *const pages[] = { "t1059", "t1021", "_deprecated" };
	struct lof_buf map = { 0 };
	size_t bad = 0, none = 0, rows = 0;
	cr_assert_eq(io_slurp("tests/catalogue/lofp.tsv", &map, NULL), LOF_OK);
	struct lof_str row = buf_view(&map), cells, page, head, line;
	for (size_t i = 0; i < 3; i++) {
		struct lof_buf text = { 0 };
		char path[64];
		bool in_table = false;
		snprintf(path, sizeof path, "data/lofp/%s.txt", pages[i]);
		cr_assert_eq(io_slurp(path, &text, NULL), LOF_OK);
		struct lof_str rest = buf_view(&text);
		while (lof_str_cut(&rest, '\n', &line)) {
			line = lof_str_trim(line);
			if (!in_table || line.n == 0) {
				in_table |= lof_str_eq(line, LOF_LIT("TitleTags"));
				continue;
			}
			cr_assert(lof_str_cut(&row, '\n', &cells), "no row for: %.*s", (int)line.n, line.p);
			lof_str_cut(&cells, '\t', &page);
			lof_str_cut(&cells, '\t', &head);
			cr_assert(lof_str_eq(page, lof_cstr(pages[i])) && head.n && head.n <= line.n && memcmp(head.p, line.p, head.n) == 0,
			    "row %zu is not of: %.*s", rows + 1, (int)line.n, line.p);
			rows++;
			none += lof_str_eq(cells, LOF_LIT("-"));
			if (!lof_str_eq(cells, LOF_LIT("-")) && !find(cells)) {
				fprintf(stderr, "lofp.tsv:%zu: no note \"%.*s\"\n", rows, (int)cells.n, cells.p);
				bad++;
			}
		}
		buf_free(&text);
	}
	cr_expect_eq(row.n, 0, "rows without a line");
	cr_expect_eq(bad, 0);
	cr_expect_lt(none * 4, rows, "%zu of %zu lines are said to name no cause", none, rows);
	buf_free(&map);
}
