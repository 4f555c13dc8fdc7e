"""The command line itself: exit codes, JSON documents, refusals that end with the next command, no secret in argv."""

import itertools
import os
import select
import signal
import socket
import subprocess
import tempfile
import termios
import threading

from harness import DONE, INVOICES, REFUSED, SEALED, UNREACHABLE, USAGE, USER
from harness import Scenario, run_jeton, wait_until
from programs import BUILD, ENVIRONMENT
from terminal import on_a_terminal

ESCAPE = "\x1b["


class Codes(Scenario):
    def test_exit_codes(self):
        self.assertEqual(self.jeton("status").code, DONE)
        self.assertEqual(self.jeton("secret", "generate", "no/such@thing").code, REFUSED)
        self.assertEqual(self.jeton("app", "create").code, USAGE)
        with tempfile.TemporaryDirectory() as empty:
            unreachable = run_jeton(empty, "status")
            self.assertEqual(unreachable.code, UNREACHABLE, unreachable)
            self.assertEqual(unreachable.out, "")

    def test_T16_a_sealed_daemon_is_exit_4_and_says_so(self):
        self.local_environment()
        self.daemon.stop()
        self.daemon.key_file.rename(self.daemon.directory / "elsewhere")
        self.daemon.start(state=("sealed", "uninitialised"))
        run = self.jeton("app", "list")
        if run.code == USAGE:
            run = self.jeton("app", "connections", "dispatcher")
        self.assertEqual(run.code, SEALED, run)
        status = self.jeton("status", "--json")
        self.assertEqual(status.json["state"], "sealed", status)
        self.assertTrue(status.json["reason"])
        answer = self.post("/token")
        self.assertRefusal(answer, 503, "temporarily_unavailable")

    def test_version_and_help(self):
        run = self.jeton("--version")
        self.assertEqual(run.code, DONE)
        self.assertRegex(run.out, r"\d+\.\d+")
        for command in ((), ("app",), ("app", "create"), ("secret", "import")):
            run = self.jeton(*command, "--help")
            self.assertEqual(run.code, DONE, command)
            self.assertIn("jeton", run.out)

    def test_a_misspelt_command_gets_the_nearest_one(self):
        for typed, meant in (
            (("statsu",), "status"),
            (("secret", "genrate", "a/b@c"), "generate"),
            (("acess", "review"), "access"),
        ):
            with self.subTest(typed):
                run = self.jeton(*typed)
                self.assertEqual(run.code, USAGE, run)
                self.assertIn(meant, run.err)
                self.assertEqual(run.out, "")

    def test_an_error_is_one_json_object_on_stderr_with_json_and_ends_with_the_next_command_without(self):
        self.refused("app", "connections", "no-such-app", error="not_found")
        run = self.jeton("app", "connections", "no-such-app")
        self.assertEqual((run.code, run.out), (REFUSED, ""))
        self.assertIn("jeton ", run.err.strip().splitlines()[-1])

    def test_a_bad_name_is_told_with_what_is_wrong(self):
        self.refused("environment", "create", "Integration!", "--kind", "local", error="bad_input")
        self.refused("environment", "create", "token", "--kind", "local", error="bad_input")
        self.local_environment()
        self.refused("environment", "create", "integration", "--kind", "local", error="already_exists")


class Documents(Scenario):
    """Members may be added, never renamed."""

    def setUp(self):
        super().setUp()
        self.local_environment()

    def assertMembers(self, document, *members):
        self.assertEqual([one for one in members if one not in document], [], f"missing in {document}")

    def test_json_documents_have_their_members(self):
        app = self.app(scopes=(INVOICES,))
        self.assertMembers(app, "app", "organization", "homepage", "app_key", "credentials", "version", "scopes")
        connection = self.listed()
        review = self.ok("access", "review", connection)
        self.assertMembers(
            review, "connection", "state", "app", "accepted_version", "offered_version", "scopes", "added", "removed",
            "statement", "warnings",
        )  # fmt: skip
        self.assertMembers(review["scopes"][0], "name", "group", "display_name", "access")
        allowed = self.ok("access", "allow", connection, "--version", 1)
        self.assertMembers(allowed, "connection", "state", "client_id", "version", "consent")
        self.assertMembers(allowed["consent"], "source", "by", "at")
        made = self.ok("secret", "generate", connection)
        self.assertMembers(made, "connection", "client_id", "client_secret", "prefix", "created_at")
        secret = self.ok("secret", "list", connection)[0]
        self.assertMembers(
            secret, "connection", "prefix", "state", "created_at", "created_by", "last_used_at", "last_used_by",
            "deactivates_at",
        )  # fmt: skip
        row = self.ok("app", "connections", "dispatcher")[0]
        self.assertMembers(
            row, "connection", "app", "tenant", "environment", "state", "client_id", "secrets", "version",
            "current_version", "new_version_available", "allowed",
        )  # fmt: skip
        self.ok("binding", "add", connection, "--user", USER, "--default")
        token = self.ok("token")
        self.assertMembers(token, "access_token", "token_type", "expires_in", "scope", "connection", "app_key")
        entry = self.ok("audit", "list")[0]
        self.assertMembers(
            entry, "sequence", "at", "host", "actor", "event", "subject", "connection", "via", "result", "count"
        )
        self.assertMembers(entry["actor"], "uid", "user", "pid", "command", "unit")
        status = self.ok("status")
        self.assertMembers(status, "state", "reason", "version", "epoch", "environments")
        self.assertMembers(status["environments"][0], "name", "kind", "connections", "tokens_cached", "upstream")
        for at in (made["created_at"], entry["at"], allowed["consent"]["at"]):
            self.assertRegex(at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_listings_are_arrays_even_when_empty(self):
        self.app()
        for listing in (("app", "connections", "dispatcher"), ("binding", "list")):
            self.assertEqual(self.ok(*listing), [], listing)

    def test_the_audit_never_has_a_null_uid(self):
        self.assertTrue(all(isinstance(entry["actor"]["uid"], int) for entry in self.ok("audit", "list")))

    def test_a_reader_that_has_had_enough_is_told_nothing_and_a_full_disk_is(self):
        ends = (("| head -c 1 > /dev/null", DONE, ""), ("> /dev/full", REFUSED, "the output could not be written"))
        commands = ("scope list --quiet", "completion bash", "--help", "secret rotate --help", "--version")
        for command, (where, code, said) in itertools.product(commands, ends):
            with self.subTest(f"{command} {where}"):
                shell = f'"{BUILD / "jeton"}" {command} {where}'
                done = subprocess.run(
                    ["bash", "-c", shell], capture_output=True, text=True,
                    env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
                )  # fmt: skip
                self.assertEqual(done.returncode, code, done)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stderr == "", said == "", done.stderr)

    def test_whoami_names_the_user(self):
        self.assertIn(USER, self.text("whoami"))


class Confirmation(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()

    def test_S50_a_verb_that_needs_confirmation_is_refused_without_terminal_and_yes(self):
        for command in (
            ("access", "disable", self.connection),
            ("secret", "deactivate", self.connection, self.secret[:8]),
            ("secret", "rotate", self.connection, "--now"),
            ("secret", "rotate", self.connection, "--overlap", "0s"),
        ):
            with self.subTest(command[1]):
                refusal = self.refused(*command, error="confirmation_required")
                self.assertIn("--yes", refusal["next"])
        self.assertEqual(self.row(self.connection)["state"], "connected")
        self.assertToken(self.post("/token", client_id=self.client_id, client_secret=self.secret))
        self.ok("access", "disable", self.connection, "--yes")
        self.assertEqual(self.row(self.connection)["state"], "disabled")

    def on_a_terminal(self, *arguments, **options):
        return on_a_terminal(self.daemon.run, *arguments, **options)

    def test_S50_on_a_terminal_it_asks_to_confirm_and_continue(self):
        code, shown = self.on_a_terminal("access", "disable", self.connection, typed="no\n")
        self.assertEqual(code, REFUSED, shown)
        self.assertIn("Confirm and Continue", shown)
        self.assertEqual(self.row(self.connection)["state"], "connected")
        code, shown = self.on_a_terminal("access", "disable", self.connection, typed="yes\n")
        self.assertEqual(code, DONE, shown)
        self.assertEqual(self.row(self.connection)["state"], "disabled")

    def test_colour_only_on_a_terminal_and_never_with_NO_COLOR(self):
        command = ("app", "connections", "dispatcher")
        self.assertNotIn(ESCAPE, self.text(*command))
        self.assertIn(ESCAPE, self.text(*command, "--color=always"))
        self.assertIn(ESCAPE, self.text(*command, "--color=always", environment={"NO_COLOR": "1"}))
        self.assertIn(ESCAPE, self.on_a_terminal(*command)[1])
        self.assertNotIn(ESCAPE, self.on_a_terminal(*command, environment={"NO_COLOR": "1"})[1])
        self.assertNotIn(ESCAPE, self.on_a_terminal(*command, "--color=never")[1])
        self.assertNotIn(ESCAPE, self.text("app", "connections", "dispatcher", "--json", "--color=always"))

    def test_what_is_typed_unseen_stays_so_when_the_command_was_stopped_and_continued(self):
        def stop_and_continue(process, terminal):
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            modes = termios.tcgetattr(terminal)
            self.assertFalse(modes[3] & termios.ECHO)
            modes[3] |= termios.ECHO  # as shells do before `fg`
            termios.tcsetattr(terminal, termios.TCSANOW, modes)
            process.send_signal(signal.SIGCONT)

        code, shown = self.on_a_terminal(
            "secret", "identify", typed=[stop_and_continue, self.secret + "\n"], asked=["(unseen): ", "(unseen): "]
        )
        self.assertEqual(code, DONE, shown)
        self.assertEqual(shown.count("(unseen): "), 2, shown)
        self.assertNotIn(self.secret, shown)
        self.assertIn(self.connection, shown)

    def test_a_shell_gets_its_echo_back_while_a_command_that_hides_what_is_typed_is_stopped(self):
        shell, terminal = os.forkpty()
        if shell == 0:
            os.environ.update({**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run), "PS1": "shell> "})
            os.execv("/bin/sh", ["sh", "-i"])  # dash leaves the terminal as it finds it
        self.addCleanup(os.waitpid, shell, 0)
        self.addCleanup(os.close, terminal)
        shown = ""

        def see(what):
            nonlocal shown
            while what not in shown:
                self.assertTrue(select.select([terminal], [], [], 10)[0], shown)
                shown += os.read(terminal, 65536).decode(errors="replace")
            shown = ""

        def echo():
            return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

        see("shell> ")
        os.write(terminal, f"{BUILD}/jeton secret identify\n".encode())
        see("(unseen): ")
        wait_until(lambda: not echo(), 5, 0.01, "the echo to go")
        os.write(terminal, b"\x1a")
        see("shell> ")
        self.assertTrue(echo())
        os.write(terminal, b"fg\n")
        see("(unseen): ")
        wait_until(lambda: not echo(), 5, 0.01, "the echo to go")
        os.write(terminal, b"\x1a")
        see("shell> ")
        os.write(terminal, b"kill %1\n")  # from the background it may not touch the terminal
        see("shell> ")
        os.write(terminal, b"jobs; echo no $((40 + 2)) more\n")
        see("no 42 more")
        os.write(terminal, b"exit\n")

    def test_a_terminal_of_another_session_as_su_hands_it_on_gets_its_echo_back(self):
        terminal, slave = os.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen(
            [BUILD / "jeton", "secret", "identify"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(slave)

        def echo():
            return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

        wait_until(lambda: not echo(), 5, 0.01, "the echo to go")
        process.terminate()
        self.assertEqual(process.wait(5), 128 + signal.SIGTERM)
        self.assertTrue(echo())

    def test_a_table_fits_the_terminal(self):
        _, shown = self.on_a_terminal("app", "connections", "dispatcher", "--color=never")
        self.assertLessEqual(max(map(len, shown.splitlines())), 80, shown)

    def test_secrets_are_not_taken_from_the_command_line(self):
        run = self.jeton("secret", "import", self.connection, "--client-id", "cid.x", "--secret", "cs1.argv")
        self.assertEqual(run.code, USAGE, run)
        self.assertNotIn("cs1.argv", run.out + run.err)


class Attestation(Scenario):
    """The CLI asks who serves before it sends a byte."""

    starts_daemon = False

    def fake(self, directory, *command, stdin=""):
        """Runs a command against a socket that is not jeton's: the run, and the bytes that it got."""
        received, listeners = [], []
        for name in ("token.sock", "control.sock"):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{directory}/{name}")
            listener.listen()
            listener.settimeout(0.1)
            listeners.append(listener)
        stop = threading.Event()

        def serve():
            while not stop.is_set():
                for listener in listeners:
                    try:
                        session, _ = listener.accept()
                    except TimeoutError:
                        continue
                    session.settimeout(1)
                    try:
                        received.append(session.recv(4096))
                    except (TimeoutError, ConnectionResetError):
                        pass
                    session.close()

        server = threading.Thread(target=serve)
        server.start()
        try:
            return run_jeton(directory, *command, stdin=stdin), b"".join(received)
        finally:
            stop.set()
            server.join()
            for listener in listeners:
                listener.close()

    def import_command(self):
        return ("secret", "import", "dispatcher/1@production", "--client-id", "cid.x")

    def test_T14_a_socket_in_a_directory_that_others_may_write_is_refused_before_the_first_byte(self):
        directory = self.scratch()
        os.chmod(directory, 0o777)
        run, received = self.fake(directory, *self.import_command(), stdin="cs1.canary\n")
        self.assertIn(run.code, (REFUSED, UNREACHABLE), run)
        self.assertEqual(received, b"")
        self.assertIn(directory, run.err)
        self.assertNotIn("cs1.canary", run.err)

    def test_T14_a_directory_of_another_user_is_refused_before_the_first_byte(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to give a directory to another user")
        directory = self.scratch()
        os.chmod(directory, 0o755)
        os.chown(directory, 65534, 65534)
        run, received = self.fake(directory, *self.import_command(), stdin="cs1.canary\n")
        self.assertIn(run.code, (REFUSED, UNREACHABLE), run)
        self.assertEqual(received, b"")

    def test_T14_the_same_socket_in_a_directory_of_our_own_is_talked_to(self):
        """The control: without it, the two tests above would pass for a CLI that never sends anything."""
        directory = self.scratch()
        _, received = self.fake(directory, "status")
        self.assertIn(b"HTTP/1.1", received)
