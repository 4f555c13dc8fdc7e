"""What the programs may still do once they serve: by asking them to try, and by watching them work."""

import errno
import mmap
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import time

from harness import USER, Scenario, wire
from people import Person
from programs import BUILD, Daemon, alive, descendants, pair, unconfined, wait_until
from system import SystemScenario
from kernel import built

FRONT, VAULT, EXCHANGE = "jetond", "jeton-vault", "jeton-exchange"
KEEPER, NAMES, FILES = "jetond-keeper", "jetond-names", "jetond-files"
EVERY = {FRONT, VAULT, EXCHANGE, KEEPER, NAMES, FILES}

DEADLY = {
    "execve": 1, "execveat": 2, "ptrace": 3, "process_vm_readv": 4, "io_uring_setup": 5, "bpf": 6, "mount": 7,
    "unshare": 8, "keyctl": 9, "userfaultfd": 10, "setuid": 11,
}  # fmt: skip
READ, WRITE, REMOVE = 20, 21, 22
INTERNET, INTERNET_6, UNIX_STREAM, PACKET, TCP_SERVER = 30, 31, 32, 33, 34
FORK, EXECUTABLE_MEMORY, SIGNAL, BAD_READ = 40, 41, 42, 43


class Intruder:
    """Somebody who has taken over a process of a daemon that runs with `environment()`."""

    def __init__(self, directory):
        self.library = built("intruder.c", "-shared", "-fPIC")
        self.file = pathlib.Path(directory) / "intruder"
        self.file.write_bytes(bytes(256))
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 256)

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "JETON_INTRUDER": str(self.file)}

    def order(self, pid, what, path):
        self.memory[:] = struct.pack("=iiii240s", pid, what, 0, -1, os.fsencode(path))
        self.memory[8:12] = struct.pack("=i", 1)

    def answer(self):
        """errno, 0 for success; None until it was tried."""
        waits, error = struct.unpack("=ii", self.memory[8:16])
        return None if waits else error

    def forget(self):
        self.memory[8:12] = bytes(4)


class Confined(Scenario):
    needs_upstream = True
    mode = "user"

    def setUp(self):
        if shutil.which("cc") is None:
            self.skipTest("no C compiler, which builds the intruder")
        if reason := unconfined():
            self.skipTest(reason)
        super().setUp()

    def start_daemon(self):
        self.intruder = Intruder(self.daemon.directory)
        self.daemon.start(environment=self.intruder.environment())
        if "lacks" in self.daemon.log():
            self.skipTest("this kernel lacks Landlock or seccomp")
        self.upstream_environment("production")
        self.app()
        self.connection = self.listed("1234567", "production")
        self.allow(self.connection)
        self.client_id, secret = self.upstream.add_client("1234567")
        self.ok("secret", "import", self.connection, "--client-id", self.client_id, stdin=secret)
        self.ok("binding", "add", self.connection, "--user", USER)

    def processes(self):
        """name → pid"""
        return {FRONT: self.daemon.pid, **{name: pid for pid, name in descendants(self.daemon.pid).items()}}

    def pid_of(self, name):
        return wait_until(lambda: self.processes().get(name), 10, 0.01, name)

    def wake(self, name):
        """Whatever makes that process wait anew."""
        if name == KEEPER:
            os.kill(self.pid_of(KEEPER), signal.SIGHUP)
        elif name in (EXCHANGE, FILES):  # a pair is tried at the token endpoint, whose CA file is read
            self.jeton("secret", "import", self.connection, "--client-id", self.client_id, stdin=pair()[1])
        elif name == NAMES:
            self.jeton("role", "grant", "auditor", "--user", f"nobody-of-that-name-{time.monotonic_ns()}")
        else:
            try:
                self.daemon.health()
                self.get("/.well-known/oauth-authorization-server/nowhere")
            except OSError:
                pass

    def attempt(self, name, what, path="/"):
        """The name of the errno, "done", or "killed" where the process ended."""
        pid = self.pid_of(name)
        self.intruder.order(pid, what, path)
        end = time.monotonic() + 15
        try:
            while self.intruder.answer() is None:
                if not alive(pid):
                    return "killed"
                if time.monotonic() > end:
                    raise AssertionError(f"{name} did not try {what}")
                try:
                    self.wake(name)
                except (OSError, ValueError):
                    pass  # it has just been killed
                again = time.monotonic() + 0.3
                while self.intruder.answer() is None and alive(pid) and time.monotonic() < again:
                    time.sleep(0.005)
        finally:
            error = self.intruder.answer()
            self.intruder.forget()
        return errno.errorcode[error] if error else "done"

    def status(self, pid, member):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return re.search(rf"^{member}:\s*(\S+)", text, re.M).group(1)


class WhatIsLeft(Confined):
    def test_every_process_is_confined_and_gains_no_privilege(self):
        found = self.processes()
        self.assertEqual(set(found), EVERY)
        for name, pid in found.items():
            self.assertEqual(self.status(pid, "Seccomp"), "2", name)
            self.assertEqual(self.status(pid, "NoNewPrivs"), "1", name)
        self.assertEqual(self.daemon.log().count("confined: seccomp, Landlock"), len(EVERY), self.daemon.log())

    def expect(self, name, wanted):
        for what, path, answers in wanted:
            with self.subTest(process=name, what=what, path=str(path)):
                self.assertIn(self.attempt(name, what, path), answers.split(" or "))
        self.assertEqual(self.get("/healthz").status, 200, "and it serves as before")

    def test_T45_the_front_reaches_no_file_of_the_store_and_no_network(self):
        self.expect(FRONT, [
            (BAD_READ, "", "EBADF"),  # the control: an order is carried out
            (READ, "/proc/self/status", "done"),
            (READ, "/etc/shadow", "EACCES"), (READ, "/etc/passwd", "EACCES"), (READ, self.daemon.database, "EACCES"),
            (READ, self.daemon.key_file, "EACCES"), (WRITE, self.daemon.run / "new", "EACCES"),
            (WRITE, self.daemon.state / "new", "EACCES"), (REMOVE, self.daemon.database, "EACCES"),
            (INTERNET, "", "EAFNOSUPPORT"), (INTERNET_6, "", "EAFNOSUPPORT"), (PACKET, "", "EAFNOSUPPORT"),
            (UNIX_STREAM, "", "ENOSYS"), (FORK, "", "EPERM"), (EXECUTABLE_MEMORY, "", "EPERM"), (SIGNAL, "", "ENOSYS"),
        ])  # fmt: skip

    def test_T45_the_vault_has_its_two_directories_and_no_socket_of_any_kind(self):
        self.expect(VAULT, [
            (READ, self.daemon.database, "done"), (WRITE, self.daemon.anchor / "new", "done"),
            (REMOVE, self.daemon.anchor / "new", "done"),
            (READ, "/etc/shadow", "EACCES"), (READ, "/etc/passwd", "EACCES"), (READ, self.daemon.config, "EACCES"),
            (WRITE, self.daemon.directory / "new", "EACCES"), (REMOVE, self.daemon.config, "EACCES"),
            (INTERNET, "", "EAFNOSUPPORT"), (INTERNET_6, "", "EAFNOSUPPORT"), (UNIX_STREAM, "", "EAFNOSUPPORT"),
            (PACKET, "", "EAFNOSUPPORT"), (FORK, "", "EPERM"), (EXECUTABLE_MEMORY, "", "EPERM"), (SIGNAL, "", "ENOSYS"),
        ])  # fmt: skip

    def test_the_exchange_reaches_the_network_and_what_names_and_authorities_are_read_from(self):
        self.expect(EXCHANGE, [
            (READ, "/etc/hosts", "done"), (INTERNET, "", "done"), (INTERNET_6, "", "done"),
            (READ, "/etc/shadow", "EACCES"), (READ, "/etc/passwd", "EACCES"), (READ, self.daemon.database, "EACCES"),
            (READ, self.upstream.ca_file, "EACCES"), (READ, self.daemon.key_file, "EACCES"),
            (WRITE, self.daemon.directory / "new", "EACCES"), (PACKET, "", "ENOSYS"), (TCP_SERVER, "", "EPERM"),
            (FORK, "", "EPERM"), (EXECUTABLE_MEMORY, "", "EPERM"), (SIGNAL, "", "ENOSYS"),
        ])  # fmt: skip

    def test_the_processes_beside_them_do_their_one_thing(self):
        self.expect(NAMES, [
            (READ, "/etc/passwd", "done"), (WRITE, self.daemon.directory / "new", "EACCES"), (FORK, "", "EPERM"),
        ])  # fmt: skip
        self.expect(FILES, [
            (READ, self.upstream.ca_file, "done"), (REMOVE, self.daemon.directory / "no-such-file", "ENOENT"),
            (INTERNET, "", "EAFNOSUPPORT"), (UNIX_STREAM, "", "EAFNOSUPPORT"), (FORK, "", "EPERM"),
        ])  # fmt: skip

    def test_the_supervisor_starts_the_two_helpers_and_nothing_else(self):
        self.expect(KEEPER, [(DEADLY["execve"], "/bin/true", "EACCES"), (DEADLY["execve"], BUILD / "jeton", "EACCES")])


class WhatKills(Confined):
    def test_T42_nothing_is_started_and_no_kernel_door_opens_from_the_vault_and_the_exchange(self):
        for name in (VAULT, EXCHANGE):
            for word, number in DEADLY.items():
                with self.subTest(process=name, call=word):
                    self.assertEqual(self.attempt(name, number, "/bin/true"), "killed")
                    self.daemon.wait_for("unsealed")
            self.assertIn(f"{name} was killed by signal {int(signal.SIGSYS)}", self.daemon.log())

    def test_T42_nothing_is_started_from_the_front(self):
        for word in ("execve", "execveat", "ptrace", "io_uring_setup"):
            with self.subTest(call=word):
                self.assertEqual(self.attempt(FRONT, DEADLY[word], "/bin/true"), "killed")
                self.assertEqual(self.daemon.process.wait(10), -signal.SIGSYS)
                self.daemon.wait_for_helpers_to_go()
                self.daemon.start(environment=self.intruder.environment())

    def test_T42_nothing_is_started_from_the_processes_beside_them(self):
        for name in (FILES, NAMES):  # without names the daemon ends
            self.assertEqual(self.attempt(name, DEADLY["execve"], "/bin/true"), "killed")

    def test_a_vault_without_the_reader_of_its_files_starts_anew_with_another(self):
        before = self.pid_of(VAULT)
        os.kill(self.pid_of(FILES), signal.SIGKILL)
        self.jeton("secret", "import", self.connection, "--client-id", self.client_id, stdin=pair()[1])
        wait_until(lambda: self.processes().get(VAULT, before) != before, 10, 0.02, "another vault")
        self.daemon.wait_for("unsealed")
        self.assertToken(self.post("/production/token", connection=self.connection))

    def test_a_daemon_without_its_names_ends_instead_of_refusing_everybody(self):
        os.kill(self.pid_of(NAMES), signal.SIGKILL)
        self.jeton("role", "grant", "auditor", "--user", "nobody-of-that-name")
        self.daemon.process.wait(15)
        self.assertIn("jetond-names has ended", self.daemon.log())


class WithoutKernel(Scenario):
    starts_daemon = False

    def test_a_kernel_that_lacks_them_is_named_and_the_daemon_serves(self):
        if shutil.which("cc") is None:
            self.skipTest("no C compiler")
        if reason := unconfined():
            self.skipTest(reason)
        library = str(built("noconfinement.c", "-shared", "-fPIC"))
        for missing, words in (
            ("landlock", "lacks Landlock (since 5.13; it may be switched off): this process is confined by seccomp alone"),
            ("seccomp", "lacks seccomp filters: this process is confined by Landlock alone"),
            ("landlock,seccomp", "lacks Landlock and seccomp filters: this process is confined by its user alone"),
        ):
            with self.subTest(missing=missing):
                began = len(self.daemon.log())
                self.daemon.start(environment={"LD_PRELOAD": library, "JETON_KERNEL_LACKS": missing})
                log = self.daemon.log()[began:]
                self.assertEqual(self.get("/healthz").json["state"], "unsealed")
                self.assertEqual(log.count(words), len(EVERY), log)
                self.assertIn(f"Linux {os.uname().release} {words}", log)
                self.assertEqual(self.ok("status")["state"], "unsealed")
                self.daemon.stop()


class KeyFiles(SystemScenario):
    """A key file lies where its owner wants it: outside of the two directories that the vault keeps."""

    def start_daemon(self):
        self.key_file = pathlib.Path(self.scratch()) / "keys" / "root.key"
        text = self.daemon.config.read_text().replace(str(self.daemon.key_file), str(self.key_file))
        self.daemon.config.write_text(text)
        self.clock = None
        self.restart_daemon("uninitialised")

    def test_it_is_made_and_read_anywhere_and_the_log_says_so(self):
        self.ok("init", "--slot", "key-file", self.key_file)
        self.assertEqual(stat.S_IMODE(self.key_file.stat().st_mode), 0o600)
        self.restart_daemon()
        if not unconfined():  # else the vault reads it itself
            self.assertIn(f"reads {self.key_file} for the vault", self.daemon.log())
        self.key_file.chmod(0o644)
        self.restart_daemon("sealed")
        self.assertIn("0644", self.ok("status")["reason"])

    def test_one_that_is_there_is_never_overwritten(self):
        self.key_file.parent.mkdir(mode=0o700)
        self.key_file.write_text("0123456789" * 5)
        self.key_file.chmod(0o600)
        self.ok("init", "--slot", "key-file", self.key_file)
        self.assertEqual(self.key_file.read_text(), "0123456789" * 5)


class Authorities(Scenario):
    needs_upstream = True

    def test_a_ca_file_is_read_anywhere_and_its_failing_is_told_by_name(self):
        directory = pathlib.Path(self.scratch())
        authorities = directory / "authorities.pem"
        shutil.copy(self.upstream.ca_file, authorities)
        self.ok(
            "environment", "create", "production", "--kind", "upstream",
            "--token-endpoint", self.upstream.token_endpoint, "--ca-file", authorities,
        )  # fmt: skip
        self.app()
        connection = self.listed("1234567", "production")
        self.allow(connection)
        client_id, secret = self.upstream.add_client("1234567")
        authorities.rename(directory / "away.pem")
        refusal = self.refused("secret", "import", connection, "--client-id", client_id, stdin=secret)
        self.assertIn(str(authorities), refusal["error_description"])
        authorities.write_text("no certificate")
        self.import_until("holds no certificate", connection, client_id, secret)
        shutil.copy(self.upstream.ca_file, authorities)  # the next request reads the file anew
        self.import_until(None, connection, client_id, secret)

    def import_until(self, refusal, connection, client_id, secret):
        """An endpoint that has just failed is not asked for a moment."""

        def tried():
            run = self.jeton("secret", "import", connection, "--client-id", client_id, stdin=secret)
            return refusal in run.err if refusal else run.code == 0

        wait_until(tried, seconds=30, step=0.5, what=refusal or "the import")


class AsWatched(Confined):
    def test_T42_T49_while_it_works_nothing_is_loaded_started_or_touched_in_tmp(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        trace = pathlib.Path(self.scratch()) / "trace"
        pids = [word for pid in self.processes().values() for word in ("-p", str(pid))]
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=execve,execveat,open,openat,creat,mkdir,unlink,unlinkat,rename,link",
             "-o", trace, *pids], stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(lambda: tracer.poll() is None and (tracer.kill(), tracer.wait()))

        def attached():
            if tracer.poll() is not None:
                self.skipTest(f"strace cannot attach: {tracer.stderr.read()}")
            return all(self.status(pid, "TracerPid") != "0" for pid in self.processes().values())

        wait_until(attached, 10, 0.02, "strace")
        self.local_environment()
        connection, client_id, secret = self.with_pair("7654321")
        self.assertToken(self.post("/token", client_id=client_id, client_secret=secret))
        self.assertToken(self.post("/production/token", connection=self.connection))
        self.ok("secret", "rotate", connection)
        self.ok("access", "disable", connection, "--yes")
        self.ok("role", "grant", "auditor", "--user", USER)
        self.ok("audit", "verify")
        self.ok("audit", "list")
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        lines = trace.read_text().splitlines()
        self.assertTrue(any(str(self.daemon.state) in line or '"/proc/' in line for line in lines), "the trace sees it")
        self.assertEqual([line for line in lines if "exec" in line.split("(")[0]], [])
        self.assertEqual([line for line in lines if re.search(r'\.so[."0-9]', line)], [])
        ours = (str(self.daemon.directory), str(self.upstream.directory))
        elsewhere = [
            line for line in lines if re.search(r'"(/var)?/tmp/', line) and not any(place in line for place in ours)
        ]
        self.assertEqual(elsewhere, [])

    def test_T47_the_exchange_holds_nothing_of_the_others(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to look into /proc/PID/fd")

        def open_in(pid):
            folder = f"/proc/{pid}/fd"
            return {fd: os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)}

        with wire.connect(self.daemon.token_socket):  # a session of the front
            pids = self.processes()
            others = {
                target for name in (FRONT, NAMES, KEEPER) for target in open_in(pids[name]).values()
                if target.startswith("socket:")
            }  # fmt: skip
            exchange = open_in(pids[EXCHANGE])
        self.assertEqual({exchange.pop(fd) for fd in ("0", "1")}, {"/dev/null"})
        exchange.pop("2")
        strange = [
            target for target in exchange.values()
            if target in others or not re.match(r"socket:|anon_inode:\[?(signalfd|inotify|event)", target)
        ]  # fmt: skip
        self.assertEqual(strange, [])


class SameUser(SystemScenario):
    """Another process of the daemon's own user, without any privilege."""

    def new_daemon(self, extra=""):
        self.person = Person("games", groups=())
        programs = pathlib.Path(self.scratch())
        programs.chmod(0o755)
        for name in (FRONT, VAULT, EXCHANGE, "jeton"):
            shutil.copy2(BUILD / name, programs)
        daemon = OwnedDaemon(self.person, programs)
        self.addCleanup(daemon.destroy)
        self.addCleanup(lambda: self.logs.append(daemon.log()))
        return daemon

    def start_daemon(self):
        self.clock = None
        self.daemon.start()

    def probe(self, *pids):
        program = built("samevictim.c")
        program.parent.chmod(0o755)
        run = subprocess.run(
            [program, *map(str, pids)], capture_output=True, text=True, check=True, **self.person.process_options()
        )
        return {int(line.split()[0]): dict(word.split("=") for word in line.split()[1:]) for line in run.stdout.splitlines()}

    def test_T37_gets_nothing_of_the_processes_nor_of_the_cli_at_its_prompt(self):
        plain = subprocess.Popen(["sleep", "60"], **self.person.process_options())
        self.addCleanup(plain.wait)
        self.addCleanup(plain.kill)
        time.sleep(0.2)
        self.assertEqual(set(self.probe(plain.pid)[plain.pid].values()), {"ok"}, "the control: of others it gets all")
        prompting = self.prompting_cli()
        pids = [self.daemon.pid, *descendants(self.daemon.pid), prompting]
        self.assertEqual(len(pids), len(EVERY) + 1)
        for pid, got in self.probe(*pids).items():
            self.assertLessEqual(set(got.values()), {"EPERM", "EACCES"}, f"{pid}: {got}")

    def prompting_cli(self):
        """`jeton unseal` on a terminal, waiting for the recovery key."""
        import pty

        master, slave = pty.openpty()
        process = subprocess.Popen(
            [self.daemon.programs / "jeton", "unseal"], stdin=slave, stdout=slave, stderr=slave, cwd="/",
            env={"JETON_SOCKET_DIR": str(self.daemon.run)}, start_new_session=True, **self.person.process_options(),
        )  # fmt: skip
        os.close(slave)
        self.addCleanup(os.close, master)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = os.read(master, 4096)
        self.assertIsNone(process.poll(), shown)
        return process.pid

    def test_T38_an_abort_leaves_no_core(self):
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if pattern.startswith("|") or "/" in pattern:
            self.skipTest(f"cores go elsewhere here ({pattern})")
        before = set(os.listdir("/"))
        for name in (VAULT, EXCHANGE):
            os.kill(wait_until(lambda: self.daemon.helpers().get(name), 10, 0.02, name), signal.SIGABRT)
            self.daemon.wait_for("unsealed")
            wait_until(lambda: set(self.daemon.helpers()) >= {VAULT, EXCHANGE}, 10, 0.02, "the helpers")
        os.kill(self.daemon.pid, signal.SIGABRT)
        self.assertEqual(self.daemon.process.wait(10), -signal.SIGABRT)
        self.assertEqual(set(os.listdir("/")) - before, set())
        self.assertEqual([file for file in self.daemon.files() if "core" in file.name], [])


class OwnedDaemon(Daemon):
    """A daemon that a user without privileges runs, and that may leave cores as far as the user is concerned."""

    def __init__(self, person, programs):
        super().__init__()
        self.person, self.programs = person, programs
        self.directory.chmod(0o755)
        for path in (self.directory, self.config):
            os.chown(path, person.uid, person.gid)

    def spawn(self, *arguments, environment=None):
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen(
                [self.programs / FRONT, "--config", self.config, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory), **(environment or {})},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2),
                **self.person.process_options(),
            )  # fmt: skip
        Daemon.started.add(process.pid)
        return process
