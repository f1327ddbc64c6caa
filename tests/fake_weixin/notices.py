"""Subscription messages (订阅消息) and template messages (模板消息): consents, field rules, delivery, result events."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from . import fields
from .errors import Refused
from .world import Call, User, World

CLIENT_ID_SECONDS = 600
STATES = ("developer", "trial", "formal")


@dataclass(frozen=True)
class Template:
    """A template chosen in the console; its keys are type plus index. `title` is for the listing."""

    template_id: str
    fields: dict[str, Any]
    long_term: bool = False
    title: str = ""


@dataclass
class Consent:
    """What a user has agreed to for one template: a balance, or for a long-term template a lasting yes."""

    balance: int = 0
    refused: bool = False


@dataclass
class Notices:
    """Send notices to users who agreed, one message per consent of a one-time template."""

    world: World
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    consents: dict[tuple[str, str, str], Consent] = field(default_factory=dict)
    recent: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)

    def add_template(
        self,
        appid: str,
        template_id: str,
        *,
        fields_by_key: dict[str, Any],
        long_term: bool = False,
        title: str = "",
    ) -> None:
        """Choose a template for the account; an unknown field type is a mistake of the test."""
        for field_type in fields_by_key.values():
            if isinstance(field_type, str) and field_type not in fields.RULES:
                raise ValueError(f"unknown field type {field_type}")
        self.world.account(appid)
        self.templates[appid, template_id] = Template(template_id, dict(fields_by_key), long_term, title)

    def grant(self, appid: str, openid: str, template_id: str, *, n: int = 1) -> None:
        """Act as the user who agrees n times; consents accumulate and never expire."""
        self.world.user(appid, openid)
        consent = self.consents.setdefault((appid, openid, template_id), Consent())
        consent.balance += n
        consent.refused = False

    def refuse(self, appid: str, openid: str, template_id: str) -> None:
        """Act as the user who switches the notice off; the balance is of no use until the next yes."""
        self.world.user(appid, openid)
        self.consents.setdefault((appid, openid, template_id), Consent()).refused = True

    def balance(self, appid: str, openid: str, template_id: str) -> int:
        """Tell the remaining consents. The real platform has no such question: for assertions only."""
        return self.consents.get((appid, openid, template_id), Consent()).balance

    async def send_subscribe(self, call: Call) -> dict[str, Any]:
        """Deliver a mini-program's subscription message and give its msgid; then push subscribe_msg_sent_event.

        Refuses 43108 on overlapping sends to one openid, 40037, 40003, 40097, 47003, 41030, 45168 and 43101.
        A refused send costs no consent.
        """
        msgid = await self._subscribe(call)
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    async def send_business(self, call: Call) -> dict[str, Any]:
        """Deliver an Official Account's subscription notice (bizsend); refusals as for the mini-program."""
        msgid = await self._subscribe(call)
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def send_template(self, call: Call) -> dict[str, Any]:
        """Deliver a template message to a follower and push TEMPLATESENDJOBFINISH.

        A repeated client_msg_id of the same openid within ten minutes delivers nothing more and gives the first msgid.
        Refuses 48001, 40037, 40003, 43004, 47003, 45168.
        """
        if not call.account.verified:
            raise Refused(48001)
        template = self._template(call)
        user = self.world.addressee(call)
        if not user.follower:
            raise Refused(43004)
        self._check_content(template, call)
        earlier = self._earlier(user, call.body.get("client_msg_id"))
        if earlier is not None:
            return {"errcode": 0, "errmsg": "ok", "msgid": earlier}
        msgid = self._deliver(user, "template", call)
        self.world.announce(user, {"Event": "TEMPLATESENDJOBFINISH", "MsgID": msgid, "Status": "success"})
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def listing(self, call: Call) -> dict[str, Any]:
        """List the account's templates: type 2 is one-time, 3 long-term."""
        mine = [template for (appid, _), template in self.templates.items() if appid == call.account.appid]
        return {"errcode": 0, "errmsg": "ok", "data": [listed(template) for template in mine]}

    async def _subscribe(self, call: Call) -> int:
        if call.overlapping:
            raise Refused(43108)
        # A real send takes a moment, and the moment is what makes two of them overlap.
        await asyncio.sleep(0.005)
        template = self._template(call)
        user = self.world.addressee(call)
        self._check_content(template, call)
        self._check_page(call)
        self._consume(user, template)
        msgid = self._deliver(user, "subscribe", call)
        sent = {"TemplateId": template.template_id, "MsgID": str(msgid), "ErrorCode": 0, "ErrorStatus": "success"}
        self.world.announce(user, {"Event": "subscribe_msg_sent_event", "List": [sent]})
        return msgid

    def _template(self, call: Call) -> Template:
        template = self.templates.get((call.account.appid, str(call.body.get("template_id"))))
        if template is None:
            raise Refused(40037)
        return template

    def _check_content(self, template: Template, call: Call) -> None:
        data = call.body.get("data")
        trouble = fields.complaint(template.fields, data)
        if trouble is not None or not isinstance(data, dict):
            raise Refused(47003, trouble or "")
        text = "\n".join(given["value"] for given in data.values())
        if any(word in text for word in self.world.sensitive_words):
            raise Refused(45168)

    def _check_page(self, call: Call) -> None:
        """Pages of the developer and trial versions are not in the release and are not checked against it."""
        state = call.body.get("miniprogram_state", "formal")
        if state not in STATES:
            raise Refused(40097)
        page = call.body.get("page")
        if call.account.kind == "mp" and page and state == "formal" and not call.account.has_page(str(page)):
            raise Refused(41030)

    def _consume(self, user: User, template: Template) -> None:
        consent = self.consents.get((user.appid, user.openid, template.template_id), Consent())
        if consent.refused or consent.balance == 0:
            raise Refused(43101)
        if not template.long_term:
            consent.balance -= 1

    def _deliver(self, user: User, kind: str, call: Call) -> int:
        msgid = self.world.fresh_id()
        self.world.deliver(user, kind, call.body, msgid=msgid)
        client_id = call.body.get("client_msg_id")
        if client_id:
            self.recent[user.appid, user.openid, str(client_id)] = (self.world.clock.now(), msgid)
        return msgid

    def _earlier(self, user: User, client_id: object) -> int | None:
        at, msgid = self.recent.get((user.appid, user.openid, str(client_id)), (float("-inf"), 0))
        return msgid if self.world.clock.now() - at < CLIENT_ID_SECONDS else None


def listed(template: Template) -> dict[str, Any]:
    """Show a template as the console lists it."""
    content = "\n".join(f"{key}:{{{{{key}.DATA}}}}" for key in template.fields)
    kind = 3 if template.long_term else 2
    return {"priTmplId": template.template_id, "title": template.title, "content": content, "type": kind}
