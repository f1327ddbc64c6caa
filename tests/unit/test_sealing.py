"""Sealed texts open with the right key in the right place, and nowhere else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sealing import Sealer, Unsealable, key_id

KEY, OTHER = b"k" * 32, b"o" * 32
ABOUT = "tokens:sealed:wx1"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_again(plain: str, about: str) -> None:
    sealer = Sealer(KEY)

    assert sealer.open(sealer.seal(plain, about=about), about=about) == plain


def test_the_form_tells_version_and_key_but_nothing_of_the_text() -> None:
    sealed = Sealer(KEY).seal("居民的电话", about=ABOUT)

    assert sealed.startswith(f"v1.{hashlib.sha256(KEY).hexdigest()[:8]}.")
    assert sealed.isascii()
    assert sealed != Sealer(KEY).seal("居民的电话", about=ABOUT)


def test_it_does_not_open_in_another_place() -> None:
    sealed = Sealer(KEY).seal("secret", about=ABOUT)

    with pytest.raises(Unsealable):
        Sealer(KEY).open(sealed, about="tokens:sealed:wx2")


def test_a_previous_key_opens_but_does_not_seal() -> None:
    old = Sealer(OTHER).seal("secret", about=ABOUT)
    rotated = Sealer(KEY, previous=(OTHER,))

    assert rotated.open(old, about=ABOUT) == "secret"
    assert rotated.seal("secret", about=ABOUT).split(".")[1] == key_id(KEY)


def test_an_unknown_key_does_not_open() -> None:
    sealed = Sealer(OTHER).seal("secret", about=ABOUT)

    with pytest.raises(Unsealable):
        Sealer(KEY).open(sealed, about=ABOUT)


@pytest.mark.parametrize("position", range(0, 60, 3))
def test_a_changed_character_does_not_open(position: int) -> None:
    sealed = Sealer(KEY).seal("a token of some length", about=ABOUT)
    changed = sealed[:position] + ("A" if sealed[position] != "A" else "B") + sealed[position + 1 :]

    with pytest.raises(Unsealable):
        Sealer(KEY).open(changed, about=ABOUT)


@pytest.mark.parametrize("text", ["", "v1", "v1..", "v1.x.", f"v1.{key_id(KEY)}.", "plain", "封"])
def test_what_is_not_sealed_does_not_open(text: str) -> None:
    with pytest.raises(Unsealable):
        Sealer(KEY).open(text, about=ABOUT)


def test_another_key_under_a_known_name_does_not_open() -> None:
    body = Sealer(OTHER).seal("secret", about=ABOUT).split(".")[2]

    with pytest.raises(Unsealable):
        Sealer(KEY).open(f"v1.{key_id(KEY)}.{body}", about=ABOUT)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"short")
