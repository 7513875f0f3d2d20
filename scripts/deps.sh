#!/bin/sh
# Installs the Debian packages that are missing for: build | demo | test | postgres | fuzz | lint | peers. `build` only says
# what is missing, so that a plain `make` never changes the system.
set -eu

build='gcc meson ninja-build pkg-config libsqlite3-dev libmicrohttpd-dev libjansson-dev'
demo="$build"
test="$build libcmocka-dev clang libclang-rt-dev g++ python3 sqlite3 curl git make cmake"
# optional: without these the driver is not built, and its tests are skipped
postgres='libpq-dev postgresql'
fuzz="$build clang libclang-rt-dev"
lint="$build clang-format clang-tidy clang"
peers="$build sqlite3 python3-flask-migrate python3-sqlalchemy python3-alembic python3-django python3-peewee"

case "${1:-}" in
build) want=$build ;;
demo) want=$demo ;;
test) want=$test ;;
postgres) want=$postgres ;;
fuzz) want=$fuzz ;;
lint) want=$lint ;;
peers) want=$peers ;;
*) echo "usage: scripts/deps.sh build|demo|test|postgres|fuzz|lint|peers" >&2; exit 2 ;;
esac

# python3 may come from elsewhere than Debian's package: what counts is that it runs
present() {
	case $1 in
	gcc|g++|clang|python3|sqlite3|curl|git|make|cmake|clang-format|clang-tidy) command -v "$1" >/dev/null 2>&1 ;;
	meson) command -v meson >/dev/null 2>&1 ;;
	ninja-build) command -v ninja >/dev/null 2>&1 ;;
	pkg-config) command -v pkg-config >/dev/null 2>&1 ;;
	*) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
	esac
}

missing=
for package in $want; do
	present "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$1" = build ]; then
	echo "cantil: error: these packages are missing:$missing" >&2
	echo "hint: apt-get install$missing   (or: make demo, which installs them)" >&2
	exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "cantil: error: this is no Debian system, and these are missing:$missing" >&2
	echo "hint: install them by the names that your system has for them" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "cantil: error: these packages are missing, and there is no sudo:$missing" >&2
		echo "hint: as root: apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	# shellcheck disable=SC2086 # a list of packages is meant to be split
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1
}
install || { $as_root apt-get update -q >"$log" 2>&1 && install; } || {
	tail -n 5 "$log" >&2
	echo "cantil: error: these packages are missing and could not be installed:$missing" >&2
	echo "hint: is this machine offline? install them from another source and try again" >&2
	exit 1
}
