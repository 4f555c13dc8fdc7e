"""A daemon before a kernel that is older, or whose calls fail, and callers of every kind."""

import errno
import functools
import mmap
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
import tempfile
import time

import wire
from people import Caller, Person
from system import SystemScenario

HERE = pathlib.Path(__file__).parent
CALLS = ("peer_credentials", "peer_pidfd", "peer_groups", "pidfd_info", "open_fdinfo", "open_cgroup", "open_members")

LINUX_6_1 = {"peer_pidfd": errno.ENOPROTOOPT, "pidfd_info": errno.ENOTTY}
LINUX_6_12 = {"pidfd_info": errno.EINVAL}


@functools.cache
def workshop():
    """A directory that goes when the tests end."""
    global _directory
    _directory = tempfile.TemporaryDirectory(prefix="jk-", dir="/tmp")
    return pathlib.Path(_directory.name)


@functools.cache
def built(source, *flags):
    """A C file beside this one, compiled."""
    program = workshop() / source.removesuffix(".c")
    subprocess.run(["cc", "-O1", *flags, "-o", program, HERE / source], check=True)
    return program


class Kernel:
    """What the calls of a daemon that runs with `environment()` answer: `be(peer_pidfd=ENOPROTOOPT)`, `be()` = well."""

    def __init__(self, directory):
        self.library = built("nopidfd.c", "-shared", "-fPIC")
        self.file = pathlib.Path(directory) / "kernel-faults"
        self.file.write_bytes(bytes(4 * len(CALLS)))
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4 * len(CALLS))

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "JETON_KERNEL_FAULTS": str(self.file)}

    def be(self, **faults):
        self.memory[:] = struct.pack(f"={len(CALLS)}i", *(faults.get(call, 0) for call in CALLS))


def cgroup_mount():
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, directory, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(directory)
    return None


class PersonIn(Person):
    """A person whose processes are in a control group."""

    def __init__(self, name, group):
        super().__init__(name, groups=())
        self.group = group

    def become(self):
        (self.group / "cgroup.procs").write_text("0")
        super().become()


class KernelScenario(SystemScenario):
    kernel_is = {}

    def setUp(self):
        if shutil.which("cc") is None:
            self.skipTest("no C compiler, which builds what stands between the daemon and the kernel")
        super().setUp()
        self.local_environment()
        self.app()
        self.connection, self.client_id = self.connected()
        self.worker = Person("www-data", groups=())

    def restart_daemon(self, state="unsealed"):
        if not hasattr(self, "kernel"):
            self.kernel = Kernel(self.daemon.directory)
            self.kernel.be(**self.kernel_is)
        self.daemon.stop()
        self.daemon.start(state, environment=self.kernel.environment())

    def unit(self, name):
        """The directory of a unit's control group; gone when the test ends."""
        mount = cgroup_mount()
        if mount is None or not os.access(mount, os.W_OK):
            self.skipTest("no control group can be made here")
        group = mount / name
        group.mkdir()
        self.addCleanup(self.remove, group)
        return group

    @staticmethod
    def remove(group):
        for _ in range(200):
            try:
                return group.rmdir()
            except OSError:
                time.sleep(0.02)

    def bind(self, *flags):
        return self.ok("binding", "add", self.connection, *flags)

    def token_for(self, person):
        """The answer to a token request of a new process of `person`."""
        caller = Caller(person)
        try:
            fields = {"grant_type": "client_credentials", "connection": self.connection}
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            return caller(self.daemon.token_socket, "POST", "/token", wire.form(fields), head)
        finally:
            caller.close()

    def status_for(self, person):
        return self.token_for(person).status


class Number(Person):
    """Somebody with a number of a user, whether or not it has a name."""

    def __init__(self, uid, gid, groups=()):
        self.name, self.uid, self.gid, self.groups = str(uid), uid, gid, list(groups)


def in_child(work):
    """What `work()` returns in a process of its own, which may become whoever it likes; its exception is raised here."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            try:
                value = work()
            except BaseException as problem:  # the parent shall see it, whatever it is
                value = problem
            data = pickle.dumps(value)
            data = struct.pack("!I", len(data)) + data
            while data:
                data = data[os.write(write_end, data) :]
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as pipe:  # not to its end: children of the child may hold the other one
        head = pipe.read(4)
        data = pipe.read(struct.unpack("!I", head)[0]) if len(head) == 4 else b""
    os.waitpid(pid, 0)
    if not data:
        raise AssertionError("the process ended without a word")
    value = pickle.loads(data)
    if isinstance(value, BaseException):
        raise value
    return value
