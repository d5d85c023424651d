"""What a page shows of the data: its strings, made safe, and figures as inline SVG.

Figures hold numbers and fixed words only, nothing of the data. Their colours and line styles are
classes of the page's style sheet, so they follow light, dark and print.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from dualamn.explain.called import local_name
from dualamn.kernels.arrays import Floats

LONGEST, LONGEST_TITLE = 120, 2_000
"""Characters that are shown, and that a tooltip has."""

# What XML calls no character, and half surrogate pairs, which UTF-8 cannot hold.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SCHEME, _SPACE = re.compile("https?:", re.IGNORECASE), re.compile(r"\s")

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 18, 12, 44

Values = Sequence[float] | Floats


@dataclass(frozen=True)
class Shown:
    """A string of the data.

    Attributes:
        text: what is shown of it, at most `LONGEST` characters.
        title: more of it for a tooltip where it was cut, else "".
        address: the string itself if it is a web address, else "".
    """

    text: str
    title: str = ""
    address: str = ""


def clean(text: str) -> str:
    """The text with a sign in place of what no page can hold."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def shown(value: object, brief: bool = False) -> Shown:
    """How a string of the data is shown; of a web address, if `brief`, only the last part.

    The template escapes it.
    """
    text = clean(str(value))
    address = text if text == value and _is_web_address(text) else ""
    if brief and address and (last := clean(local_name(address))) != address:
        return Shown(last if len(last) <= LONGEST else f"{last[: LONGEST - 1]}…", address, address)
    if len(text) <= LONGEST:
        return Shown(text, "", address)
    title = text
    if len(text) > LONGEST_TITLE:
        title = f"{text[:LONGEST_TITLE]}… ({len(text):,} characters)"
    return Shown(f"{text[: LONGEST - 1]}…", title, address)


def _is_web_address(text: str) -> bool:
    if not _SCHEME.match(text) or len(text) > LONGEST_TITLE or _SPACE.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


class Frame:
    """Axes, from the lowest to the highest value of x and y, and the way to places in them."""

    def __init__(
        self, x: tuple[float, float], y: tuple[float, float], labels: tuple[str, str]
    ) -> None:
        self._x, self._y, self._labels = x, y, labels
        self._parts: list[str] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies."""
        (left, right), (bottom, top) = self._x, self._y
        return (
            _LEFT + (WIDTH - _LEFT - _RIGHT) * (x - left) / (right - left),
            HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (y - bottom) / (top - bottom),
        )

    def x_tick(self, x: float, text: str) -> None:
        """A label under the horizontal axis."""
        at = self.at(x, self._y[0])[0]
        self._text(at, HEIGHT - _BOTTOM + 16, text, "middle")

    def y_tick(self, y: float, text: str) -> None:
        """A label beside the vertical axis, with a line across."""
        at = self.at(self._x[0], y)[1]
        self._parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )
        self._text(_LEFT - 6, at + 4, text, "end")

    def line(self, x: Values, y: Values, style: str) -> None:
        """A line through points."""
        self._parts.append(f'<polyline class="line {style}" points="{self._path(x, y)}"/>')

    def area(self, x: Values, upper: Values, lower: Values, style: str) -> None:
        """What lies between two lines."""
        path = f"{self._path(x, upper)} {self._path(x[::-1], lower[::-1])}"
        self._parts.append(f'<polygon class="{style}" points="{path}"/>')

    def bar(self, start: float, end: float, height: float, title: str) -> None:
        """A bar that says what it stands for when it is pointed at."""
        x, y = self.at(start, height)
        right, bottom = self.at(end, self._y[0])
        width = max(right - x - 1, 0.5)
        self._parts.append(
            f'<rect class="bar" x="{x + 0.5:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{bottom - y:.1f}"><title>{escape(title)}</title></rect>'
        )

    def dot(self, x: float, y: float, radius: float, title: str) -> None:
        """A dot that says what it stands for when it is pointed at."""
        cx, cy = self.at(x, y)
        self._parts.append(
            f'<circle class="dot" cx="{cx:.1f}" cy="{cy:.1f}" r="{radius:.1f}">'
            f"<title>{escape(title)}</title></circle>"
        )

    def interval(self, x: float, low: float, high: float) -> None:
        """An upright line between two heights, with an end to each."""
        at = self.at(x, low)[0]
        for height in (low, high):
            y = self.at(x, height)[1]
            self._parts.append(
                f'<line class="whisker" x1="{at - 4:.1f}" x2="{at + 4:.1f}" y1="{y:.1f}" '
                f'y2="{y:.1f}"/>'
            )
        top, bottom = self.at(x, high)[1], self.at(x, low)[1]
        self._parts.append(
            f'<line class="whisker" x1="{at:.1f}" x2="{at:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        )

    def svg(self, title: str) -> Markup:
        """The figure, with a title for those who cannot see it."""
        x, y = self._labels
        bottom = HEIGHT - _BOTTOM
        self._parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{bottom}" y2="{bottom}"/>'
        )
        self._text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, x, "middle")
        middle = (_TOP + bottom) / 2
        self._parts.append(
            f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">'
            f"{escape(y)}</text>"
        )
        return Markup(
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
            f"{''.join(self._parts)}</svg>"
        )

    def _path(self, x: Values, y: Values) -> str:
        points = (self.at(*point) for point in zip(x, y, strict=True))
        return " ".join(f"{left:.1f},{top:.1f}" for left, top in points)

    def _text(self, x: float, y: float, text: str, anchor: str) -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )


def histogram(
    counts: Sequence[int],
    edges: Sequence[float],
    *,
    title: str,
    labels: tuple[str, str],
    bins: Sequence[tuple[str, str]] | None = None,
) -> Markup:
    """Bars over the ranges between edges, (b,) heights and (b + 1,) edges, rising.

    `bins` has what stands under each bar and what it says when it is pointed at; the edges if None.
    """
    heights = round_ticks(0, max([*counts, 1]), whole=True)
    frame = Frame((edges[0], edges[-1]), (0, max(*counts, heights[-1])), labels)
    for y in heights:
        frame.y_tick(y, short_count(round(y)))
    for number, count in enumerate(counts):
        start, end = edges[number], edges[number + 1]
        tick, span = ("", f"{start:.3g} to {end:.3g}") if bins is None else bins[number]
        frame.bar(start, end, count, f"{span}: {count:,}")
        if tick:
            frame.x_tick((start + end) / 2, tick)
    if bins is None:
        for x in round_ticks(edges[0], edges[-1]):
            frame.x_tick(x, f"{x:.6g}")
    return frame.svg(title)


def unit_frame(labels: tuple[str, str], lowest: float = 0.0) -> Frame:
    """Axes for two shares, the horizontal one from 0 to 1."""
    frame = Frame((0, 1), (lowest, 1), labels)
    for x in round_ticks(0, 1):
        frame.x_tick(x, f"{x:.6g}")
    for y in round_ticks(lowest, 1):
        frame.y_tick(y, f"{y:.6g}")
    return frame


def round_ticks(low: float, high: float, most: int = 6, *, whole: bool = False) -> list[float]:
    """At most so many round numbers from low to high, each step of 1, 2 or 5 and some zeros.

    >>> round_ticks(0, 1), round_ticks(0, 429)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 100.0, 200.0, 300.0, 400.0])
    """
    size = math.floor(math.log10(high - low)) - 1
    while True:
        for digit in (1, 2, 5):
            first = math.ceil(round(low / (digit * 10.0**size), 6))
            last = math.floor(round(high / (digit * 10.0**size), 6))
            if last - first < most and (size >= 0 or not whole):
                return [round(at * digit * 10.0**size, 9) for at in range(first, last + 1)]
        size += 1


def short_count(count: int) -> str:
    """A number of up to four digits and perhaps a letter."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count / size:.0f}{letter}"
    return f"{count:,}"
