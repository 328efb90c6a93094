"""Render's HTTP side: `why` and `impact` for machines, and whether it is ready."""

from fastapi import FastAPI

from services.render.press import Press
from services.render.site import Site
from shared.service import Service

NEEDED = ("index.html", "404.html", "_fragments/masthead.html", "_fragments/hot.html", "_fragments/topics.html")


def add_routes(app: FastAPI, service: Service, press: Press, site: Site) -> None:
    """Add render's routes and checks."""

    async def pages() -> str | None:
        if missing := [path for path in NEEDED if site.read(path) is None]:
            return f"not built yet: {', '.join(missing)}"
        return press.disk_fault and f"the disk does not take pages: {press.disk_fault}"

    service.checks["pages"] = pages
