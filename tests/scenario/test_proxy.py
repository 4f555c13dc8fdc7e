"""Token endpoints behind a proxy: a tunnel that the configuration names, and nothing else does."""

import socket
import threading

import programs
from evil_scenario import SECRET, EvilScenario, Listener


class Proxy:
    """Makes tunnels, and notes what it is asked and what passes through them; with `status`, it refuses."""

    def __init__(self):
        self.asked, self.passed, self.status = [], b"", 200
        self.listener = Listener(self.serve)
        self.url = f"http://127.0.0.1:{self.listener.port}"

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.asked.append(head.decode())
        client.sendall(f"HTTP/1.1 {self.status} So\r\n\r\n".encode())
        if self.status != 200:
            return
        host, port = head.split(b" ")[1].rsplit(b":", 1)
        with socket.create_connection((host.decode(), int(port))) as server:
            back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
            back.start()
            self.pump(client, server)
            back.join(10)

    def pump(self, source, target):
        try:
            while data := source.recv(65536):
                self.passed += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two has left


class Proxied(EvilScenario):
    proxy_loopback = "yes"

    def setUp(self):
        self.proxy = Proxy()
        self.addCleanup(self.proxy.listener.close)
        self.extra_config = f'[exchange]\nproxy = "{self.proxy.url}"\nproxy_loopback = "{self.proxy_loopback}"\n'
        super().setUp()
        self.endpoint = self.new_evil()
        self.app()
        self.connection = self.environment_at(self.endpoint, "good", "--client-auth", "basic")

    def take(self):
        return self.jeton("secret", "import", self.connection, "--client-id", "cid.a", "--json", stdin=SECRET + "\n")


class Tunnel(Proxied):
    def test_an_endpoint_is_reached_by_a_tunnel_that_shows_nothing(self):
        self.assertEqual(self.take().code, 0)
        (head,) = self.proxy.asked
        port = self.endpoint.listeners["server"].port
        self.assertTrue(head.startswith(f"CONNECT localhost:{port} HTTP/1.1\r\n"), head)
        self.assertNotIn("authorization", head.lower())
        self.assertNotIn(SECRET.encode(), self.proxy.passed)
        self.assertIn("Authorization: Basic", self.endpoint.seen[0]["head"])

    def test_a_proxy_that_refuses_or_is_gone_is_named(self):
        self.proxy.status = 407
        refusal = self.take().error
        self.assertRegex(
            refusal["error_description"],
            rf"^the proxy {self.proxy.url} refuses a tunnel to localhost:\d+ \(HTTP 407\)$",
        )
        self.proxy.listener.close()
        gone = f"the proxy {self.proxy.url} cannot be reached"  # told once the endpoint is asked again, a moment later
        programs.wait_until(lambda: gone in self.take().error["error_description"], seconds=30, step=0.5, what=gone)
        self.assertEqual(self.endpoint.seen, [])


class Loopback(Proxied):
    proxy_loopback = "no"

    def test_an_endpoint_on_this_host_is_not_asked_through_the_proxy_unless_that_is_said(self):
        self.assertEqual(self.take().code, 0)
        self.assertEqual(self.proxy.asked, [])


class Environment(EvilScenario):
    def test_T44_a_proxy_of_the_environment_is_not_used(self):
        proxy = Proxy()
        self.addCleanup(proxy.listener.close)
        self.daemon.stop()
        self.daemon.start(environment={name: proxy.url for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY")})
        endpoint = self.new_evil()
        self.app()
        connection = self.environment_at(endpoint)
        self.ok("secret", "import", connection, "--client-id", "cid.a", stdin=SECRET + "\n")
        self.assertEqual((len(endpoint.seen), proxy.asked), (1, []))
