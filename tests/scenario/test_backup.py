"""Backup and restore as an operator types them: the whole life cycle, onto a disk and back."""

import base64
import os
import pathlib
import stat
import subprocess

from harness import DONE, INVOICES, JOBS, REFUSED, USAGE, Scenario, wait_until
from programs import BUILD, ENVIRONMENT
from terminal import on_a_terminal


class BackedUp(Scenario):
    """A store with a recovery key and one of everything."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.scratch())
        self.file = self.folder / "jeton.backup"
        self.recovery_key = self.ok("key", "slot", "add", "recovery")["recovery_key"]

    def fill(self):
        self.local_environment()
        self.app()
        self.connection, self.client_id, self.secret = self.with_pair()
        self.other, self.other_client_id, self.other_secret = self.with_pair("7654321")
        self.ok("binding", "add", self.connection, "--user", "irc")
        self.ok("binding", "add", "--introspect", "integration", "--user", "root")
        self.ok("role", "grant", "auditor", "--user", "irc")

    def back_up(self, *arguments, file=None, key=None):
        return self.ok("backup", file or self.file, *arguments, stdin=key or self.recovery_key)

    def restore(self, *arguments, file=None, key=None, daemon=None):
        return self.ok("restore", file or self.file, *arguments, stdin=key or self.recovery_key)

    def accepts(self, client_id, secret):
        answer = self.post("/integration/token", {"client_id": client_id, "client_secret": secret})
        self.assertIn(answer.status, (200, 400), answer)
        return answer.status == 200

    def named(self, differences, kind):
        return [(one["name"], one["detail"]) for one in differences if one["kind"] == kind]


class Backup(BackedUp):
    def test_a_life_cycle_is_backed_up_changed_and_restored(self):
        self.fill()
        summary = self.back_up()
        self.assertEqual(summary["file"], str(self.file))
        self.assertEqual(summary["bytes"], self.file.stat().st_size)
        self.assertEqual(summary["opens_with"], ["recovery"])
        self.assertGreater(summary["rows"], 10)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertEqual(os.listdir(self.folder), [self.file.name], "nothing but the backup")

        unchanged = self.restore("--dry-run")
        self.assertEqual((unchanged["revived"], unchanged["lost"]), ([], []))
        self.assertFalse(unchanged["restored"])

        # what happens afterwards
        rotated = self.ok("secret", "rotate", self.connection, "--now", "--yes")
        self.ok("access", "disable", self.other, "--yes")
        binding = next(one for one in self.ok("binding", "list") if one["connection"] == self.connection)
        self.ok("binding", "remove", binding["id"])
        self.ok("role", "revoke", "auditor", "--user", "irc")
        self.tenant("1111111")
        self.assertFalse(self.accepts(self.client_id, self.secret))

        told = self.restore("--dry-run")
        self.assertTrue(told["compared"])
        self.assertEqual(
            self.named(told["revived"], "secret"), [(f"{self.secret[:8]} of {self.connection}", "deactivated since")]
        )
        self.assertEqual(
            self.named(told["revived"], "connection"), [(self.other, "connected again; disabled now")]
        )
        self.assertEqual(self.named(told["revived"], "binding"), [(f"{self.connection} for user irc", "removed since")])
        self.assertEqual(self.named(told["revived"], "role"), [("auditor for user irc", "removed since")])
        self.assertEqual(len(told["revived"]), 4, told["revived"])
        self.assertEqual(
            self.named(told["lost"], "secret"), [(f"{rotated['client_secret'][:8]} of {self.connection}", "made since")]
        )
        self.assertEqual(self.named(told["lost"], "tenant"), [("1111111@integration", "made since")])
        self.assertEqual({one["kind"] for one in told["lost"]}, {"secret", "tenant", "audit"})
        # a dry run changes nothing
        self.assertTrue(self.accepts(self.client_id, rotated["client_secret"]))
        self.assertFalse(self.accepts(self.client_id, self.secret))

        epoch = self.ok("status")["epoch"]
        restored = self.restore("--yes")
        self.assertTrue(restored["restored"])
        self.assertEqual(restored["revived"], told["revived"])
        self.assertTrue(pathlib.Path(restored["kept"]).exists())
        status = self.ok("status")
        self.assertEqual(status["state"], "unsealed")
        self.assertGreater(status["epoch"], epoch)
        self.assertTrue(self.accepts(self.client_id, self.secret))
        self.assertFalse(self.accepts(self.client_id, rotated["client_secret"]))
        self.assertTrue(self.accepts(self.other_client_id, self.other_secret))
        self.assertEqual(self.row(self.other)["state"], "connected")
        self.ok("audit", "verify")
        entry = self.audit(event="store.restored")[-1]
        self.assertEqual(entry["result"], "done")
        for name in (self.secret[:8], self.other, "auditor for user irc"):
            self.assertIn(name, entry["detail"])

        # the host's key file opens it as before, and the anchor vouches for it
        self.daemon.stop()
        self.daemon.start()
        self.ok("audit", "verify")
        self.assertTrue(self.accepts(self.client_id, self.secret))

    def test_T27_the_database_of_before_a_restore_cannot_be_put_back_unseen(self):
        self.fill()
        self.back_up()
        self.tenant("1111111")
        kept = pathlib.Path(self.restore("--yes")["kept"])
        self.daemon.stop()
        kept.rename(self.daemon.database)
        self.daemon.start("sealed")
        self.assertIn("rolled back", self.ok("status")["reason"])

    def test_a_token_of_before_the_restore_is_inactive_after_it(self):
        self.fill()
        self.back_up()
        pair = {"client_id": self.client_id, "client_secret": self.secret}
        token = self.assertToken(self.post("/integration/token", pair))["access_token"]
        self.assertTrue(self.ok("introspect", "integration", stdin=token)["active"])
        self.restore("--yes")
        self.assertFalse(self.ok("introspect", "integration", stdin=token)["active"])
        fresh = self.assertToken(self.post("/integration/token", pair))["access_token"]
        self.assertTrue(self.ok("introspect", "integration", stdin=fresh)["active"])

    def test_a_fresh_host_needs_the_recovery_key_alone(self):
        self.fill()
        self.back_up()
        self.daemon.stop()
        self.daemon = self.new_daemon()
        self.start_daemon()
        restored = self.restore("--yes")
        self.assertTrue(restored["other_store"])
        self.assertTrue(self.accepts(self.client_id, self.secret))
        self.assertIn(str(self.daemon.key_file), restored["opens_by"])
        self.daemon.stop()
        self.daemon.start()
        self.assertTrue(self.accepts(self.client_id, self.secret))

    def test_another_store_is_not_replaced_without_a_key_of_its_own(self):
        self.fill()
        self.back_up()
        first_key = self.recovery_key
        self.daemon.stop()
        self.daemon = self.new_daemon()
        self.start_daemon()
        own_key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.local_environment("precious")
        refused = self.refused("restore", self.file, "--yes", stdin=first_key, error="forbidden")
        self.assertIn("--other-store", refused["next"])
        self.refused("restore", self.file, "--other-store", "--yes", stdin=f"{first_key}\n{first_key}", error="forbidden")
        self.ok("environment", "show", "precious")
        restored = self.restore("--other-store", "--yes", key=f"{first_key}\n{own_key}\n")
        self.assertTrue(restored["other_store"])
        self.assertIn("precious", [one["name"] for one in restored["lost"]])
        self.assertTrue(self.accepts(self.client_id, self.secret))

    def test_a_passphrase_opens_a_backup_as_well_and_a_sealed_store_is_replaced(self):
        passphrase = "four words by chance"
        self.ok("key", "slot", "add", "passphrase", stdin=f"{self.recovery_key}\n{passphrase}\n")
        self.fill()
        summary = self.back_up(key=passphrase)
        self.assertEqual(sorted(summary["opens_with"]), ["passphrase", "recovery"])
        self.tenant("1111111")
        self.ok("seal", "--yes")
        told = self.restore("--dry-run", key=passphrase)
        self.assertFalse(told["compared"])
        self.assertIn("not open", told["statement"])
        self.assertEqual(self.ok("status")["state"], "sealed")
        restored = self.restore("--yes", key=passphrase)
        self.assertTrue(restored["restored"])
        self.refused("tenant", "show", "1111111@integration", error="not_found")
        self.assertTrue(self.accepts(self.client_id, self.secret))
        self.daemon.stop()
        self.daemon.start()

    def test_a_damaged_database_is_replaced_and_kept(self):
        self.fill()
        self.back_up()
        self.daemon.stop()
        self.daemon.database.write_bytes(b"not a database at all" * 100)
        self.daemon.start("sealed")
        restored = self.restore("--yes")
        self.assertEqual(pathlib.Path(restored["kept"]).read_bytes()[:5], b"not a")
        self.assertTrue(self.accepts(self.client_id, self.secret))
        self.daemon.stop()
        self.daemon.start()
        self.ok("audit", "verify")

    def test_S17_T41_no_secret_stands_in_a_backup_in_any_spelling(self):
        self.fill()
        self.back_up()
        content = self.file.read_bytes()
        for secret in (self.secret, self.other_secret, self.recovery_key):
            raw = secret.encode()
            spellings = {raw, raw.hex().encode(), raw.hex().upper().encode()}
            for shift in range(3):  # wherever it begins within three bytes
                text = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
                spellings |= {text[4:-2], text[4:-2].replace(b"+", b"-").replace(b"/", b"_")}
            for spelling in spellings:
                self.assertNotIn(spelling, content)
        self.assertNotIn(b"dispatcher", content)

    def test_threat_a_backup_takes_proof_whatever_uid_asks(self):
        self.fill()
        self.refused("backup", self.file, stdin="", error="forbidden")
        self.refused("backup", self.file, stdin="jrk.000000-000000-000000-000000-000000-000000", error="forbidden")
        self.assertFalse(self.file.exists())
        self.back_up()
        wrong = self.refused("restore", self.file, "--yes", stdin="no such passphrase", error="forbidden")
        self.assertIn("opens no key slot of the backup", wrong["error_description"])
        self.assertEqual({entry["result"] for entry in self.audit(event="backup.begin")}, {"refused"})
        self.assertEqual(len(self.audit(event="store.backed-up")), 1)

    def test_changes_go_on_while_a_backup_is_made(self):
        self.fill()
        for number in range(150):
            self.ok("tenant", "create", f"t{number}@integration", "--name", "Many")
        backup = subprocess.Popen(
            [BUILD / "jeton", "backup", self.file, "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        backup.stdin.write(self.recovery_key)
        backup.stdin.close()
        made = []
        while backup.poll() is None:
            self.tenant(f"late{len(made)}")
            made.append(f"late{len(made)}@integration")
        self.assertEqual(backup.returncode, DONE, backup.stderr.read())
        backup.stdout.close()
        backup.stderr.close()
        told = self.restore("--dry-run")
        self.assertEqual(told["revived"], [])
        lost = {name for name, _ in self.named(told["lost"], "tenant")}
        self.assertLessEqual(lost, set(made))


class Misuse(BackedUp):
    def test_a_backup_overwrites_nothing_and_leaves_nothing_half_written(self):
        self.file.write_text("something else")
        refused = self.refused("backup", self.file, stdin=self.recovery_key, error="bad_input")
        self.assertIn("exists already", refused["error_description"])
        self.assertEqual(self.file.read_text(), "something else")
        refused = self.refused("backup", self.folder / "none" / "b", stdin=self.recovery_key, error="bad_input")
        self.assertIn("does not exist", refused["error_description"])
        self.refused("backup", "-", stdin=self.recovery_key, code=USAGE)
        link = self.folder / "link"
        link.symlink_to("nowhere")
        self.refused("backup", link, stdin=self.recovery_key, error="bad_input")
        self.assertEqual(sorted(os.listdir(self.folder)), ["jeton.backup", "link"])

    def test_T30_a_full_disk_leaves_no_half_backup(self):
        full = self.folder / "full"
        full.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", full], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", full], check=True)
        self.fill()
        refused = self.refused("backup", full / "b", stdin=self.recovery_key, error="output_failed")
        self.assertIn("No space left", refused["error_description"])
        self.assertEqual(os.listdir(full), [])

    def test_a_store_without_recovery_key_says_how_to_get_one(self):
        self.daemon.stop()
        self.daemon = self.new_daemon()
        self.start_daemon()
        refused = self.refused("backup", self.file, stdin="anything", error="wrong_state")
        self.assertEqual(refused["next"], "jeton key slot add recovery")
        self.assertFalse(self.file.exists())

    def test_what_is_no_backup_or_a_damaged_one_is_refused_by_name(self):
        self.fill()
        self.back_up()
        whole = self.file.read_bytes()
        wrong = self.folder / "wrong"

        def told(content):
            wrong.write_bytes(content)
            run = self.jeton("restore", wrong, "--yes", "--json", stdin=self.recovery_key)
            self.assertEqual(run.code, REFUSED, run)
            return run.error["error_description"]

        self.assertIn("no backup of jeton", told(b"hello"))
        self.assertIn("no backup of jeton", told(b""))
        self.assertIn("truncated", told(whole[:-1]))
        self.assertIn("truncated", told(whole[: len(whole) // 2]))
        self.assertIn("behind its end", told(whole + b"\0"))
        self.assertIn("altered", told(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]))
        self.refused("restore", self.folder / "none", "--yes", stdin=self.recovery_key, error="bad_input")
        self.assertTrue(self.accepts(self.client_id, self.secret))

    def test_a_restore_asks_on_a_terminal_and_needs_yes_without_one(self):
        self.fill()
        self.back_up()
        self.tenant("1111111")
        self.refused("restore", self.file, stdin=self.recovery_key, error="confirmation_required")
        code, shown = on_a_terminal(
            self.daemon.run, "restore", self.file,
            typed=[self.recovery_key + "\n", "n\n"], asked=["(unseen): ", "Confirm and Continue?"],
        )
        self.assertIn("Would be lost:", shown)
        self.assertIn("tenant 1111111@integration: made since", shown)
        self.assertIn("Confirm and Continue?", shown)
        self.assertNotIn(self.recovery_key, shown)
        self.assertNotEqual(code, DONE)
        self.ok("tenant", "show", "1111111@integration")
        # nobody is kept out by the one that was not confirmed
        self.restore("--yes")
        self.refused("tenant", "show", "1111111@integration", error="not_found")

    def test_one_backup_at_a_time(self):
        self.fill()
        pipe = subprocess.Popen(
            [BUILD / "jeton", "backup", self.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        # The file has no name before it is whole.
        self.assertFalse(self.file.exists())
        pipe.communicate(self.recovery_key, timeout=20)
        self.assertEqual(pipe.returncode, DONE)
        wait_until(self.file.exists, 5, what="the backup")
        self.back_up(file=self.folder / "second")
