#include "base/hash.h"

// Fractional parts of square roots of primes: nothing chosen. The multipliers (B, D, E, F) are odd.
#define A UINT64_C(0x6a09e667f3bcc908)
#define B UINT64_C(0xbb67ae8584caa73b)
#define C UINT64_C(0x3c6ef372fe94f82b)
#define D UINT64_C(0xa54ff53a5f1d36f1)
#define E UINT64_C(0x510e527fade682d1)
#define F UINT64_C(0x9b05688c2b3e6c1f)

static uint64_t
read32(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

uint64_t
lof_hash(uint64_t seed, struct lof_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = s.n;
	uint64_t a = 0, b = 0, other;

	seed ^= lof_mix(seed ^ A, B);
	if (n > 32) { // two chains side by side
		for (other = seed; n > 32; p += 32, n -= 32) {
			seed = lof_mix(lof_read64(p) ^ B, lof_read64(p + 8) ^ seed);
			other = lof_mix(lof_read64(p + 16) ^ C, lof_read64(p + 24) ^ other);
		}
		seed ^= other;
	}
	if (s.n > 16) {
		if (n > 16)
			seed = lof_mix(lof_read64(p) ^ D, lof_read64(p + 8) ^ seed);
		// The last 16 bytes are read from the end and may overlap what was.
		p = (const unsigned char *)s.p + s.n - 16;
		a = lof_read64(p);
		b = lof_read64(p + 8);
	} else if (n >= 8) {
		a = lof_read64(p);
		b = lof_read64(p + n - 8);
	} else if (n >= 4) {
		a = read32(p);
		b = read32(p + n - 4);
	} else if (n) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
	}
	return lof_mix(E ^ s.n, lof_mix(a ^ B, b ^ seed));
}

static inline uint64_t
rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

// Two odd multiplications with the halves swapped between them. One alone would let a flipped top bit through to a
// place known beforehand, where one flipped bit of the next word takes it back.
static inline uint64_t
step(uint64_t state, uint64_t word)
{
	return rotl((state ^ word) * B, 32) * D;
}

uint64_t
lof_checksum(const void *p, size_t n)
{
	const unsigned char *at = p;
	uint64_t lane[4] = { A, C, E, F }, h = n;
	size_t left = n;

	for (; left >= 32; at += 32, left -= 32)
		for (size_t i = 0; i < 4; i++)
			lane[i] = step(lane[i], lof_read64(at + 8 * i));
	for (size_t i = 0; left; i++) {
		unsigned char last[8] = { 0 };
		size_t some = left < 8 ? left : 8;

		memcpy(last, at, some);
		lane[i] = step(lane[i], lof_read64(last));
		at += some;
		left -= some;
	}
	for (size_t i = 0; i < 4; i++)
		h = step(rotl(h, 29), lane[i]);
	h ^= h >> 31;
	h *= E;
	return h ^ h >> 29;
}
