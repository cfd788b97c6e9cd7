// The index inside the program: packed when the program is built, unpacked when it starts. LZ4 because it unpacks faster
// than a disk reads.
#include "base/io.h"
#include "notes/reader.h"

#include <lz4.h>
#include <lz4hc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Packed: the size of the index (8 bytes, little-endian), an LZ4 block.
enum { PACK_HEAD = 8 };

extern const char lof_embedded_index[], lof_embedded_index_end[];

enum lof_rc
index_pack(struct lof_str index, struct lof_buf *out, struct lof_err *e)
{
	uint64_t size = index.n;
	int room = index.n <= LZ4_MAX_INPUT_SIZE ? LZ4_compressBound((int)index.n) : 0, n = 0;

	if (room) {
		buf_put(out, &size, sizeof(size));
		n = LZ4_compress_HC(index.p, buf_room(out, (size_t)room), (int)index.n, room, LZ4HC_CLEVEL_MAX);
		out->n += n > 0 ? (size_t)n : 0;
	}
	return n > 0 ? LOF_OK : lof_err_set(e, LOF_E_INDEX, "an index too large to be packed", LOF_LIT(""));
}

static struct lof_str
packed(void)
{
	return LOF_STR(lof_embedded_index, (size_t)((uintptr_t)lof_embedded_index_end - (uintptr_t)lof_embedded_index));
}

static enum lof_rc
unpack(struct lof_str from, struct lof_buf *out, struct lof_err *e)
{
	uint64_t size = from.n > PACK_HEAD ? lof_read64(from.p) : 0;

	if (size == 0 || size > LZ4_MAX_INPUT_SIZE)
		return lof_err_set(e, LOF_E_INDEX, "a program built without its index", LOF_LIT(""));
	buf_large(out, size);
	if (LZ4_decompress_safe(from.p + PACK_HEAD, buf_room(out, size), (int)(from.n - PACK_HEAD), (int)size) != (int)size)
		return lof_err_set(e, LOF_E_INDEX, "a damaged program: its index cannot be unpacked", LOF_LIT(""));
	out->n = size;
	return LOF_OK;
}

// The packed form is not read again: its pages need not stay in memory. They would come back from the program's file.
static void
drop_pages(struct lof_str s)
{
#ifdef MADV_DONTNEED
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)s.p + page - 1) & -page;
	uintptr_t to = ((uintptr_t)s.p + s.n) & -page;

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
#endif
}

bool
index_has_builtin(void)
{
	return packed().n > 0;
}

enum lof_rc
index_builtin(struct index **out, bool whole, struct lof_err *e)
{
	struct lof_buf bytes = { .n = 0 };
	enum lof_rc rc = unpack(packed(), &bytes, e);

	*out = NULL;
	if (rc) {
		buf_free(&bytes);
		return rc;
	}
	drop_pages(packed());
	return index_adopt(out, bytes, "built-in index", whole, e);
}
