"""The wall clock is set back, forward, or begins in 1970, while the daemon runs and across restarts (T48)."""

import clocks
from harness import INVOICES, USER, Scenario, wait_until, wire
from people import Person
from system import SystemScenario

TEN_YEARS = {"days": 3650}


def back(step):
    return {unit: -amount for unit, amount in step.items()}


class Clocks(SystemScenario):
    turns_clock = True

    def setUp(self):
        super().setUp()
        self.worker = Person("www-data", groups=())
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()
        self.old = self.ok("secret", "generate", self.connection)["client_secret"]

    def rotate(self, overlap):
        return self.ok("secret", "rotate", self.connection, "--overlap", overlap)["client_secret"]

    def fetch(self, secret):
        return self.token_of(self.worker, "/integration/token", client_id=self.client_id, client_secret=secret)

    def works(self, *secrets):
        return [self.assertToken(self.fetch(secret))["access_token"] for secret in secrets]

    def is_dead(self, secret):
        self.assertRefusal(self.fetch(secret), 400, "invalid_client")

    def clock_warning(self):
        return self.ok("status")["clock"]["warning"]


class Overlap(Clocks):
    def test_T48_a_clock_that_is_set_back_prolongs_no_overlap(self):
        for step in ({"hours": 1}, TEN_YEARS):
            with self.subTest(step):
                new = self.rotate("2h")
                self.clock.step(**back(step))
                self.works(self.old, new)
                self.clock.advance(hours=1, minutes=59)
                self.works(self.old, new)
                self.clock.advance(minutes=2)
                self.is_dead(self.old)
                self.clock.step(**back(step))
                self.is_dead(self.old)
                self.restart_daemon()
                self.is_dead(self.old)
                self.works(new)
                self.old = new

    def test_T48_a_clock_that_is_set_forward_ends_it_and_set_back_again_it_stays_ended(self):
        new = self.rotate("2h")
        self.clock.step(hours=1)
        self.works(self.old, new)
        self.clock.step(hours=1)
        self.is_dead(self.old)
        self.clock.step(hours=-2)
        self.is_dead(self.old)
        self.restart_daemon()
        self.is_dead(self.old)
        self.works(new)

    def test_T48_years_ahead_for_a_moment_what_is_granted_later_lives_as_long_as_it_should(self):
        self.clock.step(**TEN_YEARS)
        self.works(self.old)
        self.clock.step(**back(TEN_YEARS))
        new = self.rotate("2h")
        self.works(self.old, new)
        self.clock.advance(hours=1, minutes=59)
        self.works(self.old, new)
        self.clock.advance(minutes=2)
        self.is_dead(self.old)

    def test_T48_a_host_that_sleeps_wakes_to_what_has_ended(self):
        new = self.rotate("2h")
        self.clock.suspend(hours=3)
        self.is_dead(self.old)
        self.works(new)

    def test_T48_an_end_that_nobody_asked_about_is_remembered_over_a_kill(self):
        new = self.rotate("2h")
        files = self.daemon.database.parent
        size = lambda: sum(file.stat().st_mtime_ns for file in files.iterdir())  # noqa: E731
        before = size()
        self.clock.advance(hours=2, minutes=1)
        wait_until(lambda: size() != before, 10, 0.05, "the end to be written down")
        self.daemon.kill_all()
        self.clock.step(hours=-5)
        self.restart_daemon()
        self.is_dead(self.old)
        self.works(new)


class Tokens(Clocks):
    def test_T48_a_token_expires_at_most_its_life_after_its_issue_also_with_the_clock_set_back(self):
        for step in ({"seconds": 0}, {"hours": 1}, TEN_YEARS):
            with self.subTest(step):
                self.clock.step(**back(step))
                self.clock.advance(minutes=16)  # the token of before is not repeated any more
                claims = wire.claims(self.works(self.old)[0])[1]
                issued = self.clock.now().timestamp()
                self.assertLessEqual(claims["exp"], issued + 901)
                self.assertGreater(claims["exp"], issued + 890)

    def test_T48_the_fronts_cache_ends_a_decision_by_the_boot_clock(self):
        self.ok("binding", "add", self.connection, "--user", self.worker.name, "--default", "--expires", "1h")
        ask = lambda: self.token_of(self.worker, "/integration/token")  # noqa: E731
        self.assertToken(ask())
        self.clock.step(hours=-6)
        self.assertToken(ask())
        self.clock.advance(minutes=59)
        answer = ask()
        self.assertToken(answer)
        reuse = int(answer.headers["Jeton-Epoch"].split()[2])
        self.assertLessEqual(reuse, 60)
        self.clock.advance(minutes=1)
        self.assertRefusal(ask(), 401, "invalid_client")


class Status(Clocks):
    def test_T48_status_says_that_the_clock_is_behind_and_tokens_are_served_all_the_same(self):
        self.assertIsNone(self.clock_warning())
        self.clock.step(hours=-1)
        self.assertRegex(self.clock_warning(), r"behind the store by 3\d\d\d s")
        self.assertIn("behind the store", self.text("status"))
        self.works(self.old)
        self.clock.step(hours=1)
        self.assertIsNone(self.clock_warning())

    def test_T48_a_host_without_a_clock_of_its_own_begins_in_1970(self):
        new = self.rotate("2h")
        self.clock.begin_at("1970-01-02T00:00:00Z")
        self.restart_daemon()
        self.assertIn("behind the store", self.clock_warning())
        self.works(self.old, new)
        self.clock.advance(hours=2, minutes=1)
        self.is_dead(self.old)
        self.works(new)
        self.clock.wall = self.clock.boot  # the network has told the time
        self.clock.advance(seconds=1)
        self.assertIsNone(self.clock_warning())
        self.is_dead(self.old)


class Upstream(Scenario):
    needs_upstream = True
    starts_daemon = False

    def setUp(self):
        if reason := clocks.missing():
            self.skipTest(reason)
        super().setUp()
        self.clock = clocks.TurnedClock(self.daemon.directory)
        self.daemon.start(environment=self.clock.environment())

    def test_T48_a_cached_upstream_token_ends_by_the_boot_clock(self):
        self.upstream_environment()
        self.app(scopes=(INVOICES,))
        connection = self.listed("1234567", "production")
        self.allow(connection)
        client_id, secret = self.upstream.add_client("1234567", INVOICES)
        self.ok("secret", "import", connection, "--client-id", client_id, stdin=secret + "\n")
        self.ok("binding", "add", connection, "--user", USER, "--default")
        fetch = lambda: self.ok("token", connection)  # noqa: E731
        first = fetch()["access_token"]
        self.clock.step(days=-1)
        self.assertEqual(fetch()["access_token"], first)
        self.clock.advance(seconds=901)
        # Yesterday the endpoint's certificate was not valid yet: there may be no new token, and never the old one.
        self.assertNotIn(first, self.jeton("token", connection, "--json").out)
        self.clock.step(days=1)
        self.clock.advance(minutes=2)
        self.assertNotEqual(fetch()["access_token"], first)
