#!/bin/sh
# Two people, one repository: each makes a revision; version control shows the conflict, `db merge` settles it.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME="$work"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org

# what all have: r1
mkdir main && cd main || exit 1
printf '[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\n' >cantil.ini
echo 'CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT);' >schema.sql
printf 'app.db*\n' >.gitignore
check 'the first revision' sh -c "$cantil db init && $cantil db migrate -m first --rev-id r1"
check 'a repository' sh -c 'git init -q -b main . && git add -A && git commit -q -m first'
check 'two copies' sh -c 'git clone -q . ../ann && git clone -q . ../bob'

# Ann adds a price, Bob a stock; each runs it on a database of their own
cd "$work/ann" || exit 1
echo 'CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price REAL);' >schema.sql
check 'Ann makes a revision' sh -c "$cantil db migrate -m price --rev-id ann1 && $cantil db upgrade"
sqlite3 app.db "INSERT INTO product (name, price) VALUES ('tea', 1.5)"
check 'Ann is first' sh -c 'git commit -q -a -m price && git add -A && git commit -q -m price && git push -q origin HEAD:ann'
cd "$work/bob" || exit 1
echo 'CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, stock INTEGER);' >schema.sql
check 'Bob makes a revision' sh -c "$cantil db migrate -m stock --rev-id bob1 && $cantil db upgrade"
sqlite3 app.db "INSERT INTO product (name, stock) VALUES ('milk', 7)"
check 'Bob commits' sh -c 'git add -A && git commit -q -m stock'

# the conflict
exits 1 'the branches are in conflict' git pull -q --no-rebase origin ann
check 'where the checksums are' grep -q '^<<<<<<<' migrations/revisions.sha256
exits 1 'check says so' "$cantil" db check
says 'the conflict is not settled'
says 'keep the lines of both sides'
sed -i '/^[<=>|]\{7\}/d' migrations/revisions.sha256
echo 'CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price REAL, stock INTEGER);' >schema.sql
check 'both lines are kept' sh -c 'cd migrations && sha256sum --quiet -c revisions.sha256'
exits 1 'now check finds two heads' "$cantil" db check
says 'there are 2 heads'
exits 1 'an upgrade stops' "$cantil" db upgrade
says 'db merge heads'
exits 0 'merged' "$cantil" db merge heads --rev-id both
check 'the lines are sorted' sh -c 'sort -c -k 2 migrations/revisions.sha256'
exits 0 'check is content' "$cantil" db check
check 'committed' sh -c 'git add -A && git commit -q -m merge && git push -q origin HEAD:bob'

# each has run them in another order; both get there, with all their rows
exits 0 "Bob's database" "$cantil" db upgrade
says 'applied ann1'
cd "$work/ann" || exit 1
check 'Ann pulls' git pull -q --no-rebase origin bob
exits 0 "Ann's database" "$cantil" db upgrade
says 'applied bob1'
for who in ann bob; do
	cd "$work/$who" || exit 1
	exits 0 "$who: verified" "$cantil" db verify
	exits 0 "$who: no drift" "$cantil" db drift
	check "$who: the row" test "$(sqlite3 app.db 'SELECT count(*) FROM product WHERE name IS NOT NULL AND coalesce(price, stock) > 1')" = 1
done

# and the next change, which writes the table anew, fits both
cd "$work/ann" || exit 1
echo "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), price REAL, stock INTEGER);" >schema.sql
check 'the next revision' sh -c "$cantil db migrate -m strict --rev-id next -y"
exits 0 "Ann's database again" "$cantil" db upgrade
cd "$work/bob" || exit 1
cp ../ann/schema.sql .
exits 0 "Bob's rows count, too, whatever order they came in" sh -c "$cantil db migrate --dry-run -y >'$work/said' 2>&1"
check 'they were looked at' sh -c "! grep 'not looked at' '$work/said'"
cp ../ann/migrations/versions/*_next_* migrations/versions/
exits 0 "Bob's database again" "$cantil" db upgrade
check "Bob's row" test "$(sqlite3 app.db "SELECT stock FROM product WHERE name = 'milk'")" = 7
exits 0 'a file that was copied has no line yet' "$cantil" db edit --accept
check 'now it has' grep -q _next_ migrations/revisions.sha256

# nothing is left half done where the list of checksums cannot be written
cd "$work/ann" || exit 1
cp migrations/revisions.sha256 "$work/before" && ls migrations/versions >"$work/files"
rm migrations/revisions.sha256 && mkdir migrations/revisions.sha256
exits 1 'a folder where the list should be' "$cantil" db revision -m none
check 'no file is left' sh -c "ls migrations/versions | cmp - '$work/files'"
rmdir migrations/revisions.sha256 && cp "$work/before" migrations/revisions.sha256
finish
