"""libjeton against the real daemon: a token costs a read of memory, and not one moment longer than it may be used."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import clocks
import library
from epoch_page import Page, path_of
from false_socket import FalseSocket
from harness import INVOICES, USER, Scenario, wait_until
from library import LibraryCaller
from people import Person
from system import SystemScenario

CONNECTION = "dispatcher/1234567@integration"
KEPT, GONE = "JETON_OK", "JETON_E_TIMEOUT"  # what a call without waiting comes to
STALE_AFTER = 3.0  # seconds without a heartbeat


class Library(Scenario):
    def setUp(self):
        if reason := library.missing():
            self.skipTest(reason)
        super().setUp()
        self.local_environment()
        self.app()
        self.connected()
        self.ok("binding", "add", CONNECTION, "--user", USER, "--default")

    def caller(self, *flags, directory=None, **options):
        program = LibraryCaller(directory or self.daemon.run, *flags, **options)
        self.addCleanup(program.close)
        return program

    def fetches(self):
        return sum(entry["count"] or 1 for entry in self.audit(event="token.issued", connection=CONNECTION))

    def assertFetched(self, program, **members):
        code, rest = program.get(**members)
        self.assertEqual(code, "JETON_OK", rest)
        return rest.split(" ")[2]

    def assertRefused(self, program, code, word, **members):
        got, rest = program.get(**members)
        self.assertEqual((got, rest.split(" ")[0]), (code, word), rest)
        return rest


class Keeping(Library):
    def test_a_token_is_fetched_once_and_then_read_from_memory(self):
        program = self.caller()
        token = self.assertFetched(program)
        for _ in range(3):
            code, rest = program.get(0)
            self.assertEqual((code, rest.split(" ")[0], rest.split(" ")[2]), (KEPT, "1", token))
        self.assertEqual(self.fetches(), 1)

    def system_calls(self, verb, count, *flags):
        """What a tracer sees while the program gets so many tokens."""
        if shutil.which("strace") is None:
            self.skipTest("no strace (tools/dependencies)")
        trace = pathlib.Path(self.scratch()) / "trace"
        program = self.caller(*flags, wrapper=("strace", "-f", "-o", str(trace)))
        self.assertFetched(program)
        got, _ = program.tell(verb, count).split(" ")
        self.assertEqual(got, str(count))
        self.assertEqual(program.close(), 0)
        between = re.search(r'write\(2, "begin.*?\n(.*?)[0-9]+ +write\(2, "end', trace.read_text(), re.DOTALL)
        self.assertIsNotNone(between, "the marks are in the trace")
        return between[1]

    def test_a_kept_token_costs_no_system_call(self):
        self.assertEqual(self.system_calls("many", 1000), "")

    def test_a_token_that_is_not_kept_costs_some_and_the_tracer_shows_them(self):
        self.assertRegex(self.system_calls("asks", 3, "no-page"), r"(send|write).*[^$]*(recv|read)")

    def test_a_kept_token_is_far_cheaper_than_a_fetched_one(self):
        program = self.caller()
        self.assertFetched(program)
        runs = [program.tell("many", 1000).split(" ") for _ in range(20)]
        self.assertEqual({got for got, _ in runs}, {"1000"})
        # About 100 where the build is optimised; a fetch takes some 50,000. The quickest run: this host may be busy.
        self.assertLess(min(float(nanoseconds) for _, nanoseconds in runs), 5000)

    def test_eight_threads_make_one_fetch(self):
        self.assertEqual(self.caller().tell("threads", 8), "8 1")
        self.assertEqual(self.fetches(), 1)

    def test_a_child_keeps_nothing_of_its_parent(self):
        program = self.caller()
        self.assertFetched(program)
        self.assertEqual(program.tell("child"), f"{GONE} {KEPT} {KEPT}")
        self.assertEqual(program.get(0)[0], KEPT, "the parent keeps what it had")

    def test_without_the_page_every_call_asks_over_one_session(self):
        program = self.caller("no-page")
        for _ in range(3):
            self.assertFetched(program)
            self.assertEqual(program.get(0)[0], GONE)
        self.assertEqual(self.fetches(), 3)
        sockets = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{program.process.pid}/fd").iterdir()]
        self.assertEqual(sum(name.startswith("socket:") for name in sockets), 1, sockets)


    def test_where_the_operator_switches_the_page_off_every_call_asks(self):
        self.daemon.stop()
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(text.replace("[sockets]\n", '[sockets]\nepoch_page = "no"\n'))
        self.daemon.start()
        program = self.caller()
        for _ in range(2):
            self.assertFetched(program)
            self.assertEqual(program.get(0)[0], GONE)
        self.assertEqual(self.fetches(), 2)


class Ending(Library):
    """Whatever ends the permission ends the kept token."""

    def test_disable_ends_it_at_once_and_enable_brings_it_back(self):
        program = self.caller()
        self.assertFetched(program)
        self.ok("access", "disable", CONNECTION, "--yes")
        self.assertEqual(program.get(0)[0], GONE)
        self.assertRefused(program, "JETON_E_REFUSED", "unauthorized_client")
        self.ok("access", "enable", CONNECTION)
        self.assertFetched(program)
        self.assertEqual(program.get(0)[0], KEPT)

    def test_a_removed_binding_ends_it_at_once(self):
        program = self.caller()
        self.assertFetched(program)
        (binding,) = self.ok("binding", "list")
        self.ok("binding", "remove", binding["id"])
        self.assertEqual(program.get(0)[0], GONE)
        rest = self.assertRefused(program, "JETON_E_REFUSED", "invalid_client", connection=CONNECTION)
        self.assertIn(f"| jeton explain {CONNECTION}", rest)

    def test_a_seal_ends_it_at_once(self):
        program = self.caller()
        self.assertFetched(program)
        self.ok("seal", "--yes")
        self.assertEqual(program.get(0)[0], GONE)
        rest = self.assertRefused(program, "JETON_E_UNAVAILABLE", "temporarily_unavailable")
        self.assertRegex(rest, r"^\S+ [0-9]+ ", "how many seconds later to ask again")

    def test_a_binding_with_an_end_is_not_outlived(self):
        (binding,) = self.ok("binding", "list")
        self.ok("binding", "remove", binding["id"])
        self.ok("binding", "add", CONNECTION, "--user", USER, "--default", "--expires", "60s")
        made = time.monotonic()
        program = self.caller()
        self.assertFetched(program)
        self.assertEqual(program.get(0)[0], KEPT)
        time.sleep(max(0, 60.5 - (time.monotonic() - made)))
        self.assertEqual(program.get(0)[0], GONE)
        self.assertRefused(program, "JETON_E_REFUSED", "invalid_client")

    def test_a_change_is_told_by_a_descriptor(self):
        program = self.caller()
        self.assertFetched(program)
        self.assertEqual((program.tell("changed"), program.tell("held")), ("0", "1"))
        self.ok("access", "disable", CONNECTION, "--yes")
        self.assertLessEqual(int(program.tell("ticks", 5000)), 2000)
        self.assertEqual((program.tell("changed"), program.tell("held")), ("1", "0"))
        self.assertEqual(program.tell("changed"), "0", "each end is told once")


class Restarts(Library):
    def test_a_restart_costs_one_fetch(self):
        program = self.caller()
        self.assertFetched(program)
        self.daemon.stop()
        self.assertEqual(program.get(0)[0], GONE, "who stops voids its page")
        self.assertEqual(program.get(500)[0], "JETON_E_UNREACHABLE")
        self.daemon.start()
        self.assertFetched(program)
        self.assertEqual(program.get(0)[0], KEPT)

    def test_after_kill_9_a_kept_token_ends_within_three_seconds(self):
        program = self.caller()
        self.assertFetched(program)
        self.daemon.kill_all()
        killed = time.monotonic()
        wait_until(lambda: program.get(0)[0] == GONE, STALE_AFTER + 1, 0.02, "the page to be stale")
        self.assertLess(time.monotonic() - killed, STALE_AFTER + 1)
        self.daemon.start()
        self.assertFetched(program)
        self.assertEqual(program.get(0)[0], KEPT)

    def test_the_old_page_says_nothing_once_another_daemon_serves(self):
        program = self.caller()
        self.assertFetched(program)
        self.daemon.kill_all()
        self.daemon.start()
        self.ok("access", "disable", CONNECTION, "--yes")
        self.assertEqual(program.get(0)[0], GONE)
        self.assertRefused(program, "JETON_E_REFUSED", "unauthorized_client")

    def test_a_daemon_that_is_stopped_is_not_believed_for_long_and_is_again_when_it_goes_on(self):
        program = self.caller()
        self.assertFetched(program)
        os.kill(self.daemon.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: program.get(0)[0] == GONE, STALE_AFTER + 2, 0.02, "the page to be stale")
            self.assertEqual(program.get(200)[0], "JETON_E_TIMEOUT")
        finally:
            os.kill(self.daemon.pid, signal.SIGCONT)
        wait_until(lambda: program.get(0)[0] == KEPT, 5, 0.02, "the heart to beat again")

    def test_a_void_page_is_not_used(self):
        program = self.caller()
        self.assertFetched(program)
        page = self.daemon.run / "page" / "epoch"
        page.chmod(0o600)
        with open(page, "r+b", buffering=0) as file:
            file.write(bytes(8))
        page.chmod(0o444)
        self.assertEqual(program.get(0)[0], GONE)
        self.assertFetched(program)
        self.assertEqual(program.get(0)[0], GONE, "and nothing is kept by it")


class Clocks(Library):
    """Where ages mean something else than they seem to."""

    def setUp(self):
        if reason := clocks.missing():
            self.skipTest(reason)
        self.directory = tempfile.TemporaryDirectory(prefix="js-", dir="/tmp")
        self.addCleanup(self.directory.cleanup)
        self.clock = clocks.TurnedClock(self.directory.name)
        super().setUp()

    def start_daemon(self):
        self.daemon.start(environment=self.clock.environment())

    def test_a_host_that_slept_an_hour_asks_anew(self):
        program = self.caller(environment=self.clock.environment())
        token = self.assertFetched(program)
        self.assertEqual(program.get(0)[0], KEPT)
        self.clock.advance(hours=1)  # the page's heartbeat is of before, and so is the token
        self.assertEqual(program.get(0)[0], GONE)
        wait_until(lambda: Page(path_of(self.daemon)).words()[5] > 3600 * 10**9, 5, what="the heart to beat again")
        self.assertEqual(program.get(0)[0], GONE)
        self.assertNotEqual(self.assertFetched(program), token)
        wait_until(lambda: self.assertFetched(program) and program.get(0)[0] == KEPT, 5, what="a token to be kept")


class TimeNamespaces(Library):
    """CLOCK_BOOTTIME counts otherwise there: what is fresh cannot be told, so that nothing is kept."""

    def keeps_nothing(self, shift):
        wrapper = ("unshare", "--time", f"--boottime={shift}")
        if subprocess.run([*wrapper, "true"], capture_output=True, cwd="/").returncode != 0:
            self.skipTest("this kernel or user may make no time namespace")
        program = self.caller(wrapper=wrapper)
        for _ in range(2):
            self.assertFetched(program)
            self.assertEqual(program.get(0)[0], GONE)
        self.assertEqual(self.fetches(), 2)

    def test_a_program_in_a_time_namespace_that_is_ahead_asks_every_time(self):
        self.keeps_nothing(1)

    def test_a_program_in_a_time_namespace_that_is_behind_asks_every_time(self):
        self.keeps_nothing(-1)


class FalseDaemons(FalseSocket, Library):
    def setUp(self):
        if reason := library.missing():
            self.skipTest(reason)
        Scenario.setUp(self)
        self.bind_socket()

    def accepted(self):
        self.listener.settimeout(0.2)
        try:
            self.listener.accept()[0].close()
            return True
        except TimeoutError:
            return False

    def test_a_socket_that_hangs_costs_the_deadline_and_no_more(self):
        self.listener.listen(8)
        program = self.caller(directory=self.place)
        begun = time.monotonic()
        self.assertEqual(program.get(300)[0], "JETON_E_TIMEOUT")
        self.assertGreaterEqual(time.monotonic() - begun, 0.29)
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_full_backlog_costs_the_deadline_and_no_more(self):
        self.fill_backlog()
        program = self.caller(directory=self.place)
        begun = time.monotonic()
        self.assertEqual(program.get(300)[0], "JETON_E_TIMEOUT")
        self.assertLess(time.monotonic() - begun, 5)

    def test_T14_a_directory_that_others_may_write_to_gets_no_byte(self):
        self.listener.listen(8)
        self.place.chmod(0o777)
        code, rest = self.caller(directory=self.place).get()
        self.assertEqual(code, "JETON_E_UNTRUSTED", rest)
        self.assertIn("0777", rest)
        self.assertFalse(self.accepted())

    def test_nobody_listens(self):
        self.listener.close()
        code, rest = self.caller(directory=self.place).get()
        self.assertEqual(code, "JETON_E_UNREACHABLE", rest)
        self.assertIn("| start one: jetond --user", rest)


class Identities(SystemScenario):
    """A program that starts as root and becomes somebody else, as many services do."""

    def setUp(self):
        if reason := library.missing():
            self.skipTest(reason)
        super().setUp()
        self.local_environment()
        self.app()
        self.connected()

    def test_a_changed_user_is_noticed_at_the_next_fetch_and_keeps_nothing_of_the_old_one(self):
        self.ok("binding", "add", CONNECTION, "--user", "root", "--default")
        program = LibraryCaller(self.daemon.run)
        self.addCleanup(program.close)
        self.assertEqual(program.get()[0], "JETON_OK")
        other = Person("daemon")
        self.assertEqual(program.tell("become", other.uid), "0")
        code, rest = program.get(scope=INVOICES)
        self.assertEqual((code, rest.split(" ")[0]), ("JETON_E_REFUSED", "invalid_client"), rest)
        self.assertEqual(program.get(0)[0], GONE)
        self.assertEqual(program.get()[0], "JETON_E_REFUSED")

        self.ok("binding", "add", CONNECTION, "--user", other.name, "--default")
        self.assertEqual(program.get()[0], "JETON_OK")
        self.assertEqual(program.get(0)[0], KEPT, "it reads the page as any other")
        self.ok("access", "disable", CONNECTION, "--yes", "--reason", "a test")
        self.assertEqual(program.get(0)[0], GONE)


class Examples(Library):
    """docs/libjeton.md: what stands there compiles and runs, as it stands there."""

    def blocks(self, language):
        page = (library.REPOSITORY / "docs" / "libjeton.md").read_text()
        return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    def run_block(self, text, name, flags, compiler):
        work = pathlib.Path(self.scratch())
        (work / name).write_text(text)
        program = library.compiled(work / name, work / "program", [*flags, "-Wall", "-Wextra", "-pedantic", "-Werror"], compiler)
        run = subprocess.run(
            [program, CONNECTION], capture_output=True, text=True, timeout=30,
            env={**library.ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(run.stderr, "")
        return run.stdout

    def test_the_programs_in_c(self):
        programs = self.blocks("c")
        self.assertGreaterEqual(len(programs), 2)
        for text in programs:
            self.assertIn(CONNECTION, self.run_block(text, "program.c", ["-std=c11", "-D_GNU_SOURCE"], "cc"))

    def test_the_programs_in_cpp(self):
        if shutil.which("c++") is None:
            self.skipTest("no C++ compiler")
        (text,) = self.blocks("cpp")
        self.assertIn(CONNECTION, self.run_block(text, "program.cpp", ["-std=c++17"], "c++"))


class Languages(Library):
    """The packages for Python and Node.js keep tokens by the same rule."""

    def interpreted(self, *command, **environment):
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            env={**library.ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run), **environment},
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.stdin.close)

        def tell(line):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        return tell

    def keeps_by_the_rule(self, tell):
        first = tell("ask")
        self.assertRegex(first, r"^eyJ")
        self.assertEqual([tell("ask"), tell("ask")], [first, first])
        self.assertEqual(self.fetches(), 1)
        self.ok("access", "disable", CONNECTION, "--yes")
        self.assertEqual(tell("ask"), "unauthorized_client")
        self.ok("access", "enable", CONNECTION)
        again = tell("ask")
        self.assertRegex(again, r"^eyJ")
        self.assertEqual(tell("ask"), again)
        self.assertEqual(tell("forget"), "done")
        before = self.fetches()
        tell("ask")
        self.assertEqual(self.fetches(), before + 1)
        tell("ask")
        self.assertEqual(self.fetches(), before + 1)
        self.daemon.kill_all()
        time.sleep(STALE_AFTER + 0.2)
        self.assertEqual(tell("ask"), "unreachable")

    def test_python(self):
        program = (
            "import sys\nfrom jeton import Refused, Unreachable\nfrom jeton.native import Client\n"
            f"with Client(library={str(library.library())!r}) as client:\n"
            " for line in sys.stdin:\n"
            "  if line == 'forget\\n': client.forget(); print('done', flush=True); continue\n"
            f"  try: print(client.token({CONNECTION!r}).access_token, flush=True)\n"
            "  except Refused as refused: print(refused.error, flush=True)\n"
            "  except Unreachable: print('unreachable', flush=True)\n"
        )
        package = str(library.REPOSITORY / "libclient" / "python")
        self.keeps_by_the_rule(self.interpreted("python3", "-c", program, PYTHONPATH=package, PYTHONDONTWRITEBYTECODE="1"))

    def node(self):
        if shutil.which("node") is None:
            self.skipTest("no Node.js")
        program = (
            f"import {{ token, forget }} from {str(library.REPOSITORY / 'libclient' / 'node' / 'index.js')!r};\n"
            "import readline from 'node:readline';\n"
            "for await (const line of readline.createInterface({ input: process.stdin })) {\n"
            " if (line === 'forget') { forget(); console.log('done'); continue; }\n"
            " if (line.startsWith('overtaken by')) {\n"
            f"  forget(); const inFlight = token({CONNECTION!r});\n"
            "  if (line.endsWith('forget')) forget(); else process.seteuid(65534);\n"
            "  await inFlight; process.seteuid(0); console.log('done'); continue;\n"
            " }\n"
            f" try {{ console.log((await token({CONNECTION!r})).access_token); }} catch (problem) {{ console.log(problem.code); }}\n"
            "}\n"
        )
        return self.interpreted("node", "--input-type=module", "-e", program)

    def test_node(self):
        self.keeps_by_the_rule(self.node())

    def test_node_keeps_no_answer_that_was_overtaken(self):
        if os.geteuid() != 0:
            self.skipTest("only root becomes another user")
        tell = self.node()
        tell("ask")
        for what in "forget", "another user":
            self.assertEqual(tell(f"overtaken by {what}"), "done")
            before = self.fetches()
            tell("ask")
            self.assertEqual(self.fetches(), before + 1, what)
