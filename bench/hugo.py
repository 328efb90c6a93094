"""Hugo on the same articles: bodies as HTML content files, the same lists, with and without related articles."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from bench.table import Row
from services.render.whole import WholeEdition

CONFIG = """\
baseURL = "http://127.0.0.1/"
title = "Bench"
disableKinds = ["sitemap", "robotsTXT"]
[pagination]
pagerSize = 30
[security]
allowContent = ['^text/.*$']
[taxonomies]
topic = "topics"
author = "authors"
[related]
includeNewer = true
threshold = 0
[[related.indices]]
name = "topics"
weight = 100
"""

BASE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<link rel="canonical" href="{{ .Permalink }}"><meta property="og:title" content="{{ .Title }}"></head>
<body><main>{{ block "main" . }}{{ end }}</main></body></html>
"""
SINGLE = """\
{{ define "main" }}<article><h1>{{ .Title }}</h1><p>{{ .Date.Format "2 January 2006" }} {{ .Section }}
{{ range .Params.authors }}<a href="/authors/{{ . | urlize }}/">{{ . }}</a> {{ end }}</p>{{ .Content }}
<ul>{{ range .Params.topics }}<li><a href="/topics/{{ . | urlize }}/">{{ . }}</a></li>{{ end }}</ul>RELATED</article>
{{ end }}
"""
RELATED = """<h2>Related Articles</h2><ul>{{ range first 4 (site.RegularPages.Related .) }}
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Params.excerpt }}</li>{{ end }}</ul>"""
LIST = """\
{{ define "main" }}<h1>{{ .Title }}</h1><ul>{{ range .Paginator.Pages }}
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Params.excerpt }} {{ .Date.Format "2 January 2006" }}</li>
{{ end }}</ul>{{ with .Paginator.Next }}<a href="{{ .URL }}">Older</a>{{ end }}{{ end }}
"""


def rows(folder: Path, whole: WholeEdition, ours: float) -> list[Row]:
    """The time of `pressrun build`, related articles and all, beside Hugo's for the same articles."""
    site = folder / "hugo"
    asyncio.run(_write(site, whole))
    found = []
    for what, related, target in (("without", "", "≥ 1.5 ×"), ("with", RELATED, "≥ 4 ×")):
        (site / "layouts/_default/single.html").write_text(SINGLE.replace("RELATED", related))
        seconds, files = _build(site, f"public-{what}")
        limit = f"{seconds:.1f} s for {files:,} files: Hugo {what} related articles"
        found.append(Row(f"full build beside Hugo {what} related articles", f"{ours:.2f} s", limit,
                         f"{seconds / ours:.1f} ×", target))  # fmt: skip
    return found


def _build(site: Path, name: str) -> tuple[float, int]:
    program = str(Path(sys.executable).with_name("hugo"))
    out = site / name
    started = time.perf_counter()
    subprocess.run([program, "--quiet", "--source", str(site), "--destination", str(out)],
                   capture_output=True, check=True, timeout=3600)  # fmt: skip
    seconds = time.perf_counter() - started
    return seconds, sum(1 for path in out.rglob("*") if path.is_file())


async def _write(site: Path, whole: WholeEdition) -> None:
    layouts = site / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (site / "hugo.toml").write_text(CONFIG)
    (layouts / "baseof.html").write_text(BASE)
    (layouts / "list.html").write_text(LIST)
    for key in whole.page_keys:
        [story] = await whole.stories([key.partition(":")[2]]) if key.startswith("article:") else [None]
        if story is None or not story.article.live:
            continue
        article, card = story.article, story.article.card()
        about = {
            "title": article.headline,
            "date": article.published_at.isoformat(),
            "topics": [topic.name for topic in article.topics],
            "authors": [author.name for author in article.authors],
            "excerpt": card.excerpt,
        }
        file = site / "content" / (article.section.slug if article.section else "news") / f"{article.id}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(about) + "\n\n" + story.body)
