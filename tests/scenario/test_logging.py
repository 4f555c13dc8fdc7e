"""The log: plain lines on stderr, fields in the journal, a level that changes while the daemon runs."""

import os
import re
import signal
import socket
import struct
import subprocess
import threading

from harness import INVOICES, Scenario, wait_until
from people import CONTROL_GROUP, Person
from programs import BUILD, ENVIRONMENT, REPOSITORY, Daemon
from system import SystemScenario

JOURNAL = "/run/systemd/journal"
# A place of its own for the journal's socket: in a mount namespace, so that the host's journal stays as it is.
IN_A_NAMESPACE = f"""
set -e
[ -d {JOURNAL} ] || {{ mount -t tmpfs jeton /run; mkdir -p {JOURNAL}; }}
mount --bind "$1" {JOURNAL}
shift
exec "$@"
"""


class Level(Scenario):
    def set_level(self, level):
        config = re.sub(r"\[log\]\nlevel = .*\n", "", self.daemon.config.read_text())
        self.daemon.config.write_text(f'{config}[log]\nlevel = "{level}"\n')
        told = self.daemon.log().count("the configuration was read again")
        os.kill(self.daemon.helpers()["jeton-vault"], signal.SIGHUP)
        if level in ("info", "debug"):
            wait_until(lambda: self.daemon.log().count("the configuration was read again") > told, 10, 0.05, "the reload")
        else:
            self.ok("status")  # says nothing of it; what comes next is behind it

    def lines_of(self, *arguments):
        """What the vault logs while this is typed."""
        before = len(self.daemon.log())
        self.jeton(*arguments)
        self.ok("status")
        return [line for line in self.daemon.log()[before:].splitlines() if line.startswith("jeton-vault")]

    def test_the_level_changes_while_the_daemon_runs_and_the_audits_heads_are_always_there(self):
        lines = self.lines_of("app", "show", "nothing")
        self.assertEqual([line for line in lines if "debug" in line], [])
        self.set_level("debug")
        self.assertTrue([line for line in self.lines_of("app", "list") if re.search(r"debug: app\.list of .* done$", line)])
        self.set_level("error")
        wait_until(lambda: not self.lines_of("app", "list"), 10, 0.1, "the level to count")
        lines = self.lines_of("environment", "create", "integration", "--kind", "local")
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("info: audit head sequence=", lines[0])
        self.set_level("info")
        self.ok("audit", "verify")

    def test_a_wrong_level_changes_nothing_and_is_named(self):
        self.daemon.config.write_text(self.daemon.config.read_text() + '[log]\nlevel = "loud"\n')
        os.kill(self.daemon.helpers()["jeton-vault"], signal.SIGHUP)
        wait_until(lambda: "the configuration stays as it was" in self.daemon.log(), 10, 0.05, "the refusal")
        self.assertRegex(self.daemon.log(), r'log\.level must be "error", "warning", "info" or "debug"')


class JournalDaemon(Daemon):
    """Its stderr is, as far as it can see, the journal, whose socket is the test's."""

    def spawn(self, *arguments, environment=None):
        with open(self.log_file, "ab") as log:
            found = os.fstat(log.fileno())
            program = [BUILD / "jetond", "--config", self.config, *arguments]
            process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_A_NAMESPACE, "sh",
                 self.directory / "journal", *program],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={**ENVIRONMENT, "HOME": str(self.directory), "JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"},
            )  # fmt: skip
        Daemon.started.add(process.pid)
        return process


def fields_of(datagram):
    """systemd's native protocol: NAME=VALUE, or NAME, the length and the value."""
    fields, at = {}, 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        name, equals, value = datagram[at:end].partition(b"=")
        at = end + 1
        if not equals:
            (length,) = struct.unpack("<Q", datagram[at : at + 8])
            value = datagram[at + 8 : at + 8 + length]
            at += 8 + length + 1
        fields[name.decode()] = value.decode()
    return fields


class Journal(SystemScenario):
    def new_daemon(self, extra=""):
        daemon = JournalDaemon(extra=extra, mode="system", control_group=CONTROL_GROUP)
        self.addCleanup(daemon.destroy)
        self.addCleanup(lambda: self.logs.append(daemon.log()))
        place = daemon.directory / "journal"
        place.mkdir()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.shutdown, socket.SHUT_RDWR)
        self.socket.bind(str(place / "socket"))
        (place / "socket").chmod(0o666)
        self.entries = []
        threading.Thread(target=self.listen, daemon=True).start()
        return daemon

    def listen(self):
        """Some datagrams wait in the kernel, and the rest is plain text: like the journal we take them as they come."""
        while entry := self.socket.recv(1 << 20):
            self.entries.append(entry)

    def told(self, **wanted):
        """The entries that have these fields, of all that came."""
        all_fields = [fields_of(entry) for entry in self.entries]
        return [fields for fields in all_fields if all(fields.get(name) == value for name, value in wanted.items())]

    def test_S17_the_journal_gets_the_audit_as_fields_and_no_secret(self):
        self.local_environment()
        self.app(scopes=(INVOICES,))
        connection = self.listed()
        self.allow(connection)
        secret = self.ok("secret", "generate", connection)["client_secret"]
        self.ok("binding", "add", connection, "--user", "www-data")
        self.assertToken(self.token_of(Person("www-data", groups=()), connection=connection))
        made = wait_until(lambda: self.told(JETON_EVENT="secret.generated"), 10, 0.05, "the journal")[0]
        self.assertEqual(
            {name: made[name] for name in made if name.startswith("JETON_") and name not in ("JETON_PID", "JETON_SEQUENCE")},
            {
                "JETON_EVENT": "secret.generated", "JETON_RESULT": "done", "JETON_CONNECTION": connection,
                "JETON_SUBJECT": made["JETON_SUBJECT"], "JETON_APP": "dispatcher", "JETON_TENANT": "1234567",
                "JETON_ENVIRONMENT": "integration", "JETON_UID": "0", "JETON_USER": "root", "JETON_COMMAND": "jeton",
                "JETON_VIA": "control", **({"JETON_UNIT": made["JETON_UNIT"]} if "JETON_UNIT" in made else {}),
            },
        )  # fmt: skip
        self.assertEqual((made["PRIORITY"], made["SYSLOG_IDENTIFIER"]), ("6", "jeton-vault"))
        entry = next(one for one in self.ok("audit", "list") if one["event"] == "secret.generated")
        self.assertEqual(made["JETON_SEQUENCE"], str(entry["sequence"]))

        self.assertRefusal(self.token_of(Person("mail", groups=()), connection=connection), 401, "invalid_client")
        refused = wait_until(lambda: self.told(JETON_RESULT="refused"), 10, 0.05, "the refusal")[0]
        self.assertEqual((refused["PRIORITY"], refused["JETON_USER"]), ("4", "mail"))
        self.assertEqual(refused["JETON_CONNECTION"], connection)
        catalog = (REPOSITORY / "systemd" / "jeton.catalog").read_text()
        self.assertIn(f"-- {refused['MESSAGE_ID']}\n", catalog)
        self.assertTrue(self.told(JETON_EVENT="audit.head"))
        self.assertEqual(self.told(JETON_EVENT="token.issued"), [])
        self.assertTrue([one for one in self.told(SYSLOG_IDENTIFIER="jetond") if one["MESSAGE"] == "serving"])
        for text in (secret, secret[8:40]):
            self.assertFalse([datagram for datagram in self.entries if text.encode() in datagram])
        self.assertNotIn("audit head", self.daemon.log(), "a line is told once")

        self.ok("seal", "--yes")
        sealed = wait_until(lambda: self.told(JETON_EVENT="store.sealed"), 10, 0.05, "that it was sealed")
        self.assertIn(f"-- {sealed[0]['MESSAGE_ID']}\n", catalog)

    def test_a_journal_that_goes_away_leaves_the_lines_on_stderr(self):
        self.local_environment()
        self.socket.shutdown(socket.SHUT_RDWR)
        (self.daemon.directory / "journal" / "socket").unlink()
        self.ok("environment", "create", "second", "--kind", "local")
        wait_until(lambda: "audit head sequence=" in self.daemon.log(), 10, 0.05, "the lines")
