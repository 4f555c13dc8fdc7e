#!/usr/bin/env python3
"""Measures; see tools/bench --help. The programs of jeton are those of $JETON_BUILD."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario")]
sys.dont_write_bytecode = True

import catalogue  # noqa: E402
import machine  # noqa: E402
import ratios  # noqa: E402
import servers as programs  # noqa: E402
from clients import CannotMeasure, Load  # noqa: E402

RECORDED = HERE / "ratios.json"
REGRESSION = 4  # exit code


def say(text=""):
    print(text, flush=True)


class Bench:
    """What runs while it is measured, and what was found."""

    def __init__(self, stack, asked):
        self.stack, self.asked = stack, asked
        self.left_out = []
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jb-", dir="/tmp")))
        self.servers = {}
        self.load = Load(self.directory)
        self.jeton = self.start("jeton", programs.Jeton)
        self.requests = {"token": self.jeton.request("token", connection=programs.CONNECTION)}
        answer = self.jeton.answer(self.requests["token"])
        if not answer.startswith(b"HTTP/1.1 200"):
            raise CannotMeasure(f"jeton gives no token: {answer[:300]!r}")
        self.start("floor", lambda: programs.Floor(self.directory, answer))

    def start(self, name, make):
        server = make()
        self.stack.callback(server.close)
        self.servers[name] = server
        return server

    def measures(self):
        wanted = self.asked.only
        every = catalogue.measures(self.servers, self.load, self.requests)
        return [one for one in every if not wanted or any(word in one.name for word in wanted)]

    def leave_out(self, what, why):
        self.left_out.append({"what": what, "why": str(why)})
        say(f"  left out: {what}: {why}")

    def rounds(self):
        """Measure → what each round brought. A measure that fails is left out of all rounds."""
        alive = self.measures()
        results = {one.name: [] for one in alive}
        for number in range(self.asked.rounds):
            began = time.monotonic()
            for one in alive if number % 2 == 0 else alive[::-1]:  # what drifts within a round evens out over two
                try:
                    results[one.name].append(one.run(self.asked.seconds))
                except CannotMeasure as why:
                    if one.server == "floor" or one.server.startswith("jeton"):
                        raise CannotMeasure(f"{one.name}: {why}") from None
                    self.leave_out(one.name, why)
                    del results[one.name]
            alive = [one for one in alive if one.name in results]
            say(f"round {number + 1} of {self.asked.rounds}: {time.monotonic() - began:.1f} s")
        return results


def figures(results, measure, figure):
    return [one[figure] for one in results[measure]] if measure in results else None


def judge(results):
    """Promise → what was measured of it, and whether it holds."""
    told = {}
    for promise in catalogue.PROMISES:
        above, below = figures(results, *promise.above), figures(results, *promise.below)
        if not above or not below:
            continue
        if promise.without:
            off = figures(results, *promise.without)
            if not off:
                continue
            above = [a - b for a, b in zip(above, off, strict=True)]
        found = ratios.ratio(above, below)
        if found:
            told[promise.name] = {
                "text": promise.text, "limit": promise.limit, "better": promise.better, "ratio": found,
                "holds": promise.holds(found["median"]),
            }  # fmt: skip
    return told


def recorded_ratios(file):
    return json.loads(file.read_text())["ratios"] if file.exists() else {}


def commit():
    done = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def show(report):
    say()
    for name, told in report["promises"].items():
        found = told["ratio"]
        sign = "≤" if told["better"] == "lower" else "≥"
        verdict = "holds" if told["holds"] else "DOES NOT HOLD"
        say(f"{name:24} {found['median']:8.2f}×  ({found['low']:.2f}–{found['high']:.2f})  {sign} {told['limit']:g}×  {verdict}")
    for one in report["regressions"]:
        say(f"REGRESSION {one['promise']}: {one['now']:.2f}×, recorded {one['recorded']:.2f}×: {one['times_worse']:.2f} times worse")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False, usage="see tools/bench --help")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--recorded", type=pathlib.Path, default=RECORDED)
    asked = parser.parse_args(arguments)
    if asked.rounds < 1 or asked.seconds <= 0:
        parser.error("--rounds and --seconds want a number above 0")
    return asked


def measure(asked):
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, asked)
        about = machine.describe(bench.jeton.daemon.state)
        about["load_before"] = machine.load_average()
        results = bench.rounds()
        about["load_after"] = machine.load_average()
    promises = judge(results)
    return {
        "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(), "machine": about, "rounds": asked.rounds, "seconds": asked.seconds,
        "measures": results, "promises": promises, "left_out": bench.left_out,
        "regressions": ratios.regressions(promises, recorded_ratios(asked.recorded)),
    }  # fmt: skip


def end(_number, _frame):
    """Once: what was started is ended on the way out."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments):
    asked = parse(arguments)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        report = measure(asked)
    except CannotMeasure as why:
        print(f"bench: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    show(report)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1) + "\n")
    return REGRESSION if report["regressions"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
