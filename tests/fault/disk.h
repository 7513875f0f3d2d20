/*
 * disk.h - a folder of files in memory that knows what a power loss would leave of it.
 *
 * Every file is what it was at its last sync, and a list of what was written since. A power loss
 * decides for each sector that was written since, with a seed: it is there, it is not, it is torn
 * (its beginning is there), or it is garbage, also where the sector had been synced before. A file
 * may have grown without what it has grown by. What was cut off may be back. Names that were made
 * or taken away since the folder was synced may be there or not.
 *
 * Files stay alive as long as a name, the folder on the disk, or a handle holds them.
 */
#ifndef TESTS_FAULT_DISK_H
#define TESTS_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct disk disk;
typedef struct disk_file disk_file;
typedef struct disk_image disk_image; /* a folder's names and contents, as on the disk */

enum { DISK_SECTOR_MAX = 4096 };

/* ---- the folder ---- */

/* `changed` (may be NULL) is told when a name comes and goes. */
disk *disk_new(void (*changed)(const char *name, bool there, void *ctx), void *ctx);
void disk_free(disk *d);  /* no handle may be open */
void disk_clear(disk *d); /* no name is left, on the disk either */
void disk_set_sector(disk *d, size_t bytes);

disk_file *disk_find(disk *d, const char *name);   /* NULL: no such file */
disk_file *disk_create(disk *d, const char *name); /* there must be none; name NULL: a file without
						      one */
void disk_unlink(disk *d, const char *name);
void disk_sync_folder(disk *d);

/* Everything is on the disk now, as it is seen: to make a state to begin with. */
disk_image *disk_save(disk *d);
/* The folder becomes what was saved; no handle may be open. */
void disk_load(disk *d, const disk_image *image);
void disk_image_free(disk_image *image);
size_t disk_image_size(const disk_image *image, const char *name); /* bytes; 0: not there */
/* The bytes of a file, to be changed in place; NULL: not there. */
unsigned char *disk_image_data(disk_image *image, const char *name);

/* How cruel a power loss is, in percent of the sectors that were written since the last sync. */
typedef struct disk_cruelty {
	unsigned lost;    /* are as before */
	unsigned torn;    /* only their beginning was written */
	unsigned garbage; /* hold something else */
} disk_cruelty;
/* Handles that are open afterwards see the new contents, and must only be closed. */
void disk_power_loss(disk *d, const disk_cruelty *cruelty, uint64_t seed);

/* ---- one file ---- */

void disk_hold(disk_file *file);    /* a handle */
void disk_release(disk_file *file); /* the last one frees it */
size_t disk_read(const disk_file *file, void *out, size_t size, int64_t offset); /* bytes read */
void disk_write(disk_file *file, const void *data, size_t size, int64_t offset);
void disk_truncate(disk_file *file, int64_t size);
int64_t disk_size(const disk_file *file);
void disk_sync(disk_file *file);
/* A sync that failed: what was to be written is seen as long as the power is there, and some of it
 * will never reach the disk, even if a later sync succeeds. */
void disk_sync_failed(disk_file *file, uint64_t seed);
/* Anything the owner of handles wants to keep with the file (locks, shared memory); `done` is
 * called when the file goes. */
void **disk_extra(disk_file *file, void (*done)(void *extra));

/* Zeroed; to be freed. Not from malloc, so that a test can let that fail for others; without memory
 * the program ends. */
void *disk_memory(size_t size);

/* The generator behind all seeds. */
uint64_t disk_random(uint64_t *state);

#endif
