"""After a whole life cycle with known secrets: none is in the front's memory, none is in clear in any file."""

import base64
import json
import os
import re

import wire
from harness import USER, Scenario
from programs import descendants, sanitizer
from searching import spellings
from system import path_of


def memory_of(pid):
    """Every readable byte of a process, mapping by mapping. Needs root, as the daemon is not dumpable."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, permissions, *rest = line.split()
            if "r" not in permissions or rest[-1:] in (["[vvar]"], ["[vsyscall]"], ["[vvar_vclock]"]):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                yield line.strip(), memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue  # guard pages of locked memory


class Secrecy(Scenario):
    needs_upstream = True

    def setUp(self):
        super().setUp()
        self.local_environment("integration")
        self.upstream_environment("production")
        self.app()
        self.local_secrets, self.upstream_secrets = [], []
        self.life_cycle()

    def life_cycle(self):
        """Everything that carries a secret: by form, by Basic, wrong ones, refused ones, imported and replaced ones."""
        from wire import basic

        for tenant in ("1111111", "2222222"):
            connection, client_id, secret = self.with_pair(tenant, "integration")
            self.local_secrets.append(secret)
            self.assertToken(self.post("/token", client_id=client_id, client_secret=secret))
            self.assertToken(self.post("/token", headers={"Authorization": basic(client_id, secret)}))
            self.post("/production/token", client_id=client_id, client_secret=secret)
            self.post("/token", form=[("client_secret", secret), ("client_secret", secret)])
            upstream = self.listed(tenant, "production")
            self.allow(upstream)
            client_id, secret = self.upstream.add_client(tenant)
            self.upstream_secrets.append(secret)
            self.ok("secret", "import", upstream, "--client-id", client_id, stdin=secret)
            self.ok("binding", "add", upstream, "--user", USER)
            self.assertToken(self.post("/production/token", connection=upstream))
            self.post("/production/token", client_id=client_id, client_secret=secret)
            self.post("/integration/token", headers={"Authorization": basic(client_id, secret)})
        self.ok("access", "disable", connection, "--yes")
        self.ok("access", "enable", connection)
        self.ok("audit", "list")
        self.token = self.assertToken(self.post("/production/token", connection=upstream))["access_token"]

    def root_keys(self):
        """The key file as bytes, and what it says if it is hex or base64."""
        content = self.daemon.key_file.read_bytes()
        keys = {content.strip()} if len(content.strip()) >= 16 else set()
        keys.add(content)
        for word in re.findall(rb"[0-9A-Za-z+/_=-]{40,}", content):
            for decode in (bytes.fromhex, base64.urlsafe_b64decode, base64.b64decode):
                try:
                    keys.add(decode(word.decode()))
                except ValueError:
                    pass
        return {key for key in keys if len(key) >= 16}

    def found(self, wanted, places):
        """[(place, which)] for every wanted secret in any spelling; `wanted`: name → bytes."""
        needles = [(name, form) for name, secret in wanted.items() for form in spellings(secret)]
        return [(place, name) for place, content in places for name, form in needles if form in content]

    def upstream_wanted(self):
        return {f"upstream secret {number}": secret.encode() for number, secret in enumerate(self.upstream_secrets)}

    def local_wanted(self):
        return {f"local secret {number}": secret.encode() for number, secret in enumerate(self.local_secrets)}

    def key_wanted(self):
        return {f"root key {number}": key for number, key in enumerate(sorted(self.root_keys()))}

    def front_memory(self):
        if sanitizer():
            self.skipTest(sanitizer())
        if os.geteuid() != 0:
            self.skipTest("needs root to read /proc/PID/mem of a process that is not dumpable")
        try:
            dump = list(memory_of(self.daemon.pid))
        except PermissionError:
            self.skipTest("this kernel lets not even root read another process's memory")
        # The control: a cached token is there by design. A dump without it proves nothing.
        self.assertTrue(any(self.token.encode() in content for _, content in dump), "the dump lacks what must be in it")
        return dump

    def test_T41_the_fronts_memory_holds_no_key_and_no_upstream_secret(self):
        self.assertEqual(self.found({**self.key_wanted(), **self.upstream_wanted()}, self.front_memory()), [])

    def test_T41_the_fronts_memory_keeps_no_local_secret_that_passed_through(self):
        # Nor one of a session that goes on, whose next request is recognised by its bytes.
        connection, client_id, secret = self.with_pair("3333333", "integration")
        self.local_secrets.append(secret)
        pair = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        with wire.connect(self.daemon.token_socket) as session:
            for _ in range(4):
                session.sendall(wire.token_request_bytes("/token", pair))
                self.token = self.assertToken(wire.receive_answer(session))["access_token"]
            self.assertEqual(self.found(self.local_wanted(), self.front_memory()), [])
            # Nor one of a session that ended behind its answer, and is listened to until its caller closes, too.
            session.sendall(wire.token_request_bytes("/token", {**pair, "scope": "nonexistent"}, last=True))
            self.assertEqual(wire.receive_answer(session).status, 400)
            self.assertEqual(self.found(self.local_wanted(), self.front_memory()), [])

    def test_T41_the_exchange_forgets_a_secret_when_its_request_has_ended(self):
        self.front_memory()
        dump = list(memory_of(self.daemon.helpers()["jeton-exchange"]))
        self.assertEqual(self.found({**self.key_wanted(), **self.upstream_wanted()}, dump), [])

    def test_T41_a_typed_passphrase_or_recovery_key_stays_in_no_process_and_no_file(self):
        passphrase, other = "correct horse battery staple", "four words that open nothing"
        key = self.ok("key", "slot", "add", "recovery")["recovery_key"]
        self.ok("key", "slot", "add", "passphrase", stdin=f"{key}\n{passphrase}\n")
        self.ok("key", "slot", "test", stdin=passphrase)
        self.refused("key", "slot", "test", stdin=other, error="forbidden")
        self.ok("seal", "--yes")
        self.ok("unseal", stdin=passphrase)
        self.token = self.assertToken(self.post("/production/token", connection="dispatcher/2222222@production"))[
            "access_token"
        ]
        wanted = {"passphrase": passphrase.encode(), "wrong one": other.encode(), "recovery key": key.encode()}
        self.assertEqual(self.found(wanted, self.front_memory()), [])
        self.assertEqual(self.found(wanted, memory_of(self.daemon.helpers()["jeton-vault"])), [])
        self.assertEqual(self.found(wanted, [(file, file.read_bytes()) for file in self.daemon.files()]), [])

    def test_T41_no_file_holds_a_key_or_a_secret_in_clear(self):
        for stopped in (False, True):  # with the WAL, and after the checkpoint
            if stopped:
                self.daemon.stop()
            files = [(file, file.read_bytes()) for file in self.daemon.files()]
            self.assertTrue(any(b"dispatcher" in content for _, content in files), "the search finds what is there")
            self.assertEqual(self.found({**self.upstream_wanted(), **self.local_wanted()}, files), [])
            others = [(file, content) for file, content in files if file != self.daemon.key_file]
            self.assertEqual(self.found(self.key_wanted(), others), [])

    def test_T37_T38_every_process_is_undumpable_and_leaves_no_core(self):
        for pid in (self.daemon.pid, *descendants(self.daemon.pid)):
            with open(f"/proc/{pid}/limits") as limits:
                core = next(line for line in limits if line.startswith("Max core file size")).split()
            self.assertEqual(core[4:6], ["0", "0"], pid)
            if os.geteuid() != 0:
                # Files of an undumpable process belong to root: another process of the same user has no access.
                self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0, pid)

    def test_no_secret_on_a_command_line_or_in_an_environment(self):
        places = []
        for pid in (self.daemon.pid, *descendants(self.daemon.pid)):
            for name in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        places.append((f"{pid} {name}", file.read()))
                except PermissionError:
                    pass
        wanted = {**self.key_wanted(), **self.upstream_wanted(), **self.local_wanted()}
        self.assertEqual(self.found(wanted, places), [])


class AnswersOfTheControlSocket(Scenario):
    """Secrets that were made, and handed out once: the front passes them on and keeps none."""

    def api(self, target, **body):
        headers = {"Jeton-Client": "1", "Content-Type": "application/json"}
        answer = wire.request(self.daemon.control_socket, "POST", target, json.dumps(body), headers)
        self.assertEqual(answer.status // 100, 2, answer)
        return answer.json

    def test_T41_of_200_secrets_that_were_shown_the_front_keeps_none(self):
        if sanitizer():
            self.skipTest(sanitizer())
        if os.geteuid() != 0:
            self.skipTest("needs root to read /proc/PID/mem of a process that is not dumpable")
        self.local_environment()
        self.app()
        secrets = []
        for tenant in ("1111111", "2222222"):
            connection, client_id = self.connected(tenant)
            place = path_of(connection)
            secrets.append(self.api(f"{place}/secrets")["client_secret"])
            for _ in range(40):
                secrets.append(self.api(f"{place}/secrets/rotate", now=True)["client_secret"])
            for _ in range(30):
                secrets.append(self.api(f"{place}/pairs", user=USER)["client_secret"])
            for _ in range(30):
                ticket = self.api(f"{place}/secrets/rotate", now=True, ticket_for=USER)["ticket"]
                secrets += [ticket, self.api("/v1/tickets/claim", ticket=ticket)["client_secret"]]
        self.assertGreaterEqual(len(set(secrets)), 200)
        answer = self.post("/token", client_id=client_id, client_secret=secrets[-1])
        token = self.assertToken(answer)["access_token"].encode()
        dump = b"".join(content for _, content in memory_of(self.daemon.pid))
        self.assertIn(token, dump, "the control: a cached token is there by design")
        kept = [number for number, secret in enumerate(secrets) if secret.encode() in dump]
        self.assertEqual(kept, [])
        # Neither is a piece of one: what was cut by a buffer's end counts, too.
        pieces = [number for number, secret in enumerate(secrets) if secret.encode()[8:32] in dump]
        self.assertEqual(pieces, [])
