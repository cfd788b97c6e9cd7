// The index inside the program: packed when the program is built, unpacked when it starts. LZ4 because it unpacks faster
// than a disk reads.
#include "base/io.h"
#include "notes/reader.h"

#include <lz4.h>
#include <lz4hc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Packed: three parts, each behind two numbers (32 bits, little-endian), its size and its size as it stands here. The one in
// the middle stands as it is: words, their hash table and postings become little smaller, and take the longest to unpack.
enum { PACK_PARTS = 3, PACK_HEAD = 8 };

extern const char lof_embedded_index[], lof_embedded_index_end[];

static bool
pack_part(struct lof_str part, bool as_it_is, struct lof_buf *out)
{
	int room = as_it_is || part.n > LZ4_MAX_INPUT_SIZE ? 0 : LZ4_compressBound((int)part.n);
	uint32_t head[2] = { (uint32_t)part.n, (uint32_t)part.n };
	size_t at = out->n;

	buf_put(out, head, sizeof(head));
	if (as_it_is) {
		buf_str(out, part);
		return true;
	}
	int n = LZ4_compress_HC(part.p, buf_room(out, (size_t)room), (int)part.n, room, LZ4HC_CLEVEL_MAX);
	head[1] = (uint32_t)n;
	memcpy(out->p + at, head, sizeof(head));
	out->n += n > 0 ? (size_t)n : 0;
	return n > 0;
}

enum lof_rc
index_pack(struct lof_str index, struct lof_buf *out, struct lof_err *e)
{
	struct layout_header h;

	if (index.n < sizeof(h) || index.n > LZ4_MAX_INPUT_SIZE)
		return lof_err_set(e, LOF_E_INDEX, "no index, or too large to be packed", LOF_LIT(""));
	memcpy(&h, index.p, sizeof(h));
	size_t from = h.part[PART_WORDS].offset, to = h.part[PART_CONDITIONS].offset;
	if (from > to || to > index.n)
		return lof_err_set(e, LOF_E_INDEX, "no index, or too large to be packed", LOF_LIT(""));
	return pack_part(LOF_STR(index.p, from), false, out) && pack_part(LOF_STR(index.p + from, to - from), true, out) &&
	    pack_part(LOF_STR(index.p + to, index.n - to), false, out) ? LOF_OK :
	    lof_err_set(e, LOF_E_INDEX, "an index that cannot be packed", LOF_LIT(""));
}

static struct lof_str
packed(void)
{
	return LOF_STR(lof_embedded_index, (size_t)((uintptr_t)lof_embedded_index_end - (uintptr_t)lof_embedded_index));
}

// The next part of *from behind what is in *out; there is room for `most` bytes in all.
static bool
unpack_part(struct lof_str *from, struct lof_buf *out, size_t most)
{
	uint32_t head[2];

	if (from->n < PACK_HEAD)
		return false;
	memcpy(head, from->p, sizeof(head));
	*from = LOF_STR(from->p + PACK_HEAD, from->n - PACK_HEAD);
	if (head[1] > from->n || head[0] > most - out->n)
		return false;
	if (head[0] == head[1])
		memcpy(out->p + out->n, from->p, head[0]);
	else if (LZ4_decompress_safe(from->p, out->p + out->n, (int)head[1], (int)head[0]) != (int)head[0])
		return false;
	out->n += head[0];
	*from = LOF_STR(from->p + head[1], from->n - head[1]);
	return true;
}

static enum lof_rc
unpack(struct lof_str from, struct lof_buf *out, struct lof_err *e)
{
	uint32_t head[2];
	size_t size = 0;

	for (size_t at = 0; at + PACK_HEAD <= from.n; at += PACK_HEAD + head[1]) {
		memcpy(head, from.p + at, sizeof(head));
		size += head[0];
	}
	if (size == 0)
		return lof_err_set(e, LOF_E_INDEX, "a program built without its index", LOF_LIT(""));
	buf_large(out, size);
	buf_room(out, size);
	for (int i = 0; i < PACK_PARTS; i++)
		if (!unpack_part(&from, out, size))
			return lof_err_set(e, LOF_E_INDEX, "a damaged program: its index cannot be unpacked", LOF_LIT(""));
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
