/* fault_file.h - what fault_vfs.c and fault_lock.c share: an open file. */
#ifndef TESTS_FAULT_FAULT_FILE_H
#define TESTS_FAULT_FAULT_FILE_H

#include <sqlite3.h>

#include "fault_vfs.h"

typedef struct fault_file { /* SQLite's handle */
	sqlite3_file base;
	disk_file *file;
	bool sync_folder;           /* with its first sync */
	int level;                  /* SQLITE_LOCK_… */
	bool mapped;                /* shared memory */
	unsigned shared, exclusive; /* locks of the shared memory, a bit each */
	char name[256];
} fault_file;

static inline fault_file *fault_file_of(sqlite3_file *base) { return (fault_file *)base; }

typedef struct fault_verdict {
	int rc;    /* SQLITE_OK: go on */
	bool half; /* before failing, do some of it */
	bool last; /* the power goes with this call */
} fault_verdict;

/* Counts the call and says what becomes of it. */
fault_verdict fault_gate(fault_call call, bool changes);
bool fault_power_is_off(void);
/* The real, empty file that stands for the shared memory of a database. */
void fault_mark_shm(const char *database, bool there);

/* ---- fault_lock.c ---- */
int fault_lock(sqlite3_file *base, int level);
int fault_unlock(sqlite3_file *base, int level);
int fault_check_reserved(sqlite3_file *base, int *ret);
int fault_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret);
int fault_shm_lock(sqlite3_file *base, int first, int count, int flags);
void fault_shm_barrier(sqlite3_file *base);
int fault_shm_unmap(sqlite3_file *base, int forget);
void fault_locks_drop(fault_file *file); /* it is being closed */

#endif
