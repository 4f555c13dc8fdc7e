"""The daemon on older kernels, on kernels whose calls fail, and before a caller whose number is another's by now."""

import errno
import os
import signal
import subprocess

import wire
from kernel import CALLS, LINUX_6_1, LINUX_6_12, KernelScenario, PersonIn, built
from people import Person

RUNS = int(os.environ.get("JETON_RUNS", "10"))  # of each attack by a reused number; 1000 for the whole picture


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
                        # A process that was not seen before: of others it is known where they live.
                        self.refused("app", "list", error="forbidden")
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
    """A caller ends before the daemon looks, and a process of root's has its number by then."""

    alone = True  # nobody else may take the number

    def attack(self, socket, request, *words):
        """The status of the answer."""
        os.kill(self.daemon.pid, signal.SIGSTOP)  # it is late, as a busy daemon is
        attack = subprocess.Popen(
            [built("pidreuse.c"), *words[:-2], socket, *words[-2:]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        number = attack.stdout.readline()
        os.kill(self.daemon.pid, signal.SIGCONT)
        answer, _ = attack.communicate(request, timeout=20)
        self.assertTrue(number.strip().isdigit(), number)
        self.assertNotIn("access_token", answer)
        return answer.split()[1]

    def token_request(self):
        body = wire.form({"grant_type": "client_credentials", "connection": self.connection})
        return (
            "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        )

    def test_T1_who_has_the_number_of_a_dead_caller_is_not_the_caller(self):
        group = self.unit(f"jeton-t1-{os.getpid()}.service")
        self.bind("--user", "root", "--unit", group.name)
        self.bind("--unit", group.name)
        for kernel, status in (({}, "403"), (LINUX_6_12, "403"), (LINUX_6_1, "401")):
            self.kernel.be(**kernel)
            seen = {self.attack(self.daemon.token_socket, self.token_request(), "1", group) for _ in range(RUNS)}
            self.assertEqual(seen, {status}, kernel)
        self.assertIn(self.status_for(PersonIn("root", group)), (401, 503), "the last kernel proves no unit")
        self.kernel.be()
        self.assertEqual(self.status_for(PersonIn("root", group)), 200)

    def test_T1_T9_root_of_a_container_that_ends_does_not_become_root_of_the_host(self):
        """Without SO_PEERPIDFD the number is all there is; the process that has it is younger than its connection."""
        self.bind("--user", "root")
        manage = "GET /v1/roles HTTP/1.1\r\nHost: localhost\r\nJeton-Client: 1\r\nConnection: close\r\n\r\n"
        group = self.unit(f"jeton-t9-{os.getpid()}.service")
        for kernel, status in (({}, "403"), (LINUX_6_12, "403"), (LINUX_6_1, "503")):
            self.kernel.be(**kernel)
            self.restart_daemon()  # which looks once whether times will matter
            for socket, request in (
                (self.daemon.control_socket, manage),
                (self.daemon.token_socket, self.token_request()),
            ):
                seen = {self.attack(socket, request, "--container", "0", group) for _ in range(RUNS)}
                self.assertEqual(seen, {status}, (kernel, socket.name))
        self.assertEqual(self.ok("role", "list"), [], "root of the host still manages, on the oldest kernel, too")


class Introspected(KernelScenario):
    kernel_is = LINUX_6_1

    def test_T3_a_unit_may_not_introspect_either(self):
        refusal = self.refused(
            "binding", "add", "--introspect", "integration", "--unit", "worker.service", error="wrong_state"
        )
        self.assertIn(os.uname().release, refusal["error_description"])
