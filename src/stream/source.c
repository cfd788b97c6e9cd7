#include "stream/source.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { RAW_BLOCK = 256 * 1024, ANY_GZIP = 15 + 16 }; // the second: every window, a gzip header (zlib.h)

struct decoder {
	z_stream gzip;
	bool gzip_ready;
	ZSTD_DStream *zstd;
	size_t zstd_wants; // bytes to the end of the block
};

void
source_free(struct source *s)
{
	if (s->decoder && s->decoder->gzip_ready)
		inflateEnd(&s->decoder->gzip);
	if (s->decoder)
		ZSTD_freeDStream(s->decoder->zstd);
	free(s->decoder);
	buf_free(&s->raw);
}

void
source_start(struct source *s, int fd)
{
	struct lof_buf raw = s->raw;
	raw.n = 0;
	*s = (struct source){ .fd = fd, .raw = raw, .decoder = s->decoder };
}

// --- what kind it is ------------------------------------------------------------------------------------------------

enum magic { MAGIC_NONE, MAGIC_PART, MAGIC_GZIP, MAGIC_ZSTD };

// PART: more bytes must be seen to say.
static enum magic
magic(const char *p, size_t n)
{
	static const struct {
		enum magic kind;
		size_t n;
		unsigned char first_mask, bytes[SOURCE_LEAST];
	} known[] = {
		{ MAGIC_GZIP, 3, 0xff, { 0x1f, 0x8b, 8 } },
		{ MAGIC_ZSTD, 4, 0xff, { 0x28, 0xb5, 0x2f, 0xfd } },
		{ MAGIC_ZSTD, 4, 0xf0, { 0x50, 0x2a, 0x4d, 0x18 } }, // a frame to skip, as pzstd writes first
	};
	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		size_t i = 0;
		while (i < n && i < known[k].n && ((unsigned char)p[i] & (i ? 0xff : known[k].first_mask)) == known[k].bytes[i])
			i++;
		if (i == known[k].n)
			return known[k].kind;
		if (i == n)
			return MAGIC_PART;
	}
	return MAGIC_NONE;
}

// The first bytes, into the caller's room: what is plain is never copied.
static ssize_t
begin(struct source *s, char *p, size_t n)
{
	size_t had = s->raw.n;
	ssize_t got = io_read(s->fd, p + had, n - had);
	if (got < 0)
		return -1;
	if (had)
		memcpy(p, s->raw.p, had);
	s->taken += (uint64_t)got;
	size_t have = had + (size_t)got;
	enum magic kind = magic(p, have);
	if (kind == MAGIC_NONE || got == 0) {
		s->state = SOURCE_PLAIN;
		return (ssize_t)have;
	}
	s->raw.n = 0;
	buf_put(&s->raw, p, have);
	if (kind != MAGIC_PART)
		s->state = SOURCE_BETWEEN;
	errno = EAGAIN;
	return -1;
}

// --- decoding -------------------------------------------------------------------------------------------------------

static void
wrong(struct source *s, const char *what, const char *why)
{
	s->what = what;
	s->why = why ? why : "";
}

static bool
ready_gzip(struct decoder *d)
{
	if (d->gzip_ready)
		return inflateReset(&d->gzip) == Z_OK;
	return d->gzip_ready = inflateInit2(&d->gzip, ANY_GZIP) == Z_OK;
}

static bool
ready_zstd(struct decoder *d)
{
	if (!d->zstd)
		d->zstd = ZSTD_createDStream();
	return d->zstd && !ZSTD_isError(d->zstd_wants = ZSTD_initDStream(d->zstd));
}

// The next member or frame. False when there is none, or not yet.
static bool
next_member(struct source *s)
{
	while (s->used < s->raw.n && s->raw.p[s->used] == 0) // padding to a whole block, as gzip(1) has it
		s->used++;
	size_t left = s->raw.n - s->used;
	enum magic kind = left ? magic(s->raw.p + s->used, left) : MAGIC_PART;
	if (kind == MAGIC_NONE || (kind == MAGIC_PART && left && s->ended))
		wrong(s, "expected the end, or more gzip or zstd data", "");
	if (kind <= MAGIC_PART)
		return false;
	if (!s->decoder)
		s->decoder = calloc(1, sizeof *s->decoder);
	if (!s->decoder || !(kind == MAGIC_GZIP ? ready_gzip(s->decoder) : ready_zstd(s->decoder))) {
		wrong(s, "not enough memory to decode it", "");
		return false;
	}
	s->state = kind == MAGIC_GZIP ? SOURCE_GZIP : SOURCE_ZSTD;
	return true;
}

static size_t
gunzip(struct source *s, char *p, size_t n)
{
	z_stream *z = &s->decoder->gzip;
	size_t left = s->raw.n - s->used;
	z->next_in = (Bytef *)s->raw.p + s->used;
	z->avail_in = (uInt)left;
	z->next_out = (Bytef *)p;
	z->avail_out = (uInt)n;
	int rc = inflate(z, Z_SYNC_FLUSH);
	s->used += left - z->avail_in;
	if (rc == Z_STREAM_END)
		s->state = SOURCE_BETWEEN;
	else if (rc == Z_MEM_ERROR)
		wrong(s, "not enough memory to decode it", "");
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		wrong(s, "damaged gzip data", z->msg);
	return n - z->avail_out;
}

static size_t
unzstd(struct source *s, char *p, size_t n)
{
	// Block by block: it does not say how far it came in what it refuses.
	size_t left = s->raw.n - s->used, wants = s->decoder->zstd_wants;
	ZSTD_inBuffer in = { s->raw.p, s->used + (left < wants ? left : wants), s->used };
	ZSTD_outBuffer out = { p, n, 0 };
	size_t rc = ZSTD_decompressStream(s->decoder->zstd, &out, &in);
	s->used = in.pos;
	if (ZSTD_isError(rc))
		wrong(s, "damaged zstd data", ZSTD_getErrorName(rc));
	else if (rc == 0)
		s->state = SOURCE_BETWEEN;
	s->decoder->zstd_wants = rc;
	return out.pos;
}

// All that the bytes at hand give, n at most.
static size_t
decode(struct source *s, char *p, size_t n)
{
	size_t done = 0;
	while (done < n && !s->what) {
		if (s->state == SOURCE_BETWEEN && !next_member(s))
			break;
		size_t was = s->used, more = s->state == SOURCE_GZIP ? gunzip(s, p + done, n - done) : unzstd(s, p + done, n - done);
		done += more;
		if (!more && s->used == was && s->state != SOURCE_BETWEEN)
			break;
	}
	s->starved = done < n && !s->what && !s->ended;
	if (done == 0 && s->ended && !s->what && s->state != SOURCE_BETWEEN)
		wrong(s, s->state == SOURCE_GZIP ? "gzip data end too early" : "zstd data end too early", "");
	return done;
}

// Behind what is left of a magic number.
static bool
refill(struct source *s)
{
	size_t left = s->raw.n - s->used;
	memmove(s->raw.p, s->raw.p + s->used, left);
	s->raw.n = left;
	s->used = 0;
	ssize_t got = io_read(s->fd, buf_room(&s->raw, RAW_BLOCK), RAW_BLOCK);
	if (got < 0)
		return false;
	s->raw.n += (size_t)got;
	s->taken += (uint64_t)got;
	s->ended = got == 0;
	s->starved = false;
	return true;
}

ssize_t
source_read(struct source *s, char *p, size_t n)
{
	ssize_t got;
	if (s->state == SOURCE_PLAIN) {
		if ((got = io_read(s->fd, p, n)) > 0)
			s->taken += (uint64_t)got;
		return got;
	}
	if (s->state == SOURCE_NEW)
		return begin(s, p, n);
	if (s->starved && !refill(s))
		return -1;
	if ((got = (ssize_t)decode(s, p, n)) > 0)
		return got;
	if (s->ended && !s->what)
		return 0;
	errno = s->what ? EIO : EAGAIN;
	return -1;
}

enum lof_rc
source_error(const struct source *s, const char *name, struct lof_err *e)
{
	if (!s->what)
		return lof_err_sys(e, name, "reading failed");
	return lof_err_offset(e, LOF_E_IO, name, s->taken - (s->raw.n - s->used), s->what, lof_cstr(s->why));
}
