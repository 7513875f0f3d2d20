/* test_check.c - models that contradict themselves: each is refused, with the model and the member
 * named. */
#include "tap.h"

#include <cantil/model.h>

typedef struct A {
	int64_t id, other_id;
	cn_null_int64 maybe_id;
	const char *name;
	char code[8];
	double price;
	cn_time at;
	bool on;
	struct B *b;
	struct B **many;
} A;
typedef struct B {
	int64_t id;
	const char *name;
	cn_null_int64 a_id, a2_id;
	struct A *a;
} B;

#define ID(T) CN_COLUMN(T, id, .primary_key = true)

static void refused(const cn_model *const *models, const char *message, const char *hint)
{
	cn_error err = {0};

	if (cn_models_check(models, &err) != CN_ESCHEMA || !strstr(err.message, message) ||
		(hint && !strstr(err.hint, hint)))
		fail_msg("wanted \"%s\" | \"%s\", got %d \"%s\" | \"%s\"", message,
			hint ? hint : "", err.status, err.message, err.hint);
}

/* One model with these parts. */
#define REFUSED(message, hint, ...)                   \
	do {                                          \
		CN_MODEL(A, "a", __VA_ARGS__);        \
		refused(CN_MODELS(A), message, hint); \
	} while (0)

static void columns(void **state)
{
	(void)state;
	REFUSED("model \"A\": there is no CN_COLUMN", NULL, CN_UNIQUE("x"));
	REFUSED("model \"A\": there is no primary key", ".primary_key = true", CN_COLUMN(A, name));
	REFUSED("model \"A\", member \"code\": a column \"NAME\" is declared already", NULL, ID(A),
		CN_COLUMN(A, name), CN_COLUMN(A, code, .name = "NAME"));
	REFUSED("member \"id\": .length is for texts", NULL, ID(A),
		CN_COLUMN(A, id, .name = "x", .length = 3));
	REFUSED("member \"code\": .length = 8 does not fit char[8]", NULL, ID(A),
		CN_COLUMN(A, code, .length = 8));
	REFUSED("member \"name\": .precision is for numbers", NULL, ID(A),
		CN_COLUMN(A, name, .precision = 3));
	REFUSED("member \"price\": .scale is larger", NULL, ID(A),
		CN_COLUMN(A, price, .precision = 3, .scale = 4));
	REFUSED("member \"price\": .collate is for texts", NULL, ID(A),
		CN_COLUMN(A, price, .collate = "nocase"));
	REFUSED("member \"price\": .type does not go with", NULL, ID(A),
		CN_COLUMN(A, price, .type = CN_TYPE_TEXT));
	REFUSED("member \"name\": .type_sql says the whole type", NULL, ID(A),
		CN_COLUMN(A, name, .type_sql = "CHAR(3)", .length = 3));
	REFUSED("member \"name\": .null contradicts .not_null", NULL, ID(A),
		CN_COLUMN(A, name, .null = true, .not_null = true));
	REFUSED("member \"price\": .null, but the C type has no room", "cn_null_", ID(A),
		CN_COLUMN(A, price, .null = true));
	REFUSED("member \"name\": .autoincrement is for the one integer column", NULL, ID(A),
		CN_COLUMN(A, name, .autoincrement = true));
	REFUSED("member \"name\": .renamed_from \"price\", which is still a column", NULL, ID(A),
		CN_COLUMN(A, price), CN_COLUMN(A, name, .renamed_from = "price"));
	REFUSED("is no name for a column", NULL, ID(A), CN_COLUMN(A, name, .name = ""));
}

static void defaults(void **state)
{
	(void)state;
	REFUSED("member \"price\": a generated column has no default", NULL, ID(A),
		CN_COLUMN(A, price, .generated_sql = "1", .default_sql = "2"));
	REFUSED("member \"price\": .stored is for columns with .generated_sql", NULL, ID(A),
		CN_COLUMN(A, price, .stored = true));
	REFUSED("member \"price\": .default_value and .default_sql are both there", NULL, ID(A),
		CN_COLUMN(A, price, .default_value = CN_DOUBLE(1), .default_sql = "2"));
	REFUSED("member \"price\": .default_value does not fit", NULL, ID(A),
		CN_COLUMN(A, price, .default_value = CN_TEXT("cheap")));
	REFUSED("member \"on\": .default_value does not fit", NULL, ID(A),
		CN_COLUMN(A, on, .default_value = CN_INT(2)));
	REFUSED("member \"code\": .default_value does not fit", NULL, ID(A),
		CN_COLUMN(A, code, .default_value = CN_TEXT("12345678")));
	REFUSED("a generated column cannot be the primary key", NULL,
		CN_COLUMN(A, id, .primary_key = true, .generated_sql = "1"));
}

static void keys_and_indexes(void **state)
{
	(void)state;
	REFUSED("model \"A\": the primary key is declared twice", NULL, ID(A),
		CN_PRIMARY_KEY("id"));
	REFUSED("the primary key: there is no column \"idd\"", "did you mean \"id\"?",
		CN_COLUMN(A, id), CN_PRIMARY_KEY("idd"));
	REFUSED("CN_UNIQUE: there is no column \"nme\"", "did you mean \"name\"?", ID(A),
		CN_COLUMN(A, name), CN_UNIQUE("nme"));
	REFUSED("CN_UNIQUE: column \"name\" is there twice", NULL, ID(A), CN_COLUMN(A, name),
		CN_UNIQUE("name, name"));
	REFUSED("CN_UNIQUE: \"name +\" is no list of columns", NULL, ID(A), CN_COLUMN(A, name),
		CN_UNIQUE("name +"));
	REFUSED("CN_INDEX: there is no column \"nam\"", "did you mean \"name\"?", ID(A),
		CN_COLUMN(A, name), CN_INDEX("nam desc"));
	REFUSED("CN_INDEX: \"name) where (1\" is no list of columns", NULL, ID(A),
		CN_COLUMN(A, name), CN_INDEX("name) where (1"));
	REFUSED("CN_TABLE_OPTIONS is there twice", NULL, ID(A), CN_TABLE_OPTIONS(.strict = true),
		CN_TABLE_OPTIONS(.strict = true));
}

static void references(void **state)
{
	(void)state;
	REFUSED("member \"other_id\": .on_delete without .references", NULL, ID(A),
		CN_COLUMN(A, other_id, .on_delete = CN_CASCADE));
	REFUSED("member \"other_id\": .on_delete = CN_SET_NULL, but the column cannot be NULL",
		NULL, ID(A),
		CN_COLUMN(A, other_id, .references = "a.id", .on_delete = CN_SET_NULL));
	REFUSED("member \"other_id\": .on_delete = CN_SET_DEFAULT, but the column has no default",
		NULL, ID(A),
		CN_COLUMN(A, other_id, .references = "a.id", .on_delete = CN_SET_DEFAULT));
	REFUSED("member \"other_id\" references \"ab.id\", but there is no table \"ab\"",
		"did you mean \"a\"?", ID(A), CN_COLUMN(A, other_id, .references = "ab.id"));
	REFUSED("references \"a.idx\": model \"A\": there is no column \"idx\"",
		"did you mean \"id\"?", ID(A), CN_COLUMN(A, other_id, .references = "a.idx"));
	REFUSED("member \"name\": its type is not that of \"A\".\"id\"", NULL, ID(A),
		CN_COLUMN(A, name, .references = "a.id"));
	REFUSED("references columns of \"A\" that are not unique", "make them unique", ID(A),
		CN_COLUMN(A, name), CN_COLUMN(A, code, .references = "a.name"));
	REFUSED("CN_FOREIGN_KEY has 2 columns, but references 1", NULL, ID(A), CN_COLUMN(A, name),
		CN_FOREIGN_KEY("id, name", "a(id)"));
}

static void lists_of_models(void **state)
{
	(void)state;
	CN_MODEL(A, "a", ID(A), CN_COLUMN(A, maybe_id, .references = "b.id", .on_delete = CN_CASCADE));
	refused(CN_MODELS(A, A), "model \"A\": it is in the list of models twice", NULL);
	{
		CN_MODEL(B, "A", ID(B));
		refused(CN_MODELS(A, B), "model \"B\": model \"A\" has the table \"a\" already",
			NULL);
	}
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id, .references = "a.id", .on_delete = CN_CASCADE));
		refused(CN_MODELS(A, B), "a cycle of ON DELETE CASCADE", "CN_SET_NULL");
	}
	{
		CN_MODEL(B, "sqlite_b", ID(B));
		refused(CN_MODELS(B), "belong to SQLite", NULL);
	}
	{
		CN_MODEL(B, "b", ID(B), CN_TABLE_OPTIONS(.renamed_from = "a"));
		refused(CN_MODELS(A, B), "model \"B\": .renamed_from \"a\", which is still a table",
			NULL);
	}
}

static void relations(void **state)
{
	cn_error err;
	(void)state;
	CN_MODEL(A, "a", ID(A), CN_HAS_MANY(A, B, many));
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id));
		refused(CN_MODELS(A), "model \"A\", member \"many\": there is no model \"B\"",
			NULL);
		refused(CN_MODELS(A, B), "member \"many\": no column of \"B\" references \"A\"",
			".references = \"a\"");
	}
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id, .references = "a"), CN_COLUMN(B, a2_id, .references = "a"));
		refused(CN_MODELS(A, B), "member \"many\": \"B\" references \"A\" more than once",
			NULL);
	}
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id, .references = "a"), CN_BELONGS_TO(B, A, a, .via = "ab_id"));
		refused(CN_MODELS(A, B),
			"model \"B\", member \"a\": model \"B\": .via: there is no column \"ab_id\"",
			"did you mean \"a_id\"?");
	}
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id, .references = "a"), CN_COLUMN(B, a2_id, .references = "a"),
			CN_BELONGS_TO(B, A, a, .order_by = "id"));
		refused(CN_MODELS(B, A), "model \"B\", member \"a\": .order_by is for lists", NULL);
	}
	{
		CN_MODEL(B, "b", ID(B), CN_COLUMN(B, a_id, .references = "a"), CN_BELONGS_TO(B, A, a));
		assert_ok(cn_models_check(CN_MODELS(B, A), &err), &err);
	}
}

static void views_and_triggers(void **state)
{
	(void)state;
	{
		CN_VIEW(B, "v", "CREATE VIEW w AS SELECT 1 AS id", CN_COLUMN(B, id));
		refused(CN_MODELS(B), "model \"B\": its SQL creates the view \"w\", not \"v\"",
			NULL);
	}
	{
		CN_VIEW(B, "v", "CREATE TABLE v(a)", CN_COLUMN(B, id));
		refused(CN_MODELS(B), "model \"B\": its SQL is no CREATE VIEW statement", NULL);
	}
	{
		CN_TRIGGER(t, "CREATE TRIGGER t AFTER");
		refused(CN_MODELS(t), "model \"t\"", NULL);
	}
}

static void what_is_right_is_taken(void **state)
{
	cn_error err;
	(void)state;
	assert_ok(cn_models_check(NULL, &err), &err);
	CN_MODEL(A, "a", ID(A), CN_COLUMN(A, name, .length = 3, .collate = "NOCASE"),
		CN_COLUMN(A, code, .default_value = CN_TEXT("1234567")),
		CN_COLUMN(A, price, .precision = 10, .scale = 2, .default_value = CN_INT(1)),
		CN_COLUMN(A, at, .default_sql = "CURRENT_TIMESTAMP"), CN_COLUMN(A, on, .default_value = CN_BOOL(true)),
		CN_COLUMN(A, maybe_id, .references = "a", .on_delete = CN_CASCADE, .deferrable = true),
		CN_INDEX("lower(name), price desc", .unique = true, .where_sql = "price > 0"), CN_CHECK("price < 10"));
	assert_ok(cn_models_check(CN_MODELS(A), &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(defaults),
		cmocka_unit_test(keys_and_indexes),
		cmocka_unit_test(references),
		cmocka_unit_test(lists_of_models),
		cmocka_unit_test(relations),
		cmocka_unit_test(views_and_triggers),
		cmocka_unit_test(what_is_right_is_taken),
	};
	return RUN(tests);
}
