"""Five programs as they are in the field, unchanged but for their transport, through a rotation, a pause and its end.

Each has the token URL of the portal in its source, or in a setting, and a client ID and secret in its environment that are worth
nothing any more. How each comes to its token is in `STARTED`; docs/programs.md says which way is for which program.
"""

import json
import pathlib
import shutil
import subprocess

from api import Api
from harness import BUILD, ENVIRONMENT, USER, Scenario, wire
from programs import REPOSITORY, python_with
from test_recipes import NODE, PYTHON

CLIENTS = REPOSITORY / "tests" / "scenario" / "clients"
HOST = "auth-integration.servicetitan.io"


class Program:
    """One of the five. `call()` lets it call the API once: the status, or the word for why it could not."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/", env=environment
        )

    def call(self):
        self.process.stdin.write("call\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer.get("status", answer.get("error"))

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class CommandLineTool:
    """The one that is run for each call."""

    def __init__(self, command, environment):
        self.command, self.environment = list(map(str, command)), environment

    def call(self):
        run = subprocess.run(self.command, capture_output=True, text=True, cwd="/", env=self.environment, timeout=180)
        answer = json.loads(run.stdout)
        return answer.get("status", answer.get("error"))

    def end(self):
        pass


class FivePrograms(Scenario):
    needs_upstream = True

    def setUp(self):
        super().setUp()
        self.ok(
            "environment", "create", "production", "--kind", "upstream", "--token-endpoint", self.upstream.token_endpoint,
            "--ca-file", self.upstream.ca_file, "--host-alias", HOST,
        )  # fmt: skip
        self.app()
        self.connection = self.listed("1234567", "production")
        super().allow(self.connection)
        self.first = self.upstream.add_client("1234567")
        self.take(*self.first)
        self.ok("binding", "add", self.connection, "--user", USER)
        self.api = Api()
        self.addCleanup(self.api.close)
        self.programs = self.start_all()

    def take(self, client_id, secret, *more):
        self.ok("secret", "import", self.connection, "--client-id", client_id, *more, stdin=secret + "\n")

    def start_all(self):
        with_requests, with_httpx = python_with("requests"), python_with("httpx")
        missing = [name for name in ("node", "curl") if shutil.which(name) is None]
        if not with_requests or not with_httpx or missing:
            self.skipTest(f"requests, httpx, node and curl are needed (tools/dependencies); missing: {missing}")
        home = pathlib.Path(self.scratch())
        (home / "node_modules").mkdir()
        (home / "node_modules" / "jeton").symlink_to(NODE)
        node_program = pathlib.Path(shutil.copy2(CLIENTS / "five_minutes.mjs", home))  # beside its node_modules
        environment = {
            **ENVIRONMENT, "HOME": str(home), "API_URL": self.api.url, "JETON_SOCKET_DIR": str(self.daemon.run),
            "PYTHONPATH": str(PYTHON), "PYTHONDONTWRITEBYTECODE": "1", "JETON_CONNECTION": self.connection,
            **{f"{name}_{key}": f"left over {key}" for name in ("SERVICETITAN", "ST")
               for key in ("CLIENT_ID", "CLIENT_SECRET", "APP_KEY", "TENANT_ID")},
        }  # fmt: skip
        served = [BUILD / "jeton", "exec", self.connection, "--serve"]
        php = shutil.which("php")
        has_curl = php and "curl" in subprocess.run([php, "-m"], capture_output=True, text=True).stdout.split()
        provider = ["php", CLIENTS / "oauth_provider.php"] if has_curl else ["sh", CLIENTS / "oauth_provider.sh"]
        transport = ["-m", "jeton", "--connection", self.connection]
        started = {
            "a token for each call": Program(
                [with_requests, *transport, CLIENTS / "token_per_call.py"], environment
            ),
            "a tool with a cache file": CommandLineTool(
                [with_httpx, *transport, CLIENTS / "file_cache_cli.py"], environment
            ),
            "five minutes left": Program(
                [shutil.which("node"), "--import", (home / "node_modules/jeton/register.js").as_uri(), node_program],
                environment,
            ),
            "840 seconds": Program(
                [*served, "--env", "SERVICETITAN_AUTH_URL=token_url", "--env", "SERVICETITAN_CLIENT_ID=client_id",
                 "--env", "SERVICETITAN_CLIENT_SECRET=client_secret", "--", with_requests, CLIENTS / "fixed_window.py"],
                environment,
            ),
            "a provider's body": Program(
                [*served, "--env", "ST_AUTH_URL=token_url", "--env", "ST_CLIENT_ID=client_id",
                 "--env", "ST_CLIENT_SECRET=client_secret", "--env", "ST_TENANT_ID=tenant", "--", *provider],
                environment,
            ),
        }  # fmt: skip
        for program in started.values():
            self.addCleanup(program.end)
        return started

    def call_all(self):
        return {name: program.call() for name, program in self.programs.items()}

    def assertAllServed(self):
        self.assertEqual(self.call_all(), dict.fromkeys(self.programs, 200))

    def assertAllServedSoon(self):
        """Who was refused with an old token asks for another, some at once and some at their next call."""
        for _ in range(3):
            answers = self.call_all()
            if set(answers.values()) == {200}:
                return
        self.fail(answers)

    def used_since(self, count):
        return set(self.api.calls[count:])

    def test_five_programs_through_rotation_disable_and_enable(self):
        self.assertAllServed()
        self.assertAllServed()
        self.assertEqual(len(self.used_since(0)), 1, "one token serves all")
        self.assertLessEqual(len(self.upstream.requests()), 2, "the trial of the pair, and at most one more")

        # The portal makes a second secret; it is imported; then the portal ends the first, and the API forgets its tokens.
        client_id, _ = self.first
        _, fresh = self.upstream.add_client("1234567")
        self.upstream.clients[-1]["client_id"] = client_id
        self.upstream.clients = self.upstream.clients[-1:]
        self.upstream.write_clients()
        self.take(client_id, fresh, "--now", "--yes")
        self.api.reject()
        before = len(self.api.calls)
        self.assertAllServedSoon()
        self.assertEqual({wire.claims(token)[1]["client_id"] for token in self.used_since(before)}, {client_id})

        # A pause: who asks is refused in words, and no token comes from the portal.
        self.ok("access", "disable", self.connection, "--yes")
        self.api.reject()
        asked = len(self.upstream.requests())
        self.call_all()
        self.assertNotIn(200, self.call_all().values())
        self.assertEqual(len(self.upstream.requests()), asked)

        self.ok("access", "enable", self.connection)
        self.assertAllServedSoon()

    def test_a_restart_of_the_daemon_costs_no_call(self):
        self.assertAllServed()
        self.daemon.stop()
        self.daemon.start()
        self.assertAllServed()
