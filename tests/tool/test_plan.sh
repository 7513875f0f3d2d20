#!/bin/sh
# `db plan`, `db drift`, `db squash`, `db rebase` as they are typed: what they say, and how they end.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
sum() { sha256sum "$1" | cut -d' ' -f1; }

printf '[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\n' >cantil.ini
echo 'CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT, note TEXT); CREATE INDEX by_code ON item (code);' >schema.sql
check 'a project' sh -c "$cantil -q db init && $cantil -q db migrate -m first --rev-id r1"
exits 0 'plan of a database that is not there' "$cantil" db plan
says 'not there yet'
says 'create table'
check 'and it is still not there' test ! -e app.db
check 'upgrade' "$cantil" -q db upgrade
sqlite3 app.db "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
	INSERT INTO item SELECT i, printf('code %d', i), hex(zeroblob(100)) FROM n; PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
exits 0 'plan with nothing to do' "$cantil" db plan
says 'nothing to do'
sed -i 's/code TEXT/code TEXT NOT NULL COLLATE NOCASE/' schema.sql
check 'a revision that writes the table anew' "$cantil" -q db migrate -m 'code needed' --rev-id r2 --yes
echo 'CREATE TABLE tag (x);' >>schema.sql
check 'and another' "$cantil" -q db migrate -m tag --rev-id r3 --yes
before=$(sum app.db)
exits 0 'plan' "$cantil" db plan
says 'rebuild        item'
says 'about 300000 rows'
says 'readers go on'
says 'room needed'
says 'estimated from'
says 'undoing it: rows are lost: table tag'
exits 0 'plan of one' "$cantil" db plan +1 -v
says '1 revision,'
says 'table item is written anew'
exits 0 'plan, exact' "$cantil" db plan --exact
says ' 300000 rows'
check 'no "about" in it' sh -c "! grep -q 'about 300000' .out"
check 'as JSON' sh -c "$cantil db plan --json | python3 -c 'import json, sys; plan = json.load(sys.stdin); assert plan[\"revisions\"][0][\"steps\"][0][\"rows\"] == 300000; assert plan[\"needed_bytes\"] > 2 * plan[\"revisions\"][0][\"written_bytes\"]'"
check 'nothing was written' test "$before" = "$(sum app.db)"
exits 0 'with a rollback journal' "$cantil" --db 'sqlite:///app.db?journal_mode=delete' db plan
says 'readers wait so long, too'
exits 1 'of a revision that is not there' "$cantil" db plan nix
check 'what it says can be done' "$cantil" -q db upgrade

exits 0 'no drift' "$cantil" db drift
sqlite3 app.db "DROP INDEX by_code; CREATE TABLE extra (a); INSERT INTO extra VALUES (1)"
exits 1 'drift' "$cantil" db drift
says '- index by_code on item'
says '+ table extra'
says 'db drift --sql'
exits 3 'the way back would lose something' "$cantil" db drift --sql --yes
says 'allow-drop extra'
check 'allowed, it is a script' sh -c "$cantil db drift --sql --allow-drop extra >back.sql"
check 'that the shell runs' sqlite3 -bail app.db '.read back.sql'
exits 0 'and the drift is gone' "$cantil" db drift
exits 0 '--sql with nothing to do' "$cantil" db drift --sql
says 'nothing to do'
check 'as JSON' sh -c "$cantil db drift --json | grep -q '\"drift\": false'"

exits 0 'squash --sql changes nothing' "$cantil" db squash --sql
says '-- replaces: r1 r2 r3'
check 'three files are there' test "$(ls migrations/versions/*.sql | wc -l)" = 3
exits 2 'a range that is none' "$cantil" db squash r1
says 'FIRST:LAST'
exits 2 'two ways at once' "$cantil" db squash --concatenate --drop-data-steps
exits 0 'squash' sh -c "$cantil db squash r1:r3 --rev-id all -m 'up to here' --json >made.json"
check 'is JSON' python3 -m json.tool made.json
check 'one file is there' test "$(ls migrations/versions/*.sql | wc -l)" = 1
exits 0 'check' "$cantil" db check
exits 0 'the database is at it' "$cantil" db current
says 'all (head)'
check 'upgrade rewrites its rows' "$cantil" -q db upgrade
check 'in the table' test "$(sqlite3 app.db 'SELECT group_concat(revision) FROM (SELECT revision FROM cantil_version ORDER BY number)')" = 'base,all'
exits 1 'what is gone is told' "$cantil" db show r1
says 'squashed into'
check 'a new database' "$cantil" -q --db new.db db upgrade
exits 0 'is the same' "$cantil" --db new.db db drift

check 'a branch' "$cantil" -q db revision -m left --rev-id left
check 'and another' "$cantil" -q db revision -m right --rev-id right --head all --splice
exits 1 'two heads' "$cantil" db upgrade
exits 2 'rebase onto nothing' "$cantil" db rebase right
exits 0 'rebase, tried' "$cantil" db rebase right --onto left --dry-run
check 'changes nothing' grep -q -- '-- parents: all' migrations/versions/*_right_*
exits 0 'rebase' "$cantil" db rebase right --onto left
check 'changes a line' grep -q -- '-- parents: left' migrations/versions/*_right_*
check 'and upgrade goes on' "$cantil" -q db upgrade
exits 0 'again' "$cantil" db rebase right --onto left
says 'nothing to do'
finish
