"""The booking part of the route table (预约接口)."""

from __future__ import annotations

from api import appointments, me, tickets
from api.routing import Endpoint, Parameter, Role

_KEY = Parameter("Idempotency-Key", "header", "同一次提交重发时不变", required=True)
_ID = Parameter("id", "path", "编号")
_TAKING = (
    "slot_taken",
    "no_such_slot",
    "not_bookable",
    "already_booked",
    "day_limit_reached",
    "too_many_ahead",
    "online_booking_paused",
    "item_missing",
    "township_missing",
    "idempotency_key_needed",
    "idempotency_key_reused",
)


def endpoints() -> tuple[Endpoint, ...]:
    """Give the endpoints of halls, appointments, blocks, the waiting list, the line, and of who one is."""
    return (*_slots(), *_appointments(), *_waiting(), *_line(), *_person())


def _slots() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "GET",
            "/api/v1/items/{code}/slots",
            appointments.slots,
            Role.PUBLIC,
            "哪些时间能约",
            response=appointments.Slots,
            parameters=(
                Parameter("code", "path", "事项编码,如 HJ-001"),
                Parameter("township", "query", "乡镇编号或名称", required=True),
            ),
            refusals=("item_missing", "township_missing", "not_bookable"),
        ),
    )


def _appointments() -> tuple[Endpoint, ...]:
    shown, listed = appointments.AppointmentData, appointments.Appointments
    return (
        Endpoint(
            "POST",
            "/api/v1/holds",
            appointments.hold,
            Role.CITIZEN,
            "先留一个位置",
            body=appointments.Choose,
            response=shown,
            status=201,
            parameters=(_KEY,),
            refusals=_TAKING,
        ),
        Endpoint(
            "POST",
            "/api/v1/appointments",
            appointments.book,
            Role.CITIZEN,
            "预约",
            body=appointments.Choose,
            response=shown,
            status=201,
            parameters=(_KEY,),
            refusals=_TAKING,
        ),
        Endpoint("GET", "/api/v1/appointments", appointments.mine, Role.CITIZEN, "我的预约", response=listed),
        Endpoint(
            "GET",
            "/api/v1/appointments/{id}",
            appointments.one,
            Role.CITIZEN,
            "一个预约",
            response=shown,
            parameters=(_ID,),
            refusals=("appointment_missing",),
        ),
        Endpoint(
            "POST",
            "/api/v1/appointments/{id}/confirm",
            appointments.confirm,
            Role.CITIZEN,
            "确认留着的位置",
            response=shown,
            parameters=(_ID,),
            refusals=("appointment_missing", "hold_over", "appointment_over"),
        ),
        Endpoint(
            "POST",
            "/api/v1/appointments/{id}/cancel",
            appointments.cancel,
            Role.CITIZEN,
            "取消预约",
            response=shown,
            parameters=(_ID,),
            refusals=("appointment_missing", "appointment_over", "appointment_moved"),
        ),
        Endpoint(
            "POST",
            "/api/v1/appointments/{id}/move",
            appointments.move,
            Role.CITIZEN,
            "改时间",
            body=appointments.Move,
            response=shown,
            parameters=(_ID,),
            refusals=(
                "appointment_missing",
                "slot_taken",
                "no_such_slot",
                "day_limit_reached",
                "appointment_over",
                "appointment_moved",
            ),
        ),
        Endpoint(
            "POST",
            "/api/v1/blocks",
            appointments.book_block,
            Role.AGENT,
            "代办员给几个乡亲一起约",
            body=appointments.Block,
            response=listed,
            status=201,
            parameters=(_KEY,),
            refusals=(*_TAKING, "not_an_agent", "block_too_large", "id_number_wrong"),
        ),
    )


def _waiting() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "POST",
            "/api/v1/waiting",
            appointments.wait,
            Role.CITIZEN,
            "候补",
            body=appointments.WaitFor,
            response=appointments.WaitingData,
            status=201,
            parameters=(_KEY,),
            refusals=(
                "already_waiting",
                "still_free",
                "too_many_waits",
                "no_such_slot",
                "not_bookable",
                "item_missing",
                "township_missing",
            ),
        ),
        Endpoint(
            "GET", "/api/v1/waiting", appointments.waits, Role.CITIZEN, "我的候补", response=appointments.WaitingList
        ),
        Endpoint(
            "POST",
            "/api/v1/waiting/{id}/leave",
            appointments.stop_waiting,
            Role.CITIZEN,
            "不等了",
            response=appointments.WaitingList,
            parameters=(_ID,),
            refusals=("appointment_missing",),
        ),
    )


def _line() -> tuple[Endpoint, ...]:
    shown = tickets.TicketData
    return (
        Endpoint("GET", "/api/v1/halls", tickets.halls, Role.PUBLIC, "大厅、窗口和开门时间", response=tickets.Halls),
        Endpoint(
            "POST",
            "/api/v1/tickets",
            tickets.draw,
            Role.CITIZEN,
            "到大厅取号",
            body=tickets.Draw,
            response=shown,
            status=201,
            parameters=(_KEY,),
            refusals=(
                "numbers_gone",
                "no_window_here",
                "appointment_missing",
                "appointment_over",
                "check_in_too_early",
                "check_in_over",
                "idempotency_key_needed",
                "idempotency_key_reused",
            ),
        ),
        Endpoint("GET", "/api/v1/tickets", tickets.my_tickets, Role.CITIZEN, "我今天的号", response=tickets.Tickets),
        Endpoint(
            "GET",
            "/api/v1/tickets/{id}",
            tickets.place,
            Role.CITIZEN,
            "前面还有几个人",
            response=shown,
            parameters=(_ID,),
            refusals=("ticket_missing",),
        ),
        Endpoint(
            "POST",
            "/api/v1/tickets/{id}/leave",
            tickets.leave,
            Role.CITIZEN,
            "不排了",
            response=shown,
            parameters=(_ID,),
            refusals=("ticket_missing", "ticket_over", "ticket_busy"),
        ),
    )


def _person() -> tuple[Endpoint, ...]:
    return (
        Endpoint("GET", "/api/v1/me", me.me, Role.CITIZEN, "我是谁", response=me.Me),
        Endpoint(
            "PUT",
            "/api/v1/me/identity",
            me.declare,
            Role.CITIZEN,
            "登记姓名和身份证号",
            body=me.Declare,
            response=me.Me,
            refusals=("id_number_wrong", "identity_taken"),
        ),
    )
