"""`make soak`: random histories over HTTP with kill -9 at random moments, `pressrun check` after each, for ever or
for so many seconds. A history is told by its seed, so that one that fails can be run again."""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.servers import wait_for
from tests.stack import FURTHER, PARTS, Up

WORDS = ["oil", "rain", "vote", "port", "water", "trade", "نفط", "<b>bold</b>", "Q & A"]
SECTIONS = ["World", "Politics", "Economy", None]
TOPICS = ["Oil", "Iran", "Rain", "Trade", "Vote"]


def main() -> int:
    """Run histories; exit 1 at the first one that does not end in a clean check."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=60, help="0 is for ever")
    asked.add_argument("--seed", type=int, default=None, help="of the first history")
    asked.add_argument("--steps", type=int, default=150, help="of each history")
    given = asked.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(2**32)
    until = time.monotonic() + given.seconds if given.seconds else float("inf")
    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder))
        up.start()
        try:
            while time.monotonic() < until:
                _tell(f"history {seed}: {_history(up, random.Random(seed), given.steps)}")
                seed += 1
        except AssertionError as error:
            _tell(f"history {seed} FAILED: {error}")
            return 1
        finally:
            up.stop()
    return 0


def _history(up: Up, chance: random.Random, steps: int) -> str:
    kills = refused = 0
    for _ in range(steps):
        if chance.random() < 0.03:
            with contextlib.suppress(ProcessLookupError):  # it is dead already
                up.kill(chance.choice((*PARTS, *FURTHER)))
                kills += 1
        try:
            refused += _step(up, chance)
        except httpx.HTTPError:
            refused += 1
    for part in PARTS:
        wait_for(lambda part=part: up.is_back(part, 0), 30, f"{part} is ready")  # type: ignore[misc]
    up.drain(60)
    code, words = up.check()
    assert code == 0, words
    return f"{steps} steps, {kills} kills, {refused} refused; {words.strip().splitlines()[-1]}"


def _step(up: Up, chance: random.Random) -> int:
    """One call; 1 if it was refused. Nothing but 2xx, 422 and 503 is allowed."""
    what = chance.random()
    if what < 0.8:
        answer = up.ingest.post("/v1/articles", json=_article(chance))
    elif what < 0.9:
        place = {"city": "Baghdad", "temperature_c": chance.randrange(-5, 50), "at": "2026-01-01T00:00:00Z"}
        answer = up.ingest.put("/v1/conditions", json=place)
    else:
        posted = up.ingest.post("/v1/articles", json=_article(chance))
        if posted.status_code != 202:
            return 1
        answer = up.ingest.put("/v1/front", json={"lead": [{"article": posted.json()["id"]}]})
    assert answer.status_code in (200, 201, 202, 422, 503), (answer.status_code, answer.text)
    return int(answer.status_code >= 400)


def _article(chance: random.Random) -> dict[str, Any]:
    guid = f"g{chance.randrange(60)}"
    article: dict[str, Any] = {
        "guid": guid,
        "headline": " ".join(chance.sample(WORDS, 3)),
        "body_html": f"<p>{' '.join(chance.choices(WORDS, k=20))}</p>",
        "topics": chance.sample(TOPICS, chance.randrange(4)),
        "authors": chance.sample(["Jane Doe", "Ali Hassan"], chance.randrange(3)),
        "status": "canceled" if chance.random() < 0.12 else "usable",
    }
    optional = {
        "section": chance.choice(SECTIONS),
        "slug": chance.choice(WORDS[:6]) if chance.random() < 0.3 else None,
        "evolved_from": f"g{chance.randrange(60)}" if chance.random() < 0.1 else None,
        "version": chance.randrange(1, 50) if chance.random() < 0.3 else None,
    }
    return article | {name: value for name, value in optional.items() if value is not None}


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
