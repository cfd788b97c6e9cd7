// Rules and notes loaded anew while events pass: aside, all of them, as at the start; and put in place of those before
// only when nothing is wrong with them.
#ifndef LOF_CLI_RELOAD_H
#define LOF_CLI_RELOAD_H

#include "cli/cli.h"
#include "stream/chores.h"

// What reload_run needs; the caller owns both.
struct reload_from {
	struct session *session;
	const struct options *options;
};

// For struct chores; to be asked before the session is opened, so that no change is missed. Without a file to load there
// is nothing to do, and .run is NULL.
struct reload reload_of(struct reload_from *from);

#endif
