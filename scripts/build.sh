#!/bin/sh
# Builds everything in a folder, quietly: what meson and ninja have to say is shown when something is wrong.
# build.sh DIR MESON_OPTIONS…
set -eu
cd "$(dirname "$0")/.."
dir=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "building in $dir"
if [ ! -f "$dir/build.ninja" ]; then
	meson setup "$dir" "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }
fi
ninja -C "$dir" --quiet >"$log" 2>&1 || { grep -vE '^(Compiler for C supports|Dependency |Program )' "$log"; exit 1; }
