"""What the site is told beside articles: the weather in the masthead, and what leads the front page."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.ingest.formats.faults import faults_of, kind_of
from services.ingest.formats.native import NOT_BLANK
from services.ingest.text import LONE_SURROGATE, find_lone_surrogate, strip_forbidden
from shared.articles import IDENT, Article, record_key
from shared.clock import Clock
from shared.conditions import CONDITIONS, Conditions
from shared.events import SIGNALS, ConditionsChanged, FrontChanged, announce
from shared.front import FRONT, Front, Lead
from shared.problems import Fault, Problem
from shared.store import Store, StoreUnavailable
from shared.times import Moment

TRIES = 50
B = TypeVar("B", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ConditionsBody(_Strict):
    """Body of `PUT /v1/conditions`."""

    city: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), *NOT_BLANK]
    temperature_c: float = Field(ge=-90, le=65)
    at: Moment


class LeadBody(_Strict):
    """An article that is to lead."""

    article: str = Field(pattern=f"^{IDENT}$")
    until: Moment | None = None


class FrontBody(_Strict):
    """Body of `PUT /v1/front`."""

    lead: list[LeadBody] = Field(max_length=10)


async def put_conditions(store: Store, clock: Clock, content: Any) -> None:
    """Keep and announce the weather."""
    body = _read(ConditionsBody, content)
    kept = Conditions(city=body.city, temperature_c=body.temperature_c, at=body.at)
    event = ConditionsChanged(at=clock.now())
    await store.commit({}, [("SET", CONDITIONS, kept.model_dump_json()), announce(SIGNALS, event)])


async def put_front(store: Store, clock: Clock, content: Any) -> None:
    """Keep and announce what leads: articles that have been accepted and not withdrawn. Raises StoreUnavailable.

    One whose page is not there yet leads from then on; of one that was rewritten the rewrite leads.
    """
    body = _read(FrontBody, content)
    for _ in range(TRIES):
        keys = [record_key(lead.article) for lead in body.lead]
        records = await store.do("MGET", *keys) if keys else []
        kept = _front(body, [Article.model_validate_json(record) if record else None for record in records])
        commands = [("SET", FRONT, kept.model_dump_json()), announce(SIGNALS, FrontChanged(at=clock.now()))]
        if await store.commit(dict(zip(keys, records, strict=True)), commands) is not None:
            return
    raise StoreUnavailable("the articles that are to lead are being changed by others; try again")


def _front(body: FrontBody, articles: Sequence[Article | None]) -> Front:
    faults, leads = [], {}
    for at, (lead, article) in enumerate(zip(body.lead, articles, strict=True)):
        shown = article and (article.replaced_by or (article.id if article.live else None))
        if shown is None:
            faults.append(Fault(f"/lead/{at}/article", f"no article with the id {lead.article} is on the site"))
        elif shown in leads:
            faults.append(Fault(f"/lead/{at}/article", "This article leads already; name it once."))
        else:
            leads[shown] = Lead(article=shown, until=lead.until)
    if faults:
        raise Problem(422, faults[0].detail, faults)
    return Front(lead=tuple(leads.values()))


def _read(model: type[B], content: Any) -> B:
    if not isinstance(content, dict):
        first = next(iter(model.model_fields))
        raise Problem(422, "not an object", [Fault(f"/{first}", f"Send an object, not {kind_of(content)}.")])
    if (broken := find_lone_surrogate(content)) is not None:
        raise Problem(422, LONE_SURROGATE, [Fault(broken, LONE_SURROGATE)])
    try:
        return model.model_validate(strip_forbidden(content))
    except ValidationError as error:
        faults = faults_of(error)
        raise Problem(422, faults[0].detail, faults) from None
