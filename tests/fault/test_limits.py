"""Callers with nothing to do here share one pool of sessions: however many users they are, they crowd nobody out."""

import os
import signal
import socket

import wire
from people import Person
from system import SystemScenario

SESSIONS = 64
POOL = SESSIONS // 8


class Strangers(SystemScenario):
    extra_config = f"[limits]\nsessions = {SESSIONS}\nsessions_per_uid = 32\n"

    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()
        self.one, self.other, self.worker = (Person(name, groups=()) for name in ("news", "mail", "www-data"))
        self.open = []
        self.addCleanup(self.leave)

    def come(self, person, count):
        """Sessions that `person` opens and keeps idle. The status of the last one that was refused, or None."""
        refused = None
        for _ in range(count):
            answer = self.session_of(person)
            refused = answer or refused
        return refused

    def session_of(self, person):
        """Opens one more session as `person` and keeps it; the status that it is refused with, or None."""
        end, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        pid = os.fork()
        if pid == 0:  # credentials are those of connect(): the child connects, and keeps the session
            try:
                end.close()
                person.become()
                session = wire.connect(self.daemon.token_socket)
                session.settimeout(0.3)
                try:
                    said = session.recv(64)
                except TimeoutError:
                    said = b""
                given.send(said[9:12] or b"in")
                given.recv(1)  # until the test is done with it
            finally:
                os._exit(0)
        given.close()
        said = end.recv(16)
        if said == b"in":
            self.open.append((pid, end))
            return None
        end.close()
        os.waitpid(pid, 0)
        return int(said)

    def leave(self):
        for pid, end in self.open:
            os.kill(pid, signal.SIGKILL)
            end.close()
            os.waitpid(pid, 0)
        self.open.clear()

    def test_T18_users_without_binding_or_role_share_an_eighth_of_the_sessions(self):
        self.assertIsNone(self.come(self.one, POOL))
        self.assertEqual(self.session_of(self.one), 429)
        self.assertEqual(self.session_of(self.other), 429, "another stranger finds the same pool full")
        self.assertEqual(self.get("/healthz").status, 200, "the operator comes in as ever")
        self.ok("binding", "add", self.connection, "--user", "www-data")
        self.assertIsNone(self.come(self.worker, POOL + 2), "whoever is bound is no stranger")
        self.leave()
        self.assertIsNone(self.session_of(self.other), "room comes back")

    def test_T18_a_role_a_pair_or_a_ticket_makes_a_user_known(self):
        self.assertIsNone(self.come(self.one, POOL))
        self.assertEqual(self.session_of(self.other), 429)
        self.ok("role", "grant", "auditor", "--user", "mail")
        self.assertIsNone(self.session_of(self.other))
        self.ok("role", "revoke", "auditor", "--user", "mail")
        self.assertEqual(self.session_of(self.other), 429)
        self.ok("secret", "generate", self.connection, "--ticket-for", "mail")
        self.assertIsNone(self.session_of(self.other))
        self.assertEqual(self.session_of(self.worker), 429)
        self.ok("pair", "create", self.connection, "--user", "www-data")
        self.assertIsNone(self.session_of(self.worker))

    def test_T18_a_binding_of_a_group_makes_its_members_known_also_after_a_restart(self):
        self.ok("binding", "add", self.connection, "--group", "staff")
        self.restart_daemon()
        self.assertIsNone(self.come(self.one, POOL))
        self.assertEqual(self.session_of(self.other), 429)
        self.assertIsNone(self.session_of(Person("mail", groups=("staff",))))
