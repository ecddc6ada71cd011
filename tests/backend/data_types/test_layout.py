"""Layouts: what file names say about categories, splits and wrapping folders."""

from __future__ import annotations

from torchwire.data_types.layout import Layout, read_layout


def labels(layout: Layout) -> dict[str, str | None]:
    return {image.path: image.category for image in layout.images}


def test_sub_folders_are_categories() -> None:
    layout = read_layout(["tulip/2.jpg", "rose/1.JPEG", "rose/deep/3.TIFF"])
    assert layout.labelled
    assert layout.categories == ("rose", "tulip")
    assert labels(layout) == {"rose/1.JPEG": "rose", "rose/deep/3.TIFF": "rose", "tulip/2.jpg": "tulip"}
    assert [image.target for image in layout.images] == ["rose/1", "rose/deep/3", "tulip/2"]


def test_a_flat_folder_has_no_labels() -> None:
    layout = read_layout(["1.jpg", "2.jpg"])
    assert not layout.labelled
    assert [(image.category, image.target, image.id) for image in layout.images] == [
        (None, "images/1", "1"),
        (None, "images/2", "2"),
    ]


def test_wrapping_folders_are_seen_through() -> None:
    assert read_layout(["flowers/rose/1.jpg", "flowers/tulip/1.jpg"]).categories == ("rose", "tulip")
    assert read_layout(["a/b/rose/1.jpg", "a/b/tulip/1.jpg"]).wrapping == "a/b"
    assert not read_layout(["photos/1.jpg", "photos/2.jpg"]).labelled


def test_the_last_of_several_single_folders_is_a_category() -> None:
    assert labels(read_layout(["flowers/rose/1.jpg"])) == {"flowers/rose/1.jpg": "rose"}


def test_splits_are_recognised_and_merged() -> None:
    layout = read_layout(["data/Train/rose/1.jpg", "data/valid/rose/1.jpg", "data/valid/tulip/2.jpg"])
    assert layout.splits == ("Train", "valid")
    assert layout.categories == ("rose", "tulip")
    assert [(image.split, image.target) for image in layout.images] == [
        ("train", "rose/Train/1"),
        ("val", "rose/valid/1"),
        ("val", "tulip/valid/2"),
    ]


def test_splits_without_folders_in_them_are_categories() -> None:
    assert read_layout(["train/1.jpg", "test/1.jpg"]).categories == ("test", "train")
    assert read_layout(["train/1.jpg", "plane/a/1.jpg"]).categories == ("plane", "train")


def test_an_unlabelled_split_is_left_out_with_a_reason() -> None:
    layout = read_layout(["train/rose/1.jpg", "train/tulip/1.jpg", "test/9.jpg"])
    assert layout.skipped == (("test/9.jpg", "it lies in 'test' without a category folder, so it has no label"),)


def test_images_beside_categories_are_left_out_with_a_reason() -> None:
    layout = read_layout(["rose/1.jpg", "tulip/1.jpg", "cover.jpg"])
    assert layout.skipped == (("cover.jpg", "it lies beside the category folders, so it has no label"),)


def test_junk_is_passed_over_and_other_files_are_counted() -> None:
    layout = read_layout(
        ["__MACOSX/a/._1.jpg", ".git/1.jpg", "a/Thumbs.db", "a/.1.jpg", "a/1.jpg", "b/2.jpg", "a/x.CSV"]
    )
    assert list(labels(layout)) == ["a/1.jpg", "b/2.jpg"]
    assert layout.others == {".csv": 1}
    assert layout.skipped == ()


def test_targets_and_ids_are_unique_in_any_letter_case() -> None:
    layout = read_layout(["a/1.jpg", "a/1.png", "a/X.jpg", "a/x.png", "b/1.jpg"])
    assert [image.target for image in layout.images] == ["a/1", "a/1-2", "a/X", "a/x-2", "b/1"]
    assert [image.id for image in layout.images] == ["a_1", "1-2", "X", "x-2", "b_1"]


def test_no_images_at_all() -> None:
    assert read_layout(["readme.txt"]) == Layout((), labelled=False, others={".txt": 1})
