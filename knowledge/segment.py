"""Words out of a sentence (分词): jieba is the reference; rjieba gives the same cuts 20 times faster and stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from knowledge.lexicon import Lexicon

Segment = Callable[[str], Iterable[str]]


def segmenter(lexicon: Lexicon) -> Segment:
    """Give the fastest segmenter that is installed, taught the lexicon's words."""
    try:
        return _rust(lexicon)
    except ImportError:
        return reference(lexicon)


def reference(lexicon: Lexicon) -> Segment:
    """Give jieba itself; loading its dictionary takes 0.8 s, so call this before listening, never while serving."""
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    for word in sorted(lexicon.words):
        tokenizer.add_word(word)
    return lambda text: tokenizer.lcut(text)


def _rust(lexicon: Lexicon) -> Segment:
    import rjieba

    tokenizer = rjieba.Jieba()
    for word in sorted(lexicon.words):
        tokenizer.add_word(word, None, None)
    return tokenizer.cut
