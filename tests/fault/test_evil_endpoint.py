"""A token endpoint that behaves badly: each way is told in words, in its time, and costs nobody else anything (T44)."""

import time

from evil_scenario import SECRET, EvilScenario
from harness import USER

FAST = 8  # seconds: a way that is told at once, on a busy host
SLOW = 16  # the ten seconds that an answer has, and the same


class EvilEndpoint(EvilScenario):
    def setUp(self):
        super().setUp()
        self.evil = self.new_evil()
        self.app()
        self.exchange = self.exchange_pid()

    def exchange_pid(self):
        return self.daemon.helpers()["jeton-exchange"]

    def environment(self, way, *options):
        return self.environment_at(self.evil, way, *options, name=way)

    def take(self, connection, **options):
        return self.jeton(
            "secret", "import", connection, "--client-id", "cid.a", "--now", "--yes", "--json",
            stdin=SECRET + "\n", **options,
        )  # fmt: skip

    def words(self, way, seconds=FAST, options=()):
        """What the operator is told of an endpoint like that when a pair is imported; nothing is imported."""
        connection = self.environment(way, *options)
        began = time.monotonic()
        run = self.take(connection)
        took = time.monotonic() - began
        self.assertEqual(run.code, 1, run)
        self.assertLess(took, seconds, f"{way}: {run}")
        self.assertNotIn(SECRET, run.out + run.err)
        self.assertEqual(self.row(connection)["secrets"], [])
        return run.error["error_description"]

    def assertWell(self):
        """The exchange lives, another endpoint is served at once, and nothing has gone to another host."""
        if not hasattr(self, "well"):
            self.well = self.environment("good")
        run = self.take(self.well)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.exchange_pid(), self.exchange)
        self.assertEqual(self.evil.elsewhere_seen, [])

    def assertTold(self, way, pattern, seconds=FAST, **more):
        self.assertRegex(self.words(way, seconds, **more), pattern)
        self.assertWell()

    def test_T44_a_redirect_is_told_and_not_followed(self):
        self.assertTold("redirect-plain", r"^localhost:\d+ sends us elsewhere \(HTTP 301\); a redirect is not followed$")
        self.assertTold("redirect-host", r"^localhost:\d+ sends us elsewhere \(HTTP 307\)", options=("--client-auth", "basic"))
        self.assertIn("Authorization: Basic", self.evil.arrivals("redirect-host")[0]["head"])
        self.assertEqual(len(self.evil.arrivals("redirect-plain")), 1)

    def test_T44_a_certificate_that_is_not_the_endpoints_gets_no_secret(self):
        self.assertTold("elsewhere", r"^the certificate of localhost:\d+ is for another name$")
        self.assertTold("expired", r"^the certificate of localhost:\d+ has expired$")
        self.assertEqual(self.evil.arrivals("expired") + self.evil.arrivals("elsewhere"), [])

    def test_T44_what_is_too_much_is_cut_off(self):
        self.assertTold("huge", r"^the answer of localhost:\d+ is larger than 64 KiB$")
        self.assertTold("header-bomb", r"^the headers of localhost:\d+ are larger than 32 KiB$")
        self.assertTold("continue", r"^the headers of localhost:\d+ are larger than 32 KiB$")
        # Not asked for, not unpacked: 20 KiB that are no JSON.
        self.assertTold("gzip-bomb", r"^the answer of localhost:\d+ \(HTTP 200\) is no JSON object$")
        self.assertTold("depth-bomb", r"^the answer of localhost:\d+ \(HTTP 200\) is no JSON object$")
        self.assertTold("server-error", r"^localhost answered 500$")
        self.assertNotIn("Accept-Encoding", self.evil.seen[0]["head"])

    def test_T44_what_takes_too_long_is_given_up(self):
        for way in ("drip", "hang"):
            self.assertTold(way, r"^localhost:\d+ did not answer within 10000 ms$", SLOW)

    def test_T44_what_is_no_answer_is_none(self):
        self.assertTold("bad-json", r"^the answer of localhost:\d+ \(HTTP 200\) is no JSON object$")
        self.assertTold("html", r"^the answer of localhost:\d+ \(HTTP 200\) is no JSON object$")
        self.assertTold("not-http", r"^localhost:\d+ does not answer with HTTP$")
        self.assertTold("reset", r"^localhost:\d+ broke off the connection before its answer was complete$")
        self.assertTold("odd-type", r"^localhost answered without a bearer token$")
        self.assertTold("echo", r"^localhost does not accept this client ID and secret$")

    def test_T44_P19_a_life_that_is_missing_or_nonsense_is_half_a_minute(self):
        for way, least, most in (
            ("good", 800, 900), ("string-life", 800, 900), ("one-continue", 800, 900),
            ("no-life", 1, 30), ("negative-life", 1, 30), ("endless-life", 1, 30),
        ):  # fmt: skip
            with self.subTest(way):
                connection = self.environment(way)
                self.assertEqual(self.take(connection).code, 0)
                self.ok("binding", "add", connection, "--user", USER)
                left = self.assertToken(self.post(connection=connection))["expires_in"]
                self.assertTrue(least <= left <= most, left)

    def test_T44_a_date_that_is_none_ends_nobodys_exchange(self):
        self.assertEqual(self.take(self.environment("late-date")).code, 0)
        self.assertWell()

    def test_T44_a_request_that_may_have_been_carried_out_is_not_repeated(self):
        self.assertWell()  # leaves an open connection
        self.assertTold("drop", r"^localhost:\d+ broke off the connection before its answer was complete$")
        self.assertEqual(len(self.evil.arrivals("drop")), 1)
