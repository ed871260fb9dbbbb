"""house.py - the rooms of the house: which may see which, by includes and by the symbols of
the objects; that no files inside one call each other in a circle; where SQL and calls
of the bridge may stand; and that no static's name stands twice. TAP; an offender is printed.

An exception is a row, and one that is no longer needed fails: these lists only shrink.

usage: house.py BUILD"""
import glob, os, re, subprocess, sys

BUILD = sys.argv[1]

# A room sees itself and what stands above it here. A folder without a row belongs to its
# parent's room (envs/mujoco, runner/evaluate/cluster).
ROOMS = '''
base
envs
envs/bridge
sandbox
sandbox/worker
runner/policy
runner/record/ledger
runner/record
runner/evaluate
runner/judge
runner/picture
runner/brief
runner/tools
runner/learn
runner/dream
runner/agent
runner/model
runner/home
runner/experiment
runner/report
runner/view
runner/cmd
runner
'''.split()

# Who looks down today, at what, and what ends it.
LOOKS = {
}

# Statements and calls outside runner/record/ledger/: at most so many in a file.
SQL = re.compile(r'\bledger_query\s*\(|\bsqlite3_|\bledger_db\.h|"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|PRAGMA)\b')
SQL_OUTSIDE = {
    'runner/agent/shown.c': 2,  # stays: it knows a ledger by its bytes
}

# Calls and other uses of the bridge outside envs/: at most so many in a file.
BRIDGE = re.compile(r'\bbridge_\w+\s*\(')
BRIDGE_OUTSIDE = {}

# Circles of files inside a room: each of a group calls another of it and is called back.
CIRCLES = {
    # one environment in three files, behind one header
    ('envs', ('envs/breakout/breakout_frame', 'envs/breakout/breakout_state')),
}

tests = failures = 0


def row(name, offenders):
    global tests, failures
    tests += 1
    failures += bool(offenders)
    print('%s %d - %s' % ('not ok' if offenders else 'ok', tests, name))
    for o in offenders:
        print('#', o)


def sources():
    for top in ('base', 'envs', 'sandbox', 'runner'):
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    yield folder + '/' + name


def room_of(path):
    folder = os.path.dirname(path)
    while folder not in ROOMS:
        folder = os.path.dirname(folder)
        if not folder:
            sys.exit('Bail out! %s lies in no room' % path)
    return folder


def symbols(path):
    """What an object defines for others, and what it asks of them."""
    defined, asked = set(), set()
    for line in subprocess.run(['nm', '-g', path], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines():
        kind, name = line.split()[-2:]
        (asked if kind in 'Uw' else defined).add(name)
    return defined, asked


def unit(path):
    return os.path.splitext(path)[0]


def circles(edges):
    """Groups of units that reach each other, largest first; edges: unit -> units."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for b in edges.get(todo.pop(), ()):
                if b not in seen:
                    seen.add(b)
                    todo.append(b)
        return seen
    reached = {a: reach(a) for a in edges}
    return {tuple(sorted(b for b in reached[a] if a in reached.get(b, ())))
            for a in edges if a in reached[a]}


def bounded(what, pattern, home, listed):
    """Uses outside of home, file by file: none that is not listed, none more than listed."""
    found = {p: len(pattern.findall(t)) for p, t in texts.items() if not p.startswith(home)}
    row('%s outside %s: none but what is listed' % (what, home),
        ['%s: %d, and %d may be' % (p, n, listed.get(p, 0)) for p, n in found.items()
         if n > listed.get(p, 0)])
    for p in sorted(listed):
        row('%s in %s is still there to be listed' % (what, p),
            [] if found.get(p) else ['take its row out of tests/house.py'])


texts = {p: open(p, encoding='utf-8').read() for p in sources()}
looks = {}  # (unit, unit) -> how
for p, text in texts.items():
    for seen in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        if seen not in texts:
            sys.exit('Bail out! %s includes %s, which is no source' % (p, seen))
        looks.setdefault((unit(p), unit(seen)), 'includes ' + seen)
objects = {p: symbols(o) for p in texts if p.endswith('.c')
           for o in ['%s/%s.o' % (BUILD, unit(p))] if os.path.exists(o)}
missing = [p for p in texts if p.endswith('.c') and p not in objects
           and not p.startswith('envs/mujoco/')]
row('every source has its object', missing)
owner = {name: p for p, (defined, _) in objects.items() for name in defined}
for p, (_, asked) in objects.items():
    for name in sorted(asked & owner.keys()):
        looks.setdefault((unit(p), unit(owner[name])), 'asks for ' + name)

down = {}
for (a, b), how in looks.items():
    if ROOMS.index(room_of(b)) > ROOMS.index(room_of(a)):
        down[a, b] = '%s: %s (%s)' % (a, how, b)
for room in ROOMS:
    row('%s sees what stands above it alone' % room,
        [how for (a, b), how in sorted(down.items()) if room_of(a) == room and (a, b) not in LOOKS])
for a, b in sorted(LOOKS):
    row('%s looks at %s as long as it is listed' % (a, b),
        [] if (a, b) in down else ['take its row out of tests/house.py'])
for room in ROOMS:
    edges = {}
    for p, (_, asked) in objects.items():
        for name in asked & owner.keys():
            if owner[name] != p and room_of(p) == room_of(owner[name]) == room:
                edges.setdefault(unit(p), {})[unit(owner[name])] = name
    found = {(room, c) for c in circles(edges)}
    row('no circle of files inside %s' % room,
        ['%s asks %s for %s' % (a, b, edges[a][b]) for _, c in sorted(found - CIRCLES)
         for a in c for b in c if b in edges[a]])
    for known in sorted(c for c in CIRCLES if c[0] == room):
        row('the circle of %s is still there to be listed' % ' and '.join(known[1]),
            [] if known in found else ['take its row out of tests/house.py'])
homes = {}  # a static function's name -> the files where it stands
for p, text in texts.items():
    for name in set(re.findall(r'^static\b(?!.*__attribute__)[^=;{(]*?\b(\w+)\(', text, re.M)):
        homes.setdefault(name, []).append(p)
row("a static function's name stands in one file: prefix its file's word",
    ['%s: %s' % (name, ', '.join(found)) for name, found in sorted(homes.items())
     if len(found) > 1])
bounded('SQL', SQL, 'runner/record/ledger/', SQL_OUTSIDE)
bounded('the bridge', BRIDGE, 'envs/', BRIDGE_OUTSIDE)
print('1..%d' % tests)
sys.exit(failures > 0)
