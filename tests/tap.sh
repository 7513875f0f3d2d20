# tap.sh - for tests that are shell scripts: `. tests/tap.sh`, then check NAME COMMAND…, and `finish` at the end.
# $build and $source are the folders; the test runs in a temporary folder of its own that goes away.
build=${CANTIL_TEST_BUILD:?} source=${CANTIL_TEST_SOURCE:?}
tap_count=0 tap_failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-test-XXXXXX")
trap 'tap_clean' EXIT
tap_clean() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
	cd /
	rm -rf "$work"
}
cd "$work" || exit 1

result() { # result STATUS NAME
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		[ ! -s "$work/.out" ] || sed 's/^/# /' "$work/.out"
	fi
}

check() { # check NAME COMMAND…: the command must succeed
	tap_name=$1
	shift
	tap_rc=0
	"$@" >"$work/.out" 2>&1 || tap_rc=$?
	result $tap_rc "$tap_name"
}

exits() { # exits CODE NAME COMMAND…: the command must end with this code; its output is in $work/.out
	tap_want=$1 tap_name=$2
	shift 2
	tap_rc=0
	"$@" >"$work/.out" 2>&1 || tap_rc=$?
	[ $tap_rc -eq "$tap_want" ] || echo "exit code $tap_rc, wanted $tap_want" >>"$work/.out"
	[ $tap_rc -eq "$tap_want" ]
	result $? "$tap_name"
}

says() { # says TEXT: the last command's output holds it
	grep -qF -- "$1" "$work/.out"
	result $? "… and says: $1"
}

wait_for() { # wait_for COMMAND…: until it succeeds, at most 30 s
	tap_tries=0
	until "$@" >/dev/null 2>&1; do
		tap_tries=$((tap_tries + 1))
		[ $tap_tries -lt 600 ] || return 1
		sleep 0.05
	done
}

finish() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
}
