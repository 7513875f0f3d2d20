#!/bin/sh
# make fuzz: builds every fuzzer with clang and runs each for SECONDS. One that crashes does not keep the others from running.
# The last line is `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
scripts/deps.sh fuzz
[ -f build-fuzz/build.ninja ] ||
	CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=enabled >/dev/null
ninja -C build-fuzz --quiet
passed=0 failed=0
for fuzzer in build-fuzz/tests/fuzz/fuzz_*; do
	[ -f "$fuzzer" ] && [ -x "$fuzzer" ] || continue
	name=$(basename "$fuzzer")
	corpus=build-fuzz/corpus/$name
	mkdir -p "$corpus"
	# what it finds is kept beside its log, not in the project's folder
	if "$fuzzer" -max_total_time="$seconds" -print_final_stats=1 -max_len=8192 -artifact_prefix="build-fuzz/$name-" "$corpus" \
		$( [ -d "tests/fuzz/corpus/$name" ] && echo "tests/fuzz/corpus/$name") 2>"build-fuzz/$name.log"; then
		passed=$((passed + 1))
		verdict=ok
	else
		failed=$((failed + 1))
		verdict="FAILED, see build-fuzz/$name.log"
		tail -n 40 "build-fuzz/$name.log"
	fi
	runs=$(awk '/number_of_executed_units/ { print $2 }' "build-fuzz/$name.log")
	printf '%-16s %5d s %12s inputs  %s\n' "$name" "$seconds" "${runs:-?}" "$verdict"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
