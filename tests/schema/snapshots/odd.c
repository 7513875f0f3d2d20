#include <cantil/cantil.h>

typedef struct Int Int;
typedef struct OrderItems OrderItems;
typedef struct BX BX;
typedef struct Child Child;
typedef struct Unnamed Unnamed;
typedef struct KeyCanBeNull KeyCanBeNull;
typedef struct LoopA LoopA;
typedef struct LoopB LoopB;
typedef struct AllOf AllOf;

CN_MODEL_DECL(Int);
CN_MODEL_DECL(OrderItems);
CN_MODEL_DECL(BX);
CN_MODEL_DECL(Child);
CN_MODEL_DECL(Unnamed);
CN_MODEL_DECL(KeyCanBeNull);
CN_MODEL_DECL(LoopA);
CN_MODEL_DECL(LoopB);
CN_MODEL_DECL(AllOf);

struct Int {
	int64_t id;
	const char *class_;
	const char *class__2;
	const char *a_b;
	const char *a_b_2;
	cn_null_int64 x_X;
	cn_null_int64 xcn_x;
};
CN_MODEL(Int, "int",
	CN_COLUMN(Int, id, .primary_key = true),
	CN_COLUMN(Int, class_, .name = "class"),
	CN_COLUMN(Int, class__2, .name = "class_", .type_sql = "TEXT_"),
	CN_COLUMN(Int, a_b, .name = "a b"),
	CN_COLUMN(Int, a_b_2, .name = "a-b"),
	CN_COLUMN(Int, x_X, .name = "_X", .type_sql = "INT"),
	CN_COLUMN(Int, xcn_x, .name = "cn_x", .type_sql = "INT"),
	CN_TABLE_OPTIONS(
		.comment = "What C and Graphviz find hard: keywords, blanks, quotes, colliding names, things a model cannot hold."));

struct OrderItems {
	int64_t id;
	cn_null_int64 int_;
	cn_null_int64 int_id;
};
CN_MODEL(OrderItems, "order items",
	CN_COLUMN(OrderItems, id, .primary_key = true),
	CN_COLUMN(OrderItems, int_, .name = "int", .references = "int.id"),
	CN_COLUMN(OrderItems, int_id, .references = "int.id"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct BX {
	int64_t id;
	const char *note;
};
CN_MODEL(BX, "<b>&\"x\"",
	CN_COLUMN(BX, id, .primary_key = true),
	CN_COLUMN(BX, note, .default_sql = "'a\n"
		"b\\n?""?='", .check_sql = "note NOT LIKE '%*/%'"),
	CN_TABLE_OPTIONS(.unnamed = true));

/* Without a model: no_key has no primary key, which the rows of a model need.
 * CREATE TABLE no_key (a, b) */

/* Without a model: no_name has a column with a name that a model cannot have.
 * CREATE TABLE no_name (id INTEGER PRIMARY KEY, "" TEXT) */

/* The model does not hold: the collation of c (NOCASE)
 * ON CONFLICT of NOT NULL of d (IGNORE)
 * the name of NOT NULL of e (e_there)
 * ON CONFLICT of UNIQUE from d (REPLACE)
 * MATCH of the foreign key to int (FULL)
 * the collation of the key's d (NOCASE)
 * the order of the key's a (DESC)
 * the foreign key to no_key (there is no model of its parent)
 * the foreign key to missing (there is no model of its parent)
 * the foreign key to int (the types of the columns differ) */
struct Child {
	int64_t id;
	cn_null_int64 a;
	const char *b;
	cn_null_int64 c;
	const char *d;
	int64_t e;
	const char *f;
};
CN_MODEL(Child, "child",
	CN_COLUMN(Child, id, .primary_key = true),
	CN_COLUMN(Child, a, .type_sql = "INT"),
	CN_COLUMN(Child, b, .type_sql = ""),
	CN_COLUMN(Child, c, .type_sql = "INT"),
	CN_COLUMN(Child, d, .unique = true, .not_null = true),
	CN_COLUMN(Child, e, .type_sql = "INT"),
	CN_COLUMN(Child, f),
	CN_UNIQUE("d, a"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct Unnamed {
	int64_t id;
	const char *unnamed;
	const char *unnamed_2;
};
CN_MODEL(Unnamed, "日本",
	CN_COLUMN(Unnamed, id, .primary_key = true, .not_null = true),
	CN_COLUMN(Unnamed, unnamed, .name = "名"),
	CN_COLUMN(Unnamed, unnamed_2, .name = "名前"));

struct KeyCanBeNull {
	const char *code;
	cn_null_int64 n;
};
CN_MODEL(KeyCanBeNull, "key_can_be_null",
	CN_COLUMN(KeyCanBeNull, code, .primary_key = true, .null = true),
	CN_COLUMN(KeyCanBeNull, n, .type_sql = "INT"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct LoopA {
	int64_t id;
	cn_null_int64 b_id;
	LoopB *b;
};
CN_MODEL(LoopA, "loop_a",
	CN_COLUMN(LoopA, id, .primary_key = true),
	CN_COLUMN(LoopA, b_id, .type_sql = "INT", .references = "loop_b.id",
		.on_delete = CN_CASCADE),
	CN_BELONGS_TO(LoopA, LoopB, b, .via = "b_id"),
	CN_TABLE_OPTIONS(.unnamed = true));

/* The model does not hold: the foreign key to loop_a (it closes a circle of ON DELETE CASCADE) */
struct LoopB {
	int64_t id;
	cn_null_int64 a_id;
	LoopA **loop_as;
};
CN_MODEL(LoopB, "loop_b",
	CN_COLUMN(LoopB, id, .primary_key = true),
	CN_COLUMN(LoopB, a_id),
	CN_HAS_MANY(LoopB, LoopA, loop_as, .via = "b_id"),
	CN_TABLE_OPTIONS(.unnamed = true));

/* Without a model: hidden does not tell the names of its columns.
 * CREATE VIEW hidden AS SELECT 1 + 1 */

struct AllOf {
	const char *code;
	cn_null_int64 n;
};
CN_VIEW(AllOf, "all_of",
	"CREATE VIEW all_of AS SELECT * FROM key_can_be_null",
	CN_COLUMN(AllOf, code),
	CN_COLUMN(AllOf, n));

/* Without a model: named does not tell the names of its columns.
 * CREATE VIEW named(x, y) AS SELECT max(id), total(a) FROM child */

/* Without a model: on_no_key stands on what has no model.
 * CREATE TRIGGER on_no_key AFTER INSERT ON no_key BEGIN SELECT 1; END */

/* all of them: what cn_app_new and cn_db_open take as .models */
extern const cn_model *const all_models[];
const cn_model *const all_models[] = {
	&Int_model,
	&OrderItems_model,
	&BX_model,
	&Child_model,
	&Unnamed_model,
	&KeyCanBeNull_model,
	&LoopA_model,
	&LoopB_model,
	&AllOf_model,
	NULL,
};
