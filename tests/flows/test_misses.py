"""Questions without an answer: counted once, masked, and answered after a clerk has linked them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from models import misses
from models.misses import open_misses
from models.rules.errors import ItemMissing, MissMissing
from models.tables import Miss
from tests.house import MP, House, until

QUESTION = "咕噜咕噜巴拉巴拉"
ID, PHONE = "532324199003071233", "13987654321"


async def listed(house: House) -> list[Miss]:
    with house.database.active():
        return await open_misses()


async def test_a_question_without_an_answer_is_listed_once_with_its_count(house: House) -> None:
    one, other = await house.newcomer(), await house.newcomer()
    await other.say("我住雨露乡")

    for person, question in ((one, QUESTION), (one, f" {QUESTION}?"), (other, f"{QUESTION}。"), (one, "咕噜证")):
        answer = await person.say(question)
        assert answer["outcome"] == "unknown"
        assert answer["card"] is None

    first, second = await listed(house)
    assert (first.times, first.sample, first.township_id) == (3, QUESTION, "T532324201")
    assert (second.times, second.sample) == (1, "咕噜证")
    assert first.suggestions == list(dict.fromkeys(first.suggestions))
    assert len(first.suggestions) <= 3


async def test_the_same_message_delivered_twice_counts_once(wechat_house: House) -> None:
    someone = wechat_house.follower()

    await someone.say(QUESTION, MsgId=7)
    await someone.say(QUESTION, MsgId=7)

    assert [miss.times for miss in await listed(wechat_house)] == [1]


async def test_once_linked_the_question_is_sure(house: House) -> None:
    someone = await house.newcomer()
    await someone.say("我住东华镇")
    await someone.say(QUESTION)
    (miss,) = await listed(house)

    await house.do(misses.link, miss.id, "LL-002", by="clerk", now=house.now)
    await house.refresh()

    answer = await someone.say(QUESTION)
    assert (answer["outcome"], answer["card"]["code"]) == ("sure", "LL-002")
    assert await listed(house) == []


async def test_what_does_not_exist_cannot_be_linked_and_a_dismissed_question_stays_away(house: House) -> None:
    someone = await house.newcomer()
    await someone.say(QUESTION)
    (miss,) = await listed(house)

    with pytest.raises(MissMissing):
        await house.do(misses.link, miss.id + 1, "LL-002", by="clerk", now=house.now)
    with pytest.raises(ItemMissing):
        await house.do(misses.link, miss.id, "ZZ-999", by="clerk", now=house.now)
    await house.do(misses.dismiss, miss.id, by="clerk", now=house.now)
    await someone.say(QUESTION)

    assert await listed(house) == []


def full_width(number: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in number)


FORMS = {
    "an ID number": ID,
    "with a small x": ID[:-1] + "x",
    "in blocks": f"{ID[:6]} {ID[6:14]} {ID[14:]}",
    "with dashes": f"{ID[:6]}-{ID[6:14]}—{ID[14:]}",
    "full width": full_width(ID),
    "full width and blanks": " ".join(full_width(ID)),
    "nothing visible between": "\u200b".join((ID[:6], ID[6:14], ID[14:])),
    "a mobile number": PHONE,
    "a mobile number in blocks": f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}",
    "a mobile number abroad": f"+86{PHONE}",
    "a mobile number full width": full_width(PHONE),
    "a mobile number in words": "一三九八七六五四三二一",
    "a telephone": "0878-7654321",
    "a bank card": "6222 0212 3456 7890 123",
}
SENTENCES = ("我的号码是{},咕噜咕噜巴拉巴拉", "人工 {}", "{}", "我叫王小明{}要办老年人优待证")


async def test_a_number_never_reaches_the_disk_or_the_log(
    wechat_house: House, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    resident, follower = await wechat_house.newcomer(), wechat_house.follower()
    visitor = wechat_house.follower(appid=MP)

    answers = []
    for form in FORMS.values():
        for sentence in SENTENCES:
            answers.append(str(await resident.say(sentence.format(form))))
            answers.append(await follower.say(sentence.format(form)))
        await visitor.say(SENTENCES[0].format(form))
    await resident.say("人工")
    await until(lambda: len(visitor.received()) == len(FORMS))

    path = Path(url.removeprefix("sqlite://"))
    disk = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    stored, logged, told = bare(disk.decode("utf-8", "ignore")), bare("".join(capfd.readouterr())), bare(str(answers))
    assert "咕噜咕噜巴拉巴拉" in disk.decode("utf-8", "ignore")
    for name, form in FORMS.items():
        assert bare(form) not in stored, name
        assert bare(form) not in logged, name
        assert bare(form) not in told, name


def bare(text: str) -> str:
    """Take away everything that may stand between the digits of a number, and its width."""
    return re.sub(r"[\s\u200b—–-]", "", unicodedata.normalize("NFKC", text)).lower()


async def test_who_types_a_number_is_warned(house: House) -> None:
    someone = await house.newcomer()

    answer = await someone.say(f"身份证{ID}电话{PHONE}")

    assert answer["texts"][0] == "请不要在这里发身份证号、电话号码,我已经替您遮掉,没有保存。"


async def test_a_late_message_waits_with_its_number_masked(wechat_house: House) -> None:
    assert wechat_house.fake is not None
    visitor = wechat_house.follower(appid=MP)
    wechat_house.fake.faults.add("/cgi-bin/message/custom/send", errcode=43117, times=None)  # keep it waiting

    await visitor.say(f"人工 {PHONE}")

    rows = await until(lambda: wechat_house.rows("SELECT turn, reply, delivery FROM inbox"))
    assert PHONE not in str(rows)
    waiting = await until(lambda: wechat_house.rows("SELECT transcript FROM callbacks"))
    assert PHONE not in str(waiting)
    assert "***" in str(waiting)
