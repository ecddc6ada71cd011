"""Fixtures of the HTTP tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import make_app, make_config, started


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An application whose threads run."""
    with started(make_app(make_config(tmp_path / "home"))) as app:
        yield app


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for all tests of a file that only look."""
    with started(make_app(make_config(tmp_path_factory.mktemp("shared") / "home"))) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that comes from this machine."""
    return app.test_client()
