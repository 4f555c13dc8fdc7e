"""The database is not trusted: put back, deleted, edited, replayed: refused by name; untouched: nothing is refused."""

import contextlib
import json
import shutil
import sqlite3

from harness import INVOICES, REFUSED, SEALED, USER, Scenario

# Tables whose rows decide nothing: their loss is no change of what is allowed.
NO_AUTHORITY = ("audit", "usage", "token", "cache", "sqlite_")


class Tamper(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.pair = {"client_id": self.client_id, "client_secret": self.secret}
        self.ok("binding", "add", self.connection, "--user", USER, "--default")

    @property
    def wal(self):
        return self.daemon.state / "jeton.db-wal"

    def copy(self, *files):
        """The bytes of these files, by path; absent ones as None."""
        return {file: file.read_bytes() if file.exists() else None for file in files}

    def put_back(self, copies):
        for file, content in copies.items():
            file.unlink(missing_ok=True)
            if content is not None:
                file.write_bytes(content)
                file.chmod(0o600)

    def store(self):
        return self.copy(self.daemon.database, self.wal, self.daemon.state / "jeton.db-shm")

    @contextlib.contextmanager
    def open(self):
        """The database as an attacker opens it: no rule of ours holds. Each statement commits by itself."""
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            yield database

    def assertSealed(self, *words):
        """It starts, stays sealed, says why in these words, and gives nobody anything."""
        self.daemon.start(state="sealed")
        run = self.jeton("status", "--json")
        status = run.json
        self.assertEqual(status["state"], "sealed", run)
        for word in words:
            self.assertRegex(status["reason"], word)
        self.assertEqual(self.jeton("app", "connections", "dispatcher").code, SEALED)
        self.assertRefusal(self.post("/integration/token", self.pair), 503, "temporarily_unavailable")
        return status["reason"]

    def tables(self):
        with self.open() as database:
            return [row["name"] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]

    def authority_tables(self):
        kept = [name for name in self.tables() if not any(word in name for word in NO_AUTHORITY)]
        with self.open() as database:
            return [name for name in kept if database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]]

    # rolled back

    def test_T27_an_old_database_is_refused_and_opens_only_by_an_operators_word(self):
        self.daemon.stop()
        old = self.store()
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.stop()
        self.put_back(old)
        self.assertSealed(r"(?i)older|rolled back|rollback")
        self.refused("unseal", code=(REFUSED, SEALED))
        self.ok("unseal", "--accept-rollback", "--yes")
        self.assertEqual(self.ok("status")["state"], "unsealed")
        self.assertEqual(self.row(self.connection)["state"], "connected")  # the loss, as it was told
        self.assertToken(self.post("/integration/token", self.pair))
        self.ok("audit", "verify")
        self.assertTrue([entry for entry in self.ok("audit", "list") if "rollback" in str(entry)])
        self.daemon.stop()
        self.daemon.start()  # accepted once is accepted

    def test_T27_T_12_who_accepts_a_rollback_brings_no_revoked_token_back(self):
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)
        revoked, kept = (self.assertToken(self.post("/integration/token", {**self.pair, "min_ttl": 1}))["access_token"] for _ in range(2))
        self.daemon.stop()
        old = self.store()
        self.daemon.start()
        answer = self.post("/integration/revoke", {**self.pair, "grant_type": None, "token": revoked})
        self.assertEqual(answer.status, 200, answer)
        self.daemon.stop()
        self.put_back(old)
        self.assertSealed(r"(?i)older|rolled back|rollback")
        self.ok("unseal", "--accept-rollback", "--yes")
        fresh = self.assertToken(self.post("/integration/token", self.pair))["access_token"]
        for token, active in ((revoked, False), (kept, False), (fresh, True)):
            self.assertIs(self.post("/integration/introspect", grant_type=None, token=token).json["active"], active)

    def test_T27_an_old_wal_is_refused(self):
        self.daemon.kill_all()
        old = self.store()
        self.assertTrue(old[self.wal], "a killed daemon leaves its WAL")
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.kill_all()
        self.put_back({self.wal: old[self.wal], self.daemon.state / "jeton.db-shm": None})
        self.assertSealed(r"(?i)older|rolled back|rollback|changed|damaged|malformed|row|set hash")

    def test_T27_a_database_without_its_wal_is_refused(self):
        self.daemon.stop()
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.kill_all()
        self.assertTrue(self.wal.stat().st_size, "the change stands in the WAL alone")
        self.put_back({self.wal: None, self.daemon.state / "jeton.db-shm": None})
        self.assertSealed(r"(?i)older|rolled back|rollback")

    def test_T27_a_missing_anchor_is_refused(self):
        self.daemon.stop()
        for file in self.daemon.anchor.iterdir():
            file.unlink()
        self.assertSealed(r"(?i)anchor")
        self.ok("unseal", "--accept-rollback", "--yes")
        self.assertToken(self.post("/integration/token", self.pair))

    def rolled_back_with_its_anchor(self):
        """What was kept off the host before; the store is open again, as it was before the last change."""
        self.daemon.stop()
        old = {**self.store(), **self.copy(*self.daemon.anchor.iterdir())}
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        last = self.ok("audit", "verify")["head"]["sequence"]
        exported = self.text("audit", "export")
        log = self.daemon.log()
        self.daemon.stop()
        self.put_back(old)
        self.daemon.start()
        self.ok("audit", "verify")  # from these files alone nobody can tell
        return last, exported, log

    def test_T27_database_and_anchor_put_back_together_are_found_by_what_was_kept(self):
        last, exported, log = self.rolled_back_with_its_anchor()
        lines = [line for line in log.splitlines() if "audit head " in line]
        self.assertGreater(len(lines), 5)
        journal = "\n".join(json.dumps({"PRIORITY": "6", "MESSAGE": line}) for line in lines)
        for kept in (log, journal, exported):
            with self.subTest(kept[:40]):
                refusal = self.refused("audit", "verify", "--against", "-", stdin=kept, error="mismatch")
                self.assertIn("rolled back", refusal["error_description"])
                self.assertRegex(refusal["error_description"], rf"entry {last}\b")
        # It goes on, and has as many entries again: they are others.
        for number in range(3):
            self.tenant(f"t{number}")
        refusal = self.refused("audit", "verify", "--against", "-", stdin=log, error="mismatch")
        self.assertRegex(refusal["error_description"], rf"audit entry {last} is not the one that was seen")
        # What it has written itself since then stands.
        kept = self.text("audit", "export")
        self.text("audit", "verify", "--against", "-", stdin=kept)

    def test_T27_a_log_without_a_head_of_this_audit_is_no_proof(self):
        for kept in ("", "nothing of ours\n"):
            self.refused("audit", "verify", "--against", "-", stdin=kept, error="bad_input")
        self.ok("audit", "verify", "--against", self.daemon.log_file)

    def test_T29_after_a_pruning_a_deleted_row_is_named_by_its_table(self):
        self.ok("audit", "prune", "--before", "2100-01-01T00:00:00Z", "--yes")
        self.tenant("later")
        self.ok("audit", "prune", "--before", "2100-01-01T00:00:00Z", "--yes")
        self.assertLess(len(self.ok("audit", "list")), 4)
        self.daemon.stop()
        with self.open() as database:
            row = database.execute("SELECT id FROM bindings").fetchone()["id"]
            database.execute("DELETE FROM bindings")
        self.assertSealed("bindings", row)

    def test_T27_an_old_anchor_alone_is_fine(self):
        """The store is ahead of it, its chain contains the head: a crash between commit and anchor looks so."""
        self.daemon.stop()
        old = self.copy(*self.daemon.anchor.iterdir())
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.stop()
        self.put_back(old)
        self.daemon.start()
        self.assertEqual(self.row(self.connection)["state"], "disabled")

    # rows

    def test_T29_an_old_row_put_back_is_refused_by_name(self):
        self.daemon.stop()
        with self.open() as database:
            old = dict(database.execute("SELECT * FROM connections").fetchone())
        self.daemon.start()
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.stop()
        with self.open() as database:
            new = dict(database.execute("SELECT * FROM connections").fetchone())
            self.assertNotEqual(old, new)
            names = ", ".join(f'"{name}" = ?' for name in old)
            database.execute(f"UPDATE connections SET {names}", list(old.values()))
        self.assertSealed("connections")

    def test_T29_an_edited_row_is_refused_by_table_and_id(self):
        self.ok("access", "disable", self.connection, "--yes")
        self.daemon.stop()
        with self.open() as database:
            row = database.execute("SELECT id FROM connections WHERE state = 'disabled'").fetchone()
            self.assertIsNotNone(row, "connections have a text column `state`")
            database.execute("UPDATE connections SET state = 'connected'")
        reason = self.assertSealed("connections")
        spelt = row["id"].hex() if isinstance(row["id"], bytes) else str(row["id"])
        self.assertIn(spelt, reason)

    def test_T29_a_deleted_row_of_any_table_is_refused_by_table(self):
        self.daemon.stop()
        clean = {**self.store(), **self.copy(*self.daemon.anchor.iterdir())}
        tables = self.authority_tables()
        self.assertIn("connections", tables)
        for table in tables:
            with self.subTest(table):
                self.put_back(clean)
                with self.open() as database:
                    row = dict(database.execute(f'SELECT * FROM "{table}" LIMIT 1').fetchone())
                    same = " AND ".join(f'"{name}" IS ?' for name in row)
                    database.execute(f'DELETE FROM "{table}" WHERE {same}', list(row.values()))
                try:
                    self.assertSealed(table)
                finally:
                    self.daemon.stop()

    def test_T29_a_row_inserted_again_under_another_id_is_refused(self):
        self.daemon.stop()
        with self.open() as database:
            row = dict(database.execute("SELECT * FROM bindings").fetchone())
            marks = ", ".join("?" * len(row))
            fresh = self.other_id(row["id"])
            database.execute("DELETE FROM bindings")
            database.execute(f"INSERT INTO bindings VALUES ({marks})", list({**row, "id": fresh}.values()))
        self.assertSealed("bindings")

    @staticmethod
    def other_id(value):
        if isinstance(value, bytes):
            return value[:-1] + bytes([value[-1] ^ 1])
        return value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")

    def test_T36_an_edited_or_cut_audit_is_found(self):
        self.daemon.stop()
        clean = {**self.store(), **self.copy(*self.daemon.anchor.iterdir())}
        tables = self.tables()
        table = next(name for name in tables if name.startswith("audit"))
        for damage in ("last entry cut", "hole in the middle", "entry edited"):
            with self.subTest(damage):
                self.put_back(clean)
                with self.open() as database:
                    entries = database.execute(f'SELECT rowid AS rowid_, * FROM "{table}" ORDER BY rowid')
                    rows = [dict(entry) for entry in entries]
                    row = rows[-1 if damage == "last entry cut" else 1]
                    if damage == "entry edited":
                        column = next(name for name, value in row.items() if isinstance(value, (str, bytes)) and value)
                        changed = self.other_id(row[column])
                        database.execute(
                            f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (changed, row["rowid_"])
                        )
                    else:
                        database.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row["rowid_"],))
                self.daemon.start(state=("sealed", "unsealed"))
                try:
                    sealed = self.daemon.health() == "sealed"
                    self.assertTrue(sealed or self.jeton("audit", "verify").code != 0, "nobody noticed")
                finally:
                    self.daemon.stop()

    # schema, and the control

    def test_T28_a_trigger_or_a_view_in_the_schema_is_refused(self):
        for statement in (
            "CREATE TRIGGER t AFTER INSERT ON connections BEGIN SELECT 1; END",
            "CREATE VIEW v AS SELECT * FROM connections",
            "ALTER TABLE connections ADD COLUMN extra TEXT",
        ):
            with self.subTest(statement):
                self.daemon.stop()
                clean = self.store()
                with self.open() as database:
                    database.execute(statement)
                self.daemon.start(state="sealed")
                self.assertRegex(self.jeton("status", "--json").json["reason"], r"(?i)schema")
                self.daemon.stop()
                self.put_back(clean)
                self.daemon.start()

    def test_T51_a_newer_schema_is_refused_untouched(self):
        self.daemon.stop()
        with self.open() as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA user_version = 9999")
        before = self.daemon.database.read_bytes()
        self.daemon.start(state="sealed")
        self.assertRegex(self.jeton("status", "--json").json["reason"], r"(?i)newer")
        self.daemon.stop()
        self.assertEqual(self.daemon.database.read_bytes(), before)

    def test_a_damaged_file_is_named_and_never_initialised_anew(self):
        self.daemon.stop()
        damaged = self.daemon.database.read_bytes()
        damaged = b"not a database at all" + damaged[21:]
        self.daemon.database.write_bytes(damaged)
        self.daemon.start(state="sealed")
        self.assertIn("jeton.db", self.jeton("status", "--json").json["reason"])
        self.daemon.stop()
        self.assertEqual(self.daemon.database.read_bytes(), damaged)

    def test_nothing_is_refused_when_nothing_was_changed(self):
        self.daemon.stop()
        copies = {**self.store(), **self.copy(*self.daemon.anchor.iterdir())}
        with self.open() as database:
            database.execute("SELECT count(*) FROM connections").fetchone()
        self.put_back(copies)
        self.daemon.start()
        self.assertToken(self.post("/integration/token", self.pair))
        self.daemon.kill_all()
        moved = self.daemon.directory / "moved"
        shutil.copytree(self.daemon.state, moved)
        shutil.rmtree(self.daemon.state)
        shutil.copytree(moved, self.daemon.state)
        self.daemon.state.chmod(0o700)
        self.daemon.start()
        self.assertToken(self.post("/integration/token", self.pair))
        self.ok("audit", "verify")
