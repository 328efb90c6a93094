"""Render: rebuilds the pages that events affect."""

from services.render.authority import settle_authority
from services.render.edition import LiveEdition
from services.render.handlers import Handlers, notices
from services.render.mend import is_suspect, mend_beside
from services.render.press import Press
from services.render.printer import Printer
from services.render.refresh import refresh
from services.render.routes import add_routes
from services.render.site import Site
from services.render.ticker import Ticker
from shared.application import create_app
from shared.events import ARTICLES, SIGNALS, signals
from shared.groups import PRESSES
from shared.service import Service
from shared.settings import Settings

settings = Settings.load()
# in one queue: what it asks for at once holds up nobody else for long
service = Service("render", settings, links=1, remembers=True)
edition = LiveEdition(service.store, settings.site)
printer = Printer(settings.site)
site = Site(settings.pages_dir, settings.consumer, settings.spare)
press = Press(service.store, edition, printer, site, service.clock, settings.consumer, settings.originals_dir)
ticker = Ticker(service.store, press, settings.site, service.clock)
handlers = Handlers(service.store, press, edition, ticker)

service.consume(stream=ARTICLES, group=PRESSES, events=notices, handle=handlers.mark_articles)
service.consume(stream=SIGNALS, group=PRESSES, events=signals, handle=handlers.mark_signals)


async def take_up() -> bool:
    """Bring what pages show to now; whether the site may be damaged."""
    is_damaged = await is_suspect(service.store, site)
    await ticker.start()
    await settle_authority(service.store, settings.site)
    await refresh(service.store, press.dirty, service.clock, printer.digest)
    return is_damaged


async def run() -> None:
    """Start the press."""
    site.prepare()
    service.take_up = take_up
    if await service.through_outages(take_up):
        service.keep_running(mend_beside, "mend")
    service.keep_running(press.run, "press")
    service.keep_running(ticker.run, "ticker")
    service.keep_running(press.measure, "measure")


app = create_app(service, "Pressrun render", run)
add_routes(app, service, press, edition, site)
