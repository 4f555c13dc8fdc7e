"""private_key_jwt (RFC 7523, rfc7523bis): clients that prove by a key who they are, and those that only seem to."""

import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import time

import client_key
from client_key import AUDIENCE, ClientKey, unsigned
from harness import BUILD, DONE, ENVIRONMENT, INVOICES, JOBS, USAGE, USER, Scenario, wait_until, wire
from programs import REPOSITORY, UPSTREAM, node_missing, python_with
from terminal import on_a_terminal

NOT_ACCEPTED = "the client assertion is not accepted"


class KeyScenario(Scenario):
    def setUp(self):
        super().setUp()
        self.keys = self.scratch()

    def key(self, algorithm="EdDSA", connection=None, **options):
        """A new key pair; its public key is registered where a connection is given."""
        key = ClientKey(self.keys, algorithm, **options)
        if connection:
            key.kid = self.add(connection, key)["kid"]
        return key

    def add(self, connection, key, *flags):
        return self.ok("connection", "key", "add", connection, *flags, stdin=key.public)

    def present(self, assertion, target="/integration/token", headers=None, **more):
        return self.post(target, client_key.form(assertion, **more), headers)

    def assertNotAccepted(self, answer, reason):
        """One answer for everything; the reason is the operator's to find."""
        self.assertRefusal(answer, 400, "invalid_client")
        self.assertTrue(answer.json["error_description"].startswith(NOT_ACCEPTED), answer)
        self.assertNotIn(reason, answer.body.decode())
        self.assertIsNone(answer.headers["WWW-Authenticate"], "there is no challenge for what no Basic would mend")
        newest = self.audit(result="refused")[-1]
        self.assertIn(reason, str(newest), newest)


class LocalKeys(KeyScenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()


class ProofByKey(LocalKeys):
    def test_T_18_T_21_a_key_pair_of_each_algorithm_gets_tokens(self):
        for algorithm in client_key.GENPKEY:
            with self.subTest(algorithm):
                key = ClientKey(self.keys, algorithm)
                added = self.add(self.connection, key)
                self.assertEqual((added["algorithm"], added["client_id"]), (algorithm, self.client_id))
                self.assertEqual((added["audience"], added["state"]), (AUDIENCE, "active"))
                token = self.assertToken(self.present(key.assertion(self.client_id)))
                self.assertEqual((token["scope"], token["connection"]), (f"{INVOICES} {JOBS}", self.connection))
                claims = wire.claims(token["access_token"])[1]
                self.assertEqual((claims["sub"], claims["client_id"]), (self.client_id, self.client_id))
                self.jeton("connection", "key", "remove", self.connection, added["kid"], "--yes")

    def test_T_12_T_18_a_client_revokes_its_token_by_its_key(self):
        key = self.key(connection=self.connection)
        token = self.assertToken(self.present(key.assertion(self.client_id)))["access_token"]
        assertion = key.assertion(self.client_id)
        revoke = {"target": "/integration/revoke", "token": token, "grant_type": None}
        stranger = ClientKey(self.keys)
        self.assertRefusal(self.present(stranger.assertion(self.client_id), **revoke), 400, "invalid_client")
        self.assertEqual(self.audit(event="token.revoked"), [])
        answer = self.present(assertion, **revoke)
        self.assertEqual((answer.status, answer.body), (200, b""), answer)
        (entry,) = self.audit(event="token.revoked")
        self.assertEqual((entry["connection"], entry["via"]), (self.connection, f"key {key.kid}"))
        self.assertRefusal(self.present(assertion, **revoke), 400, "invalid_client")  # one assertion, one request

    def test_T_18_what_a_client_may_vary(self):
        key = self.key(connection=self.connection)
        now = int(time.time())
        for header, claims in (
            ({"typ": "client-authentication+jwt"}, {}),
            ({"typ": None}, {}),
            ({"alg": "Ed25519"}, {}),  # RFC 9864
            ({"kid": key.kid}, {}),
            ({}, {"aud": [AUDIENCE]}),
            ({}, {"iat": None}),
            ({}, {"nbf": now}),
            ({}, {"exp": now + 3500}),
            ({"jwk": {"kty": "OKP"}, "jku": "http://localhost/evil"}, {}),  # not looked at
        ):
            with self.subTest(header=header, claims=claims):
                self.assertToken(self.present(key.assertion(self.client_id, header, **claims)))
        for target in ("/token", "/integration/connect/token"):
            self.assertToken(self.present(key.assertion(self.client_id), target, client_id=self.client_id))
        self.assertToken(self.present(key.assertion(self.client_id), connection=self.connection, scope=INVOICES))

    def test_T_18_every_forgery_is_refused_in_one_sentence_and_the_audit_says_why(self):
        key = self.key(connection=self.connection)
        other_connection, other_id = self.connected("7654321")
        other = self.key(connection=other_connection)
        stranger = ClientKey(self.keys)
        mine, now = self.client_id, int(time.time())
        good = key.assertion(mine)
        head, claims, signature = good.split(".")
        for reason, assertion in (
            ("aud is not", key.assertion(mine, aud=AUDIENCE + "/token")),
            ("aud is not", key.assertion(mine, aud=[AUDIENCE, AUDIENCE + "/token"])),
            ("aud is not", key.assertion(mine, aud="http://localhost/production")),
            ("aud is not", key.assertion(mine, aud=None)),
            ("expired", key.assertion(mine, exp=now - 1)),
            ("strict", key.assertion(mine, exp=now + 60.5)),
            ("exp is missing", key.assertion(mine, exp=None)),
            ("more than an hour", key.assertion(mine, exp=now + 3700)),
            ("ahead of this host", key.assertion(mine, nbf=now + 300)),
            ("ahead of this host", key.assertion(mine, iat=now + 300)),
            ("alg is not", unsigned(mine)),
            ("alg is not", key.hs256(mine)),
            ("alg is not", key.assertion(mine, {"alg": "RS256"})),
            ("iss and sub", key.assertion(mine, sub=other_id)),
            ("iss and sub", key.assertion(mine, iss="https://idp.example")),
            ("no connection has this client ID", key.assertion("jid.nobody")),
            ("signature is not", other.assertion(mine)),
            ("signature is not", stranger.assertion(mine, {"jwk": {"kty": "OKP"}})),
            ("kid names no", key.assertion(mine, {"kid": other.kid})),
            ("signature is not", f"{head}.{claims}.{other.assertion(other_id).split('.')[2]}"),
            ("jti is missing", key.assertion(mine, jti=None)),
            ("has crit", key.assertion(mine, {"crit": ["exp"]})),
            ("typ is neither", key.assertion(mine, {"typ": "at+jwt"})),
            ("no JWS", f"{head}.{claims}"),
            ("no JWS", "x"),
            ("longer than", good + "A" * 9000),
        ):
            with self.subTest(reason, assertion=assertion[:60]):
                self.assertNotAccepted(self.present(assertion), reason)
        self.assertNotAccepted(self.present(good, client_id=other_id), "client_id is not its sub")
        self.assertNotAccepted(self.present(good, connection=other_connection), f"not to {other_connection}")
        self.assertToken(self.present(good))  # none of them used it up

    def test_T_1_an_assertion_beside_a_secret_is_refused_unread(self):
        key = self.key(connection=self.connection)
        secret = self.ok("secret", "generate", self.connection)["client_secret"]
        good = key.assertion(self.client_id)
        basic = {"Authorization": wire.basic(self.client_id, secret)}
        for answer in (
            self.present(good, client_id=self.client_id, client_secret=secret),
            self.present(good, headers=basic),
            self.present(good, headers=basic, client_id=self.client_id, client_secret=secret),
        ):
            self.assertEqual((answer.status in (400, 401), answer.error), (True, "invalid_request"), answer)
        self.assertToken(self.present(good))  # it was not used up
        for fields in (
            {"client_assertion": key.assertion(self.client_id)},
            {"client_assertion_type": client_key.ASSERTION_TYPE},
            {"client_assertion": good, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        ):
            self.assertRefusal(self.post("/integration/token", fields), 400, "invalid_client")
        doubled = [("grant_type", "client_credentials"), *client_key.form(good).items(), ("client_assertion", good)]
        self.assertRefusal(self.post("/integration/token", doubled), 400, "invalid_request")

    def test_T_18_a_binding_does_not_save_a_wrong_assertion(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.assertToken(self.post("/integration/token"))
        self.assertNotAccepted(self.present(ClientKey(self.keys).assertion(self.client_id)), "no active key")

    def test_threat_guesses_are_slowed_down(self):
        key = ClientKey(self.keys)
        self.key(connection=self.connection)
        assertion = key.assertion(self.client_id)
        statuses = [self.present(assertion).status for _ in range(70)]
        self.assertIn(429, statuses)
        self.assertLessEqual(set(statuses), {400, 429})

    def test_T_21_the_life_of_keys_as_an_operator_types_it(self):
        """Two overlap; a removed one is refused at once; what is shown tells who used which."""
        old, new, third = (ClientKey(self.keys) for _ in range(3))
        said = self.text("connection", "key", "add", self.connection, stdin=old.public)
        for word in (self.client_id, AUDIENCE, "EdDSA", self.connection):
            self.assertIn(word, said)
        again = self.refused("connection", "key", "add", self.connection, stdin=old.public, error="already_exists")
        self.assertEqual(again["next"], f"jeton connection key list {self.connection}")
        self.add(self.connection, new, "--expires", "30d")
        full = self.refused("connection", "key", "add", self.connection, stdin=third.public, error="wrong_state")
        first = self.ok("connection", "key", "list", self.connection)[0]
        self.assertEqual(full["next"], f"jeton connection key remove {self.connection} {first['kid']}")
        self.assertIsNone(first["last_used_at"])

        kept = old.assertion(self.client_id)
        self.assertToken(self.present(old.assertion(self.client_id)))
        self.assertToken(self.present(new.assertion(self.client_id)))
        by = [entry for entry in self.audit(event="token.issued") if entry["via"] == f"key {first['kid']}"]
        self.assertTrue(by, "the audit says by which key")
        shown = self.ok("connection", "show", self.connection)
        self.assertEqual([key["kid"] for key in shown["keys"]], [key["kid"] for key in self.ok("connection", "key", "list", self.connection)])
        self.assertEqual(self.ok("connection", "key", "list", self.connection)[0]["last_used_by"], USER)

        asked = self.refused("connection", "key", "remove", self.connection, first["kid"], code=(USAGE, 1))
        self.assertIn("--yes", asked["next"])
        removed = self.ok("connection", "key", "remove", self.connection, first["kid"], "--yes")
        self.assertEqual(removed["kid"], first["kid"])
        self.assertNotAccepted(self.present(kept), "signature is not")
        self.assertToken(self.present(new.assertion(self.client_id)))
        self.add(self.connection, third)
        self.refused("connection", "key", "remove", self.connection, first["kid"], "--yes", error="not_found")

    def test_T_21_a_key_id_that_begins_like_an_option_is_one_all_the_same(self):
        for kid in ("-" + "a" * 42, "--user" + "b" * 37):
            self.refused("connection", "key", "remove", self.connection, kid, "--yes", error="not_found")
            self.refused("connection", "key", "remove", "--yes", self.connection, kid, error="not_found")
        self.refused("connection", "key", "remove", self.connection, "--yess", code=USAGE)

    def test_a_key_stands_for_a_secret_and_goes_with_a_pause(self):
        self.assertEqual(len(self.ok("connection", "list", "--missing-secret")), 1)
        key = self.key(connection=self.connection)
        self.assertEqual(self.ok("connection", "list", "--missing-secret"), [])
        self.ok("access", "disable", self.connection, "--yes")
        self.assertRefusal(self.present(key.assertion(self.client_id)), 400, "unauthorized_client")
        self.ok("access", "enable", self.connection)
        self.assertToken(self.present(key.assertion(self.client_id)))


class MistakesWithKeys(LocalKeys):
    """Files as people have them at hand, and words as they are mistyped."""

    def offered(self, text, error="bad_input", flags=(), code=(1, USAGE)):
        return self.refused("connection", "key", "add", self.connection, *flags, stdin=text, error=error, code=code)

    def test_threat_a_private_key_given_by_mistake_is_refused_told_to_be_seen_and_kept_nowhere(self):
        for algorithm in client_key.GENPKEY:
            key = ClientKey(self.keys, algorithm)
            refusal = self.offered(key.private)
            self.assertIn("private key", refusal["error_description"])
            self.assertIn("-pubout", refusal["next"])
            self.assertNowhere(key.private.splitlines()[1])
        locked = client_key.openssl("pkey", "-in", key.file, "-aes256", "-passout", "pass:x").decode()
        self.assertIn("private key", self.offered(locked)["error_description"])
        both = self.offered(key.public + key.private)
        self.assertIn("private key", both["error_description"])
        jwk = '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
        self.assertIn("private key", self.offered(jwk)["error_description"])
        self.assertNowhere("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        self.assertEqual(self.ok("connection", "key", "list", self.connection), [])

    def assertNowhere(self, text):
        for file in self.daemon.files():
            self.assertNotIn(text.encode(), file.read_bytes(), file)

    def test_what_is_no_public_key_gets_what_it_is_and_what_to_give(self):
        def made(*genpkey):
            return ClientKey(self.keys, genpkey=list(genpkey)).public

        certificate = client_key.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=client", "-days", "1"
        ).decode()
        good = ClientKey(self.keys).public
        for what, text in (
            ("no public key", "hello\n"),
            ("no public key", good.replace("MCow", "MCox")),
            ("no public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtVUiiNvGXlGbcPXN4AVO0yWg0xJbJqqPKNIFPPgvQc me@host\n"),
            ("no public key", '{"kty":"OKP"'),
            ("certificate", certificate),
            ("more than one", good + good),
            ("1024 bits", made("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")),
            ("P-256", made("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")),
            ("X25519", made("-algorithm", "X25519")),
            ("set of keys", '{"keys":[]}'),
            ("shared key", '{"kty":"oct","k":"AAAA"}'),
        ):
            with self.subTest(what, text=text[:40]):
                self.assertIn(what, self.offered(text)["error_description"])
        self.assertIn("no public key came", self.offered("")["error_description"])
        self.assertIn("< public.pem", self.offered("")["next"])
        self.offered("A" * 20_000)
        self.assertEqual(self.ok("connection", "key", "list", self.connection), [])

    def test_a_binary_key_is_told_from_text_with_the_command_that_makes_it_that(self):
        der = client_key.openssl("pkey", "-pubin", "-outform", "DER", stdin=ClientKey(self.keys).public.encode())
        run = subprocess.run(
            [BUILD / "jeton", "connection", "key", "add", self.connection, "--json"],
            input=der, capture_output=True, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        self.assertEqual(run.returncode, 1)
        told = json.loads(run.stderr)
        self.assertEqual(told["error"], "bad_input")
        self.assertIn("binary", told["error_description"])
        self.assertIn("-inform DER", told["next"])

    def test_on_a_terminal_it_says_what_to_paste_and_how_to_end(self):
        add = "connection", "key", "add", self.connection
        code, shown = on_a_terminal(self.daemon.run, *add, typed=ClientKey(self.keys).public + "\x04", asked="Ctrl-D")
        self.assertEqual(code, DONE, shown)
        self.assertIn("BEGIN PUBLIC KEY", shown)
        self.assertEqual(len(self.ok("connection", "key", "list", self.connection)), 1)
        code, shown = on_a_terminal(self.daemon.run, *add, typed="\x03", asked="Ctrl-D")
        self.assertEqual(code, 130, shown)

    def test_misspelled_words_and_files(self):
        good = ClientKey(self.keys)
        for words in (
            ("connection", "key", "ad", self.connection),
            ("connection", "keys", "add", self.connection),
            ("connection", "key"),
            ("connection", "key", "add"),
            ("connection", "key", "add", "dispatcher"),
            ("connection", "key", "add", self.connection, "--expires", "soon"),
            ("connection", "key", "add", self.connection, str(good.file)),  # a file instead of stdin
            ("connection", "key", "remove", self.connection),
        ):
            with self.subTest(" ".join(words)):
                run = self.jeton(*words, stdin=good.public)
                self.assertEqual(run.code, USAGE, run)
                self.assertEqual(run.out, "", run)
                self.assertIn("jeton", run.err)
        self.refused("connection", "key", "add", "dispatcher/999@integration", stdin=good.public, error="not_found")
        self.refused("connection", "key", "list", "dispacher/1234567@integration", error="not_found")
        self.refused("connection", "key", "remove", self.connection, "nothing", "--yes", error="not_found")
        missing = subprocess.run(
            ["sh", "-c", f"jeton connection key add {self.connection} < clientpub.pem"], capture_output=True, text=True,
            cwd=self.keys, env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run)},
        )  # fmt: skip
        self.assertNotEqual(missing.returncode, DONE)
        self.assertEqual(self.ok("connection", "key", "list", self.connection), [])

    def test_a_key_before_the_connection_is_connected(self):
        listed = self.listed("555", "integration")
        refusal = self.refused("connection", "key", "add", listed, stdin=ClientKey(self.keys).public)
        self.assertIn(listed, refusal["error_description"])


class Replays(LocalKeys):
    def test_threat_an_assertion_is_good_for_one_request_also_after_a_power_cut(self):
        key = self.key(connection=self.connection)
        shown = [key.assertion(self.client_id, exp=int(time.time()) + 900) for _ in range(5)]
        for assertion in shown:
            self.assertToken(self.present(assertion))
            self.assertNotAccepted(self.present(assertion), "shown before")
        same_jti = key.assertion(self.client_id, jti="the-same")
        self.assertToken(self.present(same_jti))
        self.assertNotAccepted(self.present(key.assertion(self.client_id, jti="the-same")), "shown before")
        for cut in (self.daemon.kill_all, lambda: self.daemon.kill("jeton-vault"), self.daemon.stop):
            last = key.assertion(self.client_id)
            self.assertToken(self.present(last))
            cut()
            if self.daemon.process.poll() is not None:
                self.daemon.start()
            self.daemon.wait_for()
            wait_until(lambda: self.present("x").status != 503, what="the vault to be back")
            for assertion in (last, shown[0], same_jti):
                self.assertNotAccepted(self.present(assertion), "shown before")
            self.assertToken(self.present(key.assertion(self.client_id)))

    def test_threat_of_many_who_show_one_assertion_at_once_one_gets_a_token(self):
        key = self.key(connection=self.connection)
        for _ in range(5):
            assertion = key.assertion(self.client_id)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: self.present(assertion), range(8)))
            self.assertEqual(sorted(answer.status for answer in answers), [200] + 7 * [400], answers)

    def test_T_18_a_request_refused_for_its_scope_has_used_its_assertion_up(self):
        key = self.key(connection=self.connection)
        assertion = key.assertion(self.client_id)
        self.assertRefusal(self.present(assertion, scope="tn.unheard.of:r"), 400, "invalid_scope")
        self.assertNotAccepted(self.present(assertion), "shown before")


    def test_threat_a_restore_brings_no_shown_assertion_to_life_and_names_the_key_that_comes_back(self):
        recovery_key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        key = self.key(connection=self.connection)
        file = pathlib.Path(self.keys) / "jeton.backup"
        self.ok("backup", file, stdin=recovery_key)
        shown = key.assertion(self.client_id, exp=int(time.time()) + 900)
        self.assertToken(self.present(shown))
        self.ok("connection", "key", "remove", self.connection, key.kid, "--yes")
        told = self.ok("restore", file, "--dry-run", stdin=recovery_key)
        self.assertIn(key.kid, str(told["revived"]))
        self.ok("restore", file, "--yes", stdin=recovery_key)
        self.assertNotAccepted(self.present(shown), "shown before")
        self.assertToken(self.present(key.assertion(self.client_id)))


class UpstreamKeys(KeyScenario):
    needs_upstream = True

    def test_T_18_in_an_upstream_environment_the_key_stands_for_the_program_and_the_portal_sees_its_own_secret(self):
        self.upstream_environment()
        self.app()
        connection = self.listed("1234567", "production")
        self.allow(connection)
        key = ClientKey(self.keys)
        early = self.refused("connection", "key", "add", connection, stdin=key.public, error="wrong_state")
        self.assertIn("jeton secret import", early["next"])
        client_id, secret = self.upstream.add_client("1234567")
        self.ok("secret", "import", connection, "--client-id", client_id, stdin=secret)
        self.assertEqual(self.add(connection, key)["audience"], "http://localhost/production")
        at_portal = key.assertion(client_id, aud=self.upstream.issuer)
        self.assertNotAccepted(self.present(at_portal, "/production/token"), "aud is not")
        mine = key.assertion(client_id, aud="http://localhost/production")
        self.upstream.fault(delay=1500)  # it waits: that is no second showing
        token = self.assertToken(self.present(mine, "/production/token"))
        self.assertEqual(token["connection"], connection)
        self.assertNotAccepted(self.present(mine, "/production/token"), "shown before")
        self.assertEqual(len(self.upstream.requests(client_id)), 1)
        self.assertNotIn("client_assertion", str(self.upstream.entries("log")))


class RealClients(LocalKeys):
    """Libraries that know nothing of jeton, each with a key of each algorithm."""

    def tell(self, command, key):
        run = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=60, cwd="/",
            env={
                **ENVIRONMENT, "JETON_SOCKET_DIR": str(self.daemon.run), "TOKEN_SOCKET": str(self.daemon.token_socket),
                "ISSUER": AUDIENCE, "CLIENT_ID": self.client_id, "SCOPE": INVOICES, "PRIVATE_KEY": str(key.file),
                "ALGORITHM": key.algorithm, "KID": key.kid, "PYTHONDONTWRITEBYTECODE": "1",
            },
        )  # fmt: skip
        self.assertEqual(run.returncode, 0, f"{command}\n{run.stdout}\n{run.stderr}")
        return json.loads(run.stdout)["told"]

    def each_key(self, command, names):
        for algorithm in client_key.GENPKEY:
            with self.subTest(algorithm):
                key = self.key(algorithm, self.connection)
                told = self.tell(command, key)
                self.assertEqual(set(told), set(names))
                for name, answer in told.items():
                    self.assertNotIn("refused", answer, f"{name}: {answer.get('why')}")
                    self.assertEqual((answer["token_type"].lower(), answer["scope"]), ("bearer", INVOICES), name)
                    self.assertEqual(wire.claims(answer["access_token"])[1]["client_id"], self.client_id)
                self.ok("connection", "key", "remove", self.connection, key.kid, "--yes")

    def test_T_18_oauth4webapi_openid_client_and_jose(self):
        for package in ("oauth4webapi", "openid-client", "jose"):
            if reason := node_missing(package):
                self.skipTest(reason)
        command = shutil.which("node"), "--no-warnings", UPSTREAM / "clients" / "private_key_jwt.mjs"
        self.each_key(command, ["oauth4webapi", "openid-client", "jose"])

    def test_T_18_authlib_and_pyjwt(self):
        python = python_with("authlib, jwt, requests")
        if python is None:
            self.skipTest("no Python here has authlib and jwt (tools/dependencies)")
        command = python, REPOSITORY / "tests" / "scenario" / "clients" / "private_key_jwt.py"
        self.each_key(command, ["authlib", "PyJWT"])
