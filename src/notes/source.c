// index_dump: the pieces of an index put together as the note pack it could be made from.
#include "notes/note.h"
#include "notes/reader.h"
#include "notes/text.h"

#include <stdlib.h>
#include <time.h>

// The words of every note and rule, from the words' lists turned round: number n (notes, then rules) has use[first[n]] to
// use[first[n + 1] - 1], in the order of the words.
struct use {
	uint32_t word;
	unsigned fields;
};
struct turned {
	const struct index *ix;
	uint32_t *first, *next;
	struct use *use;
};

static void
count_use(struct turned *t, uint32_t no, struct use u)
{
	(void)u;
	t->first[no + 1]++;
}

static void
put_use(struct turned *t, uint32_t no, struct use u)
{
	t->use[t->next[no]++] = u;
}

static void
each_use(struct turned *t, void (*each)(struct turned *t, uint32_t no, struct use u))
{
	for (uint32_t w = 0; w < t->ix->words.n; w++) {
		struct posting p = reader_posting(t->ix, t->ix->words.text[w].posting);
		for (size_t i = 0; i < p.n; i++)
			each(t, p.v[i] >> POST_BITS, (struct use){ w, p.v[i] & POST_FIELDS });
	}
}

static void *
zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		lof_no_memory();
	return p;
}

static struct turned
turn(const struct index *ix)
{
	size_t n = (size_t)ix->count[PART_NOTES] + ix->count[PART_RULES];
	struct turned t = { ix, zeroed(n + 1, sizeof(uint32_t)), zeroed(n + 1, sizeof(uint32_t)), NULL };

	each_use(&t, count_use);
	for (size_t r = 0; r < n; r++)
		t.next[r + 1] = t.first[r + 1] += t.first[r];
	t.use = zeroed((size_t)t.first[n] + 1, sizeof(*t.use));
	each_use(&t, put_use);
	return t;
}

// --- lines -------------------------------------------------------------------------------------------------------

static void
put_words(struct lof_buf *out, const struct turned *t, uint32_t no, const char *name, unsigned field)
{
	bool any = false;

	for (uint32_t i = t->first[no]; i < t->first[no + 1]; i++) {
		if (!(t->use[i].fields & field))
			continue;
		if (!any) {
			buf_lit(out, ",\"");
			buf_str(out, lof_cstr(name));
			buf_lit(out, "\":[");
		}
		buf_str(out, any ? LOF_LIT(",\"") : LOF_LIT("\""));
		buf_str(out, reader_text(t->ix, t->ix->words.text[t->use[i].word].text));
		buf_char(out, '"');
		any = true;
	}
	if (any)
		buf_char(out, ']');
}

static void
put_techniques(struct lof_buf *out, const attack_id *v, size_t n)
{
	char id[ATTACK_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? LOF_LIT(",\"") : LOF_LIT(",\"techniques\":[\""));
		buf_put(out, id, attack_text(v[i], id));
		buf_char(out, '"');
	}
	if (n)
		buf_char(out, ']');
}

static void
put_platforms(struct lof_buf *out, uint32_t bits)
{
	for (bool any = false; bits; bits &= bits - 1, any = true) {
		buf_str(out, any ? LOF_LIT(",\"") : LOF_LIT(",\"platforms\":[\""));
		buf_str(out, lof_cstr(platform_name(bits)));
		buf_str(out, bits & (bits - 1) ? LOF_LIT("\"") : LOF_LIT("\"]"));
	}
}

static bool
has(struct lof_str members, struct lof_str name)
{
	return members.n && memmem(members.p, members.n, name.p, name.n); // a quote inside of a string has its '\\'
}

// What the rule has not but would take from the note when it is read again is said to be empty. Its members so far are
// those from `at` on.
static void
put_none(struct lof_buf *out, size_t at, struct lof_str note_tail)
{
	static const struct lof_str shared[] = {
		LOF_LIT(",\"source\":\""), LOF_LIT(",\"url\":\""), LOF_LIT(",\"author\":\""), LOF_LIT(",\"license\":\""),
	};

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (!has(note_tail, shared[i]) || has(LOF_STR(out->p + at, out->n - at), shared[i]))
			continue;
		buf_str(out, shared[i]);
		buf_char(out, '"');
	}
}

// {"id":...,"name":..., what an event shows of it, what only a source line has, the words}
static void
put_rule(struct lof_buf *out, const struct turned *t, uint32_t no, struct lof_str note_tail)
{
	struct index_rule r = index_rule(t->ix, no);
	size_t at = out->n;

	if (r.id.n) {
		buf_lit(out, ",\"id\":\"");
		buf_str(out, r.id);
		buf_char(out, '"');
	}
	if (r.name.n) {
		buf_lit(out, ",\"name\":\"");
		buf_str(out, r.name);
		buf_char(out, '"');
	}
	for (int i = 0; i < RULE_PARTS; i++)
		if (i != RULE_NAMED)
			buf_str(out, r.part[i]);
	out->n--; // the last part's brace
	put_none(out, at, note_tail);
	buf_str(out, reader_piece(t->ix, reader_rules(t->ix)[no].rest));
	put_platforms(out, r.platforms);
	if (r.flags & RULE_DEPRECATED)
		buf_lit(out, ",\"deprecated\":true");
	put_techniques(out, r.techniques, r.n_techniques);
	put_words(out, t, t->ix->count[PART_NOTES] + no, "terms", WORD_SOUGHT);
	put_words(out, t, t->ix->count[PART_NOTES] + no, "words", WORD_DESCRIBES);
	if (out->n == at)
		buf_char(out, ',');
	out->p[at] = '{'; // over the first member's comma
	buf_char(out, '}');
}

// "value", {"literal":"value"} or {"regex":"value"}
static void
put_condition(struct lof_buf *out, const struct index_condition *c)
{
	bool literal = c->kind == CONDITION_LITERAL && (memchr(c->pattern.p, '*', c->pattern.n) || memchr(c->pattern.p, '?', c->pattern.n));

	buf_str(out, c->kind == CONDITION_REGEX ? LOF_LIT("{\"regex\":\"") : literal ? LOF_LIT("{\"literal\":\"") : LOF_LIT("\""));
	buf_str(out, c->pattern);
	buf_str(out, c->kind == CONDITION_REGEX || literal ? LOF_LIT("\"}") : LOF_LIT("\""));
}

// ,"when":{"path":[...], ...}: what the note's conditions are.
static void
put_when(struct lof_buf *out, const struct turned *t, uint32_t no)
{
	struct lof_str path = { NULL, 0 };
	uint32_t i = 0;

	while (i < t->ix->count[PART_CONDITIONS] && reader_conditions(t->ix)[i].note < no)
		i++;
	for (; i < t->ix->count[PART_CONDITIONS] && reader_conditions(t->ix)[i].note == no; i++) {
		struct index_condition c = index_condition(t->ix, i);

		if (path.p && lof_str_eq(path, c.path)) {
			buf_char(out, ',');
		} else {
			buf_str(out, path.p ? LOF_LIT("],\"") : LOF_LIT(",\"when\":{\""));
			buf_str(out, c.path);
			buf_lit(out, "\":[");
		}
		put_condition(out, &c);
		path = c.path;
	}
	if (path.p)
		buf_lit(out, "]}");
}

// What only a site's note has. The time as a day if it is the end of one.
static void
put_site(struct lof_buf *out, const struct turned *t, uint32_t no, const struct index_note *n)
{
	time_t at = (time_t)n->expires - (n->expires % 86400 == 0);
	struct tm tm;
	char text[40];

	if (!(n->flags & NOTE_SITE))
		return;
	put_when(out, t, no);
	buf_str(out, n->owner);
	if (n->expires && gmtime_r(&at, &tm)) {
		buf_lit(out, ",\"expires\":\"");
		buf_put(out, text, strftime(text, sizeof(text), n->expires % 86400 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &tm));
		buf_char(out, '"');
	}
	buf_lit(out, ",\"site\":true");
}

static void
put_note(struct lof_buf *out, const struct turned *t, uint32_t no)
{
	struct index_note n = index_note(t->ix, no);

	buf_lit(out, "{\"id\":\"");
	buf_str(out, n.id);
	buf_lit(out, "\",");
	buf_put(out, n.head.p + 1, n.head.n - 1); // without its brace
	put_techniques(out, n.techniques, n.n_techniques);
	buf_str(out, n.tags);
	put_platforms(out, n.own_platforms);
	put_words(out, t, no, "terms", WORD_TERM);
	buf_str(out, n.check);
	put_site(out, t, no, &n);
	for (size_t i = 0; i < n.rules.n; i++) {
		buf_str(out, i ? LOF_LIT(",") : LOF_LIT(",\"rules\":["));
		put_rule(out, t, n.rules.v[i], n.tail);
	}
	if (n.rules.n)
		buf_char(out, ']');
	buf_put(out, n.tail.p, n.tail.n - 1); // without its brace
	if (note_usual(n.flags)) {
		buf_lit(out, ",\"usual\":");
		buf_char(out, (char)('0' + note_usual(n.flags)));
	}
	if (n.flags & NOTE_PLACEHOLDER)
		buf_lit(out, ",\"placeholder\":true");
	buf_lit(out, "}\n");
}

void
index_dump(const struct index *ix, struct lof_buf *out)
{
	struct turned t = turn(ix);
	struct lof_str lines = index_attack(ix), line;

	while (lof_str_cut(&lines, '\n', &line)) {
		buf_lit(out, "{\"attack\":\"");
		text_escape(out, line);
		buf_lit(out, "\"}\n");
	}
	for (uint32_t no = 0; no < ix->count[PART_NOTES]; no++)
		put_note(out, &t, no);
	free(t.first);
	free(t.next);
	free(t.use);
}
