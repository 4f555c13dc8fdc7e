"""The resource servers of docs/examples, as somebody who copies them runs them, against a real daemon."""

import http.client
import http.server
import json
import pathlib
import re
import signal
import socketserver
import subprocess
import threading
import time

import clocks
import jws
from harness import BUILD, ENVIRONMENT, INVOICES, JOBS, USER, Scenario, wait_until, wire
from jws import encoded
from programs import REPOSITORY, python_with

EXAMPLES = REPOSITORY / "docs" / "examples"
ISSUER = "http://localhost/integration"
SCOPE_OF_POST = "tn.jpm.jobs:w"
ALGORITHMS = ("EdDSA", "RS256", "ES256")
PAUSE = 1.0  # seconds between two questions for keys that are not known: key_set.py and key_set.hpp


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

    def signer(self):
        """PyJWT, which signs whatever it is told."""
        if not hasattr(self, "_signer"):
            if reason := jws.missing():
                self.skipTest(reason)
            self._signer = jws.PyJwt()
            self.addCleanup(self._signer.close)
        return self._signer

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
        other = "ES256" if header["alg"] == "RS256" else "RS256"
        return {
            "the signature altered": f"{head}.{payload}.{encoded(bytes(flipped))}",
            "the claims altered": f"{head}.{richer}.{signature}",
            "no signature": f"{head}.{payload}.",
            "a signature of zeros": f"{head}.{payload}.{encoded(bytes(len(flipped)))}",  # CVE-2022-21449
            "alg none": f"{encoded({**header, 'alg': 'none'})}.{payload}.",
            "alg None": f"{encoded({**header, 'alg': 'None'})}.{payload}.{signature}",
            "an HMAC": f"{encoded({**header, 'alg': 'HS256'})}.{payload}.{secret_of_public}",
            "another algorithm": f"{encoded({**header, 'alg': other})}.{payload}.{signature}",
            "another type": f"{encoded({**header, 'typ': 'JWT'})}.{payload}.{signature}",
            "an unknown kid": f"{encoded({**header, 'kid': 'nobody'})}.{payload}.{signature}",
            "no kid": f"{encoded({'typ': 'at+jwt', 'alg': header['alg']})}.{payload}.{signature}",
            "a critical extension": f"{encoded({**header, 'crit': ['exp'], 'exp': 1})}.{payload}.{signature}",
            "a header that is no object": f"{encoded([])}.{payload}.{signature}",
            "two parts": f"{head}.{payload}",
            "four parts": f"{token}.{signature}",
            "no JWT at all": "not-a-token",
            "padding": f"{head}.{payload}.{signature}==",
        }

    def test_T_10_T_16_what_is_tampered_with_is_401_invalid_token(self):
        self.each_forgery_is_refused(self.servers(), self.token())

    def each_forgery_is_refused(self, servers, token):
        for server in self.each(servers):
            for what, forged in self.forged(token).items():
                with self.subTest(what):
                    self.assertBadToken(server.get(forged))
            self.assertTaken(server.get(token))

    def test_T_15_T_16_tokens_of_each_algorithm_are_taken_and_their_forgeries_are_not(self):
        for algorithm in ("RS256", "ES256"):
            self.ok("environment", "edit", "integration", "--signing-alg", algorithm)
            token = self.token()
            self.assertEqual(wire.claims(token)[0]["alg"], algorithm)
            self.each_forgery_is_refused(self.servers(), token)

    def test_an_issuer_that_is_no_url_is_refused_at_the_start(self):
        programs = [["python3", EXAMPLES / "resource-server-python" / "resource_server.py"],
                    [BUILD / "jeton-example-resource-server"]]  # fmt: skip
        for program in programs:
            ended = subprocess.run([*program, "integration", ISSUER], capture_output=True, text=True, timeout=20)
            self.assertEqual(ended.returncode, 2, ended)
            self.assertIn("http://localhost/ENVIRONMENT", ended.stderr)

    def test_T_10_T_16_another_issuers_signature_is_401_invalid_token(self):
        header, claims = wire.claims(self.token())
        signer = self.signer()
        stranger = signer.new("EdDSA")
        ours = signer.sign(stranger, header, claims)
        theirs = signer.sign(stranger, {**header, "kid": "theirs"}, {**claims, "iss": "http://localhost/elsewhere"})
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


class RotatedKeys(ResourceServers):
    def setUp(self):
        super().setUp()
        self.recovery = self.ok("key", "slot", "add", "recovery")["recovery_key"]

    def rotate(self):
        self.ok("key", "rotate", "integration", stdin=self.recovery)

    def jwks_answers(self):
        """All 200s of the token socket: while nobody else asks, what it was asked for keys."""
        text = wire.request(self.daemon.control_socket, "GET", "/metrics").body.decode()
        return int(re.search(r'^jeton_http_requests_total\{socket="token",status="200"\} ([0-9]+)$', text, re.MULTILINE)[1])

    def made_up(self, token):
        """Tokens with key ids that nobody has published, one after the other."""
        header, claims = wire.claims(token)
        number = 0
        while True:
            number += 1
            yield f"{encoded({**header, 'kid': f'made-up-{number}'})}.{encoded(claims)}.{encoded(bytes(64))}"

    def test_T_16_made_up_key_ids_do_not_make_it_ask_for_the_keys_again_and_again(self):
        servers = self.by_key_set()
        token = self.token()
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        for server in self.each(servers):
            forged = self.made_up(token)
            before, began = self.jwks_answers(), time.monotonic()
            for _ in range(200):
                self.assertBadToken(server.get(next(forged)))
            pauses = int((time.monotonic() - began) / PAUSE)
            self.assertLessEqual(self.jwks_answers() - before, pauses + 1)
            self.assertLess(pauses, 100, "else it tells nothing")
            self.assertTaken(server.get(token))

    def test_T_16_a_key_that_is_new_is_asked_for_once_and_the_tokens_of_before_are_taken_all_the_same(self):
        servers = self.by_key_set()
        old = self.token()
        for server in self.each(servers):
            self.assertTaken(server.get(old))
        for _ in range(2):
            time.sleep(PAUSE)
            self.rotate()
            new = self.token()
            self.assertNotEqual(wire.claims(new)[0]["kid"], wire.claims(old)[0]["kid"])
            before = self.jwks_answers()
            for server in self.each(servers):
                for token in (new, old, new, old, new):
                    self.assertTaken(server.get(token))
            self.assertEqual(self.jwks_answers() - before, len(servers))
            for server in self.each(self.by_introspection()):
                for token in (new, old):
                    self.assertTaken(server.get(token))
            wait_until(lambda: not self.ok("status")["environments"][0]["key_rotation"], what="the end of the key rotation")

    def test_T_16_another_algorithm_is_taken_by_who_runs_on(self):
        servers = self.servers()
        tokens = []
        for algorithm in ("EdDSA", "RS256", "ES256", "EdDSA"):
            self.ok("environment", "edit", "integration", "--signing-alg", algorithm)
            tokens.append(self.token())
            for server in self.each(servers):
                for token in tokens:
                    self.assertTaken(server.get(token))
            time.sleep(PAUSE)

    def test_T_16_a_rotation_is_seen_also_while_a_stranger_makes_up_key_ids(self):
        servers = self.by_key_set()
        token = self.token()
        for server in self.each(servers):
            self.assertTaken(server.get(token))
        stop, answers = threading.Event(), []

        def flood(server):
            for forged in self.made_up(token):
                if stop.is_set():
                    return
                answers.append(server.get(forged).status)

        strangers = [threading.Thread(target=flood, args=(server,)) for server in servers.values()]
        for stranger in strangers:
            stranger.start()
        try:
            self.rotate()
            new = self.token()
            for server in self.each(servers):
                wait_until(lambda server=server: server.get(new).status == 200, 10 * PAUSE, 0.05, "the new key to be found")
                self.assertTaken(server.get(token))
        finally:
            stop.set()
            for stranger in strangers:
                stranger.join()
        self.assertEqual(set(answers), {401})


class Issuer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A token socket of our own: what it publishes and says of tokens is up to the test."""

    daemon_threads = True

    def __init__(self, directory):
        self.keys, self.says, self.asked = [], {"active": False}, 0
        self.hangs = threading.Event()
        super().__init__(str(pathlib.Path(directory) / "token.sock"), self.Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/.well-known/"):
                return self.answer({
                    "issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", "introspection_endpoint": f"{ISSUER}/introspect",
                })  # fmt: skip
            self.server.asked += 1
            if self.server.hangs.is_set():
                return self.rfile.read(1)
            return self.answer({"keys": self.server.keys})

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(self.server.says)

        def answer(self, document):
            content = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass


class WellSigned(ResourceServers):
    """Tokens whose signature is good, by a key that the issuer publishes, and which are not for us all the same."""

    starts_daemon = False

    def setUp(self):
        Scenario.setUp(self)
        self.clock = None
        directory = self.scratch()
        self.issuer = Issuer(directory)
        self.addCleanup(self.issuer.server_close)
        self.addCleanup(self.issuer.shutdown)
        self.daemon.run = directory  # where the resource servers find their token socket
        self.client_id = "jid.of-a-program"
        self.pairs = {algorithm: self.signer().new(algorithm) for algorithm in ALGORITHMS}
        self.issuer.keys = [pair["jwk"] for pair in self.pairs.values()]

    def claims(self, **other):
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": ISSUER, "sub": self.client_id, "client_id": self.client_id, "iat": now, "exp": now + 60,
            "jti": "0.1", "scope": f"{INVOICES} {JOBS}", "tenant": "1234567", **other,
        }  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, pair, header=None, algorithm=None, **claims):
        jwk = pair["jwk"]
        head = {"typ": "at+jwt", "alg": jwk["alg"], "kid": jwk["kid"], **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        return self.signer().sign(pair, head, self.claims(**claims), algorithm)

    def test_T_15_a_token_with_every_claim_is_taken_in_each_algorithm(self):
        for server in self.each(self.by_key_set()):
            for algorithm, pair in self.pairs.items():
                with self.subTest(algorithm):
                    self.assertTaken(server.get(self.signed(pair)))
                    self.assertTaken(server.get(self.signed(pair, aud=["https://elsewhere.example", ISSUER])))
                    self.assertTaken(server.get(self.signed(pair, header={"typ": "application/AT+JWT"})))
                    self.assertTaken(server.get(self.signed(pair, nbf=int(time.time()))))

    def test_T_10_T_15_a_token_that_is_not_for_us_or_not_now_is_401_invalid_token_however_well_signed(self):
        now = int(time.time())
        wrong = {
            "another audience": {"aud": "https://invoices.example"},
            "audiences without us": {"aud": ["https://invoices.example", ISSUER + "/"]},
            "no audience": {"aud": None},
            "an empty audience": {"aud": []},
            "an audience that begins alike": {"aud": ISSUER + "x"},
            "another issuer": {"iss": "http://localhost/production"},
            "an issuer with a slash": {"iss": ISSUER + "/"},
            "an issuer in other letters": {"iss": ISSUER.upper()},
            "no issuer": {"iss": None},
            "expired": {"exp": now - 1, "iat": now - 61},
            "expired long ago": {"exp": 1},
            "no end": {"exp": None},
            "an end that is a text": {"exp": "never"},
            "not valid yet": {"nbf": now + 600},
            "no subject": {"sub": None},
            "no client": {"client_id": None},
            "no id": {"jti": None},
        }
        for server in self.each(self.by_key_set()):
            for algorithm, pair in self.pairs.items():
                for what, claims in wrong.items():
                    with self.subTest(f"{algorithm}: {what}"):
                        self.assertBadToken(server.get(self.signed(pair, **claims)))

    def test_T_10_T_15_the_algorithm_is_the_keys_and_never_the_tokens(self):
        signer = self.signer()
        rsa, ec, ed = (self.pairs[algorithm] for algorithm in ("RS256", "ES256", "EdDSA"))
        tokens = {
            "PS256 of an RSA key": self.signed(rsa, header={"alg": "PS256"}, algorithm="PS256"),
            "PS256 called RS256": self.signed(rsa, algorithm="PS256"),
            "RS512 of an RSA key": self.signed(rsa, header={"alg": "RS512"}, algorithm="RS512"),
            "RS512 called RS256": self.signed(rsa, algorithm="RS512"),
            "RS256 called PS256": self.signed(rsa, header={"alg": "PS256"}),
            "an RSA key by the name of an EC key": self.signed(rsa, header={"kid": ec["jwk"]["kid"]}),
            "an EC key by the name of an RSA key": self.signed(ec, header={"kid": rsa["jwk"]["kid"]}),
            "an EC key that says EdDSA": self.signed(ec, header={"alg": "EdDSA"}),
            "another kind of JWT": self.signed(ed, header={"typ": "JWT"}),
            "no kind": self.signed(ed, header={"typ": None}),
            "a client assertion": self.signed(ed, header={"typ": "client-authentication+jwt"}),
            "what must be understood": self.signed(ed, header={"crit": ["exp"], "exp": 1}),
            "no algorithm": self.signed(ed, header={"alg": None}),
        }
        for algorithm, pair in self.pairs.items():
            head = {"typ": "at+jwt", "alg": "HS256", "kid": pair["jwk"]["kid"]}
            tokens[f"an HMAC by the public key, {algorithm}"] = signer.hmac(pair["jwk"], head, self.claims())
            for none in ("none", "None", "NONE"):
                unsigned = encoded({**head, "alg": none}) + "." + encoded(self.claims())
                tokens[f"{none} instead of {algorithm}"] = unsigned + "."
                tokens[f"{none} and a signature instead of {algorithm}"] = unsigned + "." + self.signed(pair).split(".")[2]
        for server in self.each(self.by_key_set()):
            for what, token in tokens.items():
                with self.subTest(what):
                    self.assertBadToken(server.get(token))
            self.assertTaken(server.get(self.signed(rsa)))

    def test_T_16_a_published_key_that_is_of_no_use_is_none_and_harms_no_other(self):
        signer, good = self.signer(), self.pairs["EdDSA"]
        short, other = signer.new("RS256", bits=1024), signer.new("ES256")
        strange = {
            "too short": (short, short["jwk"]),
            "for encryption": (other, {**other["jwk"], "use": "enc"}),
            "no algorithm": (other, {name: value for name, value in other["jwk"].items() if name != "alg"}),
            "an algorithm that we do not speak": (other, {**other["jwk"], "alg": "ES512"}),
            "the algorithm of another type": (other, {**other["jwk"], "alg": "RS256"}),
            "a point that is not on the curve": (other, {**other["jwk"], "y": other["jwk"]["x"]}),
            "half a key": (other, {name: value for name, value in other["jwk"].items() if name != "y"}),
            "a type of tomorrow": (other, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": other["jwk"]["kid"]}),
            "no name": (other, {name: value for name, value in other["jwk"].items() if name != "kid"}),
        }
        for what, (pair, jwk) in strange.items():
            self.issuer.keys = [jwk, 7, None, good["jwk"]]
            for server in self.each(self.by_key_set()):
                with self.subTest(what):
                    self.assertTaken(server.get(self.signed(good)))
                    self.assertBadToken(server.get(self.signed(pair)))

    def test_T_16_a_daemon_that_hangs_keeps_nobody_waiting_whose_key_is_known(self):
        servers = self.by_key_set()
        good, late = self.pairs["EdDSA"], self.signer().new("EdDSA")
        for server in self.each(servers):
            self.assertTaken(server.get(self.signed(good)))
        time.sleep(PAUSE)
        self.issuer.hangs.set()
        for server in self.each(servers):
            waits = threading.Thread(target=server.get, args=(self.signed(late),))
            before = self.issuer.asked
            waits.start()
            wait_until(lambda before=before: self.issuer.asked > before, what="the question for its key")
            self.assertTaken(server.get(self.signed(good)))
            self.assertTrue(waits.is_alive(), "it did not wait for the other one")
            waits.join()

    def test_T_11_what_introspection_says_is_looked_at_as_well(self):
        said = {"active": True, "token_type": "Bearer", **self.claims()}
        for server in self.each(self.by_introspection()):
            self.issuer.says = said
            self.assertTaken(server.get("a-token"))
            for what, member in {
                "another audience": {"aud": "https://invoices.example"},
                "no audience": {"aud": None},
                "another issuer": {"iss": "http://localhost/production"},
                "no issuer": {"iss": None},
                "active as a text": {"active": "true"},
                "active as a number": {"active": 1},
                "not active": {"active": False},
            }.items():
                self.issuer.says = {**said, **member}
                with self.subTest(what):
                    self.assertBadToken(server.get("a-token"))


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
