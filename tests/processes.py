"""Other processes, which may end at any moment while they are looked at."""

from __future__ import annotations

import psutil


def is_running(pid: int) -> bool:
    """Whether it has not ended, collected by its parent or not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Its command line; empty when it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def zygotes_of(process: psutil.Process) -> list[psutil.Process]:
    """The processes that workers are forked from."""
    return [child for child in process.children() if "torchwire.execution.zygote" in command_of(child)]
