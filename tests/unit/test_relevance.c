// The figures of `make relevance` do not fall, and its cases are what they say they are.
#include "../relevance/measure.h"

#include <criterion/criterion.h>

static struct relevance r;

static void
run(void)
{
	relevance_run(&r, NULL, 0);
}

static void
done(void)
{
	relevance_free(&r);
}
TestSuite(relevance, .init = run, .fini = done);

static double
share(size_t some, struct score of)
{
	return of.n ? (double)some / (double)of.n : 0;
}

// Measured less a margin: 0.05 where words decide. To be raised when ranking gets better.
Test(relevance, figures_do_not_fall)
{
	static const struct {
		enum variant v;
		const char *of;
		double shown, first;
	} floors[] = {
		{ BY_ID, NULL, 1, 1 },
		{ BY_NAME, NULL, 1, 1 },
		{ BY_EVENT, NULL, 0.84, 0.62 },
		{ BY_EVENT, "hard", 0.76, 0.51 },
	};
	for (size_t i = 0; i < sizeof floors / sizeof *floors; i++) {
		struct score s = relevance_score(&r, floors[i].v, floors[i].of);
		cr_expect_geq(share(s.shown, s), floors[i].shown, "%s: Recall@5 is %.3f", variant_names[floors[i].v], share(s.shown, s));
		cr_expect_geq(share(s.first, s), floors[i].first, "%s: top-1 is %.3f", variant_names[floors[i].v], share(s.first, s));
	}
	struct score words = relevance_score(&r, BY_EVENT, NULL), none = relevance_alphabetical(&r);
	cr_expect_gt(share(words.shown, words), share(none.shown, none) + 0.5, "words are no better than the alphabet");
}

// --- the cases -------------------------------------------------------------------------------------------------------

static size_t
kinds(const char *(*name)(const struct relevance_case *c))
{
	size_t n = 0, k;
	for (size_t i = 0; i < r.n; i++) {
		for (k = 0; k < i && strcmp(name(&r.cases[k]), name(&r.cases[i])) != 0; k++)
			;
		n += k == i;
	}
	return n;
}

static const char *
name_of(const struct relevance_case *c)
{
	return c->name;
}

static const char *
producer_of(const struct relevance_case *c)
{
	return c->producer;
}

static const char *
platform_of_case(const struct relevance_case *c)
{
	return c->platform;
}

Test(relevance, cases_are_many_and_of_many_kinds)
{
	cr_expect_geq(r.n, 60);
	cr_expect_eq(kinds(name_of), r.n, "a name is taken twice");
	cr_expect_geq(kinds(producer_of), 8);
	cr_expect_geq(kinds(platform_of_case), 8);
	cr_expect_geq(relevance_score(&r, BY_EVENT, "hard").n * 3, r.n);
}

Test(relevance, right_notes_exist)
{
	for (const struct relevance_case *c = r.cases; c < r.cases + r.n; c++) {
		const json_t *right = json_object_get(c->json, "right");
		cr_expect_gt(json_array_size(right), 0, "%s has none", c->name);
		for (size_t i = 0; i < json_array_size(right); i++) {
			const char *id = json_string_value(json_array_get(right, i));
			cr_expect(json_object_get(r.texts, id), "%s: no note %s", c->name, id);
		}
	}
}

// In what is left of an alert as in all of it, for the shape must stay its producer's.
Test(relevance, techniques_are_found)
{
	for (const struct relevance_case *c = r.cases; c < r.cases + r.n; c++)
		for (enum variant v = 0; v < VARIANTS; v++) {
			json_t *member = relevance_member(&r, c, v, false), *id;
			const json_t *found = json_object_get(member, "techniques"), *want = json_object_get(c->json, "techniques");
			size_t i, k;
			cr_expect_gt(json_array_size(want), 0, "%s", c->name);
			json_array_foreach(want, i, id) {
				attack_id wanted = attack_canonical(attack_parse(lof_cstr(json_string_value(id))));
				for (k = 0; k < json_array_size(found); k++)
					if (attack_parse(lof_cstr(json_string_value(json_array_get(found, k)))) == wanted)
						break;
				cr_expect_lt(k, json_array_size(found), "%s, %s: %s", c->name, variant_names[v], json_string_value(id));
			}
			json_decref(member);
		}
}

// --- what a variant knows --------------------------------------------------------------------------------------------

// Is it the value of some member, or does it stand in one?
static bool
says(const json_t *v, const char *text, bool whole)
{
	const json_t *one;
	const char *key, *s = json_string_value(v);
	char number[24];
	size_t i;
	if (json_is_integer(v))
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(v)), s = number;
	if (s)
		return whole ? strcmp(s, text) == 0 : strstr(s, text) != NULL;
	json_object_foreach((json_t *)(uintptr_t)v, key, one)
		if (says(one, text, whole))
			return true;
	json_array_foreach(v, i, one)
		if (says(one, text, whole))
			return true;
	return false;
}

// The rule of the right note, as the pack has it.
static const json_t *
rule_of(const struct relevance_case *c)
{
	const char *id = json_string_value(json_array_get(json_object_get(c->json, "right"), 0));
	const json_t *note;
	size_t i;
	json_array_foreach(r.pack, i, note)
		if (strcmp(json_string_value(json_object_get(note, "id")), id) == 0)
			return json_array_get(json_object_get(note, "rules"), 0);
	return NULL;
}

static void
expect_says(const struct relevance_case *c, enum variant v, const char *text, bool whole, bool expected)
{
	json_t *alert = relevance_alert(c, v);
	cr_expect_eq(says(alert, text, whole), expected, "%s, %s: %s \"%s\"", c->name, variant_names[v], expected ? "no" : "still", text);
	json_decref(alert);
}

Test(relevance, a_variant_knows_what_it_should)
{
	for (const struct relevance_case *c = r.cases; c < r.cases + r.n; c++) {
		const json_t *rule = rule_of(c);
		const char *id = json_string_value(json_object_get(rule, "id")), *name = json_string_value(json_object_get(rule, "name"));
		if (c->rank[BY_ID]) {
			expect_says(c, BY_ID, id, strlen(id) < 8, true);
			expect_says(c, BY_NAME, id, strlen(id) < 8, false);
		}
		if (c->rank[BY_NAME]) {
			expect_says(c, BY_NAME, name, false, true);
			expect_says(c, BY_EVENT, name, false, false);
		}
		cr_expect(c->rank[BY_ID] || c->rank[BY_NAME], "%s: neither id nor name", c->name);
	}
}

// --- the pack --------------------------------------------------------------------------------------------------------

// Notes enough that finding the right one is something.
Test(relevance, notes_compete)
{
	json_t *by_id = json_object(), *note, *id, *count;
	const char *key;
	size_t i, k, crowded = 0;
	json_array_foreach(r.pack, i, note) {
		const json_t *rule = json_array_get(json_object_get(note, "rules"), 0);
		cr_expect(json_object_get(rule, "name") && json_object_get(rule, "words"), "note %zu has no rule", i + 1);
		cr_expect_gt(json_array_size(json_object_get(rule, "terms")), 0, "note %zu: its rule looks for nothing", i + 1);
		json_array_foreach(json_object_get(note, "techniques"), k, id) {
			json_t *n = json_object_get(by_id, json_string_value(id));
			json_object_set_new(by_id, json_string_value(id), json_integer(1 + json_integer_value(n)));
		}
	}
	json_object_foreach(by_id, key, count)
		crowded += json_integer_value(count) >= 8;
	cr_expect_geq(json_array_size(r.pack), 150);
	cr_expect_eq(json_object_size(r.texts), json_array_size(r.pack), "an id is taken twice");
	cr_expect_geq(crowded, 12, "only %zu techniques with eight notes", crowded);
	json_decref(by_id);
}
