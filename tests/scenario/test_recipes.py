"""docs/programs.md, its code blocks and docs/examples: what stands there runs, as it stands there."""

import json
import pathlib
import re
import shutil
import subprocess

from api import Api
from harness import BUILD, ENVIRONMENT, USER, Scenario, wire
from pages import typed_of
from people import Person, client_program
from programs import REPOSITORY, UPSTREAM, python_with
from system import SystemScenario

PAGE = REPOSITORY / "docs" / "programs.md"
EXAMPLES = REPOSITORY / "docs" / "examples"
PYTHON, NODE = REPOSITORY / "libclient" / "python", REPOSITORY / "libclient" / "node"
TOKEN_URL = "https://auth-integration.servicetitan.io/connect/token"
INTEGRATION, PRODUCTION = "dispatcher/1234567@integration", "dispatcher/1234567@production"


def blocks(title, language):
    """The code blocks of one section of the page, in order."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)


class Recipes(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment("integration", "--host-alias", "auth-integration.servicetitan.io")
        self.local_environment("production")
        self.app()
        self.client_ids = {}
        for environment, connection in (("integration", INTEGRATION), ("production", PRODUCTION)):
            _, self.client_ids[connection] = self.connected("1234567", environment)
            self.ok("binding", "add", connection, "--user", USER)
        self.api = Api()
        self.addCleanup(self.api.close)
        self.work = pathlib.Path(self.scratch())

    def type_it(self, *command, **environment):
        run = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=180, cwd=self.work,
            env={
                **ENVIRONMENT, "PATH": f"{BUILD}:{ENVIRONMENT['PATH']}", "JETON_SOCKET_DIR": str(self.daemon.run),
                "API_URL": self.api.url, "PYTHONPATH": str(PYTHON), "PYTHONDONTWRITEBYTECODE": "1", **environment,
            },
        )  # fmt: skip
        self.assertEqual(run.returncode, 0, f"{command}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def assertIsTokenOf(self, connection, token):
        self.assertEqual(wire.claims(token.strip())[1]["client_id"], self.client_ids[connection])

    def python(self, module, *words, **more):
        python = python_with(module)
        if python is None:
            self.skipTest(f"no Python here has {module} (tools/dependencies)")
        return self.type_it(python, *words, **more)


class Exec(Recipes):
    def report(self, text):
        program = self.work / "report"
        program.write_text("#!/bin/sh\n" + text)
        program.chmod(0o755)

    def test_a_file_and_what_belongs_to_it(self):
        (first, second) = blocks("A file that stays fresh", "sh")
        self.report('cat "$JETON_TOKEN_FILE"\n')
        self.assertIsTokenOf(PRODUCTION, self.type_it("sh", "-c", first))
        (with_env, with_file) = re.findall(r"^jeton exec .*$", second, re.MULTILINE)
        self.report('echo "$API_TOKEN $ST_TENANT_ID"\n')
        token, tenant = self.type_it("sh", "-c", with_env).split()
        self.assertIsTokenOf(PRODUCTION, token)
        self.assertEqual(tenant, "1234567")
        self.connected("7654321", "production")
        self.ok("binding", "add", "dispatcher/7654321@production", "--user", USER)
        (file,) = re.findall(r"^```\n(# report\.env\n.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        (self.work / "report.env").write_text(file)
        self.report('echo "$ST_TENANT_ID $ST_APP_KEY $LOG_LEVEL"; cat "$OTHER_TOKEN_FILE"\n')
        words, token = self.type_it("sh", "-c", with_file).split("\n")
        self.assertEqual(words, f"1234567 {self.ok('app', 'show', 'dispatcher')['app_key']} info")
        self.assertEqual(wire.claims(token)[1]["tenant"], "7654321")

    def test_a_token_url(self):
        (command,) = blocks("A token URL", "sh")
        self.report(
            'curl -sS --fail "$ST_AUTH_URL" -d grant_type=client_credentials -d client_id="$ST_CLIENT_ID" '
            '-d client_secret="$ST_CLIENT_SECRET" -d min_ttl=840\n'
        )
        answer = json.loads(self.type_it("sh", "-c", command))
        self.assertIsTokenOf(PRODUCTION, answer["access_token"])
        self.assertGreaterEqual(answer["expires_in"], 840)

    def test_curl_and_the_shell(self):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed (tools/dependencies)")
        (block,) = blocks("curl and the shell", "sh")
        first, second, third = re.split(r"\n(?=\S)", block.strip())
        self.assertIsTokenOf(INTEGRATION, json.loads(self.type_it("sh", "-c", first))["access_token"])
        for command in (second, third):
            self.assertTrue(json.loads(self.type_it("sh", "-c", command))["ok"])
        self.assertEqual(len(self.api.calls), 2)


class Python(Recipes):
    def test_the_package_alone(self):
        program = blocks("Python", "python")[0]
        token, left, app_key = self.type_it("python3", "-c", program).split()
        self.assertIsTokenOf(INTEGRATION, token)
        self.assertEqual((app_key, int(left) > 300), (self.ok("app", "show", "dispatcher")["app_key"], True))

    def test_it_says_why_there_is_no_token_and_trusts_no_strange_directory(self):
        program = (
            "import jeton, sys\ntry:\n    jeton.token(*sys.argv[1:2])\n"
            "except jeton.Error as no:\n    print(type(no).__name__, getattr(no, 'error', ''), no)\n"
        )
        said = self.type_it("python3", "-c", program, "dispatcher/9999999@integration")
        self.assertRegex(said, r"^Refused invalid_client .*jeton explain")
        strange = self.work / "strange"
        strange.mkdir()
        strange.chmod(0o777)
        said = self.type_it("python3", "-c", program, JETON_SOCKET_DIR=str(strange))
        self.assertRegex(said, r"^Untrusted .*others may write")
        self.assertRegex(self.type_it("python3", "-c", program, JETON_SOCKET_DIR="/no"), "^Unreachable .*/no")

    FORM = '{"grant_type": "client_credentials", "client_id": "cid.x", "client_secret": "of the portal"}'

    def test_requests_takes_the_token_url_to_the_socket_and_nothing_else(self):
        program = blocks("Python", "python")[1] + (
            f"\nimport os\nanswer = session.post({TOKEN_URL!r}, data={self.FORM}, timeout=10)\n"
            "answer.raise_for_status()\ntoken = answer.json()['access_token']\nprint(token)\n"
            "print(session.get(os.environ['API_URL'], headers={'Authorization': token}).status_code)\n"
        )
        token, status = self.python("requests", "-c", program).split()
        self.assertIsTokenOf(INTEGRATION, token)
        self.assertEqual((status, self.api.calls), ("200", [token]))

    def test_httpx_takes_the_token_url_to_the_socket_and_nothing_else(self):
        program = blocks("Python", "python")[2] + (
            f"\nimport asyncio, os\n"
            f"token = client.post({TOKEN_URL!r}, data={self.FORM}).raise_for_status().json()['access_token']\n"
            "print(token, client.get(os.environ['API_URL'], headers={'Authorization': token}).status_code)\n"
            "async def more():\n"
            f"    answer = await asynchronous.post({TOKEN_URL!r}, data={self.FORM})\n"
            "    token = answer.json()['access_token']\n"
            "    called = await asynchronous.get(os.environ['API_URL'], headers={'Authorization': token})\n"
            "    print(token, called.status_code)\n"
            "asyncio.run(more())\n"
        )
        program = program.replace(".raise_for_status().json()", ".json()")  # gives the answer only since httpx 0.25
        for line in self.python("httpx", "-c", program).splitlines():
            token, status = line.split()
            self.assertIsTokenOf(INTEGRATION, token)
            self.assertEqual(status, "200")
        self.assertEqual(len(self.api.calls), 2)

    def test_a_program_that_is_not_touched(self):
        (command,) = blocks("Python", "sh")
        for library in ("requests", "httpx"):
            (self.work / "program.py").write_text(
                f"import sys, {library}\nanswer = {library}.post({TOKEN_URL!r}, data={self.FORM})\n"
                "assert __name__ == '__main__' and sys.argv[1:] == ['ARGUMENTS'], sys.argv\n"
                "print(answer.json()['access_token'])\n"
            )
            python = python_with(library)
            if python is None:
                self.skipTest(f"no Python here has {library} (tools/dependencies)")
            token = self.type_it("sh", "-c", command.replace("python3", python, 1))
            self.assertIsTokenOf(INTEGRATION, token)

    def test_a_refusal_of_the_daemon_is_an_answer_and_its_absence_an_error_of_the_library(self):
        program = (
            "import requests, jeton.requests\ns = jeton.requests.mount(requests.Session())\n"
            f"try:\n    a = s.post({TOKEN_URL!r}, data={self.FORM})\n    print(a.status_code, a.json()['error'])\n"
            "except requests.exceptions.ConnectionError:\n    print('ConnectionError')\n"
        )
        self.assertEqual(self.python("requests", "-c", program), "400 invalid_client\n")
        self.daemon.stop()
        self.assertEqual(self.python("requests", "-c", program), "ConnectionError\n")


class Node(Recipes):
    def setUp(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed (tools/dependencies)")
        super().setUp()
        (self.work / "node_modules").mkdir()
        (self.work / "node_modules" / "jeton").symlink_to(NODE)

    FORM = "new URLSearchParams({ grant_type: 'client_credentials', client_id: 'cid.x', client_secret: 'of the portal' })"

    def node(self, program, *words, **more):
        (self.work / "program.mjs").write_text(program)
        return self.type_it(shutil.which("node"), *words, "program.mjs", **more)

    def through(self, fetch):
        return (
            f"\nconst answer = await {fetch}('{TOKEN_URL}', {{ method: 'POST', body: {self.FORM} }});\n"
            "const got = await answer.json();\nconsole.log(got.access_token);\n"
            f"const called = await {fetch}(process.env.API_URL, {{ headers: {{ authorization: got.access_token }} }});\n"
            "console.log(called.status);\n"
        )

    def test_the_module_and_its_fetch(self):
        program = blocks("Node.js", "js")[0] + "console.log(access_token);" + self.through("fetch")
        first, second, status = self.node(program).split()
        for token in (first, second):
            self.assertIsTokenOf(INTEGRATION, token)
        self.assertEqual((status, self.api.calls), ("200", [second]))

    def test_a_program_as_it_is(self):
        self.assertIn("node --import jeton/register program.mjs", PAGE.read_text())
        program = self.through("fetch")
        token, status = self.node(program, "--import", "jeton/register", JETON_CONNECTION=INTEGRATION).split()
        self.assertIsTokenOf(INTEGRATION, token)
        self.assertEqual(status, "200")

    def test_settings_that_are_there_and_empty_are_none(self):
        for origins in ("", "  "):
            settings = {"JETON_CONNECTION": INTEGRATION, "JETON_TOKEN_ORIGINS": origins}
            token, status = self.node(self.through("fetch"), "--import", "jeton/register", **settings).split()
            self.assertIsTokenOf(INTEGRATION, token)
            self.assertEqual(status, "200")

    def test_undici(self):
        undici = UPSTREAM / "node_modules" / "undici"
        if not undici.exists():
            self.skipTest("undici is not installed (npm ci in tests/upstream)")
        (self.work / "node_modules" / "undici").symlink_to(undici)
        pair = self.ok("secret", "generate", INTEGRATION)
        form = f"new URLSearchParams({{ grant_type: 'client_credentials', client_id: '{pair['client_id']}' }})"
        program = "import undici from 'undici';\nimport { dispatcher } from 'jeton';\n" + (
            "undici.setGlobalDispatcher(dispatcher(undici));" + self.through("undici.fetch").replace(self.FORM, form)
        )
        token, status = self.node(program).split()
        self.assertIsTokenOf(INTEGRATION, token)
        self.assertEqual((status, self.api.calls), ("200", [token]))

    def test_it_says_why_there_is_no_token_and_trusts_no_strange_directory(self):
        program = "import { token } from 'jeton';\nawait token(process.env.C).catch((no) => console.log(no.code, no.message));"
        said = self.node(program, C="dispatcher/9999999@integration")
        self.assertRegex(said, r"^invalid_client .*jeton explain")
        strange = self.work / "strange"
        strange.mkdir()
        strange.chmod(0o777)
        self.assertRegex(self.node(program, JETON_SOCKET_DIR=str(strange)), "^untrusted others may write")
        self.assertRegex(self.node(program, JETON_SOCKET_DIR="/no"), "^unreachable ")


class Examples(Recipes):
    def example(self, tool, *command, **more):
        if shutil.which(tool) is None:
            self.skipTest(f"{tool} is not installed (tools/dependencies)")
        self.assertIsTokenOf(INTEGRATION, self.type_it(*command, INTEGRATION, HOME=str(self.work), **more))

    def test_shell(self):
        self.assertIsTokenOf(
            INTEGRATION, json.loads(self.type_it("sh", EXAMPLES / "token.sh", INTEGRATION))["access_token"]
        )

    def test_python_with_the_standard_library(self):
        self.example("python3", "python3", EXAMPLES / "token_stdlib.py")

    def test_python_with_httpx(self):
        said = self.python("httpx", EXAMPLES / "token_httpx.py", INTEGRATION, self.api.url)
        self.assertIs(json.loads(said)["ok"], True)
        self.assertIsTokenOf(INTEGRATION, self.api.calls[-1])

    def test_cpp_with_libcurl(self):
        if shutil.which("c++") is None or shutil.which("curl-config") is None:
            self.skipTest("a C++ compiler and libcurl are needed (tools/dependencies)")
        program = self.work / "token"
        self.type_it("c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", EXAMPLES / "token.cpp", "-lcurl", "-o", program)
        self.assertIsTokenOf(INTEGRATION, json.loads(self.type_it(program, INTEGRATION))["access_token"])

    def test_node(self):
        self.example("node", shutil.which("node"), EXAMPLES / "token.mjs")

    def test_php(self):
        if shutil.which("php") is None:
            self.skipTest("php is not installed (tools/dependencies)")
        if "curl" not in subprocess.run(["php", "-m"], capture_output=True, text=True).stdout.split():
            self.skipTest("PHP has no curl extension here (php-curl)")
        self.example("php", "php", EXAMPLES / "token.php")

    def test_go(self):
        # Nothing but the standard library: it is built without a network and without a C compiler.
        self.example("go", "go", "run", EXAMPLES / "token.go", GOPROXY="off", CGO_ENABLED="0")


class Container(SystemScenario):
    """The socket's directory, mounted into another PID namespace with a /proc of its own."""

    def test_the_directory_is_mounted_and_the_binding_says_so(self):
        if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode != 0:
            self.skipTest("no PID namespace can be made here")
        (command,) = typed_of("docs/programs.md", "Containers")
        bind = command.text.split()
        self.assertEqual(bind[:3] + bind[4:5], ["jeton", "binding", "add", "--user"])
        self.local_environment()
        self.app()
        connection, client_id = self.connected()
        self.assertEqual(connection, bind[3])
        worker = Person("www-data", groups=())
        on_the_host = self.ok("binding", "add", connection, "--user", worker.name)["id"]
        place = pathlib.Path(self.scratch())
        place.chmod(0o755)
        inside = place / "jeton"
        inside.mkdir()

        def in_container(*command):
            user = ["setpriv", f"--reuid={worker.uid}", f"--regid={worker.gid}", "--clear-groups"]
            script = 'mount --bind "$0" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
            return subprocess.run(
                ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c", script, str(self.daemon.run),
                 str(inside), *user, *map(str, command)],
                capture_output=True, text=True, timeout=180, cwd="/",
                env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(inside)},
            )  # fmt: skip

        curl = (
            "curl", "-sS", "--unix-socket", inside / "token.sock", "http://localhost/token",
            "-d", "grant_type=client_credentials", "-d", f"connection={connection}",
        )  # fmt: skip
        self.assertEqual(json.loads(in_container(*curl).stdout)["error"], "invalid_client")
        self.ok("binding", "remove", on_the_host)
        self.ok(*bind[1:5], worker.name, *bind[6:])
        answer = in_container(*curl)
        self.assertEqual(wire.claims(json.loads(answer.stdout)["access_token"])[1]["client_id"], client_id)
        # In there `exec` has a /proc of its own, too.
        run = in_container(client_program(), "exec", connection, "--", "sh", "-c", 'cat "$JETON_TOKEN_FILE"')
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(wire.claims(run.stdout)[1]["client_id"], client_id)
