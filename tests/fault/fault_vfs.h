/*
 * fault_vfs.h - a VFS for SQLite whose disk is in memory (disk.h), and that fails where it is told
 * to.
 *
 * While it is installed it is SQLite's default: whatever opens a database, through whatever layers,
 * is on it. Every call that could fail is counted; the n-th returns an error (once, or from then
 * on), does half of its work, or is where the power goes: from there on nothing reaches the disk
 * and every call fails, until fault_recover.
 *
 * For each name on the disk an empty real file of that name is made, for code that asks the system
 * whether a file exists: the folder must be there. It promises nothing of the hardware (no
 * powersafe overwrite, no atomic writes). Shared memory is lost with the power; locks are those of
 * the unix VFS, between connections of this process. One thread.
 *
 *     fault_vfs_install();
 *     … make a database, close it …
 *     disk_image *start = fault_save();
 *     for (long n = 1; …; n++) {
 *             fault_load(start);
 *             fault_arm(&(fault_order){.kind = FAULT_POWER, .at = n, .changes_only = true});
 *             … use it, close it …
 *             fault_recover(&cruelty, seed);
 *             … it must be right …
 *     }
 */
#ifndef TESTS_FAULT_FAULT_VFS_H
#define TESTS_FAULT_FAULT_VFS_H

#include "disk.h"

typedef enum fault_call {
	FAULT_OPEN,
	FAULT_DELETE,
	FAULT_ACCESS,
	FAULT_PATH,
	FAULT_READ,
	FAULT_WRITE,
	FAULT_TRUNCATE,
	FAULT_SYNC,
	FAULT_SIZE,
	FAULT_LOCK,
	FAULT_UNLOCK,
	FAULT_RESERVED, /* xCheckReservedLock */
	FAULT_SHM_MAP,
	FAULT_SHM_LOCK,
	FAULT_SHM_BARRIER, /* cannot fail: a place for the power to go only */
	FAULT_CALLS,
} fault_call;

typedef enum fault_kind {
	FAULT_NONE,
	FAULT_ERROR,  /* the call's own I/O error */
	FAULT_FULL,   /* no room: calls that want some */
	FAULT_MEMORY, /* the call's "out of memory" */
	FAULT_BUSY,   /* somebody else has the lock */
	FAULT_HALF, /* a read or write that does half, then reports an I/O error; a sync that fails
		       and forgets */
	FAULT_POWER,
	FAULT_KINDS,
} fault_kind;

typedef struct fault_order {
	fault_kind kind;
	long at;           /* at the n-th call, from 1; 0: never */
	bool lasting;      /* and at each one after it that can fail so */
	bool changes_only; /* count only calls that change what is on the disk */
	uint64_t seed;
} fault_order;

typedef struct fault_count {
	long calls, changes; /* all; those that change the disk */
	long matching;       /* those that could fail as ordered */
	long of[FAULT_CALLS];
	bool fired;
	fault_call at; /* where, when fired */
} fault_count;

bool fault_vfs_install(void); /* false: SQLite would not have it */
void fault_vfs_remove(void);  /* no handle may be open; SQLite has its own default again */

/* Counts from 0 again. */
void fault_arm(const fault_order *order);
const fault_count *fault_counted(void);
const char *fault_call_name(fault_call call);
const char *fault_kind_name(fault_kind kind);
/* Can a call of this kind fail so? */
bool fault_applies(fault_call call, fault_kind kind);

/* The disk after a power loss; the power is back, nothing is armed. */
void fault_recover(const disk_cruelty *cruelty, uint64_t seed);
disk *fault_disk(void);
disk_image *fault_save(void);
void fault_load(const disk_image *image);

/* What one write of the hardware may spoil: 512 at first, up to DISK_SECTOR_MAX. */
void fault_set_sector(size_t bytes);

#endif
