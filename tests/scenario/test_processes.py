"""Three processes that start, stop and die together; sockets that are never open to a stranger."""

import fcntl
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import threading
import time
import unittest

from harness import BUILD, ENVIRONMENT, INVOICES, Scenario, wait_until, wire
from programs import Daemon, NotifySocket, alive, cpu_seconds, descendants


class Life(Scenario):
    def test_three_processes_serve(self):
        self.assertEqual(set(self.daemon.helpers()), {"jeton-vault", "jeton-exchange"})
        status = self.ok("status")
        self.assertEqual(status["state"], "unsealed")
        self.assertTrue(status["version"])

    def test_sigterm_ends_all_three_with_exit_0_and_an_empty_wal(self):
        self.local_environment()
        helpers = self.daemon.helpers()
        self.daemon.process.terminate()
        self.assertEqual(self.daemon.process.wait(10), 0)
        self.assertEqual([name for name, pid in helpers.items() if alive(pid)], [], "they end before the front does")
        wal = self.daemon.state / "jeton.db-wal"
        self.assertTrue(not wal.exists() or wal.stat().st_size == 0, "SIGTERM checkpoints")

    def test_sigint_is_as_good(self):
        self.daemon.process.send_signal(signal.SIGINT)
        self.assertEqual(self.daemon.process.wait(10), 0)
        self.daemon.wait_for_helpers_to_go()

    def test_sigterm_with_idle_sessions_does_not_wait_for_them(self):
        with wire.connect(self.daemon.token_socket):
            began = time.monotonic()
            self.assertEqual(self.daemon.stop(), 0)
            self.assertLess(time.monotonic() - began, 5)

    def test_kill_9_of_the_vault_it_is_restarted_and_nothing_is_lost(self):
        self.local_environment()
        self.app(scopes=(INVOICES,))
        _, client_id, secret = self.with_pair()
        old = self.daemon.kill("jeton-vault")
        wait_until(lambda: self.daemon.helpers().get("jeton-vault", old) != old, 10, what="a new vault")
        self.daemon.wait_for("unsealed")
        self.assertToken(self.post("/token", client_id=client_id, client_secret=secret))
        self.ok("audit", "verify")

    def test_kill_9_of_the_exchange_it_is_restarted(self):
        old = self.daemon.kill("jeton-exchange")
        wait_until(lambda: self.daemon.helpers().get("jeton-exchange", old) != old, 10, what="a new exchange")
        self.assertEqual(self.ok("status")["state"], "unsealed")

    def test_kill_9_of_the_front_ends_the_helpers_and_the_next_start_replaces_the_stale_sockets(self):
        self.local_environment()
        self.daemon.kill("jetond")
        self.daemon.wait_for_helpers_to_go()
        stale = self.daemon.token_socket.stat().st_ino
        self.daemon.start()
        self.assertNotEqual(self.daemon.token_socket.stat().st_ino, stale)
        self.assertEqual([one["name"] for one in self.ok("status")["environments"]], ["integration"])

    def test_a_helper_that_dies_again_and_again_does_not_take_the_daemon_down(self):
        for _ in range(5):
            old = self.daemon.kill("jeton-exchange")
            wait_until(lambda: self.daemon.helpers().get("jeton-exchange", old) != old, 20, what="a new exchange")
        self.assertEqual(self.ok("status")["state"], "unsealed")

    def test_helpers_inherit_no_file_that_is_not_theirs(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to look into /proc/PID/fd")
        # Whoever starts the daemon may have left files open, below its own and above them.
        left_open = self.daemon.directory / "left-open"
        self.daemon.stop()
        with open(left_open, "w") as low:
            high = fcntl.fcntl(low, fcntl.F_DUPFD, 500)
            self.addCleanup(os.close, high)
            self.daemon.start(pass_fds=(low.fileno(), high))
        for process, name in descendants(self.daemon.pid).items():
            targets = [os.readlink(f"/proc/{process}/fd/{fd}") for fd in os.listdir(f"/proc/{process}/fd")]
            foreign = [left_open] if name == "jeton-vault" else [left_open, self.daemon.state]
            kept = [target for target in targets if any(str(one) in target for one in foreign)]
            self.assertFalse(kept, name)


class Ending(unittest.TestCase):
    """The exchange alone; the test is its vault."""

    REQUESTS = 500

    @staticmethod
    def frame(document):
        payload = json.dumps(document).encode()
        return struct.pack("!I", len(payload)) + payload

    def test_an_exchange_that_ends_and_cannot_send_its_answers_yet_waits_without_work(self):
        vault, link = socket.socketpair()
        self.addCleanup(vault.close)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the least that the kernel gives
        vault.settimeout(20)
        process = subprocess.Popen(
            [BUILD / "jeton-exchange", "--vault-fd", str(link.fileno())],
            pass_fds=(link.fileno(),), stderr=subprocess.PIPE, env=ENVIRONMENT,
        )  # fmt: skip
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        link.close()
        for number in range(self.REQUESTS):  # each is refused, in words
            vault.sendall(self.frame({"id": number}))
        answers = vault.recv(65536)
        process.terminate()
        time.sleep(0.5)
        vault.shutdown(socket.SHUT_WR)
        time.sleep(0.5)
        before = cpu_seconds(process.pid)
        time.sleep(2)
        self.assertLess(cpu_seconds(process.pid) - before, 0.5, "of two seconds in which there was nothing to do")
        while piece := vault.recv(65536):
            answers += piece
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(answers.count(b'"failure"'), self.REQUESTS)
        self.assertEqual(answers.count(b'"ending"'), 1)


class Second(Scenario):
    def refused_start(self, daemon):
        process = daemon.spawn()
        self.addCleanup(lambda: process.poll() is None and process.kill())
        status = process.wait(20)
        self.assertNotEqual(status, 0)
        return daemon.log()

    def identity(self):
        return [
            (path.stat().st_ino, path.stat().st_ctime_ns)
            for path in (self.daemon.token_socket, self.daemon.control_socket)
        ]

    def test_a_second_daemon_on_the_same_directories_is_refused_and_the_first_lives_on(self):
        before = self.identity()
        process = self.daemon.spawn()
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.assertNotEqual(process.wait(20), 0)
        self.assertEqual(self.identity(), before)
        self.assertEqual(self.ok("status")["state"], "unsealed")
        self.assertRegex(self.daemon.log(), r"(?i)already|runs|in use|another")

    def test_a_second_daemon_on_the_same_sockets_only_is_refused(self):
        second = self.new_daemon()
        second.config.write_text(second.config.read_text().replace(str(second.run), str(self.daemon.run)))
        before = self.identity()
        self.refused_start(second)
        self.assertEqual(self.identity(), before)
        self.assertEqual(self.ok("status")["state"], "unsealed")

    def test_a_second_daemon_on_the_same_store_only_is_refused(self):
        second = self.new_daemon()
        text = second.config.read_text()
        for mine, theirs in ((second.state, self.daemon.state), (second.anchor, self.daemon.anchor)):
            text = text.replace(str(mine), str(theirs))
        second.config.write_text(text)
        second.process = second.spawn()
        deadline = time.monotonic() + 20
        while second.process.poll() is None and time.monotonic() < deadline:
            self.assertNotEqual(second.health(), "unsealed")
            time.sleep(0.2)
        self.local_environment()  # the first still owns the store
        self.ok("audit", "verify")

    def test_two_daemons_with_directories_of_their_own_do_not_meet(self):
        second = self.new_daemon()
        second.start()
        self.local_environment()
        self.assertEqual([one["name"] for one in self.ok("status")["environments"]], ["integration"])
        self.daemon, first = second, self.daemon
        self.assertEqual(self.ok("status")["environments"], [])
        self.daemon = first


class Doors(Scenario):
    starts_daemon = False

    def test_sockets_and_files_are_never_open_to_a_stranger_for_a_moment(self):
        """Looks as often as it can while the daemon starts, under a umask that would open everything."""
        seen, stop = [], threading.Event()

        def watch():
            while not stop.is_set():
                for path in (self.daemon.run, self.daemon.state, self.daemon.anchor, self.daemon.control_socket,
                             self.daemon.key_file, self.daemon.database):  # fmt: skip
                    try:
                        seen.append((path.name, stat.S_IMODE(path.stat().st_mode)))
                    except FileNotFoundError:
                        pass

        watcher = threading.Thread(target=watch)
        watcher.start()
        previous = os.umask(0)
        try:
            self.daemon.start()
            time.sleep(0.1)
        finally:
            os.umask(previous)
            stop.set()
            watcher.join()
        # The token socket's directory may be entered, the control socket may be its group's; the rest is the owner's.
        forbidden = {"run": 0o022, "control.sock": 0o007}
        loose = {(name, oct(mode)) for name, mode in seen if mode & forbidden.get(name, 0o077)}
        self.assertEqual(loose, set())
        self.assertEqual({name for name, _ in seen},
                         {"run", "state", "anchor", "control.sock", "root.key", "jeton.db"})  # fmt: skip

    def test_every_file_of_the_store_is_its_owners_alone(self):
        self.daemon.start()
        self.local_environment()
        for file in [*self.daemon.state.rglob("*"), *self.daemon.anchor.rglob("*")]:
            self.assertFalse(stat.S_IMODE(file.stat().st_mode) & 0o077, file)

    def test_T50_a_config_or_state_that_others_may_write_is_refused_by_name(self):
        self.daemon.config.chmod(0o666)
        process = self.daemon.spawn()
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.assertNotEqual(process.wait(10), 0)
        self.assertIn(str(self.daemon.config), self.daemon.log())

    def test_ready_is_told_to_the_service_manager_and_so_is_stopping(self):
        notify = NotifySocket(self.daemon.directory)
        self.addCleanup(notify.close)
        self.daemon.start(environment={"NOTIFY_SOCKET": str(notify.path)})
        lines = notify.receive()
        while "READY=1" not in lines:
            lines = notify.receive()
        self.daemon.stop()
        while "STOPPING=1" not in lines:
            lines = notify.receive()

    def check_config(self):
        return subprocess.run(
            [BUILD / "jetond", "--config", self.daemon.config, "--check-config"],
            capture_output=True, text=True, timeout=10, env=ENVIRONMENT,
        )  # fmt: skip

    def test_check_config_accepts_a_good_file_and_starts_nothing(self):
        run = self.check_config()
        self.assertEqual(run.returncode, 0, run)
        self.assertFalse(self.daemon.run.exists() or self.daemon.database.exists())

    def test_check_config_says_what_is_wrong_and_where(self):
        good = self.daemon.config.read_text()
        line = len(good.splitlines()) + 2
        for bad in ("colour = 1", 'mode = "palace"', "[limits]\nsessions_per_uid = -1", "not toml at all"):
            with self.subTest(bad):
                text = good.replace('mode = "user"\n', "") if bad.startswith("mode") else good
                self.daemon.config.write_text(f"{text}\n{bad}\n")
                run = self.check_config()
                self.assertNotEqual(run.returncode, 0)
                self.assertIn("jetond.toml", run.stderr)
                self.assertRegex(run.stderr, rf"\b({line - 1}|{line}|{line + 1})\b")


class Harness(unittest.TestCase):
    """What sanitizers say of a program that is started again, while all that a test asks is answered."""

    def test_a_report_of_a_sanitizer_fails_the_test_whose_daemon_it_was(self):
        for report in ("==7==ERROR: AddressSanitizer: heap-use-after-free on address", "WARNING: ThreadSanitizer: data race (pid=7)",
                       "../daemon/base/frames.cpp:7:3: runtime error: signed integer overflow"):  # fmt: skip
            with self.subTest(report), self.assertRaisesRegex(AssertionError, report.split(": ")[-1].split(" (")[0]):
                daemon = Daemon()
                daemon.log_file.write_text(f"[warning] the link to the vault has ended\n{report}\n")
                daemon.destroy()
        daemon = Daemon()
        daemon.log_file.write_text("[error] an ordinary line\n")
        daemon.destroy()
