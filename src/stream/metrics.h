// What was counted as a Prometheus textfile, as node_exporter's textfile collector reads it: each metric with its help
// and type, counters that only grow. Every series bears the name of the file as `stream`, for the collector takes no two
// files with the same series.
//
// One thread.
#ifndef LOF_STREAM_METRICS_H
#define LOF_STREAM_METRICS_H

#include "stream/enrich.h"

// `path` is where it will be, for the name alone; `started` in seconds since 1970. Techniques are named only when events
// that bore them got no notes, retired ids when they came: so there are few.
// The enricher has a tally.
void metrics_text(const struct enricher *e, const char *path, uint64_t started, struct lof_buf *out);

#endif
