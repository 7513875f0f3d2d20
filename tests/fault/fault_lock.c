/*
 * fault_lock.c - locks and shared memory, as the unix VFS has them, between connections of one
 * process.
 */
#include <stdlib.h>

#include "fault_file.h"

enum { REGIONS = 64 };

typedef struct locks {                  /* of one file; kept with it */
	int readers;                    /* handles at SHARED or above */
	fault_file *reserved, *pending; /* who has it; the exclusive lock is the pending one
					   without other readers */
	unsigned char *regions[REGIONS];
	int mapped; /* handles */
	int shared[SQLITE_SHM_NLOCK];
	fault_file *exclusive[SQLITE_SHM_NLOCK];
} locks;

static void drop_regions(locks *l)
{
	for (int i = 0; i < REGIONS; i++) {
		free(l->regions[i]);
		l->regions[i] = NULL;
	}
}

static void locks_free(void *extra)
{
	drop_regions(extra);
	free(extra);
}

static locks *locks_of(fault_file *file)
{
	void **extra = disk_extra(file->file, locks_free);
	if (!*extra)
		*extra = disk_memory(sizeof(locks));
	return *extra;
}

/* ---- the file's lock ---- */

static bool others(const fault_file *holder, const fault_file *file)
{
	return holder && holder != file;
}

static int raise(locks *l, fault_file *file, int level)
{
	if (file->level == SQLITE_LOCK_NONE) {
		if (others(l->pending, file))
			return SQLITE_BUSY;
		l->readers++;
		file->level = SQLITE_LOCK_SHARED;
	}
	if (level == SQLITE_LOCK_SHARED)
		return SQLITE_OK;
	if (others(l->reserved, file) || others(l->pending, file))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_RESERVED) {
		l->reserved = file;
		file->level = level;
		return SQLITE_OK;
	}
	l->pending = file; /* no new readers; those that are there must go */
	file->level = l->readers > 1 ? SQLITE_LOCK_PENDING : SQLITE_LOCK_EXCLUSIVE;
	return l->readers > 1 ? SQLITE_BUSY : SQLITE_OK;
}

static void lower(locks *l, fault_file *file, int level)
{
	if (level >= file->level)
		return;
	if (l->reserved == file)
		l->reserved = NULL;
	if (l->pending == file)
		l->pending = NULL;
	if (level == SQLITE_LOCK_NONE)
		l->readers--;
	file->level = level;
}

int fault_lock(sqlite3_file *base, int level)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_LOCK, false);
	if (verdict.rc)
		return verdict.rc;
	return level > file->level ? raise(locks_of(file), file, level) : SQLITE_OK;
}

/* One that fails has still let go: so it is when the file is on another machine that does not
 * answer. */
int fault_unlock(sqlite3_file *base, int level)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_UNLOCK, false);
	lower(locks_of(file), file, level);
	return fault_power_is_off() ? SQLITE_OK : verdict.rc;
}

int fault_check_reserved(sqlite3_file *base, int *ret)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_RESERVED, false);
	const locks *l = locks_of(file);
	*ret = l->reserved || l->pending;
	return verdict.rc;
}

/* ---- shared memory ---- */

int fault_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
	fault_file *file = fault_file_of(base);
	locks *l = locks_of(file);
	fault_verdict verdict = fault_gate(FAULT_SHM_MAP, false);
	*ret = NULL;
	if (verdict.rc)
		return verdict.rc;
	if (region >= REGIONS)
		return SQLITE_NOMEM;
	if (!file->mapped) {
		if (!l->mapped++)
			fault_mark_shm(file->name, true);
		file->mapped = true;
	}
	if (!l->regions[region] && extend)
		l->regions[region] = disk_memory((size_t)size);
	*ret = l->regions[region];
	return SQLITE_OK;
}

static void shm_let_go(locks *l, fault_file *file, int slot)
{
	unsigned bit = 1u << slot;
	if (file->shared & bit)
		l->shared[slot]--;
	if (file->exclusive & bit)
		l->exclusive[slot] = NULL;
	file->shared &= ~bit;
	file->exclusive &= ~bit;
}

static bool shm_is_free(const locks *l, const fault_file *file, int slot, bool shared)
{
	if (l->exclusive[slot] && l->exclusive[slot] != file)
		return false;
	return shared || l->shared[slot] == (int)(file->shared >> slot & 1);
}

int fault_shm_lock(sqlite3_file *base, int first, int count, int flags)
{
	fault_file *file = fault_file_of(base);
	locks *l = locks_of(file);
	bool shared = flags & SQLITE_SHM_SHARED;
	if (flags & SQLITE_SHM_UNLOCK) {
		for (int i = first; i < first + count; i++)
			shm_let_go(l, file, i);
		return SQLITE_OK;
	}
	fault_verdict verdict = fault_gate(FAULT_SHM_LOCK, false);
	if (verdict.rc)
		return verdict.rc;
	for (int i = first; i < first + count; i++)
		if (!shm_is_free(l, file, i, shared))
			return SQLITE_BUSY;
	for (int i = first; i < first + count; i++) {
		unsigned bit = 1u << i;
		if (shared && !(file->shared & bit)) {
			l->shared[i]++;
			file->shared |= bit;
		} else if (!shared) {
			l->exclusive[i] = file;
			file->exclusive |= bit;
		}
	}
	return SQLITE_OK;
}

void fault_shm_barrier(sqlite3_file *base)
{
	(void)base;
	(void)fault_gate(FAULT_SHM_BARRIER, false);
}

int fault_shm_unmap(sqlite3_file *base, int forget)
{
	fault_file *file = fault_file_of(base);
	if (!file->mapped)
		return SQLITE_OK;
	locks *l = locks_of(file);
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++)
		shm_let_go(l, file, i);
	file->mapped = false;
	if (--l->mapped == 0) {
		drop_regions(l); /* who comes next builds them anew */
		if (forget && !fault_power_is_off())
			fault_mark_shm(file->name, false);
	}
	return SQLITE_OK;
}

void fault_locks_drop(fault_file *file)
{
	fault_shm_unmap(&file->base, 0);
	lower(locks_of(file), file, SQLITE_LOCK_NONE);
}
