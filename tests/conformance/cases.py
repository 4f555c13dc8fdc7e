"""The requests that both servers are asked: made by combining what clients do, and get wrong.

A case is a name, which never changes, and the request. `known` has what only the run knows: `client_id`,
`client_secret`, `token` (of that client, alive, of the server that is asked).
"""

import base64
import urllib.parse

from harness import INVOICES, JOBS
from wire import basic, form

ISSUER = "http://localhost/integration"
UNLISTED = "tn.crm.customers:r"  # a scope that both servers know, and that is not the client's
TOKEN, INTROSPECT, REVOKE, JWKS = (f"/integration/{name}" for name in ("token", "introspect", "revoke", "jwks"))
METADATA = "/.well-known/oauth-authorization-server/integration"
FORM = "application/x-www-form-urlencoded"
GRANT = ("grant_type", "client_credentials")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Case:
    def __init__(self, name, method, target, body=None, content_type=FORM, authorization=None, **headers):
        self.name, self.method, self.target, self.body = name, method, target, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None and body is not None:
            self.headers["Content-Type"] = content_type
        if authorization is not None:
            self.headers["Authorization"] = authorization


def encoded(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def by_basic(known):
    return basic(known.client_id, known.client_secret)


def by_post(known):
    return [("client_id", known.client_id), ("client_secret", known.client_secret)]


def every_case(known):
    """All of them; the same names in the same order in each run."""
    for family in (
        good_requests, methods, content_types, authentications, combined_authentications, grant_types, scopes, resources,
        repetitions, unknown_and_empty, encodings, queries, introspections, revocations,
        documents,
    ):  # fmt: skip
        yield from family(known)


def good_requests(known):
    for how, fields, authorization in (
        ("basic", [], by_basic(known)),
        ("form pair", by_post(known), None),
        ("basic, client_id in the form too", [("client_id", known.client_id)], by_basic(known)),
    ):
        yield Case(f"good: {how}", "POST", TOKEN, form([GRANT, *fields]), authorization=authorization)
        yield Case(
            f"good: {how}, one scope", "POST", TOKEN, form([GRANT, *fields, ("scope", INVOICES)]),
            authorization=authorization,
        )  # fmt: skip


def methods(known):
    for target in (TOKEN, INTROSPECT, REVOKE, JWKS, METADATA):
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "POST", "BREW"):
            if method == "POST" and target in (TOKEN, INTROSPECT, REVOKE):
                continue  # these are all the other families
            name = f"method: {method} {target}"
            if method in ("PUT", "PATCH", "POST"):
                fields = form([GRANT, ("token", "x")])
                yield Case(name, method, target, fields, authorization=by_basic(known))
            else:
                yield Case(name, method, target, authorization=by_basic(known) if target != JWKS else None)


def content_types(known):
    fields = form([GRANT])
    for shown, content_type in (
        ("with a charset", FORM + "; charset=utf-8"),
        ("with a charset, no space", FORM + ";charset=UTF-8"),
        ("with another charset", FORM + "; charset=iso-8859-1"),
        ("in capitals", FORM.upper()),
        ("with another parameter", FORM + "; boundary=x"),
        ("text/plain", "text/plain"),
        ("JSON", "application/json"),
        ("multipart", "multipart/form-data; boundary=x"),
        ("XML", "application/xml"),
        ("almost a form", FORM + "x"),
        ("empty", ""),
        ("missing", None),
        ("no type at all", "form"),
    ):
        for target in (TOKEN, INTROSPECT, REVOKE):
            yield Case(
                f"content type: {shown}, {target}", "POST", target, fields if target == TOKEN else form([("token", "x")]),
                content_type, by_basic(known),
            )  # fmt: skip
    yield Case(
        "content type: JSON with a JSON body", "POST", TOKEN, '{"grant_type":"client_credentials"}', "application/json",
        by_basic(known),
    )  # fmt: skip


def authentications(known):
    right = f"{known.client_id}:{known.client_secret}"
    quoted = ":".join(f"%{ord(part[0]):02X}{part[1:]}" for part in right.split(":"))
    for shown, authorization in (
        ("a wrong secret", encoded(f"{known.client_id}:wrong")),
        ("a secret that is too long by one letter", encoded(right + "x")),
        ("a secret that is too short by one letter", encoded(right[:-1])),
        ("an empty secret", encoded(f"{known.client_id}:")),
        ("an unknown client", encoded(f"nobody:{known.client_secret}")),
        ("an empty client", encoded(f":{known.client_secret}")),
        ("nothing but a colon", encoded(":")),
        ("no colon", encoded(known.client_id)),
        ("two colons", encoded(right + ":")),
        ("percent-encoded letters", encoded(quoted)),
        ("a broken percent-encoding", encoded(f"{known.client_id}:%zz")),
        ("a percent-encoding that is no UTF-8", encoded(f"{known.client_id}:%ff")),
        ("a NUL", encoded(f"{known.client_id}:a%00b")),
        ("the scheme in small letters", by_basic(known).replace("Basic", "basic")),
        ("the scheme in capitals", by_basic(known).replace("Basic", "BASIC")),
        ("two spaces behind the scheme", by_basic(known).replace("Basic ", "Basic  ")),
        ("no padding", by_basic(known).rstrip("=")),
        ("no base64", "Basic ***"),
        ("nothing behind the scheme", "Basic"),
        ("something behind the pair", by_basic(known) + " more"),
        ("Bearer", "Bearer abc"),
        ("Digest", 'Digest username="x"'),
        ("an unknown scheme", "Jeton abc"),
        ("an empty header", ""),
    ):
        yield Case(f"basic: {shown}", "POST", TOKEN, form([GRANT]), authorization=authorization)
    for shown, fields in (
        ("a wrong secret", [("client_id", known.client_id), ("client_secret", "wrong")]),
        ("an unknown client", [("client_id", "nobody"), ("client_secret", known.client_secret)]),
        ("no secret", [("client_id", known.client_id)]),
        ("an empty secret", [("client_id", known.client_id), ("client_secret", "")]),
        ("an unknown client without a secret", [("client_id", "nobody")]),
        ("no client_id", [("client_secret", known.client_secret)]),
        ("an empty client_id", [("client_id", ""), ("client_secret", known.client_secret)]),
        ("both empty", [("client_id", ""), ("client_secret", "")]),
        ("nothing", []),
        ("a space behind the secret", [("client_id", known.client_id), ("client_secret", known.client_secret + " ")]),
        ("the secret in capitals", [("client_id", known.client_id), ("client_secret", known.client_secret.upper())]),
        ("the client in capitals", [("client_id", known.client_id.upper()), ("client_secret", known.client_secret)]),
    ):
        yield Case(f"form pair: {shown}", "POST", TOKEN, form([GRANT, *fields]))


def combined_authentications(known):
    right, wrong = by_basic(known), encoded(f"{known.client_id}:wrong")
    assertion = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", "a.b.c")]
    for shown, authorization, fields in (
        ("basic and the same form pair", right, by_post(known)),
        ("basic and a wrong form pair", right, [("client_id", known.client_id), ("client_secret", "wrong")]),
        ("wrong basic and a right form pair", wrong, by_post(known)),
        ("basic and a secret alone", right, [("client_secret", known.client_secret)]),
        ("basic and an empty secret", right, [("client_secret", "")]),
        ("basic and another client_id", right, [("client_id", "nobody")]),
        ("basic and an empty client_id", right, [("client_id", "")]),
        ("basic and an assertion", right, assertion),
        ("form pair and an assertion", None, [*by_post(known), *assertion]),
        ("basic, form pair and an assertion", right, [*by_post(known), *assertion]),
        ("an assertion that is none", None, assertion),
        ("an assertion of an unknown type", None, [("client_assertion_type", "urn:x"), ("client_assertion", "a.b.c")]),
        ("an assertion without a type", None, assertion[1:]),
        ("a type without an assertion", None, assertion[:1]),
        ("basic and an access_token parameter", right, [("access_token", "x")]),
    ):
        yield Case(f"combined: {shown}", "POST", TOKEN, form([GRANT, *fields]), authorization=authorization)


def grant_types(known):
    for shown, fields in (
        ("missing", []),
        ("empty", [("grant_type", "")]),
        ("twice the same", [GRANT, GRANT]),
        ("two different ones", [GRANT, ("grant_type", "password")]),
        ("unknown", [("grant_type", "magic")]),
        ("in capitals", [("grant_type", "CLIENT_CREDENTIALS")]),
        ("with a space", [("grant_type", "client_credentials ")]),
        ("two in one", [("grant_type", "client_credentials password")]),
        ("password", [("grant_type", "password"), ("username", "u"), ("password", "p")]),
        ("refresh_token", [("grant_type", "refresh_token"), ("refresh_token", "r")]),
        ("authorization_code", [("grant_type", "authorization_code"), ("code", "c")]),
        ("implicit", [("grant_type", "implicit")]),
        ("device code", [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "d")]),
        ("CIBA", [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", "a")]),
        (
            "token exchange",
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", "s"),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ],
        ),
        ("JWT bearer", [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", "a.b.c")]),
        ("SAML bearer", [("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"), ("assertion", "a")]),
    ):
        yield Case(f"grant: {shown}, basic", "POST", TOKEN, form(fields), authorization=by_basic(known))
        yield Case(f"grant: {shown}, form pair", "POST", TOKEN, form([*fields, *by_post(known)]))
    yield Case("grant: missing, nobody", "POST", TOKEN, form([("scope", INVOICES)]))
    yield Case("grant: unknown, wrong secret", "POST", TOKEN, form([("grant_type", "magic")]), authorization=encoded("a:b"))
    yield Case("grant: an empty body", "POST", TOKEN, "", authorization=by_basic(known))


def scopes(known):
    for shown, scope in (
        ("both", f"{INVOICES} {JOBS}"),
        ("both, the other way round", f"{JOBS} {INVOICES}"),
        ("the same twice", f"{INVOICES} {INVOICES}"),
        ("empty", ""),
        ("one space", " "),
        ("a space before", " " + INVOICES),
        ("a space behind", INVOICES + " "),
        ("two spaces between", f"{INVOICES}  {JOBS}"),
        ("known, not the client's", UNLISTED),
        ("one of the client's and one that is not", f"{INVOICES} {UNLISTED}"),
        ("unknown", "tn.unheard.of:r"),
        ("one of the client's and an unknown one", f"{INVOICES} tn.unheard.of:r"),
        ("in capitals", INVOICES.upper()),
        ("a comma between", f"{INVOICES},{JOBS}"),
        ("a tab between", f"{INVOICES}\t{JOBS}"),
        ("a line feed between", f"{INVOICES}\n{JOBS}"),
        ("a quotation mark", f'"{INVOICES}"'),
        ("a backslash", f"{INVOICES}\\"),
        ("a letter beyond ASCII", "tn.éé.x:r"),
        ("of OpenID Connect", "openid"),
        ("for a refresh token", "offline_access"),
        ("very long", "s" * 3000),
    ):
        fields = [GRANT, ("scope", scope)]
        yield Case(f"scope: {shown}, basic", "POST", TOKEN, form(fields), authorization=by_basic(known))
        yield Case(f"scope: {shown}, form pair", "POST", TOKEN, form([*fields, *by_post(known)]))


def resources(known):
    for shown, wanted in (
        ("the known one", [ISSUER]),
        ("the known one twice", [ISSUER, ISSUER]),
        ("unknown", ["https://api.example.com/"]),
        ("the known one and an unknown one", [ISSUER, "https://api.example.com/"]),
        ("with a fragment", [ISSUER + "#part"]),
        ("relative", ["/integration"]),
        ("a word", ["invoices"]),
        ("empty", [""]),
        ("no URI", ["http://[::"]),
        ("in capitals", [ISSUER.upper()]),
        ("with a slash behind", [ISSUER + "/"]),
        ("a URN", ["urn:example:api"]),
    ):
        fields = [GRANT, *(("resource", one) for one in wanted)]
        yield Case(f"resource: {shown}, basic", "POST", TOKEN, form(fields), authorization=by_basic(known))
        yield Case(f"resource: {shown}, form pair", "POST", TOKEN, form([*fields, *by_post(known)]))


def repetitions(known):
    for name, value in (
        ("client_id", known.client_id), ("client_secret", known.client_secret), ("scope", INVOICES), ("audience", "x"),
        ("client_assertion", "x"), ("x_unknown", "1"),
    ):  # fmt: skip
        twice = [(name, value), (name, value)]
        yield Case(f"repeated: {name}, basic", "POST", TOKEN, form([GRANT, *twice]), authorization=by_basic(known))
        others = [pair for pair in by_post(known) if pair[0] != name]
        yield Case(f"repeated: {name}, form pair", "POST", TOKEN, form([GRANT, *others, *twice]))
        differing = [(name, value), (name, "other")]
        yield Case(f"repeated: {name} differing", "POST", TOKEN, form([GRANT, *others, *differing]))
        empty = [(name, value), (name, "")]
        yield Case(f"repeated: {name}, once empty", "POST", TOKEN, form([GRANT, *others, *empty]))


def unknown_and_empty(known):
    for shown, fields in (
        ("one that nobody knows", [("x_unknown", "1")]),
        ("one that nobody knows, empty", [("x_unknown", "")]),
        ("the audience of others", [("audience", "https://api.example.com/")]),
        ("of another grant", [("code", "c"), ("redirect_uri", "https://example.com/"), ("refresh_token", "r")]),
        ("a user's name and password", [("username", "u"), ("password", "p")]),
        ("PKCE", [("code_verifier", "v" * 43)]),
        ("in PHP's way", [("scope[]", INVOICES)]),
        ("scope in capitals", [("SCOPE", "tn.unheard.of:r")]),
        ("twenty of them", [(f"x{number}", "1") for number in range(20)]),
        ("named as what objects have", [("__proto__", "1"), ("constructor", "1")]),
        ("without a name", [("", "1")]),
    ):
        yield Case(f"unknown: {shown}", "POST", TOKEN, form([GRANT, *fields]), authorization=by_basic(known))


def encodings(known):
    for shown, body in (
        ("no value and no equals sign", "grant_type=client_credentials&scope"),
        ("an ampersand before", "&grant_type=client_credentials"),
        ("an ampersand behind", "grant_type=client_credentials&"),
        ("two ampersands", "grant_type=client_credentials&&x=1"),
        ("an equals sign in the value", "grant_type=client_credentials&x=a=b"),
        ("letters percent-encoded", "%67rant_type=client%5Fcredentials"),
        ("small hexadecimal letters", "grant_type=client%5fcredentials"),
        ("a plus for a space", f"grant_type=client_credentials&scope={INVOICES}+{JOBS}"),
        ("%20 for a space", f"grant_type=client_credentials&scope={INVOICES}%20{JOBS}"),
        ("a bare space", f"grant_type=client_credentials&scope={INVOICES} {JOBS}"),
        ("a semicolon between", f"grant_type=client_credentials;scope={INVOICES}"),
        ("a percent sign alone", "grant_type=client_credentials&x=100%"),
        ("a percent sign and one digit", "grant_type=client_credentials&x=%4"),
        ("a percent sign and no digits", "grant_type=client_credentials&x=%zz"),
        ("a percent sign in the grant", "grant_type=client_credentials%"),
        ("bytes that are no UTF-8", "grant_type=client_credentials&x=%ff%fe"),
        ("a letter that is too long", "grant_type=client_credentials&x=%c0%80"),
        ("a NUL", "grant_type=client_credentials&x=%00"),
        ("a NUL in the grant", "grant_type=client_credentials%00"),
        ("a line feed behind", "grant_type=client_credentials\n"),
        ("a line feed, encoded", "grant_type=client_credentials%0A"),
        ("a byte order mark", "\ufeffgrant_type=client_credentials"),
        ("a question mark before", "?grant_type=client_credentials"),
        ("JSON in a form", '{"grant_type":"client_credentials"}'),
        ("nothing but ampersands", "&&&"),
        ("nothing but an equals sign", "="),
        ("letters beyond ASCII", "grant_type=client_credentials&x=%C3%A9"),
    ):
        yield Case(f"encoding: {shown}", "POST", TOKEN, body.encode(), authorization=by_basic(known))


def queries(known):
    pair = urllib.parse.urlencode(by_post(known))
    for shown, query, fields, authorization in (
        ("the pair", pair, [GRANT], None),
        ("everything", f"grant_type=client_credentials&{pair}", [], None),
        ("the secret, and Basic", urllib.parse.urlencode([("client_secret", known.client_secret)]), [GRANT], True),
        ("the grant, and Basic", "grant_type=client_credentials", [], True),
        ("the scope, and Basic", f"scope={INVOICES}", [GRANT], True),
        ("something unknown, and Basic", "x=1", [GRANT], True),
        ("nothing behind the question mark, and Basic", "", [GRANT], True),
    ):
        yield Case(
            f"query: {shown}", "POST", f"{TOKEN}?{query}", form(fields),
            authorization=by_basic(known) if authorization else None,
        )  # fmt: skip


def about_a_token(known, target):
    """What introspection and revocation are both asked, but for a live token."""
    right, wrong = by_basic(known), encoded(f"{known.client_id}:wrong")
    for shown, fields in (
        ("an unknown token", [("token", "no.such.token")]),
        ("an empty token", [("token", "")]),
        ("no token", []),
        ("no token but a hint", [("token_type_hint", "access_token")]),
        ("two tokens", [("token", "a"), ("token", "b")]),
        ("a long token", [("token", "t" * 5000)]),
        ("a token with a NUL", [("token", "a\0b")]),
        ("an unknown token as access_token", [("token", "x"), ("token_type_hint", "access_token")]),
        ("an unknown token as refresh_token", [("token", "x"), ("token_type_hint", "refresh_token")]),
        ("an unknown token of an unknown type", [("token", "x"), ("token_type_hint", "magic")]),
        ("two hints", [("token", "x"), ("token_type_hint", "access_token"), ("token_type_hint", "magic")]),
        ("an unknown parameter", [("token", "x"), ("x_unknown", "1")]),
    ):
        yield Case(f"{target}: {shown}, basic", "POST", target, form(fields), authorization=right)
        yield Case(f"{target}: {shown}, nobody", "POST", target, form(fields))
    unknown = [("token", "no.such.token")]
    for shown, fields, authorization in (
        ("form pair", by_post(known), None),
        ("wrong basic", [], wrong),
        ("wrong form pair", [("client_id", known.client_id), ("client_secret", "wrong")], None),
        ("client_id alone", [("client_id", known.client_id)], None),
        ("basic and form pair", by_post(known), right),
        ("bearer", [], "Bearer abc"),
    ):
        yield Case(f"{target}: an unknown token, {shown}", "POST", target, form([*unknown, *fields]), authorization=authorization)
    yield Case(f"{target}: the token in the query", "POST", f"{target}?token=x", form([]), authorization=right)


def introspections(known):
    yield from about_a_token(known, INTROSPECT)
    live = [("token", known.token)]
    yield Case("introspect: a live token, basic", "POST", INTROSPECT, form(live), authorization=by_basic(known))
    yield Case("introspect: a live token, form pair", "POST", INTROSPECT, form([*live, *by_post(known)]))
    yield Case("introspect: a live token, nobody", "POST", INTROSPECT, form(live))
    yield Case(
        "introspect: a live token as refresh_token, nobody", "POST", INTROSPECT,
        form([*live, ("token_type_hint", "refresh_token")]),
    )  # fmt: skip
    yield Case("introspect: asks for a signed answer", "POST", INTROSPECT, form(live), Accept="application/token-introspection+jwt")


def revocations(known):
    yield from about_a_token(known, REVOKE)
    live = [("token", known.token)]
    yield Case("revoke: a live token, wrong basic", "POST", REVOKE, form(live), authorization=encoded(f"{known.client_id}:wrong"))
    yield Case("revoke: a live token of an unknown type, basic", "POST", REVOKE,
               form([*live, ("token_type_hint", "magic")]), authorization=by_basic(known))  # fmt: skip
    yield Case("revoke: the same token again, basic", "POST", REVOKE, form(live), authorization=by_basic(known))


def documents(_known):
    for shown, target in (
        ("the keys", JWKS),
        ("the keys, with a query", JWKS + "?x=1"),
        ("the metadata", METADATA),
        ("the metadata of an unknown issuer", METADATA + "/more"),
        ("the metadata of no issuer", "/.well-known/oauth-authorization-server"),
        ("the keys with a slash behind", JWKS + "/"),
        ("a path that is none", "/integration/nothing"),
        ("the root", "/"),
        ("the authorization endpoint", "/integration/authorize"),
        ("the registration endpoint", "/integration/register"),
    ):
        yield Case(f"document: {shown}", "GET", target)
    yield Case("document: the keys as a key set", "GET", JWKS, Accept="application/jwk-set+json")
    yield Case("document: the metadata for somebody who takes only XML", "GET", METADATA, Accept="application/xml")
    yield Case("document: a token endpoint that is none", "POST", "/nowhere/token", form([GRANT]))
