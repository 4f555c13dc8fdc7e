"""The resource servers of docs/examples, as somebody who copies them runs them, against a real daemon."""

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import time
import unittest

import clocks
from harness import BUILD, ENVIRONMENT, INVOICES, JOBS, USER, Scenario, wire
from programs import REPOSITORY, python_with

EXAMPLES = REPOSITORY / "docs" / "examples"
ISSUER = "http://localhost/integration"
SCOPE_OF_POST = "tn.jpm.jobs:w"


class ResourceServer:
    """One of the examples; `get` and `post` are requests to it."""

    def __init__(self, command, run, environment):
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd="/", env={**ENVIRONMENT, "JETON_SOCKET_DIR": str(run), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        )  # fmt: skip
        said = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:([0-9]+)\n", said)
        if not found:
            self.stop()
            raise AssertionError(f"{command} said {said!r}\n{self.errors}")
        self.port = int(found[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, self.errors = self.process.communicate(timeout=10)

    def ask(self, method, path, headers=(), body=None):
        """`headers`: pairs, of which a name may repeat."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=wire.TIMEOUT)
        try:
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return wire.Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, token=None, path="/invoices", scheme="Bearer"):
        return self.ask("GET", path, [("Authorization", f"{scheme} {token}")] if token is not None else [])

    def post_form(self, token, fields, path="/jobs"):
        head = [("Content-Type", "application/x-www-form-urlencoded")]
        if token is not None:
            head.append(("Authorization", f"Bearer {token}"))
        return self.ask("POST", path, head, wire.form(fields).encode())


def challenge(answer):
    """The parameters of `WWW-Authenticate: Bearer …`; fails where it is anything else, or has none (RFC 6750 §3)."""
    scheme, _, rest = (answer.headers["WWW-Authenticate"] or "").partition(" ")
    if scheme != "Bearer" or not re.fullmatch(r'[a-z_]+="[^"\\]*"(, [a-z_]+="[^"\\]*")*', rest):
        raise AssertionError(f"WWW-Authenticate: {answer.headers['WWW-Authenticate']}")
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', rest))


def encoded(part):
    data = part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ResourceServers(Scenario):
    turned = False

    def start_daemon(self):
        self.clock = None
        if self.turned:
            if reason := clocks.missing():
                self.skipTest(reason)
            self.clock = clocks.TurnedClock(self.daemon.directory)
        self.daemon.start(environment=self.clock_environment())

    def clock_environment(self):
        return self.clock.environment() if self.clock else {}

    def setUp(self):
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES, JOBS))
        self.connection, self.client_id, self.secret = self.with_pair()
        self.binding = self.ok("binding", "add", "--introspect", "integration", "--user", USER)

    def serve(self, command, **environment):
        server = ResourceServer(command, self.daemon.run, {**self.clock_environment(), **environment})
        self.addCleanup(server.stop)
        return server

    def python(self, *more, issuer=ISSUER, audience=ISSUER):
        python = python_with("jwt")
        if python is None:
            self.skipTest("no Python here has jwt (tools/dependencies)")
        return self.serve([python, EXAMPLES / "resource-server-python" / "resource_server.py", issuer, audience, *more])

    def cpp(self, issuer=ISSUER, audience=ISSUER):
        return self.serve([BUILD / "jeton-example-resource-server", issuer, audience])

    def by_key_set(self, **more):
        """Those that ask nobody about a token."""
        return {"C++, keys": self.cpp(**more), "python, keys": self.python(**more)}

    def by_introspection(self, cache=0, **more):
        return {"python, introspection": self.python("--introspect", "--cache", cache, **more)}

    def servers(self, **more):
        return {**self.by_key_set(**more), **self.by_introspection(**more)}

    def each(self, servers):
        for self.asked, server in servers.items():
            yield server

    def evidence(self):
        return f"asked last: {getattr(self, 'asked', 'none')}\n{super().evidence()}"

    def token(self, path="/integration/token", **more):
        form = {"client_id": self.client_id, "client_secret": self.secret, **more}
        return self.assertToken(self.post(path, form))["access_token"]

    def assertTaken(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["client_id"], self.client_id)
        self.assertIsNone(answer.headers["WWW-Authenticate"])

    def assertRefusedAs(self, answer, status, error):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(challenge(answer).get("error"), error)

    def assertBadToken(self, answer):
        self.assertRefusedAs(answer, 401, "invalid_token")


class TakingTokens(ResourceServers):
    def test_T_10_a_good_token_is_taken_and_the_scheme_is_case_insensitive(self):
        token = self.token()
        for server in self.each(self.servers()):
            for scheme in ("Bearer", "bearer", "BEARER", "Bearer  "):
                answer = server.get(token, scheme=scheme)
                self.assertTaken(answer)
            self.assertEqual(set(answer.json["scope"].split()), {INVOICES, JOBS})
            self.assertEqual(answer.json["tenant"], "1234567")

    def test_T_10_no_credentials_are_401_without_an_error_code(self):
        token = self.token()
        pair = wire.basic(self.client_id, self.secret)
        for server in self.each(self.servers()):
            for what, answer in (
                ("nothing", server.get()),
                ("Basic", server.ask("GET", "/invoices", [("Authorization", pair)])),
                ("the query alone", server.get(path=f"/invoices?access_token={token}")),
                ("the form alone", server.post_form(None, {"access_token": token})),
                ("a scheme that begins alike", server.get(token, scheme="Bearerx")),
            ):
                with self.subTest(what):
                    self.assertRefusedAs(answer, 401, None)
                    self.assertNotIn("error_description", challenge(answer))

    def test_T_10_two_ways_at_once_and_what_is_malformed_are_400_invalid_request(self):
        token = self.token()
        head = ("Authorization", f"Bearer {token}")
        for server in self.each(self.servers()):
            for what, answer in (
                ("header and query", server.get(token, path=f"/invoices?access_token={token}")),
                ("header and empty query", server.get(token, path="/invoices?access_token=")),
                ("header and form", server.post_form(token, {"access_token": token})),
                ("header and encoded form", server.ask(
                    "POST", "/jobs", [head, ("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")],
                    b"a=b&%61ccess_token=x")),
                ("two headers", server.ask("GET", "/invoices", [head, head])),
                ("two headers of two kinds", server.ask("GET", "/invoices", [head, ("Authorization", "Basic eDp5")])),
                ("no token", server.ask("GET", "/invoices", [("Authorization", "Bearer")])),
                ("an empty token", server.get("")),
                ("two tokens", server.get(f"{token} {token}")),
                ("not its characters", server.get(f'"{token}"')),
                ("a comma", server.get(f"{token},{token}")),
            ):  # fmt: skip
                with self.subTest(what):
                    self.assertRefusedAs(answer, 400, "invalid_request")

    def test_T_10_a_missing_scope_is_403_insufficient_scope_and_names_it(self):
        jobs_only = self.token(scope=JOBS)
        for server in self.each(self.servers()):
            self.assertTaken(server.get(jobs_only, path="/jobs"))
            answer = server.get(jobs_only)
            self.assertRefusedAs(answer, 403, "insufficient_scope")
            self.assertEqual(challenge(answer)["scope"], INVOICES)
            answer = server.post_form(jobs_only, {"name": "a job"})
            self.assertRefusedAs(answer, 403, "insufficient_scope")
            self.assertEqual(challenge(answer)["scope"], SCOPE_OF_POST)

    def test_T_10_a_form_beside_a_good_token_is_no_second_way(self):
        self.app("planner", scopes=(SCOPE_OF_POST,))
        _, self.client_id, self.secret = self.with_pair("7654321", app="planner")
        token = self.token()
        for server in self.each(self.servers()):
            self.assertTaken(server.post_form(token, {"name": "access_token"}))

    def test_what_is_not_served_is_told_without_looking_at_tokens(self):
        for server in self.each(self.servers()):
            self.assertEqual(server.get(path="/").status, 404)
            answer = server.ask("POST", "/invoices", body=b"")
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET"))


class ForeignTokens(ResourceServers):
    def forged(self, token):
        """What somebody without the signing key can make of a good token."""
        head, payload, signature = token.split(".")
        header, claims = wire.claims(token)
        flipped = bytearray(wire.unpadded(signature))
        flipped[20] ^= 1
        richer = encoded({**claims, "scope": f"{claims['scope']} {SCOPE_OF_POST}"})
        secret_of_public = encoded(b"x" * 32)
        return {
            "the signature altered": f"{head}.{payload}.{encoded(bytes(flipped))}",
            "the claims altered": f"{head}.{richer}.{signature}",
            "no signature": f"{head}.{payload}.",
            "alg none": f"{encoded({**header, 'alg': 'none'})}.{payload}.",
            "alg None": f"{encoded({**header, 'alg': 'None'})}.{payload}.{signature}",
            "an HMAC": f"{encoded({**header, 'alg': 'HS256'})}.{payload}.{secret_of_public}",
            "another algorithm": f"{encoded({**header, 'alg': 'RS256'})}.{payload}.{signature}",
            "another type": f"{encoded({**header, 'typ': 'JWT'})}.{payload}.{signature}",
            "an unknown kid": f"{encoded({**header, 'kid': 'nobody'})}.{payload}.{signature}",
            "no kid": f"{encoded({'typ': 'at+jwt', 'alg': 'EdDSA'})}.{payload}.{signature}",
            "a critical extension": f"{encoded({**header, 'crit': ['exp'], 'exp': 1})}.{payload}.{signature}",
            "a header that is no object": f"{encoded([])}.{payload}.{signature}",
            "two parts": f"{head}.{payload}",
            "four parts": f"{token}.{signature}",
            "no JWT at all": "not-a-token",
            "padding": f"{head}.{payload}.{signature}==",
        }

    def test_T_10_T_16_what_is_tampered_with_is_401_invalid_token(self):
        token = self.token()
        for server in self.each(self.servers()):
            for what, forged in self.forged(token).items():
                with self.subTest(what):
                    self.assertBadToken(server.get(forged))
            self.assertTaken(server.get(token))

    def signed_by_a_stranger(self, claims, **header):
        """A token with a good signature, by a key that we made just now."""
        directory = self.scratch()
        key, text, signature = (os.path.join(directory, name) for name in ("key", "text", "signature"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        signed = f"{encoded({'typ': 'at+jwt', 'alg': 'EdDSA', **header})}.{encoded(claims)}"
        with open(text, "w") as file:
            file.write(signed)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", text, "-out", signature],
                       check=True, capture_output=True)  # fmt: skip
        with open(signature, "rb") as file:
            return f"{signed}.{encoded(file.read())}"

    def test_T_10_T_16_another_issuers_signature_is_401_invalid_token(self):
        header, claims = wire.claims(self.token())
        ours = self.signed_by_a_stranger(claims, kid=header["kid"])
        theirs = self.signed_by_a_stranger({**claims, "iss": "http://localhost/elsewhere"}, kid="theirs")
        for server in self.each(self.servers()):
            self.assertBadToken(server.get(ours))
            self.assertBadToken(server.get(theirs))

    def test_T_10_T_15_a_token_of_another_environment_is_401_invalid_token(self):
        self.local_environment("production")
        self.ok("binding", "add", "--introspect", "production", "--user", USER)
        _, self.client_id, self.secret = self.with_pair("1234567", "production")
        token = self.token("/production/token")
        for server in self.each(self.servers()):
            self.assertBadToken(server.get(token))
        other = "http://localhost/production"
        for server in self.each(self.servers(issuer=other, audience=other)):
            self.assertTaken(server.get(token))

    def test_T_10_T_15_a_token_for_another_audience_is_401_invalid_token(self):
        token = self.token()
        for server in self.each(self.servers(audience="https://invoices.example")):
            self.assertBadToken(server.get(token))


class WhatHasEnded(ResourceServers):
    turned = True

    def test_T_10_a_token_is_taken_until_it_expires_and_not_after(self):
        servers = {**self.servers(), "python, a long cache": self.python("--introspect", "--cache", 3600)}
        token = self.token()
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        self.clock.advance(seconds=880)
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        self.clock.advance(seconds=21)
        for server in self.each(servers):
            self.assertBadToken(server.get(token))
        fresh = self.token()
        for server in self.each(servers):
            self.assertTaken(server.get(fresh))

    def test_T_11_a_paused_connection_is_seen_by_introspection_at_once_and_by_keys_when_the_token_expires(self):
        keys, asking = self.by_key_set(), self.by_introspection()
        token = self.token()
        for server in self.each({**keys, **asking}):
            self.assertTaken(server.get(token))
        self.ok("access", "disable", self.connection, "--yes")
        for server in self.each(asking):
            self.assertBadToken(server.get(token))
        for server in self.each(keys):
            self.assertTaken(server.get(token))  # as the example and docs/oauth.md say
        self.clock.advance(seconds=901)
        for server in self.each(keys):
            self.assertBadToken(server.get(token))

    def test_T_12_a_revoked_token_is_refused_by_introspection_at_once_and_by_keys_when_it_expires(self):
        keys, asking = self.by_key_set(), self.by_introspection()
        token = self.token()
        other = self.token(min_ttl=1)
        for server in self.each({**keys, **asking}):
            self.assertTaken(server.get(token))
        answer = self.post(
            "/integration/revoke", grant_type=None, token=token, client_id=self.client_id, client_secret=self.secret
        )
        self.assertEqual((answer.status, answer.body), (200, b""))
        for server in self.each(asking):
            self.assertBadToken(server.get(token))
            self.assertTaken(server.get(other))
        for server in self.each(keys):
            self.assertTaken(server.get(token))  # as docs/oauth.md says
        self.clock.advance(seconds=901)
        for server in self.each(keys):
            self.assertBadToken(server.get(token))

    def test_T_11_a_cached_answer_is_believed_as_long_as_was_said_and_no_longer(self):
        token = self.token()
        servers = self.by_introspection(cache=1.5)
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        self.ok("access", "disable", self.connection, "--yes")
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        time.sleep(1.6)
        for server in self.each(servers):
            self.assertBadToken(server.get(token))
        self.ok("access", "enable", self.connection)
        for server in self.each(servers):
            self.assertTaken(server.get(token))  # a bad answer is not kept


class Unavailable(ResourceServers):
    def test_T_11_who_may_not_introspect_answers_503_and_not_that_the_token_is_bad(self):
        token = self.token()
        servers = self.by_introspection()
        self.ok("binding", "remove", self.binding["id"])
        for server in self.each(servers):
            answer = server.get(token)
            self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "5"))
            self.assertIsNone(answer.headers["WWW-Authenticate"])

    def test_a_daemon_that_is_down_is_503_by_introspection_and_nothing_to_who_has_the_keys(self):
        token = self.token()
        keys, asking, late = self.by_key_set(), self.by_introspection(), self.by_key_set()
        for server in self.each(keys):
            self.assertTaken(server.get(token))
        self.daemon.stop()
        for server in self.each(keys):
            self.assertTaken(server.get(token))
        for server in self.each({**asking, **late}):
            self.assertEqual(server.get(token).status, 503)
        self.daemon.start()
        for server in self.each({**asking, **late}):
            self.assertTaken(server.get(token))

    def test_T_16_made_up_key_ids_do_not_make_it_ask_for_the_keys_again_and_again(self):
        header, claims = wire.claims(self.token())
        servers = self.by_key_set()
        for server in self.each(servers):
            self.assertTaken(server.get(self.token()))
        before = self.jwks_answers()
        for server in self.each(servers):
            for number in range(20):
                forged = f"{encoded({**header, 'kid': f'made-up-{number}'})}.{encoded(claims)}.{encoded(bytes(64))}"
                self.assertBadToken(server.get(forged))
        self.assertLessEqual(self.jwks_answers() - before, len(servers) + 1)

    def jwks_answers(self):
        """All 200s of the token socket: while nobody else asks, what it was asked for keys."""
        text = wire.request(self.daemon.control_socket, "GET", "/metrics").body.decode()
        return int(re.search(r'^jeton_http_requests_total\{socket="token",status="200"\} ([0-9]+)$', text, re.MULTILINE)[1])


class Metadata(ResourceServers):
    def test_T_13_the_metadata_is_what_a_strict_client_wants(self):
        answer = self.get("/.well-known/oauth-authorization-server/integration")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"))
        found = answer.json
        self.assertEqual(found["issuer"], ISSUER)
        self.assertEqual(found["grant_types_supported"], ["client_credentials"])
        self.assertEqual(found["response_types_supported"], ["none"])
        self.assertIn("client_secret_basic", found["token_endpoint_auth_methods_supported"])
        for name, value in found.items():
            with self.subTest(name):
                self.assertNotIn(value, (None, [], ""), "a claim without elements is left out")
                if name.endswith("_methods_supported"):
                    self.assertNotIn("none", value)
                if name.endswith(("_endpoint", "_uri")):
                    self.assertTrue(value.startswith("http://localhost/integration/"), value)

    def test_T_13_an_issuer_of_ones_own_has_its_endpoints_on_the_socket_all_the_same(self):
        issuer = "https://tokens.example/staging"
        self.local_environment("staging", "--issuer", issuer)
        self.ok("binding", "add", "--introspect", "staging", "--user", USER)
        _, self.client_id, self.secret = self.with_pair("1234567", "staging")
        found = self.get("/.well-known/oauth-authorization-server/staging").json
        self.assertEqual(found["issuer"], issuer)
        self.assertEqual(found["token_endpoint"], "http://localhost/staging/token")
        token = self.token("/staging/token")
        self.assertEqual(wire.claims(token)[1]["iss"], issuer)
        for server in self.each(self.servers(issuer=issuer, audience=issuer)):
            self.assertTaken(server.get(token))

    def test_T_13_an_issuer_is_a_url_without_query_and_fragment(self):
        for issuer in (
            "tokens.example", "mailto:somebody@tokens.example", "ftp://tokens.example/staging", "https:///staging",
            "https://tokens.example/staging?a=b", "https://tokens.example/staging#a", "https://me@tokens.example/staging",
        ):  # fmt: skip
            with self.subTest(issuer):
                self.refused("environment", "create", "staging", "--kind", "local", "--issuer", issuer, error="bad_input")

    def test_T_13_another_name_for_the_issuer_is_not_taken(self):
        for server in self.each(self.servers(issuer="http://jeton/integration")):
            self.assertEqual(server.get(self.token()).status, 503)
