"""Verbs of residents (居民): who gave name and ID number; sealed at rest, found again by a keyed digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import journal
from models.database import Database, transaction
from models.rules.errors import IdentityTaken, IdNumberWrong, Invalid
from models.rules.people import is_elder, is_id_number, is_name, mask_name, mask_number
from models.sealing import Sealer
from models.tables import Resident

ABOUT = "residents:number"


@dataclass(frozen=True, slots=True)
class KnownResident:
    """A resident as others may see them."""

    id: UUID
    masked_name: str
    masked_number: str
    has_priority: bool
    """60 and older, or found by a clerk (绿色通道)."""
    verified: bool

    @property
    def subject(self) -> str:
        """Name whom the limits of booking hold for."""
        return f"r:{self.id}"


async def enrol(
    database: Database, sealer: Sealer, name: str, number: str, *, actor: str, now: datetime
) -> KnownResident:
    """Give the resident with an ID number, made on first sight; raise :class:`IdNumberWrong` or Invalid.

    A name that differs from the one given first changes nothing: only a clerk who sees the card may.
    """
    _check(name, number)
    name, number = name.strip(), number.strip().upper()
    references = sealer.references(number, about=ABOUT)
    for _ in range(2):
        known = await Resident.filter(reference__in=references).first()
        if known is not None:
            return _known(sealer, known, now)
        resident_id = uuid4()
        try:
            async with transaction(database):
                await Resident.create(
                    id=resident_id,
                    reference=references[0],
                    sealed_name=sealer.seal(name, about=f"residents:name:{resident_id}"),
                    sealed_number=sealer.seal(number, about=f"residents:number:{resident_id}"),
                    created_at=now,
                )
                await journal.record(actor, "resident.enrol", f"resident:{resident_id}", now=now)
        except IntegrityError:  # the same number came twice at once: look again
            continue
    return _known(sealer, await Resident.get(reference__in=references), now)


async def declare(
    database: Database, sealer: Sealer, person_id: UUID, name: str, number: str, *, now: datetime
) -> KnownResident:
    """Note that a WeChat person is this resident; raise :class:`IdentityTaken` if either belongs to another.

    A number that somebody enrolled under another name is refused with the same words: nobody finds out by trying.
    What the person booked before counts for the resident from now on.
    """
    actor = f"person:{person_id}"
    _check(name, number)
    mine = await Resident.filter(person_id=person_id).first()
    if mine is not None and mine.reference not in sealer.references(number.strip().upper(), about=ABOUT):
        raise IdentityTaken("您已经登记过另一个身份证号,要更正请带身份证到窗口。")
    try:
        async with transaction(database):
            resident = await enrol(database, sealer, name, number, actor=actor, now=now)
            row = await Resident.get(id=resident.id)
            if sealer.open(row.sealed_name, about=f"residents:name:{row.id}") != name.strip():
                raise IdentityTaken
            if row.person_id == person_id:
                return resident
            if not await Resident.filter(id=resident.id, person_id__isnull=True).update(person_id=person_id):
                raise IdentityTaken
            await _take_over(database, person_id, resident)
            await journal.record(actor, "resident.declare", f"resident:{resident.id}", now=now)
    except IntegrityError as error:
        raise IdentityTaken from error
    return resident


async def _take_over(database: Database, person_id: UUID, resident: KnownResident) -> None:
    """Count what a person booked without a name for the resident; the keys keep their names, they only tell apart."""
    for table in ("appointments", "waiting_list"):
        await database.run(
            f"UPDATE {table} SET subject = $1, resident_id = $2 WHERE subject = $3",
            [resident.subject, database.uuid(resident.id), f"p:{person_id}"],
        )


def _check(name: str, number: str) -> None:
    if not is_id_number(number.strip()):
        raise IdNumberWrong(field="id_number")
    if not is_name(name.strip()):
        raise Invalid("姓名请填身份证上的汉字。", field="name")


async def of_person(sealer: Sealer, person_id: UUID, *, now: datetime) -> KnownResident | None:
    """Give the resident that a WeChat person declared to be."""
    row = await Resident.filter(person_id=person_id).first()
    return _known(sealer, row, now) if row is not None else None


def _known(sealer: Sealer, row: Resident, now: datetime) -> KnownResident:
    name = sealer.open(row.sealed_name, about=f"residents:name:{row.id}")
    number = sealer.open(row.sealed_number, about=f"residents:number:{row.id}")
    old = is_elder(number, now.astimezone(LOCAL).date())
    has_priority = old or bool(row.priority)
    return KnownResident(
        UUID(str(row.id)), mask_name(name), mask_number(number), has_priority, row.verified_at is not None
    )
