"""What is kept, what it takes on the disk, and what may go. Figures only: nothing here touches a file or a row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torchwire.execution.disk_scan import ELSEWHERE, Picture
from torchwire.storage.holdings import UNFINISHED, Inventory, KeptArtifact, KeptCheckpoint, KeptRun, Making

MINUTE = 60.0


@dataclass(frozen=True)
class Goes:
    """What a collection takes."""

    digests: tuple[str, ...]  # in the order in which they go
    freed: int
    seconds: float  # to make it all again


class Ledger:
    """An inventory and a picture of the disk, put together. Sizes count bytes that are shared by links once."""

    def __init__(
        self,
        inventory: Inventory,
        picture: Picture,
        database_size: int = 0,
        foreseen: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """``foreseen`` are the digests that each run not at an end is going to reuse."""
        self.inventory = inventory
        self.picture = picture
        self._database_size = database_size
        self.foreseen = foreseen or {}
        self._reused = {digest for digests in self.foreseen.values() for digest in digests}
        self._shares: list[tuple[tuple[str, ...], int]] = list(picture.shares)
        self._shares_of: defaultdict[str, list[int]] = defaultdict(list)
        for number, (holders, _) in enumerate(self._shares):
            for holder in holders:
                self._shares_of[holder].append(number)
        self._by_digest = {row.digest: row for row in inventory.checkpoints.values()}
        rows: list[KeptArtifact | KeptCheckpoint] = [*inventory.artifacts.values(), *self._by_digest.values()]
        for row in rows:
            if row.digest not in self._shares_of and row.created > picture.time:  # came after the picture was taken
                self._shares_of[row.digest].append(len(self._shares))
                self._shares.append(((row.digest,), row.size))

    # What there is

    def used(self) -> dict[str, int]:
        """Bytes on the disk by kind, and ``total``."""
        used = {"artifacts": 0, "checkpoints": 0, "attempts": 0, "datasets": 0, "uploads": 0, "cache": 0}
        for holders, size in self._shares:
            if ELSEWHERE not in holders:  # counted there
                used["checkpoints" if all(h in self._by_digest for h in holders) else "artifacts"] += size
        used |= self.picture.folders
        used["database"] = self._database_size
        return used | {"total": sum(used.values())}

    def size_of(self, digests: Iterable[str]) -> int:
        """The bytes of these folders together."""
        numbers = {number for digest in digests for number in self._shares_of[digest]}
        return sum(self._shares[number][1] for number in numbers)

    def freed_by(self, digests: Collection[str]) -> int:
        """The bytes that removing these folders gives back: what others link to stays."""
        going = set(digests)
        numbers = {number for digest in going for number in self._shares_of[digest]}
        return sum(size for holders, size in map(self._shares.__getitem__, numbers) if going.issuperset(holders))

    def seconds_of(self, digests: Iterable[str]) -> float | None:
        """How long it takes to make these again. None when that is known of none of them."""
        makings = {making.key: making.seconds for making in map(self._making, digests) if making is not None}
        return sum(makings.values()) if makings else None

    def is_there(self, digest: str) -> bool:
        """Whether the folder lies in the store."""
        return bool(self._shares_of.get(digest))

    # Run by run, artifact by artifact

    def run(self, run: KeptRun) -> dict[str, Any]:
        """A run as ``GET storage/runs`` lists it."""
        needs = self._folders_of(run.id)
        alone = {d for d in needs if self.users[d] <= 1 and not self._is_pinned(d) and d not in self._reused}
        attempts = self._attempts_of[run.id]
        return {
            "id": run.id,
            "name": run.name,
            "status": run.status,
            "created": run.created,
            "pinned": run.pinned,
            "size": self.size_of(needs) + attempts,
            "size_alone": self.freed_by(alone) + attempts,
            "seconds_to_recompute": self.seconds_of(alone),
        }

    def artifact(self, digest: str, labels: dict[tuple[str, str], str]) -> dict[str, Any]:
        """An artifact as ``GET storage/artifacts`` lists it. ``labels`` names nodes, by run and node id."""
        row, making = self.inventory.artifacts[digest], self._making(digest)
        return {
            "digest": digest,
            "type": row.type,
            "size": row.size,
            "size_alone": self.freed_by([digest]),
            "files": row.files,
            "created": row.created,
            "last_used": self._last_used(digest),
            "pinned": row.pinned,
            "runs": self.users[digest],
            "node": None if making is None else labels.get((making.run_id, making.node), making.node),
            "module": None if making is None else making.module,
            "seconds_to_recompute": None if making is None else making.seconds,
        }

    def ordered(self, order: str) -> list[str]:
        """The digests of the artifacts that are there: the largest first, or the longest unused first."""
        rows = [row for row in self.inventory.artifacts.values() if self.is_there(row.digest)]
        if order == "last_used":
            rows.sort(key=lambda row: (self._last_used(row.digest), row.digest))
        else:
            rows.sort(key=lambda row: (-row.size, row.digest))
        return [row.digest for row in rows]

    # What may go

    def collect(self, down_to: int, now: float, spared: Collection[str] = ()) -> Goes:
        """What has to go for the home to take at most ``down_to`` bytes, or as much of that as may."""
        excess = self.used()["total"] - down_to
        going: list[str] = []
        left = [len(holders) for holders, _ in self._shares]  # how many folders still hold each share
        freed = 0
        for digest in self._candidates(now, spared):
            if freed >= excess:
                break
            going.append(digest)
            for number in self._shares_of[digest]:
                left[number] -= 1
                freed += self._shares[number][1] if left[number] == 0 else 0
        going = self._without_needless(going, freed - excess)
        return self.goes(going)

    def goes(self, digests: Sequence[str]) -> Goes:
        """What taking these gives back, and costs."""
        return Goes(tuple(digests), self.freed_by(digests), self.seconds_of(self.artifacts_of(digests)) or 0.0)

    def artifacts_of(self, digests: Iterable[str]) -> list[str]:
        """Those that are artifacts."""
        return [digest for digest in digests if digest in self.inventory.artifacts]

    def checkpoints_of(self, digests: Iterable[str]) -> list[str]:
        """Those that are checkpoints."""
        return [digest for digest in digests if digest in self._by_digest]

    def collectable(self) -> int:
        """How many bytes may go at all."""
        return self.freed_by(self._candidates(0.0, ()))

    @cached_property
    def needed(self) -> set[str]:
        """Digests that may not go: pinned, needed by a run that is pinned or not at an end, or about to be reused."""
        inventory = self.inventory
        needed = {digest for digest, row in inventory.artifacts.items() if row.pinned}
        needed |= self._reused | inventory.resumed
        for run in inventory.runs.values():
            if run.is_kept:
                needed |= inventory.needs.get(run.id, frozenset())
        kept = {run.id for run in inventory.runs.values() if run.is_kept}
        return needed | {row.digest for row in inventory.checkpoints.values() if row.run_id in kept}

    @cached_property
    def users(self) -> Counter[str]:
        """How many runs need each digest."""
        return Counter(digest for needs in self.inventory.needs.values() for digest in needs)

    def _candidates(self, now: float, spared: Collection[str]) -> list[str]:
        """What may go, in order: what no row knows, superseded checkpoints, the rest by age and cost."""
        known = dict.fromkeys((*self._by_digest, *self.inventory.artifacts))
        free = [d for d in known if self.is_there(d) and d not in self.needed and d not in spared]
        free.sort(key=lambda digest: (digest not in self._superseded, -self._age(digest, now), digest))
        return [*self._strangers(known), *free]

    def _strangers(self, known: Collection[str]) -> list[str]:
        """Folders that no row knows: left by a kill, unless a run is under way and about to write the row."""
        if any(run.status in UNFINISHED for run in self.inventory.runs.values()):
            return []
        return sorted(digest for digest in self._shares_of if digest not in known and digest != ELSEWHERE)

    def _age(self, digest: str, now: float) -> float:
        """The time since it was last used, divided by one plus the minutes that it takes to make again."""
        making = self._making(digest)
        unused = max(0.0, now - self._last_used(digest))
        return unused / (1 + (making.seconds / MINUTE if making is not None else 0.0))

    @cached_property
    def _superseded(self) -> set[str]:
        """Checkpoints that nobody goes on from: an older state of the same work, or of work that was finished."""
        newest: dict[str, KeptCheckpoint] = {}
        for row in self.inventory.checkpoints.values():
            if row.key not in newest or (row.step, row.created) > (newest[row.key].step, newest[row.key].created):
                newest[row.key] = row
        kept = {row.digest for row in newest.values() if row.final or row.key not in self._finished_keys}
        return {digest for digest in self._by_digest if digest not in kept}

    @cached_property
    def _finished_keys(self) -> set[str]:
        return {making.key for making in self.inventory.makings.values()}

    def _without_needless(self, going: list[str], slack: int) -> list[str]:
        """Let stay what need not go: links make some folders give back little, or only together with others."""
        stays: set[str] = set()
        gone = set(going)
        for digest in reversed(going):
            held = (self._shares[number] for number in self._shares_of[digest])
            gives = sum(size for holders, size in held if gone.issuperset(holders))
            if gives <= slack:
                slack -= gives
                gone.remove(digest)
                stays.add(digest)
        return [digest for digest in going if digest not in stays]

    def _last_used(self, digest: str) -> float:
        row = self.inventory.artifacts.get(digest)
        if row is None:
            return self._by_digest[digest].created
        return row.created if row.last_used is None else row.last_used

    def _making(self, digest: str) -> Making | None:
        making = self.inventory.makings.get(digest)
        if making is None and digest in self._by_digest:
            return self._making_of_key.get(self._by_digest[digest].key)
        return making

    @cached_property
    def _making_of_key(self) -> dict[str, Making]:
        return {making.key: making for making in self.inventory.makings.values()}

    @cached_property
    def _attempts_of(self) -> Counter[str]:
        sizes: Counter[str] = Counter()
        for attempt, size in self.picture.attempts.items():
            sizes[self.inventory.attempts.get(attempt, "")] += size
        return sizes

    def _folders_of(self, run_id: str) -> set[str]:
        own = {row.digest for row in self.inventory.checkpoints.values() if row.run_id == run_id}
        return own | self.inventory.needs.get(run_id, frozenset())

    def _is_pinned(self, digest: str) -> bool:
        row = self.inventory.artifacts.get(digest)
        return row is not None and row.pinned
