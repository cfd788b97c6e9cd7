// SIGTERM and SIGINT: finish what was read, or all there is once the other end is closed, flush, end with status 0; a
// second one, or five seconds, ends it at once. SIGXFSZ is ignored, so that a file-size limit shows as a failed write.
// SIGPIPE stays as it is: a closed stdout ends us quietly, as it ends cat. One thread; the whole process.
#ifndef LOF_STREAM_SIGNALS_H
#define LOF_STREAM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t signals_stop;  // SIGTERM or SIGINT came
extern volatile sig_atomic_t signals_usr1;  // SIGUSR1 came: the caller clears it

void signals_init(void);

// A file that is not to outlive us: a signal that ends the process at once, or exit, removes it first. `name` is in the
// folder `dir`, and both stay the caller's; NULL: none.
void signals_scratch(int dir, const char *name);

// A stop was asked for, and more may come from fd. When nothing writes into that pipe any more it is read to its end
// instead, which is near: hosts close their end and send SIGTERM at once (Fluentd), and count on what is in it.
bool signals_leave(int fd);

// Waits until fd can be read, or a signal has come. With `poll_only`, only looks. True when it can be read (or is at
// its end).
bool signals_wait(int fd, bool poll_only);

#endif
