"""The one writer to the disk: readers see a file whole or not at all."""

import itertools
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.render import replacing
from services.render.new_site import NewSite
from services.render.output import Output, gone, moved, page_file
from services.render.site import LARGE, Site

PAGE = "2025/07/26/story/index.html"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "site", "w1")
    made.prepare()
    return made


def names_beside(site: Site) -> list[str]:
    return [path.name for path in (site.root / PAGE).parent.iterdir()]


def tree(site: Site) -> set[str]:
    return set(site.walk())


def test_what_is_written_is_read(site: Site) -> None:
    assert site.apply(Output({PAGE: b"words", "index.html": b"front"})) == [PAGE, "index.html"]
    assert site.read(PAGE) == b"words"
    assert site.has(PAGE)
    assert tree(site) == {PAGE, "index.html"}


def test_the_same_bytes_are_not_written_again(site: Site) -> None:
    site.apply(Output({PAGE: b"words"}))
    before = (site.root / PAGE).stat()
    assert site.apply(Output({PAGE: b"words"})) == []
    after = (site.root / PAGE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert site.apply(Output({PAGE: b"other"})) == [PAGE]


def test_what_is_to_be_there_at_the_least_takes_nobodys_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Output({PAGE: b"first"}, only_new=True)
    assert site.apply(first) == [PAGE]
    assert [path.name for path in (site.root / PAGE).parent.iterdir()] == ["index.html"]
    site.apply(Output({PAGE: b"later"}))
    assert site.apply(first) == []
    place = Site._place

    def behind(self: Site, full: str, *rest: Any) -> None:
        Site(site.root, "w2").apply(Output({"other.html": b"later"})) if full.endswith("other.html") else None
        place(self, full, *rest)

    monkeypatch.setattr(site, "_place", behind.__get__(site))
    assert site.apply(Output({"other.html": b"first"}, only_new=True)) == [], "it came while ours was being written"
    assert site.read(PAGE) == site.read("other.html") == b"later"
    assert {path.name for path in site.root.iterdir()} == {"2025", "other.html"}


def test_a_file_is_replaced_and_never_written_into(site: Site) -> None:
    site.apply(Output({PAGE: b"first"}))
    with (site.root / PAGE).open("rb") as reader:
        site.apply(Output({PAGE: b"second, and longer"}))
        assert reader.read() == b"first", "who has begun to read the old page reads it to its end"
    assert site.read(PAGE) == b"second, and longer"


@pytest.mark.parametrize("exchange", [None, lambda *_: -1])
def test_where_names_cannot_change_places_the_new_file_is_renamed_over_the_old(
    site: Site, monkeypatch: pytest.MonkeyPatch, exchange: Callable[..., int] | None
) -> None:
    monkeypatch.setattr(replacing, "_rename", exchange)
    site.apply(Output({PAGE: b"first"}))
    assert site.apply(Output({PAGE: b"second"})) == [PAGE]
    assert site.read(PAGE) == b"second"
    assert names_beside(site) == ["index.html"]


def test_nothing_is_renamed_over_a_page_for_the_disk_to_wait_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.apply(Output({PAGE: b"first"}))
    monkeypatch.setattr(os, "replace", lambda *_: pytest.fail("ext4 sends such a file to the disk at once"))
    assert site.apply(Output({PAGE: b"second"})) == [PAGE]
    assert site.read(PAGE) == b"second"
    assert names_beside(site) == ["index.html"]


def test_an_old_page_that_a_killed_writer_left_is_not_written_into(site: Site) -> None:
    site.apply(Output({PAGE: b"first"}))
    page = site.root / PAGE
    with page.open("rb") as reader:
        page.rename(page.with_name(".index.html.w1"))  # it had changed places with the new one, and was still there
        page.write_bytes(b"second")
        site.apply(Output({PAGE: b"third, and longer"}))
        assert reader.read() == b"first"
    assert site.read(PAGE) == b"third, and longer"


def test_a_disk_that_refuses_is_an_error_and_the_old_page_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    site.apply(Output({PAGE: b"first"}))
    monkeypatch.setattr(replacing, "_rename", lambda *_: -1)
    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(PermissionError):
        site.apply(Output({PAGE: b"second"}))
    assert site.read(PAGE) == b"first"
    assert names_beside(site) == ["index.html"]


def test_a_reader_never_sees_half_a_file(site: Site) -> None:
    contents = [bytes([65 + number]) * 200_000 for number in range(2)]
    site.apply(Output({PAGE: contents[0]}))
    stop, torn = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            found = (site.root / PAGE).read_bytes()
            if found not in contents:
                torn.append(len(found))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        site.apply(Output({PAGE: contents[number % 2]}))
    stop.set()
    reader.join()
    assert not torn


def test_unfinished_files_are_no_part_of_the_site_and_are_swept_away(site: Site) -> None:
    site.apply(Output({PAGE: b"whole"}))
    left = (site.root / PAGE).with_name(".index.html.w2")
    left.write_bytes(b"half")
    link = left.with_name(".old.w2")
    link.symlink_to(".")
    assert tree(site) == {PAGE}
    site.sweep()
    assert not (left.exists() or link.is_symlink())
    assert site.read(PAGE) == b"whole"


def test_a_writer_that_was_killed_in_the_middle_writes_the_file_again(site: Site) -> None:
    (site.root / "a").mkdir()
    (site.root / "a" / ".index.html.w1").write_bytes(b"a longer half of it")
    (site.root / "a" / ".old.w1").symlink_to("half")
    assert site.apply(Output({"a/index.html": b"whole"}, links={"a/old": "b"})) == ["a/index.html", "a/old"]
    assert site.read("a/index.html") == b"whole"
    assert site.read("a/old") == b"b"
    assert sorted(path.name for path in (site.root / "a").iterdir()) == ["index.html", "old"]


def test_a_file_that_the_disk_takes_in_pieces_is_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:3]))
    site.apply(Output({PAGE: b"more words than three"}))
    assert site.read(PAGE) == b"more words than three"


def test_a_file_that_the_disk_does_not_take_leaves_nothing_behind(site: Site) -> None:
    site.apply(Output({"a/index.html": b"old"}))
    (site.root / "a" / "folder").mkdir()
    (site.root / "a" / "folder" / "file").touch()
    with pytest.raises(OSError, match="irectory"):
        site.apply(Output({"a/folder": b"new"}))
    assert sorted(path.name for path in (site.root / "a").iterdir()) == ["folder", "index.html"]


def test_an_empty_folder_or_a_file_in_the_place_of_another_kind_gives_way(site: Site) -> None:
    for folder in ("a/index.html", "_moved/a/with/others", "_gone/b"):
        (site.root / folder).mkdir(parents=True)
    (site.root / "_moved/b").write_bytes(b"no link")
    output = Output({"a/index.html": b"page"}, dict([moved("/a/", "/c/"), moved("/b/", "/c/")]), ("_gone/b",))
    assert site.apply(output) == ["a/index.html", "_moved/a", "_moved/b"]
    assert site.apply(output) == []
    assert (site.read("a/index.html"), site.read("_moved/a"), site.read("_moved/b")) == (b"page", b"../c", b"../c")


def test_a_folder_in_the_place_of_a_page_stays_there_for_all_that_is_in_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that was killed while it had another name could neither write the page again nor would it be swept."""
    other = site.root / "index.html" / "other.html"
    other.parent.mkdir()
    other.touch()
    was_there: list[bool] = []
    unlink = os.unlink

    def watched(path: str) -> None:
        was_there.append(other.exists())
        unlink(path)

    monkeypatch.setattr(os, "unlink", watched)
    with pytest.raises(IsADirectoryError):
        site.apply(Output({"index.html": b"page"}))
    assert all(was_there)
    assert other.exists()


def test_an_empty_folder_that_is_as_long_as_the_page_gives_way_too(site: Site) -> None:
    (site.root / "index.html").mkdir()
    page = b"x" * (site.root / "index.html").stat().st_size
    assert site.apply(Output({"index.html": page})) == ["index.html"]
    assert site.read("index.html") == page


def test_a_pipe_in_the_place_of_a_page_is_none_and_gives_way(site: Site) -> None:
    os.mkfifo(site.root / "index.html")
    assert site.read("index.html") is None
    assert site.apply(Output({"index.html": b""})) == ["index.html"]
    assert site.read("index.html") == b""


@pytest.mark.parametrize("leads_to", ["copy.html", "index.html", "nowhere"])
def test_a_link_in_the_place_of_a_file_gives_way_wherever_it_leads(site: Site, leads_to: str) -> None:
    site.apply(Output({"copy.html": b"page"}))
    (site.root / "index.html").symlink_to(leads_to)
    output = Output({"index.html": b"page"})
    assert site.apply(output) == ["index.html"]
    assert site.read("index.html") == b"page"
    assert site.apply(output) == []


def test_two_writers_do_not_clash(site: Site) -> None:
    other = Site(site.root, "w2")
    other.prepare()

    def write(writer: Site) -> None:
        for number in range(200):
            writer.apply(Output({f"list/{number % 7}/index.html": f"{number}".encode()}))
            writer.apply(Output(absent=(f"list/{(number + 3) % 7}/index.html",)))

    _both(lambda: write(site), lambda: write(other))
    assert not list(site.root.rglob(".*"))


def _both(*works: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


# ---------------------------------------------------------------------------------------------- links


def test_a_redirect_is_a_relative_link_to_the_newest_pages_folder(site: Site) -> None:
    path, target = moved("/2025/07/26/old/", "/2025/07/27/new/")
    site.apply(Output({"2025/07/27/new/index.html": b"new"}, {path: target}))
    assert path == "_moved/2025/07/26/old"
    assert (site.root / path).resolve() == (site.root / "2025/07/27/new").resolve()
    assert site.read(path) == target.encode()
    assert path in tree(site)


def test_a_link_that_is_right_is_left_alone_and_one_that_is_not_is_replaced(site: Site) -> None:
    path, target = moved("/a/b/c/old/", "/a/b/c/new/")
    assert site.apply(Output(links={path: target})) == [path]
    inode = (site.root / path).lstat().st_ino
    assert site.apply(Output(links={path: target})) == []
    assert (site.root / path).lstat().st_ino == inode
    assert site.apply(Output(links={path: moved("/a/b/c/old/", "/a/b/c/newest/")[1]})) == [path]
    assert (site.root / path).readlink().name == "newest"


def test_a_link_that_leads_nowhere_yet_belongs_to_the_site(site: Site) -> None:
    path, target = moved("/a/b/c/old/", "/a/b/c/new/")
    site.apply(Output(links={path: target}))
    assert tree(site) == {path}


# ---------------------------------------------------------------------------------------------- removal


def test_what_must_not_be_there_is_taken_away_with_its_empty_folder(site: Site) -> None:
    site.apply(Output({PAGE: b"words"}))
    assert site.apply(Output({gone("/2025/07/26/story/"): b""}, absent=(PAGE,))) == [gone("/2025/07/26/story/"), PAGE]
    assert not (site.root / PAGE).parent.exists()
    assert tree(site) == {"_gone/2025/07/26/story"}


def test_a_folder_in_which_others_live_stays(site: Site) -> None:
    site.apply(Output({"world/index.html": b"list", "world/feed.xml": b"<feed/>"}))
    site.apply(Output(absent=("world/index.html",)))
    assert tree(site) == {"world/feed.xml"}


@pytest.mark.parametrize("order", list(itertools.permutations(("index.html", "feed.xml", "2026/11/index.html"))))
def test_a_list_that_goes_leaves_no_folder_behind(site: Site, order: tuple[str, ...]) -> None:
    """Topics come and go for as long as a site lives."""
    paths = tuple(f"topic/rain/{name}" for name in order)
    site.apply(Output(dict.fromkeys(("topic/oil/index.html", *paths), b"words")))
    for path in paths:
        site.apply(Output(absent=(path,)))
    assert [folder.name for folder in (site.root / "topic").iterdir()] == ["oil"]


def test_taking_away_what_is_not_there_changes_nothing(site: Site) -> None:
    site.apply(Output({"index.html": b"front"}))
    assert site.apply(Output(absent=(PAGE, "index.html/below", "_moved/x"))) == []
    assert tree(site) == {"index.html"}


def test_a_page_comes_back_after_its_folder_was_taken_away(site: Site) -> None:
    for _ in range(3):
        assert site.apply(Output({PAGE: b"words"})) == [PAGE]
        assert site.apply(Output(absent=(PAGE,))) == [PAGE]


def test_a_page_comes_back_after_another_writer_took_its_folder_away(site: Site) -> None:
    other = Site(site.root, "w2")
    other.prepare()
    site.apply(Output({PAGE: b"words"}))
    other.apply(Output(absent=(PAGE,)))
    assert site.apply(Output({PAGE: b"words"})) == [PAGE]


def test_what_was_seen_is_there_until_it_is_taken_away_here_or_is_not_believed_any_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an article's page would lead to a list that is not there."""
    monkeypatch.setattr("services.render.site.BELIEVED", float("inf"))
    for path in (PAGE, "feed.xml"):
        site.apply(Output({path: b"words"}))
        assert site.has(path)
    site.remove(PAGE)
    assert not site.has(PAGE)
    Site(site.root, "w2").remove("feed.xml")
    assert site.has("feed.xml"), "it is asked for with each article"
    monkeypatch.setattr("services.render.site.BELIEVED", 0)
    assert not site.has("feed.xml")


def test_the_new_is_there_before_the_old_goes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path, target = moved("/2025/07/26/story/", "/2025/07/26/new/")
    site.apply(Output({PAGE: b"words"}))
    seen: list[bool] = []
    remove = site.remove

    def watched(gone_path: str, **how: bool) -> bool:
        seen.append((site.root / path).is_symlink() and site.has("2025/07/26/new/index.html"))
        return remove(gone_path, **how)

    monkeypatch.setattr(site, "remove", watched)
    site.apply(Output({"2025/07/26/new/index.html": b"words"}, {path: target}, (PAGE,)))
    assert seen == [True]


def test_the_folder_of_a_page_stays_for_those_that_lead_to_it(site: Site) -> None:
    for keeps in (True, False):
        site.apply(Output({PAGE: b"words"}))
        assert site.apply(Output(absent=(PAGE,), keeps_folder=keeps)) == [PAGE]
        assert (site.root / PAGE).parent.is_dir() == keeps
        assert not list(site.walk())
        site.sweep()
        assert not (site.root / PAGE).parent.exists()


def test_the_folder_of_an_article_that_is_gone_is_swept_away_with_what_a_killed_writer_left_in_it(site: Site) -> None:
    site.apply(Output({PAGE: b"words"}))
    page = site.root / PAGE
    page.with_name(".index.html.w2").write_bytes(b"the page before")
    site.apply(Output(absent=(PAGE,)))
    site.sweep()
    assert not page.parent.exists()
    shutil.rmtree(site.root / "2025")
    site.sweep()
    assert site.root.is_dir(), "a tree without a page is the site's still"


def test_a_full_disk_is_an_error_and_the_old_page_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.apply(Output({PAGE: b"words"}))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        site.apply(Output({PAGE: b"other"}))
    assert site.read(PAGE) == b"words"


def test_large_files_leave_room_for_the_store_and_small_ones_are_written_anyhow(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = Site(site.root, "w1", spare=1_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000 + LARGE))
    with pytest.raises(OSError, match="too little room"):
        careful.apply(Output({PAGE: b"x" * LARGE, "rss.xml": b"x"}))
    assert site.read(PAGE) is None
    assert careful.apply(Output({PAGE: b"x" * LARGE})) == [PAGE]
    assert site.apply(Output({PAGE: b"x" * 2 * LARGE})) == [PAGE], "nobody asked for room"
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_001 + LARGE))
    assert careful.apply(Output({PAGE: b"x" * LARGE, "rss.xml": b"x"})) == [PAGE, "rss.xml"], "there is room now"
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    assert careful.apply(Output({"index.html": b"x"})) == ["index.html"]


# ---------------------------------------------------------------------------------------------- names, building


@pytest.mark.parametrize(
    ("address", "file"),
    [("/", "index.html"), ("/a/b/", "a/b/index.html"), ("/feed.xml", "feed.xml"), ("/نفط/", "نفط/index.html")],
)
def test_the_file_of_an_address(address: str, file: str) -> None:
    assert page_file(address) == file


def test_a_build_refuses_to_write_a_path_twice(tmp_path: Path) -> None:
    site = NewSite(tmp_path)
    site.add(Output({"index.html": b"front"}))
    with pytest.raises(FileExistsError):
        site.add(Output({"index.html": b"front"}))


@pytest.mark.parametrize("path", ["index.html", PAGE])
def test_a_build_whose_folder_has_gone_does_not_make_it_again(tmp_path: Path, path: str) -> None:
    for root in (tmp_path / "gone", tmp_path / "gone" / "too"):
        with pytest.raises(FileNotFoundError):
            NewSite(root).add(Output({path: b"words"}))
    assert not (tmp_path / "gone").exists()


def test_a_build_leaves_the_same_tree_as_a_live_site(site: Site, tmp_path: Path) -> None:
    path, target = moved("/2025/07/26/old/", "/2025/07/26/story/")
    output = Output({PAGE: b"words", gone("/2025/07/26/dead/"): b""}, {path: target})
    (tmp_path / "built").mkdir()
    built = Site(tmp_path / "built")
    site.apply(output)
    NewSite(built.root).add(output)
    assert tree(built) == tree(site)
    assert all(built.read(found) == site.read(found) for found in tree(site))


@pytest.mark.parametrize(
    "output",
    [
        Output({"2025/07/26/../../../../out/index.html": b"x"}),
        Output({"../out": b"x"}),
        Output(absent=("../../out",)),
        Output(links=dict([moved("/2025/07/26/../../../../out/", "/2025/07/26/new/")])),
        Output(links=dict([moved("/2025/07/26/old/", "/2025/07/26/../../../../out/")])),
    ],
)
def test_nothing_leaves_the_folder_of_the_site(site: Site, tmp_path: Path, output: Output) -> None:
    site.prepare()
    (tmp_path / "out").write_text("there")
    before = sorted(tmp_path.rglob("*"))
    for write in (site.apply, NewSite(site.root).add):
        with pytest.raises(ValueError, match="leads out"):
            write(output)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "out").read_text() == "there"


def test_folders_and_missing_paths_read_as_nothing(site: Site) -> None:
    site.apply(Output({PAGE: b"words"}))
    for path in ("2025", "nowhere", f"{PAGE}/below"):
        assert site.read(path) is None


def test_what_lies_beyond_a_link_in_the_place_of_a_folder_is_no_part_of_the_site(site: Site, tmp_path: Path) -> None:
    site.apply(Output({"world/2025/07/index.html": b"page"}))
    (site.root / "world").rename(tmp_path / "elsewhere")
    (site.root / "world").symlink_to(tmp_path / "elsewhere")
    assert site.read("world/2025/07/index.html") is None
    assert list(site.walk()) == ["world"]


def test_a_feed_rewritten_within_a_second_looks_newer(tmp_path: Path) -> None:
    site = Site(tmp_path, "w")
    site.prepare()
    site.apply(Output({"feed.xml": b"one"}))
    before = int((tmp_path / "feed.xml").stat().st_mtime)
    site.apply(Output({"feed.xml": b"two"}))
    assert int((tmp_path / "feed.xml").stat().st_mtime) > before


def test_a_feed_rewritten_later_is_of_that_moment(site: Site) -> None:
    site.apply(Output({"feed.xml": b"one"}))
    os.utime(site.root / "feed.xml", (1, 1))
    site.apply(Output({"feed.xml": b"two"}))
    assert (site.root / "feed.xml").stat().st_mtime > 2


def test_no_file_stays_open_whatever_is_written(site: Site) -> None:
    """A press that builds for weeks would come to where it may open none any more."""
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for content in (b"new", b"new", b"other"):
        site.apply(Output({PAGE: content, "feed.xml": content}))
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before
