"""The pictures of the README are what a terminal shows: drawn anew, and compared with those in docs/pictures.

What differs from run to run is a made-up value of the same shape. After a change that is meant: JETON_WRITE_GOLDEN=1.
"""

import os
import re
import xml.etree.ElementTree

from people import Person
from picture import svg
from programs import REPOSITORY
from system import SystemScenario
from terminal import on_a_terminal

FOLDER = REPOSITORY / "docs" / "pictures"
CONNECTION = "dispatcher/1234567@integration"
CLIENT_ID, NEW, OLD_PREFIX = "jid.h8zahzkuiqm8t3vowm642tqib", "jcs.ylqot4qdeszhbngt00vpulppkfyzsx0tfz4qe19e0wfk1osddh", "jcs.w3b2"
MADE_UP = (
    (r"jid\.[0-9a-z]{25}", CLIENT_ID),
    (r"admin backup", "admin ADMIN"),
    (r"T\d\d:\d\d:\d\dZ", "T09:00:00Z"),
    (r"/tmp/jt-[0-9a-z_]{8}/run", "/run/jeton-control"),
)


class Pictures(SystemScenario):
    turns_clock = True

    def set_clock(self):
        self.clock.begin_at("2026-03-02T09:00:00Z")

    def drawn(self, name, *words, by):
        code, shown = on_a_terminal(self.daemon.run, *words, by=by, width=100)
        self.assertEqual(code, 0, shown)
        for pattern, instead in MADE_UP:
            shown = re.sub(pattern, instead, shown)
        if secret := re.search(r"jcs\.[0-9a-z]{50}", shown):
            shown = shown.replace(secret[0], NEW).replace(secret[0][:8], NEW[:8])
        shown = shown.replace(self.old_prefix, OLD_PREFIX)
        readme = (REPOSITORY / "README.md").read_text()
        alternative = re.search(rf"!\[([^\]]+)\]\(docs/pictures/{name}\.svg\)", readme)
        self.assertTrue(alternative, "it stands in the README, with a text for whom cannot see it")
        picture = svg(f"\x1b[2m$\x1b[0m \x1b[1mjeton {' '.join(words)}\x1b[0m\n{shown}", alternative[1])
        file = FOLDER / f"{name}.svg"
        if os.environ.get("JETON_WRITE_GOLDEN"):
            file.write_text(picture)
        self.assertEqual(file.read_text(), picture, f"{file}: JETON_WRITE_GOLDEN=1 draws it anew")
        self.assertLess(len(picture), 6000, "small")
        xml.etree.ElementTree.fromstring(picture)

    def test_S41_the_pictures_of_review_allow_and_rotate_are_what_a_terminal_shows(self):
        developer, admin = Person("news"), Person("backup")
        self.local_environment()
        self.ok("tenant", "create", "1234567@integration", "--name", "Northside Plumbing")
        self.grant("developer", to=developer)
        self.grant("tenant-admin", "1234567@integration", to=admin)
        self.ok("app", "create", "dispatcher", "--organization", "Example Integrations", "--homepage", "https://example.com",
                "--credentials", "developer", "--scope", "tn.crm.customers:r", "tn.jpm.jobs:w", by=developer)  # fmt: skip
        self.ok("app", "tenant", "add", "dispatcher", "1234567", by=developer)
        self.ok("access", "allow", CONNECTION, "--version", 1, by=admin)
        self.old_prefix = self.ok("secret", "generate", CONNECTION, by=developer)["prefix"]
        self.ok("app", "publish", "dispatcher", "--add", "tn.acc.invoices:r", "--remove", "tn.jpm.jobs:w", by=developer)
        self.drawn("review", "access", "review", CONNECTION, by=admin)
        self.drawn("allow", "access", "allow", CONNECTION, "--version", "2", by=admin)
        self.drawn("rotate", "secret", "rotate", CONNECTION, "--overlap", "48h", by=developer)
