"""Makes a recorded session of named replies, for tests that show one refusal each: it is
labelled as a fixture in its header, and no run counts it as learned.

usage: make_session.py OUT REPLY...   (REPLY: a file with the text of one reply, or, ending in
.json, a turn of tool calls: a list of {"name", "arguments"})
"""
import json
import sys


def turn(path):
    with open(path) as f:
        if not path.endswith(".json"):
            return {"role": "assistant", "text": f.read()}
        calls = [dict(call, id="call_%d" % i) for i, call in enumerate(json.load(f), 1)]
        return {"role": "assistant", "text": "", "calls": calls}


with open(sys.argv[1], "w") as out:
    header = {"ratchet_session": 1, "when": "2026-01-01T00:00:00Z", "provider": "fixture",
              "model": "fixture", "brief_format": "1",
              "notes": "a test fixture, written by hand; not a model's session"}
    print(json.dumps(header), file=out)
    for number, path in enumerate(sys.argv[2:], 1):
        print(json.dumps({"request": "0", "iteration": number, "turn": 0, "reply": turn(path)}),
              file=out)
