"""Who gets a token without a secret: user, group, unit, pattern; from a container; and `jeton explain` saying why."""

import os
import pathlib
import pwd
import subprocess
import time

from harness import JOBS, wire
from people import Person, client_program
from programs import ENVIRONMENT
from system import SystemScenario, path_of


def cgroup_mount():
    """Where cgroup2 is mounted, or None."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, directory, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(directory)
    return None


class Bindings(SystemScenario):
    def setUp(self):
        super().setUp()
        self.worker, self.other = Person("www-data", groups=()), Person("mail", groups=())
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()

    def bind(self, *flags, connection=None):
        return self.ok("binding", "add", connection or self.connection, *flags)

    def gets(self, person, **fields):
        return self.assertToken(self.token_of(person, connection=self.connection, **fields))

    def gets_none(self, person, **fields):
        return self.assertRefusal(self.token_of(person, connection=self.connection, **fields), 401, "invalid_client")

    def explained(self, *flags, by=None):
        return self.ok("explain", self.connection, *flags, by=by)


class Identities(Bindings):
    turns_clock = True

    def test_a_user_by_name_and_by_number(self):
        for user in (self.worker.name, self.worker.uid):
            bound = self.bind("--user", user)
            self.assertEqual(
                (bound["user"], bound["user_id"], bound["kind"]), ("www-data", self.worker.uid, "connection")
            )
            self.gets(self.worker)
            self.gets_none(self.other)
            self.ok("binding", "remove", bound["id"][:8])
            self.gets_none(self.worker)

    def test_a_group_that_the_kernel_gave_the_process_primary_or_not(self):
        self.bind("--group", "staff")
        self.gets(Person("mail", groups=("staff",)))
        self.gets_none(self.other)
        row = self.ok("binding", "list")[0]
        self.assertEqual((row["group"], row["user"], row["user_id"]), ("staff", None, None))
        self.ok("binding", "remove", row["id"])
        self.bind("--group", "mail")
        self.gets(self.other)
        self.gets_none(self.worker)

    def test_of_several_conditions_all_must_hold(self):
        self.bind("--user", "www-data", "--group", "staff")
        self.gets_none(self.worker)
        self.gets_none(Person("mail", groups=("staff",)))
        self.gets(Person("www-data", groups=("staff",)))

    def test_sessions_from_before_the_first_group_binding_are_looked_at_again(self):
        connection = wire.UnixConnection(self.daemon.token_socket)
        self.addCleanup(connection.close)
        self.bind("--user", "root")

        def ask():
            body = wire.form({"grant_type": "client_credentials", "connection": self.connection})
            connection.request("POST", "/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return answer.status, answer.read()

        self.assertEqual(ask()[0], 200)
        self.ok("binding", "remove", self.ok("binding", "list")[0]["id"])
        self.assertEqual(ask()[0], 401)
        self.bind("--group", "root")  # whoever runs this has it
        self.assertEqual(ask()[0], 200)

    def test_a_binding_expires_by_itself(self):
        bound = self.bind("--user", "www-data", "--expires", "10m")
        self.assertRegex(bound["expires_at"], r"^\d{4}-\d\d-\d\dT")
        self.clock.advance(seconds=590)
        self.gets(self.worker)
        self.clock.advance(seconds=11)
        self.gets_none(self.worker)  # although the token that was just handed out lives on

    def test_the_listing_is_narrowed_by_connection_user_and_group(self):
        other, _ = self.connected("7654321")
        self.bind("--user", "www-data")
        self.bind("--group", "staff")
        self.bind("--user", "mail", connection=other)
        self.assertEqual(len(self.ok("binding", "list")), 3)
        self.assertEqual([row["user"] for row in self.ok("binding", "list", other)], ["mail"])
        for asked in ("www-data", pwd.getpwnam("www-data").pw_uid):
            self.assertEqual(
                [row["connection"] for row in self.ok("binding", "list", "--user", asked)], [self.connection]
            )
        self.assertEqual([row["group"] for row in self.ok("binding", "list", "--group", "staff")], ["staff"])
        shown = self.ok("connection", "show", self.connection)
        bound = {(row["user"], row["group"]) for row in shown["bindings"]}
        self.assertEqual(bound, {("www-data", None), (None, "staff")})

    def test_whom_nobody_knows_for_long_cannot_be_bound_and_nothing_is_stored(self):
        for flags in (
            ("--user", "no-such-user"),
            ("--user", "65534"),
            ("--user", "61184"),
            ("--group", "no-such-group"),
        ):
            self.refused("binding", "add", self.connection, *flags, error="bad_input")
        self.refused("binding", "add", self.connection, code=2)
        self.refused("binding", "add", "dispatcher/9999999@integration", "--user", "mail", error="not_found")
        self.refused("binding", "add", "no-such-app/*@integration", "--user", "mail", error="not_found")
        self.refused("binding", "remove", "0" * 8, error="not_found")
        self.assertEqual(self.ok("binding", "list"), [])

    def test_the_audit_says_by_which_binding(self):
        bound = self.bind("--user", "www-data")
        self.gets(self.worker)
        fetched = [e for e in self.ok("audit", "list", "--user", "www-data") if e["result"] == "done"]
        self.assertEqual([entry["via"] for entry in fetched], [f"binding {bound['id'][:8]}"])
        self.assertEqual(fetched[0]["connection"], self.connection)


class Introspection(Bindings):
    def introspects_nothing(self, environment, token, person):
        run = self.jeton("introspect", environment, "--json", stdin=token, by=person)
        self.assertEqual((run.code, run.out, run.error["error"]), (1, "", "invalid_client"), run)

    def test_only_a_bound_user_introspects_and_only_that_environment(self):
        self.local_environment("production")
        self.bind("--user", "www-data")
        token = self.gets(self.worker)["access_token"]
        self.introspects_nothing("integration", token, self.worker)
        bound = self.ok("binding", "add", "--introspect", "integration", "--user", "mail")
        self.assertEqual(
            (bound["kind"], bound["environment"], bound["connection"]), ("introspection", "integration", None)
        )
        found = self.ok("introspect", "integration", stdin=token + "\n", by=self.other)
        claims = wire.claims(token)[1]
        self.assertEqual(found["active"], True)
        for member in ("iss", "exp", "iat", "jti", "sub", "aud", "client_id"):
            self.assertEqual(found[member], claims[member], member)
        self.assertEqual((found["token_type"], found["tenant"], found["app"], found["connection"]),
                         ("Bearer", "1234567", "dispatcher", self.connection))  # fmt: skip
        self.assertEqual(set(found["scope"].split()), {"tn.acc.invoices:r", "tn.jpm.jobs:r"})
        self.introspects_nothing("production", token, self.other)
        self.introspects_nothing("integration", token, self.worker)
        # An introspection binding fetches nothing.
        self.gets_none(self.other)

    def test_what_is_no_good_token_is_inactive_and_nothing_more(self):
        self.bind("--user", "www-data")
        self.ok("binding", "add", "--introspect", "integration", "--user", "mail")
        token = self.gets(self.worker)["access_token"]
        head, payload, signature = token.split(".")
        forged = f"{head}.{payload}.{'A' * len(signature)}"
        for bad in (forged, "nonsense", f"{head}.{payload}.", token + "x", "a.b.c"):
            self.assertEqual(
                self.ok("introspect", "integration", stdin=bad, by=self.other), {"active": False}, bad[:20]
            )


class Patterns(Bindings):
    def test_a_pattern_is_of_one_app_in_one_environment(self):
        self.local_environment("production")
        self.app("reports", scopes=(JOBS,))
        bound = self.bind("--user", "www-data", connection="dispatcher/*@integration")
        self.assertEqual((bound["kind"], bound["connection"]), ("pattern", "dispatcher/*@integration"))
        self.gets(self.worker)
        elsewhere, _ = self.connected("1234567", "production")
        foreign, _ = self.connected("7654321", app="reports")
        for connection in (elsewhere, foreign):
            self.assertRefusal(self.token_of(self.worker, connection=connection), 401, "invalid_client")
        for pattern in ("*/1234567@integration", "dispatcher/12*@integration", "dispatcher/*@*", "*"):
            self.refused("binding", "add", pattern, "--user", "www-data", code=(1, 2))
        self.refused("binding", "add", "dispatcher/*@integration", "--user", "mail", "--default")
        self.assertEqual(len(self.ok("binding", "list")), 1)

    def test_a_pattern_and_a_default_go_together(self):
        other, _ = self.connected("7654321")
        self.bind("--user", "www-data", connection="dispatcher/*@integration")
        self.assertRefusal(self.token_of(self.worker), 400, "invalid_request")
        self.bind("--user", "www-data", "--default", connection=other)
        self.assertEqual(self.assertToken(self.token_of(self.worker))["connection"], other)
        self.gets(self.worker)


class Containers(Bindings):
    """A process of another PID namespace has no identity unless a binding says so."""

    def in_a_container(self, *words):
        return subprocess.run(
            ["unshare", "--pid", "--fork", "setpriv", f"--reuid={self.worker.uid}", f"--regid={self.worker.gid}",
             "--clear-groups", client_program(), *words],
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, cwd="/", capture_output=True, text=True,
            timeout=20,
        )  # fmt: skip

    def setUp(self):
        if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
            self.skipTest("this host makes no PID namespace for us")
        super().setUp()

    def test_T9_a_foreign_namespace_is_nobody_without_the_flag(self):
        self.bind("--user", "www-data")
        self.gets(self.worker)
        run = self.in_a_container("token", self.connection)
        self.assertEqual((run.returncode, run.stdout), (1, ""), run)
        self.ok("binding", "remove", self.ok("binding", "list")[0]["id"])
        self.bind("--user", "www-data", "--allow-container")
        self.gets(self.worker)
        run = self.in_a_container("token", self.connection)
        self.assertEqual(wire.claims(run.stdout.strip())[1]["tenant"], "1234567")

    def test_T9_a_foreign_root_is_no_operator(self):
        as_root = ["unshare", "--pid", "--fork", client_program(), "--json", "role", "list"]
        run = subprocess.run(as_root, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, cwd="/",
                             capture_output=True, text=True, timeout=20)  # fmt: skip
        self.assertEqual(run.returncode, 1, run)
        self.assertIn("forbidden", run.stderr)


class Units(Bindings):
    """systemd is not needed: a control group with the name of a unit is one, to the kernel and to us."""

    def setUp(self):
        super().setUp()
        mount = cgroup_mount()
        if mount is None:
            self.skipTest("no cgroup2 is mounted")
        self.unit = f"jeton-test-{os.getpid()}.service"
        self.group = mount / self.unit
        try:
            self.group.mkdir()
        except OSError as problem:
            self.skipTest(f"no control group can be made here: {problem}")
        self.addCleanup(self.remove_group)
        probe = self.jeton("binding", "add", self.connection, "--unit", "probe.service", "--json")
        if probe.code != 0:
            self.assertEqual(probe.error["error"], "wrong_state", probe)
            self.assertIn(os.uname().release, probe.error["error_description"])
            self.skipTest(probe.error["error_description"])
        self.ok("binding", "remove", probe.json["id"])

    def remove_group(self):
        for _ in range(100):
            try:
                return self.group.rmdir()
            except OSError:
                time.sleep(0.02)

    def in_the_unit(self, *words, group=None):
        """Run as the worker, in the unit's control group."""
        script = 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"'
        return subprocess.run(
            ["sh", "-c", script, "sh", group or self.group, "setpriv", f"--reuid={self.worker.uid}",
             f"--regid={self.worker.gid}", "--clear-groups", client_program(), *words],
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)}, cwd="/", capture_output=True, text=True,
            timeout=20,
        )  # fmt: skip

    def test_a_unit_binding_is_for_processes_of_that_unit(self):
        bound = self.bind("--user", "www-data", "--unit", self.unit)
        self.assertEqual(bound["unit"], self.unit)
        self.gets_none(self.worker)
        run = self.in_the_unit("token", self.connection)
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(wire.claims(run.stdout.strip())[1]["tenant"], "1234567")
        fetched = [e for e in self.ok("audit", "list", "--user", "www-data") if e["result"] == "done"]
        self.assertEqual([entry["actor"]["unit"] for entry in fetched], [self.unit])

    def test_the_first_unit_from_the_root_counts_not_one_that_was_made_below(self):
        self.bind("--unit", "inner.service")
        inner = self.group / "inner.service"
        inner.mkdir()
        self.addCleanup(lambda: [inner.rmdir() for _ in range(1) if inner.exists()])
        run = self.in_the_unit("token", self.connection, group=inner)
        self.assertEqual(run.returncode, 1, run)
        time.sleep(0.1)
        inner.rmdir()

    def test_whoami_and_explain_name_the_unit(self):
        run = self.in_the_unit("whoami", "--json")
        self.assertIn(self.unit, run.stdout)
        self.bind("--user", "www-data", "--unit", self.unit)
        elsewhere = self.explained("--user", "www-data", "--unit", "other.service")
        (row,) = elsewhere["bindings"]
        self.assertFalse(row["holds"])
        self.assertIn("other.service", " ".join(row["lacks"]))
        self.assertIn(self.unit, " ".join(row["lacks"]))
        there = self.explained("--user", "www-data", "--unit", self.unit)
        self.assertTrue(there["bindings"][0]["holds"])
        self.assertEqual(there["binding"], there["bindings"][0]["id"])


class Explain(Bindings):
    def test_it_says_why_not_and_what_to_do_then_why(self):
        alone = self.explained("--user", "www-data")
        self.assertEqual((alone["connection"], alone["state"], alone["binding"], alone["bindings"]),
                         (self.connection, "connected", None, []))  # fmt: skip
        self.assertIn("binding add", alone["next"])
        self.assertEqual(alone["seen"]["uid"], self.worker.uid)
        bound = self.bind("--user", "www-data", "--group", "staff")
        lacking = self.explained("--user", "www-data")
        (row,) = lacking["bindings"]
        self.assertEqual((row["id"], row["holds"]), (bound["id"], False))
        self.assertIn("staff", " ".join(row["lacks"]))
        self.bind("--user", "www-data")
        holding = self.explained("--user", "www-data")
        self.assertIsNotNone(holding["binding"])
        self.assertTrue(holding["verdict"])
        self.assertNotEqual(holding["verdict"], lacking["verdict"])
        text = self.text("explain", self.connection, "--user", "www-data")
        self.assertIn(holding["verdict"].split()[0], text)

    def test_a_process_is_seen_as_it_would_be_attested(self):
        self.bind("--user", "www-data")
        sleeper = subprocess.Popen(["sleep", "30"], **self.worker.process_options())
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        seen = self.explained("--pid", sleeper.pid)
        self.assertEqual(
            (seen["seen"]["uid"], seen["seen"]["pid"], seen["seen"]["command"]), (self.worker.uid, sleeper.pid, "sleep")
        )
        self.assertIsNotNone(seen["binding"])
        root = self.explained("--pid", os.getpid())
        self.assertIsNone(root["binding"])
        self.refused("explain", self.connection, "--pid", "4194303", error="not_found")

    def test_without_more_it_explains_the_caller_and_states_that_stop_everybody(self):
        self.bind("--user", "news")
        developer = Person("news")
        self.grant("developer", "dispatcher", to=developer)
        self.assertIsNotNone(self.explained(by=developer)["binding"])
        self.ok("access", "disable", self.connection, "--yes")
        paused = self.explained(by=developer)
        self.assertEqual(paused["state"], "disabled")
        self.assertRegex(paused["verdict"] + paused["next"], r"(?i)disabled|enable|paused")

    def test_it_asks_nothing_of_the_daemon_but_the_truth(self):
        """What the front fills in cannot be claimed by a caller."""
        body = {"seen": {"uid": 0, "gid": 0, "pid": 1}}
        answer = self.ask(None, "POST", path_of(self.connection, "explain"), body)
        self.assertEqual((answer.status, answer.error), (400, "bad_input"), answer)
        for filled in ({"user": "mail", "user_id": 0}, {"group": "staff", "group_id": 0}):
            answer = self.ask(None, "POST", "/v1/bindings", {"connection": self.connection, **filled})
            self.assertEqual((answer.status, answer.error), (400, "bad_input"), answer)
        self.assertEqual(self.ok("binding", "list"), [])
