"""Measures that are no load on a socket: whole processes, libjeton, SQLite alone, an endpoint that hangs."""

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import time

import library
import wire
from catalogue import Measure
from drivers import SERVER_CPU, CannotMeasure, Load, compiled, on_cpu, run
from harness import USER
from programs import BUILD, Upstream, node_missing
from servers import CONNECTION, SCOPES

CALLS = 200_000
TRACED_CALLS = 50_000
PROCESSES_PER_SECOND = 60  # of each kind, so that a run takes about as long as the others


def processes(jeton, directory):
    """`/bin/true` and `jeton token` by turns; one run has both."""
    spawn = compiled("spawn", directory)
    names, found = ("/bin/true", "jeton token"), {}

    # The second is of the same run as the first, whichever is asked for first.
    def taken(name):
        def take(seconds):
            if name not in found:
                told = run(
                    spawn, max(5, round(seconds * PROCESSES_PER_SECOND)), "--", "/bin/true", "--", BUILD / "jeton", "token", CONNECTION,
                    environment={"JETON_SOCKET_DIR": str(jeton.daemon.run)},
                )  # fmt: skip
                found.update(zip(names, told["commands"], strict=True))
            return found.pop(name)

        return take

    return [Measure("process", name, taken(name)) for name in names]


def system_calls(program, jeton):
    """Of TRACED_CALLS calls: what stands between the program's two marks."""
    if shutil.which("strace") is None:
        raise CannotMeasure("strace is not installed (tools/dependencies)")
    log = program.with_name("trace")
    done = subprocess.run(
        ["strace", "-f", "-o", log, program, jeton.daemon.run, CONNECTION, str(TRACED_CALLS)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    marks = [number for number, line in enumerate(lines) if " getppid(" in line]
    if done.returncode != 0 or len(marks) != 2:
        raise CannotMeasure(f"strace: {done.stderr.strip()[:300]}")
    return marks[1] - marks[0] - 1


def libjeton(jeton, directory):
    source = pathlib.Path(__file__).with_name("library.cpp")
    try:
        program = library.compiled(source, pathlib.Path(directory) / "library", ["-std=c++17", "-O2"], "c++")
    except AssertionError as why:
        raise CannotMeasure(str(why).splitlines()[0]) from None
    traced = system_calls(program, jeton)

    def measure(_seconds):
        told = run(program, jeton.daemon.run, CONNECTION, CALLS)
        return {**told, "system_calls": traced, "one": 1}

    return [Measure("library", "libjeton", measure)]


def sqlite(directory):
    """One small row a commit, as durable as the store's are."""
    connection = sqlite3.connect(pathlib.Path(directory) / "rows.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, text);")

    def measure(seconds):
        times = []
        with on_cpu(SERVER_CPU):
            began = time.perf_counter()
            while (before := time.perf_counter()) - began < seconds:
                connection.execute("INSERT INTO row (text) VALUES (?)", ("x" * 300,))
                times.append((time.perf_counter() - before) * 1e6)
            took = time.perf_counter() - began
        times.sort()
        return {
            "rate": len(times) / took, "p50_us": times[len(times) // 2], "p99_us": times[len(times) * 99 // 100],
        }  # fmt: skip

    return [Measure("every", "one row a commit", measure)], connection.close


class DeadEndpoint:
    """An upstream environment with two connections: the token of one is kept, for the other the endpoint would have to answer."""

    def __init__(self, jeton):
        if reason := node_missing():
            raise CannotMeasure(f"the token endpoint: {reason}")
        self.jeton = jeton
        with on_cpu(SERVER_CPU):
            self.upstream = Upstream().start()
        try:
            self.set_up()
        except BaseException:
            self.close()
            raise

    def set_up(self):
        ok = self.jeton.ok
        ok("environment", "create", "production", "--kind", "upstream",
           "--token-endpoint", self.upstream.token_endpoint, "--ca-file", str(self.upstream.ca_file))  # fmt: skip
        for tenant in ("1111111", "2222222"):
            connection = f"dispatcher/{tenant}@production"
            client_id, secret = self.upstream.add_client(tenant, SCOPES)
            ok("tenant", "create", f"{tenant}@production", "--name", "Southside Plumbing")
            ok("app", "tenant", "add", "dispatcher", f"{tenant}@production")
            ok("access", "allow", connection, "--version", "1")
            ok("secret", "import", connection, "--client-id", client_id, stdin=secret + "\n")
            ok("binding", "add", connection, "--user", USER)
        self.kept = self.jeton.request("kept", connection="dispatcher/1111111@production")
        self.wanting = self.jeton.request("wanting", connection="dispatcher/2222222@production")
        if not self.jeton.answer(self.kept).startswith(b"HTTP/1.1 200"):
            raise CannotMeasure("jeton got no token of the token endpoint")

    def measures(self, load: Load):
        def well(seconds):
            self.upstream.fault()  # as it was before it hung
            return load(self.jeton, self.kept, seconds, sessions=16)

        def dead(seconds):
            self.upstream.fault(hang=True)
            with contextlib.ExitStack() as waiting:
                for _ in range(16):
                    session = waiting.enter_context(wire.connect(self.jeton.socket))
                    session.sendall(self.wanting.read_bytes())
                return load(self.jeton, self.kept, seconds, sessions=16)

        return [Measure("dead-endpoint", "jeton, all well", well), Measure("dead-endpoint", "jeton, the endpoint hangs", dead)]

    def close(self):
        self.upstream.destroy()
