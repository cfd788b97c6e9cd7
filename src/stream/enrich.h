// One event from memory to memory: scan, keys, find, rank, splice. Knows nothing of files, lines or signals.
//
// What is shared between threads (struct engine: rules and notes) is read-only; a struct enricher belongs to one
// thread.
#ifndef LOF_STREAM_ENRICH_H
#define LOF_STREAM_ENRICH_H

#include "notes/rank.h"
#include "rules/keys.h"
#include "stream/count.h"
#include "stream/open.h"
#include "stream/sink.h"
#include "stream/tally.h"

enum style { STYLE_FULL, STYLE_TEXT, STYLE_IDS };
enum emit { EMIT_EVENT, EMIT_PATCH, EMIT_RSYSLOG };

struct engine {
	const struct rules *rules;
	const struct book *book;
	struct lof_str key; // name of the member, decoded
	struct wanted want;
	size_t max_bytes;   // added to one event; 0: no limit
	enum style style;
	enum emit emit;
};

// Carriers in carriers: a Splunk export of an EventBridge event of a GuardDuty finding is three.
enum { CARRIERS_MAX = OPEN_CARRIERS + 1 };

struct enricher {
	const struct engine *engine;
	struct scan scan[CARRIERS_MAX];
	struct keys keys;
	struct ranker ranker;
	struct when when;
	struct cache *cache;
	uint32_t expiry; // when the answers that are kept are too old: seconds since 1970
	uint64_t sums[CONTEXT_MAX]; // digests of the context's values
	struct lof_buf member;  // the member in hand: "lofp":{...}
	struct lof_buf key;     // our name, escaped, with quotes and colon
	struct lof_str lead;    // the caller's: goes out before the next text, unless that is bad
	size_t around;          // the caller's: carriers opened around the text
	const char *lines_end;  // the caller's: the text is one of the lines that stand up to here (scan_line); or NULL
	bool patched;           // EMIT_PATCH: the line has its member
	struct counters count;
	struct tally *tally;    // the caller's; NULL: nothing is told by format or technique
	// of the last text that was bad: for messages
	size_t bad_at;
	const char *why;
};

// Can it be the name of the member: 1 to 255 bytes of UTF-8?
bool enrich_key_fits(struct lof_str key);

// False when there is no memory.
bool enrich_init(struct enricher *e, const struct engine *engine);
void enrich_free(struct enricher *e);
// The rules and notes of its engine are others now, and what hung on those before is made anew. Between two texts; the
// counters go on. False when there is no memory, and then *e is as it was.
bool enrich_again(struct enricher *e);

// What the ranker is asked of an event (rank_query), with the room that needs; spans are the keys' own.
struct event_query {
	struct query_in in;
	attack_id ids[TECHNIQUES_MAX];
	struct lof_str producers[FORMATS_PER_EVENT];
};
void enrich_query(struct event_query *q, const struct rules *rules, const struct keys *k);

// Writes text[0, n), one value with or without white space around it, to the sink with its member spliced in where
// there is something to say; or unchanged. Text that is not well-formed (OUT_BAD, OUT_CUT) is not written at all. A
// carrier's events are each enriched in their own object, and each counted. Returns the outcome of the text (the best
// of its events).
enum outcome enrich_text(struct enricher *e, const char *text, size_t n, struct sink *out);

// Where lines stood there may be others from here on.
void enrich_moved(struct enricher *e);

// For struct opener, with an enricher as arg: the same rules say so as for an envelope that is held whole, asked about
// what is there.
bool enrich_opens(void *arg, struct lof_str begin, char path[OPEN_PATH], size_t *n);

#endif
