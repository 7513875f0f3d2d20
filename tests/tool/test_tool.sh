#!/bin/sh
# What `cantil` does for anybody with a SQLite file: inspect, diff, apply; and what it says to bad input.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
sum() { sha256sum "$1" | cut -d' ' -f1; }

cat >"start.sql" <<'SQL'
CREATE TABLE client (id INTEGER PRIMARY KEY, phone TEXT, "odd ""name" VARCHAR(10) DEFAULT 'it''s');
CREATE INDEX client_phone ON client (phone);
CREATE VIEW phones AS SELECT phone FROM client;
SQL
sqlite3 app.db <start.sql
sqlite3 app.db "INSERT INTO client VALUES (1, '+41 44', 'a'), (2, NULL, NULL)"

# inspect leaves the file alone, and what it writes is the schema again
before=$(sum app.db)
check 'inspect a database as SQL' sh -c "$cantil inspect app.db >again.sql"
check 'the file is untouched' test "$before" = "$(sum app.db)"
exits 0 'a database and its own inspection do not differ' "$cantil" diff app.db again.sql
says 'no differences'
check 'inspect as JSON is JSON' sh -c "$cantil inspect app.db --format json | python3 -m json.tool"
check 'inspect as C' sh -c "$cantil inspect app.db -f c | grep -q CN_MODEL"
check 'inspect as Graphviz' sh -c "$cantil inspect app.db -f dot | grep -q '^digraph'"

# diff
sed 's/phone TEXT/phone TEXT NOT NULL/' start.sql >notnull.sql
exits 0 'diff lists what differs' "$cantil" diff app.db notnull.sql
says 'phone'
exits 1 'diff --exit-code' "$cantil" diff --exit-code app.db notnull.sql
check 'diff --json is JSON' sh -c "$cantil diff app.db notnull.sql --json | python3 -m json.tool"

# apply refuses without an answer, and changes nothing
exits 3 'NULLs in the way need a decision' "$cantil" apply app.db notnull.sql --yes
says 'fill'
check 'nothing was changed' test "$before" = "$(sum app.db)"
check 'no file is left beside it' sh -c '! ls app.db-* 2>/dev/null'
echo "fill client.phone 'none'" >answers.txt
exits 0 'apply --sql shows the script' "$cantil" apply app.db notnull.sql --answers answers.txt --sql
says 'INSERT'
check 'and runs nothing' test "$before" = "$(sum app.db)"
cp app.db shell.db
check 'the shell runs it' sh -c "$cantil apply app.db notnull.sql --answers answers.txt --sql | sqlite3 -bail shell.db"
exits 0 'to the same end' "$cantil" diff --exit-code shell.db notnull.sql
exits 0 'apply with an answers file' "$cantil" apply app.db notnull.sql --answers answers.txt --yes
check 'the rows are there' test "$(sqlite3 app.db 'SELECT group_concat(phone) FROM client')" = '+41 44,none'
exits 0 'the database is the target now' "$cantil" diff --exit-code app.db notnull.sql
check 'no table of ours is left' test "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%cantil%'")" = 0
before=$(sum app.db)
exits 0 'apply again does nothing' "$cantil" apply app.db notnull.sql --yes
exits 0 'apply --sql with nothing to do' "$cantil" apply app.db notnull.sql --yes --sql
check 'is a script all the same' sh -c "$cantil apply app.db notnull.sql --sql | sqlite3 -bail app.db"
check 'not even a write' test "$before" = "$(sum app.db)"
sed 's/phone/telephone/g; s/client_telephone/client_phone/; s/VIEW telephones/VIEW phones/' notnull.sql >renamed.sql
exits 0 'a rename as a flag' "$cantil" apply app.db renamed.sql --yes --rename 'column client phone telephone'
check 'keeps the values' test "$(sqlite3 app.db 'SELECT group_concat(telephone) FROM client')" = '+41 44,none'

# bad input: one line, the right code, nothing changed
exits 1 'a file that is not there' "$cantil" inspect none.db
says 'none.db'
exits 1 'a missing folder' "$cantil" inspect none/none.db
exits 2 'an unknown option' "$cantil" inspect app.db --formt c
says 'format'
exits 2 'an unknown format' "$cantil" inspect app.db --format yaml
exits 2 'an unknown command' "$cantil" inspct app.db
says 'inspect'
exits 1 'an unknown engine' "$cantil" inspect sqlte:///app.db
says 'did you mean'
exits 2 'a missing argument' "$cantil" diff app.db
head -c 5000 /dev/urandom >noise.db
exits 1 'a file that is no database' "$cantil" inspect noise.db
says 'noise.db'
printf 'CREATE TABLE a (x);\nCREATE TABLE b (y, , z);\n' >broken.sql
before=$(sum app.db)
exits 1 'a target with a syntax error' "$cantil" apply app.db broken.sql --yes
says 'syntax error'
exits 1 'an answers file that is not there' "$cantil" apply app.db renamed.sql --answers none.txt --yes
echo 'alow-drop client' >wrong.txt
exits 1 'an answer that is none' "$cantil" apply app.db renamed.sql --answers wrong.txt --yes
says 'allow-drop'
check 'after all that the file is as it was' test "$before" = "$(sum app.db)"
: >empty.db
exits 0 'an empty file is an empty database' "$cantil" inspect empty.db

finish
