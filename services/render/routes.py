"""Render's HTTP side: `why` and `impact` for machines, and whether it is ready."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from services.render import keys
from services.render.edition import LiveEdition
from services.render.press import Press
from services.render.reasons import impact, why
from services.render.site import Site
from shared.openapi import problems
from shared.problems import Problem
from shared.service import Service

NEEDED = ("index.html", "404.html", *(f"_fragments/{keys.name(fragment)}.html" for fragment in keys.FRAGMENTS))


class MadeOf(BaseModel):
    """What a page shows."""

    articles: list[str] = Field(description="ids of the articles, in the page's order")
    includes: list[str] = Field(description="keys of the fragments in it, which are pages of their own")


class Reasons(BaseModel):
    """Why a page is as it is."""

    path: str = Field(description="the path that was asked for, as it is read")
    page: str = Field(description="key of the page")
    made_of: MadeOf
    last_event: dict[str, Any] | None = Field(
        description="what last rebuilt it: an event of the streams without its article; its event_id alone, once it is "
        "not on them any more"
    )
    rebuilt_at_ms: int | None = Field(description="when that was, in milliseconds since 1970")


class Impact(BaseModel):
    """What a change of an article would reach."""

    article: str = Field(description="id of the article")
    pages: list[str] = Field(description="keys of the pages")


def add_routes(app: FastAPI, service: Service, press: Press, edition: LiveEdition, site: Site) -> None:
    """Add render's routes and checks."""

    async def pages() -> str | None:
        if missing := [path for path in NEEDED if site.read(path) is None]:
            return f"not built yet: {', '.join(missing)}"
        return press.disk_fault and f"the disk does not take pages: {press.disk_fault}"

    service.checks["pages"] = pages

    @app.get("/v1/pages", tags=["pages"], response_model=Reasons, responses=problems(404))
    async def get_page(path: str) -> dict[str, Any]:
        """What a page is made of, and the event that last rebuilt it."""
        found = await why(service.store, edition, site, path)
        if found is None:
            raise Problem(404, f"no page has the address {path}")
        return found

    @app.get("/v1/impact/{article_id}", tags=["pages"], response_model=Impact, responses=problems(404))
    async def get_impact(article_id: str) -> dict[str, Any]:
        """The pages that would change if this article changed."""
        found = await impact(service.store, edition, article_id)
        if found is None:
            raise Problem(404, f"no article with the id {article_id} is on the site")
        return {"article": article_id, "pages": found}
