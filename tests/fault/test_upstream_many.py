"""A host with many connections through half an hour: what its programs get, and how often the upstream is asked.

JETON_CONNECTIONS=1000 is the whole picture (default 40 connections, with five programs each).
"""

import os
import pathlib
import random

from fleet import AHEAD, INVOICES, JOBS, LIFE, Fleet
from searching import Search

CONNECTIONS = int(os.environ.get("JETON_CONNECTIONS", "40"))
FEW = max(8, CONNECTIONS // 4)  # where the number is not the point
HALF_HOUR = 1800  # simulated seconds
STEP = 45  # of them between two rounds

# How five programs of one customer ask: what they say of the life that they need, and whether they hold on to a token
# until that much of it is left (None: a request for every call, as most do).
HABITS = {
    "asks for every call": ({}, None),
    "keeps it until 60 s are left": ({"min_ttl": 60}, 60),
    "keeps it until two minutes are left": ({"min_ttl": 120}, 120),
    "refuses less than five minutes": ({"min_ttl": 300}, 300),
    "asks for every call, wants 30 s": ({"min_ttl": 30}, None),
}


class HalfAnHour(Fleet):
    def test_P1_P3_P4_five_programs_each_one_upstream_request_per_token_and_nobody_gets_less_life_than_asked(self):
        fleet = self.fleet(CONNECTIONS)
        programs = {name: self.program() for name in HABITS}
        self.assertServed(self.everybody(programs.values(), fleet))
        held = {name: {} for name in HABITS}  # connection → when the program's own token ends, by the simulated clock
        before, asked_for, short = self.upstream.arrivals_by_client(), 0, []
        for now in range(STEP, HALF_HOUR + 1, STEP):
            self.turn(STEP)
            for name, (fields, until) in HABITS.items():
                wanted = [one for one in fleet if until is None or held[name].get(one, 0) - now <= until]
                programs[name].ask(wanted, **fields)
            for name, (fields, _) in HABITS.items():
                answers = programs[name].answers()
                self.assertServed(answers)
                asked_for += len(answers)
                held[name].update({got.connection: now + got.expires_in for got in answers})
                least = fields.get("min_ttl", 1)
                short += [(now, name, got.expires_in) for got in answers if got.expires_in < least]
        self.assertEqual(short[:5], [], "a caller got less life than it asked for")
        # Every token is replaced once, in its last third: three times in 1800 s. One request each, whoever asks.
        fresh = self.upstream.arrivals_by_client() - before
        lives = HALF_HOUR // (LIFE - AHEAD)
        print(f"    {len(fleet)} connections, {asked_for} answers, {fresh.total()} upstream requests", flush=True)
        allowed = len(fleet) * lives * 1.01
        self.assertLessEqual(fresh.total(), allowed, f"{fresh.total()} requests for {len(fleet)} × {lives} token lives")
        self.assertEqual(set(fresh), set(fleet.values()), "each connection was refreshed under its own client ID")


class Quiet(Fleet):
    """When the upstream is not asked at all."""

    def test_P16_fifty_edits_elsewhere_cost_no_upstream_request_and_no_token(self):
        fleet = self.fleet(FEW)
        program = self.program()
        held = self.tokens(program, fleet)
        before = self.upstream.arrivals_by_client()
        self.app("reports", scopes=(INVOICES,))
        for number in range(12):
            tenant = f"{5000000 + number}@production"
            self.api("POST", "/v1/tenants", {"tenant": tenant, "name": f"Customer {number}"})
            self.api("POST", "/v1/apps/reports/tenants", {"tenant": tenant})
            self.api("POST", f"/v1/connections/reports/{5000000 + number}%40production/allow", {"version": 1})
            self.api("PATCH", f"/v1/tenants/{5000000 + number}%40production", {"name": f"Another {number}"})
        self.ok("app", "publish", "dispatcher", "--add", JOBS.replace(":r", ":w"))
        self.ok("binding", "add", "reports/*@production", "--group", "daemon")
        again = self.tokens(program, fleet)
        self.assertEqual({name: got.token for name, got in again.items()}, {name: got.token for name, got in held.items()})
        self.assertNotAsked(before, "by edits that are none of these connections'")

    def test_S46_after_a_disable_nothing_is_asked_for_it_any_more(self):
        fleet = self.fleet(FEW)
        programs = [self.program() for _ in range(2)]
        self.assertServed(self.everybody(programs, fleet))
        disabled = dict(list(fleet.items())[::2])
        for connection in disabled:
            self.ok("access", "disable", connection, "--yes", "--reason", "unpaid")
        before = self.upstream.arrivals_by_client()
        for _ in range(0, HALF_HOUR, 150):
            self.turn(150)
            for got in self.everybody(programs, fleet):
                expected = 400 if got.connection in disabled else 200
                self.assertEqual(got.status, expected, got)
        fresh = self.upstream.arrivals_by_client() - before
        self.assertEqual({one for one in disabled.values() if fresh[one]}, set(), "asked for a disabled connection")
        self.assertEqual(set(fresh), set(fleet.values()) - set(disabled.values()))
        connection, client_id = next(iter(disabled.items()))
        self.ok("access", "enable", connection)
        self.assertServed(self.everybody(programs[:1], [connection]))
        self.assertEqual(self.upstream.arrivals(client_id), before[client_id] + 1)


class Hostile(Fleet):
    """A bound program that does its worst costs the upstream one request per key and minute."""

    CALLS = 1000

    def test_P2_a_thousand_rejections_and_demands_are_one_request_a_minute_for_each_key(self):
        (connection, client_id), *_ = self.fleet(1).items()
        hostile, honest = self.program(), self.program()
        scopes = ({}, {"scope": INVOICES}, {"scope": JOBS}, {"scope": f"{INVOICES} {JOBS}"})
        now = self.tokens(hostile, [connection])[connection].token
        chance = random.Random(44)
        minutes, before = 3, self.upstream.arrivals(client_id)
        for minute in range(minutes):
            for call in range(self.CALLS // minutes):
                worst = chance.choice((
                    {"rejected_token": now}, {"rejected_token": now[:-3] + "abc"}, {"min_ttl": 899},
                    {"min_ttl": 86400}, {"rejected_token": now, "min_ttl": 86400},
                ))  # fmt: skip
                hostile.ask([connection], **worst, **chance.choice(scopes))
                (got,) = hostile.answers()
                self.assertIn(got.status, (200, 503), got)
                if got.status == 503:
                    self.assertTrue(1 <= got.retry_after <= 60, f"Retry-After {got.retry_after}")
                now = got.token or now
                if call % 20 == 0:
                    honest.ask([connection])
                    self.assertServed(honest.answers())
            # The keys have their forced refresh once now, and first tokens before that.
            self.turn(60)
        keys = len(scopes)
        asked = self.upstream.arrivals(client_id) - before
        print(f"    {self.CALLS} hostile calls, {asked} upstream requests for {keys} keys in {minutes} minutes")
        self.assertLessEqual(asked, keys * (minutes + 1), "a forced refresh may come once per key a minute")

    def test_P2_a_rejected_token_is_replaced_at_once_and_never_given_back_to_who_rejected_it(self):
        (connection, client_id), *_ = self.fleet(1).items()
        program = self.program()
        dead = self.tokens(program, [connection])[connection].token
        before = self.upstream.arrivals(client_id)
        fresh = self.tokens(program, [connection], rejected_token=dead)[connection].token
        self.assertNotEqual(fresh, dead)
        # A second program that held the same dead token: it was replaced already, that costs nothing.
        other = self.tokens(self.program(), [connection], rejected_token=dead)[connection].token
        self.assertEqual((other, self.upstream.arrivals(client_id)), (fresh, before + 1))
        # Replacing fails: whoever rejected it is told so, the others go on with what there is.
        self.turn(61)
        self.upstream.fault(status=500)
        program.ask([connection], rejected_token=fresh)
        (got,) = program.answers()
        self.assertEqual((got.status, got.token), (503, None), got)
        self.assertEqual(self.tokens(program, [connection])[connection].token, fresh)


class Sealed(Fleet):
    """The kept tokens as they lie in the database, before somebody who can read it, and write to it."""

    def setUp(self):
        super().setUp()
        self.connections = self.fleet(6)
        self.held = self.tokens(self.program(), self.connections)

    def test_T41_no_file_holds_a_token_in_clear(self):
        wanted = {}
        for number, got in enumerate(self.held.values()):
            _, payload, signature = got.token.split(".")
            wanted[f"payload-{number}"], wanted[f"signature-{number}"] = payload.encode(), signature.encode()
        search = Search(pathlib.Path(self.scratch()), wanted)
        for stopped in (False, True):  # with the WAL, and after the checkpoint
            if stopped:
                self.daemon.stop()
            files = self.daemon.files()
            control = next(iter(self.connections.values())).encode()
            self.assertTrue(any(control in file.read_bytes() for file in files), "the search finds what is there")
            self.assertEqual(search.found_in(*files), set(), "a token stands in clear")
