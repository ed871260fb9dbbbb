"""docs.py HELPS - what the pages name: a row each, "0 or 1<TAB>name<TAB>why not".

HELPS is a folder with what `ratchet COMMAND --help` prints, a file a command. Looked up are
relative links and their anchors, files in `code` that lie in the tree, `ratchet COMMAND`,
`make TARGET` and --options: those that stand in a call of ratchet are of its command, others
of any."""
import glob
import os
import re
import subprocess
import sys

helps = {name: open(os.path.join(sys.argv[1], name)).read() for name in os.listdir(sys.argv[1])}
tree = subprocess.run(["git", "ls-files"], capture_output=True, text=True).stdout.split()
if not tree:  # not a clone
    tree = [path[2:] for path in glob.glob("./**", recursive=True) if os.path.isfile(path)]
names = {os.path.basename(path) for path in tree}
tops = {path.split("/")[0] for path in tree if "/" in path} - {"logs"}
targets = set(re.findall(r"^([a-z-]+):", open("Makefile").read(), re.M))
targets |= set(" ".join(re.findall(r"^\.PHONY:((?:.*\\\n)*.*)", open("Makefile").read(), re.M)).split())
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "AGENTS.md", "logs/README.md"]
PAGES += sorted(glob.glob("docs/*.md") + glob.glob("envs/**/README.md", recursive=True) +
                glob.glob("policies/**/README.md", recursive=True))
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
OF_PROGRAM = {"--help", "--version", "--man", "--completion"}
rows = set()


def options_of(command):
    return set(OPTION.findall(helps[command]))


def row(page, what, is_there, why="it does not exist"):
    rows.add((0 if is_there else 1, f"{page}: {what}", "" if is_there else why))


def anchors(path):
    titles = re.findall(r"^#+ (.*)$", open(path).read(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        there = os.path.exists(path)
        row(page, f"link to {target}", there)
        if there and anchor:
            row(page, f"anchor of {target}", anchor in anchors(path))


def check_files(page, spans):
    for span in spans:
        for word in span.split():
            word = word.rstrip(".,:;/")
            if re.search(r"<|[A-Z]{3}|(^|[/_])X\.", word) and word not in names | set(tree):
                continue  # a name that stands for others
            if word.split("/")[0] in tops and "/" in word:
                here = glob.glob(word) or glob.glob(os.path.join(os.path.dirname(page), word))
                row(page, word, here)
            elif re.fullmatch(r"[a-z_0-9*]+\.(c|h|t|py)", word):
                row(page, word, word in names or re.search(r"\*", word) and
                    any(glob.fnmatch.fnmatch(name, word) for name in names))


def check_calls(page, lines):
    """Lines of code: of each call of ratchet the command and its options; then of any."""
    for line in lines:
        for call in re.split(r"&&|\||;", line):
            found = re.search(r"(?:^|[ /])ratchet ([a-z][a-z-]*)(.*)", call)
            rest = OPTION.findall(call)
            if found and re.match(r'[\s"]*after|.*mail ', call):
                found = None
            if found:
                command = found.group(1)
                row(page, f"ratchet {command}", command in helps or command == "help")
                if command in helps:
                    # what follows in quotes is another program's
                    mine = OPTION.findall(re.sub(r"'[^']*'", "", found.group(2)))
                    if command == "sessions":
                        known = options_of("sessions") | options_of("improve")
                    else:
                        known = options_of(command)
                    for option in mine:
                        row(page, f"ratchet {command} {option}",
                            option in known | OF_PROGRAM, f"ratchet {command} has none")
                continue
            for option in rest:
                row(page, option, option in OF_PROGRAM or
                    any(option in options_of(c) for c in helps) or "ratchet" not in call and
                    re.match(r"\W*(build/tests/|claude|git|make|prove)", call))
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)(?![\w/-])", line):
            row(page, f"make {target}", target in targets)


for page in filter(os.path.exists, PAGES):
    text = open(page).read()
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    prose = re.sub(r"^```\w*\n(.*?)^```$", "", text, flags=re.M | re.S)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    lines = [re.sub(r"\s+#.*", "", line) for block in blocks
             for line in block.replace("\\\n", " ").split("\n")]
    check_links(page, prose)
    check_files(page, spans)
    check_calls(page, spans + lines)
for status, name, why in sorted(rows):
    print(status, name.replace("\t", " "), why, sep="\t")
