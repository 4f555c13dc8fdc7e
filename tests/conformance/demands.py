"""What the standards demand of the token socket, by number: the words of the page, held against the names of the tests."""


class Demand:
    def __init__(self, title, clauses, text):
        self.title, self.clauses, self.text = title, clauses, text


DEMANDS = {
    "T-1": Demand(
        "One authentication at a time", "RFC 6749 §2.3",
        "Whoever authenticates in two ways at once is refused: `invalid_request`.",
    ),
    "T-2": Demand(
        "Client secrets", "RFC 6749 §2.3.1",
        "A client with a secret may use HTTP Basic, or the form; credentials in the query are refused; guessing is "
        "slowed down, by user and client ID.",
    ),
    "T-3": Demand(
        "The token request", "RFC 6749 §3.2",
        "Only POST, only a form. An empty parameter counts as absent, an unknown one is ignored, any that stands "
        "twice is refused.",
    ),
    "T-4": Demand(
        "Scopes", "RFC 6749 §3.3",
        "Separated by spaces, case matters, unknown or excessive ones are `invalid_scope`. The answer always names "
        "what was granted; without `scope` that is all of the accepted version.",
    ),
    "T-5": Demand(
        "The token answer", "RFC 6749 §4.4.3, §5.1",
        "200, `application/json`, `access_token`, `token_type`, `expires_in` as a number; `Cache-Control: no-store` "
        "and `Pragma: no-cache`; no refresh token.",
    ),
    "T-6": Demand(
        "What Basic encodes", "RFC 6749 §2.3.1, appendix B",
        "User and password are form-decoded. IDs and secrets are made of characters that no encoding changes, so that"
        " clients which leave the encoding out get in too.",
    ),
    "T-7": Demand(
        "Refusals", "RFC 6749 §5.2",
        "400 with a code of the list and a description in its characters; 401 with the challenge where the "
        "Authorization header was used.",
    ),
    "T-8": Demand(
        "Refresh tokens", "RFC 6749 §6",
        "There are none: the grant is `unsupported_grant_type`.",
    ),
    "T-9": Demand(
        "What cannot be guessed", "RFC 6749 §10.10",
        "At least 128 random bits in every token and every secret.",
    ),
    "T-10": Demand(
        "Resource servers", "RFC 6750 §2, §3",
        "No credentials: 401 without an error code. A bad token: 401 `invalid_token`; a missing scope: 403 "
        "`insufficient_scope`; two tokens or a malformed header: 400 `invalid_request`. The scheme in any case, never"
        " a token in the query. "
        "The daemon is none itself: shown by the servers of [examples](examples).",
    ),
    "T-11": Demand(
        "Introspection", "RFC 7662 §2",
        "POST of a form, by those who may. What is unknown, expired, revoked or another environment's is "
        "`{\"active\":false}` and nothing more; who may not ask is answered 401.",
    ),
    "T-12": Demand(
        "Revocation", "RFC 7009 §2",
        "The client authenticates first. 200 with an empty body, for unknown tokens too; another client's token is "
        "refused; a hint is a hint. After the 200 introspection says inactive.",
    ),
    "T-13": Demand(
        "Metadata", "RFC 8414 §2, §3",
        "At the well-known path before the issuer's, with the very issuer that was asked for; grants and "
        "authentications are named because their defaults would be wrong; `none` is never among them.",
    ),
    "T-14": Demand(
        "Resources", "RFC 8707 §2",
        "An absolute URI without a fragment, and the one parameter that may stand more than once. An unknown one is "
        "`invalid_target`; the token's `aud` is the one named.",
    ),
    "T-15": Demand(
        "Tokens", "RFC 9068 §2, §4",
        "A JWT with `typ` `at+jwt` and every required claim; `sub` is the client ID; the algorithm is the key's, "
        "never `none`.",
    ),
    "T-16": Demand(
        "Keys", "RFC 7517 §4, §5; RFC 7638; RFC 8037",
        "The key set has public members only; `kid` is the thumbprint; the old key stays published until its last "
        "token has expired; an unknown `kid` is refused.",
    ),
    "T-18": Demand(
        "Client assertions", "RFC 7523 §3; draft-ietf-oauth-rfc7523bis",
        "`iss` and `sub` are the client ID, `aud` the issuer alone, `exp` is needed, `jti` good for one request; "
        "whatever is wrong is `invalid_client`.",
    ),
    "T-21": Demand(
        "Best current practice", "RFC 9700 §2",
        "Clients are authenticated, by asymmetric keys if they like; no password grant; tokens are for one audience; "
        "metadata are published; nobody chooses a client ID that another subject has.",
    ),
}  # fmt: skip

# Demanded of authorization servers that offer what is not offered here.
OUT_OF_SCOPE = {
    "T-17": "token exchange (RFC 8693): `unsupported_grant_type`",
    "T-19": "dynamic registration (RFC 7591, RFC 7592): 404",
    "T-20": "attestation-based client authentication (a draft): not in the metadata",
}


class Choice:
    """Where standards, or a standard and what jeton is for, do not agree: what is done, and the test that shows it."""

    def __init__(self, title, clauses, text, test):
        self.title, self.clauses, self.text, self.test = title, clauses, text, test


CHOICES = [
    Choice(
        "401 without a challenge, where nobody used the Authorization header", "RFC 9110 §15.5.2 against RFC 6749 §5.2",
        "RFC 9110 wants `WWW-Authenticate` on every 401. RFC 6749 allows 401 for any failed client authentication, and wants "
        "the challenge where the Authorization header was used, for the scheme that was. A process that sends no credentials "
        "is known by the kernel, and no registered scheme says so; a `Basic` challenge would tell it to send what it does not "
        "have, and strict clients would report the challenge in the place of `invalid_client`. The same holds for who may not "
        "introspect. Why: [0032](decisions/0032-conformance-is-measured.md).",
        "test_token_socket.test_T_7_a_process_without_credentials_gets_401_without_a_challenge",
    ),
    Choice(
        "505 for HTTP/1.0", "RFC 9110 §15.6.6",
        "The status is meant for another major version. HTTP/1.0 has the same one, but no `Host` that must be there and no "
        "persistent sessions: it is refused as HTTP/2.0 is, before anything else of the request is looked at, and the answer "
        "names the version that is spoken. It is one of two answers of 500 and more that a request alone can bring about; the "
        "other is 501, for `Transfer-Encoding`. Both are refusals that were meant, none is a failure.",
        "test_http.test_T17_each_of_the_39_requests_gets_one_answer_then_the_end_on_both_sockets",
    ),
    Choice(
        "An answer to a revocation that says nothing", "RFC 7009 §2.2",
        "The status is all that a client looks at; the body is empty. simple-oauth2 wants JSON even so: it reports an error, and "
        "the token is revoked all the same.",
        "test_clients.test_T_12_a_token_is_revoked_though_the_library_wants_an_answer_to_read",
    ),
    Choice(
        "Codes for what can only be tried again", "RFC 6749 §5.2 against RFC 6585 §4, RFC 9110 §15.6.4",
        "The list of §5.2 has none for 429 and 503. `too_many_requests` and `temporarily_unavailable` (the latter is of "
        "§4.1.2.1) stand in the same document, with `Retry-After`.",
        "test_http.test_T_2_guessing_a_secret_is_slow_and_shuts_nobody_else_out",
    ),
    Choice(
        "`response_types_supported` is `[\"none\"]`", "RFC 8414 §2",
        "The member is required, and one without elements is to be left out; there is no authorization endpoint that could "
        "have a response type.",
        "test_resource_servers.test_T_13_the_metadata_is_what_a_strict_client_wants",
    ),
    Choice(
        "An issuer that is no https URL", "RFC 8414 §2",
        "The socket has no TLS, because nothing leaves the host and the kernel names both ends; `http://localhost/ENVIRONMENT` "
        "is what every client can reach. `--issuer` gives an environment an https one.",
        "test_resource_servers.test_T_13_an_issuer_of_ones_own_has_its_endpoints_on_the_socket_all_the_same",
    ),
    Choice(
        "EdDSA unless told otherwise", "RFC 9068 §2.1",
        "RS256 must be among the algorithms of a conforming server. It is, by environment: `--signing-alg RS256`. A resource "
        "server that reads the key set needs no setting for either.",
        "test_clients.test_T_15_tokens_of_each_algorithm_are_checked_offline",
    ),
]  # fmt: skip
