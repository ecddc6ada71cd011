"""Measures of a classifier from its scores, by their definitions; numpy only.

Where a ratio is 0 / 0 (a class never predicted, or without images) it counts as 0, as scikit-learn does; an AUC that
is not defined (a class with all or none of the images) is None and left out of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROC_POINTS = 400
"""The most points kept of a curve; the area is taken from all of them."""


@dataclass(frozen=True)
class Scores:
    """Scored images of ``len(labels)`` classes.

    ``truth`` and ``predicted`` (n,) are class numbers. ``probabilities`` is (n, classes); a class in ``unscored``
    occurs in the data but the model doesn't know it, so that its column holds -1: below every probability.
    """

    labels: list[str]
    truth: Ints
    predicted: Ints
    probabilities: Floats
    unscored: frozenset[int] = frozenset()


def confusion_matrix(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """(classes, classes): how many images of the row's class were given the column's."""
    counts: Ints = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def top_k_accuracy(truth: Ints, probabilities: Floats, k: int) -> float:
    """The fraction of images whose class is among the ``k`` most probable; of equals the later class ranks first."""
    own = probabilities[np.arange(len(truth)), truth][:, None]
    later = np.arange(probabilities.shape[1]) > truth[:, None]
    above = (probabilities > own) | ((probabilities == own) & later)
    return float(np.mean(above.sum(axis=1) < k))


def roc_curve(positive: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates at every threshold, from (0, 0) to (1, 1). Needs both kinds of images."""
    order = np.argsort(-score, kind="stable")
    hits, ranked = np.cumsum(positive[order]), score[order]
    last = np.r_[np.flatnonzero(np.diff(ranked)), len(ranked) - 1]  # equal scores fall together
    true_positives = hits[last].astype(np.float64)
    false_positives = last + 1 - true_positives
    fpr = np.r_[0.0, false_positives / false_positives[-1]]
    tpr = np.r_[0.0, true_positives / true_positives[-1]]
    return fpr, tpr


def area(x: Floats, y: Floats) -> float:
    """The area under a curve by the trapezoid rule."""
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0))


def evaluate(scores: Scores) -> dict[str, Any]:
    """All measures of one scored data set, as the ``evaluation.json`` of Evaluate Model holds them."""
    classes = len(scores.labels)
    confusion = confusion_matrix(scores.truth, scores.predicted, classes)
    per_class = _per_class(scores.labels, confusion)
    roc, areas = _curves(scores)
    for row in per_class:
        row["auc"] = areas[row["label"]]
    known = [value for value in areas.values() if value is not None]
    accuracy = float(np.trace(confusion) / len(scores.truth))
    return {
        "labels": scores.labels,
        "total": len(scores.truth),
        "confusion": confusion.tolist(),
        "accuracy": accuracy,
        "top5": top_k_accuracy(scores.truth, scores.probabilities, 5) if classes > 5 else None,
        "micro": {
            "precision": accuracy,
            "recall": accuracy,
            "f1": accuracy,
        },  # one label per image: all three are accuracy
        "macro": _macro(per_class, confusion),
        "per_class": per_class,
        "roc": roc,
        "auc": {"macro": float(np.mean(known)) if known else None},
    }


def _per_class(labels: list[str], confusion: Ints) -> list[dict[str, Any]]:
    right = np.diag(confusion).astype(np.float64)
    predicted, support = confusion.sum(axis=0), confusion.sum(axis=1)
    precision, recall = _ratio(right, predicted), _ratio(right, support)
    f1 = _ratio(2 * right, predicted + support)
    rows = zip(labels, precision, recall, f1, support, strict=True)
    return [
        {"label": label, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
        for label, p, r, f, n in rows
    ]


def _macro(per_class: list[dict[str, Any]], confusion: Ints) -> dict[str, float]:
    """Plain means over the classes that have images or were predicted."""
    seen = np.flatnonzero(confusion.sum(axis=0) + confusion.sum(axis=1))
    return {name: float(np.mean([per_class[n][name] for n in seen])) for name in ("precision", "recall", "f1")}


def _curves(scores: Scores) -> tuple[dict[str, Any], dict[str, float | None]]:
    """Each class against the rest."""
    roc: dict[str, Any] = {}
    areas: dict[str, float | None] = {}
    for number, label in enumerate(scores.labels):
        positive = scores.truth == number
        if positive.all() or not positive.any() or number in scores.unscored:
            areas[label] = None
            continue
        fpr, tpr = roc_curve(positive, scores.probabilities[:, number])
        areas[label] = area(fpr, tpr)
        roc[label] = _thinned(fpr, tpr)
    return roc, areas


def _thinned(fpr: Floats, tpr: Floats) -> dict[str, list[float]]:
    """At most ROC_POINTS points: corners first dropped where the curve is straight, then evenly."""
    straight = (np.diff(fpr)[:-1] * np.diff(tpr)[1:]) == (np.diff(fpr)[1:] * np.diff(tpr)[:-1])
    keep = np.flatnonzero(np.r_[True, ~straight, True])
    if len(keep) > ROC_POINTS:
        keep = keep[np.unique(np.linspace(0, len(keep) - 1, ROC_POINTS).round().astype(int))]
    return {"fpr": fpr[keep].tolist(), "tpr": tpr[keep].tolist()}


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
    return ratio
