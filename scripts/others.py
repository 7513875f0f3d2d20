#!/usr/bin/env python3
"""others.py --cases ../shared/cases --tool build/cantil [--check] > docs/what-others-do.md

Makes the page that says what other migration tools do with a change, and what Cantil does. The changes and the verdicts on the
others are measured facts of the case files (their section `peers`); the words are Cantil's own: what changes is what
`cantil apply --dry-run` says about it, how it is done is read off the script that `cantil apply --sql` prints.

--check compares with docs/what-others-do.md instead of writing; the last line is then `N passed, N failed`."""
import argparse, os, re, sqlite3, subprocess, sys, tempfile

TOOLS = [('alembic', 'Alembic 1.19.2, as Flask-Migrate sets it up'), ('django', 'Django 3.2.25'),
         ('drizzle', 'drizzle-kit 0.31.11'), ('prisma', 'Prisma 6.19.3')]
WORDS = {'ok': 'right', 'wrong': '**wrong**', 'undetected': '*not noticed*', 'fails': 'fails'}
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'docs', 'what-others-do.md')

HEAD = '''# What the others do with this change, and what Cantil does

{count} changes of a SQLite schema, with rows in the tables. Four tools were given each change that they can express, in their own
language, and their questions were answered. Each was looked at afterwards: is the schema the one that was wanted, is every row
still there, does everything that stood on the table still stand?

- right: yes, all of it.
- **wrong**: it said that it was done, and something is missing or different.
- *not noticed*: it found no difference, so nothing was done.
- fails: it ended with an error.
- \\*: under a condition: it asks for a value, or another way of running the same tool loses rows.
- a blank: not measured.

What Cantil does with each of them is checked on every run of the tests, data included. A refusal is the right answer where the rows
do not allow the change, or where something would be lost that nobody has agreed to.

'''
FOOT = '''
This page is made by `scripts/others.py`.
'''


def sections(path):
    """{name: text}, and the topic of the first line."""
    text = open(path, encoding='utf8').read()
    topic = re.match(r'#\s*\[([^\]]*)\]', text).group(1)
    parts = re.split(r'(?m)^-- (\w+) --\n', text)
    return topic, dict(zip(parts[1::2], parts[2::2]))


def peers(text):
    found = {}
    for name, verdict, more in re.findall(r'(?m)^(\w+): (\w+)(.*)$', text):
        found[name] = WORDS[verdict] + ('\\*' if more.strip() else '')
    return found


class Case:
    def __init__(self, tool, path, folder):
        self.tool, self.folder = tool, folder
        self.topic, self.parts = sections(path)
        self.peers = peers(self.parts.get('peers', ''))

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf8') as f:
            f.write(text)
        return path

    def build(self):
        path = os.path.join(self.folder, 'app.db')
        for end in ('', '-wal', '-shm', '-journal'):
            if os.path.exists(path + end):
                os.remove(path + end)
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(self.parts.get('start', ''))
        db.execute('PRAGMA foreign_keys = OFF')
        db.executescript(self.parts.get('data', ''))
        self.beside = surroundings(db)
        db.close()
        return path

    def run(self, option):
        words = [self.tool, 'apply', self.build(), self.file('target.sql', self.parts['target']),
                 '--answers', self.file('answers', self.parts.get('hints', '')), option]
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def look(self):
        """What changes, and how; both in Cantil's words."""
        code, said, error = self.run('--dry-run')
        if code:
            lines = [l for l in error.splitlines() if l.startswith('detail: ')] or [error]
            self.what = shorten(lines[0].removeprefix('detail: '))
            self.how = 'refuses'
            return
        lines = [l for l in said.splitlines() if l[:1] in '+-~' and l[1:2] == ' ']
        self.what = shorten('; '.join(lines[:3]) + (f'; and {len(lines) - 3} more' if len(lines) > 3 else ''))
        self.how = 'nothing to do' if not lines else method(self.run('--sql')[1])


def surroundings(db):
    """What else there is, that a careless change would lose: read off the database."""
    found, ask = [], lambda sql, *values: db.execute(sql, values).fetchall()
    tables = [r for r in ask('PRAGMA table_list') if r[0] == 'main' and not r[1].startswith('sqlite_')]
    plain = [r[1] for r in tables if r[2] == 'table']
    sql = ' '.join(r[0] for r in ask("SELECT sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")).upper()
    for kind in ('trigger', 'view'):
        n = ask('SELECT count(*) FROM sqlite_schema WHERE type = ?', kind)[0][0]
        found += [kind if n == 1 else f'{n} {kind}s'] if n else []
    for t in plain:
        for k in ask('SELECT DISTINCT "table", on_delete FROM pragma_foreign_key_list(?)', t):
            own = ' to itself' if k[0].lower() == t.lower() else ''
            found.append(f'foreign key{own}' + ('' if k[1] == 'NO ACTION' else f', ON DELETE {k[1]}'))
        if any(r[6] in (2, 3) for r in ask('SELECT * FROM pragma_table_xinfo(?)', t)):
            found.append('generated column')
        for i in ask('SELECT name, partial FROM pragma_index_list(?)', t):
            if any(c[0] == -2 for c in ask('SELECT cid FROM pragma_index_xinfo(?)', i[0])):
                found.append('index on an expression')
            elif i[1]:
                found.append('partial index')
    found += ['virtual table'] * any(r[2] == 'virtual' for r in tables)
    found += ['STRICT'] * any(r[5] for r in tables) + ['WITHOUT ROWID'] * any(r[4] for r in tables if r[2] == 'table')
    found += [w for w in ('AUTOINCREMENT', 'COLLATE', 'CHECK', 'UNIQUE', 'ON CONFLICT') if w in sql]
    return ', '.join(dict.fromkeys(found))


def method(script):
    """How it is done, by the statements of the script."""
    found = []
    def saw(pattern, words):
        n = len(set(re.findall(pattern, script)))
        if n:
            found.append(words if n == 1 else f'{words} ({n})')
    saw(r'CREATE (?:TEMP )?TABLE "(cantil_new_[^"]*)"', 'copies the table')
    saw(r'UPDATE sqlite_schema', 'edits the stored text')
    saw(r'(ALTER TABLE [^\n]* ADD COLUMN [^\n]*)', 'ADD COLUMN')
    saw(r'(ALTER TABLE [^\n]* DROP COLUMN [^\n]*)', 'DROP COLUMN')
    saw(r'(ALTER TABLE [^\n]* RENAME COLUMN [^\n]*)', 'RENAME COLUMN')
    if not any(f.startswith('copies') for f in found):
        saw(r'(ALTER TABLE [^\n]* RENAME TO [^\n]*)', 'RENAME TABLE')
        saw(r'(?m)^(CREATE (?:VIRTUAL )?TABLE [^\n]*)', 'creates a table')
        saw(r'(?m)^(DROP TABLE [^\n]*)', 'drops a table')
        saw(r'(?m)^(CREATE (?:UNIQUE )?INDEX [^\n]*)', 'creates an index')
        saw(r'(?m)^(DROP INDEX [^\n]*)', 'drops an index')
        for verb, words in (('CREATE', 'creates'), ('DROP', 'drops')):
            saw(rf'(?m)^({verb} VIEW [^\n]*)', f'{words} a view')
            saw(rf'(?m)^({verb} TRIGGER [^\n]*)', f'{words} a trigger')
    return ', '.join(found) or 'changes rows'


def shorten(text):
    text = ' '.join(text.split())
    text = text if len(text) <= 150 else text[:147].rsplit(' ', 1)[0] + ' …'
    return text.replace('\\', '\\\\').replace('|', '\\|').replace('<', '&lt;').replace('*', '\\*').replace('`', "'")


def page(cases):
    out = [HEAD.format(count=len(cases))]
    out.append('| | right | wrong | not noticed | fails | measured |\n| --- | ---: | ---: | ---: | ---: | ---: |\n')
    for name, title in TOOLS:
        plain = [re.sub(r'\W', '', c.peers[name].replace(' ', '')) for c in cases if name in c.peers]
        row = [plain.count(w) for w in ('right', 'wrong', 'notnoticed', 'fails')]
        out.append(f'| {title} | {" | ".join(map(str, row))} | {len(plain)} |\n')
    done = sum(c.how not in ('refuses', 'nothing to do') for c in cases)
    out.append(f'\nOf the {len(cases)} changes Cantil makes {done}, finds nothing to do in '
               f'{sum(c.how == "nothing to do" for c in cases)}, and refuses {sum(c.how == "refuses" for c in cases)}.\n')
    out.append('\n| subject | change | what else is there | Alembic | Django | drizzle | Prisma | Cantil |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n')
    for c in cases:
        out.append(f'| {c.topic} | {c.what or "spelling only"} | {c.beside} | ' + ' | '.join(c.peers.get(n, '') for n, _ in TOOLS) + f' | {c.how} |\n')
    out.append(FOOT)
    return ''.join(out)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--cases', required=True)
    ap.add_argument('--tool', required=True)
    ap.add_argument('--check', action='store_true')
    o = ap.parse_args()
    folder = os.path.join(o.cases, 'open')
    with tempfile.TemporaryDirectory(prefix='cantil-others-') as work:
        cases = [Case(os.path.abspath(o.tool), os.path.join(folder, f), work) for f in sorted(os.listdir(folder)) if f.endswith('.case')]
        cases = [c for c in cases if c.peers]
        for c in cases:
            c.look()
    cases.sort(key=lambda c: c.topic)
    text = page(cases)
    if not o.check:
        sys.stdout.write(text)
        return
    same = open(PAGE, encoding='utf8').read() == text
    if not same:
        print('docs/what-others-do.md is not what scripts/others.py makes: run it again')
    print(f'{int(same)} passed, {int(not same)} failed')
    sys.exit(not same)


if __name__ == '__main__':
    main()
