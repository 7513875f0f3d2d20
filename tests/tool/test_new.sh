#!/bin/sh
# `make install DESTDIR=…`, then a project from nothing: made by `cantil new`, built with pkg-config, and run.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"

check 'install into a folder' meson install -C "$build" --no-rebuild --quiet --destdir "$work/root"
prefix=$(sed -n 's/^prefix=//p' "$(find root -name cantil.pc)")
libs=$(dirname "$(find "$work/root" -name cantil.pc)")
cantil=$work/root$prefix/bin/cantil
export PKG_CONFIG_PATH="$libs" PKG_CONFIG_SYSROOT_DIR="$work/root" PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
# a library built with a sanitizer wants it in the program too
case $(meson introspect "$build" --buildoptions | tr '{' '\n' | grep '"b_sanitize"') in
*address*) export CC=clang CFLAGS='-g -fsanitize=address,undefined' LDFLAGS='-fsanitize=address,undefined' ;;
esac

check 'the installed program runs' "$cantil" --version
check 'cantil new' "$cantil" new shop
exits 1 'never over what is there' "$cantil" new shop
says 'not empty'
exits 2 'a name that cannot be one' "$cantil" new 'a b'
exits 2 'a name with a quote' "$cantil" new "it's"
cd shop || exit 1
check 'make' make
check 'its test' make test
check 'db init' ./shop db init
check 'db migrate' ./shop db migrate -m first
check 'db upgrade' ./shop db upgrade
check 'db seed' ./shop db seed
check 'its own command' ./shop add "it's \"quoted\""
check 'the rows are there' test "$(sqlite3 shop.db 'SELECT count(*) FROM note')" = 4
sed -i 's/const char \*text;/const char *text, *author;/' models.h
sed -i 's/CN_COLUMN(Note, created_at/CN_COLUMN(Note, author),\n\tCN_COLUMN(Note, created_at/' models.c
check 'make after a change' make
check 'db migrate again' ./shop db migrate -m author
check 'db upgrade again' ./shop db upgrade
check 'every row is kept' test "$(sqlite3 shop.db 'SELECT count(*) FROM note WHERE author IS NULL')" = 4
check 'db check' ./shop db check
check 'db downgrade' ./shop db downgrade
check 'and back up' ./shop db upgrade
check 'the values are as they were' test "$(sqlite3 shop.db "SELECT count(*) FROM note WHERE text = 'it''s \"quoted\"'")" = 1
cd ..
finish
