"""`jeton exec`: programs that read a file, an environment or a URL, and know nothing of sockets."""

import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import BUILD, ENVIRONMENT, INVOICES, REFUSED, SEALED, UNREACHABLE, USAGE, USER, Scenario, wait_until, wire
from people import Person, client_program
from programs import alive, process_table, sanitizer
from system import SystemScenario

LOOK = 10  # seconds: as often does the keeper look
FOLLOWS = LOOK + 8


class Exec(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()
        self.ok("binding", "add", self.connection, "--user", USER)
        self.running = []

    def run_command(self, *words, options=(), connection=None, **more):
        return self.jeton("exec", connection or self.connection, *options, "--", *words, **more)

    def environment_of(self, *options, **more):
        """What the command finds in its environment."""
        run = self.run_command("env", "-0", options=options, **more)
        self.assertEqual(run.code, 0, run)
        return dict(line.split("=", 1) for line in run.out.split("\0") if line)

    def start(self, *words, options=(), stdin=subprocess.PIPE):
        process = subprocess.Popen(
            [BUILD / "jeton", "exec", self.connection, *options, "--", *words],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        self.addCleanup(self.end, process)
        return process

    def start_showing(self, *names, options=()):
        """A command that says these variables, then waits to be told to end: (process, the values)."""
        shown = " ".join(f'"${name}"' for name in names)
        process = self.start("sh", "-c", f"printf '%s\\n' {shown}; read -r _", options=options)
        return process, [process.stdout.readline().rstrip("\n") for _ in names]

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    @staticmethod
    def keeper_of(token_file):
        return int(pathlib.Path(token_file).parts[2])

    def assertIsTokenOf(self, token, client_id):
        self.assertEqual(wire.claims(token)[1]["client_id"], client_id)


class Command(Exec):
    def test_the_command_finds_a_file_with_a_token_and_what_belongs_to_it(self):
        run = self.run_command("sh", "-c", 'cat "$JETON_TOKEN_FILE"')
        self.assertEqual((run.code, run.err), (0, ""), run)
        self.assertIsTokenOf(run.out, self.client_id)
        self.assertEqual(run.out, run.out.strip(), "no newline: what is read stands in a header as it is")
        found = self.environment_of()
        self.assertEqual((found["JETON_TENANT"], found["JETON_ENVIRONMENT"]), ("1234567", "integration"))
        self.assertEqual(found["JETON_APP_KEY"], self.ok("app", "show", "dispatcher")["app_key"])
        self.assertRegex(found["JETON_TOKEN_FILE"], r"^/proc/[0-9]+/fd/[0-9]+$")

    def test_a_token_is_in_the_environment_only_where_it_was_asked_for(self):
        run = self.run_command("sh", "-c", 'env; echo; cat "$JETON_TOKEN_FILE"')
        environment, token = run.out.rsplit("\n\n", 1)
        self.assertNotIn(token, environment)
        self.assertNotIn("CLIENT_SECRET", environment)
        found = self.environment_of("--env", "API_TOKEN=access_token", "--env", "TENANT_ID=tenant", "--env", "APP=app")
        self.assertIsTokenOf(found["API_TOKEN"], self.client_id)
        self.assertEqual((found["TENANT_ID"], found["APP"]), ("1234567", "dispatcher"))

    def test_its_words_are_taken_as_they_are(self):
        words = ["[a,b]", "", "--json", "--", "-x", "a b", "exec", "token"]
        run = self.run_command("sh", "-c", 'for w; do printf "<%s>" "$w"; done', "sh", *words)
        self.assertEqual(run.out, "".join(f"<{word}>" for word in words), run)

    def test_it_ends_as_its_command_ends(self):
        for words, code in (
            (["true"], 0), (["sh", "-c", "exit 7"], 7), (["/no/such/program"], 127), (["no-such-program"], 127),
            (["/"], 126), (["/etc/passwd"], 126), (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
        ):  # fmt: skip
            with self.subTest(words):
                self.assertEqual(self.run_command(*words).code, code)
        # As a shell sees the last one.
        quoted = f'"{BUILD}/jeton" exec {self.connection} -- sh -c "kill -TERM \\$\\$"; echo $?'
        environment = {**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}
        shell = subprocess.run(["sh", "-c", quoted], capture_output=True, text=True, env=environment, cwd="/")
        self.assertEqual(shell.stdout, "143\n", shell)

    def test_signals_reach_it_and_nothing_of_ours_is_below_it(self):
        process = self.start("sh", "-c", 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.05; done')
        self.assertEqual(process.stdout.readline(), "ready\n")
        below = [name for parent, name, state in process_table().values() if parent == process.pid and state != "Z"]
        self.assertTrue(set(below) <= {"sh", "sleep"}, below)
        process.terminate()
        self.assertEqual(process.communicate(timeout=10)[0], "caught\n")
        self.assertEqual(process.returncode, 3)

    def test_limits_and_signals_are_those_that_jeton_found(self):
        script = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ulimit -c; ulimit -Hc; ulimit -n"
        plain = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
        run = self.run_command("sh", "-c", script)
        self.assertEqual(run.out, plain.stdout)

    def test_no_descriptor_of_ours_is_left_open_in_it(self):
        run = self.run_command("ls", "/proc/self/fd")
        self.assertEqual(run.out.split(), ["0", "1", "2", "3"], "3 is the directory that ls reads")

    def test_an_outer_exec_does_not_shine_through(self):
        other, _ = self.connected("7654321")
        self.ok("binding", "add", other, "--user", USER)
        run = self.run_command(
            BUILD / "jeton", "exec", other, "--", "env", options=("--serve",), environment={"JETON_CLIENT_ID": "x"}
        )
        found = dict(line.split("=", 1) for line in run.out.splitlines())
        self.assertEqual(found["JETON_TENANT"], "7654321")
        for name in ("JETON_TOKEN_URL", "JETON_CLIENT_ID", "JETON_CLIENT_SECRET"):
            self.assertNotIn(name, found)


class Refusals(Exec):
    def assertNotRun(self, *words, code, said=(), options=(), **more):
        marker = pathlib.Path(self.scratch(), "ran")
        run = self.run_command("touch", marker, options=options, **more)
        self.assertEqual(run.code, code, run)
        self.assertFalse(marker.exists(), "the command was run")
        for text in said:
            self.assertIn(text, run.err)
        return run

    def test_without_a_token_the_command_is_not_run(self):
        other, _ = self.connected("7654321")
        self.assertNotRun(code=REFUSED, said=["no binding", "jeton explain"], connection=other)
        self.assertNotRun(code=USAGE, said=["APP/TENANT@ENVIRONMENT"], connection="dispatcher")
        self.ok("access", "disable", self.connection, "--yes")
        self.assertNotRun(code=REFUSED, said=["disabled"])
        self.ok("access", "enable", self.connection)
        self.ok("seal", "--yes")
        self.assertNotRun(code=SEALED, said=["jeton unseal"])
        self.daemon.stop()
        self.assertNotRun(code=UNREACHABLE, said=["jetond --user"])

    def test_a_command_stands_behind_two_dashes(self):
        for words in (["ls", "-l"], []):
            run = self.jeton("exec", self.connection, *words)
            self.assertEqual(run.code, USAGE, run)
            self.assertIn("-- COMMAND", run.err)
        self.assertEqual(self.jeton("exec", self.connection, "--").code, USAGE)
        self.assertEqual(self.jeton("exec", self.connection, "--", "true", "--", "x").code, 0)

    def test_members_that_there_are_not_are_told_with_the_nearest(self):
        self.assertNotRun(code=USAGE, said=["access_token?"], options=("--env", "T=acces_token"))
        self.assertNotRun(code=USAGE, said=["one of access_token, token_file"], options=("--env", "T=password"))
        self.assertNotRun(code=USAGE, said=["NAME=member"], options=("--env", "access_token"))
        self.assertNotRun(code=USAGE, said=["NAME=member"], options=("--env", "2X=tenant"))
        self.assertNotRun(code=USAGE, said=["T twice"], options=("--env", "T=tenant", "--env", "T=app"))
        self.assertNotRun(code=USAGE, said=["--serve"], options=("--env", "ID=client_id"))

    def test_what_is_wrong_in_a_file_is_told_by_its_line(self):
        file = pathlib.Path(self.scratch(), "settings.env")
        for text, said in (
            ("A=1\nB C\n", ["settings.env, line 2", "NAME=VALUE"]),
            ("A='1\n", ["line 1", "quotes"]),
            ("\n\nA=jeton://dispatcher/1234567@integration/client_idd\n", ["line 3", "did you mean client_id?"]),
            ("A=jeton://dispatcher\n", ["line 1", "jeton://APP/TENANT@ENVIRONMENT/member"]),
            ("A=jeton://dispatcher/1234567@integration/client_id\n", ["line 1", "--serve"]),
        ):
            with self.subTest(text):
                file.write_text(text)
                run = self.run_command("true", options=("--env-file", file))
                self.assertIn(run.code, (REFUSED, USAGE), run)
                for one in said:
                    self.assertIn(one, run.err)
        self.assertNotRun(code=REFUSED, said=["cannot be opened"], options=("--env-file", "/no/such/file"))


class Files(Exec):
    def test_an_env_file_refers_to_several_connections_and_holds_no_secret(self):
        other, other_id = self.connected("7654321")
        self.ok("binding", "add", other, "--user", USER)
        file = pathlib.Path(self.scratch(), ".env")
        file.write_bytes(
            b"\xef\xbb\xbf# two tenants\r\n"
            b"export NORTH_TENANT=jeton://dispatcher/1234567@integration/tenant\r\n"
            b"SOUTH_TOKEN = jeton://dispatcher/7654321@integration/access_token\r\n"
            b"SOUTH_FILE='jeton://dispatcher/7654321@integration/token_file' # where it stays fresh\r\n"
            b"SOUTH_ID=jeton://dispatcher/7654321@integration/client_id\r\n"
            b'PLAIN="two words, $HOME"\r\nHASH=a#b # not this\r\nEMPTY=\r\nOVER=file\r\nOVER=last\r\n'
        )
        found = self.environment_of("--env-file", file, "--serve", "--env", "EMPTY=app")
        self.assertEqual((found["NORTH_TENANT"], found["PLAIN"], found["HASH"], found["EMPTY"], found["OVER"]),
                         ("1234567", "two words, $HOME", "a#b", "dispatcher", "last"))  # fmt: skip
        self.assertIsTokenOf(found["SOUTH_TOKEN"], other_id)
        self.assertNotEqual(found["SOUTH_FILE"], found["JETON_TOKEN_FILE"])
        self.assertNotEqual(found["SOUTH_ID"], found["JETON_CLIENT_ID"])
        run = self.run_command("sh", "-c", 'cat "$SOUTH_FILE"', options=("--env-file", file, "--serve"))
        self.assertIsTokenOf(run.out, other_id)

    def test_the_file_goes_with_the_command_and_so_does_its_keeper(self):
        for how in ("end", "kill"):
            with self.subTest(how):
                process, (file,) = self.start_showing("JETON_TOKEN_FILE")
                self.assertIsTokenOf(pathlib.Path(file).read_text(), self.client_id)
                keeper = self.keeper_of(file)
                if how == "end":
                    process.communicate("\n", timeout=10)
                else:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait(10)
                wait_until(lambda: not alive(keeper), 5, what="the end of the keeper")
                self.assertFalse(os.path.exists(file))

    def test_it_is_one_file_of_one_moment_and_nobody_can_write_to_it(self):
        process, (file,) = self.start_showing("JETON_TOKEN_FILE")
        self.assertEqual(os.stat(file).st_mode & 0o7777, 0o400)
        with open(file, "rb", buffering=0) as first:
            half = first.read(10)
            self.ok("secret", "generate", self.connection)  # the epoch grows: the next look brings another token
            before = pathlib.Path(file).read_text()
            wait_until(lambda: pathlib.Path(file).read_text() != before, FOLLOWS, 0.2, "another token in the file")
            rest = first.read()
        self.assertEqual((half + rest).decode(), before, "who has begun to read ends with the same token")
        self.assertIsTokenOf(pathlib.Path(file).read_text(), self.client_id)
        with self.assertRaises(OSError):
            os.write(os.open(file, os.O_RDWR), b"x")

    def test_disabling_takes_the_file_away_and_enabling_brings_it_back(self):
        process, (file,) = self.start_showing("JETON_TOKEN_FILE")
        self.ok("access", "disable", self.connection, "--yes")
        wait_until(lambda: not os.path.exists(file), FOLLOWS, 0.1, "the end of the file")
        self.ok("access", "enable", self.connection)
        wait_until(lambda: os.path.exists(file), FOLLOWS, 0.1, "the file")
        self.assertIsTokenOf(pathlib.Path(file).read_text(), self.client_id)
        _, told = process.communicate("\n", timeout=10)
        self.assertEqual(process.returncode, 0)
        lines = told.splitlines()
        self.assertEqual(len(lines), 2, told)
        self.assertIn("is gone until this changes: dispatcher/1234567@integration is disabled", lines[0])
        self.assertIn("is fresh again", lines[1])

    def test_a_restart_of_the_daemon_is_not_noticed(self):
        process, (file,) = self.start_showing("JETON_TOKEN_FILE")
        self.daemon.stop()
        time.sleep(LOOK + 1)
        self.assertIsTokenOf(pathlib.Path(file).read_text(), self.client_id)
        self.daemon.start()
        before = pathlib.Path(file).read_text()
        wait_until(lambda: pathlib.Path(file).read_text() != before, FOLLOWS, 0.2, "a token of the new daemon")
        _, told = process.communicate("\n", timeout=10)
        self.assertEqual((process.returncode, told), (0, ""))

    def test_nothing_is_written_to_a_disk(self):
        process, (file,) = self.start_showing("JETON_TOKEN_FILE", options=("--serve",))
        token = pathlib.Path(file).read_bytes()
        self.assertTrue(os.readlink(file).startswith("/memfd:"), os.readlink(file))
        for written in self.daemon.files():
            self.assertNotIn(token, written.read_bytes(), written)
        process.communicate("\n", timeout=10)


class Strangers(SystemScenario):
    def test_another_user_cannot_open_the_file(self):
        self.local_environment()
        self.app()
        connection, client_id = self.connected()
        worker, other = Person("www-data", groups=()), Person("mail", groups=())
        self.ok("binding", "add", connection, "--user", worker.name)
        process = subprocess.Popen(
            [client_program(), "exec", connection, "--serve", "--", "sh", "-c", 'echo "$JETON_TOKEN_FILE"; read -r _'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, **worker.process_options(),
        )  # fmt: skip
        self.addCleanup(Exec.end, process)
        file = process.stdout.readline().strip()
        mine = subprocess.run(["cat", file], capture_output=True, text=True, **worker.process_options())
        self.assertEqual(wire.claims(mine.stdout)[1]["client_id"], client_id)
        theirs = subprocess.run(["cat", file], capture_output=True, text=True, **other.process_options())
        self.assertEqual((theirs.stdout, theirs.returncode != 0), ("", True))
        process.communicate("\n", timeout=10)


class Serve(Exec):
    NAMES = ("JETON_TOKEN_URL", "JETON_CLIENT_ID", "JETON_CLIENT_SECRET")

    def setUp(self):
        super().setUp()
        self.process, (self.url, self.own_id, self.own_secret) = self.start_showing(*self.NAMES, options=("--serve",))

    def ask(self, form=None, url=None, headers=None, method="POST", **more):
        """(status, headers, JSON)"""
        fields = {"grant_type": "client_credentials", **(form or {}), **more}
        request = urllib.request.Request(
            url or self.url, urllib.parse.urlencode(fields).encode() if method == "POST" else None, headers or {},
            method=method,
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers, json.load(refusal)

    def with_pair(self, **more):
        return self.ask(client_id=self.own_id, client_secret=self.own_secret, **more)

    def test_it_answers_as_a_token_endpoint_does(self):
        self.assertRegex(self.url, r"^http://127\.0\.0\.1:[0-9]+/connect/token$")
        self.assertRegex(self.own_id, r"^jid\.[0-9a-z]{25}$")
        self.assertRegex(self.own_secret, r"^jcs\.[0-9a-z]{50}$")
        status, headers, answer = self.with_pair()
        self.assertEqual((status, answer["token_type"], answer["connection"]), (200, "Bearer", self.connection))
        self.assertIsTokenOf(answer["access_token"], self.client_id)
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertRegex(headers["Jeton-Epoch"], r"^\S+ [0-9]+ [0-9]+$")
        basic = {"Authorization": wire.basic(self.own_id, self.own_secret)}
        self.assertEqual(self.ask(headers=basic)[0], 200)
        self.assertEqual(self.with_pair(scope=INVOICES)[2]["scope"], INVOICES)
        self.assertEqual(self.with_pair(scope="tn.crm.customers:r")[2]["error"], "invalid_scope")
        self.assertEqual(self.with_pair(grant_type="password")[2]["error"], "unsupported_grant_type")
        self.assertEqual(self.with_pair(connection=self.connection)[0], 200)

    def test_it_is_asked_as_the_user_who_runs_exec(self):
        self.with_pair()
        (entry,) = [e for e in self.ok("audit", "list", "--event", "token.issued") if e["result"] == "done"]
        self.assertEqual((entry["actor"]["user"], entry["via"].split()[0]), (USER, "binding"))

    def test_a_pair_that_is_not_its_own_is_refused(self):
        wrong = self.own_secret[:-1] + ("0" if self.own_secret[-1] != "0" else "1")
        began = time.monotonic()
        status, _, answer = self.ask(client_id=self.own_id, client_secret=wrong)
        self.assertEqual((status, answer["error"]), (400, "invalid_client"))
        self.assertGreater(time.monotonic() - began, 0.9, "who guesses waits")
        status, headers, _ = self.ask(headers={"Authorization": wire.basic(self.own_id, wrong)})
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, 'Basic realm="jeton exec"'))
        self.assertEqual(self.ask()[0], 401)
        self.assertEqual(self.ask(client_id=self.own_id)[0], 401)
        other, _, secret = super().with_pair("7654321")
        self.assertEqual(self.ask(client_id=self.client_id, client_secret=secret)[0], 400)
        self.assertEqual(self.with_pair(connection=other)[2]["error"], "invalid_request")
        # On the daemon's own sockets the pair is worth nothing.
        answer = self.post("/token", client_id=self.own_id, client_secret=self.own_secret)
        self.assertRefusal(answer, 400, "invalid_client")

    def test_a_browser_a_proxy_and_what_is_no_token_request_are_refused(self):
        form = {"client_id": self.own_id, "client_secret": self.own_secret}
        for headers in ({"Origin": "https://example.com"}, {"Sec-Fetch-Site": "same-site"}, {"Via": "1.1 proxy"},
                        {"X-Forwarded-Host": "x"}, {"Forwarded": "for=1"}):  # fmt: skip
            self.assertEqual(self.ask(form, headers=headers)[0], 403, headers)
        self.assertEqual(self.ask(form, headers={"Host": "rebound.example.com"})[0], 400)
        self.assertEqual(self.ask(form, headers={"Content-Type": "application/json"})[0], 400)
        self.assertEqual(self.ask(form, url=self.url + "?x=1")[0], 400)
        self.assertEqual(self.ask(form, url=self.url.replace("/connect/token", "/v1/apps"))[0], 404)
        status, headers, _ = self.ask(method="GET")
        self.assertEqual((status, headers["Allow"]), (405, "POST"))

    def raw(self, data):
        host, port = self.url.split("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            plain.sendall(data)
            return wire.read_all(plain)

    def test_malformed_requests_get_an_answer_and_hurt_nobody(self):
        host = self.url.split("/")[2]
        head = f"POST /connect/token HTTP/1.1\r\nHost: {host}\r\n".encode()
        form = b"Content-Type: application/x-www-form-urlencoded\r\n"
        for data, status in (
            (b"nonsense\r\n\r\n", 400), (head + b"Content-Length: x\r\n\r\n", 400), (head + form + b"\r\n", 411),
            (head + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400), (head + b"no colon\r\n\r\n", 400),
            (head + form + b"Content-Length: 999999\r\n\r\n", 413), (head + b"X: " + b"a" * 20000 + b"\r\n\r\n", 431),
            (head + form + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
            (head.replace(b"1.1", b"1.0", 1) + b"\r\n", 505), (head + form + b"Content-Length: 1\r\n\r\nabc", 400),
            (head + form + b"Content-Length: 3\r\n\r\n%zz", 400), (head + b" folded\r\n\r\n", 400),
        ):  # fmt: skip
            with self.subTest(data[:120]):
                self.assertEqual(wire.statuses(self.raw(data))[:1], [status])
        self.assertEqual(self.with_pair()[0], 200)

    def test_slow_strangers_do_not_keep_the_command_from_its_token(self):
        host, port = self.url.split("/")[2].split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(31)]
        self.assertEqual(self.with_pair()[0], 200)
        for one in slow:
            one.close()

    def test_a_pause_is_seen_at_once_and_a_daemon_that_is_away_is_told(self):
        self.ok("access", "disable", self.connection, "--yes")
        self.assertEqual(self.with_pair()[2]["error"], "unauthorized_client")
        self.ok("access", "enable", self.connection)
        self.assertEqual(self.with_pair()[0], 200)
        self.daemon.stop()
        status, headers, answer = self.with_pair()
        self.assertEqual((status, answer["error"], headers["Retry-After"]), (503, "temporarily_unavailable", "5"))
        self.daemon.start()
        self.assertEqual(self.with_pair()[0], 200)

    def test_a_request_that_no_thread_can_be_had_for_does_not_end_the_keeper(self):
        if reason := sanitizer():
            self.skipTest(reason)
        _, (url, client_id, secret, file) = self.start_showing(*self.NAMES, "JETON_TOKEN_FILE", options=("--serve",))
        keeper = self.keeper_of(file)
        # Without an address for its stack there is no thread: unlike RLIMIT_NPROC this holds for root, too.
        pages = int(pathlib.Path(f"/proc/{keeper}/statm").read_text().split()[0])
        before = resource.prlimit(keeper, resource.RLIMIT_AS)
        resource.prlimit(keeper, resource.RLIMIT_AS, (pages * resource.getpagesize(), before[1]))
        with self.assertRaises(OSError):
            self.ask(url=url, client_id=client_id, client_secret=secret)
        resource.prlimit(keeper, resource.RLIMIT_AS, before)
        self.assertEqual(self.ask(url=url, client_id=client_id, client_secret=secret)[0], 200)

    def test_the_pair_and_the_port_die_with_the_command(self):
        self.process.communicate("\n", timeout=10)
        address = urllib.parse.urlsplit(self.url)

        def refused():
            with socket.socket() as plain:
                return plain.connect_ex((address.hostname, address.port)) != 0

        wait_until(refused, 5, what="the end of the port")
        _, (url, client_id, secret) = self.start_showing(*self.NAMES, options=("--serve",))
        self.assertNotEqual((client_id, secret), (self.own_id, self.own_secret))
        self.assertEqual(self.ask(url=url, client_id=self.own_id, client_secret=self.own_secret)[0], 400)

    def test_names_of_the_program_itself_are_filled(self):
        found = self.environment_of(
            "--serve", "--env", "ST_CLIENT_ID=client_id", "--env", "ST_CLIENT_SECRET=client_secret",
            "--env", "ST_AUTH_URL=token_url", "--env", "ST_TENANT_ID=tenant", "--env", "ST_APP_KEY=app_key",
        )  # fmt: skip
        self.assertEqual(found["ST_CLIENT_ID"], found["JETON_CLIENT_ID"])
        self.assertEqual(found["ST_CLIENT_SECRET"], found["JETON_CLIENT_SECRET"])
        self.assertEqual(found["ST_AUTH_URL"], found["JETON_TOKEN_URL"])
        self.assertEqual((found["ST_TENANT_ID"], found["ST_APP_KEY"]), ("1234567", found["JETON_APP_KEY"]))
