"""Runs a Python program whose requests for a token take the daemon's socket, and changes nothing else of it."""

import argparse
import os
import runpy
import sys

from . import DEFAULT_ORIGINS


def main() -> None:
    """python3 -m jeton [--connection C] [--origin URL]… PROGRAM [ARGUMENT…]"""
    line = argparse.ArgumentParser(prog="python3 -m jeton", description=__doc__)
    line.add_argument("--connection", help="APP/TENANT@ENVIRONMENT; the program's own client ID and secret are left out")
    line.add_argument("--origin", action="append", help=f"of the token URL; default: {' '.join(DEFAULT_ORIGINS)}")
    line.add_argument("program", help="the program's file")
    line.add_argument("arguments", nargs=argparse.REMAINDER)
    said = line.parse_args()
    chosen = {"origins": said.origin or DEFAULT_ORIGINS, "connection": said.connection}
    for library in ("requests", "httpx"):
        try:
            __import__(f"{__package__}.{library}", fromlist=["install"]).install(**chosen)
        except ModuleNotFoundError as missing:
            if missing.name and missing.name.split(".")[0] == __package__:
                raise
    sys.argv = [said.program, *said.arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(said.program))
    runpy.run_path(said.program, run_name="__main__")


main()
