// A value over the limit that is an envelope is not held, it is opened: a walk along its outer structure gives the
// events that stand in it one by one, and what is between them as it came. However the value arrives, the same pieces
// come out, and no more of it is kept than an event.
//
// Knows the structure of JSON and one path, not alerts: whether a value is an envelope, and where its events stand, is
// for the opener to say. Between the events structure and scalars are checked; what is inside of strings and of members
// that do not lead to events is not. One thread.
#ifndef LOF_STREAM_OPEN_H
#define LOF_STREAM_OPEN_H

#include "json/block.h"
#include "stream/piece.h"

enum { OPEN_LEVELS = 64, OPEN_PATH = 256, OPEN_CARRIERS = 3 };

// Who knows envelopes.
struct opener {
	// Told the beginning of a value: writes to path where its events stand, keys joined by dots, "" for the elements of
	// an array; *n is its length. False: this is no envelope.
	bool (*ask)(void *arg, struct lof_str begin, char path[OPEN_PATH], size_t *n);
	void *arg;
	struct lof_str own; // name of the member that no envelope may bring along (decoded)
};

struct open_level {
	uint16_t at; // place in the carrier's path
	bool array, outer; // outer: the carrier itself
	bool kept; // an object: a member before stays
};

struct open {
	const struct opener *opener;
	size_t max_event;
	int stop;       // the byte that ends the value wherever it stands (lines), or -1
	int state;      // open.c
	bool afresh;    // broken at a byte that no value goes over: what follows begins anew
	const char *why; // broken: what was expected
	struct block_nest nest; // of what is walked over: an event, or what leads to none
	// Offsets in the window; NOT_HELD, or:
	size_t seen;    // looked at up to here
	size_t hold;    // from here on it is not known yet whether it stays, or what it is
	size_t key;     // where the key in hand begins
	size_t turn;    // here a piece ends
	bool gone, turn_gone; // what is in hand goes, being ours; what is behind `turn` does
	bool own;       // in a member of our own name
	bool open_cut;  // it came first in its object, so the comma behind it goes too
	bool outermost; // the value that begins is a carrier
	uint16_t at;    // place in the path of the value that begins, or NOWHERE
	size_t depth, carriers;
	struct open_level levels[OPEN_LEVELS];
	struct {
		char text[OPEN_PATH];
		size_t n;
	} path[OPEN_CARRIERS];
};

// Is the value that begins with text[0, n) to be opened? If so *o is ready for open_next, which begins with text again.
bool open_begin(struct open *o, const struct opener *opener, size_t max_event, int stop, const char *text, size_t n);

// The next piece of buf[0, n), which begins behind the last one: FRAME_EVENT, FRAME_BETWEEN, FRAME_GONE, FRAME_LONG and
// FRAME_REST; FRAME_WRECK, maybe empty, where the value breaks off; FRAME_MORE when more must be read, or, if it is
// over, nothing more of it will be given: what follows buf is not of the value, or is what is left of a broken one.
struct piece open_next(struct open *o, const char *buf, size_t n, bool end);
bool open_over(const struct open *o);
// Broken: how deep what is left is.
struct block_nest open_nest(const struct open *o);

#endif
