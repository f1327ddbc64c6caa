"""Every table on one page: columns and unique keys, no behaviour.

Guards against races are unique *columns* or conditional updates: conditional and multi-column constraints do not
survive every path of the schema tools (``docs/decisions/0003-guards-are-unique-columns.md``). Times are UTC.
No apostrophe or semicolon in a docstring here: Tortoise writes it into the schema and splits statements there.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Publication(Model):
    """发布: one act of publishing items, organisations or the calendar, processes reload when a newer one appears."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(16)  # items | organisations | calendar | openings | markets | wordings | switch
    digest = fields.CharField(64)  # of the whole content
    at = fields.DatetimeField()
    by = fields.CharField(64)
    note = fields.CharField(200, default="")

    class Meta:
        table = "publications"


class ItemVersion(Model):
    """事项版本: the content of one item as once published, never changed, only retired."""

    id = fields.IntField(primary_key=True)
    version_key = fields.CharField(32, unique=True)  # code + ":" + version
    code = fields.CharField(16, db_index=True)
    version = fields.IntField()
    digest = fields.CharField(64)
    data: Any = fields.JSONField()
    published_in = fields.IntField()  # Publication.id
    retired_in = fields.IntField(null=True, db_index=True)  # Publication.id; null = in force
    checked_on = fields.DateField(null=True)  # a clerk confirmed the content; null = demo data
    checked_by = fields.CharField(64, default="")
    switched_off_at = fields.DatetimeField(null=True)

    class Meta:
        table = "item_versions"


class PowerRow(Model):
    """权责清单: from when to when the residents of a township are served for an item at which places."""

    id = fields.IntField(primary_key=True)
    power_key = fields.CharField(64, unique=True)  # code + ":" + township + ":" + first day
    code = fields.CharField(16, db_index=True)
    township_id = fields.CharField(16)
    places: Any = fields.JSONField()
    effective_from = fields.DateField()
    effective_to = fields.DateField(null=True)  # last day; null = open

    class Meta:
        table = "powers"


class OrganisationRow(Model):
    """机构: one unit of the organisation tree."""

    org_id = fields.CharField(16, primary_key=True)
    position = fields.IntField()  # order in the published table
    data: Any = fields.JSONField()

    class Meta:
        table = "organisations"


class CalendarRow(Model):
    """日历: a day that differs from the plain week, for one scope."""

    day_key = fields.CharField(32, primary_key=True)  # date + ":" + scope
    day = fields.DateField(db_index=True)
    kind = fields.CharField(16)
    name = fields.CharField(64)
    scope = fields.CharField(16)
    source = fields.CharField(200, default="")

    class Meta:
        table = "calendar_days"


class OpeningRow(Model):
    """开放安排: one order of the office that opens or closes a hall or some of its windows."""

    rule_key = fields.CharField(160, primary_key=True)  # hall, kind, window type, first day, days and start, by ":"
    position = fields.IntField()  # order in the published table
    data: Any = fields.JSONField()

    class Meta:
        table = "openings"


class MarketRow(Model):
    """街期: when one market is held."""

    market_key = fields.CharField(160, primary_key=True)  # unit + ":" + name
    position = fields.IntField()  # order in the published table
    data: Any = fields.JSONField()

    class Meta:
        table = "markets"


class Wording(Model):
    """问法: wording of a resident that a clerk linked to an item."""

    id = fields.IntField(primary_key=True)
    wording = fields.CharField(200, unique=True)  # canonical form
    code = fields.CharField(16)
    at = fields.DatetimeField()
    by = fields.CharField(64)

    class Meta:
        table = "wordings"


class Miss(Model):
    """未答问题: a question without a sure answer, once, with how often it was asked, sensitive numbers are masked."""

    id = fields.IntField(primary_key=True)
    question = fields.CharField(200, unique=True)  # canonical form
    sample = fields.CharField(200)  # as first asked, masked
    times = fields.IntField(default=1)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    township_id = fields.CharField(16, null=True)  # of the last one who asked
    suggestions: Any = fields.JSONField()  # nearest item codes, best first
    state = fields.CharField(12, default="open", db_index=True)  # open | linked | dismissed
    linked_code = fields.CharField(16, null=True)

    class Meta:
        table = "misses"


class Person(Model):
    """人: somebody known to one WeChat account, knows no name and no number."""

    id = fields.UUIDField(primary_key=True)
    identity = fields.CharField(160, unique=True)  # appid + ":" + openid
    appid = fields.CharField(64)
    openid = fields.CharField(80)
    unionid = fields.CharField(80, null=True, db_index=True)
    township_id = fields.CharField(16, null=True)
    village_id = fields.CharField(16, null=True)
    follows = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "people"


class ConversationRow(Model):
    """会话: where the talk with one person stands, ``holder`` is the message being answered, until ``held_until``."""

    identity = fields.CharField(160, primary_key=True)
    state: Any = fields.JSONField()
    holder = fields.CharField(160, null=True)
    held_until = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "conversations"


class InboxRow(Model):
    """来信: a message that was answered, so that a repeat gets the same answer, kept for a day."""

    message_key = fields.CharField(160, primary_key=True)
    identity = fields.CharField(160)
    at = fields.DatetimeField()
    turn: Any = fields.JSONField(null=True)  # masked message, kept only while it was acknowledged and not yet answered
    reply: Any = fields.JSONField(null=True)
    delivery = fields.CharField(10)  # passive | deferred | pending | sent | failed
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField(null=True, db_index=True)  # when the sweep looks at it next, null = nothing to do

    class Meta:
        table = "inbox"


class CallBack(Model):
    """回电: somebody asked for a person, a clerk calls back by the end of ``due_on``."""

    id = fields.IntField(primary_key=True)
    request_key = fields.CharField(160, unique=True)
    identity = fields.CharField(160, db_index=True)
    township_id = fields.CharField(16, null=True)
    asked_at = fields.DatetimeField()
    due_on = fields.DateField(db_index=True)
    transcript: Any = fields.JSONField()  # masked
    state = fields.CharField(10, default="open")  # open | done

    class Meta:
        table = "callbacks"


class SessionRow(Model):
    """登录: a mini-program session, only the digest of its bearer token is kept."""

    digest = fields.CharField(64, primary_key=True)
    person_id = fields.UUIDField(db_index=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "sessions"


class TokenRow(Model):
    """凭证: the access token of one WeChat account, sealed, one process refreshes it for all."""

    appid = fields.CharField(64, primary_key=True)
    sealed = fields.TextField(default="")
    expires_at = fields.DatetimeField(null=True)
    refreshing_until = fields.DatetimeField(null=True)

    class Meta:
        table = "tokens"


class ConsentEvent(Model):
    """订阅事件: what WeChat reported about subscribe messages, as raw facts for the consent ledger."""

    id = fields.IntField(primary_key=True)
    event_key = fields.CharField(200, unique=True)
    identity = fields.CharField(160, db_index=True)
    template_id = fields.CharField(64)
    outcome = fields.CharField(16)  # accept | reject | sent | failed
    at = fields.DatetimeField()

    class Meta:
        table = "consent_events"


class JournalRow(Model):
    """日志: who did what to which subject, written in the transaction of the act, never changed."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField(db_index=True)
    actor = fields.CharField(160)
    act = fields.CharField(40)
    subject = fields.CharField(160, db_index=True)
    detail: Any = fields.JSONField()

    class Meta:
        table = "journal"


class Resident(Model):
    """居民: somebody who gave name and ID number, ``reference`` is a keyed digest of the number, the rest is sealed."""

    id = fields.UUIDField(primary_key=True)
    reference = fields.CharField(64, unique=True)
    sealed_name = fields.TextField()
    sealed_number = fields.TextField()
    priority = fields.CharField(12, default="")  # a Priority, found by a clerk, 60 and older is read off the number
    person_id = fields.UUIDField(null=True, unique=True)  # the WeChat person who gave it
    created_at = fields.DatetimeField()
    verified_at = fields.DatetimeField(null=True)  # a clerk saw the card
    verified_by = fields.CharField(64, default="")

    class Meta:
        table = "residents"


class Agent(Model):
    """代办员: a WeChat person who acts for the neighbours of one village."""

    person_id = fields.UUIDField(primary_key=True)
    village_id = fields.CharField(16, db_index=True)
    since = fields.DatetimeField()
    left_at = fields.DatetimeField(null=True)  # barred from then on

    class Meta:
        table = "agents"


class BookingDay(Model):
    """预约日: what is taken of one day at one kind of window, one conditional update takes a place or finds none.

    ``taken`` maps quarters of the local day to places, a closure adds SHUT, ``online`` and ``agent`` are minutes.
    """

    day_key = fields.CharField(80, primary_key=True)  # hall + ":" + day + ":" + kind of window
    hall_id = fields.CharField(16)
    window_type = fields.CharField(32)
    day = fields.DateField(db_index=True)
    taken: Any = fields.JSONField()
    online = fields.IntField(default=0)
    agent = fields.IntField(default=0)

    class Meta:
        table = "booking_days"


class Appointment(Model):
    """预约: one resident, one item, one time, its keys are emptied when it ends, so the same can be booked again."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(16, unique=True)  # as read out
    request_key = fields.CharField(160, unique=True)  # the client key, one request is one appointment
    live_key = fields.CharField(120, unique=True, null=True)  # subject + item while live
    limit_key = fields.CharField(120, unique=True, null=True)  # subject + day + ordinal while live
    hold_key = fields.CharField(100, unique=True, null=True)  # subject while held
    subject = fields.CharField(80, db_index=True)  # "r:" + resident, or "p:" + person who gave no name yet
    person_id = fields.UUIDField(null=True, db_index=True)  # who booked and is told
    resident_id = fields.UUIDField(null=True)
    agent_id = fields.UUIDField(null=True, db_index=True)
    block_key = fields.CharField(160, null=True, db_index=True)  # the block of an agent it belongs to
    day_key = fields.CharField(80, db_index=True)
    hall_id = fields.CharField(16)
    window_type = fields.CharField(32)
    day = fields.DateField(db_index=True)
    item_code = fields.CharField(16)
    item_version = fields.IntField()
    starts_at = fields.DatetimeField()
    minutes = fields.IntField()
    channel = fields.CharField(8)
    state = fields.CharField(10)
    counted = fields.BooleanField(default=True)  # its place still stands in the booking day
    place_until = fields.DatetimeField(null=True, db_index=True)  # when the place comes back by itself
    late_cancel = fields.BooleanField(default=False)
    pardoned_by = fields.CharField(64, default="")
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "appointments"


class Waiting(Model):
    """候补: somebody who takes a place if one comes back."""

    id = fields.UUIDField(primary_key=True)
    request_key = fields.CharField(160, unique=True)
    live_key = fields.CharField(120, unique=True, null=True)  # subject + item while waiting or offered
    subject = fields.CharField(80)
    person_id = fields.UUIDField(db_index=True)
    resident_id = fields.UUIDField(null=True)
    day_key = fields.CharField(80, db_index=True)
    hall_id = fields.CharField(16)
    window_type = fields.CharField(32)
    day = fields.DateField()
    half = fields.CharField(4, default="")  # am | pm | empty for the whole day
    item_code = fields.CharField(16)
    item_version = fields.IntField()
    minutes = fields.IntField()
    state = fields.CharField(10, db_index=True)  # waiting | offered | taken | lapsed | left
    appointment_id = fields.UUIDField(null=True)  # the hold that was offered
    created_at = fields.DatetimeField()

    class Meta:
        table = "waiting_list"


class Notice(Model):
    """通知: what one person is told about one event, written with the event and sent afterwards."""

    id = fields.IntField(primary_key=True)
    event_key = fields.CharField(160, unique=True)  # event + person, one event tells a person once
    kind = fields.CharField(24)
    person_id = fields.UUIDField(db_index=True)
    subject = fields.CharField(80, db_index=True)  # e.g. "appointment:" + id
    data: Any = fields.JSONField()  # plain values for the sentence, no personal data
    due_at = fields.DatetimeField(null=True, db_index=True)  # null = settled
    state = fields.CharField(10)  # waiting | sent | dropped | failed
    attempts = fields.IntField(default=0)
    reason = fields.CharField(64, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "notices"
