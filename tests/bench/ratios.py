"""Medians and ranges of what happened in the same round, and what became worse than it was."""

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
    return now / recorded if better == "lower" else recorded / now


def regressions(promises, recorded, tolerance=TOLERANCE):
    """Of the measured `promises` (name → what the report says of it), those that became worse than the recorded ones."""
    found = []
    for name, told in promises.items():
        before = recorded.get(name)
        if not before or not told.get("ratio"):  # nothing can be a multiple of nothing
            continue
        times = worse(told["ratio"]["median"], before, told["better"])
        if times > tolerance:
            found.append({"promise": name, "recorded": before, "now": told["ratio"]["median"], "times_worse": times})
    return found
