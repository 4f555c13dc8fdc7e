"""libjeton as the scenarios use it: the built library, and a small C program on it that is told what to do."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from programs import BUILD, ENVIRONMENT, REPOSITORY, sanitizer

INCLUDE = REPOSITORY / "libclient" / "include"
SOURCE = pathlib.Path(__file__).with_name("clients") / "library_caller.c"
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", "-pthread"]


def library():
    """The shared library, where the build leaves it."""
    found = BUILD / "libclient" / "library" / "libjeton.so.1"
    if not found.exists():
        raise AssertionError(f"{found} is missing: build first (tools/test does)")
    return found.resolve()


def missing():
    """Why no program on the library can be built and run here, or None."""
    if sanitizer():
        return "a libjeton with sanitizers wants their runtime in whoever loads it"
    return None if shutil.which("cc") else "no C compiler, which builds a program on libjeton"


def compiled(source, program, flags=FLAGS, compiler="cc"):
    """Builds a program on the library, as its users do."""
    run = subprocess.run(
        [compiler, *flags, "-I", INCLUDE, "-o", program, source, library(), f"-Wl,-rpath,{library().parent}"],
        capture_output=True, text=True,
    )  # fmt: skip
    if run.returncode != 0:
        raise AssertionError(f"{source} does not compile:\n{run.stderr}")
    return program


@functools.cache
def caller_program():
    global _directory  # it goes when the tests end
    _directory = tempfile.TemporaryDirectory(prefix="jl-", dir="/tmp")
    os.chmod(_directory.name, 0o755)
    return compiled(SOURCE, pathlib.Path(_directory.name) / "library_caller")


class LibraryCaller:
    """One running program. `get(5000, connection=…)` is one line to it and one back."""

    def __init__(self, directory, *flags, wrapper=(), environment=None):
        self.process = subprocess.Popen(
            [*wrapper, caller_program(), str(directory), *flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
            env={**ENVIRONMENT, **(environment or {})},
        )  # fmt: skip

    def tell(self, *words, **members):
        line = [*map(str, words), *(f"{name}={value}" for name, value in members.items())]
        self.process.stdin.write("\t".join(line) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError(f"the program ended with {self.process.wait(5)}: {self.process.stderr.read()}")
        return answer.strip()

    def get(self, timeout=5000, **members):
        """(code, the rest of the line)"""
        code, rest = self.tell("get", timeout, **members).split(" ", 1)
        return code, rest

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        return self.process.returncode
