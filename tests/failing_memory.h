/*
 * failing_memory.h - the n-th allocation fails, ours or SQLite's, once or from then on: for the one
 * file of a program that is linked with --wrap=malloc, --wrap=calloc and --wrap=realloc.
 *
 *     memory_points points = {0};
 *     memory_points_begin(&points);
 *     work();                          // without a fault: learns from where it allocates
 *     memory_points_end(&points);
 *     for (size_t i = 0; i < points.count; i++) {
 *             memory_fail(points.at[i], false);
 *             work();
 *             bool failed = memory_work();
 *             …
 *     }
 *
 * The points are one allocation of each call stack that leads to any; with CANTIL_TEST_ALL they are
 * all allocations.
 */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Where allocations fail, as numbers from 0 that count from memory_fail. */
typedef struct memory_points {
	long *at;
	size_t count;
} memory_points;

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_SLOW 1
#endif
#endif
#ifndef MEMORY_SLOW
#define MEMORY_SLOW 0
#endif

enum {
	MEMORY_FRAMES =
		MEMORY_SLOW ? 7 : 10, /* by which stacks are told apart; two are of this file */
	MEMORY_STACKS = 1 << 20,      /* the most that are, a power of two */
};

static struct {
	long left;    /* allocations that still succeed; < 0: all */
	bool lasting; /* all after it fail, too */
	bool hit;
	/* while points are looked for */
	memory_points *points;
	long number;
	uint64_t *stacks; /* their hashes, by hash; 0: none */
	size_t room;
} memory = {.left = -1};

/* The n-th allocation from here on fails, from 0. */
static inline void memory_fail(long n, bool lasting)
{
	memory.left = n;
	memory.lasting = lasting;
	memory.hit = false;
}

/* All succeed again. Has one failed? */
static inline bool memory_work(void)
{
	memory.left = -1;
	return memory.hit;
}

static bool memory_is_new_stack(void)
{
	void *frames[MEMORY_FRAMES];
	int depth = backtrace(frames, MEMORY_FRAMES);
	uint64_t hash = UINT64_C(14695981039346656037);

	for (int i = 2; i < depth; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * UINT64_C(0x9E3779B97F4A7C15) ^ hash >> 29;
	hash |= 1;
	for (size_t at = hash % MEMORY_STACKS;; at = (at + 1) % MEMORY_STACKS) {
		if (memory.stacks[at] == hash)
			return false;
		if (memory.stacks[at])
			continue;
		memory.stacks[at] = hash;
		return true;
	}
}

static void memory_note(void)
{
	memory_points *points = memory.points;

	memory.points = NULL; /* what is allocated here is no part of it */
	if (!memory.stacks || memory_is_new_stack()) {
		if (points->count == memory.room) {
			memory.room = memory.room ? memory.room * 2 : 1024;
			points->at = __real_realloc(points->at, memory.room * sizeof *points->at);
			if (!points->at)
				abort();
		}
		points->at[points->count++] = memory.number;
	}
	memory.number++;
	memory.points = points;
}

static inline void memory_points_begin(memory_points *points)
{
	void *frame;

	(void)backtrace(&frame, 1); /* its own first allocation is over */
	free(points->at);
	*points = (memory_points){0};
	memory.room = 0;
	memory.number = 0;
	memory.stacks = getenv("CANTIL_TEST_ALL") ? NULL : __real_calloc(MEMORY_STACKS, 8);
	memory.points = points;
}

/* points->at is to be freed. */
static inline void memory_points_end(memory_points *points)
{
	(void)points;
	memory.points = NULL;
	free(memory.stacks);
	memory.stacks = NULL;
}

static bool memory_fails(void)
{
	if (memory.points)
		memory_note();
	if (memory.left < 0)
		return false;
	if (memory.left > 0) {
		memory.left--;
		return false;
	}
	memory.hit = true;
	if (!memory.lasting)
		memory.left = -1;
	return true;
}

void *__wrap_malloc(size_t size) { return memory_fails() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return memory_fails() ? NULL : __real_realloc(old, size);
}

static sqlite3_mem_methods memory_sqlite;

static void *memory_sqlite_malloc(int size)
{
	return memory_fails() ? NULL : memory_sqlite.xMalloc(size);
}

static void *memory_sqlite_realloc(void *old, int size)
{
	return memory_fails() ? NULL : memory_sqlite.xRealloc(old, size);
}

/* SQLite's allocations count, too: before anything of SQLite's is used. */
static inline bool memory_of_sqlite(void)
{
	sqlite3_mem_methods failing;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_sqlite) != SQLITE_OK)
		return false;
	failing = memory_sqlite;
	failing.xMalloc = memory_sqlite_malloc;
	failing.xRealloc = memory_sqlite_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) == SQLITE_OK;
}

#endif
