/* disk.c - see disk.h. */
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 256, FIRST_SECTOR = 512 };

typedef struct bytes {
	unsigned char *data;
	size_t size, room;
} bytes;

typedef struct change { /* since the last sync */
	bool cut;       /* truncated to `offset`; else `size` bytes were written there */
	int64_t offset;
	size_t size, data_at; /* in the file's `written` */
} change;

struct disk_file {
	disk *disk;
	int holders;
	bytes now, safe; /* as it is seen; as it was at the last sync */
	change *changes;
	size_t change_count, change_room;
	bytes written; /* what the changes wrote, one after the other */
	void *extra;
	void (*extra_done)(void *extra);
};

typedef struct entry {
	char name[NAME_ROOM];
	disk_file *now, *safe; /* NULL: not there */
} entry;

struct disk {
	entry *entries;
	size_t count;
	size_t sector;
	void (*changed)(const char *name, bool there, void *ctx);
	void *ctx;
};

struct disk_image {
	size_t count;
	struct saved {
		char name[NAME_ROOM];
		bytes content;
	} files[];
};

void *disk_memory(size_t size)
{
	void *memory;
	if (posix_memalign(&memory, sizeof(max_align_t), size) != 0) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memset(memory, 0, size);
}

static void *grow(void *old, size_t used, size_t size)
{
	void *memory = disk_memory(size);
	if (used)
		memcpy(memory, old, used);
	free(old);
	return memory;
}

uint64_t disk_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* ---- bytes ---- */

/* Grows with zeros, as a file does. */
static void resize(bytes *b, size_t size)
{
	if (size > b->room) {
		b->room = size * 2;
		b->data = grow(b->data, b->size, b->room);
	}
	if (size > b->size)
		memset(b->data + b->size, 0, size - b->size);
	b->size = size;
}

static void put(bytes *b, const void *data, size_t size, size_t at)
{
	if (at + size > b->size)
		resize(b, at + size);
	if (size)
		memcpy(b->data + at, data, size);
}

static void copy_bytes(bytes *to, const bytes *from)
{
	to->size = 0;
	put(to, from->data, from->size, 0);
}

/* ---- files ---- */

static disk_file *file_new(disk *d)
{
	disk_file *file = disk_memory(sizeof *file);
	file->disk = d;
	return file;
}

static void forget_changes(disk_file *file) { file->change_count = file->written.size = 0; }

void disk_hold(disk_file *file) { file->holders++; }

void disk_release(disk_file *file)
{
	if (!file || --file->holders > 0)
		return;
	if (file->extra)
		file->extra_done(file->extra);
	free(file->now.data);
	free(file->safe.data);
	free(file->written.data);
	free(file->changes);
	free(file);
}

void **disk_extra(disk_file *file, void (*done)(void *extra))
{
	file->extra_done = done;
	return &file->extra;
}

static void push(disk_file *file, change c)
{
	if (file->change_count == file->change_room) {
		file->change_room = file->change_room ? file->change_room * 2 : 16;
		file->changes = grow(file->changes, file->change_count * sizeof *file->changes,
			file->change_room * sizeof *file->changes);
	}
	file->changes[file->change_count++] = c;
}

size_t disk_read(const disk_file *file, void *out, size_t size, int64_t offset)
{
	if (offset < 0 || (size_t)offset >= file->now.size)
		return 0;
	size_t left = file->now.size - (size_t)offset;
	size_t got = left < size ? left : size;
	memcpy(out, file->now.data + offset, got);
	return got;
}

void disk_write(disk_file *file, const void *data, size_t size, int64_t offset)
{
	change c = {.offset = offset, .size = size, .data_at = file->written.size};
	put(&file->written, data, size, file->written.size);
	put(&file->now, data, size, (size_t)offset);
	push(file, c);
}

void disk_truncate(disk_file *file, int64_t size)
{
	push(file, (change){.cut = true, .offset = size});
	resize(&file->now, (size_t)size);
}

int64_t disk_size(const disk_file *file) { return (int64_t)file->now.size; }

static void apply(bytes *to, const disk_file *file, const change *c)
{
	if (c->cut)
		resize(to, (size_t)c->offset);
	else
		put(to, file->written.data + c->data_at, c->size, (size_t)c->offset);
}

void disk_sync(disk_file *file)
{
	/* not a copy of what is seen: some of that may be lost already */
	for (size_t i = 0; i < file->change_count; i++)
		apply(&file->safe, file, &file->changes[i]);
	forget_changes(file);
}

void disk_sync_failed(disk_file *file, uint64_t seed)
{
	size_t kept = 0;
	for (size_t i = 0; i < file->change_count; i++)
		if (disk_random(&seed) % 2)
			file->changes[kept++] = file->changes[i];
	file->change_count = kept;
}

/* ---- a power loss ---- */

/* One sector's part of a write: [at, end) of the file. */
static void lose_part(bytes *to, size_t at, size_t end, const unsigned char *data, size_t sector,
	const disk_cruelty *cruelty, uint64_t *seed)
{
	unsigned fate = (unsigned)(disk_random(seed) % 100);
	if (fate < cruelty->lost) {
		/* the size is written at another time than what makes it grow */
		if (end > to->size && disk_random(seed) % 4 == 0)
			resize(to, end);
	} else if (fate < cruelty->lost + cruelty->torn) {
		put(to, data, (size_t)(disk_random(seed) % (end - at)), at);
	} else if (fate < cruelty->lost + cruelty->torn + cruelty->garbage) {
		size_t from = at / sector * sector, until = from + sector;
		if (end > to->size)
			resize(to, end);
		if (until > to->size)
			until = to->size;
		for (size_t i = from; i < until; i++)
			to->data[i] = (unsigned char)(disk_random(seed) >> 56);
	} else {
		put(to, data, end - at, at);
	}
}

static void lose(disk_file *file, const disk_cruelty *cruelty, uint64_t *seed)
{
	size_t sector = file->disk->sector;
	for (size_t i = 0; i < file->change_count; i++) {
		const change *c = &file->changes[i];
		if (c->cut) {
			if (disk_random(seed) % 100 >= cruelty->lost)
				resize(&file->safe, (size_t)c->offset);
			continue;
		}
		const unsigned char *data = file->written.data + c->data_at;
		size_t at = (size_t)c->offset, end = at + c->size;
		while (at < end) {
			size_t next = (at / sector + 1) * sector;
			if (next > end)
				next = end;
			lose_part(&file->safe, at, next, data, sector, cruelty, seed);
			data += next - at;
			at = next;
		}
	}
	forget_changes(file);
	copy_bytes(&file->now, &file->safe);
}

/* ---- the folder ---- */

disk *disk_new(void (*changed)(const char *name, bool there, void *ctx), void *ctx)
{
	disk *d = disk_memory(sizeof *d);
	d->sector = FIRST_SECTOR;
	d->changed = changed;
	d->ctx = ctx;
	return d;
}

void disk_set_sector(disk *d, size_t size) { d->sector = size; }

static void set_entry(disk *d, entry *e, disk_file *file)
{
	if (d->changed && !e->now != !file)
		d->changed(e->name, file != NULL, d->ctx);
	if (file)
		disk_hold(file);
	disk_release(e->now);
	e->now = file;
}

static void make_safe(entry *e)
{
	if (e->now)
		disk_hold(e->now);
	disk_release(e->safe);
	e->safe = e->now;
}

void disk_clear(disk *d)
{
	for (size_t i = 0; i < d->count; i++) {
		set_entry(d, &d->entries[i], NULL);
		make_safe(&d->entries[i]);
	}
	d->count = 0;
}

void disk_free(disk *d)
{
	disk_clear(d);
	free(d->entries);
	free(d);
}

static entry *find_entry(disk *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->entries[i].name, name) == 0)
			return &d->entries[i];
	return NULL;
}

disk_file *disk_find(disk *d, const char *name)
{
	entry *e = find_entry(d, name);
	return e ? e->now : NULL;
}

disk_file *disk_create(disk *d, const char *name)
{
	disk_file *file = file_new(d);
	if (!name)
		return file;
	entry *e = find_entry(d, name);
	if (!e) {
		d->entries = grow(d->entries, d->count * sizeof *d->entries,
			(d->count + 1) * sizeof *d->entries);
		e = &d->entries[d->count++];
		*e = (entry){.now = NULL};
		snprintf(e->name, sizeof e->name, "%s", name);
	}
	set_entry(d, e, file);
	return file;
}

void disk_unlink(disk *d, const char *name)
{
	entry *e = find_entry(d, name);
	if (e)
		set_entry(d, e, NULL);
}

void disk_sync_folder(disk *d)
{
	for (size_t i = 0; i < d->count; i++)
		make_safe(&d->entries[i]);
}

void disk_power_loss(disk *d, const disk_cruelty *cruelty, uint64_t seed)
{
	for (size_t i = 0; i < d->count; i++) {
		entry *e = &d->entries[i];
		if (e->now != e->safe && disk_random(&seed) % 100 < cruelty->lost)
			set_entry(d, e, e->safe);
		make_safe(e);
		if (e->now)
			lose(e->now, cruelty, &seed);
	}
}

/* ---- images ---- */

disk_image *disk_save(disk *d)
{
	disk_image *image = disk_memory(sizeof *image + d->count * sizeof image->files[0]);
	for (size_t i = 0; i < d->count; i++) {
		if (!d->entries[i].now)
			continue;
		struct saved *saved = &image->files[image->count++];
		memcpy(saved->name, d->entries[i].name, sizeof saved->name);
		copy_bytes(&saved->content, &d->entries[i].now->now);
	}
	return image;
}

static const struct saved *find_saved(const disk_image *image, const char *name)
{
	for (size_t i = 0; i < image->count; i++)
		if (strcmp(image->files[i].name, name) == 0)
			return &image->files[i];
	return NULL;
}

void disk_load(disk *d, const disk_image *image)
{
	for (size_t i = 0; i < d->count; i++) /* names that stay need not be told anybody */
		if (d->entries[i].now && !find_saved(image, d->entries[i].name))
			set_entry(d, &d->entries[i], NULL);
	for (size_t i = 0; i < image->count; i++) {
		disk_file *file = disk_create(d, image->files[i].name);
		copy_bytes(&file->now, &image->files[i].content);
		copy_bytes(&file->safe, &image->files[i].content);
	}
	disk_sync_folder(d);
}

void disk_image_free(disk_image *image)
{
	for (size_t i = 0; image && i < image->count; i++)
		free(image->files[i].content.data);
	free(image);
}

size_t disk_image_size(const disk_image *image, const char *name)
{
	const struct saved *saved = find_saved(image, name);
	return saved ? saved->content.size : 0;
}

unsigned char *disk_image_data(disk_image *image, const char *name)
{
	static unsigned char none;
	const struct saved *saved = find_saved(image, name);
	return !saved ? NULL : saved->content.data ? saved->content.data : &none;
}
