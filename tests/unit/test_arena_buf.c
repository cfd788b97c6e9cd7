#include "base/arena.h"
#include "base/buf.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

Test(arena, memory_is_zeroed_aligned_and_nobody_elses)
{
	enum { N = 3000 };
	struct lof_arena a = { 0 };
	static unsigned char *p[N];
	static size_t n[N];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N; i++) {
			n[i] = i * i % 977 * (i % 100 == 0 ? 100 : 1);
			p[i] = arena_alloc(&a, n[i]);
			cr_assert_not_null(p[i]);
			cr_assert_eq((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < n[i]; k++)
				cr_assert_eq(p[i][k], 0, "piece %zu is not zeroed at %zu", i, k);
			if (n[i])
				memset(p[i], (int)(i % 255) + 1, n[i]);
		}
		for (size_t i = 0; i < N; i++)
			for (size_t k = 0; k < n[i]; k++)
				cr_assert_eq(p[i][k], i % 255 + 1, "piece %zu was written over", i);
		arena_free(&a);
		cr_assert_null(a.head);
	}
}

Test(arena, empty_pieces_have_addresses_of_their_own)
{
	struct lof_arena a = { 0 };

	cr_assert_neq(arena_alloc(&a, 0), arena_alloc(&a, 0));
	arena_free(&a);
	arena_free(&a);
}

Test(arena, a_large_piece_does_not_waste_the_block_begun)
{
	struct lof_arena a = { 0 };
	char *small = arena_alloc(&a, 16);

	arena_alloc(&a, 3 << 20);
	cr_assert_eq((char *)arena_alloc(&a, 16), small + 16);
	arena_free(&a);
}

Test(arena, copies_end_in_nul)
{
	struct lof_arena a = { 0 };
	struct lof_str s = arena_copy(&a, LOF_LIT("a\0b")), none = arena_copy(&a, LOF_STR(NULL, 0));

	cr_assert(lof_str_eq(s, LOF_LIT("a\0b")));
	cr_assert_eq(s.p[3], '\0');
	cr_assert_eq(none.n, 0);
	cr_assert_eq(none.p[0], '\0');
	arena_free(&a);
}

// What a size that cannot be has to come to: status 3, not a wrapped-around small piece.
Test(arena, product_overflow_ends_with_3, .init = cr_redirect_stderr, .exit_code = 3)
{
	struct lof_arena a = { 0 };

	arena_array(&a, SIZE_MAX / 8 + 2, 8);
}

Test(arena, size_overflow_ends_with_3, .init = cr_redirect_stderr, .exit_code = 3)
{
	struct lof_arena a = { 0 };

	arena_alloc(&a, SIZE_MAX);
}

Test(buf, grows_and_keeps)
{
	struct lof_buf b = { 0 };

	cr_assert_eq(buf_view(&b).n, 0);
	buf_put(&b, NULL, 0);
	for (unsigned i = 0; i < 100000; i++) {
		buf_uint(&b, i);
		buf_char(&b, '\n');
		cr_assert_leq(b.n, b.cap);
	}
	buf_lit(&b, "end\0.");
	buf_str(&b, LOF_LIT("tail"));
	cr_assert_eq(b.n, 10 * 2 + 90 * 3 + 900 * 4 + 9000 * 5 + 90000 * 6 + 5 + 4);
	for (unsigned i = 0, at = 0; i < 100000; i++) {
		char want[16];
		int n = snprintf(want, sizeof(want), "%u\n", i);

		cr_assert_eq(memcmp(b.p + at, want, (size_t)n), 0, "number %u", i);
		at += (unsigned)n;
	}
	cr_assert_eq(memcmp(b.p + b.n - 9, "end\0.tail", 9), 0);
	buf_free(&b);
	cr_assert(!b.p && !b.n && !b.cap);
	buf_free(&b);
}

Test(buf, once_warm_it_allocates_no_more)
{
	struct lof_buf b = { 0 };
	char *p;

	memset(buf_room(&b, 5000), 'x', 5000);
	p = b.p;
	for (int i = 0; i < 100; i++) {
		b.n = 0;
		for (int k = 0; k < 50; k++)
			buf_put(&b, "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
			    "123456789", 100);
		cr_assert_eq(b.p, p);
	}
	buf_free(&b);
}

Test(buf, growth_doubles)
{
	struct lof_buf b = { 0 };
	int moves = 0;

	for (size_t i = 0, cap = 0; i < 1 << 20; i++) {
		buf_char(&b, 'x');
		moves += b.cap != cap;
		cap = b.cap;
	}
	cr_assert_leq(moves, 16);
	buf_free(&b);
}

Test(buf, numbers)
{
	struct lof_buf b = { 0 };

	buf_uint(&b, 0);
	buf_char(&b, ' ');
	buf_uint(&b, UINT64_MAX);
	cr_assert(lof_str_eq(buf_view(&b), LOF_LIT("0 18446744073709551615")));
	buf_free(&b);
}

Test(buf, overflow_ends_with_3, .init = cr_redirect_stderr, .exit_code = 3)
{
	struct lof_buf b = { 0 };

	buf_char(&b, 'x');
	buf_room(&b, SIZE_MAX);
}

#ifndef ASAN // which needs all the address space there is
Test(buf, no_memory_says_so_and_ends_with_3, .init = cr_redirect_stderr, .exit_code = 3)
{
	struct rlimit limit = { 256 << 20, 256 << 20 };
	struct lof_buf b = { 0 };

	setrlimit(RLIMIT_AS, &limit);
	buf_room(&b, (size_t)1 << 40);
}
#endif
