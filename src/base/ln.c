#include "base/ln.h"

// Each squaring of the mantissa yields one more bit of the binary logarithm.
uint32_t
lof_ln(uint64_t v)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(v);
	uint64_t m = whole > 31 ? v >> (whole - 31) : v << (31 - whole); // 1.0 <= m < 2.0, in 1/2^31
	uint64_t log2 = whole;

	for (int i = 0; i < 24; i++) {
		m = m * m >> 31;
		log2 <<= 1;
		if (m >> 32) {
			m >>= 1;
			log2 |= 1;
		}
	}
	return (uint32_t)(log2 * UINT64_C(2977044472) >> 40); // ln 2 in 1/2^32
}
