// The natural logarithm by integers alone: libm's last bit differs between machines, and what is ranked must not.
#ifndef LOF_BASE_LN_H
#define LOF_BASE_LN_H

#include <stdint.h>

// ln v in 1/65536, v >= 1. Pure.
uint32_t lof_ln(uint64_t v);

#endif
