"""A sentence as weighted features (特征): characters, pairs, words, sounds; what tells how, not what, counts little."""

from __future__ import annotations

import math
from dataclasses import dataclass

from knowledge.lexicon import Lexicon
from knowledge.segment import Segment
from knowledge.text import Normaliser, alternation, sound


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much each view counts; found on the development questions, see ``docs/decisions/0004-matching.md``."""

    character: float = 0.6
    pair: float = 1.0
    word: float = 0.7
    sound: float = 0.5
    frame: float = 0.2
    """Weight of a word of asking beside a word that names something."""
    hint: float = 0.5
    """Weight of the official words that an everyday word hints at, where subjects have no wording but their name."""
    hint_among_many: float = 0.1
    """The same where residents' own wordings are known, which say it better."""
    nearest: int = 40
    """Wordings compared closely."""
    spelling: float = 0.3
    """Share of rapidfuzz's ratio in the likeness of two wordings; the rest is the cosine of features."""
    subject: float = 0.6
    """Share of the subject as a whole (all its wordings together) beside its nearest wording."""
    second: float = 0.5
    """How much a second near wording of the same subject adds."""
    saturation: float = 2.0
    """After how much of a feature more of it hardly counts for the subject as a whole."""


class FeatureMaker:
    """Makes features of canonical strings; the same for questions and wordings."""

    def __init__(self, lexicon: Lexicon, normaliser: Normaliser, segment: Segment, tuning: Tuning) -> None:
        self._tuning = tuning
        self._segment = segment
        frames = {normaliser.canonical(word).replace(" ", "") for word in lexicon.frames}
        self._frames = alternation(frames)
        self._hints = {
            normaliser.canonical(say).replace(" ", ""): normaliser.canonical(means).split()
            for say, means in lexicon.hints.items()
        }
        self._hinting = alternation(self._hints)

    def of(self, canonical: str) -> dict[str, float]:
        """Give the features of one wording."""
        weights: dict[str, float] = {}
        self._add(canonical, weights, 1.0)
        return {feature: math.sqrt(weight) for feature, weight in weights.items()}

    def hinted(self, canonical: str, share: float) -> dict[str, float]:
        """Give the features of the official words that a question's everyday words hint at."""
        if self._hinting is None or not share:
            return {}
        weights: dict[str, float] = {}
        for said in dict.fromkeys(self._hinting.findall(canonical)):
            for means in self._hints[said]:
                self._add(means, weights, share)
        return {feature: math.sqrt(weight) for feature, weight in weights.items()}

    def _add(self, text: str, weights: dict[str, float], share: float) -> None:
        tuning, last = self._tuning, len(text) - 1
        factors = self._factors(text, share)
        sounds = sound(text)
        for i, character in enumerate(text):
            factor = factors[i]
            weights[character] = weights.get(character, 0.0) + tuning.character * factor
            if i < last:
                factor = min(factor, factors[i + 1])
                pair = text[i : i + 2]
                weights[pair] = weights.get(pair, 0.0) + tuning.pair * factor
                heard = f"{sounds[i]} {sounds[i + 1]}"
                weights[heard] = weights.get(heard, 0.0) + tuning.sound * factor
        start = 0
        for word in self._segment(text):
            end = start + len(word)
            if len(word) > 1:
                key = "w" + word
                weights[key] = weights.get(key, 0.0) + tuning.word * min(factors[start:end])
            start = end

    def _factors(self, text: str, share: float) -> list[float]:
        factors = [share] * len(text)
        if self._frames is not None:
            for match in self._frames.finditer(text):
                for i in range(*match.span()):
                    factors[i] = share * self._tuning.frame
        return factors
