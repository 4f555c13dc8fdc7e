"""A stand-in for the API that tokens are for: it looks at the bearer token, and remembers who came with which."""

import http.server
import json
import threading
import time

import wire


class Api:
    """`url`; `calls`: the tokens that were taken; `reject()`: from now on what was issued before is 401."""

    def __init__(self):
        self.calls, self.refused = [], []
        self.rejected = set()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                # Public clients send the token with and without `Bearer`, and both work.
                token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
                good = api.is_good(token)
                (api.calls if good else api.refused).append(token)
                body = json.dumps({"ok": good, "path": self.path}).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/crm/v2/tenant/1234567/customers"

    def is_good(self, token):
        if token.count(".") != 2 or token in self.rejected:
            return False
        return wire.claims(token)[1]["exp"] > time.time()

    def reject(self):
        self.rejected |= set(self.calls)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
