"""drive.py - plays the policies beside it in many processes that differ in all that should not
matter, and compares hashes: with one another, and with golden.txt.

usage: drive.py BUILD [--write]"""
import glob, hashlib, json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(HERE, 'golden.txt')
MASK = 'glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX,-AVX512F,-AVX512VL,-BMI1,-BMI2,-ERMS,-SSE4_1,-SSE4_2'
MOST_RUNS = int(os.environ.get('CLOCKWORK_RUNS', '24'))
LIMITS = ['--set', 'memory_kib=4096', '--set', 'act_instructions=8000000', '--set', 'max_frames=50']

# name, environment, policy, settings
TASKS = [(os.path.basename(p)[:-4], 'pendulum', p, LIMITS)
         for p in sorted(glob.glob(os.path.join(HERE, '*.lua')))] + [
    ('breakout-follow', 'breakout', 'policies/breakout/follow.lua', ['--set', 'max_frames=1500']),
    ('breakout-intercept', 'breakout', 'tests/bench/intercept.lua', ['--set', 'sticky=0.25', '--set', 'max_frames=1500']),
]


def variants():
    """Every mixture of what differs, as (name, words before the command, jobs, options, mask)."""
    mixtures = [(fixed, jobs, mask, outside)
                for outside in (False, True) for mask in (False, True)
                for jobs in (1, 2, 8) for fixed in (False, True)]
    for i in range(MOST_RUNS):
        fixed, jobs, mask, outside = mixtures[i % len(mixtures)]
        outside = outside and i < len(mixtures)
        yield ('%s addresses, %d jobs, %s processor%s' % (
            'fixed' if fixed else 'random', jobs, 'masked' if mask else 'whole',
            ', outside' if outside else ''),
            ['setarch', '-R'] if fixed else [], jobs, ['--outside'] if outside else [], mask)


def play(build, task, before, jobs, options, mask):
    name, env, policy, settings = task
    argv = before + [os.path.join(build, 'ratchet'), 'run', env, os.path.join(ROOT, policy),
                     '-n', '8', '-j', str(jobs), '--json'] + settings + options
    world = dict(os.environ)
    if mask:
        world['GLIBC_TUNABLES'] = MASK
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=world)
    if done.returncode != 0:
        return 'failed: ' + done.stderr.decode(errors='replace')
    h = hashlib.sha256()
    for e in json.loads(done.stdout)['episodes']:
        if e['error']:
            return 'failed: ' + e['error']
        # Instructions too: the same program takes the same way, not only to the same end.
        h.update(repr((e['seed'], e['return'], e['steps'], e['trajectory'], e['instructions'],
                       e['error'], e['verified'])).encode())
    return h.hexdigest()[:16]


def diagnostics(mask):
    world = dict(os.environ, GLIBC_TUNABLES=MASK) if mask else os.environ
    try:
        return subprocess.run(['/lib64/ld-linux-x86-64.so.2', '--list-diagnostics'], env=world,
                              stdout=subprocess.PIPE).stdout.split(b'x86.cpu_features')[1:]
    except OSError:
        return []


def main():
    build, is_writing = sys.argv[1], '--write' in sys.argv
    golden = dict(line.split() for line in open(GOLDEN)) if os.path.exists(GOLDEN) else {}
    n = failed = 0

    def ok(condition, name, details=''):
        nonlocal n, failed
        n += 1
        failed += not condition
        print('%s %d - %s' % ('ok' if condition else 'not ok', n, name))
        for line in details.split('\n') if details and not condition else []:
            print('# ' + line)

    ok(diagnostics(True) != diagnostics(False), 'the mask hides parts of the processor')
    symbols = subprocess.run(['nm', '-D', '--undefined-only',
                              *glob.glob(os.path.join(build, 'ratchet-worker*'))],
                             stdout=subprocess.PIPE).stdout.decode().split()
    names = {s.split('@')[0] for s in symbols}
    inexact = names & {'sin', 'cos', 'sincos', 'tan', 'exp', 'exp2', 'log', 'log2', 'log10', 'pow',
                       'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'cbrt', 'hypot',
                       'expm1', 'log1p', 'fma', 'fmod'}
    ok(not inexact, "no mathematical function is the C library's", ' '.join(sorted(inexact)))
    fresh = {}
    for task in TASKS:
        seen = {}
        for name, before, jobs, options, mask in variants():
            seen.setdefault(play(build, task, before, jobs, options, mask), []).append(name)
        hashes = sorted(seen)
        fresh[task[0]] = hashes[0]
        ok(len(seen) == 1 and not hashes[0].startswith('failed'),
           '%s: one hash from %d processes' % (task[0], MOST_RUNS),
           '\n'.join('%s: %s' % (h, '; '.join(seen[h])) for h in hashes))
        if not is_writing:
            ok(fresh[task[0]] == golden.get(task[0]), '%s: the golden hash' % task[0],
               '%s, not %s' % (fresh[task[0]], golden.get(task[0])))
    if is_writing and not failed:
        with open(GOLDEN, 'w') as out:
            for name in sorted(fresh):
                out.write('%s %s\n' % (name, fresh[name]))
    print('1..%d' % n)
    return failed != 0


sys.exit(main())
