"""Other servers of the host that hand out what they keep, each started for the measurement alone and without an account.

What cannot be started raises CannotMeasure with the reason; the run goes on without it.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import wire
from drivers import SERVER_CPU, CannotMeasure, compiled, on_cpu, run
from programs import ENVIRONMENT, UPSTREAM, alive, descendants, node_missing, reap


def need(program, package):
    if shutil.which(program) is None:
        raise CannotMeasure(f"{program} is not installed (tools/dependencies --bench)")


class Peer:
    """A process that listens on a Unix socket, in a directory that goes with it."""

    protocol = "http"

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="jb-", dir="/tmp"))
        self.processes = []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def spawn(self, *command, **options):
        with on_cpu(SERVER_CPU), open(self.directory / "log", "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], cwd="/", stderr=log,
                env={**ENVIRONMENT, "HOME": str(self.directory)}, **{"stdin": subprocess.DEVNULL, "stdout": log, **options},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def tool(self, *command, environment=None):
        """A command that prepares it and must succeed."""
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=30, cwd="/", stdin=subprocess.DEVNULL,
            env={**ENVIRONMENT, "HOME": str(self.directory), **(environment or {})},
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotMeasure(f"{command[0]}: {(done.stderr or done.stdout).strip()[:300]}")
        return done.stdout

    def wait_for(self, socket):
        end = time.monotonic() + 10
        while not socket.exists():
            if time.monotonic() > end or self.processes[-1].poll() is not None:
                said = (self.directory / "log").read_text(errors="replace").strip()
                raise CannotMeasure(f"{type(self).__name__} did not start: {said[-300:]}")
            time.sleep(0.02)

    def pids(self):
        return [pid for process in self.processes for pid in (process.pid, *descendants(process.pid))]

    def close(self):
        for process in self.processes[::-1]:
            if process.stdin:
                process.stdin.close()
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class SshAgent(Peer):
    """Asked for its list of keys, of which there is one."""

    protocol = "ssh"
    question = bytes([0, 0, 0, 1, 11])  # SSH_AGENTC_REQUEST_IDENTITIES

    def start(self):
        need("ssh-agent", "openssh-client")
        self.socket = self.directory / "agent.sock"
        self.spawn("ssh-agent", "-D", "-a", self.socket)
        self.wait_for(self.socket)
        self.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / "key")
        self.tool("ssh-add", "-q", self.directory / "key", environment={"SSH_AUTH_SOCK": str(self.socket)})


class GpgAgent(Peer):
    """Asked for its version, which it answers from memory."""

    protocol = "assuan"
    question = b"GETINFO version\n"
    agent = None

    def start(self):
        need("gpg-agent", "gpg-agent")
        need("gpgconf", "gpgconf")
        self.directory.chmod(0o700)
        home = ("--homedir", self.directory)
        self.socket = pathlib.Path(self.tool("gpgconf", *home, "--list-dirs", "agent-socket").strip())
        # This returns and leaves the agent behind, with whatever it prints to: no pipe. It says itself who it is.
        if self.spawn("gpg-agent", *home, "--daemon").wait(10) != 0:
            raise CannotMeasure(f"gpg-agent did not start: {(self.directory / 'log').read_text(errors='replace')[-300:]}")
        with wire.connect(self.socket) as session, session.makefile("rw") as lines:
            lines.readline()
            lines.write("GETINFO pid\n")
            lines.flush()
            self.agent = int(lines.readline().split()[1])

    def pids(self):
        return [self.agent]

    def close(self):
        if self.agent is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.agent, signal.SIGTERM)
            end = time.monotonic() + 10
            while alive(self.agent) and time.monotonic() < end:
                time.sleep(0.02)
            reap(self.agent)
        super().close()


class OidcProvider(Peer):
    """npm's oidc-provider: authenticates the client and signs a token (EdDSA) for each request."""

    def __init__(self, **settings):
        self.settings = settings
        super().__init__()

    def start(self):
        if reason := node_missing():
            raise CannotMeasure(reason)
        self.socket = self.directory / "provider.sock"
        process = self.spawn("node", "--no-warnings", UPSTREAM / "reference.mjs",
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        process.stdin.write(json.dumps({**self.settings, "socket": str(self.socket), "access_token_format": "jwt"}) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "ready":
            raise CannotMeasure("oidc-provider did not start")


class OidcAgent(Peer):
    """Holds an access token that it got with a refresh token from oidc-provider on the loopback, and gives it out again."""

    account = "bench"

    def start(self):
        need("oidc-agent", "oidc-agent-cli")
        if reason := node_missing():
            raise CannotMeasure(f"it gets its token from oidc-provider: {reason}")
        secret = os.urandom(20).hex()
        issuer = self.spawn("node", "--no-warnings", UPSTREAM / "refreshing.mjs",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        issuer.stdin.write(json.dumps({"client_id": "bench", "client_secret": secret}) + "\n")
        issuer.stdin.flush()
        try:
            told = json.loads(issuer.stdout.readline())
        except ValueError:
            raise CannotMeasure("the issuer of its token did not start") from None
        (self.directory / ".config" / "oidc-agent").mkdir(parents=True)
        self.socket = self.directory / "agent.sock"
        self.agent = self.spawn("oidc-agent", "--console", "--no-autoload", "-a", self.socket)
        self.wait_for(self.socket)
        self.environment = {"OIDC_SOCK": str(self.socket)}
        self.tool(
            "oidc-gen", self.account, "--flow=refresh", "--rt-env", "--manual", "--pw-env", "--prompt=none", "--confirm-default",
            "--no-save", f"--issuer={told['issuer']}", "--client-id=bench", f"--client-secret={secret}",
            "--scope=openid offline_access", "--redirect-uri=http://localhost:8080",
            environment={**self.environment, "OIDC_REFRESH_TOKEN": told["refresh_token"], "OIDC_ENCRYPTION_PW": secret},
        )  # fmt: skip

    def pids(self):
        """The issuer is not asked any more."""
        return [self.agent.pid, *descendants(self.agent.pid)]


class OidcAgentCallers:
    """The client of oidc-agent: its own library."""

    def __init__(self, directory):
        self.program = compiled("oidc", directory, "-ldl")

    def __call__(self, agent, seconds, callers=1):
        return run(
            self.program, "--account", agent.account, "--callers", callers, "--seconds", seconds,
            "--cpu-of", ",".join(map(str, agent.pids())), environment=agent.environment,
        )  # fmt: skip
