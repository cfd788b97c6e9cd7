// The line that a person at a terminal sees while files are read: a bar over all of them, the rate and the time left. It is
// written over in place, a few times a second. One thread.
#ifndef LOF_STREAM_PROGRESS_H
#define LOF_STREAM_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *to;      // NULL: nobody looks
	uint64_t all;  // bytes of all files, as they lie there; 0: not known
	uint64_t done; // of the files that have been read
	double begun, shown; // seconds
	unsigned width;      // of the terminal; 0: 80
};

// `taken` bytes of the file `name` have been read, at second `now`.
void progress_show(struct progress *g, const char *name, uint64_t taken, double now);
// Before anything else is written there.
void progress_clear(struct progress *g);

#endif
