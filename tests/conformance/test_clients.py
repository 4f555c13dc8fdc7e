"""OAuth clients as they come from their packages, over the token socket: none knows of jeton, each is told only the way.

Each runs once, tries all that it can, and says what it got; a test looks at one capability of one client. What a
library has not stands in no class of it: the page tells.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import INVOICES, JOBS, USER, Scenario, wire
from measured import CLIENTS
from programs import ENVIRONMENT, REPOSITORY, UPSTREAM, node_missing, python_with

ISSUER = "http://localhost/integration"
PYTHON_CLIENTS = REPOSITORY / "tests" / "conformance" / "clients"


class World:
    """One daemon for all clients: a connection with a secret, and this user bound to it and as introspector."""

    def __init__(self):
        self.scenario = Scenario()
        self.scenario.setUpClass()
        self.scenario.setUp()
        do = self.scenario
        do.local_environment()
        do.app()
        self.connection, self.client_id, self.secret = do.with_pair()
        do.ok("binding", "add", self.connection, "--user", USER, "--default")
        do.ok("binding", "add", "--introspect", "integration", "--user", USER)
        self.token = do.assertToken(do.post())["access_token"]
        self.directory = tempfile.TemporaryDirectory(prefix="jc-", dir="/tmp")
        do.addCleanup(self.directory.cleanup)
        self.ed25519 = self.client_key("ed25519")
        self.p256 = self.client_key("EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.tokens = {"EdDSA": self.token, "RS256": self.token_signed_by("RS256"), "ES256": self.token_signed_by("ES256")}

    def token_signed_by(self, algorithm):
        """Of an environment of its own, whose name is the algorithm's."""
        do, environment = self.scenario, algorithm.lower()
        do.local_environment(environment, "--signing-alg", algorithm)
        _, client_id, secret = do.with_pair("1234567", environment)
        return do.assertToken(do.post(f"/{environment}/token", client_id=client_id, client_secret=secret))["access_token"]

    def client_key(self, algorithm, *options):
        """The file of a private key whose public half the connection knows."""
        file = pathlib.Path(self.directory.name) / f"{algorithm}.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, *options, "-out", file], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", file, "-pubout"], check=True, capture_output=True, text=True)
        self.scenario.ok("connection", "key", "add", self.connection, stdin=public.stdout)
        return file

    @property
    def settings(self):
        return {
            **ENVIRONMENT, "JETON_SOCKET_DIR": str(self.scenario.daemon.run),
            "TOKEN_SOCKET": str(self.scenario.daemon.token_socket), "ISSUER": ISSUER, "TOKEN": self.token,
            "CLIENT_ID": self.client_id, "CLIENT_SECRET": self.secret, "SCOPE": INVOICES,
            "ED25519_KEY": str(self.ed25519), "P256_KEY": str(self.p256), "TOKENS": json.dumps(self.tokens),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.scenario.doCleanups()


class Client(unittest.TestCase):
    """`client`: how the page calls it; `command()`: how it is run."""

    client = None

    @classmethod
    def setUpClass(cls):
        run = subprocess.run(
            list(map(str, cls.command())), capture_output=True, text=True, timeout=60, cwd="/", env=world.settings
        )
        if run.returncode != 0:
            raise AssertionError(f"{cls.client} ended with {run.returncode}: {run.stdout}\n{run.stderr}")
        document = json.loads(run.stdout)
        cls.told = document["told"]
        CLIENTS[cls.client] = {"version": document["version"]}

    @property
    def variant(self):
        return f" ({self.client})"

    def evidence(self):
        return world.scenario.daemon.log()

    def what(self, capability):
        """What the client told of `capability`; it succeeded."""
        self.assertIn(capability, self.told)
        told = self.told[capability]
        if "refused" in told:
            self.fail(f"{capability}: {told['why']}")
        return told

    def holds(self, capability):
        CLIENTS[self.client][capability] = True

    def assertInactive(self, token):
        self.assertEqual(wire.claims(token)[1]["client_id"], world.client_id)
        self.assertEqual(world.scenario.post("/integration/introspect", [("token", token)]).json, {"active": False})

    def assertMine(self, answer, scope=f"{INVOICES} {JOBS}"):
        self.assertEqual(answer["token_type"].lower(), "bearer")
        self.assertEqual(answer["scope"], scope)
        self.assertAlmostEqual(int(answer["expires_in"]), 900, delta=60)
        self.assertEqual(answer["access_token"].count("."), 2)


class Discovery:
    def test_T_13_the_endpoints_are_found_in_the_metadata(self):
        found = self.what("discovery")
        self.assertEqual((found["issuer"], found["token_endpoint"]), (ISSUER, ISSUER + "/token"))
        self.assertEqual(found["jwks_uri"], ISSUER + "/jwks")
        self.assertEqual(found["introspection_endpoint"], ISSUER + "/introspect")
        self.holds("discovery")


class Basic:
    def test_T_2_a_token_by_basic(self):
        self.assertMine(self.what("basic"))
        self.holds("basic")


class Post:
    def test_T_2_a_token_by_a_pair_in_the_form(self):
        self.assertMine(self.what("post"))
        self.holds("post")


class PrivateKeyJwt:
    def test_T_18_T_21_a_token_by_a_private_key(self):
        """Twice: each request has an assertion of its own."""
        for answer in self.what("private_key_jwt"):
            self.assertMine(answer)
        self.holds("private_key_jwt")


class Peer:
    def test_S32_a_token_for_the_process_itself(self):
        self.assertMine(self.what("peer"))
        self.holds("peer")


class Scopes:
    def test_T_4_a_part_of_the_scopes(self):
        self.assertMine(self.what("scope"), INVOICES)
        self.holds("scope")


class Resource:
    def test_T_14_a_resource_is_named(self):
        self.assertMine(self.what("resource"))
        self.holds("resource")


class Refusals:
    def test_T_7_refusals_are_understood(self):
        told = {name: refusal["error"] for name, refusal in self.what("refusals").items()}
        self.assertEqual(told, {"basic": "invalid_client", "post": "invalid_client", "scope": "invalid_scope"})
        self.holds("refusals")


class Introspection:
    def test_T_11_a_live_token_is_active_and_an_unknown_one_is_only_not(self):
        told = self.what("introspection")
        self.assertIs(told["live"]["active"], True)
        self.assertEqual((told["live"]["client_id"], told["live"]["iss"]), (world.client_id, ISSUER))
        self.assertEqual(told["unknown"], {"active": False})
        self.holds("introspection")


class Revocation:
    def test_T_12_a_revoked_token_is_inactive_and_an_unknown_one_no_error(self):
        """The client tells which token it revoked, and has then revoked one that is none."""
        self.assertInactive(self.what("revocation")["revoked"])
        self.holds("revocation")


class Jwt:
    def test_T_15_a_token_is_checked_offline(self):
        claims = self.what("jwt")
        self.assertEqual((claims["client_id"], claims["sub"]), (world.client_id, world.client_id))
        self.assertEqual((claims["iss"], claims["aud"]), (ISSUER, ISSUER))
        self.assertEqual(claims.get("header", {}).get("typ", "at+jwt"), "at+jwt")
        self.holds("jwt")


class Keys:
    def test_T_16_the_name_of_each_key_is_its_thumbprint(self):
        keys = self.what("keys")
        self.assertTrue(keys)
        for key in keys:
            self.assertEqual(key["kid"], key["thumbprint"])
            self.assertNotIn("d", key["key"])
        self.holds("keys")


class NodeClient(Client):
    program = None

    @classmethod
    def setUpClass(cls):
        if reason := node_missing(cls.client):
            raise unittest.SkipTest(reason)
        super().setUpClass()

    @classmethod
    def command(cls):
        return shutil.which("node"), "--no-warnings", UPSTREAM / "clients" / cls.program


class PythonClient(Client):
    program = module = None

    @classmethod
    def command(cls):
        python = python_with(cls.module)
        if python is None:
            raise unittest.SkipTest(f"no Python here has {cls.module} (tools/dependencies)")
        return python, PYTHON_CLIENTS / cls.program


class Oauth4webapi(Discovery, Basic, Post, PrivateKeyJwt, Peer, Scopes, Resource, Refusals, Introspection, Revocation, Jwt, NodeClient):
    client, program = "oauth4webapi", "oauth4webapi.mjs"


class OpenidClient(Discovery, Basic, Post, PrivateKeyJwt, Peer, Scopes, Resource, Refusals, Introspection, Revocation, NodeClient):
    client, program = "openid-client", "openid_client.mjs"


class SimpleOauth2(Basic, Post, Peer, Scopes, Resource, Refusals, NodeClient):
    client, program = "simple-oauth2", "simple_oauth2.mjs"

    def test_T_12_a_token_is_revoked_though_the_library_wants_an_answer_to_read(self):
        told = self.what("revocation")
        self.assertInactive(told["revoked"])
        self.assertEqual(told["error"], "The content-type is not JSON compatible")


class BadgatewayOauth2Client(Discovery, Basic, Post, Scopes, Resource, Refusals, Introspection, Revocation, NodeClient):
    client, program = "@badgateway/oauth2-client", "badgateway_oauth2_client.mjs"


class Jose(Jwt, Keys, NodeClient):
    client, program = "jose", "jose.mjs"

    def test_T_15_tokens_of_each_algorithm_are_checked_offline(self):
        self.assertEqual(self.what("algorithms"), {algorithm: algorithm for algorithm in world.tokens})

    def test_T_15_a_token_with_another_signature_is_refused(self):
        self.assertEqual(self.what("forgery"), {"error": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"})


class Authlib(Discovery, Basic, Post, PrivateKeyJwt, Peer, Scopes, Resource, Refusals, Introspection, Revocation, Jwt, PythonClient):
    client, module, program = "authlib", "authlib", "authlib_client.py"

    def test_T_18_the_token_endpoint_as_audience_is_refused(self):
        """What the library sends unless it is told the issuer."""
        self.assertEqual(self.what("old_audience"), {"error": "invalid_client"})


class RequestsOauthlib(Basic, Post, Peer, Scopes, Resource, Refusals, PythonClient):
    client, module, program = "requests-oauthlib", "requests_oauthlib", "requests_oauthlib_client.py"


class Httpx(Discovery, Basic, Post, PrivateKeyJwt, Peer, Scopes, Resource, Refusals, Introspection, Revocation, Jwt, PythonClient):
    client, module, program = "httpx", "httpx", "httpx_client.py"


class Curl(Discovery, Basic, Post, Peer, Scopes, Resource, Refusals, Introspection, Revocation, PythonClient):
    client, module, program = "curl", "json", "curl_client.py"

    @classmethod
    def setUpClass(cls):
        if shutil.which("curl") is None:
            raise unittest.SkipTest("curl is not installed (tools/dependencies)")
        super().setUpClass()


CAPABILITIES = {
    Discovery: "discovery", Basic: "basic", Post: "post", PrivateKeyJwt: "private_key_jwt", Peer: "peer", Scopes: "scope",
    Resource: "resource", Refusals: "refusals", Introspection: "introspection", Revocation: "revocation", Jwt: "jwt", Keys: "keys",
}  # fmt: skip


def every_client():
    return [one for one in globals().values() if isinstance(one, type) and issubclass(one, Client) and one.client]


def capabilities_of(client):
    return [name for mixin, name in CAPABILITIES.items() if issubclass(client, mixin)]
