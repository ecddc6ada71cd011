"""What a network looked at in one image: worked out in a process of its own when first asked for, then kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

from torchwire.errors import ConflictError, InvalidModelDirectoryError, NotFoundError, PipelineError
from torchwire.execution.engine import Engine
from torchwire.registry import Registry

MODULE = "explain-image"
SECONDS = 60.0
LIMIT = 64 * 1024 * 1024
PICTURES = {"overlay": "overlay.png", "heat": "heat.png", "seen": "seen.png"}
WORDS = "explanation.json"
_turn = threading.Lock()


def explain(
    engine: Engine, registry: Registry, cache: Path, model: str, images: str, image_id: str, category: str
) -> Path:
    """The folder with the explanation: from the cache, or made now.

    Raises NotFoundError for an image or category that isn't there, and what may happen to a job: NodeTimedOutError,
    NodeCrashedError, ConflictError, and errors of the model and the image.
    """
    try:
        version = registry.get(MODULE).spec.version
    except PipelineError as error:
        raise NotFoundError("No installed module explains predictions.") from error
    asked = json.dumps([version, model, images, image_id, category])
    key = hashlib.sha256(asked.encode()).hexdigest()
    kept = cache / key[:2] / key
    if _is_kept(kept):
        return kept
    if not _turn.acquire(timeout=SECONDS):
        raise ConflictError("Too many explanations were asked for.", hint="Try again in a moment.")
    try:
        if not _is_kept(kept):
            _make(engine, kept, model, images, image_id, category)
            _trim(cache, besides=kept)
        return kept
    finally:
        _turn.release()


def words(kept: Path) -> dict[str, Any]:
    """What is said about an explanation."""
    try:
        about: dict[str, Any] = json.loads((kept / WORDS).read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidModelDirectoryError("The explanation can't be read.", hint="Try again.") from error
    return about


def _is_kept(kept: Path) -> bool:
    try:
        os.utime(kept)
    except FileNotFoundError:
        return False
    return True


def _make(engine: Engine, kept: Path, model: str, images: str, image_id: str, category: str) -> None:
    inputs = {"trained_model": model, "dataset": images}
    parameters = {"image": image_id, "asked": category}
    with engine.jobs.run(MODULE, parameters, inputs, SECONDS) as made:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f"{kept.name}.{uuid.uuid4().hex}.part")
        shutil.copytree(made["explanation"], partial, copy_function=shutil.copyfile)
        partial.rename(kept)


def _trim(cache: Path, besides: Path, limit: int = LIMIT) -> None:
    """Remove explanations looked at longest ago until the rest takes ``limit`` bytes."""
    found = []
    for folder in cache.glob("??/*"):
        found.append((folder.stat().st_mtime, sum(file.stat().st_size for file in folder.iterdir()), folder))
    total = sum(size for _, size, _ in found)
    for _, size, folder in sorted(found, key=lambda entry: entry[0]):
        if total <= limit:
            return
        if folder != besides:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
