// For tests: text as gzip and as zstd data.
#ifndef LOF_TESTS_SQUEEZE_H
#define LOF_TESTS_SQUEEZE_H

#include "base/buf.h"

#include <criterion/criterion.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

static inline void
squeeze_gzip(struct lof_buf *to, struct lof_str text)
{
	z_stream z = { 0 };
	cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.avail_out = (uInt)deflateBound(&z, text.n);
	z.next_out = (Bytef *)buf_room(to, z.avail_out);
	z.next_in = (const Bytef *)(text.n ? text.p : "");
	z.avail_in = (uInt)text.n;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	to->n += z.total_out;
	deflateEnd(&z);
}

static inline void
squeeze_zstd(struct lof_buf *to, struct lof_str text)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t most = ZSTD_compressBound(text.n), n;
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(c, buf_room(to, most), most, text.n ? text.p : "", text.n);
	cr_assert(!ZSTD_isError(n), "%s", ZSTD_getErrorName(n));
	to->n += n;
	ZSTD_freeCCtx(c);
}

#endif
