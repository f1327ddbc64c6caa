"""Every setting is explained where it is defined and in both READMEs, and no README names one that does not exist."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

import pytest
from pydantic import SecretStr

from config.settings import Settings
from tests.guards.sources import text

FIELDS = sorted(Settings.model_fields)
READMES = ("README.md", "README.zh-CN.md")
NOT_SETTINGS = {"QIANTAI_TEST_POSTGRES"}
"""Names with our prefix that only the tests read."""


def rows(readme: str) -> dict[str, str]:
    """Give the table rows of a README by the setting that they begin with."""
    return {m[1]: m[0] for m in re.finditer(r"^\| `QIANTAI_([A-Z_]+)`.*$", text(readme), re.MULTILINE)}


def explained() -> set[str]:
    """Give the fields of Settings that a docstring line follows."""
    tree = ast.parse(text("config/settings.py"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    return {
        field.target.id
        for field, after in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and str(after.value.value).strip()
    }


def test_every_field_is_explained_where_it_is_defined() -> None:
    assert set(FIELDS) - explained() == set()


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_row_in_the_readme(field: str, readme: str) -> None:
    row = rows(readme).get(field.upper())
    default = Settings.model_fields[field].default

    assert row is not None
    if default not in (None, "", False) and not isinstance(default, SecretStr):
        assert f"`{default}`" in row, f"the default of {field} is {default}"


@pytest.mark.parametrize("document", [*READMES, "ARCHITECTURE.md", "docs/operations.md", "docs/glossary.md"])
def test_no_document_names_a_setting_that_does_not_exist(document: str) -> None:
    named = set(re.findall(r"QIANTAI_[A-Z_]*[A-Z]\b(?!…|\*)", text(document)))

    assert named - NOT_SETTINGS - {f"QIANTAI_{field.upper()}" for field in FIELDS} == set()
