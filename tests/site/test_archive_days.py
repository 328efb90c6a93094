"""The archive of a month that has more than a page: its first page names the days."""

import json

from tests.stack import Up

OLD, NEW = "2025-07-01T05:00:00Z", "2025-07-02T05:00:00Z"
DAY = 'href="/archive/2025/07/02/"'


def test_a_new_day_is_named_on_the_months_first_page_though_its_articles_stand_on_the_second(stack: Up) -> None:
    stack.start(PRESSRUN_NOW="2025-07-03T09:00:00Z")
    many = [{"guid": f"{n}", "headline": f"Story {n}", "body_text": "Words.", "published_at": OLD} for n in range(101)]
    answers = stack.ingest.post("/v1/articles/batch", content="\n".join(map(json.dumps, many))).text.splitlines()
    assert [json.loads(answer)["status"] for answer in answers] == [202] * len(many)
    stack.drain()
    assert DAY not in stack.page("/archive/2025/07/")
    posted = [stack.post(guid, published_at=NEW) for guid in ("first of its day", "second of its day")]
    stack.drain()
    assert DAY in stack.page("/archive/2025/07/")
    assert "Story first of its day" in stack.page("/archive/2025/07/2/")
    assert stack.check()[0] == 0
    for article in posted:
        stack.withdraw(article["id"])
    stack.drain()
    assert DAY not in stack.page("/archive/2025/07/")
    assert stack.check()[0] == 0
