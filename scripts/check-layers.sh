#!/bin/sh
# The rules of ARCHITECTURE.md that a machine can check. One line per breach; exit 1 if there is any.
set -eu
cd "$(dirname "$0")/.."
bad=0
say() { echo "$1"; bad=1; }

# layer NAME may include from these folders (itself is always allowed)
allowed() {
	case $1 in
	base) echo '' ;;
	sql) echo 'base' ;;
	schema) echo 'sql base' ;;
	driver) echo 'schema sql base' ;;
	orm|migrate) echo 'driver schema sql base' ;;
	backup) echo 'driver schema sql base' ;;
	web) echo 'backup migrate orm driver schema sql base' ;;
	manage|tool) echo 'manage web backup migrate orm driver schema sql base' ;;
	esac
}

for layer in base sql schema driver orm migrate backup web manage tool; do
	[ -d "src/$layer" ] || continue
	for target in $(grep -rhoE '^#include "[a-z]+/' "src/$layer" | sed 's/.*"\(.*\)\//\1/' | sort -u); do
		[ "$target" = "$layer" ] && continue
		case " $(allowed "$layer") " in
		*" $target "*) ;;
		*) say "src/$layer includes from src/$target: $(grep -rlE "^#include \"$target/" "src/$layer" | tr '\n' ' ')" ;;
		esac
	done
done

only() { # only HEADER in FOLDERS…
	header=$1
	shift
	for file in $(grep -rlE "^#include <$header>" src include || true); do
		fine=0
		for folder in "$@"; do
			case $file in "$folder"*) fine=1 ;; esac
		done
		[ $fine = 1 ] || say "$file includes <$header>"
	done
}
only sqlite3.h src/driver/sqlite/
only libpq-fe.h src/driver/postgres/
only jansson.h src/web/ src/manage/serve/
n=$(grep -rlE '^#include <microhttpd.h>' src include | wc -l)
[ "$n" -le 1 ] || say "<microhttpd.h> is included in $n files: $(grep -rlE '^#include <microhttpd.h>' src include | tr '\n' ' ')"

# only manage/ and tool/ print, read the environment or end the program
for file in $(git ls-files 'src/*.c' | grep -vE '^src/(manage|tool)/'); do
	if grep -nE '(^|[^a-z_])(printf|puts|putchar|perror|getenv|exit|abort)\(' "$file" | grep -vE 'cni?_[a-z_]*(printf|puts)\('; then
		say "$file prints, exits or reads the environment"
	fi
	if grep -nE 'fprintf\((stderr|stdout)|fputs\([^;]*(stderr|stdout)' "$file"; then
		say "$file prints"
	fi
done

# nothing above src/driver/ names an engine or writes its words, outside of comments: it asks driver/words.h. A URI and
# the end of a file's name may be spelled out; sections of revision files are named by the driver (cni_driver.name).
without_comments() {
	awk '{
		line = $0; out = ""; text = 0
		for (i = 1; i <= length(line); i++) {
			c = substr(line, i, 1); two = substr(line, i, 2)
			if (comment) { if (two == "*/") { comment = 0; i++ } continue }
			if (text) { out = out c; if (c == "\\") { i++; out = out substr(line, i, 1) } else if (c == "\"") text = 0; continue }
			if (two == "/*") { comment = 1; i++; continue }
			if (c == "\"") text = 1
			out = out c
		}
		printf "%s:%d:%s\n", FILENAME, FNR, out
	}' "$1"
}
for file in $(git ls-files 'src/orm/*.[ch]' 'src/migrate/*.[ch]' 'src/backup/*.[ch]' 'src/web/*.[ch]' 'src/manage/*.[ch]' 'src/tool/*.[ch]'); do
	if without_comments "$file" | sed -E 's#sqlite:(//)?/?##g; s#"(\.sqlite3?)"##g; s#\| sqlite3 ##g' |
		grep -iE 'sqlite|postgres|libpq|"pragma |[^_]typeof *\(|[^_]rowid|quick_check|insert or |collate binary|"pg_[a-z]|strftime\(.%' |
		grep -vE ':#(pragma|include)|table->without_rowid|options->without_rowid|\.without_rowid'; then
		say "$file names an engine"
	fi
done

# pure layers hold no state: no variable at file scope that is not const
for file in $(git ls-files 'src/sql/*.c' 'src/schema/*.c' 'src/base/*.c'); do
	if grep -nE '^(static )?[a-z_ ]+[ *][a-z_]+(\[[^]]*\])?( = .*)?;$' "$file" | grep -vE 'const|typedef|extern|\('; then
		say "$file holds a variable at file scope"
	fi
done

# a file is one idea
for file in $(git ls-files 'src/*.[ch]' 'include/*.h'); do
	lines=$(wc -l <"$file")
	[ "$lines" -le 800 ] || say "$file has $lines lines; the limit is 800"
done
exit $bad
