"""What the standards demand of the token socket and no client library looks at: bytes, orders, sizes, and what is not there."""

import base64
import string
import urllib.parse

from cases import ASSERTION_TYPE, GRANT, INTROSPECT, ISSUER, METADATA, TOKEN
from harness import INVOICES, JOBS, USER, Scenario, wire

DESCRIPTION = r"^[\x20-\x21\x23-\x5b\x5d-\x7e]+$"  # RFC 6749 §5.2
TOKENS = 64  # enough that a bit which never changes is no chance: 1 in 2^63


def every_letter_encoded(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def basic_of(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


class TokenSocket(Scenario):
    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id, self.secret = self.with_pair()
        self.basic = {"Authorization": wire.basic(self.client_id, self.secret)}

    def bind(self):
        self.ok("binding", "add", self.connection, "--user", USER, "--default")
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)

    def token(self, **fields):
        return self.assertToken(self.post(TOKEN, fields, headers=self.basic))["access_token"]

    def assertNotStored(self, answer):
        self.assertEqual((answer.headers["Cache-Control"], answer.headers["Pragma"]), ("no-store", "no-cache"), answer)

    # the token answer

    def test_T_5_the_answer_of_every_way_to_authenticate(self):
        self.bind()
        pair = {"client_id": self.client_id, "client_secret": self.secret}
        for name, fields, headers in (("basic", {}, self.basic), ("form", pair, {}), ("process", {}, {})):
            for again in ("decided", "out of memory"):
                with self.subTest(name, again=again):
                    answer = self.post(TOKEN, fields, headers=headers)
                    self.assertEqual(answer.headers["Content-Type"], "application/json")
                    self.assertNotStored(answer)
                    told = self.assertToken(answer)
                    kinds = {name: type(told[name]) for name in ("access_token", "token_type", "expires_in", "scope")}
                    self.assertEqual(kinds, {"access_token": str, "token_type": str, "expires_in": int, "scope": str})
                    self.assertTrue(0 < told["expires_in"] <= 900, told)

    def test_T_5_T_8_there_is_no_refresh_token_whatever_is_asked_for(self):
        for fields in ({}, {"scope": INVOICES}, {"access_type": "offline"}, {"response_type": "code"}):
            self.assertNotIn("refresh_token", self.assertToken(self.post(TOKEN, fields, headers=self.basic)))
        refusal = self.post(TOKEN, {"scope": f"{INVOICES} offline_access"}, headers=self.basic)
        self.assertRefusal(refusal, 400, "invalid_scope")

    def test_T_8_a_refresh_token_is_an_unsupported_grant(self):
        token = self.token()
        asked = {"grant_type": "refresh_token", "refresh_token": token}
        for headers, fields in ((self.basic, {}), ({}, {"client_id": self.client_id, "client_secret": self.secret})):
            answer = self.post(TOKEN, {**asked, **fields}, headers=headers)
            self.assertRefusal(answer, 400, "unsupported_grant_type")
            self.assertNotStored(answer)
        self.assertEqual(self.get(METADATA).json["grant_types_supported"], ["client_credentials"])

    # who the client is

    def test_T_6_basic_is_form_decoded(self):
        encoded = f"{every_letter_encoded(self.client_id)}:{every_letter_encoded(self.secret)}"
        for pair in (encoded, encoded.lower(), f"{self.client_id}:{every_letter_encoded(self.secret)}"):
            self.assertToken(self.post(TOKEN, headers={"Authorization": basic_of(pair)}))
        # A plus is a space, and a colon that was encoded does not divide.
        for pair in (f"{self.client_id}:{self.secret}+", f"{self.client_id}%3A{self.secret}", f"{self.client_id}:{self.secret}%"):
            answer = self.post(TOKEN, headers={"Authorization": basic_of(pair)})
            self.assertRefusal(answer, 401, "invalid_client")
            self.assertEqual(answer.headers["WWW-Authenticate"], 'Basic realm="jeton"')

    def test_T_6_clients_that_do_not_encode_get_in_because_nothing_needs_it(self):
        pair = self.ok("pair", "create", self.connection, "--user", USER)
        for one in (self.client_id, self.secret, pair["client_id"], pair["client_secret"]):
            self.assertRegex(one, r"^[0-9A-Za-z._-]+$")
            self.assertEqual(urllib.parse.quote_plus(one), one)
        self.assertToken(self.post(TOKEN, headers={"Authorization": basic_of(f"{self.client_id}:{self.secret}")}))

    def test_T_7_a_process_without_credentials_gets_401_without_a_challenge(self):
        for target, fields in ((TOKEN, {}), (TOKEN, {"client_id": self.client_id}), (INTROSPECT, {"token": "x"})):
            with self.subTest(target, fields=fields):
                answer = self.assertRefusal(self.post(target, fields), 401, "invalid_client")
                self.assertIsNone(answer.headers["WWW-Authenticate"])
        answer = self.assertRefusal(self.post(TOKEN, headers={"Authorization": "Bearer x"}), 401, "invalid_client")
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Basic realm="jeton"')

    def test_T_7_every_refusal_has_a_code_and_a_description_in_the_characters_that_it_may_have(self):
        """Also where what was sent, and is told of, has others."""
        strange = 'a "word" \\ é \t'
        for fields in (
            [("grant_type", strange)], [GRANT, ("scope", strange)], [GRANT, ("resource", strange)], [GRANT, ("connection", strange)],
            [GRANT, ("min_ttl", strange)], [GRANT, (strange, "1"), (strange, "2")],
        ):  # fmt: skip
            with self.subTest(fields):
                answer = self.post(TOKEN, fields, headers=self.basic)
                self.assertEqual(answer.status, 400)
                self.assertNotStored(answer)
                self.assertRegex(answer.error, r"^[a-z_]+$")
                self.assertRegex(answer.json["error_description"], DESCRIPTION)

    # what cannot be guessed

    def test_T_9_a_token_has_128_bits_that_change(self):
        """Each of them is seen as 0 and as 1; requests differ, so that none is answered out of memory."""
        tokens = [self.token(n=number) for number in range(TOKENS)]
        said = [wire.claims(token)[1]["jti"] for token in tokens]
        self.assertEqual(len(set(said)), TOKENS)
        random = [int.from_bytes(wire.unpadded(jti.split(".")[1])) for jti in said]
        self.assertTrue(all(len(wire.unpadded(jti.split(".")[1])) >= 16 for jti in said), said)
        either = 0
        for number in random:
            either |= number ^ random[0]
        self.assertGreaterEqual(either.bit_count(), 128)

    def test_T_9_a_secret_has_128_bits_and_no_letter_of_a_pair_stands_still(self):
        made = [self.ok("pair", "create", self.connection, "--user", USER) for _ in range(12)]
        letters = set(string.digits + string.ascii_lowercase)  # log2(36) = 5.17 bits each
        for member, shape, random in (
            ("client_id", r"jid\.[0-9a-z]{25}", 25 - 6), ("client_secret", r"jcs\.[0-9a-z]{50}", 50 - 6),
        ):  # fmt: skip
            values = [one[member] for one in made] + [self.client_id if member == "client_id" else self.secret]
            self.assertEqual(len(set(values)), len(values))
            for value in values:
                self.assertRegex(value, rf"^{shape}$")
            for place in range(4, 4 + random):  # behind the prefix; the last six are a checksum
                found = {value[place] for value in values}
                self.assertGreater(len(found), 3, f"{member}: place {place}")
                self.assertLessEqual(found, letters)
        self.assertGreater((50 - 6) * 5.17, 128)

    # client assertions

    def test_T_18_what_is_no_assertion_is_an_invalid_client_also_where_the_process_is_bound(self):
        self.bind()
        for fields in (
            {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "a.b.c"},
            {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "a.b.c", "client_id": self.client_id},
            {"client_assertion_type": ASSERTION_TYPE},
            {"client_assertion": "a.b.c"},
            {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "client_assertion": "a"},
        ):
            with self.subTest(fields):
                self.assertRefusal(self.post(TOKEN, fields), 400, "invalid_client")
        told = self.get(METADATA).json
        self.assertIn("private_key_jwt", told["token_endpoint_auth_methods_supported"])
        self.assertEqual(set(told["token_endpoint_auth_signing_alg_values_supported"]), {"EdDSA", "Ed25519", "ES256", "RS256"})

    # best current practice

    def test_T_21_no_password_grant_and_tokens_are_for_one_audience_of_the_scopes_asked_for(self):
        for grant in ("password", "implicit", "authorization_code"):
            answer = self.post(TOKEN, {"grant_type": grant, "username": "u", "password": "p"}, headers=self.basic)
            self.assertRefusal(answer, 400, "unsupported_grant_type")
        _, claims = wire.claims(self.token(scope=JOBS))
        self.assertEqual((claims["aud"], claims["scope"]), (ISSUER, JOBS))

    def test_T_21_nobody_chooses_a_client_id(self):
        """A client ID is made here, so that none is another subject's: no way to register one, or to ask for one by name."""
        for target in ("/integration/register", "/register", "/integration/connect/register"):
            self.assertEqual(self.post(target, {"client_id": "root"}).status, 404)
        _, claims = wire.claims(self.token(sub="root", client_name="root"))
        self.assertEqual((claims["sub"], claims["client_id"]), (self.client_id, self.client_id))
        self.assertRegex(self.client_id, r"^jid\.")
        self.assertNotIn("registration_endpoint", self.get(METADATA).json)
