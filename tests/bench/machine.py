"""What the figures were measured on."""

import os
import pathlib
import platform
import subprocess


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return done.stdout.splitlines()[0].strip()
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown"


def value_in(file, name):
    for line in pathlib.Path(file).read_text(errors="replace").splitlines():
        key, _, value = line.partition("=" if "=" in line.split(":")[0] else ":")
        if key.strip() == name:
            return value.strip().strip('"')
    return "unknown"


def file_system(directory):
    return first_line("findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(directory))


def describe(directory):
    """`directory`: where the stores lie."""
    return {
        "cpu": value_in("/proc/cpuinfo", "model name"),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_mib": int(value_in("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "system": value_in("/etc/os-release", "PRETTY_NAME"),
        "compiler": first_line("c++", "--version"),
        "file_system": file_system(directory),
        "virtual": first_line("systemd-detect-virt", "--vm"),
    }


def load_average():
    return round(os.getloadavg()[0], 2)
