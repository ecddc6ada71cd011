"""Makes room: finds out what takes how much, and removes what nobody needs when the home outgrows its budget.

A folder leaves the store by one rename, on the engine's thread, where reuse is decided as well: a node that reuses an
artifact finds it whole or not at all. Its row goes in the same turn. A kill in between leaves a row without files, or
files that are in the store no more; the next start removes both.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, TypeVar

from torchwire.errors import NotFoundError, TorchwireError
from torchwire.execution.disk_scan import DiskScan, Picture
from torchwire.execution.events import RunEvent
from torchwire.execution.home import Home
from torchwire.execution.ledger import Ledger
from torchwire.execution.store import ArtifactStore
from torchwire.storage.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")
Call = Callable[[Callable[[], T]], T]
FRESH = 10.0
"""Seconds for which a picture of the disk is good enough to be shown."""
PATIENCE = 0.5
"""Seconds that somebody who asks waits for a newer picture; the first one is waited for longer."""
FIRST_PATIENCE = 15.0
KEPT = 5.0
"""Seconds for which a ledger may be shown again, as long as nothing is known to have changed."""
CHANGING = frozenset({"run.queued", "run.finished", "node.output", "node.checkpoint"})
BUDGET_SET = ""
"""Stands among the runs that ended, in their order, for the moment at which somebody set the budget."""
BATCH = 200
"""How many folders are taken out in one turn of the engine."""


class Collector:
    """Knows what is kept, and removes what may go. Safe to use from several threads."""

    def __init__(
        self,
        home: Home,
        database: Database,
        store: ArtifactStore,
        foresee: Callable[[str], set[str]],
        call: Call[Any],
        budget: int | None = None,
    ) -> None:
        """``foresee`` names what a run not at an end is going to reuse; ``call`` runs something on the engine's thread.

        ``budget`` applies as long as nobody sets another.
        """
        self._home = home
        self._database = database
        self._store = store
        self._foresee = foresee
        self._call = call
        self._default_budget = budget
        self._scan = DiskScan(home)
        self._scanning = threading.Lock()
        self._collecting = threading.Lock()
        self._changed = threading.Condition()
        self._picture: Picture | None = None
        self._stale = False
        self._version = 0
        self._kept: tuple[int, float, Ledger] | None = None
        self._wanted = False
        self._ended: list[str] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="torchwire-collector", daemon=True)

    def start(self) -> None:
        """Sweep up what a kill left, then wait for runs to end."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def hear(self, events: Sequence[RunEvent]) -> None:
        """Take committed events: after the end of a run there may be too much. Returns at once."""
        if any(event.type in CHANGING for event in events):
            self._version += 1
        ended = [event.run_id for event in events if event.type == "run.finished"]
        if ended:
            with self._changed:
                self._ended += ended
                self._changed.notify_all()

    # What people ask

    def overview(self) -> dict[str, Any]:
        """Disk, budget and use, as ``GET storage`` answers."""
        ledger = self._shown_ledger()
        disk = shutil.disk_usage(self._home.root)
        return {
            "disk": {"total": disk.total, "free": disk.free},
            "budget": self.budget(),
            "used": ledger.used(),
            "collectable": ledger.collectable(),
        }

    def runs(self, limit: int, before: str | None = None) -> dict[str, Any]:
        """Runs with their sizes, newest first. Raises NotFoundError for an unknown cursor."""
        ledger = self._shown_ledger()
        ordered = sorted(ledger.inventory.runs.values(), key=lambda run: (run.created, run.id), reverse=True)
        page, following = _page([run.id for run in ordered], limit, before, "run")
        return {"runs": [ledger.run(ledger.inventory.runs[run_id]) for run_id in page], "next": following}

    def artifacts(self, limit: int, before: str | None = None, order: str = "size") -> dict[str, Any]:
        """Artifacts that are there, by size or by the time since they were used. Raises NotFoundError."""
        ledger = self._shown_ledger()
        page, following = _page(ledger.ordered(order), limit, before, "artifact")
        return {"artifacts": self._described(ledger, page), "next": following}

    def budget(self) -> int | None:
        """How many bytes the home may take, None for no limit."""
        return self._database.holdings.budget(self._default_budget)

    def set_budget(self, size: int | None) -> None:
        """Set how many bytes the home may take. What is too much goes soon, in the background."""
        self._database.holdings.set_budget(size)
        self._version += 1
        with self._changed:
            self._ended = [run_id for run_id in self._ended if run_id != BUDGET_SET] + [BUDGET_SET]
            self._changed.notify_all()

    def collect(self, *, dry_run: bool, down_to: int | None = None, spared: Collection[str] = ()) -> dict[str, Any]:
        """Remove what has to go for the home to take at most ``down_to`` bytes, or only say what that would be.

        Without ``down_to`` the budget counts, and without a budget everything goes that may. ``spared`` stays.
        """
        with self._collecting:
            goal = down_to if down_to is not None else self.budget() or 0
            ledger = self._ledger(self._new_picture())
            goes = ledger.collect(goal, time.time(), spared)
            if not dry_run:
                gone = self._discard(goes.digests, set(ledger.foreseen))
                goes = ledger.goes([digest for digest in goes.digests if digest in gone])
                self._store.sweep()
                self._new_picture()
            return {
                "freed": goes.freed,
                "artifacts": self._described(ledger, ledger.artifacts_of(goes.digests)),
                "checkpoints": len(ledger.checkpoints_of(goes.digests)),
                "seconds_to_recompute": goes.seconds,
            }

    def pin_run(self, run_id: str, pinned: bool) -> None:
        """Keep a run with all that it made, or no longer. Raises NotFoundError."""
        self._database.holdings.pin_run(run_id, pinned)
        self._version += 1

    def pin_artifact(self, digest: str, pinned: bool) -> None:
        """Keep an artifact, or no longer. Raises NotFoundError."""
        self._database.holdings.pin_artifact(digest, pinned)
        self._version += 1

    def delete_run(self, run_id: str) -> None:
        """Remove a run, its log, and the artifacts that nobody else needs.

        Raises NotFoundError, and ConflictError when the run is pinned or not at an end.
        """
        foreseen = self._foreseen()
        reused = frozenset[str]().union(*foreseen.values())

        def delete() -> list[str]:
            digests, attempts = self._database.holdings.delete_run(run_id)
            self._take_out(digests - reused, set(foreseen))
            return attempts

        for attempt in self._call(delete):
            shutil.rmtree(self._home.attempts / attempt, ignore_errors=True)
        self._store.sweep()
        self._new_picture()

    # How it is done

    def _discard(self, digests: Sequence[str], known_runs: set[str]) -> set[str]:
        """Take the folders out of the store, some in each turn of the engine. Returns those that are gone."""
        gone: set[str] = set()
        for start in range(0, len(digests), BATCH):
            batch = set(digests[start : start + BATCH])
            gone |= self._call(partial(self._take_out, batch, known_runs))
        return gone

    def _take_out(self, digests: set[str], known_runs: set[str]) -> set[str]:
        """Take out what is still not needed. On the engine's thread, so nothing is reused meanwhile."""
        holdings, unfinished = self._database.holdings, self._database.runs.unfinished()
        needed = holdings.needed_now()
        for run_id in unfinished:
            if run_id not in known_runs:  # submitted after the choice was made
                needed |= self._foresee(run_id)
        going = digests - needed
        if unfinished:  # a folder without a row may be about to get one
            going &= holdings.known(going)
        for digest in sorted(going):
            self._store.withdraw(digest)
        holdings.forget(going)
        return going

    def _work(self) -> None:
        self._guarded(self._sweep)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._wanted or self._ended)
                if self._stopping:
                    return
                ended, self._ended = self._ended, []
                wanted, self._wanted = self._wanted, False
            if ended:
                self._guarded(partial(self._keep_to_budget, ended))
            if wanted:
                self._guarded(self._new_picture)

    def _guarded(self, task: Callable[[], object]) -> None:
        try:
            task()
        except (OSError, TorchwireError):
            logger.exception("Could not look after the room on the disk; it is tried again after the next run.")

    def _keep_to_budget(self, ended: list[str]) -> None:
        """Remove what is too much. What the runs made that have just ended stays, for people to look at.

        Unless the budget was set after their end: whoever sets it wants room now.
        """
        budget = self.budget()
        if budget is None:
            self._stale = True
            return
        ledger = self._ledger(self._new_picture())
        if ledger.used()["total"] <= budget:
            return
        with self._changed:
            later = list(self._ended)
        since_set = ended[ended.index(BUDGET_SET) + 1 :] if BUDGET_SET in ended else ended
        needs = ledger.inventory.needs
        fresh = frozenset[str]().union(*(needs.get(run_id, frozenset()) for run_id in since_set + later))
        done = self.collect(dry_run=False, spared=fresh)
        if done["freed"]:
            logger.info("Removed %d artifacts to keep to the disk budget.", len(done["artifacts"]))

    def _sweep(self) -> None:
        """Remove what a kill left half done: withdrawn folders, and the rows of folders that are gone."""
        self._store.sweep()
        lost = self._database.holdings.all_digests() - self._store.digests()
        if lost:
            self._call(lambda: self._database.holdings.forget([digest for digest in lost if self._is_gone(digest)]))

    def _is_gone(self, digest: str) -> bool:
        """Whether it was taken out of the store. A store without its inner folders is a disk that isn't mounted."""
        folder = self._store.folder(digest)
        return folder.parent.is_dir() and not folder.exists()

    # Pictures and ledgers

    def _shown_ledger(self) -> Ledger:
        """A ledger that is good enough to be shown: a page asks for several parts of it at once."""
        picture, version, now = self._shown_picture(), self._version, time.monotonic()
        kept = self._kept
        if kept is not None and kept[0] == version and now - kept[1] < KEPT:
            return kept[2]
        ledger = self._ledger(picture)
        self._kept = (version, now, ledger)
        return ledger

    def _ledger(self, picture: Picture) -> Ledger:
        foreseen = self._foreseen()
        return Ledger(self._database.holdings.inventory(), picture, self._database.size(), foreseen)

    def _foreseen(self) -> dict[str, set[str]]:
        return {run_id: self._foresee(run_id) for run_id in self._database.runs.unfinished()}

    def _new_picture(self) -> Picture:
        with self._scanning:
            picture = self._scan.take(lambda: self._stopping)
        with self._changed:
            self._picture = picture or self._picture or Picture(time.time())
            self._stale = False
            self._version += 1
            self._changed.notify_all()
            return self._picture

    def _shown_picture(self) -> Picture:
        """A picture that is good enough to be shown. A newer one is taken in the background if this one is old."""
        with self._changed:
            before = self._picture
            if before is not None and not self._stale and time.time() - before.time < FRESH:
                return before
            if self._thread.ident is not None and not self._stopping:
                self._wanted = True
                self._changed.notify_all()
                patience = FIRST_PATIENCE if before is None else PATIENCE
                self._changed.wait_for(lambda: self._picture is not before or self._stopping, patience)
                return self._picture or Picture(time.time())
        return self._new_picture()

    def _described(self, ledger: Ledger, digests: Sequence[str]) -> list[dict[str, Any]]:
        makings = [ledger.inventory.makings[digest] for digest in digests if digest in ledger.inventory.makings]
        documents = self._database.holdings.documents({making.run_id for making in makings})
        labels = {
            (run_id, node["id"]): node["label"]
            for run_id, document in documents.items()
            for node in document.get("nodes", ())
            if node.get("label")
        }
        return [ledger.artifact(digest, labels) for digest in digests]


def _page(ids: list[str], limit: int, before: str | None, kind: str) -> tuple[list[str], str | None]:
    start = 0
    if before is not None:
        if before not in ids:
            raise NotFoundError(f"There is no {kind} '{before[:80]}'.", hint="Begin with the first page again.")
        start = ids.index(before) + 1
    page = ids[start : start + limit]
    return page, page[-1] if start + limit < len(ids) else None
