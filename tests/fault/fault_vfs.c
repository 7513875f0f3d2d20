/* fault_vfs.c - see fault_vfs.h. The files' methods are here; locks and shared memory are in
 * fault_lock.c. */
#include "fault_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_file.h"

enum { PATH_ROOM = 256 };

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *system; /* for the time and such */
	disk *disk;
	fault_order order;
	fault_count count;
	bool off; /* the power is */
	uint64_t random;
	char shm[PATH_ROOM + 8]; /* the file that stands for shared memory; "": none */
} world;

static const char *const call_names[FAULT_CALLS] = {"open", "delete", "access", "path", "read",
	"write", "truncate", "sync", "size", "lock", "unlock", "reserved", "shm-map", "shm-lock",
	"shm-barrier"};
static const char *const kind_names[FAULT_KINDS] = {
	"none", "error", "full", "memory", "busy", "half", "power"};

const char *fault_call_name(fault_call call) { return call_names[call]; }

const char *fault_kind_name(fault_kind kind) { return kind_names[kind]; }

/* ---- which call fails how; 0: it cannot ---- */

static const int failures[FAULT_CALLS][FAULT_KINDS] = {
	[FAULT_OPEN] = {[FAULT_ERROR] = SQLITE_CANTOPEN,
		[FAULT_FULL] = SQLITE_FULL,
		[FAULT_MEMORY] = SQLITE_NOMEM},
	[FAULT_DELETE] = {[FAULT_ERROR] = SQLITE_IOERR_DELETE},
	[FAULT_ACCESS] = {[FAULT_ERROR] = SQLITE_IOERR_ACCESS},
	[FAULT_PATH] = {[FAULT_ERROR] = SQLITE_CANTOPEN, [FAULT_MEMORY] = SQLITE_NOMEM},
	[FAULT_READ] = {[FAULT_ERROR] = SQLITE_IOERR_READ,
		[FAULT_MEMORY] = SQLITE_IOERR_NOMEM,
		[FAULT_HALF] = SQLITE_IOERR_READ},
	[FAULT_WRITE] = {[FAULT_ERROR] = SQLITE_IOERR_WRITE,
		[FAULT_FULL] = SQLITE_FULL,
		[FAULT_MEMORY] = SQLITE_IOERR_NOMEM,
		[FAULT_HALF] = SQLITE_IOERR_WRITE},
	[FAULT_TRUNCATE] = {[FAULT_ERROR] = SQLITE_IOERR_TRUNCATE},
	[FAULT_SYNC] = {[FAULT_ERROR] = SQLITE_IOERR_FSYNC,
		[FAULT_FULL] = SQLITE_FULL,
		[FAULT_HALF] = SQLITE_IOERR_FSYNC},
	[FAULT_SIZE] = {[FAULT_ERROR] = SQLITE_IOERR_FSTAT},
	[FAULT_LOCK] = {[FAULT_ERROR] = SQLITE_IOERR_LOCK, [FAULT_BUSY] = SQLITE_BUSY},
	[FAULT_UNLOCK] = {[FAULT_ERROR] = SQLITE_IOERR_UNLOCK},
	[FAULT_RESERVED] = {[FAULT_ERROR] = SQLITE_IOERR_CHECKRESERVEDLOCK},
	[FAULT_SHM_MAP] = {[FAULT_ERROR] = SQLITE_IOERR_SHMMAP, [FAULT_MEMORY] = SQLITE_NOMEM},
	[FAULT_SHM_LOCK] = {[FAULT_ERROR] = SQLITE_IOERR_SHMLOCK, [FAULT_BUSY] = SQLITE_BUSY},
};

bool fault_applies(fault_call call, fault_kind kind)
{
	return kind == FAULT_POWER || (kind > FAULT_NONE && failures[call][kind] != SQLITE_OK);
}

/* What a call without power returns: its plain error, where it has one. */
static int dead(fault_call call)
{
	return failures[call][FAULT_ERROR] ? failures[call][FAULT_ERROR] : SQLITE_IOERR;
}

fault_verdict fault_gate(fault_call call, bool changes)
{
	fault_count *count = &world.count;
	const fault_order *order = &world.order;
	if (world.off)
		return (fault_verdict){.rc = dead(call)};
	count->calls++;
	count->of[call]++;
	count->changes += changes;
	if (!order->at || (order->changes_only && !changes) || !fault_applies(call, order->kind))
		return (fault_verdict){.rc = SQLITE_OK};
	count->matching++;
	if (count->matching != order->at && !(order->lasting && count->matching > order->at))
		return (fault_verdict){.rc = SQLITE_OK};
	if (!count->fired)
		count->at = call;
	count->fired = true;
	if (order->kind == FAULT_POWER) {
		/* what was being done may be done in part: it is done, and was not synced */
		world.off = true;
		return (fault_verdict){.rc = dead(call), .half = changes, .last = true};
	}
	return (fault_verdict){
		.rc = failures[call][order->kind], .half = order->kind == FAULT_HALF};
}

bool fault_power_is_off(void) { return world.off; }

/* ---- a file's methods ---- */

static int close_file(sqlite3_file *base)
{
	fault_file *file = fault_file_of(base);
	fault_locks_drop(file);
	disk_release(file->file);
	return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *out, int size, sqlite3_int64 offset)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_READ, false);
	if (verdict.half) {
		memset(out, 0xA5, (size_t)size);
		disk_read(file->file, out, (size_t)size / 2, offset);
	}
	if (verdict.rc)
		return verdict.rc;
	size_t got = disk_read(file->file, out, (size_t)size, offset);
	if (got == (size_t)size)
		return SQLITE_OK;
	memset((char *)out + got, 0, (size_t)size - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_WRITE, true);
	if (verdict.rc && verdict.half)
		disk_write(
			file->file, data, verdict.last ? (size_t)size : (size_t)size / 2, offset);
	if (verdict.rc)
		return verdict.rc;
	disk_write(file->file, data, (size_t)size, offset);
	return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_TRUNCATE, true);
	if (!verdict.rc || verdict.half)
		disk_truncate(file->file, size);
	return verdict.rc;
}

static int sync_file(sqlite3_file *base, int flags)
{
	fault_file *file = fault_file_of(base);
	fault_verdict verdict = fault_gate(FAULT_SYNC, true);
	(void)flags;
	/* a power loss in the middle of it: what was to be synced is as if it had not begun */
	if (verdict.rc && verdict.half && !verdict.last)
		disk_sync_failed(file->file, world.order.seed + (uint64_t)world.count.calls);
	if (verdict.rc)
		return verdict.rc;
	disk_sync(file->file);
	if (file->sync_folder)
		disk_sync_folder(world.disk);
	file->sync_folder = false;
	return SQLITE_OK;
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *ret)
{
	fault_verdict verdict = fault_gate(FAULT_SIZE, false);
	if (!verdict.rc)
		*ret = disk_size(fault_file_of(base)->file);
	return verdict.rc;
}

static int control_file(sqlite3_file *base, int what, void *arg)
{
	(void)base, (void)what, (void)arg;
	return SQLITE_NOTFOUND;
}

static size_t sector = 512;

static int sector_size(sqlite3_file *base)
{
	(void)base;
	return (int)sector;
}

static int promises(sqlite3_file *base)
{
	(void)base;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = close_file,
	.xRead = read_file,
	.xWrite = write_file,
	.xTruncate = truncate_file,
	.xSync = sync_file,
	.xFileSize = size_of_file,
	.xLock = fault_lock,
	.xUnlock = fault_unlock,
	.xCheckReservedLock = fault_check_reserved,
	.xFileControl = control_file,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = promises,
	.xShmMap = fault_shm_map,
	.xShmLock = fault_shm_lock,
	.xShmBarrier = fault_shm_barrier,
	.xShmUnmap = fault_shm_unmap,
};

/* ---- the folder's methods ---- */

static bool is_new_journal(int flags)
{
	return flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL);
}

static int open_file(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	fault_file *file = fault_file_of(base);
	(void)vfs;
	memset(file, 0, sizeof *file);
	disk_file *found = name ? disk_find(world.disk, name) : NULL;
	bool makes = !found && (flags & SQLITE_OPEN_CREATE);
	fault_verdict verdict = fault_gate(FAULT_OPEN, makes && name);
	if (verdict.rc && !(verdict.half && makes))
		return verdict.rc;
	if (!found && !makes)
		return SQLITE_CANTOPEN;
	if (!found)
		found = disk_create(world.disk, name);
	disk_hold(found);
	if (verdict.rc) { /* it is made, and nobody can use it */
		disk_release(found);
		return verdict.rc;
	}
	file->file = found;
	/* as the unix VFS does: the first sync of a journal that was made makes its name safe */
	file->sync_folder = makes && is_new_journal(flags);
	snprintf(file->name, sizeof file->name, "%s", name ? name : "");
	file->base.pMethods = &methods;
	if (flags & SQLITE_OPEN_DELETEONCLOSE && name)
		disk_unlink(world.disk, name);
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	(void)vfs;
	fault_verdict verdict = fault_gate(FAULT_DELETE, true);
	if (verdict.rc && !verdict.half)
		return verdict.rc;
	if (!disk_find(world.disk, name))
		return verdict.rc ? verdict.rc : SQLITE_IOERR_DELETE_NOENT;
	disk_unlink(world.disk, name);
	if (sync_folder && !verdict.rc)
		disk_sync_folder(world.disk);
	return verdict.rc;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	(void)vfs;
	fault_verdict verdict = fault_gate(FAULT_ACCESS, false);
	if (verdict.rc)
		return verdict.rc;
	const disk_file *file = disk_find(world.disk, name);
	/* as the unix VFS: an empty file is as good as none */
	*ret = file && (flags != SQLITE_ACCESS_EXISTS || disk_size(file) > 0);
	return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	fault_verdict verdict = fault_gate(FAULT_PATH, false);
	if (verdict.rc)
		return verdict.rc;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* The same in every run of the test. */
static int randomness(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	for (int i = 0; i < size; i++)
		out[i] = (char)(disk_random(&world.random) >> 56);
	return size;
}

static int no_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int last_error(sqlite3_vfs *vfs, int room, char *out)
{
	(void)vfs, (void)room, (void)out;
	return 0;
}

static int time_now(sqlite3_vfs *vfs, double *ret)
{
	(void)vfs;
	return world.system->xCurrentTime(world.system, ret);
}

static int time_now_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	return world.system->xCurrentTimeInt64(world.system, ret);
}

/* ---- installing ---- */

/* The real, empty file that stands for a name. */
static void mark(const char *name, bool there)
{
	if (!there) {
		unlink(name);
		return;
	}
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static void name_changed(const char *name, bool there, void *ctx)
{
	(void)ctx;
	mark(name, there);
}

void fault_mark_shm(const char *database, bool there)
{
	snprintf(world.shm, sizeof world.shm, "%s-shm", database);
	mark(world.shm, there);
	if (!there)
		*world.shm = '\0';
}

/* It is a file like others on the disk, so it may still be there; what it held is not. */
static void lose_shm(bool file_too)
{
	if (*world.shm && file_too)
		mark(world.shm, false);
	*world.shm = '\0';
}

bool fault_vfs_install(void)
{
	memset(&world, 0, sizeof world);
	world.system = sqlite3_vfs_find(NULL);
	world.disk = disk_new(name_changed, NULL);
	world.vfs = (sqlite3_vfs){.iVersion = 2,
		.szOsFile = sizeof(fault_file),
		.mxPathname = PATH_ROOM,
		.zName = "fault",
		.xOpen = open_file,
		.xDelete = delete_file,
		.xAccess = access_file,
		.xFullPathname = full_path,
		.xRandomness = randomness,
		.xSleep = no_sleep,
		.xCurrentTime = time_now,
		.xGetLastError = last_error,
		.xCurrentTimeInt64 = time_now_ms};
	return sqlite3_vfs_register(&world.vfs, 1) == SQLITE_OK;
}

void fault_vfs_remove(void)
{
	sqlite3_vfs_unregister(&world.vfs);
	sqlite3_vfs_register(world.system, 1);
	disk_free(world.disk);
}

void fault_arm(const fault_order *order)
{
	world.order = *order;
	world.count = (fault_count){.calls = 0};
}

const fault_count *fault_counted(void) { return &world.count; }

void fault_recover(const disk_cruelty *cruelty, uint64_t seed)
{
	world.off = false;
	world.order = (fault_order){.at = 0};
	lose_shm(seed % 3 != 0);
	disk_power_loss(world.disk, cruelty, seed);
}

disk *fault_disk(void) { return world.disk; }

disk_image *fault_save(void) { return disk_save(world.disk); }

void fault_load(const disk_image *image)
{
	world.off = false;
	world.order = (fault_order){.at = 0};
	lose_shm(true);
	disk_load(world.disk, image);
}

void fault_set_sector(size_t size)
{
	sector = size;
	disk_set_sector(world.disk, size);
}
