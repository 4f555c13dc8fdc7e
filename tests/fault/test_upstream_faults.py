"""What the upstream does on a bad day, one fault after the other: what the program gets, in what time, and that all is
well again when the fault has gone. Each row here is a row of docs/upstream.md.
"""

import datetime
import email.utils
import statistics

from fleet import LIFE, Fleet
from harness import wait_until

IN_TIME = 14  # seconds that a caller waits at the most: ten for the request, the rest for the way


def http_date(seconds):
    return email.utils.format_datetime(
        datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds), usegmt=True
    )


class Faults(Fleet):
    def setUp(self):
        super().setUp()
        ((self.connection, self.client_id),) = self.fleet(1).items()
        self.one = self.program()
        self.tokens(self.one, [self.connection])

    def fetch(self, **fields):
        self.one.ask([self.connection], **fields)
        (got,) = self.one.answers()
        self.assertLess(got.seconds, IN_TIME, got)
        return got

    def afresh(self):
        """No token is held, and nothing is remembered of the last fault but what lasts for an hour."""
        self.turn(3700)

    def assertWell(self):
        self.upstream.fault()
        self.afresh()
        got = self.fetch()
        self.assertEqual(got.status, 200, f"the upstream is well again: {got}")
        self.assertGreater(got.expires_in, LIFE - 30, got)

    def test_P4_a_retry_after_that_is_a_date_is_obeyed(self):
        self.clock.wall = 0  # a date is the same for both sides
        self.clock.advance(seconds=0)
        self.upstream.fault(status=429, retry_after=http_date(120))
        got = self.fetch(rejected_token=self.fetch().token)
        self.assertEqual(got.status, 503, got)
        self.assertTrue(100 <= got.retry_after <= 121, f"Retry-After: {got.retry_after}")

    def test_a_slow_answer_is_waited_for(self):
        self.afresh()
        self.upstream.fault(delay=2000)
        got = self.fetch()
        self.assertEqual(got.status, 200, got)
        self.assertGreater(got.seconds, 1.9)

    def test_P19_expires_in_as_text_or_missing(self):
        for said, least, greatest in (("900", LIFE - 30, LIFE), (None, 1, 60), (900.0, LIFE - 30, LIFE)):
            with self.subTest(said):
                self.afresh()
                self.upstream.fault(answer={"expires_in": said})
                got = self.fetch()
                self.assertEqual(got.status, 200, got)
                self.assertTrue(least <= got.expires_in <= greatest, got.expires_in)
        self.assertWell()

    def test_one_connections_refusal_does_not_stop_the_others(self):
        others = self.fleet(3, first=2000000)
        for error in ("invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "invalid_grant"):
            with self.subTest(error):
                self.afresh()
                self.upstream.fault(clients={self.client_id: {"status": 400, "error": error}})
                got = self.fetch()
                self.assertNotEqual(got.status, 200)
                self.tokens(self.one, others)
        self.assertWell()

    def test_P11_a_token_of_another_tenant_is_an_alarm_in_the_audit(self):
        self.afresh()
        self.upstream.fault(claims={"tenant": "7654321"})
        self.assertEqual(self.fetch().status, 503)
        told = [entry for entry in self.ok("audit", "list") if "7654321" in str(entry)]
        self.assertTrue(told, "the operator is told which tenant the token was for")
        self.assertEqual(told[-1]["connection"], self.connection)


class Hung(Fleet):
    """Ten connections whose requests hang, and one that is well."""

    ROUNDS = 5  # the best counts: this machine is not ours alone
    SAMPLES = 1000

    def setUp(self):
        super().setUp()
        self.hung = self.fleet(10)
        self.well = self.fleet(30, first=2000000)
        self.callers = [self.program() for _ in self.hung]
        self.one = self.program()

    def held(self):
        """p99 in seconds of a connection whose token is there."""
        name = next(iter(self.well))
        times = sorted(got.seconds for got in self.everybody([self.one], [name] * self.SAMPLES))
        return times[len(times) * 99 // 100]

    def fetched(self):
        """Median in seconds of connections whose token is fetched for the caller."""
        before = self.upstream.arrivals()
        answers = self.everybody([self.one], self.well)
        self.assertServed(answers)
        self.assertEqual(self.upstream.arrivals(), before + len(self.well), "each was fetched")
        return statistics.median(got.seconds for got in answers)

    def test_a_healthy_connection_is_as_quick_while_ten_others_hang(self):
        ratios = []
        for _ in range(self.ROUNDS):
            self.upstream.fault()
            self.turn(3700)
            quiet = self.fetched(), self.held()
            self.turn(3700)
            self.upstream.fault(clients={client_id: {"hang": True} for client_id in self.hung.values()})
            hanging = self.upstream.arrivals()
            for caller, connection in zip(self.callers, self.hung):
                caller.ask([connection])
            wait_until(lambda: self.upstream.arrivals() == hanging + 10, 10, 0.01, "ten requests that hang")
            busy = self.fetched(), self.held()
            for caller in self.callers:
                (got,) = caller.answers()
                self.assertEqual(got.status, 503, got)
                self.assertRegex(got.words, r"did not answer within")
                self.assertLess(got.seconds, IN_TIME)
            ratios.append((busy[0] / quiet[0], busy[1] / quiet[1]))
            print("    fetched: median {:.1f} ms, quiet {:.1f} ms; held: p99 {:.2f} ms, quiet {:.2f} ms".format(
                *(1000 * number for pair in zip(busy, quiet) for number in pair)), flush=True)  # fmt: skip
            if min(ratio[0] for ratio in ratios) <= 1.5 and min(ratio[1] for ratio in ratios) <= 1.5:
                return
        self.fail(f"while ten others hang, a healthy connection is slower by more than a half: {ratios}")
