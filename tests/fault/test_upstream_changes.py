"""Something changes while a request to the upstream is under way, or between two: who gets what, and what is kept."""

from fleet import LIFE, Fleet
from harness import wait_until


class Changes(Fleet):
    def setUp(self):
        super().setUp()
        ((self.connection, self.client_id),) = self.fleet(1).items()
        self.one = self.program()

    def fetch(self, **fields):
        self.one.ask([self.connection], **fields)
        (got,) = self.one.answers()
        return got

    def in_flight(self, **fault):
        """A program waits for a token that the upstream takes its time for; `self.one.answers()` is what it gets."""
        self.turn(LIFE + 100)
        self.upstream.fault(**(fault or {"delay": 2000}))
        before = self.upstream.arrivals()
        self.one.ask([self.connection])
        wait_until(lambda: self.upstream.arrivals() > before, 10, 0.01, "the request to reach the upstream")

    def landed(self):
        (got,) = self.one.answers()
        return got

    def put_second_secret(self, first_still_works=True):
        """The portal's second secret of the same client ID: made there, imported here. Returns both."""
        (entry,) = [one for one in self.upstream.clients if one["client_id"] == self.client_id]
        old, (_, new) = entry["client_secret"], self.upstream.add_client("0")
        self.upstream.clients = [one for one in self.upstream.clients if one["tenant"] != "0"]
        entry |= {"client_secret": new, "also_secret": old if first_still_works else None}
        self.upstream.write_clients()
        self.ok(
            "secret", "import", self.connection, "--client-id", self.client_id, "--overlap", "24h", stdin=new + "\n"
        )
        return old, new


class InFlight(Changes):
    def test_S46_a_disable_in_flight_refuses_the_waiter_and_keeps_no_token(self):
        self.in_flight()
        self.ok("access", "disable", self.connection, "--yes")
        got = self.landed()
        self.assertEqual((got.status, got.token), (400, None), got)
        self.upstream.fault()
        before = self.upstream.arrivals()
        self.assertEqual(self.fetch().status, 400)
        self.assertEqual(self.upstream.arrivals(), before, "asked for a disabled connection")
        self.ok("access", "enable", self.connection)
        self.assertEqual(self.fetch().status, 200)
        self.assertEqual(self.upstream.arrivals(), before + 1, "what landed after the disable was not kept")

    def test_a_binding_removed_in_flight_refuses_the_waiter(self):
        self.in_flight()
        (binding,) = self.ok("binding", "list")
        self.ok("binding", "remove", binding["id"])
        got = self.landed()
        self.assertEqual((got.status, got.token), (401, None), got)

    def test_an_endpoint_changed_in_flight_keeps_nothing_of_the_old_one(self):
        elsewhere = self.new_upstream()
        self.in_flight()
        self.ok(
            "environment", "edit", "production", "--import-anew",
            "--token-endpoint", elsewhere.token_endpoint, "--ca-file", elsewhere.ca_file,
        )  # fmt: skip
        got = self.landed()
        self.assertEqual((got.status, got.token), (503, None), got)
        self.assertEqual(self.fetch().status, 503, "a token of the old endpoint was kept")
        self.assertEqual(elsewhere.arrivals(), 0, "the old endpoint's secret goes nowhere")

    def test_a_deactivated_secret_in_flight_leaves_no_token(self):
        self.in_flight()
        prefix = self.ok("secret", "list", self.connection)[0]["prefix"]
        self.ok("secret", "deactivate", self.connection, prefix, "--yes")
        got = self.landed()
        self.assertNotEqual(got.status, 200, got)
        self.assertNotEqual(self.fetch().status, 200)

    def test_P1_a_failure_is_shared_by_all_who_wait(self):
        self.in_flight(delay=1500, status=500)
        before = self.upstream.arrivals()
        others = [self.program() for _ in range(10)]
        for other in others:
            other.ask([self.connection])
        answers = [self.landed(), *(got for other in others for got in other.answers())]
        self.assertEqual({got.status for got in answers}, {503}, answers)
        self.assertEqual(self.upstream.arrivals(), before, "eleven callers, one request")


class TwoSecrets(Changes):
    """Both are active while one replaces the other; what the upstream thinks of them is not always what we think."""

    def test_P7_the_newer_one_is_used_first(self):
        self.put_second_secret()
        self.turn(LIFE + 100)
        (entry,) = self.upstream.clients
        entry["also_secret"] = None  # the older one has ended there
        self.upstream.write_clients()
        before = self.upstream.arrivals()
        self.assertEqual(self.fetch().status, 200)
        self.assertEqual(self.upstream.arrivals(), before + 1)

    def test_P7_where_the_upstream_refuses_the_newer_one_the_older_is_tried_within_the_same_wait_and_the_operator_told(self):
        old, new = self.put_second_secret()
        (entry,) = self.upstream.clients
        entry |= {"client_secret": old, "also_secret": None}  # somebody has taken the new one back at the portal
        self.upstream.write_clients()
        self.turn(LIFE + 100)
        before = self.upstream.arrivals()
        got = self.fetch()
        self.assertEqual(got.status, 200, f"the older secret still works there: {got}")
        self.assertEqual(self.upstream.arrivals(), before + 2, "the newer one first, then the older")
        told = [entry for entry in self.ok("audit", "list") if new[:8] in str(entry) and "refuse" in str(entry)]
        self.assertTrue(told, "the audit tells which secret the upstream refuses")
        # It goes on with what works, and does not try the dead one each time.
        self.turn(LIFE + 100)
        self.assertEqual(self.fetch().status, 200)
        self.assertLessEqual(self.upstream.arrivals(), before + 4)
        self.turn(LIFE + 100)
        self.assertEqual(self.fetch().status, 200)
        self.assertLessEqual(self.upstream.arrivals(), before + 5, "the dead one is tried at each fetch")

    def test_P16_a_rotation_at_the_portal_is_seen_by_no_program(self):
        """Import of the second secret, end of the first one: five programs that ask all the time."""
        programs = [self.program() for _ in range(5)]
        answers = self.everybody(programs, [self.connection])
        old, _ = self.put_second_secret()
        for _ in range(20):
            self.turn(100)
            answers += self.everybody(programs, [self.connection], min_ttl=60)
        self.ok("secret", "deactivate", self.connection, old[:8], "--yes")
        (entry,) = self.upstream.clients
        entry["also_secret"] = None
        self.upstream.write_clients()
        for _ in range(20):
            self.turn(100)
            answers += self.everybody(programs, [self.connection], min_ttl=60)
        self.assertServed(answers)


class Sealing(Changes):
    def test_while_sealed_the_upstream_is_not_asked(self):
        self.assertEqual(self.fetch().status, 200)
        self.ok("seal", "--yes")
        before = self.upstream.arrivals()
        for _ in range(3):
            self.clock.advance(seconds=LIFE - 200)
            self.assertEqual(self.fetch().status, 503)
        self.assertEqual(self.upstream.arrivals(), before, "asked while sealed")
        self.daemon.stop()
        self.start()
        self.assertEqual(self.fetch().status, 200)
