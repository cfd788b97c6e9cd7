/* Seconds of a clock that is never set. */
#ifndef LOF_BENCH_CLOCK_H
#define LOF_BENCH_CLOCK_H

#include <time.h>

static inline double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#endif
