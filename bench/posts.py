"""Single POSTs a second, each its own article, with the whole stack running."""

import json
from pathlib import Path

from bench import corpus, wrk
from bench.batch import stored_a_second
from bench.table import Row, median, rate, share
from bench.up import Bare, Press

ROUNDS = 5
SECONDS = 2
CONNECTIONS = 16
BODIES = 64

SCRIPT = """
local bodies, count = {}, 0
for line in io.lines("%(bodies)s") do
  local parts = {}
  for part in string.gmatch(line .. "@@", "(.-)@@") do parts[#parts + 1] = part end
  bodies[#bodies + 1] = parts
end
wrk.headers["Authorization"] = "Bearer %(token)s"
wrk.headers["Content-Type"] = "application/json"
function request()
  count = count + 1
  local body = table.concat(bodies[count %% #bodies + 1], "%(run)s-" .. count)
  return wrk.format("POST", "/v1/articles", nil, body)
end
"""


def rows(press: Press) -> list[Row]:
    """Beside a bare FastAPI endpoint with the same pydantic model."""
    if not wrk.is_there():
        return [Row("single POSTs", wrk.NO_WRK)]
    press.fill(1_000)
    ours, bare = [], []
    with Bare("article", press.folder) as limit:
        _load(press, press.url("ingest"), "warm", 1)
        _load(press, limit.url, "warm", 1)
        for number in range(ROUNDS):
            press.drain()
            ours.append(_load(press, press.url("ingest"), f"r{number}", SECONDS))
            press.drain()
            bare.append(_load(press, limit.url, f"r{number}", SECONDS))
    posts, most = median(ours), median(bare)
    about = f"single POSTs, {CONNECTIONS} connections, everything running"
    stored = stored_a_second(press, CONNECTIONS)
    return [
        Row(about, rate(posts), f"{rate(most)}: bare FastAPI, same model", share(posts, most), "≥ 2,000/s"),
        Row("— beside its own fsync", "", f"{rate(stored)}: SET, SET, XADD with fsync, {CONNECTIONS} at once",
            share(posts, stored)),
    ]  # fmt: skip


def _load(press: Press, url: str, run: str, seconds: int) -> float:
    bodies, script = press.folder / "bodies", press.folder / "posts.lua"
    bodies.write_text("\n".join(_template(number) for number in range(BODIES)) + "\n")
    script.write_text(SCRIPT % {"bodies": bodies, "token": press.token, "run": run})
    load = wrk.load(url, connections=CONNECTIONS, seconds=seconds, script=Path(script))
    assert load.refused == 0, f"{load.refused} POSTs were refused"
    return load.rate


def _template(number: int) -> str:
    article = corpus.fresh(10**6 + number)
    return json.dumps(article | {"guid": "post-@@", "headline": f"{article['headline']} @@"})
