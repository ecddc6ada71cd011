"""Archives: honest ones are read, hostile ones are refused by the name of the member."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from torchwire.data_types.archive import ArchiveSummary, check_archive, iter_members
from torchwire.data_types.archive_names import ArchiveLimits
from torchwire.errors import FileOpenError, InvalidArchiveError

FILES = {"flowers/rose/1.jpg": b"one", "flowers/tulip/2.PNG": b"three", "flowers/readme.txt": b"!"}
SUMMARY = ArchiveSummary(files=3, total_size=9, images=2, categories=2)


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: list[tarfile.TarInfo], content: bytes = b"", mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def tar_of(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def a_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.gz", "w:gz")],
)
def test_reads_tar(tmp_path: Path, name: str, mode: str) -> None:
    path = tar_of(tmp_path / name, FILES, mode)
    assert check_archive(path) == SUMMARY
    assert {member.path: stream.read() for member, stream in iter_members(path)} == FILES


def test_reads_zip_whatever_its_name(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.tar", FILES)
    assert check_archive(path) == SUMMARY
    assert {member.path: stream.read() for member, stream in iter_members(path)} == FILES


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_reads_a_single_packed_file(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"photo.jpg{suffix}"
    path.write_bytes(pack(b"x" * 2000))
    assert [(member, stream.read()) for member, stream in iter_members(path)] == [(("photo.jpg", 2000), b"x" * 2000)]


def test_takes_dots_and_backslashes_for_what_they_mean(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"./rose/1.jpg": b"1", "tulip\\2.jpg": b"2"})
    assert [member.path for member, _ in iter_members(path)] == ["rose/1.jpg", "tulip/2.jpg"]


UNSAFE_NAMES = {
    "../evil.jpg": "leads out",
    "rose/../../evil.jpg": "leads out",
    "rose\\..\\..\\evil.jpg": "leads out",
    "/etc/evil.jpg": "absolute",
    "\\\\server\\evil.jpg": "absolute",
    "C:/evil.jpg": "drive letter",
    "c:evil.jpg": "drive letter",
    "a\nevil.jpg": "control characters",
    "/".join("d" * 40) + "/evil.jpg": "deeper",
    "evil" * 70: "too long",
}


@pytest.mark.parametrize(("name", "reason"), UNSAFE_NAMES.items())
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_refuses_an_unsafe_name(tmp_path: Path, name: str, reason: str, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    (make_zip if kind == "zip" else tar_of)(path, {"rose/1.jpg": b"1", name: b"2"})
    with pytest.raises(InvalidArchiveError, match=reason) as caught:
        check_archive(path)
    assert "evil" in caught.value.message
    assert caught.value.code == "0102"


@pytest.mark.parametrize(
    "member",
    [
        a_member("evil", tarfile.SYMTYPE, "/etc/passwd"),
        a_member("evil", tarfile.LNKTYPE, "rose/1.jpg"),
        a_member("evil", tarfile.CHRTYPE),
        a_member("evil", tarfile.BLKTYPE),
        a_member("evil", tarfile.FIFOTYPE),
    ],
)
def test_refuses_links_and_devices_in_tar(tmp_path: Path, member: tarfile.TarInfo) -> None:
    path = make_tar(tmp_path / "a.tar", [a_member("rose/1.jpg"), member], b"image")
    with pytest.raises(InvalidArchiveError, match=r"'evil', which is a (link|device)"):
        check_archive(path)


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010666])
def test_refuses_links_and_devices_in_zip(tmp_path: Path, mode: int) -> None:
    info = zipfile.ZipInfo("evil")
    info.external_attr = mode << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InvalidArchiveError, match=r"'evil', which is a (link|device)"):
        check_archive(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "names",
    [
        ("rose/a.jpg", "rose/A.jpg"),
        ("Rose/1.jpg", "rose/2.jpg"),
        ("rose/é.jpg", "rose/e\u0301.jpg"),
        ("a.jpg", "a.jpg/b"),
    ],
)
def test_refuses_names_that_clash(tmp_path: Path, names: tuple[str, str]) -> None:
    for order in (names, names[::-1]):
        with pytest.raises(InvalidArchiveError, match=r"same name as|is a file"):
            check_archive(make_zip(tmp_path / "a.zip", dict.fromkeys(order, b"1")))


def test_refuses_one_name_twice(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", [a_member("rose/1.jpg"), a_member("./rose/1.jpg")])
    with pytest.raises(InvalidArchiveError, match="twice"):
        check_archive(path)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "gz"])
def test_refuses_a_bomb(tmp_path: Path, kind: str) -> None:
    path, zeros = tmp_path / f"a.{kind}", bytes(40 * 1024 * 1024)
    if kind == "zip":
        make_zip(path, {"rose/1.bmp": zeros})
    elif kind == "gz":
        path.write_bytes(gzip.compress(zeros))
    else:
        tar_of(path, {"rose/1.bmp": zeros}, f"w:{kind.rpartition('.')[2]}")
    with pytest.raises(InvalidArchiveError, match="200 times its size"):
        check_archive(path)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_refuses_more_than_the_limits(tmp_path: Path, kind: str) -> None:
    make = make_zip if kind == "zip" else tar_of
    path = make(tmp_path / f"a.{kind}", {f"{n}.jpg": bytes(100) for n in range(10)})
    with pytest.raises(InvalidArchiveError, match="more than 9 files"):
        check_archive(path, ArchiveLimits(max_files=9))
    with pytest.raises(InvalidArchiveError, match="more than 999 bytes"):
        check_archive(path, ArchiveLimits(max_total=999))


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2"])
def test_refuses_a_truncated_archive(tmp_path: Path, kind: str, keep: float) -> None:
    path, files = tmp_path / f"a.{kind}", {f"{n}.jpg": bytes(range(256)) * 40 for n in range(9)}
    if kind == "zip":
        make_zip(path, files)
    else:
        tar_of(path, files, "w:" + kind.partition(".")[2])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(InvalidArchiveError):
        check_archive(path)
    with pytest.raises(InvalidArchiveError):
        for _, stream in iter_members(path):
            stream.read()


def test_refuses_a_tar_with_a_damaged_header_in_the_middle(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tar", {f"{n}.jpg": b"1" for n in range(5)})
    content = bytearray(path.read_bytes())
    content[1024:1030] = b"broken"
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError, match="damaged"):
        check_archive(path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", bytes(2000)])
def test_refuses_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError):
        check_archive(path)


def test_refuses_a_giant_extended_header(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    with pytest.raises(InvalidArchiveError, match="extended header"):
        check_archive(tmp_path / "a.tar")


def test_refuses_a_giant_zip_directory(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", FILES)
    content = bytearray(path.read_bytes())
    content[-10:-6] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError, match="table of contents"):
        check_archive(path)


def test_names_an_encrypted_member(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"rose/1.jpg": b"1"})
    content = bytearray(path.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError, match=r"'rose/1.jpg', which is encrypted"):
        check_archive(path)


def test_names_a_damaged_member_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rose/1.jpg", b"image")
    path.write_bytes(path.read_bytes().replace(b"image", b"imagE", 1))
    with pytest.raises(InvalidArchiveError, match=r"'rose/1.jpg', which is damaged"):
        list(iter_members(path))


def test_a_missing_archive_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileOpenError):
        check_archive(tmp_path / "a.zip")


def test_nested_archives_stay_shut(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"../evil.jpg": b"1"}).read_bytes()
    assert check_archive(make_zip(tmp_path / "a.zip", {"inner.zip": inner, "1.jpg": b"1"})).images == 1


def test_names_a_member_that_its_header_calls_otherwise(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "data.zip", {"rose/1.jpg": b"one"})
    path.write_bytes(path.read_bytes().replace(b"rose/1.jpg", b"../x/1.jpg", 1))
    with pytest.raises(InvalidArchiveError, match=r"'rose/1.jpg', which is damaged"):
        list(iter_members(path))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_reads_every_kind_of_packing(tmp_path: Path, method: int) -> None:
    path, long = tmp_path / "data.zip", zipfile.ZipInfo("übel/水.jpg")
    long.extra, long.compress_type = b"\x99\x99\xff\x0f" + bytes(4095), method
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(long, b"content" * 99)
        archive.writestr("caf\xe9/empty.jpg", b"")
        archive.writestr("a/last.jpg", b"last")
    read = {member.path: stream.read() for member, stream in iter_members(path)}
    assert read == {"übel/水.jpg": b"content" * 99, "caf\xe9/empty.jpg": b"", "a/last.jpg": b"last"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [2, 4])
def test_a_member_that_is_not_as_long_as_it_says_is_damaged(tmp_path: Path, method: int, size: int) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a/1.jpg", b"one")
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24] = size
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError, match=r"'a/1.jpg', which is damaged"):
        list(iter_members(path))


@pytest.mark.parametrize("claimed", [b"\xfe\xff\xff\xff", b"\x00\x04\x00\x00"])
def test_a_member_said_to_be_longer_than_the_archive_takes_no_memory(tmp_path: Path, claimed: bytes) -> None:
    path = make_zip(tmp_path / "data.zip", {"a/1.jpg": b"one"})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 20
    content[at : at + 4] = claimed
    path.write_bytes(content)
    with pytest.raises(InvalidArchiveError, match=r"'a/1.jpg', which is damaged \(it is said to be longer"):
        list(iter_members(path))
