"""A host full of .env files moves in one command: rate, interruptions, a daemon that dies, and what is left behind."""

import json
import os
import pathlib
import signal
import subprocess
import time

from harness import BUILD, DONE, ENVIRONMENT, REFUSED, USER, Scenario, wait_until

COUNT = int(os.environ.get("JETON_IMPORT_PAIRS", "60"))  # 600 for the whole; the default keeps the run short
PATIENCE = 60 + COUNT  # seconds for one import of them all
PENDING, INTERRUPTED = 5, 130
NAMES = ("ST_", "SERVICETITAN_", "SERVICE_TITAN_")


class Import(Scenario):
    needs_upstream = True

    def setUp(self):
        super().setUp()
        self.upstream_environment()
        self.app()
        self.settings = pathlib.Path(self.scratch())

    def settings_of(self, tenant, pair=None, names="ST_", folder=None, more=""):
        """A program's .env file with a pair that the portal knows: (file, client ID, secret)."""
        client_id, secret = pair or self.upstream.add_client(tenant)
        directory = self.settings / (folder or tenant)
        directory.mkdir()
        file = directory / ".env"
        file.write_text(
            f"# settings of {tenant}\nexport {names}CLIENT_ID='{client_id}'\n{names}CLIENT_SECRET={secret}   \r\n"
            f"{names}TENANT_ID=\"{tenant}\"\n{names}ENVIRONMENT=production\n{more}"
        )
        return file, client_id, secret

    def take_in(self, *words, code=DONE, rate="1000/s"):
        run = self.jeton("import", *words, "--app", "dispatcher", "--rate", rate, "--json", seconds=PATIENCE)
        self.assertEqual(run.code, code, run)
        return run.json

    def test_P12_one_command_moves_a_file_and_its_program_gets_tokens(self):
        file, client_id, secret = self.settings_of("1234567")
        planned = self.take_in(file, "--dry-run", code=PENDING)
        self.assertEqual([(row["connection"], row["result"]) for row in planned],
                         [("dispatcher/1234567@production", "imported")])  # fmt: skip
        self.assertEqual((self.upstream.requests(), self.ok("tenant", "list")), ([], []))
        (row,) = self.take_in(file)
        self.assertEqual((row["result"], row["line"], row["why"]), ("imported", 2, None))
        shown = self.ok("connection", "show", row["connection"])
        self.assertEqual((shown["state"], shown["client_id"]), ("connected", client_id))
        self.assertIn(f"imported from {file}:2", json.dumps(self.ok("access", "review", row["connection"])))
        self.ok("binding", "add", row["connection"], "--user", USER, "--default")
        self.assertToken(self.post("/production/token"))
        self.assertEqual(len(self.upstream.requests(client_id)), 1, "the token of the trial is used")
        (again,) = self.take_in(file)
        self.assertEqual(again["result"], "unchanged")
        self.assertEqual(len(self.upstream.requests(client_id)), 1)
        self.assertEqual(self.take_in(file, "--dry-run"), [again])
        for text in (self.daemon.log(), json.dumps(self.ok("audit", "list"))):
            self.assertNotIn(secret, text)

    def test_P9_P10_a_table_and_json_lines_each_refused_row_says_why(self):
        (good_id, good), (other_id, other) = self.upstream.add_client("1"), self.upstream.add_client("2")
        table = self.settings / "pairs.csv"
        table.write_text(
            "tenant,client_id,client_secret,environment,name\n"
            f'1, {good_id} ,"{good}",production,"Hugo, Ltd"\n'
            f"3,{other_id},{other},production,\n"  # the pair is another tenant's
            f"2,{other_id},{other[:-1]}!,production,\n"
            f"4,{other_id}\n"
            f"2,{other_id},{other},integration,\n"
        )
        rows = self.take_in(table, code=REFUSED)
        self.assertEqual([row["result"] for row in rows], ["imported", *["refused"] * 4])
        self.assertTrue(all(row["why"] and row["next"] for row in rows[1:]), rows)
        self.assertIn("tenant", rows[1]["why"])
        self.assertIn("3 cells" if "3 cells" in rows[3]["why"] else "2 cells", rows[3]["why"])
        self.assertIn("no upstream environment for integration", rows[4]["why"])
        self.assertNotIn(other, json.dumps(rows))
        self.assertEqual([row["tenant"] for row in self.ok("tenant", "list")], ["1"])
        lines = json.dumps({"tenant": 2, "client_id": other_id, "client_secret": other}) + "\nnonsense\n"
        run = self.jeton("import", "-", "--app", "dispatcher", "--environment", "production", "--json", stdin=lines)
        self.assertEqual([row["result"] for row in run.json], ["imported", "refused"], run)

    def test_P10_a_pair_of_another_tenant_is_refused_with_where_it_lives(self):
        _, client_id, secret = self.settings_of("1")
        self.take_in(self.settings)
        file, _, _ = self.settings_of("2", (client_id, secret))
        (row,) = self.take_in(file, code=REFUSED)
        self.assertIn("dispatcher/1@production", row["why"])

    def test_P4_an_endpoint_that_throttles_is_waited_for(self):
        for tenant in range(6):
            self.settings_of(str(100 + tenant))
        self.upstream.fault(limit=3, within=2000)
        began = time.monotonic()
        run = self.jeton("import", self.settings, "--app", "dispatcher", "--rate", "1000/s", seconds=60)
        self.assertEqual(run.code, DONE, run)
        self.assertEqual(run.out.count("imported   "), 6, run)
        self.assertGreater(time.monotonic() - began, 1)
        self.assertRegex(run.err, r"goes on in \d+ s")

    def test_P12_many_pairs_interrupted_twice_and_a_daemon_that_dies_each_is_in_once(self):
        clients = {}
        for number in range(COUNT):
            tenant = str(1_000_000 + number)
            _, client_id, _ = self.settings_of(tenant, names=NAMES[number % 3])
            clients[tenant] = client_id
        # Something is wrong with two of them, and says so at the end of each run.
        self.settings_of("7", ("cid.unknown000000000000000000", "cs1." + "0" * 50), folder="wrong-pair")
        (self.settings / "half").mkdir()
        (self.settings / "half" / ".env").write_text("ST_CLIENT_SECRET=cs1." + "1" * 50 + "\nST_TENANT_ID=8\n")
        self.upstream.fault(limit=30, within=1500)  # the portal's throttle, with seconds for minutes

        self.interrupt(signal.SIGINT, after=COUNT // 6)
        self.interrupt(signal.SIGKILL, after=COUNT // 3)
        self.interrupt(None, after=COUNT // 2)
        rows = self.take_in(self.settings, code=REFUSED, rate="25/s")
        self.assertEqual(len(rows), COUNT + 2)
        refused = {pathlib.Path(row["file"]).parent.name: row for row in rows if row["result"] == "refused"}
        self.assertEqual(set(refused), {"wrong-pair", "half"})
        self.assertTrue(all(row["why"] and row["next"] for row in refused.values()), refused)
        shown = {row["tenant"]: row for row in self.ok("app", "connections", "dispatcher")}
        self.assertEqual({tenant: shown[tenant]["client_id"] for tenant in clients}, clients)
        self.assertEqual({len(shown[tenant]["secrets"]) for tenant in clients}, {1}, "each once")
        self.assertEqual(set(shown), set(clients))
        granted = [entry["client_id"] for entry in self.upstream.requests() if entry["outcome"] == "token"]
        # A pair whose answer was lost with a process may have been tried again; none else was.
        self.assertLessEqual(len(granted) - COUNT, 3, len(granted))
        again = self.take_in(self.settings, code=REFUSED)
        self.assertEqual([row["result"] for row in again].count("unchanged"), COUNT)

    def interrupt(self, how, after):
        """Begins the import and stops it when `after` rows are in; without a signal it is the daemon that is killed."""
        told_errors = pathlib.Path(self.scratch()) / "stderr"
        with told_errors.open("w") as errors, subprocess.Popen(
            [BUILD / "jeton", "import", self.settings, "--app", "dispatcher", "--rate", "10/s"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, cwd="/",
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        ) as process:  # fmt: skip
            told = 0
            for line in process.stdout:
                told += line.startswith(("imported", "unchanged"))
                if told >= after:
                    break
            if how is None:
                self.daemon.kill("jetond")
                # It is started only when it has been missed: a pause of the import could outlast a quick start.
                waits = "waiting for the daemon to come back"
                wait_until(lambda: waits in told_errors.read_text(), seconds=PATIENCE, what="an import that waits")
                self.daemon.wait_for_helpers_to_go()
                self.daemon.start()
            else:
                process.send_signal(how)
            process.communicate(timeout=PATIENCE)
        if how is None:
            self.assertEqual(process.returncode, REFUSED, told_errors.read_text())  # it waited, and went on to the end
        if how == signal.SIGINT:
            self.assertEqual(process.returncode, INTERRUPTED, told_errors.read_text())
            self.assertIn("goes on where it stopped", told_errors.read_text())

    def test_P12_what_is_left_behind_in_files_is_found_and_told_apart(self):
        file, client_id, secret = self.settings_of("1")
        file.chmod(0o644)
        self.take_in(file)
        elsewhere = self.settings / "old.py"
        elsewhere.write_text(f'\nCLIENT_SECRET = "cs1.{"2" * 50}"\n')
        elsewhere.chmod(0o600)
        (self.settings / ".git").mkdir()
        (self.settings / ".git" / "object").write_text(secret)
        (self.settings / "loop").symlink_to(self.settings)
        run = self.jeton("doctor", "--find-pairs", self.settings, "--json")
        self.assertEqual(run.code, REFUSED, run)
        found = {(pathlib.Path(row["file"]).name, row["line"], row["kind"]): row for row in run.json}
        self.assertEqual(set(found), {(".env", 2, "client-id"), (".env", 3, "client-secret"),
                                      ("old.py", 2, "client-secret")})  # fmt: skip
        known, unknown = found[".env", 3, "client-secret"], found["old.py", 2, "client-secret"]
        self.assertEqual((known["connection"], known["state"]), ("dispatcher/1@production", "active"))
        self.assertTrue(known["readable_by_others"] and "chmod 600" in known["next"], known)
        self.assertIsNone(unknown["connection"])
        self.assertIn("jeton import", unknown["next"])
        text = self.jeton("doctor", "--find-pairs", self.settings)
        self.assertNotIn(secret, text.out + text.err + run.out)
        file.unlink()
        elsewhere.unlink()
        self.assertEqual(self.jeton("doctor", "--find-pairs", self.settings).code, DONE)
