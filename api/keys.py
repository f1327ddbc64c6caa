"""Typed application keys: what a handler may take from the application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from api.limits import Limiter
from api.metrics import Metrics
from bot.frontdesk import FrontDesk
from bot.gateway import Gateway
from bot.late import LateAnswers
from bot.notifier import Notifier
from bot.shelf import Shelf
from config.settings import Settings
from models.booking_office import BookingOffice
from models.database import Database
from models.reception import Reception
from models.sealing import Sealer

SETTINGS = web.AppKey("settings", Settings)
CLOCK: web.AppKey[Callable[[], datetime]] = web.AppKey("clock")
DATABASE = web.AppKey("database", Database)
SHELF = web.AppKey("shelf", Shelf)
GATEWAY = web.AppKey("gateway", Gateway)
FRONTDESK = web.AppKey("frontdesk", FrontDesk)
LATE = web.AppKey("late", LateAnswers)
METRICS = web.AppKey("metrics", Metrics)
PERSON_LIMIT = web.AppKey("person_limit", Limiter)
ADDRESS_LIMIT = web.AppKey("address_limit", Limiter)
BOOKINGS = web.AppKey("bookings", BookingOffice)
SEALER = web.AppKey("sealer", Sealer)
NOTIFIER = web.AppKey("notifier", Notifier)
RECEPTION = web.AppKey("reception", Reception)
