"""What ``auto`` chooses for which machine, network and image size."""

from __future__ import annotations

import pytest

from torchwire_modules.vision._hardware import hardware
from torchwire_modules.vision.arithmetic import Arithmetic, Hardware, choose

AMX, AVX512, PLAIN = Hardware("cpu", "amx"), Hardware("cpu", "avx512"), Hardware("cpu")
NEW_GPU, OLD_GPU, APPLE = Hardware("cuda", "gpu"), Hardware("cuda"), Hardware("mps")


@pytest.mark.parametrize(
    ("machine", "family", "side", "precision"),
    [
        (AMX, "resnet", 224, "bf16"),
        (AMX, "resnet", 64, "bf16"),
        (AMX, "resnet", 32, "fp32"),
        (AMX, "densenet", 32, "bf16"),
        (AVX512, "densenet", 224, "bf16"),
        (AVX512, "resnet", 32, "bf16"),
        (PLAIN, "resnet", 224, "fp32"),
        (PLAIN, "densenet", 224, "fp32"),
        (NEW_GPU, "resnet", 32, "bf16"),
        (OLD_GPU, "densenet", 224, "fp16"),
        (APPLE, "resnet", 224, "fp32"),
    ],
)
def test_auto_takes_the_fastest_precision_that_was_measured(
    machine: Hardware, family: str, side: int, precision: str
) -> None:
    assert choose(machine, family, (side, side)).precision == precision


@pytest.mark.parametrize(
    ("machine", "layout"),
    [(PLAIN, "channels_last"), (AMX, "channels_last"), (NEW_GPU, "channels_last"), (APPLE, "contiguous")],
)
def test_auto_lays_channels_last_where_that_is_faster(machine: Hardware, layout: str) -> None:
    assert choose(machine, "resnet", (224, 224)).memory_format == layout


@pytest.mark.parametrize(("side", "layout"), [(32, "contiguous"), (64, "contiguous"), (224, "channels_last")])
def test_a_small_residual_network_in_float32_stays_as_the_plain_loop_has_it(side: int, layout: str) -> None:
    assert choose(PLAIN, "resnet", (side, side), kernels=True).memory_format == layout
    assert choose(PLAIN, "densenet", (side, side), kernels=True).memory_format == "channels_last"
    assert choose(AVX512, "resnet", (side, side), kernels=True).memory_format == "channels_last"


def test_batches_of_one_stay_as_the_plain_loop_has_them() -> None:
    found = [choose(PLAIN, "resnet", (224, 224), batch_size=size, kernels=True).memory_format for size in (1, 2)]
    assert found == ["contiguous", "channels_last"]
    assert choose(PLAIN, "densenet", (224, 224), batch_size=1).memory_format == "channels_last"


@pytest.mark.parametrize(
    ("side", "size", "precision"), [(64, 3, "fp32"), (64, 4, "bf16"), (32, 15, "fp32"), (224, 1, "bf16")]
)
def test_few_pixels_of_a_resnet_gain_nothing_from_bfloat16(side: int, size: int, precision: str) -> None:
    made = choose(AVX512, "resnet", (side, side), batch_size=size, kernels=True)
    assert made.precision == precision
    assert made.fused is (precision == "bf16")  # else it is the plain step
    assert choose(AVX512, "densenet", (side, side), batch_size=size, kernels=True).precision == "bf16"
    assert choose(AVX512, "resnet", (side, side), batch_size=size, precision="bf16").precision == "bf16"


@pytest.mark.parametrize(("side", "size", "fused"), [(64, 15, False), (64, 16, True), (224, 1, False), (224, 2, True)])
def test_little_batches_of_a_densenet_are_not_fused(side: int, size: int, fused: bool) -> None:
    assert choose(PLAIN, "densenet", (side, side), batch_size=size, kernels=True).fused is fused
    assert choose(AMX, "densenet", (side, side), batch_size=size, kernels=True).fused is fused
    assert choose(AVX512, "densenet", (side, side), precision="fp32", batch_size=size, kernels=True).fused is fused
    assert choose(AVX512, "densenet", (side, side), batch_size=size, kernels=True).fused  # whole layers
    assert choose(AVX512, "resnet", (side, side), batch_size=size, kernels=True).fused


def test_what_was_asked_for_is_taken() -> None:
    made = choose(AMX, "resnet", (224, 224), precision="fp32", memory_format="contiguous", kernels=True)
    assert made == Arithmetic("fp32", "contiguous", False, "it was asked for")


@pytest.mark.parametrize(("machine", "fused"), [(AMX, True), (PLAIN, True), (NEW_GPU, False), (APPLE, False)])
def test_kernels_are_used_on_a_processor_alone(machine: Hardware, fused: bool) -> None:
    assert choose(machine, "densenet", (64, 64), kernels=True).fused is fused


def test_work_that_goes_on_keeps_what_it_began_with() -> None:
    began = choose(AMX, "densenet", (64, 64), kernels=True)
    assert choose(PLAIN, "densenet", (64, 64), precision="fp32", recorded=began.as_json()) == began


def test_this_machine_is_known() -> None:
    assert hardware("cpu").kind == "cpu"
    assert hardware("cpu").bf16 in ("amx", "avx512", "")
