"""Bring a data set into a pipeline: one that is registered, or a folder or archive that the server may read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from torchwire.data_types.any_directory import is_archive, write_reference
from torchwire.errors import FileOpenError
from torchwire.module_api import (
    ANY_DIRECTORY,
    Context,
    Facts,
    Known,
    Module,
    Outputs,
    dataset_path,
    module,
    output,
)


@module("dataset", title="Dataset", category="Data Input and Output", cacheable=False)
class Dataset(Module):
    """Bring a data set into the pipeline: a registered one, or a folder or archive on the server.

    An uploaded archive is linked in. Anything else stays where it is and is referred to, together with a fingerprint
    of every file's path, size and time: when a file changes, the nodes behind this one run again.
    """

    path = dataset_path(
        label="Path", help="A registered data set's name, or a folder or archive that the server may read."
    )
    dataset = output(ANY_DIRECTORY, label="Dataset", help="The folder or archive.")

    def run(self, ctx: Context) -> Outputs:
        """Refer to the data set. Raises FileOpenError when it can't be read or is no folder or archive."""
        found, folder = ctx.resolved("path"), ctx.output_folder("dataset")
        source = Path(str(found["path"]))
        _check_readable(source, str(found.get("name") or found["path"]))
        digest = str(found.get("digest") or "")
        if found["kind"] == "registered" and source.is_file() and re.fullmatch(r"[0-9a-f]{64}", digest):
            target = folder / source.name
            ctx.link(source, target)
            ctx.remember_digest(target, digest)
            ctx.log(f"Linked '{source.name}', {source.stat().st_size:,} bytes.")
        else:
            files = write_reference(folder, source)
            ctx.log(f"Refers to '{source}', {files:,} file{'s' if files != 1 else ''}.")
        return {"dataset": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """What the names of the files tell."""
        return {"dataset": known.input("path")}


def _check_readable(source: Path, name: str) -> None:
    try:
        if source.is_dir():
            os.scandir(source).close()
            return
        with source.open("rb"):
            pass
    except FileNotFoundError as error:
        raise FileOpenError(
            f"The data set '{name}' is not there: '{source}' does not exist.",
            hint="Choose a registered data set, upload an archive, or give the path of a folder on the server.",
            parameter="path",
        ) from error
    except OSError as error:
        raise FileOpenError(
            f"The data set '{name}' can't be opened: {error.strerror or error}.",
            hint="Let the account that the server runs under read it.",
            parameter="path",
        ) from error
    if not is_archive(source):
        raise FileOpenError(
            f"'{source.name}' is neither a folder nor an archive.",
            hint="Give a folder, or a file that ends in .zip, .tar, .tar.gz, .tgz, .tar.bz2, .gz or .bz2.",
            parameter="path",
        )
