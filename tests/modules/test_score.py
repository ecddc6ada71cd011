from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision import models
from torchvision.datasets import ImageFolder
from torchvision.transforms.v2.functional import normalize, pil_to_tensor

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.toy_images import CATEGORIES, toy_images
from torchwire.data_types import scores
from torchwire.data_types.data_frame import DataFrame
from torchwire.data_types.model import TrainedModel
from torchwire.data_types.scores import preview_scored, scored_as_csv
from torchwire.data_types.transformation import applied
from torchwire.errors import (
    InvalidDatasetError,
    InvalidModelDirectoryError,
    OutOfRangeError,
    ParameterParseError,
    RunCancelled,
)
from torchwire_modules.evaluation import score
from torchwire_modules.evaluation.score import ScoreImageModel

NORMALIZE = {"name": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.2]}
COLUMNS = [*(f"Scored Probabilities_{name}" for name in CATEGORIES), "Scored Labels"]


def model_directory(folder: Path, *, categories: tuple[str, ...] = CATEGORIES, weights_for: int = 3) -> Path:
    folder.mkdir()
    torch.manual_seed(2)
    save_file(models.resnet18(num_classes=weights_for).state_dict(), folder / "model.safetensors")
    TrainedModel(
        folder,
        "resnet",
        "resnet18",
        {"zero_init_residual": False},
        categories,
        {"transformations": [applied({"steps": [NORMALIZE]}, "inference")], "image_size": [32, 32]},
        {},
    ).write()
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_directory(tmp_path_factory.mktemp("trained") / "model")


def run_score(root: Path, model: Path, images: Path) -> tuple[Path, FakeContext]:
    ctx = FakeContext(root / "node", {"trained_model": model, "dataset": images}, threads=1)
    return run_module(ScoreImageModel, ctx, precision="fp32")["scored_dataset"], ctx


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidModelDirectoryError) as raised:
        run_score(tmp_path, tmp_path / "empty", toy_images(tmp_path / "images"))
    assert raised.value.port == "trained_model"


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    model = model_directory(tmp_path / "model", weights_for=5)
    with pytest.raises(InvalidModelDirectoryError, match="do not fit the architecture"):
        run_score(tmp_path, model, toy_images(tmp_path / "images"))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    model = model_directory(tmp_path / "model")
    (model / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(InvalidModelDirectoryError, match="can't be read"):
        run_score(tmp_path, model, toy_images(tmp_path / "images"))


def test_a_network_whose_answers_are_no_numbers_is_refused(tmp_path: Path) -> None:
    model = model_directory(tmp_path / "model")
    weights = load_file(model / "model.safetensors")
    weights["fc.weight"] *= float("inf")
    save_file(weights, model / "model.safetensors")
    with pytest.raises(InvalidModelDirectoryError, match="not a number") as raised:
        run_score(tmp_path, model, toy_images(tmp_path / "images"))
    assert raised.value.port == "trained_model"


def test_images_of_different_sizes_do_not_fit_the_model(tmp_path: Path, model: Path) -> None:
    with pytest.raises(InvalidModelDirectoryError, match="one size"):
        run_score(tmp_path, model, toy_images(tmp_path / "images", odd_size=True))


def test_no_images_is_refused(tmp_path: Path, model: Path) -> None:
    with pytest.raises(InvalidDatasetError, match="holds no images"):
        run_score(tmp_path, model, toy_images(tmp_path / "images", (0, 0, 0)))


def test_labelled_images_give_exactly_the_documented_columns(tmp_path: Path, model: Path) -> None:
    images = toy_images(tmp_path / "images")
    folder, ctx = run_score(tmp_path, model, images)
    table = pq.read_table(folder / "data.parquet")
    assert table.column_names == ["id", "category", *COLUMNS]
    assert table.num_rows == 24
    assert table.column("category").to_pylist() == ["blue"] * 8 + ["green"] * 8 + ["red"] * 8
    frame = DataFrame.open(folder)
    assert (frame.kind, frame.rows, frame.labels) == ("scored", 24, list(CATEGORIES))
    assert frame.images == digest_of(images)
    assert ctx.progress_calls[-1][:3] == (24, 24, "images")


def test_unlabelled_images_have_no_category_column(tmp_path: Path, model: Path) -> None:
    folder, _ = run_score(tmp_path, model, toy_images(tmp_path / "images", labelled=False))
    assert pq.read_table(folder / "data.parquet").column_names == ["id", *COLUMNS]


def test_probabilities_are_plain_torchvisions(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the model's own transformation, whatever the images carry, and any batch size."""
    monkeypatch.setattr(score, "BATCH_SIZE", 7)
    images = toy_images(tmp_path / "images", steps=[{"name": "center_crop", "size": 8}])
    folder, _ = run_score(tmp_path, model, images)
    network = models.resnet18(num_classes=3)
    network.load_state_dict(load_file(model / "model.safetensors"))
    pixels = torch.stack([pil_to_tensor(image) for image, _ in ImageFolder(images)]).float() / 255
    with torch.inference_mode():
        expected = network.eval()(normalize(pixels, NORMALIZE["mean"], NORMALIZE["std"])).softmax(1).numpy()
    table = pq.read_table(folder / "data.parquet")
    found = np.stack([table.column(name).to_numpy() for name in COLUMNS[:3]], axis=1)
    assert np.allclose(found, expected, atol=1e-5)
    assert table.column("Scored Labels").to_pylist() == [CATEGORIES[at] for at in expected.argmax(1)]


def test_scoring_twice_gives_the_same_bytes(tmp_path: Path, model: Path) -> None:
    images = toy_images(tmp_path / "images")
    first, second = (run_score(tmp_path / name, model, images)[0] for name in "ab")
    assert digest_of(first) == digest_of(second)


def test_the_next_node_decodes_nothing(tmp_path: Path, model: Path) -> None:
    images = toy_images(tmp_path / "images")
    settings = {"pixel_cache_folder": str(tmp_path / "cache"), "pixel_cache_bytes": 10**7}
    tables = []
    for name in "ab":
        ctx = FakeContext(tmp_path / name, {"trained_model": model, "dataset": images}, threads=1, settings=settings)
        folder = run_module(ScoreImageModel, ctx, precision="fp32")["scored_dataset"]
        tables.append((folder / "data.parquet").read_bytes())
        for image in images.rglob("*.png"):
            image.write_bytes(b"gone")
    assert tables[0] == tables[1]


def test_a_set_that_would_fill_the_cache_is_not_kept(tmp_path: Path, model: Path) -> None:
    inputs = {"trained_model": model, "dataset": toy_images(tmp_path / "images")}
    settings = {"pixel_cache_folder": str(tmp_path / "cache"), "pixel_cache_bytes": 2 * 24 * 32 * 32 * 3 - 1}
    run_module(ScoreImageModel, FakeContext(tmp_path / "node", inputs, threads=1, settings=settings))
    assert not (tmp_path / "cache").exists()


def test_rows_gather_to_groups_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "GROUP_VALUES", 10 * 5)  # five columns
    (tmp_path / "table").mkdir()
    with scores.ScoredWriter(tmp_path / "table", ["a", "b"], labelled=True, images_digest="") as writer:
        for batch in range(4):
            ids = [f"{batch}-{number}" for number in range(7)]
            writer.write(ids, ["a"] * 7, np.tile(np.float32([0.25, 0.75]), (7, 1)))
    written = pq.ParquetFile(tmp_path / "table" / "data.parquet")
    assert [written.metadata.row_group(at).num_rows for at in range(written.num_row_groups)] == [14, 14]
    assert written.read().column("id").to_pylist() == [f"{batch}-{number}" for batch in range(4) for number in range(7)]
    assert DataFrame.open(tmp_path / "table").rows == 28


def test_cancelling_takes_effect_at_the_next_batch(tmp_path: Path, model: Path) -> None:
    inputs = {"trained_model": model, "dataset": toy_images(tmp_path / "images", (40, 40, 40))}
    ctx = FakeContext(tmp_path / "node", inputs, threads=1, cancel_when=lambda ctx: len(ctx.progress_calls) >= 2)
    with pytest.raises(RunCancelled):
        run_module(ScoreImageModel, ctx)
    assert len(ctx.progress_calls) == 2


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    root = tmp_path_factory.mktemp("scored")
    return run_score(root, model, toy_images(root / "images", (20, 20, 20)))[0]


@pytest.mark.parametrize(
    "query",
    [{"order": "size"}, {"limit": "-1"}, {"offset": "-1"}, {"offset": "one"}, {"only": "good"}],
)
def test_a_preview_query_that_makes_no_sense_is_refused(scored: Path, query: dict[str, str]) -> None:
    with pytest.raises((OutOfRangeError, ParameterParseError)):
        preview_scored(scored, query)


def test_pages_of_a_preview_join_to_the_whole(scored: Path) -> None:
    whole = preview_scored(scored, {"limit": "60", "order": "confidence"})
    pages = [preview_scored(scored, {"limit": "25", "offset": str(at), "order": "confidence"}) for at in (0, 25, 50)]
    assert [row for page in pages for row in page["rows"]] == whole["rows"]
    confidences = [row["confidence"] for row in whole["rows"]]
    assert confidences == sorted(confidences)
    assert whole["total"] == 60
    assert preview_scored(scored, {"offset": "60"})["rows"] == []


def test_a_preview_shows_wrong_ones_first_and_filters(scored: Path) -> None:
    rows = preview_scored(scored, {"order": "wrong", "limit": "60"})["rows"]
    right = [row["category"] == row["predicted"] for row in rows]
    assert right == sorted(right)
    assert 0 < sum(right) < 60
    assert preview_scored(scored, {"only": "right"})["total"] == sum(right)
    assert preview_scored(scored, {"only": "wrong"})["total"] == 60 - sum(right)
    assert preview_scored(scored, {"category": "green"})["total"] == 20
    assert preview_scored(scored, {})["accuracy"] == pytest.approx(sum(right) / 60)
    for row in preview_scored(scored, {"predicted": rows[0]["predicted"], "limit": "3"})["rows"]:
        assert row["predicted"] == rows[0]["predicted"]
        assert max(row["scores"].values()) == row["confidence"] == row["scores"][row["predicted"]]


def test_a_preview_of_unlabelled_scores_has_no_accuracy(tmp_path: Path, model: Path) -> None:
    folder, _ = run_score(tmp_path, model, toy_images(tmp_path / "images", labelled=False))
    preview = preview_scored(folder, {"order": "wrong"})
    assert preview["accuracy"] is None
    assert preview["rows"][0]["category"] is None
    assert preview_scored(folder, {"only": "wrong"})["total"] == 0


def test_a_faster_precision_says_how_often_the_label_differs(tmp_path: Path, model: Path) -> None:
    ctx = FakeContext(
        tmp_path / "node", {"trained_model": model, "dataset": toy_images(tmp_path / "images")}, threads=1
    )
    run_module(ScoreImageModel, ctx, precision="bf16")
    assert any("got the same label" in line for line in ctx.logs)


def test_filters_narrow_and_are_counted(scored: Path) -> None:
    rows = preview_scored(scored, {"limit": "60"})["rows"]
    middle = sorted(row["confidence"] for row in rows)[30]
    sure = preview_scored(scored, {"min_confidence": str(middle), "limit": "60"})
    assert all(row["confidence"] >= middle - 1e-4 for row in sure["rows"]) and 0 < sure["total"] < 60
    assert sure["counts"]["right"] + sure["counts"]["wrong"] == sure["counts"]["all"] == sure["total"]
    part = rows[7]["id"][-4:].upper()
    named = preview_scored(scored, {"text": part, "limit": "60"})
    assert named["rows"] and all(part.lower() in row["id"].lower() for row in named["rows"])
    backwards = preview_scored(scored, {"order": "-id", "limit": "60"})["rows"]
    assert [row["id"] for row in backwards] == [row["id"] for row in rows][::-1]
    wrong = preview_scored(scored, {"only": "wrong"})
    assert wrong["counts"]["all"] == 60 and wrong["counts"]["wrong"] == wrong["total"]
    for query in ({"min_confidence": "2"}, {"max_confidence": "much"}):
        with pytest.raises(OutOfRangeError):
            preview_scored(scored, query)


def test_what_the_filters_leave_comes_as_csv(scored: Path) -> None:
    query = {"only": "right", "order": "-confidence"}
    text = b"".join(scored_as_csv(scored, query)).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][:4] == ["id", "category", "predicted", "confidence"]
    shown = preview_scored(scored, query | {"limit": "200"})["rows"]
    assert [line[0] for line in lines[1:]] == [row["id"] for row in shown]
    assert all(line[1] == line[2] for line in lines[1:])
