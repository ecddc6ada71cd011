"""A server behind a real socket, and browsers that watch it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.backend.server_fixtures import make_app, make_config, serving, started
from tests.backend.sockets.browser import Browsers


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An application whose threads run."""
    with started(make_app(make_config(tmp_path / "home"))) as app:
        yield app


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Where the application is served."""
    with serving(app) as server:
        yield server.url


@pytest.fixture
def browsers(url: str) -> Iterator[Browsers]:
    """Makes clients of the server and closes them all."""
    made = Browsers(url)
    yield made
    made.close()
