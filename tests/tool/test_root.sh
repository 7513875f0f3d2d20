#!/bin/sh
# One file, from wherever a command is started: from /, from the project's folder, from a subfolder; by db current,
# db upgrade, a server and a query in a handler.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
mkdir -p project/sub/sub
cp "$build/examples/store/store" project/
cp -r "$source/examples/store/migrations" project/
store=$work/project/store
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

check 'db upgrade from /' sh -c "cd / && '$store' db upgrade"
check 'the file is in the project' test -f project/store.db
for folder in / "$work/project" "$work/project/sub/sub" "$work"; do
	check "db current from $folder" sh -c "cd '$folder' && '$store' db current --json >'$work/current.json'"
	check '… is that file' test "$(field database <current.json)" = "$work/project/store.db"
done
check 'current says the revision' test -n "$(field revision <current.json)"
check 'and the heads' sh -c "python3 -c 'import json; assert json.load(open(\"current.json\"))[\"heads\"]'"
check 'db seed from the subfolder' sh -c "cd project/sub && ../store db seed"
check 'there is one database' test "$(find . -name '*.db' | wc -l)" = 1

cd / || exit 1
port=$((20000 + $$ % 20000))
"$store" runserver -p $port >"$work/server.log" 2>&1 &
server=$!
check 'runserver from /' wait_for curl -sf "http://127.0.0.1:$port/api/products"
check 'a handler sees the same rows' sh -c "curl -sf http://127.0.0.1:$port/api/products | python3 -c 'import json, sys; assert json.load(sys.stdin)[\"total\"] == 900'"
kill $server
wait $server
check 'it stops with 0' test $? = 0
server=
cd "$work" || exit 1
rm -f project/store.db*
exits 1 'a server never makes a database' "$store" runserver -p $port
says 'db upgrade'
check 'none is there' test ! -e project/store.db

# what is typed counts from where the user stands
mkdir other
check 'CANTIL_DATABASE_URI counts from the working folder' sh -c "cd other && CANTIL_DATABASE_URI=sqlite:///mine.db '$store' db upgrade"
check '… and the file is there' test -f other/mine.db
check '--db as well' sh -c "cd other && '$store' --db mine2.db db upgrade"
check '… and that file is there' test -f other/mine2.db
finish
