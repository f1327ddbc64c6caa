"""The talk (对话): state and words in, answer, new state and wishes out; pure, so it is tested as data.

Escape words come before everything: 菜单, 返回, 更多, 人工 and 换乡镇 work in every state. Whatever needs the world
(a call-back, a note on the list of unanswered questions) leaves as an *ask*, which the front desk performs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot import booking, phrases
from bot.guide import day_hours_text, hours_text, today_text
from bot.steps import A_PERSON, NUMBER, CallPerson, Desk, NoteMiss, Said, Step
from bot.talk import Card, Choice, Reply, Stage, Talk
from knowledge.catalogue import PublishedItem
from knowledge.hall import LOCAL, day_asked, names_holiday
from knowledge.openings import sessions_on
from knowledge.organisations import Organisation
from knowledge.spans import Span
from knowledge.understanding import Context, Guard, Intent, Outcome, Understanding
from models.rules.people import mask

WORTH_OFFERING = 30.0
"""Likeness from which on an item is offered at all, behind "更多" too."""
TRAIL = 5
"""Items remembered for "返回"."""
NEAR_ENOUGH = 60.0
"""Likeness from which on an item is offered beside a warning."""
SOON = timedelta(minutes=30)
"""With less time left today a person is promised for the next working day."""
OFFERED = 3
"""Most items offered at a time; more are behind "更多"."""
_NOT_THIS_ONE = Choice(phrases.NOT_THIS_ONE, phrases.MORE)


def step(talk: Talk, text: str, desk: Desk, now: datetime) -> Step:
    """Answer one sentence; sensitive numbers in it are masked before anything looks at it."""
    masked = mask(text)
    turn = Said(talk, masked.text.strip(), desk, now)
    result = _escape(turn) or booking.go_on(turn) or booking.escape(turn) or _numbered(turn)
    result = result or _township(turn) or _listen(turn)
    if masked.kinds:
        texts = (phrases.masked_warning(masked.kinds), *result.reply.texts)
        result = replace(result, reply=replace(result.reply, texts=texts))
    return result


def arrive(talk: Talk, scene: str, desk: Desk, now: datetime) -> Step:
    """Greet somebody who follows or scans; a village poster's ``scene`` ("T…" or "V…" id) sets where they live."""
    organisations = desk.published.organisations
    home = organisations.home_in(organisations.get(scene))
    names = [unit.short_name for unit in organisations.townships()]
    if home is not None:
        township, village = home
        talk = replace(talk, township=township.org_id, village=village, stage=Stage.LISTENING, choices=(), pending="")
        return Step(Reply((phrases.township_set(township.short_name), phrases.welcome(names))), talk)
    if talk.township:
        return Step(Reply((phrases.welcome(names),)), talk)
    choices = Said(talk, "", desk, now).township_choices()
    reply = Reply((phrases.welcome(names), phrases.ask_township()), choices)
    return Step(reply, replace(talk, stage=Stage.TOWNSHIP, choices=choices, pending=""))


def located(talk: Talk, hall: Organisation | None, desk: Desk, now: datetime) -> Step:
    """Answer a position sent from the map with the nearest hall, or ask for the township if none can be told."""
    if hall is None:
        choices = Said(talk, "", desk, now).township_choices()
        reply = Reply((phrases.ask_township(),), choices)
        return Step(reply, replace(talk, stage=Stage.TOWNSHIP, choices=choices, pending=""))
    texts = [phrases.place(hall.name, hall.address_note, villages=False)]
    if opening := desk.published.opening_of(hall.org_id):
        texts.append(phrases.hours(hall.name, hours_text(opening.hours), today_text(opening, now)))
    return Step(Reply(tuple(texts), intents=(Intent.PLACE,), outcome=Outcome.INTENT), talk)


def promised(result: Step, due_on: date) -> Step:
    """Finish the answer to a wish for a person, once the call-back list has promised a day."""
    ask = result.ask
    assert isinstance(ask, CallPerson)
    if ask.until:
        sentence = phrases.human_now(ask.hall, ask.until)
    else:
        sentence = phrases.human_later(due_on if ask.is_certain else None)
    return replace(result, reply=replace(result.reply, texts=(sentence, *result.reply.texts)))


# --- escape words, numbers, townships -------------------------------------------------------------------------------

_ESCAPES: dict[str, str] = {
    **dict.fromkeys(("菜单", "功能", "帮助", "主菜单", "menu"), phrases.MENU),
    **dict.fromkeys(("返回", "后退", "上一步", "回去", "退回"), phrases.BACK),
    **dict.fromkeys(
        ("更多", "还有吗", "还有没有", "下一页", "其他", "都不是", "不是", "不对", "不是这个", "都不对"), phrases.MORE
    ),
    **dict.fromkeys(("人工", "转人工", "人工客服", "人工服务", "找人工"), phrases.HUMAN),
    **dict.fromkeys(("换乡镇", "改乡镇", "换个乡镇", "选乡镇"), phrases.CHANGE_TOWNSHIP),
}
_AROUND = re.compile(r"[\s,。!?.!?,“”\"]")


def _escape(turn: Said) -> Step | None:
    word = _ESCAPES.get(_AROUND.sub("", turn.text).lower())
    if word is None:
        return None
    actions: dict[str, Callable[[Said], Step]] = {
        phrases.MENU: _menu,
        phrases.BACK: _back,
        phrases.MORE: _more,
        phrases.HUMAN: _human,
        phrases.CHANGE_TOWNSHIP: _ask_township,
    }
    return actions[word](turn)


def _menu(turn: Said) -> Step:
    choices = (A_PERSON, Choice(phrases.CHANGE_TOWNSHIP, phrases.CHANGE_TOWNSHIP))
    reply = Reply((phrases.menu(),), choices, intents=(Intent.MENU,), outcome=Outcome.INTENT)
    return Step(reply, replace(turn.talk, stage=Stage.LISTENING, choices=choices))


def _back(turn: Said) -> Step:
    talk = turn.talk
    # While choices are offered, the last guide is what lies behind; else the one before it.
    trail = (*talk.trail, talk.item) if talk.stage is Stage.CHOOSING and talk.item else talk.trail
    entry = turn.desk.published.catalogue.get(trail[-1]) if trail else None
    if entry is None:
        reply = Reply((phrases.nothing_before(),))
        return Step(reply, replace(turn.talk, stage=Stage.LISTENING, choices=(), trail=()))
    return _show(replace(turn, text=entry.item.name, talk=replace(talk, item=None, trail=trail[:-1])), entry)


def _more(turn: Said) -> Step:
    if not turn.talk.further:
        return Step(Reply((phrases.nothing_more(),), (A_PERSON,)), turn.talk)
    return _offer(turn, turn.talk.further, phrases.which_one(len(turn.talk.further)))


def _human(turn: Said) -> Step:
    attended = _attended(turn)
    closings = [sessions[-1][1] for sessions in attended]
    local = turn.now.astimezone(LOCAL)
    soon = (local + SOON).time()
    if closings and soon < max(closings):
        until, due_on = f"今天{min(closings):%H:%M}", turn.today
    else:
        early = bool(attended) and soon < min(sessions[0][0] for sessions in attended)
        until, due_on = "", turn.today if early else turn.desk.published.calendar.next_workday(turn.today)
    ask = CallPerson(due_on, until, turn.hall_name(), turn.desk.published.calendar.knows(due_on))
    reply = Reply((), intents=(Intent.HUMAN,), outcome=Outcome.INTENT, hand_over=bool(until))
    return Step(reply, replace(turn.talk, stage=Stage.LISTENING, choices=()), ask)


def _attended(turn: Said) -> list[tuple[Span, ...]]:
    """Give when today somebody is there to call back, by hall: extended hours on a free day are for who booked.

    Where the calendar has ended the usual hours stand in: whoever asks for a person is put on the list anyway.
    """
    published = turn.desk.published
    if not published.calendar.is_workday(turn.today):
        return []
    openings = [opening for hall in turn.halls() if (opening := published.opening_of(hall.org_id))]
    if not published.calendar.knows(turn.today):
        return [opening.hours.sessions for opening in openings if opening.hours.sessions]
    return [sessions for opening in openings if (sessions := sessions_on(opening, turn.today))]


def _numbered(turn: Said) -> Step | None:
    number, offered = turn.chosen(), len(turn.talk.choices)
    if number is None and (NUMBER.match(turn.text) is None or not offered):
        return None
    if number is None or (NUMBER.match(turn.text) and turn.talk.choices == (A_PERSON,)):
        # Alone under a guide stands the way to a person: a stray number must not put anybody on the list.
        return Step(Reply((phrases.no_such_number(offered),), turn.talk.choices), turn.talk)
    said = turn.talk.choices[number]
    code = turn.desk.understander.named(said.say)
    if code is not None and (entry := turn.desk.published.catalogue.get(code)) is not None:
        return _show(replace(turn, text=said.say), entry)
    if turn.text == said.say:
        return None  # it says itself; the ordinary path reads it
    again = replace(turn, text=said.say)
    return _escape(again) or booking.escape(again) or _township(again) or _listen(again)


def _ask_township(turn: Said, pending: str = "") -> Step:
    choices = turn.township_choices()
    talk = replace(turn.talk, stage=Stage.TOWNSHIP, choices=choices, pending=pending)
    return Step(Reply((phrases.ask_township(),), choices), talk)


_I_LIVE = re.compile(
    r"^(?:我们|我家|本人|我)?(?:现在|又)?(?:搬到|搬去|家住在|家住|家在|住在|属于|是|住|在)?(?P<place>.{2,12}?)(?:的人|的|人|这边|呢|了)?$"
)


def _township(turn: Said) -> Step | None:
    """Take up where somebody lives; a sentence that says only that is answered with what waited for it."""
    organisations = turn.desk.published.organisations
    unit = organisations.named_in(turn.text)
    home = organisations.home_in(unit)
    if unit is None or home is None:
        return None
    if not _says_only_home(turn.text, unit):
        return None
    township, village = home
    talk = replace(turn.talk, township=township.org_id, village=village, stage=Stage.LISTENING, choices=(), pending="")
    settled = replace(turn, talk=talk)
    if turn.talk.pending:
        result = _listen(replace(settled, text=turn.talk.pending))
    elif (entry := turn.desk.published.catalogue.get(turn.talk.item or "")) is not None:
        result = _show(settled, entry)
    else:
        return Step(Reply((phrases.township_set(township.short_name), phrases.thanks())), talk)
    texts = (phrases.township_set(township.short_name), *result.reply.texts)
    return replace(result, reply=replace(result.reply, texts=texts))


def _says_only_home(text: str, unit: Organisation) -> bool:
    match = _I_LIVE.match(text)
    suffixed = (alias + suffix for alias in unit.aliases for suffix in "镇乡村")
    return match is not None and match["place"] in {unit.name, unit.short_name, *unit.aliases, *suffixed}


# --- listening ------------------------------------------------------------------------------------------------------


_PHONE = re.compile(r"^(?!.*(回|给我打|打过来)).{0,8}(电话|号码)(是)?(多少|几多|给我|有没有|有吗|呢|在哪)?.{0,3}$")


def _listen(turn: Said) -> Step:
    turn = _with_named_township(turn)
    if _PHONE.match(turn.text):
        return Step(Reply((phrases.phone(),), (A_PERSON,), outcome=Outcome.INTENT), turn.talk)
    if not turn.text or booking.answers_nothing(turn):
        return Step(Reply((phrases.thanks(),)), turn.talk)
    context = Context(turn.talk.item, turn.talk.question) if turn.talk.item else None
    turn, understanding = _understood(turn, context)
    result = _decide(turn, understanding)
    reply = replace(
        result.reply,
        outcome=result.reply.outcome or understanding.outcome.value,
        intents=tuple(intent.value for intent in understanding.intents) or result.reply.intents,
        guard=understanding.guard.value if understanding.guard else "",
        candidates=tuple((c.code, c.name) for c in understanding.candidates[:OFFERED]),
    )
    return replace(result, reply=reply)


def _understood(turn: Said, context: Context | None) -> tuple[Said, Understanding]:
    """Understand a sentence; where it names a time to come, the rest of it too, and go on with the surer of both."""
    whole = turn.desk.understander.understand(turn.text, context=context)
    wish = booking.wish_to_come(turn)
    if whole.guard is not None or (wish is None and whole.outcome in (Outcome.SURE, Outcome.INTENT)):
        return turn, whole
    if wish is None:
        bare = booking.without_time(turn)
        rest = turn.desk.understander.understand(bare.text, context=context) if bare is not None else whole
        return (bare, rest) if bare is not None and rest.outcome is Outcome.SURE else (turn, whole)
    without = booking.remembering(turn, wish)
    rest = turn.desk.understander.understand(without.text, context=context)
    if whole.outcome is Outcome.SURE and rest.outcome is not Outcome.SURE:
        return replace(turn, talk=without.talk), whole
    return without, rest


_CLAUSE = re.compile(r"[,,。;;\s]+")


def _with_named_township(turn: Said) -> Said:
    organisations = turn.desk.published.organisations
    unit = organisations.named_in(turn.text)
    home = organisations.home_in(unit)
    if unit is None or home is None:
        return turn
    township, village = home
    before, *after = _CLAUSE.split(turn.text, maxsplit=1)
    if after and after[0] and _says_only_home(before, unit):
        # "我在雨露,低保去哪里申请": the place is taken up, and must not be understood as 雨露计划 as well.
        turn = replace(turn, text=after[0])
    if township.org_id == turn.talk.township:
        return turn
    return replace(turn, talk=replace(turn.talk, township=township.org_id, village=village))


def _decide(turn: Said, understanding: Understanding) -> Step:
    if understanding.guard is not None:
        return _guarded(turn, understanding)
    if understanding.outcome is Outcome.INTENT:
        return _wish(turn, understanding)
    if understanding.outcome is Outcome.UNKNOWN:
        return _lost(turn, understanding)
    matters = understanding.matters
    if len(matters) > 1:
        beside = tuple(_sentence(turn, intent) for intent in understanding.intents if intent in _SENTENCES)
        result = _offer(turn, matters, phrases.several(len(matters)), beside)
        return replace(result, talk=replace(result.talk, queue=matters))
    # The first was chosen by the understander, often from the talk so far ("那要带什么"): its score says little of it.
    first, *others = understanding.candidates
    codes = (first.code, *(c.code for c in others if c.score >= WORTH_OFFERING))
    if understanding.outcome is Outcome.AMBIGUOUS:
        return _offer(turn, codes, phrases.which_one(min(OFFERED, len(codes))))
    entry = turn.desk.published.catalogue.get(codes[0])
    if entry is None:
        return _lost(turn, understanding)
    result = _show(turn, entry, beside=codes[1:])
    beside = tuple(_sentence(turn, intent) for intent in understanding.intents if intent in _SENTENCES)
    return replace(result, reply=replace(result.reply, texts=(*beside, *result.reply.texts))) if beside else result


_THANKS = re.compile("谢|再见|拜拜|好的|好嘞|晓得了|知道了|辛苦|麻烦你")


def _guarded(turn: Said, understanding: Understanding) -> Step:
    sentences: dict[Guard, Callable[[], str]] = {
        Guard.DANGER: phrases.danger,
        Guard.DESPAIR: phrases.despair,
        Guard.PRIVACY: phrases.privacy,
        Guard.ILLEGAL: phrases.illegal,
        Guard.VILLAGE_PROOF: phrases.village_proof,
        Guard.CHAT: phrases.off_topic,
        Guard.GREET: phrases.farewell if _THANKS.search(turn.text) else phrases.thanks,
    }
    guard = understanding.guard
    assert guard is not None
    topic = understanding.topic
    if guard is Guard.ELSEWHERE and topic is not None:
        sentence = phrases.elsewhere(topic.name, topic.where)
    else:
        sentence = sentences.get(guard, phrases.off_topic)()
    choices = () if guard in (Guard.GREET, Guard.CHAT) else (A_PERSON,)
    if guard is Guard.DANGER and understanding.candidates and understanding.candidates[0].score >= NEAR_ENOUGH:
        # Somebody whose house burnt down yesterday asks for relief, not for the fire brigade: offer that too.
        name = understanding.candidates[0].name
        choices = (Choice(name, name), *choices)
    return Step(Reply((sentence,), choices), replace(turn.talk, stage=Stage.LISTENING, choices=choices))


def _lost(turn: Said, understanding: Understanding) -> Step:
    codes = tuple(c.code for c in understanding.candidates if c.score >= WORTH_OFFERING)
    ask = NoteMiss(turn.desk.understander.canonical(turn.text), turn.text, codes[:OFFERED])
    if not codes:
        talk = replace(turn.talk, stage=Stage.LISTENING, choices=(A_PERSON,), further=())
        return Step(Reply((phrases.unknown(),), (A_PERSON,)), talk, ask)
    result = _offer(turn, codes[:OFFERED], phrases.nearest())
    choices = (*result.reply.choices, A_PERSON)
    reply, talk = replace(result.reply, choices=choices), replace(result.talk, choices=choices)
    return Step(reply, talk, ask)


def _offer(turn: Said, codes: tuple[str, ...], sentence: str, before: tuple[str, ...] = ()) -> Step:
    entries = [entry for code in codes if (entry := turn.desk.published.catalogue.get(code)) is not None]
    shown, further = entries[:OFFERED], entries[OFFERED:]
    choices = tuple(Choice(entry.item.name, entry.item.name) for entry in shown)
    if further:
        choices = (*choices, Choice(phrases.NONE_OF_THESE, phrases.MORE))
    talk = replace(
        turn.talk,
        stage=Stage.CHOOSING,
        choices=choices,
        question=turn.text,
        further=tuple(entry.item.code for entry in further),
        queue=(),
    )
    return Step(Reply((*before, sentence), choices), talk)


def _show(turn: Said, entry: PublishedItem, beside: tuple[str, ...] = ()) -> Step:
    """Give the guide of one item, and ask for the township if the place depends on it."""
    talk, code = turn.talk, entry.item.code
    card = turn.desk.card(entry, talk.township, talk.village, turn.today)
    trail = talk.trail if talk.item in (None, code) else (*talk.trail, talk.item)[-TRAIL:]
    question = turn.text if talk.item != code or not talk.question else talk.question
    queue = tuple(waiting for waiting in talk.queue if waiting != code)
    texts, waiting = _aspect(turn.text, card), _waiting(turn, queue)
    if talk.township is None:
        stage, pending, texts = Stage.TOWNSHIP, "", (*texts, phrases.ask_township())
        choices = (*turn.township_choices(), *waiting)
    else:
        stage, pending = Stage.LISTENING, talk.pending
        choices = (*booking.choice_for(turn, entry), *waiting, *((_NOT_THIS_ONE,) if beside else ()), A_PERSON)
    talk = replace(
        talk,
        stage=stage,
        choices=choices,
        item=code,
        question=question,
        pending=pending,
        further=beside,
        queue=queue,
        trail=trail,
        booking=talk.booking if stage is Stage.TOWNSHIP else None,  # the choice carries the time that was named
    )
    return Step(Reply(texts, choices, card, Outcome.SURE), talk)


def _waiting(turn: Said, queue: tuple[str, ...]) -> tuple[Choice, ...]:
    """Offer the other matters of the same message, which must not be forgotten over the first."""
    entries = [entry for code in queue if (entry := turn.desk.published.catalogue.get(code)) is not None]
    return tuple(Choice(phrases.go_on_with(entry.item.name), entry.item.name) for entry in entries[:OFFERED])


_ASPECTS: tuple[tuple[re.Pattern[str], Callable[[Card], str]], ...] = (
    (
        re.compile("带|材料|准备|要哪样|要什么|资料|照片"),
        lambda card: "要带: " + "、".join(card.materials or ("不用带材料",)),
    ),
    (re.compile("多少钱|几多钱|好多钱|收费|费用|要钱|收钱|几块|花钱"), lambda card: f"收费: {card.fee}。"),
    (re.compile("几天|多久|多长时间|什么时候能|要等|快不快"), lambda card: f"时间: {card.days}。"),
    (
        re.compile("代办|本人|别人|帮忙|家属|亲自|一个人去|去得|(妈|爹|爸|婆|公|儿|媳妇|老伴|姑娘).{0,4}去"),
        lambda card: f"代办: {card.proxy}。",
    ),
    (re.compile("在哪|哪点办|哪里办|去哪|克哪"), lambda card: _where(card)),
    (re.compile("条件|资格|符合|谁能|够不够|可以不"), lambda card: "条件: " + ";".join(card.conditions) + "。"),
)


def _where(card: Card) -> str:
    return f"去: {'、'.join(place.name for place in card.places)}。" if card.places else phrases.ask_township()


def _aspect(text: str, card: Card) -> tuple[str, ...]:
    """Say first what was asked for, if the sentence asks for one part of the guide."""
    return next(((say(card),) for pattern, say in _ASPECTS if pattern.search(text)), ())


# --- wishes that are no item ----------------------------------------------------------------------------------------


_WANTS_PERSON = re.compile(
    "人工|真人|客服|工作人员|(找|叫|派|换|喊)(个|一个|你们的?)?(人|同志|领导)|(回|打)(个)?电话|和人(讲|说)|跟人(讲|说)"
)


_ABOUT_COMING = re.compile("约|号|[去来克]")


def _wish(turn: Said, understanding: Understanding) -> Step:
    intents = understanding.intents
    if Intent.HUMAN in intents and _WANTS_PERSON.search(turn.text):
        return _human(turn)
    if intents[0] is Intent.HUMAN:
        choices = (A_PERSON,)
        talk = replace(turn.talk, stage=Stage.LISTENING, choices=choices)
        return Step(Reply((phrases.offer_person(),), choices), talk)
    if intents[0] is Intent.MENU:
        return _menu(turn)
    if intents[0] is Intent.BOOK:
        return _book(turn)
    if intents[0] is Intent.CANCEL and (_ABOUT_COMING.search(turn.text) or not understanding.candidates):
        return booking.give_up(turn)
    if intents[0] is Intent.CANCEL:  # 取消低保 is a matter, and no appointment
        return _lost(turn, understanding)
    if turn.talk.township is None and any(intent in _NEEDS_HALL for intent in intents):
        return _ask_township(turn, pending=turn.text)
    texts = tuple(dict.fromkeys(_sentence(turn, intent) for intent in intents if intent in _SENTENCES))
    choices = (A_PERSON,)
    return Step(Reply(texts, choices), replace(turn.talk, stage=Stage.LISTENING, choices=choices))


def _book(turn: Said) -> Step:
    """Begin a booking for the matter last spoken of, at the time that the sentence named."""
    draft = turn.talk.booking
    return booking.begin(turn, draft.words if draft is not None and draft.what == "item" else "")


def _sentence(turn: Said, intent: Intent) -> str:
    return _SENTENCES[intent](turn)


def _hours(turn: Said) -> str:
    hall = turn.hall()
    opening = turn.desk.published.opening_of(hall.org_id) if hall else None
    if hall is None or opening is None:
        return phrases.hours(turn.hall_name(), "开门时间以现场公布为准", "")
    asked = day_asked(turn.text, turn.today, opening.calendar)
    if asked is None and names_holiday(turn.text):
        answer = phrases.calendar_unknown()
    elif asked is None or asked == turn.today:
        answer = today_text(opening, turn.now)
    else:
        answer = day_hours_text(opening, asked)
    note = f"({hall.hours_note})" if hall.hours_note else ""
    return phrases.hours(hall.name, hours_text(opening.hours) + note, answer)


def _place_of_hall(turn: Said) -> str:
    hall = turn.hall()
    return phrases.place(turn.hall_name(), hall.address_note if hall else "", villages=True)


_SENTENCES: dict[Intent, Callable[[Said], str]] = {
    Intent.PROGRESS: lambda turn: phrases.progress_not_open(turn.hall_name()),
    Intent.HOURS: _hours,
    Intent.PLACE: _place_of_hall,
    Intent.COMPLAIN: lambda turn: phrases.complain(),
}
_NEEDS_HALL = (Intent.PROGRESS, Intent.HOURS, Intent.PLACE)
