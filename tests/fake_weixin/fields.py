"""Field rules of subscription and template messages (订阅消息参数值内容限制说明). Pure: a value in, a yes or no out."""

import re
from collections.abc import Callable
from typing import Any

DAY_PART = r"([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}(?P<sep>[-/.])[0-9]{1,2}(?P=sep)[0-9]{1,2})"
TIME_PART = r"([01]?[0-9]|2[0-3])[:：][0-5][0-9]([:：][0-5][0-9])?"
DATE = re.compile(DAY_PART + rf"(\s?{TIME_PART})?")
TIME = re.compile(rf"({DAY_PART}\s?)?{TIME_PART}")
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
AMOUNT = re.compile(r"[^\w\s.]?[0-9]{1,10}(\.[0-9]+)?元?")
CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


def is_moment(pattern: re.Pattern[str], value: str) -> bool:
    """Accept one moment, or two of them as a range with `~`."""
    ends = [end.strip() for end in value.split("~")]
    return len(ends) <= 2 and all(pattern.fullmatch(end) for end in ends)


def is_name(value: str) -> bool:
    """Accept ten characters with Chinese among them, or twenty letters and symbols."""
    if any(char.isdigit() for char in value):
        return False
    return len(value) <= (10 if CHINESE.search(value) else 20)


RULES: dict[str, Callable[[str], bool]] = {
    "thing": lambda value: len(value) <= 20,
    "number": lambda value: len(value) <= 32 and bool(NUMBER.fullmatch(value)),
    "letter": lambda value: bool(re.fullmatch(r"[A-Za-z]{1,32}", value)),
    "symbol": lambda value: bool(re.fullmatch(r"[^\w\s]{1,5}", value)),
    "character_string": lambda value: len(value) <= 32 and bool(VISIBLE_ASCII.fullmatch(value)),
    "time": lambda value: is_moment(TIME, value),
    "date": lambda value: is_moment(DATE, value),
    "amount": lambda value: bool(AMOUNT.fullmatch(value)),
    "phone_number": lambda value: bool(re.fullmatch(r"[0-9+\-() ]{1,17}", value)),
    "car_number": lambda value: len(value) <= 8,
    "name": is_name,
    "phrase": lambda value: len(value) <= 5 and len(CHINESE.findall(value)) == len(value),
    "short_thing": lambda value: True,
    "const": lambda value: True,
}


def type_of(key: str) -> str:
    """Tell a field's type from its key: `thing1` is a thing."""
    return key.rstrip("0123456789")


def is_allowed(field_type: str | list[str] | tuple[str, ...], value: str) -> bool:
    """Say whether the value keeps its type's rule; a list is an enum's own values."""
    if not isinstance(field_type, str):
        return value in field_type
    return RULES[field_type](value)


def complaint(fields: dict[str, Any], data: object) -> str | None:
    """Name the first field at fault in the platform's words, or nothing.

    Values are non-empty strings without line breaks; every field of the template must be there and no other.
    """
    if not isinstance(data, dict):
        return "data is empty"
    for key, field_type in fields.items():
        given = data.get(key)
        value = given.get("value") if isinstance(given, dict) else None
        if value is None or value == "":
            return f"data.{key}.value is empty"
        if not isinstance(value, str) or not value.strip() or re.search(r"[\r\n]", value):
            return f"data.{key}.value is invalid"
        if not is_allowed(field_type, value):
            return f"data.{key}.value is invalid"
    strangers = [key for key in data if key not in fields]
    return f"data.{strangers[0]}.value is invalid" if strangers else None
