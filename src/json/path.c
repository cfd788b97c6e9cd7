#include "json/path.h"

#include "base/buf.h"
#include "base/hash.h"
#include "json/path_tables.h"

#include <stdatomic.h>
#include <stdlib.h>

struct paths *
paths_new(struct lof_arena *a, bool loose)
{
	struct paths *ps = arena_alloc(a, sizeof *ps);
	ps->arena = a;
	ps->loose = loose;
	ps->cap = 1024;
	ps->child = arena_array(a, ps->cap * 4, sizeof *ps->child);
	ps->nodes = arena_array(a, ps->cap, sizeof *ps->nodes);
	ps->n = 2; // dead and root
	return ps;
}

size_t
paths_count(const struct paths *ps)
{
	return ps->n;
}

// Where the child is, or belongs.
static path_node *
child_slot(struct paths *ps, path_node parent, struct lof_str segment)
{
	for (uint64_t i = lof_hash(parent, segment);; i++) {
		path_node *slot = &ps->child[i % (ps->cap * 4)];
		const struct path_key *v = &ps->nodes[*slot];
		if (*slot == PATH_DEAD || (v->parent == parent && lof_str_eq(v->segment, segment)))
			return slot;
	}
}

static void
grow(struct paths *ps)
{
	struct path_key *more = arena_array(ps->arena, ps->cap * 2, sizeof *more);
	memcpy(more, ps->nodes, ps->n * sizeof *more);
	ps->nodes = more;
	ps->cap *= 2;
	ps->child = arena_array(ps->arena, ps->cap * 4, sizeof *ps->child);
	for (size_t v = 2; v < ps->n; v++)
		if (ps->nodes[v].segment.n)
			*child_slot(ps, ps->nodes[v].parent, ps->nodes[v].segment) = (path_node)v;
}

static path_node
new_node(struct paths *ps, path_node parent, struct lof_str segment)
{
	if (ps->n == PATH_NODES_MAX)
		return PATH_DEAD;
	if (ps->n == ps->cap)
		grow(ps);
	path_node node = (path_node)ps->n++;
	ps->nodes[node] = (struct path_key){ .parent = parent, .segment = arena_copy(ps->arena, segment) };
	return node;
}

static path_node
child(struct paths *ps, path_node parent, struct lof_str segment)
{
	path_node have = *child_slot(ps, parent, segment);
	if (have)
		return have;
	path_node node = new_node(ps, parent, segment); // may move the table
	if (node)
		*child_slot(ps, parent, segment) = node;
	return node;
}

static int
bucket(unsigned char c)
{
	unsigned char l = (unsigned char)(lof_lower(c) - 'a');
	return l < 26 ? l : 26;
}

static path_node
add_glob(struct paths *ps, struct lof_str g, const char **why)
{
	path_node node = child(ps, PATH_ROOT, g);
	for (int b = 0; b < 27; b++)
		for (size_t i = 0; i < ps->n_globs[b]; i++)
			if (ps->globs[b][i].node == node)
				return node;
	struct path_glob x = { .node = node };
	if ((x.open_left = g.n && g.p[0] == '*'))
		g = LOF_STR(g.p + 1, g.n - 1);
	if ((x.open_right = g.n && g.p[g.n - 1] == '*'))
		g.n--;
	if (g.n == 0 || memchr(g.p, '*', g.n) || memchr(g.p, '.', g.n)) {
		*why = "expected one key with at most a star at each end behind \"**.\"";
		return PATH_DEAD;
	}
	x.text = arena_copy(ps->arena, g);
	char *lower = arena_array(ps->arena, g.n, 1);
	for (size_t i = 0; i < g.n; i++)
		lower[i] = (char)lof_lower((unsigned char)g.p[i]);
	x.text.p = lower;
	int b = x.open_left ? 26 : bucket((unsigned char)lower[0]);
	struct path_glob *more = arena_array(ps->arena, ps->n_globs[b] + 1, sizeof *more);
	if (ps->n_globs[b])
		memcpy(more, ps->globs[b], ps->n_globs[b] * sizeof *more);
	more[ps->n_globs[b]++] = x;
	ps->globs[b] = more;
	return node;
}

path_node
paths_add(struct paths *ps, path_node from, struct lof_str path, unsigned flags, const char **why)
{
	path_node node = from;
	bool any_depth = path.n > 3 && memcmp(path.p, "**.", 3) == 0;
	if (any_depth != ps->loose) {
		*why = ps->loose ? "expected a path that begins with \"**.\"" : "only the generic rule may use \"**.\"";
		return PATH_DEAD;
	}
	if (any_depth)
		node = add_glob(ps, LOF_STR(path.p + 3, path.n - 3), why);
	struct lof_str seg;
	while (!any_depth && node && lof_str_cut(&path, '.', &seg)) {
		while (seg.n > 2 && memcmp(seg.p + seg.n - 2, "[]", 2) == 0)
			seg.n -= 2;
		bool own = seg.n == 2 && memcmp(seg.p, "[]", 2) == 0; // "[].x": the root's own elements
		if (seg.n == 0 || seg.n > PATH_SEGMENT_MAX) {
			*why = "expected keys joined by single dots";
			return PATH_DEAD;
		}
		if (!own)
			node = child(ps, node, seg);
		if (!node)
			*why = "too many paths";
	}
	if (node)
		ps->nodes[node].flags |= (uint8_t)flags;
	return node;
}

path_node
paths_inner(struct paths *ps, path_node node)
{
	if (!ps->nodes[node].inner) {
		path_node inner = new_node(ps, node, LOF_LIT(""));
		ps->nodes[node].inner = inner;
	}
	return ps->nodes[node].inner;
}

path_node
paths_inner_of(const struct paths *ps, path_node node)
{
	return ps->nodes[node].inner;
}

bool
paths_is_below(const struct paths *ps, path_node node, path_node ancestor)
{
	while (node > PATH_ROOT && node != ancestor)
		node = ps->nodes[node].parent;
	return node == ancestor;
}

static bool
is_root(const struct paths *ps, path_node node)
{
	return node <= PATH_ROOT || ps->nodes[ps->nodes[node].parent].inner == node;
}

size_t
paths_text(const struct paths *ps, path_node node, char *out, size_t max)
{
	struct lof_str parts[64];
	size_t depth = 0, n = 0;
	for (; node > PATH_ROOT && depth < 63; node = ps->nodes[node].parent) {
		bool inner = is_root(ps, node);
		parts[depth++] = inner ? LOF_LIT("|json") : ps->nodes[node].segment;
		if (!inner && ps->nodes[node].parent > PATH_ROOT)
			parts[depth++] = LOF_LIT(".");
	}
	while (depth--) {
		size_t k = parts[depth].n < max - n ? parts[depth].n : max - n;
		memcpy(out + n, parts[depth].p, k);
		n += k;
	}
	return n;
}

// --- freezing -------------------------------------------------------------------------------------------------------

struct edge {
	path_node from, to;
	uint32_t key;
	uint16_t len;
};

// One edge for every ancestor below the same root: from it, the joined segments lead to `to`.
static size_t
edges_to(const struct paths *ps, path_node to, struct lof_buf *keys, struct edge *out)
{
	size_t n = 0;
	struct lof_str joined = { 0 };
	char text[1024];
	size_t at = sizeof text;
	for (path_node v = to; v > PATH_ROOT && !is_root(ps, v); v = ps->nodes[v].parent) {
		struct lof_str s = ps->nodes[v].segment;
		if (s.n + 1 > at || n == 64)
			break;
		if (joined.n)
			text[--at] = '.';
		at -= s.n;
		memcpy(text + at, s.p, s.n);
		joined = LOF_STR(text + at, sizeof text - at);
		out[n++] = (struct edge){ ps->nodes[v].parent, to, (uint32_t)keys->n, (uint16_t)joined.n };
		buf_str(keys, joined);
	}
	return n;
}

static void
insert(struct path_slot *slots, uint64_t mask, const char *keys, const struct edge *e)
{
	const char *key = keys + e->key;
	uint64_t hash = paths_hash(e->from, key, e->len), i = hash;
	while (slots[i & mask].hash)
		i++;
	slots[i & mask] = (struct path_slot){ hash, e->key, e->to, e->len };
}

static _Atomic uint32_t last_id = 2; // 1 and 2 are the built-in sets' (rules/print.c)

void
paths_freeze(struct paths *ps)
{
	struct lof_buf keys = { 0 }, edges = { 0 };
	for (size_t v = 2; !ps->loose && v < ps->n; v++) {
		struct edge of[64];
		size_t n = edges_to(ps, (path_node)v, &keys, of);
		buf_put(&edges, of, n * sizeof *of);
	}
	size_t count = edges.n / sizeof(struct edge), size = 64;
	while (size < count * 2)
		size *= 2;
	struct path_slot *slots = arena_array(ps->arena, size, sizeof *slots);
	buf_lit(&keys, "       "); // so that eight bytes can be read at the last
	const char *text = arena_copy(ps->arena, buf_view(&keys)).p;
	for (size_t i = 0; i < count; i++) {
		struct edge e;
		memcpy(&e, edges.p + i * sizeof e, sizeof e);
		insert(slots, size - 1, text, &e);
	}
	ps->flags = arena_array(ps->arena, ps->n, 1);
	for (size_t v = 0; v < ps->n; v++)
		ps->flags[v] = ps->nodes[v].flags;
	ps->table = (struct paths_table){ ps->flags, slots, text, size - 1, ps->loose, atomic_fetch_add(&last_id, 1) + 1 };
	buf_free(&keys);
	buf_free(&edges);
}

const struct paths_table *
paths_table(const struct paths *ps)
{
	return &ps->table;
}

// --- loose sets -----------------------------------------------------------------------------------------------------

static bool
glob_fits(const struct path_glob *g, struct lof_str s)
{
	if (s.n < g->text.n || (!g->open_left && !g->open_right && s.n != g->text.n))
		return false;
	if (!g->open_left)
		return memcmp(s.p, g->text.p, g->text.n) == 0;
	if (!g->open_right)
		return memcmp(s.p + s.n - g->text.n, g->text.p, g->text.n) == 0;
	return memmem(s.p, s.n, g->text.p, g->text.n) != NULL;
}

// The most wary glob wins (NEVER), then the first in the order of the rule file.
static path_node
match(const struct paths *ps, struct lof_str lower)
{
	path_node best = PATH_DEAD;
	const int where[2] = { bucket((unsigned char)lower.p[0]), 26 };
	for (int k = 0; k < (where[0] == 26 ? 1 : 2); k++)
		for (size_t i = 0; i < ps->n_globs[where[k]]; i++) {
			const struct path_glob *g = &ps->globs[where[k]][i];
			if ((best && g->node > best && !(ps->flags[g->node] & PATH_NEVER)) || !glob_fits(g, lower))
				continue;
			if (ps->flags[g->node] & PATH_NEVER)
				return g->node;
			best = g->node;
		}
	return best;
}

path_node
paths_next_loose(const struct paths *ps, path_node from, struct lof_str key)
{
	path_node node = from;
	struct lof_str seg;
	while (lof_str_cut(&key, '.', &seg)) {
		char lower[PATH_SEGMENT_MAX];
		if (ps->flags[node] & PATH_NEVER)
			return node;
		path_node hit = PATH_DEAD;
		if (seg.n && seg.n <= sizeof lower) {
			for (size_t i = 0; i < seg.n; i++)
				lower[i] = (char)lof_lower((unsigned char)seg.p[i]);
			hit = match(ps, LOF_STR(lower, seg.n));
		}
		if (hit && !(ps->flags[node] & PATH_INHERIT && !(ps->flags[hit] & (PATH_INHERIT | PATH_NEVER))))
			node = hit;
		else if (!(ps->flags[node] & PATH_INHERIT))
			node = PATH_ROOT;
	}
	return node;
}
