"""Opens files, compressed or not, and knows what they are by their names."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, cast

from dualamn.errors import DataError, needs
from dualamn.files.encodings import Utf8Stream, encodings_of

COMPRESSED = (".gz", ".bz2", ".zst")
TABLES = (".tsv", ".csv", ".txt", ".tab", "")
PARQUET = (".parquet", ".pq")
RDF = {
    ".nt": "N-Triples",
    ".nq": "N-Quads",
    ".ttl": "Turtle",
    ".trig": "TriG",
    ".rdf": "RDF/XML",
    ".owl": "RDF/XML",
    ".xml": "RDF/XML",
    ".jsonld": "JSON-LD",
    ".n3": "N3",
}
"""The formats of RDF that are read, by the endings of file names."""

_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "Zstandard": re.compile(rb"\x28\xb5\x2f\xfd"),
}
_BLOCK = 1 << 17


def suffix(path: Path) -> str:
    """The ending that says what a file holds, in lower case: ".nt" for ``a.NT.gz``."""
    end = path.suffix.lower()
    return Path(path.stem).suffix.lower() if end in COMPRESSED else end


def stem(path: Path) -> str:
    """The name of a file without its endings: "a" for ``a.nt.gz``."""
    return Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem


def endpoint_of(path: Path) -> str | None:
    """The address of the SPARQL endpoint that a path of ``sparql+https://…`` means.

    In a path two slashes have become one.
    """
    text = path.as_posix()
    if not text.startswith(("sparql+http:/", "sparql+https:/")):
        return None
    return re.sub(r"(https?):/+", r"\1://", text.removeprefix("sparql+"))


def check_exists(path: Path) -> None:
    """Raises a DataError, with the nearest name, unless there is such a file or folder.

    What is not on this machine, as an endpoint, is asked for later.
    """
    if endpoint_of(path) is not None or path.exists():
        return
    names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else "correct the path"
    raise DataError(f"there is no such file or folder; {hint}", path=path)


@contextmanager
def opened(path: Path, encoding: str | None = None, *, is_xml: bool = False) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed by its ending and without a byte order mark.

    Text whose mark, or the declaration of `is_xml`, names another encoding becomes UTF-8, as
    does text in a given `encoding`, see `encodings_of`.
    What goes wrong while they are read inside the block becomes a DataError.

    Raises:
        DataError: the file cannot be read, is damaged or cut short, or is not in its encoding.
        MissingExtraError: a package that decompresses is not installed.
    """
    try:
        with path.open("rb") as raw:
            stream = io.BufferedReader(cast(io.RawIOBase, _decompressed(path, raw)), _BLOCK)
            first = stream.peek(1000)
            for kind, magic in _MAGIC.items():
                if magic.match(first):
                    raise DataError(
                        f"this is {kind}-compressed data; end the file's name in "
                        f"{' or '.join(COMPRESSED)} as it fits",
                        path=path,
                    )
            mark, names = encodings_of(path, first, encoding, is_xml=is_xml)
            stream.read(mark)
            plain = cast(BinaryIO, stream)
            if names:
                made = Utf8Stream(path, plain, names, is_xml=is_xml)
                plain = cast(BinaryIO, io.BufferedReader(made, _BLOCK))
            yield plain
    except FileNotFoundError:
        raise DataError("this file is missing; add it or correct the path", path=path) from None
    except IsADirectoryError:
        raise DataError("this is a folder where a file is needed", path=path) from None
    except EOFError:
        raise _damaged(path, "the compressed data ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        if path.suffix.lower() in COMPRESSED and error.errno is None:
            raise _damaged(path, str(error)) from None
        raise DataError(f"cannot read this file: {error.strerror or error}", path=path) from None


def read_all(path: Path, encoding: str | None = None) -> bytes:
    """All bytes of a file, see `opened`."""
    with opened(path, encoding) as stream:
        return stream.read()


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"this file cannot be decompressed ({why}); was it cut short? Fetch or make it again",
        path=path,
    )


def _decompressed(path: Path, raw: BinaryIO) -> Any:
    end = path.suffix.lower()
    if end == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if end == ".bz2":
        return bz2.BZ2File(raw)
    if end == ".zst":
        return _Zstandard(path, raw)
    return raw


class _Zstandard(io.RawIOBase):
    """Decompresses frame after frame, and knows when the last one is cut short."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self._zstd = needs("zstandard", extra="rdf")
        self._path, self._raw = path, raw
        self._frame: Any = None
        self._packed = self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            if not self._packed:
                self._packed = self._raw.read(_BLOCK)
                if not self._packed:
                    if self._frame is not None:
                        raise EOFError
                    return 0
            if self._frame is None:
                self._frame = self._zstd.ZstdDecompressor().decompressobj()
            try:
                self._ready = self._frame.decompress(self._packed)
            except self._zstd.ZstdError as error:
                raise _damaged(self._path, str(error)) from None
            self._packed = b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
