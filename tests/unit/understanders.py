"""Understanders of the shipped catalogue, and small ones made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from hypothesis import strategies as st

from api.cli.language import understander_of
from config import data
from knowledge.lexicon import Lexicon
from knowledge.matcher import Matcher, Subject
from knowledge.prepared import Prepared
from knowledge.segment import segmenter
from knowledge.understanding import Understander
from tests.furniture import language

ANY_TEXT = st.text(max_size=200) | st.text(
    st.sampled_from("低保身份证咋个办给 ,?!😀\x00\u202e𠮷㍿1aA證嘛"), max_size=40
)
"""Whatever arrives: emoji, control characters, characters beyond the first plane, and halves of words we know."""


@cache
def shipped() -> Understander:
    """Understand the shipped catalogue with all its wordings, as ``qiantai match`` does."""
    return understander_of(data.CATALOGUE / "items.csv")


def a_matcher(
    wordings: Mapping[str, Sequence[str]], *, lexicon: Lexicon | None = None, prepared: Prepared | None = None
) -> Matcher:
    """Match against subjects given as code → wordings; the first wording is the name."""
    if lexicon is None:
        lexicon, _, _, segment = language()
    else:
        segment = segmenter(lexicon)
    subjects = [Subject(code, worded[0], tuple(worded)) for code, worded in wordings.items()]
    return Matcher(subjects, lexicon, segment=segment, prepared=prepared)
