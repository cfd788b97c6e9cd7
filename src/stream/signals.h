// SIGTERM and SIGINT: finish what was read, flush, end with status 0; a second one, or five seconds, ends it at once.
// SIGXFSZ is ignored, so that a file-size limit shows as a failed write. SIGPIPE stays as it is: a closed stdout ends
// us quietly, as it ends cat. One thread; the whole process.
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

// Waits until fd can be read, or a signal has come. With `poll_only`, only looks. True when it can be read (or is at
// its end).
bool signals_wait(int fd, bool poll_only);

#endif
