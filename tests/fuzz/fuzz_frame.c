// Any bytes as a stream, in pieces of any size. The first byte chooses shape and limit, the second how many bytes of
// read sizes follow; the rest is the stream. However it is cut, the same bytes come out, and none is lost; envelopes over
// the limit are opened.
#include "../unit/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run r;

struct sizes {
	const uint8_t *p;
	size_t n, at;
};

static size_t
step(void *arg)
{
	struct sizes *s = arg;

	return s->n ? s->p[s->at++ % s->n] : 1;
}

static void
insist(bool promise)
{
	if (!promise)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 16 << 20, 16 << 20, 200, 64, 20, 8, 2, 1 };
	size_t whole[FRAME_KINDS] = { 0 }, cut[FRAME_KINDS] = { 0 };
	struct sizes sizes = { 0 };
	struct lof_buf want = { 0 };
	char *copy;

	if (size < 2)
		return 0;
	if (!r.rules)
		run_open(&r);
	r.shape = (enum frame_shape)(data[0] % 3);
	r.max_event = limits[data[0] / 3 % 8];
	sizes.p = data + 2;
	sizes.n = data[1] % 16;
	sizes.n = sizes.n < size - 2 ? sizes.n : size - 2;
	data += 2 + sizes.n;
	size -= 2 + sizes.n;
	copy = malloc(size ? size : 1);
	if (size)
		memcpy(copy, data, size);

	run_stream(&r, copy, size, step_all, NULL, whole);
	buf_str(&want, run_view(&r));
	insist(want.n >= size || memmem(copy, size, "lof", 3) || memchr(copy, '\\', size)); // less only where our name was
	r.exact = true;
	run_stream(&r, copy, size, step, &sizes, cut);
	insist(lof_str_eq(run_view(&r), buf_view(&want)));
	insist(cut[FRAME_EVENT] == whole[FRAME_EVENT] && cut[FRAME_BLANK] == whole[FRAME_BLANK] &&
	    cut[FRAME_LONG] == whole[FRAME_LONG] &&
	    cut[FRAME_WRECK] == whole[FRAME_WRECK]);
	if (size < 400) {
		run_stream(&r, copy, size, step_one, NULL, NULL);
		insist(lof_str_eq(run_view(&r), buf_view(&want)));
	}
	if (r.shape == SHAPE_LINES) { // one line in, one line out
		size_t before = 0, after = 0;

		for (size_t i = 0; i < size; i++)
			before += copy[i] == '\n';
		for (size_t i = 0; i < want.n; i++)
			after += want.p[i] == '\n';
		insist(before == after || memmem(copy, size, "lof", 3) || memchr(copy, '\\', size));
	}
	r.exact = false;
	buf_free(&want);
	free(copy);
	return 0;
}
