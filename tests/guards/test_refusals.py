"""Every refusal has a code of its own, a sentence that can be said to a resident, and a documented status."""

from __future__ import annotations

import re

import pytest

from api.errors import status_of
from models.rules import errors
from models.rules.errors import Refusal, TooMany


def every_refusal() -> tuple[type[Refusal], ...]:
    """Give every class below Refusal, however deep."""
    found: list[type[Refusal]] = []
    waiting = [Refusal]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found.append(child)
            waiting.append(child)
    return tuple(sorted(found, key=lambda refusal: refusal.__name__))


ALL = every_refusal()
BY_NAME = pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: refusal.__name__)


def made(refusal: type[Refusal]) -> Refusal:
    return refusal(retry_after=30) if issubclass(refusal, TooMany) else refusal()  # type: ignore[call-arg]


def documented() -> dict[str, int]:
    """Read the statuses out of the drawing in the module's docstring."""
    return {name: int(status) for name, status in re.findall(r"── (\w+) .*→ (\d{3})", errors.__doc__ or "")}


@BY_NAME
def test_a_refusal_says_its_own_code_and_sentence(refusal: type[Refusal]) -> None:
    own = vars(refusal)

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", own.get("code", ""))
    assert re.match(r"[一-鿿]", own.get("sentence", "")), "the sentence is Chinese"
    assert own["sentence"].endswith("。")
    assert made(refusal).message == own["sentence"]
    assert refusal.__module__ == errors.__name__, "refusals live in one file"


def test_no_two_refusals_share_a_code_or_a_sentence() -> None:
    codes = [refusal.code for refusal in (Refusal, *ALL)]
    sentences = [refusal.sentence for refusal in (Refusal, *ALL)]

    assert len(set(codes)) == len(codes)
    assert len(set(sentences)) == len(sentences)


def test_every_parent_is_drawn_with_its_status() -> None:
    parents = {refusal.__name__ for refusal in Refusal.__subclasses__()}

    assert parents <= set(documented())


@BY_NAME
def test_the_status_is_the_documented_one_of_the_nearest_parent(refusal: type[Refusal]) -> None:
    drawn = documented()
    nearest = next(parent.__name__ for parent in refusal.__mro__ if parent.__name__ in drawn)

    assert status_of(made(refusal)) == drawn[nearest]


def test_a_refusal_knows_nothing_of_http() -> None:
    assert not re.search(r"\bstatus\b|\bhttp", " ".join(name for refusal in ALL for name in vars(refusal)).lower())
