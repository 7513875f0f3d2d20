#!/bin/sh
# make lint: layer rules, formatting, clang-tidy. lint.sh BUILD
set -eu
cd "$(dirname "$0")/.."
build=$1
scripts/deps.sh lint
scripts/check-layers.sh
# shellcheck disable=SC2046 # file names of the repository have no blanks
clang-format --dry-run -Werror $(git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]' 'examples/*.[ch]' 'bench/*.[ch]' | grep -vE 'tests/api/bad/|/snapshots/')
[ -f "$build/compile_commands.json" ] || meson setup "$build" >/dev/null
# gcc's own options mean nothing to clang-tidy; with several files at once its va_list check errs
git ls-files 'src/*.c' | grep -v src/tool/templates/ | xargs -n 1 -P "$(nproc)" clang-tidy --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option
