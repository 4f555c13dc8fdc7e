"""What local tokens are signed with: three algorithms, one key after the other, and by which of them a token is checked."""

import contextlib
import datetime
import pathlib
import sqlite3
import threading
import time

import clocks
import jws
from harness import INVOICES, JOBS, SEALED, USAGE, USER, Scenario, wait_until, wire

ALGORITHMS = ("EdDSA", "RS256", "ES256")
ISSUER = "http://localhost/integration"
LIFE = 900  # seconds of a local token
HEADER = {"typ", "alg", "kid"}
CLAIMS = {"iss", "sub", "client_id", "aud", "iat", "exp", "jti", "scope", "tenant", "app"}
PUBLISHED = {  # members of a published key, by its algorithm
    "EdDSA": {"kty", "crv", "x", "use", "alg", "kid"},
    "RS256": {"kty", "n", "e", "use", "alg", "kid"},
    "ES256": {"kty", "crv", "x", "y", "use", "alg", "kid"},
}


def seconds(rfc3339):
    return datetime.datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


def kid_of(token):
    return wire.claims(token)[0]["kid"]


class SigningKeys(Scenario):
    """A local environment with a connection, introspected by this user; two libraries that check what comes out."""

    signing_alg = "EdDSA"
    turns_clock = False

    def setUp(self):
        if reason := jws.missing() or (self.turns_clock and clocks.missing()):
            self.skipTest(reason)
        super().setUp()
        self.verifiers = {"PyJWT": jws.PyJwt(), "jose": jws.Jose()}
        for verifier in self.verifiers.values():
            self.addCleanup(verifier.close)
        self.recovery = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.local_environment("integration", "--signing-alg", self.signing_alg)
        self.app(scopes=(INVOICES, JOBS))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)

    def start_daemon(self):
        self.clock = clocks.TurnedClock(self.daemon.directory) if self.turns_clock else None
        self.daemon.start(environment=self.clock.environment() if self.clock else None)

    def restart(self, kill=False):
        if kill:
            self.daemon.kill_all()
        else:
            self.daemon.stop()
        self.daemon.start(environment=self.clock.environment() if self.clock else None)

    # what programs and resource servers do

    def fetch(self, **more):
        return self.post("/integration/token", {"client_id": self.client_id, "client_secret": self.secret, **more})

    def token(self):
        return self.assertToken(self.fetch())["access_token"]

    def keys(self, environment="integration"):
        answer = self.get(f"/{environment}/jwks")
        self.assertEqual((answer.status, answer.headers.get_content_type()), (200, "application/json"), answer)
        self.assertEqual(list(answer.json), ["keys"])
        return answer.json

    def kids(self):
        return [key["kid"] for key in self.keys()["keys"]]

    def verified(self, token, keys, issuer=ISSUER):
        """The header and claims as each library finds them, which is alike; None where both refuse it."""
        now = self.clock.now().timestamp() if self.clock else None
        found = [verifier.verify(token, keys, issuer, now) for verifier in self.verifiers.values()]
        refused = ["refused" in one for one in found]
        self.assertEqual(*refused, found)
        if refused[0]:
            return None
        self.assertEqual(found[0], found[1])
        return found[0]["header"], found[0]["claims"]

    def assertVerifies(self, token, keys):
        self.assertIsNotNone(self.verified(token, keys), f"{wire.claims(token)} by {keys}")

    def is_active(self, token):
        return self.ok("introspect", "integration", stdin=token)["active"]

    # what an operator does

    def rotate(self, *what):
        rotated = self.ok("key", "rotate", *(what or ["integration"]), stdin=self.recovery)
        wait_until(lambda: not any(one["key_rotation"] for one in self.ok("status")["environments"]), 30, 0.05,
                   "the end of the key rotation")  # fmt: skip
        return rotated

    def sign_by(self, algorithm):
        return self.ok("environment", "edit", "integration", "--signing-alg", algorithm)

    def shown(self):
        return self.ok("environment", "show", "integration")["signing_keys"]


class Algorithms(SigningKeys):
    def test_T_15_T_16_a_token_of_each_algorithm_is_verified_by_libraries_that_know_nothing_of_us(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                environment = f"by-{algorithm.lower()}"
                issuer = f"http://localhost/{environment}"
                made = self.local_environment(environment, "--signing-alg", algorithm)
                self.assertEqual(made["signing_alg"], algorithm)
                _, client_id, secret = self.with_pair("1234567", environment)
                pair = {"client_id": client_id, "client_secret": secret}
                before = int(time.time())
                token = self.assertToken(self.post(f"/{environment}/token", pair))["access_token"]
                keys = self.keys(environment)
                header, claims = self.verified(token, keys, issuer)

                (key,) = keys["keys"]
                self.assertEqual(set(key), PUBLISHED[algorithm], "and nothing of the private half")
                self.assertEqual((key["use"], key["alg"]), ("sig", algorithm))
                self.assertEqual(key["kid"], jws.thumbprint(key))
                self.assertEqual(header, {"typ": "at+jwt", "alg": algorithm, "kid": key["kid"]})
                self.assertEqual(set(claims), CLAIMS)
                self.assertEqual((claims["iss"], claims["aud"]), (issuer, issuer))
                self.assertEqual((claims["sub"], claims["client_id"]), (client_id, client_id))
                self.assertEqual((claims["tenant"], claims["app"]), ("1234567", "dispatcher"))
                self.assertEqual(set(claims["scope"].split()), {INVOICES, JOBS})
                self.assertEqual(claims["exp"] - claims["iat"], LIFE)
                self.assertIn(claims["iat"] - before, range(30))
                self.assertEqual([one["alg"] for one in made["signing_keys"]], [algorithm])
                self.assertEqual([one["kid"] for one in made["signing_keys"]], [key["kid"]])

    def test_T_15_T_16_what_is_altered_verifies_by_no_key_and_by_no_library(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.sign_by(algorithm)
                token, keys = self.token(), self.keys()
                self.assertVerifies(token, keys)
                head, payload, signature = token.split(".")
                richer = jws.encoded({**wire.claims(token)[1], "scope": f"{INVOICES} tn.jpm.jobs:w"})
                flipped = bytearray(wire.unpadded(signature))
                flipped[0] ^= 1
                for forged in (f"{head}.{richer}.{signature}", f"{head}.{payload}.{jws.encoded(bytes(flipped))}"):
                    self.assertIsNone(self.verified(forged, keys))
                    self.assertFalse(self.is_active(forged))
                of_others = {"keys": [key for key in keys["keys"] if key["kid"] != kid_of(token)]}
                self.assertEqual(len(of_others["keys"]), ALGORITHMS.index(algorithm))
                self.assertIsNone(self.verified(token, of_others))

    def test_T_16_a_key_of_one_environment_is_in_the_set_of_no_other(self):
        self.local_environment("staging", "--signing-alg", "ES256")
        token, theirs = self.token(), self.keys("staging")
        self.assertFalse({key["kid"] for key in theirs["keys"]} & set(self.kids()))
        self.assertIsNone(self.verified(token, theirs))
        self.assertRefusal(self.get("/nowhere/jwks"), 404, "not_found")

    def test_T_16_keys_and_metadata_of_a_sealed_store_are_refused_like_a_token_request(self):
        self.ok("seal", "--yes")
        answers = [self.get("/integration/jwks"), self.get("/.well-known/oauth-authorization-server/integration"),
                   self.post("/integration/token", client_id="jid.x", client_secret="jcs.x")]  # fmt: skip
        for answer in answers:
            self.assertRefusal(answer, 503, "temporarily_unavailable")
        self.assertEqual(len({answer.headers["Retry-After"] for answer in answers}), 1)

    def test_an_algorithm_that_is_none_or_of_an_environment_that_signs_nothing_is_refused(self):
        for algorithm in ("none", "HS256", "PS256", "rs256", ""):
            with self.subTest(algorithm):
                self.refused("environment", "edit", "integration", "--signing-alg", algorithm, code=USAGE)
                self.refused("environment", "create", "staging", "--kind", "local", "--signing-alg", algorithm, code=USAGE)
        refused = self.refused(
            "environment", "create", "production", "--preset", "servicetitan-production", "--signing-alg", "RS256",
            error="bad_input",
        )  # fmt: skip
        self.assertIn("signed elsewhere", refused["error_description"])
        self.ok("environment", "create", "production", "--preset", "servicetitan-production")
        self.refused("environment", "edit", "production", "--signing-alg", "RS256", error="bad_input")
        self.assertIsNone(self.ok("environment", "show", "production")["signing_alg"])
        self.assertEqual(self.ok("environment", "show", "production")["signing_keys"], [])
        self.assertEqual(len(self.kids()), 1)


class AnotherAlgorithm(SigningKeys):
    def test_T_15_T_16_another_signing_alg_is_a_new_key_at_once_and_the_one_before_stays_published(self):
        tokens = {"EdDSA": self.token()}
        kids = self.kids()
        for algorithm in ("RS256", "ES256", "EdDSA"):
            shown = self.sign_by(algorithm)
            self.assertEqual(shown["signing_alg"], algorithm)
            tokens[algorithm + " later"] = token = self.token()
            self.assertEqual(wire.claims(token)[0]["alg"], algorithm)
            kids.insert(0, kid_of(token))
            self.assertEqual(set(self.kids()), set(kids))
            self.assertEqual(self.kids()[0], kids[0], "the one that signs comes first")
            self.assertEqual([one["kid"] for one in shown["signing_keys"]], self.kids())
            self.assertEqual([one["published_until"] is None for one in shown["signing_keys"]], [True] + [False] * (len(kids) - 1))
            for token in tokens.values():
                self.assertVerifies(token, self.keys())
                self.assertTrue(self.is_active(token))
        self.assertEqual(len(set(kids)), 4, "EdDSA again is a new key, not the one of before")

    def test_the_same_signing_alg_again_changes_nothing(self):
        self.sign_by("ES256")
        kids, epoch, entries = self.kids(), self.ok("status")["epoch"], len(self.audit(event="environment.edited"))
        self.sign_by("ES256")
        self.ok("environment", "create", "integration", "--kind", "local", "--signing-alg", "ES256", "--if-not-exists")
        self.assertEqual((self.kids(), self.ok("status")["epoch"]), (kids, epoch))
        self.assertEqual(len(self.audit(event="environment.edited")), entries)
        for other in (["--signing-alg", "RS256"], []):
            self.refused("environment", "create", "integration", "--kind", "local", *other, "--if-not-exists", error="already_exists")
        self.assertEqual(self.kids(), kids)

    def test_the_audit_says_which_key_signs_instead_of_which_one(self):
        (before,) = self.kids()
        self.sign_by("RS256")
        (entry,) = self.audit(event="environment.edited")
        for word in (before, self.kids()[0], "RS256", "published until"):
            self.assertIn(word, entry["detail"])

    def test_an_algorithm_stays_when_the_key_is_rotated(self):
        for algorithm in ("RS256", "ES256"):
            self.sign_by(algorithm)
            for what in (["integration"], ["--root"]):
                before = self.kids()[0]
                self.rotate(*what)
                token = self.token()
                self.assertEqual(wire.claims(token)[0]["alg"], algorithm)
                self.assertNotEqual(kid_of(token), before)
                self.assertVerifies(token, self.keys())


class Rotation(SigningKeys):
    ROTATIONS = 3

    def setUp(self):
        super().setUp()
        self.ok("binding", "add", self.connection, "--user", USER, "--default")

    @contextlib.contextmanager
    def fetching(self):
        """Programs fetch meanwhile, by pair and by binding, and resource servers the keys of each moment.

        Gives back a list of (token, keys that were published right after it came).
        """
        stop, seen, strange = threading.Event(), [], []

        def loop(fetch):
            while not stop.is_set():
                answer = fetch()
                keys = self.get("/integration/jwks")
                if answer.status == 200 and keys.status == 200:
                    seen.append((answer.json["access_token"], keys.json))
                else:
                    strange.append((answer, keys))

        threads = [threading.Thread(target=loop, args=(fetch,)) for fetch in (self.fetch, self.post)]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(strange, [], "no fetch fails")

    def wait_for_more(self, seen):
        count = len(seen)
        wait_until(lambda: len(seen) > count + 10, 30, 0.01, "tokens")

    def test_T_16_no_fetch_fails_while_keys_are_rotated_and_each_token_verifies_by_the_keys_of_its_moment(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.sign_by(algorithm)
                signed_by = [self.kids()[0]]
                with self.fetching() as seen:
                    for _ in range(self.ROTATIONS):
                        self.wait_for_more(seen)
                        rotated = self.rotate()
                        self.assertEqual(rotated["signing_key"], self.kids()[0])
                        signed_by.append(rotated["signing_key"])
                    self.wait_for_more(seen)
                self.assertEqual({kid_of(token) for token, _ in seen}, set(signed_by))
                self.assertEqual(len(signed_by), self.ROTATIONS + 1)
                last = self.keys()
                # Many are the same answer from memory: each of them once, and some more of each key.
                for token, keys in {(token, str(keys)): (token, keys) for token, keys in seen}.values():
                    self.assertVerifies(token, keys)
                    self.assertVerifies(token, last)
                for token in {kid_of(token): token for token, _ in seen}.values():
                    self.assertTrue(self.is_active(token))

    def test_T_16_no_fetch_fails_while_the_algorithm_changes(self):
        with self.fetching() as seen:
            for algorithm in ("RS256", "ES256", "EdDSA"):
                self.wait_for_more(seen)
                self.sign_by(algorithm)
            self.wait_for_more(seen)
        self.assertEqual({wire.claims(token)[0]["alg"] for token, _ in seen}, set(ALGORITHMS))
        self.assertEqual(len({kid_of(token) for token, _ in seen}), 4)
        for token, keys in {(token, str(keys)): (token, keys) for token, keys in seen}.values():
            self.assertVerifies(token, keys)

    def test_T_16_after_the_answer_to_a_rotation_nothing_is_signed_by_the_key_of_before(self):
        for _ in range(self.ROTATIONS):
            before = self.kids()[0]
            new = self.ok("key", "rotate", "integration", stdin=self.recovery)["signing_key"]
            for fetch in (self.fetch, self.post):  # by pair and by binding: neither from memory
                self.assertEqual(kid_of(self.assertToken(fetch())["access_token"]), new)
            self.assertEqual(self.kids()[:2], [new, before])
            self.rotate_is_over()

    def rotate_is_over(self):
        wait_until(lambda: not self.ok("status")["environments"][0]["key_rotation"], 30, 0.05, "the end of the key rotation")


class TheOldKey(SigningKeys):
    turns_clock = True

    def rotated(self):
        """(the last token of the key of before, that key's id, the end of its time)"""
        token = self.token()
        before = kid_of(token)
        self.rotate()
        (until,) = [one["published_until"] for one in self.shown() if one["kid"] == before]
        expires = wire.claims(token)[1]["exp"]
        self.assertIn(seconds(until) - expires, range(60), "as long as its last token lives, and hardly longer")
        return token, before, until

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.copied_database())) as database:
            return {kid: len(key) for kid, key in database.execute("SELECT kid, sealed_private_key FROM signing_keys")}

    def copied_database(self):
        """The daemon's lock is exclusive: a copy of the files."""
        copy = pathlib.Path(self.scratch())
        for file in self.daemon.state.iterdir():
            if file.name.startswith("jeton.db"):
                (copy / file.name).write_bytes(file.read_bytes())
        return copy / "jeton.db"

    def test_T_16_it_leaves_the_key_set_when_its_last_token_has_expired_and_not_before(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.sign_by(algorithm)
                self.clock.advance(seconds=LIFE + 1)
                old, before, until = self.rotated()
                new = self.kids()[0]
                self.assertEqual(self.kids(), [new, before])
                self.assertEqual(self.rows()[before], 0, "its private half is gone already")
                self.clock.advance(seconds=seconds(until) - self.clock.now().timestamp() - 3)  # a test is no stop watch
                self.assertEqual(self.kids(), [new, before])
                self.assertVerifies(old, self.keys())
                self.clock.advance(seconds=4)
                self.assertEqual(self.kids(), [new])
                self.assertIsNone(self.verified(old, self.keys()))
                self.assertFalse(self.is_active(old))
                self.assertEqual([one["kid"] for one in self.shown()], [new])
                wait_until(lambda: before not in self.rows(), 10, 0.1, "the row to be erased")
                (erased,) = [one for one in self.audit(event="key.erased") if before in one["subject"]]
                self.assertEqual(erased["result"], "done")
                self.restart()
                self.assertEqual(self.kids(), [new])
                self.assertTrue(self.is_active(self.token()))
        self.ok("audit", "verify")

    def test_T_16_a_token_fetched_right_before_the_rotation_is_good_to_its_last_second(self):
        old, before, _ = self.rotated()
        expires = wire.claims(old)[1]["exp"]
        self.clock.advance(seconds=expires - self.clock.now().timestamp() - 2)
        self.assertTrue(self.is_active(old))
        self.assertVerifies(old, self.keys())
        self.clock.advance(seconds=3)
        self.assertFalse(self.is_active(old))

    def test_T48_a_clock_that_is_set_back_keeps_the_old_key_no_longer(self):
        old, before, _ = self.rotated()
        self.clock.step(days=-1)
        self.clock.advance(seconds=LIFE - 60)
        self.assertIn(before, self.kids())
        self.assertTrue(self.is_active(old))
        self.clock.advance(seconds=61)
        self.assertNotIn(before, self.kids())
        self.assertFalse(self.is_active(old))
        self.restart()
        self.assertNotIn(before, self.kids())
        token = self.token()
        self.assertVerifies(token, self.keys())
        self.assertTrue(self.is_active(token))

    def test_T48_a_clock_that_is_set_forward_ends_the_old_key_and_set_back_again_it_stays_ended(self):
        old, before, _ = self.rotated()
        self.clock.step(seconds=LIFE + 1)
        self.assertNotIn(before, self.kids())
        self.clock.step(seconds=-LIFE - 1)
        self.assertNotIn(before, self.kids())
        self.assertFalse(self.is_active(old))
        self.restart()
        self.assertNotIn(before, self.kids())
        self.assertVerifies(self.token(), self.keys())

    def test_T_16_several_keys_leave_one_by_one_each_at_the_end_of_its_own(self):
        kids, tokens = [], []
        for algorithm in ("ES256", "RS256", "EdDSA"):
            token = self.token()
            tokens.append(token)
            kids.insert(0, kid_of(token))
            self.sign_by(algorithm)
            self.clock.advance(seconds=200)
        new = self.kids()[0]
        self.assertEqual(set(self.kids()), {new, *kids})
        self.clock.advance(seconds=LIFE - 600 + 30)
        for gone in range(1, 4):
            self.assertEqual(set(self.kids()), {new, *kids[:-gone]})
            self.assertEqual([self.is_active(token) for token in tokens], [False] * gone + [True] * (3 - gone))
            self.clock.advance(seconds=200)

    def test_T_16_a_key_whose_time_ends_while_the_store_is_sealed_or_the_daemon_down_is_not_published_again(self):
        for away in ("sealed", "stopped", "killed"):
            with self.subTest(away):
                old, before, _ = self.rotated()
                if away == "sealed":
                    self.ok("seal", "--yes")
                elif away == "stopped":
                    self.daemon.stop()
                else:
                    self.daemon.kill_all()
                self.clock.advance(seconds=LIFE + 1)
                if away == "sealed":
                    self.ok("unseal", stdin=self.recovery)
                else:
                    self.daemon.start(environment=self.clock.environment())
                self.assertNotIn(before, self.kids())
                self.assertFalse(self.is_active(old))
                self.assertTrue(self.is_active(self.token()))
                wait_until(lambda before=before: before not in self.rows(), 10, 0.1, "the row to be erased")


class Keeping(SigningKeys):
    """The right keys after whatever a daemon goes through."""

    signing_alg = "RS256"

    def both(self):
        """(a token of the key before, a token of the key of now)"""
        old = self.token()
        self.rotate()
        return old, self.token()

    def assertSame(self, keys, *tokens):
        self.assertEqual(self.keys(), keys)
        for token in tokens:
            self.assertVerifies(token, self.keys())
            self.assertTrue(self.is_active(token))
        self.assertEqual(kid_of(self.token()), keys["keys"][0]["kid"])

    def test_a_sealed_daemon_shows_no_keys_and_the_same_ones_when_it_is_open_again(self):
        tokens, keys = self.both(), self.keys()
        self.ok("seal", "--yes")
        for path in ("/integration/jwks", "/.well-known/oauth-authorization-server/integration"):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.error), (503, "temporarily_unavailable"))
        self.assertRefusal(self.fetch(), 503, "temporarily_unavailable")
        self.refused("environment", "edit", "integration", "--signing-alg", "ES256", code=SEALED)
        self.refused("key", "rotate", "integration", stdin=self.recovery, code=SEALED)
        self.ok("unseal", stdin=self.recovery)
        self.assertSame(keys, *tokens)

    def test_a_restart_and_a_kill_9_right_after_a_rotation_keep_both_keys(self):
        tokens, keys = self.both(), self.keys()
        self.restart()
        self.assertSame(keys, *tokens)
        for algorithm in ("ES256", "RS256"):
            self.sign_by(algorithm)
            self.restart(kill=True)
            self.assertEqual(self.ok("environment", "show", "integration")["signing_alg"], algorithm)
            for token in tokens:
                self.assertVerifies(token, self.keys())
        rotated = self.ok("key", "rotate", "integration", stdin=self.recovery)
        self.restart(kill=True)
        self.assertEqual(self.kids()[0], rotated["signing_key"])
        self.assertEqual(kid_of(self.token()), rotated["signing_key"])
        self.ok("audit", "verify")

    def test_T31_killed_while_it_rotates_it_signs_by_one_key_that_is_published_and_both_kinds_of_tokens_verify(self):
        for delay in (0, 0.02, 0.1, 0.3, 0.6):  # an RSA key takes its time
            with self.subTest(delay):
                old = self.token()
                thread = threading.Thread(target=self.jeton, args=("key", "rotate", "integration"), kwargs={"stdin": self.recovery})
                thread.start()
                time.sleep(delay)
                self.daemon.kill_all()
                thread.join()
                self.daemon.start()
                new = self.token()
                self.assertEqual(kid_of(new), self.kids()[0])
                self.assertIn(kid_of(old), self.kids())
                for token in (old, new):
                    self.assertVerifies(token, self.keys())
                    self.assertTrue(self.is_active(token))
        self.ok("audit", "verify")

    def test_a_backup_has_the_key_of_then_and_a_restore_says_so(self):
        file = pathlib.Path(self.scratch()) / "jeton.backup"
        then = self.keys()
        (kid_then,) = self.kids()
        self.ok("backup", file, stdin=self.recovery)
        of_then = self.token()
        self.rotate()
        self.sign_by("ES256")
        of_now, kid_now = self.token(), self.kids()[0]
        told = self.ok("restore", file, "--dry-run", stdin=self.recovery)
        self.assertIn((kid_then, "replaced since"), self.signing_keys(told["revived"]))
        self.assertIn((kid_now, "made since"), self.signing_keys(told["lost"]))
        self.ok("restore", file, "--yes", stdin=self.recovery)

        self.assertEqual(self.keys(), then)
        token = self.token()
        self.assertEqual(wire.claims(token)[0], {"typ": "at+jwt", "alg": "RS256", "kid": kid_then})
        self.assertVerifies(token, then)
        self.assertTrue(self.is_active(token))
        self.assertIsNone(self.verified(of_now, self.keys()), "what was made since is gone")
        for before in (of_now, of_then):
            self.assertFalse(self.is_active(before), "a restore ends the tokens of before")
        self.rotate()
        self.assertNotIn(kid_now, self.kids())
        self.assertNotEqual(self.kids()[0], kid_then)

    def signing_keys(self, differences):
        return [(one["name"], one["detail"]) for one in differences if one["kind"] == "signing key"]

    def test_a_backup_of_a_rotation_that_is_not_over_opens_on_a_fresh_host_with_both_keys(self):
        old, new = self.both()
        keys = self.keys()
        file = pathlib.Path(self.scratch()) / "jeton.backup"
        self.ok("backup", file, stdin=self.recovery)
        self.daemon.stop()
        self.daemon = self.new_daemon()
        self.start_daemon()
        self.ok("restore", file, "--yes", stdin=self.recovery)
        self.assertEqual(self.keys(), keys)
        for token in (old, new):
            self.assertVerifies(token, self.keys())
        self.assertEqual(kid_of(self.token()), kid_of(new))


class KeptForLater(SigningKeys):
    turns_clock = True

    def test_T_16_a_backup_does_not_bring_back_a_key_whose_time_is_over(self):
        before = self.kids()[0]
        self.rotate()
        file = pathlib.Path(self.scratch()) / "jeton.backup"
        self.ok("backup", file, stdin=self.recovery)
        self.assertIn(before, self.kids())
        self.clock.advance(seconds=LIFE + 1)
        self.ok("restore", file, "--yes", stdin=self.recovery)
        self.assertNotIn(before, self.kids())
        self.assertEqual(kid_of(self.token()), self.kids()[0])
