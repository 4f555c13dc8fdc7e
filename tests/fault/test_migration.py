"""A store of an older version, and the disk it is on: no migration without a copy, and the way back by that copy."""

import contextlib
import shutil
import sqlite3

import full_disk
from harness import INVOICES, REFUSED, SEALED, Scenario

# What schemas 6 and 5 have and schema 4 has not. None of it is written to here.
SINCE_6 = (
    "secrets_deactivates_at", "pairs_expires_at", "bindings_expires_at", "client_keys_expires_at", "tickets_expires_at",
    "token_cache_expires_at", "bindings_default", "bindings_kind", "bindings_container", "pairs_uid", "tickets_open",
    "connections_state", "secrets_of", "audit_actor_user", "audit_refused", "audit_change", "audit_block_at",
)  # fmt: skip
BACK_TO_SCHEMA_4 = (
    *(f"DROP INDEX {name}" for name in SINCE_6), "CREATE INDEX audit_at ON audit (at)",
    "CREATE INDEX connections_environment ON connections (environment)",
    "CREATE INDEX secrets_connection ON secrets (connection)",
    "DROP TABLE client_keys", "DROP TABLE used_assertions", "DROP TABLE revoked_tokens",
    "ALTER TABLE signing_keys DROP COLUMN algorithm", "ALTER TABLE signing_keys DROP COLUMN published_until",
    "ALTER TABLE environments DROP COLUMN resources", "ALTER TABLE bindings DROP COLUMN resource",
    "DROP INDEX connections_client",
    "CREATE UNIQUE INDEX connections_client_id ON connections (environment, client_id) WHERE client_id <> ''",
    "PRAGMA user_version = 4",
)  # fmt: skip


class OlderStore:
    """A stopped daemon whose store is of schema 4, with a pair."""

    def make_it_old(self):
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.connection, client_id, secret = self.with_pair()
        self.pair = {"client_id": client_id, "client_secret": secret}
        self.daemon.stop()
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            for statement in BACK_TO_SCHEMA_4:
                database.execute(statement)
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.version = self.text("--version").split()[-1]
        self.copy = self.daemon.state / f"jeton.db.schema-4-before-{self.version}"

    def schema(self, file):
        with contextlib.closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as database:
            return database.execute("PRAGMA user_version").fetchone()[0]

    def listing(self):
        return sorted(path.name for path in self.daemon.state.iterdir())


class Migration(OlderStore, Scenario):
    def test_an_older_store_is_copied_and_taken_over_and_the_copy_is_the_way_back(self):
        self.make_it_old()
        self.daemon.start()
        self.assertToken(self.post("/integration/token", self.pair))
        self.assertEqual(self.schema(self.copy), 4)
        self.assertEqual(self.copy.stat().st_mode & 0o777, 0o600)
        self.assertIn(f"as it was before, it is kept in {self.copy} for 30 days", self.daemon.log())
        self.assertIn(str(self.copy), self.audit(event="store.migrated")[0]["detail"])
        found = [one for one in self.jeton("doctor", "--json").json if str(self.copy) in one["what"]]
        self.assertEqual([(one["check"], one["severity"]) for one in found], [("store", "note")])
        self.ok("audit", "verify")
        self.tenant("1111111")
        self.daemon.stop()
        self.assertGreater(self.schema(self.daemon.database), 4)

        # back, as docs/runbook.md says
        self.daemon.database.rename(self.daemon.directory / "newer.db")
        shutil.copy2(self.copy, self.daemon.database)
        self.daemon.start("sealed")
        self.assertIn("rolled back", self.ok("status")["reason"])
        self.ok("unseal", "--accept-rollback", "--yes")
        self.assertToken(self.post("/integration/token", self.pair))
        self.refused("tenant", "show", "1111111@integration", error="not_found")
        self.ok("audit", "verify")

    def test_T51_an_older_program_names_the_version_to_install_and_the_copy(self):
        self.make_it_old()
        self.daemon.start()
        self.daemon.stop()
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA user_version = 9999")
        self.copy.rename(newer := self.daemon.state / "jeton.db.schema-4-before-8.2.0")
        self.daemon.start("sealed")
        reason = self.ok("status")["reason"]
        self.assertIn("written by a newer jeton (schema 9999", reason)
        self.assertIn("install jeton 8.2.0 again", reason)
        self.assertIn(str(newer), reason)
        self.refused("unseal", code=(REFUSED, SEALED))


class MigrationOnAFullDisk(OlderStore, full_disk.OnADiskOfItsOwn):
    def test_T30_without_room_for_the_copy_the_store_stays_as_it_was_and_says_what_to_do(self):
        self.make_it_old()
        before = self.daemon.database.read_bytes()
        filler = self.fill()
        self.daemon.start("sealed")
        reason = self.ok("status")["reason"]
        self.assertIn("no copy of it can be made before", reason)
        self.assertIn("make room in", reason)
        self.refused("unseal", code=(REFUSED, SEALED))
        self.daemon.stop()
        self.assertEqual(self.daemon.database.read_bytes(), before)
        self.assertEqual([name for name in self.listing() if "schema" in name], [])
        filler.unlink()
        self.daemon.start()
        self.assertToken(self.post("/integration/token", self.pair))
        self.assertTrue(self.copy.exists())
