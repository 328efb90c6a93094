"""What cannot be published, in a tree of JSON: characters that are removed, and lone surrogates, which are refused."""

from typing import Any

from shared.characters import clean_text
from shared.problems import pointer_to

LONE_SURROGATE = "The text has half of a surrogate pair, which is no character; send whole characters."
MAX_DEPTH = 64


def strip_forbidden(tree: Any) -> Any:
    """The JSON tree (at most MAX_DEPTH deep) without forbidden characters, in its names too."""
    if isinstance(tree, str):
        return clean_text(tree)
    if isinstance(tree, dict):
        return {clean_text(name): strip_forbidden(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [strip_forbidden(value) for value in tree]
    return tree


def find_lone_surrogate(tree: Any) -> str | None:
    """The JSON pointer of the first text with a lone surrogate, or None; the pointer itself has none."""
    if isinstance(tree, str):
        return "" if _is_broken(tree) else None
    if isinstance(tree, dict):
        for name, value in tree.items():
            inner = "" if _is_broken(name) else find_lone_surrogate(value)
            if inner is not None:
                return f"{pointer_to(name)}{inner}"
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            if (inner := find_lone_surrogate(value)) is not None:
                return f"/{index}{inner}"
    return None


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
