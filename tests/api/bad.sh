#!/bin/sh
# bad.sh - mistakes that must not compile, and the words by which a person finds them. Each program in bad/ says
# in its first lines what the compilers must say:
#     // gcc: words           // clang: words
# `ok` means that it must compile. Speaks TAP.
#   bad.sh SOURCE_ROOT
set -u
export LC_ALL=C.UTF-8
include=$1/include folder=$1/tests/api/bad
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="-std=c17 -Wall -Wextra -pedantic -Werror -fsyntax-only -I$include"
count=0 failed=0

for file in "$folder"/*.c; do
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		count=$((count + 1))
		name="$(basename "$file") with $cc"
		words=$(sed -n "s|^// $cc: ||p" "$file")
		case $cc in gcc) own="-fmax-errors=5 -ftrack-macro-expansion=0" ;; *) own="-ferror-limit=5 -fmacro-backtrace-limit=3" ;; esac
		if [ -z "$words" ]; then
			echo "not ok $count - $name: the file does not say what to expect"; failed=1
			continue
		fi
		if $cc $flags $own "$file" >"$work/out" 2>&1; then result=ok; else result=error; fi
		if [ "$words" = ok ] && [ $result = ok ]; then
			echo "ok $count - $name compiles"
		elif [ "$words" != ok ] && [ $result = error ] && grep -qF -- "$words" "$work/out"; then
			echo "ok $count - $name says \"$words\""
		else
			echo "not ok $count - $name ($result), wanted \"$words\""; failed=1
			sed 's/^/# /' "$work/out" | head -20
		fi
	done
done
echo "1..$count"
exit $failed
