"""docs/performance.md, its pictures and its figures, from one report of measure.py."""

import json
import pathlib

import catalogue
import ratios
from chart import bars, number

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "performance.md"
FOLDER = DOCS / "performance"
FIGURES = FOLDER / "figures.json"

NAMES = {
    "rate": "per second", "p50_us": "p50 µs", "p99_us": "p99 µs", "server_cpu_us": "server CPU µs", "client_cpu_us": "client CPU µs",
    "ns": "ns a call", "system_calls": f"system calls in {50_000:,} calls",
}  # fmt: skip
# group → (figure, unit, what the picture says)
PICTURES = {
    "keepalive-16": ("server_cpu_us", "µs", "CPU time of the server for one request, 16 sessions; the line spans the rounds"),
    "connect": ("p50_us", "µs", "median time from connecting to the whole answer; the line spans the rounds"),
    "fresh-16": ("rate", "/s", "tokens per second; the line spans the rounds"),
    "every": ("rate", "/s", "per second, each on disk before it is answered; the line spans the rounds"),
}

HEAD = """# Performance

What a token costs, against a server that does nothing but answer and against other agents of a host, and whether what jeton promises of it holds.
`tools/bench --write` measures and writes this page; everything that it measured is in [figures.json](performance/figures.json).

```console
$ tools/bench                         # builds in build-release/, measures, prints how each promise stands: some minutes
$ tools/bench --only keepalive connect --rounds 3
$ tools/bench --write                 # and writes this page, its pictures, and the ratios that later runs are compared with
```

## How far to trust it

- **Compare within one table only.** A machine drifts by tens of percent from minute to minute, virtual ones above all. In each of the {rounds} rounds everything is measured once, for
  {seconds:g} s, one after the other and every second round backwards; a ratio is taken within its round. Tables show the median of the rounds; in brackets the lowest and the highest.
- What disturbs a round is in the data: nothing is thrown away. Where the range is wide, the median says little.
- The servers run on one CPU and the clients on another. All of jeton's processes share the one and count as its CPU time; so do those of the others.
- At 16 sessions the client needs as much CPU time as the floor, so that requests per second are bound by the client, too: for capacity look at the server's CPU time.
- At one session most of the time is the kernel waking one process and then the other.
- Peers do other work: ssh-agent lists a key, gpg-agent says its version, oidc-agent agrees on a key with each client and encrypts, oidc-provider is JavaScript. They show
  what the room is, not who is better.
- Programs in the background, a laptop's power saving or a busy neighbour of a virtual machine make it another measurement. The load average before and after stands below.

| | |
|---|---|
"""

METHOD = """## What is measured against what

| | what it is |
|---|---|
| floor | [`floor.cpp`](../tests/bench/floor.cpp): one thread, epoll; sends the bytes of one of jeton's answers for whatever it reads. No parsing, no identity, no lookup, no audit |
| jeton | the daemon with the options of `meson.build`: `-O2` and its hardening; the callers are bound by their user, as programs are. Each answer is checked to be a 200 |
| jeton, new | the same, but a header field counts the requests, so that no request is like the one before on its session |
| ssh-agent | `SSH_AGENTC_REQUEST_IDENTITIES` with one key |
| gpg-agent | `GETINFO version` by Assuan |
| oidc-agent | `getAccessToken3` of its own library. It has a token that it got with a refresh token from oidc-provider on the loopback ([`refreshing.mjs`](../tests/upstream/refreshing.mjs)); no account, no network |
| oidc-provider | npm's, on a Unix socket ([`reference.mjs`](../tests/upstream/reference.mjs)): client credentials by `client_id` and `client_secret`, answered with a JWT signed by Ed25519 |

[`load.cpp`](../tests/bench/load.cpp) puts the load on: one thread, one request under way on each session; with one session it blocks, with more it waits by epoll. Request and answer are
{request} and {answer} bytes. The first 30 ms of each run do not count. CPU time is the kernel's, to the nanosecond, of all threads of the named processes.

A later `tools/bench` compares its ratios with [those of this page](../tests/bench/ratios.json) and ends with 4 where one is more than a quarter worse. No test does: a busy machine must not fail a build.
"""


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)])


def with_range(found, unit=""):
    median, low, high = (number(found[name]) for name in ("median", "low", "high"))
    return f"{median}{unit}" if low == high else f"{median}{unit} ({low}–{high})"


def rows_of(report, group):
    """Server → its rounds."""
    measures = report["measures"]
    rows = {name.split("/", 1)[1]: rounds for name, rounds in measures.items() if name.startswith(group + "/")}
    if rows and catalogue.GROUPS[group].beside:
        name, measure = catalogue.GROUPS[group].beside
        rows[name] = measures.get(measure, [])
    return {name: rounds for name, rounds in rows.items() if rounds}


def promises_table(report):
    rows = []
    for promise in catalogue.PROMISES:
        told = report["promises"].get(promise.name)
        sign = "≤" if promise.better == "lower" else "≥"
        limit = f"{sign} {promise.limit:g}{promise.unit}"
        if told is None:
            rows.append([promise.text, limit, "not measured here", ""])
        else:
            rows.append([promise.text, limit, with_range(told["ratio"], promise.unit), "holds" if told["holds"] else "**does not hold**"])
    return table(["what is promised", "limit", "measured", ""], rows)


def broken_promises(report):
    broken = [p for p in catalogue.PROMISES if p.name in report["promises"] and not report["promises"][p.name]["holds"]]
    if not broken:
        return ""
    lines = [f"- *{promise.text}*: {promise.note or 'the cause was not looked into.'}" for promise in broken]
    return "What does not hold, and why:\n\n" + "\n".join(lines) + "\n"


def cells_of(rounds, figures, base, base_figure):
    cells = []
    for figure in figures:
        values = [one[figure] for one in rounds if figure in one]
        cells.append(number(ratios.median(values)) if values else "")
    if base_figure and base and all(base_figure in one for one in [*rounds, *base]):
        found = ratios.ratio([one[base_figure] for one in rounds], [one[base_figure] for one in base])
        cells.append(with_range(found, "×") if found else "")
    elif base_figure:
        cells.append("")
    return cells


def group_part(report, name):
    group, rows = catalogue.GROUPS[name], rows_of(report, name)
    if not rows:
        return ""
    base_figure = PICTURES.get(name, (group.compared,))[0] if group.base else None
    head = ["", *(NAMES[figure] for figure in group.figures)]
    if base_figure:
        head.append(f"{NAMES[base_figure].removesuffix(' µs')} against {group.base}")
    body = [[server, *cells_of(rounds, group.figures, rows.get(group.base), base_figure)] for server, rounds in rows.items()]
    parts = [f"## {group.title}", group.text, table(head, body)]
    if name in PICTURES:
        parts.insert(2, f"![{group.title}: the table below as bars.](performance/{name}.svg)")
    return "\n\n".join(parts) + "\n"


def picture(report, name):
    figure, unit, note = PICTURES[name]
    rows = []
    for server, rounds in rows_of(report, name).items():
        values = [one[figure] for one in rounds]
        rows.append((server, ratios.median(values), min(values), max(values), server.startswith("jeton")))
    return bars(catalogue.GROUPS[name].title, note, rows, unit) if rows else None


def machine_rows(report):
    about = report["machine"]
    cpus = f"{about['cpu']}, {about['cpus']} CPUs" + (f", virtual ({about['virtual']})" if about["virtual"] not in ("none", "unknown") else "")
    rows = [
        ["machine", f"{cpus}, {about['memory_mib'] / 1024:.0f} GiB of memory"],
        ["system", f"{about['system']}, kernel {about['kernel']}, store on {about['file_system']}"],
        ["compiler", about["compiler"]],
        ["measured", f"{report['at']}, jeton {report['commit']}, {report['rounds']} rounds; load average {about['load_before']:g} before, {about['load_after']:g} after"],
    ]  # fmt: skip
    return "\n".join(f"| {name} | {value} |" for name, value in rows)


def left_out(report):
    if not report["left_out"]:
        return ""
    return "Left out of this run:\n\n" + "\n".join(f"- {one['what']}: {one['why']}" for one in report["left_out"]) + "\n"


def page(report):
    floor = report["measures"]["keepalive-16/jeton"][0] if "keepalive-16/jeton" in report["measures"] else {}
    head = HEAD.format(rounds=report["rounds"], seconds=report["seconds"])
    method = METHOD.format(request=floor.get("request_bytes", "about 260"), answer=floor.get("answer_bytes", "about 1,000"))
    parts = [
        head + machine_rows(report) + "\n",
        left_out(report),
        "## What is promised\n\nRatios are of two servers in the same round; *measured* is the median with the lowest and the highest round.\n",
        promises_table(report) + "\n",
        broken_promises(report),
        *(group_part(report, name) for name in catalogue.GROUPS),
        method,
    ]
    return "\n".join(part for part in parts if part)


def write(report, recorded):
    """The page, its pictures, its figures; and the ratios that later runs are compared with."""
    FOLDER.mkdir(exist_ok=True)
    PAGE.write_text(page(report))
    for name in PICTURES:
        drawn = picture(report, name)
        file = FOLDER / f"{name}.svg"
        if drawn:
            file.write_text(drawn)
        else:
            file.unlink(missing_ok=True)
    FIGURES.write_text(json.dumps(report, indent=1) + "\n")
    # What this host could not measure stays as it was recorded before.
    known = ratios.recorded(recorded) | {name: round(told["ratio"]["median"], 4) for name, told in report["promises"].items()}
    kept = {promise.name: known[promise.name] for promise in catalogue.PROMISES if promise.name in known}
    recorded.write_text(json.dumps({"at": report["at"], "commit": report["commit"], "ratios": kept}, indent=1) + "\n")
