#!/bin/sh
# make demo: from a clone to a served page. demo.sh BUILD PORT
set -eu
cd "$(dirname "$0")/.."
build=$1 port=$2

scripts/deps.sh demo
[ -f "$build/build.ninja" ] || meson setup "$build" >/dev/null
ninja -C "$build" --quiet cantil examples/store/store
store=$build/examples/store/store

"$store" db upgrade
[ "$("$store" db current --json | sed -n 's/.*"pending": *\([0-9]*\).*/\1/p')" = 0 ]
"$store" db seed --if-empty

echo
echo "the store is served now; stop it with Ctrl-C"
echo "  change a struct in examples/store/models.h, save, and look at the page;"
echo "  then, in another terminal:  $store db migrate -m \"what changed\" && $store db upgrade"
exec "$store" runserver -d -p "$port"
