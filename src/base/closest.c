#include "base/closest.h"

enum { LEN = 32 };

// Edits (insert, drop, change one byte) between a and b.
static size_t
distance(struct lof_str a, struct lof_str b)
{
	size_t row[LEN];
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = corner + (a.p[i - 1] != b.p[j - 1]);
			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

const char *
lof_closest(struct lof_str s, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t least = s.n < 5 ? 2 : 3;
	for (size_t i = 0; i < n && s.n < LEN; i++) {
		struct lof_str w = lof_cstr(words[i]);
		size_t d = w.n < LEN ? distance(s, w) : least;
		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}
