// Many connections at once: on each, events come in and go back enriched, in order; or on, over a second connection that
// goes with it. A loop over epoll; every connection is a lane, and all lanes share the pump's enricher, counters and sink
// for rejects.
//
// Where what goes out is not read, what comes in is not either, until it is; nobody else is held up. A client that shuts
// down its side gets the rest and then our end. One thread.
#ifndef LOF_STREAM_LISTEN_H
#define LOF_STREAM_LISTEN_H

#include "base/addr.h"
#include "stream/pump.h"

struct listen_options {
	size_t max_connections; // at once: further ones wait until one has gone; 0: no limit
	size_t idle;            // seconds without a byte after which one whom we owe nothing is closed; 0: never
	const struct addr_set *to; // where events go on to; NULL: back. Until it can be reached nothing is read.
};

// Serves until a signal: then what is there of each connection is read and answered, the doors are closed, and whoever
// has not taken its answers shortly before the grace of signals.h ends counts as lost. The pump is one whose `out` is -1;
// pump_end is the caller's. LOF_E_IO: the machine has no epoll for us.
enum lof_rc listen_run(struct pump *p, struct addr_list *doors, const struct listen_options *o, struct lof_err *e);

#endif
