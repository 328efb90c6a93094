"""Trending: counts what is read, and says what is read most."""

from services.trending.announce import Announcer
from services.trending.counters import BATCH, Counters
from services.trending.due import Due
from services.trending.handlers import CHANGES, Handlers
from services.trending.lua import COUNTED
from services.trending.pending import Pending
from services.trending.rankings import Rankings
from services.trending.routes import ranking_routes
from services.trending.stories import Stories, notices
from services.trending.week import Calendar
from shared.application import create_app
from shared.events import ARTICLES, VIEWS, view_events
from shared.groups import COUNTERS
from shared.service import Service
from shared.settings import Settings

settings = Settings.load()
service = Service("trending", settings)
store, clock = service.store, service.clock
calendar = Calendar(settings.site.zone, settings.site.week_starts)
pending = Pending(store, clock)
announcer = Announcer(store, clock, pending)
handlers = Handlers(store, clock, Counters(store, calendar), Stories(store), announcer)
due = Due(store, pending)

service.consume(
    stream=VIEWS, group=COUNTERS, events=view_events, handle=handlers.count_together, batch=BATCH, noted=COUNTED
)
service.consume(stream=ARTICLES, group=COUNTERS, events=notices, handle=handlers.follow_together, batch=CHANGES)


async def run() -> None:
    """Begin to announce, and to do what falls due."""
    service.keep_running(announcer.run, "announce")
    service.keep_running(pending.keep_writing, "write")
    service.keep_running(lambda: due.keep_time(clock, announcer), "time")


app = create_app(service, "Pressrun trending", run)
app.include_router(ranking_routes(calendar, clock, Rankings(store, pending, settings.site.base_url)))
