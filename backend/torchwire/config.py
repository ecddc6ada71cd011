"""Settings of one home folder: flags, then ``TORCHWIRE_*`` variables, then ``torchwire.toml`` in the home."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import ByteSize, Field, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from torchwire.errors import ParameterParseError

SETTINGS_FILE = "torchwire.toml"
MIB = 1024 * 1024

Paths = Annotated[tuple[Path, ...], NoDecode]
Names = Annotated[tuple[str, ...], NoDecode]


class Config(BaseSettings):
    """All settings. ``load_config`` makes one; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="TORCHWIRE_", extra="forbid", frozen=True)

    home: Path = Field(description="The folder that all state lives in.")
    host: str = Field("127.0.0.1", min_length=1, max_length=253, description="The address to listen on.")
    port: int = Field(8321, ge=0, le=65535, description="The port to listen on; 0 takes any free one.")
    open_browser: bool = Field(True, description="Open the designer in the browser when the server is ready.")
    token: SecretStr | None = Field(None, min_length=16, description="What clients must present.")
    allowed_hosts: Names = Field((), description="Further names under which browsers may reach the server.")
    allowed_roots: Paths = Field((), description="Folders on this machine that data sets may be read from.")
    weights_folder: Path | None = Field(None, description="Where pretrained weights lie; <home>/weights by default.")
    max_image_pixels: int = Field(100_000_000, ge=1, description="Larger images are refused.")
    checkpoint_seconds: float = Field(60, ge=0, description="Training keeps its state this often, and each epoch.")
    rank_silence_seconds: float = Field(
        60, gt=0, description="One of several processes that shows no sign of life for this long is ended."
    )
    pixel_cache: ByteSize = Field(
        ByteSize(10 * 1024 * MIB), description="How much decoded images may take on disk; 0 keeps none between nodes."
    )
    max_document_bytes: int = Field(16 * MIB, ge=1024, description="The largest JSON body.")
    max_upload_bytes: int = Field(20 * 1024 * MIB, ge=1, description="The largest archive that may be uploaded.")
    upload_part_bytes: int = Field(4 * MIB, ge=1024, le=64 * MIB, description="The largest part of an upload.")
    upload_lifetime_hours: float = Field(24, gt=0, description="Unfinished uploads are removed after this time.")
    database_url: SecretStr | None = Field(
        None, min_length=1, description="A PostgreSQL database in place of the file in the home folder."
    )
    disk_budget: ByteSize | None = Field(None, description="How much the home may take, as in 50GB.")
    cores: int | None = Field(
        None, ge=1, le=65536, description="CPU cores that nodes may use; by default all there are."
    )
    memory_bytes: int | None = Field(
        None, ge=64 * MIB, description="Memory that nodes may take together; by default all, less an eighth."
    )
    targets: tuple[dict[str, Any], ...] = Field(
        (), description="Compute targets beyond this computer: one table `[[targets]]` for each, in the file."
    )
    threads: int = Field(288, ge=8, le=4096, description="Threads that serve requests; each open page holds one.")

    @field_validator("allowed_roots", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over variables, variables over the file."""
        home = Path(init_settings()["home"])
        file = TomlConfigSettingsSource(settings_cls, toml_file=home / SETTINGS_FILE)
        return init_settings, env_settings, file

    @property
    def database(self) -> str:
        """Where the home's database lies. May hold a password."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'torchwire.db'}"

    @property
    def for_modules(self) -> dict[str, Any]:
        """What modules find in ``ctx.settings`` beside what the engine puts there."""
        return {"pixel_cache_folder": str(self.home / "cache" / "pixels"), "pixel_cache_bytes": int(self.pixel_cache)}

    @property
    def data_folder(self) -> Path:
        """The root that data sets may always be read from."""
        return self.home / "data"

    @property
    def weights(self) -> Path:
        """The folder of pretrained weights."""
        return self.weights_folder or self.home / "weights"

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that data sets may be read from, symlinks resolved."""
        return tuple(root.expanduser().resolve() for root in (self.data_folder, *self.allowed_roots))

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)


def load_config(*, home: Path | str | None = None, **flags: Any) -> Config:
    """The settings for ``home`` (else ``TORCHWIRE_HOME``, else the platform's data folder); flags of None don't count.

    Raises ParameterParseError that names the setting and where it may come from.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Config(home=home_folder(home), **given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        hint = f"It comes from a flag, the variable TORCHWIRE_{name.upper()}, or {SETTINGS_FILE} in the home folder."
        raise ParameterParseError(f"Setting '{name}': {first['msg']}.", hint=hint, parameter=name) from error
    except (SettingsError, ValueError, OSError) as error:  # a file that isn't TOML, or can't be read
        raise ParameterParseError(f"The settings can't be read: {error}.", hint=f"Mend {SETTINGS_FILE}.") from error


def parse_size(text: str) -> int:
    """The number of bytes that ``20GB`` or ``500MiB`` stands for. Raises ParameterParseError."""
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise ParameterParseError(f"'{text}' is not a size.", hint="Write it as 500MB or 20GB.") from error


def home_folder(given: Path | str | None = None) -> Path:
    """The absolute home folder that applies."""
    chosen = given or os.environ.get("TORCHWIRE_HOME") or platformdirs.user_data_path("torchwire", appauthor=False)
    return Path(chosen).expanduser().absolute()


def is_loopback(host: str) -> bool:
    """Whether ``host`` is a name or address of this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
