"""Which number type and memory layout a network computes in. Pure: knows the rules, asks no machine.

``auto`` follows the first row of ``RULES`` that fits. The figures are images a second of one training step on two
cores, from ``make bench`` (docs/benchmarks.md says on which machines); the rows are what they say, not a theory:

- AMX multiplies bfloat16 four times as fast as float32, and convolutions gain two to three times at 64 pixels and more.
  Below 48 pixels a ResNet's maps are too small for its tiles: 614 in float32, 540 in bfloat16 (32 pixels, batch 64).
  A DenseNet gains at any size, for half the bytes are moved: 217 and 307 at 32 pixels, 7 and 16 at 224.
- AVX-512's bfloat16 instructions double the arithmetic, at any size: on one core of an EPYC (Zen 4) a ResNet-18 takes
  237 in float32 and 385 in bfloat16 at 32 pixels, 63 and 119 at 64, 8.2 and 15.9 at 224; a DenseNet-121 80 and 107
  at 32. ``tests/bench/arithmetic_table.py`` measures the rows.
- But a ResNet on few pixels spends its time on weights: in bfloat16 a ResNet-18 comes to 0.81 of float32 for one image
  of 64 pixels, 0.93 for eight of 32, 1.02 for twelve and 1.08 for four of 64; a ResNet-152 to 0.77 for two of 32 and
  1.05 for four of 64.
- Without such units bfloat16 is emulated and slower than float32.
- Channels-last is faster nearly everywhere: 18 and 22 for ResNet-18 in float32 at 224 pixels. Not on Apple's GPU, and
  not for a ResNet in float32 on small images, whose weights weigh more than its maps: on that EPYC 257 and 237 at 32
  pixels, 53 and 41 in batches of 4; nor in batches of one: 0.96 of contiguous at 224 pixels, 1.05 in batches of two.
- Fused kernels cost a DenseNet time of their own, which little batches don't win back: beside the plain step 1.19
  without and 1.00 with them for two images of 64 pixels, 1.14 and 0.99 for one of 224, but 1.25 and 1.32 for sixteen
  of 64, all in float32. Not so the kernels of whole dense layers, which there are for AVX-512's bfloat16: 1.25 for two
  images of 32 pixels, 1.18 for one of 96, 0.97 for one of 64, where bfloat16 without them comes to 1.01, 0.94 and 0.78.
- A GPU with bfloat16 (compute capability 8.0 on) uses it; an older one uses float16, whose gradients need scaling.

Networks are compiled (``torch.compile``) only where that is asked for; ``COMPILING`` says how. On a processor it took
20 to 135 seconds and gained nothing: 54 for ResNet-18 in bfloat16 at 224 pixels where eager takes 55 to 58, 17 and 17
for DenseNet-121. On a GPU, CUDA graphs spare the processor from starting each kernel, which helps where that takes
longer than the kernels do. ``LAUNCH_BOUND`` is reckoned, not measured: a step of a ResNet-18 starts some 400 kernels, 2
to 4 ms, in which a GPU at 100 TFLOP/s gets through about 40 images of 224 pixels. ``make bench-gpu`` shows both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PRECISIONS = ("fp32", "bf16", "fp16")
MEMORY_FORMATS = ("channels_last", "contiguous")
AUTO = "auto"
SMALL = 48
"""Shorter side, in pixels, under which a ResNet's convolutions don't fill AMX tiles."""
MEDIUM = 128
"""Shorter side, in pixels, under which a ResNet in float32 gains nothing from channels-last memory on a processor."""


OFF, DEFAULT, GRAPHS = "off", "default", "reduce-overhead"
"""How a network is compiled: not at all, plainly, or into CUDA graphs (torch.compile's own words)."""
LAUNCH_BOUND = 40 * 224 * 224
"""Pixels of a batch up to which a GPU waits for its kernels to be started."""

FEW_PIXELS = 1 << 14
"""Pixels of a batch under which a ResNet's weights take longer to become bfloat16 than its maps gain."""
LITTLE = 1 << 16
"""Pixels of a batch under which a DenseNet runs without the fused kernels, unless they are those of whole layers."""


@dataclass(frozen=True)
class Hardware:
    """What a device is: ``cpu``, ``cuda`` or ``mps``, and its units for bfloat16 (``amx``, ``avx512``, ``gpu``, "")."""

    kind: str
    bf16: str = ""


@dataclass(frozen=True)
class Arithmetic:
    """What was chosen, and why. ``fused``: batch norms and ReLUs run in our own kernels, where they could be built;
    not in a network that is ``compiled``, which is fused by its compiler."""

    precision: str
    memory_format: str
    fused: bool
    why: str
    compiled: str = OFF
    compiled_why: str = ""

    def as_json(self) -> dict[str, Any]:
        """The choice as model.json and checkpoints hold it."""
        return asdict(self)


PLAIN = Arithmetic("fp32", "channels_last", fused=False, why="nothing else was chosen")


@dataclass(frozen=True)
class Rule:
    """A row: when it applies, by the machine, the family, the shorter side and the pixels of a batch, and the precision
    it gives."""

    fits: Callable[[Hardware, str, int, float], bool]
    precision: str
    why: str


RULES = (
    Rule(
        lambda machine, family, side, pixels: machine.kind == "cuda" and bool(machine.bf16),
        "bf16",
        "the GPU has bfloat16",
    ),
    Rule(lambda machine, family, side, pixels: machine.kind == "cuda", "fp16", "the GPU has float16 but no bfloat16"),
    Rule(lambda machine, family, side, pixels: machine.kind == "mps", "fp32", "Apple's GPU computes in float32"),
    Rule(lambda machine, family, side, pixels: not machine.bf16, "fp32", "the processor has no units for bfloat16"),
    Rule(
        lambda machine, family, side, pixels: machine.bf16 == "amx" and family == "resnet" and side < SMALL,
        "fp32",
        f"images under {SMALL} pixels are too small to gain from the processor's bfloat16 tiles",
    ),
    Rule(
        lambda machine, family, side, pixels: machine.bf16 == "avx512" and family == "resnet" and pixels < FEW_PIXELS,
        "fp32",
        f"batches of fewer than {FEW_PIXELS:,} pixels are too small to gain from bfloat16",
    ),
    Rule(lambda machine, family, side, pixels: True, "bf16", "the processor has units for bfloat16"),
)


@dataclass(frozen=True)
class CompileRule:
    """A row: when it applies, by the machine and the pixels of a batch, and how a network is compiled then."""

    fits: Callable[[Hardware, float], bool]
    compiled: str
    why: str


COMPILING = (
    CompileRule(
        lambda machine, pixels: machine.kind == "cuda" and pixels <= LAUNCH_BOUND,
        GRAPHS,
        "the batches are so small that starting a GPU's kernels takes longer than they do",
    ),
    CompileRule(lambda machine, pixels: machine.kind == "cuda", DEFAULT, "the batches are large enough for the GPU"),
    CompileRule(lambda machine, pixels: machine.kind == "cpu", DEFAULT, "it was asked for"),
    CompileRule(lambda machine, pixels: True, OFF, "torch compiles for processors and CUDA devices only"),
)


def choose(
    machine: Hardware,
    family: str,
    image_size: tuple[int, int],
    *,
    precision: str = AUTO,
    memory_format: str = AUTO,
    kernels: bool = False,
    compile: bool = False,
    batch_size: int | None = None,
    recorded: Mapping[str, Any] | None = None,
) -> Arithmetic:
    """The arithmetic for a network of ``family`` on images of (height, width).

    ``recorded`` is an earlier choice that must be kept: work that goes on from a checkpoint. ``kernels`` says whether
    the fused kernels are there; ``compile``, whether batches of ``batch_size`` are to be computed compiled.
    """
    if recorded is not None:
        return Arithmetic(**recorded)
    why = "it was asked for"
    pixels = math.inf if batch_size is None else batch_size * image_size[0] * image_size[1]
    if precision == AUTO:
        rule = next(rule for rule in RULES if rule.fits(machine, family, min(image_size), pixels))
        precision, why = rule.precision, rule.why
    if memory_format == AUTO:
        little = min(image_size) < MEDIUM or batch_size == 1
        small = machine.kind == "cpu" and family == "resnet" and precision == "fp32" and little
        memory_format = "contiguous" if small or machine.kind == "mps" else "channels_last"
    compiled, compiled_why = OFF, ""
    if compile:
        how = next(rule for rule in COMPILING if rule.fits(machine, pixels))
        compiled, compiled_why = how.compiled, how.why
    fused = kernels and machine.kind == "cpu" and memory_format == "channels_last" and compiled == OFF
    layers = machine.bf16 == "avx512" and precision == "bf16"
    if family == "densenet" and pixels < LITTLE and not layers:
        fused = False
    return Arithmetic(precision, memory_format, fused, why, compiled, compiled_why)
