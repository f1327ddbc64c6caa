"""What the bot says about booking (预约的话): plain values in, text out, like ``bot/phrases.py``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.phrases import WEEKDAYS

BOOK, CONFIRM, OTHER_TIME, NOT_NOW = "预约", "确认预约", "换个时间", "不约了"
MY_BOOKINGS, MOVE, GIVE_UP, GIVE_UP_SURE, KEEP = "我的预约", "改时间", "不去了", "确定不去了", "还是要去"
WAIT = "等空位"
"""What is said to the desk, typed or tapped."""


def moment(start: datetime) -> str:
    """Name a local moment: 周二3月3日上午8:30."""
    half = "上午" if start.hour < 12 else "下午"
    hour = start.hour if start.hour <= 12 else start.hour - 12
    return f"{day(start.date())}{half}{hour}:{start:%M}"


def day(on: date) -> str:
    """Name a day: 周二3月3日."""
    return f"周{WEEKDAYS[on.weekday()]}{on.month}月{on.day}日"


def book_at(words: str) -> str:
    """Offer to book at the time named before."""
    return f"{BOOK}{words}"


def what_for() -> str:
    """Ask for the matter before the time."""
    return "您要约着办哪样事?直接说就行,比如“办低保”“上户口”。"


def just_go(name: str) -> str:
    """The item takes no bookings."""
    return f"“{name}”不用预约,上班时间直接去就行。"


def soonest(name: str, hall: str) -> str:
    """Offer the first free times."""
    return f"约{hall}办“{name}”,最近这些时间有空。点一个,或说您想哪天来,比如“后天下午”“下周三上午九点”。"


def free_then(words: str, name: str, hall: str) -> str:
    """Offer the free times of the day that was asked for."""
    return f"约{hall}办“{name}”,{words}这些时间有空,点一个:"


def full_then(words: str) -> str:
    """The wanted time is full; the nearest are offered."""
    return f"{words}约满了。最近的空位是下面几个;或者点“{WAIT}”,有人退了就通知您。"


def closed_then(words: str) -> str:
    """The hall does not serve then."""
    return f"{words}大厅不办这件事。最近能约的是:"


def past(words: str) -> str:
    """The time is over, or too near."""
    return f"{words}来不及约了。最近能约的是:"


def too_far(last: date) -> str:
    """The day lies behind what can be booked."""
    return f"最远能约到{day(last)},再往后还没有放号。现在能约的是:"


def which_time(words: str) -> str:
    """The words may mean several times."""
    return f"“{words}”是下面哪一个?"


def nothing_free() -> str:
    """Nothing can be booked at all."""
    return "这几天都约满了。现场还留着一半的号,上班时间直接去取号就行,去早一点。"


def kept(start: datetime, hall: str, window: str, name: str, minutes: int) -> str:
    """A place is kept; ask to confirm."""
    return f"给您留了{moment(start)},{hall}{window},办“{name}”。{minutes}分钟内点“{CONFIRM}”才算约好。"


def booked(start: datetime, hall: str, window: str, name: str, number: str) -> str:
    """The booking stands."""
    return (
        f"约好了:{moment(start)},{hall}{window},办“{name}”。预约号 {number}。\n"
        f"早到或晚到15分钟以内都行,到了说预约号取号。带好身份证和要交的材料。不来了请说“{GIVE_UP}”,好让给别人。"
    )


def moved(start: datetime, hall: str, window: str, name: str, number: str) -> str:
    """The booking has another time."""
    return f"改好了:{moment(start)},{hall}{window},办“{name}”。预约号还是 {number}。"


def let_go() -> str:
    """The kept place was given up."""
    return "好的,没有约。想约了再说“预约”。"


def mine(lines: Sequence[str]) -> str:
    """List the live appointments."""
    return "您约了:\n" + "\n".join(lines)


def line(start: datetime, hall: str, name: str, number: str) -> str:
    """One live appointment."""
    return f"{moment(start)},{hall},办“{name}”,预约号 {number}"


def choice_of(start: datetime, name: str) -> str:
    """Name one of several appointments, as a choice."""
    return f"{moment(start)} {name}"


def which_booking(verb: str) -> str:
    """Ask which of several appointments is meant."""
    return f"您要{verb}哪一个?点一下,或回复数字。"


def none_mine() -> str:
    """There is no live appointment."""
    return "您现在没有预约。要约的话,说您要办哪样事就行。"


def sure_to_give_up(start: datetime, name: str, late: bool) -> str:
    """Ask before giving an appointment up."""
    note = "离开始不到两小时了,会记一次临时取消。" if late else ""
    return f"{moment(start)}办“{name}”,确定不去了?{note}"


def given_up(start: datetime) -> str:
    """The appointment was given up."""
    return f"{moment(start)}的预约取消了,位置让给别人了。要重新约就说“预约”。"


def kept_on(start: datetime) -> str:
    """The appointment stands after all."""
    return f"好的,{moment(start)}照旧。"


def say_when() -> str:
    """Ask for another time."""
    return "您想哪天来?比如“明天上午”“后天下午两点半”“下周三”“赶街那天”。"


def waiting(on: date, half: str) -> str:
    """The person is on the waiting list."""
    part = {"am": "上午", "pm": "下午"}.get(half, "")
    return f"记下了,{day(on)}{part}有人退号就通知您,收到后半小时内点“{CONFIRM}”。现场还留着一半的号,也可以直接去。"


def reminder_day(start: datetime, hall: str, name: str, number: str) -> str:
    """Remind on the evening before."""
    return f"提醒您:明天{moment(start)}到{hall}办“{name}”,预约号 {number}。带好身份证和材料。去不了请回复“{GIVE_UP}”。"


def reminder_hour(start: datetime, hall: str, name: str, number: str) -> str:
    """Remind an hour before."""
    return f"提醒您:今天{start:%H:%M}到{hall}办“{name}”,预约号 {number}。"


def hall_closed(start: datetime, hall: str, reason: str) -> str:
    """The hall had to close."""
    return (
        f"对不起,{hall}{moment(start)}因为{reason or '临时情况'}办不了,您的预约取消了。回复“{MOVE}”马上给您改个时间。"
    )


def place_offered(start: datetime, hall: str, name: str, until: datetime) -> str:
    """A place came back."""
    return f"有空位了:{moment(start)},{hall},办“{name}”。给您留到{until:%H:%M},回复“{CONFIRM}”就约上。"
