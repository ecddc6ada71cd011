"""What is known of an output, before or after it was made. Pure data; None and empty mean: not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torchwire.data_types.transformation import Size, Step, all_steps, output_size

MOST_SIZES = 64
"""How many different image sizes are kept; of more, only that they differ matters."""


@dataclass(frozen=True)
class ModelFacts:
    """An architecture, trained or not. ``classes`` is known once it is trained on, or about to be."""

    family: str
    model_name: str
    pretrained: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: int | None = None
    trained: bool = False


@dataclass(frozen=True)
class TrainingFacts:
    """How Train would go about it. ``memory`` is an estimate in bytes, by the rule of ``architectures.py``."""

    epochs: int
    steps: int | None = None
    last_batch: int | None = None
    effective_batch: int | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of one output.

    ``node`` is whose output it is, and ``exact`` that it was read from what that node made, not foreseen. Of images:
    how many, ``labelled`` or not, ``categories``, how many of each (``counts``), and the same for the ``parts`` (train,
    val, test) of a data set; ``sizes`` are the different (height, width) before the ``transformations`` that travel
    with them, taken from a few images if ``sampled``; ``transformed_by`` are the nodes that those came from, and
    ``split_by`` the node that divided the images last. ``steps`` are those of a transformation. ``rows`` count a
    table's.
    """

    node: str = ""
    exact: bool = False
    images: int | None = None
    labelled: bool | None = None
    categories: tuple[str, ...] | None = None
    counts: Mapping[str, int] | None = None
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sizes: tuple[Size, ...] | None = None
    sampled: bool = False
    transformations: tuple[Mapping[str, Any], ...] | None = None
    transformed_by: tuple[str, ...] = ()
    split_by: str = ""
    steps: tuple[Step, ...] | None = None
    model: ModelFacts | None = None
    training: TrainingFacts | None = None
    input_size: Size | None = None
    rows: int | None = None
    bytes: int | None = None

    @property
    def final_sizes(self) -> tuple[Size, ...] | None:
        """The different (height, width) that images end with; None when that can't be told."""
        if self.transformations is None:
            return None
        steps = all_steps(self.transformations)
        always = output_size(steps)
        if always is not None:
            return (always,)
        if self.sizes is None:
            return None
        ends = {output_size(steps, size) for size in self.sizes}
        return tuple(sorted(size for size in ends if size is not None))

    @property
    def final_size(self) -> Size | None:
        """The one (height, width) that all images end with, if there is one."""
        sizes = self.final_sizes
        return sizes[0] if sizes is not None and len(sizes) == 1 else None

    def extremes(self) -> tuple[tuple[str, int], tuple[str, int]] | None:
        """The category with the fewest images and the one with the most, each with how many."""
        if not self.counts:
            return None
        ordered = sorted(self.counts.items(), key=lambda item: item[1])
        return ordered[0], ordered[-1]


UNKNOWN = Facts()
