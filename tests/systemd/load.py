#!/usr/bin/env python3
"""Asks for tokens, each on a new connection, with 4 threads until standard input ends; prints what came of it as JSON.

usage: load.py                  of the caller's default binding, again and again
       load.py CONNECTION…      one of each, in turn
"""

import collections
import json
import sys
import threading
import time

from ask import ask

asked = collections.deque(sys.argv[1:])
named = bool(asked)
counts = collections.Counter()
slowest = 0.0
ended = threading.Event()
lock = threading.Lock()


def work():
    global slowest
    while not ended.is_set():
        try:
            fields = {"connection": asked.popleft()} if named else {}
        except IndexError:
            return
        began = time.monotonic()
        try:
            status, body = ask({"grant_type": "client_credentials", **fields})
            what = str(status) if status == 200 else f"{status} {body}"
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
if not named:
    sys.stdin.read()
    ended.set()
for thread in threads:
    thread.join()
print(json.dumps({"counts": counts, "slowest": slowest}))
