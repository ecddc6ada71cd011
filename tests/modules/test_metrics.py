"""Every measure against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics as sk

from torchwire_modules.evaluation._metrics import ROC_POINTS, Scores, evaluate, roc_curve, top_k_accuracy


def scores(images: int = 300, classes: int = 7, *, ties: bool = False, seed: int = 0) -> Scores:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, images)
    raw = draw.random((images, classes)) + 0.7 * np.eye(classes)[truth]
    raw = raw.round(1) if ties else raw
    return Scores([f"class {n}" for n in range(classes)], truth, raw.argmax(axis=1), raw / raw.sum(1, keepdims=True))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [2, 7])
def test_figures_equal_scikit_learns(classes: int, ties: bool) -> None:
    given = scores(classes=classes, ties=ties)
    found = evaluate(given)
    assert found["confusion"] == sk.confusion_matrix(given.truth, given.predicted).tolist()
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(given.truth, given.predicted))
    for average in ("micro", "macro"):
        p, r, f, _ = sk.precision_recall_fscore_support(given.truth, given.predicted, average=average)
        assert [found[average][name] for name in ("precision", "recall", "f1")] == pytest.approx([p, r, f])
    p, r, f, n = sk.precision_recall_fscore_support(given.truth, given.predicted)
    for at, row in enumerate(found["per_class"]):
        assert [row[name] for name in ("precision", "recall", "f1", "support")] == pytest.approx(
            [p[at], r[at], f[at], n[at]]
        )
        auc = sk.roc_auc_score(given.truth == at, given.probabilities[:, at])
        assert row["auc"] == pytest.approx(auc)


def test_macro_auc_is_the_mean_of_one_against_the_rest() -> None:
    given = scores()
    expected = sk.roc_auc_score(given.truth, given.probabilities, multi_class="ovr")
    assert evaluate(given)["auc"]["macro"] == pytest.approx(expected)


def test_roc_curve_equals_scikit_learns() -> None:
    given = scores(ties=True)
    positive, score = given.truth == 3, given.probabilities[:, 3]
    fpr, tpr, _ = sk.roc_curve(positive, score, drop_intermediate=False)
    ours = roc_curve(positive, score)
    assert np.allclose(ours[0], fpr)
    assert np.allclose(ours[1], tpr)


@pytest.mark.parametrize("ties", [False, True])
def test_top_five_equals_scikit_learns(ties: bool) -> None:
    given = scores(classes=9, ties=ties)
    expected = sk.top_k_accuracy_score(given.truth, given.probabilities, k=5)
    assert top_k_accuracy(given.truth, given.probabilities, 5) == pytest.approx(expected)
    assert evaluate(given)["top5"] == pytest.approx(expected)


def test_top_five_needs_more_than_five_classes() -> None:
    assert evaluate(scores(classes=5))["top5"] is None


def test_a_class_without_images_or_predictions_counts_as_nothing() -> None:
    given = scores(classes=3)
    more = Scores(
        [*given.labels, "absent"], given.truth, given.predicted, np.c_[given.probabilities, np.zeros(len(given.truth))]
    )
    found = evaluate(more)
    assert found["per_class"][3] == {
        "label": "absent", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0, "auc": None,
    }  # fmt: skip
    assert found["macro"] == evaluate(given)["macro"]
    assert "absent" not in found["roc"]


def test_one_image_is_enough() -> None:
    found = evaluate(Scores(["a", "b"], np.array([0]), np.array([0]), np.array([[0.9, 0.1]])))
    assert found["accuracy"] == 1.0
    assert found["auc"]["macro"] is None


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    curve = evaluate(scores(images=20_000, classes=2))["roc"]["class 0"]
    assert len(curve["fpr"]) == len(curve["tpr"]) <= ROC_POINTS
    assert (curve["fpr"][0], curve["tpr"][0]) == (0.0, 0.0)
    assert (curve["fpr"][-1], curve["tpr"][-1]) == (1.0, 1.0)
