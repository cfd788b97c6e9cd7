// Two functions over bytes. Neither is cryptographic.
#ifndef LOF_BASE_HASH_H
#define LOF_BASE_HASH_H

#include "base/str.h"

// Eight bytes from anywhere, read as little-endian on every machine.
static inline uint64_t
lof_read64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

// The product of both, its halves folded, and both factors once more: without them a factor of zero would swallow the
// other one, and whoever knows the constants could choose keys that collide.
static inline uint64_t
lof_mix(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__) && !defined(LOF_NO_INT128)
	unsigned __int128 m = (unsigned __int128)a * b;
	uint64_t lo = (uint64_t)m, hi = (uint64_t)(m >> 64);
#else
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
	uint64_t low = al * bl, mid1 = ah * bl + (low >> 32), mid2 = al * bh + (uint32_t)mid1;
	uint64_t lo = mid2 << 32 | (uint32_t)low, hi = ah * bh + (mid1 >> 32) + (mid2 >> 32);
#endif
	return a ^ b ^ lo ^ hi;
}

// For tables: 64 well mixed bits of the bytes and the seed. Same answer on every machine (little-endian reading).
uint64_t lof_hash(uint64_t seed, struct lof_str s);

// For files: a checksum over every byte and the length. Four lanes of state, each step a bijection of the state for a
// given word and of the word for a given state, so that any change confined to one aligned 8-byte word is caught for
// certain, and any other, unless made on purpose, with probability 1 - 2^-64. Several GB/s, portable.
uint64_t lof_checksum(const void *p, size_t n);

#endif
