"""Settings: a wrong one stops the start with one line that names it; secrets come from files, too."""

import ast
import contextlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.doors import Doors
from shared.broker import make_broker
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.sources import read_sources
from shared.store import redis_client
from shared.wrong import WrongSetting
from tests.servers import free_port, under_uvicorn

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("base_url", "told", "refused"),
    [
        ("https://example.org/news", "/news", False),
        ("https://example.org", "", False),
        ("https://example.org/news", "", True),
        ("https://example.org", "/news", True),
        ("https://example.org/news", "news", True),
        ("https://example.org/news", "/news/", True),
    ],
)
def test_nginx_is_told_the_path_of_the_sites_address_or_nothing_starts(
    tmp_path: Path, base_url: str, told: str, refused: bool
) -> None:
    (tmp_path / "site.toml").write_text(f'base_url = "{base_url}"')
    settings = Settings.load({"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_SITE_PATH": told})
    with pytest.raises(WrongSetting, match=r"^PRESSRUN_SITE_PATH: ") if refused else contextlib.nullcontext():
        assert settings.site.path == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRESSRUN_NOW", "yesterday"),
        ("PRESSRUN_NOW", "2025-07-26T09:00:00"),
        ("PRESSRUN_NOW", ""),
        ("PRESSRUN_NOW", "1753531200"),
        ("PRESSRUN_NOW", "99999999999999"),
        ("PRESSRUN_NOW", "2025-07-26"),
        ("PRESSRUN_NOW", "0001-01-01T00:00:00+14:00"),
        ("PRESSRUN_NOW", "1969-12-31T23:59:59Z"),
        ("PRESSRUN_NOW", "1970-01-01T00:00:00+01:00"),
        ("PRESSRUN_NOW", "9998-12-31T23:59:59-01:00"),
        ("PRESSRUN_IN_FLIGHT", "many"),
        ("PRESSRUN_IN_FLIGHT", "0"),
        ("PRESSRUN_IN_FLIGHT", "-1"),
        ("PRESSRUN_IN_FLIGHT", "65537"),
        ("PRESSRUN_DISK_FLOOR_MB", "-1"),
        ("PRESSRUN_RETAIN_HOURS", "0"),
        ("PRESSRUN_VIEWS_MEMORY_MB", "0"),
        ("PRESSRUN_RETAIN_HOURS", "inf"),
        ("PRESSRUN_RETAIN_HOURS", "87841"),
        ("PRESSRUN_RETAIN_HOURS", "1e300"),
        ("PRESSRUN_LOG_LEVEL", "loud"),
        ("PRESSRUN_CONSUMER", "two words"),
        ("PRESSRUN_CONSUMER", ""),
        ("PRESSRUN_CONSUMER", "rack/1"),
        ("PRESSRUN_DATA", ""),
        ("PRESSRUN_SITE_DIR", ""),
        ("PRESSRUN_MEDIA_DIR", ""),
        ("PRESSRUN_SITE_CONFIG", ""),
        ("PRESSRUN_SOURCES", ""),
        ("PRESSRUN_TRUSTED_PROXIES", "10.0.0.0/8, nowhere"),
        ("PRESSRUN_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        Settings.load({name: value})
    assert str(wrong.value).startswith(f"{name}: ")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("10.0.0.1/8", "10.0.0.1/8 is an address within a range: write 10.0.0.0/8 for the range, or 10.0.0.1"),
        ("::1, 2001:db8::7/32", "2001:db8::7/32 is an address within a range: write 2001:db8::/32 for the range, or "
         "2001:db8::7"),
        ("10.0.0.0/8, nowhere", "'nowhere' is no range of addresses like 10.0.0.0/8, and no address"),
        ("10.0.0.0/33", "'10.0.0.0/33' is no range of addresses like 10.0.0.0/8, and no address"),
    ],
)  # fmt: skip
def test_proxies_that_are_no_range_are_told_which_one_it_is_and_what_may_be_meant(value: str, told: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        Settings.load({"PRESSRUN_TRUSTED_PROXIES": value})
    assert str(wrong.value) == f"PRESSRUN_TRUSTED_PROXIES: {told}"


@pytest.mark.parametrize(
    "url",
    [
        "foo", "", " ", "http://x", "redis://h:99999/0", "redis://h:abc/0", "redis://127.0.0.1:1/abc", "redis://h/-1",
        "redis://h/0/1", "redis://[::1/0", "redis://h/0?db=x", "redis://h/0?no_such_option=1", "unix://",
        "redis://:secret#word@h/0", "redis://:secret/word@h/0", "sentinel://x", "sentinel://", "sentinel:///name",
        "sentinel://a:26379,/name", "sentinel://a:secret/name", "sentinel://a:99999/name", "sentinel://u:secret@a/name",
    ],
)  # fmt: skip
def test_an_address_where_no_store_can_be_is_refused_in_a_line_that_tells_no_secret(url: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        Settings.load({"PRESSRUN_REDIS_URL": url})
    assert str(wrong.value).startswith("PRESSRUN_REDIS_URL: ")
    assert "\n" not in str(wrong.value)
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://store", "redis://store:6379", "redis://store:6379/", "redis://store/15", "redis:///3", "redis://[::1]:1/0",
        "redis://:p%40%2F%23%3A@store:6379/0", "redis://user:p!$&'()*+,;=-._~|^@store/0", "redis://:pässwörd@store/0",
        "rediss://store:6380/1?ssl_cert_reqs=none", "unix:///run/store.sock?db=2", "unix://user:p%40@/run/store.sock",
        "rediss://store/0?ssl_ca_certs=/etc/ca.crt",
        "redis://store/0?socket_keepalive=yes", "sentinel://a,b:26380/courier", "sentinel://10.0.0.1:26379/name",
    ],
)  # fmt: skip
def test_every_way_to_a_store_stays_open(url: str) -> None:
    settings = Settings.load({"PRESSRUN_REDIS_URL": url})
    assert settings.redis_url == url
    assert redis_client(settings).connection_pool


@given(st.text(max_size=40).map(lambda text: f"redis://{text}") | st.text(max_size=40).map("sentinel://{}".format))
def test_whatever_the_stores_address_is_it_can_be_used_or_is_refused(url: str) -> None:
    try:
        settings = Settings.load({"PRESSRUN_REDIS_URL": url})
    except WrongSetting:
        return
    assert redis_client(settings).connection_pool
    assert make_broker(settings)


def test_good_values_are_taken() -> None:
    found = Settings.load(
        {
            "PRESSRUN_NOW": "2025-07-26T09:00:00+03:00",
            "PRESSRUN_IN_FLIGHT": "7",
            "PRESSRUN_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32,",
            "PRESSRUN_DATA": "/var/press",
            "PRESSRUN_UNKNOWN": "is nobody's business",
        }
    )
    assert found.now == datetime(2025, 7, 26, 6, tzinfo=UTC)
    assert found.in_flight == 7
    assert [str(network) for network in found.trusted_proxies] == ["10.0.0.0/8", "2001:db8::/32"]
    assert found.pages_dir == Path("/var/press/site")
    assert found.originals_dir == Path("/var/press/media")
    assert found.spare == 128 * 2**20, "half of the floor below which ingest takes nothing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("now", "1970-01-01T00:00:00Z"), ("now", "9998-12-31T23:59:59Z"), ("in_flight", "1"), ("in_flight", "65536"),
        ("disk_floor_mb", "0"), ("retain_hours", "87840"), ("views_memory_mb", "1"),
    ],
)  # fmt: skip
def test_a_value_at_its_bound_is_taken(name: str, value: str) -> None:
    found = Settings.load({f"PRESSRUN_{name.upper()}": value}).model_dump(mode="json")[name]
    assert found == (value if name == "now" else int(value))


def test_what_is_given_wins_over_the_environment() -> None:
    assert Settings.load({"PRESSRUN_DATA": "/a"}, data=Path("/b")).data == Path("/b")


@pytest.mark.parametrize("name", ["redis_password", "edge_secret"])
def test_a_secret_may_be_in_a_file_and_shows_nowhere(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("hush-hush\n")
    found = Settings.load({f"PRESSRUN_{name.upper()}_FILE": str(file)})
    assert getattr(found, name).get_secret_value() == "hush-hush"
    assert "hush" not in repr(found)
    assert "hush" not in str(found.model_dump())


def test_the_stores_address_may_be_in_a_file_since_it_can_carry_a_password(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("redis://:hush@store:6379/0\n")
    assert Settings.load({"PRESSRUN_REDIS_URL_FILE": str(file)}).redis_url == "redis://:hush@store:6379/0"


def test_the_variable_itself_wins_over_its_file(tmp_path: Path) -> None:
    found = Settings.load({"PRESSRUN_EDGE_SECRET": "here", "PRESSRUN_EDGE_SECRET_FILE": str(tmp_path / "no-such-file")})
    assert found.edge_secret is not None
    assert found.edge_secret.get_secret_value() == "here"


def test_a_secret_file_that_cannot_be_read_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match=r"^PRESSRUN_EDGE_SECRET_FILE: .*nowhere") as wrong:
        Settings.load({"PRESSRUN_EDGE_SECRET_FILE": str(tmp_path / "nowhere")})
    assert "\n" not in str(wrong.value)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongSetting, match=r"^PRESSRUN_REDIS_PASSWORD_FILE: "):
        Settings.load({"PRESSRUN_REDIS_PASSWORD_FILE": str(binary)})


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('timezone = "Asia/Babylon"', "timezone"),
        ('timezone = "../../etc/passwd"', "timezone"),
        ('timezone = "Europe"', "timezone"),  # a folder of zones
        ('base_url = "courier.example"', "base_url"),
        ('base_url = "https://courier.example/?x"', "base_url"),
        ('base_url = "https://courier.example/a b"', "base_url"),
        ('base_url = "https://courier.example/a;b"', "base_url"),
        ('base_url = "https://courier.example/$uri"', "base_url"),
        ('base_url = "https://courier.example/a/../b"', "base_url"),
        ('base_url = "https://courier.example/_static"', "base_url"),
        ('base_url = "https://editor:secret@courier.example"', "base_url"),
        ('base_url = "https://[::1"', "base_url"),
        ('base_url = "https://كورير.example"', "base_url"),
        ('base_url = "https://müller.example"', "base_url"),
        ("base_url = 'https://courier\".example'", "base_url"),
        ('base_url = "https://courier.example:80a"', "base_url"),
        ('base_url = "https://courier.example:99999"', "base_url"),
        ('base_url = "https://courier.example:0"', "base_url"),
        ('base_url = "http://:8080"', "base_url"),
        ('base_url = "https://courier.example:"', "base_url"),
        ('week_starts = "tuesday"', "week_starts"),
        ('language = "English"', "language"),
        ("hot = 0", "hot"),
        ("hot = 51", "hot"),
        ("hot = true", "hot"),
        ("topics = 0", "topics"),
        ("topics = 51", "topics"),
        ("related = -1", "related"),
        ("related = 17", "related"),
        (f'name = "{"x" * 201}"', "name"),
        (f'city = "{"x" * 101}"', "city"),
        ("conditions_expire = 0", "conditions_expire"),
        ("conditions_expire = nan", "conditions_expire"),
        ("conditions_expire = inf", "conditions_expire"),
        ("conditions_expire = 1e10", "conditions_expire"),
        ('name = ""', "name"),
        ('name = "  "', "name"),
        ('name = "\\u00a0\\u200b"', "name"),
        ('name = "Bad\\u0007 name"', "name"),
        ('name = "Two\\nlines"', "name"),
        ('name = "no character \\uffff"', "name"),
        ('city = "Bad\\u0007 city"', "city"),
        ('base_url = "http://bad\\u0007.example"', "base_url"),
        ('nmae = "typing error"', "nmae"),
        ("hot = ", ""),
    ],
)
def test_a_wrong_line_of_site_toml_is_named_with_its_file(tmp_path: Path, line: str, named: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(line)
    with pytest.raises(WrongSetting) as wrong:
        SiteSettings.read(file)
    assert str(wrong.value).startswith(f"{file}: {named}")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('timezone = "Asia/Babylon"', "timezone: no such time zone: Asia/Babylon"),
        ('nmae = "typing error"', "nmae: there is no setting of this name; correct it or leave it out"),
        ('language = "English"', "language: 'English' is not what stands here: a language like en or pt-BR"),
        (
            'base_url = "courier.example"',
            "base_url: 'courier.example' is not what stands here: an address like https://news.example or "
            "https://example.org/news, without a query",
        ),
    ],
)
def test_a_wrong_line_of_site_toml_says_what_should_stand_there(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(line)
    with pytest.raises(WrongSetting) as wrong:
        SiteSettings.read(file)
    assert str(wrong.value) == f"{file}: {told}"


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_site_is_called_its_feeds_can_say_it(name: str, city: str) -> None:
    try:
        site = SiteSettings(name=name, city=city)
    except ValueError:
        return
    written = ET.Element("feed", name=site.name, city=site.city)
    read = ET.fromstring(ET.tostring(written))  # noqa: S314 - our own
    assert read.attrib == {"name": name, "city": city}


@pytest.mark.parametrize(
    "name", ["The Courier", "الساعي", "می\u200cخوانیم", "\u200fصحيفة\u200f", "Ünïted 📰", "A\u00a0B"]
)
def test_names_in_every_script_are_taken(name: str) -> None:
    assert SiteSettings(name=name, city=name).name == name


def test_a_site_toml_that_is_missing_gives_the_defaults(tmp_path: Path) -> None:
    site = SiteSettings.read(tmp_path / "site.toml")
    assert (site.timezone, site.week_starts, site.hot, site.topics, site.related) == ("UTC", "monday", 5, 8, 4)


def test_a_site_toml_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting) as wrong:
        _ = Settings.load({"PRESSRUN_SITE_CONFIG": str(tmp_path / "site.tml")}).site
    assert str(wrong.value) == f"PRESSRUN_SITE_CONFIG: no such file: {tmp_path / 'site.tml'}"
    assert Settings.load({"PRESSRUN_DATA": str(tmp_path)}).site == SiteSettings()


def test_a_site_toml_that_begins_with_the_mark_of_windows_editors_is_read(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_bytes(b'\xef\xbb\xbfname = "The Courier"\r\ncity = "K\xc3\xb6ln"\r\n')
    site = SiteSettings.read(file)
    assert (site.name, site.city) == ("The Courier", "Köln")


def test_a_site_toml_that_is_a_folder_or_binary_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "binary"):
        if path != tmp_path:
            path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(WrongSetting) as wrong:
            SiteSettings.read(path)
        assert "\n" not in str(wrong.value)


def test_settings_that_are_nested_without_end_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text(f"name = {'[' * 5_000}{']' * 5_000}")
    for read in (SiteSettings.read, read_sources):
        with pytest.raises(WrongSetting, match=r"some\.toml: nested too deeply"):
            read(file)


@pytest.mark.parametrize("begins", [b"", b"\xef\xbb\xbf"])
def test_settings_are_utf_8_whatever_the_locale_is_and_with_a_byte_order_mark_too(
    tmp_path: Path, begins: bytes
) -> None:
    for name, content in (
        ("site.toml", 'name = "Süddeutsche صحيفة"\r\ncity = "Zürich"\r\n'),
        ("sources.toml", '[sources.desk]\r\ntokens = ["a-töken"]\r\n'),
    ):
        (tmp_path / name).write_bytes(begins + content.encode())
    (tmp_path / "secret").write_bytes("pässwörd\n".encode())
    told = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PRESSRUN_DATA": str(tmp_path),
             "PRESSRUN_EDGE_SECRET_FILE": str(tmp_path / "secret")},
    )  # fmt: skip
    assert ast.literal_eval(told.stdout) == ("Süddeutsche صحيفة", "a-töken", "pässwörd")


READ = """
from shared.settings import Settings
found = Settings.load()
token = found.upstreams["desk"].tokens[0]
print(ascii((found.site.name, token.get_secret_value(), found.edge_secret.get_secret_value())))
"""


@given(st.text(max_size=40))
def test_whatever_the_time_zone_is_it_is_known_or_refused(name: str) -> None:
    try:
        assert SiteSettings(timezone=name).zone
    except ValueError as error:
        assert "no such time zone" in str(error)


NO_SOURCE = [
    "",
    "[sources]\n",
    "[sources.desk]\n",
    "[sources.desk]\ntokens = []\nhmac_secrets = []\n",
]
WRONG_SOURCES = [
    '[sources.desk]\ntokens = [""]\n',
    '[sources.desk]\ntokens = ["  "]\n',
    '[sources.desk]\ntokens = "a-token"\n',
    '[sources.desk]\ntokens = ["a-token\\nof two lines"]\n',
    '[sources.desk]\ntokens = ["a-token\\u0000"]\n',
    '[sources.desk]\ntoken = ["typing error"]\n',
    '[sources."../desk"]\ntokens = ["a-token"]\n',
    '[sources.""]\ntokens = ["a-token"]\n',
    '[source.desk]\ntokens = ["a-token"]\n',
    "[sources",
    *(
        f'[sources.desk]\ntokens = ["{digest}"]\n'
        for digest in (
            "sha256:zz",
            "sha256:",
            "sha256:" + "0" * 63,
            "sha256:" + "0" * 65,
            "sha256: " + "0" * 64,
            "sha256:" + "0" * 63 + "g",
            "SHA256:" + "0" * 64,
            " sha256:a-token",
        )
    ),
]


@pytest.mark.parametrize("content", [*NO_SOURCE, *WRONG_SOURCES])
def test_without_a_source_that_can_sign_there_is_no_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(content)
    with pytest.raises(WrongSetting) as wrong:
        read_sources(file)
    assert str(wrong.value).startswith(f"{file}: ")
    assert "\n" not in str(wrong.value)
    assert "a-token" not in str(wrong.value)


@pytest.mark.parametrize("token", ["sha256:" + "0a" * 32, "sha256:" + "0A" * 32, "sha256", "my-sha256:zz", "sha512:zz"])
def test_a_whole_digest_is_taken_and_so_is_a_token_that_is_none(tmp_path: Path, token: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f'[sources.desk]\ntokens = ["{token}"]\n')
    assert Doors(read_sources(file))


@pytest.mark.parametrize("name", ["", "-", "a b", "Größe", "x" * 65])
def test_a_sources_name_that_is_none_is_told_what_one_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f'[sources."{name}"]\ntokens = ["a-token"]\n', encoding="utf-8")
    with pytest.raises(WrongSetting) as wrong:
        read_sources(file)
    rule = "a source's name is 1 to 64 letters, digits, - and _, not these two alone"
    assert str(wrong.value) == f"{file}: sources: {rule}: {name!r}"


@pytest.mark.parametrize("name", ["REDIS_URL", "REDIS_PASSWORD", "EDGE_SECRET"])
@pytest.mark.parametrize("content", ["", " \n"])
def test_a_secrets_file_with_nothing_in_it_is_no_start(tmp_path: Path, name: str, content: str) -> None:
    """Without its edge secret ingest would take all readers for one, and say nothing."""
    file = tmp_path / "secret"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(WrongSetting) as wrong:
        Settings.load({f"PRESSRUN_{name}_FILE": str(file)})
    assert str(wrong.value) == f"PRESSRUN_{name}_FILE: nothing stands in {file}"


def test_no_sources_toml_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="no such file"):
        read_sources(tmp_path / "sources.toml")


@pytest.mark.parametrize("again", ["same", " same", "sha256:" + sha256(b"same").hexdigest()])
def test_a_token_that_two_sources_share_is_refused(tmp_path: Path, again: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f'[sources.a]\ntokens = ["same"]\n[sources.b]\ntokens = ["other", "{again}"]\n')
    with pytest.raises(WrongSetting) as wrong:
        read_sources(file)
    assert str(wrong.value) == f"{file}: sources.b.tokens: a has one of them too; each needs its own"


def test_ingest_itself_refuses_to_start_without_a_source(tmp_path: Path) -> None:
    done = _import_app("ingest", PRESSRUN_DATA=str(tmp_path))
    assert done.returncode != 0
    assert f"{tmp_path}/sources.toml: no such file" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("service", ["ingest", "trending", "render"])
def test_a_service_with_a_wrong_setting_ends_with_a_line_that_names_it(tmp_path: Path, service: str) -> None:
    (tmp_path / "sources.toml").write_text('[sources.desk]\ntokens = ["a-token"]\n')
    done = _import_app(service, PRESSRUN_DATA=str(tmp_path), PRESSRUN_NOW="soon")
    assert done.returncode != 0
    assert "PRESSRUN_NOW: " in done.stderr.splitlines()[-1]


def test_render_names_the_folder_of_pages_that_it_cannot_make(tmp_path: Path, valkey: str) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "site"
    places = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey, "PRESSRUN_SITE_DIR": str(folder)}
    done = subprocess.run(
        under_uvicorn("render", free_port()),
        env={**os.environ, **places}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if not line.startswith(("INFO", "{"))]
    assert told == [f"cannot start: PRESSRUN_SITE_DIR: cannot make {folder}: Not a directory"]


def _import_app(service: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import services.{service}.app"], env={**os.environ, **environ}, cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
