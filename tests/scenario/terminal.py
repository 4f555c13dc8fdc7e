"""`jeton` on a pseudo-terminal: what a person sees, colours and questions included."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from people import client_program
from programs import BUILD, ENVIRONMENT

SECONDS = 10


def on_a_terminal(
    socket_directory, *arguments, typed=None, asked="Confirm and Continue", environment=None, by=None, width=80
):
    """Runs `jeton`; `typed` is sent when it asks `asked`, each of several in turn; one that is a function is called with
    process and terminal instead. Returns (exit code, everything shown).
    """
    answers = [] if typed is None else [(asked, typed)] if isinstance(typed, str) else list(zip(asked, typed))
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {**ENVIRONMENT, "TERM": "xterm-256color", "JETON_SOCKET_DIR": str(socket_directory), **(environment or {})}
    process = subprocess.Popen(
        [client_program() if by else BUILD / "jeton", *map(str, arguments)],
        stdin=slave, stdout=slave, stderr=slave, env=env, cwd="/", start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        **(by.process_options() if by else {}),
    )  # fmt: skip
    os.close(slave)
    shown = ""
    try:
        while select.select([master], [], [], SECONDS)[0]:
            try:
                piece = os.read(master, 65536).decode(errors="replace")
            except OSError:  # EIO: the other side has closed
                break
            shown += piece
            if answers and answers[0][0] in shown:
                answer = answers.pop(0)[1]
                answer(process, master) if callable(answer) else os.write(master, answer.encode())
        return process.wait(SECONDS), shown
    finally:
        os.close(master)
        if process.poll() is None:
            process.kill()
            process.wait()
