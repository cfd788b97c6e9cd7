// What happened to the events, by cause: nothing is lost silently.
#ifndef LOF_STREAM_COUNT_H
#define LOF_STREAM_COUNT_H

#include "base/buf.h"

// The outcome of one event. Every event has exactly one.
enum outcome {
	OUT_ENRICHED,   // got notes
	OUT_NO_NOTES,   // got the member, but no note fits (or fits within --max-bytes)
	OUT_NO_KEY,     // no technique, known tag or known rule in it
	OUT_NOT_OBJECT, // well-formed, but a string, number or literal, or an array without objects
	OUT_BAD,        // not well-formed
	OUT_CUT,        // ends too early
	OUT_TOO_LONG,   // over --max-event: streamed through
	OUT_COUNT
};
const char *outcome_name(enum outcome o); // "enriched", "no_notes" ...

struct counters {
	uint64_t events, of[OUT_COUNT];
	uint64_t lines, blank;   // lines seen, blank ones
	uint64_t bytes_in, bytes_out;
	uint64_t notes, placeholders; // emitted; kept back
	uint64_t retired;        // events with an id that ATT&CK retired
	uint64_t unknown;        // events with a well-formed id that no table knows
	uint64_t expired;        // notes of the site's own that would have been shown, but for their time
	uint64_t replaced;       // events that brought a member of our name
	uint64_t regex_limits;   // values on which a pattern was given up
	uint64_t disabled;       // conditions of the site's notes that are no longer asked since
	uint64_t cache_hits, cache_misses;
	uint64_t reloads, reloads_failed; // rules and notes taken anew; refused, those before stay
	uint64_t metrics_failed; // the file of --metrics could not be written
	uint64_t connections, lost; // served; of them, those that broke with something unsaid
};

// As the first members of a JSON object, for one that was opened.
void count_json(const struct counters *c, double seconds, struct lof_buf *out);
// As one line for a person.
void count_line(const struct counters *c, double seconds, struct lof_buf *out);

#endif
