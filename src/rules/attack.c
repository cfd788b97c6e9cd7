#include "rules/attack.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdatomic.h>

extern const char lof_embedded_attack[], lof_embedded_attack_end[];

enum {
	NAME_MAX_BYTES = 160, // of a name; the longest "Parent: Name" of v19 has 94
	HOPS_MAX = 16,        // from a revoked id to its end; v19 needs one
	COLUMNS = 6,
	LINE_MIN = sizeof("T0001\te\tactive\tX\t\t") - 1, // bytes of the shortest line
};

// A name in the form in which names are compared, and whose it is.
struct name {
	struct lof_str text;
	uint32_t hash;
	attack_id id; // 0: several bear it
	uint8_t rank;
};

struct attack_table {
	struct lof_arena mem;
	struct attack_entry *entries; // in id order
	size_t count;
	struct name *names;
	size_t n_names;
	uint16_t *slots; // open addressing; number of the name plus one
	size_t mask;
	struct attack_table *before; // the one this took the place of
};

// What is in use; tables before it are kept (attack_use).
static struct attack_table *_Atomic current;
static struct attack_table none;

static const struct attack_table *
loaded(void)
{
	const struct attack_table *t = atomic_load_explicit(&current, memory_order_acquire);

	return t ? t : &none;
}

// --- ids ---------------------------------------------------------------------------------------------------------

// `digits` decimal digits, or -1.
static int
number(const char *p, int digits)
{
	int v = 0;

	for (int i = 0; i < digits; i++) {
		if (!lof_is_digit((unsigned char)p[i]))
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

attack_id
attack_parse(struct lof_str s)
{
	static const struct lof_str atlas = { "aml.", 4 };
	attack_id flag = 0;
	int major, minor = 0;

	if (s.n > atlas.n && lof_str_ieq(LOF_STR(s.p, atlas.n), atlas)) {
		flag = ATTACK_ATLAS;
		s = LOF_STR(s.p + atlas.n, s.n - atlas.n);
	}
	if ((s.n != 5 && s.n != 9) || lof_lower((unsigned char)s.p[0]) != 't')
		return 0;
	major = number(s.p + 1, 4);
	if (s.n == 9)
		minor = s.p[5] == '.' ? number(s.p + 6, 3) : -1;
	// T0000 is nobody's and would be "none"; AML.T0000 exists. A sub-technique is never 000.
	if (major < 0 || minor < 0 || (major == 0 && !flag) || (s.n == 9 && minor == 0))
		return 0;
	return flag | (attack_id)(major * 1000 + minor);
}

size_t
attack_text(attack_id id, char out[ATTACK_TEXT_MAX])
{
	uint32_t v = id & ~ATTACK_ATLAS, major = v / 1000 % 10000, minor = v % 1000;
	char *p = out;

	if (id & ATTACK_ATLAS) {
		memcpy(p, "AML.", 4);
		p += 4;
	}
	*p++ = 'T';
	for (uint32_t unit = 1000; unit; unit /= 10)
		*p++ = (char)('0' + major / unit % 10);
	if (minor) {
		*p++ = '.';
		for (uint32_t unit = 100; unit; unit /= 10)
			*p++ = (char)('0' + minor / unit % 10);
	}
	*p = '\0';
	return (size_t)(p - out);
}

// --- names -------------------------------------------------------------------------------------------------------

// Lower case, whatever is neither letter nor digit one blank, none at the ends. Returns 0 if it does not fit. The one
// letter beyond ASCII in the table is that of "Process Doppelgänging", which most producers write without its dots.
static size_t
normal(struct lof_str s, char out[NAME_MAX_BYTES])
{
	size_t n = 0;
	unsigned char c, last = ' ';
	int keep;

	if (s.n > NAME_MAX_BYTES)
		return 0;
	// Bitwise on purpose: the table has 30,000 bytes of names, and branches here would be half of the start-up time.
	for (size_t i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == 0xc3 && i + 1 < s.n && ((unsigned char)s.p[i + 1] | 0x20) == 0xa4) {
			c = 'a';
			i++;
		}
		c = (unsigned char)((c | 0x20) - 'a') < 26 ? (unsigned char)(c | 0x20) : c;
		keep = ((unsigned char)(c - 'a') < 26) | lof_is_digit(c) | (c >= 0x80);
		c = keep ? c : ' ';
		out[n] = (char)c;
		n += (c != ' ') | (last != ' ');
		last = c;
	}
	return n && out[n - 1] == ' ' ? n - 1 : n;
}

// Names that techniques had before they were renamed in place: the ids stayed, so no redirect tells of them, and
// producers that send names alone still send these.
static const struct {
	const char *name;
	attack_id id;
} former[] = {
	{ "Additional Azure Service Principal Credentials", 1098001 },
	{ "Bypass User Access Control", 1548002 },
	{ "Command-Line Interface", 1059000 },
	{ "Credential Dumping", 1003000 },
	{ "Disable Cloud Logs", 1562008 },
	{ "Domain Policy Modification", 1484000 },
	{ "Execution through API", 1106000 },
	{ "Exfiltration Over Command and Control Channel", 1041000 },
	{ "Indicator Removal on Host", 1070000 },
	{ "Man-in-the-Middle", 1557000 },
	{ "Match Legitimate Name or Location", 1036005 },
	{ "Network Service Scanning", 1046000 },
	{ "Remote Access Software", 1219000 },
	{ "Remote File Copy", 1105000 },
	{ "Signed Binary Proxy Execution", 1218000 },
	{ "Signed Script Proxy Execution", 1216000 },
	{ "Standard Application Layer Protocol", 1071000 },
};
enum { N_FORMER = sizeof(former) / sizeof(former[0]) };

// Who has the better right to a name; lower is better. Enterprise's old names come before what is active elsewhere: an
// alert that says "Impair Defenses" is older than v19, and not about a telephone (T1629).
enum { RANK_ENTERPRISE, RANK_FORMER, RANK_REVOKED, RANK_OTHER, RANK_REVOKED_OTHER, RANK_DEPRECATED };

static uint8_t
rank_of(const struct attack_entry *t)
{
	bool enterprise = t->domain == 'e';

	switch (t->state) {
	case ATTACK_ACTIVE:
		return enterprise ? RANK_ENTERPRISE : RANK_OTHER;
	case ATTACK_REVOKED:
		return enterprise ? RANK_REVOKED : RANK_REVOKED_OTHER;
	default:
		return RANK_DEPRECATED;
	}
}

static uint16_t *
name_slot(const struct attack_table *t, struct lof_str text, uint32_t hash)
{
	size_t at = hash & t->mask;

	for (; t->slots[at]; at = (at + 1) & t->mask) {
		const struct name *has = &t->names[t->slots[at] - 1];

		if (has->hash == hash && lof_str_eq(has->text, text))
			break;
	}
	return &t->slots[at];
}

// `text` is in normal form.
static void
name_add(struct attack_table *t, struct lof_str text, attack_id id, uint8_t rank)
{
	uint32_t hash = (uint32_t)lof_hash(0, text);
	uint16_t *slot = name_slot(t, text, hash);
	struct name *has;

	if (!*slot) {
		t->names[t->n_names] = (struct name){ arena_copy(&t->mem, text), hash, id, rank };
		*slot = (uint16_t)++t->n_names;
		return;
	}
	has = &t->names[*slot - 1];
	if (rank < has->rank) {
		has->id = id;
		has->rank = rank;
	} else if (rank == has->rank && id != has->id) {
		has->id = 0;
	}
}

static const struct attack_entry *
find(const struct attack_table *t, attack_id id)
{
	const struct attack_entry *at = t->entries;

	if (!t->count)
		return NULL;
	for (size_t n = t->count, half; n > 1; n -= half) {
		half = n / 2;
		at += at[half].id <= id ? half : 0; // a conditional move, not a branch
	}
	return at->id == id ? at : NULL;
}

static attack_id
canonical(const struct attack_table *t, attack_id id)
{
	const struct attack_entry *at = find(t, id);

	return at && at->became ? at->became : id;
}

// Every technique goes by its name, sub-techniques by "Parent: Name" too. In id order a sub-technique's parent is the
// last technique before it (follow() has seen to it that there is one).
static void
index_names(struct attack_table *t)
{
	char form[NAME_MAX_BYTES], full[2 * NAME_MAX_BYTES + 1];
	size_t size = 64, n, parent = 0;

	while (size < (t->count + N_FORMER) * 4)
		size *= 2;
	t->mask = size - 1;
	t->slots = arena_array(&t->mem, size, sizeof(*t->slots));
	t->names = arena_array(&t->mem, t->count * 2 + N_FORMER, sizeof(*t->names));
	for (size_t i = 0; i < t->count; i++) {
		const struct attack_entry *at = &t->entries[i];
		attack_id id = at->became ? at->became : at->id;

		n = normal(at->name, form);
		name_add(t, LOF_STR(form, n), id, rank_of(at));
		if (attack_is_sub(at->id)) {
			memcpy(full + parent + 1, form, n);
			name_add(t, LOF_STR(full, parent + 1 + n), id, rank_of(at));
		} else {
			memcpy(full, form, n);
			full[n] = ' ';
			parent = n;
		}
	}
	for (size_t i = 0; i < N_FORMER; i++) {
		n = normal(lof_cstr(former[i].name), form);
		name_add(t, LOF_STR(form, n), canonical(t, former[i].id), RANK_FORMER);
	}
}

// The same for a name in camelCase, as Prisma Cloud writes it: one word for each capital. Returns 0 if it is none.
static size_t
spaced(struct lof_str s, char out[NAME_MAX_BYTES])
{
	size_t n = 0;

	if (s.n > NAME_MAX_BYTES / 2)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], lower = lof_lower(c);

		if (lower < 'a' || lower > 'z')
			return 0;
		if (i > 0 && c != lower)
			out[n++] = ' ';
		out[n++] = (char)lower;
	}
	return n > s.n ? n : 0;
}

attack_id
attack_by_name(struct lof_str spelled)
{
	const struct attack_table *t = loaded();
	char form[NAME_MAX_BYTES];
	struct lof_str text;
	uint16_t slot;

	// Google SCC's enum has this for T1078.004 alone. As a name it is that of two techniques of account-making too.
	if (lof_str_eq(spelled, LOF_LIT("CLOUD_ACCOUNTS")))
		return canonical(t, 1078004);
	text = LOF_STR(form, normal(spelled, form));
	if (!text.n || !t->count)
		return 0;
	slot = *name_slot(t, text, (uint32_t)lof_hash(0, text));
	if (!slot && (text.n = spaced(spelled, form)))
		slot = *name_slot(t, text, (uint32_t)lof_hash(0, text));
	return slot ? t->names[slot - 1].id : 0;
}

// --- tactics -----------------------------------------------------------------------------------------------------

bool
attack_is_tactic(struct lof_str s)
{
	// Letters only, in byte order: so names, slugs, enum names and CamelCase are all one.
	static const char *const tactics[] = {
		"collection", "commandandcontrol", "commandcontrol", "credentialaccess", "defenceevasion",
		"defenseevasion", "defenseimpairment", "discovery", "evasion", "execution", "exfiltration", "impact",
		"impairprocesscontrol", "inhibitresponsefunction", "initialaccess", "lateralmovement", "networkeffects",
		"persistence", "privilegeescalation", "reconnaissance", "remoteserviceeffects", "resourcedevelopment",
		"stealth",
	};
	char form[32];
	size_t n = 0;

	s = lof_str_trim(s);
	if (s.n == 6 && lof_str_ieq(LOF_STR(s.p, 2), LOF_LIT("ta")))
		return number(s.p + 2, 4) >= 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == ' ' || c == '-' || c == '_' || c == '&')
			continue;
		if (!lof_is_alnum(c) || n == sizeof(form))
			return false;
		form[n++] = (char)lof_lower(c);
	}
	for (size_t i = 0; i < sizeof(tactics) / sizeof(tactics[0]); i++)
		if (lof_str_eq(LOF_STR(form, n), lof_cstr(tactics[i])))
			return true;
	return false;
}

// --- the table ---------------------------------------------------------------------------------------------------

static enum lof_rc
bad(struct lof_err *e, struct lof_str text, struct lof_str piece, const char *what)
{
	uint32_t line, col;

	lof_line_col(text, (size_t)(piece.p - text.p), &line, &col);
	return lof_err_at(e, LOF_E_RULE, "data/attack/techniques.tsv", line, col, what, piece);
}

// `became` is only the next id here; follow() goes on to the end.
static bool
read_state(struct lof_str s, struct attack_entry *at)
{
	if (lof_str_eq(s, LOF_LIT("active")))
		at->state = ATTACK_ACTIVE;
	else if (lof_str_eq(s, LOF_LIT("deprecated")))
		at->state = ATTACK_DEPRECATED;
	else if (lof_str_eq(s, LOF_LIT("revoked")))
		at->state = ATTACK_REVOKED;
	else if (s.n && s.p[0] == '>' && (at->became = attack_parse(LOF_STR(s.p + 1, s.n - 1))))
		at->state = ATTACK_REVOKED;
	return at->state != ATTACK_UNKNOWN;
}

static enum lof_rc
read_line(struct attack_table *t, struct lof_str text, struct lof_str line, struct lof_err *e)
{
	struct lof_str col[COLUMNS], rest = line;
	struct attack_entry at = { .state = ATTACK_UNKNOWN };

	for (size_t i = 0; i < COLUMNS; i++) {
		const char *tab = rest.n ? memchr(rest.p, '\t', rest.n) : NULL;
		size_t n = tab ? (size_t)(tab - rest.p) : rest.n;

		if (!tab != (i == COLUMNS - 1))
			return bad(e, text, line, "expected id, domain, state, name, tactics, platforms");
		col[i] = LOF_STR(rest.p, n);
		if (tab)
			rest = LOF_STR(tab + 1, rest.n - n - 1);
	}
	at.id = attack_parse(col[0]);
	if (!at.id)
		return bad(e, text, col[0], "expected a technique id");
	if (t->count && t->entries[t->count - 1].id >= at.id)
		return bad(e, text, col[0], "expected ids in ascending order");
	if (col[1].n != 1 || !memchr("eim", col[1].p[0], 3))
		return bad(e, text, col[1], "expected a domain: e, i or m");
	at.domain = col[1].p[0];
	if (!read_state(col[2], &at))
		return bad(e, text, col[2], "expected a state: active, deprecated, revoked or >ID");
	if (!col[3].n || col[3].n > NAME_MAX_BYTES)
		return bad(e, text, col[0], "expected a name of at most 160 bytes");
	at.name = col[3];
	at.tactics = col[4];
	at.platforms = col[5];
	t->entries[t->count++] = at;
	return LOF_OK;
}

// Leaves out what the lines of two versions can make when they are put together: sub-techniques without their parent.
static void
drop_orphans(struct attack_table *t)
{
	attack_id parent = 0;
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		attack_id id = t->entries[i].id;

		if (!attack_is_sub(id))
			parent = id;
		if (attack_parent(id) == parent)
			t->entries[kept++] = t->entries[i];
	}
	t->count = kept;
}

// Takes every redirect to its end, and checks what the rest of this file relies on. In a merged table a redirect that
// ends at no active technique is none: the one version may have retired what the other redirects to.
static enum lof_rc
follow(struct attack_table *t, struct lof_str text, bool merged, struct lof_err *e)
{
	attack_id parent = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct attack_entry *at = &t->entries[i];
		const struct attack_entry *end = at;

		if (!attack_is_sub(at->id))
			parent = at->id;
		else if (attack_parent(at->id) != parent)
			return bad(e, text, at->name, "a sub-technique whose parent is not in the table");
		for (int hops = 0; end && end->became; hops++)
			end = hops < HOPS_MAX ? find(t, end->became) : NULL;
		if (at->became && (!end || end->state != ATTACK_ACTIVE)) {
			if (!merged)
				return bad(e, text, at->name, "a redirect that ends at no active technique");
			end = NULL;
		}
		// Entries further on that pass through here find the end at once.
		if (at->became)
			at->became = end ? end->id : 0;
	}
	return LOF_OK;
}

static enum lof_rc
read_table(struct attack_table *t, struct lof_str text, bool merged, struct lof_err *e)
{
	struct lof_str rest, line;
	enum lof_rc rc;

	t->entries = arena_array(&t->mem, text.n / LINE_MIN + 1, sizeof(*t->entries));
	for (rest = text; lof_str_cut(&rest, '\n', &line);) {
		if (!line.n || line.p[0] == '#')
			continue;
		rc = read_line(t, text, line, e);
		if (rc)
			return rc;
	}
	if (!t->count || t->count > UINT16_MAX / 4)
		return bad(e, text, LOF_STR(text.p, 0), "expected 1 to 16383 techniques");
	if (merged)
		drop_orphans(t);
	rc = follow(t, text, merged, e);
	if (!rc)
		index_names(t);
	return rc;
}

enum lof_rc
attack_check_table(struct lof_str text, struct lof_err *e)
{
	struct attack_table t = { 0 };
	enum lof_rc rc = read_table(&t, text, false, e);

	arena_free(&t.mem);
	return rc;
}

enum lof_rc
attack_check_line(struct lof_str line, struct lof_err *e)
{
	struct attack_entry one;
	struct attack_table t = { .entries = &one };

	return read_line(&t, line, line, e);
}

static enum lof_rc
use(struct lof_str text, bool merged, struct lof_err *e)
{
	struct lof_arena mem = { 0 };
	struct attack_table *t = arena_alloc(&mem, sizeof(*t));
	enum lof_rc rc;

	text = arena_copy(&mem, text);
	t->mem = mem;
	rc = read_table(t, text, merged, e);
	if (rc) {
		mem = t->mem; // it lives in there itself
		arena_free(&mem);
		return rc;
	}
	t->before = atomic_load(&current);
	atomic_store_explicit(&current, t, memory_order_release);
	return LOF_OK;
}

enum lof_rc
attack_use(struct lof_str text, struct lof_err *e)
{
	return use(text, true, e);
}

enum lof_rc
attack_load(struct lof_err *e)
{
	if (loaded()->count)
		return LOF_OK;
	return use(LOF_STR(lof_embedded_attack, (size_t)(lof_embedded_attack_end - lof_embedded_attack)), false, e);
}

// The tables from t down to the built-in one, which stays.
static void
free_over_builtin(struct attack_table *t)
{
	for (struct attack_table *before; t && t->before; t = before) {
		struct lof_arena mem = t->mem; // it lives in there itself
		before = t->before;
		arena_free(&mem);
	}
}

struct attack_table *
attack_aside(void)
{
	struct attack_table *t = atomic_load(&current), *builtin = t;

	while (builtin && builtin->before)
		builtin = builtin->before;
	atomic_store(&current, builtin);
	return t;
}

void
attack_back(struct attack_table *aside)
{
	free_over_builtin(atomic_exchange(&current, aside));
}

void
attack_drop(struct attack_table *aside)
{
	free_over_builtin(aside);
}

void
attack_forget(void)
{
	attack_drop(attack_aside());
}

const struct attack_entry *
attack_find(attack_id id)
{
	return find(loaded(), id);
}

attack_id
attack_canonical(attack_id id)
{
	return canonical(loaded(), id);
}

const struct attack_entry *
attack_all(size_t *count)
{
	*count = loaded()->count;
	return loaded()->entries;
}
