/*
 * spool.c - rows that are put by while the connection does something else.
 *
 * The wire carries one statement's rows at a time. When another statement begins in the middle of
 * them, the rest is read into a spool: in memory up to MEMORY bytes, beyond that into a file that
 * has no name. So a callback may run other statements for each of a million rows, and the memory
 * stays bounded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "driver/postgres/postgres.h"

enum { MEMORY = 4 << 20 };

struct pg_spool {
	cni_buffer memory; /* what is in the file comes after it */
	size_t at;         /* read from memory so far */
	FILE *file;
	bool reading;     /* the file */
	cni_buffer row;   /* the current one, when it came from the file */
	cn_status status; /* how it ended */
	cn_error err;
};

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status no_room(cn_error *err)
{
	return cn_fail(err, CN_EIO, "rows cannot be put by in a temporary file");
}

void cni_pg_spool_free(pg_spool *spool)
{
	if (!spool)
		return;
	if (spool->file)
		fclose(spool->file);
	cni_buffer_done(&spool->memory);
	cni_buffer_done(&spool->row);
	free(spool);
}

/* A row: its size, then each cell's size (-1: NULL), bytes and a NUL. */
static void pack(const PGresult *result, cni_buffer *out)
{
	size_t start = out->size;
	uint32_t total = 0;

	cni_buffer_add(out, &total, sizeof total);
	for (int i = 0; i < PQnfields(result); i++) {
		int32_t size = PQgetisnull(result, 0, i) ? -1 : PQgetlength(result, 0, i);
		cni_buffer_add(out, &size, sizeof size);
		if (size >= 0) {
			cni_buffer_add(out, PQgetvalue(result, 0, i), (size_t)size);
			cni_buffer_add(out, "", 1);
		}
	}
	if (out->failed)
		return;
	total = (uint32_t)(out->size - start - sizeof total);
	memcpy(out->data + start, &total, sizeof total);
}

static cn_status add(pg_spool *spool, const PGresult *result, cn_error *err)
{
	if (!spool->file && spool->memory.size < MEMORY) {
		pack(result, &spool->memory);
		return spool->memory.failed ? no_memory(err) : CN_OK;
	}
	if (!spool->file && !(spool->file = tmpfile()))
		return no_room(err);
	cni_buffer_clear(&spool->row);
	pack(result, &spool->row);
	if (spool->row.failed)
		return no_memory(err);
	return fwrite(spool->row.data, 1, spool->row.size, spool->file) == spool->row.size
		       ? CN_OK
		       : no_room(err);
}

/* Reads what is left on the wire. How it ended is told to who reads the spool to its end. */
static cn_status fill(pg_conn *conn, pg_stmt *stmt, pg_spool *spool, cn_error *err)
{
	cn_status status = CN_OK;

	for (;;) {
		CLEANUP(cni_pg_clearp) PGresult *result = NULL;
		TRY(cni_pg_result(conn, &result, err));
		if (!result)
			break;
		if (status != CN_OK)
			continue;
		if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
			status = add(spool, result, err);
		else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			status = cni_pg_fail(
				conn, result, &(pg_place){stmt->wire, strlen(stmt->wire), 0}, err);
		else
			cni_pg_count(conn, result);
	}
	return status;
}

cn_status cni_pg_free_wire(pg_conn *conn, cn_error *err)
{
	pg_stmt *stmt = conn->active;

	if (!stmt)
		return CN_OK;
	pg_spool *spool = calloc(1, sizeof *spool);
	if (!spool)
		return no_memory(err);
	spool->status = fill(conn, stmt, spool, &spool->err);
	if (spool->file && spool->status == CN_OK &&
		(fflush(spool->file) || fseek(spool->file, 0, SEEK_SET)))
		spool->status = no_room(&spool->err);
	stmt->spool = spool;
	conn->active = NULL;
	cni_pg_ran(conn);
	return CN_OK;
}

static void unpack(pg_stmt *stmt, const char *at)
{
	for (size_t i = 0; i < stmt->column_count; i++) {
		memcpy(&stmt->cells[i].size, at, sizeof stmt->cells[i].size);
		at += sizeof stmt->cells[i].size;
		stmt->cells[i].data = stmt->cells[i].size < 0 ? NULL : at;
		if (stmt->cells[i].size >= 0)
			at += stmt->cells[i].size + 1;
	}
}

/* The next row of the file into `row`; 0 bytes: its end. */
static cn_status read_row(pg_spool *spool, uint32_t *ret_size, cn_error *err)
{
	uint32_t size = 0;

	*ret_size = 0;
	if (fread(&size, sizeof size, 1, spool->file) != 1)
		return ferror(spool->file) ? no_room(err) : CN_OK;
	cni_buffer_clear(&spool->row);
	char block[4096];
	for (uint32_t left = size; left;) {
		size_t n = left < sizeof block ? left : sizeof block;
		if (fread(block, 1, n, spool->file) != n)
			return no_room(err);
		cni_buffer_add(&spool->row, block, n);
		left -= (uint32_t)n;
	}
	*ret_size = size;
	return spool->row.failed ? no_memory(err) : CN_OK;
}

int cni_pg_spool_next(pg_stmt *stmt, cn_error *err)
{
	pg_spool *spool = stmt->spool;
	uint32_t size = 0;

	if (spool->at < spool->memory.size) {
		memcpy(&size, spool->memory.data + spool->at, sizeof size);
		unpack(stmt, spool->memory.data + spool->at + sizeof size);
		spool->at += sizeof size + size;
		return CNI_ROW;
	}
	if (spool->file)
		TRY(read_row(spool, &size, err));
	if (size) {
		unpack(stmt, spool->row.data);
		return CNI_ROW;
	}
	if (spool->status != CN_OK && err)
		*err = spool->err;
	return spool->status != CN_OK ? (int)spool->status : CNI_DONE;
}
