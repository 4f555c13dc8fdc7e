"""What an operator sees: status in words, status --watch, metrics for a scraper, and the doctor."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import exposition
from harness import BUILD, DONE, ENVIRONMENT, REFUSED, USER, Scenario, wait_until, wire
from people import Person
from system import SystemScenario
from terminal import on_a_terminal

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def scrape(daemon, query="", headers=None):
    return wire.request(daemon.control_socket, "GET", "/metrics" + query, headers=headers)


def families_of(test, daemon, query=""):
    answer = scrape(daemon, query)
    test.assertEqual((answer.status, answer.headers["Content-Type"]), (200, CONTENT_TYPE), answer)
    return exposition.parse(answer.body.decode())


class TheParser(unittest.TestCase):
    """It must not let through what it is there to find."""

    GOOD = '# HELP a_total A.\n# TYPE a_total counter\na_total{x="1"} 1\n'

    def test_takes_what_is_right(self):
        text = self.GOOD + '# HELP b B.\n# TYPE b gauge\nb{x="\\"\\\\\\n"} -2\n'
        self.assertEqual(exposition.parse(text)["b"].value(x='"\\\n'), -2)

    def test_refuses_what_is_not(self):
        for broken in (
            self.GOOD[:-1],
            self.GOOD + 'a_total{x="1"} 2\n',
            self.GOOD + self.GOOD,
            self.GOOD + "b 1\n",
            self.GOOD + "\n",
            self.GOOD + 'a_total{x="2"} \n',
            self.GOOD + 'a_total{x="2"} 1 x\n',
            self.GOOD + 'a_total{x="2} 1\n',
            self.GOOD + 'a_total{x="2",x="3"} 1\n',
            self.GOOD.replace("a_total", "a"),
            self.GOOD.replace("counter", "gauge"),
            "# TYPE a gauge\na 1\n",
            "# HELP a\n# TYPE a gauge\na 1\n",
        ):
            with self.subTest(broken), self.assertRaises(ValueError):
                exposition.parse(broken)


class Metrics(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id, self.secret = self.with_pair()

    def token(self):
        return self.post(client_id=self.client_id, client_secret=self.secret)

    def test_are_what_prometheus_reads(self):
        for _ in range(3):
            self.assertToken(self.token())
        self.assertRefusal(self.post(client_id=self.client_id, client_secret="wrong"), 400, "invalid_client")
        found = families_of(self, self.daemon)
        self.assertEqual(found["jeton_store_state"].value(state="unsealed"), 1)
        self.assertEqual(found["jeton_store_state"].value(state="sealed"), 0)
        self.assertEqual(found["jeton_epoch"].value(), self.ok("status")["epoch"])
        self.assertEqual(found["jeton_tokens_issued_total"].value(decision="made"), 1)
        self.assertEqual(found["jeton_tokens_issued_total"].value(decision="cached"), 2)
        self.assertEqual(found["jeton_tokens_refused_total"].value(error="invalid_client"), 1)
        self.assertEqual(found["jeton_http_requests_total"].value(socket="token", status="400"), 1)
        self.assertEqual(found["jeton_connections"].value(environment="integration", state="connected"), 1)
        self.assertGreaterEqual(found["jeton_sessions"].value(socket="control"), 1)
        self.assertGreater(found["jeton_disk_free_bytes"].value(directory="state"), 0)
        self.assertGreater(found["jeton_store_bytes"].value(file="database"), 0)
        self.assertEqual(found["jeton_secrets_active"].value(environment="integration"), 1)

    def test_name_tenants_only_where_they_are_asked_for(self):
        self.assertNotIn(b"1234567", scrape(self.daemon).body)
        found = families_of(self, self.daemon, "?tenants=1")
        name = {"app": "dispatcher", "tenant": "1234567", "environment": "integration"}
        self.assertEqual(found["jeton_connection_state"].value(**name, state="connected"), 1)
        self.assertLess(found["jeton_connection_secret_age_seconds"].value(**name), 60)

    def test_refuse_a_browser_and_a_proxy_and_take_no_other_parameter(self):
        for header in ("Origin", "X-Forwarded-For", "Via"):
            self.assertEqual(scrape(self.daemon, headers={header: "http://example.com"}).status, 403)
        self.assertEqual(scrape(self.daemon, "?tenants=all").status, 400)
        self.assertEqual(wire.request(self.daemon.control_socket, "POST", "/metrics").status, 405)
        self.assertEqual(wire.request(self.daemon.token_socket, "GET", "/metrics").status, 404)
        self.assertEqual(wire.request(self.daemon.control_socket, "GET", "/v1/status").status, 403)  # no Jeton-Client

    def test_every_series_that_is_there_is_in_the_docs(self):
        page = (REPOSITORY / "docs" / "metrics.md").read_text()
        for name in families_of(self, self.daemon, "?tenants=1"):
            self.assertIn(f"`{name}`", page)


class WhoMayRead(SystemScenario):
    def test_operators_and_auditors_read_the_metrics_and_ask_the_doctor(self):
        auditor, stranger = Person("mail"), Person("news")
        self.grant("auditor", to=auditor)
        self.assertEqual(self.ask(auditor, "GET", "/metrics").status, 200)
        self.assertEqual(self.ask(stranger, "GET", "/metrics").status, 403)
        self.assertTrue(self.ok("doctor", by=auditor))
        seen = self.ok("doctor", by=stranger)
        self.assertIn("for operators and auditors", json.dumps(seen))
        self.assertNotIn("keys", [one["check"] for one in seen])
        self.ok("seal", "--yes")
        sealed = self.ask(stranger, "GET", "/metrics")
        self.assertEqual(sealed.status, 200)
        self.assertEqual(exposition.parse(sealed.body.decode())["jeton_store_state"].value(state="sealed"), 1)

    def test_of_a_closed_store_everybody_sees_that_it_is_and_only_root_opens_it(self):
        operator = Person("mail")
        self.grant("operator", to=operator)
        self.ok("seal", "--yes", by=operator)
        seen = self.jeton("doctor", "--json", by=operator)
        self.assertEqual(seen.code, REFUSED)
        self.assertIn("the store is sealed", next(one for one in seen.json if one["severity"] == "problem")["what"])
        self.assertIn("ask root", self.refused("unseal", by=operator, error="forbidden")["next"])
        self.ok("unseal")
        self.ok("doctor", by=operator)


class Doctor(Scenario):
    def finding(self, check, severity):
        found = self.jeton("doctor", "--json").json
        for one in found:
            self.assertEqual(sorted(one), ["check", "next", "severity", "what"])
        return next((one for one in found if (one["check"], one["severity"]) == (check, severity)), None)

    def test_says_what_mends_it(self):
        self.assertEqual(self.finding("keys", "warning")["next"], "jeton key slot add recovery")
        key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.assertIsNone(self.finding("keys", "warning"))
        self.assertEqual(self.finding("keys", "note")["next"], "jeton key slot test")
        self.ok("key", "slot", "test", stdin=key + "\n")
        self.assertIsNone(self.finding("keys", "note"))
        self.assertEqual(len(self.audit(event="key_slot.tested", subject="recovery key")), 1)

    def test_a_key_file_that_is_gone_is_a_problem_before_the_restart(self):
        self.assertEqual(self.jeton("doctor").code, DONE, self.jeton("doctor"))
        self.daemon.key_file.rename(self.daemon.key_file.with_suffix(".away"))
        run = self.jeton("doctor")
        self.assertEqual(run.code, REFUSED, run)
        self.assertIn("does not open the store", run.out)

    def test_a_configuration_that_a_restart_would_refuse_is_a_problem_with_its_line(self):
        self.assertIsNotNone(self.finding("config", "ok"))
        good = self.daemon.config.read_text()
        self.daemon.config.write_text(good + "\n[limits]\nsesions = 5\n")
        found = self.finding("config", "problem")
        self.assertIn("sesions", found["what"])
        self.assertIn("jetond.toml:", found["what"])
        self.daemon.config.write_text(good + "\n[limits]\nsessions = 5000\n")
        later = time.time() + 5
        os.utime(self.daemon.config, (later, later))
        self.assertIn("restart", self.finding("config", "note")["next"])

    def test_works_when_the_daemon_is_sealed_and_when_it_is_down(self):
        self.ok("seal", "--yes")
        self.assertEqual(self.finding("store", "problem")["next"], "jeton unseal")
        self.daemon.stop()
        self.assertIsNotNone(self.finding("daemon", "problem"))
        self.assertEqual(self.jeton("doctor").code, REFUSED)
        self.assertTrue(any(one["check"] == "kernel" for one in self.jeton("doctor", "--json").json))


class Watcher:
    """`jeton status --watch` in a pipe."""

    def __init__(self, test, *arguments):
        self.process = subprocess.Popen(
            [BUILD / "jeton", "status", "--watch", *arguments],
            env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(test.daemon.run)}, cwd="/", text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        for step in (self.process.stdout.close, self.process.stderr.close, self.process.wait, self.process.kill):
            test.addCleanup(step)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.lines = []

    def shows(self, words):
        self.lines.extend(line for line in iter(self.process.stdout.readline, "") if line)
        return any(words in line for line in self.lines)

    def wait_for(self, words):
        wait_until(lambda: self.shows(words), 20, 0.05, f"{words!r} in {self.lines}")


class Watch(Scenario):
    def test_a_line_for_each_change_over_a_restart_until_ctrl_c(self):
        watcher = Watcher(self)
        watcher.wait_for("daemon: unsealed")
        self.local_environment()
        watcher.wait_for("environment integration: 0 connections")
        self.daemon.stop()
        watcher.wait_for("daemon: away")
        watcher.lines.clear()
        self.daemon.start()
        watcher.wait_for("daemon: unsealed")
        time.sleep(2.5)
        watcher.shows("")
        self.assertEqual(len([line for line in watcher.lines if "integration" in line]), 1, watcher.lines)
        watcher.process.send_signal(signal.SIGINT)
        self.assertEqual(watcher.process.wait(5), 130)

    def test_json_is_one_status_a_line(self):
        watcher = Watcher(self, "--json")
        watcher.wait_for('"state":"unsealed"')
        self.ok("seal", "--yes")
        watcher.wait_for('"state":"sealed"')
        self.assertEqual([json.loads(line)["state"] for line in watcher.lines], ["unsealed", "sealed"])

    def test_on_a_terminal_it_is_drawn_anew(self):
        self.daemon.stop()
        code, shown = on_a_terminal(self.daemon.run, "status", "--watch")
        self.assertNotEqual(code, DONE, "what is not there at the first question is no daemon to watch")
        self.assertNotIn("\x1b[H", shown)


class UpstreamInWords(Scenario):
    needs_upstream = True

    def upstream_status(self):
        return self.ok("status")["environments"][0]["upstream"]

    def test_since_when_and_why_it_fails_and_that_it_is_well_again(self):
        self.upstream_environment()
        self.app()
        connection = self.listed("1234567", "production")
        self.allow(connection)
        self.assertIsNone(self.upstream_status()["healthy"])
        client_id, secret = self.upstream.add_client("1234567")
        self.ok("secret", "import", connection, "--client-id", client_id, stdin=secret + "\n")
        self.ok("binding", "add", connection, "--user", USER, "--default")
        self.assertIs(self.upstream_status()["healthy"], True)
        self.upstream.fault(status=500)
        self.assertRefusal(self.post(min_ttl=899, scope="tn.jpm.jobs:r"), 503, "temporarily_unavailable")
        ill = self.upstream_status()
        self.assertIs(ill["healthy"], False)
        self.assertIn("500", ill["last_error"])
        self.assertRegex(ill["failing_since"], r"^\d{4}-\d\d-\d\dT")
        self.assertGreaterEqual(ill["requests_last_hour"], 2)
        self.assertIn("production gives no tokens since", self.text("status"))
        self.assertLessEqual(max(len(line) for line in on_a_terminal(self.daemon.run, "status")[1].splitlines()), 80)
        run = self.jeton("doctor")
        self.assertEqual(run.code, REFUSED)
        self.assertIn("production gives no tokens since", run.out)
        found = families_of(self, self.daemon)
        self.assertEqual(found["jeton_upstream_healthy"].value(environment="production"), 0)
        self.assertGreaterEqual(
            found["jeton_upstream_requests_total"].value(environment="production", outcome="failed"), 1
        )
        self.upstream.fault()
        wait_until(
            lambda: self.post(min_ttl=899, scope="tn.jpm.jobs:r").status == 200, 30, 0.5, "the endpoint to be asked again"
        )
        well = self.upstream_status()
        self.assertIs(well["healthy"], True)
        self.assertIsNone(well["last_error"])
        self.assertIsNone(well["failing_since"])
