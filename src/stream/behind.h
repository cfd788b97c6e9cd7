// Writes one block while the next is filled: for who puts out so much that writing and working would wait for each other.
//
// A thread of its own, and nothing is shared but one block that belongs to one side at a time. It takes no signal but SIGPIPE,
// which ends the process as ever. All functions are for the one thread that fills.
#ifndef LOF_STREAM_BEHIND_H
#define LOF_STREAM_BEHIND_H

#include "base/buf.h"

struct behind;

// NULL where it would be of no use: there is but one processor, or fd takes what is written to it without work (/dev/null);
// or when there is no thread to be had.
struct behind *behind_new(int fd);
// Waits for the write in hand, then ends.
void behind_free(struct behind *b);

// Has *full written to fd, and makes *full an empty buffer. behind_wait comes before.
void behind_put(struct behind *b, struct lof_buf *full, int fd);
// Waits for the write in hand, if there is one, and adds to *written what went out since the last call. Returns 0, or the
// errno of a write that failed since then.
int behind_wait(struct behind *b, uint64_t *written);

#endif
