"""Medians and ranges of what happened in the same round, and what became worse than it was."""

import json
import math
from statistics import median

TOLERANCE = 1.25  # so many times worse than recorded is a regression: what a quiet machine shows from run to run is less


def ratio(above, below):
    """Median, lowest and highest of the rounds' own ratios; None: a round has nothing to divide."""
    pairs = [(a, b) for a, b in zip(above, below, strict=True) if b > 0]
    if not pairs:
        return None
    each = [a / b for a, b in pairs]
    return {"median": median(each), "low": min(each), "high": max(each)}


def worse(now, recorded, better):
    """How many times worse `now` is; below 1 it is better."""
    more, less = (now, recorded) if better == "lower" else (recorded, now)
    if less == 0:
        return math.inf if more > 0 else 1.0
    return more / less


def recorded(file):
    return json.loads(file.read_text())["ratios"] if file.exists() else {}


def regressions(promises, recorded, tolerance=TOLERANCE):
    """Of the measured `promises` (name → what the report says of it), those that became worse than the recorded ones."""
    found = []
    for name, told in promises.items():
        before = recorded.get(name)
        if before is None or not told.get("ratio"):
            continue
        now = told["ratio"]["median"]
        times = worse(now, before, told["better"])
        if times > tolerance:
            # JSON knows no infinity, and nothing is a multiple of nothing.
            found.append({"promise": name, "recorded": before, "now": now, "times_worse": times if times < math.inf else None})
    return found
