// Any bytes as a stream of events with lengths before them or NUL behind, in pieces of any size. The first byte chooses
// framing, limit and what goes out, the second how many bytes of read sizes follow; the rest is the stream. However it is
// cut, the same bytes come out and the same place is broken; one comes out for each that went in.
#include "../unit/run.h"
#include "stream/lane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run r;

struct result {
	struct lof_buf out;
	const char *broken;
	uint64_t offset, taken;
};

static void
insist(bool promise)
{
	if (!promise)
		abort();
}

static struct result
through(const struct lane_options *o, struct lof_str stream, const uint8_t *sizes, size_t n_sizes)
{
	struct result got = { 0 };
	struct sink out;
	struct lane l;
	bool stopped;
	sink_init(&out, -1);
	r.e.count = (struct counters){ 0 };
	lane_init(&l, &r.e, o, &out, NULL);
	lane_restart(&l, "x");
	lane_room(&l, 1);
	for (size_t at = 0, i = 0, n; at < stream.n && !l.broken; at += n) {
		n = n_sizes ? (size_t)1 + sizes[i++ % n_sizes] : stream.n;
		n = n < stream.n - at ? n : stream.n - at;
		lane_room(&l, n);
		buf_put(&l.in, stream.p + at, n);
		lane_take(&l, false, &stopped);
	}
	if (!l.broken)
		lane_take(&l, true, &stopped);
	got = (struct result){ out.buf, l.broken, l.frame.offset, r.e.count.blank + r.e.count.events };
	lane_free(&l);
	return got;
}

// How many whole ones there are.
static uint64_t
count(enum frame_shape shape, struct lof_str s)
{
	uint64_t n = 0;
	for (size_t at = 0; at < s.n; n++) {
		size_t len = 0, head = 4;
		if (shape == SHAPE_NUL) {
			const char *end = memchr(s.p + at, 0, s.n - at);
			at = end ? (size_t)(end - s.p) + 1 : s.n;
			continue;
		}
		if (shape == SHAPE_NETSTRING)
			for (head = 1; at < s.n && s.p[at] != ':'; at++)
				len = len * 10 + (size_t)(s.p[at] - '0');
		else
			for (size_t i = 0; i < 4 && at + i < s.n; i++)
				len = len << 8 | (unsigned char)s.p[at + i];
		at += head + len + (shape == SHAPE_NETSTRING);
		if (at > s.n)
			break; // an event over the limit of which only a part came
		insist(shape == SHAPE_LENGTH || s.p[at - 1] == ',');
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 16 << 20, 200, 20, 1 };
	struct lane_options o = { 0 };
	if (size < 2)
		return 0;
	if (!r.rules)
		run_open(&r);
	o.shape = (enum frame_shape)(SHAPE_NUL + data[0] % 3);
	o.max_event = limits[data[0] / 3 % 4];
	r.engine.emit = (enum emit)(data[0] / 12 % 3);
	size_t n_sizes = data[1] % 16;
	n_sizes = n_sizes < size - 2 ? n_sizes : size - 2;
	size_t n = size - 2 - n_sizes;
	char *copy = malloc(n ? n : 1);
	if (n)
		memcpy(copy, data + 2 + n_sizes, n);
	struct result whole = through(&o, LOF_STR(copy, n), NULL, 0);
	struct result cut = through(&o, LOF_STR(copy, n), data + 2, n_sizes);
	insist(lof_str_eq(buf_view(&whole.out), buf_view(&cut.out)));
	insist(whole.broken == cut.broken && whole.offset == cut.offset && whole.taken == cut.taken);
	uint64_t came = count(o.shape, buf_view(&whole.out));
	insist(whole.broken ? came <= whole.taken && came + 1 >= whole.taken : came == whole.taken || o.shape == SHAPE_NUL);
	buf_free(&whole.out);
	buf_free(&cut.out);
	free(copy);
	return 0;
}
