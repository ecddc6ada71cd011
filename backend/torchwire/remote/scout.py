"""A process that looks at the machines of one target, again and again: ``python -m torchwire.remote.scout``.

It is told on its standard input what to look at, in one line, and answers with a line for each look. So nothing that a
target's client does, however long it hangs or whatever it takes along when it dies, can hurt the server. It ends when
its input does.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from dataclasses import asdict
from typing import Any

from torchwire.errors import LibraryError, TorchwireError
from torchwire.remote.backend import RemoteBackend
from torchwire.remote.kinds import Standing, backend_of

logger = logging.getLogger(__name__)


def main() -> None:
    """Look until nobody wants to know any more, or once."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    backend: RemoteBackend | None = None
    rest = threading.Event()
    while True:
        seconds = 5.0
        try:
            standing = Standing.of_json(order["target"])
            seconds = standing.options.survey_seconds
            backend = backend or backend_of(standing, token=order.get("token"))
            answer: dict[str, Any] = {"survey": asdict(backend.survey())}
        except Exception as error:
            _close(backend)
            backend = None
            if not isinstance(error, TorchwireError):
                logger.exception("The survey failed.")
                error = LibraryError(f"{type(error).__name__}: {error}"[:2000], hint="Its plug-in has failed.")
            answer = {"error": error.as_json()}
        out.write(json.dumps(answer) + "\n")
        if order.get("once"):
            _close(backend)
            out.flush()
            os._exit(0)
        rest.wait(seconds)


def _close(backend: RemoteBackend | None) -> None:
    """Let go of a connection: the next look makes a new one."""
    try:
        if backend is not None:
            backend.close()
    except Exception:
        logger.exception("A connection could not be closed.")


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
