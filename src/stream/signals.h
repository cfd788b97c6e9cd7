// SIGTERM and SIGINT: finish what was read, or all there is once the other end is closed, flush, end with status 0; a
// second one, or five seconds, ends it at once. SIGXFSZ is ignored, so that a file-size limit shows as a failed write.
// SIGPIPE stays as it is: a closed stdout ends us quietly, as it ends cat. One thread; the whole process.
//
// SIGHUP ends the process as it always did, until somebody has something to reload (signals_take_hup).
#ifndef LOF_STREAM_SIGNALS_H
#define LOF_STREAM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t signals_stop;  // SIGTERM or SIGINT came
extern volatile sig_atomic_t signals_usr1;  // SIGUSR1 came: the caller clears it
extern volatile sig_atomic_t signals_hup;   // SIGHUP came: the caller clears it

enum { SIGNALS_GRACE = 5 }; // seconds from the first of them to the end

void signals_init(void);
// From now on SIGHUP is told in signals_hup; unless it was ignored when we were started (nohup).
void signals_take_hup(void);

// A file that is not to outlive us: a signal that ends the process at once, or exit, removes it first. `name` is in the
// folder `dir`, and both stay the caller's; NULL: none.
void signals_scratch(int dir, const char *name);

// A stop was asked for, and more may come from fd. When nothing writes into that pipe any more it is read to its end
// instead, which is near: hosts close their end and send SIGTERM at once (Fluentd), and count on what is in it.
bool signals_leave(int fd);

// Waits until fd can be read, a signal has come, or `ms` have passed: 0 only looks, -1 is for ever. True when it can be
// read (or is at its end).
bool signals_ready(int fd, int ms);

#endif
