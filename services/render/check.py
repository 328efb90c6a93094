"""The live site held against a build from the store alone, byte for byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.render.edition import Edition
from services.render.output import Output
from services.render.pages import build
from services.render.printer import Printer, is_of_another_version
from services.render.site import Site
from services.render.whole import WholeEdition
from shared.media import is_whole
from shared.store import StoreUnavailable


@dataclass(slots=True)
class Differences:
    """How the live site differs from a build: path → page key; extra paths belong to no page. `failed`: the pages that
    cannot be built, page key → reason; what there is of them is neither right nor wrong. `in_lists`: whether pages are
    as the lists have it that render keeps, and these are wrong."""

    differs: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    pages: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    in_lists: bool = False

    @property
    def clean(self) -> bool:
        """Whether there are none."""
        return not (self.differs or self.missing or self.extra or self.failed)

    def add(self, other: "Differences") -> None:
        """Take over what else was found."""
        self.differs |= other.differs
        self.missing |= other.missing
        self.extra += other.extra
        self.failed |= other.failed

    def repairs(self) -> list[str]:
        """The pages to build again."""
        return sorted({*self.differs.values(), *self.missing.values()})


async def compare(whole: WholeEdition, printer: Printer, site: Site, progress: Callable[[int], None]) -> Differences:
    """Every file of the live site against what a build would write; of pictures, that they are there as long as they
    were made, and no others.

    On a running site `suspects.Suspects` looks again.
    """
    found, expected = Differences(pages=len(whole.page_keys)), set()
    for key in whole.page_keys:
        progress(1)
        if (output := await try_to_build(whole, printer, key, found)) is None:
            continue
        for path, wanted in contents(output):
            expected.add(path)
            note(found, path, key, site.read(path), wanted)
    for key, names in whole.pictures():
        expected.update(names)
        for name in names:
            await look_at_picture(whole, site, name, key, found)
    found.extra = sorted(path for path in site.walk() if path not in expected and not is_of_another_version(path))
    return found


async def try_to_build(edition: Edition, printer: Printer, key: str, found: Differences) -> Output | None:
    """A page as it is to be; None if it cannot be built, which is noted and keeps nobody from looking at the others."""
    try:
        return await build(edition, printer, key)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a builder raises, as in the press
        found.failed[key] = f"{type(error).__name__}: {error}"
        return None


def note(found: Differences, path: str, key: str, there: bytes | None, wanted: bytes) -> None:
    """Note a file that is not as it is to be."""
    if there is None:
        found.missing[path] = key
    elif there != wanted:
        found.differs[path] = key


async def look_at_picture(edition: Edition, site: Site, path: str, key: str, found: Differences) -> None:
    """Note a public file of a picture that is not there or damaged: making it again to compare the bytes would take
    minutes for all of them."""
    length = site.length(path)
    if length is None:
        found.missing[path] = key
    elif not is_whole(length, await edition.length(f"/{path}")):
        found.differs[path] = key


def contents(output: Output) -> Iterator[tuple[str, bytes]]:
    """The files of a page, and its links with what they lead to."""
    yield from output.files.items()
    yield from ((path, target.encode()) for path, target in output.links.items())
