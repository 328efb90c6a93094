"""What depends on templates and settings alone: error pages, robots.txt, style and script."""

from services.render.contexts import ErrorPage, Robots
from services.render.edition import Edition
from services.render.output import Output
from services.render.printer import Printer

ERRORS = (404, 410, 503)


async def build(edition: Edition, printer: Printer, _: str) -> Output:
    """All of them."""
    files = {f"{status}.html": printer.print(ErrorPage(edition.site, status)) for status in ERRORS}
    files["robots.txt"] = printer.print(Robots(edition.site))
    return Output(files | {path.lstrip("/"): content for path, content in printer.static_files().items()})
