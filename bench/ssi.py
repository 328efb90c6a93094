"""An article's page put together by nginx, beside a plain file of the same bytes from the same nginx."""

from urllib.parse import urlsplit

from bench import wrk
from bench.table import Row, median, rate, share
from bench.up import Press

ROUNDS = 5
SECONDS = 2
CONNECTIONS = 32


def rows(press: Press) -> list[Row]:
    """Over connections that are kept alive."""
    if not wrk.is_there():
        return [Row("nginx, an article with SSI", wrk.NO_WRK)]
    press.fill(1_000)
    path = urlsplit(press.articles[0]["url"]).path
    status, page = press.line("site").get(path)
    assert status == 200 and b"<!--#" not in page
    plain = press.data / "site" / "bench-plain.txt"
    plain.write_bytes(page)
    try:
        composed, static = [], []
        for _ in range(ROUNDS):
            composed.append(_load(press, path))
            static.append(_load(press, "/bench-plain.txt"))
    finally:
        plain.unlink()
    ours, most = median(composed), median(static)
    about = f"nginx, an article of {len(page) / 1000:.0f} kB with its fragments"
    return [Row(about, rate(ours), f"{rate(most)}: plain file, same bytes", share(ours, most))]


def _load(press: Press, path: str) -> float:
    load = wrk.load(press.url("site") + path, connections=CONNECTIONS, seconds=SECONDS)
    assert load.refused == 0
    return load.rate
