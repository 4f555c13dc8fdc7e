"""Shows what is in a token answer on standard input: header and claims, never the token itself."""

import base64
import json
import sys


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def short(members):
    """`name: value, …`; a list as words."""
    return ", ".join(f"{name}: {' '.join(map(str, value)) if isinstance(value, list) else value}"
                     for name, value in members.items())


def main():
    text = sys.stdin.read().strip()
    try:
        answer = json.loads(text)
        header, claims, _ = answer["access_token"].split(".")
    except (ValueError, KeyError, TypeError):
        print(f"  this is no token: {text or 'nothing was answered'}", file=sys.stderr)
        return 1
    print(f"  token   {short(decoded(header))}")
    print(f"  claims  {short(decoded(claims))}")
    rest = {name: answer[name] for name in ("connection", "scope", "expires_in") if name in answer}
    print(f"  answer  {short(rest)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
