from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score

from tests.modules.fake_context import FakeContext, run_module
from torchwire.data_types.data_frame import DataFrame, write_data_frame
from torchwire.data_types.scores import ScoredWriter, preview_evaluation
from torchwire.errors import InvalidDatasetError, NotLabeledDatasetError, NotScoredDatasetError, ParameterParseError
from torchwire_modules.evaluation.evaluate import EvaluateModel

LABELS = ["cat", "dog", "eel"]


def scored(
    folder: Path, truth: list[str | None], *, labelled: bool = True, labels: list[str] = LABELS, seed: int = 0
) -> Path:
    folder.mkdir(parents=True)
    raw = np.random.default_rng(seed).random((len(truth), len(labels))).astype(np.float32)
    for row, label in zip(raw, truth, strict=True):
        if label in labels:
            row[labels.index(label)] += 0.3
    with ScoredWriter(folder, labels, labelled=labelled, images_digest="images") as table:
        for start in range(0, len(truth), 10):
            part = slice(start, start + 10)
            ids = [f"image {number}" for number in range(len(truth))][part]
            table.write(ids, truth[part], raw[part] / raw[part].sum(1, keepdims=True))
    return folder


def truth(count: int = 60) -> list[str | None]:
    return [LABELS[number % 3] for number in range(count)]


def evaluate(root: Path, first: Path, second: Path | None = None) -> tuple[Path, FakeContext]:
    inputs = {"scored_dataset": first} | ({"scored_dataset_to_compare": second} if second else {})
    ctx = FakeContext(root / "node", inputs)
    return run_module(EvaluateModel, ctx)["evaluation_results"], ctx


def test_no_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotLabeledDatasetError) as raised:
        evaluate(tmp_path, scored(tmp_path / "scored", truth(), labelled=False))
    assert (raised.value.code, raised.value.port) == ("0024", "scored_dataset")


def test_the_second_port_is_named(tmp_path: Path) -> None:
    first, second = scored(tmp_path / "a", truth()), scored(tmp_path / "b", [*truth(), None])
    with pytest.raises(NotLabeledDatasetError) as raised:
        evaluate(tmp_path, first, second)
    assert raised.value.port == "scored_dataset_to_compare"


def test_no_scores_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    write_data_frame(tmp_path / "table", pa.table({"id": ["a"], "category": ["cat"]}))
    with pytest.raises(NotScoredDatasetError) as raised:
        evaluate(tmp_path, tmp_path / "table")
    assert (raised.value.code, raised.value.port) == ("0025", "scored_dataset")


def test_no_table_and_no_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidDatasetError):
        evaluate(tmp_path / "a", tmp_path / "empty")
    with pytest.raises(InvalidDatasetError, match="empty"):
        evaluate(tmp_path / "b", scored(tmp_path / "scored", []))


def test_one_model(tmp_path: Path) -> None:
    source = scored(tmp_path / "scored", truth())
    folder, ctx = evaluate(tmp_path, source)
    table = pq.read_table(source / "data.parquet")
    expected = accuracy_score(table.column("category").to_pylist(), table.column("Scored Labels").to_pylist())
    model = json.loads((folder / "evaluation.json").read_text())["models"][0]
    assert (model["name"], model["labels"], model["total"]) == ("scored_dataset", LABELS, 60)
    assert model["accuracy"] == pytest.approx(expected)
    assert model["top5"] is None
    assert model["images_digest"] == "images"
    assert np.sum(model["confusion"]) == 60
    assert 0.5 < model["auc"]["macro"] < 1
    axis, step, values = ctx.metrics[0]
    assert (axis, step, set(values)) == ("result", 0, {"accuracy", "macro_f1", "auc"})
    assert values["accuracy"] == pytest.approx(expected)
    assert DataFrame.open(folder).kind == "evaluation"
    assert pq.read_table(folder / "data.parquet").column("accuracy").to_pylist() == [pytest.approx(expected)]


def test_two_models_side_by_side(tmp_path: Path) -> None:
    folder, ctx = evaluate(tmp_path, scored(tmp_path / "a", truth()), scored(tmp_path / "b", truth(), seed=1))
    models = preview_evaluation(folder, {})["models"]
    assert [model["name"] for model in models] == ["scored_dataset", "scored_dataset_to_compare"]
    assert models[0]["accuracy"] != models[1]["accuracy"]
    assert ctx.metrics[0][2]["accuracy_compared"] == models[1]["accuracy"]


def test_a_category_the_model_does_not_know_counts_as_wrong(tmp_path: Path) -> None:
    folder, _ = evaluate(tmp_path, scored(tmp_path / "scored", [*truth(30), "ant", "ant"]))
    model = preview_evaluation(folder, {})["models"][0]
    assert model["labels"] == [*LABELS, "ant"]
    assert model["per_class"][3] == {
        "label": "ant", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 2, "auc": None,
    }  # fmt: skip
    assert sum(row[3] for row in model["confusion"]) == 0


def test_a_cell_shows_its_images(tmp_path: Path) -> None:
    folder, _ = evaluate(tmp_path, scored(tmp_path / "a", truth()), scored(tmp_path / "b", truth(), seed=1))
    models = preview_evaluation(folder, {})["models"]
    for number, model in enumerate(models):
        for true, predicted in ((0, 0), (1, 2), (2, 1)):
            page = preview_evaluation(folder, {"cell": f"{true},{predicted}", "model": str(number), "limit": "2"})
            assert page["total"] == model["confusion"][true][predicted]
            assert page["cell"] == {"true": LABELS[true], "predicted": LABELS[predicted]}
            assert page["images_digest"] == "images"
            for row in page["rows"]:
                assert (row["category"], row["predicted"]) == (LABELS[true], LABELS[predicted])
                assert set(row) == {"id", "category", "predicted", "confidence"}


@pytest.mark.parametrize("query", [{"cell": "0"}, {"cell": "0,3"}, {"cell": "a,b"}, {"cell": "0,0", "model": "1"}])
def test_a_cell_that_is_not_there_is_refused(tmp_path: Path, query: dict[str, str]) -> None:
    folder, _ = evaluate(tmp_path, scored(tmp_path / "a", truth()))
    with pytest.raises(ParameterParseError):
        preview_evaluation(folder, query)
