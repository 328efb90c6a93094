"""The native article format: strict, with nothing unknown, so that a typing error is told and not swallowed."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from slugify import slugify

from services.ingest.draft import Author, Draft, DraftCorrection, Picture
from services.ingest.formats.bounds import (
    MAX_ADDRESS,
    MAX_CORRECTION,
    MAX_CORRECTIONS,
    MAX_GUID,
    MAX_HEADLINE,
    MAX_LANGUAGE,
    MAX_NAME,
    MAX_NAMES,
    MAX_SLUG,
    MAX_VERSION,
)
from services.ingest.formats.faults import faults_of, kind_of
from services.ingest.formats.reading import LANGUAGE, language, web_address
from services.ingest.formats.words import one_body
from services.ingest.text import LONE_SURROGATE, find_lone_surrogate, strip_forbidden
from shared.characters import VISIBLE, is_blank
from shared.problems import Fault
from shared.times import Moment

_WEB_SCHEMA = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+\S*$"


def _web_address(value: str) -> str:
    if web_address(value) is None:
        raise PydanticCustomError("address", "This is no web address; write it whole, with http:// or https://.")
    return value


def _visible(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank", "Nothing of this can be seen; write it in letters.")
    return value


def _slug(value: str) -> str:
    if not (slug := slugify(value)):
        raise PydanticCustomError("slug", "Nothing of this can stand in an address; use letters or digits.")
    return slug


def _language(value: str) -> str:
    if (tag := language(value)) is None:
        raise PydanticCustomError("language", "This is no language tag; write one like en or pt-BR.")
    return tag


def _one_of(one: str, other: str) -> dict[str, Any]:
    """JSON Schema for: one of these texts is required. Of `anyOf` generators make a class for each, with that alone."""
    return {"if": _required(one), "else": _required(other)}


def _required(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "string"}}}


NOT_BLANK = (AfterValidator(_visible), Field(json_schema_extra={"pattern": VISIBLE}))
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_ADDRESS),
    AfterValidator(_web_address),
    Field(json_schema_extra={"pattern": _WEB_SCHEMA}),
]
Guid = Annotated[str, StringConstraints(min_length=1, max_length=MAX_GUID), *NOT_BLANK]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME), *NOT_BLANK]
Headline = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_HEADLINE), *NOT_BLANK]
Slug = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SLUG),
    AfterValidator(_slug),
    Field(json_schema_extra={"pattern": r"[A-Za-z0-9]|[^\x00-\x7F]"}),  # other scripts are written in Latin letters
]
Language = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_LANGUAGE),
    AfterValidator(_language),
    Field(json_schema_extra={"pattern": f"^{LANGUAGE}$"}),
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class NativeAuthor(_Strict):
    """An author with an address of their own."""

    name: Name
    url: Address | None = None


_NAME = TypeAdapter[str](Name)


def _author(value: Any) -> Any:
    return {"name": _NAME.validate_python(value)} if isinstance(value, str) else value  # else /0/name were named


NamedAuthor = Annotated[NativeAuthor, BeforeValidator(_author, json_schema_input_type=Name | NativeAuthor)]


class NativeCorrection(_Strict):
    """A published correction."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CORRECTION), *NOT_BLANK]
    at: Moment


class NativeImage(_Strict):
    """The picture: one pushed before, by its media_id, or one elsewhere, by its address."""

    model_config = ConfigDict(json_schema_extra=_one_of("media_id", "url"))

    media_id: Guid | None = None
    url: Address | None = None
    alt: str | None = None
    credit: str | None = None
    caption: str | None = None


class NativeArticle(_Strict):
    """An article as `POST /v1/articles` takes it; one of `body_html` and `body_text` is required."""

    model_config = ConfigDict(json_schema_extra=_one_of("body_html", "body_text"))

    guid: Guid = Field(description="identifies the article within its source")
    headline: Headline
    body_html: str | None = Field(None, description="cleaned on the way in")
    body_text: str | None = Field(None, description="paragraphs parted by blank lines; used where body_html is blank")
    version: Annotated[int, Field(ge=0, le=MAX_VERSION)] | None = None
    summary: str | None = None
    section: Name | None = None
    topics: Annotated[list[Name], Field(max_length=MAX_NAMES)] | None = None
    authors: Annotated[list[NamedAuthor], Field(max_length=MAX_NAMES)] | None = Field(
        None, description="names, or objects with name and url"
    )
    language: Language | None = None
    published_at: Moment | None = Field(None, description="a future one is a schedule")
    updated_at: Moment | None = None
    embargo_until: Moment | None = None
    slug: Slug | None = None
    status: Literal["usable", "withheld", "canceled"] | None = None
    evolved_from: Guid | None = Field(None, description="the guid that this article is a rewrite of")
    corrections: Annotated[list[NativeCorrection], Field(max_length=MAX_CORRECTIONS)] | None = None
    image: NativeImage | None = None
    source_url: Address | None = None


def read(content: Any) -> Draft | list[Fault]:
    """The article, or everything that is wrong with it."""
    if not isinstance(content, dict):
        return [Fault("/guid", f"The article must be an object with guid, headline and body, not {kind_of(content)}.")]
    if (broken := find_lone_surrogate(content)) is not None:
        return [Fault(broken, LONE_SURROGATE)]
    content = strip_forbidden(content)
    faults = _members_together(content)
    try:
        article = NativeArticle.model_validate(content)
    except ValidationError as error:
        return faults_of(error) + faults
    return faults or _draft(article)


def _members_together(content: dict[str, Any]) -> list[Fault]:
    """What is wrong between members; asked apart from the model, which would be silent about it after other faults."""
    faults = []
    if content.get("body_html") is None and content.get("body_text") is None:
        faults.append(Fault("/body_html", "The body is missing; send body_html or body_text."))
    image = content.get("image")
    if isinstance(image, dict) and image.get("media_id") is None and image.get("url") is None:
        faults.append(Fault("/image/media_id", "The picture is not named; send its media_id or its url."))
    if content.get("evolved_from") is not None and content["evolved_from"] == content.get("guid"):
        faults.append(Fault("/evolved_from", "An article cannot be a rewrite of itself; name another guid."))
    return faults


def _draft(article: NativeArticle) -> Draft:
    body_html, body_text = one_body([article.body_html or ""], [article.body_text or ""])
    return Draft(
        guid=article.guid,
        version=article.version,
        status=article.status or "usable",
        headline=" ".join(article.headline.split()),
        body_html=body_html,
        body_text=body_text,
        summary=(article.summary or "").strip(),
        section=article.section,
        topics=tuple(dict.fromkeys(article.topics or ())),
        authors=tuple(Author(author.name, author.url) for author in article.authors or ()),
        language=article.language,
        published_at=article.published_at,
        updated_at=article.updated_at,
        embargo_until=article.embargo_until,
        slug=article.slug,
        evolved_from=article.evolved_from,
        corrections=tuple(DraftCorrection(one.text, one.at) for one in article.corrections or ()),
        image=_picture(article.image) if article.image else None,
        source_url=article.source_url,
    )


def _picture(image: NativeImage) -> Picture:
    return Picture(
        media_id=image.media_id,
        url=image.url,
        alt=(image.alt or "").strip(),
        credit=(image.credit or "").strip(),
        caption=(image.caption or "").strip(),
    )
