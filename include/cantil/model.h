/*
 * model.h - data declared once: a C struct and its model table.
 *
 *     typedef struct Product {
 *             int64_t id, producer_id;
 *             const char *name;
 *             cn_null_double price;
 *             Producer *producer;
 *     } Product;
 *     CN_MODEL(Product, "product",
 *             CN_COLUMN(Product, id, .primary_key = true),
 *             CN_COLUMN(Product, producer_id, .references = "producer.id", .index = true),
 *             CN_COLUMN(Product, name, .length = 100, .not_null = true),
 *             CN_COLUMN(Product, price, .check_sql = "price >= 0"),
 *             CN_BELONGS_TO(Product, Producer, producer, .via = "producer_id"));
 *
 * Types and nullability come from the C members; a member of another type does not compile:
 *
 *     C member                                  SQL type (SQLite)
 *     bool, cn_null_bool                        BOOLEAN
 *     (u)int8_t … (u)int64_t, int, long, enums,
 *     cn_null_int32, cn_null_int64              INTEGER
 *     float, double, cn_null_double             REAL; NUMERIC(p, s) with .precision
 *     char *, const char *                      TEXT; VARCHAR(n) with .length
 *     char[N]                                   VARCHAR(N - 1)
 *     cn_blob                                   BLOB
 *     cn_time, cn_null_time                     TIMESTAMP: text as CURRENT_TIMESTAMP writes it,
 *                                               UTC, with microseconds if there are any.
 *                                               Integers and reals in the database are read
 *                                               as seconds since 1970.
 *     cn_date, cn_null_date                     DATE: text YYYY-MM-DD
 *     cn_clock, cn_null_clock                   TIME: text HH:MM:SS[.microseconds]
 *     cn_decimal                                NUMERIC(p, s) with .precision, .scale: exact.
 *                                               SQLite keeps up to 15 digits as numbers; more
 *                                               are text (DECIMAL_TEXT(p, s)), sorted as such
 *     cn_uuid                                   CHAR(36)
 *     cn_document                               TEXT that is JSON; checked when it is written
 *     cn_value                                  BLOB: any value, as it is ({0} is NULL)
 *     integers with .enum_names                 VARCHAR(n), CHECK (… IN (…)): stored by name
 *
 * Pointers, blobs and the cn_null_ types are nullable unless .not_null; the others are not (.null
 * makes no sense there: there is no room for a NULL). A number too large for its member, a text
 * too long for its char[N] or its .length is an error, when reading too, never cut.
 *
 * What is not named gets a name: pk_, fk_, uq_, ck_, ix_ + table + columns. (An INTEGER PRIMARY
 * KEY stays without one: in SQLite it is the row's own number, and no constraint.)
 *
 * The tables are plain constant data: nothing runs before main. They are checked when a database
 * is opened with them (cn_db_open) or by cn_models_check. The macros need C11; a C++ program links
 * models that a C file declares, with CN_MODEL_DECL.
 *
 * Source: src/orm/model.c, src/orm/registry.c
 */
#ifndef CANTIL_MODEL_H
#define CANTIL_MODEL_H

#include <cantil/error.h>
#include <cantil/types.h>

// clang-format off

#ifdef __cplusplus
extern "C" {
#endif

/* What the database does to a row whose parent goes away, or changes its key. */
typedef enum cn_action {
	CN_NO_ACTION = 0,
	CN_RESTRICT,
	CN_SET_NULL,
	CN_SET_DEFAULT,
	CN_CASCADE,
} cn_action;

/* What the session does to the children of a row: several may be joined by `|`. */
typedef enum cn_cascade {
	CN_CASCADE_NONE = 0,    /* leaves them to the database */
	CN_CASCADE_DELETE = 1,  /* cn_delete of the parent deletes them too (loaded or not), and theirs */
	CN_CASCADE_ORPHANS = 2, /* one that is taken out of the list (cn_remove) is deleted */
	CN_CASCADE_NULLIFY = 4, /* cn_delete of the parent sets their key to NULL */
	CN_CASCADE_SAVE = 8,    /* a struct that the session does not know is given to cn_add */
} cn_cascade;

/* How a member lies in its struct. Filled by the macros. */
typedef enum cn_storage {
	CN_STORE_NONE = 0,
	CN_STORE_BOOL,
	CN_STORE_I8, CN_STORE_U8, CN_STORE_I16, CN_STORE_U16,
	CN_STORE_I32, CN_STORE_U32, CN_STORE_I64, CN_STORE_U64,
	CN_STORE_FLOAT, CN_STORE_DOUBLE,
	CN_STORE_TEXT,  /* const char * */
	CN_STORE_CHARS, /* char *: the program may write into the text */
	CN_STORE_ARRAY, /* char[N] */
	CN_STORE_BLOB, CN_STORE_TIME, CN_STORE_DATE, CN_STORE_CLOCK,
	CN_STORE_NULL_BOOL, CN_STORE_NULL_I32, CN_STORE_NULL_I64, CN_STORE_NULL_DOUBLE,
	CN_STORE_NULL_TIME, CN_STORE_NULL_DATE, CN_STORE_NULL_CLOCK,
	CN_STORE_DECIMAL, CN_STORE_UUID, CN_STORE_DOCUMENT, /* empty is NULL */
	CN_STORE_VALUE, /* cn_value: whatever the database holds */
} cn_storage;

/* A model is a flat list of parts; each part begins with this head, and is one of the structs
 * below. */
typedef enum cn_part_kind {
	CN_PART_COLUMN = 1,
	CN_PART_RELATION,
	CN_PART_INDEX,
	CN_PART_KEY,         /* CN_PRIMARY_KEY, CN_UNIQUE */
	CN_PART_CHECK,
	CN_PART_FOREIGN_KEY,
	CN_PART_OPTIONS,
} cn_part_kind;
typedef struct cn_part { cn_part_kind kind; } cn_part;

/* Fills in a member. CN_OK, or a failure, which becomes the session's error. */
typedef cn_status (*cn_fill_fn)(void *member, cn_error *err);

/* A .default_fn for a cn_uuid: a new one. */
CN_API cn_status cn_uuid_fill(void *member, cn_error *err);

/* CN_COLUMN(T, member, options…): the fields from `name` on are the options; 0 is the usual. */
typedef struct cn_column {
	cn_part part;
	const char *member;
	size_t offset, size;
	cn_storage storage;

	const char *name;         /* in SQL; NULL: the member's name */
	cn_type type;             /* a neighbouring type for the SQL side; 0: from the C member */
	const char *type_sql;     /* the declared type, literally ("": none); NULL: from the type */
	unsigned length;          /* text: at most so many characters; 0: no bound */
	unsigned precision, scale; /* double, decimal: NUMERIC(precision, scale) */
	const char *const *enum_names; /* CN_NAMES("new", "paid", …): an integer from 0 on, stored as its name */
	bool primary_key;         /* several columns together are a composite key, in their order */
	bool autoincrement;       /* numbers of deleted rows are never given again */
	bool unique, index;
	bool not_null, null;      /* against what the C type says; `null` for pointers is the usual already */
	cn_value default_value;   /* CN_INT(1), CN_TEXT("new"), …: set by cn_new, and the column's DEFAULT */
	const char *default_sql;  /* the column's DEFAULT as an expression; the database computes it */
	cn_fill_fn default_fn;    /* called by cn_new and cn_add for a member that is 0: cn_uuid_fill, or your own */
	const char *on_update_sql; /* an expression: the column's value after each update of the row */
	bool version;             /* an integer that counts the row's updates: a row that somebody else has changed or
	                             deleted meanwhile is a CN_ECONFLICT */
	const char *check_sql;    /* CHECK; a NULL passes it */
	const char *collate;
	const char *generated_sql; /* GENERATED ALWAYS AS (…); read back, never written */
	bool stored;              /* a generated column is kept on disk */
	const char *references;   /* "table.column", or "table" for its primary key */
	cn_action on_delete, on_update;
	bool deferrable;          /* the reference is checked at commit */
	const char *comment;
	const char *renamed_from; /* the column's old name, so that a migration need not ask */
} cn_column;

typedef enum cn_relation_kind {
	CN_RELATION_BELONGS_TO = 0, /* this model has the foreign key */
	CN_RELATION_HAS_MANY,
	CN_RELATION_HAS_ONE,      /* the target has it, and it is unique there */
	CN_RELATION_MANY_TO_MANY, /* a third table has both */
} cn_relation_kind;

/* CN_BELONGS_TO(T, Target, member, .via = "column"), CN_HAS_MANY(T, Target, member, .via =
 * "column"), CN_HAS_ONE(T, Target, member), CN_MANY_TO_MANY(T, Target, member, .through = "table") */
typedef struct cn_relation {
	cn_part part;
	bool many; /* the member is a list */
	cn_relation_kind kind;
	const char *member, *model; /* model: the target's type name */
	size_t offset;
	const char *via;      /* the foreign key's columns "a" or "a, b": of this model (belongs to), of the target (has one,
	                         has many), of the table between that lead here (many to many); NULL: the only one there is */
	const char *through;  /* many to many: the table between, or its model's type name. When no model has that name
	                         the table is made from the keys of both ends, <table>_<key> or as .via and .to say; it
	                         is part of migrations, and cn_db_model(db, "post_tag") yields its model */
	const char *to;       /* many to many: the columns of the table between that lead to the target */
	const char *order_by; /* of a list: "name, id desc", of the target; NULL: by its primary key */
	cn_cascade cascade;   /* belongs to: SAVE only; many to many: SAVE only, its links go by themselves */
} cn_relation;

/* CN_INDEX("team_id, lower(name) desc", .unique = true, .where_sql = "active") */
typedef struct cn_index {
	cn_part part;
	const char *columns;   /* columns or expressions, as SQL */
	const char *name;      /* NULL: ix_<table>_<columns> */
	bool unique;
	const char *where_sql; /* NULL: all rows */
} cn_index;

/* CN_PRIMARY_KEY("a, b"), CN_UNIQUE("a, b", .name = "uq_x") */
typedef struct cn_key {
	cn_part part;
	bool primary;
	const char *columns;
	const char *name;
} cn_key;

/* CN_CHECK("ends_at > starts_at", .name = "ck_period") */
typedef struct cn_check {
	cn_part part;
	const char *sql;
	const char *name;
} cn_check;

/* CN_FOREIGN_KEY("order_id, line", "order_line(order_id, line)", .on_delete = CN_CASCADE) */
typedef struct cn_foreign_key {
	cn_part part;
	const char *columns;
	const char *references; /* "table(a, b)", or "table" for its primary key */
	const char *name;
	cn_action on_delete, on_update;
	bool deferrable;
} cn_foreign_key;

/* CN_TABLE_OPTIONS(.strict = true) */
typedef struct cn_table_options {
	cn_part part;
	bool strict, without_rowid;
	const char *renamed_from; /* the table's old name */
	const char *comment;
	const char *database;     /* the one it lives in, of several; NULL: the main one. Of CN_ROW: the one that cn_sql asks */
	bool unnamed;             /* constraints without a .name get none, for a table that exists already: cantil
	                             inspect --format c writes it where a table has such constraints */
} cn_table_options;

typedef enum cn_model_kind {
	CN_MODEL_TABLE = 0,
	CN_MODEL_ROW,     /* a struct for cn_sql only: CN_ROW */
	CN_MODEL_VIEW,    /* CN_VIEW: read like a table, never written */
	CN_MODEL_TRIGGER, /* CN_TRIGGER */
	CN_MODEL_VIRTUAL, /* CN_VIRTUAL: a virtual table, without a struct */
} cn_model_kind;

typedef struct cn_model {
	cn_model_kind kind;
	const char *type_name; /* the C struct, or the handle of a trigger or virtual table */
	const char *table;     /* the name in SQL */
	size_t size;           /* of the struct, bytes */
	const cn_part *const *parts; /* NULL-terminated */
	const char *sql;       /* the CREATE statement of a view, trigger or virtual table */
} cn_model;

/*
 * Checks a NULL-terminated list of models (CN_MODELS) as a whole: names, keys, references,
 * relations, options that contradict each other. CN_ESCHEMA names the model and the member; a hint
 * says what to write.
 */
CN_API cn_status cn_models_check(const cn_model *const *models, cn_error *err) CN_MUST_CHECK;

/* ---- a model's columns and their values, for code that handles any model (JSON, tables, forms) ----
 *
 *     size_t at = 0;
 *     for (const cn_column *c; (c = cn_model_columns(model, &at));)
 *             print(cn_column_name(c), cn_column_get(c, row));
 */

/* The next column, in the model's order, NULL after the last. *at is 0 to begin with. */
CN_API const cn_column *cn_model_columns(const cn_model *model, size_t *at);

/* The next relation. The member at `offset` is a row (T *) or, with `many`, a list (T **); NULL:
 * not loaded. */
CN_API const cn_relation *cn_model_relations(const cn_model *model, size_t *at);

/* A column by its SQL name or member name (ASCII case ignored in the first), NULL if there is
 * none. */
CN_API const cn_column *cn_model_column(const cn_model *model, const char *name);

CN_API const char *cn_column_name(const cn_column *column);   /* in SQL */
CN_API cn_type cn_column_type(const cn_column *column);       /* never NONE; char[N] is TEXT */
CN_API bool cn_column_nullable(const cn_column *column);

/* The value of a row's member. Text and blobs are borrowed from the row. Type NONE: a uint64_t
 * beyond what a database integer holds. */
CN_API cn_value cn_column_get(const cn_column *column, const void *row);

/* The same by the column's name. Type NONE, too: there is no such column. */
CN_API cn_value cn_row_get(const cn_model *model, const void *row, const char *column);

/* What a relation holds, by its member's name: a row, and a list (never NULL). NULL, an empty list:
 * not loaded, or no such relation. */
CN_API void *cn_row_related(const cn_model *model, const void *row, const char *relation);
CN_API void **cn_row_list(const cn_model *model, const void *row, const char *relation);

/* Sets a row's member. Text and blobs are borrowed (pointer members keep the pointer; char[N]
 * copies). Numbers are converted where nothing is lost, text to time and date as it is read from a
 * database. CN_EARG: the value does not fit; the member is as it was. */
CN_API cn_status cn_column_set(const cn_column *column, void *row, cn_value value, cn_error *err) CN_MUST_CHECK;

#ifdef __cplusplus
}

/* Models are declared in a C file; C++ uses them through this. */
#define CN_MODEL_DECL(T) extern "C" const cn_model T##_model

#else

/* ---- what the member's type says ----
 * The type of &member is looked at, not of member: that keeps char[N] apart from char *. Basic types
 * are listed, never typedefs: int64_t is long here, long long there. An enum is int or unsigned. */
#define CN_PTR_TO(T, m) (&((T *)0)->m)
#define CN_SIZE_OF(T, m) sizeof(((T *)0)->m)

#define CN_STORAGE_OF(T, m)                                                                        \
	_Generic(CN_PTR_TO(T, m),                                                                  \
		bool *: CN_STORE_BOOL,                                                             \
		signed char *: CN_STORE_I8, unsigned char *: CN_STORE_U8,                          \
		short *: CN_STORE_I16, unsigned short *: CN_STORE_U16,                             \
		int *: CN_STORE_I32, unsigned *: CN_STORE_U32,                                     \
		long *: sizeof(long) == 8 ? CN_STORE_I64 : CN_STORE_I32,                           \
		unsigned long *: sizeof(long) == 8 ? CN_STORE_U64 : CN_STORE_U32,                  \
		long long *: CN_STORE_I64, unsigned long long *: CN_STORE_U64,                     \
		float *: CN_STORE_FLOAT, double *: CN_STORE_DOUBLE,                                \
		const char **: CN_STORE_TEXT, char **: CN_STORE_CHARS,                             \
		char(*)[CN_SIZE_OF(T, m)]: CN_STORE_ARRAY,                                         \
		cn_blob *: CN_STORE_BLOB, cn_time *: CN_STORE_TIME, cn_date *: CN_STORE_DATE,      \
		cn_null_bool *: CN_STORE_NULL_BOOL, cn_null_int32 *: CN_STORE_NULL_I32,            \
		cn_null_int64 *: CN_STORE_NULL_I64, cn_null_double *: CN_STORE_NULL_DOUBLE,        \
		cn_null_time *: CN_STORE_NULL_TIME, cn_null_date *: CN_STORE_NULL_DATE,            \
		cn_clock *: CN_STORE_CLOCK, cn_null_clock *: CN_STORE_NULL_CLOCK,                  \
		cn_decimal *: CN_STORE_DECIMAL, cn_uuid *: CN_STORE_UUID,                          \
		cn_document *: CN_STORE_DOCUMENT, cn_value *: CN_STORE_VALUE)

/* An empty argument is appended: __VA_ARGS__ is then never missing (ISO C17 wants one), and what is
 * left of it is a trailing comma. */
#define CN_COLUMN(T, ...) CN_COLUMN_(T, __VA_ARGS__, )
#define CN_COLUMN_(T, m, ...)                                                                      \
	&((const cn_column){.part.kind = CN_PART_COLUMN, .member = #m, .offset = offsetof(T, m),   \
		.size = CN_SIZE_OF(T, m), .storage = CN_STORAGE_OF(T, m), __VA_ARGS__})            \
		 .part

/* For .enum_names: a NULL-terminated list. */
#define CN_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Constants for .default_value. */
#define CN_BOOL(v) {.type = CN_TYPE_BOOL, .as = {.b = (v)}}
#define CN_INT(v) {.type = CN_TYPE_INT64, .as = {.i = (v)}}
#define CN_DOUBLE(v) {.type = CN_TYPE_DOUBLE, .as = {.d = (v)}}
#define CN_TEXT(v) {.type = CN_TYPE_TEXT, .size = sizeof("" v) - 1, .as = {.p = "" v}}

/* The member is Target *member; the target's type is checked by the compiler. */
#define CN_BELONGS_TO(T, Target, ...)                                                              \
	CN_RELATION_(T, Target *, Target, false, CN_RELATION_BELONGS_TO, __VA_ARGS__, )
#define CN_HAS_ONE(T, Target, ...)                                                                 \
	CN_RELATION_(T, Target *, Target, false, CN_RELATION_HAS_ONE, __VA_ARGS__, )
/* The member is Target **member: NULL until loaded, then a NULL-terminated list. */
#define CN_HAS_MANY(T, Target, ...)                                                                \
	CN_RELATION_(T, Target **, Target, true, CN_RELATION_HAS_MANY, __VA_ARGS__, )
#define CN_MANY_TO_MANY(T, Target, ...)                                                            \
	CN_RELATION_(T, Target **, Target, true, CN_RELATION_MANY_TO_MANY, __VA_ARGS__, )
#define CN_RELATION_(T, Member, Target, many_, kind_, m, ...)                                      \
	&((const cn_relation){.part.kind = CN_PART_RELATION, .many = many_, .kind = kind_,         \
		.member = #m, .model = #Target,                                                    \
		.offset = _Generic(CN_PTR_TO(T, m), Member *: offsetof(T, m)), __VA_ARGS__})       \
		 .part

#define CN_INDEX(...) CN_INDEX_(__VA_ARGS__, )
#define CN_INDEX_(columns_, ...)                                                                   \
	&((const cn_index){.part.kind = CN_PART_INDEX, .columns = columns_, __VA_ARGS__}).part
#define CN_PRIMARY_KEY(...) CN_KEY_(true, __VA_ARGS__, )
#define CN_UNIQUE(...) CN_KEY_(false, __VA_ARGS__, )
#define CN_KEY_(primary_, columns_, ...)                                                           \
	&((const cn_key){.part.kind = CN_PART_KEY, .primary = primary_, .columns = columns_,       \
		__VA_ARGS__})                                                                      \
		 .part
#define CN_CHECK(...) CN_CHECK_(__VA_ARGS__, )
#define CN_CHECK_(sql_, ...)                                                                       \
	&((const cn_check){.part.kind = CN_PART_CHECK, .sql = sql_, __VA_ARGS__}).part
#define CN_FOREIGN_KEY(columns_, ...) CN_FOREIGN_KEY_(columns_, __VA_ARGS__, )
#define CN_FOREIGN_KEY_(columns_, references_, ...)                                                \
	&((const cn_foreign_key){.part.kind = CN_PART_FOREIGN_KEY, .columns = columns_,            \
		.references = references_, __VA_ARGS__})                                           \
		 .part
#define CN_TABLE_OPTIONS(...)                                                                      \
	&((const cn_table_options){.part.kind = CN_PART_OPTIONS, __VA_ARGS__}).part

/* Parts are pointers to compound literals, not elements of one array: they are of several types,
 * and editors complete .fields inside the macro. */
#define CN_MODEL(T, table_, ...)                                                                   \
	const cn_model T##_model = {.kind = CN_MODEL_TABLE, .type_name = #T, .table = table_,      \
		.size = sizeof(T), .parts = (const cn_part *const[]){__VA_ARGS__, NULL}}

/* A struct for the rows of cn_sql: no table of its own, not listed in CN_MODELS.
 *     CN_ROW(Sales, CN_COLUMN(Sales, producer), CN_COLUMN(Sales, total)); */
#define CN_ROW(T, ...)                                                                             \
	const cn_model T##_model = {.kind = CN_MODEL_ROW, .type_name = #T, .size = sizeof(T),      \
		.parts = (const cn_part *const[]){__VA_ARGS__, NULL}}

/* A view and the struct its rows are read into.
 *     CN_VIEW(Stock, "stock", "CREATE VIEW stock AS SELECT …", CN_COLUMN(Stock, name), …); */
#define CN_VIEW(T, name_, sql_, ...)                                                               \
	const cn_model T##_model = {.kind = CN_MODEL_VIEW, .type_name = #T, .table = name_,        \
		.size = sizeof(T), .sql = sql_,                                                    \
		.parts = (const cn_part *const[]){__VA_ARGS__, NULL}}

/* A trigger: CN_TRIGGER(keep_log, "CREATE TRIGGER keep_log AFTER UPDATE ON product BEGIN … END");
 * listed in CN_MODELS under its handle, after the tables that it names. */
#define CN_TRIGGER(handle, sql_)                                                                   \
	const cn_model handle##_model = {.kind = CN_MODEL_TRIGGER, .type_name = #handle,           \
		.parts = (const cn_part *const[]){NULL}, .sql = sql_}

/* A virtual table: CN_VIRTUAL(search, "CREATE VIRTUAL TABLE search USING fts5(name)"); */
#define CN_VIRTUAL(handle, sql_)                                                                   \
	const cn_model handle##_model = {.kind = CN_MODEL_VIRTUAL, .type_name = #handle,           \
		.parts = (const cn_part *const[]){NULL}, .sql = sql_}

/* In a header, so that other files can write cn_find(s, Product, …) and CN_MODELS(Product). */
#define CN_MODEL_DECL(T) extern const cn_model T##_model

/* ---- counting and mapping macro arguments (1 to 120) ---- */
#define CN_CAT(a, b) CN_CAT_(a, b)
#define CN_CAT_(a, b) a##b
#define CN_NARG(...) \
	CN_NARG_(__VA_ARGS__, 120, 119, 118, 117, 116, 115, 114, 113, 112, 111, 110, 109, \
	108, 107, 106, 105, 104, 103, 102, 101, 100, 99, 98, 97, 96, 95, 94, 93, 92, 91, \
	90, 89, 88, 87, 86, 85, 84, 83, 82, 81, 80, 79, 78, 77, 76, 75, 74, 73, 72, 71, 70, \
	69, 68, 67, 66, 65, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, \
	48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, \
	27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, \
	5, 4, 3, 2, 1, 0)
#define CN_NARG_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, \
	a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, \
	a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, \
	a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, \
	a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80, \
	a81, a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96, \
	a97, a98, a99, a100, a101, a102, a103, a104, a105, a106, a107, a108, a109, a110, \
	a111, a112, a113, a114, a115, a116, a117, a118, a119, a120, N, ...) \
	N
#define CN_MAP1(f, a) f(a)
#define CN_MAP2(f, a, ...) f(a), CN_MAP1(f, __VA_ARGS__)
#define CN_MAP3(f, a, ...) f(a), CN_MAP2(f, __VA_ARGS__)
#define CN_MAP4(f, a, ...) f(a), CN_MAP3(f, __VA_ARGS__)
#define CN_MAP5(f, a, ...) f(a), CN_MAP4(f, __VA_ARGS__)
#define CN_MAP6(f, a, ...) f(a), CN_MAP5(f, __VA_ARGS__)
#define CN_MAP7(f, a, ...) f(a), CN_MAP6(f, __VA_ARGS__)
#define CN_MAP8(f, a, ...) f(a), CN_MAP7(f, __VA_ARGS__)
#define CN_MAP9(f, a, ...) f(a), CN_MAP8(f, __VA_ARGS__)
#define CN_MAP10(f, a, ...) f(a), CN_MAP9(f, __VA_ARGS__)
#define CN_MAP11(f, a, ...) f(a), CN_MAP10(f, __VA_ARGS__)
#define CN_MAP12(f, a, ...) f(a), CN_MAP11(f, __VA_ARGS__)
#define CN_MAP13(f, a, ...) f(a), CN_MAP12(f, __VA_ARGS__)
#define CN_MAP14(f, a, ...) f(a), CN_MAP13(f, __VA_ARGS__)
#define CN_MAP15(f, a, ...) f(a), CN_MAP14(f, __VA_ARGS__)
#define CN_MAP16(f, a, ...) f(a), CN_MAP15(f, __VA_ARGS__)
#define CN_MAP17(f, a, ...) f(a), CN_MAP16(f, __VA_ARGS__)
#define CN_MAP18(f, a, ...) f(a), CN_MAP17(f, __VA_ARGS__)
#define CN_MAP19(f, a, ...) f(a), CN_MAP18(f, __VA_ARGS__)
#define CN_MAP20(f, a, ...) f(a), CN_MAP19(f, __VA_ARGS__)
#define CN_MAP21(f, a, ...) f(a), CN_MAP20(f, __VA_ARGS__)
#define CN_MAP22(f, a, ...) f(a), CN_MAP21(f, __VA_ARGS__)
#define CN_MAP23(f, a, ...) f(a), CN_MAP22(f, __VA_ARGS__)
#define CN_MAP24(f, a, ...) f(a), CN_MAP23(f, __VA_ARGS__)
#define CN_MAP25(f, a, ...) f(a), CN_MAP24(f, __VA_ARGS__)
#define CN_MAP26(f, a, ...) f(a), CN_MAP25(f, __VA_ARGS__)
#define CN_MAP27(f, a, ...) f(a), CN_MAP26(f, __VA_ARGS__)
#define CN_MAP28(f, a, ...) f(a), CN_MAP27(f, __VA_ARGS__)
#define CN_MAP29(f, a, ...) f(a), CN_MAP28(f, __VA_ARGS__)
#define CN_MAP30(f, a, ...) f(a), CN_MAP29(f, __VA_ARGS__)
#define CN_MAP31(f, a, ...) f(a), CN_MAP30(f, __VA_ARGS__)
#define CN_MAP32(f, a, ...) f(a), CN_MAP31(f, __VA_ARGS__)
#define CN_MAP33(f, a, ...) f(a), CN_MAP32(f, __VA_ARGS__)
#define CN_MAP34(f, a, ...) f(a), CN_MAP33(f, __VA_ARGS__)
#define CN_MAP35(f, a, ...) f(a), CN_MAP34(f, __VA_ARGS__)
#define CN_MAP36(f, a, ...) f(a), CN_MAP35(f, __VA_ARGS__)
#define CN_MAP37(f, a, ...) f(a), CN_MAP36(f, __VA_ARGS__)
#define CN_MAP38(f, a, ...) f(a), CN_MAP37(f, __VA_ARGS__)
#define CN_MAP39(f, a, ...) f(a), CN_MAP38(f, __VA_ARGS__)
#define CN_MAP40(f, a, ...) f(a), CN_MAP39(f, __VA_ARGS__)
#define CN_MAP41(f, a, ...) f(a), CN_MAP40(f, __VA_ARGS__)
#define CN_MAP42(f, a, ...) f(a), CN_MAP41(f, __VA_ARGS__)
#define CN_MAP43(f, a, ...) f(a), CN_MAP42(f, __VA_ARGS__)
#define CN_MAP44(f, a, ...) f(a), CN_MAP43(f, __VA_ARGS__)
#define CN_MAP45(f, a, ...) f(a), CN_MAP44(f, __VA_ARGS__)
#define CN_MAP46(f, a, ...) f(a), CN_MAP45(f, __VA_ARGS__)
#define CN_MAP47(f, a, ...) f(a), CN_MAP46(f, __VA_ARGS__)
#define CN_MAP48(f, a, ...) f(a), CN_MAP47(f, __VA_ARGS__)
#define CN_MAP49(f, a, ...) f(a), CN_MAP48(f, __VA_ARGS__)
#define CN_MAP50(f, a, ...) f(a), CN_MAP49(f, __VA_ARGS__)
#define CN_MAP51(f, a, ...) f(a), CN_MAP50(f, __VA_ARGS__)
#define CN_MAP52(f, a, ...) f(a), CN_MAP51(f, __VA_ARGS__)
#define CN_MAP53(f, a, ...) f(a), CN_MAP52(f, __VA_ARGS__)
#define CN_MAP54(f, a, ...) f(a), CN_MAP53(f, __VA_ARGS__)
#define CN_MAP55(f, a, ...) f(a), CN_MAP54(f, __VA_ARGS__)
#define CN_MAP56(f, a, ...) f(a), CN_MAP55(f, __VA_ARGS__)
#define CN_MAP57(f, a, ...) f(a), CN_MAP56(f, __VA_ARGS__)
#define CN_MAP58(f, a, ...) f(a), CN_MAP57(f, __VA_ARGS__)
#define CN_MAP59(f, a, ...) f(a), CN_MAP58(f, __VA_ARGS__)
#define CN_MAP60(f, a, ...) f(a), CN_MAP59(f, __VA_ARGS__)
#define CN_MAP61(f, a, ...) f(a), CN_MAP60(f, __VA_ARGS__)
#define CN_MAP62(f, a, ...) f(a), CN_MAP61(f, __VA_ARGS__)
#define CN_MAP63(f, a, ...) f(a), CN_MAP62(f, __VA_ARGS__)
#define CN_MAP64(f, a, ...) f(a), CN_MAP63(f, __VA_ARGS__)
#define CN_MAP65(f, a, ...) f(a), CN_MAP64(f, __VA_ARGS__)
#define CN_MAP66(f, a, ...) f(a), CN_MAP65(f, __VA_ARGS__)
#define CN_MAP67(f, a, ...) f(a), CN_MAP66(f, __VA_ARGS__)
#define CN_MAP68(f, a, ...) f(a), CN_MAP67(f, __VA_ARGS__)
#define CN_MAP69(f, a, ...) f(a), CN_MAP68(f, __VA_ARGS__)
#define CN_MAP70(f, a, ...) f(a), CN_MAP69(f, __VA_ARGS__)
#define CN_MAP71(f, a, ...) f(a), CN_MAP70(f, __VA_ARGS__)
#define CN_MAP72(f, a, ...) f(a), CN_MAP71(f, __VA_ARGS__)
#define CN_MAP73(f, a, ...) f(a), CN_MAP72(f, __VA_ARGS__)
#define CN_MAP74(f, a, ...) f(a), CN_MAP73(f, __VA_ARGS__)
#define CN_MAP75(f, a, ...) f(a), CN_MAP74(f, __VA_ARGS__)
#define CN_MAP76(f, a, ...) f(a), CN_MAP75(f, __VA_ARGS__)
#define CN_MAP77(f, a, ...) f(a), CN_MAP76(f, __VA_ARGS__)
#define CN_MAP78(f, a, ...) f(a), CN_MAP77(f, __VA_ARGS__)
#define CN_MAP79(f, a, ...) f(a), CN_MAP78(f, __VA_ARGS__)
#define CN_MAP80(f, a, ...) f(a), CN_MAP79(f, __VA_ARGS__)
#define CN_MAP81(f, a, ...) f(a), CN_MAP80(f, __VA_ARGS__)
#define CN_MAP82(f, a, ...) f(a), CN_MAP81(f, __VA_ARGS__)
#define CN_MAP83(f, a, ...) f(a), CN_MAP82(f, __VA_ARGS__)
#define CN_MAP84(f, a, ...) f(a), CN_MAP83(f, __VA_ARGS__)
#define CN_MAP85(f, a, ...) f(a), CN_MAP84(f, __VA_ARGS__)
#define CN_MAP86(f, a, ...) f(a), CN_MAP85(f, __VA_ARGS__)
#define CN_MAP87(f, a, ...) f(a), CN_MAP86(f, __VA_ARGS__)
#define CN_MAP88(f, a, ...) f(a), CN_MAP87(f, __VA_ARGS__)
#define CN_MAP89(f, a, ...) f(a), CN_MAP88(f, __VA_ARGS__)
#define CN_MAP90(f, a, ...) f(a), CN_MAP89(f, __VA_ARGS__)
#define CN_MAP91(f, a, ...) f(a), CN_MAP90(f, __VA_ARGS__)
#define CN_MAP92(f, a, ...) f(a), CN_MAP91(f, __VA_ARGS__)
#define CN_MAP93(f, a, ...) f(a), CN_MAP92(f, __VA_ARGS__)
#define CN_MAP94(f, a, ...) f(a), CN_MAP93(f, __VA_ARGS__)
#define CN_MAP95(f, a, ...) f(a), CN_MAP94(f, __VA_ARGS__)
#define CN_MAP96(f, a, ...) f(a), CN_MAP95(f, __VA_ARGS__)
#define CN_MAP97(f, a, ...) f(a), CN_MAP96(f, __VA_ARGS__)
#define CN_MAP98(f, a, ...) f(a), CN_MAP97(f, __VA_ARGS__)
#define CN_MAP99(f, a, ...) f(a), CN_MAP98(f, __VA_ARGS__)
#define CN_MAP100(f, a, ...) f(a), CN_MAP99(f, __VA_ARGS__)
#define CN_MAP101(f, a, ...) f(a), CN_MAP100(f, __VA_ARGS__)
#define CN_MAP102(f, a, ...) f(a), CN_MAP101(f, __VA_ARGS__)
#define CN_MAP103(f, a, ...) f(a), CN_MAP102(f, __VA_ARGS__)
#define CN_MAP104(f, a, ...) f(a), CN_MAP103(f, __VA_ARGS__)
#define CN_MAP105(f, a, ...) f(a), CN_MAP104(f, __VA_ARGS__)
#define CN_MAP106(f, a, ...) f(a), CN_MAP105(f, __VA_ARGS__)
#define CN_MAP107(f, a, ...) f(a), CN_MAP106(f, __VA_ARGS__)
#define CN_MAP108(f, a, ...) f(a), CN_MAP107(f, __VA_ARGS__)
#define CN_MAP109(f, a, ...) f(a), CN_MAP108(f, __VA_ARGS__)
#define CN_MAP110(f, a, ...) f(a), CN_MAP109(f, __VA_ARGS__)
#define CN_MAP111(f, a, ...) f(a), CN_MAP110(f, __VA_ARGS__)
#define CN_MAP112(f, a, ...) f(a), CN_MAP111(f, __VA_ARGS__)
#define CN_MAP113(f, a, ...) f(a), CN_MAP112(f, __VA_ARGS__)
#define CN_MAP114(f, a, ...) f(a), CN_MAP113(f, __VA_ARGS__)
#define CN_MAP115(f, a, ...) f(a), CN_MAP114(f, __VA_ARGS__)
#define CN_MAP116(f, a, ...) f(a), CN_MAP115(f, __VA_ARGS__)
#define CN_MAP117(f, a, ...) f(a), CN_MAP116(f, __VA_ARGS__)
#define CN_MAP118(f, a, ...) f(a), CN_MAP117(f, __VA_ARGS__)
#define CN_MAP119(f, a, ...) f(a), CN_MAP118(f, __VA_ARGS__)
#define CN_MAP120(f, a, ...) f(a), CN_MAP119(f, __VA_ARGS__)
#define CN_MAP(f, ...) CN_CAT(CN_MAP, CN_NARG(__VA_ARGS__))(f, __VA_ARGS__)

/* CN_MODELS(Producer, Product): a NULL-terminated list. For more than 120 models, or for one that a
 * header shares, write the array: `const cn_model *const models[] = {&A_model, …, NULL};` */
#define CN_MODEL_REF(T) &T##_model
#define CN_MODELS(...) ((const cn_model *const[]){CN_MAP(CN_MODEL_REF, __VA_ARGS__), NULL})

#endif /* !__cplusplus */
#endif
