"""docs/oauth.md: what stands there runs, as it stands there."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import client_key
from harness import BUILD, ENVIRONMENT, INVOICES, JOBS, USER, Scenario, wire
from programs import REPOSITORY, UPSTREAM, python_with

PAGE = REPOSITORY / "docs" / "oauth.md"
EXAMPLES = REPOSITORY / "docs" / "examples"


def section(title):
    return re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]


class OAuthPage(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES, JOBS))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.work = pathlib.Path(self.scratch())

    def run_block(self, title, language, *program):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
        run = subprocess.run(
            list(map(str, [*program, self.write(block, language)])), capture_output=True, text=True, timeout=60, cwd=self.work,
            env={
                **ENVIRONMENT, "PATH": f"{BUILD}:{ENVIRONMENT['PATH']}", "JETON_SOCKET_DIR": str(self.daemon.run),
                "CLIENT_ID": self.client_id, "CLIENT_SECRET": self.secret,
                "PYTHONPATH": str(EXAMPLES), "PYTHONDONTWRITEBYTECODE": "1",
            },
        )  # fmt: skip
        self.assertEqual(run.returncode, 0, f"{title}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def write(self, block, language):
        file = self.work / {"sh": "block.sh", "python": "block.py", "js": "block.mjs"}[language]
        file.write_text(block)
        return file

    def shell(self, title):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed (tools/dependencies)")
        return json.loads(self.run_block(title, "sh", "bash", "-euo", "pipefail"))

    def assertPrintsAToken(self, said):
        self.assertEqual(wire.claims(said.strip())[1]["client_id"], self.client_id)

    def python(self, title, module):
        python = python_with(module)
        if python is None:
            self.skipTest(f"no Python here has {module} (tools/dependencies)")
        self.assertPrintsAToken(self.run_block(title, "python", python))

    def node(self, title, *modules):
        for module in modules:
            if shutil.which("node") is None or not (UPSTREAM / "node_modules" / module).exists():
                self.skipTest(f"{module} is not installed (tools/dependencies)")
        os.symlink(UPSTREAM / "node_modules", self.work / "node_modules")
        self.assertPrintsAToken(self.run_block(title, "js", shutil.which("node")))

    def test_T_5_the_first_command_gets_a_token_with_the_members_that_the_page_shows(self):
        answer = self.shell("A token")
        self.assertEqual((answer["scope"], answer["connection"]), (INVOICES, self.connection))
        (shown,) = re.findall(r"^```json\n(.*?)^```", section("A token"), re.MULTILINE | re.DOTALL)
        self.assertEqual(list(answer), list(json.loads(shown)))
        header, claims = wire.claims(answer["access_token"])
        self.assertEqual(header["typ"], "at+jwt")
        told = re.search(r"it says (.*?)\. It lives", section("A token"), re.DOTALL)[1]
        self.assertEqual(set(claims), set(re.findall(r"`(\w+)`", told)))

    def test_T_18_a_key_is_registered_and_used_as_the_page_says(self):
        said = self.run_block("private_key_jwt", "sh", "bash", "-euo", "pipefail")
        for word in (self.client_id, client_key.AUDIENCE, "EdDSA"):
            self.assertIn(word, said)
        key = client_key.ClientKey(self.work, file=self.work / "client.pem")
        answer = self.post("/integration/token", client_key.form(key.assertion(self.client_id)))
        self.assertPrintsAToken(self.assertToken(answer)["access_token"])
        for algorithm in self.shell("Metadata and issuer")["token_endpoint_auth_signing_alg_values_supported"]:
            self.assertIn(f"`{algorithm}`", section("private_key_jwt"))

    def test_T_13_the_metadata_are_where_the_page_says(self):
        found = self.shell("Metadata and issuer")
        self.assertEqual(found["issuer"], "http://localhost/integration")
        for method in found["token_endpoint_auth_methods_supported"]:
            self.assertIn(f"| `{method}` |", section("Who the client is"))
        for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint", "jwks_uri"):
            self.assertIn(f"`/{{environment}}/{found[name].rsplit('/', 1)[1]}`", section("Endpoints"))

    def test_T_16_the_keys(self):
        for key in self.shell("By the keys")["keys"]:
            self.assertIn(f"`{key['alg']}`", section("By the keys"))

    def test_T_11_introspection(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)
        found = self.shell("By introspection")
        self.assertIs(found["active"], True)
        self.assertEqual((found["token_type"], found["connection"]), ("Bearer", self.connection))

    def test_T_12_revocation(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.assertEqual(self.run_block("Revocation", "sh", "bash", "-euo", "pipefail"), "")
        (entry,) = self.audit(event="token.revoked")
        self.assertEqual(entry["connection"], self.connection)

    def test_T_14_resources(self):
        *_, answer = self.run_block("Resources", "sh", "bash", "-euo", "pipefail").splitlines()
        self.assertEqual(wire.claims(json.loads(answer)["access_token"])[1]["aud"], "https://invoices.example/")

    def test_python_requests_oauthlib(self):
        self.python("requests-oauthlib", "requests_oauthlib")

    def test_python_authlib(self):
        self.python("authlib", "authlib.integrations.requests_client")

    def test_python_httpx(self):
        self.python("httpx", "httpx")

    def test_node_simple_oauth2(self):
        self.node("simple-oauth2", "simple-oauth2")

    def test_node_oauth4webapi(self):
        self.node("oauth4webapi", "oauth4webapi", "undici")

    def test_node_openid_client(self):
        self.node("openid-client", "openid-client", "undici")

    def test_the_page_names_no_word_of_refusal_that_there_is_not(self):
        told = set(re.findall(r"^\| [0-9]+ \| `(\w+)`", section("Refusals"), re.MULTILINE))
        source = (REPOSITORY / "daemon" / "front" / "routes" / "oauth.cpp").read_text()
        known = set(re.findall(r"case Errc::(\w+)", source))
        self.assertGreater(len(told), 7)
        self.assertLessEqual(told, known)
