#!/usr/bin/env python3
"""unchanged.py --tool build/cantil --creates ../shared/creates [--every N] [--jobs N] [--only ID,…]

Each schema of SQLite's own tests against itself: a database of it, what `cantil inspect` writes about it, and then

  - `cantil diff DB THAT.sql` finds nothing, in either direction,
  - `cantil apply DB THAT.sql --yes` has nothing to do,
  - after all of it the file is, byte for byte, what it was, and nothing lies beside it.

A schema that SQLite itself does not load again (checked with the sqlite3 module: what is in sqlite_schema, run in an empty
database) may be refused instead, if the refusal names the object. One check is one schema; the last line is `N passed, N failed`."""
import argparse, csv, hashlib, os, sqlite3, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor


def build(path, script):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute('PRAGMA synchronous=OFF')
    db.execute('BEGIN')
    db.executescript(script)
    db.close()


def not_loadable(path):
    """The names of what SQLite wrote into the file and does not take again."""
    db, again, names = sqlite3.connect(path), sqlite3.connect(':memory:'), []
    shadow = {r[1] for r in db.execute('PRAGMA table_list') if r[2] == 'shadow'}
    order = "CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 2 WHEN 'trigger' THEN 3 ELSE 1 END, rowid"
    for name, sql in db.execute(f'SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY {order}').fetchall():
        if name in shadow or name.startswith('sqlite_'):
            continue
        try:
            again.execute(sql)
        except (sqlite3.Error, ValueError):
            names.append(name)
    db.close(), again.close()
    return names


class Checker:
    def __init__(self, options, folder):
        self.o, self.folder, self.refusals = options, folder, 0

    def run(self, *words):
        done = subprocess.run([self.o.tool, *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=60, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr.decode('utf8', 'replace')

    def digest(self, name):
        path = os.path.join(self.folder, name)
        beside = [s for s in ('-journal', '-wal', '-shm') if os.path.exists(path + s)]
        return hashlib.sha256(open(path, 'rb').read()).hexdigest(), beside

    def refused(self, path, code, said):
        names = not_loadable(path)
        if code == 1 and any(n.lower() in said.lower() for n in names):
            self.refusals += 1
            return None
        return f'exit {code}: {said.strip()[-200:]}'

    def look(self, name):
        path = os.path.join(self.folder, name)
        before = self.digest(name)
        code, text, said = self.run('inspect', name, '--format', 'sql')
        if code:
            return self.refused(path, code, said)
        with open(path + '.sql', 'wb') as f:
            f.write(text)
        for words in (('diff', '--exit-code', name, name + '.sql'),
                      ('diff', '--exit-code', name + '.sql', name), ('apply', name, name + '.sql', '--yes')):
            code, out, said = self.run(*words)
            if code:
                why = self.refused(path, code, said)
                return why and f'{words[0]}: {why}: {out[:200]!r}'
            if (b'no differences' if words[0] == 'diff' else b'nothing to do') not in out:
                return f'{words[0]} found something: {out[:200]!r} {said[:200]}'
        return None if self.digest(name) == before else 'the file was changed'

    def one(self, row):
        name = row['id'] + '.db'
        path = os.path.join(self.folder, name)
        try:
            build(path, open(os.path.join(self.o.creates, 'schemas', row['id'] + '.sql'), encoding='utf8', newline='').read())
            return self.look(name)
        except (sqlite3.Error, subprocess.TimeoutExpired) as e:
            return f'{type(e).__name__}: {e}'
        finally:
            for end in ('', '.sql', '-journal', '-wal', '-shm'):
                if os.path.exists(path + end):
                    os.remove(path + end)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--tool', required=True)
    ap.add_argument('--creates', required=True)
    ap.add_argument('--every', type=int, default=1)
    ap.add_argument('--jobs', type=int, default=2)
    ap.add_argument('--only')
    o = ap.parse_args()
    o.tool, o.creates = os.path.abspath(o.tool), os.path.abspath(o.creates)
    with open(os.path.join(o.creates, 'index.tsv'), encoding='utf8', newline='') as f:
        rows = list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))
    rows = [r for r in rows if r['id'] in o.only.split(',')] if o.only else rows[::o.every]
    failed = 0
    with tempfile.TemporaryDirectory(prefix='cantil-unchanged-') as folder, ThreadPoolExecutor(o.jobs) as pool:
        checker = Checker(o, folder)
        for row, why in zip(rows, pool.map(checker.one, rows)):
            if why:
                failed += 1
                print(f'FAIL {row["id"]} [{row["features"]}] {why}'.replace('\n', ' ')[:500], flush=True)
    print(f'{checker.refusals} refused, with its name, what SQLite does not load again')
    print(f'{len(rows) - failed} passed, {failed} failed')
    sys.exit(failed > 0 or not rows)


if __name__ == '__main__':
    main()
