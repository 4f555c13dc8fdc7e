"""The packages for Python and Node.js against a daemon of the tests' own, which answers as a busy or a young one does."""

import json
import os
import re
import shutil
import subprocess
import threading
import time

from false_socket import FalseSocket
from harness import Scenario
from programs import ENVIRONMENT, REPOSITORY

CONNECTION = "dispatcher/1234567@integration"
TOKEN = {"access_token": "t1", "token_type": "Bearer", "expires_in": 900, "scope": "a", "connection": CONNECTION}


def answer(status, document, *fields):
    body = json.dumps(document)
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *fields, "", body]).encode()


GIVEN = answer("200 OK", TOKEN)
CONNECT_AGAIN = answer("503 Service Unavailable", {"error": "temporarily_unavailable"}, "Retry-After: 0")
LATER = answer("503 Service Unavailable", {"error": "temporarily_unavailable"}, "Retry-After: 5")


def whole_request(session):
    """Waits for all of it: what is closed with something unread resets the session."""
    read = b""
    while not re.search(rb"\r\n\r\n(?!$)", read):  # these requests have a body, and each package sends it in one piece
        piece = session.recv(64 * 1024)
        if not piece:
            return
        read += piece


class Packages(FalseSocket):
    """What both do. `run_package(**environment)`: one token asked for; the completed process, which prints it or why not."""

    def setUp(self):
        Scenario.setUp(self)
        self.bind_socket()
        self.sessions = 0

    def answering(self, *answers):
        """Each session gets the next answer, the last one for as long as anybody asks."""
        self.listener.settimeout(0.1)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    session = self.listener.accept()[0]
                except TimeoutError:
                    continue
                told = answers[min(self.sessions, len(answers) - 1)]
                self.sessions += 1
                with session:
                    session.settimeout(5)
                    whole_request(session)
                    session.sendall(told)

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(over.set)

    def interpreted(self, *command, **environment):
        surroundings = {**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.place), **environment}
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, cwd="/", env=surroundings, timeout=30
        )  # fmt: skip

    def test_who_is_asked_to_connect_again_does_so_a_few_times(self):
        self.listener.listen(8)
        self.answering(CONNECT_AGAIN, CONNECT_AGAIN, GIVEN)
        self.assertEqual(self.run_package().stdout, "t1\n")
        self.assertEqual(self.sessions, 3)

    def test_and_not_for_ever(self):
        self.listener.listen(8)
        self.answering(CONNECT_AGAIN)
        self.assertEqual(self.run_package().stdout, "temporarily_unavailable\n")
        self.assertEqual(self.sessions, 4)

    def test_who_is_to_come_later_does_not_come_at_once(self):
        self.listener.listen(8)
        self.answering(LATER)
        self.assertEqual(self.run_package().stdout, "temporarily_unavailable\n")
        self.assertEqual(self.sessions, 1)

    def test_a_full_backlog_is_waited_for(self):
        self.fill_backlog()
        late = threading.Timer(0.7, self.answering, [GIVEN])
        late.start()
        self.addCleanup(late.join)
        self.assertEqual(self.run_package().stdout, "t1\n")
        self.assertEqual(self.sessions, 2)

    def test_a_full_backlog_costs_the_time_limit_and_no_more(self):
        self.fill_backlog()
        begun = time.monotonic()
        self.assertEqual(self.run_package(patience=0.5).stdout, "unreachable\n")
        self.assertGreaterEqual(time.monotonic() - begun, 0.5)
        self.assertLess(time.monotonic() - begun, 10)

    def test_the_wait_behind_a_full_backlog_counts_towards_the_time_limit(self):
        self.fill_backlog()
        late = threading.Timer(2.5, lambda: self.addCleanup(self.listener.accept()[0].close))  # which answers nobody
        late.start()
        self.addCleanup(late.join)
        begun = time.monotonic()
        self.assertEqual(self.run_package(patience=3).stdout, "unreachable\n")
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_runtime_directory_of_another_user_is_not_looked_at(self):
        if os.geteuid() != 0 or os.path.exists("/run/jeton"):
            self.skipTest("needs root, and no daemon of the host")
        runtime = self.place.parent
        os.rename(self.place, runtime / "jeton")
        self.place = runtime / "jeton"
        self.listener.listen(8)
        os.chown(runtime, 65534, 65534)
        self.assertEqual(self.run_package(XDG_RUNTIME_DIR=str(runtime), JETON_SOCKET_DIR="").stdout, "unreachable\n")

    def test_a_directory_with_two_slashes_at_its_beginning(self):
        self.listener.listen(8)
        self.answering(GIVEN)
        self.assertEqual(self.run_package(JETON_SOCKET_DIR=f"/{self.place}").stdout, "t1\n")


class Python(Packages, Scenario):
    def run_package(self, patience=20, **environment):
        program = (
            "import sys, jeton\n"
            f"try: print(jeton.token({CONNECTION!r}, timeout=float(sys.argv[1])).access_token)\n"
            "except jeton.Refused as refused: print(refused.error)\n"
            "except jeton.Unreachable: print('unreachable')\n"
        )
        package = str(REPOSITORY / "libclient" / "python")
        return self.interpreted(
            "python3", "-c", program, patience, PYTHONPATH=package, PYTHONDONTWRITEBYTECODE="1", **environment
        )  # fmt: skip

    def test_a_busy_daemon_of_the_users_own_is_still_the_users_own(self):
        runtime = self.place.parent
        os.rename(self.place, runtime / "jeton")
        self.place = runtime / "jeton"
        self.fill_backlog()
        late = threading.Timer(0.7, self.answering, [GIVEN])
        late.start()
        self.addCleanup(late.join)
        run = self.run_package(XDG_RUNTIME_DIR=str(runtime), JETON_SOCKET_DIR="")
        self.assertEqual(run.stdout, "t1\n", run.stderr)


class NodeJs(Packages, Scenario):
    def setUp(self):
        if shutil.which("node") is None:
            self.skipTest("no Node.js")
        super().setUp()

    def run_package(self, patience=20, **environment):
        program = (
            f"import {{ token }} from {str(REPOSITORY / 'libclient' / 'node' / 'index.js')!r};\n"
            f"const timeout = 1000 * Number(process.argv[1]);\n"
            f"try {{ console.log((await token({CONNECTION!r}, {{ timeout }})).access_token); }}\n"
            "catch (problem) { console.log(problem.code); }\n"
        )
        return self.interpreted("node", "--input-type=module", "-e", program, patience, **environment)
