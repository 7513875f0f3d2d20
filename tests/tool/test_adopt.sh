#!/bin/sh
# `cantil adopt`: databases of other tools, odd ones, empty ones; what is written, and what is left alone.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
sum() { sha256sum "$1" | cut -d' ' -f1; }
dump() { sqlite3 "$1" 'DROP TABLE IF EXISTS cantil_version' .dump; }

project() { # project NAME SQL: an empty folder with app.db
	cd "$work" && mkdir "$1" && cd "$1" && sqlite3 app.db "$2" && cp app.db before.db
}
adopted() { # adopted: what must hold for every one of them
	exits 0 '… check is clean' "$cantil" db check
	exits 0 '… drift is clean' "$cantil" db drift
	exits 0 '… current says the head' "$cantil" db current
	says '(head)'
	cp app.db bare.db
	dump before.db >before.sql
	dump bare.db >after.sql
	check '… rows and schema are as before' cmp before.sql after.sql
	check '… so are journal mode and user_version' test \
		"$(sqlite3 app.db 'PRAGMA journal_mode; PRAGMA user_version')" = \
		"$(sqlite3 before.db 'PRAGMA journal_mode; PRAGMA user_version')"
	check '… a new database can be made' "$cantil" -q --db fresh.db db upgrade
	exits 0 '… that has the same schema' "$cantil" --db fresh.db db drift
	before=$(sum app.db)
	exits 0 '… adopted again, nothing happens' "$cantil" adopt app.db
	says 'looked after already'
	check '… not a byte' test "$before" = "$(sum app.db)"
}

# as Alembic leaves a Flask project: its folder is called migrations, too
project alembic "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
	INSERT INTO alembic_version VALUES ('4f1c7be2a9d0');
	CREATE TABLE author (id INTEGER NOT NULL, name VARCHAR(80) NOT NULL, PRIMARY KEY (id), UNIQUE (name));
	CREATE TABLE book (id INTEGER NOT NULL, author_id INTEGER, price NUMERIC(10, 2), PRIMARY KEY (id),
		CONSTRAINT fk_book FOREIGN KEY(author_id) REFERENCES author (id) ON DELETE CASCADE);
	CREATE INDEX ix_book_author_id ON book (author_id);
	INSERT INTO author VALUES (1, 'a'), (2, 'b'); INSERT INTO book VALUES (1, 1, 9.5), (7, 2, NULL)"
mkdir -p migrations/versions
: >migrations/env.py
exits 0 'a database of Alembic is adopted' "$cantil" adopt app.db
says "found Alembic's table alembic_version (4f1c7be2a9d0)"
says 'cantil_migrations'
check '… its folder is left alone' test "$(ls migrations)" = "env.py
versions"
check '… its table is no part of the schema' sh -c '! grep -q alembic schema.sql cantil_migrations/versions/*.sql'
check '… which goes on with migrate' sh -c "sed -i 's/price NUMERIC/price NUMERIC NOT NULL DEFAULT 0, isbn TEXT, cost NUMERIC/' schema.sql"
exits 3 '… asks what must be asked' "$cantil" db migrate -m isbn --yes
check '… takes an answer' "$cantil" db migrate -m isbn --yes --fill 'book.price 0'
check '… and upgrades' "$cantil" db upgrade
check '… keeping rows and the other table' test "$(sqlite3 app.db 'SELECT group_concat(id) FROM book' 'SELECT * FROM alembic_version')" = '1,7
4f1c7be2a9d0'
exits 0 '… drift is clean afterwards' "$cantil" db drift

project django "CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
	app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied datetime NOT NULL);
	INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', '2024-01-01');
	CREATE TABLE shop_item (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, title varchar(100) NOT NULL,
		qty integer unsigned NOT NULL CHECK (qty >= 0), parent_id bigint NULL REFERENCES shop_item (id)
		DEFERRABLE INITIALLY DEFERRED);
	CREATE INDEX shop_item_parent_id ON shop_item (parent_id);
	INSERT INTO shop_item (title, qty) VALUES ('x', 1)"
exits 0 'a database of Django is adopted' "$cantil" adopt app.db
says "found Django's table django_migrations (1 migrations)"
adopted

project ladder "PRAGMA user_version = 12; CREATE TABLE t (a); CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY);
	INSERT INTO schema_migrations VALUES ('20240101'), ('20240102')"
exits 0 'a ladder of user_version, and Rails' "$cantil" adopt app.db
says 'PRAGMA user_version = 12'
says "Rails's table schema_migrations (20240102)"
adopted

# a table of that name that is somebody's own
project own "CREATE TABLE migrations (id, bird TEXT); CREATE TABLE alembic_version (note TEXT)"
exits 0 'tables that are only called like that' "$cantil" adopt app.db
check '… belong to the schema' test "$(grep -c CREATE schema.sql)" = 2
adopted

project odd 'PRAGMA journal_mode = WAL; CREATE TABLE "a ""b" ("x y" TEXT DEFAULT '"'it''s'"', "select");
	CREATE VIRTUAL TABLE "f t" USING fts5(body); INSERT INTO "f t" VALUES ('"'some words'"');
	CREATE VIEW "v;w" AS SELECT "x y" FROM "a ""b"; CREATE TRIGGER "t""r" AFTER INSERT ON "a ""b" BEGIN
	UPDATE "a ""b" SET "select" = 1; SELECT 2; END; CREATE TABLE k (a INTEGER PRIMARY KEY) WITHOUT ROWID;
	INSERT INTO "a ""b" DEFAULT VALUES'
exits 0 'odd names and a full text table' "$cantil" adopt app.db --format c -d db/moves -m start --rev-id r1
says 'is at revision r1'
check '… the models are written, too' grep -q cn_model models.c
check '… the folder is where it was said' test -d db/moves/versions
adopted

project views 'CREATE VIEW v AS SELECT 1 AS one'
exits 0 'views only' sh -c "$cantil adopt app.db --json >made.json"
check '… as JSON' python3 -m json.tool made.json
check '… and they are counted' grep -q '"views": 1' made.json
rm made.json
adopted

cd "$work" && mkdir empty && cd empty && sqlite3 app.db 'VACUUM' && : >>app.db
before=$(sum app.db)
exits 0 'an empty database' "$cantil" adopt app.db
says 'is empty'
check '… is not written' test "$before" = "$(sum app.db)"
exits 0 '… check is clean' "$cantil" db check

cd "$work" && mkdir bad && cd bad
exits 1 'a database that is not there' "$cantil" adopt none.db
says 'no database'
check '… nothing was written' test -z "$(ls)"
echo 'no database' >text.db
exits 1 'a file that is none' "$cantil" adopt text.db
check '… nothing was written' test "$(ls)" = text.db
sqlite3 one.db 'CREATE TABLE a (x)'
sqlite3 two.db 'CREATE TABLE b (y)'
check 'one project' "$cantil" -q adopt one.db
exits 1 'is not another database'\''s' "$cantil" adopt two.db
says 'another database'
exits 1 'nor are its migrations' "$cantil" adopt two.db --root . --db two.db
sed -i 's/one.db/two.db/' cantil.ini
exits 1 'revisions that make another schema' "$cantil" adopt two.db
says 'make another schema'
check '… that database was not written' test "$(sqlite3 two.db 'SELECT count(*) FROM sqlite_schema')" = 1

# killed at any moment, the same command finishes
cd "$work" && mkdir kill && cd kill
finished=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf run && mkdir run
	sqlite3 run/app.db 'CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2); CREATE INDEX i ON t (b)'
	(cd run && timeout -s KILL "0.00$((i * 7 % 10))" "$cantil" -q adopt app.db) >/dev/null 2>&1
	(cd run && "$cantil" -q adopt app.db && "$cantil" -q db check && "$cantil" -q db drift) &&
		test "$(sqlite3 run/app.db 'SELECT a + b FROM t')" = 3 && finished=$((finished + 1))
done
check 'killed, and run again: finished' test $finished = 12
finish
