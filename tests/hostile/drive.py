"""drive.py - runs the policies beside it and checks that each ends as its first line says.

The first line of a policy:
    -- the attack => kinds of fault: pattern [key=value ... escape env=NAME]
kinds are joined by '|' (`none`: the episode ends well; `load`: the policy is refused); the
pattern is searched in the fault's text; `escape` runs it in the worker of escape.c. Without an
argument as the user that started it; with `nobody`, as nobody.
usage: drive.py BUILD [nobody|outside]"""
import glob, json, os, re, shutil, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
STALL_MS = 300
SPARE_S = float(os.environ.get('HOSTILE_SPARE_S', '0.1'))  # beyond an attack's limits
LINE = re.compile(r'^-- (.*?) => ([a-z|]+): (.*?)(?: \[([^\[\]]*)\])?$')


def prepare(build):
    """The programs and policies where any user may read them."""
    folder = tempfile.mkdtemp(prefix='ratchet-hostile.')
    os.chmod(folder, 0o755)
    for name, worker in (('plain', 'ratchet-worker'), ('escape', 'tests/escape/ratchet-worker')):
        if not os.path.exists(os.path.join(build, worker)):
            continue  # a build for the sanitizers
        os.mkdir(os.path.join(folder, name))
        shutil.copy(os.path.join(build, 'ratchet'), os.path.join(folder, name))
        shutil.copy(os.path.join(build, worker), os.path.join(folder, name, 'ratchet-worker'))
        for other in glob.glob(os.path.join(build, 'ratchet-worker-*')):
            shutil.copy(other, os.path.join(folder, name))
    for path in glob.glob(os.path.join(HERE, '*.lua')):
        shutil.copy(path, folder)
    return folder


def command(folder, words, env, policy, more, user, patience=1):
    """patience: what limits of time are multiplied by."""
    argv = [os.path.join(folder, 'escape' if 'escape' in words else 'plain', 'ratchet'), 'run',
            env, os.path.join(folder, policy), '-j', '1', '--json', '--seed', '1',
            '--set', 'stall_ms=%d' % (STALL_MS * patience)] + more
    for word in words:
        if word.startswith('episode_ms='):
            word = 'episode_ms=%d' % (int(word[11:]) * patience)
        if '=' in word and not word.startswith('env='):
            argv += ['--set', word]
    if user == 'nobody' and os.getuid() == 0:
        argv = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] + argv
    return argv


def run(argv):
    """(seconds, exit status, episodes, what a refusal said)"""
    start = time.monotonic()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, cwd='/')
    seconds = time.monotonic() - start
    try:
        episodes = json.loads(done.stdout)['episodes']
    except ValueError:
        episodes = None
    return seconds, done.returncode, episodes, done.stderr.decode(errors='replace')


def judge(status, episodes, said, kinds, pattern, extra):
    """(what is wrong or '', fault kind)"""
    if episodes is None:
        text, kind = re.sub(r'^ratchet: [^\n:]*/', '', said), 'load'
        text = text.split(': ', 1)[1] if ': ' in text else text
        if status != 1:
            return 'exit status %d: %s' % (status, said), kind
    else:
        kind, text = episodes[0]['fault'] or 'none', episodes[0]['error'] or ''
        if len(episodes) != extra or status != any(e['fault'] for e in episodes):
            return '%d episodes, status %d' % (len(episodes), status), kind
    if kind not in kinds.split('|'):
        return 'ended in %s (%s), not in %s' % (kind, text, kinds), kind
    if kind != 'none' and not re.search(pattern, text.strip()):
        return 'no match for %s in: %s' % (pattern, text), kind
    if kind in ('none', 'error', 'action', 'instructions', 'memory') and episodes:
        if not all(e['verified'] for e in episodes):
            return 'not verified', kind
    return '', kind


def main():
    build, user = sys.argv[1], (sys.argv[2:] + [''])[0]
    folder, n, failed = prepare(build), 0, 0
    more = ['-n', '1'] + (['--outside'] if user == 'outside' else [])
    trivial = os.path.join(folder, 'action-none.lua')
    idle = min(run(command(folder, ['max_frames=1'], 'cartpole', trivial, more, user))[0]
               for _ in range(5))
    for path in sorted(glob.glob(os.path.join(HERE, '*.lua'))):
        name = os.path.basename(path)
        match = LINE.match(open(path, errors='replace').readline().rstrip('\n'))
        n += 1
        if not match:
            failed += 1
            print('not ok %d - %s: no first line' % (n, name))
            continue
        attack, kinds, pattern, words = match.groups()
        words = (words or '').split()
        env = next((w[4:] for w in words if w.startswith('env=')), 'cartpole')
        if 'escape' in words and not os.path.isdir(os.path.join(folder, 'escape')):
            print('ok %d - %s # SKIP there is no worker to escape from' % (n, attack))
            continue
        if user == 'outside' and 'forged' in name:
            print('ok %d - %s # SKIP nothing to forge in outside mode' % (n, attack))
            continue
        for attempt in range(5):  # the machine may be busy: limits of time double, and so
            patience = 2 ** attempt  # does what an attack may take beyond them
            seconds, status, episodes, said = run(
                command(folder, words, env, name, more, user, patience))
            said_ms = re.sub(r'(\d+) ms', lambda m: '%d ms' % (int(m[1]) * patience), pattern)
            wrong, kind = judge(status, episodes, said, kinds, said_ms, 1)
            ms = next((int(w[11:]) for w in words if w.startswith('episode_ms=')), STALL_MS)
            is_lost = kind == 'void' or (kind == 'load' and 'longer than' in said)
            limit = patience * (idle + (2 if is_lost else 1) * (ms / 1000 + SPARE_S))
            if (wrong and not is_lost) or (not wrong and seconds <= limit):
                break
        if not wrong and seconds > limit:
            wrong = 'took %.3f s, more than %.3f s' % (seconds, limit)
        failed += wrong != ''
        print('%s %d - %s: %s (%d ms)' % ('not ok' if wrong else 'ok', n, name[:-4], attack,
                                          seconds * 1000))
        for line in wrong.split('\n') if wrong else []:
            print('# ' + line)
    n, failed = outsiders(folder, user, n, failed)
    shutil.rmtree(folder)
    print('1..%d' % n)
    return failed != 0


def workers(pid):
    """Threads start the workers, so each thread's children count."""
    found = []
    for task in glob.glob('/proc/%d/task/*/children' % pid):
        try:
            found += open(task).read().split()
        except OSError:
            pass
    return [int(p) for p in found]


def is_alive(pid):
    try:
        return open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


def outsiders(folder, user, n, failed):
    """A worker that is stopped or killed from outside; the other episodes go on. And faults by
    the hundred, which leave no zombie and no descriptor behind."""
    open(os.path.join(folder, 'slow.lua'), 'w').write(
        'return { act = function() for i = 1, 20000 do end return math.random(0, 1) end }')
    open(os.path.join(folder, 'long.lua'), 'w').write(
        'return { act = function() for i = 1, 20000 do end return 0 end }')
    for number, kind, pattern in ((19, 'none', ''), (9, 'worker', 'ended by signal 9')):
        argv = command(folder, ['max_frames=500'], 'pendulum', 'slow.lua', ['-n', '8'], user)
        argv[argv.index('-j') + 1] = '2'
        p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd='/')
        found = []
        while p.poll() is None and not found:
            found = workers(p.pid)
            time.sleep(0.02)
        for pid in found[:1]:
            os.kill(pid, number)
        out, _ = p.communicate()
        try:
            episodes = json.loads(out)['episodes']
            faults = [e for e in episodes if e['error']]
            good = len(episodes) == 8 and len(faults) <= 1 and p.returncode == len(faults)
            if number == 9 and good:
                good = len(faults) == 1 and pattern in faults[0]['error']
        except ValueError:
            good, faults = False, out
        n += 1
        failed += not good
        print('%s %d - a worker that gets signal %d from outside: the other episodes go on' %
              ('ok' if good else 'not ok', n, number))
        if not good:
            print('# %s' % faults)
    for number, name, most_s in ((9, 'is killed', 1), (2, 'is interrupted', 1)):
        argv = command(folder, [], 'breakout', 'long.lua', ['-n', '4'], user)
        p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd='/')
        found = []
        while p.poll() is None and not found:
            found = workers(p.pid)
            time.sleep(0.05)
        time.sleep(0.3)
        start = time.monotonic()
        os.kill(p.pid, number)
        p.communicate()
        while time.monotonic() < start + most_s and any(is_alive(w) for w in found):
            time.sleep(0.01)
        left = [w for w in found if is_alive(w)]
        good = bool(found) and not left and time.monotonic() < start + most_s
        good = good and p.returncode == (1 if number == 2 else -9)
        n += 1
        failed += not good
        print('%s %d - ratchet %s in the middle of an episode: it and its worker end at once' %
              ('ok' if good else 'not ok', n, name))
    if not os.path.isdir(os.path.join(folder, 'escape')):
        return n, failed
    count = int(os.environ.get('HOSTILE_FAULTS', '500'))
    argv = command(folder, ['escape'], 'cartpole', 'escape-exit.lua', ['-n', str(count)], user)
    argv[argv.index('-j') + 1] = '2'
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd='/')
    most_open = most_zombies = 0
    collected = []
    reader = threading.Thread(target=lambda: collected.append(p.stdout.read()))
    reader.start()
    while p.poll() is None:
        zombies = 0
        for pid in workers(p.pid):
            try:
                zombies += open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[0] == 'Z'
            except OSError:
                pass
        try:
            most_open = max(most_open, len(os.listdir('/proc/%d/fd' % p.pid)))
        except OSError:
            pass
        most_zombies = max(most_zombies, zombies)
        time.sleep(0.01)
    reader.join()
    faults = [e['fault'] for e in json.loads(collected[0])['episodes']]
    good = len(faults) == count and all(f == 'worker' for f in faults)
    good = good and most_open < 32 and most_zombies <= 2
    print('%s %d - %d workers lost in one process: at most %d descriptors, %d waited for' %
          ('ok' if good else 'not ok', n + 1, count, most_open, most_zombies))
    return n + 1, failed + (not good)


sys.exit(main())
