#!/usr/bin/env python3
"""walk.py --tool build/cantil --corpus ../shared/corpus [--only PROJECT,…] [--rows N] [--seed N] [--jobs N] [--times FILE] [--verbose] [--keep]

Lives the life of each project of the corpus with the program as people use it. A cantil.ini; every state in turn becomes
schema.sql; `db migrate -m N --answers FILE --yes`, `db upgrade --yes`, on a database that has rows since the first state and
gets more as tables appear. Then `db downgrade --yes` step by step to the base, and `db upgrade +1` step by step up again, with
other rows. After each step:

  - the schema means what that state says (for the base: nothing is left),
  - integrity_check holds, and foreign_key_check finds no more than before,
  - every value and every row that both states can hold is still there,
  - a command that refuses has left the rows as they were.

Rows that the next state cannot hold make the program refuse. Then this script does what a person would: it writes the answer
that the hint names, or, where that does not do, mends those rows, and types the command again; such steps are counted apart. One check is one step of one pass; the last line is `N passed, N failed`.

States, rows and the comparison are the corpus's own (tools/score.py, fill.py, schemamodel.py): they are imported from there."""
import argparse, ast, os, shutil, sqlite3, subprocess, sys, tempfile, time, types
from concurrent.futures import ProcessPoolExecutor

OWN = 'cantil_version'  # the table that the program may add
REFUSED = (1, 3)        # failed, or needs a decision


def load_score(corpus):
    """score.py runs when it is imported: its last statement, the call of main, is left out."""
    path = os.path.join(corpus, 'tools', 'score.py')
    sys.path.insert(0, os.path.dirname(path))
    tree = ast.parse(open(path, encoding='utf8').read(), path)
    tree.body = [s for s in tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)
                                              and getattr(s.value.func, 'id', '') == 'main')]
    module = types.ModuleType('score')
    module.__file__ = path
    exec(compile(tree, path, 'exec'), module.__dict__)
    whole = module.model

    def without_own(db):
        model = whole(db)
        model['tables'].pop(OWN, None)
        return model
    module.model = without_own  # what score.check compares with
    return module


def protect(db):
    """Rows are written by functions that know nothing of the program's own table."""
    deny = (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
    db.set_authorizer(lambda action, what, *rest: sqlite3.SQLITE_DENY if action in deny and what == OWN else sqlite3.SQLITE_OK)


class State:
    """One schema of the history."""
    def __init__(self, score, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.number = int(self.name)
        self.sql = open(path, encoding='utf8').read()
        db = score.conn(':memory:')
        db.executescript(self.sql)
        self.model = score.model(db)
        db.close()


NOTHING = types.SimpleNamespace(name='base', sql='', model=dict(tables={}, indexes={}, views={}, triggers={}, virtual={}))


class Walk:
    def __init__(self, options, score, project):
        self.o, self.score, self.project = options, score, project
        folder = os.path.join(options.corpus, 'histories', project)
        self.states = [State(score, os.path.join(folder, f)) for f in sorted(os.listdir(folder)) if f.endswith('.sql')]
        renames = score.renames()
        self.renames = [renames.get((project, a.number, b.number), ({}, {})) for a, b in zip(self.states, self.states[1:])]
        self.home = os.path.join(options.work, project)
        self.db = os.path.join(self.home, 'app.db')
        self.passed, self.failures, self.mended, self.answered, self.times = 0, [], [], [], []
        self.seed, self.hints = options.seed, []

    # ---- the project's files and the program ----

    def write(self, name, text):
        with open(os.path.join(self.home, name), 'w', encoding='utf8') as f:
            f.write(text)

    def run(self, *words):
        """One command in the project's folder: its exit code and what it said."""
        start = time.monotonic()
        done = subprocess.run([self.o.tool, 'db', *words], cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=self.o.timeout, env=self.o.env)
        self.times.append((words[0], len(self.times), time.monotonic() - start))
        said = (done.stderr or done.stdout).decode('utf8', 'replace')
        self.hints = [line.removeprefix('hint: ') for line in said.splitlines() if line.startswith('hint: fill ')]
        return done.returncode, said.strip().replace('\n', ' ')[-300:]

    def connect(self):
        return self.score.conn(self.db)

    # ---- rows ----

    def grow(self, model):
        """Rows for tables that have none; the others get some, too: life goes on."""
        db = self.connect()
        count = lambda t: db.execute(f'SELECT count(*) FROM {self.score.q(t)}').fetchone()[0]
        empty = [t for t in model['tables'] if count(t) == 0]
        if empty:
            protect(db)
            db.execute('PRAGMA synchronous=OFF')
            self.seed += 1
            full = len(empty) == len(model['tables'])
            self.score.fill(db, self.seed, self.o.rows if full else 3, quiet=True)
        db.close()

    def mend(self, a, b, tren, cren):
        """What a person does with rows that do not fit: here, they are deleted."""
        db = self.connect()
        protect(db)
        gone = self.score.compat(db, a.model, b.model, b.sql, tren, cren)
        trigger = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in trigger:
            db.execute(f'DROP TRIGGER {self.score.q(name)}')
        while changed := self.misfits(db, a.model, b.model, tren, cren):
            gone += changed
        for _, sql in trigger:
            db.execute(sql)
        db.close()
        return gone

    def misfits(self, db, a, b, tren, cren):
        """Deletes rows with NULL where the next state has NOT NULL, and rows without the parent that it asks for."""
        q, gone = self.score.q, 0
        table = {n: o for o, n in tren.items()}
        column = {(t, n): o for (t, o), n in cren.items()}
        old = lambda t, c: column.get((t, c), c)
        is_old = lambda t, *cs: table.get(t, t) in a['tables'] and all(
            old(t, c) in a['tables'][table.get(t, t)]['cols'] for c in cs)
        for n, t in b['tables'].items():
            for c, is_ in t['cols'].items():
                key = is_['pk'] and is_['type'] == 'INTEGER' and len(t['pkcols']) == 1
                if (is_['notnull'] and is_['dflt'] is None or key) and is_old(n, c):
                    gone += db.execute(f'DELETE FROM {q(table.get(n, n))} WHERE {q(old(n, c))} IS NULL').rowcount
            for parent, pairs, *_ in t['fks']:
                keys = b['tables'].get(parent, {}).get('pkcols', [])
                pairs = [(c, p or (keys[i] if i < len(keys) else '')) for i, (c, p) in enumerate(pairs)]
                if not is_old(n, *(c for c, _ in pairs)) or parent not in b['tables']:
                    continue
                full = ' AND '.join(f'c.{q(old(n, c))} IS NOT NULL' for c, _ in pairs)
                if is_old(parent):  # else it will be empty
                    if not is_old(parent, *(p for _, p in pairs)):
                        continue
                    match = ' AND '.join(f'p.{q(old(parent, p))} = c.{q(old(n, c))}' for c, p in pairs)
                    full += f' AND NOT EXISTS (SELECT 1 FROM {q(table.get(parent, parent))} AS p WHERE {match})'
                gone += db.execute(f'DELETE FROM {q(table.get(n, n))} AS c WHERE {full}').rowcount
        return gone

    def look(self, model):
        if not os.path.exists(self.db):
            return {}, 0
        db = self.connect()
        before, orphans = self.score.snapshot(db, model), self.score.fkbad(db)
        db.close()
        return before, orphans

    # ---- one step ----

    def compare(self, what, a, b, renames, before, orphans):
        """What is wrong after a step from state a to b; None: nothing."""
        self.score.TSQL[0] = b.sql
        found = self.score.check(self.db, a.model, b.model, before, *renames, orphans)
        wrong = [k for k in ('schema', 'integrity', 'values', 'rows') if not found[k]]
        return f'{what}: {" ".join(wrong)}: {found["detail"]}' if wrong else None

    def step(self, what, a, b, renames, commands):
        """Runs the commands that lead from a to b, mending the rows if they are refused, and judges. What was done before
        the refusal is not done again: `commands` goes on behind the last one that succeeded."""
        tren, cren = renames
        commands = list(commands)
        before, orphans = self.look(a.model)
        code, said = self.all_of(commands)
        if code == 3 and self.hints:
            code, said = self.follow(what, commands)
        if code in REFUSED:
            if self.look(a.model)[0] != before:
                self.failures.append(f'{what}: refused, but rows were changed: {said}')
                return False
            gone = self.mend(a, b, tren, cren)
            before, orphans = self.look(a.model)
            why = said
            code, said = self.all_of(commands)
            if not gone:
                self.failures.append(f'{what}: refused, but nothing in the rows stands against it: {why}')
                return False
            if code == 0:
                self.mended.append(f'{what}: {gone} rows mended: {why}')
        wrong = f'{what}: exit {code}: {said}' if code else self.compare(what, a, b, renames, before, orphans)
        if wrong:
            self.failures.append(wrong)
            return False
        self.passed += 1
        return True

    def follow(self, what, commands):
        """What a hint says to write is written into the answers, once."""
        answers = open(os.path.join(self.home, 'answers'), encoding='utf8').read()
        hints = self.hints
        self.write('answers', answers + '\n'.join(hints) + '\n')
        code, said = self.all_of(commands)
        if code == 0:
            self.answered.append(f'{what}: {", ".join(hints)}')
        else:
            self.write('answers', answers)
        return code, said

    def all_of(self, commands):
        while commands:
            code, said = self.run(*commands[0])
            if code:
                return code, said
            commands.pop(0)
        return 0, ''

    # ---- the passes ----

    def pairs(self):
        """(from, to, renames) of every step, the first one from nothing."""
        return list(zip([NOTHING, *self.states], self.states, [({}, {}), *self.renames]))

    def forward(self):
        code, said = self.run('init')
        if code:
            self.failures.append(f'db init: {said}')
            return False
        for a, b, renames in self.pairs():
            self.write('schema.sql', b.sql)
            self.write('answers', '\n'.join(self.score.decisions(a.model, b.model, *renames)) + '\n')
            migrate = ('migrate', '-m', b.name, '--answers', 'answers', '--yes')
            if not self.step(f'up {b.name}', a, b, renames, [migrate, ('upgrade', '--yes')]):
                return False
            self.grow(b.model)
        return True

    def back(self):
        for a, b, renames in reversed(self.pairs()):
            tren = {n: o for o, n in renames[0].items()}
            # a column's table is called by the name that it has afterwards
            cren = {(tren.get(t, t), n): o for (t, o), n in renames[1].items() if n}
            if not self.step(f'down {a.name}', b, a, (tren, cren), [('downgrade', '--yes')]):
                return False
        return True

    def again(self):
        for a, b, renames in self.pairs():
            if not self.step(f'again {b.name}', a, b, renames, [('upgrade', '+1', '--yes')]):
                return False
            self.grow(b.model)
        return True

    def all(self):
        os.makedirs(self.home)
        self.write('cantil.ini', '[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\nmigrations = migrations\n')
        start = time.monotonic()
        for name in ('forward', 'back', 'again'):
            try:
                if not getattr(self, name)():
                    break
            except (sqlite3.Error, subprocess.TimeoutExpired) as e:
                self.failures.append(f'{name}: {type(e).__name__}: {e}')
                break
        self.failures += [''] * (3 * len(self.states) - self.passed - len(self.failures))  # what was never reached
        self.seconds = time.monotonic() - start
        if not self.o.keep:
            shutil.rmtree(self.home)
        return self


def walk_one(job):
    """In a process of its own: the comparison is Python, too, and holds a state of its own."""
    o, project = job
    walk = Walk(o, load_score(o.corpus), project).all()
    return types.SimpleNamespace(project=walk.project, states=len(walk.states), passed=walk.passed,
                                 failures=walk.failures, mended=walk.mended, answered=walk.answered, times=walk.times, seconds=walk.seconds)


def report(walks, options):
    passed = failed = mended = answered = 0
    for w in walks:
        reached = [f for f in w.failures if f]
        for f in reached:
            print(f'FAIL {w.project} {f}')
        if options.verbose:
            for kind in ('answered', 'mended'):
                for line in getattr(w, kind):
                    print(f'{kind} {w.project} {line}')
        commands = {}
        for name, _, seconds in w.times:
            commands.setdefault(name, []).append(seconds)
        per = '  '.join(f'{n} {1000 * sum(s) / len(s):.0f} ms' for n, s in commands.items())
        print(f'{w.project:24} {w.states:3} states  {w.passed:4} steps right  {len(w.failures):3} wrong or not reached'
              f'  {w.seconds:6.1f} s  ({per})', flush=True)
        passed, failed = passed + w.passed, failed + len(w.failures)
        mended, answered = mended + len(w.mended), answered + len(w.answered)
        if options.times:
            with open(options.times, 'a', encoding='utf8') as f:
                f.writelines(f'{w.project}\t{n}\t{i}\t{s:.4f}\n' for n, i, s in w.times)
    print(f'{answered} steps were answered as the hint said; of {mended} the rows were mended first')
    print(f'{passed} passed, {failed} failed')
    return failed == 0 and passed > 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--tool', required=True)
    ap.add_argument('--corpus', required=True)
    ap.add_argument('--only')
    ap.add_argument('--rows', type=int, default=8)
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--jobs', type=int, default=2)
    ap.add_argument('--timeout', type=float, default=120)
    ap.add_argument('--times')
    ap.add_argument('--keep', action='store_true')
    ap.add_argument('--verbose', action='store_true')
    o = ap.parse_args()
    o.tool, o.corpus = os.path.abspath(o.tool), os.path.abspath(o.corpus)
    o.env = {k: v for k, v in os.environ.items() if k not in ('CANTIL_DATABASE_URI', 'DATABASE_URI', 'CANTIL_ROOT')}
    o.work = tempfile.mkdtemp(prefix='cantil-walk-')
    projects = o.only.split(',') if o.only else sorted(os.listdir(os.path.join(o.corpus, 'histories')))
    with ProcessPoolExecutor(o.jobs) as pool:
        good = report(pool.map(walk_one, [(o, p) for p in projects]), o)
    if not o.keep:
        shutil.rmtree(o.work, ignore_errors=True)
    sys.exit(not good)


if __name__ == '__main__':
    main()
