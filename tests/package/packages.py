"""The Debian packages that are tested: as files, opened, and as another version."""

import functools
import os
import pathlib
import re
import subprocess
import tempfile

from programs import REPOSITORY

NAMES = ("jeton", "libjeton1", "libjeton-dev", "python3-jeton", "node-jeton")
work = tempfile.TemporaryDirectory(prefix="jpkg-")
HERE = pathlib.Path(work.name)


def run(*words, **options):
    finished = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if finished.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {finished.returncode}: {finished.stdout}{finished.stderr}")
    return finished.stdout


def folder():
    return REPOSITORY / os.environ["JETON_PACKAGES"]  # `run` made them


def changes():
    (found,) = folder().glob("*.changes")
    return found


@functools.cache
def file(name):
    (found,) = folder().glob(f"{name}_*.deb")
    return found


@functools.cache
def listing(name):
    """path → (mode, owner) of all that is in the package."""
    found = {}
    for line in run("dpkg-deb", "-c", file(name)).splitlines():
        mode, owner, _size, _date, _time, path = re.split(r"\s+", line, maxsplit=5)
        found[path.split(" -> ")[0].removeprefix(".")] = (mode, owner)
    return found


@functools.cache
def opened():
    """A folder with what all packages install."""
    root = HERE / "root"
    for name in NAMES:
        run("dpkg-deb", "-x", file(name), root)
    return root


@functools.cache
def tree_of(name):
    tree = HERE / name
    run("dpkg-deb", "-R", file(name), tree)
    return tree


def as_version(name, version):
    """The same package under another version."""
    control = tree_of(name) / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    package = HERE / f"{name}_{version}.deb"
    run("dpkg-deb", "--root-owner-group", "-Znone", "-b", tree_of(name), package)
    return package
