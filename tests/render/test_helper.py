"""The press that helps, as a process of its own: it builds what is too much for one, and leaves the rest."""

import random
import signal
import sys
from pathlib import Path

from prometheus_client.multiprocess import MultiProcessCollector
from redis import Redis

from services.render.dirty_steps import TOKENS
from services.render.press import AT_ONCE, MANY, ROOM
from shared import metrics
from shared.backlog import TO_BUILD
from tests.properties.press_room import PressRoom, draft
from tests.servers import running, wait_for

BUILT = 'pressrun_pages_written_total{kind="article"}'


async def test_a_second_press_builds_what_is_too_much_for_one(room: PressRoom, valkey: str, tmp_path: Path) -> None:
    await room.drain()
    for number in range(4 * AT_ONCE + MANY + ROOM):
        await room.accept(draft(f"n{number}"))
    while await room.store.do("ZCARD", TO_BUILD) < 3 * AT_ONCE + MANY:  # the rest the press has in hand
        await room.deliver(random.Random(1))
    counts = tmp_path / "metrics"
    metrics.make_room(counts, "w2")
    environ = {
        "PRESSRUN_DATA": str(tmp_path),
        "PRESSRUN_REDIS_URL": valkey,
        "PRESSRUN_CONSUMER": "w2",
        metrics.METRICS_FOLDER: str(counts),
    }
    command = [sys.executable, "-m", "services.render.helper"]
    with running(command, environ, tmp_path / "log") as helper, Redis.from_url(valkey) as store:
        wait_for(lambda: store.zcard(TO_BUILD) < MANY and not _in_hand(store), 60, "the helper has no more to do")
        helper.send_signal(signal.SIGTERM)
        assert helper.wait(15) == 0, (tmp_path / "log").read_text()
        assert store.zcard(TO_BUILD) > 0, "what is not many is left to the other one"
    assert _counted(counts / "counter_w2.db", BUILT) >= 3 * AT_ONCE
    await room.drain()
    assert (await room.differences()).clean


def _in_hand(store: Redis) -> list[bytes]:
    return [token for token in store.hvals(TOKENS) if token.startswith(b"w2/")]


def _counted(file: Path, sample: str) -> float:
    """What one process has counted."""
    metrics = MultiProcessCollector.merge([str(file)], accumulate=False)
    name, _, labels = sample.partition("{")
    wanted = dict(part.split("=") for part in labels.rstrip("}").replace('"', "").split(","))
    found = (sample for metric in metrics for sample in metric.samples if sample.name == name)
    return sum(sample.value for sample in found if wanted.items() <= sample.labels.items())
