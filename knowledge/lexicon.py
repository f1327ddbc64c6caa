"""The words of the district (词表): what is filler, what is dialect, what means the same, what must stay whole.

The lexicon is data (``config/language/lexicon.toml``) that a clerk can edit; this module gives it a shape and refuses a
contradictory one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class LexiconError(ValueError):
    """The lexicon contradicts itself; the message names the word."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Plain word lists; every key and value is already in simplified characters."""

    filler: frozenset[str] = frozenset()
    """Phrases that carry no content ("请问一下") and are dropped."""
    dialect: Mapping[str, str] = field(default_factory=dict)
    """Yunnan word → standard word, safe to replace anywhere ("咋个" → "怎么")."""
    homophones: Mapping[str, str] = field(default_factory=dict)
    """What dictation writes → what was said ("地保" → "低保")."""
    concepts: tuple[tuple[str, ...], ...] = ()
    """Groups of words with one meaning for finding a service; the first is the canonical one."""
    frames: frozenset[str] = frozenset()
    """Words of asking ("要带什么", "多少钱", "在哪里"): they tell how, not what, and count little."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """Everyday word → official words that stand for it in a catalogue ("结婚证" → "结婚登记 婚姻登记")."""
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Intent or guard → regular expressions on a sentence in standard words that speak for it."""
    words: frozenset[str] = frozenset()
    """Words that the segmenter keeps whole."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Lexicon:
        """Build from parsed TOML; raise :class:`LexiconError` if a word stands in two concepts."""
        concepts = tuple(tuple(dict.fromkeys(group["words"])) for group in data.get("concept", ()))
        seen: dict[str, str] = {}
        for group in concepts:
            for word in group:
                if word in seen:
                    raise LexiconError(f"“{word}” stands in two concepts: {seen[word]} and {group[0]}")
                seen[word] = group[0]
        return cls(
            filler=frozenset(data.get("filler", {}).get("words", ())),
            dialect=dict(data.get("dialect", {})),
            homophones=dict(data.get("homophones", {})),
            concepts=concepts,
            frames=frozenset(data.get("frames", {}).get("words", ())),
            hints=dict(data.get("hints", {})),
            cues={name: tuple(patterns) for name, patterns in data.get("cues", {}).items()},
            words=frozenset(data.get("words", ())),
        )

    def fingerprint(self) -> str:
        """Give a digest of all words; equal words, equal digest, in whatever order they stand."""
        parts = [
            sorted(self.filler),
            sorted(self.dialect.items()),
            sorted(self.homophones.items()),
            self.concepts,
            sorted(self.frames),
            sorted(self.hints.items()),
            sorted(self.words),
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()
