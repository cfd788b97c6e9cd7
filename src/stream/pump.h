// Descriptor in -> lane -> descriptor out, for stdin or one file after the other. Owns the sinks; does the
// reading, the flushing (before any read that would block), the chores and the progress line.
#ifndef LOF_STREAM_PUMP_H
#define LOF_STREAM_PUMP_H

#include "base/err.h"
#include "stream/chores.h"
#include "stream/lane.h"
#include "stream/progress.h"
#include "stream/source.h"

struct pump_options {
	struct lane_options lane;
	int out;            // descriptor to write to, or -1: pump_output will say
	const char *out_name;
	int reject;         // descriptor for bad events, or -1
	struct reload reload;
	struct tally *tally; // or NULL
	const char *metrics; // file to keep fresh, with a tally; or NULL
};

struct pump {
	struct enricher enricher;
	struct sink out, reject;
	struct lane lane;
	struct source source;
	struct progress progress; // the caller's to fill in, after pump_init
	struct chores chores;
	const struct pump_options *options;
};

// False when there is no memory.
bool pump_init(struct pump *p, const struct engine *engine, const struct pump_options *o);
void pump_free(struct pump *p);

// From here on output goes to the descriptor `out`; what went elsewhere has been flushed, or is forgotten with its failure.
void pump_output(struct pump *p, int out);

// Takes one stream, compressed or not, to its end. `name` is for messages. LOF_OK also when events were bad; *stopped when
// on_bad says to stop, or a signal did. LOF_E_IO: reading failed, or what is compressed is damaged; what came before goes
// out.
enum lof_rc pump_run(struct pump *p, int fd, const char *name, uint64_t size, bool *stopped, struct lof_err *e);
// Does what is due between two events (chores.h), with what is held back written out before.
void pump_attend(struct pump *p);
// Writes what is left. After the last pump_run.
enum lof_rc pump_end(struct pump *p, struct lof_err *e);
double pump_seconds(const struct pump *p);

#endif
