#!/usr/bin/env python3
"""A token endpoint on the loopback interface that takes its time, and whose tokens soon end; prints its port, serves until
standard input ends."""

import http.server
import itertools
import json
import sys
import threading
import time

NUMBERS = itertools.count(1)


class Portal(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.3)
        body = json.dumps({"access_token": f"at.{next(NUMBERS)}", "token_type": "Bearer", "expires_in": 2}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
