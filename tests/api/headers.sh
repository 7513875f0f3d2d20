#!/bin/sh
# headers.sh - every public header compiles alone, in each language that a program may be written in, without a
# warning. Speaks TAP.
#   headers.sh SOURCE_ROOT
set -u
include=$1/include
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -pedantic -Werror -Wundef -Wshadow -Wcast-qual -Wconversion -Wno-sign-conversion -fsyntax-only -I$include"
count=0 failed=0

try() { # NAME COMMAND…
	name=$1; shift
	count=$((count + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$work/out" | head -20
		failed=1
	fi
}

for header in "$include"/cantil/*.h; do
	name=$(basename "$header")
	printf '#include <cantil/%s>\ntypedef int nothing_else;\n' "$name" >"$work/a.c"
	cp "$work/a.c" "$work/a.cc"
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		for std in c11 c17; do
			try "$name alone, $cc -std=$std" $cc -std=$std -Wstrict-prototypes $flags "$work/a.c"
		done
	done
	for cxx in g++ clang++; do
		command -v $cxx >/dev/null || continue
		try "$name alone, $cxx -std=c++11" $cxx -std=c++11 $flags "$work/a.cc"
	done
done
echo "1..$count"
exit $failed
