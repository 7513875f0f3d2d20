/* test_keys.c - a set of integer keys: those that lie close together, and those that do not. */
#include <stdlib.h>

#include "orm/keys.h"
#include "tap.h"

enum { MANY = 5000 };

/* Adds `count` keys, each twice, and finds each of them, and not what lies between. */
static void fill(cni_keys *keys, int64_t first, int64_t step, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t key = (int64_t)((uint64_t)first + i * (uint64_t)step);
		assert_int_equal(cni_keys_add(keys, key), i + 1);
		assert_int_equal(cni_keys_add(keys, key), i + 1);
		assert_true(keys->keys[i] == key);
	}
	assert_int_equal(keys->count, count);
	for (size_t i = 0; i < count; i++) {
		int64_t key = (int64_t)((uint64_t)first + i * (uint64_t)step);
		assert_int_equal(cni_keys_find(keys, key), i + 1);
		if (step > 1)
			assert_int_equal(cni_keys_find(keys, key + 1), 0);
	}
}

static void test_empty(void **state)
{
	cni_keys keys = {0};

	(void)state;
	assert_int_equal(cni_keys_find(&keys, 0), 0);
	assert_int_equal(cni_keys_find(&keys, INT64_MIN), 0);
	cni_keys_done(&keys);
	assert_true(cni_keys_expect(&keys, 0, 0, 0)); /* of no keys */
	assert_int_equal(cni_keys_find(&keys, 0), 0);
	assert_int_equal(cni_keys_add(&keys, 3), 1);
	assert_int_equal(cni_keys_find(&keys, 3), 1);
	cni_keys_done(&keys);
}

static void test_unexpected(void **state)
{
	cni_keys keys = {0};

	(void)state;
	fill(&keys, -77, 1, MANY);
	cni_keys_done(&keys);
	fill(&keys, INT64_MIN, INT64_C(1) << 40, MANY);
	cni_keys_done(&keys);
}

static void test_close(void **state)
{
	cni_keys keys = {0};

	(void)state;
	assert_true(cni_keys_expect(&keys, -1000, -1000 + 2 * (MANY - 1), MANY));
	assert_true(keys.span > 0);
	fill(&keys, -1000, 2, MANY);
	assert_int_equal(cni_keys_find(&keys, INT64_MAX), 0);
	assert_int_equal(cni_keys_find(&keys, INT64_MIN), 0);
	/* one that nobody expected: all are found as before */
	assert_int_equal(cni_keys_add(&keys, INT64_MAX), MANY + 1);
	assert_int_equal(cni_keys_find(&keys, INT64_MAX), MANY + 1);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(cni_keys_find(&keys, -1000 + 2 * i), i + 1);
	cni_keys_done(&keys);
}

/* The distance of the two ends is more than an int64_t holds. */
static void test_far_apart(void **state)
{
	cni_keys keys = {0};

	(void)state;
	assert_true(cni_keys_expect(&keys, INT64_MIN, INT64_MAX, 2));
	assert_int_equal(cni_keys_add(&keys, INT64_MAX), 1);
	assert_int_equal(cni_keys_add(&keys, INT64_MIN), 2);
	assert_int_equal(cni_keys_find(&keys, INT64_MAX), 1);
	assert_int_equal(cni_keys_find(&keys, INT64_MIN), 2);
	assert_int_equal(cni_keys_find(&keys, 0), 0);
	cni_keys_done(&keys);
	assert_true(cni_keys_expect(&keys, INT64_MAX - 3, INT64_MAX, 4));
	fill(&keys, INT64_MAX - 3, 1, 4);
	cni_keys_done(&keys);
	assert_false(cni_keys_expect(&keys, 0, INT64_MAX, (size_t)CNI_KEYS_MAX + 1));
	cni_keys_done(&keys);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_unexpected),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_far_apart),
	};

	return RUN(tests);
}
