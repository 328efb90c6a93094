"""Where the time of a view goes in ingest, beside HTTP: each step over and over, in this process."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from bench.limits import bare_store
from services.ingest.robots import is_robot
from services.ingest.view_stream import Beacon, ViewStream
from services.ingest.views import _article
from services.ingest.visitors import Client
from shared.live import live_key
from shared.service import Service
from shared.settings import Settings
from shared.store import Command, Script
from shared.together import Together

GROUP = 256  # as many as there are connections
GROUPS = 100
AGENT = b"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
SECRET = "a secret of this measurement"


def parts(folder: Path, articles: Sequence[str]) -> dict[str, float]:
    """Seconds of each step for each view, on average."""
    bodies = [f'{{"article":"{articles[n % len(articles)]}"}}'.encode() for n in range(GROUP * GROUPS)]
    client = Client(SECRET, ())
    headers = [
        {
            b"user-agent": AGENT,
            b"x-pressrun-edge": SECRET.encode(),
            b"x-pressrun-client": f"10.{n >> 8}.{n & 255}.7".encode(),
        }
        for n in range(len(bodies))
    ]
    began = time.perf_counter()
    read = [_article(body) for body in bodies]
    body = time.perf_counter() - began
    began = time.perf_counter()
    views = [
        Beacon(article, client.address(one, "127.0.0.1"), one[b"user-agent"])
        for article, one in zip(read, headers, strict=True)
        if not is_robot(one[b"user-agent"])
    ]
    address = time.perf_counter() - began
    with bare_store(folder / "view-store") as url:
        together, marks, store = asyncio.run(_commits(Settings(redis_url=url, data=folder / "views"), articles, views))
    found = {
        "body": body,
        "address and robots": address,
        "marks (keyed hashes) and event": marks,
        "group commit": together,
    }
    return {name: seconds / len(views) for name, seconds in {**found, "the store: Lua and fsync": store}.items()}


async def _commits(settings: Settings, articles: Sequence[str], views: Sequence[Beacon]) -> tuple[float, float, float]:
    service = Service("ingest", settings)
    await service.clock.start(service.store)
    await service.store.all([("SET", live_key(article), "card") for article in articles])
    stream, run, store = ViewStream(service), service.store.run, 0.0

    async def timed(script: Script, keys: Sequence[str] = (), args: Command = ()) -> object:
        nonlocal store
        began = time.perf_counter()
        try:
            return await run(script, keys, args)
        finally:
            store += time.perf_counter() - began

    groups = [views[at : at + GROUP] for at in range(0, len(views), GROUP)]
    await stream.beacons(groups[0])  # it reads the day's salts
    service.store.run = timed  # type: ignore[method-assign]  # it is watched
    began = time.perf_counter()
    for group in groups:
        await stream.beacons(group)
    taken = time.perf_counter() - began

    async def at_once(group: Sequence[Beacon]) -> Sequence[Beacon]:
        return group

    together = Together(at_once)
    began = time.perf_counter()
    for group in groups:
        await asyncio.gather(*map(together.put, group))
    gathered = time.perf_counter() - began
    await service.store.close()
    return gathered, taken - store, store
