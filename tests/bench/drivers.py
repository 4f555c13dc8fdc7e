"""The programs that put load on a server, compiled from the sources beside this file, and the places they run at."""

import contextlib
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=c++23", "-O2", "-Wall", "-Wextra"]
PATIENCE = 60  # seconds; no single run takes longer than a few

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, CLIENT_CPU = (CPUS[0], CPUS[1]) if len(CPUS) > 1 else (None, None)


class CannotMeasure(Exception):
    """Why something cannot be measured here, for a person."""


@contextlib.contextmanager
def on_cpu(cpu):
    """What is started meanwhile runs on that CPU alone; with None, wherever there is one."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(CPUS))


def compiled(name, directory, *flags):
    """The program NAME.cpp, in `directory`."""
    program = pathlib.Path(directory) / name
    command = ["c++", *FLAGS, "-o", program, HERE / f"{name}.cpp", *flags]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode != 0:
        raise CannotMeasure(f"{name}.cpp does not compile: {built.stderr.strip()[:2000]}")
    return program


def run(*command, environment=None, patience=PATIENCE):
    """What a client printed as JSON; it runs on the clients' CPU."""
    words = [str(word) for word in command]
    with on_cpu(CLIENT_CPU):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **(environment or {})})  # fmt: skip
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{pathlib.Path(words[0]).name} did not end within {patience} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise CannotMeasure(err.strip()[:500] or f"{words[0]} ended with {process.returncode}")
    return json.loads(out)


class Load:
    """The client `load`, which knows several protocols."""

    def __init__(self, directory):
        self.program = compiled("load", directory)

    def __call__(self, server, request, seconds, sessions=1, connect=False, vary=None):
        """One run against `server`, with a file that holds the request."""
        words = ["--socket", server.socket, "--request", request, "--protocol", server.protocol,
                 "--sessions", sessions, "--seconds", seconds, "--cpu-of", ",".join(map(str, server.pids()))]  # fmt: skip
        if connect:
            words += ["--connect"]
        if vary:
            words += ["--vary", vary]
        return run(self.program, *words)
