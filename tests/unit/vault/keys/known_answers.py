#!/usr/bin/env python3
"""Prints known_answers.hpp: what keys/ must produce, computed without it (hashlib's BLAKE2b, XChaCha20-Poly1305 written out
from RFC 8439 and draft-irtf-cfrg-xchacha-03, X25519 from RFC 7748; Argon2id is OpenSSL's, by python3-cryptography ≥ 44).
Run: python3 known_answers.py > known_answers.hpp"""
import hashlib
import struct

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def blake2b(key, data, size=32):
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def subkey(master, number, context):  # libsodium's crypto_kdf
    salt = struct.pack("<Q", number) + bytes(8)
    return hashlib.blake2b(b"", key=master, digest_size=32, salt=salt, person=context + bytes(8)).digest()


def number(value):
    return struct.pack("<q", value)


def field(value):
    value = value.encode() if isinstance(value, str) else value
    return number(len(value)) + value


def rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] = rotate(s[z] ^ s[x], n)


def rounds(s):
    for _ in range(10):
        for column in range(4):
            quarter(s, column, column + 4, column + 8, column + 12)
        for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, a, b, c, d)


CONSTANT = list(struct.unpack("<4I", b"expand 32-byte k"))


def block(key, counter, nonce):
    s = CONSTANT + list(struct.unpack("<8I", key)) + [counter] + list(struct.unpack("<3I", nonce))
    mixed = s[:]
    rounds(mixed)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, mixed)))


def hchacha20(key, nonce):
    s = CONSTANT + list(struct.unpack("<8I", key)) + list(struct.unpack("<4I", nonce))
    rounds(s)
    return struct.pack("<8I", *(s[:4] + s[12:]))


def xchacha20_poly1305(key, nonce, plain, associated):
    key, nonce = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    sealed = b""
    for i in range(0, len(plain), 64):
        sealed += bytes(a ^ b for a, b in zip(plain[i : i + 64], block(key, 1 + i // 64, nonce)))
    once = block(key, 0, nonce)
    r = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = lambda x: x + bytes(-len(x) % 16)
    message = padded(associated) + padded(sealed) + struct.pack("<QQ", len(associated), len(sealed))
    tag = 0
    for i in range(0, len(message), 16):
        tag = (tag + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return sealed + ((tag + int.from_bytes(once[16:32], "little")) % (1 << 128)).to_bytes(16, "little")


# The draft's own example, A.3.1, first.
assert xchacha20_poly1305(
    bytes(range(0x80, 0xA0)),
    bytes(range(0x40, 0x58)),
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
).endswith(bytes.fromhex("c0875924c1c7987947deafd8780acf49"))

ROOT = bytes(range(32))
DATA = bytes(range(100, 132))
NONCE = bytes(range(24))


def root_subkey(purpose):
    return subkey(ROOT, purpose, b"jetonrk1")


def box(key, associated, plain):
    return b"\1" + NONCE + xchacha20_poly1305(key, NONCE, plain, b"\1" + associated)


def element(table, row, mac):
    return int.from_bytes(blake2b(root_subkey(2), field("jeton set") + field(table) + field(row) + field(mac), 64), "little")


def little(value):
    return (value % (1 << 512)).to_bytes(64, "little")


def x25519(scalar, point):
    prime = 2**255 - 19
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a, c * b
        e = a * a - b * b
        x3, z3 = (da + cb) ** 2 % prime, x1 * (da - cb) ** 2 % prime
        x2, z2 = a * a * b * b % prime, e * (a * a + 121665 * e) % prime
    if swap:
        x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, prime - 2, prime) % prime).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")
# RFC 7748, section 5.2, the first example.
assert x25519(
    bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
    bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
) == bytes.fromhex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")


def recovery_key(random):
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    check = int.from_bytes(blake2b(b"", b"jeton recovery key" + random), "big") >> (256 - 20)
    bits = int.from_bytes(random, "big") << 20 | check
    symbols = "".join(alphabet[bits >> (180 - 5 * (i + 1)) & 31] for i in range(36))
    return "jrk." + "-".join(symbols[i : i + 6] for i in range(0, 36, 6))


def old_slot():
    salt, secret = bytes(range(50, 82)), bytes(range(150, 182))
    material = blake2b(salt, field("jeton key slot") + field("key-file") + number(32) + secret, 64)
    place = field("jeton key slot") + field("ab12") + field("key-file") + field("/etc/jeton/key")
    return material[32:] + box(material[:32], place, ROOT)


def slot(kind, label, secret, passes=0, memory=0):
    salt, ephemeral = bytes(range(50, 82)), bytes(range(10, 42))
    material = blake2b(salt, field("jeton key slot 2") + field(kind) + number(len(secret)) + secret, 64)
    secret_key, authenticator_key = material[:32], material[32:]
    public_key, ephemeral_key = x25519(secret_key, BASE), x25519(ephemeral, BASE)
    place = field("jeton key slot 2") + field("ab12") + field(kind) + field(label) + field(salt)
    place += number(passes) + number(memory) + field(public_key)
    key = blake2b(x25519(ephemeral, public_key), field("jeton key slot box") + field(ephemeral_key) + field(public_key))
    wrapped = ephemeral_key + box(key, place, ROOT)
    return {
        "public_key": public_key,
        "wrapped": wrapped,
        "authenticator": blake2b(authenticator_key, field("jeton slot authenticator") + field(place) + field(wrapped)),
        "authenticator_key": box(root_subkey(9), field("jeton slot authenticator key") + field(place), authenticator_key),
    }


def passphrase_slot():
    salt = bytes(range(50, 82))
    stretched = Argon2id(salt=salt[:16], length=32, iterations=3, lanes=1, memory_cost=64).derive(b"correct horse battery staple")
    return slot("passphrase", "mine", stretched, 3, 64)


def named(prefix, answers):
    return {prefix + name: answer for name, answer in answers.items()}


ONE, TWO = b"\x11" * 32, b"\x22" * 32
BOTH = element("apps", "0f", ONE) + element("tenants", "aa", TWO)
PLACE = field("secrets") + field("5ec") + field("e11") + number(2)
VERIFIER_KEY = bytes(range(200, 232))
ANSWERS = {
    "row_mac": blake2b(root_subkey(1), field("jeton row") + field("apps") + field("0f") + field(b"abc")),
    "set_of_two": little(BOTH),
    "set_digest": blake2b(root_subkey(2), field("jeton set digest") + field(little(BOTH))),
    "set_minus_one": little(-element("apps", "0f", ONE)),
    "chain": blake2b(root_subkey(3), field("jeton audit") + field(b"\x33" * 32) + field(b"entry")),
    "anchor": blake2b(root_subkey(4), field("jeton anchor") + field(b"content")),
    "value": box(subkey(DATA, 1, b"jetondk1"), field("jeton value") + PLACE, b"a client secret"),
    "verifier": box(
        subkey(DATA, 2, b"jetondk1"),
        field("jeton verifier") + PLACE,
        VERIFIER_KEY + blake2b(VERIFIER_KEY, b"jcs.secret"),
    ),
    "wrapped_data_key": box(root_subkey(6), field("jeton data key") + field("e11") + number(2), DATA),
    "old_slot": old_slot(),
    **named("slot_", slot("key-file", "/etc/jeton/key", bytes(range(150, 182)))),
    **named("passphrase_slot_", passphrase_slot()),
}

print("/// Known answers, printed by known_answers.py: none of them was computed by jeton.\n#pragma once\n")
print("#include <string_view>\n\nnamespace jeton::vault::known {\n\n// clang-format off")
for name, answer in ANSWERS.items():
    text = answer.hex()
    lines = [text[i : i + 100] for i in range(0, len(text), 100)]
    print(f"inline constexpr std::string_view {name} =\n    " + "\n    ".join(f'"{line}"' for line in lines) + ";")
print(f'inline constexpr std::string_view recovery_key = "{recovery_key(bytes(range(20)))}";')
print("// clang-format on\n\n}  // namespace jeton::vault::known")
