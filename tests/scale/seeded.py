"""Stores with many connections and a long audit, made by `jeton-seed`, and what is measured of the daemons on them."""

import contextlib
import http.client
import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import wire
from harness import Scenario
from programs import BUILD, ENVIRONMENT, Daemon, descendants

CONNECTIONS = int(os.environ.get("JETON_CONNECTIONS", "0"))  # of the large store; 0: no large store
AUDIT = int(os.environ.get("JETON_AUDIT", "0"))  # entries of the long audit; likewise
PLACE = os.environ.get("JETON_SCALE_DIRECTORY", "/tmp")  # large files
REPORT = os.environ.get("JETON_SCALE_REPORT", "")  # a file that figures are appended to


def figure(text):
    """Something that was measured: for who reads the log of the suite."""
    print(f"# {text}", flush=True)
    if REPORT:
        with open(REPORT, "a") as report:
            print(text, file=report)


class Pair:
    def __init__(self, line):
        self.connection, self.client_id, self.secret = line.split()


class Seeded(Scenario):
    starts_daemon = False

    def seeded(self, connections, audit=0, pairs=50, extra=""):
        """A daemon, not started, on a new store; its `pairs` are those of the first connections."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="js-", dir=PLACE if connections + audit > 100_000 else "/tmp"))
        daemon = Daemon(directory=directory, extra=extra)
        self.addCleanup(daemon.destroy)
        self.addCleanup(lambda: self.logs.append(daemon.log()))
        began = time.monotonic()
        made = subprocess.run(
            [BUILD / "jeton-seed", "--state", daemon.state, "--anchor", daemon.anchor, "--key-file", daemon.key_file,
             "--connections", str(connections), "--audit", str(audit), "--pairs", str(pairs),
             "--user", pwd.getpwuid(os.getuid()).pw_name, "--uid", str(os.getuid())],
            capture_output=True, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        self.assertEqual(made.returncode, 0, made.stderr)
        daemon.pairs = [Pair(line) for line in made.stdout.splitlines()]
        daemon.connections = connections
        daemon.seeded_in = time.monotonic() - began
        return daemon

    def copy_of(self, daemon):
        """Another daemon on a copy of the store; neither runs."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="js-", dir=daemon.directory.parent))
        other = Daemon(directory=directory)
        self.addCleanup(other.destroy)
        for name in ("state", "anchor"):
            shutil.copytree(daemon.directory / name, directory / name)
        other.pairs, other.connections = daemon.pairs, daemon.connections
        return other


def token_form(pair, fresh=None):
    """`fresh`: something that no request had before, so that the vault decides and signs."""
    fields = {"client_id": pair.client_id, "client_secret": pair.secret}
    return wire.form({"grant_type": "client_credentials", **fields, **({"fresh": fresh} if fresh is not None else {})})


def by_binding(pair, fresh=None):
    fields = {"connection": pair.connection, **({"fresh": fresh} if fresh is not None else {})}
    return wire.form({"grant_type": "client_credentials", **fields})


class Session:
    """A kept connection, and the bytes that each request needs."""

    def __init__(self, daemon):
        self.plain = wire.connect(daemon.token_socket, 60)

    def ask(self, body):
        """Seconds that the answer took."""
        request = (
            "POST /integration/token HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        began = time.perf_counter()
        self.plain.sendall(request)
        answer = self.plain.recv(65536)
        took = time.perf_counter() - began
        if not answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError(answer[:400])
        return took

    def close(self):
        self.plain.close()


def ask_once(daemon, body):
    """The same on a connection of its own."""
    began = time.perf_counter()
    session = Session(daemon)
    session.ask(body)
    session.close()
    return time.perf_counter() - began


def processes(daemon):
    """name → pid of the daemon's processes: the three, and the small ones beside them."""
    return {f"{name} {pid}": pid for pid, name in {daemon.pid: "jetond", **descendants(daemon.pid)}.items()}


def memory(daemon, what="VmRSS"):
    """KiB of all its processes together. VmRSS counts shared pages in each of them, Pss shares them out."""
    total = 0
    for pid in processes(daemon).values():
        file = f"/proc/{pid}/smaps_rollup" if what == "Pss" else f"/proc/{pid}/status"
        with open(file) as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith(what + ":"))
    return total


def processor_time(pid):
    """Seconds of one process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Requests:
    """A program that asks for tokens, one after the other, while something else goes on."""

    def __init__(self, daemon):
        self.daemon = daemon

    def __enter__(self):
        self.times, self.failures, self.ends = [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        session = Session(self.daemon)
        with contextlib.closing(session):
            number = 0
            while not self.ends.wait(0.002):
                pair = self.daemon.pairs[number % len(self.daemon.pairs)]
                number += 1
                try:
                    self.times.append(session.ask(token_form(pair, fresh=number)))
                except (OSError, AssertionError, http.client.HTTPException) as problem:
                    self.failures.append(problem)
                    return

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()

    def quantile(self, part):
        return statistics.quantiles(self.times, n=1000)[round(part * 1000) - 1]

    def told(self):
        return (
            f"{len(self.times)} tokens meanwhile: p50 {self.quantile(0.5) * 1e3:.2f} ms, p99 {self.quantile(0.99) * 1e3:.1f} ms, "
            f"longest {max(self.times) * 1e3:.0f} ms"
        )
