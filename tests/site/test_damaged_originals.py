"""What becomes of pictures whose originals are damaged or gone."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.stack import Up, path_of


def test_a_picture_that_cannot_be_made_is_left_out_of_a_build_and_said(stack: Up, tmp_path: Path) -> None:
    stack.start()
    posted = []
    for colour in ("red", "green", "blue"):
        file = BytesIO()
        Image.new("RGB", (64, 48), colour).save(file, "PNG")
        pushed = stack.ingest.post(
            f"/v1/push/{stack.run['source']}/assets", data={"media_id": colour}, files={"media": ("x", file.getvalue())}
        )
        assert pushed.status_code == 201
        posted.append(stack.post(colour, image={"media_id": colour, "alt": colour}))
    stack.drain()
    shown = sorted((stack.folder / "site").glob("media/*/*"))
    damaged, gone = shown[:2]
    for picture in (damaged, gone):
        original = stack.folder / "media" / picture.parent.name / picture.name.partition("-")[0]
        original.write_bytes(b"damaged") if picture is damaged else original.unlink()
    code, told = stack.call("build", "--out", str(tmp_path / "built"))
    assert code == 0, told
    for picture in (damaged, gone):
        assert f"left out: /media/{picture.parent.name}/{picture.name}: " in told
    assert [path.name for path in (tmp_path / "built").glob("media/*/*")] == [shown[2].name]
    assert all((tmp_path / "built" / path_of(one["url"])[1:] / "index.html").exists() for one in posted)
