"""Each table of authority × each way to tamper: refused by name, always. The tables are those of the schema that is there.

The matrix starts the daemon hundreds of times: it is made with JETON_ATTACKS=20, on every column. (The unit tests of the
store make it with each run, below the programs: tampering_test.)
"""

import contextlib
import os
import sqlite3

from client_key import ClientKey
from harness import INVOICES, JOBS, SEALED
from people import Person
from system import SystemScenario

EVERYTHING = int(os.environ.get("JETON_ATTACKS", "3")) >= 20

# What carries no MAC of its own, and why that is right.
NO_AUTHORITY = {
    "state": "sealed as a whole",
    "audit": "a hash chain of its own",
    "usage": "counts, decides nothing",
    "token_cache": "each token is sealed; losing one costs a request",
    "used_assertions": "without one an assertion that somebody caught is good once more, and no key comes of it",
}
# What is met first: an altered slot does not open, and without their checkpoint the pruned entries are missing.
NAMED_AS = {"key_slots": r"key.slots?", "audit_checkpoints": r"\baudit_checkpoints\b|audit entry 1 is missing"}
# Rows that no command changes or takes away.
NEVER_CHANGED = {"key_slots", "signing_keys", "scopes", "audit_checkpoints", "revoked_tokens"}


def other(value):
    """Another value of the same type."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
    if isinstance(value, int):
        return value + 1
    return value + "x" if isinstance(value, str) else 5


def fresh_id(value):
    return value[:-1] + ("0" if value[-1] != "0" else "1")


class Store:
    """The files of a stopped daemon, as an attacker opens them: no rule of ours holds."""

    def __init__(self, daemon):
        self.daemon = daemon

    def files(self):
        return [self.daemon.database, self.daemon.state / "jeton.db-wal", self.daemon.state / "jeton.db-shm",
                *self.daemon.anchor.iterdir()]  # fmt: skip

    def save(self):
        return {file: file.read_bytes() for file in self.files() if file.exists()}

    def put_back(self, saved):
        for file in self.files():
            file.unlink(missing_ok=True)
        for file, content in saved.items():
            file.write_bytes(content)
            file.chmod(0o600)

    @contextlib.contextmanager
    def open(self):
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            yield database

    def tables(self):
        """table → whether its rows carry a MAC"""
        with self.open() as database:
            names = [row["name"] for row in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )]  # fmt: skip
            return {
                name: "mac" in [column["name"] for column in database.execute(f'PRAGMA table_info("{name}")')]
                for name in names
            }

    def rows(self, table):
        with self.open() as database:
            return [dict(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY id')]


def delete(database, table, row):
    database.execute(f'DELETE FROM "{table}" WHERE id = ?', (row["id"],))


def insert(database, table, row):
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    database.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(row.values()))


def replace(database, table, row):
    delete(database, table, row)
    insert(database, table, row)


class Matrix(SystemScenario):
    turns_clock = True  # so that there is something to prune

    def set_clock(self):
        self.clock.begin_at("2026-02-10T09:00:00Z")

    def fill(self):
        """Two rows in each table, so that any two can be exchanged."""
        self.worker, self.other = Person("www-data", groups=()), Person("mail", groups=())
        for environment in ("integration", "staging"):
            self.local_environment(environment)
        for app in ("dispatcher", "planner"):
            self.app(app, scopes=(INVOICES, JOBS))
            self.app(f"{app}-old", scopes=(JOBS,))
            self.clock.advance(days=40)
            self.ok("audit", "prune", "--before", self.clock.text(days=-1), "--yes")
        self.connections = []
        for app, environment, tenant in (
            ("dispatcher", "integration", "1111111"), ("planner", "staging", "2222222"),
            ("dispatcher", "integration", "3333333"),
        ):  # fmt: skip
            connection, client_id, secret = self.with_pair(tenant, environment, app)
            self.connections.append((connection, client_id, secret))
            self.ok("binding", "add", connection, "--user", "www-data")
            self.ok("pair", "create", connection, "--user", "www-data")
            self.ok("secret", "rotate", connection, "--overlap", "24h", "--ticket-for", "mail")
            self.ok("connection", "key", "add", connection, stdin=ClientKey(self.scratch()).public)
            pair = {"client_id": client_id, "client_secret": secret}
            token = self.assertToken(self.post(f"/{environment}/token", pair))["access_token"]
            self.assertEqual(self.post(f"/{environment}/revoke", {"token": token, "grant_type": None, **pair}).status, 200)
        for user in ("news", "man"):
            self.ok("role", "grant", "auditor", "--user", user)
        for scope in ("tn.crm.surveys", "tn.crm.polls"):
            self.ok("scope", "add", scope, "--group", "CRM", "--display-name", "Surveys")

    def change(self):
        """Something about a row of each table, where a command can."""
        first, client_id, _ = self.connections[0]
        self.ok("environment", "edit", "integration", "--developer-access", "no")
        self.ok("tenant", "edit", "1111111@integration", "--name", "Another Name")
        self.ok("app", "edit", "dispatcher", "--organization", "Another Ltd")
        self.ok("app", "delete", "planner-old", "--yes")
        self.ok("access", "disable", first, "--yes")
        kid = self.ok("connection", "key", "list", first)[0]["kid"]
        self.ok("connection", "key", "remove", first, kid, "--yes")
        self.ok("secret", "deactivate", self.connections[1][0], self.connections[1][2][:8], "--yes")
        self.ok("binding", "remove", self.ok("binding", "list")[0]["id"])
        self.ok("pair", "revoke", first, "--user", "www-data")
        self.ok("ticket", "revoke", self.ok("ticket", "list")[0]["id"])
        self.ok("role", "revoke", "auditor", "--user", "man")

    def prepare(self):
        self.fill()
        self.daemon.stop()
        store = Store(self.daemon)
        tables = store.tables()
        self.authority = [name for name, has_mac in tables.items() if has_mac]
        unknown = set(tables) - set(self.authority) - set(NO_AUTHORITY)
        self.assertEqual(unknown, set(), "a table without a MAC: say in NO_AUTHORITY why that is right")
        before = {table: store.rows(table) for table in self.authority}
        self.restart_daemon()
        self.change()
        self.daemon.stop()
        self.clean = store.save()
        self.rows = {table: store.rows(table) for table in self.authority}
        self.replaced = {
            table: next((row for row in before[table] if row not in self.rows[table]), None) for table in self.authority
        }
        return store

    def attacks(self, table):
        """(what it is, who is named, the edit) for one table."""
        first, second = self.rows[table][:2]
        columns = [name for name in first if name != "mac"]
        for column in columns:
            changed = {**first, column: other(first[column])}
            yield f"{column} edited", (lambda db, row=changed: (delete(db, table, first), insert(db, table, row)))
        yield "the MAC edited", lambda db: replace(db, table, {**first, "mac": other(first["mac"])})

        def swap(db):
            delete(db, table, first)
            delete(db, table, second)
            insert(db, table, {**first, "id": second["id"]})
            insert(db, table, {**second, "id": first["id"]})

        yield "two rows swapped", swap
        yield "a row deleted", lambda db: delete(db, table, first)

        def insert_again(db):
            delete(db, table, first)
            insert(db, table, {**first, "id": fresh_id(first["id"])})

        yield "a row inserted again", insert_again
        if (old := self.replaced[table]) is not None:
            yield "an old row put back", lambda db: replace(db, table, old)
        for column in first:
            if column in ("environment", "tenant", "connection", "app") and first[column]:
                elsewhere = next(
                    (row[column] for row in self.rows[table] if row[column] not in ("", None, first[column])), None
                )
                if elsewhere:
                    moved = {**first, column: elsewhere}
                    yield f"of another {column}", lambda db, row=moved: replace(db, table, row)
            if column.endswith("generation"):
                yield f"of another {column}", lambda db, name=column: replace(
                    db, table, {**first, name: (first[name] or 0) + 1}
                )

    def test_T29_whatever_is_done_to_a_row_of_authority_is_refused_by_name(self):
        if not EVERYTHING:
            self.skipTest("hundreds of starts take minutes: JETON_ATTACKS=20 makes them")
        store = self.prepare()
        count = 0
        lacking = {table for table, row in self.replaced.items() if row is None}
        self.assertLessEqual(lacking, NEVER_CHANGED, "no row of these was changed by a command")
        for table in self.authority:
            self.assertGreaterEqual(len(self.rows[table]), 1, table)
            if len(self.rows[table]) < 2:
                self.rows[table].append(dict(self.rows[table][0], id=fresh_id(self.rows[table][0]["id"])))
            so_far = count
            for name, attack in self.attacks(table):
                with self.subTest(table=table, attack=name):
                    store.put_back(self.clean)
                    try:
                        with store.open() as database:
                            database.execute("BEGIN")
                            attack(database)
                            database.execute("COMMIT")
                    except sqlite3.IntegrityError:
                        continue  # SQLite itself does not let the file be like that
                    count += 1
                    self.restart_daemon(state="sealed")
                    try:
                        status = self.jeton("status", "--json").json
                        self.assertEqual(status["state"], "sealed")
                        self.assertRegex(status["reason"], NAMED_AS.get(table, rf"\b{table}\b"), name)
                        self.assertEqual(self.jeton("app", "list").code, SEALED)
                        answer = self.token_of(self.worker, connection=self.connections[2][0])
                        self.assertEqual(answer.status, 503)
                    finally:
                        self.daemon.kill_all()  # it has nothing to write down
            # Of each table some ways are left that no constraint of SQLite stops: a MAC edited, a row deleted.
            self.assertGreaterEqual(count - so_far, 2, table)
            print(f"# {table}: {count - so_far} ways to tamper with it", flush=True)
        print(f"# {count} ways to tamper with {len(self.authority)} tables")
        # And the control: nothing is refused when nothing was changed.
        store.put_back(self.clean)
        self.restart_daemon()
        self.assertToken(self.token_of(self.worker, connection=self.connections[2][0]))
        self.ok("audit", "verify")

    def test_T29_bytes_changed_below_a_running_daemon_are_never_believed(self):
        """Whether it meets them at once or at the next start: what it says is true, or it says which row is not."""
        self.fill()
        self.daemon.stop()
        self.restart_daemon()  # all rows stand in the main file
        first = self.connections[0][0]
        file = self.daemon.database
        before = {name: self.text(*words) for name, words in self.listings().items()}
        content = file.read_bytes()
        for true, false in ((b"Example Ltd", b"Exemple Ltd"), (b"www-data", b"www-date"), (b"Acme Heating", b"Acme Heeting")):
            self.assertIn(true, content)
            content = content.replace(true, false)
        with open(file, "r+b") as raw:
            raw.write(content)
        for name, words in self.listings().items():
            run = self.jeton(*words)
            self.assertNotRegex(run.out, "Exemple|www-date|Heeting", name)
            self.assertTrue(run.out == before[name] or run.code != 0, name)
        self.ok("access", "disable", first, "--yes")
        self.daemon.kill_all()
        self.restart_daemon(state="sealed")
        self.assertRegex(self.jeton("status", "--json").json["reason"], r"row \w+ of table|damaged|malformed")

    @staticmethod
    def listings():
        return {"apps": ("app", "list"), "bindings": ("binding", "list"), "tenants": ("tenant", "list")}
