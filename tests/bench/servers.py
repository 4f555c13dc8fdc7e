"""The floor and jeton, each a server that `drivers.Load` can be pointed at: `socket`, `protocol`, `pids()`."""

import pathlib
import subprocess

import wire
from drivers import SERVER_CPU, CannotMeasure, compiled, on_cpu
from harness import USER, run_jeton
from programs import Daemon, descendants

COUNTER = "########"  # where the client counts, so that no request is like another on its session
CONNECTION = "dispatcher/1234567@integration"
SCOPES = "tn.acc.invoices:r tn.jpm.jobs:r"


def token_request(target, **fields):
    """A token request as programs send it, in bytes; all of one kind have one length."""
    body = wire.form({"grant_type": "client_credentials", **fields})
    return (
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\n"
        f"X-Request-Id: {COUNTER}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Floor:
    """floor.cpp with the answer that jeton gave."""

    protocol = "http"

    def __init__(self, directory, answer):
        directory = pathlib.Path(directory)
        self.socket = directory / "floor.sock"
        (directory / "answer").write_bytes(answer)
        with on_cpu(SERVER_CPU):
            self.process = subprocess.Popen(
                [compiled("floor", directory), self.socket, directory / "answer"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        if self.process.stdout.readline() != "ready\n":
            raise CannotMeasure("the floor did not start")

    def pids(self):
        return [self.process.pid]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


class Jeton:
    """A daemon of its own, with one connection in a local environment and a binding to it for whoever measures.

    `every`: the audit has an entry for each token, durable before the answer; by default they are counted.
    """

    protocol = "http"

    def __init__(self, every=False):
        self.daemon = Daemon(extra='[audit]\ntokens = "every"\n' if every else "")
        self.socket = self.daemon.token_socket
        self.requests = {}
        try:
            with on_cpu(SERVER_CPU):
                self.daemon.start()
            self.set_up()
        except BaseException:
            self.daemon.destroy()
            raise

    def set_up(self):
        app, tenant = CONNECTION.split("/")
        self.ok("environment", "create", tenant.split("@")[1], "--kind", "local")
        self.ok("tenant", "create", tenant, "--name", "Northside Plumbing")
        self.ok("app", "create", app, "--organization", "Example Ltd", "--homepage", "https://example.com/",
                "--credentials", "developer", *(word for scope in SCOPES.split() for word in ("--scope", scope)))  # fmt: skip
        self.ok("app", "tenant", "add", app, tenant)
        self.client_id = self.ok("access", "allow", CONNECTION, "--version", "1")["client_id"]
        self.client_secret = self.ok("secret", "generate", CONNECTION)["client_secret"]
        self.ok("binding", "add", CONNECTION, "--user", USER, "--default")

    def ok(self, *words, stdin=""):
        done = run_jeton(self.daemon.run, *words, "--json", stdin=stdin)
        if done.code != 0:
            raise CannotMeasure(f"jeton {' '.join(words)}: {done.err.strip()}")
        return done.json if done.out.strip() else None

    def pids(self):
        """All its processes: the front, its helpers, the vault, the exchange."""
        return [self.daemon.pid, *descendants(self.daemon.pid)]

    def request(self, name, target="/token", **fields):
        """The file of a token request with these fields."""
        if name not in self.requests:
            self.requests[name] = self.daemon.directory / f"request-{name}"
            self.requests[name].write_bytes(token_request(target, **fields))
        return self.requests[name]

    def answer(self, request):
        """The bytes of one answer."""
        with wire.connect(self.socket) as session:
            session.sendall(request.read_bytes())
            session.settimeout(0.3)
            return wire.read_all(session)

    def close(self):
        self.daemon.destroy()
