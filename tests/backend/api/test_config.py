"""Settings: where they come from and which one wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchwire.config import is_loopback, load_config
from torchwire.errors import ParameterParseError


def test_flags_win_over_variables_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torchwire.toml").write_text('port = 1001\nhost = "127.0.0.3"\nallowed_roots = ["/srv/images"]\n')
    assert load_config(home=tmp_path).port == 1001
    monkeypatch.setenv("TORCHWIRE_PORT", "1002")
    assert load_config(home=tmp_path).port == 1002
    assert load_config(home=tmp_path, port=1003, host=None).port == 1003
    assert load_config(home=tmp_path).host == "127.0.0.3"
    assert load_config(home=tmp_path).roots == ((tmp_path / "data").resolve(), Path("/srv/images"))


def test_the_home_comes_from_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHWIRE_HOME", str(tmp_path / "there"))
    assert load_config().home == tmp_path / "there"
    assert load_config(home=tmp_path).home == tmp_path


def test_lists_in_variables_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHWIRE_ALLOWED_ROOTS", "/srv/a:/srv/b")
    monkeypatch.setenv("TORCHWIRE_ALLOWED_HOSTS", "one.example, two.example")
    config = load_config(home=tmp_path)
    assert config.roots[1:] == (Path("/srv/a"), Path("/srv/b"))
    assert config.allowed_hosts == ("one.example", "two.example")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port = 99999999", "port"),
        ("prot = 1", "prot"),
        ("port = [", "TOML"),
        ('token = "short"', "token"),
        ("\x00", "read"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "torchwire.toml").write_text(text)
    with pytest.raises(ParameterParseError) as raised:
        load_config(home=tmp_path)
    assert named in raised.value.message + (raised.value.hint or "") or "torchwire.toml" in (raised.value.hint or "")


def test_the_token_is_not_shown(tmp_path: Path) -> None:
    assert "a-secret-of-some-length" not in repr(load_config(home=tmp_path, token="a-secret-of-some-length"))  # noqa: S106


def test_loopback_is_told_from_other_addresses() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""))
