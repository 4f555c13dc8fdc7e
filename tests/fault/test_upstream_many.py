"""A host with many connections through half an hour: what its programs get, and how often the upstream is asked.

JETON_UPSTREAM_CONNECTIONS=1000 is the whole picture (default 40 connections, with five programs each).
"""

import contextlib
import os
import pathlib
import random
import sqlite3
import time

import wire
from fleet import AHEAD, INVOICES, JOBS, LIFE, Fleet
from harness import wait_until
from searching import Search

CONNECTIONS = int(os.environ.get("JETON_UPSTREAM_CONNECTIONS", "40"))
FEW = CONNECTIONS // 4  # where the number is not the point
HALF_HOUR = 1800  # simulated seconds
STEP = 60  # of them between two rounds

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
    # The budget is for real minutes; here some of them pass in one second.
    extra_config = f"[upstream]\nrequests_per_minute = {max(600, 6 * CONNECTIONS)}\n"

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


class Unnoticed(Fleet):
    """An upstream that takes its time: once a token is there, no program waits for the next one."""

    DELAY = 0.8  # seconds of each answer

    def test_P17_no_program_waits_for_a_slow_upstream_once_a_token_is_there(self):
        fleet = self.fleet(8)
        programs = {0: self.program(), 300: self.program()}  # min_ttl → the program that says so
        self.turn(LIFE + 100)
        first = self.everybody(programs.values(), fleet)  # all of one age
        self.assertServed(first)
        self.upstream.fault(delay=int(1000 * self.DELAY))
        before, slow = self.upstream.arrivals_by_client(), []
        # Slowly where it matters, which is when five minutes are left; a quarter of a real second for each.
        left = min(got.expires_in for got in first)
        steps = [60, 60, 60, 60, 60, left - 300 - AHEAD - 20] + [1] * 30 + [60, 60, 60]
        for step in steps:
            self.clock.advance(seconds=step)
            if step == 1:
                time.sleep(0.25)
            for min_ttl, program in programs.items():
                program.ask(list(fleet), **({"min_ttl": min_ttl} if min_ttl else {}))
            answers = [got for program in programs.values() for got in program.answers()]
            self.assertServed(answers)
            slow += [(got.connection, got.expires_in, got.seconds) for got in answers if got.seconds > self.DELAY / 2]
        self.assertEqual(slow[:5], [], f"{len(slow)} callers waited for the upstream")
        fresh = self.upstream.arrivals_by_client() - before
        self.assertEqual(set(fresh), set(fleet.values()), "tokens were replaced meanwhile")


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

    def test_what_is_used_is_renewed_ahead_of_need_and_what_nobody_uses_is_let_go(self):
        fleet = self.fleet(FEW)
        program = self.program()
        self.tokens(program, fleet)
        before = self.upstream.arrivals_by_client()
        self.turn(LIFE - AHEAD + 30)
        renewed = lambda: (self.upstream.arrivals_by_client() - before).keys() >= set(fleet.values())  # noqa: E731
        wait_until(renewed, 20, 0.05, "every token in use to be renewed although nobody asks just now")
        wait_until(lambda: len(self.upstream.requests()) == self.upstream.arrivals(), 10, 0.05, "the answers")
        before = self.upstream.arrivals_by_client()
        self.assertGreater(min(got.expires_in for got in self.tokens(program, fleet).values()), LIFE - AHEAD)
        self.assertNotAsked(before, "although all had been renewed ahead of need")
        # They ask no more. What was used in the last token life may be renewed once; after that nobody is asked.
        for _ in range(2):
            self.turn(LIFE - AHEAD + 30)
            time.sleep(1.3)  # the daemon looks once a second what is due
        before = self.upstream.arrivals_by_client()
        for _ in range(2):
            self.turn(LIFE - AHEAD + 30)
            time.sleep(1.3)
        self.assertNotAsked(before, "for tokens that nobody uses")


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


class Restarted(Fleet):
    """What was fetched outlives the daemon (sealed), and is not asked for again until it is due."""

    def setUp(self):
        super().setUp()
        self.connections = self.fleet(FEW)
        self.clock.advance(seconds=20)
        self.held = self.tokens(self.program(), self.connections)
        self.before = self.upstream.arrivals_by_client()

    def assertSameTokens(self, why):
        again = self.tokens(self.program(), self.connections)
        self.assertNotAsked(self.before, why)
        self.assertEqual({one: got.token for one, got in again.items()}, {one: got.token for one, got in self.held.items()})
        return again

    def assertDueInTime(self):
        """Half their life later nothing is due; in the last third each is asked for once."""
        self.turn(LIFE // 2)
        again = self.assertSameTokens("before its tokens are due")
        self.assertLess(max(got.expires_in for got in again.values()), LIFE // 2 + 1)
        self.turn(LIFE // 2 - AHEAD + 30)
        program = self.program()
        asked = lambda: self.upstream.arrivals_by_client() - self.before  # noqa: E731

        def due():
            self.tokens(program, self.connections)
            return set(asked()) == set(self.connections.values())

        wait_until(due, 60, 0.1, "each token to be renewed when it is due")
        self.assertEqual(set(asked().values()), {1}, "once each")

    def test_after_a_restart_the_upstream_is_not_asked_until_tokens_are_due(self):
        self.daemon.stop()
        took = self.start()
        self.assertSameTokens("by a restart")
        print(f"    {FEW} tokens, open again after {took * 1000:.0f} ms", flush=True)
        self.assertDueInTime()

    def test_T48_after_kill_9_nothing_is_asked_and_after_a_reboot_the_wall_clock_says_what_is_left(self):
        self.daemon.kill("jeton-vault")
        self.daemon.wait_for("unsealed")
        self.assertSameTokens("by kill -9 of the vault")
        self.daemon.kill_all()
        self.start()
        self.assertSameTokens("by kill -9 of everything")
        self.daemon.kill_all()
        uptime = int(time.clock_gettime(time.CLOCK_BOOTTIME))
        self.clock.suspend(seconds=-(uptime // 2))  # the boot clock has begun anew
        self.clock.step(seconds=200)
        self.start()
        again = self.assertSameTokens("by a reboot")
        self.assertLessEqual(max(got.expires_in for got in again.values()), LIFE - 220 + 1)
        self.daemon.kill_all()
        self.clock.suspend(seconds=-(uptime // 4))
        self.clock.step(seconds=LIFE)
        self.start()
        fresh = self.tokens(self.program(), self.connections)
        dead = {got.token for got in self.held.values()}
        self.assertFalse(dead & {got.token for got in fresh.values()}, "a token was served past its end")


class Sealed(Fleet):
    """The kept tokens as they lie in the database, before somebody who can read it, and write to it."""

    def setUp(self):
        super().setUp()
        self.connections = self.fleet(6)
        self.held = self.tokens(self.program(), self.connections)

    def rows(self):
        """(connection, secret, scopes, resource) → [sealed, expires_at]; the daemon is stopped."""
        found = self.database("SELECT connection, secret, scopes, resource, sealed, expires_at FROM token_cache")
        return {tuple(row[:4]): list(row[4:]) for row in found}

    def database(self, statement, *values):
        with contextlib.closing(sqlite3.connect(self.daemon.database, isolation_level=None)) as database:
            return database.execute(statement, values).fetchall()

    def put(self, row, sealed, expires_at):
        self.database(
            "UPDATE token_cache SET sealed = ?, expires_at = ? "
            "WHERE connection = ? AND secret = ? AND scopes = ? AND resource = ?",
            sealed, expires_at, *row,
        )  # fmt: skip

    def assertOwnTokens(self):
        """Each connection gets a token of its own, whatever was done to the rows."""
        served = self.tokens(self.program(), self.connections)
        for connection, got in served.items():
            self.assertEqual(wire.claims(got.token)[1]["client_id"], self.connections[connection], connection)
        return served

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

    def test_T29_a_row_that_was_exchanged_for_anothers_gives_nobody_anothers_token(self):
        self.daemon.stop()
        rows = self.rows()
        self.assertEqual(len(rows), len(self.connections), "the tokens are kept")
        names = list(rows)
        for mine, theirs in zip(names, names[1:] + names[:1]):
            self.put(mine, *rows[theirs])
        before = self.upstream.arrivals()
        self.start()
        served = self.assertOwnTokens()
        self.assertFalse({got.token for got in served.values()} & {got.token for got in self.held.values()})
        self.assertEqual(self.upstream.arrivals(), before + len(rows), "a request each, no more")

    def test_T29_a_row_with_another_end_or_a_broken_seal_costs_one_request_and_seals_nothing(self):
        self.daemon.stop()
        rows = self.rows()
        (late, broken, short, *whole) = rows
        self.put(late, rows[late][0], rows[late][1] + 86400)
        self.put(broken, bytes([rows[broken][0][0] ^ 1]) + rows[broken][0][1:], rows[broken][1])
        self.put(short, rows[short][0][:7], rows[short][1])
        before = self.upstream.arrivals()
        self.start()
        served = self.assertOwnTokens()
        self.assertLessEqual(max(got.expires_in for got in served.values()), LIFE)
        self.assertLessEqual(self.upstream.arrivals(), before + 3)
        self.turn(LIFE + 1)
        dead = {got.token for got in served.values()}
        self.assertFalse(dead & {got.token for got in self.assertOwnTokens().values()}, "served past its end")

    def test_S46_what_ended_by_a_disable_a_deactivation_or_a_deletion_is_no_row_any_more(self):
        self.daemon.stop()
        kept = self.rows()
        self.start()
        (disabled, deactivated, *_) = self.connections
        self.ok("access", "disable", disabled, "--yes")
        prefix = self.ok("secret", "list", deactivated)[0]["prefix"]
        self.ok("secret", "deactivate", deactivated, prefix, "--yes")
        self.daemon.stop()
        self.assertEqual(len(self.rows()), len(kept) - 2, "two connections' rows are gone")


