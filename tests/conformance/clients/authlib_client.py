"""authlib on requests: OAuth, the metadata and JOSE from one library."""

import authlib
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from over_socket import CLIENT_ID, CLIENT_SECRET, ISSUER, P256_KEY, SCOPE, TOKEN, refusal, revocation, tell
from unix_adapter import UnixAdapter

TOKEN_ENDPOINT = ISSUER + "/token"


def session(method, secret=CLIENT_SECRET, **more):
    made = OAuth2Session(CLIENT_ID, secret, token_endpoint_auth_method=method, **more)
    made.mount("http://localhost/", UnixAdapter())
    return made


def token(method, secret=CLIENT_SECRET, **parameters):
    return dict(session(method, secret).fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials", **parameters))


def by_private_key(audience):
    """The library takes the audience for the token endpoint, which it was until rfc7523bis."""
    made = session("private_key_jwt", P256_KEY)
    made.register_client_auth_method(PrivateKeyJWT(audience, alg="ES256"))
    return dict(made.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials"))


def plain_get(url):
    """By the session underneath: without a token."""
    return session("none", None).get(url, withhold_token=True)


def metadata():
    answer = plain_get(get_well_known_url(ISSUER, external=True))
    found = AuthorizationServerMetadata(answer.json())
    found.validate_token_endpoint_auth_methods_supported()
    found.validate_introspection_endpoint_auth_methods_supported()
    found.validate_revocation_endpoint_auth_methods_supported()
    return dict(found)


def introspected(value):
    return session("none", None).introspect_token(ISSUER + "/introspect", value).json()


def revoke(value):
    session("client_secret_basic").revoke_token(ISSUER + "/revoke", value).raise_for_status()


def claims():
    keys = JsonWebKey.import_key_set(plain_get(ISSUER + "/jwks").json())
    required = {name: {"essential": True} for name in ("sub", "client_id", "exp", "iat", "jti")}
    exact = {name: {"essential": True, "value": ISSUER} for name in ("iss", "aud")}
    found = JsonWebToken(["EdDSA"]).decode(TOKEN, keys, claims_options={**required, **exact})
    found.validate()
    return {**found, "header": dict(found.header)}


tell(
    authlib.__version__,
    {
        "discovery": metadata,
        "basic": lambda: token("client_secret_basic"),
        "post": lambda: token("client_secret_post"),
        "private_key_jwt": lambda: [by_private_key(ISSUER), by_private_key(ISSUER)],
        "old_audience": lambda: refusal(lambda: by_private_key(TOKEN_ENDPOINT)),
        "peer": lambda: token("none", None),
        "scope": lambda: token("client_secret_basic", scope=SCOPE),
        "resource": lambda: token("client_secret_basic", resource=ISSUER),
        "refusals": lambda: {
            "basic": refusal(lambda: token("client_secret_basic", "wrong")),
            "post": refusal(lambda: token("client_secret_post", "wrong")),
            "scope": refusal(lambda: token("client_secret_basic", scope="tn.unheard.of:r")),
        },
        "introspection": lambda: {"live": introspected(TOKEN), "unknown": introspected("no.such.token")},
        "revocation": lambda: revocation(token("client_secret_basic", scope=SCOPE)["access_token"], revoke),
        "jwt": claims,
    },
)
