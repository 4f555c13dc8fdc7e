"""What every scenario stands on: a private daemon per test, the real CLI, the sockets, an upstream if asked for.

A scenario types what a user types and looks at what a user sees. `self.ok(…)` must succeed and gives the JSON
document, `self.refused(…)` must be refused and gives the error object, `self.jeton(…)` gives exit code and texts.
"""

import json
import os
import pwd
import subprocess
import tempfile
import unittest

import wire
from people import client_program
from programs import BUILD, ENVIRONMENT, Daemon, Upstream, node_missing, wait_until

DONE, REFUSED, USAGE, UNREACHABLE, SEALED = 0, 1, 2, 3, 4  # exit codes of `jeton`

USER = pwd.getpwuid(os.getuid()).pw_name
INVOICES, JOBS = "tn.acc.invoices:r", "tn.jpm.jobs:r"

__all__ = [
    "DONE", "REFUSED", "USAGE", "UNREACHABLE", "SEALED", "USER", "INVOICES", "JOBS",
    "BUILD", "ENVIRONMENT", "Daemon", "Scenario", "Run", "run_jeton", "wait_until", "wire",
]  # fmt: skip


class Run:
    """One finished run of `jeton`."""

    def __init__(self, finished):
        self.code, self.out, self.err = finished.returncode, finished.stdout, finished.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return json.loads(self.err)

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


def run_jeton(socket_directory, *arguments, stdin="", environment=None, seconds=30, by=None):
    """`by`: the Person who types it; without one, whoever runs the tests."""
    program = client_program() if by else BUILD / "jeton"
    return Run(
        subprocess.run(
            [program, *map(str, arguments)],
            input=stdin, capture_output=True, text=True, timeout=seconds, cwd="/",
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(socket_directory), **(environment or {})},
            **(by.process_options() if by else {}),
        )
    )  # fmt: skip


class Scenario(unittest.TestCase):
    """Subclasses set `starts_daemon = False` to start it themselves, `needs_upstream = True` for the token endpoint."""

    starts_daemon = True
    needs_upstream = False
    extra_config = ""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not (BUILD / "jetond").exists():
            raise AssertionError(f"{BUILD}/jetond is missing: build first (tools/test does)")

    def setUp(self):
        if self.needs_upstream and (reason := node_missing()):
            self.skipTest(reason)
        self.logs = []
        # Cleanups run in reverse: first the daemons, then what they talk to.
        self.upstream = self.new_upstream() if self.needs_upstream else None
        self.daemon = self.new_daemon(extra=self.extra_config)
        if self.starts_daemon:
            self.start_daemon()

    def start_daemon(self):
        self.daemon.start()

    def new_daemon(self, **options):
        daemon = Daemon(**options)
        self.addCleanup(daemon.destroy)
        self.addCleanup(lambda: self.logs.append(daemon.log()))  # runs before the directory goes
        return daemon

    def new_upstream(self, **options):
        upstream = Upstream(**options)
        self.addCleanup(upstream.destroy)
        return upstream.start()

    def scratch(self):
        directory = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        return directory.name

    def evidence(self):
        """Shown when a test fails: the end of the log of each of its daemons."""
        daemon = getattr(self, "daemon", None)
        logs = getattr(self, "logs", []) or ([daemon.log()] if daemon else [])
        return "\n".join(line for log in logs for line in ["log of jetond:", *log.splitlines()[-40:]])

    # the CLI

    def jeton(self, *arguments, **options):
        return run_jeton(self.daemon.run, *arguments, **options)

    def ok(self, *arguments, **options):
        run = self.jeton(*arguments, "--json", **options)
        self.assertEqual(run.code, DONE, f"jeton {' '.join(map(str, arguments))}: {run}")
        self.assertEqual(run.err, "", "a success says nothing on stderr")
        return run.json if run.out.strip() else None

    def text(self, *arguments, **options):
        run = self.jeton(*arguments, **options)
        self.assertEqual(run.code, DONE, f"jeton {' '.join(map(str, arguments))}: {run}")
        return run.out

    def refused(self, *arguments, code=REFUSED, error=None, **options):
        run = self.jeton(*arguments, "--json", **options)
        codes = code if isinstance(code, tuple) else (code,)
        self.assertIn(run.code, codes, f"jeton {' '.join(map(str, arguments))}: {run}")
        self.assertEqual(run.out, "", "a refusal says nothing on stdout")
        document = run.error
        for member in ("error", "error_description", "next"):
            self.assertTrue(document.get(member), f"{member} is missing in {document}")
        if error is not None:
            self.assertEqual(document["error"], error, document)
        return document

    # the token socket

    def post(self, target="/token", form=None, headers=None, **more):
        """A token request; further names are form fields. `grant_type` is there unless set to None."""
        fields = form if isinstance(form, list) else {"grant_type": "client_credentials", **(form or {}), **more}
        if isinstance(fields, dict):
            fields = {name: value for name, value in fields.items() if value is not None}
        head = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return wire.request(self.daemon.token_socket, "POST", target, wire.form(fields), head)

    def get(self, target, headers=None):
        return wire.request(self.daemon.token_socket, "GET", target, headers=headers)

    def raw(self, data):
        return wire.raw(self.daemon.token_socket, data)

    def assertToken(self, answer):
        self.assertEqual(answer.status, 200, answer)
        document = answer.json
        self.assertEqual(document["token_type"], "Bearer")
        self.assertIsInstance(document["expires_in"], int)
        self.assertIsInstance(document["scope"], str)
        self.assertNotIn("refresh_token", document)
        self.assertNotIn(None, document.values(), "absent members are left out, never null")
        self.assertEqual(answer.headers.get_content_type(), "application/json")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return document

    def assertRefusal(self, answer, status, error):
        self.assertEqual((answer.status, answer.error), (status, error), answer)
        self.assertRegex(answer.json.get("error_description", ""), r"^[\x20-\x21\x23-\x5b\x5d-\x7e]*$")
        if status in (429, 503):
            self.assertRegex(answer.headers["Retry-After"] or "", r"^[0-9]+$", "Retry-After is missing")
        return answer

    # steps that many scenarios begin with

    def local_environment(self, name="integration", *flags):
        return self.ok("environment", "create", name, "--kind", "local", *flags)

    def upstream_environment(self, name="production", upstream=None):
        upstream = upstream or self.upstream
        return self.ok(
            "environment", "create", name, "--kind", "upstream",
            "--token-endpoint", upstream.token_endpoint, "--ca-file", upstream.ca_file,
        )  # fmt: skip

    def tenant(self, tenant="1234567", environment="integration", name="Acme Heating"):
        self.ok("tenant", "create", f"{tenant}@{environment}", "--name", name)
        return f"{tenant}@{environment}"

    def app(self, name="dispatcher", scopes=(INVOICES, JOBS), credentials="developer", by=None):
        scope = [word for scope in scopes for word in ("--scope", scope)]
        return self.ok(
            "app", "create", name, "--organization", "Example Ltd", "--homepage", "https://example.com/",
            "--credentials", credentials, *scope, by=by,
        )  # fmt: skip

    def listed(self, tenant="1234567", environment="integration", app="dispatcher"):
        """Tenant made and added to the app, nothing allowed yet: the connection's name."""
        self.tenant(tenant, environment)
        self.ok("app", "tenant", "add", app, f"{tenant}@{environment}")
        return f"{app}/{tenant}@{environment}"

    def allow(self, connection):
        """Reviews, then allows the version that was shown; returns the answer of `access allow`."""
        offered = self.ok("access", "review", connection)["offered_version"]
        return self.ok("access", "allow", connection, "--version", offered)

    def connected(self, tenant="1234567", environment="integration", app="dispatcher"):
        """(connection, client ID) of a new tenant that has allowed the app."""
        connection = self.listed(tenant, environment, app)
        return connection, self.allow(connection)["client_id"]

    def with_pair(self, tenant="1234567", environment="integration", app="dispatcher"):
        """(connection, client ID, client secret) of a new tenant in a local environment."""
        connection, client_id = self.connected(tenant, environment, app)
        return connection, client_id, self.ok("secret", "generate", connection)["client_secret"]

    def row(self, connection, app=None, by=None):
        """The connection's row of View Connections."""
        rows = self.ok("app", "connections", app or connection.split("/")[0], by=by)
        return next(row for row in rows if row["connection"] == connection)

    def audit(self, **wanted):
        """Audit entries whose members have these values."""
        entries = self.ok("audit", "list")
        return [entry for entry in entries if all(entry.get(name) == value for name, value in wanted.items())]
