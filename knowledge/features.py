"""A sentence as weighted features (特征): characters, pairs, words, sounds; what tells how, not what, counts little."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from knowledge.lexicon import Lexicon
from knowledge.repair import Repairs
from knowledge.segment import Segment
from knowledge.text import Normaliser, alternation, sound, tidy


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much each view counts; found on the development questions, see ``docs/decisions/0004-matching.md``."""

    character: float = 0.9
    pair: float = 1.0
    word: float = 0.7
    sound: float = 0.25
    frame: float = 0.5
    """Weight of a word of asking beside a word that names something."""
    hint: float = 0.5
    """Weight of the official words that an everyday word hints at, where little but the name of a subject is known."""
    repair: float = 0.5
    """Weight of a known word that a question nearly says."""
    half: float = 0.3
    """Weight of all the known words together of which a question says one character."""
    nearest: int = 24
    """Wordings compared closely."""
    spelling: float = 0.2
    """Share of rapidfuzz's ratio in the likeness of two wordings; the rest is the cosine of features."""
    subject: float = 0.8
    """Share of the subject as a whole (all its wordings together) beside its nearest wording."""
    second: float = 0.5
    """How much a second near wording of the same subject adds."""
    alpha: float = 0.05
    """Smoothing of the evidence for a subject; see :class:`knowledge.index.Evidence`."""


class FeatureMaker:
    """Makes features of canonical strings; the same for questions and wordings."""

    def __init__(self, lexicon: Lexicon, normaliser: Normaliser, segment: Segment, tuning: Tuning) -> None:
        self._tuning = tuning
        self._segment = segment
        self._normaliser = normaliser
        frames = {normaliser.canonical(word).replace(" ", "") for word in lexicon.frames}
        self._frames = alternation(frames)
        self._hints = {
            normaliser.canonical(say).replace(" ", ""): normaliser.canonical(means).split()
            for say, means in lexicon.hints.items()
        }
        self._hinting = alternation(self._hints)
        self._concepts = lexicon.concepts

    @cached_property
    def _repairs(self) -> Repairs:
        """Built when first asked for (80 ms): where all subjects are well known, nobody asks."""
        concepts = {tidy(word) for group in self._concepts for word in group}
        return Repairs(concepts | self._hints.keys(), self._segment, self._frames)

    def canonical(self, text: str) -> str:
        """Give the form of ``text`` in which it is compared, blanks dropped."""
        return self._normaliser.canonical(text).replace(" ", "")

    def core(self, canonical: str) -> str:
        """Give what is left of a canonical string without words of asking."""
        return self._frames.sub("", canonical) if self._frames is not None else canonical

    def of(self, canonical: str) -> dict[str, float]:
        """Give the features of one wording."""
        weights: dict[str, float] = {}
        self._add(canonical, weights, 1.0)
        return {feature: math.sqrt(weight) for feature, weight in weights.items()}

    def aside(self, canonical: str) -> dict[str, float]:
        """Give the features of what a question hints at, or says but for a slip; they count beside the question."""
        weights: dict[str, float] = {}
        tuning = self._tuning
        for said in self._hinting.findall(canonical) if self._hinting is not None else ():
            self._hint(said, weights, tuning.hint)
        for word in self._repairs.nearly_said(canonical):
            self._mean(word, weights, share=tuning.repair, hint=tuning.hint)
        return {feature: math.sqrt(weight) for feature, weight in weights.items()}

    def guesses(self, canonical: str) -> dict[str, float]:
        """Give the features of the words of which a question may say one character: little better than nothing."""
        weights: dict[str, float] = {}
        for word, part in self._repairs.half_said(canonical).items():
            share = self._tuning.half * part
            self._mean(word, weights, share=share, hint=share)
        return {feature: math.sqrt(weight) for feature, weight in weights.items()}

    def _mean(self, word: str, weights: dict[str, float], *, share: float, hint: float) -> None:
        """Add a known word that was not quite said, and what it hints at."""
        meant = self.canonical(word)
        self._add(meant, weights, share)
        self._hint(meant if meant in self._hints else word, weights, hint)

    def _hint(self, said: str, weights: dict[str, float], share: float) -> None:
        for means in self._hints.get(said, ()):
            self._add(means, weights, share)

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
        for word in self._segment.cut(text):
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
