"""Refusals (拒绝): why something may not be done, in a sentence for the person who asked.

::

    Refusal
    ├── Missing      it does not exist, or not for you            → 404
    ├── Forbidden    you may not                                   → 403
    │   └── Unauthenticated   we do not know who you are           → 401
    ├── Conflict     it was possible a moment ago                  → 409
    ├── Invalid      the request itself is wrong                   → 422
    └── TooMany      too often                                     → 429

A refusal knows nothing of HTTP: ``api/errors.py`` maps the parents to statuses, the bot speaks the sentence.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class Refusal(Exception):
    """A "no" that is nobody's fault; ``code`` is stable, ``sentence`` is Chinese and says what to do next."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "这件事现在办不了,请稍后再试或联系工作人员。"

    def __init__(self, sentence: str | None = None, *, field: str | None = None) -> None:
        self.message = sentence or self.sentence
        self.field = field
        self.alternatives: tuple[datetime, ...] = ()
        """Times that would do instead, the nearest first."""
        super().__init__(self.message)


class Missing(Refusal):
    """It does not exist, or not for the one who asked."""

    code = "missing"
    sentence = "没有找到,请核对后再试。"


class Forbidden(Refusal):
    """The one who asked may not."""

    code = "forbidden"
    sentence = "您没有这个权限。如需要,请联系大厅管理员。"


class Unauthenticated(Forbidden):
    """Nobody is signed in, or the session has ended."""

    code = "unauthenticated"
    sentence = "登录已过期,请退出小程序重新进入。"


class Conflict(Refusal):
    """Somebody or the clock was faster."""

    code = "conflict"
    sentence = "情况刚刚有变化,请刷新后再试。"


class Invalid(Refusal):
    """The request itself is wrong; ``field`` names the part."""

    code = "invalid"
    sentence = "填写的内容有误,请检查后再提交。"


class TooMany(Refusal):
    """Asked too often; ``retry_after`` is in seconds."""

    code = "too_many_requests"
    sentence = "操作太频繁了,请等一分钟再试。"

    def __init__(self, retry_after: int, sentence: str | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class ItemMissing(Missing):
    """No such service item in force."""

    code = "item_missing"
    sentence = "没有这个事项,可能已停办。请换个说法再问,或联系窗口。"


class TownshipMissing(Missing):
    """No such township among those served."""

    code = "township_missing"
    sentence = "没有这个乡镇,请从列表里选一个。"


class NothingPublished(Conflict):
    """The catalogue is empty: nothing has been published yet."""

    code = "nothing_published"
    sentence = "办事指南还没有发布,请稍后再来或拨打12345。"


class LoginCodeRefused(Unauthenticated):
    """WeChat does not accept the wx.login code (invalid, used or older than five minutes)."""

    code = "login_code_refused"
    sentence = "微信登录没有成功,请退出小程序重新进入。"


class LoginBlocked(Forbidden):
    """WeChat marks the account as high-risk (40226)."""

    code = "login_blocked"
    sentence = "微信提示此账号有风险,暂时不能登录。请到窗口办理或拨打12345。"


class WeChatUnreachable(Conflict):
    """WeChat does not answer; nothing was changed."""

    code = "wechat_unreachable"
    sentence = "微信那边暂时没有回应,请过一会儿再试。"


class IdempotencyKeyNeeded(Invalid):
    """A request that creates something came without an Idempotency-Key header."""

    code = "idempotency_key_needed"
    sentence = "请求缺少 Idempotency-Key,请升级小程序后再试。"


class IdempotencyKeyReused(Conflict):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    sentence = "这次提交和上一次的编号相同但内容不同,请返回重新填写。"


class PublicationRaced(Conflict):
    """Somebody else published meanwhile."""

    code = "publication_raced"
    sentence = "刚刚有人发布了新版本,请重新核对差异后再发布。"


class MissMissing(Missing):
    """No such entry on the list of unanswered questions."""

    code = "miss_missing"
    sentence = "没有这条未答问题,可能已被处理。"


class MessageStillRunning(Conflict):
    """An earlier message of the same person is still being answered."""

    code = "message_still_running"
    sentence = "上一条消息还在处理,请稍等几秒。"


class AppointmentMissing(Missing):
    """No such appointment, or it is somebody else's."""

    code = "appointment_missing"
    sentence = "没有找到这个预约,请核对预约号。"


class NotBookable(Invalid):
    """The item has no window that can be booked, or not for this township."""

    code = "not_bookable"
    sentence = "这个事项不用预约,上班时间直接去就行。"


class NoSuchSlot(Invalid):
    """The hall does not serve at that time, or it lies outside the days that can be booked."""

    code = "no_such_slot"
    sentence = "这个时间约不了,请换一个时间。"


class SlotTaken(Conflict):
    """Somebody else was faster."""

    code = "slot_taken"
    sentence = "这个时间刚刚约满了,请换一个时间,或者上班时间直接去取号。"


class AlreadyBooked(Conflict):
    """The resident has a live appointment for the same item."""

    code = "already_booked"
    sentence = "这件事已经约过了。要换时间请改约,不去了请取消。"


class DayLimitReached(Conflict):
    """The resident has as many appointments on that day as anybody may have."""

    code = "day_limit_reached"
    sentence = "这一天已经约满两个了,请换一天,或者到窗口一起办。"


class TooManyAhead(Conflict):
    """The resident has as many appointments ahead as anybody may have."""

    code = "too_many_ahead"
    sentence = "手上的预约已经够多了,先办完或者取消一个再约。"


class TooManyWaits(Conflict):
    """The person waits for as many places as anybody may."""

    code = "too_many_waits"
    sentence = "您的候补已经够多了,先退掉一个再候补。"


class StillFree(Conflict):
    """Nobody waits for a day on which there is room."""

    code = "still_free"
    sentence = "那天还有空位,不用等,直接约就行。"


class OnlineBookingPaused(Forbidden):
    """Too many appointments missed lately; every other way stays open."""

    code = "online_booking_paused"
    sentence = "最近几次约了没来,网上预约先停一停。您可以直接到大厅取号,或者请代办员帮忙。"


class HoldOver(Conflict):
    """The place was kept for a while and the time is over."""

    code = "hold_over"
    sentence = "给您留的位置过了时间,请再选一次。"


class AppointmentOver(Conflict):
    """It was cancelled, used or missed before."""

    code = "appointment_over"
    sentence = "这个预约已经结束了,不能再改。需要的话请重新预约。"


class AppointmentMoved(Conflict):
    """It was changed meanwhile, by its owner elsewhere or by a clerk."""

    code = "appointment_moved"
    sentence = "这个预约刚刚改过,请看一下最新的时间。"


class AlreadyWaiting(Conflict):
    """The resident is on the waiting list for the same item."""

    code = "already_waiting"
    sentence = "您已经在候补了,有位置会通知您。"


class NotAnAgent(Forbidden):
    """Only a village agent in office may do this."""

    code = "not_an_agent"
    sentence = "只有在岗的村代办员能这样办。需要代办请联系本村代办员。"


class BlockTooLarge(Invalid):
    """More residents than one block takes, none, or one twice."""

    code = "block_too_large"
    sentence = "一次代约的人数不对,请核对名单后再提交。"


class IdNumberWrong(Invalid):
    """The check digit of an ID number does not fit."""

    code = "id_number_wrong"
    sentence = "身份证号不对,请对着身份证再填一次。"


class IdentityTaken(Conflict):
    """Another WeChat account gave the same ID number, or this one gave another before."""

    code = "identity_taken"
    sentence = "这个身份证号已经在另一个微信登记过,请带身份证到窗口核实。"


class TicketMissing(Missing):
    """No such number in this hall today."""

    code = "ticket_missing"
    sentence = "今天没有这个号,请核对号码,或者重新取号。"


class NoWindowHere(Missing):
    """The hall has no window of that kind."""

    code = "no_window_here"
    sentence = "这个大厅没有这类窗口,请问一下导办人员该去哪里。"


class NumbersGone(Conflict):
    """Whoever draws now could not be served before the hall closes."""

    code = "numbers_gone"
    sentence = "今天的号已经发完了,现在排也办不到了。请预约其他时间,或者下一个工作日早些来取号。"


class CheckInTooEarly(Conflict):
    """Somebody with an appointment comes long before its time."""

    code = "check_in_too_early"
    sentence = "还没到签到时间,请在预约时间前15分钟以内再来签到。"

    @classmethod
    def before(cls, clock: str) -> CheckInTooEarly:
        """Say from when on they may check in, in local time."""
        return cls(f"还没到签到时间,请{clock}以后再来签到。")


class CheckInOver(Conflict):
    """The half-day of the appointment is over."""

    code = "check_in_over"
    sentence = "预约的时间已经过了,不能再签到。要办的话请现场取号,或者重新预约。"


class TicketOver(Conflict):
    """The ticket was served, given up or missed twice."""

    code = "ticket_over"
    sentence = "这个号已经用完了。还要办事请重新取号。"


class TicketBusy(Conflict):
    """In its present state the ticket does not allow that."""

    code = "ticket_busy"
    sentence = "这个号现在不能这样操作,可能同事刚刚处理过。请刷新看看最新情况。"


class NotCalledEnough(Conflict):
    """Nobody is passed over before the third call."""

    code = "not_called_enough"
    sentence = "叫满三遍才能算过号,请再叫一遍。"


class ReadmittedBefore(Conflict):
    """Missed a second time: there is no third chance with the same number."""

    code = "readmitted_before"
    sentence = "这个号已经过了两次,不能再排回来。请重新取号。"


class WindowBusy(Conflict):
    """The window still serves somebody."""

    code = "window_busy"
    sentence = "这个窗口手上的号还没办完。请先办结、挂起或转走,再叫下一个。"
