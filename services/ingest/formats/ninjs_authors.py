"""Who wrote a ninjs item: its authors where they are listed, else the names of its byline."""

from services.ingest.draft import Author
from services.ingest.formats.bylines import named_in
from services.ingest.formats.reading import Members, authors, dicts, language, plain


def authors_of(item: Members) -> tuple[Author, ...]:
    """The authors where they are listed (Superdesk), else the names of the byline."""
    bylines = [item.plain("byline", "by")] if item.get("byline", "by") else _bylines(item)
    listed = authors((one.plain("name"), one.text("uri")) for one in item.objects("authors"))
    return listed or named_in(bylines, language(item.text("language")))


def _bylines(item: Members) -> list[str]:
    """The bylines that the Associated Press lists; ninjs has no such member, and others may mean anything by it."""
    told = [one.get("name") or one.get("by") for one in dicts(item.get("bylines"))]
    return [plain(one) for one in told if isinstance(one, str)]
