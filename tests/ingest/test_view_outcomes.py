"""What became of each view stands in a metric: a sender is answered 202 whether its view counts or not."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from services.ingest.view_stream import FLOOD
from tests.ingest.door import FIREFOX, GONE, ONE, Door

OUTCOMES = ("counted", "repeated", "unknown", "foreign", "robot", "flood", "full")
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def _counts() -> dict[str, float]:
    found = ((name, {"way": "beacon", "outcome": name}) for name in OUTCOMES)
    return {name: REGISTRY.get_sample_value("pressrun_views_total", labels) or 0 for name, labels in found}


@pytest.mark.parametrize(
    ("article", "given", "outcome"),
    [
        (ONE, {}, "counted"),
        (ONE, {"sec-fetch-site": "none"}, "counted"),
        (ONE, {"sec-fetch-site": "same-site"}, "counted"),
        (ONE, {"client": "198.51.100.1"}, "repeated"),
        (GONE, {}, "unknown"),
        ("../etc", {}, "unknown"),
        ("../etc", {"agent": ROBOT}, "unknown"),
        (ONE, {"agent": ROBOT}, "robot"),
        (ONE, {"sec-fetch-site": "cross-site"}, "foreign"),
        (ONE, {"client": "198.51.100.1", "agent": FIREFOX + "1"}, "flood"),
    ],
)
async def test_each_view_is_counted_under_what_became_of_it(
    door: Door,
    article: str,
    given: dict[str, str],
    outcome: str,
) -> None:
    await door.post({"article": ONE}, client="198.51.100.1")
    (key,) = await door.service.store.do("KEYS", "views:from:*")
    (address,) = await door.service.store.do("HKEYS", key)
    await door.service.store.do("HSET", key, address, FLOOD)
    before = _counts()
    assert await door.post({"article": article}, **given) == 202
    after = _counts()
    assert {name: after[name] - before[name] for name in OUTCOMES if after[name] != before[name]} == {outcome: 1}


async def test_views_that_go_to_the_store_together_are_counted_each(door: Door) -> None:
    before = _counts()
    await asyncio.gather(*(door.post({"article": ONE}, client=f"198.51.100.{number}") for number in range(20)))
    assert _counts()["counted"] - before["counted"] == 20
