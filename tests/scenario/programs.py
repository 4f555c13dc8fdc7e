"""The real programs, each in a private directory: the daemon with its two helpers, and the token endpoint they ask."""

import collections
import ctypes
import functools
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time

import wire

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / os.environ.get("JETON_BUILD", "build")
UPSTREAM = REPOSITORY / "tests" / "upstream"

PR_SET_CHILD_SUBREAPER = 36
# Helpers of a killed daemon become our children instead of init's: none can outlive a test unseen.
ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

PROGRAMS = ("jetond", "jeton-vault", "jeton-exchange")
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


@functools.cache
def build_options():
    """What the build was configured with; nothing of a build that Meson has not made."""
    told = BUILD / "meson-info" / "intro-buildoptions.json"
    return {option["name"]: option["value"] for option in json.loads(told.read_text())} if told.exists() else {}


def sanitizer():
    """Why memory cannot be measured or searched here, or None."""
    with_which = build_options().get("b_sanitize", "none")
    if with_which in ("none", []):
        return None
    return f"built with sanitizers ({with_which}), which lock no memory and keep what was given back"


def unconfined():
    """Why nothing keeps the programs from what they need not, or None."""
    return "built without confinement" if sanitizer() or not build_options().get("confine", True) else None


def wait_until(condition, seconds=10, step=0.01, what="a condition"):
    """The first true value of `condition()`; fails by name after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(step)


def process_table():
    """pid → (parent, name, state) of every process there is."""
    table = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb", buffering=0) as file:
                text = file.read(4096).decode(errors="replace")  # names may hold any bytes
        except (FileNotFoundError, ProcessLookupError):
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        state, parent = text[text.rindex(")") + 2 :].split()[:2]
        table[int(entry)] = (int(parent), name, state)
    return table


def descendants(root):
    """pid → name of the living processes below `root`."""
    table = process_table()
    found, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _, _) in table.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return {pid: table[pid][1] for pid in found - {root} if table[pid][2] not in "ZX"}


def living(pids):
    table = process_table()
    return {pid for pid in pids if pid in table and table[pid][2] not in "ZX"}


def alive(pid):
    return bool(living({pid}))


def cpu_seconds(pid):
    """What the process has used so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


class Daemon:
    """`jetond --config FILE` in a directory with a short path (socket paths end at 107 bytes)."""

    started = set()  # pids of all front processes that we started, of every daemon

    def __init__(self, directory=None, extra="", mode="user", control_group="jeton"):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="jt-", dir="/tmp"))
        self.run = self.directory / "run"
        self.state = self.directory / "state"
        self.anchor = self.directory / "anchor"
        self.database = self.state / "jeton.db"
        self.key_file = self.state / "root.key"
        self.config = self.directory / "jetond.toml"
        self.log_file = self.directory / "log"
        self.process = None
        self.seen = set()  # pids of helpers, to be sure at the end that none is left
        self.config.write_text(
            f'[paths]\nruntime = "{self.run}"\ncontrol = "{self.run}"\nstate = "{self.state}"\n'
            f'anchor = "{self.anchor}"\n[keys]\nkey_file = "{self.key_file}"\n'
            f'[sockets]\ncontrol_group = "{control_group}"\n[daemon]\nmode = "{mode}"\n{extra}'
        )
        self.config.chmod(0o600)
        if mode == "system":
            self.directory.chmod(0o755)  # other users come through it to the sockets; state and anchor stay closed

    @property
    def token_socket(self):
        return self.run / "token.sock"

    @property
    def control_socket(self):
        return self.run / "control.sock"

    @property
    def pid(self):
        return self.process.pid

    def spawn(self, *arguments, environment=None, pass_fds=(), under=()):
        """Starts the program, by the command `under` if there is one, and returns at once."""
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen(
                [*under, BUILD / "jetond", "--config", self.config, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={**ENVIRONMENT, "HOME": str(self.directory), **(environment or {})}, pass_fds=pass_fds,
            )  # fmt: skip
        Daemon.started.add(process.pid)
        return process

    def start(self, state="unsealed", environment=None, seconds=15, **more):
        """Starts it (`more`: as `spawn` takes it) and waits until it answers; returns how long that took, in seconds."""
        began = time.monotonic()
        self.process = self.spawn(environment=environment, **more)
        self.wait_for(state, seconds)
        took = time.monotonic() - began
        self.helpers()
        return took

    def wait_for(self, state="unsealed", seconds=15):
        wanted = state if isinstance(state, tuple) else (state,)
        end, health = time.monotonic() + seconds, None
        while (health := self.health()) not in wanted:
            if self.process.poll() is not None:
                raise AssertionError(f"jetond ended with {self.process.returncode} instead of becoming {state}")
            if time.monotonic() > end:
                raise AssertionError(f"after {seconds} s the daemon is {health}, not {state}")
            time.sleep(0.005)

    def health(self):
        """The state that GET /healthz tells, or None while nobody answers."""
        try:
            answer = wire.request(self.token_socket, "GET", "/healthz", timeout=3)
            return answer.json.get("state") if answer.status == 200 else None
        except (OSError, ValueError, wire.http.client.HTTPException):
            return None

    def helpers(self):
        """name → pid of jeton-vault and jeton-exchange; empty while they are being restarted."""
        found = {name: pid for pid, name in descendants(self.pid).items() if name.startswith("jeton-")}
        self.seen |= set(descendants(self.pid))
        return found

    def kill(self, name):
        """kill -9 of `jetond`, `jeton-vault` or `jeton-exchange`; returns the pid."""
        pid = self.pid if name == "jetond" else wait_until(lambda: self.helpers().get(name), 5, 0.01, name)
        self.helpers()
        os.kill(pid, signal.SIGKILL)
        if name == "jetond":
            self.process.wait(10)
        return pid

    def kill_all(self):
        """kill -9 of everything at once, as a power cut does: nobody gets to write anything down any more."""
        self.helpers()
        keeper = [pid for pid, name in descendants(self.pid).items() if name.startswith("jetond-")]
        for pid in keeper:
            os.kill(pid, signal.SIGSTOP)  # it must not start again what we kill
        for pid in [*self.helpers().values(), *keeper, self.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.wait_for_helpers_to_go()

    def stop(self, seconds=15):
        """SIGTERM and the exit status; the helpers are gone when it returns, or it says which is not."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.helpers()
            self.process.terminate()
        status = self.process.wait(seconds)
        self.wait_for_helpers_to_go()
        return status

    def survivors(self):
        """Helpers that still live: those seen before, and any of a dead daemon, which is ours by now."""
        table, me = process_table(), os.getpid()
        orphans = {
            pid for pid, (parent, name, _) in table.items() if parent == me and name in PROGRAMS
        } - Daemon.started
        self.seen |= orphans
        for pid in self.seen:
            reap(pid)
        self.seen = living(self.seen)  # the dead are not looked at again
        return self.seen

    def wait_for_helpers_to_go(self, seconds=5):
        wait_until(lambda: not self.survivors(), seconds, 0.01, "the helpers to end")

    def sanitizer_report(self):
        """What a sanitizer said of one of its programs: they are started again, so that else nobody might notice."""
        log = self.log()
        found = SANITIZER_REPORT.search(log)
        return log[found.start() :][:8000] if found else ""

    def destroy(self):
        """Nothing of it is left afterwards, whatever happened before."""
        try:
            if self.process is not None and self.process.poll() is None:
                self.helpers()
                self.process.terminate()
                try:
                    self.process.wait(10)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            end = time.monotonic() + 5
            while self.survivors() and time.monotonic() < end:
                time.sleep(0.02)
            for pid in self.survivors():
                os.kill(pid, signal.SIGKILL)
                reap(pid)
        finally:
            report = self.sanitizer_report()
            shutil.rmtree(self.directory, ignore_errors=True)
        if report:
            raise AssertionError(f"a sanitizer reports of a program of the daemon:\n{report}")

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def files(self):
        """Every regular file it wrote: database, WAL, anchor, key, log."""
        return [file for file in self.directory.rglob("*") if file.is_file() and not file.is_symlink()]


def pair():
    """A client ID and secret of the portal's shape, made at random."""
    letters = string.digits + string.ascii_lowercase
    return tuple(
        prefix + "".join(secrets.choice(letters) for _ in range(count))
        for prefix, count in (("cid.", 25), ("cs1.", 50))
    )


def python_with(module):
    """A Python that has `module`: the one that runs us, or Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python):
            found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, cwd="/")
            if found.returncode == 0:
                return python
    return None


def node_missing(package="oidc-provider"):
    """Why the upstream, or another npm package that is installed beside it, cannot run here; or None."""
    if shutil.which("node") is None:
        return "node is not installed (tools/dependencies)"
    if not (UPSTREAM / "node_modules" / package).exists():
        return f"{package} is missing in tests/upstream/node_modules (npm ci in tests/upstream)"
    return None


class Upstream:
    """tests/upstream/server.mjs with clients, faults and a log of its own."""

    def __init__(self, expires_in=900):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ju-", dir="/tmp"))
        self.ca_file = self.directory / "ca.pem"
        self.expires_in = expires_in
        self.clients = []
        self.port = 0
        self.process = None
        subprocess.run([UPSTREAM / "make-ca", self.directory], check=True, capture_output=True)
        self.write_clients()

    def start(self):
        """Again after stop(): on the same port."""
        self.process = subprocess.Popen(
            ["node", UPSTREAM / "server.mjs", "--tls", self.directory, "--clients", self.directory / "clients.json",
             "--port", str(self.port), "--expires-in", str(self.expires_in), "--log", self.directory / "log",
             "--arrivals", self.directory / "arrivals", "--faults", self.directory / "faults", "--die-with-parent",
             "--quiet"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        ready = self.process.stdout.readline().split()
        if ready[:1] != ["ready"]:
            raise AssertionError(f"the upstream did not start: {ready}")
        self.issuer = ready[1]
        self.port = int(self.issuer.rsplit(":", 1)[1])
        return self

    @property
    def token_endpoint(self):
        return self.issuer + "/connect/token"

    def add_client(self, tenant, scope="tn.acc.invoices:r tn.jpm.jobs:r"):
        return self.add_clients([tenant], scope)[0]

    def add_clients(self, tenants, scope="tn.acc.invoices:r tn.jpm.jobs:r"):
        """A pair for each, written down once."""
        made = [(tenant, *pair()) for tenant in tenants]
        self.clients += [
            {"client_id": client_id, "client_secret": secret, "tenant": tenant, "scope": scope}
            for tenant, client_id, secret in made
        ]
        self.write_clients()
        return [(client_id, secret) for _, client_id, secret in made]

    def write_clients(self):
        fresh = self.directory / "clients.new"
        fresh.write_text(json.dumps(self.clients))
        fresh.replace(self.directory / "clients.json")  # never half a file for a request in between

    def fault(self, **what):
        """delay=ms, status=…, retry_after=s, hang=True and more (tests/upstream/README.md); nothing: well again."""
        fresh = self.directory / "faults.new"
        fresh.write_text(json.dumps(what))
        fresh.replace(self.directory / "faults")

    def entries(self, name):
        file = self.directory / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def requests(self, client_id=None):
        """The answered token requests, of one client or of all."""
        return [entry for entry in self.entries("log") if client_id in (None, entry["client_id"])]

    def arrivals(self, client_id=None):
        """How many token requests have come, of one client or of all; answered or not."""
        return sum(client_id in (None, entry["client_id"]) for entry in self.entries("arrivals"))

    def arrivals_by_client(self):
        return collections.Counter(entry["client_id"] for entry in self.entries("arrivals"))

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        if self.process is not None:
            self.process.stdout.close()

    def destroy(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class NotifySocket:
    """What `sd_notify` of a started daemon says."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(10)

    def receive(self):
        return self.socket.recv(4096).decode().splitlines()

    def close(self):
        self.socket.close()
