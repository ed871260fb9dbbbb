"""bridge_values.py - numbers and names as ratchet reads them, whatever environment gives them."""
import math
import re
import struct

WANT_OBS, WANT_RAM, WANT_FRAME = 1, 2, 4
RESULT = struct.Struct("<dII")         # reward, events, 1: terminated and 2: truncated
TERMINATED, TRUNCATED = 1, 2


class Refused(Exception):
    """What is asked for cannot be had; the text says why."""


def plain(name):
    """A name that a policy can write: obs.NAME."""
    name = re.sub(r"\W", "_", str(name), flags=re.ASCII)
    return name if name and not name[0].isdigit() else "_" + name


def number(v):
    """JSON has no infinity: null stands for the bound that is missing, or is none."""
    try:
        v = float(v)
    except (TypeError, ValueError, OverflowError):
        return None
    return v if math.isfinite(v) else None


def whole(v, least, most, otherwise):
    """A whole number of JSON, whatever kind of number v is; otherwise: it is none."""
    try:
        v = int(v)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return min(max(v, least), most)


def put_result(view, at, reward, events, flags):
    """One frame's result. Any kind of number will do for a reward; ratchet refuses those that
    are not finite, and what is none raises."""
    try:
        reward = float(reward)
    except OverflowError:  # a whole number beyond all floating-point ones
        reward = math.inf if reward > 0 else -math.inf
    RESULT.pack_into(view, at, reward, events, flags)


def version_number(text):
    """0.12.1 -> 12001: changes with every release."""
    parts = [int(p) for p in re.findall(r"\d+", text)[:3]] + [0, 0, 0]
    return parts[0] * 1000000 + parts[1] * 1000 + parts[2] + 1
