/* scenarios.c - the table of scenarios: every kind of step once, most of them planned by Cantil
 * itself. */
#include "ways.h"

/* Enough rows for several pages of 1024 bytes. */
#define FILL(count, table, values)                                                          \
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " #count \
	") INSERT INTO " table " SELECT " values " FROM n;"
#define ITEM_ROWS FILL(60, "item", "i * 3, 'item ' || i, i % 7, printf('%.*c', i * 2, 'x')")
#define ITEM_WITH(more) \
	"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, size INTEGER, note TEXT" more ");"

#define ITEM ITEM_WITH("")

#define PARENT(column) "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT" column ");"
#define CHILDREN                                                                             \
	"CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id)"  \
	" ON DELETE CASCADE);"                                                               \
	"CREATE TABLE friend (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id)" \
	" ON DELETE SET NULL);"
#define TREE(column)                                                                 \
	"CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id)" \
	" ON DELETE CASCADE, name TEXT" column ");"

#define POST(column) "CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT, body TEXT" column ");"
#define POST_AROUND                                                                                   \
	"CREATE TABLE log (what TEXT);"                                                               \
	"CREATE VIEW titles AS SELECT id, title FROM post;"                                           \
	"CREATE VIEW long_titles AS SELECT * FROM titles WHERE length(title) > 6;"                    \
	"CREATE TRIGGER post_log AFTER DELETE ON post BEGIN INSERT INTO log VALUES (old.title); END;" \
	"CREATE INDEX post_title ON post (title);"                                                    \
	"CREATE VIRTUAL TABLE words USING fts5(title, body, content = 'post', content_rowid = 'id');"

static const char three_tables[] = PARENT("") CHILDREN TREE("");

/* A step in C: every row, by the values that it has. */
static int mark_row(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	const cn_value values[] = {cn_int(row[1].as.i * 100 + (int64_t)row[2].size), row[0]};
	(void)count;
	return cn_step_run(ctx, "UPDATE item SET mark = ?1 WHERE id = ?2", values, 2, err);
}

static cn_status mark_rows(cn_step *step, cn_error *err)
{
	return cn_step_each(step, "SELECT id, size, name FROM item", NULL, 0, mark_row, step, err);
}

static const cn_data_migration marks[] = {
	{.revision = "r1", .name = "marks", .upgrade = mark_rows}, {.revision = NULL}};

const scenario scenarios[] = {
	{.name = "columns added",
		.revisions = {{.up = ITEM}},
		.rows = ITEM_ROWS,
		.target = ITEM_WITH(", price REAL, kind TEXT NOT NULL DEFAULT 'none'"),
		.run = run_up},
	{.name = "table and column renamed",
		.revisions = {{.up = ITEM
			       "CREATE INDEX by_name ON item (name);"
			       "CREATE VIEW small AS SELECT name FROM item WHERE size < 3;"}},
		.rows = ITEM_ROWS,
		.target =
			"CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT, size INTEGER, note TEXT);"
			"CREATE INDEX by_name ON thing (title);"
			"CREATE VIEW small AS SELECT title FROM thing WHERE size < 3;",
		.answers = "rename table item thing\nrename column thing name title\n",
		.queries = "SELECT * FROM small",
		.run = run_up},
	{.name = "column dropped",
		.revisions = {{.up = ITEM}},
		.rows = ITEM_ROWS,
		.target = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, note TEXT);",
		.answers = "allow-drop item.size\n",
		.run = run_up},
	{.name = "parents rebuilt",
		.revisions = {{.up = three_tables}},
		.rows = FILL(30, "parent", "i, 'p' || i") FILL(60, "child", "i, i % 30 + 1")
			FILL(60, "friend", "i, i % 30 + 1")
				FILL(30, "tree", "i, nullif(i / 2, 0), 't' || i"),
		.target = PARENT(" COLLATE NOCASE") CHILDREN TREE(" COLLATE NOCASE"),
		.run = run_up},
	{.name = "rebuilt with views, trigger, full text",
		.revisions = {{.up = POST("") POST_AROUND}},
		.rows = FILL(40, "post",
			"i * 5, 'title ' || i, printf('word%d and more', i)") "INSERT INTO words (words) VALUES ('rebuild');",
		.target = POST(" COLLATE NOCASE CHECK (length(body) > 2)") POST_AROUND,
		.queries = "SELECT rowid, title FROM words WHERE words MATCH 'word17';"
			   "SELECT * FROM long_titles",
		.run = run_up},
	{.name = "WITHOUT ROWID",
		.revisions =
			{{.up = "CREATE TABLE pair (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (b, a));"
				"CREATE TABLE plain (k TEXT PRIMARY KEY NOT NULL, v INTEGER);"}},
		.rows = FILL(50, "pair", "'a' || i, i % 9, 'c'") FILL(50, "plain", "'k' || i, i"),
		.target =
			"CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, c TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;"
			"CREATE TABLE plain (k TEXT PRIMARY KEY NOT NULL, v INTEGER);"
			"CREATE INDEX plain_v ON plain (v);",
		.run = run_up},
	{.name = "AUTOINCREMENT and statistics",
		.revisions =
			{{.up = "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, tag TEXT);"
				"CREATE INDEX note_tag ON note (tag);"}},
		.rows = FILL(50, "note (text, tag)",
			"'text ' || i, 'tag' || i % 5") "DELETE FROM note WHERE id > 45; ANALYZE;",
		.target =
			"CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT COLLATE NOCASE, tag TEXT);"
			"CREATE INDEX note_tag ON note (tag);",
		.run = run_up},
	{.name = "indexes made and dropped",
		.revisions = {{.up = ITEM
			       "CREATE INDEX gone ON item (note); CREATE INDEX other ON item (size);"}},
		.rows = ITEM_ROWS,
		.target = ITEM "CREATE UNIQUE INDEX made ON item (id, name);"
			       "CREATE INDEX other ON item (size DESC) WHERE size > 2;",
		.run = run_up},
	{.name = "views and triggers changed",
		.revisions = {{.up = ITEM
			       "CREATE TABLE log (what TEXT);"
			       "CREATE VIEW v AS SELECT name FROM item; CREATE VIEW gone AS SELECT 1 AS one;"
			       "CREATE TRIGGER g AFTER INSERT ON item BEGIN INSERT INTO log VALUES (new.name); END;"}},
		.rows = ITEM_ROWS,
		.target = ITEM
		"CREATE TABLE log (what TEXT);"
		"CREATE VIEW v AS SELECT name, size FROM item; CREATE VIEW w AS SELECT * FROM v;"
		"CREATE TRIGGER g AFTER INSERT ON item BEGIN INSERT INTO log VALUES ('+' || new.name); END;",
		.queries = "SELECT count(*) FROM v",
		.run = run_up},
	{.name = "tables made and dropped",
		.revisions = {{.up = ITEM
			       "CREATE TABLE old (a TEXT, b TEXT); CREATE INDEX old_a ON old (a);"}},
		.rows = ITEM_ROWS FILL(60, "old", "'a' || i, printf('%.*c', i, 'y')"),
		.target = ITEM
		"CREATE TABLE made (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item (id));"
		"CREATE INDEX made_item ON made (item);",
		.answers = "allow-drop old\n",
		.run = run_up},
	{.name = "several tables, two swapped, pages written early",
		.revisions =
			{{.up = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT, y INTEGER);"
				"CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), z TEXT);"
				"CREATE TABLE c (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id) ON DELETE CASCADE);"}},
		.rows = FILL(40, "a", "i, printf('%.*c', i, 'a'), i")
			FILL(40, "b", "i, i, printf('%.*c', i, 'b')") FILL(40, "c", "i, 41 - i"),
		.target =
			"CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id), z TEXT NOT NULL);"
			"CREATE TABLE b (id INTEGER PRIMARY KEY, x TEXT, y INTEGER CHECK (y > 0));"
			"CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE SET NULL);",
		.answers =
			"rename table a b\nrename table b a\nrename column a a b\nrename column c b a\n",
		.small_cache = true,
		.run = run_up},
	{.name = "definition edited, rows stay",
		.revisions = {{.up = ITEM}},
		.rows = ITEM_ROWS,
		.target =
			"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER CHECK (size >= 0), note TEXT);",
		.edits = true,
		.run = run_up},
	{.name = "definition edited by apply",
		.revisions = {{.up = POST("") POST_AROUND}},
		.rows = FILL(40, "post", "i * 5, 'title ' || i, 'body'"),
		.target = POST(" CHECK (body <> '')") POST_AROUND,
		.edits = true,
		.run = run_apply},
	{.name = "a step in C",
		.revisions = {{.up = ITEM},
			{.up = "ALTER TABLE item ADD COLUMN mark INTEGER;\n-- call: marks\n"
			       "CREATE INDEX by_mark ON item (mark);",
				.down = "DROP INDEX by_mark;"}},
		.rows = ITEM_ROWS,
		.data_steps = marks,
		.run = run_upgrade},
	{.name = "statements on rows",
		.revisions = {{.up = ITEM},
			{.up = "CREATE TABLE part (id INTEGER PRIMARY KEY, item INTEGER, name TEXT);\n"
			       "INSERT INTO part (item, name) SELECT id, upper(note) FROM item WHERE size > 2;\n"
			       "UPDATE item SET note = NULL, name = name || '!' WHERE size > 2;\n"
			       "DELETE FROM item WHERE size = 0;",
				.down = "DROP TABLE part;"}},
		.rows = ITEM_ROWS,
		.small_cache = true,
		.run = run_up},
	{.name = "the first upgrade, no file before",
		.revisions = {{.up = ITEM
			       "CREATE INDEX by_name ON item (name); INSERT INTO item (name) VALUES ('first');"}},
		.from_nothing = true,
		.run = run_up},
	{.name = "downgrade of a rebuild",
		.revisions = {{.up = three_tables}},
		.rows = FILL(30, "parent", "i, 'p' || i") FILL(30, "child", "i, i"),
		.target =
			"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, more TEXT);" CHILDREN
				TREE(""),
		.run = run_down},
	{.name = "a migrator's upgrade, three revisions",
		.revisions = {{.up = ITEM, .down = "DROP TABLE item;"},
			{.up = "CREATE INDEX i1 ON item (name);", .down = "DROP INDEX i1;"},
			{.up = "ALTER TABLE item ADD COLUMN price REAL;",
				.down = "ALTER TABLE item DROP COLUMN price;"},
			{.up = "UPDATE item SET price = size * 2;",
				.down = "UPDATE item SET price = NULL;"}},
		.rows = ITEM_ROWS,
		.run = run_upgrade},
	{.name = "a migrator's upgrade from nothing",
		.revisions = {{.up = ITEM}, {.up = "CREATE INDEX i1 ON item (name);"}},
		.from_nothing = true,
		.run = run_upgrade},
	{.name = "a migrator's downgrade",
		.revisions = {{.up = ITEM},
			{.up = "CREATE INDEX i1 ON item (name);", .down = "DROP INDEX i1;"},
			{.up = "ALTER TABLE item ADD COLUMN price REAL;",
				.down = "ALTER TABLE item DROP COLUMN price;"}},
		.rows = ITEM_ROWS,
		.run = run_downgrade},
	{.name = "two branches and their merge",
		.revisions = {{.up = ITEM},
			{.up = "CREATE INDEX i1 ON item (name);", .down = "DROP INDEX i1;"},
			{.up = "ALTER TABLE item ADD COLUMN price REAL;",
				.down = "ALTER TABLE item DROP COLUMN price;",
				.parents = "r0"},
			{.up = "UPDATE item SET price = size * 2;",
				.down = "UPDATE item SET price = NULL;",
				.parents = "r1, r2"}},
		.rows = ITEM_ROWS,
		.commits = true,
		.run = run_upgrade},
	{.name = "full text renamed, another without a column",
		.revisions = {{.up = "CREATE VIRTUAL TABLE words USING fts5(title, body);"
				     "CREATE VIRTUAL TABLE notes USING fts4(title, body, tag);"}},
		.rows = FILL(20, "words", "'title ' || i, printf('word%d and more', i)")
			FILL(20, "notes", "'title ' || i, printf('word%d and more', i), 'tag'"),
		.target = "CREATE VIRTUAL TABLE said USING fts5(title, body);"
			  "CREATE VIRTUAL TABLE notes USING fts4(title, body);",
		.answers = "rename table words said\nallow-drop notes.tag\n",
		.run = run_up},
	{.name = "step by step, with a VACUUM",
		.revisions = {{.up = ITEM},
			{.up = "-- no-transaction\n"
			       "UPDATE item SET size = size + 1;\n"
			       "PRAGMA journal_mode = DELETE;\n"
			       "PRAGMA page_size = 2048;\n"
			       "VACUUM;\n"
			       "ALTER TABLE item ADD COLUMN price REAL DEFAULT 1.5;\n"
			       "UPDATE item SET size = size * 2, price = price + size;\n",
				.down = "ALTER TABLE item DROP COLUMN price;"}},
		.rows = ITEM_ROWS,
		.queries = "SELECT page_size FROM pragma_page_size",
		.commits = true,
		.run = run_upgrade},
	{.name = "step by step among others, rows moved in pieces",
		.revisions = {{.up = ITEM},
			{.up = "CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT, size INTEGER);",
				.down = "DROP TABLE part;"},
			{.up = "-- no-transaction\n"
			       "INSERT INTO part SELECT id, name, size FROM item WHERE size < 3;\n"
			       "DELETE FROM item WHERE size < 3;\n"
			       "INSERT INTO part SELECT id, name, size FROM item;\n"
			       "DELETE FROM item;\n"
			       "CREATE INDEX part_size ON part (size);\n"
			       "VACUUM;\n",
				.down = "DELETE FROM part;"},
			{.up = "UPDATE part SET size = size + 100;",
				.down = "UPDATE part SET size = size - 100;"}},
		.rows = ITEM_ROWS,
		.commits = true,
		.run = run_upgrade},
	{.name = "step by step, downwards",
		.revisions = {{.up = ITEM}, {.up = "ALTER TABLE item ADD COLUMN price REAL;\n"
						   "UPDATE item SET price = size;",
						    .down = "-- no-transaction\n"
							    "UPDATE item SET size = size + price;\n"
							    "ALTER TABLE item DROP COLUMN price;\n"
							    "PRAGMA journal_mode = DELETE;\n"
							    "PRAGMA auto_vacuum = FULL;\n"
							    "VACUUM;\n"}},
		.rows = ITEM_ROWS,
		.queries = "SELECT auto_vacuum FROM pragma_auto_vacuum",
		.commits = true,
		.run = run_downgrade},
	{.name = "stamp", .revisions = {{.up = ITEM}}, .rows = ITEM_ROWS, .run = run_stamp},
	{.name = "apply",
		.revisions = {{.up = three_tables}},
		.rows = FILL(30, "parent", "i, i") FILL(30, "child", "i, i"),
		.target =
			"CREATE TABLE parent (id INTEGER PRIMARY KEY, number INTEGER NOT NULL);" CHILDREN
				TREE(", more REAL DEFAULT 1.5"),
		.answers = "rename column parent name number\n",
		.run = run_apply},
};

const size_t scenario_count = sizeof scenarios / sizeof *scenarios;
