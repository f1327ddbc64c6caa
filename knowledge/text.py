"""A resident's sentence made comparable (文本规范化): width, script, filler, dialect, slips, words of one meaning.

Two views come out of one sentence: the *canonical string*, in which everything that means the same is written the
same, and its *sound* (toneless pinyin with the mergers of south-western Mandarin), in which a slip of dictation such
as 地保 for 低保 disappears.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import opencc

from knowledge.lexicon import Lexicon

MAX_CHARACTERS = 160
"""Longest text that is looked at, in characters; a longer message is cut here (nobody asks in more)."""
LATEST = 64
"""Sentences whose forms are remembered."""

_NOT_WORD = re.compile(r"[^0-9a-z\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]+")

# The mergers of Yunnan speech and of dictation engines: retroflex and dental sibilants, n/l, f/h, front and back
# nasals. Both sides of every comparison are folded, so a merger can only make two sounds equal, never lose one.
_FOLD_INITIAL = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"))
_FOLD_FINAL = (("ing", "in"), ("eng", "en"), ("ang", "an"), ("ong", "on"), ("ve", "e"), ("v", "u"))


@cache
def _simplifier() -> dict[int, str]:
    """Map each traditional character to its simplified one, by OpenCC's table."""
    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, converted, strict=True) if old != new}


def tidy(text: str) -> str:
    """Fold width, case and script, turn everything that is no letter, digit or character into one blank."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])[:MAX_CHARACTERS].lower().translate(_simplifier())
    return _NOT_WORD.sub(" ", text).strip()


@cache
def _syllables() -> dict[int, str]:
    """Map each character to its folded, toneless syllable; one reading a character, the same on both sides."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # the phrase dictionary costs 100 ms and is not used here
    from pypinyin.pinyin_dict import pinyin_dict

    return {code: _fold(readings.split(",")[0]) for code, readings in pinyin_dict.items()}


@cache  # forty thousand characters share some fifteen hundred readings
def _fold(syllable: str) -> str:
    plain = unicodedata.normalize("NFD", syllable.replace("ü", "v"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("ü", "v")
    for old, new in _FOLD_INITIAL:
        if plain.startswith(old):
            plain = new + plain[len(old) :]
            break
    for old, new in _FOLD_FINAL:
        if plain.endswith(old):
            return plain[: len(plain) - len(old)] + new
    return plain


def sound(text: str) -> list[str]:
    """Give the folded syllables of ``text``, one a character; a character without reading stands for itself."""
    table = _syllables()
    return [table.get(ord(character), character) for character in text]


def alternation(words: Iterable[str]) -> re.Pattern[str] | None:
    """Give a pattern that finds any of ``words``, the longest first; None when there are none."""
    ordered = sorted((w for w in words if w), key=lambda w: (-len(w), w))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


class Normaliser:
    """Turns text into its canonical string with one lexicon; safe to share between tasks."""

    def __init__(self, lexicon: Lexicon) -> None:
        spoken = {tidy(k): tidy(v) for k, v in {**lexicon.dialect, **lexicon.homophones}.items()}
        canonical = {tidy(word): tidy(group[0]) for group in lexicon.concepts for word in group}
        fillers = {tidy(word) for word in lexicon.filler}
        speech = _replacer({**_kept(lexicon.words | canonical.keys(), spoken), **spoken})
        # Several look at the same sentence one after the other: its cues, its features, the list of what was not known.
        self._standard = lru_cache(maxsize=LATEST)(lambda text: speech(tidy(text)))
        self._filler = _replacer({word: " " for word in fillers if len(word) > 1})
        self._particles = re.compile(f"[{''.join(sorted(word for word in fillers if len(word) == 1)) or ' '}]+(?= |$)")
        concepts = _replacer({**_kept(lexicon.words - canonical.keys(), canonical), **canonical})
        self._canonical = lru_cache(maxsize=LATEST)(lambda text: _squeeze(concepts(self.plain(text))))

    def standard(self, text: str) -> str:
        """Give ``text`` in standard words, filler and all."""
        return self._standard(text)

    def plain(self, text: str) -> str:
        """Give ``text`` in standard words, without filler; falls back to the tidied text if nothing else is left."""
        spoken = self.standard(text)
        return _squeeze(self._particles.sub(" ", self._filler(spoken))) or spoken

    def canonical(self, text: str) -> str:
        """Give ``text`` with every word of a concept written as the concept's first word; blanks part phrases."""
        return self._canonical(text)


def _kept(words: Iterable[str], keys: Iterable[str]) -> dict[str, str]:
    """Give the known words inside which a key must not be replaced: 地保 is 低保, but not in 耕地保护."""
    pattern = alternation(keys)
    return {word: word for word in map(tidy, words) if pattern is not None and pattern.search(word)}


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _replacer(table: dict[str, str]) -> Callable[[str], str]:
    """Replace each key by its value in one pass, longest key first, so that a result is never replaced again."""
    by_first: dict[str, list[tuple[str, str]]] = {}
    for key in sorted((key for key in table if key), key=len, reverse=True):
        by_first.setdefault(key[0], []).append((key, table[key]))

    def replace(text: str) -> str:
        written, at = [], 0
        while at < len(text):
            for key, value in by_first.get(text[at], ()):
                if text.startswith(key, at):
                    written.append(value)
                    at += len(key)
                    break
            else:
                written.append(text[at])
                at += 1
        return "".join(written)

    return replace
