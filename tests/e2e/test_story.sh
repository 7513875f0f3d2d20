#!/bin/sh
# A project's life as people type it, with rows that must come through, and the decisions it needs.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
mkdir project other
cd project || exit 1
unset CANTIL_DATABASE_URI DATABASE_URI CANTIL_ROOT
# the app is found where its project is, so each state in time is copied to the same place
state() { cp "$build/tests/e2e/e2e_app$1" app.new && mv app.new app; }
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
sum() { sha256sum app.db | cut -c1-64; }
query() { sqlite3 app.db "$1"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
rows='select group_concat(id || "|" || name || "|" || ifnull(note, "NULL"), ";") from (select * from item order by id)'

state 1
exits 1 'db migrate before db init' ./app db migrate -m first
says 'db init'
check 'db init' ./app db init
exits 0 'db init again' ./app db init
says 'already'
mkdir other && touch other/something
exits 1 'db init in a folder of something else' ./app db init -d other
says 'something'
rm -r other
check 'db migrate' ./app db migrate -m first
check 'no database is made by it' test ! -e app.db
exits 1 'db downgrade without a database' ./app db downgrade
says 'db upgrade'
check 'db upgrade' ./app db upgrade
check 'db upgrade again' ./app db upgrade
says 'nothing to do'
check 'rows' query "pragma foreign_keys = on; insert into maker values (1, 'Ann'), (2, 'O''Hara');
	insert into item (id, maker_id, name, note) values (1, 1, 'tea', null), (2, 1, 'ünï', ''), (9, 2, 'x', 'y;z')"
before=$(query "$rows")
check 'no changes' ./app db migrate -m nothing
says 'no changes'
check 'there is one revision' test "$(ls migrations/versions | wc -l)" = 1
check 'db check agrees' ./app db check

state 2
exits 1 'db check finds the new models' ./app db check
says 'price'
says 'db migrate -m'
check 'db migrate: a column, a table' ./app db migrate -m 'price & sales'
check 'current says what is pending' ./app db current
says 'pending    1'
check 'db upgrade' ./app db upgrade
check 'every row is there' test "$(query "$rows")" = "$before"
query "update item set price = 2.5 where id = 9; insert into sale (id, item_id) values (1, 9)"
check 'db downgrade' ./app db downgrade
says 'values are lost: item.price'
check 'every surviving value is there' test "$(query "$rows")" = "$before"
check 'db upgrade again' ./app db upgrade
check '… and again every value' test "$(query "$rows")" = "$before"
check 'children were not touched' test "$(query 'select count(*) from item')" = 3

# a member renamed: without an answer nothing happens
state 4
old=$(sum)
exits 3 'a renamed member without an answer is exit 3' ./app db migrate -m title
says 'rename column item name title'
exits 3 '… with --yes too' ./app db migrate -m title --yes
check 'the database is byte for byte the same' test "$(sum)" = "$old"
check 'nothing was written' test "$(ls migrations/versions | wc -l)" = 2
exits 3 '… from another folder' sh -c 'cd ../other && ../project/app db migrate -m title'
check 'still the same' test "$(sum)" = "$old"
exits 2 'an answer that is none' ./app db migrate --rename 'column item nme'
check '--sql shows it' ./app db migrate --rename 'column item name title' --sql
says 'RENAME COLUMN'
check 'nothing was written' test "$(ls migrations/versions | wc -l)" = 2

# with renamed_from the values are kept
state 3
check 'renamed_from answers' ./app db migrate -m title
says 'rename column name to title'
check 'db upgrade' ./app db upgrade
check 'the values are kept' test "$(query "$(echo "$rows" | sed 's/name/title/')")" = "$before"
state 4
check 'the answer is needed once' ./app db migrate -m again
says 'no changes'

state 5
check 'db migrate: a rebuild' ./app db migrate -m collate
check 'db upgrade' ./app db upgrade
check 'the values are kept' test "$(query "$(echo "$rows" | sed 's/name/title/')")" = "$before"
check 'db verify' ./app db verify
check 'db downgrade base' ./app db downgrade base --yes
says 'rows are lost: table item'
check 'db upgrade head' ./app db upgrade head
check 'integrity' test "$(query 'pragma integrity_check')" = ok

# one and the same file, and what scripts read
check 'db current --json' sh -c './app db current --json >../current.json'
check 'the absolute path' test "$(field database <../current.json)" = "$work/project/app.db"
check 'the revision is the head' sh -c 'python3 -c "
import json; c = json.load(open(\"../current.json\")); assert [c[\"revision\"]] == c[\"heads\"] and c[\"pending\"] == 0"'
check 'from / it is the same' sh -c "cd / && '$work/project/app' db current --json | cmp - '$work/current.json'"
check 'db history --json' sh -c './app db history --json | python3 -c "import json, sys; assert len(json.load(sys.stdin)) == 4"'
check 'db heads' ./app db heads
check 'db show' ./app db show head
says 'upgrade sqlite'

# the script of an upgrade, run by somebody else's program
rm -f app.db app.db-*
check 'db upgrade --sql' sh -c './app db upgrade --sql >../up.sql'
check 'no database is made by it' test ! -e app.db
check 'the sqlite3 shell runs it' sh -c 'sqlite3 -bail app.db <../up.sql'
check 'db current finds the head' sh -c './app db current --json | cmp -s - ../none; ./app db upgrade'
says 'nothing to do'
check 'db verify agrees' ./app db verify

# bad input: one line of error, the right exit code, nothing changed
old=$(sum)
exits 1 'an unknown revision' ./app db upgrade nosuch
says 'error: there is no revision "nosuch"'
exits 2 'an unknown option' ./app db upgrade --nosuch
exits 1 'a missing answers file' ./app db migrate --answers nosuch.txt
cp -r migrations saved
printf 'DROP TABLE item;\n' >migrations/versions/x.sql
exits 1 'a file that is no revision' ./app db upgrade
says 'x.sql:1:'
exits 1 '… stops db current, too' ./app db current
rm -rf migrations && mv saved migrations
cp migrations/versions/*_first.sql migrations/versions/copy.sql
exits 1 'a copied revision' ./app db history
says 'two files are revision'
rm migrations/versions/copy.sql
echo 'no database' >text.db
exits 1 'a file that is no database' ./app db upgrade --db text.db
check '… is as it was' test "$(cat text.db)" = 'no database'
chmod 444 app.db
exits 1 'a folder that is not there' ./app db upgrade --db /nosuch/app.db
chmod 644 app.db
check 'nothing was changed' test "$(sum)" = "$old"
finish
