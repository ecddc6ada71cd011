"""What modules foresee and remark before anything runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision import models

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.pictures import converted, labelled_folder
from torchwire.data_types.architectures import ARCHITECTURES, SIDE
from torchwire.data_types.facts import Facts, ModelFacts
from torchwire.data_types.facts_reading import read_facts
from torchwire.data_types.facts_words import rows, words
from torchwire.module_api import Known, Module, Remark
from torchwire_modules.data.apply_transformation import ApplyImageTransformation
from torchwire_modules.data.convert import ConvertToImageDirectory
from torchwire_modules.data.split import SplitImageDirectory
from torchwire_modules.evaluation.evaluate import EvaluateModel
from torchwire_modules.evaluation.score import ScoreImageModel
from torchwire_modules.training._batches import split
from torchwire_modules.training.forethought import batch_sizes, training_memory
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.training.train import TrainPyTorchModel
from torchwire_modules.vision.densenet import VARIANTS as DENSENETS
from torchwire_modules.vision.densenet import DenseNet
from torchwire_modules.vision.init_transformation import InitImageTransformation
from torchwire_modules.vision.resnet import VARIANTS as RESNETS
from torchwire_modules.vision.resnet import ResNet


def foresee(module: type[Module], inputs: Mapping[str, Facts], **parameters: Any) -> Mapping[str, Facts]:
    return module(parameters).foresee(Known(inputs))


def remarks(module: type[Module], inputs: Mapping[str, Facts], known: Any = None, **parameters: Any) -> list[Remark]:
    return list(module(parameters).remarks(Known(inputs, **(known or {}))))


def codes(found: list[Remark]) -> list[str]:
    return [remark.code for remark in found]


def images(counts: Mapping[str, int] | None = None, **more: Any) -> Facts:
    given = {"ant": 40, "bee": 40} if counts is None else counts
    size = {"sizes": ((28, 28),), "transformations": ()} | more
    return Facts(images=sum(given.values()), labelled=True, categories=tuple(given), counts=given, **size)


def unlabelled(count: int = 10) -> Facts:
    return Facts(images=count, labelled=False, sizes=((64, 64),), transformations=())


def model(name: str = "densenet121", **more: Any) -> Facts:
    return Facts(model=ModelFacts("densenet", name, **more))


BIG = {"sizes": ((64, 64),)}


# --- what comes out ---


def test_convert_counts_what_the_names_tell() -> None:
    data = Facts(images=3, labelled=True, categories=("bee", "ant"), counts={"bee": 1, "ant": 2})
    out = foresee(ConvertToImageDirectory, {"input_dataset": data})["output_image_directory"]
    assert (out.images, out.categories, out.counts, out.transformations) == (
        3,
        ("ant", "bee"),
        {"ant": 2, "bee": 1},
        (),
    )


def test_convert_counts_the_part_that_is_asked_for() -> None:
    data = images({"ant": 5}, parts={"train": {"ant": 4}, "val": {"ant": 1}})
    out = foresee(ConvertToImageDirectory, {"input_dataset": data}, part="val")["output_image_directory"]
    assert (out.images, out.counts) == (1, {"ant": 1})


def test_nothing_is_foreseen_of_nothing() -> None:
    for module in (ConvertToImageDirectory, SplitImageDirectory, ApplyImageTransformation, ScoreImageModel):
        assert all(facts.images is None for facts in foresee(module, {}).values())
        assert remarks(module, {}) == []
    assert remarks(TrainPyTorchModel, {}) == [] == remarks(EvaluateModel, {})


@pytest.mark.parametrize(("fraction", "stratified"), [(0.9, True), (0.5, True), (0.34, True), (0.7, False)])
def test_split_foresees_what_it_does(tmp_path: Path, fraction: float, stratified: bool) -> None:
    made = converted(tmp_path, labelled_folder(tmp_path / "in", {"rose": 11, "tulip": 6, "violet": 3}))
    known = read_facts("ImageDirectory", made.folder)
    assert known is not None and known.exact and known.sizes == ((16, 16),)
    chosen = {"fraction": fraction, "stratified": stratified}
    foreseen = foresee(SplitImageDirectory, {"input_image_directory": known}, **chosen)
    outputs = run_module(
        SplitImageDirectory, FakeContext(tmp_path / "s", {"input_image_directory": made.folder}), **chosen
    )
    for port, folder in outputs.items():
        truth = read_facts("ImageDirectory", folder)
        assert truth is not None and not foreseen[port].exact
        assert foreseen[port].images == truth.images
        assert foreseen[port].counts == (truth.counts if stratified else None)


def test_apply_adds_its_steps_and_tells_the_size_after_them() -> None:
    steps = foresee(InitImageTransformation, {}, size=64, crop_size=64)["output_image_transformation"]
    wired = {"input_image_directory": images(), "input_image_transformation": steps}
    out = foresee(ApplyImageTransformation, wired, mode="For training")["output_image_directory"]
    assert out.final_size == (64, 64)
    assert words(out) == "80 images, 2 categories, 28×28 → 64×64"
    assert foresee(ApplyImageTransformation, wired)["output_image_directory"].transformations is None


@pytest.mark.parametrize(("module", "name"), [(DenseNet, "densenet121"), (ResNet, "resnet18")])
def test_models_tell_their_size(module: type[Module], name: str) -> None:
    facts = foresee(module, {}, model_name=name)["untrained_model"]
    assert name in words(facts) and "M parameters" in words(facts)
    assert dict(rows(facts))["Starts from"] == "ImageNet weights"


def test_train_tells_steps_batches_and_memory() -> None:
    wired = {"training_dataset": images({"a": 50, "b": 51}, sizes=((64, 64),)), "untrained_model": model()}
    facts = foresee(TrainPyTorchModel, wired, batch_size=16, epochs=3)["trained_model"]
    assert facts.training is not None and facts.model is not None
    assert (facts.training.steps, facts.training.last_batch, facts.training.effective_batch) == (7, 5, 16)
    assert facts.model.classes == 2 and facts.input_size == (64, 64)
    assert facts.training.memory and facts.training.memory > 4 * 3 * 6_900_000
    assert dict(rows(facts))["Steps in an epoch"] == "7, 21 in 3 epochs"


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize(("total", "batch"), [(1, 4), (4, 4), (5, 4), (9, 4), (10, 4), (7, 1), (3, 8), (26, 4)])
def test_steps_are_those_of_the_loop(total: int, batch: int, processes: int) -> None:
    steps = split(range(total), batch * processes, smallest=processes * min(2, batch))
    assert batch_sizes(total, batch, processes) == [len(step) for step in steps]


def test_score_has_a_row_for_each_image() -> None:
    out = foresee(ScoreImageModel, {"dataset": images(), "trained_model": Facts(categories=("ant", "bee"))})
    assert words(out["scored_dataset"]) == "80 rows, 2 categories"


# --- rehearsals ---


def test_a_rehearsal_times_steps_and_adds_them_up() -> None:
    wired = {"training_dataset": images(**BIG), "validation_dataset": images(**BIG)}
    wired["untrained_model"] = Facts(model=ModelFacts("resnet", "resnet18"))
    found = TrainPyTorchModel({"epochs": 4, "batch_size": 4}).rehearse(Known(wired), "cpu", 1)
    assert found.why is None and found.seconds and found.seconds_per_epoch and found.memory
    assert 4 * found.seconds_per_epoch < found.seconds  # getting ready counts, too
    trained = Facts(model=ModelFacts("resnet", "resnet18"), categories=("a", "b"), input_size=(32, 32))
    scored = ScoreImageModel({}).rehearse(Known({"dataset": images(), "trained_model": trained}), "cpu", 1)
    assert scored.seconds and scored.why is None


@pytest.mark.parametrize(("decode", "device", "seconds"), [(4, "cpu", 12), (30, "cpu", 30), (4, "cuda:0", 10)])
def test_a_rehearsal_counts_reading_images_beside_computing(decode: float, device: str, seconds: float) -> None:
    from torchwire_modules.training import _rehearsal

    assert _rehearsal._beside(10, decode, device, 2) == seconds
    large = images(sizes=((600, 800),), transformations=({"mode": "inference", "spec": {"steps": []}},))
    assert _rehearsal._prepare(large, train=False, batch=2).decode > 0.0005
    assert _rehearsal._prepare(images(transformations=None), train=False, batch=2).decode == 0


def test_a_rehearsal_counts_what_comes_once() -> None:
    from torchwire_modules.training import _rehearsal

    waits = iter([0.05])
    found = _rehearsal._timed(lambda: time.sleep(next(waits, 0)), "cpu", 0)
    assert found.first >= 0.04 > found.each
    assert _rehearsal._writing(("a", "b"), 50_000) > _rehearsal._writing(("a", "b"), 500) > 0


def test_a_rehearsal_says_what_must_run_first() -> None:
    known = Known({"untrained_model": model()}, {"training_dataset": ("convert", "images")})
    found = TrainPyTorchModel({}).rehearse(known, "cpu", 1)
    assert found.seconds is None and found.port == "training_dataset"
    assert found.why == "It is not known how many images of what size there are until 'convert' has run."


# --- what is remarked ---


def train(training: Facts, validation: Facts | None = None, known: Any = None, **parameters: Any) -> list[Remark]:
    wired = {"training_dataset": training, "validation_dataset": validation or training, "untrained_model": model()}
    return remarks(TrainPyTorchModel, wired, known, **parameters)


def test_good_data_are_not_remarked_on() -> None:
    assert train(images(**BIG), images({"ant": 5, "bee": 5}, **BIG)) == []


def test_unlabelled_data_are_an_error_at_the_port() -> None:
    found = train(unlabelled(100), images(**BIG))
    assert [(remark.code, remark.severity, remark.port) for remark in found][:1] == [
        ("unlabelled", "error", "training_dataset")
    ]
    assert codes(remarks(EvaluateModel, {"scored_dataset": Facts(labelled=False)})) == ["unlabelled"]


def test_categories_must_agree() -> None:
    (found,) = train(images(**BIG), images({"ant": 5, "cat": 5}, **BIG))
    assert found.code == "categories-differ" and "lacks 'bee' and it also has 'cat'" in found.text
    wired = {"dataset": images({"ant": 5, "cat": 5}), "trained_model": Facts(categories=("ant", "bee"))}
    assert codes(remarks(ScoreImageModel, wired)) == ["categories-differ"]


def test_small_categories_are_named() -> None:
    (found,) = train(images({"ant": 20, "bee": 2}, **BIG), class_weights="balanced")
    assert found.code == "few-images" and found.text.startswith("'bee' has only 2")


def test_imbalance_offers_weights() -> None:
    (found,) = train(images({"ant": 400, "bee": 20}, **BIG))
    assert (found.code, found.severity, found.parameter) == ("imbalanced", "note", "class_weights")
    assert found.fix is not None and found.fix.changes[0].value == "balanced"
    assert train(images({"ant": 400, "bee": 20}, **BIG), class_weights="balanced") == []


def test_a_batch_larger_than_the_set_offers_a_smaller_one() -> None:
    (found,) = train(images({"ant": 10, "bee": 10}, **BIG), batch_size=64)
    assert found.code == "batch-larger-than-set" and found.fix is not None
    better = found.fix.changes[0].value
    assert train(images({"ant": 10, "bee": 10}, **BIG), batch_size=better) == []


def test_images_too_small_can_be_enlarged_where_they_are_transformed() -> None:
    found = train(images(sizes=((20, 20),), transformed_by=("init",)))
    assert codes(found) == ["images-too-small", "images-too-small"]
    assert found[0].fix is not None and {change.node for change in found[0].fix.changes} == {"init"}


def test_different_sizes_offer_a_crop() -> None:
    mixed = images(sizes=((40, 60), (60, 40)), transformed_by=("init",))
    found = train(mixed)
    assert codes(found) == ["different-sizes", "different-sizes"] and found[0].severity == "error"
    assert found[0].fix is not None
    assert [(change.parameter, change.value) for change in found[0].fix.changes] == [
        ("center_crop", True),
        ("crop_size", 40),
    ]


def test_a_model_too_large_tells_both_numbers_and_a_batch_that_fits() -> None:
    room = {"memory_bytes": 1_000_000_000, "target": "This computer (CPU)"}
    (found,) = train(images({"ant": 400, "bee": 400}, sizes=((224, 224),)), known=room, batch_size=32)
    assert found.code == "memory" and "This computer (CPU) has 1.0 GB" in found.text and found.fix is not None
    better = found.fix.changes[0].value
    assert train(images({"ant": 400, "bee": 400}, sizes=((224, 224),)), known=room, batch_size=better) == []


def test_the_same_output_twice_is_remarked() -> None:
    same = {"sources": {"training_dataset": ("s", "o"), "validation_dataset": ("s", "o")}}
    assert codes(train(images(**BIG), known=same)) == ["same-images"]


def test_an_empty_side_of_a_split_offers_a_fraction() -> None:
    (found,) = remarks(SplitImageDirectory, {"input_image_directory": images()}, fraction=1.0)
    assert found.code == "empty-split" and found.fix is not None and found.fix.changes[0].value == 0.9
    (small,) = remarks(SplitImageDirectory, {"input_image_directory": images({"a": 1, "b": 1})}, fraction=0.1)
    assert small.fix is not None and small.fix.changes[0].value == 0.9
    assert codes(remarks(SplitImageDirectory, {}, fraction=0.0)) == ["empty-split"]
    assert remarks(SplitImageDirectory, {"input_image_directory": images()}, fraction=0.9) == []


def test_a_crop_larger_than_the_resize_offers_its_size() -> None:
    (found,) = remarks(InitImageTransformation, {}, size=64)
    assert (found.code, found.parameter) == ("crop-larger-than-resize", "crop_size") and found.fix is not None
    assert found.fix.changes[0].value == 64
    assert remarks(InitImageTransformation, {}) == [] == remarks(InitImageTransformation, {}, size=64, crop_size=64)
    assert remarks(InitImageTransformation, {}, size=60, crop_size=60, pad=True, padding=2, random_crop=True,
                   random_crop_size=64) == []  # fmt: skip
    assert codes(remarks(InitImageTransformation, {}, mean="1, 2")) == ["bad-number"]


def test_a_crop_larger_than_the_images_is_remarked_where_they_meet() -> None:
    steps = foresee(InitImageTransformation, {}, resize=False, crop_size=64)["output_image_transformation"]
    wired = {"input_image_directory": images(), "input_image_transformation": steps}
    (found,) = remarks(ApplyImageTransformation, wired, mode="For training")
    assert found.code == "crop-larger-than-image" and "only 28 px" in found.text


def test_parts_are_pointed_out() -> None:
    data = images({"ant": 5}, parts={"train": {"ant": 4}, "val": {"ant": 1}})
    assert codes(remarks(ConvertToImageDirectory, {"input_dataset": data})) == ["parts-merged"]
    assert codes(remarks(ConvertToImageDirectory, {"input_dataset": images()}, part="val")) == ["part-missing"]
    assert codes(remarks(ConvertToImageDirectory, {"input_dataset": Facts(images=0)})) == ["no-images"]


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = {"settings": {"pretrained_weights_folder": str(tmp_path)}}
    (found,) = remarks(DenseNet, {}, folder, model_name="densenet121")
    assert found.code == "weights-missing" and "densenet121-a639ec97.pth" in found.text
    (tmp_path / "densenet121-a639ec97.safetensors").touch()
    assert remarks(DenseNet, {}, folder, model_name="densenet121") == []
    assert remarks(ResNet, {}, folder, pretrained=False) == []


# --- the table ---


def test_every_variant_is_in_the_table_with_its_file_and_its_head() -> None:
    assert set(ARCHITECTURES) == {*DENSENETS, *RESNETS}
    for name, architecture in ARCHITECTURES.items():
        assert models.get_model_weights(name).DEFAULT.url.endswith(f"/{architecture.weights}")  # type: ignore[attr-defined]
    with torch.device("meta"):
        network = models.get_model("resnet18", weights=None, num_classes=7)
    assert sum(p.numel() for p in network.parameters()) == ARCHITECTURES["resnet18"].count(7)


@pytest.mark.parametrize("name", ["densenet121", "resnet18"])
def test_activations_are_those_of_torchs_meta_device(name: str) -> None:
    with torch.device("meta"):
        network = models.get_model(name, weights=None, num_classes=1000).train()
    assert (kept_for(network, 4) - kept_for(network, 2)) // 2 == ARCHITECTURES[name].activations


def kept_for(network: torch.nn.Module, batch: int) -> int:
    """The bytes that autograd keeps for the backward pass, weights left out."""
    own = {tensor.untyped_storage()._cdata for tensor in [*network.parameters(), *network.buffers()]}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if (storage := tensor.untyped_storage()._cdata) not in own:
            kept[storage] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.empty(batch, 3, SIDE, SIDE, device="meta"))
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def test_memory_follows_the_rule() -> None:
    architecture = ARCHITECTURES["resnet18"]
    weights = 4 * architecture.count(1000)
    small = training_memory(architecture, Recipe(), 1000, (224, 224), 1)
    assert small == 3 * weights + architecture.activations
    assert training_memory(architecture, Recipe(optimizer="adamw"), 1000, (224, 224), 1) == small + weights
    assert training_memory(architecture, Recipe(), 1000, (448, 224), 2) == 3 * weights + 4 * architecture.activations
    assert training_memory(architecture, Recipe(freeze_backbone=True), 1000, (224, 224), 1) < 2 * weights
