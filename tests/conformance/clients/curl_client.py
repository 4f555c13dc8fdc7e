"""curl, as a shell script calls it: `--unix-socket`, and the URL as it would be elsewhere."""

import json
import subprocess

from over_socket import CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, SOCKET, TOKEN, revocation, tell


def curl(url, *arguments, fails=False):
    command = ["curl", "-sS", "--fail-with-body", "--max-time", "20", "--unix-socket", SOCKET, url, *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    if (run.returncode == 22) != fails:
        raise RuntimeError(f"curl ended with {run.returncode}: {run.stdout} {run.stderr}")
    return json.loads(run.stdout) if run.stdout else None


def data(**form):
    return [word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")]


def token(*arguments, fails=False, **form):
    given = curl(ISSUER + "/token", *data(grant_type="client_credentials", **form), *arguments, fails=fails)
    return {"error": given["error"]} if fails else given


def introspected(value):
    return curl(ISSUER + "/introspect", *data(token=value))


def revoke(value):
    curl(ISSUER + "/revoke", *data(token=value), *BASIC)


BASIC = ("-u", f"{CLIENT_ID}:{CLIENT_SECRET}")

tell(
    subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split()[1],
    {
        "discovery": lambda: curl("http://localhost/.well-known/oauth-authorization-server" + ISSUER[16:]),
        "basic": lambda: token(*BASIC),
        "post": lambda: token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
        "peer": lambda: token(),
        "scope": lambda: token(*BASIC, scope=SCOPE),
        "resource": lambda: token(*BASIC, resource=ISSUER),
        "refusals": lambda: {
            "basic": token("-u", f"{CLIENT_ID}:wrong", fails=True),
            "post": token(client_id=CLIENT_ID, client_secret="wrong", fails=True),
            "scope": token(*BASIC, scope="tn.unheard.of:r", fails=True),
        },
        "introspection": lambda: {"live": introspected(TOKEN), "unknown": introspected("no.such.token")},
        "revocation": lambda: revocation(token(*BASIC, scope=SCOPE)["access_token"], revoke),
    },
)
