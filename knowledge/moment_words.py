"""A sentence made ready for reading times: folded character by character, so that every place can be found again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.text import MAX_CHARACTERS

_DIGITS = {said: value for value, said in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"廿": "二十", "卅": "三十"}
# One character for one, so that places stay: width, and the traditional forms of the words of time.
_FOLD = str.maketrans(
    "０１２３４５６７８９點號後週兩禮趕時個這隨國慶節過開臘幾陰農舊～：~—–－",
    "0123456789点号后周两礼赶时个这随国庆节过开腊几阴农旧-:----",
)

NUMBER = "(?:[0-9]{1,2}|[零〇一二两三四五六七八九十廿卅]{1,3})"
"""Up to two digits or three characters, as days, hours and minutes are said."""

UNTIL = "(?:到|至|-)"
"""Between the two ends of a span."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text for the patterns, and where each of its characters stood in what was written."""

    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, written: str) -> Folded:
        """Fold at most :data:`knowledge.text.MAX_CHARACTERS` characters."""
        written = written[:MAX_CHARACTERS]
        kept = [i for i, c in enumerate(written) if not c.isspace() or _parts_digits(written, i)]
        return cls("".join(written[i] for i in kept).translate(_FOLD), tuple(kept))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Give the span in what was written for a span of at least one character in :attr:`text`."""
        return self.places[start], self.places[end - 1] + 1


def _parts_digits(written: str, at: int) -> bool:
    before, after = written[:at].rstrip()[-1:], written[at:].lstrip()[:1]
    return before.isdecimal() and after.isdecimal()


def number(said: str) -> int | None:
    """Give the value of a :data:`NUMBER` below one hundred (25, 二十五, 廿五, 两); None if it is none (二三)."""
    if said.isascii():
        return int(said) if said.isdigit() else None
    for short, full in _TENS.items():
        said = said.replace(short, full)
    if "十" not in said:
        said = said.lstrip("零〇") or "零"
        return _DIGITS.get(said) if len(said) == 1 else None
    tens, _, ones = said.partition("十")
    high, low = _DIGITS.get(tens) if tens else 1, _DIGITS.get(ones) if ones else 0
    return None if high is None or low is None else high * 10 + low


def any_of(*words: str) -> str:
    """Give the pattern that finds one of ``words``, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"
