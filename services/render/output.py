"""What a page leaves on disk, and under which names: nothing here touches the disk. Pure."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Output:
    """What a page leaves on disk: files, symbolic links (path → target), and paths that must not be there.

    Applied in that order, so that an address never answers 404 between its page and its redirect or 410.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    only_new: bool = False
    """Whether files that are there already stay as they are."""
    keeps_folder: bool = False
    """Whether the folder of a page that goes stays: redirects that lead to it lead on from there to what stands at its
    address now, until they are made anew."""

    def stay_inside(self) -> None:
        """Raise ValueError for what leads out of the tree: ingest lets no such slug in, but an imported store may have
        been written by anybody."""
        for path in (*self.files, *self.links, *self.absent, *(link.lstrip("./") for link in self.links.values())):
            if ".." in path:
                raise ValueError(f"{path!r} leads out of the site's folder")


def page_file(path: str) -> str:
    """The file of an address: `/a/b/` → `a/b/index.html`, `/feed.xml` → `feed.xml`."""
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


def moved(path: str, to: str) -> tuple[str, str]:
    """The link that makes an old address answer 301: its place and its relative target."""
    old, new = path.strip("/"), to.strip("/")
    return f"_moved/{old}", "../" * (old.count("/") + 1) + new


def gone(path: str) -> str:
    """The marker that makes an address answer 410."""
    return f"_gone/{path.strip('/')}"
