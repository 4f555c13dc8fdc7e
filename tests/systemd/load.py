#!/usr/bin/env python3
"""Asks for tokens, each on a new connection, with 4 threads until standard input ends; prints what came of it as JSON.

usage: load.py                  of the caller's default binding
       load.py CONNECTION…      of each in turn, again and again
"""

import collections
import itertools
import json
import sys
import threading
import time

from ask import ask

asked = itertools.cycle([{"connection": name} for name in sys.argv[1:]] or [{}])
counts, tokens = collections.Counter(), set()
slowest = 0.0
ended = threading.Event()
lock = threading.Lock()


def work():
    global slowest
    while not ended.is_set():
        with lock:
            fields = next(asked)
        began = time.monotonic()
        try:
            status, body = ask({"grant_type": "client_credentials", **fields})
            what = str(status) if status == 200 else f"{status} {body}"
            tokens.add(json.loads(body).get("access_token"))
        except OSError as problem:
            what = type(problem).__name__
        except Exception as problem:  # an answer that was cut
            what = type(problem).__name__
        with lock:
            counts[what] += 1
            slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.002)


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
print("begun", flush=True)
sys.stdin.read()
ended.set()
for thread in threads:
    thread.join()
print(json.dumps({"counts": counts, "tokens": len(tokens), "slowest": slowest}))
