#!/bin/sh
# make test: everything that says whether Cantil is right. The last line is `N passed, N failed`.
# test.sh long: the same with the whole of the shared corpora and with the amounts of docs/safety.md (a night). With
# CANTIL_LONG_SHARE=20 a twentieth of the amounts: every part is run, in about an hour.
set -eu
cd "$(dirname "$0")/.."
long=${1:-}
scripts/deps.sh test
scripts/deps.sh postgres || echo "PostgreSQL is not there: its driver is not built, its tests are skipped"
passed=0 failed=0
logs=build/test-logs

began=$(date +%s)
add() { # add NAME PASSED FAILED
	passed=$((passed + $2)) failed=$((failed + $3))
	now=$(date +%s)
	printf '%-42s %5d passed, %d failed  %5d s\n' "$1" "$2" "$3" $((now - began))
	began=$now
}

# meson's JUnit file has one <testsuite tests= errors= failures=> for each program
count() {
	awk -v RS='<' '/^testsuite / {
		n = f = 0
		if (match($0, / tests="[0-9]+"/)) n = substr($0, RSTART + 8, RLENGTH - 9)
		if (match($0, / errors="[0-9]+"/)) f += substr($0, RSTART + 9, RLENGTH - 10)
		if (match($0, / failures="[0-9]+"/)) f += substr($0, RSTART + 11, RLENGTH - 12)
		if (match($0, / skipped="[0-9]+"/)) n -= substr($0, RSTART + 10, RLENGTH - 11)
		tests += n; bad += f
	} END { print tests - bad, bad + 0 }' "$1"
}

suite() { # suite NAME BUILD TIMEOUT_MULTIPLIER [TEST…]
	rc=0
	suite_name=$1 suite_build=$2 suite_slower=$3
	shift 3
	meson test -C "$suite_build" --no-rebuild --print-errorlogs -t "$suite_slower" --quiet "$@" >"$logs/$suite_name" 2>&1 || rc=$?
	set -- "$suite_name" "$suite_build"
	[ $rc -eq 0 ] || cat "$logs/$1"
	if [ ! -f "$2/meson-logs/testlog.junit.xml" ]; then
		add "$1" 0 1
		return
	fi
	# a program that dies without a line of TAP counts too: meson's own exit code says so
	# shellcheck disable=SC2046 # two numbers are meant to be two words
	set -- "$1" $(count "$2/meson-logs/testlog.junit.xml")
	[ $rc -eq 0 ] || [ "$3" -gt 0 ] || set -- "$1" "$2" 1
	add "$@"
}

scorer() { # scorer NAME COMMAND…: a program of ../shared whose last line is `N passed, N failed`
	name=$1
	shift
	rc=0
	"$@" >"$logs/$name" 2>&1 || rc=$?
	line=$(tail -n 1 "$logs/$name")
	case $line in
	*' passed, '*' failed') ;;
	*) cat "$logs/$name"; add "$name" 0 1; return ;;
	esac
	[ $rc -eq 0 ] || cat "$logs/$name"
	grep -E '^right ' "$logs/$name" || true
	add "$name" "${line%% passed*}" "$(echo "$line" | sed 's/.*, \([0-9]*\) failed/\1/')"
}

amounts() { # amounts DIVISOR: of a long run
	export CANTIL_FAULT_SEEDS=$((500 / $1)) CANTIL_TEST_KILLS=$((5000 / $1)) CANTIL_TEST_SIZES=$((400 / $1)) \
		CANTIL_TEST_PROCESSES=64 CANTIL_TEST_ROUNDS=$((500 / $1)) CANTIL_TEST_FILES=$((10000 / $1)) \
		CANTIL_TEST_PAIRS=$((100000 / $1)) CANTIL_STRESS_MS=60000
}

slower=3 slowest=10
if [ -n "$long" ]; then # no test is too slow then
	slower=0 slowest=0
	share=${CANTIL_LONG_SHARE:-1}
	amounts "$share"
	export CANTIL_TEST_ALL=1
fi
if tests/postgres/server.sh available; then # one for the whole run
	cluster=$(mktemp -d /tmp/cantil-postgres-XXXXXX)
	trap 'tests/postgres/server.sh stop "$cluster"' EXIT
	CANTIL_TEST_POSTGRES=$(tests/postgres/server.sh start "$cluster" $$)
	export CANTIL_TEST_POSTGRES
fi
scripts/build.sh build -Dwerror=true
mkdir -p "$logs"
suite gcc build $slower
if [ -n "$long" ]; then # ten times as slow
	amounts $((share * 10))
	unset CANTIL_TEST_ALL
fi
CC=clang scripts/build.sh build-asan -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	suite clang-asan-ubsan build-asan $slowest

if [ -n "$long" ]; then # threads: the pool, and sixteen sessions for a minute
	CC=clang scripts/build.sh build-tsan -Dwerror=true -Db_sanitize=thread -Db_lundef=false
	TSAN_OPTIONS=halt_on_error=1 suite clang-tsan build-tsan $slowest 'driver pool' 'orm threads'
fi

shared=$(cd .. && pwd)/shared
if [ -d "$shared" ]; then
	apply="build/cantil apply {db} {target} --answers {hints} --yes"
	every=5 creates=10
	[ -z "$long" ] || every=1 creates=1
	scorer cases python3 "$shared/cases/run_cases.py" --tool "$apply"
	scorer corpus-with-decisions python3 "$shared/corpus/tools/score.py" --every $every --tool "$apply"
	scorer corpus-without-decisions python3 "$shared/corpus/tools/score.py" --every $every --decisions no --tool "$apply"
	scorer corpus-raw python3 "$shared/corpus/tools/score.py" --every $every --decisions no --raw --tool "$apply"
	# a project's whole life; three of them here
	walk="--only davx5,fdroid,innertune"
	[ -z "$long" ] || walk=
	# shellcheck disable=SC2086 # no word, or two
	scorer histories python3 tests/histories/walk.py --tool build/cantil --corpus "$shared/corpus" $walk
	scorer creates python3 "$shared/creates/roundtrip.py" --every $creates --tool 'build/cantil inspect {db} --format sql'
	scorer creates-unchanged python3 tests/creates/unchanged.py --tool build/cantil --creates "$shared/creates" \
		--every $creates
	scorer page-on-others scripts/others.py --cases "$shared/cases" --tool build/cantil --check
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
