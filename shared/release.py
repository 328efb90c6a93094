"""Which Pressrun this is."""

from importlib.metadata import PackageNotFoundError, version


def released() -> str:
    """Its version, as it is installed; `0` where it runs from a folder alone."""
    try:
        return version("pressrun")
    except PackageNotFoundError:
        return "0"
