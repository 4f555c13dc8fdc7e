"""Looks for secrets, in every spelling, in files and in the memory of processes (find.c)."""

import base64
import subprocess

from kernel import built


def spellings(secret):
    """The forms in which a secret could be lying about. `secret`: bytes."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    forms.add("".join(f"%{byte:02X}" for byte in secret).encode())
    forms.add("".join(f"%{byte:02x}" for byte in secret).encode())
    # Base64 depends on the position within a longer text: the inner part of each of the three.
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + secret)
            forms.add(encoded[4 if shift else 0 : (len(shift * b"\0" + secret) // 3) * 4])
    return {form for form in forms if len(form) >= 16}


class Search:
    """For secrets by name, in every spelling; a piece of 16 bytes is as good as the whole."""

    def __init__(self, directory, secrets):
        """`secrets`: name (without blanks) → bytes."""
        self.program = built("find.c", "-O2")
        self.needles = directory / "needles"
        with open(self.needles, "w") as file:
            for name, secret in secrets.items():
                for spelling in spellings(secret):
                    file.write(f"{name} {spelling.hex()}\n")
        self.needles.chmod(0o600)

    def found_in(self, *places):
        """{(place, name)}; a place is a file or `pid:NUMBER`."""
        run = subprocess.run([self.program, self.needles, *map(str, places)], capture_output=True, text=True, check=True)
        return {tuple(line.rsplit(" ", 1)[0].split(" ", 1)) for line in run.stdout.splitlines()}
