"""An audit of years: it is looked into in no time, and verified and pruned while programs get their tokens.

JETON_AUDIT=10000000 measures the figures of docs/scale.md.
"""

import datetime
import time
import unittest

from harness import run_jeton
from seeded import AUDIT, Requests, Seeded, figure

ENTRIES = 30_000


class Audit(Seeded):
    def list(self, daemon, *arguments, limit):
        began = time.monotonic()
        run = run_jeton(daemon.run, "audit", "list", *arguments, "--json", seconds=600)
        took = time.monotonic() - began
        self.assertEqual(run.code, 0, run)
        figure(f"audit list {' '.join(arguments)}: {len(run.json)} entries in {took:.2f} s")
        self.assertLess(took, limit, arguments)
        return run.json

    def use(self, daemon, entries, limit, pause):
        began = time.monotonic()
        daemon.start(seconds=300)
        figure(f"audit of {entries} entries: start {time.monotonic() - began:.2f} s, database {daemon.database.stat().st_size / 1e6:.0f} MB")
        now = datetime.datetime.now(datetime.timezone.utc)
        at = {days: (now - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (1, 90, 180, 181, 364)}

        newest = self.list(daemon, "--limit", "100", limit=limit)
        self.assertEqual(len(newest), 100)
        last = newest[-1]["sequence"]
        self.assertEqual([entry["sequence"] for entry in newest], list(range(last - 99, last + 1)))
        of_one = self.list(daemon, "--connection", "app000/1000003@integration", "--limit", "50", limit=limit)
        self.assertEqual({entry["connection"] for entry in of_one}, {"app000/1000003@integration"})
        self.assertEqual(len(self.list(daemon, "--tenant", "1000003@integration", "--limit", "50", limit=limit)), 50)
        users = self.list(daemon, "--user", "service7", "--limit", "100", limit=limit)
        self.assertEqual([entry["actor"]["user"] for entry in users], ["service7"] * 100)
        changes = self.list(daemon, "--event", "secret.*", limit=limit)
        self.assertEqual(len(changes), daemon.connections)
        refused = self.list(daemon, "--result", "refused", "--limit", "20", limit=limit)
        self.assertEqual(len(refused), 20)
        self.assertEqual(self.list(daemon, "--event", "key.rotated", limit=limit), [])
        recent = self.list(daemon, "--since", at[1], "--limit", "100", limit=limit)
        self.assertTrue(recent)  # of a day there may be fewer than a hundred
        self.assertEqual(recent, self.list(daemon, "--limit", "100", limit=limit)[-len(recent) :])
        span = self.list(daemon, "--since", at[181], "--until", at[180], "--limit", "200", limit=limit)
        self.assertEqual(len(span), min(200, round(entries / 365)) if entries >= 73_000 else len(span))
        self.assertTrue(span)
        for entry in span:
            self.assertTrue(at[181] <= entry["at"] < at[180], entry)
        old = self.list(daemon, "--until", at[364], "--limit", "10", limit=limit)
        self.assertEqual(len(old), 10)
        mixed = self.list(daemon, "--user", "service7", "--since", at[181], "--until", at[180], "--limit", "50", limit=limit)
        self.assertTrue(all(at[181] <= entry["at"] < at[180] for entry in mixed))
        self.assertTrue(mixed)
        sparse = self.list(daemon, "--event", "token.introspect", "--user", "50039", "--limit", "5", limit=20 * limit)
        self.assertTrue(all(entry["event"] == "token.introspect" for entry in sparse))

        for command in (("audit", "verify"), ("audit", "prune", "--before", at[90], "--yes")):
            with Requests(daemon) as requests:
                began = time.monotonic()
                run = run_jeton(daemon.run, *command, "--json", seconds=3600)
                took = time.monotonic() - began
                time.sleep(0.3)
            self.assertEqual(run.code, 0, run)
            count = run.json.get("pruned", run.json.get("entries"))
            figure(f"{' '.join(command[:2])}: {count} entries in {took:.1f} s ({count / took:.0f}/s); {requests.told()}")
            self.assertFalse(requests.failures)
            self.assertLess(requests.quantile(0.99), pause)
            self.assertGreater(count, entries / 2)
        verified = run_jeton(daemon.run, "audit", "verify", "--json", seconds=3600).json
        self.assertTrue(verified["verified"])
        self.assertLess(verified["entries"], entries / 2)
        self.assertIsNotNone(verified["checkpoint"])

    def test_an_audit_of_30000_entries_is_searched_verified_and_pruned(self):
        self.use(self.seeded(100, audit=ENTRIES), ENTRIES, 2.0, 0.25)

    @unittest.skipUnless(AUDIT, "JETON_AUDIT names no long audit")
    def test_an_audit_of_years_is_searched_verified_and_pruned(self):
        daemon = self.seeded(1000, audit=AUDIT)
        figure(f"seeded in {daemon.seeded_in:.0f} s")
        self.use(daemon, AUDIT, 1.0, 0.1)
