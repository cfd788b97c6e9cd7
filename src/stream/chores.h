// What a stream does beside its events, between two of them: tell the counters when SIGUSR1 came, load rules and notes
// anew when SIGHUP came or a file has changed, keep the file of metrics fresh. Whoever reads calls chores_due before every read and every wait, chores_do
// when it says so, and waits no longer than chores_wait_ms.
//
// One thread. Belongs to one enricher.
#ifndef LOF_STREAM_CHORES_H
#define LOF_STREAM_CHORES_H

#include "stream/enrich.h"

#include <stdio.h>

// Rules and notes loaded anew, by whoever knows from where (cli/reload.h). Either those of the enricher's engine are
// others afterwards, all of them, and enrich_again was called; or nothing has changed, it was told why, and it is false.
struct reload {
	bool (*run)(void *arg, struct enricher *e); // NULL: there is nothing to load
	void *arg;
	uint64_t (*look)(void *arg); // another number when a file has changed; NULL: they are not watched
	uint64_t loaded;             // what it was before the first loading
};

struct chores {
	struct enricher *enricher;
	struct reload reload;
	const char *metrics; // file to keep fresh, or NULL; the enricher has a tally then
	bool metrics_told;   // that it cannot be written
	FILE *log;      // NULL: say only what was asked for, on stderr
	double started; // chores_clock then
	uint64_t since; // the same in seconds since 1970
	double next_look, next_metrics;
	uint64_t tried, seen; // what the files were when they were last loaded, or refused; at the last look
};

void chores_init(struct chores *c, struct enricher *e, const struct reload *r, const char *metrics, FILE *log);
// Is there something to do now?
bool chores_due(const struct chores *c);
// Does it: in milliseconds, so whoever holds answers back writes them out first.
void chores_do(struct chores *c);
// How long may be waited for input: -1 is for ever.
int chores_wait_ms(const struct chores *c);

// At the end: the metrics for the last time.
void chores_end(struct chores *c);

// What was counted, as one JSON object with a newline.
void chores_stats(const struct chores *c, struct lof_buf *out);

double chores_clock(void); // seconds that only go forward
double chores_seconds(const struct chores *c); // since chores_init

#endif
