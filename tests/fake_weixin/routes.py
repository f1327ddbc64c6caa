"""The table of the API: which method and path, for which kind of account, served by whom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .custom import CustomService
from .links import Links
from .login import Login
from .media import Media
from .notices import Notices
from .quotas import Quotas
from .safety import Safety
from .tokens import Tokens
from .world import World


@dataclass(frozen=True)
class Api:
    """One endpoint. An open one proves itself by appid and secret, not by a token, and counts its own quota.

    `serial` marks sends of which two at a time to one openid are refused.
    """

    method: str
    serve: Callable[..., Any]
    kinds: str = "oa mp"
    open: bool = False
    serial: bool = False
    multipart: bool = False


class Platform:
    """The parts of the platform, wired together over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.quotas = Quotas(world.clock)
        self.tokens = Tokens(world, self.quotas)
        self.login = Login(world, self.tokens)
        self.media = Media(world)
        self.custom = CustomService(world, self.media)
        self.notices = Notices(world)
        self.safety = Safety(world)
        self.links = Links(world)
        self.apis = self.credential_apis() | self.conversation_apis() | self.content_apis()

    def credential_apis(self) -> dict[str, Api]:
        """Tokens, login and phone numbers."""
        return {
            "/cgi-bin/token": Api("GET", self.tokens.classic, open=True),
            "/cgi-bin/stable_token": Api("POST", self.tokens.stable, open=True),
            "/cgi-bin/clear_quota": Api("POST", self.quotas.clear),
            "/cgi-bin/getcallbackip": Api("GET", lambda call: {"ip_list": ["127.0.0.1"]}),
            "/sns/jscode2session": Api("GET", self.login.session, open=True),
            "/sns/oauth2/access_token": Api("GET", self.login.oauth_token, open=True),
            "/wxa/checksession": Api("GET", self.login.check_session, "mp"),
            "/wxa/business/getuserphonenumber": Api("POST", self.login.phone_number, "mp"),
        }

    def conversation_apis(self) -> dict[str, Api]:
        """Customer service, notices and media."""
        return {
            "/cgi-bin/message/custom/send": Api("POST", self.custom.send),
            "/cgi-bin/message/custom/typing": Api("POST", self.custom.typing, "oa"),
            "/cgi-bin/message/custom/business/typing": Api("POST", self.custom.typing, "mp"),
            "/cgi-bin/message/subscribe/send": Api("POST", self.notices.send_subscribe, "mp", serial=True),
            "/cgi-bin/message/subscribe/bizsend": Api("POST", self.notices.send_business, "oa", serial=True),
            "/cgi-bin/message/template/send": Api("POST", self.notices.send_template, "oa"),
            "/wxaapi/newtmpl/gettemplate": Api("GET", self.notices.listing),
            "/cgi-bin/media/upload": Api("POST", self.media.upload, multipart=True),
            "/cgi-bin/media/get": Api("GET", self.media.fetch),
        }

    def content_apis(self) -> dict[str, Api]:
        """Safety, codes, links and the menu."""
        return {
            "/wxa/msg_sec_check": Api("POST", self.safety.check_text, "mp"),
            "/wxa/media_check_async": Api("POST", self.safety.check_media, "mp"),
            "/cgi-bin/qrcode/create": Api("POST", self.links.create_qrcode, "oa"),
            "/wxa/getwxacodeunlimit": Api("POST", self.links.wxacode, "mp"),
            "/wxa/generate_urllink": Api("POST", self.links.url_link, "mp"),
            "/wxa/generatescheme": Api("POST", self.links.scheme, "mp"),
            "/cgi-bin/menu/create": Api("POST", self.links.create_menu, "oa"),
            "/cgi-bin/menu/get": Api("GET", self.links.get_menu, "oa"),
            "/cgi-bin/menu/delete": Api("GET", self.links.delete_menu, "oa"),
        }
