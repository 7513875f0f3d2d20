/*
 * normalise.c - a schema of any source, as the engine itself understands it: built and inspected.
 *
 * SQLite looks through its whole list of objects for each that is created, so building n of them in
 * one database takes n * n. Of a large schema the tables are therefore dealt out to several scratch
 * databases, each with its indexes and triggers: nothing else that is checked when an object is
 * created lies outside of its table. What comes back is put together again in the order in which it
 * came.
 *
 * Of a large schema that is compared with one that an engine holds already, what means the same as
 * there is taken from there: the engine has said all it has to say about it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/driver.h"
#include "schema/known.h"
#include "schema/names.h"
#include "sql/lexer.h"

enum {
	DEALT_ABOVE = 300,   /* objects */
	DEAL = 64,           /* tables and views that come into one scratch database */
	LONG_SCRIPT = 16384, /* bytes; no shorter one has so many objects */
};

/* Only of a text that our parser reads it is known what is in it before the engine says so. */
static bool is_parsed(const char *engine) { return cni_dialect_of(engine) == CNI_DIALECT_SQLITE; }

static const char *kind_name(cni_ddl_kind kind)
{
	switch (kind) {
	case CNI_DDL_TABLE: return "table";
	case CNI_DDL_INDEX: return "index";
	case CNI_DDL_VIEW: return "view";
	case CNI_DDL_TRIGGER: return "trigger";
	case CNI_DDL_VIRTUAL: return "virtual table";
	default: return "object";
	}
}

/* Builds objects[list[0 .. count)] in a database of their own and reads them back. */
static cn_status build(const cni_schema *schema, const size_t *list, size_t count, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *scratch = NULL;

	TRY(cni_schema_scratch(schema, &scratch, err));
	TRY(cni_conn_begin(scratch, CNI_TX_WRITE, err));
	for (size_t i = 0; i < 2 * count; i++) { /* what is late after everything else */
		const cni_object *object = &schema->objects[list[i % count]];
		const char *sql = i < count ? object->sql : object->late_sql;
		cn_status status =
			sql ? scratch->driver->build(scratch, sql, strlen(sql), err) : CN_OK;

		if (status == CN_OK)
			continue;
		cn_error_wrap(err, "%s \"%s\" cannot be built", kind_name(object->ddl.kind),
			object->name);
		return status;
	}
	TRY(cni_conn_commit(scratch, err));
	return cni_conn_inspect(scratch, arena, ret, err);
}

/* ---- dealing out ---- */

typedef struct named {
	const char *name;
	bool trigger; /* triggers have names of their own; all others share theirs */
} named;

static int by_name(const void *a, const void *b)
{
	const named *x = a, *y = b;

	return x->trigger != y->trigger ? x->trigger - y->trigger : cni_casecmp(x->name, y->name);
}

/* Two of one name must meet in one database, so that it says so. A virtual table makes tables of
 * its own, whose names are not known here. */
static cn_status may_deal(const cni_schema *schema, cni_arena *arena, bool *ret, cn_error *err)
{
	size_t count = schema->object_count;
	named *names = cni_alloc(arena, (count + 1) * sizeof *names);

	if (!names)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = false;
	for (size_t i = 0; i < count; i++) {
		const cni_object *object = &schema->objects[i];
		if (object->ddl.kind == CNI_DDL_VIRTUAL)
			return CN_OK;
		names[i] = (named){object->name, object->ddl.kind == CNI_DDL_TRIGGER};
	}
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 1; i < count; i++)
		if (by_name(&names[i - 1], &names[i]) == 0)
			return CN_OK;
	*ret = true;
	return CN_OK;
}

typedef struct dealing {
	size_t *of;    /* object -> its pile */
	size_t *order; /* objects, sorted by pile, in their own order within it */
	size_t *start; /* pile -> its first place in order; one more at the end */
	size_t piles;
} dealing;

static size_t pile_of_table(const cni_schema *schema, const dealing *deal, const char *name)
{
	const cni_object *on = cni_schema_find(schema, CNI_DDL_TABLE, name);

	if (!on)
		on = cni_schema_find(schema, CNI_DDL_VIEW, name);
	return on ? deal->of[on - schema->objects] : 0; /* where its absence will be told */
}

static cn_status deal_out(const cni_schema *schema, cni_arena *arena, dealing *ret, cn_error *err)
{
	size_t count = schema->object_count, roots = 0;
	dealing d = {
		.of = cni_alloc(arena, count * sizeof *d.of),
		.order = cni_alloc(arena, count * sizeof *d.order),
		.start = cni_alloc(arena, (count / DEAL + 3) * sizeof *d.start),
		.piles = 1,
	};

	if (!d.of || !d.order || !d.start)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count;
		i++) /* first, since an index may stand before its table here */
		if (!schema->objects[i].table) {
			d.of[i] = roots++ / DEAL;
			d.piles = d.of[i] + 1;
		}
	for (size_t i = 0; i < count; i++)
		if (schema->objects[i].table)
			d.of[i] = pile_of_table(schema, &d, schema->objects[i].table);
	for (size_t i = 0; i < count; i++)
		d.start[d.of[i] + 1]++;
	for (size_t p = 0; p < d.piles; p++)
		d.start[p + 1] += d.start[p];
	size_t *next = cni_memdup(arena, d.start, (d.piles + 1) * sizeof *next);
	if (!next)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		d.order[next[d.of[i]]++] = i;
	*ret = d;
	return CN_OK;
}

/* Puts the parts together in the order of the source. Cantil's own tables are in the source only.
 */
static cn_status gather(const cni_schema *from, const dealing *deal, cni_schema **parts,
	cni_schema *to, cn_error *err)
{
	size_t *next = cni_alloc(to->arena, deal->piles * sizeof *next);

	if (!next)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < from->object_count; i++) {
		const cni_schema *part = parts[deal->of[i]];
		size_t *at = &next[deal->of[i]];
		if (*at >= part->object_count ||
			part->objects[*at].ddl.kind != from->objects[i].ddl.kind ||
			!cni_same(part->objects[*at].name, from->objects[i].name))
			continue;
		if (!CNI_PUSH(to->arena, to->objects, to->object_count, part->objects[(*at)++]))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return cni_names_cover(to->names, to->objects, to->object_count)
		       ? CN_OK
		       : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status build_dealt(
	const cni_schema *schema, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	cni_schema *whole = cni_schema_new(arena, schema->engine);
	dealing deal;

	TRY(deal_out(schema, arena, &deal, err));
	cni_schema **parts = cni_alloc(arena, deal.piles * sizeof(void *));
	if (!parts || !whole)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t p = 0; p < deal.piles; p++)
		TRY(build(schema, deal.order + deal.start[p], deal.start[p + 1] - deal.start[p],
			arena, &parts[p], err));
	TRY(gather(schema, &deal, parts, whole, err));
	*ret = whole;
	return CN_OK;
}

/* ---- what is known already ---- */

typedef struct sorting {
	const cni_object *
		*known; /* for each object: its like in the known schema; NULL: it is built */
	bool *along;    /* known, but what is built stands on it */
	size_t *list;   /* what is built, in the order of the source */
	size_t count;
} sorting;

/* false: something is amiss with the schema as a whole, which building it will tell. */
static bool sort_out(const cni_schema *schema, const cni_schema *known, sorting *sort)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		const cni_object *like = cni_schema_find(known, object->ddl.kind, object->name);

		if (cni_schema_find(schema, object->ddl.kind, object->name) != object)
			return false;
		if (like && cni_object_equal(like, object))
			sort->known[i] = like;
		if (!object->table)
			continue;
		const cni_object *on = cni_schema_find(schema, CNI_DDL_TABLE, object->table);
		on = on ? on : cni_schema_find(schema, CNI_DDL_VIEW, object->table);
		if (!on || on > object)
			return false;
		sort->along[on - schema->objects] |= !sort->known[i];
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		if (!sort->known[i] || sort->along[i])
			sort->list[sort->count++] = i;
	}
	return true;
}

/* Puts the known and the built together. Cantil's own tables are in the source only. */
static cn_status join(const cni_schema *from, const sorting *sort, const cni_schema *built,
	cni_schema *to, cn_error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < from->object_count; i++) {
		const cni_object *object = sort->known[i];
		if ((!object || sort->along[i]) && built && at < built->object_count &&
			built->objects[at].ddl.kind == from->objects[i].ddl.kind &&
			cni_same(built->objects[at].name, from->objects[i].name)) {
			object = object ? object : &built->objects[at];
			at++;
		}
		if (object && !CNI_PUSH(to->arena, to->objects, to->object_count, *object))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return cni_names_cover(to->names, to->objects, to->object_count)
		       ? CN_OK
		       : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* *ret stays NULL when it is better built as a whole. */
static cn_status build_unknown(const cni_schema *schema, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	size_t count = schema->object_count;
	sorting sort = {
		.known = cni_alloc(arena, count * sizeof(void *)),
		.along = cni_alloc(arena, count),
		.list = cni_alloc(arena, count * sizeof *sort.list),
	};
	cni_schema *built = NULL, *whole = cni_schema_new(arena, schema->engine);
	bool apart = true;

	*ret = NULL;
	if (!sort.known || !sort.along || !sort.list || !whole)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!sort_out(schema, known, &sort) || sort.count > DEALT_ABOVE)
		return CN_OK;
	if (sort.count) {
		TRY(may_deal(schema, arena, &apart, err));
		if (!apart)
			return CN_OK;
		TRY(build(schema, sort.list, sort.count, arena, &built, err));
	}
	TRY(join(schema, &sort, built, whole, err));
	*ret = whole;
	return CN_OK;
}

cn_status cni_normalise_like(const cni_schema *schema, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	cni_schema *found = NULL;

	if (known && schema->object_count > DEALT_ABOVE && is_parsed(schema->engine))
		TRY(build_unknown(schema, known, arena, &found, err));
	if (!found)
		return cni_normalise(schema, arena, ret, err);
	*ret = found;
	return CN_OK;
}

cn_status cni_normalise(const cni_schema *schema, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	size_t count = schema->object_count;
	bool dealt = false;

	if (count > DEALT_ABOVE && is_parsed(schema->engine))
		TRY(may_deal(schema, arena, &dealt, err));
	if (dealt)
		return build_dealt(schema, arena, ret, err);
	size_t *all = cni_alloc(arena, (count + 1) * sizeof *all);
	if (!all)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		all[i] = i;
	return build(schema, all, count, arena, ret, err);
}

/* ---- scripts ---- */

static bool ends_statement(char c)
{
	return c == ';' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reading a text again gives the same again. */
static cn_status add_statement(cni_schema *schema, const char *sql, const char *end)
{
	const char *last = end;

	while (last > sql && ends_statement(last[-1]))
		last--;
	return cni_schema_add_sql(schema, sql, (size_t)(last - sql), NULL);
}

/* Is it nothing but CREATE statements whose order does not matter? Then they are `schema`. */
static bool is_plain(const char *script, size_t size, cni_schema *schema)
{
	const char *at = script, *statement;
	size_t length;

	while (cni_sql_split(&at, script + size, &statement, &length)) {
		cni_lexer lexer;
		cni_lexer_init(&lexer, statement, length);
		cni_token first = cni_lexer_next_solid(&lexer);
		if (cni_token_is(&first, "BEGIN") || cni_token_is(&first, "COMMIT"))
			continue;
		if (!cni_token_is(&first, "CREATE") ||
			add_statement(schema, first.text, statement + length) != CN_OK)
			return false;
		const cni_ddl *ddl = &schema->objects[schema->object_count - 1].ddl;
		if ((ddl->kind == CNI_DDL_TABLE &&
			    (ddl->table.temporary || ddl->table.as_select_sql)) ||
			(ddl->kind == CNI_DDL_VIEW && ddl->view.temporary) ||
			(ddl->kind == CNI_DDL_TRIGGER && ddl->trigger.temporary))
			return false;
	}
	return schema->object_count > DEALT_ABOVE &&
	       cni_names_cover(schema->names, schema->objects, schema->object_count);
}

/* *ret stays NULL when the script must be run as it stands. What fails here does so, too: then the
 * error knows its line. */
static void read_plain(const char *engine, const char *script, size_t size, const cni_schema *known,
	cni_arena *arena, cni_schema **ret)
{
	CLEANUP(cni_arena_done) cni_arena read = {0};
	cni_schema *schema = cni_schema_new(&read, engine);

	*ret = NULL;
	if (!schema || (known && !(schema->known = cni_known_new(&read, known))) ||
		!is_plain(script, size, schema) ||
		cni_normalise_like(schema, known, arena, ret, NULL) < 0)
		*ret = NULL;
}

cn_status cni_normalise_sql(
	const char *engine, const char *script, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	return cni_normalise_sql_like(engine, script, NULL, arena, ret, err);
}

cn_status cni_normalise_sql_like(const char *engine, const char *script, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err)
{
	return cni_normalise_sql_at(&(cni_uri){.engine = engine}, script, known, arena, ret, err);
}

cn_status cni_normalise_sql_at(const cni_uri *home, const char *script, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err)
{
	const char *engine = home->engine;
	CLEANUP(cni_conn_closep) cni_conn *scratch = NULL;
	size_t size = script ? strlen(script) : 0;

	if (!script)
		return cn_fail(err, CN_EARG, "cni_normalise_sql: no text");
	if (size > LONG_SCRIPT && is_parsed(engine) && cni_driver_find(engine)) {
		cni_schema *plain;
		read_plain(engine, script, size, known, arena, &plain);
		if (plain) {
			*ret = plain;
			return CN_OK;
		}
	}
	TRY(cni_conn_scratch_at(home, &scratch, err));
	TRY(scratch->driver->build(scratch, script, size, err));
	return cni_conn_inspect(scratch, arena, ret, err);
}
