"""`make bench`: every row, or those that are named. `python -m bench --help` tells the options."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import ages, batch, counting, event_to_live, full_build, posts, ssi, views
from bench.table import Row, in_markdown
from bench.up import Press

RESULTS = Path(__file__).with_name("results.md")
ROWS: dict[str, Callable[[Press], list[Row]]] = {
    "live": event_to_live.rows,
    "ssi": ssi.rows,
    "views": views.rows,
    "batch": batch.rows,
    "ages": ages.rows,
    "posts": posts.rows,
}


def main() -> None:
    """Measure what was asked for, and print the table."""
    asked = _options().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    names = asked.rows or [*ROWS, "build", "counting"]
    started = time.monotonic()
    table: list[Row] = []
    stacked = [name for name in ROWS if name in names]
    if stacked:
        with Press() as press:
            for name in stacked:
                table += _said(name, lambda name=name: ROWS[name](press))  # type: ignore[misc]  # the name of now
    if "build" in names:
        with Press() as press:  # of its own: the others post as many articles again, nearly all of today
            articles = asked.articles or 20_000
            table += _said("build", lambda: full_build.rows(press, articles, hugo=not asked.no_hugo))
    if "counting" in names:
        table += _said("counting", counting.rows)
    if "flat" in names:
        sizes = sorted({1_000, 10_000, asked.articles or 10_000})
        table += _said("flat", lambda: event_to_live.flat(sizes, one_place=asked.one_place))
    text = in_markdown(table)
    print(text)
    print(f"{time.monotonic() - started:.0f} s in all", file=sys.stderr)
    if asked.write:
        RESULTS.write_text(text)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ours beside its limit, in one run.")
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[*ROWS, "build", "counting", "flat", []],
                        help=f"{', '.join(ROWS)}, build, counting, flat; all but flat")  # fmt: skip
    parser.add_argument("--articles", type=int, metavar="N", help="of `build` (20,000) and `flat` (10,000)")
    parser.add_argument("--one-place", action="store_true", help="`flat` with all on one day and in one section")
    parser.add_argument("--no-hugo", action="store_true", help="`build` without Hugo beside it")
    parser.add_argument("--write", action="store_true", help="also write bench/results.md")
    return parser


def _said(name: str, measure: Callable[[], list[Row]]) -> list[Row]:
    print(f"{name} …", file=sys.stderr, flush=True)
    return measure()


if __name__ == "__main__":
    main()
