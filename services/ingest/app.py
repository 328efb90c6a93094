"""Ingest: takes what upstream systems and readers send, and publishes it as events."""

from services.ingest import api, asyncapi, views
from services.ingest.desk import Desk
from services.ingest.disk import Disk
from services.ingest.doors import Doors
from services.ingest.letterbox import Letterbox
from services.ingest.limits import Limits
from services.ingest.push import push_routes
from services.ingest.register import Register
from services.ingest.retention import Retention
from services.ingest.routes import article_routes
from services.ingest.schedule import Schedule
from services.ingest.waiting import Waiting
from shared.application import create_app
from shared.service import Service
from shared.settings import Settings

settings = Settings.load()
service = Service("ingest", settings)
settings.make_folder()
doors = Doors(settings.upstreams)
disk = Disk(settings.data, settings.disk_floor_mb)
register = Register(service.store, settings.site, service.clock, disk)
waiting = Waiting(service.store)
schedule = Schedule(service.store, register, service.clock)
desk = Desk(service, doors, register, waiting)
beacons = views.Beacons(service)


async def run() -> None:
    """Begin to listen for built pages, for what falls due, and for bodies that do not come."""
    service.keep_running(waiting.listen, "waiting")
    service.keep_running(schedule.run, "schedule")
    service.keep_running(beacons.hurry, "beacons")
    service.keep_running(Retention(service.store, settings.retain_hours).run, "retention")


api_app = create_app(service, "Pressrun ingest", run)
api_app.include_router(article_routes(service, desk))
api_app.include_router(push_routes(service, doors, desk.accept, disk))
api_app.router.routes.extend([views.batch_route(service, desk.source), *asyncapi.routes()])
api_app.describe(api.CALLS, api.MODELS, api.SECURITY)
letterbox = Letterbox(views.ViewBeacon(api_app, beacons), desk.take)
app = Limits(letterbox, settings.in_flight, disk)
