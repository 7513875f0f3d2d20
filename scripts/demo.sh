#!/bin/sh
# make demo: from a clone to a served page. demo.sh BUILD PORT
set -eu
cd "$(dirname "$0")/.."
build=$1 port=$2

scripts/deps.sh demo
scripts/build.sh "$build"
store=$build/examples/store/store

"$store" db upgrade
"$store" db seed

echo
echo "the store is served now; stop it with Ctrl-C"
echo "  change a struct in examples/store/models.h, save, and look at the page;"
echo "  then, in another terminal:  $store db migrate -m \"what changed\" && $store db upgrade"
exec "$store" runserver -d -p "$port"
