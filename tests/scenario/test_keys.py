"""Keys as an operator handles them: rotated while programs go on, and destroyed with their environment."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import threading
import time

from harness import INVOICES, JOBS, USER, Scenario, wait_until, wire
from system import path_of


class Keys(Scenario):
    def setUp(self):
        super().setUp()
        self.app(scopes=(INVOICES, JOBS))

    def wrapped_key(self, environment):
        """The bytes of the environment's wrapped data key, as they stand in the files; the daemon is stopped for it."""
        self.daemon.stop()
        with contextlib.closing(sqlite3.connect(f"file:{self.daemon.database}?mode=ro", uri=True)) as database:
            query = "SELECT wrapped_data_key FROM environments WHERE name = ?"
            (key,) = database.execute(query, (environment,)).fetchone()
        self.daemon.start()
        return key

    def stands_in_a_file(self, content):
        files = [file for file in self.daemon.state.iterdir() if file.name.startswith("jeton.db")]
        return any(content in file.read_bytes() for file in files)


class Deletion(Keys):
    def test_an_environment_is_deleted_when_nothing_of_it_is_connected_and_its_key_is_in_no_file(self):
        self.local_environment("sandbox")
        self.local_environment("integration")
        connection, client_id, secret = self.with_pair("1", "sandbox")
        kept, kept_id, kept_secret = self.with_pair("2", "integration")
        pair = {"client_id": client_id, "client_secret": secret}
        self.assertToken(self.post("/sandbox/token", pair))
        key = self.wrapped_key("sandbox")
        self.assertTrue(self.stands_in_a_file(key))

        refused = self.refused("environment", "delete", "sandbox", "--yes", error="wrong_state")
        self.assertIn(connection, refused["error_description"])
        self.assertIn("jeton access disable --environment sandbox", refused["next"])
        self.assertToken(self.post("/sandbox/token", pair))
        self.refused("environment", "delete", "sandbox", error="confirmation_required")

        self.ok("access", "disable", "--environment", "sandbox", "--reason", "it is over", "--yes")
        deleted = self.ok("environment", "delete", "sandbox", "--yes")
        self.assertEqual((deleted["environment"], deleted["tenants"], deleted["connections"]), ("sandbox", 1, 1))
        self.assertIn("copies of the database", deleted["message"])
        self.assertFalse(self.stands_in_a_file(key), "its wrapped data key is still in a file")
        self.assertEqual(self.post("/sandbox/token", pair).status, 400)
        self.assertEqual([one["environment"] for one in self.ok("environment", "list")], ["integration"])
        self.assertEqual([one["connection"] for one in self.ok("connection", "list")], [kept])
        self.assertToken(self.post("/integration/token", {"client_id": kept_id, "client_secret": kept_secret}))
        self.refused("environment", "delete", "sandbox", "--yes", error="not_found")

        (entry,) = self.audit(event="environment.deleted")
        self.assertEqual((entry["subject"], entry["actor"]["uid"]), ("sandbox", os.getuid()))
        self.daemon.stop()
        self.daemon.start()
        self.ok("audit", "verify")
        self.local_environment("sandbox")  # the name is free
        self.assertEqual(self.ok("tenant", "list", "--environment", "sandbox"), [])


class Rotation(Keys):
    MANY = 250

    def setUp(self):
        super().setUp()
        self.recovery = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.local_environment("integration")
        self.connection, client_id, secret = self.with_pair()
        self.pairs = [{"client_id": client_id, "client_secret": secret}]

    def control(self, target, body):
        head = {"Jeton-Client": "1", "Content-Type": "application/json"}
        answer = wire.request(self.daemon.control_socket, "POST", target, json.dumps(body), head)
        self.assertLess(answer.status, 300, answer)
        return answer.json

    def many_pairs(self):
        """So many sealed values that moving them takes more than one slice."""
        for _ in range(self.MANY):
            made = self.control(path_of(self.connection, "pairs"), {"user": USER})
            self.pairs.append({"client_id": made["client_id"], "client_secret": made["client_secret"]})

    def rotate(self, *what, **options):
        return self.ok("key", "rotate", *what, stdin=self.recovery, **options)

    def moving(self):
        """What the status says of a rotation that is under way; None when all has moved."""
        (environment,) = self.ok("status")["environments"]
        return environment["key_rotation"]

    def wait_until_moved(self):
        wait_until(lambda: self.moving() is None, seconds=60, step=0.1, what="the end of the key rotation")

    def all_work(self):
        for pair in self.pairs:
            self.assertToken(self.post("/integration/token", pair))

    def is_in_the_middle(self):
        """Whether a data key retires, in a copy of the files as a killed daemon left them."""
        copy = pathlib.Path(self.scratch())
        for file in self.daemon.state.iterdir():
            if file.name.startswith("jeton.db"):
                shutil.copy(file, copy)
        with contextlib.closing(sqlite3.connect(copy / "jeton.db")) as database:
            (key,) = database.execute("SELECT retiring_data_key FROM environments").fetchone()
        return key is not None

    @contextlib.contextmanager
    def fetching(self):
        """A program fetches tokens in a loop meanwhile; gives back what was not a token."""
        stop, strange, fetched = threading.Event(), [], []

        def loop():
            while not stop.is_set():
                answer = self.post("/integration/token", self.pairs[0])
                (fetched if answer.status == 200 else strange).append(answer)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        self.assertEqual(strange, [])
        self.assertGreater(len(fetched), 10)

    def test_programs_go_on_while_a_data_key_is_rotated_and_then_the_old_one_is_in_no_file(self):
        self.many_pairs()
        old = self.wrapped_key("integration")
        self.assertTrue(self.stands_in_a_file(old))
        with self.fetching():
            rotated = self.rotate("integration")
            self.assertEqual((rotated["environment"], rotated["key_generation"]), ("integration", 2))
            self.assertGreater(rotated["values_left"], self.MANY)
            self.wait_until_moved()
        self.assertFalse(self.stands_in_a_file(old), "the old wrapped key is still in a file")
        self.all_work()
        self.assertEqual(len(self.audit(event="key.rotated")), 1)
        self.assertEqual(len(self.audit(event="key.erased")), 1)
        self.assertGreater(len(self.audit(event="key.moved")), 1)
        self.daemon.stop()
        self.daemon.start()
        self.all_work()
        self.ok("audit", "verify")

    def test_T31_kill_9_in_the_middle_and_the_rotation_goes_on_by_itself(self):
        self.many_pairs()
        in_the_middle = 0
        for cycle in range(4):
            old = self.wrapped_key("integration")
            self.rotate("integration")
            time.sleep(0.02 * cycle)
            self.daemon.kill_all()
            in_the_middle += self.is_in_the_middle()
            self.daemon.start()
            self.assertToken(self.post("/integration/token", self.pairs[-1]))
            self.wait_until_moved()
            self.assertFalse(self.stands_in_a_file(old), "the old wrapped key is still in a file")
        self.assertGreater(in_the_middle, 0, "it was never killed in the middle")
        self.all_work()
        self.ok("audit", "verify")

    def test_a_new_root_key_opens_with_the_slots_of_before_and_rotates_every_data_key(self):
        self.many_pairs()
        old = self.wrapped_key("integration")
        self.daemon.stop()
        copy = {file: file.read_bytes() for file in [self.daemon.database, *self.daemon.anchor.iterdir()]}
        self.daemon.start()
        heads = [self.ok("audit", "verify")["head"]["public_key"]]
        with self.fetching():
            rotated = self.rotate("--root")
            self.assertEqual((rotated["key_slots"], rotated["environments"]), (2, 1))
            self.wait_until_moved()
        heads.append(self.ok("audit", "verify")["head"]["public_key"])
        self.assertNotEqual(*heads)
        self.assertEqual(heads[1], rotated["audit_public_key"])
        self.assertFalse(self.stands_in_a_file(old), "a key wrapped under the old root key is still in a file")
        self.daemon.stop()
        self.daemon.start()  # by its key file
        self.all_work()
        self.ok("seal", "--yes")
        self.assertEqual(self.ok("unseal", stdin=self.recovery)["state"], "unsealed")
        self.all_work()
        self.daemon.kill_all()
        self.daemon.start()
        self.all_work()
        # As the documents say: what was copied before opens as it did before.
        self.daemon.stop()
        for file in self.daemon.state.iterdir():
            if file.name.startswith("jeton.db-"):
                file.unlink()
        for file, content in copy.items():
            file.write_bytes(content)
        self.daemon.start()
        self.all_work()

    def test_T31_kill_9_right_after_a_new_root_key_was_acknowledged(self):
        self.rotate("--root")
        self.daemon.kill_all()
        self.daemon.start()
        self.wait_until_moved()
        self.all_work()
        self.rotate("--root")  # proved by the same recovery key

    def test_nobody_rotates_without_proof(self):
        for what in (["integration"], ["--root"]):
            self.refused("key", "rotate", *what, error="forbidden")
            self.refused("key", "rotate", *what, stdin="none of its keys", error="forbidden")
        self.refused("key", "rotate", code=2)
        self.assertEqual(self.audit(event="key.rotated"), [])
        self.assertTrue(self.audit(event="key.rotate", result="refused"))
        refused = self.refused("key", "rotate", "nowhere", stdin=self.recovery, error="not_found")
        self.assertIn("nowhere", refused["error_description"])
