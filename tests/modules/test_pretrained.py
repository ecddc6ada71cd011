from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from torchwire.errors import FileOpenError, FileParseError
from torchwire_modules.vision._networks import build
from torchwire_modules.vision._pretrained import find_weights, load_pretrained

FILES = {"resnet18": "resnet18-f37072fd.pth", "densenet121": "densenet121-a639ec97.pth"}


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and no way out."""

    def refuse(*args: object, **more: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))


def weights_of(name: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(5)
    return models.get_model(name).state_dict()


def test_without_the_file_the_error_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(FileOpenError) as raised:
        find_weights("resnet18", tmp_path / "weights", print)
    text = f"{raised.value.message} {raised.value.hint}"
    for part in (FILES["resnet18"], str(tmp_path / "weights"), "https://download.pytorch.org/models/", "no route"):
        assert part in text
    assert "Pretrained" in (raised.value.hint or "")


def test_without_a_folder_the_error_names_the_setting() -> None:
    with pytest.raises(FileOpenError) as raised:
        find_weights("densenet121", None, print)
    assert "weights_folder" in (raised.value.hint or "")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILES["resnet18"]).write_bytes(b"not a pickle")
    with pytest.raises(FileParseError, match=r"resnet18-f37072fd\.pth holds no weights"):
        load_pretrained(build("resnet", "resnet18", {}, 3), "resnet", "resnet18", tmp_path, print)


class Evil:
    """Runs code when it is unpickled the careless way."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("evil"),)  # type: ignore[return-value]


def test_a_file_with_code_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"fc.weight": Evil()}, tmp_path / FILES["resnet18"])
    with pytest.raises(FileParseError):
        load_pretrained(build("resnet", "resnet18", {}, 3), "resnet", "resnet18", tmp_path, print)
    assert not (tmp_path / "evil").exists()


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    torch.save(weights_of("resnet34"), tmp_path / FILES["densenet121"])
    with pytest.raises(FileParseError, match="does not hold the weights of densenet121"):
        load_pretrained(build("densenet", "densenet121", {}, 3), "densenet", "densenet121", tmp_path, print)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(("family", "name"), [("resnet", "resnet18"), ("densenet", "densenet121")])
def test_features_come_from_the_folder_and_the_head_stays_new(
    tmp_path: Path, family: str, name: str, suffix: str
) -> None:
    weights = weights_of(name)
    file = (tmp_path / FILES[name]).with_suffix(suffix)
    torch.save(weights, file) if suffix == ".pth" else save_file(weights, file)
    network = build(family, name, {}, 3)
    head = {key: value.clone() for key, value in network.state_dict().items() if key.startswith(("fc", "classifier"))}
    said: list[str] = []
    assert load_pretrained(network, family, name, tmp_path, said.append) == file.name
    for key, value in network.state_dict().items():
        assert torch.equal(value, head.get(key, weights[key]) if key in head else weights[key])
    assert str(file) in said[0]


def test_old_names_in_densenet_files_are_understood(tmp_path: Path) -> None:
    weights = weights_of("densenet121")
    old = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for key, value in weights.items()}
    assert old.keys() != weights.keys()
    torch.save(old, tmp_path / FILES["densenet121"])
    network = build("densenet", "densenet121", {}, 3)
    load_pretrained(network, "densenet", "densenet121", tmp_path, print)
    key = "features.denseblock1.denselayer1.norm1.weight"
    assert torch.equal(network.state_dict()[key], weights[key])


def test_torchs_cache_is_looked_at_after_the_folder(tmp_path: Path) -> None:
    cached = tmp_path / "hub" / "checkpoints" / FILES["resnet18"]
    cached.parent.mkdir(parents=True)
    torch.save(weights_of("resnet18"), cached)
    assert find_weights("resnet18", tmp_path / "nowhere", print) == cached


@pytest.mark.parametrize(("family", "name"), [("resnet", "resnet18"), ("densenet", "densenet121")])
def test_images_are_classified_as_plain_torchvision_does(tmp_path: Path, family: str, name: str) -> None:
    weights = weights_of(name)
    torch.save(weights, tmp_path / FILES[name])
    network = build(family, name, {}, 1000).eval()
    load_pretrained(network, family, name, tmp_path, print)
    theirs = models.get_model(name).eval()
    theirs.load_state_dict(weights)
    head = {key: value for key, value in weights.items() if key.startswith(("fc", "classifier"))}
    network.load_state_dict(head, strict=False)  # ours is new: the classes are the data's
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(network(images), theirs(images))
