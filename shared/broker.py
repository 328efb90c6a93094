"""FastStream as we read streams with it: a broker, a subscriber for whole batches, a group from the beginning.

FastStream starts new groups at `$`, and its parser unpacks an envelope that our entries do not have.
"""

from typing import Any

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.redis import RedisBroker, RedisSentinelBroker, StreamSub
from faststream.redis.message import FAKE_CONSUMER, RedisBatchStreamMessage
from redis.exceptions import ResponseError

from shared.link import ANSWER_TIMEOUT
from shared.settings import Settings
from shared.store import CONNECT_TIMEOUT, Store, again
from shared.store_address import parse_sentinel

POLL_MS = 1000  # below ANSWER_TIMEOUT, else reads time out and deliveries come late
RECONNECT = again(-1, 0.25)


def make_broker(settings: Settings) -> RedisBroker:
    """A FastStream broker that reconnects for as long as it takes, and passes entries on untouched."""
    options: dict[str, Any] = {
        "logger": None,
        "apply_types": False,
        "retry": RECONNECT,
        "socket_timeout": ANSWER_TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
    }
    if settings.redis_password is not None:
        options["password"] = settings.redis_password.get_secret_value()
    if settings.redis_url.startswith("sentinel://"):
        nodes, name = parse_sentinel(settings.redis_url)
        return RedisSentinelBroker(sentinels=nodes, sentinel_master_name=name, **options)
    return RedisBroker(settings.redis_url, **options)


async def create_group(store: Store, stream: str, group: str, begin: str = "0") -> None:
    """Create a group that reads from the stream's beginning, or what follows an entry, if there is none."""
    try:
        await store.do("XGROUP", "CREATE", stream, group, begin, "MKSTREAM")
    except ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def subscribe(broker: RedisBroker, stream: str, group: str, consumer: str, batch: int) -> Any:
    """A subscriber that brings up to `batch` entries at a time, untouched, and acknowledges none."""
    return broker.subscriber(
        stream=StreamSub(
            stream, group=group, consumer=consumer, batch=True, max_records=batch, polling_interval=POLL_MS
        ),
        ack_policy=AckPolicy.MANUAL,
        parser=_untouched,
        decoder=_undecoded,
    )


async def _untouched(raw: Any) -> StreamMessage[Any]:
    """FastStream's parser would unpack its own envelope; ours is plain JSON, decoded entry by entry."""
    return RedisBatchStreamMessage(raw_message=raw, body=b"", consumer=FAKE_CONSUMER, group=None)


async def _undecoded(message: StreamMessage[Any]) -> Any:
    """What the message was made of, not the message: that keeps what it was decoded to, and would keep itself, with
    megabytes of articles, until the next collection of garbage."""
    return message.raw_message
