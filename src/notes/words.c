#include "notes/words.h"

#include "base/hash.h"

#if defined(__SSE2__) && !defined(LOF_NO_SIMD)
#include <emmintrin.h>
#endif

enum { WORD_MIN = 2, WORD_MAX = 64, HEX_MIN = 16, STOP_LONGEST = 15, STOP_SLOTS = 512, STOP_BITS = 4096, WINDOW = 64 };

// --- classes of bytes --------------------------------------------------------------------------------------------

// Words are short and their lengths follow no pattern, so a loop over bytes that ends where the word does is
// mispredicted once a word, and that alone costs more than all the rest. Hence bits: 64 bytes are classified without a
// branch, and runs and parts are found by counting zeros.
struct window {
	uint64_t core;  // letters, digits, bytes from 0x80
	uint64_t join;  // . _ -
	uint64_t digit;
	uint64_t hex;   // digits and a .. f
	uint64_t lead;  // C2 and E2, which may begin punctuation beyond ASCII
};

enum { DIGIT = 1, HEX = 2, LETTER = 4, JOINER = 8, LEAD = 16, CORE = DIGIT | HEX | LETTER };

static const uint8_t class[256] = {
	['0' ... '9'] = DIGIT,
	['A' ... 'F'] = HEX, ['G' ... 'Z'] = LETTER,
	['a' ... 'f'] = HEX, ['g' ... 'z'] = LETTER,
	['.'] = JOINER, ['_'] = JOINER, ['-'] = JOINER,
	[0x80 ... 0xc1] = LETTER, [0xc2] = LETTER | LEAD,
	[0xc3 ... 0xe1] = LETTER, [0xe2] = LETTER | LEAD,
	[0xe3 ... 0xff] = LETTER,
};

static inline bool
is_joiner(char c)
{
	return class[(unsigned char)c] == JOINER;
}

#if defined(__SSE2__) && !defined(LOF_NO_SIMD)
// Bytes from `from` to `from` + `span`, as a mask.
static inline __m128i
in_range(__m128i x, char from, char span)
{
	__m128i off = _mm_sub_epi8(x, _mm_set1_epi8(from));

	return _mm_cmpeq_epi8(_mm_min_epu8(off, _mm_set1_epi8(span)), off);
}

static inline __m128i
is_byte(__m128i x, unsigned char c)
{
	return _mm_cmpeq_epi8(x, _mm_set1_epi8((char)c));
}

static inline uint64_t
bits(__m128i mask)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(mask);
}

static inline struct window
classify(const char *p)
{
	struct window w = { 0 };

	for (unsigned i = 0; i < WINDOW; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i lower = _mm_or_si128(x, _mm_set1_epi8(0x20)), digit = in_range(x, '0', 9);

		w.digit |= bits(digit) << i;
		w.hex |= bits(_mm_or_si128(digit, in_range(lower, 'a', 5))) << i;
		// The top bit of a byte from 0x80 is its mask already.
		w.core |= bits(_mm_or_si128(_mm_or_si128(x, digit), in_range(lower, 'a', 25))) << i;
		w.join |= bits(_mm_or_si128(_mm_or_si128(is_byte(x, '.'), is_byte(x, '_')), is_byte(x, '-'))) << i;
		w.lead |= bits(_mm_or_si128(is_byte(x, 0xc2), is_byte(x, 0xe2))) << i;
	}
	return w;
}
#else
static inline struct window
classify(const char *p)
{
	struct window w = { 0 };

	for (unsigned i = 0; i < WINDOW; i++) {
		uint64_t c = class[(unsigned char)p[i]];

		w.digit |= (c & DIGIT) << i;
		w.hex |= ((c | c >> 1) & 1) << i;
		w.core |= ((c | c >> 1 | c >> 2) & 1) << i;
		w.join |= (c >> 3 & 1) << i;
		w.lead |= (c >> 4 & 1) << i;
	}
	return w;
}
#endif

// --- hash --------------------------------------------------------------------------------------------------------

#define SEED UINT64_C(0x9e3779b97f4a7c15)
#define KEY UINT64_C(0xd1b54a32d192ed03)

static inline uint64_t
hash_block(uint64_t h, uint64_t lo, uint64_t hi)
{
	return lof_mix(lo ^ KEY, hi ^ h);
}

// The first n bytes of eight, n from 0; more than eight are eight.
static inline uint64_t
first_bytes(uint64_t v, size_t n)
{
	return n >= 8 ? v : v & ((UINT64_C(1) << 8 * n) - 1);
}

uint64_t
word_hash(struct lof_str w)
{
	uint64_t h = SEED ^ w.n;

	for (size_t i = 0; i < w.n || i == 0; i += 16) {
		unsigned char block[16] = { 0 };
		size_t some = w.n - i < 16 ? w.n - i : 16;

		if (some)
			memcpy(block, w.p + i, some);
		h = hash_block(h, lof_read64(block), lof_read64(block + 8));
	}
	return lof_mix(h, KEY);
}

// Eight bytes, A-Z lowered.
static inline uint64_t
lower8(uint64_t v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	uint64_t low7 = v & ~high;
	uint64_t from_a = low7 + ones * (0x80 - 'A'), past_z = low7 + ones * (0x7f - 'Z');

	return v | ((from_a ^ past_z) & ~v & high) >> 2;
}

static inline void
store64(char *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, sizeof(v));
}

// Lowers n bytes (1 to WORD_MAX) into `to` and hashes them on the way, from registers: hashing what was just stored
// byte by byte would wait for every store. `left` bytes may be read from `from`. Gives what word_hash gives.
static inline uint64_t
lower_and_hash(char to[WORD_MAX], const char *from, size_t n, size_t left)
{
	char tail[16];
	uint64_t h = SEED ^ n, lo, hi;

	for (size_t i = 0; i < n; i += 16) {
		const char *p = from + i;

		if (left - i < 16) {
			memset(tail, 0, sizeof(tail));
			memcpy(tail, p, n - i < 16 ? n - i : 16);
			p = tail;
		}
		lo = first_bytes(lower8(lof_read64(p)), n - i);
		hi = first_bytes(lower8(lof_read64(p + 8)), n - i > 8 ? n - i - 8 : 0);
		store64(to + i, lo);
		store64(to + i + 8, hi);
		h = hash_block(h, lo, hi);
	}
	return lof_mix(h, KEY);
}

// --- stop words --------------------------------------------------------------------------------------------------

// English function words, then words that say nothing in a note about false positives or in an alert.
static const char stop_words[] =
    "about above across after again all along already also although always am among amount an and another any anything "
    "are around as at away back be because become becomes been before being below between both but by came can cannot "
    "come comes could did do does doing done don down due during each either else etc even ever every few for from "
    "further get gets given goes going had has have having he hence her here his how however if in instead into is isn "
    "it its itself just least less let like made make makes making many may maybe me mean means might more most much "
    "must my near need needed needs neither never new no non none nor not of off on once one only onto or other others "
    "otherwise our out over own per perhaps quite rather really same see seem seems seen several shall she should "
    "since so some something still such take taken takes than that the their them then there therefore these they "
    "this those though three through throughout thus to together too toward towards two under unless until up upon us "
    "usually very via was way we well were what when where whether which while who whose why will with within without "
    "would yet you your e.g i.e "
    "actual actually activities activity alert alerts alerting alerted anomalous appear appears based behavior "
    "behaviors behaviour behaviours benign case cases cause caused causes causing certain common commonly consider "
    "depending depends detect detected detecting detection detections different ensure environment environments "
    "event events example examples expected false filter filtered filtering fp fps frequently general generally "
    "generate generated generates generating happen happens including intended investigate known legit legitimate "
    "legitimately likely limited lot normal normally noise noisy null observed occur occurs often particular positive "
    "positives possibility possible possibly potential potentially present purpose purposes rare rarely reason reasons "
    "related rule rules similar sometimes specific suspicious trigger triggered triggering triggers true tune tuned "
    "tuning type types typical typically undefined unknown unlikely unusual usage use used uses using valid various "
    "verify want wants whitelist whitelisted worth ";

static uint64_t stops[STOP_SLOTS], stop_bits[STOP_BITS / 64];

static inline bool
is_stop(uint64_t hash)
{
	uint64_t bit = hash >> 32;

	if (!(stop_bits[bit % STOP_BITS / 64] >> bit % 64 & 1))
		return false;
	for (size_t at = hash % STOP_SLOTS; stops[at]; at = (at + 1) % STOP_SLOTS)
		if (stops[at] == hash)
			return true;
	return false;
}

// Before main, so that neither a look-up nor a thread ever has to ask whether it has been done.
__attribute__((constructor)) static void
stops_init(void)
{
	struct lof_str rest = { stop_words, sizeof(stop_words) - 1 }, word;

	while (lof_str_cut(&rest, ' ', &word)) {
		uint64_t hash = word_hash(word);
		size_t at = hash % STOP_SLOTS;

		if (!word.n)
			continue;
		while (stops[at] && stops[at] != hash)
			at = (at + 1) % STOP_SLOTS;
		stops[at] = hash;
		stop_bits[(hash >> 32) % STOP_BITS / 64] |= UINT64_C(1) << (hash >> 32) % 64;
	}
}

bool
word_is_stop(struct lof_str w)
{
	return w.n <= STOP_LONGEST && is_stop(word_hash(w));
}

// --- words -------------------------------------------------------------------------------------------------------

struct walk {
	const char *end; // of the text
	const uint64_t *wanted;
	void (*each)(void *arg, struct lof_str word, uint64_t hash);
	void *arg;
};

static inline uint32_t
sketch(const char *p, size_t n)
{
	uint32_t head;

	if (n >= 4)
		memcpy(&head, p, 4);
	else
		head = (unsigned char)p[0] | (uint32_t)(unsigned char)p[n / 2] << 8 | (uint32_t)(unsigned char)p[n - 1] << 16;
	return ((head | 0x20202020u) * 0x9E3779B1u ^ (uint32_t)n * 0x85EBCA6Bu) >> 16;
}

uint32_t
word_sketch(struct lof_str w)
{
	return w.n ? sketch(w.p, w.n) : 0;
}

// One word, unless it is one to skip. digits, hex: it is made of nothing else.
static inline void
emit(const struct walk *w, const char *p, size_t n, bool digits, bool hex)
{
	char word[WORD_MAX];
	uint64_t hash;

	if (n < WORD_MIN || digits || (hex && n >= HEX_MIN))
		return;
	if (w->wanted) {
		uint32_t k = sketch(p, n);

		if (!(w->wanted[k / 64] >> k % 64 & 1))
			return;
	}
	hash = lower_and_hash(word, p, n, (size_t)(w->end - p));
	if (n > STOP_LONGEST || !is_stop(hash))
		w->each(w->arg, LOF_STR(word, n), hash);
}

// ".exe" says no more than that there is a program; the words COM and DLL by themselves may mean something.
static bool
is_extension(const char *p, size_t n)
{
	static const struct lof_str names[] = { { "exe", 3 }, { "dll", 3 }, { "com", 3 }, { "sys", 3 } };

	if (n != 3 || p[-1] != '.')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (lof_str_ieq(LOF_STR(p, n), names[i]))
			return true;
	return false;
}

// Bytes of a punctuation character of U+0080 .. U+00BF or U+2000 .. U+207F at p, or 0.
static size_t
punctuation(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = (size_t)(end - p);

	if (n >= 2 && u[0] == 0xc2 && u[1] < 0xc0)
		return 2;
	return n >= 3 && u[0] == 0xe2 && (u[1] | 1) == 0x81 ? 3 : 0;
}

// --- runs that do not fit into a window --------------------------------------------------------------------------

// p is at the run's first letter or digit. Returns where the run ends. What is longer than a word is none, but its
// parts may be.
static const char *
long_run(const struct walk *w, const char *p)
{
	const char *start = p, *end, *stop = p, *part;
	unsigned k, kinds = 0;
	size_t n_core = 0;

	for (end = p; end < w->end && (k = class[(unsigned char)*end]); end++) {
		if (k & LEAD && punctuation(end, w->end))
			break;
		if (k != JOINER) {
			n_core++;
			stop = end + 1;
		}
		kinds |= k;
	}
	if (!(kinds & LETTER) && n_core >= HEX_MIN)
		return end;
	if (stop - start <= WORD_MAX)
		emit(w, start, (size_t)(stop - start), kinds == DIGIT, false);
	if (n_core == (size_t)(stop - start))
		return end;
	for (part = start; part < stop; part = p + 1) {
		kinds = 0;
		for (p = part; p < stop && !is_joiner(*p); p++)
			kinds |= class[(unsigned char)*p];
		if (p - part <= WORD_MAX && !(part > start && is_extension(part, (size_t)(p - part))))
			emit(w, part, (size_t)(p - part), kinds == DIGIT, !(kinds & LETTER));
	}
	return end;
}

// --- runs inside a window ----------------------------------------------------------------------------------------

static inline unsigned
zeros(uint64_t v)
{
	return v ? (unsigned)__builtin_ctzll(v) : 64;
}

// `n` ones, 0 to 64.
static inline uint64_t
ones(unsigned n)
{
	return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

// Takes punctuation beyond ASCII out of a window. What of it sticks out behind the window is returned.
static size_t
drop_punctuation(struct window *w, const char *p, const char *end)
{
	size_t at = 0, n = 0;

	for (uint64_t lead = w->lead; lead; lead &= lead - 1) {
		size_t next = zeros(lead);

		if (next < at || !(n = punctuation(p + next, end)))
			continue;
		at = next + n;
		w->core &= ~(ones(at < WINDOW ? (unsigned)at : WINDOW) & ~ones((unsigned)next));
	}
	return at > WINDOW ? at - WINDOW : 0;
}

// The run's letters and digits are the bits of `core`, with joiners between them.
static void
short_run(const struct walk *w, const struct window *in, const char *p, unsigned start, unsigned stop, uint64_t core)
{
	bool hex = !(core & ~in->hex);

	// A hash or GUID is skipped with all its parts, however it is punctuated.
	if (hex && __builtin_popcountll(core) >= HEX_MIN)
		return;
	emit(w, p + start, stop - start, false, false);
	for (unsigned at = start; core;) {
		unsigned n = zeros(~(core >> at));
		uint64_t part = ones(n) << at;

		if (!(at > start && is_extension(p + at, n)))
			emit(w, p + at, n, !(part & ~in->digit), !(part & ~in->hex));
		core &= ~part;
		at = zeros(core);
	}
}

// All runs that end inside the `n` bytes (at most a window) at p, or the one that fills it. Returns where to go on.
static const char *
window_words(const struct walk *w, const char *p, const struct window *in, unsigned n)
{
	uint64_t core = in->core;

	while (core) {
		unsigned start = zeros(core), len = zeros(~((in->core | in->join) >> start)), end = start + len, stop;
		uint64_t run;

		if (end >= n && p + n < w->end)
			return start ? p + start : long_run(w, p);
		run = core & ones(end);
		stop = 64 - (unsigned)__builtin_clzll(run);
		if (in->join & ones(stop) & ~ones(start))
			short_run(w, in, p, start, stop, run);
		else
			emit(w, p + start, stop - start, !(run & ~in->digit), !(run & ~in->hex));
		core &= ~ones(end);
	}
	return p + n;
}

void
words_each(struct lof_str s, const uint64_t *wanted, void (*each)(void *arg, struct lof_str word, uint64_t hash),
    void *arg)
{
	const char *p = s.p, *end = s.n ? s.p + s.n : s.p, *next;
	const struct walk w = { end, wanted, each, arg };
	char last[WINDOW];

	for (size_t over; p < end; p = next) {
		size_t n = (size_t)(end - p) < WINDOW ? (size_t)(end - p) : WINDOW;
		struct window in;

		if (n < WINDOW) {
			memset(last, 0, sizeof(last));
			memcpy(last, p, n);
			in = classify(last);
		} else {
			in = classify(p);
		}
		over = in.lead ? drop_punctuation(&in, p, end) : 0;
		next = window_words(&w, p, &in, (unsigned)n);
		if (next == p + n)
			next += over;
	}
}
