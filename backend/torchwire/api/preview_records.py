"""What ``GET …/outputs/{port}/preview`` answers, by the type of the output."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypeAliasType, TypedDict


class CategoryCount(TypedDict):
    """A category and how many images it has; ``first`` is where its first one stands among all images."""

    index: int
    name: str
    count: int
    first: int | None


class AppliedTransformation(TypedDict):
    """The transformation that travels with an image directory, step by step in words."""

    mode: Literal["training", "inference"]
    steps: list[str]


class SkippedFile(TypedDict):
    """A file that was left out, and why."""

    path: str
    reason: str


class WrongEnding(TypedDict):
    """An image whose name says another format than the one it has."""

    path: str
    format: str


class ConversionReport(TypedDict):
    """What happened to the files that were read.

    ``parts`` counts the images of merged train, val and test folders, ``other_files`` what is no image by ending.
    """

    skipped: list[SkippedFile]
    skipped_total: int
    duplicates: int
    contradictory_duplicates: NotRequired[int]
    converted: int
    wrong_endings: NotRequired[list[WrongEnding]]
    wrong_endings_total: NotRequired[int]
    wrapping_folder: NotRequired[str | None]
    parts: NotRequired[dict[str, int]]
    other_files: NotRequired[dict[str, int]]


class ImageRecord(TypedDict):
    """One image; fetch it from ``artifacts/{digest}/images/{id}``."""

    id: str
    path: str
    category: str | None
    width: int
    height: int


class ImageDirectoryPreview(TypedDict):
    """A page of an image directory."""

    type: Literal["ImageDirectory"]
    labelled: bool
    total: int
    categories: list[CategoryCount]
    transformation: AppliedTransformation | None
    report: ConversionReport | None
    images: list[ImageRecord]
    digest: str


class TransformationStep(TypedDict):
    """One step; ``random`` steps are left out for inference."""

    name: str
    text: str
    random: bool


class TransformationSample(TypedDict):
    """An image before and after, as data URLs."""

    original: str
    augmented: list[str]


class TransformationPreview(TypedDict):
    """The steps of a transformation and what they do to a sample."""

    type: Literal["TransformationDirectory"]
    steps: list[TransformationStep]
    samples: list[TransformationSample]


class UntrainedModelPreview(TypedDict):
    """An architecture; ``parameter_count`` is for 1,000 classes."""

    type: Literal["UntrainedModelDirectory"]
    model_name: str
    family: str
    options: dict[str, Any]
    pretrained: bool
    parameter_count: int | None


class ModelPreview(TypedDict):
    """A trained model and how it came about."""

    type: Literal["ModelDirectory"]
    architecture: dict[str, Any]
    categories: list[str]
    image_size: list[int] | None
    history: list[dict[str, float | None]]
    best_epoch: int | None
    parameter_count: int | None
    summary: dict[str, Any]
    card: str


class ScoredRow(TypedDict):
    """One scored image."""

    id: str
    category: str | None
    predicted: str
    confidence: float
    scores: NotRequired[dict[str, float]]


class ScoredCounts(TypedDict):
    """How many images fit the filters, and how many of those were predicted rightly."""

    all: int
    right: int
    wrong: int


class ScoredPreview(TypedDict):
    """A page of scored images."""

    type: Literal["DataFrameDirectory"]
    kind: Literal["scored"]
    columns: list[str]
    total: int
    rows: list[ScoredRow]
    counts: ScoredCounts
    images_digest: str | None
    labels: list[str]
    accuracy: NotRequired[float | None]


class Averages(TypedDict):
    """Averaged figures of a model."""

    precision: float | None
    recall: float | None
    f1: float | None


class ClassFigures(TypedDict):
    """Figures of one class."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    auc: float | None


class RocCurve(TypedDict):
    """A class's ROC curve, one against the rest."""

    fpr: list[float]
    tpr: list[float]


class MacroAuc(TypedDict):
    """The mean of the classes' areas under the curve."""

    macro: float | None


class EvaluatedModel(TypedDict):
    """One model's evaluation; ``confusion[true][predicted]``."""

    name: str
    labels: list[str]
    confusion: list[list[int]]
    accuracy: float
    top5: float | None
    micro: Averages
    macro: Averages
    per_class: list[ClassFigures]
    roc: dict[str, RocCurve]
    auc: MacroAuc
    images_digest: str | None
    total: int


class EvaluationPreview(TypedDict):
    """One model's evaluation, or two side by side."""

    type: Literal["DataFrameDirectory"]
    kind: Literal["evaluation"]
    models: list[EvaluatedModel]


class ConfusionCell(TypedDict):
    """A cell of the confusion matrix, by label."""

    true: str
    predicted: str


class ConfusionCellPreview(TypedDict):
    """The images behind a cell of the confusion matrix (``preview?cell=TRUE,PREDICTED&model=N``)."""

    type: Literal["DataFrameDirectory"]
    kind: Literal["evaluation"]
    cell: ConfusionCell
    total: int
    rows: list[ScoredRow]
    images_digest: str | None


class TablePreview(TypedDict):
    """A page of any other table."""

    type: Literal["DataFrameDirectory"]
    kind: Literal["table"]
    columns: list[str]
    total: int
    rows: list[dict[str, Any]]


class FileRecord(TypedDict):
    """A file of a folder."""

    path: str
    size: int


class TensorRecord(TypedDict):
    """What goes into a network, or comes out; ``shape`` names sides that may have any length."""

    name: str
    shape: list[int | str]
    type: str


class ExportedRecord(TypedDict):
    """A model as a file for other programs.

    On ``images`` images, probabilities differ from the original's by ``largest_difference`` at most.
    """

    format: Literal["onnx", "torch.export"]
    file: str
    size: int
    model_name: str
    categories: list[str]
    input: TensorRecord
    output: TensorRecord
    preprocessing: list[str]
    images: int
    largest_difference: float
    tolerance: float


class FilesPreview(TypedDict):
    """The files of a folder. ``here`` says that they are kept with the run, so each can be downloaded."""

    type: Literal["AnyDirectory"]
    files: list[FileRecord]
    total: int
    here: bool
    exported: ExportedRecord | None


class ExplanationRecord(TypedDict):
    """What a model looked at in an image.

    ``places`` is how many the network tells apart, down and across; ``nothing`` that none spoke for the category.
    """

    image: str
    category: str
    probability: float
    predicted: str
    places: list[int]
    layer: str
    nothing: bool


class Explanation(TypedDict):
    """An explanation of a prediction."""

    explanation: ExplanationRecord


Preview = TypeAliasType(
    "Preview",
    ImageDirectoryPreview
    | TransformationPreview
    | UntrainedModelPreview
    | ModelPreview
    | ScoredPreview
    | EvaluationPreview
    | ConfusionCellPreview
    | TablePreview
    | FilesPreview,
)
