/* test_sha256.c - checksums: the standard's own examples, and both ways to compute them. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sha256.h"

static void assert_sum(const void *data, size_t size, const char *expected)
{
	char out[65];

	cni_sha256_text(data, size, out);
	assert_string_equal(out, expected);
}

/* FIPS 180-4's examples, and lengths around the end of a block. */
static void known_sums(void **state)
{
	enum { MILLION = 1000000 };
	char *a = malloc(MILLION);

	(void)state;
	assert_non_null(a);
	memset(a, 'a', MILLION);
	assert_sum("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sum("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_sum("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
		   "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	assert_sum(a, MILLION, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_sum(a, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	assert_sum(a, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	free(a);
}

/* What is added in pieces of any size is what is added at once. */
static void pieces(void **state)
{
	static unsigned char data[150000];
	char whole[65], parts[65];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 131 + i / 7);
	cni_sha256_text(data, sizeof data, whole);
	for (size_t piece = 1; piece < sizeof data; piece = piece * 3 + 1) {
		cni_sha256 sha;
		cni_sha256_init(&sha);
		for (size_t at = 0; at < sizeof data; at += piece)
			cni_sha256_add(&sha, data + at,
				piece < sizeof data - at ? piece : sizeof data - at);
		cni_sha256_hex(&sha, parts);
		assert_string_equal(parts, whole);
	}
}

/* The processor's instructions, where it has them, and the C text: from any state, the same. */
static void both_ways(void **state)
{
	unsigned char data[64 * 9 + 3];

	(void)state;
	if (!cni_sha256_has_cpu())
		print_message("# this processor has no instructions for it: C against C\n");
	srand(7);
	for (int round = 0; round < 2000; round++) {
		uint32_t start[8], one[8], two[8];
		size_t count = (size_t)rand() % 10, shift = (size_t)rand() % 4;
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (unsigned char)rand();
		for (int i = 0; i < 8; i++)
			start[i] = one[i] = two[i] = (uint32_t)rand() * 2654435761u;
		count = count > 9 ? 9 : count;
		cni_sha256_blocks(one, data + shift, count);
		if (cni_sha256_has_cpu())
			cni_sha256_blocks_cpu(two, data + shift, count);
		else
			cni_sha256_blocks(two, data + shift, count);
		assert_memory_equal(one, two, sizeof one);
		assert_int_equal(memcmp(one, start, sizeof one) == 0, count == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sums),
		cmocka_unit_test(pieces),
		cmocka_unit_test(both_ways),
	};

	return RUN(tests);
}
