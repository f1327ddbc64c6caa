"""Numbers that people read out (编号): digits only, with a check digit, so that a slip of hearing is noticed.

The check digit is MOD 11,10 of GB/T 17710 (ISO 7064): every single wrong digit is found, and nearly every swap.
An appointment's number is ``8``, month and day of the appointment, six random digits and the check digit, and is shown
as ``8 1125 042137 6``; a case's number begins with its township (``docs/glossary.md``).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

APPOINTMENT = "8"
"""First digit of an appointment's number."""
SERIAL = 1_000_000
"""Appointment numbers of one day."""


def check_digit(digits: str) -> str:
    """Give the digit to add to ``digits``."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def is_sound(number: str) -> bool:
    """Say whether the last digit of ``number`` is the check digit of the others."""
    return number.isascii() and number.isdecimal() and len(number) > 1 and check_digit(number[:-1]) == number[-1]


def appointment_number(day: date, serial: int) -> str:
    """Give an appointment's number; ``serial`` is drawn at random below :data:`SERIAL`, so that none can be guessed."""
    digits = f"{APPOINTMENT}{day:%m%d}{serial % SERIAL:06}"
    return digits + check_digit(digits)


def spoken(number: str) -> str:
    """Give an appointment's number in groups, as it is shown."""
    return " ".join((number[:1], number[1:5], number[5:11], number[11:]))


def number_in(text: str) -> str | None:
    """Find a sound appointment number in what somebody wrote, whatever stands between its digits."""
    plain = re.sub(r"[\s\-_.·,，]", "", unicodedata.normalize("NFKC", text))
    found = re.findall(r"(?<!\d)8\d{11}(?!\d)", plain)
    return next((number for number in found if is_sound(number)), None)
