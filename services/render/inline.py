"""A built tree made whole for hosts without SSI: includes resolved, redirects and 410s as pages, no views posted."""

import re
from html import escape
from pathlib import Path

_INCLUDE = re.compile(rb'<!--#\s*include virtual="/([^"]+)"\s*-->')
_BEACON = re.compile(rb'<script src="[^"]*/_static/beacon\.[^"]*"[^>]*></script>\n?')


def inline_tree(root: Path, site_path: str) -> None:
    """Resolve every include in the tree, then take away what only nginx understands.

    `site_path` is that of the site's address: where the host serves the tree.
    """
    fragments = {path.relative_to(root).as_posix().encode(): path.read_bytes() for path in root.glob("_fragments/*")}
    for page in root.rglob("*.html"):
        content = page.read_bytes()
        whole = _INCLUDE.sub(lambda found: fragments.get(found[1], b""), _BEACON.sub(b"", content))
        if whole != content:
            page.write_bytes(whole)
    for script in root.glob("_static/beacon.*"):
        script.unlink()
    _spell_out(root, site_path)
    for folder in ("_fragments", "_gone", "_moved"):
        _remove(root / folder)


def _spell_out(root: Path, site_path: str) -> None:
    """A redirect becomes a page that sends the reader on; what is gone becomes the 410 page at its address."""
    for link in [path for path in (root / "_moved").rglob("*") if path.is_symlink()]:
        old = link.relative_to(root / "_moved")
        target = f"{site_path}/" + link.resolve().relative_to(root.resolve()).as_posix() + "/"
        _page(root / old, _SEND_ON.format(escape(target)).encode())
    for marker in [path for path in (root / "_gone").rglob("*") if path.is_file()]:
        _page(root / marker.relative_to(root / "_gone"), (root / "410.html").read_bytes())


def _page(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_bytes(content)


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


_SEND_ON = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Moved</title>'
    '<meta http-equiv="refresh" content="0; url={0}"><link rel="canonical" href="{0}"><a href="{0}">Moved</a></html>\n'
)
