// The text of the appended member.
#ifndef LOF_STREAM_EMIT_H
#define LOF_STREAM_EMIT_H

#include "stream/enrich.h"

// Replaces *out by `"lofp":{...}` for the ranker's answer and the event's techniques. Notes that would make it longer
// than `room` bytes (0: any length) are left out; how many went in comes back in *notes. Leaves *out empty when not
// even the member without notes fits.
void emit_member(const struct engine *en, struct lof_str quoted_key, const struct keys *k, const struct ranker *r, size_t room,
    struct lof_buf *out, uint32_t *notes);

#endif
