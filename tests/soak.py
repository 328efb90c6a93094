"""`make soak`: random histories over HTTP with kill -9 at random moments, `pressrun check` after each, for ever or
for so many seconds. A history is told by its seed, so that one that fails can be run again."""

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from shared.clock import due
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
        soak = Soak(up)
        try:
            while time.monotonic() < until:
                _tell(f"history {seed}: {soak.history(random.Random(seed), given.steps)}")
                seed += 1
        except AssertionError as error:
            _tell(f"history {seed} FAILED: {error}\n{up.told()[-2000:]}\n{up.errors()}")
            return 1
        finally:
            up.stop()
    return 0


class Soak:
    """One stack with all that it has been told: which articles, and which views count."""

    def __init__(self, up: Up) -> None:
        self._up = up
        self._articles: list[str] = []
        self._sent = 0
        self._unsure: list[str] = []
        """Views that were sent and not answered: they are sent again, as an analytics system does."""
        self._repeated: list[str] = []
        """Views that were counted last: they are sent once more, as by one that has lost the answer."""
        self._counted: Counter[str] = Counter()

    def history(self, chance: random.Random, steps: int) -> str:
        """Carry out so many steps; at the end no page is stale, and each view is counted once. What there was of it."""
        up, kills, refused = self._up, 0, 0
        for _ in range(steps):
            if chance.random() < 0.03:
                with contextlib.suppress(ProcessLookupError):  # it is dead already
                    up.kill(chance.choice((*PARTS, *FURTHER)))
                    kills += 1
            try:
                refused += self._step(chance)
            except httpx.HTTPError:
                refused += 1
        for part in PARTS:
            wait_for(lambda part=part: up.is_back(part, 0), 30, f"{part} is ready")  # type: ignore[misc]
        self._report([])
        wait_for(self._is_nothing_scheduled, 30, "what was scheduled has appeared")
        up.drain(60)
        code, words = up.check()
        assert code == 0, words
        assert self._views() == self._counted
        return f"{steps} steps, {kills} kills, {refused} refused; {words.strip().splitlines()[-1]}"

    def _step(self, chance: random.Random) -> bool:
        """One call; whether it was refused. Nothing but 2xx, 422 and 503 is allowed."""
        what, ingest = chance.random(), self._up.ingest
        known = chance.choice(self._articles) if self._articles else "none"
        if what < 0.1:
            place = {"city": "Baghdad", "temperature_c": chance.randrange(-5, 50), "at": "2026-01-01T00:00:00Z"}
            answer = ingest.put("/v1/conditions", json=place)
        elif what < 0.2:
            answer = ingest.put("/v1/front", json={"lead": [{"article": known}]})
        elif what < 0.23:
            answer = ingest.delete(f"/v1/articles/{known}")
            if known == "none":
                return True
        elif what < 0.35:
            return self._report([self._view(chance) for _ in range(chance.randrange(1, 40)) if self._articles])
        else:
            answer = ingest.post("/v1/articles", json=_article(chance))
            if answer.status_code == 202:
                self._articles.append(answer.json()["id"])
        assert answer.status_code in (200, 201, 202, 422, 503), (answer.status_code, answer.text)
        return answer.status_code >= 400

    def _view(self, chance: random.Random) -> str:
        self._sent += 1
        at = datetime.now(UTC) - timedelta(minutes=chance.randrange(6 * 24 * 60))
        article = chance.choice(self._articles)
        return json.dumps({"event_id": f"view-{self._sent}", "article": article, "at": at.isoformat()})

    def _report(self, lines: list[str]) -> bool:
        """Report these views and those of which nobody knows; whether some are not counted yet."""
        lines = self._unsure = [*self._unsure, *lines]
        if not lines:
            return False
        content = "\n".join([*lines, *self._repeated]).encode()
        answer = self._up.ingest.post("/v1/views/batch", content=content)
        if answer.status_code != 200:
            assert answer.status_code == 503, (answer.status_code, answer.text)
            return True
        statuses = [json.loads(line)["status"] for line in answer.text.splitlines()]
        assert set(statuses) <= {202, 422, 503}, answer.text  # 422: of an article that is yet to appear
        assert len(statuses) == len(lines) + len(self._repeated), answer.text
        answered = list(zip(lines, statuses, strict=False))
        done = self._repeated = [line for line, status in answered if status == 202]
        self._counted.update(json.loads(line)["article"] for line in done)
        self._unsure = [line for line, status in answered if status == 503]
        return bool(self._unsure)

    def _views(self) -> Counter[str]:
        """What trending has counted in 7 days, by article."""
        with self._up.store() as store:
            return Counter({ident.decode(): int(n) for ident, n in store.hgetall("trending:views:7d").items()})

    def _is_nothing_scheduled(self) -> bool:
        self._report([])
        with self._up.store() as store:
            return not self._unsure and not store.exists(due("ingest"))


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
        "embargo_until": _soon(chance) if chance.random() < 0.08 else None,
    }
    return article | {name: value for name, value in optional.items() if value is not None}


def _soon(chance: random.Random) -> str:
    return (datetime.now(UTC) + timedelta(seconds=chance.randrange(1, 5))).isoformat()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
