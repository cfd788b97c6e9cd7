#include "stream/packet.h"

enum { LENGTH_BYTES = 4, DIGITS_MOST = 10 };

// --- lengths --------------------------------------------------------------------------------------------------------

size_t
packet_head(enum frame_shape shape, uint64_t length, char *to)
{
	if (shape == SHAPE_NETSTRING) {
		char digits[PACKET_HEAD_MOST];
		size_t at = sizeof digits;
		digits[--at] = ':';
		do
			digits[--at] = (char)('0' + length % 10);
		while (length /= 10);
		memcpy(to, digits + at, sizeof digits - at);
		return sizeof digits - at;
	}
	for (int i = 0; i < LENGTH_BYTES; i++)
		to[i] = (char)(length >> 8 * (LENGTH_BYTES - 1 - i));
	return length <= UINT32_MAX ? LENGTH_BYTES : 0;
}

// Bytes of the length before an event, that is then in *length; 0: not whole, or *why.
static size_t
read_head(const struct frame *f, const char *buf, size_t n, size_t *length, const char **why)
{
	size_t i = 0, len = 0;
	if (f->shape == SHAPE_LENGTH) {
		if (n < LENGTH_BYTES)
			return 0;
		for (; i < LENGTH_BYTES; i++)
			len = len << 8 | (unsigned char)buf[i];
	} else {
		for (; i < n && i < DIGITS_MOST && lof_is_digit((unsigned char)buf[i]) && !(i == 1 && buf[0] == '0'); i++)
			len = len * 10 + (size_t)(buf[i] - '0');
		if (i == n)
			return 0;
		if (i == 0 || buf[i++] != ':') {
			*why = "expected the length of a netstring and ':'";
			return 0;
		}
	}
	if (len > f->max_event && len >= PACKET_LIMIT) {
		*why = "expected the length of an event";
		return 0;
	}
	*length = len;
	return i;
}

// --- pieces ---------------------------------------------------------------------------------------------------------

static struct piece
give(struct frame *f, enum frame_kind kind, const char *buf, size_t n)
{
	f->offset += n;
	return (struct piece){ kind, 0, LOF_STR(buf, n) };
}

// From here on nothing can be trusted; the mistake is `at` bytes further on.
static struct piece
broken(struct frame *f, const char *why, size_t at, const char *buf, size_t n)
{
	f->broken = why;
	f->offset += at;
	return (struct piece){ FRAME_BROKEN, 0, LOF_STR(buf, n) };
}

static struct piece
next_head(struct frame *f, const char *buf, size_t n, bool end)
{
	const char *why = NULL;
	size_t head = read_head(f, buf, n, &f->length, &why);
	if (!head && (why || (end && n)))
		return broken(f, why ? why : "the stream ends within a length", why ? 0 : n, buf, n);
	if (!head)
		return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	f->part = PACKET_BODY;
	f->left = f->length;
	return give(f, FRAME_HEAD, buf, head);
}

static void
end_body(struct frame *f)
{
	f->part = f->shape == SHAPE_NETSTRING ? PACKET_COMMA : PACKET_HEAD;
	f->skipping = false;
	f->line += f->shape == SHAPE_LENGTH;
}

// An event over the limit, as it comes.
static struct piece
next_long(struct frame *f, const char *buf, size_t n)
{
	enum frame_kind kind = f->skipping ? FRAME_REST : FRAME_LONG;
	size_t take = n < f->left ? n : f->left;
	f->skipping = true;
	f->left -= take;
	if (f->left == 0)
		end_body(f);
	return give(f, kind, buf, take);
}

static struct piece
next_body(struct frame *f, const char *buf, size_t n, bool end)
{
	bool comma = f->shape == SHAPE_NETSTRING;
	if (f->length > f->max_event && n)
		return next_long(f, buf, n);
	if (f->length > f->max_event || n < f->length + comma)
		return end ? broken(f, "the stream ends within an event", n, buf, n) : (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	if (comma && buf[f->length] != ',') // its length was another: it is not believed
		return broken(f, "expected ',' behind the event", f->length, buf, f->length);
	end_body(f);
	return give(f, lof_str_trim(LOF_STR(buf, f->length)).n ? FRAME_EVENT : FRAME_BLANK, buf, f->length);
}

static struct piece
next_comma(struct frame *f, const char *buf, size_t n, bool end)
{
	if (n == 0 && !end)
		return (struct piece){ FRAME_MORE, 0, LOF_STR(buf, 0) };
	if (n == 0 || *buf != ',')
		return broken(f, "expected ',' behind the event", 0, buf, 0);
	f->part = PACKET_HEAD;
	f->line++;
	return give(f, FRAME_BETWEEN, buf, 1);
}

struct piece
packet_next(struct frame *f, const char *buf, size_t n, bool end)
{
	if (f->broken)
		return broken(f, f->broken, 0, buf, 0);
	switch (f->part) {
	case PACKET_BODY:
		return next_body(f, buf, n, end);
	case PACKET_COMMA:
		return next_comma(f, buf, n, end);
	default:
		return next_head(f, buf, n, end);
	}
}

size_t
packet_wants(const struct frame *f, const char *buf, size_t n)
{
	const char *why = NULL;
	size_t head = 0, body = f->part == PACKET_BODY ? f->left : 0, comma = f->shape == SHAPE_NETSTRING;
	if (f->broken || (f->part == PACKET_HEAD && n == 0))
		return 0;
	if (f->part == PACKET_HEAD && !(head = read_head(f, buf, n, &body, &why)))
		return why ? 0 : f->shape == SHAPE_LENGTH ? LENGTH_BYTES - n : 1;
	size_t whole = head + body + comma;
	return whole > n ? whole - n : 0;
}
