"""Records that their holder shares with a client, and the credentials that they became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Security
from fastapi.responses import Response

from leercultuur_core import AccessDenied

from .guard import Caller, caller
from .people import ID, Person
from .problems import Trouble, described
from .values import IssuedTold, RecordsTold, RecordTold, SkillTold

if TYPE_CHECKING:
    from leercultuur_records import Record, Records

router = APIRouter(tags=["records"])

Reader = Annotated[Caller, Security(caller, scopes=["records"])]


@router.get("/people/{person}/records", responses=described(404))
def read_records(asked: Reader, person: Person) -> RecordsTold:
    """Somebody's records, as far as they share them with this client and until when they said."""
    shared = _records(asked).list(asked.by, asked.now, holder=person)
    return RecordsTold(records=[_told(one) for one in shared])


@router.get(
    "/records/{record}/credential",
    responses={
        **described(404),
        200: {
            "description": "An Open Badges 3.0 credential",
            "content": {
                "application/vc+ld+json": {"schema": {"type": "object"}},
                "application/vc+jwt": {"schema": {"type": "string"}},
            },
        },
    },
    response_class=Response,
)
def read_credential(
    asked: Reader,
    record: Annotated[str, Path(pattern=ID, description="The id of the record.")],
) -> Response:
    """The credential that a record became, as it was signed: anyone can verify it."""
    try:
        found = _records(asked).credential(record, asked.by, asked.now)
    except (KeyError, AccessDenied):
        found = None
    if found is None:
        raise Trouble(404, "not-found", "no credential that is shared with this client")
    is_json = found.lstrip()[:1] == b"{"
    kind = "application/vc+ld+json" if is_json else "application/vc+jwt"
    return Response(found, media_type=kind)


def _records(asked: Caller) -> Records:
    """Raises `Trouble` where the plugin ``records`` is not switched on."""
    engine = asked.web.engine
    if not engine.plugins.implements("records", "leercultuur_personal_data"):
        raise Trouble(404, "not-installed", 'the plugin "records" is not switched on here')
    from leercultuur_records import Records  # noqa: PLC0415 - only where it is installed

    return Records(engine)


def _told(record: Record) -> RecordTold:
    issued = record.issued
    return RecordTold(
        id=record.id,
        stage=record.stage,
        learned=record.learned,
        context=record.context,
        how=record.how,
        language=record.language,
        skills=[
            SkillTold(uri=one.uri, scheme=one.scheme, version=one.version, name=one.name)
            for one in record.skills
        ],
        standard=None if record.standard is None else " ".join(record.standard),
        criteria=list(record.criteria),
        issued=None
        if issued is None
        else IssuedTold(
            credential=issued.credential,
            valid_from=issued.valid_from,
            valid_until=issued.valid_until,
        ),
    )
