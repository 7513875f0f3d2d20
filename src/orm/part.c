/*
 * part.c - several databases behind one handle, and one session over all of them.
 *
 * A handle has a part for each database, itself the first; a session has one for each of those.
 * What names a model goes to the part that has it. A part is a handle, or a session, like any
 * other: only the functions that begin and end a unit of work know that there are several.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/model_schema.h"
#include "orm/session_impl.h"

enum { PARTS_MAX = 64 };

/* ---- which model lives where ---- */

const char *cni_model_database(const cn_model *model)
{
	for (const cn_part *const *part = model->parts; *part; part++) {
		if ((*part)->kind == CN_PART_OPTIONS)
			return ((const cn_table_options *)*part)->database;
	}
	return NULL;
}

static bool lives_in(const cn_model *model, const char *name, bool first)
{
	const char *said = cni_model_database(model);

	return said ? !strcmp(said, name) : first;
}

static size_t count_models(const cn_model *const *models)
{
	size_t count = 0;

	while (models && models[count])
		count++;
	return count;
}

cn_status cni_models_of(cni_arena *arena, const cn_model *const *models, const char *name,
	bool first, const cn_model *const **ret, cn_error *err)
{
	size_t count = count_models(models), found = 0;
	const cn_model **list = cni_alloc(arena, (count + 1) * sizeof *list);

	if (!list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (lives_in(models[i], name, first))
			list[found++] = models[i];
	}
	*ret = list;
	return CN_OK;
}

cn_status cni_models_join(cni_arena *arena, const cn_model *const *a, const cn_model *const *b,
	const cn_model *const **ret, cn_error *err)
{
	size_t first = count_models(a), second = count_models(b);
	const cn_model **list = cni_alloc(arena, (first + second + 1) * sizeof *list);

	if (!list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (first)
		memcpy(list, a, first * sizeof *list);
	if (second)
		memcpy(list + first, b, second * sizeof *list);
	*ret = list;
	return CN_OK;
}

static const cn_bind *find_bind(const cn_bind *binds, const char *name)
{
	for (; binds && binds->name; binds++) {
		if (!strcmp(binds->name, name))
			return binds;
	}
	return NULL;
}

/* Does it live elsewhere than `model`? */
static bool elsewhere(const cn_model *model, const cn_model *other, const char *main_name)
{
	const char *a = cni_model_database(model), *b = cni_model_database(other);

	return strcmp(a ? a : main_name, b ? b : main_name) != 0;
}

static cn_status crosses(const cn_model *model, const char *member, const cn_model *other,
	const char *main_name, cn_error *err)
{
	const char *name = cni_model_database(other);

	cni_model_fail(model, err,
		"member \"%s\" leads to \"%s\", which lives in the database \"%s\"", member,
		other->type_name, name ? name : main_name);
	cn_error_hint(err, "keep its key as a plain column, and read it with cn_get");
	return CN_ESCHEMA;
}

static bool names_table(const char *references, const char *table)
{
	size_t size = table ? strlen(table) : 0;

	return size && references && !cni_ncasecmp(references, table, size) &&
	       (!references[size] || strchr(".( ", references[size]));
}

static const cn_model *find_elsewhere(const cn_model *model, const cn_model *const *models,
	const char *type_name, const char *references, const char *main_name)
{
	const cn_model *found = NULL;

	for (; models && *models; models++) {
		if (!(type_name ? !strcmp((*models)->type_name, type_name)
				: names_table(references, (*models)->table)))
			continue;
		if (!elsewhere(model, *models, main_name))
			return NULL; /* the same name here */
		found = *models;
	}
	return found;
}

static cn_status check_model(
	const cn_model *model, const cn_db_options *options, const char *name, cn_error *err)
{
	const char *said = cni_model_database(model);
	const cn_model *other;

	if (said && strcmp(said, name) != 0 && !find_bind(options->binds, said)) {
		const char *names[PARTS_MAX + 2] = {name};
		for (size_t i = 0; options->binds && options->binds[i].name; i++)
			names[i + 1] = options->binds[i].name;
		cni_model_fail(
			model, err, ".database = \"%s\", but there is no such database", said);
		const char *near = cni_nearest(said, names);
		if (near)
			cn_error_hint(err, "did you mean \"%s\"?", near);
		else
			cn_error_hint(err,
				"state it in .binds of cn_db_options, or with cn_app_database");
		return CN_ESCHEMA;
	}
	for (const cn_part *const *part = model->parts; *part; part++) {
		const cn_column *c = (const cn_column *)*part;
		const cn_relation *r = (const cn_relation *)*part;
		bool column = (*part)->kind == CN_PART_COLUMN && c->references;
		if (!column && (*part)->kind != CN_PART_RELATION)
			continue;
		other = find_elsewhere(model, options->models, column ? NULL : r->model,
			column ? c->references : NULL, name);
		if (other)
			return crosses(model, column ? c->member : r->member, other, name, err);
	}
	return CN_OK;
}

cn_status cni_parts_check(const cn_db_options *options, const char *name, cn_error *err)
{
	size_t count = 0;

	for (const cn_bind *bind = options->binds; bind && bind->name; bind++, count++) {
		if (count == PARTS_MAX)
			return cn_fail(err, CN_EARG,
				"more than %d further databases: is the list of .binds ended by {0}?",
				PARTS_MAX);
		if (!bind->uri || !*bind->uri)
			return cn_fail(err, CN_EARG, "the database \"%s\" has no URI", bind->name);
		if (!strcmp(bind->name, name) || find_bind(options->binds, bind->name) != bind)
			return cn_fail(err, CN_EARG, "there are two databases \"%s\"", bind->name);
	}
	for (size_t i = 0; options->models && options->models[i]; i++)
		TRY(check_model(options->models[i], options, name, err));
	return CN_OK;
}

/* ---- the handle ---- */

cn_status cni_db_open_parts(cn_db *db, const cn_db_options *options, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t count = 1;

	if (!options->binds || !options->binds->name)
		return CN_OK;
	for (const cn_bind *bind = options->binds; bind->name; bind++)
		count++;
	db->parts = cni_alloc(&db->arena, count * sizeof(*db->parts));
	if (!db->parts) {
		db->parts = db->alone;
		return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	db->parts[0] = db;
	for (const cn_bind *bind = options->binds; bind->name; bind++) {
		const cn_model *const *models;
		TRY(cni_models_of(&arena, options->models, bind->name, false, &models, err));
		TRY(cni_models_join(&arena, bind->models, models, &models, err));
		if (cni_db_open_one(bind->uri, bind->name, models, options,
			    &db->parts[db->part_count], err) < 0)
			return cn_error_wrap(err, "the database \"%s\"", bind->name);
		db->part_count++;
		TRY(cni_models_join(&db->arena, db->models, db->parts[db->part_count - 1]->models,
			&db->models, err));
	}
	return CN_OK;
}

cn_db *cn_db_part(cn_db *db, const char *name)
{
	for (size_t i = 0; i < db->part_count; i++) {
		if (!strcmp(db->parts[i]->name, name))
			return db->parts[i];
	}
	return NULL;
}

/* ---- the session ---- */

cn_session *cn_session_open(cn_db *db)
{
	cn_session *s = cni_session_new_part(db);

	if (!s || db->part_count == 1)
		return s;
	cn_session **parts = calloc(db->part_count, sizeof(*parts));
	if (!parts) {
		cn_session_close(s);
		return NULL;
	}
	s->parts = parts;
	parts[0] = s;
	for (size_t i = 1; i < db->part_count; i++) {
		cn_session *part = cni_session_new_part(db->parts[i]);
		if (!part) {
			cn_session_close(s);
			return NULL;
		}
		part->parts = parts;
		part->part_count = db->part_count;
		parts[s->part_count++] = part;
	}
	return s;
}

const cn_error *cn_session_error(const cn_session *s)
{
	for (size_t i = 0; s->error.status >= 0 && i < s->part_count; i++) {
		if (s->parts[i]->error.status < 0)
			return &s->parts[i]->error;
	}
	return &s->error;
}

bool cni_session_part_failed(cn_session *s)
{
	const cn_error *error = cn_session_error(s);

	if (error->status < 0 && error != &s->error)
		s->error = *error;
	return error->status < 0;
}

cn_session *cni_session_part_of(cn_session *s, const cn_model *model)
{
	const char *said = model->kind == CN_MODEL_ROW ? cni_model_database(model) : NULL;

	if (model->kind == CN_MODEL_ROW && !said)
		return s;
	for (size_t i = 0; i < s->part_count; i++) {
		cn_session *part = s->parts[i];
		if (said ? !strcmp(part->db->name, said)
			 : cni_registry_find(&part->db->registry, model) != NULL)
			return part;
	}
	return s; /* which says that it does not know the model */
}

cn_session *cn_session_part(cn_session *s, const char *name)
{
	const char *names[PARTS_MAX + 2] = {0};

	for (size_t i = 0; i < s->part_count; i++) {
		names[i] = s->parts[i]->db->name;
		if (!strcmp(names[i], name))
			return s->parts[i];
	}
	if (cni_session_failed(s))
		return s;
	cn_error_set(&s->error, CN_EARG, "there is no database \"%s\"", name);
	const char *near = cni_nearest(name, names);
	if (near)
		cn_error_hint(&s->error, "did you mean \"%s\"?", near);
	return s;
}

cn_status cni_session_half_done(cn_session *s, size_t failed, size_t done)
{
	cn_session *part = s->parts[failed];

	if (s->part_count > 1)
		cn_error_wrap(&part->error, "the database \"%s\"", part->db->name);
	if (done)
		cn_error_detail(&part->error,
			"what was written to %zu other %s is committed already", done,
			done == 1 ? "database" : "databases");
	return cni_session_failed(s) ? s->error.status : CN_EIO;
}
