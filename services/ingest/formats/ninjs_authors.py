"""Who wrote a ninjs item: its authors where they are listed, else the names of its byline."""

from services.ingest.draft import Author
from services.ingest.formats.bylines import named_in
from services.ingest.formats.reading import Members, authors, language, plain


def authors_of(item: Members) -> tuple[Author, ...]:
    """The authors where they are listed (Superdesk), else the names of the byline."""
    bylines = [item.plain("byline", "by")] if item.get("byline", "by") else _bylines(item)
    listed = authors((one.plain("name"), one.text("uri")) for one in item.objects("authors"))
    return listed or named_in(bylines, language(item.text("language")))


def _bylines(item: Members) -> list[str]:
    """The bylines that the Associated Press lists; ninjs has no such member, and others may mean anything by it."""
    listed = item.get("bylines")
    objects = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    told = [one.get("name") or one.get("by") for one in objects]
    return [plain(one) for one in told if isinstance(one, str)]
