"""What is said about a node whose process ended without saying anything itself."""

from __future__ import annotations

from torchwire.execution.attempt import LiveAttempt
from torchwire.execution.logs import Line, tail
from torchwire.execution.oom import killed_for_memory

LAST_WORDS = 200


def was_out_of_memory(attempt: LiveAttempt) -> bool:
    """Whether the kernel ended the attempt for want of memory: the same work would end the same way again."""
    if attempt.is_far:
        return attempt.starved
    memory = attempt.memory
    used = memory.curve[-1][1] if memory.curve else 0
    return killed_for_memory(attempt.ended, memory.kills, used, memory.limit, memory.available)


def last_words(attempt: LiveAttempt) -> list[Line]:
    """The last of what the process printed and had no time to report."""
    lines = tail(attempt.folder, LAST_WORDS, attempt.log_offsets)
    attempt.last_lines.extend(lines)
    return lines
