/* test_memory.c - arenas and buffers: alignment, growth, bounds, remembered failure. */
#include "tap.h"

#include "base/arena.h"
#include "base/buffer.h"

static void arena_gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	cni_arena arena = {0};
	for (size_t size = 1; size < 5000; size += 97) {
		unsigned char *p = cni_alloc(&arena, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAA, size);
	}
	cni_arena_reset(&arena);
	assert_int_equal(*(char *)cni_alloc(&arena, 100), 0);
	cni_arena_done(&arena);
	assert_int_equal(arena.size_bytes, 0);
}

static bool holds(const unsigned char *p, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i++) {
		if (p[i] != byte)
			return false;
	}
	return true;
}

/* Blocks of many megabytes come from another place than small ones: what they hold is zeroed, also
 * when one of them is kept for the next round, and no two pieces overlap. */
static void large_blocks_are_zeroed_and_apart(void **state)
{
	(void)state;
	enum { PIECES = 50, SIZE = 700 * 1024 };
	static unsigned char *pieces[PIECES];
	cni_arena arena = {0};
	for (int round = 0; round < 2; round++) {
		unsigned char *first = cni_alloc(&arena, 5 << 20);
		assert_non_null(first);
		assert_true(holds(first, 5 << 20, 0));
		memset(first, 0xEE, 5 << 20);
		for (int i = 0; i < PIECES; i++) {
			pieces[i] = cni_alloc(&arena, SIZE);
			assert_non_null(pieces[i]);
			assert_true(holds(pieces[i], SIZE, 0));
			memset(pieces[i], i + 1, SIZE);
		}
		for (int i = 0; i < PIECES; i++)
			assert_true(holds(pieces[i], SIZE, (unsigned char)(i + 1)));
		assert_true(holds(first, 5 << 20, 0xEE));
		assert_true(arena.size_bytes >= (size_t)PIECES * SIZE + (5 << 20));
		cni_arena_reset(&arena);
		assert_true(arena.size_bytes <= 8 << 20); /* one block is kept */
	}
	assert_null(cni_alloc(&arena, SIZE_MAX / 4)); /* more than there is */
	assert_true(arena.failed);
	cni_arena_done(&arena);
	assert_int_equal(arena.size_bytes, 0);
}

static void arena_remembers_failure(void **state)
{
	(void)state;
	cni_arena arena = {0};
	assert_null(cni_alloc(&arena, SIZE_MAX - 3));
	assert_true(arena.failed);
	assert_null(cni_alloc(&arena, 1));
	cni_arena_done(&arena);
	assert_false(arena.failed);
}

static void list_grows(void **state)
{
	(void)state;
	cni_arena arena = {0};
	int *list = NULL;
	size_t count = 0;
	for (int i = 0; i < 1000; i++)
		assert_true(CNI_PUSH(&arena, list, count, i));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	cni_arena_done(&arena);
}

static void buffer_appends(void **state)
{
	(void)state;
	cni_buffer buffer = {0};
	assert_string_equal(cni_buffer_text(&buffer), "");
	for (int i = 0; i < 500; i++)
		cni_buffer_printf(&buffer, "%d,", i);
	assert_int_equal(buffer.size, 10 * 2 + 90 * 3 + 400 * 4);
	assert_int_equal(strlen(buffer.data), buffer.size);
	cni_buffer_clear(&buffer);
	assert_string_equal(cni_buffer_text(&buffer), "");
	cni_buffer_done(&buffer);
}

static void buffer_keeps_its_limit(void **state)
{
	(void)state;
	cni_buffer buffer = {.limit = 5};
	cni_buffer_puts(&buffer, "12345");
	assert_false(buffer.failed);
	cni_buffer_putc(&buffer, '6');
	assert_true(buffer.failed);
	assert_string_equal(cni_buffer_text(&buffer), "12345");
	cni_buffer_done(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(large_blocks_are_zeroed_and_apart),
		cmocka_unit_test(arena_remembers_failure),
		cmocka_unit_test(list_grows),
		cmocka_unit_test(buffer_appends),
		cmocka_unit_test(buffer_keeps_its_limit),
	};
	return RUN(tests);
}
