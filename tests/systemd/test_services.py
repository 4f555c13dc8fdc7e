"""The installed units under a real systemd: what an operator does with them, and what must not stop them."""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

import box
from in_order import load_in_order
from pages import typed_of
from programs import REPOSITORY, wait_until

sys.path.append(str(REPOSITORY / "tests" / "fault"))
from kernel import LINUX_6_1, Kernel  # noqa: E402

CONNECTION = "dispatcher/{}@integration"
CREDENTIAL = "/etc/jeton/jeton.cred"
RECOVERY = "/etc/jeton/recovery"
DROP_IN = f"[Service]\nLoadCredentialEncrypted=jeton:{CREDENTIAL}\n"
SOCKETS = {
    "/run/jeton/token.sock": "root root 666",
    "/run/jeton-control/control.sock": "root jeton 660",
    "/run/jeton-vault/vault.sock": "root jetond 660",
    "/run/jeton-exchange/exchange.sock": "root jeton-vault 660",
}
SERVICES = ("jetond", "jeton-vault", "jeton-exchange")
UNITS = ("worker.service", "reports.service")
RESTARTS = int(os.environ.get("JETON_RESTARTS", "10"))  # under load, of each service
BOOTS = int(os.environ.get("JETON_BOOTS", "0"))  # of boxes of their own, one after the other
SLOWEST = 0.25 if os.environ.get("JETON_STRICT_TIMES") else 1.0  # seconds that a restart may cost a caller; the promise is 0.25


def type_section(here, page, section, places=None, codes=(0,)):
    """Types the commands of a section of docs/PAGE in the box: what each printed, by its text."""
    typed = {}
    for command in typed_of(f"docs/{page}", section):
        text = command.text
        for place, meant in (places or {}).items():
            text = text.replace(place, meant)
        finished = here.run("bash", "-euo", "pipefail", "-c", text, check=False)
        if finished.returncode not in codes:
            raise AssertionError(f"{command}: exit {finished.returncode}\n{finished.stdout}{finished.stderr}")
        typed[command.text] = finished.stdout
    return typed


class Boxed(unittest.TestCase):
    """One box for all tests of the class; they go on where the one before ended."""

    @classmethod
    def setUpClass(cls):
        if reason := box.missing():
            raise unittest.SkipTest(reason)
        cls.box = cls.enterClassContext(box.Box())

    def evidence(self):
        return "\n".join(self.box.journal("jeton*", "-n", "60").splitlines()[-60:])

    def state(self):
        return self.box.jeton("status")["state"]

    def wait_for_state(self, state="unsealed", seconds=30):
        self.box.run("jeton", "--system", "status", "--wait", state, "--timeout", f"{seconds}s")

    def token(self, user, **fields):
        """(status, document) of what a program of that user is answered."""
        words = [f"{name}={value}" for name, value in fields.items()]
        return self.answer(self.box.out(f"{box.TOOLS}/ask.py", *words, user=user))

    def token_in_unit(self, unit, user, **fields):
        words = [f"{name}={value}" for name, value in fields.items()]
        return self.answer(self.box.in_unit(unit, f"{box.TOOLS}/ask.py", *words, user=user).stdout)

    def answer(self, text):
        status, body = text.split(" ", 1)
        return int(status), json.loads(body)

    def assertToken(self, answer, tenant):
        self.assertEqual(answer[0], 200, answer)
        self.assertEqual(answer[1]["connection"], CONNECTION.format(tenant))

    def inodes(self):
        return self.box.out("stat", "-c", "%n %i", *SOCKETS)

    def new_pid(self, unit, old, seconds=20):
        """The main process of the unit once it is another one, and serves."""

        def found():
            pid = self.box.main_pid(unit)
            return pid if pid not in (0, old) and self.box.show(unit, "ActiveState") == "active" else None

        return wait_until(found, seconds, 0.05, f"another main process of {unit}")

    def kill(self, unit, signal="KILL"):
        self.box.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", unit)


def with_store(test):
    """init by credential, and a local environment with a tenant each for three users and two units."""
    here = test.box
    here.put_text((REPOSITORY / "debian/jetond.toml").read_text(), "/etc/jeton/jetond.toml")  # as the package does
    typed = type_section(here, "operations.md", "The first start")
    here.put_text(typed["jeton init --slot systemd-credential jeton"], RECOVERY, 0o600)
    here.jeton("environment", "create", "integration", "--kind", "local")
    here.jeton("app", "create", "dispatcher", "--organization", "Example Ltd", "--homepage", "https://example.com/",
               "--credentials", "developer", "--scope", "tn.jpm.jobs:r")  # fmt: skip
    for tenant in (*box.PEOPLE, "worker", "reports"):
        here.jeton("tenant", "create", f"{tenant}@integration", "--name", tenant)
        here.jeton("app", "tenant", "add", "dispatcher", f"{tenant}@integration")
        connection = CONNECTION.format(tenant)
        here.jeton("access", "review", connection)
        here.jeton("access", "allow", connection, "--version", "1", "--on-behalf-of", "Pat", "--reason", "by phone")
    for person in box.PEOPLE:
        here.jeton("binding", "add", CONNECTION.format(person), "--user", person, "--default")


@unittest.skipUnless(BOOTS, "boxes of their own take seconds each: JETON_BOOTS=20 boots so many")
class Boots(unittest.TestCase):
    def test_F16_a_host_boots_with_it_each_time(self):
        if reason := box.missing():
            self.skipTest(reason)
        for boot in range(BOOTS):
            with self.subTest(boot=boot), box.Box() as here:
                here.run("systemctl", "enable", "--now", "jetond")
                self.assertEqual(here.jeton("status")["state"], "uninitialised")
                self.assertEqual(here.out("systemctl", "--failed", "--no-legend", "--plain"), "")


class Services(Boxed):
    def test_units_are_well_formed(self):
        for kind in ("system", "user"):
            units = sorted(unit.name.removesuffix(".in") for unit in (REPOSITORY / "systemd" / kind).iterdir())
            said = self.box.run("env", "XDG_RUNTIME_DIR=/run", "systemd-analyze", f"--{kind}", "--man=no", "verify", *units)
            self.assertEqual((said.stdout, said.stderr), ("", ""), kind)

    def test_F11_they_may_do_little(self):
        for service, limit in (("jetond", 10), ("jeton-vault", 10), ("jeton-exchange", 20)):
            self.box.run("systemd-analyze", "security", "--no-pager", f"--threshold={limit}", f"{service}.service")

    def test_an_enabled_front_brings_the_others_and_a_credential_opens_the_store(self):
        with_store(self)
        self.assertEqual(self.state(), "unsealed")
        for path, wanted in SOCKETS.items():
            self.assertEqual(self.box.out("stat", "-c", "%U %G %a", path), wanted, path)
        wait_until(lambda: self.box.show("jeton-exchange", "ActiveState") == "active", 10, 0.1, "the exchange")
        users = {name: self.box.out("ps", "-o", "user:20=", "-p", self.box.main_pid(name)) for name in SERVICES}
        self.assertEqual(users, {name: name for name in SERVICES})

    def test_three_users_and_two_units_get_their_own(self):
        for person in box.PEOPLE:
            self.assertToken(self.token(person), person)
        for unit in UNITS:
            tenant = unit.removesuffix(".service")
            self.box.jeton("binding", "add", CONNECTION.format(tenant), "--unit", unit, "--default")
        self.assertToken(self.token_in_unit("worker", "daemon"), "worker")
        dynamic = self.box.in_unit("reports", f"{box.TOOLS}/ask.py", properties=["DynamicUser=yes"])
        self.assertToken(self.answer(dynamic.stdout), "reports")
        status, refusal = self.token("alice", connection=CONNECTION.format("bob"))
        self.assertEqual((status, refusal["error"]), (401, "invalid_client"))
        self.assertEqual(self.token("daemon")[0], 401)

    def test_T45_front_and_vault_have_no_network(self):
        for name in ("jetond", "jeton-vault"):
            links = self.box.out("nsenter", "-t", self.box.main_pid(name), "-n", "ip", "-o", "link")
            self.assertEqual([line.split(":")[1].strip() for line in links.splitlines()], ["lo"])

    def test_T47_each_holds_only_what_is_its_own(self):
        for name in ("jetond", "jeton-exchange"):
            files = self.box.out("find", f"/proc/{self.box.main_pid(name)}/fd", "-printf", "%l\\n").splitlines()
            self.assertEqual([file for file in files if file.startswith("/") and file != "/dev/null"], [], name)

    def test_T14_nobody_else_is_heard_on_the_private_sockets(self):
        connect = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(5); print(s.recv(1))"
        for path in ("/run/jeton-vault/vault.sock", "/run/jeton-exchange/exchange.sock"):
            for person in ("alice", "jetond" if "exchange" in path else "jeton-vault"):
                refused = self.box.run("python3", "-c", connect, path, user=person, check=False)
                self.assertIn("PermissionError", refused.stderr)
        # Root may connect, and is told nothing: not even it is the front.
        self.assertEqual(self.box.out("python3", "-c", connect, "/run/jeton-vault/vault.sock"), "b''")
        self.assertIn("a connection of uid 0 is closed", self.box.journal("jeton-vault"))
        self.assertToken(self.token("alice"), "alice")

    def test_a_front_that_restarts_leaves_the_store_as_it_is(self):
        vault, status = self.box.main_pid("jeton-vault"), self.box.jeton("status")
        front, inodes = self.box.main_pid("jetond"), self.inodes()
        self.box.run("systemctl", "restart", "jetond")
        self.assertNotEqual(self.box.main_pid("jetond"), front)
        self.assertEqual(self.box.main_pid("jeton-vault"), vault)
        self.assertEqual(self.box.jeton("status")["epoch"], status["epoch"])
        self.assertEqual(self.inodes(), inodes)
        self.assertToken(self.token("bob"), "bob")

    def test_a_vault_that_restarts_opens_by_its_credential(self):
        vault, front = self.box.main_pid("jeton-vault"), self.box.main_pid("jetond")
        self.box.run("systemctl", "restart", "jeton-vault")
        self.assertNotEqual(self.box.main_pid("jeton-vault"), vault)
        self.assertEqual(self.box.main_pid("jetond"), front)
        self.assertToken(self.token("carol"), "carol")
        self.box.jeton("audit", "verify")

    def test_the_journal_has_what_the_audit_says_as_fields(self):
        self.assertIn("audit head sequence=", self.box.journal("jeton-vault", "JETON_EVENT=audit.head"))
        self.box.jeton("role", "grant", "auditor", "--user", "daemon")
        granted = wait_until(lambda: self.box.journal("jeton-vault", "JETON_EVENT=role.granted", "JETON_RESULT=done"),
                             10, 0.2, "the journal")  # fmt: skip
        self.assertIn("role.granted", granted)
        self.box.jeton("role", "revoke", "auditor", "--user", "daemon")
        allowed, *_, verified = type_section(
            self.box, "logging.md", "Fields", {"dispatcher/1234567@production": CONNECTION.format("alice")}
        ).values()
        self.assertIn("access.allowed", allowed)
        self.assertIn("verified", verified)
        # Not all of `jeton*` runs, which systemctl tells by its exit code.
        typed = type_section(self.box, "operations.md", "What is wrong", codes=(0, 3))
        self.assertIn("unsealed", typed["jeton status; jeton doctor"])
        for said in typed.values():
            self.assertTrue(said)

    def test_reload_takes_a_new_configuration_and_refuses_a_wrong_one(self):
        front, inodes = self.box.main_pid("jetond"), self.inodes()
        good = self.box.place("/etc/jeton/jetond.toml").read_text()
        self.box.put_text(good.replace("[limits]\n", "[limits]\nsessions = 0\n"), "/etc/jeton/jetond.toml")
        self.assertNotEqual(self.box.run("systemctl", "reload", "jetond", check=False).returncode, 0)
        self.assertEqual(self.box.main_pid("jetond"), front, "it goes on with what it has")
        self.box.put_text(good.replace("[warnings]\n", "[warnings]\nsecret_age_days = 30\n"), "/etc/jeton/jetond.toml")
        vault = self.box.main_pid("jeton-vault")
        type_section(self.box, "logging.md", "Level")
        self.new_pid("jetond", front)
        self.assertEqual(self.box.main_pid("jeton-vault"), vault)
        wait_until(lambda: "the configuration was read again" in self.box.journal("jeton-vault"), 10, 0.1, "the reload")
        self.assertEqual(self.inodes(), inodes)
        self.assertToken(self.token("alice"), "alice")

    def load(self, *connections):
        """Runs until it is asked what came of it; with connections it asks for a token of each in turn."""
        process = self.box.spawn(f"{box.TOOLS}/load.py", *connections, user="alice", text=True, stdin=-1, stdout=-1)
        self.addCleanup(box.end, process)
        self.assertEqual(process.stdout.readline().strip(), "begun")

        def result():
            out, _ = process.communicate(timeout=60)
            return json.loads(out)

        return result

    def assertNothingLost(self, result, more_than=50):
        self.assertEqual(set(result["counts"]), {"200"}, result)
        self.assertGreater(result["counts"]["200"], more_than)

    def assertSoon(self, result):
        self.assertLess(result["slowest"], SLOWEST, "seconds that the slowest waited")

    @contextlib.contextmanager
    def changes(self):
        """Somebody manages the store meanwhile, one change after the other; each must be made, and no doubt be left."""
        ended, made = threading.Event(), []

        def change():
            while not ended.is_set():
                name = f"customer-{len(made)}@integration"
                run = self.box.run("jeton", "--system", "tenant", "create", name, "--name", "Customer", check=False)
                made.append((run.returncode, run.stderr if run.returncode else ""))

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        self.assertEqual(set(made), {(0, "")})
        self.assertGreater(len(made), 5)

    def test_F9_restarts_of_the_front_under_load_refuse_and_cut_nothing(self):
        inodes, result = self.inodes(), self.load()
        for _ in range(RESTARTS):
            self.box.run("systemctl", "restart", "jetond")
            time.sleep(0.2)
        result = result()
        self.assertNothingLost(result)
        self.assertSoon(result)
        self.assertEqual(self.inodes(), inodes)

    def test_F9_restarts_of_the_vault_under_load_refuse_nothing_and_leave_no_doubt(self):
        inodes, result = self.inodes(), self.load()
        with self.changes():
            for _ in range(RESTARTS):
                self.box.run("systemctl", "restart", "jeton-vault")
                time.sleep(0.2)
        result = result()
        self.assertNothingLost(result)
        self.assertSoon(result)
        self.assertEqual(self.inodes(), inodes)

    def connections_of_a_portal(self, environment):
        """40 of them, whose tokens live too short to be served from memory for long."""
        portal = self.box.spawn(f"{box.TOOLS}/portal.py", text=True, stdin=-1, stdout=-1)
        self.addCleanup(box.end, portal)
        endpoint = f"http://127.0.0.1:{portal.stdout.readline().strip()}/token"
        self.box.jeton("environment", "create", environment, "--kind", "upstream", "--token-endpoint", endpoint, "--allow-loopback-http")
        tenants = range(1, 41)
        rows = "".join(f"{tenant},cid.{environment}{tenant:04},cs1.{tenant:016}\n" for tenant in tenants)
        self.box.put_text(f"tenant,client_id,client_secret\n{rows}", "/root/pairs.csv", 0o600)
        self.box.jeton("import", "/root/pairs.csv", "--app", "dispatcher", "--environment", environment, "--rate", "100/s")
        connections = [f"dispatcher/{tenant}@{environment}" for tenant in tenants]
        for connection in connections:
            self.box.jeton("binding", "add", connection, "--user", "alice")
        return connections

    def test_F9_restarts_of_the_exchange_under_load_cut_no_token_request(self):
        connections = self.connections_of_a_portal("portal")
        inodes, result = self.inodes(), self.load(*connections)
        for _ in range(RESTARTS):
            self.box.run("systemctl", "restart", "jeton-exchange")
        result = result()
        self.assertNothingLost(result, len(connections))
        self.assertGreater(result["tokens"], len(connections), "they came from the portal all the time, not from memory")
        self.assertEqual(self.inodes(), inodes)

    def test_F9_all_three_restarted_at_once_under_load_refuse_and_cut_nothing(self):
        """As an upgrade does: requests that came before are decided by the next vault, for a front that ends as well."""
        connections = self.connections_of_a_portal("harbour")
        inodes, result = self.inodes(), self.load(*connections)
        for _ in range(max(5, RESTARTS // 2)):
            self.box.run("systemctl", "restart", "jetond", "jeton-vault", "jeton-exchange")
            time.sleep(0.2)
        result = result()
        self.assertNothingLost(result, 10)  # all of them wait for the three, each time
        self.assertEqual(self.inodes(), inodes)

    def test_F9_reloads_under_load_refuse_and_cut_nothing(self):
        result = self.load()
        for _ in range(3):
            front = self.box.main_pid("jetond")
            self.box.run("systemctl", "reload", "jetond")
            self.new_pid("jetond", front)
        self.assertNothingLost(result())

    def test_T46_forty_crashes_in_a_row_leave_the_sockets_alive(self):
        inodes = self.inodes()
        for _ in range(40):
            self.kill("jetond")
            self.assertToken(self.token("alice"), "alice")
        self.assertEqual(self.inodes(), inodes)
        for name in ("jetond.socket", "jeton-control.socket", "jeton-vault.socket", "jeton-exchange.socket"):
            self.assertEqual(self.box.show(name, "ActiveState"), "active")

    def test_T46_crashes_of_the_vault_and_of_the_exchange_heal(self):
        for service in ("jeton-vault", "jeton-exchange"):
            for _ in range(10):
                old = self.box.main_pid(service)
                self.kill(service)
                self.new_pid(service, old)
        self.wait_for_state("unsealed")
        self.assertToken(self.token("bob"), "bob")
        self.box.jeton("audit", "verify")

    def test_T46_the_watchdog_ends_what_hangs(self):
        for service in SERVICES:
            self.box.drop_in(f"{service}.service", "[Service]\nWatchdogSec=1s\n")
            old = self.box.main_pid(service)
            self.box.run("systemctl", "restart", service)
            old = self.new_pid(service, old)
            time.sleep(2.5)
            self.assertEqual(self.box.main_pid(service), old, "who pings is left alone")
            self.kill(service, "STOP")
            began = time.monotonic()
            self.new_pid(service, old)
            self.assertLess(time.monotonic() - began, 10)
            self.assertIn("Watchdog timeout", self.box.journal(f"{service}.service"))
            self.box.take_drop_in_away(f"{service}.service")
            self.box.run("systemctl", "restart", service)
        self.wait_for_state("unsealed")
        self.assertToken(self.token("alice"), "alice")

    def test_T10_a_front_that_cannot_see_its_callers_refuses_to_start(self):
        for setting in ("PrivateUsers=yes", "ProtectProc=invisible"):
            self.box.drop_in("jetond.service", f"[Service]\n{setting}\nRestart=no\n")
            failed = self.box.run("systemctl", "restart", "jetond", check=False)
            said = self.box.journal("jetond", "-n", "20")
            self.box.take_drop_in_away("jetond.service")
            self.assertNotEqual(failed.returncode, 0, setting)
            self.assertRegex(said, "uid_map|/proc|PrivateUsers|ProtectProc", setting)
            self.box.run("systemctl", "restart", "jetond")
        self.assertToken(self.token("alice"), "alice")

    def test_T3_on_a_kernel_before_6_5_users_hold_and_units_are_refused(self):
        kernel = Kernel(pathlib.Path(tempfile.mkdtemp(dir=self.box.root / "var/lib")))
        kernel.be(**LINUX_6_1)
        library = f"{box.TOOLS}/kernel.so"
        self.box.put(kernel.library, library, 0o755)
        faults = pathlib.Path("/", kernel.file.relative_to(self.box.root))
        kernel.file.parent.chmod(0o755)
        self.box.drop_in(
            "jetond.service", f"[Service]\nEnvironment=LD_PRELOAD={library} JETON_KERNEL_FAULTS={faults}\n"
        )
        self.box.run("systemctl", "restart", "jetond")
        for person in box.PEOPLE:
            self.assertToken(self.token(person), person)
        self.assertNotEqual(self.token_in_unit("worker", "daemon")[0], 200)
        refused = self.box.run("jeton", "--system", "binding", "add", CONNECTION.format("worker"), "--unit", "other.service", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("unit", refused.stderr)
        self.box.take_drop_in_away("jetond.service")
        self.box.run("systemctl", "restart", "jetond")
        self.assertToken(self.token_in_unit("worker", "daemon"), "worker")

    def test_sealed_by_a_missing_credential_says_so_and_the_target_waits(self):
        credential = self.box.place("/etc/systemd/system/jeton-vault.service.d/credential.conf")
        credential.unlink()
        self.box.run("systemctl", "daemon-reload")
        self.box.run("systemctl", "restart", "jeton-vault")
        status = self.box.jeton("status")
        self.assertEqual(status["state"], "sealed")
        self.assertIn("credential jeton", status["reason"])
        self.assertEqual(self.token("alice")[0], 503)
        self.box.run("systemctl", "start", "--no-block", "jeton-unsealed.target")
        time.sleep(1.5)
        self.assertEqual(self.box.show("jeton-unsealed.target", "ActiveState"), "inactive")
        self.box.run("jeton", "--system", "unseal", input=self.recovery() + "\n")
        wait_until(lambda: self.box.show("jeton-unsealed.target", "ActiveState") == "active", 20, 0.1, "the target")
        self.assertToken(self.token("alice"), "alice")
        refused = self.box.run("jeton", "--system", "key", "slot", "add", "systemd-credential", "jeton", "--json",
                               input=self.recovery() + "\n", check=False)  # fmt: skip
        self.assertIn("jeton-vault.service.d", json.loads(refused.stderr)["next"])
        typed = type_section(self.box, "key-slots.md", "A systemd credential")
        self.assertIn("good\n", typed.values())
        self.assertEqual(self.state(), "unsealed")

    def recovery(self):
        return self.box.place(RECOVERY).read_text()

    def test_a_backup_by_its_timer_and_of_fifteen_the_newest_fourteen_stay(self):
        before = [f"jeton-20200101T0000{number:02}Z.backup" for number in range(14)]
        for name in before:
            self.box.put_text("one of before", f"/var/lib/jeton-backup/{name}", 0o600)
        typed = type_section(self.box, "operations.md", "Backup", {"systemd-ask-password -n": f"cat {RECOVERY}"})
        *kept, made = list(typed.values())[-1].splitlines()
        self.assertEqual(kept, before[1:])
        self.assertRegex(made, r"^jeton-\d{8}T\d{6}Z\.backup$")
        self.assertEqual(self.box.show("jeton-backup.timer", "ActiveState"), "active")

    def test_a_lingering_user_has_a_daemon_of_its_own(self):
        """`jetond --user` under the manager of a user who has no session; no root, and beside the daemon of the host."""
        here = self.box
        here.run("systemctl", "start", "systemd-logind.service")
        here.run("loginctl", "enable-linger", "alice")
        uid = here.out("id", "-u", "alice")
        runtime = pathlib.Path(f"/run/user/{uid}")
        wait_until(lambda: here.show(f"user@{uid}.service", "ActiveState") == "active", 30, 0.1, "the user's manager")

        def as_alice(*words, **options):
            return here.run("env", f"XDG_RUNTIME_DIR={runtime}", "HOME=/home/alice", *words, user="alice", **options)

        (start,) = typed_of("docs/operations.md", "A user's own daemon")
        as_alice("sh", "-c", start.text)
        self.assertEqual(json.loads(as_alice("jeton", "status", "--json").stdout)["state"], "unsealed")
        connection = CONNECTION.format("her")
        for words in (
            "environment create integration --kind local", "tenant create her@integration --name Hers",
            "app create dispatcher --organization O --homepage https://example.com --credentials developer --scope tn.jpm.jobs:r",
            "app tenant add dispatcher her@integration", f"access review {connection}", f"access allow {connection} --version 1",
            f"binding add {connection} --user alice --default",
        ):  # fmt: skip
            as_alice("jeton", *words.split())
        self.assertRegex(as_alice("jeton", "token").stdout, r"^eyJ")
        sockets = (runtime / "jeton/token.sock", runtime / "jeton/control.sock")
        inodes = as_alice("stat", "-c", "%i", *sockets).stdout

        def pid():
            return as_alice("systemctl", "--user", "show", "jetond", "--property=MainPID", "--value").stdout.strip()

        for words in ("restart", "reload", "kill --kill-whom=main --signal=KILL"):
            before = pid()
            as_alice("systemctl", "--user", *words.split(), "jetond.service")
            wait_until(lambda: pid() not in ("0", before), 20, 0.1, f"another daemon after {words}")
            as_alice("jeton", "status", "--wait", "unsealed", "--timeout", "20s")
        self.assertRegex(as_alice("jeton", "token").stdout, r"^eyJ")
        self.assertEqual(as_alice("stat", "-c", "%i", *sockets).stdout, inodes)

    def test_stopped_by_one_command_and_started_again(self):
        self.box.run("systemctl", "stop", "jeton*", "jetond*")
        for name in SERVICES:
            self.assertIn(self.box.show(name, "ActiveState"), ("inactive", "failed"))
        self.box.run("systemctl", "start", "jetond")
        self.wait_for_state("unsealed")
        self.assertToken(self.token("alice"), "alice")


def load_tests(loader, _tests, _pattern):
    return load_in_order(sys.modules[__name__], loader)
