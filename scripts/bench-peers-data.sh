#!/bin/sh
# make bench-peers, second half: the data workload (W1 to W7) at a tenth of its size by hand, through Cantil, SQLAlchemy,
# Django and peewee (Debian's packages), in turn, in fresh processes. CPU seconds, medians of BENCH_RUNS (3); the checksums
# must be the same. Writes build/bench/data-peers.json. A workload that takes BENCH_PEER_SECONDS (600) is given up.
set -eu
cd "$(dirname "$0")/.."
runs=${BENCH_RUNS:-3} limit=${BENCH_PEER_SECONDS:-600} python=${PYTHON:-/usr/bin/python3}
scripts/deps.sh peers
dir=build-bench
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=release -Dtests=disabled >/dev/null
ninja -C $dir --quiet bench/bench_raw_tenth bench/bench_session_tenth
mkdir -p build/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-peers-XXXXXX")
trap 'rm -rf "$work"' EXIT
export PYTHONPATH="$PWD/bench/peers" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
everyone='raw cantil sqlalchemy django peewee'

run() { # run WHO WORKLOAD FILE
	case $1 in
	raw) $dir/bench/bench_raw_tenth "$2" "$3" ;;
	cantil) $dir/bench/bench_session_tenth "$2" "$3" ;;
	*) timeout "$limit" "$python" "bench/peers/data_$1.py" "$2" "$3" ;;
	esac
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v c="$1" '{ print $c }' "$2"; }

run raw W1 "$work/full.db" >/dev/null
printf '%-8s %10s' work 'raw s'
for who in cantil sqlalchemy django peewee; do printf ' %11s' "$who"; done
echo '   (CPU time, raw = 1)'
json=
for w in W1 W1_bulk W2 W3 W4 W5 W6 W7; do
	for who in $everyone; do : >"$work/$who"; done
	i=0
	while [ $i -lt "$runs" ]; do
		for who in $everyone; do
			rm -f "$work"/run.db*
			case $w in W1*) ;; *) cp "$work/full.db" "$work/run.db" ;; esac
			run "$who" $w "$work/run.db" >>"$work/$who" 2>"$work/errors" || {
				echo "$w: $who: $(tail -n 1 "$work/errors")" >&2
				exit 1
			}
		done
		i=$((i + 1))
	done
	for who in $everyone; do column 3 "$work/$who"; done | sort -u >"$work/sums"
	if [ "$(wc -l <"$work/sums")" -ne 1 ]; then
		echo "$w: not all gave the same result: $(tr '\n' ' ' <"$work/sums")" >&2
		exit 1
	fi
	raw=$(column 1 "$work/raw" | median)
	printf '%-8s %10.4f' $w "$raw"
	entry="\"raw_s\": $raw"
	for who in cantil sqlalchemy django peewee; do
		s=$(column 1 "$work/$who" | median)
		ratio=$(awk "BEGIN { printf \"%.2f\", $s / $raw }")
		printf ' %11s' "$ratio"
		entry="$entry, \"$who\": {\"ratio\": $ratio, \"s\": $s, \"kb\": $(column 2 "$work/$who" | median)}"
	done
	echo
	json="$json${json:+, }\"$w\": {$entry}"
done
echo "{$json}" >build/bench/data-peers.json
