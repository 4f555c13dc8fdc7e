"""Ways to open the store: made, typed, tried, and what a restart makes of them."""

import re
import threading

from harness import DONE, REFUSED, SEALED, Scenario, wait_until, wire
from system import SystemScenario
from terminal import on_a_terminal

PASSPHRASE = "correct horse battery staple"
OTHER = "four wrong words together"


def kinds(slots):
    return sorted(slot["kind"] for slot in slots)


class UsersDaemon(Scenario):
    """It made its store by itself, with a key file alone."""

    def recovery_key(self, **options):
        return self.ok("key", "slot", "add", "recovery", **options)["recovery_key"]

    def reason(self):
        status = self.ok("status")
        self.assertEqual(status["state"], "sealed", status)
        return status["reason"]

    def reopened(self, state="unsealed", environment=None):
        self.daemon.stop()
        self.daemon.start(state=state, environment=environment)

    def test_the_first_recovery_key_needs_no_proof_and_is_the_proof_of_all_others(self):
        key = self.recovery_key()
        self.assertRegex(key, r"^jrk\.([0-9a-hjkmnp-tv-z]{6}-){5}[0-9a-hjkmnp-tv-z]{6}$")
        self.refused("key", "slot", "add", "recovery", "--label", "second", error="forbidden")
        self.refused("key", "slot", "add", "recovery", "--label", "second", stdin="wrong", error="forbidden")
        self.refused("key", "slot", "add", "recovery", stdin=key, error="already_exists")
        self.ok("key", "slot", "add", "recovery", "--label", "second", stdin=key)
        self.assertEqual(kinds(self.ok("key", "slot", "list")), ["key-file", "recovery", "recovery"])
        added = [entry["subject"] for entry in self.audit(event="key_slot.added", result="done")]
        self.assertEqual(sorted(added), ["recovery key", "second"])
        self.assertTrue(self.audit(event="key_slot.add", result="refused"), "whoever has no proof is in the audit")

    def test_a_passphrase_is_added_with_proof_and_opens_what_no_key_file_opens_any_more(self):
        key = self.recovery_key()
        self.refused("key", "slot", "add", "passphrase", stdin=f"{key}\nshort\n", error="bad_input")
        self.refused("key", "slot", "add", "passphrase", stdin=f"{key}\n{PASSPHRASE}\nmore\n", error="bad_input")
        self.ok("key", "slot", "add", "passphrase", stdin=f"{key}\n{PASSPHRASE}\n")
        self.ok("key", "slot", "add", "passphrase", "--label", "Bob's", stdin=f"{PASSPHRASE}\n{OTHER}\n")
        self.local_environment()
        self.daemon.stop()
        self.daemon.key_file.unlink()
        self.daemon.start(state="sealed")
        self.assertIn(str(self.daemon.key_file), self.reason())
        self.assertEqual(self.ok("key", "slot", "test", stdin=OTHER)[0]["slot"]["label"], "Bob's")
        self.refused("unseal", code=SEALED)
        self.refused("unseal", stdin="not the passphrase", error="forbidden")
        for typed in (PASSPHRASE, OTHER, key):
            self.assertEqual(self.ok("unseal", stdin=typed)["state"], "unsealed")
            self.assertEqual([row["name"] for row in self.ok("status")["environments"]], ["integration"])
            self.ok("seal", "--yes")
        for file in self.daemon.files():
            content = file.read_bytes()
            for secret in (PASSPHRASE, OTHER, key):
                self.assertNotIn(secret.encode(), content, file)

    def test_a_removed_slot_opens_nothing_any_more_and_the_last_one_stays(self):
        key = self.recovery_key()
        self.local_environment()
        self.refused("key", "slot", "remove", self.daemon.key_file, stdin=key, error="confirmation_required")
        self.refused("key", "slot", "remove", self.daemon.key_file, "--yes", error="forbidden")
        self.refused("key", "slot", "remove", "recovery key", "--yes", stdin=key, error="wrong_state")
        before = self.daemon.key_file.read_bytes()
        self.ok("key", "slot", "remove", self.daemon.key_file, "--yes", stdin=key)
        self.refused("key", "slot", "remove", "recovery key", "--yes", stdin=key, error="wrong_state")
        self.reopened(state="sealed")
        self.assertEqual(self.daemon.key_file.read_bytes(), before)
        self.assertIn("opens no key slot", self.reason())
        self.ok("unseal", stdin=key)
        self.assertEqual(len(self.ok("environment", "list")), 1)
        self.assertTrue(self.audit(event="key_slot.removed", result="done"))

    def test_what_is_typed_on_a_terminal_is_not_shown(self):
        key = self.recovery_key()
        for first, second, code in ((PASSPHRASE, OTHER, REFUSED), (PASSPHRASE, PASSPHRASE, DONE)):
            with self.subTest(code=code):
                got, shown = on_a_terminal(
                    self.daemon.run, "key", "slot", "add", "passphrase",
                    asked=("To prove that you may", "New passphrase", "The same once more"),
                    typed=(f"{key}\n", f"{first}\n", f"{second}\n"),
                )  # fmt: skip
                self.assertEqual(got, code, shown)
                for secret in (key, first, second):
                    self.assertNotIn(secret, shown)
        self.ok("seal", "--yes")
        got, shown = on_a_terminal(
            self.daemon.run, "unseal", asked="Passphrase or recovery key", typed=PASSPHRASE + "\n"
        )
        self.assertEqual(got, DONE, shown)
        self.assertNotIn(PASSPHRASE, shown)

    def test_tokens_are_served_while_a_passphrase_is_stretched(self):
        key = self.recovery_key()
        self.ok("key", "slot", "add", "passphrase", stdin=f"{key}\n{PASSPHRASE}\n")
        self.local_environment()
        self.app()
        connection, client_id, secret = self.with_pair()
        form = {"client_id": client_id, "client_secret": secret}
        self.assertToken(self.post("/integration/token", form))
        tried = []
        trial = threading.Thread(target=lambda: tried.append(self.ok("key", "slot", "test", stdin=PASSPHRASE)))
        trial.start()
        answered = 0
        while trial.is_alive():
            wire.request(self.daemon.control_socket, "GET", "/v1/status", headers={"Jeton-Client": "1"})
            answered += 1
        trial.join()
        self.assertEqual(tried[0][0]["slot"]["kind"], "passphrase")
        self.assertGreater(answered, 3, "the vault answers while the worker stretches")

    def test_T16_wrong_ones_are_refused_alike_and_then_everybody_waits(self):
        key = self.recovery_key()
        refusals = {self.refused("key", "slot", "test", stdin="wrong")["error_description"] for _ in range(3)}
        self.assertEqual(len(refusals), 1)
        # Each pause is twice as long as the one before: on however slow a host, one of them is met.
        for _ in range(9):
            refused = self.refused("key", "slot", "test", stdin="wrong")
            if refused["error"] == "temporarily_unavailable":
                break
        self.assertEqual(refused["error"], "temporarily_unavailable")
        self.assertRegex(refused["next"], r"in \d+ s")
        self.assertEqual(wait_until(lambda: self.jeton("key", "slot", "test", stdin=key).code == DONE, 300, 0.5), True)
        self.ok("seal", "--yes")
        self.assertTrue(self.reason())
        for _ in range(2):
            self.refused("unseal", stdin="wrong", error="forbidden")
        self.ok("unseal", stdin=key)
        told = self.audit(event="store.unsealed")[-1]
        self.assertIn("2 wrong passphrases or recovery keys before", told["detail"] or "")

    def test_a_credential_opens_the_store_and_one_that_is_missing_is_told(self):
        key = self.recovery_key()
        directory = self.daemon.directory / "credentials"
        directory.mkdir(0o700)
        credential = directory / "jeton"
        credential.write_bytes(b"\x00\xff" * 16)
        credential.chmod(0o400)
        environment = {"CREDENTIALS_DIRECTORY": str(directory)}
        self.refused("key", "slot", "add", "systemd-credential", "jeton", stdin=key, error="wrong_state")
        self.reopened(environment=environment)
        self.refused("key", "slot", "add", "systemd-credential", "other", stdin=key, error="not_found")
        added = self.ok("key", "slot", "add", "systemd-credential", "jeton", stdin=key)
        self.assertIn('credential = "jeton"', " ".join(added["warnings"]))
        config = self.daemon.config.read_text()
        self.daemon.config.write_text(config.replace("[keys]\n", '[keys]\ncredential = "jeton"\n'))
        self.daemon.key_file.rename(self.daemon.directory / "elsewhere")
        self.reopened(environment=environment)
        self.assertEqual(self.ok("key", "slot", "test")[0]["slot"]["kind"], "systemd-credential")
        for spoil, why in (
            (lambda: credential.rename(directory / "away"), "there is no credential jeton in"),
            (lambda: (directory / "away").rename(credential), None),
            (lambda: credential.chmod(0o644), "mode 0644"),
            (lambda: credential.chmod(0o600), None),
            (lambda: credential.write_bytes(b"another content of it"), "opens no key slot"),
            (lambda: credential.write_bytes(b""), "holds no key"),
        ):
            with self.subTest(why=why):
                spoil()
                self.reopened(state="sealed" if why else "unsealed", environment=environment)
                if why:
                    self.assertIn(why, self.reason())
                    self.assertIn(why, self.daemon.log())
                    self.assertEqual(self.daemon.health(), "sealed")
        self.reopened(state="sealed")
        self.assertIn("systemd gave this daemon none", self.reason())

    def test_a_key_file_that_is_in_the_way_is_told_and_left_alone(self):
        self.recovery_key()
        for spoil, why in (
            (lambda: self.daemon.key_file.chmod(0o644), "mode 0644"),
            (lambda: self.daemon.key_file.write_bytes(b""), "holds no key"),
        ):
            spoil()
            self.reopened(state="sealed")
            self.assertIn(why, self.reason())
            self.daemon.key_file.chmod(0o600)
        self.assertEqual(self.daemon.key_file.read_bytes(), b"")


class Init(SystemScenario):
    """`jeton init` in all its forms."""

    def start_daemon(self):
        self.clock = None
        self.daemon.start("uninitialised")

    def test_by_passphrase_typed_twice(self):
        got, shown = on_a_terminal(
            self.daemon.run, "init", "--slot", "passphrase", asked=("New passphrase", "The same once more"),
            typed=(f"{PASSPHRASE}\n", f"{PASSPHRASE}\n"),
        )  # fmt: skip
        self.assertEqual(got, DONE, shown)
        self.assertTrue(re.search(r"jrk\.[0-9a-z-]{41}", shown), shown)
        self.assertNotIn(PASSPHRASE, shown)
        self.assertEqual(kinds(self.ok("key", "slot", "list")), ["passphrase", "recovery"])
        self.restart_daemon(state="sealed")
        self.ok("unseal", stdin=PASSPHRASE)

    def test_where_no_key_is_configured_a_passphrase_is_asked_for(self):
        config = self.daemon.config.read_text()
        self.daemon.config.write_text(config.replace(f'key_file = "{self.daemon.key_file}"\n', ""))
        self.restart_daemon(state="uninitialised")
        self.assertEqual(self.ok("status")["usual_slot"], "passphrase")
        self.refused("init", stdin="", error="bad_input")
        got, shown = on_a_terminal(
            self.daemon.run, "init", asked=("New passphrase", "The same once more"),
            typed=(f"{PASSPHRASE}\n", f"{PASSPHRASE}\n"),
        )  # fmt: skip
        self.assertEqual(got, DONE, shown)
        self.assertEqual(kinds(self.ok("key", "slot", "list")), ["passphrase", "recovery"])
        self.assertIsNone(self.ok("status")["usual_slot"])

    def test_a_key_file_elsewhere_is_told_of(self):
        elsewhere = self.daemon.state / "elsewhere.key"
        made = self.ok("init", "--slot", "key-file", elsewhere)
        self.assertIn(f'key_file = "{elsewhere}"', " ".join(made["warnings"]))
        self.restart_daemon(state="sealed")
        self.ok("unseal", stdin=made["recovery_key"])
        self.ok("seal", "--yes")
        config = self.daemon.config.read_text()
        self.daemon.config.write_text(config.replace(str(self.daemon.key_file), str(elsewhere)))
        self.restart_daemon()

    def test_what_a_power_cut_left_of_a_key_file_is_not_in_the_way(self):
        self.daemon.state.mkdir(mode=0o700, exist_ok=True)
        (self.daemon.state / "root.key.new").write_bytes(b"")
        made = self.ok("init")
        self.assertEqual(made["warnings"], [])
        self.restart_daemon()

    def test_nothing_opens_an_empty_store(self):
        self.refused("unseal", stdin=PASSPHRASE, code=SEALED, error="uninitialised")
        self.refused("key", "slot", "list", code=SEALED, error="uninitialised")
        self.refused("init", "--slot", "recovery", error="bad_input")
        self.refused("init", "--slot", "passphrase", stdin="short", error="bad_input")
        self.refused("init", "--slot", "systemd-credential", "jeton", error="wrong_state")
        self.assertEqual(self.ok("status")["state"], "uninitialised")
