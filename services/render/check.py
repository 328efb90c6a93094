"""The live site held against a build from the store alone, byte for byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.render.pages import build
from services.render.printer import Printer, is_of_another_version
from services.render.site import Output, Site
from services.render.whole import WholeEdition


@dataclass(slots=True)
class Differences:
    """How the live site differs from a build: path → page key; extra paths belong to no page."""

    differs: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    pages: int = 0

    @property
    def clean(self) -> bool:
        """Whether there are none."""
        return not (self.differs or self.missing or self.extra)

    def add(self, other: "Differences") -> None:
        """Take over what else was found."""
        self.differs |= other.differs
        self.missing |= other.missing
        self.extra += other.extra

    def repairs(self) -> list[str]:
        """The pages to build again."""
        return sorted({*self.differs.values(), *self.missing.values()})


async def compare(whole: WholeEdition, printer: Printer, site: Site, progress: Callable[[int], None]) -> Differences:
    """Every file of the live site against what a build would write; of pictures, that they are there and no others.

    On a running site `suspects.Suspects` looks again.
    """
    found, expected = Differences(), set()
    for key in whole.page_keys():
        output = await build(whole, printer, key)
        found.pages += 1
        for path, wanted in contents(output):
            expected.add(path)
            note(found, path, key, site.read(path), wanted)
        progress(1)
    for key, names in whole.pictures():
        expected.update(names)
        found.missing |= {name: key for name in names if not site.has(name)}
    found.extra = sorted(path for path in site.walk() if path not in expected and not is_of_another_version(path))
    return found


def note(found: Differences, path: str, key: str, there: bytes | None, wanted: bytes) -> None:
    """Note a file that is not as it is to be."""
    if there is None:
        found.missing[path] = key
    elif there != wanted:
        found.differs[path] = key


def contents(output: Output) -> Iterator[tuple[str, bytes]]:
    """The files of a page, and its links with what they lead to."""
    yield from output.files.items()
    yield from ((path, target.encode()) for path, target in output.links.items())
