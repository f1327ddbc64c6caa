"""A faithful fake of api.weixin.qq.com and of its message pushes (微信公众平台), spoken over real HTTP.

Written from the platform's description alone. It may import nothing of the product and no WeChat library, for a
mistake shared with them would be invisible.
"""

from .fake import FakeWeixin
from .ledger import Delivered, Request
from .pushing import Delivery, PushResult

__all__ = ["Delivered", "Delivery", "FakeWeixin", "PushResult", "Request"]
