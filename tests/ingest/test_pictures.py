"""Pictures: what is taken, what is refused, and the public files."""

import errno
import struct
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps, ImageStat

from services.ingest.pictures import inspect
from shared import media
from shared.imaging import NoPicture, derive, look
from shared.jpeg import has_many_scans, is_kept_whole
from shared.media import Original, digest_of, media_name, media_names, siblings
from shared.problems import Problem

DIGEST = "ab" + "0" * 38


def encoded(kind: str, size: tuple[int, int] = (8, 4), mode: str = "RGB", **options: object) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 200 if mode in ("L", "P") else (200, 30, 30, 128)[: len(mode)]).save(file, kind, **options)
    return file.getvalue()


def stored(folder: Path, content: bytes, digest: str = DIGEST) -> Path:
    path = folder / digest
    path.write_bytes(content)
    return path


def take(folder: Path, content: bytes, declared: str = "", filename: str = "x") -> Original:
    return inspect(stored(folder, content), DIGEST, len(content), declared, filename)


@pytest.mark.parametrize(
    ("kind", "mode", "mime", "alpha"),
    [
        ("JPEG", "RGB", "image/jpeg", False),
        ("JPEG", "CMYK", "image/jpeg", False),
        ("JPEG", "L", "image/jpeg", False),
        ("PNG", "RGB", "image/png", False),
        ("PNG", "RGBA", "image/png", True),
        ("WEBP", "RGBA", "image/webp", True),
        ("GIF", "P", "image/gif", False),
        ("PNG", "LA", "image/png", True),
    ],
)
def test_pictures_are_known_by_their_content(tmp_path: Path, kind: str, mode: str, mime: str, alpha: bool) -> None:
    found = take(tmp_path, encoded(kind, mode=mode), "application/octet-stream", "media-id")
    assert (found.type, found.width, found.height, found.alpha, found.shown) == (mime, 8, 4, alpha, True)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'


@pytest.mark.parametrize(
    ("content", "declared", "filename"),
    [
        (SVG, "image/svg+xml", "x.svg"),
        (SVG, "image/png", "x.png"),
        (SVG, "text/plain", "x"),
        (b"x", "image/svg+xml", "x"),
        (b"x", "", "X.SVG"),
        (b"not a picture", "image/jpeg", "x"),
        (b"not a picture", "", "x.jpg"),
        (b"not a picture", "Image/JPEG; charset=binary", "x"),
        (b"not a picture", "image/pjpeg", "x"),
        (b"not a picture", "", "x.JPEG"),
        (b"not a picture", "", "x.png"),
        (b"not a picture", "", "x.webp"),
        (b"not a picture", "", "x.gif"),
        (b"x", "", "x.svgz"),
        (encoded("JPEG", (200, 200))[:-200], "image/jpeg", "x.jpg"),
        (encoded("PNG", (200, 200))[:-60], "image/png", "x.png"),
        (encoded("BMP"), "image/bmp", "x.png"),
        (b"\xef\xbb\xbf\n<!-- <p> -->" + SVG[21:], "", "x"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" "y" [<!ENTITY a "b>">] >\n<SVG/>', "", "x"),
        (b"<!-- " + b"x" * 4_000 + b" -->" + SVG[21:], "text/plain", "x"),
        (b'<s:svg xmlns:s="http://www.w3.org/2000/svg">', "", "x"),
        (encoded("PNG", (1, 11)), "image/png", "x.png"),
        (encoded("PNG", (11, 1)), "image/png", "x.png"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "", "x"),
    ],
)
def test_what_cannot_be_shown_safely_is_refused(tmp_path: Path, content: bytes, declared: str, filename: str) -> None:
    with pytest.raises(Problem) as caught:
        take(tmp_path, content, declared, filename)
    assert caught.value.status == 422
    assert caught.value.faults[0].pointer == "/media"


def test_an_original_that_is_gone_is_not_called_something_else(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        derive(tmp_path / "gone", tmp_path)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = stored(tmp_path, encoded("PNG", (10_000, 5_001), "1"))
    before = time.process_time()
    with pytest.raises(NoPicture, match="million pixels"):
        look(bomb)
    assert time.process_time() - before < 0.1
    assert look(stored(tmp_path, encoded("PNG", (10_000, 5_000), "1")))[1:3] == (10_000, 5_000)


@pytest.mark.parametrize(
    ("size", "progressive", "is_taken"),
    [
        ((9_504, 6_336), False, True),  # what cameras make
        ((9_504, 6_336), True, False),
        ((20_000, 10_001), False, False),
        ((2_400, 21_000), False, False),  # decoded in its own size: no side may be smaller than pages need
    ],
)
def test_a_large_jpeg_is_decoded_no_larger_than_it_is_needed(
    tmp_path: Path, size: tuple[int, int], progressive: bool, is_taken: bool
) -> None:
    jpeg = stored(tmp_path, encoded("JPEG", size, "L", progressive=progressive))
    if not is_taken:
        with pytest.raises(NoPicture, match="million pixels"):
            look(jpeg)
        return
    assert look(jpeg) == ("image/jpeg", *size, False)
    with Image.open(derive(jpeg, tmp_path)[-1]) as shown:
        assert shown.size == (1600, 1067)


@pytest.mark.parametrize(("size", "turned"), [((6_336, 9_504), 1), ((9_504, 6_336), 6)])
def test_a_large_jpeg_that_is_upright_is_decoded_no_larger_than_it_is_needed(
    tmp_path: Path, size: tuple[int, int], turned: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turned
    jpeg = stored(tmp_path, encoded("JPEG", size, "L", exif=exif))
    assert look(jpeg) == ("image/jpeg", 6_336, 9_504, False)
    with Image.open(derive(jpeg, tmp_path)[-1]) as shown:
        assert shown.size == (1600, 2400)


def test_a_jpeg_that_was_taken_sideways_is_decoded_as_sharp_as_it_is_shown(tmp_path: Path) -> None:
    lines = Image.frombytes("L", (8_000, 1_600), (bytes(16_000) + b"\xff" * 16_000) * 400)
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = 6
    lines.save(file, "JPEG", exif=exif)
    with Image.open(derive(stored(tmp_path, file.getvalue()), tmp_path)[-1]) as shown:
        assert shown.size == (1_600, 8_000)
        assert ImageStat.Stat(shown.convert("L")).stddev[0] > 100


def test_a_large_jpeg_whose_colours_come_one_after_the_other_is_refused(tmp_path: Path) -> None:
    jpeg = bytearray(encoded("JPEG"))
    frame, scan = jpeg.index(b"\xff\xc0"), jpeg.index(b"\xff\xda")
    jpeg[scan : scan + 14] = b"\xff\xda\0\x08\1\1\0\0\x3f\0"
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 6_336, 9_504)
    with pytest.raises(NoPicture, match="million pixels"):
        look(stored(tmp_path, bytes(jpeg)))  # it would be kept whole, as a progressive one


def test_a_jpeg_that_goes_over_its_pixels_again_and_again_is_refused(tmp_path: Path) -> None:
    jpeg = encoded("JPEG", (2_000, 2_000), "L", progressive=True)
    last_scan = jpeg[jpeg.rindex(b"\xff\xc4") : -2]
    bomb = stored(tmp_path, jpeg[:-2] + last_scan * 3_000 + jpeg[-2:], "b" * 40)
    before = time.process_time()
    with pytest.raises(NoPicture, match="scans"):
        look(bomb)
    assert time.process_time() - before < 0.5
    assert look(stored(tmp_path, jpeg + b"\0\0\0\x18ftyp" + b"\xff\xda\0\2" * 3_000)), "a film that a phone has added"
    assert look(stored(tmp_path, jpeg[:2] + b"\xff\xe2\0\2" * 3_000 + jpeg[2:])), "a profile in many segments"


def test_a_jpeg_is_not_taken_for_the_small_one_that_a_camera_has_put_into_it() -> None:
    scan = b"\xff\xda\0\2"
    small = encoded("JPEG", progressive=True)[:-2] + scan * 100
    assert is_kept_whole(small)
    assert has_many_scans(small)
    assert not is_kept_whole(jpeg := encoded("JPEG", comment=small))
    assert not has_many_scans(jpeg)
    assert has_many_scans(jpeg[:-2] + scan * 100), "its own are counted all the same"


def test_a_jpeg_of_several_pictures_goes_over_its_pixels_no_more_often(tmp_path: Path) -> None:
    several = encoded("MPO", (200, 200), save_all=True, append_images=[Image.new("RGB", (200, 200))], progressive=True)
    assert look(stored(tmp_path, several)) == ("image/jpeg", 200, 200, False)
    first = several[: several.index(b"\xff\xd9")]
    last_scan = first[first.rindex(b"\xff\xc4") :]
    with pytest.raises(NoPicture, match="scans"):
        look(stored(tmp_path, first + last_scan * 100 + several[len(first) :]))


def test_a_jpeg_of_nothing_but_segments_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    jpeg = encoded("JPEG")
    bomb = stored(tmp_path, jpeg[:2] + b"\xff\xe0\0\2" * 1_000_000 + jpeg[2:])
    before = time.process_time()
    with pytest.raises(NoPicture, match="segments"):
        look(bomb)
    assert time.process_time() - before < 0.5
    assert look(stored(tmp_path, encoded("PNG") + b"\xff\xe0\0\2" * 20_000)), (
        "a PNG has none, whatever its bytes look like"
    )


@pytest.mark.parametrize(
    ("content", "declared", "filename"),
    [
        (b"bin", "text/plain", "foo.txt"),
        (b"%PDF-1.7", "application/pdf", "foo.txt"),
        (b"x", "", "foo.txt"),
        (encoded("BMP"), "image/bmp", "x.bmp"),
        (encoded("TIFF"), "image/tiff", "x.tif"),
        (b"\0\0\0\x18ftypheic", "image/heic", "x.HEIC"),
        (b"\0\0\0\x18ftypavif", "image/avif", "x.avif"),
        (b"How to write <svg> by hand", "text/plain", "x.txt"),
        (b"<!doctype html><title>x</title><svg></svg>", "text/html", "x.html"),
        (b"<?xml version='1.0'?><nitf><!-- <svg/> --></nitf>", "application/xml", "x.xml"),
        (b"<!-- <svg> " * 400, "text/plain", "x"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", "x.wav"),
        (b"x", "", "x.jpg.txt"),
        (b"x", "", "notajpg"),
    ],
)
def test_other_files_are_kept_and_never_shown(tmp_path: Path, content: bytes, declared: str, filename: str) -> None:
    found = take(tmp_path, content, declared, filename)
    assert (found.shown, found.names(), found.type) == (False, {}, declared or "application/octet-stream")


def test_what_is_kept_is_called_by_its_type_alone(tmp_path: Path) -> None:
    assert take(tmp_path, b"x", "Text/Plain ; charset=utf-8").type == "text/plain"


@pytest.mark.parametrize("size", [(10, 1), (1, 10)])
def test_one_side_may_be_ten_times_the_other(tmp_path: Path, size: tuple[int, int]) -> None:
    found = take(tmp_path, encoded("PNG", size))
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    ("width", "widths"),
    [(1, [1]), (480, [480]), (481, [480, 481]), (1000, [480, 960, 1000]), (1600, [480, 960, 1600]),
     (9000, [480, 960, 1600])],
)  # fmt: skip
def test_no_public_file_is_wider_than_the_original(width: int, widths: list[int]) -> None:
    names = media_names(DIGEST, width)
    assert list(names) == widths
    assert names[widths[-1]] == f"/media/ab/{DIGEST}-{widths[-1]}.jpg"
    assert all(digest_of(name) == DIGEST for name in names.values())


@pytest.mark.parametrize("alpha", [False, True])
def test_the_widest_public_file_tells_of_all_of_them(alpha: bool) -> None:
    names = [*media_names(DIGEST, 1000, alpha).values()]
    assert siblings(names[-1]) == names
    assert siblings("https://a.b/c.jpg") == []


@given(st.text(st.sampled_from("/ .:a\u00fc"), max_size=8).map(lambda text: f"{text}/a"))
def test_what_is_answered_as_media_id_names_the_same_file(media_id: str) -> None:
    assert media_name(media_name(media_id)) == media_name(media_id) == media_name(f" /{media_id}")


def test_other_addresses_are_no_public_files() -> None:
    for address in ("https://a.b/c.jpg", "/media/ab/x-480.jpg", f"/media/../{DIGEST}-480.jpg", ""):
        assert digest_of(address) is None


@pytest.mark.parametrize(
    ("kind", "mode", "as_kind"), [("JPEG", "CMYK", "JPEG"), ("PNG", "RGBA", "WEBP"), ("GIF", "P", "JPEG")]
)
def test_public_files_are_made_as_they_are_named(tmp_path: Path, kind: str, mode: str, as_kind: str) -> None:
    original = stored(tmp_path, encoded(kind, (1200, 600), mode))
    _, width, height, alpha = look(original)
    made = derive(original, tmp_path / "out")
    names = media_names(DIGEST, width, alpha)
    assert made == [tmp_path / "out" / name[1:] for name in names.values()]
    for (wide, _), path in zip(names.items(), made, strict=True):
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == (as_kind, (wide, wide * height // width))
    assert not list((tmp_path / "out").rglob(".*"))


def test_the_same_original_gives_the_same_bytes(tmp_path: Path) -> None:
    original = stored(tmp_path, encoded("JPEG", (1000, 700)))
    first, second = (derive(original, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_public_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Image.Image, path: Path, *__: object, **___: object) -> None:
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "full")

    original = stored(tmp_path, encoded("JPEG"))
    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="full"):
        derive(original, tmp_path / "out")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    original = stored(tmp_path, encoded("JPEG", (1000, 700)))
    made = derive(original, tmp_path)
    made[0].write_bytes(b"there")
    derive(original, tmp_path)
    assert made[0].read_bytes() == b"there"


def test_a_picture_taken_upright_is_shown_upright_and_says_nothing_of_where(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "at home"
    original = stored(tmp_path, encoded("JPEG", (1000, 500), exif=exif))
    _, width, height, _ = look(original)
    assert (width, height) == (500, 1000)
    assert media.height_of(Original(digest=DIGEST, type="", size=1, width=500, height=1000), 480) == 960
    for path in derive(original, tmp_path):
        with Image.open(path) as picture:
            assert picture.height == 2 * picture.width
            assert not picture.getexif()
        assert b"at home" not in path.read_bytes()


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_picture_is_shown_upright_however_it_was_taken(tmp_path: Path, turned: int) -> None:
    drawn = Image.new("RGB", (400, 300), (200, 30, 30))
    drawn.paste((30, 200, 30), (0, 0, 200, 150))
    drawn.paste((30, 30, 200), (200, 0, 400, 150))
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = turned
    drawn.save(file, "PNG", exif=exif)
    original = stored(tmp_path, file.getvalue())
    with Image.open(original) as taken:
        upright = ImageOps.exif_transpose(taken).convert("RGB")
    assert look(original)[1:3] == upright.size
    (path,) = derive(original, tmp_path)
    with Image.open(path) as shown:
        assert ImageStat.Stat(ImageChops.difference(shown, upright)).mean == pytest.approx([0, 0, 0], abs=5)


def test_a_damaged_profile_or_exif_is_as_good_as_none(tmp_path: Path) -> None:
    original = stored(tmp_path, encoded("JPEG", icc_profile=b"no profile", exif=b"Exif\0\0no exif"))
    assert look(original) == ("image/jpeg", 8, 4, False)
    assert len(derive(original, tmp_path)) == 1


def test_a_picture_that_finds_no_memory_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(MemoryError):
        look(stored(tmp_path, encoded("PNG")))


def test_damaged_exif_says_nothing_in_the_log(tmp_path: Path) -> None:
    tags = b"".join(struct.pack(">HHII", tag, 7, 1_000_000, 0) for tag in range(1, 1_001))
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1_000) + tags + bytes(4)
    original = stored(tmp_path, encoded("PNG", exif=exif))
    command = "import sys; from pathlib import Path; from shared.imaging import look; look(Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", command, str(original)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""


MOST_MEMORY = """
import sys
from pathlib import Path
from shared.imaging import derive
derive(Path(sys.argv[1]), Path(sys.argv[2]))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))
"""


@pytest.mark.parametrize(("mode", "itself"), [("RGBA", 196), ("RGB", 196), ("I;16", 98), ("P", 49)])
def test_a_large_picture_takes_hardly_more_memory_than_itself(tmp_path: Path, mode: str, itself: int) -> None:
    file = BytesIO()
    Image.new(mode, (7000, 7000)).save(file, "PNG", compress_level=1)
    done = subprocess.run(
        [sys.executable, "-c", MOST_MEMORY, str(stored(tmp_path, file.getvalue())), str(tmp_path)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert int(done.stdout) // 1000 < itself + 200, "MB, with those of Python and Pillow"


@pytest.mark.parametrize("turned", [1, 6])
def test_a_large_picture_is_made_from_all_of_its_rows(tmp_path: Path, turned: int) -> None:
    drawn = Image.new("RGB", (7001, 6501), (200, 30, 30))
    drawn.paste((30, 30, 200), (3500, 3250, 7001, 6501))
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = turned
    drawn.save(file, "PNG", compress_level=1, exif=exif)
    widest = derive(stored(tmp_path, file.getvalue()), tmp_path)[-1]
    with Image.open(widest) as picture:
        assert picture.size == ((1600, 1486) if turned == 1 else (1600, 1723))
        corners = [picture.getpixel((x, y)) for x in (5, 1594) for y in (5, picture.height - 6)]
        reds = [pixel[0] > 150 for pixel in corners if isinstance(pixel, tuple)]
        assert reds == ([True, True, True, False] if turned == 1 else [True, False, True, True])


def test_a_public_file_is_as_sharp_as_its_original(tmp_path: Path) -> None:
    bars, file = Image.frombytes("L", (1600, 1), (b"\0" * 4 + b"\xff" * 4) * 200), BytesIO()
    bars.resize((1600, 1000)).save(file, "JPEG")
    widest = derive(stored(tmp_path, file.getvalue()), tmp_path)[-1]
    with Image.open(widest) as picture:
        assert picture.width == 1600
        assert ImageStat.Stat(picture.convert("L")).stddev[0] > 110


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_a_public_file_has_no_comment(tmp_path: Path, kind: str) -> None:
    original = stored(tmp_path, encoded(kind, (1000, 500), comment=b"at home", xmp=b"<x>at home</x>"))
    for path in derive(original, tmp_path):
        assert b"at home" not in path.read_bytes()


def profile(kind: bytes, colours: bytes, measured_as: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of those tags (ICC.1:2001-04)."""
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + b"\0" * 78,
        b"cprt": b"text\0\0\0\0x\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061),
        **tags,
    }
    at, table, content = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(content), len(value))
        content += value
    head = struct.pack(">I4xI4s4s4s12x4s28x3i", at + len(content), 0x02400000, kind, colours, measured_as, b"acsp",
                       63190, 65536, 54061)  # fmt: skip
    return head.ljust(128, b"\0") + table + content


def red_ink() -> bytes:
    """An ICC profile of a press that prints red, whatever it is given."""
    straight = bytes(range(256))
    red = bytes((136, 208, 195))  # L*a*b*
    table = b"mft1\0\0\0\0\4\3\2\0" + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    return profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table + straight * 4 + red * 2**4 + straight * 3})


def swapped_profile() -> bytes:
    """An ICC profile in which red and green have changed places (three-component matrix)."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    red, green, blue = xyz(0.4361, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7141)
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, 0x0233, 0)
    return profile(
        b"mntr", b"RGB ", b"XYZ ",
        {b"rXYZ": green, b"gXYZ": red, b"bXYZ": blue, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve},
    )  # fmt: skip


def test_colours_for_print_are_those_of_their_profile(tmp_path: Path) -> None:
    (path,) = derive(stored(tmp_path, encoded("JPEG", (80, 40), "CMYK", icc_profile=red_ink())), tmp_path)
    with Image.open(path) as picture:
        red, green, blue = picture.getpixel((40, 20))
    assert (red > 90, green < 40, blue < 40) == (True, True, True)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "see-through RGB", "see-through P"])
def test_colours_are_those_of_the_profile(tmp_path: Path, mode: str) -> None:
    drawn = Image.new("RGBA" if mode == "RGBA" else "RGB", (400, 200), (255, 0, 0))
    drawn.paste((0, 0, 255, 0) if mode == "RGBA" else (0, 0, 255), (0, 0, 100, 200))
    options = {}
    if mode.endswith(" P") or mode == "P":
        drawn = drawn.quantize(2)
    if mode.startswith("see"):
        options["transparency"] = drawn.getpixel((50, 100))
    file = BytesIO()
    drawn.save(file, "PNG", icc_profile=swapped_profile(), **options)
    (path,) = derive(stored(tmp_path, file.getvalue()), tmp_path / "out")
    with Image.open(path) as picture:
        shown = picture.convert("RGBA")
        red, green, *_ = shown.getpixel((300, 100))
        assert (red < 10, green > 245) == (True, True)
        assert shown.getpixel((50, 100))[3] == (255 if mode in ("RGB", "P") else 0)


@pytest.mark.parametrize(("see_through", "kind"), [(None, "JPEG"), (40_000, "WEBP")])
def test_grey_in_16_bits_keeps_its_greys(tmp_path: Path, see_through: int | None, kind: str) -> None:
    greys = [0, 20_000, 40_000, 65_535]
    file = BytesIO()
    drawn = Image.frombytes("I;16", (400, 100), b"".join(grey.to_bytes(2, "little") * 100 for grey in greys) * 100)
    drawn.save(file, "PNG", **({} if see_through is None else {"transparency": see_through}))
    (path,) = derive(stored(tmp_path, file.getvalue()), tmp_path / "out")
    with Image.open(path) as picture:
        assert picture.format == kind
        shown = picture.convert("RGBA")
        pixels = [shown.getpixel((x, 50)) for x in (50, 150, 250, 350)]
    for grey, pixel in zip(greys, pixels, strict=True):
        assert isinstance(pixel, tuple)
        assert pixel[3] == (0 if grey == see_through else 255)
        assert pixel[3] == 0 or abs(pixel[0] - grey / 257) < 3
