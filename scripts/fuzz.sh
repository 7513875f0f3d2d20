#!/bin/sh
# make fuzz: builds every fuzzer with clang and runs each for SECONDS. Stops at the first crash.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
scripts/deps.sh fuzz
[ -f build-fuzz/build.ninja ] ||
	CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=enabled >/dev/null
ninja -C build-fuzz --quiet
for fuzzer in build-fuzz/tests/fuzz/fuzz_*; do
	[ -f "$fuzzer" ] && [ -x "$fuzzer" ] || continue
	name=$(basename "$fuzzer")
	corpus=build-fuzz/corpus/$name
	mkdir -p "$corpus"
	echo "$name, $seconds s"
	"$fuzzer" -max_total_time="$seconds" -print_final_stats=1 -max_len=8192 "$corpus" \
		$( [ -d "tests/fuzz/corpus/$name" ] && echo "tests/fuzz/corpus/$name") 2>"build-fuzz/$name.log" ||
		{ tail -n 40 "build-fuzz/$name.log"; exit 1; }
	grep -E 'number_of_executed_units' "build-fuzz/$name.log"
done
