"""Keys as an operator handles them: an environment is deleted with its key."""

import contextlib
import os
import sqlite3

from harness import INVOICES, JOBS, Scenario


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
        self.refused("environment", "delete", "sandbox", code=2)  # nobody is there to say yes

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
