"""Is what a page and Markdown say what the JSON of the same report says?

report_rows.py REPORT.json PAGE.html REPORT.md: prints "pass ROW" or "fail ROW: what".
Pictures aside, the three are one report: every table cell by cell, every figure of a
sentence, in the same order. What the titles of columns stand for is said here once more,
so that a column which shows another number is found.
"""
import copy
import html.parser
import json
import re
import sys

COLUMNS = {"lost episodes": "lost", "#": "iteration", "before": "dev_before", "after": "dev_after", "passed": "cases_passed",
           "money": "usd", "case": "name", "won in": "iteration", "failure": "signature",
           "broken": "n_broken", "share, %": "share", "planner steps": "planner_steps",
           "different": "trajectories", "went into": "outcome", "failed": "errors", "opening": "number",
           "dev": "dev_mean", "hidden": "hidden_mean", "by": "author", "note": "text",
           "start": "start_mean", "incumbent": "best_mean", "holdout": "holdout_mean",
           "promotions": "n_promotions", "iterations": "n_iterations", "cases won": "n_cases", "mean gain": "gain"}
TABLES = {"Iterations": ("iterations", {}), "Challengers": ("challengers", {"of": "of_iteration"}),
          "Dev against holdout": ("openings", {"low": "gap_low", "high": "gap_high"}),
          "Cases won": ("cases", {}), "Cases that candidates broke": ("broken", {"of": "cases"}),
          "Steps by purpose": ("purposes", {}), "Tokens and money by what they went into": ("money", {}),
          "Incidents": ("incidents", {}), "Notes": ("notes", {}),
          "Runs": ("runs", {"low": "gain_low", "high": "gain_high", "cases": "n_cases"}),
          "Providers and models": ("models", {"best": "best"})}
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
NUMBER = re.compile(r"([-+]?)\$?(\d+(?:\.(\d+))?)(?:e([-+]\d+))?(?: ([kMGT])\b)?")


def plain(text):
    """As it is shown: one line, nothing that turns or hides."""
    text = re.sub("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", "?", text or "")
    return " ".join(text.split())


def is_same(shown, value):
    """Is the number as shown the value, rounded to the digits that stand there?"""
    m = NUMBER.fullmatch(shown.strip())
    if not m:
        return False
    scale = 10.0 ** int(m[4] or 0) * UNITS[m[5] or ""]
    number = float(m[2]) * scale * (-1 if m[1] == "-" else 1)
    return abs(number - value) <= 0.5001 * 10.0 ** -len(m[3] or "") * scale


def counted(shown, key, of):
    """Without the tilde that tokens and money have where the JSON says that they are estimated."""
    if key in ("tokens", "usd") and of.get("estimated") == "yes" and (of.get(key) or 0) > 0:
        return shown.removeprefix("~") if shown.startswith("~") else "no tilde: " + shown
    return shown


class Page(html.parser.HTMLParser):
    """A page as a list of blocks: (kind, text or table)."""

    def __init__(self, source):
        super().__init__()
        self.blocks, self.stack, self.text, self.row, self.captions = [], [], "", None, []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if "data-captions" in a:
            self.captions.append(json.loads(a["data-captions"]))
        if a.get("alt", "").startswith("film strip: "):
            self.blocks.append(("strip", a["alt"][12:]))
        if tag in ("img", "meta", "input", "rect"):
            return
        self.stack.append(tag)
        if tag == "table":
            self.blocks.append(("table", []))
        if tag == "tr":
            self.blocks[-1][1].append([])
        if tag in ("th", "td"):
            self.blocks[-1][1][-1].append(["", a.get("data-value")])
        if tag in ("h1", "h2", "h3", "h4", "p", "dt", "pre", "a"):
            self.blocks.append((tag, ""))

    def handle_data(self, data):
        if not self.stack or self.stack[-1] in ("style", "script", "title", "option", "button") and "th" not in self.stack:
            return
        if "table" in self.stack:
            if "th" in self.stack or "td" in self.stack:
                self.blocks[-1][1][-1][-1][0] += data
        elif self.stack[-1] in ("dd", "small"):
            self.blocks[-1] = (self.blocks[-1][0], self.blocks[-1][1] + (": " if self.stack[-1] == "dd" else " | ") + data)
        elif data.strip() and self.stack[-1] != "summary" and self.blocks:
            self.blocks[-1] = (self.blocks[-1][0], self.blocks[-1][1] + data)

    def handle_endtag(self, tag):
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass


def read_page(source):
    page = Page(source)
    blocks = []
    for kind, what in page.blocks:
        if kind == "table":
            blocks.append((kind, [[(plain(text), value) for text, value in row] for row in what if row]))
        elif kind not in ("pre", "a"):
            blocks.append(("fact" if kind == "dt" else kind, plain(what)))
    return blocks, page.captions


def unescape(text):
    return plain(re.sub(r"\\([^\w\s])", r"\1", text).replace("&lt;", "<").replace("&amp;", "&"))


def read_markdown(source):
    blocks, rows, fence = [], None, None
    for line in source.split("\n"):
        if fence:
            fence = None if line.strip() == fence else fence
            continue
        opened = re.match("(`{3,})", line)
        if opened:
            fence = opened[1]
        elif line.startswith("|"):
            if rows is None:
                rows = []
                blocks.append(("table", rows))
            if not re.fullmatch(r"(\|-+:?)+\|", line):
                rows.append([(unescape(c), None) for c in re.split(r"(?<!\\)\|", line)[1:-1]])
            continue
        elif re.match("#+ ", line):
            level, text = line.split(" ", 1)
            blocks.append(("h%d" % len(level), unescape(text)))
        elif line.startswith("- "):
            kind = "fact" if any(k != "p" for k, _ in blocks) else "p"  # a night's lines come first
            blocks.append((kind, unescape(re.sub(r" \((.* to .*)\)$", r" | \1", line[2:]))))
        elif line.strip():
            blocks.append(("p", unescape(line)))
        rows = None
    return blocks


def strings(value):
    if isinstance(value, str):
        yield plain(value)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from strings(one)


def numbers(value):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from numbers(one)


def check_cell(cell, value, is_hash):
    text, exact = cell
    if isinstance(value, str):
        whole = plain(value)
        if text == whole or is_hash and text == whole[:8] or text.endswith("…") and whole.startswith(text[:-1].strip()):
            return None
    elif value is None:
        if not text and not exact:
            return None
    elif is_same(text, value) and (exact is None or float(exact) == float(value)):
        return None
    return "%r (%s) for %r" % (text, exact, value)


def check_table(title, rows, part, report):
    key, own = TABLES[title]
    wanted = (part if key in part else report).get(key, [])
    if len(rows) - 1 != len(wanted):
        return ["%s: %d rows for %d" % (title, len(rows) - 1, len(wanted))]
    bad = []
    for row, one in zip(rows[1:], wanted):
        for (head, _), cell in zip(rows[0], row, strict=True):
            column = {**COLUMNS, **own}.get(head, head)
            cell = (counted(cell[0], column, one), cell[1])
            why = check_cell(cell, one.get(column), column == "policy")
            bad += ["%s, %s: %s" % (title, column, why)] if why else []
    return bad


SENTENCES = [
    (r"Iteration (\S+), \w+: dev mean (\S+) → (\S+)", "promotions", ("iteration", "dev_before", "dev_after")),
    (r"\w+ policy; (\S+) times, (\S+) of return lost; here dev seed (\S+), step (\S+), return (\S+)", "failures",
     ("n", "lost", "seed_index", "step", "total")),
    (r"Dev seed (\S+), return (\S+) in (\S+) steps(?:; every (\S+)th step is shown)?\.", "typical",
     ("seed_index", "total", "steps", "stride")),
]


def check_sentence(text, part, seen):
    for pattern, key, keys in SENTENCES:
        m = re.fullmatch(pattern, text)
        if m:
            of = part.get(key) or []
            of = of if isinstance(of, list) else [of]
            seen[key] = seen.get(key, -1) + 1
            if seen[key] >= len(of):
                return "not in the JSON"
            wrong = [k for k, shown in zip(keys, m.groups()) if shown and not is_same(shown, of[seen[key]].get(k, 1e99))]
            return "not what the JSON says: " + ", ".join(wrong) if wrong else None
    return None


def check_figure(text, part, report):
    """A fact's number and interval; any other sentence's numbers stand somewhere in the run."""
    name, _, rest = text.partition(": ")
    shown, _, interval = rest.partition(" | ")
    key = COLUMNS.get(name, name)
    shown = counted(shown, key, part)
    if not is_same(shown.removeprefix("+"), part.get(key) if part.get(key) is not None else 1e99):
        return "not what the JSON says"
    if interval:
        ends = [part["gain_low"], part["gain_high"]] if key == "gain" else [part["best_low"], part["best_high"]]
        if not all(is_same(a, b) for a, b in zip(interval.split(" to "), ends, strict=True)):
            return "another interval"
    return None


def check(report, blocks, words):
    """What is said that the JSON does not say."""
    runs, bad, n = report["runs"], [], -1
    part, title, seen = report, "", {}
    lists = set()
    for kind, what in blocks:
        if kind == "h2" or len(runs) == 1 and kind == "h1":
            n, seen = n + 1, {}
            part = runs[n] if n < len(runs) else {}
            bad += [] if part else ["%s: no such run" % what]
        if kind in ("h1", "h2", "h3", "h4"):
            title = what
        if kind == "table":
            bad += check_table(title, what, part, report)
            lists.add((n, TABLES[title][0]))
            continue
        why = None
        if kind == "fact" and part is not report:
            why = check_figure(what, part, report)
        elif kind in ("p", "h4"):
            why = check_sentence(what, part, seen)
        for one in words:
            what = what.replace(one, " ")
        left = [m[0] for m in NUMBER.finditer(what) if m[0] not in ("95",)]
        known = list(numbers(part)) + [len(runs)]
        unknown = [x for x in left if not any(is_same(x, v) for v in known)]
        if why or unknown:
            bad.append("%s: %s" % (what, why or "not in the JSON: " + ", ".join(unknown)))
    for i, run in enumerate(runs):
        bad += ["%s: not shown" % key for key, _ in (v for t, v in TABLES.items() if t not in ("Runs", "Providers and models"))
                if run.get(key) and (i, key) not in lists]
    return bad


def moved(value, path):
    """The report with one number changed."""
    other = copy.deepcopy(value)
    at = other
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = at[path[-1]] * 1.5 + 1000.0
    return other


def paths(value, at=()):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield at
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
        yield from paths(one, at + (key,))


def row(name, bad):
    print("pass " + name if not bad else "fail %s: %s" % (name, "; ".join(bad[:5])))


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    page, captions = read_page(open(sys.argv[2], encoding="utf-8").read())
    markdown = read_markdown(open(sys.argv[3], encoding="utf-8").read())
    words = sorted({w for w in strings(report) if len(w) > 3 or re.search("[^0-9]", w)}, key=len, reverse=True)
    row("every figure of the page is the JSON's", check(report, [b for b in page if b[0] != "strip"], words))
    row("every figure of Markdown is the JSON's", check(report, markdown, words))

    def wanted(run):
        one = run.get("typical")
        return ([one["clip"]["captions"]] if one else []) + [f.get("clip", {}).get("captions") for f in run["failures"]]
    row("what stands under the frames is the JSON's",
        [] if captions == [c for r in report["runs"] for c in wanted(r)] else ["other captions"])
    row("so does what a film strip shows", [] if [t for k, t in page if k == "strip"] ==
        [f.get("strip_caption") for r in report["runs"] for f in r["failures"]] else ["other strips"])

    def told(blocks):
        return [(k, [[c for c, _ in r] for r in w] if k == "table" else
                 re.sub("; every .* step is shown", "", w)) for k, w in blocks
                if k != "strip" and not (k == "h3" and w.startswith("Learning curves"))]
    a, b = told(page), told(markdown)
    bad = ["%r, %r" % (x, y) for x, y in zip(a, b) if str(x) != str(y) and "…" not in str(y)]
    row("Markdown says what the page says, in its order", bad + (["%d parts, %d" % (len(a), len(b))] if len(a) != len(b) else []))

    # These rows can fail: a figure that were another in JSON is noticed.
    shown = {"gain", "gain_low", "best_mean", "best_high", "n_iterations", "steps", "lost", "total", "seed_index",
             "dev_after", "low", "pairs", "share", "episodes", "hidden_mean", "gap_high", "stride"}
    missed, tried = [], set()
    for path in paths(report["runs"]):
        if path[-1] not in shown or path[1] in ("curve", "tried") or path[-1] in tried:
            continue
        tried.add(path[-1])
        if not check({**report, "runs": moved(report["runs"], path)}, [b for b in page if b[0] != "strip"], words):
            missed.append("%s: not noticed" % (path,))
    row("a figure that is another is noticed", missed + ([] if len(tried) > 12 else ["only %s were tried" % sorted(tried)]))


main()
