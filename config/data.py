"""The shipped data files as plain values: catalogue tables, wordings, intents, lexicon."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CATALOGUE = FOLDER / "catalogue"
LANGUAGE = FOLDER / "language"

TOWNSHIP_COLUMNS = {
    "at_longchuan": "T532324101",
    "at_donghua": "T532301105",
    "at_daguokou": "T532301202",
    "at_yulu": "T532324201",
}
"""Column of the item table → the township whose residents it serves."""


def lexicon() -> dict[str, Any]:
    """Give the word lists of ``language/lexicon.toml``."""
    with (LANGUAGE / "lexicon.toml").open("rb") as file:
        return tomllib.load(file)


def table(name: str) -> list[dict[str, str]]:
    """Give the rows of ``language/NAME.csv``, one mapping a row."""
    with (LANGUAGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def booking() -> dict[str, Any]:
    """Give the numbers of booking from ``booking.toml``."""
    with (FOLDER / "booking.toml").open("rb") as file:
        return tomllib.load(file)
