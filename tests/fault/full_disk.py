"""A daemon whose store is on a small file system of its own, which can be filled to its last byte."""

import ctypes
import os
import subprocess

from system import SystemScenario


class OnADiskOfItsOwn(SystemScenario):
    def start_daemon(self):
        self.daemon.state.mkdir(mode=0o700)
        if ctypes.CDLL(None, use_errno=True).mount(b"jeton", os.fsencode(self.daemon.state), b"tmpfs", 0, b"size=4m,mode=700") != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.daemon.state], check=False)
        super().start_daemon()

    def fill(self):
        filler = self.daemon.state / "filler"
        with open(filler, "wb", 0) as file:
            size = 65536
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2
        return filler
