"""Why an answer may differ from the reference server's: each rule says which difference it means, and what decides it.

A rule is for the requests whose name matches `cases` and whose answers have exactly the pairs (here, there) that it names.
"""

import re

ANY = object()  # whatever it says, or nothing
SCOPES = "tn.acc.invoices:r tn.jpm.jobs:r"
GRANTED = {"token_type", "scope", "active"}  # differ as a matter of course where only one of two grants


class Rule:
    def __init__(self, here, there, clause, cases="", **pairs):
        self.here, self.there, self.clause = here, there, clause
        self.cases = re.compile(cases)
        self.pairs = {part.replace("_", "-") if part[0].isupper() else part: pair for part, pair in pairs.items()}

    def explains(self, difference):
        """The parts of `difference` that it accounts for; none where it is about something else."""
        if not self.cases.search(difference.case.name):
            return set()
        for part, pair in self.pairs.items():
            for wanted, said in zip(pair, (difference.ours.get(part), difference.theirs.get(part)), strict=True):
                if wanted is not ANY and said != wanted:
                    return set()
        one_grants = "status" in self.pairs and (difference.ours["status"] < 300) != (difference.theirs["status"] < 300)
        return difference.parts & (set(self.pairs) | (GRANTED if one_grants else set()))


WRITING = [  # how an answer is written, whatever it says
    Rule(
        "`application/json`", "`application/json; charset=utf-8`",
        "RFC 8259 §11: the type has no parameter `charset`",
        Content_Type=("application/json", "application/json; charset=utf-8"),
    ),
    Rule(
        "the keys are `application/json`", "`application/jwk-set+json`",
        "RFC 7517 §8.5.2 has a type of its own, RFC 8414 §2 asks for none; every client reads JSON, some read nothing else",
        "jwks|the keys",
        Content_Type=("application/json", "application/jwk-set+json; charset=utf-8"),
    ),
    Rule(
        "an empty answer is `text/plain`", "`text/plain; charset=utf-8`",
        "RFC 7009 §2.2: the client looks at the status, and nothing else",
        "revoke",
        Content_Type=("text/plain", "text/plain; charset=utf-8"),
    ),
    Rule(
        "`Pragma: no-cache` on every answer of an endpoint", "never",
        "RFC 6749 §5.1: MUST stand beside `Cache-Control: no-store`",
        Pragma=("no-cache", None),
    ),
    Rule(
        "`Cache-Control: no-store` on every answer", "on answers of its endpoints",
        "RFC 9111 §5.2.2.5: what depends on who asks is not kept",
        Cache_Control=("no-store", None),
    ),
    Rule(
        "`WWW-Authenticate: Basic` with a realm", "with the error, too",
        "RFC 7617 §2: the realm is what is required; the error stands in the document (RFC 6749 §5.2)",
        WWW_Authenticate=(
            'Basic realm="jeton"',
            'Basic realm="http://localhost/integration", error="invalid_client", '
            'error_description="client authentication failed"',
        ),
    ),
]  # fmt: skip

RULES = [
    *WRITING,
    Rule(
        "the answer always names the scopes", "only where scopes were asked for",
        "RFC 6749 §3.3: without `scope` a default is granted, which is all of the accepted version; §5.1: the client is told",
        status=(200, 200), scope=(SCOPES, None),
    ),
    Rule(
        "the scopes in one order", "in the order in which they were asked for",
        "RFC 6749 §3.3: their order does not matter",
        "the other way round", scope=(SCOPES, " ".join(reversed(SCOPES.split()))),
    ),
    Rule(
        "a refusal does not repeat the scope", "it has a member `scope`",
        "RFC 6749 §5.2 knows no such member; what was sent could be a secret in the wrong place",
        "^scope: ", status=(400, 400), error=("invalid_scope", "invalid_scope"), scope=(None, ANY),
    ),
    # methods and paths
    Rule(
        "another method: 405 with `Allow`", "404",
        "RFC 9110 §15.5.6; RFC 6749 §3.2: the client MUST use POST",
        "^method: (?!OPTIONS|BREW)", status=(405, 404), error=(ANY, ANY), Allow=(ANY, None),
    ),
    Rule(
        "OPTIONS: 204 with `Allow`", "404 without an `Origin`",
        "RFC 9110 §9.3.7",
        "^method: OPTIONS", status=(204, 404), error=(None, "invalid_request"), Allow=(ANY, None),
        Content_Type=(None, ANY),
    ),
    Rule(
        "a method that nobody knows: 405 with `Allow`", "400, by Node.js",
        "RFC 9110 §15.5.6: the field tells what would do",
        "^method: BREW", status=(405, 400), error=(ANY, None), Allow=(ANY, None), Content_Type=("application/json", None),
    ),
    Rule(
        "no such path: `not_found`", "`invalid_request`",
        "RFC 6749 §5.2 has codes for the token endpoint only; 404 says it",
        "^document: ", status=(404, 404), error=("not_found", "invalid_request"),
    ),
    Rule(
        "no such environment: `invalid_client`", "404",
        "RFC 6749 §5.2: so is whoever has nothing in an environment, and nobody learns by it which there are",
        "a token endpoint that is none", status=(401, 404), error=("invalid_client", "invalid_request"),
    ),
    Rule(
        "a slash behind a path makes another path", "it does not",
        "RFC 3986 §6.2.2: these are different URIs",
        "a slash behind$", status=(404, 200), error=("not_found", None), Content_Type=(ANY, ANY),
    ),
    Rule(
        "a document takes no query", "the query is ignored",
        "RFC 8414 §3.1 and RFC 7517 §5 know no parameters",
        "the keys, with a query", status=(400, 200), error=("bad_input", None), Content_Type=(ANY, ANY),
    ),
    # who the client is
    Rule(
        "a wrong pair in the form: 400", "401",
        "RFC 6749 §5.2: 401 is a MAY, and a MUST only where the Authorization header was used",
        "form pair", status=(400, 401), error=("invalid_client", "invalid_client"),
    ),
    Rule(
        "an Authorization header that is no pair: 401 `invalid_client` with the challenge", "400 `invalid_request`",
        "RFC 6749 §5.2: who tried that header MUST be answered 401 with the scheme",
        "^basic: |revoke: .*bearer$", status=(401, 400), error=("invalid_client", "invalid_request"),
        WWW_Authenticate=('Basic realm="jeton"', None),
    ),
    Rule(
        "several spaces behind `Basic` are fine", "one only",
        "RFC 9110 §11.4: `1*SP`",
        "two spaces behind the scheme", status=(200, 400), error=(None, "invalid_request"),
    ),
    Rule(
        "no credentials: the process itself is asked about, which has no binding: 401 `invalid_client`",
        "400 `invalid_request`",
        "RFC 6749 §5.2: `invalid_client` where no client authentication is included",
        "^form pair: (nothing|both empty)$|revoke: .*nobody$", status=(401, 400), error=("invalid_client", "invalid_request"),
    ),
    Rule(
        "the grant is looked at before the client", "after it",
        "RFC 6749 §5.2 gives no order; nothing about a client is said to who asks for what is not granted",
        "grant: unknown, wrong secret", status=(400, 401), error=("unsupported_grant_type", "invalid_client"),
        WWW_Authenticate=(None, ANY),
    ),
    Rule(
        "an assertion beside a secret: `invalid_request`", "the assertion is not looked at",
        "RFC 6749 §2.3: the client MUST NOT use more than one method",
        "^combined: .*and an assertion", status=(400, 200), error=("invalid_request", None),
    ),
    Rule(
        "an assertion that cannot be used: `invalid_client`", "`invalid_request`, as if there were none",
        "RFC 7521 §4.2.1: `invalid_client`",
        "^combined: (an assertion|a type)", status=(400, 400), error=("invalid_client", "invalid_request"),
    ),
    # what is asked
    Rule(
        "a scope that is not the connection's: `invalid_scope`", "scopes that nobody knows are left out",
        "RFC 6749 §3.3 allows both; §5.2 has the code, and nobody works on with less than was asked for",
        "^scope: ", status=(400, 200), error=("invalid_scope", None),
    ),
    Rule(
        "any parameter twice: `invalid_request`", "only those that it knows",
        "RFC 6749 §3.2: parameters MUST NOT be included more than once",
        "^repeated: ", status=(400, 200), error=("invalid_request", None),
    ),
    Rule(
        "a form that cannot be decoded: `invalid_request`", "it is taken as it stands",
        "RFC 6749 appendix B: names and values are UTF-8, form-encoded; no NUL (appendix A)",
        "^encoding: |a token with a NUL", status=(400, ANY), error=("invalid_request", ANY), Content_Type=("application/json", ANY),
    ),
    Rule(
        "what belongs into the form is refused in the query", "the query is not looked at",
        "RFC 6749 §2.3.1: credentials MUST NOT stand in the URI; so for every parameter of the endpoint, which a log would keep",
        "^query: ", status=(400, 200), error=("invalid_request", None),
    ),
    # introspection
    Rule(
        "a bound process introspects without credentials", "only clients do",
        "RFC 7662 §2.1: the authorization is the server's choice; here a binding of the attested process",
        "introspect: .*(nobody|client_id alone|signed answer)$", status=(200, ANY), error=(None, ANY), active=(ANY, None),
    ),
    Rule(
        "a client's credentials do not introspect: 401", "they do",
        "RFC 7662 §2.1, §2.3: who is not authorized is answered 401",
        "introspect", status=(401, 200), error=("invalid_client", None), WWW_Authenticate=(ANY, None),
    ),
    Rule(
        "… whatever else is wrong with the request", "400 for what is wrong",
        "RFC 7662 §2.3: who may not ask learns nothing else",
        "introspect", status=(401, 400), error=("invalid_client", "invalid_request"), WWW_Authenticate=(ANY, None),
    ),
    Rule(
        "a hint is a hint", "500 for `refresh_token` where it has no such grant",
        "RFC 7662 §2.1: the server MAY ignore it",
        "introspect: an unknown token as refresh_token, basic", status=(401, 500), error=("invalid_client", "server_error"),
        WWW_Authenticate=(ANY, None),
    ),
    # revocation
    Rule(
        "a hint is a hint, and the token is looked for anyway", "500 for `refresh_token` where it has no such grant",
        "RFC 7009 §2.1: the search is extended to all types of tokens; §2.2: an invalid hint is no error",
        "revoke: an unknown token as refresh_token, basic", status=(200, 500), error=(None, "server_error"),
        Content_Type=("text/plain", ANY),
    ),
]  # fmt: skip
