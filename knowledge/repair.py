"""Known words that a sentence nearly says (近似词): written as they sound, or with one character lost.

Dictation writes 结昏证 for 结婚证, haste writes 身证 for 身份证. The words nearly said are offered beside the sentence;
nothing in the sentence is replaced, so a wrong guess costs little. Of a word of two characters haste leaves one: what
it may have been is offered apart, since it is a guess among several.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import TypeVar

from knowledge.segment import Segment
from knowledge.text import alternation, sound

K = TypeVar("K")

SHORTEST, LONGEST = 2, 8
"""Characters of a word that is looked for."""
MOST = 6
"""Words offered for one sentence."""
ALIKE = 3
"""Words remembered for one broken form."""
COMMON = 30
"""A character that stands in more known words of two characters than this tells nothing about which was meant."""


class Repairs:
    """Finds known words that a sentence nearly says; immutable once built."""

    def __init__(self, words: Iterable[str], segment: Segment, frames: re.Pattern[str] | None) -> None:
        """Take the words to look for, and the words of asking (``frames``), in which no slip is looked for."""
        known = {word for word in words if SHORTEST <= len(word) <= LONGEST}
        self._segment = segment
        self._understood = [pattern for pattern in (alternation(known), frames) if pattern is not None]
        self._by_sound: dict[tuple[str, ...], list[str]] = {}
        self._by_loss: dict[str, list[str]] = {}
        self._by_half: dict[str, list[str]] = {}
        # Longer words first, so that a lost character points to the fullest forms.
        for word in sorted(known, key=lambda w: (-len(w), w)):
            _remember(self._by_sound, tuple(sound(word)), word)
            if len(word) > SHORTEST:
                for i in range(len(word)):
                    _remember(self._by_loss, word[:i] + word[i + 1 :], word)
            else:
                for character in word:
                    self._by_half.setdefault(character, []).append(word)

    def nearly_said(self, text: str) -> list[str]:
        """Give the known words that ``text`` says but for a slip, the longest first."""
        understood = self._what_is_understood(text)
        if all(understood):
            return []
        loose = self._loose(text, understood)
        sounds = sound(text)
        found: dict[str, None] = {}
        for length in range(min(LONGEST, len(text)), SHORTEST - 1, -1):
            for start in range(len(text) - length + 1):
                end = start + length
                if all(understood[start:end]):
                    continue
                piece = text[start:end]
                # Two characters are little to go by: they count only where both are left over.
                if length == SHORTEST and not all(loose[start:end]):
                    continue
                alike = (*self._by_sound.get(tuple(sounds[start:end]), ()), *self._by_loss.get(piece, ()))
                found.update(dict.fromkeys(word for word in alike if word not in text))
        return list(found)[:MOST]

    def half_said(self, text: str) -> dict[str, float]:
        """Give the known words of two characters of which ``text`` may say one, each with its share of the guess."""
        shares: dict[str, float] = {}
        loose = self._loose(text, self._what_is_understood(text))
        for character in dict.fromkeys(itertools.compress(text, loose)):
            words = [word for word in self._by_half.get(character, ()) if word not in text]
            if len(words) <= COMMON:
                for word in words:
                    shares[word] = max(shares.get(word, 0.0), 1 / len(words))
        return shares

    def _what_is_understood(self, text: str) -> list[bool]:
        understood = [False] * len(text)
        for pattern in self._understood:
            for match in pattern.finditer(text):
                for i in range(*match.span()):
                    understood[i] = True
        return understood

    def _loose(self, text: str, understood: list[bool]) -> list[bool]:
        """Say of each character whether it is left over, that is, part of no known word longer than itself."""
        loose: list[bool] = []
        for word in self._segment.cut(text):
            loose.extend([len(word) == 1 or not self._segment.knows(word)] * len(word))
        return [alone and not known for alone, known in zip(loose, understood, strict=True)]


def _remember(table: dict[K, list[str]], key: K, word: str) -> None:
    words = table.setdefault(key, [])
    if len(words) < ALIKE:
        words.append(word)
