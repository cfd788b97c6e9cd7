#include "notes/book.h"

#include "base/hash.h"
#include "notes/weights.h"
#include "notes/words.h"

#include <stdlib.h>

// Grown to n + 1 elements: none is NULL.
static void *
grown(void *p, size_t n, size_t size)
{
	p = realloc(p, (n + 1) * size);
	if (!p)
		lof_no_memory();
	return p;
}

// How much a note says: the usual causes more than all others, then by words and by how many collections have it.
static float
said_by(const struct index_facts *x)
{
	unsigned usual = note_usual(x->flags);
	float words = (float)x->words, known = x->sources > 1 ? 1 - 1 / (float)x->sources : 0;
	if (usual)
		return usual_said + (1 - usual_said) / (float)usual;
	return usual_said * (say_much * (words < much_said ? words / much_said : 1) + (1 - say_much) * known);
}

static void
add_facts(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_count(ix);
	b->facts = grown(b->facts, base + n, sizeof *b->facts);
	for (uint32_t i = 0; i < n; i++) {
		struct index_facts x = index_facts(ix, i);
		b->facts[base + i] = (struct note_facts){
			.scale = 1 / (1 - long_note + long_note * (float)x.words / usual_note), .said = said_by(&x),
			.platforms = x.platforms, .flags = x.flags, .same = base + i,
		};
	}
}

// Notes of this index that say what one of an earlier index says. The notes before are hung up by their hash.
static void
find_same(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_count(ix), mask = 1;
	while (mask < 2 * (size_t)base)
		mask *= 2;
	mask--;
	uint32_t *slot = calloc(mask + 1, sizeof *slot); // note + 1
	if (!slot)
		lof_no_memory();
	for (uint32_t no = 0; no < base; no++) {
		size_t at = book_facts(b, no).fold & mask;
		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = no + 1;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t fold = index_facts(ix, i).fold;
		for (size_t at = fold & mask; slot[at]; at = (at + 1) & mask) {
			uint32_t no = slot[at] - 1;
			if (book_facts(b, no).fold != fold || (b->facts[no].flags | b->facts[base + i].flags) & NOTE_SITE ||
			    !lof_str_ieq(book_note(b, no).text, index_note(ix, i).text))
				continue;
			b->facts[base + i].same = b->facts[no].same;
			break;
		}
	}
	free(slot);
}

static void
add_rules(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_rule_count(ix);
	b->rule_scale = grown(b->rule_scale, base + n, sizeof *b->rule_scale);
	for (uint32_t i = 0; i < n; i++)
		b->rule_scale[base + i] = 1 / (1 - long_rule + long_rule * (float)index_rule_words(ix, i) / usual_rule);
}

// Of the index that was added; anew for all when it brought another table.
static void
find_stale(struct book *b)
{
	attack_id id = 0;
	bool all = index_attack(b->ix[b->n - 1]).n > 0;
	b->n_stale = all ? 0 : b->n_stale;
	for (uint32_t i = all ? 0 : (uint32_t)b->n - 1; i < b->n; i++)
		for (id = 0; (id = index_next_technique(b->ix[i], id)) != 0;)
			if (attack_canonical(id) != id) {
				b->stale = grown(b->stale, b->n_stale, sizeof *b->stale);
				b->stale[b->n_stale++] = (struct stale){ i, id, attack_canonical(id) };
			}
}

// The longest row of digits in a word, or `known` if that is no less: so most bytes need not be looked at.
static unsigned
longest_row(struct lof_str word, unsigned known)
{
	for (size_t end = known; end < word.n;) { // would a longer row end here?
		size_t from = end + 1;
		while (from > 0 && lof_is_digit((unsigned char)word.p[from - 1]))
			from--;
		if (end + 1 - from <= known) {
			end = from + known; // `from` is where digits may begin again
			continue;
		}
		known = (unsigned)(end + 1 - from);
		end++;
	}
	return known;
}

static void
add_words(struct book *b, const struct index *ix, uint32_t base)
{
	size_t n = index_word_count(ix);
	b->word_uses = grown(b->word_uses, base + n, sizeof *b->word_uses);
	if (!b->wanted && !(b->wanted = calloc(WORD_SKETCHES / 64, sizeof *b->wanted)))
		lof_no_memory();
	for (uint32_t i = 0; i < n; i++) {
		struct index_word_info word = index_word_info(ix, i);
		uint32_t k = word_sketch(word.text);
		b->longest_row = longest_row(word.text, b->longest_row);
		b->word_uses[base + i] = (struct word_uses){ (uint32_t)word.in.n & INT32_MAX, word.is_term };
		b->wanted[k / 64] |= (uint64_t)1 << (k % 64);
	}
	b->digit_run = b->longest_row < 3 ? 3 : b->longest_row < 8 ? b->longest_row + 1 : 0;
}

// --- rule ids ---------------------------------------------------------------------------------------------------------

enum { ID_SKETCHES = 1 << 18 };
#define ID_NEVER (UINT64_C(1) << 62)
#define ID_ALWAYS (UINT64_C(1) << 63)

// Of its ends and length, in either case. Two parts of it name bits of the sketch.
static uint64_t
id_hash(struct lof_str id)
{
	uint64_t head = 0, tail = 0;
	uint32_t few[2];
	if (id.n >= 8) {
		head = lof_read64(id.p);
		tail = lof_read64(id.p + id.n - 8);
	} else if (id.n >= 4) {
		memcpy(&few[0], id.p, 4);
		memcpy(&few[1], id.p + id.n - 4, 4);
		head = few[0];
		tail = few[1];
	} else {
		head = (unsigned char)id.p[0] | (unsigned)(unsigned char)id.p[id.n / 2] << 8 | (unsigned)(unsigned char)id.p[id.n - 1] << 16;
	}
	return lof_mix((head | 0x2020202020202020u) ^ id.n, tail | 0x2020202020202020u) & ~(ID_NEVER | ID_ALWAYS);
}

static inline uint64_t *
id_word(const struct book *b, uint64_t hash)
{
	return &b->rule_ids[hash % ID_SKETCHES / 64];
}

uint64_t
book_id(const struct book *b, struct lof_str id)
{
	if (!b->rule_ids || id.n == 0)
		return ID_NEVER;
	if ((unsigned char)id.p[0] <= ' ' || (unsigned char)id.p[id.n - 1] <= ' ') // compared without them
		return ID_ALWAYS;
	uint64_t hash = id_hash(id);
	__builtin_prefetch(id_word(b, hash));
	return hash;
}

bool
book_may_know(const struct book *b, uint64_t id)
{
	if (id & (ID_NEVER | ID_ALWAYS))
		return id & ID_ALWAYS;
	return *id_word(b, id) >> id % 64 & 1 && *id_word(b, id >> 32) >> (id >> 32) % 64 & 1;
}

static void
add_rule_ids(struct book *b, const struct index *ix)
{
	uint32_t first;
	size_t n = index_keys(ix, KEY_RULE_ID, &first);
	if (n && !b->rule_ids && !(b->rule_ids = calloc(ID_SKETCHES / 64, sizeof *b->rule_ids)))
		lof_no_memory();
	for (size_t i = 0; i < n; i++) {
		uint64_t hash = id_hash(index_key(ix, first + (uint32_t)i));
		*id_word(b, hash) |= (uint64_t)1 << hash % 64;
		*id_word(b, hash >> 32) |= (uint64_t)1 << (hash >> 32) % 64;
	}
}

// The words that tell a platform, as far as the index has them.
static void
add_marks(struct book *b, const struct index *ix, uint32_t base)
{
	b->marks = grown(b->marks, b->n_marks + n_platform_marks, sizeof *b->marks);
	for (size_t i = 0; i < n_platform_marks; i++) {
		struct lof_str word = lof_cstr(platform_marks[i].word);
		uint32_t no = index_word(ix, word_hash(word), word);
		if (no == UINT32_MAX)
			continue;
		b->marks[b->n_marks].word = base + no;
		b->marks[b->n_marks++].bits = platform_marks[i].bits;
	}
}

static bool
has_site(const struct index *ix)
{
	for (uint32_t i = 0; i < index_count(ix); i++)
		if (index_facts(ix, i).flags & NOTE_SITE)
			return true;
	return false;
}

enum lof_rc
book_add(struct book *b, struct index *ix, struct lof_err *e)
{
	if (b->n == BOOK_MAX) {
		index_free(ix);
		return lof_err_set(e, LOF_E_INDEX, "too many indexes", LOF_LIT(""));
	}
	if (index_attack(ix).n && attack_override(index_attack(ix), e) != LOF_OK) {
		index_free(ix);
		return LOF_E_RULE;
	}
	size_t i = b->n, used = strlen(b->version);
	struct lof_str v = index_version(ix);
	enum lof_rc rc = LOF_OK;
	b->ix[i] = ix;
	add_facts(b, ix, b->note_base[i]);
	if (i)
		find_same(b, ix, b->note_base[i]);
	add_rules(b, ix, b->rule_base[i]);
	add_words(b, ix, b->word_base[i]);
	add_rule_ids(b, ix);
	add_marks(b, ix, b->word_base[i]);
	b->n++;
	find_stale(b);
	b->rule_base[i + 1] = b->rule_base[i] + (uint32_t)index_rule_count(ix);
	b->note_base[i + 1] = b->note_base[i] + (uint32_t)index_count(ix);
	b->word_base[i + 1] = b->word_base[i] + (uint32_t)index_word_count(ix);
	for (enum key_kind kind = KEY_TAG; kind <= KEY_RULE_NAME; kind++)
		b->kinds[i] |= (uint8_t)(index_has(ix, kind) << kind);
	b->has_tags |= b->kinds[i] >> KEY_TAG & 1;
	b->has_rules |= (b->kinds[i] >> KEY_RULE_ID | b->kinds[i] >> KEY_RULE_NAME) & 1;
	if (b->site.n || has_site(ix) || index_attack(ix).n)
		rc = site_make(&b->site, b->ix, b->note_base, b->n, e);
	if (used + v.n + 2 <= sizeof b->version) {
		if (used)
			b->version[used++] = ' ';
		memcpy(b->version + used, v.p, v.n);
		b->version[used + v.n] = 0;
	}
	return rc;
}

void
book_free(struct book *b)
{
	for (size_t i = 0; i < b->n; i++)
		index_free(b->ix[i]);
	free(b->facts);
	free(b->rule_scale);
	free(b->stale);
	free(b->word_uses);
	free(b->rule_ids);
	free(b->marks);
	free(b->wanted);
	site_free(&b->site);
	*b = (struct book){ 0 };
}

enum lof_rc
book_open(struct book *b, bool no_default, const char *const *paths, size_t n, struct lof_err *e)
{
	struct index *ix;
	enum lof_rc rc = LOF_OK;
	if (!no_default && index_has_builtin()) {
		rc = index_builtin(&ix, false, e);
		rc = rc ? rc : book_add(b, ix, e);
	}
	for (size_t i = 0; !rc && i < n; i++) {
		rc = index_open(&ix, paths[i], e);
		rc = rc ? rc : book_add(b, ix, e);
	}
	return rc;
}

struct index_note
book_note(const struct book *b, uint32_t no)
{
	size_t i = book_of(b->note_base, b->n, no);
	return index_note(b->ix[i], no - b->note_base[i]);
}

struct index_facts
book_facts(const struct book *b, uint32_t no)
{
	size_t i = book_of(b->note_base, b->n, no);
	return index_facts(b->ix[i], no - b->note_base[i]);
}

struct index_rule
book_rule(const struct book *b, uint32_t no)
{
	size_t i = book_of(b->rule_base, b->n, no);
	return index_rule(b->ix[i], no - b->rule_base[i]);
}
