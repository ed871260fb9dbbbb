# report.t - what a run came to, as a page, Markdown and JSON: structure, and the text of
# hostile policies and models, which stays text. A browser opens the page in tests/peers.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

# What a model may say and write: in each of these places it must stay text.
evil='</script></style><script>alert(1)</script><img src=x onerror=alert(2)>"'"'"' onmouseover=alert(3) [a](javascript:x) `|`'
bidi=$(printf '\342\200\256')
{
    printf '%s\n\n```lua\n' "$evil"
    printf -- '-- %s%s\n--[=[ <b>``` </pre><iframe src="http://x.example/"> ]=]\n' "$evil" "$bidi"
    printf 'return { act = function(o)\n  return o.angle > 0 and 1 or 0\nend }\n```\n'
} >"$TMP/evil.txt"
printf 'Fail.\n\n```lua\nreturn { act = function(o) error("<script>alert(4)</script>") end }\n```\n' \
    >"$TMP/fault.txt"
printf 'Add the angular velocity.\n\n```lua\nreturn { act = function(o)\n  return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0\nend }\n```\n' \
    >"$TMP/good.txt"
printf '[{"name": "note", "arguments": {"text": "</td><script>alert(5)</script> http://x.example/ www.x.example"}}]' >"$TMP/note.json"
python3 tests/tools/make_session.py "$TMP/s.jsonl" "$TMP/evil.txt" "$TMP/note.json" \
    "$TMP/fault.txt" "$TMP/good.txt"
improve() {
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/s.jsonl" \
        --set target=501 --set dev=8 --set gate=32 --set holdout=10 --set iterations=3 "$@"
}
expect "without a ledger there is nothing to report" 1 'no ledger yet' "$RATCHET" report
expect "a run" 0 'new incumbent' improve --out "$TMP/run"
expect "another" 0 'new incumbent' improve --out "$TMP/b<i>old" -n 1
"$RATCHET" freeze "$TMP/run" >/dev/null
expect "a page" 0 'report.html: 1 runs' "$RATCHET" report "$TMP/run"
cat >"$TMP/page.py" <<'P'
"""Parses a page as a browser's parser would split it; prints what breaks a rule."""
import base64
import hashlib
import html.parser
import re
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.raw, self.text, self.bad, self.policy = {}, {}, "", [], ""
        self.open = None

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.open = tag
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.bad.append("%s %s=%s" % (tag, name, value))
            if name in ("src", "href") and not re.match(r"data:image/(png|svg\+xml);base64,|#", value):
                self.bad.append("%s loads %s" % (tag, value))
        if dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attributes)["content"]

    def handle_data(self, data):
        if self.open in ("script", "style") and data.strip():
            self.raw.setdefault(self.open, []).append(data)
            self.open = None
        else:
            self.text += data

    def handle_endtag(self, tag):
        self.open = None


source = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(source)
for tag, n in {"script": 1, "style": 1, "title": 1, "iframe": 0, "link": 0, "b": 0, "i": 0}.items():
    if page.tags.get(tag, 0) != n:
        page.bad.append("%d of <%s>" % (page.tags.get(tag, 0), tag))
for tag in ("script", "style"):
    digest = base64.b64encode(hashlib.sha256(page.raw[tag][0].encode()).digest()).decode()
    if "%s-src 'sha256-%s'" % (tag, digest) not in page.policy:
        page.bad.append("the policy does not name the %s's hash: %s" % (tag, page.policy))
if not page.policy.startswith("default-src 'none'; img-src data:; base-uri 'none'"):
    page.bad.append("policy: " + page.policy)
if "\u202e" in source:
    page.bad.append("a mark of direction")
for wanted in sys.argv[2:]:
    if wanted not in page.text:
        page.bad.append("missing: " + wanted)
print("\n".join(page.bad) or "fine")
P
expect "hostile text is text, and nothing is loaded" 0 '^fine$' python3 "$TMP/page.py" \
    "$TMP/run/report.html" "$evil" '<b>``` </pre><iframe src="http://x.example/">' \
    '</td><script>alert(5)</script>'
expect "it has every part" 0 '^fine$' python3 "$TMP/page.py" "$TMP/run/report.html" \
    'Learning curves' 'What changed in each promotion' '+  return o.angle + 0.5' 'Cases won' \
    'Failures' 'Steps by purpose' 'Tokens and money' 'Dev against holdout' 'Notes'
grep -c 'class="player"' "$TMP/run/report.html" >"$TMP/n"
ok "failures have their replay" "$([ "$(cat "$TMP/n")" -ge 2 ]; echo $?)" "$(cat "$TMP/n")"
expect "of two runs" 0 'two.html: 2 runs' "$RATCHET" report "$TMP/run" "$TMP/b<i>old" \
    --output "$TMP/two.html"
expect "the page compares them" 0 '^fine$' python3 "$TMP/page.py" "$TMP/two.html" \
    'Providers and models' 'Learning curves compared' 'b<i>old'

# The same as Markdown and JSON.
"$RATCHET" report "$TMP/run" --md >"$TMP/r.md"
grep -q '^| holdout | 1 |' "$TMP/r.md" && grep -q '^+  return o.angle + 0.5' "$TMP/r.md"
ok "Markdown has the tables and the diffs" $? "$(cat "$TMP/r.md")"
sed '/^```/,/^```/d' "$TMP/r.md" | grep -Eq '<(script|img|iframe)|[^\]\]\(javascript'
ok "no HTML and no link of a model's in it" "$((!$?))" "$(grep -n '<' "$TMP/r.md")"
sed '/^```/,/^```/d' "$TMP/r.md" | grep -Eq 'http://|www\.'
ok "and no address that would be made one" "$((!$?))" "$(grep -n 'x\.example' "$TMP/r.md")"
"$RATCHET" report "$TMP/run" --json >"$TMP/r.json"
same() { # same WHAT REPORT.json PAGE.html REPORT.md
    python3 tests/report_rows.py "$2" "$3" "$4" >"$TMP/rows" 2>&1 || echo "fail it ends: $(tail -1 "$TMP/rows")" >>"$TMP/rows"
    while read -r word row; do
        [ "$word" = pass ]
        ok "$1: $row" $?
    done <"$TMP/rows"
}
same "a run" "$TMP/r.json" "$TMP/run/report.html" "$TMP/r.md"
"$RATCHET" report "$TMP/run" "$TMP/b<i>old" --json >"$TMP/two.json"
"$RATCHET" report "$TMP/run" "$TMP/b<i>old" --md >"$TMP/two.md"
same "two runs" "$TMP/two.json" "$TMP/two.html" "$TMP/two.md"
field() {
    json "$TMP/r.json" "$2" >"$TMP/value" 2>&1
    grep -Eq -- "$3" "$TMP/value"
    ok "$1" $? "$(cat "$TMP/value")"
}
field "JSON: the climb" '[p["mean"] for p in j["runs"][0]["curve"]] == sorted(p["mean"] for p in j["runs"][0]["curve"]) and len(j["runs"][0]["curve"])' '^4$'
field "JSON: sums are the ledger's" \
    'j["runs"][0]["steps"] == sum(p["steps"] for p in j["runs"][0]["purposes"])' True
field "JSON: promotions with their diffs" \
    '[bool(p["diff"]) for p in j["runs"][0]["promotions"]]' 'True'
field "JSON: dev against holdout" 'j["runs"][0]["openings"][0]["hidden_mean"] == j["runs"][0]["holdout_mean"] > 0' True
"$RATCHET" ledger "$TMP/run" --json >"$TMP/l.json"
python3 -c 'import json,sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
rows = a["runs"][0]["iterations"]
assert [(r["verdict"], r["steps"]) for r in rows] and [r["verdict"] for r in rows] == [r["verdict"] for r in b]
assert abs(a["runs"][0]["best_mean"] - b[-1]["dev_after"]) < 0.01, (a["runs"][0]["best_mean"], b[-1])
' "$TMP/r.json" "$TMP/l.json" >"$TMP/value" 2>&1
ok "JSON: what the ledger says" $? "$(cat "$TMP/value")"

# Tokens, money and minutes, where all calls told them; a run that has played its start alone.
python3 - "$TMP/logs/ledger.sqlite" "$TMP/run" <<'P'
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
run = db.execute("SELECT id FROM run WHERE name = ?", (sys.argv[2],)).fetchone()[0]
db.execute("UPDATE call SET tokens_in = 1000, tokens_out = 500, usd = 0.25 WHERE run = ?"
           " AND error IS NULL", (run,))
db.execute("UPDATE candidate SET created = (SELECT created FROM run WHERE id = ?1) + 60 * iteration"
           " WHERE run = ?1", (run,))
db.execute("DELETE FROM candidate WHERE run <> ?", (run,))
db.commit()
P
"$RATCHET" report "$TMP/run" --json >"$TMP/r.json"
field "tokens and money are summed" \
    '[(r["tokens"], r["usd"]) == (1500 * r["calls"], 0.25 * r["calls"]) for r in j["runs"] if r["calls"] > 2]' \
    '^\[True\]$'
"$RATCHET" report "$TMP/run" >/dev/null
"$RATCHET" report "$TMP/run" --md >"$TMP/r.md"
same "with tokens and money" "$TMP/r.json" "$TMP/run/report.html" "$TMP/r.md"
[ "$(grep -o 'alt="mean return against' "$TMP/run/report.html" | wc -l)" -eq 4 ]
ok "score against steps, tokens, money and time" $? "$(grep -o 'alt="mean[^"]*"' "$TMP/run/report.html")"
"$RATCHET" report "$TMP/b<i>old" --json >"$TMP/r.json"
field "without iterations there is the start" \
    '[(r["start_mean"] > 0, r["best_mean"] == r["start_mean"], r["curve"]) for r in j["runs"]]' \
    '^\[\(True, True, \[\]\)\]$'
"$RATCHET" report "$TMP/b<i>old" --output "$TMP/none.html" >/dev/null
expect "and a page" 0 '^fine$' python3 "$TMP/page.py" "$TMP/none.html" 'Steps by purpose'
printf '{"lines": ["BROKEN: <script>x</script>"]}' >"$TMP/night.json"
"$RATCHET" report --night "$TMP/night.json" --output "$TMP/none.html" >/dev/null
expect "a night's summary comes first" 0 '^fine$' python3 "$TMP/page.py" "$TMP/none.html" \
    'BROKEN: <script>x</script>'
expect "what is no summary" 1 'not the summary of a night' "$RATCHET" report --night "$TMP/r.json"

# What cannot be shown is said.
expect "no such run" 1 'no such run' "$RATCHET" report nowhere
expect "one form at a time" 2 'not both' "$RATCHET" report --md --json
mkdir "$TMP/none"
for tool in cat sh; do ln -s "$(command -v $tool)" "$TMP/none/$tool"; done
expect "without gnuplot the page says so" 0 'report.html' env PATH="$TMP/none" "$RATCHET" report "$TMP/run"
grep -q 'No plot against .*install gnuplot' "$TMP/run/report.html"
ok "and has the rest" $?
python3 - "$TMP/logs/ledger.sqlite" <<'P'
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE run SET task = replace(task, '\"env\":\"cartpole\"', '\"env\":\"gone\"')")
db.execute("UPDATE candidate SET sha256 = 'x'' OR 1' WHERE iteration = 1")
db.commit()
P
expect "an environment that is not here" 0 'gone: no such environment|Failures cannot be shown' \
    "$RATCHET" report "$TMP/run" --md
done_testing
