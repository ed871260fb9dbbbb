# report.t - the report's page in a real browser (Debian's Chromium, headless, driven by
# WebDriver): no console errors, a replay plays, a table sorts, a phone's width, a PDF.
. tests/tap.sh
printf '%s\n' 'command chromium chromium' 'command chromedriver chromium-driver' >"$TMP/packages"
if ! tools/install-packages "$TMP/packages" >"$TMP/apt.log" 2>&1; then
    skip "the report in a browser" "Chromium: $(tail -1 "$TMP/apt.log")" chromium
    done_testing
    exit
fi

"$RATCHET" improve breakout --policy policies/breakout/follow.lua -n 3 \
    --model recorded:policies/breakout/session.jsonl --out "$TMP/run" --set dev=6 --set gate=64 \
    >"$TMP/out.txt" 2>&1
ok "a run of Breakout" $? "$(cat "$TMP/out.txt")"
expect "its page" 0 'report.html' "$RATCHET" report "$TMP/run"
cat >"$TMP/drive.py" <<'P'
"""Opens a page in Chromium and prints TAP-like lines: "pass NAME" or "fail NAME: what"."""
import base64
import json
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request

page, folder = sys.argv[1:]
driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
port = next(line.rsplit(" ", 1)[1].strip(". \n") for line in driver.stdout
            if "started successfully on port" in line)


def call(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request("http://127.0.0.1:%s%s" % (port, path), data, method=method)
    try:
        return json.load(urllib.request.urlopen(request, timeout=60))["value"]
    except urllib.error.HTTPError as e:
        raise RuntimeError(e.read().decode()[:400])


def row(name, do):
    try:
        print("pass", name, flush=True) if not (bad := do()) else print("fail %s: %s" % (name, bad))
    except Exception:
        print("fail %s: %s" % (name, traceback.format_exc().splitlines()[-1]))


options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--window-size=1200,900"]}
capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"}}
session = "/session/" + call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]


def run(script, *arguments):
    return call("POST", session + "/execute/sync", {"script": script, "args": list(arguments)})


def console():
    call("POST", session + "/url", {"url": "file://" + page})
    time.sleep(1)
    return call("POST", session + "/se/log", {"type": "browser"})


def pictures():
    return run("return [...document.images].filter(i => !i.complete || !i.naturalWidth).length")


def pixels(number):
    return run("const c = document.querySelectorAll('.player canvas')[arguments[0]];"
               "return c.toDataURL().length + ':' + c.toDataURL().slice(-4000)", number)


def plays():
    first = pixels(1)
    run("document.querySelectorAll('.player .play')[1].click()")
    time.sleep(1.5)
    frame = int(run("return document.querySelectorAll('.player')[1].dataset.frame"))
    caption = run("return document.querySelectorAll('.player figcaption')[1].textContent")
    run("document.querySelectorAll('.player .play')[1].click()")
    stopped = int(run("return document.querySelectorAll('.player')[1].dataset.frame"))
    time.sleep(0.5)
    still = int(run("return document.querySelectorAll('.player')[1].dataset.frame"))
    if frame < 3 or pixels(1) == first or "step" not in caption or still != stopped:
        return "frame %d, then %d and %d; %s" % (frame, stopped, still, caption)


def ends():
    return run("""const f = document.querySelectorAll('.player')[1], r = f.querySelector('input');
        const captions = JSON.parse(f.dataset.captions);
        const at = captions.findIndex(c => c.includes('life_lost'));
        r.value = at; r.dispatchEvent(new Event('input'));
        const shown = f.querySelector('figcaption').textContent;
        return at > 3 && shown === captions[at] ? null : at + ': ' + shown""")


def sorts():
    column = run("""const t = document.querySelector('table'), heads = [...t.tHead.rows[0].cells];
        const c = heads.findIndex(h => h.textContent === 'high');
        window.read = () => [...t.tBodies[0].rows].map(r => r.cells[c].dataset.value).filter(v => v);
        return c""")
    heads = "document.querySelector('table').tHead.rows[0].cells[%d]" % column
    run(heads + ".querySelector('button').click()")
    up = [float(v) for v in run("return read()")]
    first = run("return %s.getAttribute('aria-sort')" % heads)
    run(heads + ".querySelector('button').click()")
    down = [float(v) for v in run("return read()")]
    if len(set(up)) < 2 or up != sorted(up) or down != sorted(up, reverse=True) or first != "ascending":
        return "%s: %s, %s, %s" % (column, up, down, first)


def phone():
    call("POST", session + "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params":
         {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}})
    call("POST", session + "/url", {"url": "file://" + page})
    time.sleep(0.5)
    shot = call("GET", session + "/screenshot")
    open(folder + "/phone.png", "wb").write(base64.b64decode(shot))
    wide = run("""return [document.documentElement.scrollWidth, innerWidth,
        [...document.querySelectorAll('body *')].filter(e => !e.closest('.wide, pre') &&
            e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className).slice(0, 5),
        parseFloat(getComputedStyle(document.querySelector('p')).fontSize)]""")
    if wide[0] > 390 or wide[1] > 390 or wide[2] or wide[3] < 14:
        return str(wide)


def prints():
    pdf = base64.b64decode(call("POST", session + "/print", {"page": {"width": 21, "height": 29.7}}))
    open(folder + "/report.pdf", "wb").write(pdf)
    if not pdf.startswith(b"%PDF") or len(pdf) < 20000:
        return "%d bytes" % len(pdf)


def blocked():
    got = run("""window.ran = 0;
        const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);
        const d = document.createElement('div'); d.innerHTML = '<img src=x onerror="window.ran = 2">';
        document.body.append(d); return 0""")
    time.sleep(0.5)
    got = run("return window.ran")
    return None if got == 0 else "a script of another's ran (%s)" % got


try:
    row("no errors on the console", console)
    row("every picture and plot is shown", lambda: pictures() or None)
    row("a replay plays, changes its picture and stops", plays)
    row("its slider goes to the failure", ends)
    row("a table sorts up and down", sorts)
    row("nothing is wider than a phone", phone)
    row("it prints as a PDF", prints)
    row("the policy blocks a script that someone smuggles in", blocked)
finally:
    try:
        call("DELETE", session)
    finally:
        driver.terminate()
        driver.wait()
P
timeout 240 python3 "$TMP/drive.py" "$TMP/run/report.html" "$TMP" >"$TMP/rows" 2>"$TMP/err"
ok "the browser was driven to the end" $? "$(cat "$TMP/err")"
while read -r word name; do
    [ "$word" = pass ]
    ok "$name" $?
done <"$TMP/rows"
if [ -n "${KEEP-}" ]; then cp "$TMP"/phone.png "$TMP"/report.pdf "$TMP"/run/report.html "$KEEP"; fi
done_testing
