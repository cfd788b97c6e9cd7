// What a stream does beside its events, between two of them: tell the counters when SIGUSR1 came, load rules and notes
// anew when SIGHUP came. Whoever reads calls chores_due before every read and every wait, and chores_do when it says so.
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
};

struct chores {
	struct enricher *enricher;
	struct reload reload;
	FILE *log;      // NULL: say only what was asked for, on stderr
	double started; // chores_clock then
};

void chores_init(struct chores *c, struct enricher *e, const struct reload *r, FILE *log);
// Is there something to do now?
bool chores_due(const struct chores *c);
// Does it: in milliseconds, so whoever holds answers back writes them out first.
void chores_do(struct chores *c);

double chores_clock(void); // seconds that only go forward
double chores_seconds(const struct chores *c); // since chores_init

#endif
