"""Programs that know nothing of jeton: curl, two Python clients and a Node client, as they come from their packages."""

import json
import os
import shutil
import subprocess
import sys

from harness import INVOICES, JOBS, USER, Scenario, wire
from programs import ENVIRONMENT, REPOSITORY

CLIENTS = REPOSITORY / "tests" / "scenario" / "clients"
NODE_CLIENT = REPOSITORY / "tests" / "upstream" / "clients" / "simple_oauth2.mjs"


def python_with(module):
    """A Python that has `module`: the one that runs us, or Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python):
            found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, cwd="/")
            if found.returncode == 0:
                return python
    return None


class Clients(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id, self.secret = self.with_pair()

    def run_client(self, *command, **environment):
        run = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=30, cwd="/",
            env={
                **ENVIRONMENT, "TOKEN_SOCKET": str(self.daemon.token_socket),
                "TOKEN_PATH": "/integration/connect/token", "CLIENT_ID": self.client_id,
                "CLIENT_SECRET": self.secret, **environment,
            },
        )  # fmt: skip
        self.assertEqual(run.returncode, 0, f"{run.stdout}\n{run.stderr}")
        return json.loads(run.stdout)

    def assertMine(self, answer):
        self.assertEqual(wire.claims(answer["access_token"])[1]["client_id"], self.client_id)
        self.assertEqual(answer["token_type"].lower(), "bearer")

    def curl(self, *more):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed (tools/dependencies)")
        return self.run_client(
            "curl", "-sS", "--fail-with-body", "--unix-socket", self.daemon.token_socket,
            "http://localhost/integration/token", "-d", "grant_type=client_credentials", *more,
        )  # fmt: skip

    def test_curl_with_a_form_pair(self):
        self.assertMine(self.curl("-d", f"client_id={self.client_id}", "-d", f"client_secret={self.secret}"))

    def test_curl_with_basic(self):
        self.assertMine(self.curl("-u", f"{self.client_id}:{self.secret}"))

    def test_S32_curl_without_any_secret_by_binding(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.assertMine(self.curl())

    def python_client(self, module, program):
        python = python_with(module)
        if python is None:
            self.skipTest(f"no Python here has {module} (tools/dependencies)")
        return self.run_client(python, CLIENTS / program)

    def test_python_requests_oauthlib(self):
        answer = self.python_client("requests_oauthlib", "requests_oauthlib_client.py")
        self.assertMine(answer)
        self.assertEqual(set(answer["scope"]), {INVOICES, JOBS})

    def test_python_httpx(self):
        self.assertMine(self.python_client("httpx", "httpx_client.py"))

    def node_client(self, **environment):
        if shutil.which("node") is None:
            self.skipTest("node is not installed (tools/dependencies)")
        if not (NODE_CLIENT.parents[1] / "node_modules" / "simple-oauth2").exists():
            self.skipTest("simple-oauth2 is not installed (npm ci in tests/upstream)")
        return self.run_client(shutil.which("node"), NODE_CLIENT, **environment)

    def test_node_simple_oauth2_with_basic(self):
        self.assertMine(self.node_client(AUTHORIZATION="header"))

    def test_node_simple_oauth2_with_a_form_pair(self):
        self.assertMine(self.node_client(AUTHORIZATION="body"))
