import subprocess
import sys
from pathlib import Path

import pytest

from tests.modules.fake_context import FakeContext, run_module
from torchwire.data_types.model import UntrainedModel
from torchwire.errors import OutOfRangeError, ParameterParseError
from torchwire.module_api import Module
from torchwire_modules.vision.densenet import DenseNet
from torchwire_modules.vision.resnet import ResNet


@pytest.mark.parametrize("cls", [DenseNet, ResNet])
def test_an_unknown_model_name_is_refused(cls: type[Module]) -> None:
    _, faults = cls.spec.check({"model_name": "densenet999"})
    assert [type(fault) for fault in faults] == [OutOfRangeError]
    assert faults[0].parameter == "model_name"


@pytest.mark.parametrize("cls", [DenseNet, ResNet])
def test_a_switch_must_be_true_or_false(cls: type[Module]) -> None:
    assert isinstance(cls.spec.check({"pretrained": "yes"})[1][0], ParameterParseError)


def test_densenets_defaults(tmp_path: Path) -> None:
    outputs = run_module(DenseNet, FakeContext(tmp_path))
    assert UntrainedModel.read(outputs["untrained_model"]) == UntrainedModel(
        "densenet", "densenet201", True, {"memory_efficient": False}
    )


def test_resnets_defaults(tmp_path: Path) -> None:
    outputs = run_module(ResNet, FakeContext(tmp_path))
    assert UntrainedModel.read(outputs["untrained_model"]) == UntrainedModel(
        "resnet", "resnext101_32x8d", True, {"zero_init_residual": False}
    )


@pytest.mark.parametrize(
    ("cls", "name"), [(cls, name) for cls in (DenseNet, ResNet) for name in cls.spec.parameter("model_name").options]
)
def test_every_variant_can_be_described(tmp_path: Path, cls: type[Module], name: str) -> None:
    outputs = run_module(cls, FakeContext(tmp_path), model_name=name, pretrained=False)
    model = UntrainedModel.read(outputs["untrained_model"])
    assert (model.model_name, model.pretrained) == (name, False)


def test_listing_modules_and_describing_models_loads_no_torch(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from torchwire.registry import Registry
ids = {spec.id for spec in Registry.installed().specs()}
assert {"densenet", "resnet", "train-pytorch-model", "score-image-model", "evaluate-model"} <= ids, ids
from tests.modules.fake_context import FakeContext, run_module
run_module(Registry.installed().get("densenet"), FakeContext(Path(sys.argv[1])))
loaded = {name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision")}
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])
