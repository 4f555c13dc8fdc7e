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
import others  # noqa: E402
import peers  # noqa: E402
import performance_page  # noqa: E402
import ratios  # noqa: E402
import servers as programs  # noqa: E402
from drivers import PATIENCE, CannotMeasure, Load  # noqa: E402

RECORDED = HERE / "ratios.json"
REGRESSION = 4  # exit code
# In the name of what was left out: a promise cannot be judged without it. The endpoint that hangs wants Node.js, and has no promise.
OURS = ("/floor", "/jeton", "audit entries for each token", "whole processes", "libjeton")


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
        self.every_measure = []
        self.start_jeton_and_the_floor()
        self.try_others()

    def start_jeton_and_the_floor(self):
        """Without these there is nothing to measure."""
        self.jeton = self.start("jeton", programs.Jeton)
        pair = {"client_id": self.jeton.client_id, "client_secret": self.jeton.client_secret}
        self.requests = {
            "token": self.jeton.request("token", connection=programs.CONNECTION),
            # What names a least remaining life is decided anew each time; oidc-provider knows no such parameter.
            "fresh": self.jeton.request("fresh", "/integration/token", **pair, scope=programs.SCOPES, min_ttl="60"),
        }
        for name, file in self.requests.items():
            answer = self.jeton.answer(file)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise CannotMeasure(f"jeton gives no token ({name}): {answer[:300]!r}")
        self.start("floor", lambda: programs.Floor(self.directory, self.jeton.answer(self.requests["token"])))

    def start(self, name, make):
        server = make()
        self.stack.callback(server.close)
        self.servers[name] = server
        return server

    def wants(self, *names):
        """Whether any of these measures is asked for: what only others need is not started."""
        return not self.asked.only or any(word in name for word in self.asked.only for name in names)

    def try_others(self):
        """Each for itself: what cannot be had here is left out of the run, with the reason."""
        for part, what, begin in (
            ("/ssh-agent", "ssh-agent", self.begin_ssh_agent),
            ("/gpg-agent", "gpg-agent", self.begin_gpg_agent),
            ("/oidc-provider", "oidc-provider", self.begin_oidc_provider),
            ("/oidc-agent", "oidc-agent", self.begin_oidc_agent),
            ("every/", "audit entries for each token", self.begin_every),
            ("process/", "whole processes", self.begin_processes),
            ("library/", "libjeton", self.begin_library),
            ("dead-endpoint/", "a token endpoint that hangs", self.begin_dead_endpoint),
        ):
            names = [name for name in catalogue.NAMES if part in name]
            if not self.wants(*names):
                continue
            try:
                begin()
            except Exception as why:
                self.leave_out(what, why)

    def begin_ssh_agent(self):
        self.start("ssh-agent", peers.SshAgent)
        self.question("identities", peers.SshAgent.question)

    def begin_gpg_agent(self):
        self.start("gpg-agent", peers.GpgAgent)
        self.question("getinfo", peers.GpgAgent.question)

    def question(self, name, text):
        self.requests[name] = self.directory / name
        self.requests[name].write_bytes(text)

    def begin_oidc_provider(self):
        self.start("oidc-provider", lambda: peers.OidcProvider(
            issuer="http://localhost/integration", client_id=self.jeton.client_id, client_secret=self.jeton.client_secret,
            scope=programs.SCOPES, unlisted_scope="tn.none", resource="http://localhost/integration",
        ))  # fmt: skip

    def begin_oidc_agent(self):
        ask = peers.OidcAgentCallers(self.directory)
        agent = self.start("oidc-agent", peers.OidcAgent)
        self.every_measure += [
            catalogue.Measure("connect", "oidc-agent", lambda seconds: ask(agent, seconds)),
            catalogue.Measure("callers-16", "oidc-agent", lambda seconds: ask(agent, seconds, callers=16)),
        ]

    def begin_every(self):
        every = self.start("jeton-every", lambda: programs.Jeton(every=True))
        self.requests["every"] = every.request("token", connection=programs.CONNECTION)
        rows, close = others.sqlite(self.directory)
        self.stack.callback(close)
        self.every_measure += rows

    def begin_processes(self):
        self.every_measure += others.processes(self.jeton, self.directory)

    def begin_library(self):
        self.every_measure += others.libjeton(self.jeton, self.directory)

    def begin_dead_endpoint(self):
        dead = others.DeadEndpoint(self.jeton)
        self.stack.callback(dead.close)
        self.every_measure += dead.measures(self.load)

    def measures(self):
        """In the order of the page."""
        every = [*catalogue.token_measures(self.load, self.servers, self.requests), *self.every_measure]
        order = list(catalogue.GROUPS)
        return sorted((one for one in every if self.wants(one.name)), key=lambda one: order.index(one.group))

    def leave_out(self, what, why):
        reason = str(why) if isinstance(why, CannotMeasure) else f"{type(why).__name__}: {why}"
        self.left_out.append({"what": what, "why": reason})
        say(f"  left out: {what}: {reason}")

    def once(self, one):
        """One run, and where that fails, a second: a whole run is not lost to one hiccup."""
        try:
            return one.run(self.asked.seconds)
        except Exception as why:
            say(f"  again: {one.name}: {why}")
            return one.run(self.asked.seconds)

    def rounds(self):
        """Measure → what each round brought. A measure that fails, of whatever, is left out of all rounds: the others stay."""
        alive = self.measures()
        results = {one.name: [] for one in alive}
        for number in range(self.asked.rounds):
            began = time.monotonic()
            for one in alive if number % 2 == 0 else alive[::-1]:  # what drifts within a round evens out over two
                try:
                    results[one.name].append(self.once(one))
                except Exception as why:
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
                "text": promise.text, "limit": promise.limit, "better": promise.better, "unit": promise.unit, "ratio": found,
                "holds": promise.holds(found["median"]),
            }  # fmt: skip
    return told


def commit():
    done = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def show(report):
    say()
    for name, told in report["promises"].items():
        found = told["ratio"]
        sign = "≤" if told["better"] == "lower" else "≥"
        unit, verdict = told["unit"], "holds" if told["holds"] else "DOES NOT HOLD"
        say(f"{name:24} {found['median']:8.2f}{unit:3}  ({found['low']:.2f}–{found['high']:.2f})  {sign} {told['limit']:g}{unit}  {verdict}")
    for one in report["regressions"]:
        times = f": {one['times_worse']:.2f} times worse" if one["times_worse"] else ""
        say(f"REGRESSION {one['promise']}: {one['now']:.2f}, recorded {one['recorded']:.2f}{times}")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False, usage="tools/bench --help tells how")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--only", nargs="+", action="extend", default=[])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--draw", action="store_true", help="the page anew from its figures: measures nothing")
    parser.add_argument("--check", action="store_true", help="only whether these words are understood")
    parser.add_argument("--recorded", type=pathlib.Path, default=RECORDED)
    asked = parser.parse_args(arguments)
    if asked.rounds < 1 or not 0 < asked.seconds < PATIENCE:
        parser.error(f"--rounds and --seconds want a number above 0, --seconds one below {PATIENCE}")
    if asked.json and (asked.json.is_dir() or not os.access(asked.json.parent, os.W_OK | os.X_OK)):
        parser.error(f"--json: {asked.json} cannot be written")
    if asked.write and asked.only:
        parser.error("--write wants everything measured: leave --only out")
    if unknown := [word for word in asked.only if not any(word in name for name in catalogue.NAMES)]:
        parser.error(f"nothing is named {' or '.join(unknown)}; there are {', '.join(catalogue.NAMES)}")
    return asked


def measure(asked):
    began = time.monotonic()
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
        "took": round(time.monotonic() - began), "measures": results, "promises": promises, "left_out": bench.left_out,
        "regressions": ratios.regressions(promises, ratios.recorded(asked.recorded)),
    }  # fmt: skip


def end(_number, _frame):
    """Once: what was started is ended on the way out."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments):
    asked = parse(arguments)
    if asked.check:
        return 0
    if asked.draw:
        performance_page.write(json.loads(performance_page.FIGURES.read_text()), RECORDED)
        return 0
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
    if own := [one["what"] for one in report["left_out"] if any(name in one["what"] for name in OURS)]:
        print(f"bench: not measured: {', '.join(own)}", file=sys.stderr)
        return 1
    if asked.write:
        performance_page.write(report, asked.recorded)
        say(f"written: {performance_page.PAGE.relative_to(REPOSITORY)}")
    return REGRESSION if report["regressions"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
