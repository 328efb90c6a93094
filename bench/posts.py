"""Single POSTs a second, each its own article, with the whole stack running."""

import json
from pathlib import Path

from bench import corpus, wrk
from bench.batch import stored_a_second
from bench.table import Row, median, rate, share
from bench.up import Bare, Press

ROUNDS = 5
SECONDS = 2
CONNECTIONS = (16, 64)
"""A newsroom's senders; and as many as it takes for their commits to share fsyncs."""
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
    return [row for connections in CONNECTIONS for row in _rows(press, connections)]


def _rows(press: Press, connections: int) -> list[Row]:
    ours, bare = [], []
    with Bare("article", press.folder) as limit:
        _load(press, press.url("ingest"), f"warm{connections}", connections, 1)
        _load(press, limit.url, "warm", connections, 1)
        for number in range(ROUNDS):
            press.drain()
            ours.append(_load(press, press.url("ingest"), f"c{connections}r{number}", connections, SECONDS))
            press.drain()
            bare.append(_load(press, limit.url, f"r{number}", connections, SECONDS))
    posts, most = median(ours), median(bare)
    about = f"single POSTs, {connections} connections, everything running"
    stored = stored_a_second(press, connections)
    return [
        Row(about, rate(posts), f"{rate(most)}: bare FastAPI, same model", share(posts, most), "≥ 2,000/s"),
        Row("— beside its own fsync", "", f"{rate(stored)}: SET, SET, XADD with fsync, {connections} at once",
            share(posts, stored)),
    ]  # fmt: skip


def _load(press: Press, url: str, run: str, connections: int, seconds: int) -> float:
    bodies, script = press.folder / "bodies", press.folder / "posts.lua"
    bodies.write_text("\n".join(_template(number) for number in range(BODIES)) + "\n")
    script.write_text(SCRIPT % {"bodies": bodies, "token": press.token, "run": run})
    load = wrk.load(url, connections=connections, seconds=seconds, script=Path(script))
    assert load.refused == 0, f"{load.refused} POSTs were refused"
    return load.rate


def _template(number: int) -> str:
    article = corpus.fresh(10**6 + number)
    return json.dumps(article | {"guid": "post-@@", "headline": f"{article['headline']} @@"})
