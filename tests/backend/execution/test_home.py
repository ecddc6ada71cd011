"""The lock on a home folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from torchwire.errors import ConflictError
from torchwire.execution.home import HomeLock

DIES_WHILE_STARTING_ANOTHER = """
import os, signal, sys
from pathlib import Path
from torchwire.execution.home import HomeLock

lock = HomeLock(Path(sys.argv[1]), "an engine")
lock.acquire()
if os.fork() == 0:
    sys.stdin.readline()
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_holder_that_lives_is_named_at_once(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path, "the first")
    lock.acquire()
    with pytest.raises(ConflictError, match=r"in use by the first \(process \d+\)"):
        HomeLock(tmp_path, "the second").acquire()
    lock.release()
    second = HomeLock(tmp_path, "the second")
    second.acquire()
    second.release()


def test_what_a_dead_holder_was_starting_is_waited_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIES_WHILE_STARTING_ANOTHER, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as holder:
        holder.wait()
        assert holder.stdin is not None
        later = threading.Timer(0.2, holder.stdin.close)  # the child ends while the lock is waited for
        later.start()
        lock = HomeLock(tmp_path, "the next")
        lock.acquire()
        lock.release()
        later.join()
