/*
 * failing_memory.h - the n-th allocation fails, ours or SQLite's: for the one file of a program
 * that is linked with --wrap=malloc and --wrap=realloc.
 */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>

#include <sqlite3.h>

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static long left = -1; /* allocations that still succeed; < 0: all */
static bool lasting;   /* all after it fail, too */
static bool hit;

static bool fails(void)
{
	if (left < 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	hit = true;
	if (!lasting)
		left = -1;
	return true;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }

void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static sqlite3_mem_methods sqlite_own;

static void *sqlite_malloc(int size) { return fails() ? NULL : sqlite_own.xMalloc(size); }

static void *sqlite_realloc(void *old, int size)
{
	return fails() ? NULL : sqlite_own.xRealloc(old, size);
}

#endif
