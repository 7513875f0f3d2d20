#!/bin/sh
# Several databases of one project: each its folder and its version table, one command for all.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
unset CANTIL_DATABASE_URI DATABASE_URI 2>/dev/null

cat >cantil.ini <<'INI'
[cantil]
database = sqlite:///app.db
schema = app.sql

[database users]
database = sqlite:///users.db
schema = users.sql

[database log-2]
database = sqlite:///logs/log.db
schema = log.sql
migrations = logs/migrations
INI
mkdir logs
echo 'CREATE TABLE a (x);' >app.sql
echo 'CREATE TABLE u (y);' >users.sql
echo 'CREATE TABLE l (z);' >log.sql
exits 0 'init makes all folders' "$cantil" db init
says 'log-2:'
exits 0 'migrate' "$cantil" db migrate -m first
check 'each in its place' sh -c 'ls migrations/versions/*.sql migrations/users/versions/*.sql logs/migrations/versions/*.sql'
exits 0 'upgrade' "$cantil" db upgrade
says 'users:'
check 'each has its own tables' test "$(for f in app.db users.db logs/log.db; do sqlite3 $f "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'cantil%' AND name NOT LIKE 'sqlite%'"; done)" = 'a
u
l'
exits 0 'current' "$cantil" db current
says "$work/logs/log.db"
check 'as JSON: an array' sh -c "$cantil db current --json | python3 -c 'import json, sys; all = json.load(sys.stdin); assert [d[\"name\"] for d in all] == [\"main\", \"users\", \"log-2\"]; assert all[1][\"result\"][\"database\"].endswith(\"users.db\"); assert all[2][\"exit_code\"] == 0'"
check 'of one: as ever' sh -c "$cantil db current --json --database users | python3 -c 'import json, sys; assert json.load(sys.stdin)[\"pending\"] == 0'"

echo 'CREATE TABLE u (y, w);' >users.sql
exits 1 'check: one differs' "$cantil" db check
says 'add column w'
check 'the others were asked, too' test "$(grep -c 'make what is wanted' .out)" = 2
check 'JSON says which' sh -c "$cantil db check --json; true" 
sh -c "$cantil db check --json >all.json; test \$? = 1"
check 'and is whole' python3 -c 'import json; assert [d["exit_code"] for d in json.load(open("all.json"))] == [0, 1, 0]'
exits 0 'migrate one' "$cantil" db migrate -m more --database users
exits 0 'plan of all' "$cantil" db plan
says 'add column'
exits 0 'upgrade one' "$cantil" db upgrade --database users
exits 0 'upgrade main' "$cantil" db upgrade --database main
says 'nothing to do'
exits 0 'downgrade all' "$cantil" db downgrade -y
exits 0 'and all up again' "$cantil" db upgrade
exits 0 'history is of one' "$cantil" db history --database users
says 'more'
exits 0 'so is a shell' "$cantil" shell --database users -c 'SELECT count(*) FROM u'
exits 0 'and a backup' "$cantil" db backup --database log-2
check 'beside it' sh -c 'ls logs/log-*.db'
exits 0 'drift of all' "$cantil" db drift

echo 'CREATE TALE u;' >users.sql
echo 'CREATE TABLE l (z, more);' >log.sql
exits 1 'one that fails' "$cantil" db migrate -m broken
says 'syntax error'
check 'does not keep the others from their turn' sh -c 'ls logs/migrations/versions/*broken*'
check 'in JSON it is null' sh -c "$cantil db migrate -m broken --json 2>/dev/null | python3 -c 'import json, sys; assert json.load(sys.stdin)[1][\"result\"] is None'"

exits 2 'an id is of one database' "$cantil" db upgrade abc
says '--database NAME'
exits 2 'a name that is none' "$cantil" db current --database usres
says 'did you mean "users"'
exits 2 'a URI is no name' "$cantil" db current --database sqlite:///users.db
says '--db'
exits 0 '--db means one' "$cantil" db current --db users.db
check 'the environment has a word' sh -c "CANTIL_DATABASE_URI_LOG_2=other.db $cantil db current --database log-2 | grep -q $work/other.db"
exits 0 'from another folder' sh -c "mkdir deep && cd deep && $cantil db current --database users"
says "$work/users.db"
printf '[database a b]\ndatabase = x\n' >>cantil.ini
exits 1 'a name that cannot be' "$cantil" db current
says 'no name for a database'
printf '[cantil]\ndatabase = app.db\n[database q]\nschem = x\n' >cantil.ini
exits 1 'a key that is none' "$cantil" db current
says 'did you mean "schema"'
printf '[cantil]\ndatabase = app.db\n[database q]\nschema = x.sql\n' >cantil.ini
exits 1 'one that is nowhere' "$cantil" db current --database q
says 'under [database q]'
finish
