"""The targets beyond this computer that are set up: in ``torchwire.toml``, or on the page. And how each stands."""

from __future__ import annotations

import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torchwire.errors import ConflictError, NotFoundError, ParameterParseError, TorchwireError
from torchwire.execution.beyond import RemoteTarget
from torchwire.remote.backend import Survey, TargetOptions
from torchwire.remote.kinds import Standing, check_options, is_installed, kinds, load
from torchwire.remote.scouts import Scout, look_once
from torchwire.remote.versions import mismatch, versions
from torchwire.storage.database import Database

SETTING = "targets"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
HIDDEN = "********"
"""What is shown, and sent back, in place of a value that may be a secret."""
OWN_KEYS = ("id", "kind", "title", "token_file", "token_env")

Tell = Callable[[Mapping[str, RemoteTarget]], None]


@dataclass
class _Entry:
    """One target: how it is set up, or what is wrong with that, and what was seen of it last."""

    id: str
    kind: str
    title: str
    origin: str  # file, page
    standing: Standing | None
    problem: TorchwireError
    scout: Scout | None = None
    survey: Survey | None = None
    surveyed: float | None = None
    looked: bool = False
    reached: bool = False
    since: float = field(default_factory=time.monotonic)

    def target(self) -> RemoteTarget:
        """The target as the engine sees it."""
        survey = self.survey or Survey(())
        differs = mismatch(versions(), survey.versions)
        alive = [machine for machine in survey.machines if machine.alive]
        why = None if self.reached else _in_words(self.problem)
        if self.reached and differs is not None:
            why = f"Its versions differ: {differs}."
        elif self.reached and not alive:
            why = "None of its machines is there."
        options = None if self.standing is None else self.standing.options
        return RemoteTarget(
            self.id,
            self.title,
            self.kind,
            "cpu",
            sum(int(machine.cores) for machine in alive),
            sum(machine.memory_bytes for machine in alive),
            gpu=next((machine.gpu for machine in alive if machine.gpu), None),
            driver={} if self.standing is None else self.standing.as_json(),
            shared=() if options is None else tuple(_shared(options)),
            cores_each=None if options is None else options.cores_per_process,
            gpus_each=None if options is None else options.gpus_per_process,
            unreachable_seconds=0.0 if options is None else options.unreachable_seconds,
            machines=survey.machines,
            versions=survey.versions,
            surveyed=self.surveyed,
            why_not=why,
            mismatch=differs if self.reached else None,
            since=self.since if self.looked or self.standing is None else math.inf,  # the first look may take long
            about={
                "origin": self.origin,
                "reached": self.reached if self.looked or self.standing is None else None,
                "options": {} if options is None else _shown(options),
                "has_token": self.standing is not None
                and (self.standing.token_file or self.standing.token_env) is not None,
            },
        )


def _shared(options: TargetOptions) -> list[str]:
    """The folders that both sides see; the exchange is one where it is a folder."""
    url = options.exchange.removeprefix("file://")
    return [*options.shared_folders, *([] if "://" in url or "::" in url else [url])]


class Roster:
    """All of them. Its methods may be called from any thread. Implements ``execution.beyond.Outside``."""

    def __init__(self, home: Path, database: Database, in_file: Sequence[Mapping[str, Any]] = ()) -> None:
        self._home = home
        self._database = database
        self._in_file = list(in_file)
        self._entries: dict[str, _Entry] = {}
        self._tell: Tell = lambda _: None
        self._began = False
        self._lock = threading.RLock()
        self._looked = threading.Condition(self._lock)

    def begin(self, tell: Tell) -> None:
        """Say which targets there are, start to look at them, and say whatever changes."""
        with self._lock:
            self._tell, self._began = tell, True
            self._entries = self._set_up()
            for entry in self._entries.values():
                self._look_at(entry)
            self._say()

    def end(self) -> None:
        """Stop looking."""
        with self._lock:
            self._began = False
            scouts = [entry.scout for entry in self._entries.values() if entry.scout is not None]
            self._entries.clear()
        for scout in scouts:
            scout.end(wait=False)
        for scout in scouts:
            scout.end()

    def configured(self) -> dict[str, RemoteTarget]:
        """The targets that are set up, without a look at them."""
        return {id: entry.target() for id, entry in self._set_up().items()}

    def wait(self, seconds: float) -> None:
        """Wait until each was looked at once."""
        with self._looked:
            self._looked.wait_for(
                lambda: all(entry.looked or entry.scout is None for entry in self._entries.values()),
                seconds,
            )

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds of targets that may be added, with what is needed for each and the schema of its options."""
        found = []
        for name in kinds():
            try:
                kind = load(name)
            except TorchwireError as error:
                found.append({"kind": name, "title": name, "installed": False, "install": error.hint, "schema": {}})
                continue
            ready = is_installed(kind)
            install = None if ready else kind.install or f"Install {', '.join(kind.needs)}"
            schema = kind.Options.model_json_schema()
            found.append({"kind": name, "title": kind.title, "installed": ready, "install": install, "schema": schema})
        return found

    def add(self, id: str, kind: str, title: str, options: Mapping[str, Any], token: str | None) -> None:
        """Set up a target. Raises ConflictError when there is one of that id, ParameterParseError for wrong options."""
        _check_id(id)
        with self._lock:
            if id in self._entries:
                raise ConflictError(f"There is a target '{id}' already.", hint="Choose another id.")
            checked = check_options(kind, options)
            self._write_token(id, token)
            self._store(_record(id, kind, title, checked, self._token_file(id) if token else None))

    def change(self, id: str, title: str, options: Mapping[str, Any], token: str | None, *, keep_token: bool) -> None:
        """Set a target up anew; what runs there goes on. Raises NotFoundError, ConflictError for one of the file."""
        with self._lock:
            entry = self._of_page(id)
            before = {} if entry.standing is None else entry.standing.options.model_dump(mode="json")
            checked = check_options(entry.kind, _unhidden(options, before))
            if not keep_token:
                self._write_token(id, token)
            file = self._token_file(id)
            self._store(_record(id, entry.kind, title, checked, file if file.exists() else None))
        if entry.scout is not None:
            entry.scout.end()

    def remove(self, id: str) -> None:
        """Forget a target with its token. Raises NotFoundError, ConflictError for one of the file."""
        with self._lock:
            entry = self._of_page(id)
            self._database.settings.put(SETTING, {"targets": [one for one in self._on_page() if one["id"] != id]})
            self._write_token(id, None)
            del self._entries[id]
            self._say()
        if entry.scout is not None:
            entry.scout.end()

    def test(self, kind: str, options: Mapping[str, Any], token: str | None, id: str | None) -> dict[str, Any]:
        """Look at a target as it would be set up, with the token that ``id`` has unless one is given.

        Raises TorchwireError that says what is wrong.
        """
        with self._lock:
            known = self._entries.get(id) if id else None
        standing = known.standing if known is not None else None
        before = standing.options.model_dump(mode="json") if standing is not None else {}
        checked = check_options(kind, _unhidden(options, before))
        if token is None and standing is not None:
            token = standing.token()
        survey = look_once(Standing(id or "test", kind, id or "test", checked), token, self._log)
        return {
            "survey": {"machines": [vars(machine) for machine in survey.machines], "versions": dict(survey.versions)},
            "mismatch": mismatch(versions(), survey.versions),
        }

    # What was seen

    def _look_at(self, entry: _Entry) -> None:
        if entry.standing is None or not self._began:
            return

        def tell(seen: Survey | TorchwireError) -> None:
            with self._looked:
                if self._entries.get(entry.id) is not entry:
                    return
                if isinstance(seen, TorchwireError):
                    entry.since = time.monotonic() if entry.reached or not entry.looked else entry.since
                    entry.reached, entry.problem = False, seen
                else:
                    entry.reached, entry.survey, entry.surveyed = True, seen, time.time()
                entry.looked = True
                self._looked.notify_all()
                self._say()

        entry.scout = Scout(entry.standing, self._log, tell)
        entry.scout.start()

    def _say(self) -> None:
        if self._began:
            self._tell({entry.id: entry.target() for entry in self._entries.values()})

    # How they are set up

    def _set_up(self) -> dict[str, _Entry]:
        here = [self._entry(record, "file") for record in self._in_file]
        there = [self._entry(record, "page") for record in self._on_page()]
        return {entry.id: entry for entry in [*there, *here]}  # the file's word counts

    def _entry(self, record: Mapping[str, Any], origin: str) -> _Entry:
        id, kind = str(record.get("id", "")), str(record.get("kind", ""))
        title = str(record.get("title") or id)
        problem: TorchwireError = TorchwireError("It was not looked at yet.")
        standing = None
        try:
            own = {key: value for key, value in record.items() if key not in OWN_KEYS}
            options = own if origin == "file" else record["options"]
            _check_id(id)
            checked = check_options(kind, options)
            file = (
                None if record.get("token_file") is None else str(self._home / Path(record["token_file"]).expanduser())
            )
            standing = Standing(id, kind, title, checked, file, record.get("token_env"))
        except TorchwireError as error:
            problem = error
        return _Entry(id, kind, title, origin, standing, problem)

    def _on_page(self) -> list[dict[str, Any]]:
        return list(self._database.settings.get(SETTING).get("targets", []))

    def _of_page(self, id: str) -> _Entry:
        entry = self._entries.get(id)
        if entry is None:
            raise NotFoundError(f"There is no target '{id[:100]}' that could be changed.")
        if entry.origin == "file":
            raise ConflictError(f"The target '{id}' is set up in torchwire.toml.", hint="Change it there.")
        return entry

    def _store(self, record: dict[str, Any]) -> None:
        others = [one for one in self._on_page() if one["id"] != record["id"]]
        self._database.settings.put(SETTING, {"targets": [*others, record]})
        entry = self._entries[record["id"]] = self._entry(record, "page")
        self._look_at(entry)
        self._say()

    @property
    def _log(self) -> Path:
        return self._home / "targets.log"

    def _token_file(self, id: str) -> Path:
        return self._home / "secrets" / f"{id}.token"

    def _write_token(self, id: str, token: str | None) -> None:
        file = self._token_file(id)
        if not token:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(mode=0o700, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(token)
        draft.rename(file)


def _check_id(id: str) -> None:
    if not ID.fullmatch(id) or id.startswith("local-"):
        hint = "Use small letters, digits and hyphens, and do not begin with 'local-'."
        raise ParameterParseError(f"A target can't have the id '{id[:100]}'.", hint=hint, parameter="id")


def _record(id: str, kind: str, title: str, options: TargetOptions, token_file: Path | None) -> dict[str, Any]:
    record = {"id": id, "kind": kind, "title": title, "options": options.model_dump(mode="json", exclude_unset=True)}
    return record | ({"token_file": str(token_file)} if token_file else {})


def _shown(options: TargetOptions) -> dict[str, Any]:
    """Options for people to see. What is passed to a storage's client may be its keys."""
    shown = options.model_dump(mode="json", exclude_unset=True)
    if shown.get("exchange_options"):
        shown["exchange_options"] = dict.fromkeys(shown["exchange_options"], HIDDEN)
    return shown


def _unhidden(options: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they were sent, with what was hidden before put back."""
    given, known = dict(options), before.get("exchange_options") or {}
    if isinstance(given.get("exchange_options"), dict):
        given["exchange_options"] = {
            name: known.get(name, value) if value == HIDDEN else value
            for name, value in given["exchange_options"].items()
        }
    return given


def _in_words(error: TorchwireError) -> str:
    return f"{error.message} {error.hint}" if error.hint else error.message
