#!/bin/sh
# What was decided once can be given again; a copy of the database before an upgrade.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
unset CANTIL_DATABASE_URI DATABASE_URI CANTIL_ROOT
printf '[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\n' >cantil.ini
query() { sqlite3 app.db "$1"; }

echo 'create table t (id integer primary key, name text, gone text);' >schema.sql
check 'a project' sh -c "$cantil db init && $cantil db migrate -m one --yes && $cantil db upgrade"
check 'rows' query "insert into t values (1, 'a', 'x'), (2, null, null)"

echo 'create table t (id integer primary key, title text not null);' >schema.sql
printf 'rename column t name title\nfill t.title none\nallow-drop t.gone\n' >answers
exits 1 'a fill that is no value' "$cantil" db migrate -m two --answers answers --yes
says 'answers:2: this fill cannot be used: no such column: none'
check 'nothing was written' test "$(ls migrations/versions | wc -l)" = 1
printf "rename column t name title\nfill t.title 'none'\nallow-drop t.gone\n" >answers
check 'answers of a file' "$cantil" db migrate -m two --rev-id two --answers answers --yes
check 'they are kept in the revision' grep -qx -- "-- answer: fill t.title 'none'" migrations/versions/*two*.sql
cp migrations/versions/*two*.sql two.sql
rm migrations/versions/*two*.sql && "$cantil" db edit --accept >/dev/null 2>&1
exits 3 'without them it asks' "$cantil" db migrate -m again --rev-id again --yes
check 'the answers of a revision' "$cantil" db migrate -m again --rev-id again --answers two.sql --yes

exits 2 'a folder for a copy that is not there' "$cantil" db upgrade --backup nowhere
says 'there is no folder "nowhere"'
check 'nothing was run' test "$(query 'select count(name) from t')" = 1
mkdir copies
check 'an upgrade with a copy' "$cantil" db upgrade --backup copies
check 'rows came through' test "$(query "select group_concat(title) from t")" = 'a,none'
check 'the copy is as it was' test "$(sqlite3 copies/app.db.*.bak 'select count(*) || group_concat(name) from t')" = 2a
finish
