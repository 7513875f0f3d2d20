/*
 * session.h - a unit of work: rows as structs, changes found by comparison, written at cn_commit.
 *
 *     cn_session *s = cn_session_open(db);
 *     Producer *acme = cn_find(s, Producer, "name = ?", "Acme");
 *     Product *tea = cn_new(s, Product, .name = "Tea", .price = cn_some(3.5), .producer = acme);
 *     Product **cheap = cn_list(s, Product, cn_where("price < ?", 10.0), .load = "producer");
 *     for (size_t i = 0; cheap[i]; i++)
 *             cheap[i]->price.value += 1;
 *     if (cn_commit(s) < 0)
 *             complain(cn_session_error(s));
 *     cn_session_close(s);
 *
 * Errors are kept: after a failure every call does nothing (lists are empty, rows are NULL,
 * numbers are 0) until cn_rollback, so straight-line code checks once, at cn_commit.
 *
 * Rows are the session's: they live, with their strings, until cn_clear or cn_session_close. One
 * row of the database is one pointer in a session (cn_get, cn_find, cn_one, cn_list, relations). A
 * changed member is written at the next flush, only the changed columns; a text member then points
 * to the session's own copy. Reads see what was flushed, not what is pending: call cn_flush first
 * where that matters.
 *
 * The first read opens a read transaction and the first flush the write transaction; cn_commit and
 * cn_rollback end it. A row that somebody else changed after this session read it, and that this
 * session wants to write, is a CN_ECONFLICT at flush: roll back, read again, retry. After
 * cn_commit the rows stay; what is read again is brought up to date in its place (not what has
 * unwritten changes). After cn_rollback the structs keep what the program put in, but the session
 * has forgotten them: read them again, or give them to cn_add. (Keys that a flush generated are 0
 * again.)
 *
 * A session is one thread's. The macros need C11; the functions that they call compile as C++.
 *
 * Source: src/orm/session.c, query.c, flush.c, load.c
 */
#ifndef CANTIL_SESSION_H
#define CANTIL_SESSION_H

#include <cantil/database.h>
#include <cantil/error.h>
#include <cantil/model.h>
#include <cantil/types.h>

// clang-format off

#ifdef __cplusplus
extern "C" {
#endif

/* A condition: args[0] is its text, with a `?` for each of the others. */
typedef struct cn_condition {
	size_t count;
	const cn_value *args;
} cn_condition;

/* What the macros make of `cn_where(…), .order_by = …`: every field is an option by name. */
typedef struct cn_query {
	int unused_;          /* named first by the macros, so that nothing else need be */
	cn_condition where;   /* cn_where("price > ? and name like ?", 10.0, "a%") */
	const char *order_by; /* "price desc, name" */
	size_t limit, offset; /* 0: all, from the first */
	bool distinct;        /* for reads of views, which may hold equal rows */
	const char *load;     /* relations to load with it: "producer, products.garbage" */
	const char *join;     /* relations to one row, in the same statement: "producer, country". For a few large rows, or
	                         a slow connection; else .load is as fast, and reads no row twice */
	bool read_only;       /* cn_list: plain structs, faster and smaller: no identity, changes are not saved */
} cn_query;

/* A page of a longer list. */
typedef struct cn_page {
	const cn_model *model;
	void **items;            /* a list of rows, never NULL */
	int64_t total;           /* rows on all pages */
	size_t page, pages, per_page; /* page counts from 1; pages is at least 1 */
	bool has_previous, has_next;
} cn_page;

/* ---- opening and ending ---- */

/* NULL only when out of memory. What else can go wrong is kept as the session's error. */
CN_API cn_session *cn_session_open(cn_db *db) CN_MUST_CHECK;
CN_API void cn_session_close(cn_session *s); /* rolls back what is not committed; NULL is allowed */

/* The error kept; status CN_OK when there is none. Never NULL; valid until the session is closed. */
CN_API const cn_error *cn_session_error(const cn_session *s);
CN_API cn_db *cn_session_db(cn_session *s);

/*
 * With several databases (cn_db_options.binds) the session is one for all: what names a model goes to
 * the model's database; cn_flush, cn_commit, cn_rollback, cn_clear and savepoints are for all. All
 * is flushed before anything is committed, then one database after the other, the main one first: a
 * disk that fails in between leaves the first committed, which the error says. The raw SQL of
 * cn_execute, and of cn_sql into a struct that names no .database, is the main one's;
 * cn_execute(cn_session_part(s, "archive"), …) another's. Without a database of that
 * name the session has failed.
 */
CN_API cn_session *cn_session_part(cn_session *s, const char *name);

CN_API cn_status cn_flush(cn_session *s);    /* writes the changes, inside the transaction */
CN_API cn_status cn_commit(cn_session *s);   /* flushes, and ends the transaction; the kept error's status if there is one */
CN_API void cn_rollback(cn_session *s);      /* undoes what was not committed, clears the error */
CN_API void cn_clear(cn_session *s);         /* forgets all rows, gives back their memory; flush before it */

/*
 * Takes the write lock now, not at the first flush: until cn_commit or cn_rollback nobody else writes,
 * so what is read from here on is as it is when it is written, and there is no CN_ECONFLICT for it.
 * For a unit that reads in order to write; it also saves reading the same pages on two connections.
 * CN_ECONFLICT: somebody else holds the lock for longer than the busy time-out.
 * Where writers do not wait for each other (PostgreSQL) it begins the transaction and keeps nobody out: there
 * `isolation=serializable` in the URI makes a CN_ECONFLICT of what was read and changed meanwhile.
 *
 * Rows that are too many to hold are written in parts. All of it is one transaction, and the memory
 * that of one part:
 *     for (int64_t i = 0; i < millions; i++) {
 *             cn_new(s, Reading, .at = …, .value = …);
 *             if (i % 10000 == 9999 && cn_flush(s) == CN_OK)
 *                     cn_clear(s);
 *     }
 *     if (cn_commit(s) < 0) …
 */
CN_API cn_status cn_lock(cn_session *s);

/* ---- savepoints ----
 * cn_savepoint flushes and marks the place; cn_savepoint_undo takes back what was written since the
 * last mark, and clears the error; cn_savepoint_release keeps it. They nest; commit and rollback end
 * all of them. After an undo the session has forgotten its rows, as after cn_rollback: read them
 * again. */
CN_API cn_status cn_savepoint(cn_session *s);
CN_API cn_status cn_savepoint_release(cn_session *s);
CN_API cn_status cn_savepoint_undo(cn_session *s);

/*
 * Runs fn in a session of its own and commits; after a CN_ECONFLICT (another writer, a stale row)
 * again from the begin, up to 10 times, with a growing, random pause. `fn` must be fit to be run
 * again. Its failure (< 0, or the session's error) rolls back and is returned.
 *     static cn_status sell(cn_session *s, void *ctx) { … return cn_session_error(s)->status; }
 *     if (cn_transaction(db, sell, &order, &err) < 0) …
 */
typedef cn_status (*cn_work_fn)(cn_session *s, void *ctx);
CN_API cn_status cn_transaction(cn_db *db, cn_work_fn fn, void *ctx, cn_error *err) CN_MUST_CHECK;

/* ---- recorded queries ---- */

typedef struct cn_recorded {
	const char *sql; /* with its values */
	int64_t duration_us;
} cn_recorded;

/* From now on the session keeps its statements (the first 10,000), or stops it and forgets them. */
CN_API void cn_session_record(cn_session *s, bool on);
/* How many, and in *ret the first of them; until the next call of cn_session_record. */
CN_API size_t cn_session_recorded(const cn_session *s, const cn_recorded **ret);

/* The length of a list (NULL: 0). */
CN_API size_t cn_len(const void *list);

/* ---- the functions behind the macros; for other languages, and for code that handles any model ---- */

CN_API void *cn_session_get(cn_session *s, const cn_model *model, size_t count, const cn_value *key);
CN_API void *cn_session_get_plain(
	cn_session *s, const cn_model *model, size_t count, const cn_value *key);
CN_API void **cn_session_get_many(cn_session *s, const cn_model *model, const int64_t *keys, size_t count);
CN_API void *cn_session_find(cn_session *s, const cn_model *model, const cn_query *query);
CN_API void *cn_session_one(cn_session *s, const cn_model *model, const cn_query *query);
CN_API void *cn_session_one_or_none(cn_session *s, const cn_model *model, const cn_query *query);
CN_API void **cn_session_list(cn_session *s, const cn_model *model, const cn_query *query);
CN_API int64_t cn_session_count(cn_session *s, const cn_model *model, const cn_query *query);
CN_API bool cn_session_exists(cn_session *s, const cn_model *model, const cn_query *query);
CN_API cn_page cn_session_paginate(cn_session *s, const cn_model *model, size_t page, const cn_query *query);
CN_API void **cn_session_sql(cn_session *s, const cn_model *model, size_t count, const cn_value *args);
CN_API int64_t cn_session_execute(cn_session *s, size_t count, const cn_value *args);
CN_API void *cn_session_new(cn_session *s, const cn_model *model, const void *initial); /* NULL: all 0 */
CN_API void cn_session_add(cn_session *s, const cn_model *model, void *row);
CN_API void cn_session_delete(cn_session *s, const cn_model *model, void *row);
CN_API void *cn_session_need(cn_session *s, const cn_model *model, void *row);
CN_API void cn_session_refresh(cn_session *s, const cn_model *model, void *row);
CN_API void cn_session_expire(cn_session *s, const cn_model *model, void *row);
CN_API void *cn_session_merge(cn_session *s, const cn_model *model, const void *row);
CN_API int64_t cn_session_insert_many(cn_session *s, const cn_model *model, const void *rows, size_t count);
CN_API int64_t cn_session_update_where(cn_session *s, const cn_model *model, size_t count, const cn_value *args);
CN_API int64_t cn_session_delete_where(cn_session *s, const cn_model *model, size_t count, const cn_value *args);
CN_API void cn_session_load(cn_session *s, const cn_model *model, void *list, const char *path);
CN_API void cn_session_load_row(cn_session *s, const cn_model *model, void *row, const char *path);
CN_API void *cn_session_append(cn_session *s, void *list, void *row);
CN_API void *cn_session_remove(cn_session *s, void *list, const void *row);

/* A row's column, by its name; texts are copied into the session. An unknown name, or a value that does not fit, is the
 * session's error. */
CN_API void cn_session_set(cn_session *s, const cn_model *model, void *row, const char *column, cn_value value);
/* Rows of a statement whose columns nobody has declared; *ret_model says what they are (members of type cn_value), and
 * lives, like the rows, until cn_clear. */
CN_API void **cn_session_query(cn_session *s, const cn_model **ret_model, size_t count, const cn_value *args);

/* A stream: the first row, and the next after `row`; NULL at the end. One row of memory, reused. */
CN_API void *cn_stream_open(cn_session *s, const cn_model *model, const cn_query *query);
CN_API void *cn_stream_next(void *row);
CN_API void cn_stream_close(void *row);   /* NULL is allowed; the end of the stream closes it as well */
CN_API void cn_stream_closep(void *row_pointer); /* for the clean-up of a variable: closes *row_pointer */

#ifdef __cplusplus
}
#else

/* ---- boxing of arguments ---- */

static inline cn_value cn_boxed(cn_value v) { return v; }

/* Never defined; its parameter is of a type that nobody has, so a wrong argument is a compiler's
 * error that names this function. */
typedef struct { char never[1]; } cn_never;
cn_value cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes(cn_never);

#define CN_BOX(x)                                                                                  \
	_Generic((x),                                                                              \
		bool: cn_bool,                                                                     \
		char: cn_int, signed char: cn_int, unsigned char: cn_int,                          \
		short: cn_int, unsigned short: cn_int,                                             \
		int: cn_int, unsigned: cn_int, long: cn_int, long long: cn_int,                    \
		unsigned long: cn_uint, unsigned long long: cn_uint,                               \
		float: cn_double, double: cn_double,                                               \
		char *: cn_text, const char *: cn_text,                                            \
		void *: cn_null,                                                                   \
		cn_blob: cn_bytes, cn_time: cn_timestamp, cn_date: cn_day, cn_value: cn_boxed,     \
		cn_null_bool: cn_nbool, cn_null_int32: cn_nint32, cn_null_int64: cn_nint64,        \
		cn_null_double: cn_ndouble, cn_null_time: cn_ntime, cn_null_date: cn_ndate,        \
		cn_clock: cn_time_of_day, cn_null_clock: cn_nclock,                                \
		default: cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes)(x)

/* The first argument is the text, so the list is never empty. At most 1 + 119 arguments. */
#define CN_BOXED(...) ((const cn_value[]){CN_MAP(CN_BOX, __VA_ARGS__)})
/* 0, and a compiler's error when the first argument is no text. */
#define CN_TEXT_FIRST(...) CN_TEXT_FIRST_(__VA_ARGS__, )
#define CN_TEXT_FIRST_(text, ...) _Generic((text), char *: 0, const char *: 0)
#define CN_ARGS(...) CN_NARG(__VA_ARGS__) + CN_TEXT_FIRST(__VA_ARGS__), CN_BOXED(__VA_ARGS__)

#define CN_QUERY(...) (&(const cn_query){.unused_ = 0, __VA_ARGS__})

/* A condition with its arguments, as one option among the others. Names are the columns' SQL
 * names. */
#define cn_where(...)                                                                              \
	.where = {CN_NARG(__VA_ARGS__) + CN_TEXT_FIRST(__VA_ARGS__), CN_BOXED(__VA_ARGS__)}

/* ---- reading ---- */

/* cn_get(s, Product, 7), cn_get(s, PostTag, post_id, tag_id): the row with this key, NULL if there
 * is none. */
#define cn_get(s, T, ...)                                                                          \
	((T *)cn_session_get((s), &T##_model, CN_NARG(__VA_ARGS__), CN_BOXED(__VA_ARGS__)))
/* cn_get_many(s, Product, keys, count): Product **, one for each of the int64_t keys, NULL where there
 * is no such row; those that the session does not have are read together. For models whose key is one
 * integer. The list is as long as `keys`, and does not end with NULL. NULL: it failed.
 *     Product **found = cn_get_many(s, Product, keys, 100);
 *     for (size_t i = 0; found && i < 100; i++) … found[i] … */
#define cn_get_many(s, T, keys, count) ((T **)cn_session_get_many((s), &T##_model, (keys), (count)))
/* The same as cn_get, as a plain row: read each time, and none of the session's rows, so that changes of it
 * are not found. What `.read_only = true` is for lists: for many rows that are only looked at. */
#define cn_get_plain(s, T, ...)                                                                    \
	((T *)cn_session_get_plain((s), &T##_model, CN_NARG(__VA_ARGS__), CN_BOXED(__VA_ARGS__)))

/* cn_list(s, Product, cn_where("price > ?", 10.0), .order_by = "price desc", .limit = 20, .load =
 * "producer"): a NULL-terminated list, never NULL itself. */
#define cn_list(s, ...) CN_LIST_(s, __VA_ARGS__, )
#define CN_LIST_(s, T, ...) ((T **)cn_session_list((s), &T##_model, CN_QUERY(__VA_ARGS__)))

/* cn_first(s, Product, cn_where(…), .order_by = "price"): the first row, or NULL. */
#define cn_first(s, ...) CN_FIRST_(s, __VA_ARGS__, )
#define CN_FIRST_(s, T, ...) ((T *)cn_session_find((s), &T##_model, CN_QUERY(__VA_ARGS__)))

/* cn_find(s, Product, "name = ?", name): the same for a condition alone. */
#define cn_find(s, T, ...) cn_first(s, T, cn_where(__VA_ARGS__))

/* cn_one(s, Product, "name = ?", name): exactly one row, else an error (CN_ENOTFOUND, CN_EARG for
 * several). cn_one_or_none: NULL when there is none; several are an error. */
#define cn_one_or_none(s, T, ...)                                                                  \
	((T *)cn_session_one_or_none((s), &T##_model, CN_QUERY(cn_where(__VA_ARGS__))))
#define cn_one(s, T, ...)                                                                          \
	((T *)cn_session_one((s), &T##_model, CN_QUERY(cn_where(__VA_ARGS__))))

/* cn_count(s, Product), cn_count(s, Product, cn_where("price is null")) */
#define cn_count(s, ...) CN_COUNT_(s, __VA_ARGS__, )
#define CN_COUNT_(s, T, ...) cn_session_count((s), &T##_model, CN_QUERY(__VA_ARGS__))
#define cn_exists(s, ...) CN_EXISTS_(s, __VA_ARGS__, )
#define CN_EXISTS_(s, T, ...) cn_session_exists((s), &T##_model, CN_QUERY(__VA_ARGS__))

/* cn_paginate(s, Product, 3, cn_where(…), .order_by = "name", .limit = 20): page 3 of 20 rows each
 * (the usual). Pages count from 1; one beyond the last is empty. Without .order_by: by primary
 * key. */
#define cn_paginate(s, T, ...) CN_PAGINATE_(s, T, __VA_ARGS__, )
#define CN_PAGINATE_(s, T, page, ...)                                                              \
	cn_session_paginate((s), &T##_model, (page), CN_QUERY(__VA_ARGS__))

/* cn_each(s, Product, p, cn_where(…)) { … p->name … }: streams a table of any size in constant
 * memory. The row and its strings are good until the next turn; it is no row of the session:
 * changes are not saved. `break` and `return` are fine. */
#define cn_each(s, ...) CN_EACH_(s, __VA_ARGS__, )
#if defined(__GNUC__)
#define CN_STREAM_AUTO __attribute__((cleanup(cn_stream_closep)))
#else
#define CN_STREAM_AUTO /* a stream left early is closed with the transaction */
#endif
#define CN_EACH_(s, T, p, ...)                                                                     \
	for (T *p CN_STREAM_AUTO = cn_stream_open((s), &T##_model, CN_QUERY(__VA_ARGS__)); p;      \
		p = cn_stream_next(p))

/* cn_sql(s, Sales, "select p.name as producer, sum(…) as total from … where y = ?", 2026): rows
 * into any struct, by column name. They are no rows of the session: changes are not saved. */
#define cn_sql(s, T, ...) ((T **)cn_session_sql((s), &T##_model, CN_ARGS(__VA_ARGS__)))

/* cn_execute(s, "update product set price = price * ? where producer_id = ?", 1.1, id): a
 * statement without rows, in the write transaction; returns the number of rows changed. Rows that
 * the session has are not changed by it. */
#define cn_execute(s, ...) cn_session_execute((s), CN_ARGS(__VA_ARGS__))

/* ---- writing ---- */

/* cn_new(s, Product, .name = "Tea", .price = cn_some(3.5)): a row of the session, strings copied,
 * to be inserted at flush. Members left 0 take their default; an integer key left 0 is generated. */
#define cn_new(s, ...) CN_NEW_(s, __VA_ARGS__, )
#define CN_NEW_(s, T, ...)                                                                         \
	((T *)cn_session_new((s), &T##_model, __extension__ &(const T){__VA_ARGS__}))

/* cn_add(s, Product, &mine): inserts a struct of the program's own at flush, with keys and
 * defaults written back into it. The session borrows it until cn_commit, cn_rollback, cn_clear or
 * cn_session_close. */
#define cn_add(s, T, row) cn_session_add((s), &T##_model, 1 ? (row) : (T *)0)

/* cn_delete(s, Product, p): deletes a row of the session at flush. */
#define cn_delete(s, T, row) cn_session_delete((s), &T##_model, 1 ? (row) : (T *)0)

/* cn_get_needed(s, Product, 7), cn_first_needed(s, Product, cn_where(…)): as cn_get and cn_first, but
 * CN_ENOTFOUND when there is none; a web handler that leaves that error answers 404. */
#define cn_get_needed(s, T, ...)                                                                   \
	((T *)cn_session_need((s), &T##_model, cn_get(s, T, __VA_ARGS__)))
#define cn_first_needed(s, ...) CN_FIRST_NEEDED_(s, __VA_ARGS__, )
#define CN_FIRST_NEEDED_(s, T, ...)                                                                \
	((T *)cn_session_need((s), &T##_model, cn_session_find((s), &T##_model, CN_QUERY(__VA_ARGS__))))

/* cn_refresh(s, Product, p): reads the row again, over what was changed in it. CN_ENOTFOUND: it is
 * deleted. cn_expire: its changes are forgotten, and it is read again when it is met. */
#define cn_refresh(s, T, row) cn_session_refresh((s), &T##_model, 1 ? (row) : (T *)0)
#define cn_expire(s, T, row) cn_session_expire((s), &T##_model, 1 ? (row) : (T *)0)

/* cn_merge(s, Product, &mine): the session's row with mine's key, which gets all of mine's columns;
 * a new one if there is none. Yields that row; `mine` stays the program's. */
#define cn_merge(s, T, row) ((T *)cn_session_merge((s), &T##_model, 1 ? (row) : (const T *)0))

/* ---- rows by name: of tables and statements that no struct describes ----
 *
 *     const cn_model *product = cn_db_model(db, "product");   // cn_db_options.reflect
 *     void **rows = cn_rows(s, product, cn_where("price > ?", 3), .order_by = "name", .load = "producer");
 *     for (size_t i = 0; rows[i]; i++)
 *             print(cn_row_get(product, rows[i], "name"));
 *     cn_row_set(s, product, rows[0], "price", 3.5);
 *     cn_commit(s);
 *
 * They are rows of the session like any other: one row is one pointer, changes are written, cn_session_delete
 * and the other functions above take them. */
#define cn_rows(s, ...) CN_ROWS_(s, __VA_ARGS__, )
#define CN_ROWS_(s, model, ...) cn_session_list((s), (model), CN_QUERY(__VA_ARGS__))
#define cn_row_by_key(s, model, ...)                                                               \
	cn_session_get((s), (model), CN_NARG(__VA_ARGS__), CN_BOXED(__VA_ARGS__))
#define cn_row_find(s, model, ...) cn_session_find((s), (model), CN_QUERY(cn_where(__VA_ARGS__)))
#define cn_row_new(s, model) cn_session_new((s), (model), NULL) /* all NULL, to be inserted at flush */
#define cn_row_set(s, model, row, column, value)                                                   \
	cn_session_set((s), (model), (row), (column), CN_BOX(value))

/* cn_query(s, &columns, "select a, count(*) as n from t where b > ? group by a", 5): cn_sql without a struct. */
#define cn_query(s, ret_model, ...) cn_session_query((s), (ret_model), CN_ARGS(__VA_ARGS__))

/* ---- bulk: without rows of the session; what it has read of them is read again when it is met ---- */

/* cn_insert_many(s, Product, array, count): structs, many to a statement, in the write transaction.
 * Returns how many. Keys and defaults are not written back. */
#define cn_insert_many(s, T, rows, count)                                                          \
	cn_session_insert_many((s), &T##_model, 1 ? (rows) : (const T *)0, (count))

/* cn_update_where(s, Product, "price = price * ?", "stock > ?", 1.1, 5): what is set, the condition,
 * the values of both in their order. Returns the number of rows. Columns with .on_update_sql or
 * .version move on. */
#define cn_update_where(s, T, ...) cn_session_update_where((s), &T##_model, CN_ARGS(__VA_ARGS__))

/* cn_delete_where(s, Product, "stock = ?", 0). Returns the number of rows. */
#define cn_delete_where(s, T, ...) cn_session_delete_where((s), &T##_model, CN_ARGS(__VA_ARGS__))

/* ---- relations ---- */

/* cn_load(s, Producer, rows, "products.garbage"): loads relations of a row (T *) or a list (T **). */
#define cn_load(s, T, rows, path)                                                                  \
	_Generic((rows), T *: cn_session_load_row, T **: cn_session_load)((s), &T##_model, (rows), (path))

/* cn_append(s, producer->products, tea): puts a row at the end of a has-many list (which may be
 * NULL); at flush the row gets the key. */
#define cn_append(s, list, row) ((list) = cn_session_append((s), (list), 1 ? (row) : *(list)))

/* cn_remove(s, producer->products, tea): takes a row out of a list that is loaded. At flush its key
 * becomes NULL, or it is deleted (CN_CASCADE_ORPHANS); in a many-to-many the row between goes. */
#define cn_remove(s, list, row)                                                                    \
	((list) = cn_session_remove((s), (list), 1 ? (row) : *(list)))

#endif /* !__cplusplus */
#endif
