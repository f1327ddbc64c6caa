"""Verbs of the catalogue (事项): publish items, organisations and the calendar; load what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from knowledge.catalogue import Catalogue, PublishedItem, ServiceItem, item_from_data
from knowledge.hall import Calendar, CalendarDay, DayKind, Scope
from knowledge.organisations import Organisation, Organisations, organisation_from_data
from models import journal, openings, publications
from models.database import Database, transaction
from models.rules.errors import ItemMissing, PublicationRaced
from models.rules.items import Power, Published, plan_calendar, plan_publishing
from models.tables import CalendarRow, ItemVersion, OrganisationRow, PowerRow, Wording


async def load_published(database: Database) -> Published:
    """Read what is in force, all of it from one moment."""
    async with transaction(database):
        if database.engine == "postgres":  # SQLite reads from one moment by itself
            await database.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        publication = await publications.latest(database)
        entries = {
            row.code: PublishedItem(item_from_data(row.data), row.version, row.checked_on, row.switched_off_at)
            for row in await ItemVersion.filter(retired_in=None).order_by("id")
        }
        units = [organisation_from_data(row.data) for row in await OrganisationRow.all().order_by("position")]
        days = [_day(row) for row in await CalendarRow.all().order_by("day")]
        powers = tuple(_power(row) for row in await PowerRow.all())
        opened = await openings.load_openings()
        wordings = tuple((row.wording, row.code) for row in await Wording.all().order_by("id"))
    return Published(
        publication=publication,
        catalogue=Catalogue(dict(sorted(entries.items(), key=lambda pair: pair[1].item.code)), publication),
        organisations=Organisations({unit.org_id: unit for unit in units}),
        calendar=Calendar.of(tuple(days)),
        powers=powers,
        wordings=wordings,
        openings=opened,
    )


def _day(row: CalendarRow) -> CalendarDay:
    return CalendarDay(row.day, DayKind(row.kind), row.name, Scope(row.scope), row.source)


def _power(row: PowerRow) -> Power:
    return Power(row.code, row.township_id, tuple(row.places), row.effective_from, row.effective_to)


async def item_version(code: str, version: int) -> PublishedItem:
    """Give an item as it was in one version, in force or not; raise :class:`ItemMissing`."""
    row = await ItemVersion.get_or_none(version_key=f"{code}:{version}")
    if row is None:
        raise ItemMissing
    return PublishedItem(item_from_data(row.data), row.version, row.checked_on, row.switched_off_at)


async def publish_items(
    database: Database,
    items: Sequence[ServiceItem],
    *,
    by: str,
    now: datetime,
    today: date,
    note: str = "",
    expected: int | None = None,
) -> int:
    """Make ``items`` the whole catalogue and give the publication's number.

    Unchanged items keep their version and their check by a clerk. ``expected`` is the publication that the
    publisher compared with; raise :class:`PublicationRaced` if another came between.
    """
    async with transaction(database):
        await publications.begin(database)
        if expected is not None and await publications.latest(database) != expected:
            raise PublicationRaced
        rows = await ItemVersion.filter(retired_in=None)
        plan = plan_publishing({row.code: row.digest for row in rows}, items)
        digest = publications.digest_of(item.digest() for item in items)
        publication = await publications.announce("items", digest, by=by, now=now, note=note)
        await ItemVersion.filter(retired_in=None, code__in=list(plan.retired)).update(retired_in=publication)
        last = await _last_versions(database)
        off = {row.code: row.switched_off_at for row in rows}
        await ItemVersion.bulk_create(
            ItemVersion(
                version_key=f"{item.code}:{last.get(item.code, 0) + 1}",
                code=item.code,
                version=last.get(item.code, 0) + 1,
                digest=item.digest(),
                data=item.to_data(),
                published_in=publication,
                switched_off_at=off.get(item.code),  # new content does not bring back what a clerk took out
            )
            for item in plan.fresh
        )
        await _replace_powers(items, today)
        detail = {"items": len(items), "fresh": len(plan.fresh), "retired": len(plan.retired)}
        await journal.record(by, "catalogue.publish", f"publication:{publication}", now=now, detail=detail)
    return publication


async def _last_versions(database: Database) -> dict[str, int]:
    rows = await database.rows("SELECT code, MAX(version) AS newest FROM item_versions GROUP BY code")
    return {row["code"]: row["newest"] for row in rows}


async def _replace_powers(items: Iterable[ServiceItem], today: date) -> None:
    """Write the places of ``items`` as powers from today on; one that did not change keeps its first day."""
    held = {(row.code, row.township_id): row for row in await PowerRow.filter(effective_to=None)}
    wanted = {(item.code, township): places for item in items for township, places in item.places.items()}
    for key, row in held.items():
        if tuple(wanted.get(key, ())) != tuple(row.places):
            if row.effective_from >= today:
                await row.delete()
            else:
                row.effective_to = today - timedelta(days=1)
                await row.save()
    fresh = {
        key: places for key, places in wanted.items() if key not in held or tuple(held[key].places) != tuple(places)
    }
    powers = [Power(code, township, tuple(places), today) for (code, township), places in fresh.items()]
    await PowerRow.bulk_create(
        PowerRow(
            power_key=power.key,
            code=power.code,
            township_id=power.township_id,
            places=list(power.places),
            effective_from=power.effective_from,
        )
        for power in powers
    )


async def publish_organisations(
    database: Database, units: Sequence[Organisation], *, by: str, now: datetime, note: str = ""
) -> int:
    """Make ``units`` the whole organisation tree and give the publication's number."""
    rows = [OrganisationRow(org_id=unit.org_id, position=at, data=unit.to_data()) for at, unit in enumerate(units)]
    return await publications.replace_table(
        database, "organisations", OrganisationRow, rows, counted="units", by=by, now=now, note=note
    )


async def publish_calendar(
    database: Database, days: Sequence[CalendarDay], *, by: str, now: datetime, note: str = ""
) -> int:
    """Make ``days`` the calendar of the years and scopes that they tell, and give the publication's number.

    Next year's notice leaves this year as it is, a national notice the prefecture's own days.
    """
    async with transaction(database):
        await publications.begin(database)
        plan = plan_calendar([_day(row) for row in await CalendarRow.all()], days)
        await CalendarRow.filter(day_key__in=[_day_key(day) for day in plan.gone]).delete()
        await CalendarRow.bulk_create(
            CalendarRow(
                day_key=_day_key(day),
                day=day.day,
                kind=day.kind.value,
                name=day.name,
                scope=day.scope.value,
                source=day.source,
            )
            for day in plan.fresh
        )
        digest = publications.digest_of(publications.text_of(asdict(day)) for day in days)
        publication = await publications.announce("calendar", digest, by=by, now=now, note=note)
        detail = {"days": len(days), "fresh": len(plan.fresh), "gone": len(plan.gone)}
        await journal.record(by, "calendar.publish", f"publication:{publication}", now=now, detail=detail)
    return publication


def _day_key(day: CalendarDay) -> str:
    return f"{day.day.isoformat()}:{day.scope.value}"


async def switch_off(database: Database, code: str, *, by: str, now: datetime) -> int:
    """Take an item out of every answer at once, without a new version; raise :class:`ItemMissing`."""
    return await _switch(database, code, now, "item.switch_off", by=by, now=now)


async def switch_on(database: Database, code: str, *, by: str, now: datetime) -> int:
    """Bring a switched-off item back; raise :class:`ItemMissing`."""
    return await _switch(database, code, None, "item.switch_on", by=by, now=now)


async def _switch(database: Database, code: str, at: datetime | None, act: str, *, by: str, now: datetime) -> int:
    async with transaction(database):
        await publications.begin(database)
        if not await ItemVersion.filter(code=code, retired_in=None).update(switched_off_at=at):
            raise _unknown(code)
        publication = await publications.announce("switch", publications.digest_of([code, act]), by=by, now=now)
        await journal.record(by, act, f"item:{code}", now=now)
    return publication


async def confirm_item(database: Database, code: str, *, by: str, now: datetime, today: date) -> int:
    """Note that a clerk checked the content in force: the demo-data line goes; raise :class:`ItemMissing`."""
    async with transaction(database):
        await publications.begin(database)
        if not await ItemVersion.filter(code=code, retired_in=None).update(checked_on=today, checked_by=by):
            raise _unknown(code)
        digest = publications.digest_of([code, "checked", today.isoformat()])
        publication = await publications.announce("switch", digest, by=by, now=now)
        await journal.record(by, "item.confirm", f"item:{code}", now=now)
    return publication


def _unknown(code: str) -> ItemMissing:
    return ItemMissing(f"没有编码为{code}的事项,请核对编码后再试。")
