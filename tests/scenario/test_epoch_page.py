"""The epoch page: a program sees that what it was told may have changed, before whoever changed it hears so."""

import os
import signal
import stat
import time

from epoch_page import Page, own_time_namespace, path_of
from harness import INVOICES, USER, Scenario, wait_until, wire
from people import Person
from system import SystemScenario

HEADERS = {"Jeton-Client": "1", "Content-Type": "application/json"}


class PageScenario(Scenario):
    @property
    def path(self):
        return path_of(self.daemon)

    def page(self):
        return Page(self.path)

    def assertSays(self, page, status):
        self.assertTrue(page.says(status["instance"], status["epoch"]), (page.words(), status))

    def switch(self, word):
        """`epoch_page` in the configuration, from the next start on."""
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(text.replace("[sockets]\n", f'[sockets]\nepoch_page = "{word}"\n'))

    def with_binding(self):
        """(connection, form of a request for its token, which needs no secret)."""
        self.local_environment()
        self.app(scopes=(INVOICES,))
        connection, _, _ = self.with_pair()
        self.ok("binding", "add", connection, "--user", USER)
        return connection, {"connection": connection}


class What(PageScenario):
    def test_it_is_a_read_only_file_of_the_daemons_and_says_what_status_says(self):
        self.local_environment()
        directory, file = os.stat(self.path.parent), os.lstat(self.path)
        self.assertEqual(stat.S_IMODE(directory.st_mode), 0o755)
        self.assertTrue(stat.S_ISREG(file.st_mode))
        self.assertEqual(stat.S_IMODE(file.st_mode), 0o444)
        self.assertEqual(file.st_size, 4096)
        self.assertEqual((file.st_uid, directory.st_uid), (os.geteuid(), os.geteuid()))
        self.assertEqual(os.listdir(self.path.parent), ["epoch"])
        page, status = self.page(), self.ok("status")
        self.assertSays(page, status)
        self.assertEqual(page.time_namespace, own_time_namespace())
        self.assertEqual(status["epoch_page"], {"state": "on", "path": str(self.path), "problem": None})
        self.assertIn(str(self.path), self.text("status"))

    def test_a_token_answer_says_at_what_it_was_decided_and_for_how_long(self):
        connection, form = self.with_binding()
        page = self.page()
        for _ in range(3):  # decided, then repeated from memory
            answer = self.post("/token", form)
            document = self.assertToken(answer)
            instance, epoch, seconds = answer.headers["Jeton-Epoch"].split(" ")
            self.assertTrue(page.says(instance, int(epoch)), (answer.headers["Jeton-Epoch"], page.words()))
            self.assertRegex(instance, r"^[0-9a-f]{32}$")
            self.assertGreater(int(seconds), 0)
            self.assertLessEqual(int(seconds), document["expires_in"])
        self.ok("access", "disable", connection, "--yes")
        self.assertFalse(page.says(instance, int(epoch)))
        self.assertNotIn("Jeton-Epoch", self.assertRefusal(self.post("/token", form), 400, "unauthorized_client").headers)

    def test_its_heart_beats_while_nothing_happens(self):
        page = self.page()
        seen = set()
        for _ in range(14):
            seen.add(page.words()[5])
            self.assertLess(page.age, 2)
            time.sleep(0.25)
        self.assertGreaterEqual(len(seen), 3)
        self.assertLessEqual(len(seen), 6, "once a second, not more")


class Changes(PageScenario):
    def test_a_change_is_on_the_page_before_its_answer(self):
        connection, _ = self.with_binding()
        app, tenant = connection.split("/")
        place = f"/v1/connections/{app}/{tenant.replace('@', '%40')}"
        page = self.page()
        before = page.epoch
        for change in ["disable", "enable"] * 30:
            answer = wire.request(self.daemon.control_socket, "POST", f"{place}/{change}", "{}", HEADERS)
            after = page.epoch  # nothing is asked in between
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(after, before + 1, change)
            before = after

    def test_every_kind_of_change_is_on_the_page(self):
        connection, client_id, _ = self.prepared()
        page = self.page()
        binding = "binding", "add", connection, "--user", USER
        changes = [
            ("tenant", "edit", "1234567@integration", "--name", "Acme Plumbing"),
            ("app", "publish", "dispatcher", "--add", "tn.jpm.jobs:r"),
            ("access", "allow", connection, "--version", 2),
            ("secret", "rotate", connection, "--overlap", "1h"),
            ("secret", "deactivate", connection, None, "--yes"),
            binding,
            ("binding", "remove", None),
            ("pair", "create", connection, "--user", USER),
            ("role", "grant", "auditor", "--user", "daemon"),
            ("role", "revoke", "auditor", "--user", "daemon"),
            ("environment", "edit", "integration", "--developer-access", "no"),
            ("access", "disable", connection, "--yes"),
            ("access", "enable", connection),
            ("environment", "create", "other", "--kind", "local"),
            ("environment", "delete", "other", "--yes"),
        ]
        for change in changes:
            before = page.epoch
            if None in change:
                change = tuple(self.of(change[0], connection) if word is None else word for word in change)
            with self.subTest(change=" ".join(map(str, change))):
                self.ok(*change)
                self.assertGreater(page.epoch, before)
                self.assertSays(page, self.ok("status"))

    def prepared(self):
        self.local_environment()
        self.app(scopes=(INVOICES,))
        return self.with_pair()

    def of(self, noun, connection):
        """What the next verb is about: the older secret, the only binding."""
        if noun == "secret":
            return next(one["prefix"] for one in self.ok("secret", "list", connection) if one["deactivates_at"])
        return self.ok("binding", "list")[0]["id"]

    def test_reading_changes_nothing(self):
        _, form = self.with_binding()
        page = self.page()
        said = page.words()[1:5]
        self.post("/token", form)
        self.ok("audit", "list")
        self.ok("doctor")
        self.assertEqual(page.words()[1:5], said)

    def test_a_sealed_store_says_nothing_and_an_opened_one_something_new(self):
        page, before = self.page(), self.ok("status")
        self.ok("seal", "--yes")
        self.assertIsNone(page.instance)
        self.assertFalse(page.is_void, "the page itself lives on")
        self.assertFalse(page.says(before["instance"], before["epoch"]))
        self.ok("unseal")
        after = self.ok("status")
        self.assertSays(page, after)
        self.assertNotEqual(after["instance"], before["instance"])

    def test_a_vault_that_dies_says_nothing_and_the_next_one_something_new(self):
        page, before = self.page(), self.ok("status")
        old = self.daemon.kill("jeton-vault")
        wait_until(lambda: not page.says(before["instance"], before["epoch"]), 5, what="the page to say nothing")
        wait_until(lambda: self.daemon.helpers().get("jeton-vault", old) != old, 10, what="a new vault")
        self.daemon.wait_for("unsealed")
        after = self.ok("status")
        self.assertNotEqual(after["instance"], before["instance"])
        self.assertSays(page, after)
        self.assertFalse(page.says(before["instance"], before["epoch"]))


class Lives(PageScenario):
    def test_a_restart_ends_the_old_page_and_brings_a_new_one(self):
        old, before = self.page(), self.ok("status")
        self.daemon.stop()
        self.assertTrue(old.is_void)
        self.assertTrue(self.page().is_void, "the file stays")
        took = self.daemon.start()
        self.assertLess(took, 3, "nothing to wait for")
        self.assertTrue(old.is_void)
        self.assertFalse(old.says(before["instance"], before["epoch"]))
        self.assertSays(self.page(), self.ok("status"))

    def test_kill_9_the_page_that_programs_still_see_is_ended_by_the_next_start(self):
        old, before = self.page(), self.ok("status")
        self.daemon.kill("jetond")
        self.assertTrue(old.says(before["instance"], before["epoch"]), "nothing has changed yet: it may be used")
        self.daemon.wait_for_helpers_to_go()
        took = self.daemon.start()
        self.assertTrue(old.is_void)
        self.assertLess(took, 3, "nothing to wait for")
        self.assertSays(self.page(), self.ok("status"))
        self.assertEqual(os.listdir(self.path.parent), ["epoch"])

    def test_kill_9_without_a_next_start_the_page_is_stale_after_three_seconds(self):
        page, before = self.page(), self.ok("status")
        self.daemon.kill("jetond")
        wait_until(lambda: page.age > 3, 5, what="the heartbeat to grow old")
        self.assertFalse(page.says(before["instance"], before["epoch"]))

    def test_a_front_that_is_stopped_is_not_believed_for_long_and_recovers(self):
        page, before = self.page(), self.ok("status")
        os.kill(self.daemon.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: page.age > 3, 5, what="the heartbeat to grow old")
            self.assertFalse(page.says(before["instance"], before["epoch"]))
        finally:
            os.kill(self.daemon.pid, signal.SIGCONT)
        wait_until(lambda: page.says(before["instance"], before["epoch"]), 5, what="the heart to beat again")

    def test_switched_off_there_is_none_and_an_earlier_one_is_ended(self):
        old = self.page()
        self.daemon.kill("jetond")
        self.daemon.wait_for_helpers_to_go()
        self.switch("no")
        self.daemon.start()
        self.assertTrue(old.is_void)
        self.assertTrue(self.page().is_void)
        self.assertEqual(self.ok("status")["epoch_page"], {"state": "off", "path": None, "problem": None})
        self.assertIn("switched off", self.text("status"))
        finding = next(one for one in self.ok("doctor") if one["check"] == "page")
        self.assertEqual(finding["severity"], "ok")
        _, form = self.with_binding()
        self.assertRegex(self.post("/token", form).headers["Jeton-Epoch"], "^[0-9a-f]{32} [0-9]+ [0-9]+$")

    def test_a_wrong_word_in_the_configuration_is_named(self):
        self.daemon.stop()
        self.switch("maybe")
        process = self.daemon.spawn("--check-config")
        self.assertEqual(process.wait(10), 1)
        self.assertIn('sockets.epoch_page must be "yes" or "no"', self.daemon.log())


class Hostile(PageScenario):
    """What an earlier life left is not what it should be."""

    starts_daemon = False

    def setUp(self):
        super().setUp()
        self.daemon.start()
        self.old, self.before = self.page(), self.ok("status")
        self.daemon.kill("jetond")
        self.daemon.wait_for_helpers_to_go()

    def start_after_waiting(self):
        """Whoever still sees the old page must have taken it for stale before anything is answered."""
        took = self.daemon.start()
        self.assertFalse(self.old.says(self.before["instance"], self.before["epoch"]))
        self.assertGreater(took, 3)
        self.assertIn("cannot be ended", self.daemon.log())

    def test_a_page_that_was_removed_is_waited_out(self):
        self.path.unlink()
        self.start_after_waiting()
        self.assertSays(self.page(), self.ok("status"))

    def test_a_link_in_its_place_is_not_followed(self):
        victim = self.daemon.directory / "victim"
        victim.write_bytes(b"x" * 4096)
        self.path.unlink()
        self.path.symlink_to(victim)
        self.start_after_waiting()
        self.assertEqual(victim.read_bytes(), b"x" * 4096)
        self.assertFalse(self.path.is_symlink())
        self.assertSays(self.page(), self.ok("status"))

    def test_a_directory_that_others_may_write_to_is_not_used_and_said(self):
        self.path.parent.chmod(0o777)
        self.start_after_waiting()
        told = self.ok("status")["epoch_page"]
        self.assertEqual(told["state"], "failed")
        self.assertIn("0777", told["problem"])
        finding = next(one for one in self.ok("doctor") if one["check"] == "page")
        self.assertEqual(finding["severity"], "warning")
        self.assertTrue(finding["next"])
        _, form = self.with_binding()
        self.assertToken(self.post("/token", form))  # it serves all the same

    def test_a_page_that_was_taken_away_while_it_serves_is_said(self):
        self.daemon.start()
        self.path.unlink()
        self.assertEqual(self.ok("status")["epoch_page"]["state"], "failed")
        finding = next(one for one in self.ok("doctor") if one["check"] == "page")
        self.assertIn("removed or replaced", finding["what"])


class Others(SystemScenario):
    def test_others_may_read_the_page_and_nothing_else(self):
        path = path_of(self.daemon)
        stranger = Person("daemon", groups=())
        self.assertEqual(self.attempt(stranger, lambda: Page(path).words()[0] != 0), "True")
        self.assertEqual(self.attempt(stranger, lambda: open(path, "r+b")), "PermissionError")
        self.assertEqual(self.attempt(stranger, lambda: os.unlink(path)), "PermissionError")
        self.assertEqual(self.attempt(stranger, lambda: os.rename(path, path.parent / "x")), "PermissionError")
        self.assertEqual(self.attempt(stranger, lambda: open(path.parent / "y", "w")), "PermissionError")
        self.assertEqual(self.attempt(stranger, lambda: os.chmod(path, 0o666)), "PermissionError")

    def attempt(self, person, act):
        """What comes of it when `person` does it: the value, or the name of the error."""
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                person.become()
                os.write(write_end, str(act()).encode())
            except BaseException as problem:
                os.write(write_end, type(problem).__name__.encode())
            finally:
                os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as answer:
            word = answer.read().decode()
        os.waitpid(pid, 0)
        return word
