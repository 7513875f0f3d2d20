/* test_model_schema.c - models as a schema: every option as the SQL it becomes, and that SQLite
 * takes it. */
#include "tap.h"

#include <cantil/model.h>

#include "driver/driver.h"
#include "orm/model_schema.h"

typedef struct Types {
	int64_t id;
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int i;
	unsigned u;
	uint64_t u64;
	enum { RED, GREEN } color;
	bool on;
	float f;
	double d, money;
	const char *text, *word;
	char *chars;
	char code[9];
	cn_blob blob;
	cn_time at;
	cn_date day;
	cn_null_bool n_on;
	cn_null_int32 n_i32;
	cn_null_int64 n_i64;
	cn_null_double n_d;
	cn_null_time n_at;
	cn_null_date n_day;
} Types;
CN_MODEL(Types, "types",
	CN_COLUMN(Types, id, .primary_key = true),
	CN_COLUMN(Types, i8), CN_COLUMN(Types, u8), CN_COLUMN(Types, i16), CN_COLUMN(Types, u16),
	CN_COLUMN(Types, i), CN_COLUMN(Types, u), CN_COLUMN(Types, u64), CN_COLUMN(Types, color),
	CN_COLUMN(Types, on), CN_COLUMN(Types, f), CN_COLUMN(Types, d),
	CN_COLUMN(Types, money, .precision = 10, .scale = 2),
	CN_COLUMN(Types, text), CN_COLUMN(Types, word, .length = 30, .not_null = true), CN_COLUMN(Types, chars),
	CN_COLUMN(Types, code), CN_COLUMN(Types, blob), CN_COLUMN(Types, at), CN_COLUMN(Types, day),
	CN_COLUMN(Types, n_on), CN_COLUMN(Types, n_i32), CN_COLUMN(Types, n_i64), CN_COLUMN(Types, n_d),
	CN_COLUMN(Types, n_at), CN_COLUMN(Types, n_day));

typedef struct Full {
	int64_t id, a, b, parent;
	const char *name, *kind;
	double price, twice;
	cn_time at;
	bool on;
	cn_date day;
} Full;
CN_MODEL(Full, "Full table",
	CN_COLUMN(Full, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Full, a, .name = "first a", .index = true),
	CN_COLUMN(Full, b, .unique = true, .check_sql = "b > 0", .type_sql = "BIGINT"),
	CN_COLUMN(Full, parent, .references = "Full table.id", .on_delete = CN_CASCADE, .on_update = CN_RESTRICT,
		.deferrable = true, .default_value = CN_INT(-1)),
	CN_COLUMN(Full, name, .collate = "NOCASE", .default_value = CN_TEXT("it's"), .comment = "what it is called"),
	CN_COLUMN(Full, kind, .default_sql = "lower('X')", .renamed_from = "sort"),
	CN_COLUMN(Full, price, .default_value = CN_DOUBLE(0.1)),
	CN_COLUMN(Full, twice, .generated_sql = "price * 2", .stored = true),
	CN_COLUMN(Full, at, .default_sql = "CURRENT_TIMESTAMP"),
	CN_COLUMN(Full, on, .default_value = CN_BOOL(true)),
	CN_COLUMN(Full, day, .default_value = {.type = CN_TYPE_DATE, .as = {.i = 365}}),
	CN_UNIQUE("name, kind"), CN_UNIQUE("kind, b", .name = "one_of_a_kind"),
	CN_CHECK("price >= 0 and b < 10"), CN_CHECK("b <> 5 and price < 9"), CN_CHECK("1", .name = "one_is_true"),
	CN_FOREIGN_KEY("name, kind", "\"Full table\"(name, kind)"),
	CN_INDEX("name desc, lower(kind)"), CN_INDEX("b", .name = "by_b", .unique = true, .where_sql = "price > 1"),
	CN_TABLE_OPTIONS(.renamed_from = "half", .comment = "everything"));

typedef struct Pair {
	const char *x;
	int64_t y;
	cn_time at;
	bool on;
} Pair;
CN_MODEL(Pair, "pair", CN_COLUMN(Pair, x), CN_COLUMN(Pair, y), CN_COLUMN(Pair, at), CN_COLUMN(Pair, on),
	CN_PRIMARY_KEY("x, y"), CN_TABLE_OPTIONS(.strict = true, .without_rowid = true));
typedef struct Code {
	const char *code;
	cn_null_int64 first;
} Code;
CN_MODEL(Code, "code", CN_COLUMN(Code, code, .primary_key = true),
	CN_COLUMN(Code, first, .references = "late", .on_delete = CN_SET_NULL));
typedef struct Late {
	int64_t id;
} Late;
CN_MODEL(Late, "late", CN_COLUMN(Late, id, .primary_key = true));
typedef struct PairView {
	const char *x;
} PairView;
CN_VIEW(PairView, "pairs", "CREATE VIEW pairs AS SELECT x, y FROM pair", CN_COLUMN(PairView, x));
CN_TRIGGER(no_pairs,
	"CREATE TRIGGER no_pairs BEFORE DELETE ON pair BEGIN SELECT RAISE(ABORT, 'kept'); END");
CN_VIRTUAL(search, "CREATE VIRTUAL TABLE search USING fts5(name)");

static cni_schema *schema_of(cni_arena *arena, const cn_model *const *models)
{
	cni_schema *schema = NULL;
	cn_error err;

	assert_ok(cni_models_schema(arena, models, "sqlite", &schema, &err), &err);
	return schema;
}

static void has(const cni_object *object, const char *piece)
{
	assert_non_null(object);
	if (!strstr(object->sql, piece))
		fail_msg("no \"%s\" in:\n%s", piece, object->sql);
}

static void types(void **state)
{
	cni_arena arena = {0};
	(void)state;
	const cni_object *t = cni_schema_table(schema_of(&arena, CN_MODELS(Types)), "types");

	static const char *const lines[] = {"id INTEGER PRIMARY KEY", "i8 INTEGER NOT NULL",
		"u8 INTEGER NOT NULL", "u64 INTEGER NOT NULL", "color INTEGER NOT NULL",
		"\"on\" BOOLEAN NOT NULL", "f REAL NOT NULL", "money NUMERIC(10, 2) NOT NULL",
		"text TEXT,", "word VARCHAR(30) NOT NULL", "chars TEXT,",
		"code VARCHAR(8) NOT NULL", "blob BLOB,", "at TIMESTAMP NOT NULL",
		"day DATE NOT NULL", "n_on BOOLEAN,", "n_i32 INTEGER,", "n_i64 INTEGER,",
		"n_d REAL,", "n_at TIMESTAMP,", "n_day DATE"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		has(t, lines[i]);
	assert_null(strstr(t->sql, "id INTEGER PRIMARY KEY NOT NULL"));
	assert_null(strstr(t->sql, "CONSTRAINT"));
	cni_arena_done(&arena);
}

static void options(void **state)
{
	cni_arena arena = {0};
	(void)state;
	cni_schema *schema = schema_of(&arena, CN_MODELS(Full));
	const cni_object *t = cni_schema_table(schema, "Full table");

	static const char *const pieces[] = {"PRIMARY KEY AUTOINCREMENT",
		"\"first a\" INTEGER NOT NULL", "b BIGINT NOT NULL",
		"CONSTRAINT \"uq_Full table_b\" UNIQUE",
		"CONSTRAINT \"ck_Full table_b\" CHECK (b > 0)", "DEFAULT -1",
		("CONSTRAINT \"fk_Full table_parent\" REFERENCES \"Full table\" (id) ON DELETE CASCADE "
		 "ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED"),
		"COLLATE NOCASE", "DEFAULT 'it''s'", "DEFAULT (lower('X'))", "DEFAULT 0.1",
		"DEFAULT CURRENT_TIMESTAMP", "DEFAULT 1", "DEFAULT '1971-01-01'",
		"AS (price * 2) STORED",
		"CONSTRAINT \"uq_Full table_name_kind\" UNIQUE (name, kind)",
		"CONSTRAINT one_of_a_kind UNIQUE (kind, b)",
		"CONSTRAINT \"ck_Full table_price_b\" CHECK (price >= 0 and b < 10)",
		"CONSTRAINT \"ck_Full table_b_price\" CHECK", "CONSTRAINT one_is_true CHECK (1)",
		"CONSTRAINT \"fk_Full table_name_kind\" FOREIGN KEY (name, kind)"};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		has(t, pieces[i]);
	has(cni_schema_find(schema, CNI_DDL_INDEX, "ix_Full table_first a"), "(\"first a\")");
	has(cni_schema_find(schema, CNI_DDL_INDEX, "ix_Full table_name_desc_lower_kind"),
		"(name desc, lower(kind))");
	has(cni_schema_find(schema, CNI_DDL_INDEX, "by_b"),
		"CREATE UNIQUE INDEX by_b ON \"Full table\" (b) WHERE price > 1");
	/* what SQL cannot say is carried beside it */
	assert_string_equal(t->ddl.table.renamed_from, "half");
	assert_string_equal(
		t->ddl.table.columns[cni_table_column(&t->ddl.table, "kind")].renamed_from, "sort");
	assert_string_equal(t->ddl.table.columns[cni_table_column(&t->ddl.table, "name")].comment,
		"what it is called");
	cni_arena_done(&arena);
}

static void order_and_other_objects(void **state)
{
	cni_arena arena = {0};
	(void)state;
	cni_schema *schema =
		schema_of(&arena, CN_MODELS(no_pairs, PairView, search, Code, Pair, Late));

	assert_int_equal(schema->object_count, 6);
	assert_string_equal(schema->objects[0].name, "pair");
	assert_string_equal(schema->objects[1].name, "late"); /* before code, which references it */
	assert_string_equal(schema->objects[2].name, "code");
	assert_int_equal(schema->objects[3].ddl.kind, CNI_DDL_VIRTUAL);
	assert_int_equal(schema->objects[4].ddl.kind, CNI_DDL_VIEW);
	assert_int_equal(schema->objects[5].ddl.kind, CNI_DDL_TRIGGER);
	has(&schema->objects[0], "CONSTRAINT pk_pair PRIMARY KEY (x, y)");
	has(&schema->objects[0], "STRICT");
	has(&schema->objects[0], "WITHOUT ROWID");
	has(&schema->objects[0], "at TEXT NOT NULL"); /* a strict table knows no TIMESTAMP */
	has(&schema->objects[0], "\"on\" INTEGER NOT NULL");
	has(&schema->objects[2], "code TEXT NOT NULL");
	has(&schema->objects[2], "CONSTRAINT pk_code PRIMARY KEY");
	cni_arena_done(&arena);
}

static void sqlite_takes_it(void **state)
{
	cni_arena arena = {0};
	cni_schema *normal;
	cn_error err;
	(void)state;
	cni_schema *schema = schema_of(
		&arena, CN_MODELS(Types, Full, Code, Pair, Late, PairView, no_pairs, search));

	assert_ok(cni_normalise(schema, &arena, &normal, &err), &err);
	assert_true(cni_schema_equal(schema, normal));
	cni_arena_done(&arena);
}

static void a_thousand_tables(void **state)
{
	enum { COUNT = 1000 };
	cni_arena arena = {0};
	cni_schema *schema;
	cn_error err;
	(void)state;
	cn_model *models = calloc(COUNT, sizeof *models);
	const cn_model **list = calloc(COUNT + 1, sizeof(*list));

	for (size_t i = 0; i < COUNT; i++) {
		/* each references the next: the chain is declared backwards */
		cn_column *column = cni_alloc(&arena, sizeof *column);
		const cn_part **own = cni_alloc(&arena, 2 * sizeof *own);
		memcpy(column, Late_model.parts[0], sizeof *column);
		column->references = i + 1 < COUNT ? cni_printf(&arena, "t%zu", i + 1) : NULL;
		own[0] = &column->part;
		models[i] = (cn_model){.type_name = cni_printf(&arena, "T%zu", i),
			.table = cni_printf(&arena, "t%zu", i),
			.size = sizeof(Late),
			.parts = own};
		list[i] = &models[i];
	}
	assert_ok(cni_models_schema(&arena, list, "sqlite", &schema, &err), &err);
	assert_int_equal(schema->object_count, COUNT);
	assert_string_equal(schema->objects[0].name, "t999");
	free(list);
	free(models);
	cni_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(options),
		cmocka_unit_test(order_and_other_objects),
		cmocka_unit_test(sqlite_takes_it),
		cmocka_unit_test(a_thousand_tables),
	};
	return RUN(tests);
}
