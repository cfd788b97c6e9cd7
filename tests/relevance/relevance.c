// relevance [-v] [INDEX]: prints how often the right note comes among the first five, by what is known of the rule.
// -v: what stood before it, for each case in which it did not. INDEX is added to the candidates.
#include "measure.h"

static void
print_row(const char *name, struct score s)
{
	if (s.n)
		printf("%-26s %6zu %9.3f %8.3f %7.3f\n", name, s.n, (double)s.shown / (double)s.n, (double)s.first / (double)s.n,
		    s.reciprocal / (double)s.n);
}

// A row for each producer, or each platform, in the order in which the cases name them.
static void
print_groups(const struct relevance *r, const char *of, size_t name_at)
{
	printf("\nevent only, by %s\n", of);
	for (size_t i = 0; i < r->n; i++) {
		const char *name, *other;
		size_t k = 0;
		memcpy(&name, (const char *)&r->cases[i] + name_at, sizeof name);
		for (; k < i; k++) {
			memcpy(&other, (const char *)&r->cases[k] + name_at, sizeof other);
			if (strcmp(name, other) == 0)
				break;
		}
		if (k == i)
			print_row(name, relevance_score(r, BY_EVENT, name));
	}
}

static void
print_table(const struct relevance *r)
{
	size_t notes = r->book.note_base[r->book.n];
	printf("%zu cases (%zu hard), %zu notes\n\n", r->n, relevance_score(r, BY_EVENT, "hard").n, notes);
	printf("%-26s %6s %9s %8s %7s\n", "", "cases", "Recall@5", "top-1", "MRR");
	for (enum variant v = 0; v < VARIANTS; v++)
		print_row(variant_names[v], relevance_score(r, v, NULL));
	print_row("event only, hard cases", relevance_score(r, BY_EVENT, "hard"));
	print_row("alphabetical order", relevance_alphabetical(r));
	print_groups(r, "producer", offsetof(struct relevance_case, producer));
	print_groups(r, "platform", offsetof(struct relevance_case, platform));
}

// "  0.62 sub-technique  Logon scripts often hide ...  because of hidden, powershell.exe"
static void
print_note(const json_t *note)
{
	const json_t *why = json_object_get(note, "why");
	printf("  %.2f %-13s %.110s", json_number_value(json_object_get(note, "score")),
	    json_string_value(json_object_get(note, "match")), json_string_value(json_object_get(note, "text")));
	for (size_t i = 0; i < json_array_size(why); i++)
		printf("%s%s", i ? ", " : "  because of ", json_string_value(json_array_get(why, i)));
	putchar('\n');
}

// What was shown instead, and where the right note came.
static void
print_miss(struct relevance *r, const struct relevance_case *c, enum variant v)
{
	json_t *five = relevance_member(r, c, v, false), *all = relevance_member(r, c, v, true), *note;
	const json_t *notes = json_object_get(all, "notes"), *right = relevance_right(r, c, notes);
	size_t i;
	printf("\n%s, %s: rank %zu of %zu\n", c->name, variant_names[v], c->rank[v], json_array_size(notes));
	json_array_foreach(json_object_get(five, "notes"), i, note)
		print_note(note);
	printf(right ? "  right:\n" : "  right: not there\n");
	if (right)
		print_note(right);
	json_decref(five);
	json_decref(all);
}

int
main(int argc, char **argv)
{
	static struct relevance r;
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	const char *const *indexes = (const char *const *)argv + 1 + verbose;
	relevance_run(&r, indexes, (size_t)(argc - 1 - verbose));
	print_table(&r);
	for (size_t i = 0; verbose && i < r.n; i++)
		for (enum variant v = 0; v < BY_TECHNIQUE; v++)
			if (r.cases[i].rank[v] > SHOWN)
				print_miss(&r, &r.cases[i], v);
	relevance_free(&r);
	return 0;
}
