"""The view beacon at 256 connections, beside a bare 202; trending counts at the same time."""

import time

from bench import wrk
from bench.table import Row, median, microseconds, rate, share
from bench.up import Bare, Press
from bench.view_parts import parts

ROUNDS = 5
SECONDS = 2
CONNECTIONS = 256

# nginx's word for the visitor, as the site passes it on: every view is another visitor's
SCRIPT = """
local articles = {%(articles)s}
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end
function init()
  math.randomseed(%(seed)d + number)
end
function request()
  local address = math.random(1, 223) .. "." .. math.random(0, 255) .. "." .. math.random(0, 255) .. ".7"
  local headers = {["Content-Type"] = "text/plain", ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
                   ["X-Pressrun-Edge"] = "%(edge)s", ["X-Pressrun-Client"] = address}
  local body = '{"article":"' .. articles[math.random(#articles)] .. '"}'
  return wrk.format("POST", "/v1/views", headers, body)
end
"""


def rows(press: Press) -> list[Row]:
    """Views of 500 articles by as many visitors as there are requests."""
    if not wrk.is_there():
        return [Row("POST /v1/views", wrk.NO_WRK)]
    press.fill(1_000)
    ours, bare, drained = [], [], []
    with Bare("view", press.folder) as limit:
        for number in range(ROUNDS + 1):
            ours.append(_load(press, press.url("ingest"), number))
            started = time.perf_counter()
            press.drain()
            drained.append(time.perf_counter() - started)
            bare.append(_load(press, limit.url, number))
    views, most = median(ours[1:]), median(bare[1:])  # the first is the warm-up
    about = f"POST /v1/views, {CONNECTIONS} connections, trending counting"
    told = parts(press.folder, [article["id"] for article in press.articles[:500]])
    rest = max(1 / views - sum(told.values()), 0)
    return [
        Row(about, rate(views), f"{rate(most)}: bare uvicorn 202", share(views, most), "≥ 40 %"),
        *(Row(f"— part: {name}", microseconds(part), "", share(part, 1 / views)) for name, part in told.items()),
        Row("— part: HTTP, and waiting for the other processes", microseconds(rest), "", share(rest, 1 / views)),
        Row("— until all of them are counted, after the last answer", f"{median(drained[1:]):.2f} s"),
    ]


def _load(press: Press, url: str, number: int) -> float:
    articles = ", ".join(f'"{article["id"]}"' for article in press.articles[:500])
    script = press.folder / "views.lua"
    script.write_text(SCRIPT % {"articles": articles, "edge": press.edge_secret, "seed": number * 100})
    load = wrk.load(url, connections=CONNECTIONS, seconds=SECONDS, script=script, threads=1)
    assert load.refused == 0, f"{load.refused} views were refused"
    return load.rate
