"""Every sentence that the bot says (话术), in plain Chinese for a seventy-year-old; plain values in, text out.

A refusal brings its own sentence (``models/rules/errors.py``). Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

DEMO_LINE = "演示数据,以当地政务服务窗口公布为准"
"""Must stand on everything shown until a clerk has checked the item."""
STALE_LINE = "这份指南半年没有核对过,去之前请先问一下窗口"

MORE, BACK, HUMAN, MENU = "更多", "返回", "人工", "菜单"
CHANGE_TOWNSHIP = "换乡镇"
MATERIALS = "要带什么"
"""What is said to the desk, typed or tapped."""
FIND_A_PERSON, NONE_OF_THESE, NOT_THIS_ONE = "找工作人员", "都不是,看更多", "不是这个,看别的"
"""What a choice shows where that is not what it says."""

WEEKDAYS = "一二三四五六日"


def welcome(townships: Sequence[str]) -> str:
    """Greet somebody who has just arrived."""
    return f"您好,这里是{'、'.join(townships)}的政务服务前台。想办哪样事,直接说就行,比如“娃娃上户口咋个办”。"


def menu() -> str:
    """Say what the desk can do."""
    return (
        "我能帮您:\n"
        "· 问事:想办什么直接说,告诉您带什么、去哪里、要几天、收不收钱\n"
        "· 约时间:看完一件事点“预约”,或者说“明天上午去办低保”;约过的说“我的预约”“改时间”“不去了”\n"
        "· 问时间地点:比如“你们几点开门”“大厅在哪”\n"
        "· 找人:回复“人工”\n"
        "看不懂的地方,回复“人工”就有工作人员帮您。"
    )


def thanks() -> str:
    """Answer a greeting."""
    return "您好,想办哪样事直接说就行。比如“老年证咋个办”“低保要带什么”。"


def farewell() -> str:
    """Answer thanks or good-bye."""
    return "不用谢,有事随时来问。"


def ask_township() -> str:
    """Ask where somebody lives, so that the right place can be told."""
    return "您住在哪个乡镇?选一下,我告诉您去哪里办。"


def township_set(name: str) -> str:
    """Confirm the township."""
    return f"好的,按{name}给您查。以后不用再选;要换就回复“换乡镇”。"


def which_one(count: int) -> str:
    """Ask back when several items fit."""
    return f"您问的是下面哪一{'件' if count > 1 else '个'}?点一下,或回复数字。"


def several(count: int) -> str:
    """Several matters were asked about at once."""
    return f"您问了{count}件事,先看哪一件?点一下,或回复数字。"


def unknown() -> str:
    """Nothing fits; never invents."""
    return "这个我没有听明白,不敢乱答。换个说法再问一次,比如说清楚想办什么证、领什么钱;或者回复“人工”找工作人员。"


def nearest() -> str:
    """Offer the nearest items, which may be wrong."""
    return "这个我拿不准。是不是下面这些?不是就换个说法,或回复“人工”。"


def elsewhere(topic: str, where: str) -> str:
    """A matter of another office."""
    return f"“{topic}”不归乡镇政务服务管。{where}" if where else off_topic()


def off_topic() -> str:
    """Mere chat."""
    return "这个我答不了,我只懂办事的事情。想办证、领补贴、交社保医保,直接说就行。"


def danger() -> str:
    """Danger to life: numbers first, everything else later."""
    return "人命要紧,马上打电话:\n急救 120  火警 119  报警 110\n先保证自己安全。打完电话如还要政府帮忙,回复“人工”。"


def despair() -> str:
    """Somebody does not want to live: stay kind, give the line that listens day and night."""
    return (
        "您先别急,难处总有办法,有人愿意听您说。\n"
        "心理援助热线 12356,白天晚上都有人接。\n"
        "已经受伤或吃了药,马上打 120;身边有危险打 110。\n"
        "也可以现在就告诉身边的家人,或回复“人工”。"
    )


def privacy() -> str:
    """Somebody else's data."""
    return "别人的补贴、电话、住址这些是个人隐私,我不能查也不能说。您自己的事可以带身份证到窗口查。"


def illegal() -> str:
    """Cheating or bribery."""
    return "这样做是违法的,我不能帮忙。家里有困难,可以直接说说情况,看能申请哪样帮助。"


def village_proof() -> str:
    """A proof that village committees may not issue."""
    return (
        "这类证明村委会按规定不能开(民政部等6部门2020年有明文)。"
        "户口、亲属关系找派出所,婚姻找婚姻登记处,死亡找卫生院或派出所,残疾找残联;"
        "有的事也可以签承诺书代替。说清楚证明要拿去办什么,或回复“人工”。"
    )


def human_now(hall: str, until: str) -> str:
    """A person was asked for in office hours."""
    return f"已经帮您叫工作人员了,{until}前回复您。急的话可以直接去{hall},或拨打12345。"


def human_later(due_on: date | None) -> str:
    """A person was asked for out of hours; None = the year's holidays are not known yet."""
    if due_on is None:
        return "现在下班了。已经登记,上班后工作人员会回复您。急事请拨打12345。"
    return f"现在下班了。已经登记,{day_text(due_on)}下班前工作人员会回复您。急事请拨打12345。"


def day_text(day: date) -> str:
    """Name a day: "11月25日(星期三)"."""
    return f"{day.month}月{day.day}日(星期{WEEKDAYS[day.isoweekday() - 1]})"


def hours(hall: str, text: str, today: str) -> str:
    """When a hall is open."""
    return f"{hall}:{text}。{today}"


def open_today(until: str, note: str = "") -> str:
    """The hall is open now; ``note`` is what the office says to the day."""
    return f"现在开着,{until}关门{_in_brackets(note)}。"


def opens_later_today(at: str, note: str = "") -> str:
    """The hall opens later today."""
    return f"现在没开,今天{at}开门{_in_brackets(note)}。"


def _in_brackets(note: str) -> str:
    return f"({note})" if note else ""


def closed_today(reason: str, next_day: str) -> str:
    """The hall is closed for the rest of the day."""
    return f"今天{reason},{next_day}开门。"


def place(hall: str, note: str, villages: bool) -> str:
    """Where the hall is."""
    village_line = "村(社区)服务站也能办一部分事,可以找代办员。" if villages else ""
    address = note or "门牌和楼层请以现场为准,找不到可以回复“人工”"
    return f"您去{hall}。{address}。{village_line}"


def progress_not_open(hall: str) -> str:
    """Progress online is not offered yet; say what works instead."""
    return f"线上查进度还没有开通。带上收件凭证或身份证到{hall}问,或回复“人工”,工作人员帮您查。"


def complain() -> str:
    """A complaint or a tip."""
    return (
        "这里还不能受理投诉和举报,没有替您登记。\n"
        "服务态度不好、办事拖拉:拨打12345。\n"
        "排污、挖沙、乱占地:拨打12345,会转给综合执法。干部贪污:12388。有危险先打110。"
    )


def no_such_number(count: int) -> str:
    """A number that stands for nothing."""
    return f"没有这个号码,请回复1到{count},或直接说要办哪样事。" if count > 1 else "没有这个号码,直接说要办哪样事就行。"


def offer_person() -> str:
    """Perhaps a person is wanted: offer one, and register nobody unasked."""
    return "我是自动回答的。要工作人员联系您吗?点“找工作人员”,或换个说法再问我。"


def phone() -> str:
    """A telephone number of an office is asked for."""
    return "大厅和村上的电话还没有录进来,请拨打12345转接,或工作时间直接去。"


def calendar_unknown() -> str:
    """A day for which the year's notice has not been loaded."""
    return "那时候的放假安排还没有公布,去之前请先打12345问一下。"


def closed_on(day: str, reason: str) -> str:
    """The hall is closed on the day asked about."""
    return f"{day}{reason},不开门。"


def open_on(day: str, sessions: str, note: str = "") -> str:
    """The hall is open on the day asked about."""
    return f"{day}开门: {sessions}{_in_brackets(note)}。"


def go_on_with(name: str) -> str:
    """Offer the next of several matters."""
    return f"接着看: {name}"


def masked_warning(kinds: Sequence[str]) -> str:
    """A sensitive number was typed into the chat."""
    return f"请不要在这里发{'、'.join(kinds)},我已经替您遮掉,没有保存。"


def nothing_before() -> str:
    """ "返回" without anything to go back to."""
    return "前面没有内容了。想办哪样事,直接说就行。"


def nothing_more() -> str:
    """ "更多" without anything further."""
    return "没有更多了。换个说法再问,或回复“人工”。"


def only_text() -> str:
    """A kind of message that is not understood."""
    return "我现在只看得懂文字和语音。请打字,或按住说话。"


def voice_unclear() -> str:
    """A voice message without recognition."""
    return "没有听清,请再说一遍,或者打字。"


def broken() -> str:
    """Our own fault."""
    return "系统刚才出了点问题,请过一分钟再问一次;急的话拨打12345。"


def days_text(promised: int, legal: int | None, unit: str) -> str:
    """How long it takes."""
    if promised == 0:
        return "当场办好"
    legal_part = f"(法定{legal}个{unit})" if legal and legal != promised else ""
    return f"材料交齐受理后,{promised}个{unit}内办好{legal_part}"


def material_text(name: str, form: str, copies: int, required: bool, deferrable: bool) -> str:
    """One paper to bring, in words."""
    marks = [mark for mark, holds in (("可后补", deferrable), ("有就带", not required)) if holds]
    count = f"{copies}份" if copies > 1 else ""
    detail = "、".join(part for part in (form, count, *marks) if part)
    return f"{name}({detail})" if detail else name


def proxy_text(proxyable: str, note: str) -> str:
    """Whether a village agent can do it."""
    return f"{proxyable},{note}" if note else proxyable


def spoken(name: str, materials: Sequence[str], place_name: str, days: str, fee: str) -> str:
    """The guide in at most 120 characters, to be read out."""
    head = f"{name},{days},{fee}。"
    where = f"去{place_name}。" if place_name else ""
    tail = "其他材料看指南。"
    papers: list[str] = []
    for material in materials:
        sentence = f"带{'、'.join([*papers, material])}。"
        if len(head) + len(where) + len(sentence) + len(tail) > 120:
            break
        papers.append(material)
    bring = f"带{'、'.join(papers)}。" if papers else ""
    text = head + where + bring + (tail if len(papers) < len(materials) else "")
    return text if len(text) <= 120 else text[:119] + "…"


def ticket_drawn(number: str, ahead: int, wait: tuple[int, int] | None) -> str:
    """What stands on the slip: the number, and what to expect."""
    return f"您的号是{number}。{ticket_place(ahead, wait)}听到叫号请到窗口,叫三遍没来就过号。"


def ticket_place(ahead: int, wait: tuple[int, int] | None) -> str:
    """Where somebody stands in the line; ``wait`` is in minutes, from and to."""
    people = f"前面还有{ahead}人" if ahead else "前面没有人了"
    if wait is None:
        return f"{people}。"
    least, most = wait
    return f"{people},大约等{least}到{most}分钟。" if least else f"{people},大约等{most}分钟以内。"


def ticket_near(number: str, ahead: int) -> str:
    """A few people ahead: come back into the hall."""
    people = f"前面还有{ahead}人" if ahead else "下一个就是您"
    return f"{number}号{people},请到大厅里等着叫号。"


def ticket_called(spoken_number: str, window: str) -> str:
    """What the voice in the hall says; the number is written as it is read out."""
    return f"{spoken_number}号请到{window}号窗口。"


def ticket_missed(number: str, is_void: bool) -> str:
    """Nobody came after three calls."""
    if is_void:
        return f"{number}号过了两次,已经作废。还要办事请重新取号。"
    return f"{number}号已经过号。人来了请到窗口说一声,再叫两个人就轮到,只有一次机会。"
