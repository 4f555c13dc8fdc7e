"""The daemon on older kernels, on kernels whose calls fail, and before a caller whose number is another's by now."""

import errno
import functools
import mmap
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import wire
from people import Caller, Person
from system import SystemScenario

HERE = pathlib.Path(__file__).parent
CALLS = ("peer_credentials", "peer_pidfd", "peer_groups", "pidfd_info", "open_fdinfo", "open_cgroup", "open_members")

LINUX_6_1 = {"peer_pidfd": errno.ENOPROTOOPT, "pidfd_info": errno.ENOTTY}
LINUX_6_12 = {"pidfd_info": errno.EINVAL}


@functools.cache
def built(source, *flags):
    """A C file beside this one, compiled."""
    global _directory  # it goes when the tests end
    _directory = tempfile.TemporaryDirectory(prefix="jk-", dir="/tmp")
    program = pathlib.Path(_directory.name) / source.removesuffix(".c")
    subprocess.run(["cc", "-O1", *flags, "-o", program, HERE / source], check=True)
    return program


class Kernel:
    """What the calls of a daemon that runs with `environment()` answer: `be(peer_pidfd=ENOPROTOOPT)`, `be()` = well."""

    def __init__(self, directory):
        self.library = built("nopidfd.c", "-shared", "-fPIC")
        self.file = pathlib.Path(directory) / "kernel-faults"
        self.file.write_bytes(bytes(4 * len(CALLS)))
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4 * len(CALLS))

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "JETON_KERNEL_FAULTS": str(self.file)}

    def be(self, **faults):
        self.memory[:] = struct.pack(f"={len(CALLS)}i", *(faults.get(call, 0) for call in CALLS))


def cgroup_mount():
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, directory, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(directory)
    return None


class PersonIn(Person):
    """A person whose processes are in a control group."""

    def __init__(self, name, group):
        super().__init__(name, groups=())
        self.group = group

    def become(self):
        (self.group / "cgroup.procs").write_text("0")
        super().become()


class KernelScenario(SystemScenario):
    kernel_is = {}

    def setUp(self):
        if shutil.which("cc") is None:
            self.skipTest("no C compiler, which builds what stands between the daemon and the kernel")
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()
        self.worker = Person("www-data", groups=())

    def restart_daemon(self, state="unsealed"):
        self.kernel = Kernel(self.daemon.directory)
        self.kernel.be(**self.kernel_is)
        self.daemon.stop()
        self.daemon.start(state, environment=self.kernel.environment())

    def unit(self, name):
        """The directory of a unit's control group; gone when the test ends."""
        mount = cgroup_mount()
        if mount is None or not os.access(mount, os.W_OK):
            self.skipTest("no control group can be made here")
        group = mount / name
        group.mkdir()
        self.addCleanup(self.remove, group)
        return group

    @staticmethod
    def remove(group):
        for _ in range(200):
            try:
                return group.rmdir()
            except OSError:
                time.sleep(0.02)

    def bind(self, *flags):
        return self.ok("binding", "add", self.connection, *flags)

    def token_for(self, person):
        """The answer to a token request of a new process of `person`."""
        caller = Caller(person)
        try:
            fields = {"grant_type": "client_credentials", "connection": self.connection}
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            return caller(self.daemon.token_socket, "POST", "/token", wire.form(fields), head)
        finally:
            caller.close()

    def status_for(self, person):
        return self.token_for(person).status


class OldKernel(KernelScenario):
    kernel_is = LINUX_6_1

    def test_T3_users_and_groups_are_bound_as_ever(self):
        self.bind("--user", "www-data")
        self.bind("--group", "staff")
        self.assertEqual(self.status_for(self.worker), 200)
        self.assertEqual(self.status_for(Person("mail", groups=("staff",))), 200)
        self.assertEqual(self.status_for(Person("mail", groups=())), 401)

    def test_T3_a_unit_is_refused_when_it_is_named_and_so_is_the_kernel(self):
        for words in (("binding", "add"), ("pair", "create")):
            refusal = self.refused(
                *words, self.connection, "--user", "www-data", "--unit", "worker.service", error="wrong_state"
            )
            self.assertIn(f"Linux {os.uname().release}", refusal["error_description"])
            self.assertIn("SO_PEERPIDFD", refusal["error_description"])
        self.assertEqual(self.ok("binding", "list"), [])

    def test_T3_whoever_asks_is_told_why_there_is_no_unit(self):
        group = self.unit(f"jeton-old-{os.getpid()}.service")
        seen = self.ok("explain", self.connection, "--user", "www-data", "--unit", group.name)["seen"]
        self.assertIsNone(seen["unit"])
        self.assertIn(os.uname().release, seen["unit_unknown"])


class KernelThatBecameOlder(KernelScenario):
    def test_T3_a_unit_that_was_bound_before_holds_for_nobody(self):
        group = self.unit(f"jeton-was-{os.getpid()}.service")
        inside = PersonIn("www-data", group)
        self.bind("--user", "www-data", "--unit", group.name)
        self.assertEqual(self.status_for(inside), 200)
        self.kernel.be(**LINUX_6_1)
        self.assertEqual(self.status_for(inside), 401)
        self.kernel.be(**LINUX_6_12)
        self.assertEqual(self.status_for(inside), 200)
        self.kernel.be()
        self.assertEqual(self.status_for(inside), 200)


class KernelBeforePidfdInfo(KernelScenario):
    kernel_is = LINUX_6_12

    def test_T3_units_are_proven_by_the_members_of_their_control_group(self):
        group = self.unit(f"jeton-mid-{os.getpid()}.service")
        bound = self.bind("--user", "www-data", "--unit", group.name)
        self.assertEqual(bound["unit"], group.name)
        self.assertEqual(self.status_for(PersonIn("www-data", group)), 200)
        self.assertEqual(self.status_for(PersonIn("mail", group)), 401)
        self.assertEqual(self.status_for(self.worker), 401)


class FailingCalls(KernelScenario):
    def test_T2_whichever_call_fails_while_identifying_nobody_gets_anything(self):
        """The binding is by user alone: that others ask for groups and units makes these count."""
        group = self.unit(f"jeton-t2-{os.getpid()}.service")
        inside = PersonIn("www-data", group)
        self.bind("--user", "www-data")
        self.bind("--group", "staff", "--unit", "other.service")
        self.assertEqual(self.status_for(inside), 200)
        for call in CALLS[:-1]:
            for error in (errno.EPERM, errno.ENOENT, errno.ESRCH, errno.EMFILE, errno.EIO):
                with self.subTest(call=call, error=errno.errorcode[error]):
                    self.kernel.be(**{call: error})
                    answer = self.token_for(inside)
                    self.assertEqual((answer.status, answer.error), (403, "forbidden"), answer)
                    if call != "open_cgroup":  # a unit is no matter on the control socket
                        self.assertEqual(self.ask(None, "GET", "/v1/apps").status, 403)
        self.kernel.be()
        self.assertEqual(self.status_for(inside), 200)
        self.assertEqual(self.ask(None, "GET", "/v1/apps").status, 200)

    def test_T2_what_nothing_depends_on_may_fail(self):
        self.bind("--user", "www-data")
        for call in ("peer_groups", "open_cgroup"):
            with self.subTest(call=call):
                self.kernel.be(**{call: errno.EIO})
                self.assertEqual(self.status_for(self.worker), 200)

    def test_T2_an_operator_is_told_why_the_unit_is_not_known(self):
        self.kernel.be(open_cgroup=errno.EIO)
        who = self.api("GET", "/v1/whoami")
        self.assertIsNone(who["unit"])


class ReusedNumber(KernelScenario):
    def test_T1_who_has_the_number_of_a_dead_caller_is_not_the_caller(self):
        group = self.unit(f"jeton-t1-{os.getpid()}.service")
        self.bind("--user", "root", "--unit", group.name)
        self.bind("--unit", group.name)
        program = built("pidreuse.c")
        body = wire.form({"grant_type": "client_credentials", "connection": self.connection})
        request = (
            "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        )
        for kernel, statuses in (({}, {"403"}), (LINUX_6_12, {"403"}), (LINUX_6_1, {"401"})):
            self.kernel.be(**kernel)
            for _ in range(10):
                os.kill(self.daemon.pid, signal.SIGSTOP)  # it is late, as a busy daemon is
                attack = subprocess.Popen(
                    [program, self.daemon.token_socket, "1", group], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    text=True,
                )  # fmt: skip
                number = attack.stdout.readline()
                os.kill(self.daemon.pid, signal.SIGCONT)
                answer, _ = attack.communicate(request, timeout=20)
                self.assertTrue(number.strip().isdigit(), number)
                self.assertIn(answer.split()[1], statuses, answer)
                self.assertNotIn("access_token", answer)
        self.assertEqual(self.status_for(PersonIn("root", group)), 401, "the last kernel proves no unit")
        self.kernel.be()
        self.assertEqual(self.status_for(PersonIn("root", group)), 200)


class Introspected(KernelScenario):
    kernel_is = LINUX_6_1

    def test_T3_a_unit_may_not_introspect_either(self):
        refusal = self.refused(
            "binding", "add", "--introspect", "integration", "--unit", "worker.service", error="wrong_state"
        )
        self.assertIn(os.uname().release, refusal["error_description"])
