"""Files and folders that are either written whole or left as they were."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dualamn.errors import DataError, needs

if TYPE_CHECKING:
    from torch import Tensor

_SYSTEM_ERROR = re.compile(r"os error (\d+)")


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[str]]:
    """Opens a UTF-8 text file, whose lines end as they are written, see `atomic_path`.

    It is compressed where its name ends in .gz, .bz2 or .zst; the same text gives the same bytes.

    Raises:
        MissingExtraError: a package that compresses is not installed.
    """
    packed = compressor(Path(path))
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        packed(raw) as stream,
        io.TextIOWrapper(stream, encoding="utf-8", newline="") as file,
    ):
        yield file


def compressor(path: Path) -> Callable[[IO[bytes]], AbstractContextManager[Any]]:
    """What compresses a file as its name says, nothing where that says nothing.

    Raises:
        MissingExtraError: a package that it needs is not installed.
    """
    end = path.suffix.lower()
    if end == ".gz":
        # Neither a name nor a time in it, so that the same text gives the same bytes.
        return lambda raw: gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0)
    if end == ".bz2":
        return lambda raw: bz2.BZ2File(raw, "wb")
    if end == ".zst":
        make = needs("zstandard", extra="rdf").ZstdCompressor
        return lambda raw: make().stream_writer(raw, closefd=False)
    return nullcontext


@contextmanager
def atomic_write_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Like `atomic_write`, for a binary file."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Gives a temporary path in the same folder, renamed to `path` when the block is done.

    For writers that want a path and not an open file. If the block fails, Ctrl-C included, the
    temporary file is removed and `path` is as it was. A path that is a device or a pipe, such
    as /dev/stdout, is handed out as it is, since it cannot be replaced.

    Raises:
        DataError: the folder does not exist or cannot be written to, or the disk is full.
    """
    target = check_writable(path)
    if target.exists() and not target.is_file():
        temporary = target
    else:
        # A symbolic link stays one: the file that it points to is replaced.
        target = Path(os.path.realpath(target))
        temporary = _temporary(target)
    try:
        if temporary is not target:
            # Made here, the file has the permissions that the user's other files get; some
            # writers put a private one in its place.
            temporary.touch(exist_ok=False)
            mode = temporary.stat().st_mode
        yield temporary
        if temporary is not target:
            temporary.chmod(mode)
            # A crash after the rename cannot leave an empty file under the name.
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
    except OSError as error:
        if error.filename not in (None, str(temporary)):  # another file's trouble
            raise
        raise _failed(path, error) from error
    finally:
        if temporary is not target:
            with suppress(OSError):
                temporary.unlink()


def check_writable(path: str | Path) -> Path:
    """The path, once it is clear that a file can be written there.

    Long work does well to ask before it begins.

    Raises:
        DataError: it is a folder, or its folder does not exist or may not be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError("is a folder, give the name of a file to write", path=path)
    _check_place(path, path.parent, is_device=path.exists() and not path.is_file())
    return path


def _check_place(path: Path, folder: Path, *, is_device: bool = False) -> None:
    """Refuses a place where nothing can be made; a device is written to directly."""
    if not folder.is_dir():
        raise DataError(
            f"cannot be written: there is no folder {folder}, create it first", path=path
        )
    place = path if is_device else folder
    if not os.access(place, os.W_OK):
        raise DataError(f"cannot be written: no permission to write to {place}", path=path)


def _temporary(target: Path) -> Path:
    """A hidden name beside the target that nothing has."""
    return target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.tmp")


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Gives a temporary folder beside `path` that takes its name when the block is done.

    If the block fails, Ctrl-C included, the temporary folder is removed with all that is in it,
    and `path` is as it was.

    Raises:
        DataError: see `check_new_folder`; or the disk is full.
    """
    path = check_new_folder(path)
    # A symbolic link to an empty folder stays one.
    target = Path(os.path.realpath(path))
    temporary = _temporary(target)
    try:
        temporary.mkdir()
        yield temporary
        if target.exists():
            target.rmdir()
        temporary.rename(target)
    except OSError as error:
        inside = error.filename is None or Path(error.filename).is_relative_to(temporary)
        if not inside and error.filename != str(target):  # another file's trouble
            raise
        raise _failed(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _failed(path: str | Path, error: OSError) -> DataError:
    return DataError(f"cannot be written ({error.strerror or error})", path=path)


def check_new_folder(path: str | Path) -> Path:
    """The path, once it is clear that a new folder can be made there.

    Raises:
        DataError: there is a file, or a folder that is not empty; or the folder that it would be
            in does not exist or may not be written to.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise DataError("is a file, give the name of a folder to make", path=path)
    if path.is_dir() and any(path.iterdir()):
        raise DataError(
            "this folder is not empty, and nothing is overwritten; give a new name or remove it",
            path=path,
        )
    _check_place(path, Path(os.path.realpath(path)).parent)
    return path


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], head: dict[str, str]) -> None:
    """Writes named tensors, and strings about them, as one safetensors file.

    Raises:
        DataError: the file cannot be written, such as on a full disk.
    """
    # This file is also for those who read and write text, who need not wait for torch.
    from safetensors import SafetensorError
    from safetensors.torch import save, save_file

    tensors = {name: t.contiguous() for name, t in tensors.items()}
    with atomic_path(path) as temporary:
        if not temporary.is_file():
            # `save_file` would put a file in the place of the device.
            with temporary.open("wb") as device:
                device.write(save(tensors, head))
            return
        try:
            save_file(tensors, temporary, head)
        except SafetensorError as error:
            # The library says in words alone what the system said.
            found = _SYSTEM_ERROR.search(str(error))
            if found is None:
                raise
            number = int(found[1])
            raise OSError(number, os.strerror(number)) from None
