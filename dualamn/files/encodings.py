"""Text in other encodings than UTF-8: which one it is, and its bytes as UTF-8, as a stream."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from dualamn.errors import ConfigError, DataError

_BLOCK = 1 << 17
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Byte-order marks, the longer one before one that it begins with."""

_DECLARED = re.compile(
    r"""(\s*<\?xml\b[^>]{0,500}?\bencoding\s*=\s*["'])([A-Za-z0-9._:-]{1,60})(?=["'])"""
)
_WIDE_XML = {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}


def checked_encoding(name: str) -> str:
    """The name of an encoding as Python has it.

    Raises:
        ConfigError: there is no such encoding of text.
    """
    known = _known(name)
    if known is None:
        raise ConfigError(
            f"there is no encoding {name!r}; give one such as windows-1252, latin-1, utf-16 or "
            "shift_jis"
        )
    return known


def _known(name: str) -> str | None:
    try:
        "".encode(name)  # refuses what is no encoding of text, such as base64
        return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        return None


def encodings_of(
    path: Path, first: bytes, encoding: str | None, *, is_xml: bool
) -> tuple[int, tuple[str, ...]]:
    """How many bytes of a mark to pass over, and the encodings to try in their order.

    There are none where the bytes are to be taken as they are, as UTF-8. A mark tells the
    encoding, and so does the declaration of XML. A given `encoding` is that of text which is
    not what these say, and, where nothing says anything, not UTF-8.

    Args:
        first: how the file begins.
        encoding: of `checked_encoding`.

    Raises:
        DataError: a declaration names an encoding that does not exist.
    """
    at, marked = next(
        ((len(mark), name) for mark, name in _MARKS if first.startswith(mark)), (0, None)
    )
    if marked is None and is_xml:
        marked = _WIDE_XML.get(first[:4])
    if marked not in (None, "utf-8"):
        return at, (marked,)
    declared = _DECLARED.match(first[at:600].decode("latin-1")) if is_xml else None
    says_utf8 = declared is None or declared[2].lower() in ("utf-8", "utf8")
    if says_utf8 and (marked or encoding is None):
        return at, ()
    if marked:
        return at, (marked,)
    if declared is None:
        assert encoding is not None
        return at, (encoding,) if _is_special(encoding) else ("utf-8", encoding)
    name = _known(declared[2]) or encoding
    if name is None:
        raise DataError(
            f"its declaration names the encoding {declared[2]!r}, which is not known; correct it "
            "there, or name the right one (--encoding)",
            path=path,
            line=1,
        )
    # That the declaration can be read says that this is a superset of ASCII.
    if name == "ascii" or name.startswith(("utf-16", "utf-32")):
        name = "utf-8"
    return at, (name,) if encoding in (None, name) else (name, encoding)


def _is_special(name: str) -> bool:
    """Whether text in this encoding could be taken for UTF-8."""
    return "<a\n".encode(name) != b"<a\n" or name.startswith(("iso2022", "hz"))


class Utf8Stream(io.RawIOBase):
    """Text of any encoding as bytes of UTF-8.

    Where the text is not in the first of the encodings, it is read on in the next.

    Args:
        path: the file, for messages.
        stream: its bytes.
        names: the encodings, one at least.
        is_xml: whether a declaration is to say UTF-8 from now on.
    """

    def __init__(self, path: Path, stream: BinaryIO, names: Sequence[str], *, is_xml: bool) -> None:
        self._path, self._stream, self._is_xml = path, stream, is_xml
        self._names = list(names)
        self._line = 1
        self._ready = memoryview(b"")
        self._decoder = self._next()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer with the next bytes, as `io.RawIOBase` asks; 0 at the end.

        Raises:
            DataError: the text is in none of the encodings.
        """
        while not self._ready:
            data = self._stream.read(_BLOCK)
            text = self._decoded(data)
            self._line += text.count("\n")
            if self._is_xml:
                text = _DECLARED.sub(r"\1UTF-8", text, count=1)
                self._is_xml = False
            # Halves of surrogate pairs, which some encodings can hold, are no UTF-8.
            self._ready = memoryview(text.encode("utf-8", "replace"))
            if not data:
                break
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _next(self) -> codecs.IncrementalDecoder:
        self._name = self._names.pop(0)
        return codecs.getincrementaldecoder(self._name)()

    def _decoded(self, data: bytes) -> str:
        done = ""
        while True:
            try:
                return done + self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                # What the decoder kept of the last block is part of what did not fit.
                fits, data = error.object[: error.start], error.object[error.start :]
                done += fits.decode(self._name)
                if not self._names:
                    raise DataError(
                        f"byte 0x{data[0]:02x} does not fit the encoding {self._name}; name the "
                        "right one (--encoding), or save the file as UTF-8",
                        path=self._path,
                        line=self._line + done.count("\n"),
                    ) from None
                self._decoder = self._next()
