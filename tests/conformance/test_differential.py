"""The same requests to jeton and to oidc-provider, set up with one client, its scopes and one resource.

Where the answers differ a rule says why, and every rule is needed.
"""

from cases import FORM, GRANT, ISSUER, TOKEN, UNLISTED
from differential import compare, in_short
from harness import INVOICES, JOBS, USER, Scenario, wire
from measured import COMPARED, Compared
from programs import node_missing
from reference import Reference
from rules import RULES


class Differential(Scenario):
    def setUp(self):
        if reason := node_missing():
            self.skipTest(reason)
        super().setUp()
        self.local_environment()
        self.app()
        _, self.client_id, self.secret = self.with_pair()
        self.ok("binding", "add", "--introspect", "integration", "--user", USER)
        self.reference = Reference(
            issuer=ISSUER, client_id=self.client_id, client_secret=self.secret, scope=f"{INVOICES} {JOBS}",
            resource=ISSUER, unlisted_scope=UNLISTED,
        )  # fmt: skip
        self.addCleanup(self.reference.close)

    def token_of(self, socket):
        head = {"Content-Type": FORM, "Authorization": wire.basic(self.client_id, self.secret)}
        answer = wire.request(socket, "POST", TOKEN, wire.form([GRANT]), head)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def test_every_difference_from_the_reference_server_has_its_rule(self):
        sockets = self.daemon.token_socket, self.reference.socket
        differences = list(
            compare(
                *sockets, {"client_id": self.client_id, "client_secret": self.secret},
                *(self.token_of(socket) for socket in sockets),
            )
        )  # fmt: skip
        names = [one.case.name for one in differences]
        self.assertEqual(len(names), len(set(names)), "each request has its own name")
        self.assertGreaterEqual(len(names), 200)
        used = {rule: [] for rule in RULES}
        unexplained, compared = [], []
        for one in differences:
            left = set(one.parts)
            why = {rule: explained for rule in RULES if (explained := rule.explains(one))}
            for rule, explained in why.items():
                used[rule].append(one.case.name)
                left -= explained
            compared.append(Compared(one.case.name, in_short(one.ours), in_short(one.theirs), list(why)))
            if left:
                unexplained.append(f"{one.case.name}: {', '.join(sorted(left))} ({one})")
        self.assertEqual(unexplained, [], "\n".join(unexplained))
        unused = [f"{rule.here} / {rule.there}" for rule, cases in used.items() if not cases]
        self.assertEqual(unused, [], "rules that no answer needs")
        COMPARED.extend(compared)
