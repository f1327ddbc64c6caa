"""Rules about people (人): ID check digit, masking on sight, names of identities."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

# Digits that people type with blanks, dashes or full-width forms in between are still one number.
_GAP = r"[\s\-–—_.·]{0,2}"
_DIGIT = r"[0-90-9]"
_ID_NUMBER = re.compile(rf"(?<!{_DIGIT})[1-91-9](?:{_GAP}{_DIGIT}){{16}}{_GAP}[0-90-9XxXx](?!{_DIGIT})")
_BANK_CARD = re.compile(rf"(?<!{_DIGIT})[3-63-6](?:{_GAP}{_DIGIT}){{14,18}}(?!{_DIGIT})")
_MOBILE = re.compile(rf"(?<!{_DIGIT})[11](?:{_GAP}[3-93-9])(?:{_GAP}{_DIGIT}){{9}}(?!{_DIGIT})")
_LANDLINE = re.compile(rf"(?<!{_DIGIT})[00](?:{_DIGIT}){{2,3}}{_GAP}[2-82-8](?:{_GAP}{_DIGIT}){{6,7}}(?!{_DIGIT})")


def is_id_number(text: str) -> bool:
    """Say whether ``text`` is an 18-character ID number with a right check digit (GB 11643-1999)."""
    if not re.fullmatch(r"[1-9]\d{16}[\dXx]", text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == text[-1].upper()


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without the numbers that must not be stored."""

    text: str
    kinds: tuple[str, ...]
    """What was hidden, for the warning: 身份证号, 银行卡号, 电话号码."""


def mask(text: str) -> Masked:
    """Hide ID, bank card and phone numbers; how they are written (blanks, dashes, full width) does not matter.

    Every 18-digit number is hidden, right check digit or not: a mistyped ID number is as personal as a right one.
    """
    kinds: list[str] = []
    for pattern, kind in (
        (_ID_NUMBER, "身份证号"),
        (_BANK_CARD, "银行卡号"),
        (_MOBILE, "电话号码"),
        (_LANDLINE, "电话号码"),
    ):
        text, count = pattern.subn("***", text)
        if count and kind not in kinds:
            kinds.append(kind)
    return Masked(text, tuple(kinds))


def identity_of(appid: str, openid: str) -> str:
    """Name one person towards one WeChat account; openids differ per account, so both parts are needed."""
    return f"{appid}:{openid}"


def split_identity(identity: str) -> tuple[str, str]:
    """Give (appid, openid) of an identity."""
    appid, _, openid = identity.partition(":")
    return appid, openid
