// For tests: the real program as a child, its input fed and its output gathered without ever waiting for both at once.
// The program is $LOFPIPE_BIN, build/lofpipe if unset. Every child is under an alarm.
#ifndef LOF_TESTS_CHILD_H
#define LOF_TESTS_CHILD_H

#include "base/buf.h"

#include <sys/types.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { CHILD_SECONDS = 60 };

struct child {
	pid_t pid;
	int in, out, err; // our ends; -1: closed, or not ours
	int status;       // as an exit status; 128 + number if a signal ended it
	long cpu_ms;      // once it has ended
	struct lof_buf output, errors;
};

// How to start one. All may be left 0.
struct child_plan {
	const char *const *args;  // behind the program's name, NULL at the end
	const char *const *env;   // all of it; NULL: ours
	int in, out, err;         // descriptors for it instead of a pipe; 0: a pipe, -1: closed
	void (*prepare)(void);    // run in the child just before exec
};

const char *program(void);

void child_start(struct child *c, const struct child_plan *plan);
// Feeds the bytes, then closes its input unless `more`; gathers what comes until all is fed, and until its end unless
// `more`.
void child_feed(struct child *c, struct lof_str bytes, bool more);
// Reads exactly n more bytes of its output.
void child_read(struct child *c, size_t n);
// Gathers the rest, and waits for its end.
void child_end(struct child *c);
void child_free(struct child *c);

// All of it in one go.
void child_run(struct child *c, const struct child_plan *plan, struct lof_str input);

// A number of /proc/PID/status, by the name in front of it with the colon; the base is 10 or 16.
unsigned long long child_status(const struct child *c, const char *name, int base);
// Waits until it sleeps, so that whatever was sent to it has been dealt with.
void child_wait_asleep(const struct child *c);
// The most memory it ever had, in KiB. Unlike wait4's figure it does not include what our own image had at the fork.
long child_peak(const struct child *c);

// `one`, n times over.
struct lof_buf times(struct lof_str one, size_t n);
// Fails the test, and says where they begin to differ.
void same_bytes(const struct lof_buf *got, const struct lof_buf *want);

// A whole file.
struct lof_buf file_bytes(const char *path);

#endif
