"""Rules about people (人): ID check digit, masking on sight, names of identities."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

# People put blanks, dashes, commas, brackets or nothing visible between the digits, and type them full-width: all of it
# is folded, sign by sign, into ASCII digits, X and blanks before anything is looked for. Digits that are also words or
# list marks (三, ③) are looked at afterwards, lest "老三138..." read as a number of twelve digits.
_BETWEEN = "_.·,、。/~()*+\N{MINUS SIGN}\N{COMBINING ENCLOSING KEYCAP}\N{VARIATION SELECTOR-16}"
_WORDS = dict(zip("〇零一二三四五六七八九幺", "001234567891", strict=True))


def _folded(sign: str) -> str | None:
    plain = unicodedata.normalize("NFKC", sign)
    if sign.isdecimal():
        return str(int(sign))
    if plain in ("x", "X"):
        return "X"
    if plain == ":":
        return ":"  # parts hours from minutes more often than the digits of a number
    between = plain in _BETWEEN or sign.isspace() or unicodedata.category(sign)[0] in "CPSZM"
    return " " if between else None


_BLOCKS = ((0x3100,), (0xFE00, 0x10000), (0x1D7CE, 0x1D800), (0x1F000, 0x1FB00))
_SIGNS = [chr(code) for block in _BLOCKS for code in range(*block)]
_FOLD = {ord(sign): fold for sign in _SIGNS if (fold := _folded(sign))}
_MARKS = {ord(sign): str(unicodedata.digit(sign)) for sign in _SIGNS if sign.isdigit() and not sign.isdecimal()}
_FOLDS = (_FOLD, _FOLD | _MARKS | {ord(word): digit for word, digit in _WORDS.items()})

_GAP, _LOOSE = " {0,8}", "[ :]{0,8}"
_PATTERNS = tuple(
    (re.compile(rf"(?<![0-9]){pattern}(?![0-9])"), kind)
    for pattern, kind in (
        (rf"[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9X]", "身份证号"),
        (rf"[3-6](?:{_GAP}[0-9]){{14,18}}", "银行卡号"),
        (rf"(?:(?:00)?86{_LOOSE})?1{_LOOSE}[3-9](?:{_LOOSE}[0-9]){{9}}", "电话号码"),
        (rf"0[0-9]{{2,3}}{_GAP}[2-8](?:{_GAP}[0-9]){{6,7}}", "电话号码"),
        (r"[0-9]{15,}", "证件号码"),
        (r"(?<![A-Za-z])[A-Za-z]{1,2} ?[0-9]{7,8}", "证件号码"),
    )
)

_SEVEN_DIGITS = re.compile(r"(?:[^0-9]*[0-9]){7}")
"""The fewest that any of the numbers has: nearly every message has fewer, and need not be looked at further."""


def is_id_number(text: str) -> bool:
    """Say whether ``text`` is an 18-character ID number: a right check digit (GB 11643-1999), a possible birthday."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9Xx]", text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return born.year >= OLDEST and _CHECK[total % 11] == text[-1].upper()


_HAN = r"[\u3400-\u9fff\U00020000-\U000323af]"

OLDEST = 1850
"""Nobody living was born before this year."""
ELDER_AGE = 60
"""Years from which on somebody counts as old (老年人权益保障法 2)."""


def is_elder(number: str, today: date) -> bool:
    """Say whether the holder of a sound ID number is 60 or older; the seventh to fourteenth digit are the birthday."""
    turns = (int(number[6:10]) + ELDER_AGE, int(number[10:12]), int(number[12:14]))
    return turns <= (today.year, today.month, today.day)


def is_name(text: str) -> bool:
    """Say whether a text can be somebody's name: two to thirty Chinese characters, with a point in some of them."""
    return re.fullmatch(f"{_HAN}[{_HAN[1:-1]}·]{{1,29}}", text) is not None


def mask_name(name: str) -> str:
    """Hide a name but for its first character: 王*, 李**."""
    return name[:1] + "*" * (len(name) - 1)


def mask_number(number: str) -> str:
    """Hide an ID number but for its last four characters, by which its holder knows it."""
    return "*" * (len(number) - 4) + number[-4:]


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without the numbers that must not be stored."""

    text: str
    kinds: tuple[str, ...]
    """What was hidden, for the warning: 身份证号, 银行卡号, 电话号码, 证件号码."""


def mask(text: str) -> Masked:
    """Hide ID, bank card and phone numbers; how they are written (blanks, dashes, full width, 一二三) does not matter.

    Every 18-digit number is hidden, right check digit or not: a mistyped ID number is as personal as a right one.
    """
    if not _SEVEN_DIGITS.match(text.translate(_FOLDS[-1])):  # the last finds a digit wherever one of the others does
        return Masked(text, ())
    kinds: list[str] = []
    for fold in _FOLDS:
        folded = text.translate(fold)
        for pattern, kind in _PATTERNS:
            for match in reversed(list(pattern.finditer(folded))):
                start, end = match.span()
                text, folded = f"{text[:start]}***{text[end:]}", f"{folded[:start]}***{folded[end:]}"
                if kind not in kinds:
                    kinds.append(kind)
    return Masked(text, tuple(kinds))


def identity_of(appid: str, openid: str) -> str:
    """Name one person towards one WeChat account; openids differ per account, so both parts are needed."""
    return f"{appid}:{openid}"


def split_identity(identity: str) -> tuple[str, str]:
    """Give (appid, openid) of an identity."""
    appid, _, openid = identity.partition(":")
    return appid, openid
