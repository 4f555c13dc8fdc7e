"""The CLI starts no program: whatever is asked, and whatever the environment would have it start."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import BUILD, ENVIRONMENT, INVOICES, Scenario

# A verb that is not here is asked with every kind of word that verbs take.
WORDS = {
    "init": [], "status": [], "unseal": [], "whoami": [],
    "key slot list": [],
    "role list": [], "role matrix": [],
    "role grant": ["auditor", "--user", "news"], "role revoke": ["auditor", "--user", "news"],
    "environment list": [], "environment show": ["integration"], "environment create": ["e2", "--kind", "local"],
    "tenant list": [], "tenant show": ["1234567@integration"],
    "scope list": [], "scope add": ["tn.crm.surveys", "--group", "CRM", "--display-name", "S"],
    "app list": [], "app show": ["dispatcher"], "app versions": ["dispatcher"], "app connections": ["dispatcher"],
    "app edit": ["dispatcher", "--organization", "Another Ltd"], "app publish": ["dispatcher", "--add", "tn.jpm.jobs:r"],
    "connection list": [], "connection show": ["dispatcher/1234567@integration"],
    "access list": [], "access review": ["dispatcher/1234567@integration"],
    "secret list": [], "secret rotate": ["dispatcher/1234567@integration", "--overlap", "1h"],
    "secret identify": [], "ticket list": [], "pair list": [], "binding list": [],
    "explain": ["dispatcher/1234567@integration"], "token": ["dispatcher/1234567@integration"],
    "audit list": [], "audit verify": [], "audit export": [],
}  # fmt: skip
GENERIC = ([], ["dispatcher/1234567@integration"], ["dispatcher"], ["integration"])
RUNS_A_COMMAND = {"exec"}  # what it is for
STORE_GOES = {"seal"}  # last


class CommandLine(Scenario):
    def setUp(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        super().setUp()
        self.local_environment()
        self.app(scopes=(INVOICES,))
        self.with_pair()
        self.place = tempfile.TemporaryDirectory(prefix="jl-", dir="/tmp")
        self.addCleanup(self.place.cleanup)
        self.canary = pathlib.Path(self.place.name) / "canary"
        self.canary.write_text(f"#!/bin/sh\ntouch {self.place.name}/was-started\n")
        self.canary.chmod(0o755)
        for name in ("less", "more", "vi", "sh", "nano", "sensible-pager", "sensible-editor", "stty", "tput"):
            (pathlib.Path(self.place.name) / name).symlink_to(self.canary)

    def environment(self):
        named = {name: str(self.canary) for name in (
            "PAGER", "JETON_PAGER", "SYSTEMD_PAGER", "MANPAGER", "GIT_PAGER", "EDITOR", "VISUAL", "SUDO_EDITOR", "SHELL",
            "BROWSER", "LESSOPEN", "SSH_ASKPASS", "SUDO_ASKPASS",
        )}  # fmt: skip
        path = f"{self.place.name}:{ENVIRONMENT['PATH']}"
        return {**ENVIRONMENT, **named, "PATH": path, "JETON_SOCKET_DIR": str(self.daemon.run), "TERM": "xterm"}

    def verbs(self, *above):
        """Every verb of the command, as its help tells."""
        shown = subprocess.run(
            [BUILD / "jeton", *above, "--help"], env=self.environment(), capture_output=True, text=True, timeout=10
        ).stdout
        part = re.search(r"^(?:Subcommands|SUBCOMMANDS):\n((?:  .*\n|\n(?=  ))+)", shown, re.MULTILINE)
        if part is None:
            return [" ".join(above)]
        words = re.findall(r"^  ([a-z][a-z-]*)\b", part.group(1), re.MULTILINE)
        return [verb for word in words for verb in self.verbs(*above, word)]

    def executed(self, *words):
        """The programs that ran, with all their children, on a terminal of their own."""
        log = pathlib.Path(self.place.name) / "trace"
        command = ["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-o", log,
                   BUILD / "jeton", *words]  # fmt: skip
        subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        return [line for line in log.read_text().splitlines() if re.search(r"\bexecve(at)?\(", line)]

    def test_T24_no_verb_starts_another_program(self):
        verbs = self.verbs()
        self.assertGreater(len(verbs), 40, verbs)
        self.assertIn("audit list", verbs)
        missing = set(WORDS) - set(verbs)
        self.assertEqual(missing, set(), "these are verbs no more")
        count = 0
        for verb in sorted(verbs, key=lambda verb: verb in STORE_GOES):
            if verb in RUNS_A_COMMAND:
                continue
            for more in [WORDS[verb]] if verb in WORDS else GENERIC:
                with self.subTest(verb=verb, more=more):
                    ran = self.executed(*verb.split(), *more, "--yes")
                    self.assertEqual(len(ran), 1, ran)
                    count += 1
        self.assertFalse((pathlib.Path(self.place.name) / "was-started").exists())
        print(f"# {len(verbs)} verbs, {count} runs")

    def test_T24_the_search_sees_a_program_that_is_started(self):
        """The control: without it the test above would pass for a strace that shows nothing."""
        log = pathlib.Path(self.place.name) / "trace"
        subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", log, "/bin/sh", "-c", "true; /bin/true; true"],
            env=ENVIRONMENT, capture_output=True, timeout=30,
        )  # fmt: skip
        self.assertEqual(len(re.findall(r"\bexecve\(", log.read_text())), 2)
        self.assertEqual(os.access(self.canary, os.X_OK), True)
