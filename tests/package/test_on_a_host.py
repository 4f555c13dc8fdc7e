"""The packages on a host that systemd runs: installed, upgraded while programs ask, removed, installed again, purged."""

import re
import sys
import unittest

import packages
from in_order import load_in_order
from programs import REPOSITORY, wait_until

sys.path.append(str(REPOSITORY / "tests/systemd"))

import box  # noqa: E402
import test_services as services  # noqa: E402

STORE = ("/var/lib/jeton", "/var/lib/jeton-anchor")
CONFIGURATION = "/etc/jeton/jetond.toml"
DROP_IN = "/etc/systemd/system/jeton-vault.service.d/credential.conf"


class Host(box.Box):
    """A box in which nothing of jeton is installed, nor forbidden to start."""

    def prepare(self):
        super().prepare()
        for path in ("/usr/sbin/policy-rc.d", "/var/lib/man-db/auto-update"):
            self.place(path).unlink(missing_ok=True)

    def install(self):
        for tool in ("load.py", "ask.py"):
            self.put(box.HERE / tool, f"{box.TOOLS}/{tool}", 0o755)
        for person in box.PEOPLE:
            self.run("useradd", "--create-home", person)

    def apt(self, verb, *packages_or_files):
        """What apt says."""
        words = []
        for wanted in packages_or_files:
            if not isinstance(wanted, str):
                self.put(wanted, f"/root/{wanted.name}", 0o644)
                wanted = f"/root/{wanted.name}"
            words.append(wanted)
        finished = self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", "--no-install-recommends",
                            "-o", "APT::Sandbox::User=root", verb, *words)  # fmt: skip
        return finished.stdout + finished.stderr

    def exists(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0


class OnAHost(services.Boxed):
    @classmethod
    def setUpClass(cls):
        if reason := box.missing():
            raise unittest.SkipTest(reason)
        cls.box = cls.enterClassContext(Host())

    def pids(self):
        return {name: self.box.main_pid(name) for name in services.SERVICES}

    def assertServes(self):
        self.wait_for_state("unsealed")
        for person in box.PEOPLE:
            self.assertToken(self.token(person), person)

    def test_installed_it_runs_without_a_store_and_says_what_is_next(self):
        said = self.box.apt("install", *map(packages.file, ("jeton", "libjeton1", "libjeton-dev", "python3-jeton")))
        self.assertIn("next: jeton init", said)
        self.assertNotRegex(said, "(?i)warning|error|disabled or a static|failed")
        self.assertEqual(self.state(), "uninitialised")
        for unit in ("jetond.service", *(f"{name}.socket" for name in ("jetond", "jeton-control", "jeton-vault", "jeton-exchange"))):
            self.assertEqual(self.box.out("systemctl", "is-enabled", unit), "enabled", unit)
            self.assertEqual(self.box.show(unit, "ActiveState"), "active", unit)
        self.assertEqual(self.box.show("jeton-vault.service", "ActiveState"), "active")
        self.assertEqual(self.box.run("systemctl", "is-enabled", "jeton-backup.timer", check=False).stdout.strip(), "disabled")
        self.assertEqual(self.box.out("systemctl", "list-units", "--failed", "--no-legend", "jeton*"), "")
        for path, wanted in services.SOCKETS.items():
            self.assertEqual(self.box.out("stat", "-c", "%U %G %a", path), wanted, path)
        self.assertEqual(self.box.out("python3", "-c", "import jeton.native; print(jeton.native.Client.__name__)"), "Client")

    def test_its_store_opens_by_a_credential_and_programs_get_tokens(self):
        active = lambda: self.box.show("jeton-exchange", "ActiveState") == "active"  # noqa: E731
        wait_until(active, 20, 0.1, "the last that starts: a stop is not to meet it")
        self.box.run("systemctl", "stop", "jeton*", "jetond*")
        services.with_store(self)
        for path in STORE:
            self.assertEqual(self.box.out("stat", "-c", "%U %a", path), "jeton-vault 700", path)
        self.assertServes()

    def upgrade(self, version):
        return self.box.apt("install", packages.as_version("jeton", version))

    def test_F9_an_upgrade_under_load_refuses_and_cuts_nothing(self):
        self.box.run("systemctl", "enable", "--now", "jeton-backup.timer")
        before, inodes, result = self.pids(), self.inodes(), services.Services.load(self)
        said = self.upgrade("0.1.0+upgraded")
        services.Services.assertNothingLost(self, result())
        after = self.pids()
        for name in ("jetond", "jeton-vault"):
            self.assertNotIn(after[name], (0, before[name]), name)
        self.assertEqual(self.inodes(), inodes)
        self.assertNotIn("next:", said, "nothing is left to do")
        self.assertEqual(self.box.show("jeton-backup.timer", "ActiveState"), "active", "what an operator enabled")
        self.assertIn('credential = "jeton"', self.box.place(CONFIGURATION).read_text())
        self.assertServes()
        self.box.jeton("audit", "verify")

    def test_an_upgrade_with_a_configuration_that_is_refused_lets_the_old_services_go_on(self):
        good, before = self.box.place(CONFIGURATION).read_text(), self.pids()
        self.box.put_text(good.replace("[limits]\n", "[limits]\nsessions = 0\n"), CONFIGURATION)
        said = self.upgrade("0.1.0+worse")
        self.assertRegex(said, r"(?s)the services of before go on:.*sessions.*next: mend /etc/jeton/jetond.toml")
        self.assertEqual(self.pids(), before)
        self.assertServes()
        self.box.put_text(good, CONFIGURATION)

    def test_an_upgrade_that_seals_a_store_says_so(self):
        drop_in = self.box.place(DROP_IN).read_text()
        self.box.place(DROP_IN).unlink()
        self.assertIn("next: jeton unseal", self.upgrade("0.1.0+worst"))
        self.assertEqual(self.state(), "sealed")
        self.box.put_text(drop_in, DROP_IN)
        self.box.run("systemctl", "daemon-reload")
        self.box.run("systemctl", "restart", "jeton-vault")
        self.assertServes()

    def test_removed_it_is_gone_but_for_its_data(self):
        said = self.box.apt("remove", "jeton")
        self.assertRegex(said, "the store stays in /var/lib/jeton")
        self.assertEqual(self.box.run("pgrep", "-u", "jetond,jeton-vault", check=False).stdout, "")
        self.assertEqual(self.box.out("systemctl", "list-units", "--all", "--state=loaded", "--no-legend", "jeton*.service", "jeton*.socket"), "")
        for path in ("/var/lib/jeton/jeton.db", "/var/lib/jeton-anchor", CONFIGURATION, services.CREDENTIAL, DROP_IN):
            self.assertTrue(self.box.exists(path), path)
        for path in services.SOCKETS:
            self.assertFalse(self.box.exists(path), path)

    def test_installed_again_it_finds_its_data(self):
        self.assertNotIn("next:", self.box.apt("install", packages.file("jeton")))
        self.assertServes()

    def test_purged_it_leaves_nothing_of_the_store(self):
        said = self.box.apt("purge", "jeton")
        self.assertRegex(said, "(?s)erased are the store.*What stays: the users")
        for path in (*STORE, "/var/lib/jeton-backup", "/etc/jeton", DROP_IN, *services.SOCKETS):
            self.assertFalse(self.box.exists(path), path)
        left = self.box.out("find", "/etc", "/lib/systemd", "/usr/lib/systemd", "/usr/lib/tmpfiles.d", "/usr/lib/sysusers.d",
                            "/var/lib", "-name", "*jeton*").splitlines()  # fmt: skip
        self.assertEqual([path for path in left if not re.search(r"/dpkg/info/(lib|python3-)jeton|jeton-box.target$", path)], [])

    def test_and_begins_anew_after_that(self):
        self.assertIn("next: jeton init", self.box.apt("install", packages.file("jeton")))
        self.assertEqual(self.state(), "uninitialised")


def load_tests(loader, _tests, _pattern):
    return load_in_order(sys.modules[__name__], loader)
