"""The epoch page as a program in another language reads it: 64-bit words in a file that is mapped (docs/epoch-page.md)."""

import mmap
import os
import struct
import time

VERSION = 0x4A45544F4E455031  # "JETONEP1"
SIZE = 4096
FRESH = 3_000_000_000  # nanoseconds


class Page:
    """One mapping: what it shows is that very page, whatever becomes of the name."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.memory = mmap.mmap(file.fileno(), SIZE, prot=mmap.PROT_READ)

    def words(self):
        return struct.unpack_from("=7Q", self.memory)

    @property
    def is_void(self):
        return self.words()[0] != VERSION

    @property
    def instance(self):
        """As 32 hex digits; None where nothing is said."""
        _, _, high, low, *_ = self.words()
        return f"{high:016x}{low:016x}" if high or low else None

    @property
    def epoch(self):
        return self.words()[4]

    @property
    def age(self):
        """Of the heartbeat, in seconds."""
        heartbeat = self.words()[5]
        return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - heartbeat) / 1e9

    @property
    def time_namespace(self):
        return self.words()[6]

    def says(self, instance, epoch):
        sequence = self.words()[1]
        version, _, high, low, said, heartbeat, _ = self.words()
        if sequence % 2 or self.words()[1] != sequence or version != VERSION:
            return False
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - heartbeat
        return f"{high:016x}{low:016x}" == instance and said == epoch and 0 <= age <= FRESH


def path_of(daemon):
    return daemon.run / "page" / "epoch"


def own_time_namespace():
    try:
        return os.stat("/proc/self/ns/time").st_ino
    except FileNotFoundError:
        return 0
