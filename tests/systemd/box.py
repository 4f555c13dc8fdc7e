"""A box: this host's own systemd as PID 1 of a throw-away copy-on-write view of /, with jeton installed as a package
would. It boots in a few seconds and needs root, overlayfs and cgroup2, but no package that jeton does not need.
"""

import atexit
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from programs import BUILD, REPOSITORY, wait_until

HERE = pathlib.Path(__file__).resolve().parent
PLACES = {"@bindir@": "/usr/bin", "@sbindir@": "/usr/sbin", "@libexecdir@": "/usr/libexec"}
PROGRAMS = {
    "jeton": "/usr/bin",
    "jetond": "/usr/sbin",
    "jeton-vault": "/usr/libexec/jeton",
    "jeton-exchange": "/usr/libexec/jeton",
}
TOOLS = "/usr/lib/jeton-tests"  # in the box: what the tests run there
PEOPLE = ("alice", "bob", "carol")
QUIET = (  # what a host starts and a box has no use for
    "systemd-udevd", "systemd-timesyncd", "systemd-networkd", "systemd-resolved", "systemd-modules-load",
    "systemd-sysctl", "systemd-remount-fs", "systemd-random-seed", "getty@tty1", "console-getty",
)  # fmt: skip
TARGET = """[Unit]
Description=a box for the tests of jeton
DefaultDependencies=no
AllowIsolate=yes
Wants=systemd-journald.service dbus.socket
After=systemd-journald.service dbus.socket
"""


def cgroup_mount():
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    return None


@functools.cache
def missing():
    """Why no box can be had here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("/lib/systemd/systemd", "unshare", "nsenter", "pivot_root", "systemd-run", "useradd"):
        if shutil.which(program) is None:
            return f"needs {program}"
    if cgroup_mount() is None:
        return "needs a mount of cgroup2"
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        return "needs namespaces of its own"
    try:
        with mount_point() as directory, overlay(directory):
            return None
    except subprocess.CalledProcessError:
        return "needs an overlay of /"


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


@contextlib.contextmanager
def mount_point():
    """Never a TemporaryDirectory: what is below it would be deleted through a mount that is still there."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="jbox-", dir="/tmp"))
    try:
        yield directory
    finally:
        directory.rmdir()


@contextlib.contextmanager
def overlay(directory):
    """A view of / at DIRECTORY/merged whose changes go with it."""
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", directory)
    try:
        for name in ("upper", "work", "merged"):
            (directory / name).mkdir()
        merged = directory / "merged"
        options = f"lowerdir=/,upperdir={directory}/upper,workdir={directory}/work"
        mount("-t", "overlay", "-o", options, "overlay", merged)
        try:
            yield merged
        finally:
            subprocess.run(["umount", "-R", "-l", merged], check=False)
    finally:
        subprocess.run(["umount", "-l", directory], check=False)


def end(process):
    """Ends a tool that runs until its standard input ends. To kill it would kill nsenter alone: the tool itself would become
    our child, and no box goes before each process in it has been waited for."""
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


class Box:
    """`with Box() as box:`; booted, with the units installed and not enabled, and the people of the tests."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.directory = stack.enter_context(mount_point())
            self.root = stack.enter_context(overlay(self.directory))
            self.cgroup = cgroup_mount() / self.directory.name
            self.cgroup.mkdir()
            stack.callback(self.remove_cgroup)
            self.prepare()
            stack.callback(self.kill)
            self.boot()
            self.install()
            self.cleanup = stack.pop_all()
            atexit.register(self.cleanup.close)  # where the tests are interrupted
        return self

    def __exit__(self, *_):
        atexit.unregister(self.cleanup.close)
        self.cleanup.close()

    # from the host

    def prepare(self):
        units = self.root / "etc/systemd/system"
        (units / "jeton-box.target").write_text(TARGET)
        for name in QUIET:
            unit = units / f"{name}.service"
            unit.unlink(missing_ok=True)
            unit.symlink_to("/dev/null")
        (self.root / "etc/fstab").write_text("")
        (self.root / "etc/machine-id").write_text("")
        for name in ("lib/jeton", "lib/jeton-anchor", "lib/jeton-backup"):  # a host may have a jeton of its own
            shutil.rmtree(self.root / "var" / name, ignore_errors=True)
        shutil.rmtree(self.root / "etc/jeton", ignore_errors=True)

    def join_cgroup(self, name):
        group = self.cgroup / name
        group.mkdir(exist_ok=True)
        return lambda: (group / "cgroup.procs").write_text(str(os.getpid()))

    def boot(self):
        self.console = open(self.directory / "console", "wb")
        self.unshare = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--mount", "--cgroup", "--uts", "--ipc", "--net",
             "--propagation", "private", HERE / "enter-box", self.root],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console,
            preexec_fn=self.join_cgroup("."),
        )  # fmt: skip
        children = pathlib.Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children")

        def first():
            if self.unshare.poll() is not None:
                raise AssertionError(f"the box does not boot: {(self.directory / 'console').read_text()}")
            return children.read_text().split()

        self.pid = int(wait_until(first, 10, 0.02, "PID 1 of the box")[0])
        wait_until(self.is_up, 60, 0.05, "the box to boot")

    def is_up(self):
        if not pathlib.Path(f"/proc/{self.pid}/root/run/systemd/private").exists():
            return False
        return self.run("systemctl", "is-active", "-q", "jeton-box.target", check=False).returncode == 0

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.unshare.wait(60)
        self.console.close()

    def remove_cgroup(self):
        for directory, _, _ in os.walk(self.cgroup, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(directory)

    def install(self):
        """As `meson install` does with --prefix=/usr, and a package's scripts after it."""
        for program, place in PROGRAMS.items():
            self.put(BUILD / program, f"{place}/{program}", 0o755)
        source = REPOSITORY / "systemd"
        for kind in ("system", "user"):
            for unit in (source / kind).iterdir():
                self.put_text(unit.read_text(), f"/usr/lib/systemd/{kind}/{unit.name.removesuffix('.in')}")
        self.put_text((source / "jeton-backup.in").read_text(), "/usr/libexec/jeton/jeton-backup", 0o755)
        manual = REPOSITORY / "docs" / "man"
        for page in manual.iterdir():
            self.put(page, f"/usr/share/man/man{page.suffix[1:]}/{page.name}", 0o644)
        for name in ("sysusers", "tmpfiles"):
            self.put(source / f"{name}.conf", f"/usr/lib/{name}.d/jeton.conf", 0o644)
        for tool in ("load.py", "ask.py", "portal.py"):
            self.put(HERE / tool, f"{TOOLS}/{tool}", 0o755)
        self.run("systemd-sysusers", "/usr/lib/sysusers.d/jeton.conf")
        self.run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/jeton.conf")
        for person in PEOPLE:
            self.run("useradd", "--create-home", person)
        self.run("systemctl", "daemon-reload")

    def place(self, path):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def put(self, file, path, mode):
        place = self.place(path)
        place.unlink(missing_ok=True)
        shutil.copyfile(file, place)
        place.chmod(mode)

    def put_text(self, text, path, mode=0o644):
        for name, place in PLACES.items():
            text = text.replace(name, place)
        place = self.place(path)
        place.write_text(text)
        place.chmod(mode)

    def drop_in(self, unit, text):
        """One more file of a unit; the manager has read it when this returns."""
        self.put_text(text, f"/etc/systemd/system/{unit}.d/test.conf")
        self.run("systemctl", "daemon-reload")

    def take_drop_in_away(self, unit):
        self.place(f"/etc/systemd/system/{unit}.d/test.conf").unlink()
        self.run("systemctl", "daemon-reload")

    # inside

    def command(self, *arguments, user=None):
        become = ["runuser", "-u", user, "--"] if user else []
        return [
            "nsenter", "-t", str(self.pid), "-m", "-p", "-C", "-u", "-i", "-n", "-r", "-w",
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb", "LANG=C.UTF-8",
            *become, *map(str, arguments),
        ]  # fmt: skip

    def spawn(self, *arguments, user=None, **options):
        return subprocess.Popen(
            self.command(*arguments, user=user), preexec_fn=self.join_cgroup("tests.scope"), cwd="/", **options
        )

    def run(self, *arguments, user=None, check=True, input=None, seconds=120):
        process = self.spawn(
            *arguments, user=user, text=True,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            out, err = process.communicate(input, seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{' '.join(map(str, arguments))}: after {seconds} s: {out}{err}") from None
        finished = subprocess.CompletedProcess(arguments, process.returncode, out, err)
        if check and process.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, arguments))}: exit {process.returncode}: {out}{err}")
        return finished

    def out(self, *arguments, **options):
        return self.run(*arguments, **options).stdout.strip()

    def jeton(self, *arguments, **options):
        """The JSON of a verb that must succeed."""
        out = self.out("jeton", "--system", *arguments, "--json", **options)
        return json.loads(out) if out else None

    def in_unit(self, unit, *arguments, user=None, properties=(), check=True):
        """Runs it as a service of that name."""
        options = [word for value in [*properties, *([f"User={user}"] if user else [])] for word in ("-p", value)]
        return self.run("systemd-run", "--wait", "--pipe", "-q", "--collect", f"--unit={unit}", *options, *arguments, check=check)

    def show(self, unit, property):
        return self.out("systemctl", "show", unit, f"--property={property}", "--value")

    def main_pid(self, unit):
        return int(self.show(unit, "MainPID"))

    def journal(self, unit, *arguments):
        return self.out("journalctl", "-u", unit, "-o", "cat", "--no-pager", *arguments)
