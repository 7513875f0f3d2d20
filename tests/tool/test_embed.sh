#!/bin/sh
# `cantil embed` as people use it: the device of examples/ built against an installed Cantil by make, by Meson and by
# CMake. Each build notices a revision that is edited, added or removed, and fails on a broken one with its line.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/.out" 2>&1
result $? 'install into a folder'
pc=$(find "$work/root" -name cantil.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
cantil=$work/root$prefix/bin/cantil
# the library is not where its .pc says: what cross builds have, too
cat >pkg-config <<END
#!/bin/sh
exec $(command -v pkg-config) --define-variable=prefix=$work/root$prefix "\$@"
END
chmod +x pkg-config
export PKG_CONFIG="$work/pkg-config" PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
LD_LIBRARY_PATH=$(dirname "${pc%/*}"):${LD_LIBRARY_PATH:-}
export LD_LIBRARY_PATH
case $(meson introspect "$build" --buildoptions | tr '{' '\n' | grep '"b_sanitize"') in
*address*) export CC=clang CFLAGS='-g -fsanitize=address,undefined' LDFLAGS='-fsanitize=address,undefined' ;;
esac

# ---- the command ----
cp -r "$source/examples/device" device
cd device || exit 1
check 'a folder is embedded' "$cantil" embed v2 -o a.c
cp -r v2 elsewhere
check 'the same folder elsewhere' "$cantil" embed elsewhere -o b.c
check 'gives the same text' cmp a.c b.c
exits 2 'a name that is none' "$cantil" embed v2 --name 'a-b'
exits 2 'a file of dependencies without an output' "$cantil" embed v2 --depfile d
exits 1 'a folder that is not there' "$cantil" embed nothing -o never.c
says 'there is no folder'
check '… leaves no output' test ! -e never.c

edit() { # edit FROM TO: in a file of v2
	sed -i "s/$1/$2/" v2/versions/*log0003*
}
edit 'ALTER TABLE "reading" ADD' 'ALTER TABEL "reading" ADD'
exits 1 'a revision that does not run' "$cantil" embed v2 -o never.c
says 'log0003_degrees.sql:9'
edit 'ALTER TABEL' 'ALTER TABLE'
sed -i '1a -- a note' v2/versions/*log0003*
exits 1 'an edited revision' "$cantil" embed v2 -o never.c
says 'log0003_degrees.sql was edited'
sed -i '2d' v2/versions/*log0003*
echo '-- cantil: revision fork' >v2/versions/fork.sql
echo '-- upgrade sqlite' >>v2/versions/fork.sql
exits 1 'two heads' "$cantil" embed v2 -o never.c
says 'heads'
check '… which may be meant' "$cantil" embed v2 --several-heads -o heads.c
rm v2/versions/fork.sql

# ---- the builds: each is a folder BUILD with the same life ----
life() { # life NAME PROGRAM COMMAND…: the command builds PROGRAM from ./v2
	life_name=$1 life_program=$2
	shift 2
	check "$life_name: builds" "$@"
	check "$life_name: runs, with no file beside it" sh -c "cp '$life_program' ./alone && rm -f log.db* && ./alone log.db log 5"
	check "$life_name: brought its revisions" test "$(sqlite3 log.db 'select count(*) from cantil_version')" = 4
	sum=$(sha256sum "$life_program")
	check "$life_name: nothing to do" "$@"
	check "$life_name: nothing was built" test "$sum" = "$(sha256sum "$life_program")"
	sleep 0.01
	"$cantil" db revision -d v2 --rev-id more -m more >/dev/null 2>&1
	check "$life_name: an added revision is noticed" "$@"
	"$life_program" log.db log 1 >/dev/null 2>&1
	check "$life_name: and run" test "$(sqlite3 log.db "select count(*) from cantil_version where revision = 'more'")" = 1
	rm v2/versions/*more*
	cp ../device/v2/revisions.sha256 v2/
	check "$life_name: a removed one is noticed" "$@"
	exits 1 "$life_name: and the database is newer now" "$life_program" log.db report
	says 'newer than this program'
	sed -i 's/^ALTER TABLE "reading" ADD/ALTER TABEL "reading" ADD/' v2/versions/*log0003*
	tap_rc=0
	"$@" >"$work/.out" 2>&1 || tap_rc=$?
	[ $tap_rc -ne 0 ]
	result $? "$life_name: a broken one fails the build"
	says 'log0003_degrees.sql:9'
}
project() { # project NAME: a folder with the sources alone
	cd "$work" || exit 1
	mkdir "$1"
	cp -r device/v2 device/device.c "$1"
	cd "$1" || exit 1
}

project make
cp ../device/Makefile .
life make ./device make

project meson
cat >meson.build <<'END'
project('device', 'c')
cantil = dependency('cantil')
embed = find_program(cantil.get_variable(pkgconfig: 'cantil'))
migrations = custom_target('migrations',
  output: ['migrations.c', 'migrations.h'],
  depfile: 'migrations.d',
  command: [embed, 'embed', meson.current_source_dir() / 'v2', '--output', '@OUTPUT0@', '--header', '@OUTPUT1@',
    '--depfile', '@DEPFILE@'])
executable('device', 'device.c', migrations,
  dependencies: [cantil, meson.get_compiler('c').find_library('m')])
END
check 'meson: setup' meson setup build
life meson build/device meson compile -C build

if command -v cmake >/dev/null; then
	for generator in 'Unix Makefiles' Ninja; do
		project "cmake-${generator%% *}"
		cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(device C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CANTIL REQUIRED IMPORTED_TARGET cantil)
pkg_get_variable(CANTIL_EMBED_DIR cantil embeddir)
include(${CANTIL_EMBED_DIR}/CantilEmbed.cmake)

add_executable(device device.c)
target_link_libraries(device PkgConfig::CANTIL m)
cantil_embed(device v2)
END
		check "cmake, $generator: setup" cmake -G "$generator" -B build -DPKG_CONFIG_EXECUTABLE="$PKG_CONFIG"
		life "cmake, $generator" build/device cmake --build build
	done
else
	echo '# cmake is not there: its part was not tried'
fi
cd "$work" || exit 1
finish
