"""The talk about booking (预约对话): from an answer to an appointment in three taps; pure, like ``bot/dialogue.py``.

::

    预约 ──► times offered ──a time──► place kept ──确认预约──► booked
      ▲          │  ▲                     │
      └ 说哪天 ◄─┘  └──────换个时间───────┤
                                          └──不约了──► let go

Whatever needs the office leaves as an ask of ``bot/booking_asks.py``; :func:`told` goes on with what it answered.
Anything that is no answer to what was asked leaves the booking, and is understood as usual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from bot import booking_phrases, phrases
from bot.booking_asks import (
    BookingAsk,
    Done,
    GiveUp,
    Keep,
    Mine,
    OnList,
    Refused,
    Settle,
    Shift,
    ShowMine,
    ShowTimes,
    Times,
    Told,
    WaitFor,
)
from bot.moments import Span, Wish, wish_in
from bot.steps import A_PERSON, Said, Step
from bot.talk import Choice, Draft, Reply, Stage
from knowledge.catalogue import PublishedItem
from knowledge.hall import LOCAL
from knowledge.understanding import Intent, Outcome
from models.appointment_rows import Booked
from models.rules.appointments import Slot, State
from models.rules.bookable import counter_of, nearest_free
from models.rules.errors import HoldOver, NotBookable, Refusal, SlotTaken

OFFERED = 6
"""Most times offered at once: more do not fit on an old phone."""
LONGEST = 20
"""Characters of a wish to move; what is longer is about something else."""
LEAD = timedelta(hours=1)
"""What begins sooner is called past."""
LATE = timedelta(hours=2)
"""With less time than this left, giving up is noted as late; the person is told before."""

_YES = re.compile(
    "^(确认预约|确认|确定|(好|行|可以|要得|得|中|对|是|嗯|是呢){1,3}|ok|没问题|没得问题|就这个(时间)?|约上?|约起|约吧|谢谢)+$"
)
_POLITE = re.compile(r"谢谢你?|麻烦(你)?了?|[。!!,,~?? ]|[吧嘛了的嘞呢啊哈]+$")
"""Left out before a yes or no is looked for: 好的,谢谢; 好嘞."""
_NO = re.compile("^(不约|不要|算|不用|取消|不|不是|不想去|不去|不改|不换|不消)$")
_MINE = re.compile(
    r"^(查?看?一?下?我(的|们的)?预约(号)?|我(预)?约(了|的)?(是)?(哪天|几点|什么时候|没有|没|上).*|约了没有)[??。]*$"
)
_MOVE = re.compile("改(个|一下)?(时间|日子|期|约)|换(个|一个|一下)?(时间|日子)")
_MOVE_TO = re.compile("(改|换|推迟|提前|挪)(到|成)")
_GIVE_UP = re.compile(
    r"^(我)?(不(去|来|过去|过来|得去|克|能去|能来)了?|去不了了?|来不了了?|克不了了?|取消(我的|这个)?预约|预约(取消|不要)了?|退(号|掉预约))[。!!吧嘛了]*$"
)
_COMING = re.compile("(去|来|克|过来|过去|上来|下来).{0,3}(办|弄|领|交|取|报|登|开)|预?约|挂个?号")
"""Words by which a time in a sentence is when somebody comes; "孩子9月1号上学" names a time, too."""
_ASKING = re.compile("开门|关门|上班|下班|放假|休息|值班|几点|什么时候|哪时候|多久|几天|给开|开不开|在不在|有人")


# --- where booking begins -------------------------------------------------------------------------------------------


def escape(said: Said) -> Step | None:
    """Answer what is said outright about booking, in whatever state the talk is; None for anything else."""
    text = said.text
    if text.startswith(booking_phrases.BOOK):
        words = text.removeprefix(booking_phrases.BOOK)
        wish = wish_in(words, said.desk.published, said.talk.township, said.now) if words else None
        if not words or (wish is not None and not wish.rest):
            return begin(said, words)
    if text in (booking_phrases.CONFIRM,) and not _is(said, "confirm"):
        return _ask(said, Settle(None), Draft("", what="confirm"))
    if text == booking_phrases.MY_BOOKINGS or _MINE.match(text):
        return _ask(said, ShowMine("see"), Draft("", what="mine"))
    if _wants_move(said):
        return _ask(said, ShowMine("move"), Draft("", words=text, what="mine"))
    if text == booking_phrases.GIVE_UP or _GIVE_UP.match(text):
        return _ask(said, ShowMine("give_up"), Draft("", what="mine"))
    return None


def _wants_move(said: Said) -> bool:
    text = said.text
    if len(text) > LONGEST or not (_MOVE.search(text) or _MOVE_TO.search(text)):
        return False
    moved_to = wish_in(text, said.desk.published, said.talk.township, said.now)
    return bool(_MOVE.search(text)) or moved_to is not None


def begin(said: Said, words: str) -> Step:
    """Book the item last spoken of, at the time in ``words`` if there is one; ask what for if there is no item."""
    talk = said.talk
    entry = said.desk.published.catalogue.get(talk.item or "")
    if entry is None:
        reply = Reply((booking_phrases.what_for(),), (A_PERSON,), intents=(Intent.BOOK,), outcome=Outcome.INTENT)
        draft = Draft("", words=words, what="item")
        return Step(reply, replace(talk, stage=Stage.LISTENING, choices=(A_PERSON,), booking=draft))
    if talk.township is None:
        choices = said.township_choices()
        talk = replace(talk, stage=Stage.TOWNSHIP, choices=choices, pending=booking_phrases.BOOK + words)
        return Step(Reply((phrases.ask_township(),), choices, intents=(Intent.BOOK,), outcome=Outcome.INTENT), talk)
    if not can_book(said, entry):
        return Step(Reply((booking_phrases.just_go(entry.item.name),), (A_PERSON,)), replace(talk, booking=None))
    draft = Draft(entry.item.code, words=words, what="times")
    return _ask(said, ShowTimes(entry.item.code, talk.township), draft)


def can_book(said: Said, entry: PublishedItem) -> bool:
    """Say whether an item is booked, for the township of the one who talks."""
    if said.talk.township is None:
        return entry.item.bookable
    try:
        counter_of(said.desk.published, entry, said.talk.township, said.today)
    except NotBookable:
        return False
    return True


def choice_for(said: Said, entry: PublishedItem) -> tuple[Choice, ...]:
    """Give the tap under an answer that begins a booking, with the time that was named before the item was clear."""
    if not can_book(said, entry):
        return ()
    draft = said.talk.booking
    if draft is not None and draft.what == "item" and draft.words:
        wish = wish_in(draft.words, said.desk.published, said.talk.township, said.now)
        # Tapped the day after, "明天" must still be the day that was meant.
        if wish is None or not wish.spans:
            return (Choice(booking_phrases.BOOK, booking_phrases.BOOK),)
        meant = wish.spans[0].label if len(wish.spans) == 1 else draft.words
        return (Choice(booking_phrases.book_at(draft.words), booking_phrases.book_at(meant)),)
    return (Choice(booking_phrases.BOOK, booking_phrases.BOOK),)


def wish_to_come(said: Said) -> Wish | None:
    """Find a time at which somebody wants to come; asking about opening hours is no such wish."""
    if _ASKING.search(said.text) or not _COMING.search(said.text):
        return None
    return wish_in(said.text, said.desk.published, said.talk.township, said.now)


def without_time(said: Said) -> Said | None:
    """Give a sentence without the time that it names, to be understood by the rest: "三月份盖房子要办哪样证"."""
    wish = wish_in(said.text, said.desk.published, said.talk.township, said.now)
    return replace(said, text=wish.rest) if wish is not None and wish.rest else None


def remembering(said: Said, wish: Wish) -> Said:
    """Keep the time that a sentence names, and leave the rest of it to be understood: "后天下午两点半去办社保"."""
    if not wish.rest or (wish.spans and all(span.past for span in wish.spans)):
        return said
    talk = replace(said.talk, booking=Draft("", words=wish.words, what="item"))
    return replace(said, text=wish.rest, talk=talk)


def answers_nothing(said: Said) -> bool:
    """Say whether a sentence is a bare yes or no while nothing was asked."""
    return bool(_yes(said) or _no(said))


def give_up(said: Said) -> Step:
    """Give an appointment up: the one there is, or one of several."""
    return _ask(said, ShowMine("give_up"), Draft("", what="mine"))


# --- while a booking is under way -----------------------------------------------------------------------------------


def go_on(said: Said) -> Step | None:
    """Answer a sentence while a booking is under way; None if it has nothing to do with it."""
    draft = said.talk.booking
    if said.talk.stage is not Stage.BOOKING or draft is None:
        return None
    number = said.chosen()
    if number is not None:  # "3" is what the third choice says
        said = replace(said, text=said.talk.choices[number].say)
    steps: dict[str, Callable[[Said, Draft], Step | None]] = {
        "times": _choose_time,
        "confirm": _confirm,
        "mine": _choose_mine,
        "sure": _give_up,
    }
    answer = steps.get(draft.what)
    return answer(said, draft) if answer else None


def _bare(text: str) -> str:
    """Give a sentence without politeness, as far as something is left of it."""
    return _POLITE.sub("", _POLITE.sub("", text.lower())) or text


def _yes(said: Said) -> bool:
    return said.text != "谢谢" and _YES.match(_bare(said.text)) is not None


def _no(said: Said) -> bool:
    return _NO.match(_bare(said.text)) is not None


def _is(said: Said, what: str) -> bool:
    return said.talk.stage is Stage.BOOKING and said.talk.booking is not None and said.talk.booking.what == what


def _choose_time(said: Said, draft: Draft) -> Step | None:
    if said.text == booking_phrases.OTHER_TIME:
        choices = (Choice(booking_phrases.NOT_NOW, booking_phrases.NOT_NOW),)
        return _say(said, booking_phrases.say_when(), choices, replace(draft, options=()))
    if _no(said):
        return _leave(said, booking_phrases.let_go())
    township = said.talk.township
    option = draft.option(said.chosen())
    if option and option.startswith("wait:") and township:
        _, day, half = option.split(":")
        wanted = datetime.fromisoformat(day).date()
        return _ask(said, WaitFor(draft.code, township, wanted, half), draft)
    if option:
        return _take(said, draft, datetime.fromisoformat(option))
    wish = wish_in(said.text, said.desk.published, township, said.now)
    return _times(said, replace(draft, words=wish.words)) if wish is not None else None


def _times(said: Said, draft: Draft) -> Step:
    moving = UUID(draft.appointment) if draft.appointment else None
    return _ask(said, ShowTimes(draft.code, said.talk.township or "", moving), replace(draft, what="times"))


def _take(said: Said, draft: Draft, start: datetime) -> Step:
    if draft.appointment:
        return _ask(said, Shift(UUID(draft.appointment), start), draft)
    return _ask(said, Keep(draft.code, said.talk.township or "", start), draft)


def _confirm(said: Said, draft: Draft) -> Step | None:
    if said.text == booking_phrases.OTHER_TIME:
        return _times(said, replace(draft, words="", appointment=""))
    if _no(said):
        return _ask(said, GiveUp(UUID(draft.appointment)), draft)
    if _yes(said):
        return _ask(said, Settle(UUID(draft.appointment)), draft)
    wish = wish_in(said.text, said.desk.published, said.talk.township, said.now)
    return _times(said, replace(draft, words=wish.words, appointment="")) if wish is not None else None


def _choose_mine(said: Said, draft: Draft) -> Step | None:
    option = draft.option(said.chosen())
    if not option:
        return None
    return _with_one(said, draft, option)


def _with_one(said: Said, draft: Draft, option: str) -> Step:
    """Go on with one of the person's appointments: ``option`` is its id, item, start and purpose."""
    appointment, code, start, purpose = option.split("|")
    draft = replace(draft, code=code, appointment=appointment)
    if purpose == "move":
        return _times(said, draft)
    moment, late = datetime.fromisoformat(start), datetime.fromisoformat(start) - said.now < LATE
    name = _name(said, code)
    choices = (
        Choice(booking_phrases.GIVE_UP_SURE, booking_phrases.GIVE_UP_SURE),
        Choice(booking_phrases.KEEP, booking_phrases.KEEP),
    )
    sentence = booking_phrases.sure_to_give_up(moment, name, late)
    return _say(said, sentence, choices, replace(draft, what="sure", options=(start,)))


def _give_up(said: Said, draft: Draft) -> Step | None:
    if said.text == booking_phrases.GIVE_UP_SURE or _yes(said):
        return _ask(said, GiveUp(UUID(draft.appointment)), draft)
    if said.text == booking_phrases.KEEP or _no(said):
        return _leave(said, booking_phrases.kept_on(datetime.fromisoformat(draft.options[0])))
    return None


# --- what the office answered ---------------------------------------------------------------------------------------


def told(step: Step, answer: Told, said: Said) -> Step:
    """Go on with what the office answered to the step's ask; the result may ask again."""
    ask = step.ask
    said = replace(said, talk=step.talk)
    draft = step.talk.booking or Draft("")
    match answer:
        case Refused(refusal):
            return _refused(said, draft, ask, refusal)
        case Times():
            return _offer(said, draft, answer)
        case Mine(listed):
            return _mine(said, draft, listed)
        case OnList(day, half):
            return _leave(said, booking_phrases.waiting(day, half))
        case Done(one):
            return _done(said, draft, ask, one)


def _refused(said: Said, draft: Draft, ask: object, refusal: Refusal) -> Step:
    if isinstance(refusal, SlotTaken) and isinstance(ask, Keep | Shift):
        local = ask.start.astimezone(LOCAL)
        return _times(said, replace(draft, words=booking_phrases.moment(local), taken=local.isoformat()))
    if isinstance(refusal, HoldOver) and draft.code:
        return _times(said, replace(draft, words="", appointment="", note=refusal.message))
    return _leave(said, refusal.message)


def _done(said: Said, draft: Draft, ask: object, one: Booked) -> Step:
    hall, name, start = _hall(said, one), _name(said, one.item_code), one.starts_at.astimezone(LOCAL)
    if one.state is State.HELD and one.place_until is not None:
        minutes = round((one.place_until - said.now).total_seconds() / 60)
        choices = tuple(
            Choice(word, word)
            for word in (booking_phrases.CONFIRM, booking_phrases.OTHER_TIME, booking_phrases.NOT_NOW)
        )
        sentence = booking_phrases.kept(start, hall, one.window_type, name, minutes)
        return _say(said, sentence, choices, Draft(one.item_code, what="confirm", appointment=str(one.id)))
    if one.state is State.CANCELLED:
        was_kept = draft.what == "confirm"
        return _leave(said, booking_phrases.let_go() if was_kept else booking_phrases.given_up(start))
    words = booking_phrases.moved if isinstance(ask, Shift) else booking_phrases.booked
    after = (
        Choice(booking_phrases.MOVE, booking_phrases.MOVE),
        Choice(booking_phrases.GIVE_UP, booking_phrases.GIVE_UP),
    )
    return _leave(said, words(start, hall, one.window_type, name, one.number), after)


def _mine(said: Said, draft: Draft, listed: Sequence[Booked]) -> Step:
    purpose = said_purpose(draft)
    live = [one for one in listed if purpose == "move" or one.state is State.BOOKED]
    if not live:
        return _leave(said, booking_phrases.none_mine(), (A_PERSON,))
    options = tuple(f"{one.id}|{one.item_code}|{one.starts_at.astimezone(LOCAL).isoformat()}|{purpose}" for one in live)
    if purpose != "see" and len(live) == 1:
        return _with_one(said, draft, options[0])
    if purpose == "see":
        lines = [
            booking_phrases.line(
                one.starts_at.astimezone(LOCAL), _hall(said, one), _name(said, one.item_code), one.number
            )
            for one in live
        ]
        after = (
            Choice(booking_phrases.MOVE, booking_phrases.MOVE),
            Choice(booking_phrases.GIVE_UP, booking_phrases.GIVE_UP),
        )
        return _leave(said, booking_phrases.mine(lines), after)
    names = [booking_phrases.choice_of(one.starts_at.astimezone(LOCAL), _name(said, one.item_code)) for one in live]
    sentence = booking_phrases.which_booking(booking_phrases.MOVE if purpose == "move" else "取消")
    return _say(said, sentence, tuple(Choice(name, name) for name in names), replace(draft, options=options))


def said_purpose(draft: Draft) -> str:
    """Give what somebody wants with their appointments: see, move or give_up."""
    return draft.purpose or "see"


# --- which times to offer -------------------------------------------------------------------------------------------


def _offer(said: Said, draft: Draft, times: Times) -> Step:
    """Offer the times asked for, else the nearest to them, else the soonest; one that fits is taken at once."""
    free = [slot for day in times.days for slot in day.slots if slot.left]
    wish = wish_in(draft.words, said.desk.published, said.talk.township, said.now) if draft.words else None
    if wish is None or not wish.spans:
        return _list(said, draft, times, _soonest(free), booking_phrases.soonest(*_names(times)))
    if len(wish.spans) > 1:
        return _which(said, draft, wish)
    span = wish.spans[0]
    fitting = [slot for slot in free if span.holds(slot.start)]
    if span.exact and any(slot.start == span.begins for slot in fitting) and draft.taken != span.begins.isoformat():
        return _take(said, draft, span.begins)
    if fitting and not span.exact:
        return _list(said, draft, times, _spread(fitting), booking_phrases.free_then(span.named(wish), *_names(times)))
    return _elsewhere(said, draft, times, wish, span, free)


def _elsewhere(said: Said, draft: Draft, times: Times, wish: Wish, span: Span, free: Sequence[Slot]) -> Step:
    last = max((day.day for day in times.days), default=said.today)
    every = [slot for day in times.days for slot in day.slots]
    near = nearest_free(free, span.begins)
    offered = tuple(sorted(near, key=lambda slot: slot.start))
    if (span.begins if span.exact else span.ends) <= said.now + LEAD:
        return _list(said, draft, times, _soonest(free), booking_phrases.past(span.named(wish)))
    if span.begins.astimezone(LOCAL).date() > last:
        return _list(said, draft, times, _soonest(free), booking_phrases.too_far(last))
    if not any(span.holds(slot.start) for slot in every):
        return _list(said, draft, times, offered, booking_phrases.closed_then(span.named(wish)))
    day = span.begins.astimezone(LOCAL).date()
    wait = () if draft.appointment else (f"wait:{day.isoformat()}:{span.half}",)
    return _list(said, draft, times, offered, booking_phrases.full_then(span.named(wish)), wait)


def _which(said: Said, draft: Draft, wish: Wish) -> Step:
    choices = tuple(Choice(span.label, span.label) for span in wish.spans[:OFFERED])
    return _say(said, booking_phrases.which_time(wish.words), choices, replace(draft, words="", options=()))


def _list(
    said: Said, draft: Draft, times: Times, slots: Sequence[Slot], sentence: str, wait: tuple[str, ...] = ()
) -> Step:
    starts = [slot.start.astimezone(LOCAL) for slot in slots]
    if not starts and not wait:
        return _leave(said, booking_phrases.nothing_free(), (A_PERSON,))
    labels = [booking_phrases.moment(start) for start in starts]
    choices = (
        *(Choice(label, label) for label in labels),
        *(Choice(booking_phrases.WAIT, booking_phrases.WAIT) for _ in wait),
        Choice(booking_phrases.OTHER_TIME, booking_phrases.OTHER_TIME),
    )
    options = (*(start.isoformat() for start in starts), *wait)
    before = draft.note and f"{draft.note}\n"
    draft = replace(draft, code=times.counter.item_code, words="", taken="", note="", what="times", options=options)
    return _say(said, before + sentence, choices, draft)


def _soonest(free: Sequence[Slot]) -> tuple[Slot, ...]:
    """Give the first free time of each half-day."""
    first: dict[tuple[object, bool], Slot] = {}
    for slot in free:
        local = slot.start.astimezone(LOCAL)
        first.setdefault((local.date(), local.hour < 12), slot)
    return tuple(first.values())[:OFFERED]


def _spread(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Give at most :data:`OFFERED` of many times, evenly spread."""
    if len(slots) <= OFFERED:
        return tuple(slots)
    return tuple(slots[round(number * (len(slots) - 1) / (OFFERED - 1))] for number in range(OFFERED))


# --- small helpers --------------------------------------------------------------------------------------------------


def _ask(said: Said, ask: BookingAsk, draft: Draft) -> Step:
    if isinstance(ask, ShowMine):
        draft = replace(draft, purpose=ask.purpose)
    talk = replace(said.talk, stage=Stage.BOOKING, choices=(), booking=draft)
    return Step(Reply((), intents=(Intent.BOOK,), outcome=Outcome.INTENT), talk, ask)


def _say(said: Said, sentence: str, choices: tuple[Choice, ...], draft: Draft) -> Step:
    reply = Reply((sentence,), choices, intents=(Intent.BOOK,), outcome=Outcome.INTENT)
    return Step(reply, replace(said.talk, stage=Stage.BOOKING, choices=choices, booking=draft))


def _leave(said: Said, sentence: str, choices: tuple[Choice, ...] = ()) -> Step:
    reply = Reply((sentence,), choices, intents=(Intent.BOOK,), outcome=Outcome.INTENT)
    return Step(reply, replace(said.talk, stage=Stage.LISTENING, choices=choices, booking=None))


def _names(times: Times) -> tuple[str, str]:
    return times.counter.item_name, times.counter.hall.short_name


def _name(said: Said, code: str) -> str:
    entry = said.desk.published.catalogue.get(code)
    return entry.item.name if entry else code


def _hall(said: Said, one: Booked) -> str:
    hall = said.desk.published.organisations.get(one.hall_id)
    return hall.short_name if hall else one.hall_id
