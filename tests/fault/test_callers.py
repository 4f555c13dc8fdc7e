"""Callers who pretend: ended ones, those that changed, those of namespaces, with strange names and numbers.

Each attack is made on this kernel and on one without SO_PEERPIDFD (before Linux 6.5). JETON_ATTACKS=20 sets how often
(default 3).
"""

import array
import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

import wire
from kernel import LINUX_6_1, KernelScenario, Number, PersonIn, in_child
from people import CONTROL_GROUP, Person
from programs import BUILD, ENVIRONMENT

ATTACKS = int(os.environ.get("JETON_ATTACKS", "3"))
PR_SET_DUMPABLE = 4
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWCGROUP = 0x10000000, 0x20000000, 0x02000000
HEADERS = {"Jeton-Client": "1"}
ODD_NUMBERS = (2147483648, 4000000000, 65534, 65535, 4294967294)
OLD_ENOUGH = 1.2  # seconds; after this a kernel without SO_PEERPIDFD leaves no doubt about a process


libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags):
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def receive_answer(session):
    session.settimeout(wire.TIMEOUT)
    return wire.receive_answer(session).status


def manage_bytes(target="/v1/roles"):
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nJeton-Client: 1\r\n\r\n".encode()


class Attacks:
    """Mixed into a scenario of one kernel."""

    def setUp(self):
        super().setUp()
        self.fetch_bytes = wire.token_request_bytes(
            "/token", {"grant_type": "client_credentials", "connection": self.connection}
        )
        self.old = bool(self.kernel_is)

    def fetch(self):
        """The status of a token request of this very process."""
        with wire.connect(self.daemon.token_socket) as session:
            session.sendall(self.fetch_bytes)
            return receive_answer(session)

    def manage(self):
        with wire.connect(self.daemon.control_socket) as session:
            session.sendall(manage_bytes())
            return receive_answer(session)

    def times(self, attack, allowed):
        """Makes the attack as often as is asked; every outcome must be one of `allowed`."""
        seen = [attack() for _ in range(ATTACKS)]
        self.assertEqual(set(seen) - set(allowed), set(), seen)
        return seen

    # who is gone, or changed

    def session_of_the_dead(self, path, person):
        """A session whose caller has ended and was reaped."""
        ours, theirs = socket.socketpair()

        def connect():
            person.become()
            with wire.connect(path) as session:
                theirs.sendmsg(
                    [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [session.fileno()]))]
                )

        with ours, theirs:
            os.kill(self.daemon.pid, signal.SIGSTOP)  # it is late, as a busy daemon is
            try:
                in_child(connect)
            finally:
                os.kill(self.daemon.pid, signal.SIGCONT)
            _, parts, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
        return socket.socket(fileno=array.array("i", parts[0][2])[0])

    def test_T1_a_dead_callers_session_is_worth_nothing(self):
        self.bind("--user", "www-data")
        self.bind("--user", "root")

        def attack(path, person, request):
            with self.session_of_the_dead(path, person) as session:
                session.sendall(request)
                return receive_answer(session)

        root = Person("root", groups=())
        self.times(lambda: attack(self.daemon.token_socket, self.worker, self.fetch_bytes), {403})
        self.times(lambda: attack(self.daemon.token_socket, root, self.fetch_bytes), {403})
        self.times(lambda: attack(self.daemon.control_socket, root, manage_bytes()), {403})

    def test_T12_a_session_that_was_handed_on_is_worth_nothing_once_its_caller_has_ended(self):
        """The caller lives while the daemon accepts and has ended when the request comes: it is looked at again."""

        def attack():
            ours, theirs = socket.socketpair()

            def connect_and_hand_on():
                with wire.connect(self.daemon.control_socket) as session:
                    if os.fork() == 0:
                        ours.close()
                        theirs.recv(1)
                        session.sendall(manage_bytes())
                        theirs.send(str(receive_answer(session)).encode())
                        os._exit(0)
                    time.sleep(0.05)

            with ours, theirs:
                in_child(connect_and_hand_on)
                ours.send(b"x")
                return int(ours.recv(16))

        self.times(attack, {403})

    def test_T12_root_that_gives_up_its_user_after_connecting_is_not_root(self):
        if self.old:
            self.skipTest("documented limit: before Linux 6.13 the kernel tells the user of connect() alone")

        def attack():
            def connect_then_drop():
                with wire.connect(self.daemon.control_socket) as session:
                    self.worker.become()
                    session.sendall(manage_bytes())
                    return receive_answer(session)

            return in_child(connect_then_drop)

        self.times(attack, {403})

    def test_T4_a_caller_that_becomes_another_program_is_the_same_user(self):
        """It connects, lets a child keep the session, and executes a program that somebody might trust."""
        self.bind("--user", "www-data")

        def attack(person):
            read_end, write_end = os.pipe()
            caller = os.fork()
            if caller == 0:
                person.become()
                session = wire.connect(self.daemon.token_socket)
                if os.fork() == 0:
                    time.sleep(0.1)
                    session.sendall(self.fetch_bytes)
                    os.write(write_end, str(receive_answer(session)).encode())
                    os._exit(0)
                os.execv("/usr/bin/sleep", ["sleep", "1"])
            os.close(write_end)
            with open(read_end, "rb") as pipe:
                status = int(pipe.read())
            os.kill(caller, 9)
            os.waitpid(caller, 0)
            return status

        self.times(lambda: attack(Person("mail", groups=())), {401})
        self.times(lambda: attack(self.worker), {200})  # as documented: the user is the boundary

    # namespaces

    def in_pid_namespace(self, work):
        """In a process of root's that is the first of a PID namespace, as in a container."""

        def enter():
            unshare(CLONE_NEWPID)
            return in_child(work)

        return in_child(enter)

    def test_T9_root_of_a_container_is_nobody(self):
        self.bind("--user", "root")
        self.times(lambda: self.in_pid_namespace(self.manage), {403})
        self.times(lambda: self.in_pid_namespace(self.fetch), {401})
        # What it may not do it may not do by asking for something else, either.
        for method, target in (("POST", "/v1/seal"), ("GET", "/v1/audit"), ("GET", "/v1/bindings")):
            answer = self.in_pid_namespace(
                lambda method=method, target=target: wire.request(
                    self.daemon.control_socket, method, target, None, HEADERS
                ).status
            )
            self.assertIn(answer, (403, 404, 405), target)
        self.assertEqual(self.daemon.health(), "unsealed")

    def test_T8_root_of_a_user_namespace_is_the_user_outside(self):
        self.bind("--user", "root")

        def fake_root(work):
            def enter():
                self.worker.become()
                libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else its files below /proc are root's
                unshare(CLONE_NEWUSER)
                pathlib.Path("/proc/self/uid_map").write_text(f"0 {self.worker.uid} 1")
                self.assertEqual(os.geteuid(), 0)
                return work()

            return in_child(enter)

        def whoami():
            return wire.request(self.daemon.token_socket, "GET", "/v1/whoami", None, HEADERS).json

        def denied():
            try:
                return self.manage()
            except PermissionError:
                return "not let in"

        try:
            fake_root(lambda: None)
        except OSError as problem:
            self.skipTest(f"this host makes no user namespace for its users: {problem}")
        self.times(lambda: fake_root(denied), {403, "not let in"})
        self.times(lambda: fake_root(self.fetch), {401})
        self.assertEqual(fake_root(whoami)["uid"], self.worker.uid)

    def test_T6_a_unit_that_is_made_up_in_a_delegated_subtree_is_none(self):
        unit = f"jeton-fake-{os.getpid()}.service"
        if not self.old:  # there a unit cannot be bound in the first place
            self.bind("--unit", unit)
        top = self.unit(f"user@{self.worker.uid}.service")
        middle = top / "system.slice"
        inner = middle / unit
        for group in (middle, inner):
            group.mkdir()
            self.addCleanup(self.remove, group)
        self.times(lambda: self.status_for(PersonIn("www-data", inner)), {401})

    def test_T7_a_cgroup_namespace_hides_nothing(self):
        unit = f"jeton-ns-{os.getpid()}.service"
        if not self.old:
            self.bind("--unit", unit)
        top = self.unit(f"jeton-delegated-{os.getpid()}")
        inner = top / unit
        inner.mkdir()
        self.addCleanup(self.remove, inner)

        def attack():
            def enter():
                (top / "cgroup.procs").write_text("0")
                unshare(CLONE_NEWCGROUP)  # from in here, the unit stands at the root
                (inner / "cgroup.procs").write_text("0")
                return self.fetch()

            return in_child(enter)

        self.times(attack, {401, 503} if self.old else {401})

    # names and numbers

    def test_T13_the_name_of_a_socket_is_nobodys_identity(self):
        """The same answer, and the same in the audit, whatever the caller's end is called."""
        directory = tempfile.TemporaryDirectory(prefix="jk-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        os.chmod(directory.name, 0o777)

        def ask(name):
            def fetch():
                self.worker.become()
                with socket.socket(socket.AF_UNIX) as session:
                    if name:
                        session.bind(name)
                    session.settimeout(wire.TIMEOUT)
                    session.connect(str(self.daemon.token_socket))
                    session.sendall(self.fetch_bytes)
                    answer = wire.receive_answer(session)
                    return answer.status, answer.body

            return in_child(fetch)

        def recorded():
            entries = self.ok("audit", "list", "--user", "www-data")
            for entry in entries:
                for changing in ("sequence", "at", "count"):
                    entry.pop(changing)
                entry["actor"].pop("pid")
            return {json.dumps(entry, sort_keys=True) for entry in entries}

        plain, entries = ask(None), recorded()
        self.assertEqual(plain[0], 401)
        self.assertEqual(len(entries), 1)
        for name in (
            f"{directory.name}/x;uid=0;", f"{directory.name}/a\nuid=0\nb", "\0;uid=0;", "\0\n0\nroot\n", "\0" + "u" * 100,
        ):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(ask(name), plain)
        self.assertEqual(recorded(), entries)

    def test_T11_odd_numbers_are_who_they_are_and_get_nothing(self):
        self.bind("--user", "root")
        control = Person("root", groups=(CONTROL_GROUP,)).groups[0]
        for uid in ODD_NUMBERS:
            with self.subTest(uid):
                odd = Number(uid, control)
                self.assertIn(self.status_for(odd), (401, 403))
                is_nobody = uid == 65534
                who = self.ask_old_enough(odd, "GET", "/v1/whoami")
                if is_nobody:
                    self.assertEqual(who.status, 403)
                    continue
                self.assertEqual((who.json["uid"], who.json["roles"]), (uid, []), who)
                for target in ("/v1/roles", "/v1/audit", "/v1/bindings"):
                    self.assertEqual(self.ask_old_enough(odd, "GET", target).status, 403, target)

    def ask_old_enough(self, person, method, target):
        """An answer on the control socket that is not about how young the caller is."""
        end = time.monotonic() + 10
        while (answer := self.ask(person, method, target)).status == 503 and time.monotonic() < end:
            time.sleep(0.02)
        return answer

    def test_T11_odd_numbers_are_named_nowhere(self):
        _, _, secret = self.with_pair("7654321")
        self.assertTrue(secret)
        other = "dispatcher/7654321@integration"
        for uid in (*ODD_NUMBERS, 4294967295, 61184, 65519, -1, 2**64):
            for words in (
                ("role", "grant", "operator"), ("role", "grant", "developer"),
                ("binding", "add", other), ("pair", "create", other),
            ):  # fmt: skip
                with self.subTest(uid=uid, words=words):
                    run = self.jeton(*words, f"--user={uid}", "--json")
                    self.assertIn(run.code, (1, 2), run)
            with self.subTest(uid=uid, words="ticket"):
                run = self.jeton("secret", "generate", other, f"--ticket-for={uid}", "--json")
                self.assertIn(run.code, (1, 2), run)
        self.assertEqual((self.ok("role", "list"), self.ok("binding", "list"), self.ok("ticket", "list")), ([], [], []))


class ThisKernel(Attacks, KernelScenario):
    pass


class OldKernel(Attacks, KernelScenario):
    kernel_is = LINUX_6_1

    def test_T9_who_has_hardly_begun_is_asked_to_connect_again_where_it_matters(self):
        """Root, and whoever manages: for the rest a program may fetch a token in its first second."""
        self.bind("--user", "root")
        self.bind("--user", "www-data")
        self.assertEqual(in_child(self.manage), 503)
        self.assertEqual(in_child(self.fetch), 503)
        self.assertEqual(self.status_for(self.worker), 200)

        def later():
            time.sleep(OLD_ENOUGH)
            return self.manage(), self.fetch()

        self.assertEqual(in_child(later), (200, 200))
        self.assertEqual(self.ok("role", "list"), [], "the command connects again by itself")
        refusal = in_child(lambda: wire.request(self.daemon.control_socket, "GET", "/v1/roles", None, HEADERS))
        self.assertEqual((refusal.error, refusal.headers["Retry-After"]), ("temporarily_unavailable", "0"))


class MappedUsers(KernelScenario):
    def test_T10_the_front_does_not_run_where_it_sees_mapped_users(self):
        self.daemon.stop()
        for mapping in (["--map-root-user"], ["--map-root-user", "--pid", "--fork"]):
            probe = subprocess.run(["unshare", "--user", *mapping, "true"], capture_output=True)
            if probe.returncode != 0:
                self.skipTest("this host makes no user namespace")
            run = subprocess.run(
                ["unshare", "--user", *mapping, BUILD / "jetond", "--config", self.daemon.config],
                env=ENVIRONMENT, capture_output=True, text=True, timeout=10,
            )  # fmt: skip
            self.assertNotEqual(run.returncode, 0, run)
            self.assertIn("other user numbers than the host's", run.stderr)
            self.assertIn("PrivateUsers=", run.stderr)
        self.assertIsNone(self.daemon.health())
