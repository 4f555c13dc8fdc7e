"""What the upstream does on a bad day, one fault after the other: what the program gets, in what time, and that all is
well again when the fault has gone. Each row here is a row of docs/upstream.md.
"""

import concurrent.futures
import datetime
import email.utils
import re
import statistics
import time

from fleet import INVOICES, JOBS, LIFE, Fleet
from harness import wait_until
from kernel import built

IN_TIME = 14  # seconds that a caller waits at the most: ten for the request, the rest for the way

A_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def http_date(seconds):
    return email.utils.format_datetime(
        datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds), usegmt=True
    )


# name: (fault, status, error, words, least and greatest Retry-After)
REFUSED = {
    "reset before the answer": ({"reset": True}, 503, r"broke off the connection", (1, 60)),
    "reset in the middle of the answer": ({"reset": "half"}, 503, r"broke off the connection", (1, 60)),
    "429 without Retry-After": ({"status": 429}, 503, r"answered 429", (1, 60)),
    "429 with Retry-After": ({"status": 429, "retry_after": 45}, 503, r"answered 429", (30, 60)),
    "500": ({"status": 500}, 503, r"answered 500", (1, 60)),
    "503 with Retry-After": ({"status": 503, "retry_after": 45}, 503, r"answered 503", (30, 60)),
    "502 with a page": ({"status": 502, "html": True}, 503, r"answered 502", (1, 60)),
    "200 with a page": ({"html": True}, 503, r"JSON", (1, 60)),
    "10 MB": ({"body_bytes": 10_000_000}, 503, r"larger than 64 KiB", (1, 60)),
    "no token": ({"answer": {"access_token": None}}, 503, r"without a bearer token", (1, 60)),
    "another kind of token": ({"answer": {"token_type": "mac"}}, 503, r"without a bearer token", (1, 60)),
    "a token of another tenant": ({"claims": {"tenant": "7654321"}}, 503, r"not for this connection", (1, 60)),
    "a token of another client": ({"claims": {"client_id": "cid.other"}}, 503, r"not for this connection", (1, 60)),
    "a token that has ended": ({"answer": {"expires_in": 0}}, 503, r"ended already", (1, 60)),
}


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

    def test_each_fault_has_its_answer_in_time_and_afterwards_all_is_well(self):
        for name, (fault, status, words, (least, greatest)) in REFUSED.items():
            with self.subTest(name):
                self.afresh()
                self.upstream.fault(**fault)
                before = self.upstream.arrivals()
                got = self.fetch()
                self.assertEqual(got.status, status, got)
                self.assertIsNone(got.token)
                self.assertRegex(got.words, words)
                self.assertTrue(least <= (got.retry_after or 0) <= greatest, f"Retry-After: {got.retry_after}")
                self.assertNotIn("7654321", got.words, "the program is not told of another tenant")
                # A second caller at once: the upstream is left alone, and the answer is the same.
                again = self.fetch()
                self.assertEqual(again.status, status, again)
                self.assertRegex(again.words, words)
                self.assertEqual(self.upstream.arrivals(), before + 1, "asked again although it had just failed")
                self.assertWell()

    def test_P4_a_retry_after_that_is_a_date_is_obeyed(self):
        self.clock.wall = 0  # a date is the same for both sides
        self.clock.advance(seconds=0)
        self.upstream.fault(status=429, retry_after=http_date(120))
        got = self.fetch(rejected_token=self.fetch().token)
        self.assertEqual(got.status, 503, got)
        self.assertTrue(100 <= got.retry_after <= 121, f"Retry-After: {got.retry_after}")

    def test_P19_a_slow_answer_is_waited_for_and_expires_in_may_be_text_or_missing(self):
        self.afresh()
        self.upstream.fault(delay=2000)
        got = self.fetch()
        self.assertEqual(got.status, 200, got)
        self.assertGreater(got.seconds, 1.9)
        for said, least, greatest in (("900", LIFE - 30, LIFE), (None, 1, 60), (900.0, LIFE - 30, LIFE)):
            with self.subTest(said):
                self.afresh()
                self.upstream.fault(answer={"expires_in": said})
                got = self.fetch()
                self.assertEqual(got.status, 200, got)
                self.assertTrue(least <= got.expires_in <= greatest, got.expires_in)
        self.assertWell()

    def test_a_wrong_pair_is_told_once_and_not_tried_again_at_once(self):
        self.afresh()
        self.upstream.clients, kept = [], self.upstream.clients
        self.upstream.write_clients()
        before = self.upstream.arrivals()
        refused = [self.fetch() for _ in range(10)]
        for got in refused:
            self.assertIn(got.status, (400, 401, 503), got)
            self.assertRegex(got.words, r"does not accept")
        self.assertEqual(self.upstream.arrivals(), before + 1, "ten callers, one request")
        self.upstream.clients = kept
        self.upstream.write_clients()
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

    def test_P11_a_token_of_another_tenant_or_issuer_is_refused_and_an_alarm(self):
        self.afresh()
        self.upstream.fault(claims={"tenant": "7654321"})
        self.assertEqual(self.fetch().status, 503)
        told = [entry for entry in self.ok("audit", "list") if "7654321" in str(entry)]
        self.assertTrue(told, "the operator is told which tenant the token was for")
        self.assertEqual(told[-1]["connection"], self.connection)
        self.afresh()
        self.upstream.fault(claims={"iss": "https://somebody.example"})
        got = self.fetch()
        self.assertEqual(got.status, 503, got)
        self.assertNotIn("somebody.example", got.words)
        told = [entry for entry in self.ok("audit", "list") if "somebody.example" in str(entry)]
        self.assertTrue(told, "the operator is told which issuer it was")
        self.assertWell()

    def test_scopes_beyond_the_accepted_version_are_refused_and_fewer_are_served_and_shown(self):
        more = f"{INVOICES} {JOBS} tn.crm.customers:w"
        for fault in ({"answer": {"scope": more}}, {"claims": {"scope": more.split()}, "answer": {"scope": None}}):
            with self.subTest(fault):
                self.afresh()
                self.upstream.fault(**fault)
                got = self.fetch()
                self.assertEqual(got.status, 503, got)
                self.assertTrue(any("tn.crm.customers:w" in str(entry) for entry in self.ok("audit", "list")))
        self.afresh()
        self.upstream.fault(answer={"scope": JOBS}, claims={"scope": [JOBS]})
        answer = self.post("/production/token", connection=self.connection)
        self.assertEqual(self.assertToken(answer)["scope"], JOBS)
        self.assertWell()


class Hung(Fleet):
    """Ten connections whose requests hang, and one that is well."""

    ROUNDS = 4  # the best counts: this machine is not ours alone
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


class HungNames(Fleet):
    """The name server of one endpoint does not answer; the other endpoint is well."""

    HOST = "auth.unreached.example"

    def start(self):
        preloaded = self.clock.environment()
        preloaded["LD_PRELOAD"] += f":{built('slow_names.c', '-shared', '-fPIC')}"
        return self.daemon.start(environment=preloaded | {"JETON_SLOW_HOST": self.HOST}, seconds=60)

    def test_while_one_endpoints_name_hangs_the_tokens_of_another_come_at_once(self):
        well = self.fleet(30, first=2000000)
        self.ok(
            "environment", "create", "slow", "--kind", "upstream",
            "--token-endpoint", f"https://{self.HOST}/connect/token",
        )  # fmt: skip
        connection = self.listed("1111111", "slow")
        self.allow(connection)
        one = self.program()
        self.turn(3700)
        with concurrent.futures.ThreadPoolExecutor() as beside:
            imported = beside.submit(
                self.refused, "secret", "import", connection, "--client-id", "cid.slow",
                error="temporarily_unavailable", stdin="cs1.abcdefghijklmnopqrstuvwxyz0123456789",
            )  # fmt: skip
            for name in well:  # before its time is up, and while its question goes on after that
                time.sleep(0.3)
                (got,) = self.everybody([one], [name])
                self.assertEqual(got.status, 200, got)
                self.assertLess(got.seconds, 2, got)
            self.assertRegex(imported.result()["error_description"], r"did not let us connect within 5000 ms")


class Down(Fleet):
    """The endpoint is down for ten of fifteen minutes."""

    STEP = 15  # simulated seconds

    def test_P17_down_for_ten_of_fifteen_minutes_fails_nobody_who_has_a_valid_token(self):
        fleet = self.fleet(12)
        names = list(fleet)
        program = self.program()
        fresh, aged = names[:6], names[6:]
        self.turn(LIFE)
        self.tokens(program, aged)
        self.turn(500)
        self.tokens(program, fresh)
        # Real time passes as well: how long each token lives is told by the daemon, and when is told by its clock.
        began, first, failed = self.clock.now(), None, 0
        ends = {got.connection: got.expires_in for got in self.everybody([program], names)}
        self.assertTrue(all(ends[one] < 402 for one in aged) and all(ends[one] > 800 for one in fresh), ends)
        passed = lambda: (self.clock.now() - began).total_seconds()  # noqa: E731
        self.upstream.stop()
        for _ in range(self.STEP, 601, self.STEP):
            self.turn_in_the_dark(self.STEP)
            for name in names:
                before = passed()
                (got,) = self.everybody([program], [name])
                if passed() < ends[name] - 2:
                    self.assertEqual(got.status, 200, f"after {before} s, of a token good for {ends[name]}: {got}")
                    self.assertLessEqual(got.expires_in, ends[name] - before + 2)
                elif before > ends[name] + 2:
                    self.assertEqual(got.status, 503, f"after {before} s the token had ended: {got}")
                    failed += 1
                    first = first or got
                    self.assertGreaterEqual(got.retry_after, 1)
                    self.assertSinceAndUntil(got, began)
        self.assertGreater(failed, 0, "the outage must be long enough for some to feel it")
        print(f"    the first failure says: {first.words}", flush=True)
        self.upstream.start()
        served = None
        for _ in range(0, 300, self.STEP):  # it is asked again by itself; nobody does a thing
            self.turn_in_the_dark(self.STEP)
            answers = self.everybody([program], names)
            if all(got.status == 200 for got in answers):
                served = answers
                break
        self.assertTrue(served, "five minutes after its return everybody is served")

    def turn_in_the_dark(self, seconds):
        """As `turn`; what is under way gets its moment to fail."""
        time.sleep(0.05)
        self.ok("status")
        self.clock.advance(seconds=seconds)

    def assertSinceAndUntil(self, got, began):
        times = re.findall(A_TIME, got.words)
        self.assertEqual(len(times), 2, f"since when, and until when it is left alone: {got.words}")
        since, until = (datetime.datetime.fromisoformat(one.replace("Z", "+00:00")) for one in times)
        now = self.clock.now()
        lag = datetime.timedelta(seconds=3)
        self.assertTrue(began - lag <= since <= now + lag, f"since {since}, the outage began {began}")
        self.assertTrue(now - lag <= until <= now + datetime.timedelta(seconds=3600), f"until {until}, now {now}")


