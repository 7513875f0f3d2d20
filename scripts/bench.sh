#!/bin/sh
# make bench: each workload through Cantil and by hand, in turn, in fresh processes; medians of five as ratios. Writes
# build/bench/data.json. A benchmark is no test: it fails nothing but itself.
set -eu
cd "$(dirname "$0")/.."
scripts/deps.sh build
runs=${BENCH_RUNS:-5}
dir=build-bench
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=release -Dtests=disabled >/dev/null
ninja -C $dir --quiet bench/bench_raw bench/bench_session cantil
mkdir -p build/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v c="$1" '{ print $c }' "$2"; }

$dir/bench/bench_raw W1 "$work/full.db" >/dev/null
printf '%-10s %10s %10s %7s %10s %10s\n' work cantil_s raw_s ratio cantil_KB raw_KB
json=
for w in W1 W1_batches W1_bulk W2 W2_tracked W3 W3_tracked W4 W4_tracked W5 W6 W6_tracked W7; do
	: >"$work/raw" && : >"$work/session"
	i=0
	count=$runs
	[ $w != W7 ] || count=$((runs * 6)) # a millisecond each
	while [ $i -lt $count ]; do
		for who in raw session; do
			rm -f "$work"/run.db*
			case $w in W1*) ;; *) cp "$work/full.db" "$work/run.db" ;; esac
			$dir/bench/bench_$who $w "$work/run.db" >>"$work/$who"
		done
		i=$((i + 1))
	done
	if [ "$(column 3 "$work/raw" | sort -u)" != "$(column 3 "$work/session" | sort -u)" ]; then
		echo "$w: the two versions gave different results" >&2
		exit 1
	fi
	raw=$(column 1 "$work/raw" | median) session=$(column 1 "$work/session" | median)
	raw_kb=$(column 2 "$work/raw" | median) session_kb=$(column 2 "$work/session" | median)
	ratio=$(awk "BEGIN { printf \"%.2f\", $session / $raw }")
	printf '%-10s %10.4f %10.4f %7s %10d %10d\n' $w "$session" "$raw" "$ratio" "$session_kb" "$raw_kb"
	json="$json${json:+, }\"$w\": {\"ratio\": $ratio, \"cantil_s\": $session, \"raw_s\": $raw,"
	json="$json \"cantil_kb\": $session_kb, \"raw_kb\": $raw_kb}"
done
echo "{$json}" >build/bench/data.json
scripts/bench-migrations.sh
scripts/bench-postgres.sh
