"""Rules about people: what is hidden however it is written, what is not, and which ID numbers are right."""

from __future__ import annotations

import pytest

from models.rules.people import identity_of, is_id_number, mask, split_identity


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


ID, OLD, PHONE, LINE, CARD = (
    "532324199003071233",
    "532324900307123",
    "13812345678",
    "08787221234",
    "6222021234567890123",
)
IDS, PHONES, CARDS = "身份证号", "电话号码", "银行卡号"

HIDDEN = {
    "ID": (ID, IDS),
    "ID with X": (ID[:17] + "X", IDS),
    "ID with x": (ID[:17] + "x", IDS),
    "ID with a wrong check digit": (ID[:17] + "4", IDS),
    "ID full width": (wide(ID), IDS),
    "ID full width with X": (wide(ID[:17] + "X"), IDS),
    "ID half and half": (ID[:10] + wide(ID[10:]), IDS),
    "ID each digit apart": (" ".join(ID), IDS),
    "ID with three blanks": (f"{ID[:6]}   {ID[6:]}", IDS),
    "ID over lines": (f"{ID[:6]}\n{ID[6:14]}\n{ID[14:]}", IDS),
    "ID with the wide blank": (f"{ID[:6]}\u3000{ID[6:]}", IDS),
    "ID with a hard blank": (f"{ID[:6]}\u00a0{ID[6:]}", IDS),
    "ID with nothing visible": (f"{ID[:6]}\u200b{ID[6:]}", IDS),
    "ID with a dash": (f"{ID[:6]}-{ID[6:]}", IDS),
    "ID with a long dash": (f"{ID[:6]}\u2014\u2014{ID[6:]}", IDS),
    "ID with a wide dash": (f"{ID[:6]}\uff0d{ID[6:]}", IDS),
    "ID with a minus": (f"{ID[:6]}\u2212{ID[6:]}", IDS),
    "ID with dots": (f"{ID[:6]}.{ID[6:]}", IDS),
    "ID with a middle dot": (f"{ID[:6]}\u00b7{ID[6:]}", IDS),
    "ID with underscores": (f"{ID[:6]}_{ID[6:]}", IDS),
    "ID with commas": (f"{ID[:6]},{ID[6:]}", IDS),
    "ID with wide commas": (f"{ID[:6]}\uff0c{ID[6:]}", IDS),
    "ID with the Chinese comma": (f"{ID[:6]}\u3001{ID[6:]}", IDS),
    "ID with slashes": (f"{ID[:6]}/{ID[6:]}", IDS),
    "ID with brackets": (f"({ID[:6]}){ID[6:]}", IDS),
    "ID in Arabic digits": ("".join(chr(0x660 + int(digit)) for digit in ID), IDS),
    "ID in bold digits": ("".join(chr(0x1D7CE + int(digit)) for digit in ID), IDS),
    "ID of the first generation": (OLD, CARDS),  # fifteen digits: a bank card's pattern finds it first
    "two IDs without a gap": (ID + ID, "证件号码"),
    "mobile": (PHONE, PHONES),
    "mobile in blocks": ("138 1234 5678", PHONES),
    "mobile with dashes": ("138-1234-5678", PHONES),
    "mobile full width": (wide(PHONE), PHONES),
    "mobile each digit apart": (" ".join(PHONE), PHONES),
    "mobile with +86": (f"+86{PHONE}", PHONES),
    "mobile with 0086": (f"0086{PHONE}", PHONES),
    "mobile with 86-": (f"86-{PHONE}", PHONES),
    "mobile with waves": ("138~1234~5678", PHONES),
    "mobile with full stops": ("138\u30021234\u30025678", PHONES),
    "mobile in keycaps": ("".join(f"{digit}\ufe0f\u20e3" for digit in PHONE), PHONES),
    "mobile in circles": ("①③⑧①②③④⑤⑥⑦⑧", PHONES),
    "mobile in words": ("幺三八一二三四五六七八", PHONES),
    "mobile after a word that is a digit": (f"老三{PHONE}", PHONES),
    "mobile after a list mark": (f"①{PHONE}", PHONES),
    "telephone": (LINE, PHONES),
    "telephone with a dash": ("0878-7221234", PHONES),
    "telephone with brackets": ("(0878)7221234", PHONES),
    "telephone of a city": ("010-62345678", PHONES),
    "bank card": (CARD, CARDS),
    "bank card in blocks": ("6222 0212 3456 7890 123", CARDS),
    "bank card of sixteen": ("4563510100880096", CARDS),
}


@pytest.mark.parametrize(("number", "kind"), HIDDEN.values(), ids=HIDDEN)
def test_a_number_is_hidden_however_it_is_written(number: str, kind: str) -> None:
    masked = mask(f"我叫小王,{number},要办低保")

    assert masked.kinds == (kind,)
    assert "***" in masked.text
    assert sum(sign.isdigit() for sign in masked.text) <= 1  # a list mark may stay
    assert masked.text.startswith("我叫小王,")
    assert masked.text.endswith(",要办低保")


PLAIN = [
    "2026年10月1日",
    "2026-10-01 09:00-11:30、14:00-17:30",
    "12345",
    "拨打120、119、110",
    "HJ-001 第3版",
    "1,000,000元",
    "532301105",
    "一二三四五六七八九十",
    "三月十五,九点",
    "7221234",
    "娃娃3岁半,体重15公斤",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_personal_number_stays_as_it_is(text: str) -> None:
    assert mask(text) == mask(mask(text).text)
    assert (mask(text).text, mask(text).kinds) == (text, ())


def test_several_numbers_are_hidden_and_named_once_each() -> None:
    masked = mask(f"{ID} {PHONE} {PHONE},还有{CARD}")

    assert masked.text == "*** *** ***,还有***"
    assert masked.kinds == (IDS, CARDS, PHONES)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("440524188001010014", True),
        ("440524188001010015", False),
        ("110105194912310021", False),
        ("01010519491231002X", False),
        ("1101051949123100", False),
        ("11010519491231002XX", False),
        ("11010519491231 02X", False),
        ("", False),
    ],
)
def test_an_id_number_is_right_by_its_check_digit(number: str, right: bool) -> None:
    assert is_id_number(number) is right


def test_full_width_digits_make_no_id_number() -> None:
    assert not is_id_number(wide("11010519491231002X"))


def test_an_identity_can_be_taken_apart() -> None:
    assert split_identity(identity_of("wx1", "o:2")) == ("wx1", "o:2")
