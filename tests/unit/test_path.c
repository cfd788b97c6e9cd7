// The path automaton: what is a path, and which keys lead where.
#include "json/path.h"
#include "run.h"

#include <criterion/criterion.h>

static struct lof_arena arena;
static struct paths *ps;

static void
init(void)
{
	ps = paths_new(&arena, false);
}

static void
fini(void)
{
	arena_free(&arena);
}

TestSuite(path, .init = init, .fini = fini);

static path_node
add(const char *path)
{
	const char *why = NULL;
	path_node node = paths_add(ps, PATH_ROOT, lof_cstr(path), PATH_VALUE, &why);

	cr_assert_neq(node, PATH_DEAD, "%s: %s", path, why ? why : "");
	return node;
}

static void
refused(const char *path, const char *want)
{
	const char *why = "";

	cr_assert_eq(paths_add(ps, PATH_ROOT, lof_cstr(path), PATH_VALUE, &why), PATH_DEAD, "%s", path);
	cr_assert_not_null(strstr(why, want), "%s: %s", path, why);
}

static path_node
step(path_node from, const char *key)
{
	char padded[1024] = "";
	size_t n = strlen(key);

	memcpy(padded, key, n);
	return paths_next(paths_table(ps), paths_hash(from, padded, n), padded, n);
}

static const char *
text(path_node node)
{
	static char out[300];

	out[paths_text(ps, node, out, sizeof out - 1)] = 0;
	return out;
}

Test(path, one_path_one_node)
{
	path_node a = add("rule.mitre.id"), b = add("rule.id");

	cr_assert_neq(a, b);
	cr_assert_eq(add("rule.mitre.id"), a);
	cr_assert_eq(add("rule[].mitre.id[]"), a, "brackets are for the reader");
	cr_assert_eq(add("[].rule.mitre[][].id"), a);
	cr_assert_eq(paths_add(ps, PATH_ROOT, LOF_LIT(""), PATH_VALUE, NULL), PATH_ROOT);
	cr_assert_str_eq(text(a), "rule.mitre.id");
	cr_assert_str_eq(text(b), "rule.id");
	cr_assert_str_eq(text(PATH_ROOT), "");
	cr_assert(paths_is_below(ps, a, add("rule")) && paths_is_below(ps, a, a) && !paths_is_below(ps, a, b));
	cr_assert(paths_is_below(ps, a, PATH_ROOT));
}

Test(path, flags_add_up)
{
	const char *why;
	path_node a = add("a");

	cr_assert_eq(paths_add(ps, PATH_ROOT, LOF_LIT("a"), PATH_OPEN, &why), a);
	add("b.c");
	paths_freeze(ps);
	cr_assert_eq(paths_table(ps)->flags[a], PATH_VALUE | PATH_OPEN);
	cr_assert_eq(paths_table(ps)->flags[step(PATH_ROOT, "b")], 0, "on the way is not asked for");
	cr_assert_eq(paths_table(ps)->flags[PATH_DEAD], 0);
}

Test(path, what_is_no_path)
{
	char large[PATH_SEGMENT_MAX + 2];

	refused(".", "single dots");
	refused("a..b", "single dots");
	refused(".a", "single dots");
	refused("**.a", "only the generic rule");
	memset(large, 'x', sizeof large);
	large[PATH_SEGMENT_MAX + 1] = 0;
	refused(large, "keys joined");
	large[PATH_SEGMENT_MAX] = 0;
	add(large);
	paths_freeze(ps);
	cr_assert_neq(step(PATH_ROOT, large), PATH_DEAD);
}

Test(path, every_way_to_split_the_dots)
{
	path_node d = add("a.b.c.d"), c = add("a.b.c"), x = add("a.x"), node;

	paths_freeze(ps);
	for (unsigned ways = 0; ways < 8; ways++) { // a bit a dot: is it a level?
		const char *keys = "abcd";
		char key[8] = "";
		size_t n = 0;

		node = PATH_ROOT;
		for (int i = 0; i < 4; i++) {
			key[n++] = keys[i];
			key[n] = 0;
			if (i == 3 || ways >> i & 1) {
				node = step(node, key);
				cr_assert_neq(node, PATH_DEAD, "%u: %s", ways, key);
				n = 0;
			} else {
				key[n++] = '.';
			}
		}
		cr_assert_eq(node, d);
	}
	cr_assert_eq(step(PATH_ROOT, "a.b.c"), c);
	cr_assert_eq(step(PATH_ROOT, "a.x"), x);
	cr_assert_eq(step(PATH_ROOT, "b"), PATH_DEAD);
	cr_assert_eq(step(PATH_ROOT, "a.b.c.d.e"), PATH_DEAD);
	cr_assert_eq(step(PATH_ROOT, "A"), PATH_DEAD);
	cr_assert_eq(step(PATH_ROOT, ""), PATH_DEAD);
	cr_assert_eq(step(d, "a"), PATH_DEAD);
	cr_assert_eq(step(PATH_DEAD, "a"), PATH_DEAD);
}

Test(path, keys_that_differ_in_one_byte)
{
	static const char *const keys[] = { "a", "aa", "aaaaaaa", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaaaaaaaa",
	    "aaaaaaaabaaaaaaaa", "aaaaaaaacaaaaaaaa",
		"baaaaaaa", "aaaaaaab", "with blank", "@timestamp", "\xc3\xa9", "Technique Name" };
	path_node nodes[sizeof keys / sizeof *keys];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		nodes[i] = add(keys[i]);
	paths_freeze(ps);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		cr_assert_eq(step(PATH_ROOT, keys[i]), nodes[i], "%s", keys[i]);
	cr_assert_eq(step(PATH_ROOT, "aaaaaaaadaaaaaaaa"), PATH_DEAD, "the middle counts too");
}

Test(path, inner_roots)
{
	const char *why;
	path_node m = add("message"), root = paths_inner(ps, m), id;

	cr_assert_eq(paths_inner(ps, m), root);
	cr_assert_eq(paths_inner_of(ps, m), root);
	cr_assert_eq(paths_inner_of(ps, PATH_ROOT), PATH_DEAD);
	id = paths_add(ps, root, LOF_LIT("rule.id"), PATH_VALUE, &why);
	add("message.rule.id");
	add("rule");
	paths_freeze(ps);
	cr_assert_eq(step(root, "rule.id"), id);
	cr_assert_eq(step(step(root, "rule"), "id"), id);
	cr_assert_neq(step(PATH_ROOT, "message.rule.id"), id, "what is in the string is not what is below the key");
	cr_assert_eq(step(root, "message"), PATH_DEAD);
	cr_assert_str_eq(text(id), "message|json.rule.id");
}

Test(path, thousands)
{
	char p[40];

	for (int i = 0; i < 5000; i++) {
		snprintf(p, sizeof p, "k%d.of.%d", i % 70, i);
		add(p);
	}
	paths_freeze(ps);
	for (int i = 0; i < 5000; i++) {
		snprintf(p, sizeof p, "k%d.of.%d", i % 70, i);
		cr_assert_str_eq(text(step(PATH_ROOT, p)), p);
		snprintf(p, sizeof p, "k%d.of", i % 70);
		cr_assert_neq(step(PATH_ROOT, p), PATH_DEAD);
		snprintf(p, sizeof p, "k%d.of.%d", i % 70 + 1, i);
		cr_assert_eq(step(PATH_ROOT, p), PATH_DEAD);
	}
}

Test(path, text_is_cut_at_the_end_of_its_room)
{
	char out[5] = "zzzzz";

	cr_assert_eq(paths_text(ps, add("abc.def"), out, 4), 4);
	cr_assert_arr_eq(out, "abc.z", 5);
}

// --- loose sets --------------------------------------------------------------------------------------------------

static path_node
glob(const char *path, unsigned flags)
{
	const char *why = "";
	path_node node = paths_add(ps, PATH_ROOT, lof_cstr(path), flags, &why);

	cr_assert_neq(node, PATH_DEAD, "%s: %s", path, why);
	return node;
}

static path_node
loose(path_node from, const char *key)
{
	return paths_next_loose(ps, from, lof_cstr(key));
}

Test(path, globs)
{
	path_node exact, head, tail, middle;

	ps = paths_new(&arena, true);
	exact = glob("**.TTPs", PATH_VALUE);
	head = glob("**.mitre*", PATH_VALUE);
	tail = glob("**.*attack", PATH_VALUE);
	middle = glob("**.*technique*", PATH_VALUE);
	refused("a.b", "begins with");
	refused("**.a*b", "at most a star");
	refused("**.*", "at most a star");
	refused("**.a.b", "at most a star");
	paths_freeze(ps);
	cr_assert_eq(loose(PATH_ROOT, "ttps"), exact);
	cr_assert_eq(loose(PATH_ROOT, "TTPS"), exact);
	cr_assert_eq(loose(PATH_ROOT, "ttpsx"), PATH_ROOT, "what is not named leads back to the root");
	cr_assert_eq(loose(PATH_ROOT, "MitreAttackId"), head);
	cr_assert_eq(loose(PATH_ROOT, "xmitre"), PATH_ROOT);
	cr_assert_eq(loose(PATH_ROOT, "kill_chain_attack"), tail);
	cr_assert_eq(loose(PATH_ROOT, "attacks"), PATH_ROOT);
	cr_assert_eq(loose(PATH_ROOT, "SubTechniqueIds"), middle);
	cr_assert_eq(loose(PATH_ROOT, "mitre"), head);
	cr_assert_eq(loose(PATH_ROOT, "a.b.ttps"), exact, "a dotted key is its segments");
	cr_assert_eq(loose(PATH_ROOT, "ttps.b"), PATH_ROOT);
	cr_assert_eq(loose(PATH_ROOT, ""), PATH_ROOT);
	cr_assert_eq(loose(exact, "x"), PATH_ROOT, "nothing is handed down without PATH_INHERIT");
}

Test(path, what_is_handed_down)
{
	path_node tech, never, name;

	ps = paths_new(&arena, true);
	tech = glob("**.technique*", PATH_VALUE | PATH_INHERIT);
	name = glob("**.rule_name", PATH_VALUE);
	never = glob("**.*note*", PATH_NEVER);
	paths_freeze(ps);
	cr_assert_eq(loose(tech, "id"), tech, "keys below inherit");
	cr_assert_eq(loose(tech, "deep.er"), tech);
	cr_assert_eq(loose(tech, "rule_name"), tech, "and are not given to another role");
	cr_assert_eq(loose(tech, "notes"), never, "but for what must not be read");
	cr_assert_eq(loose(never, "technique"), never, "and nothing below that is");
	cr_assert_eq(loose(PATH_ROOT, "technique_note"), never, "the most wary glob wins");
	cr_assert_eq(loose(PATH_ROOT, "note.technique"), never);
	cr_assert_eq(loose(name, "technique"), tech);
}
