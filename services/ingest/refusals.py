"""Work that is refused with 503 before it is begun, by reason; an alarm looks at how many there are."""

from shared.metrics import Counter

TOO_MANY, NO_ROOM = "too many requests at once", "the disk is nearly full"
refused = Counter(
    "pressrun_requests_refused_total", "Requests, and articles of batches, answered 503 before any work", ["reason"]
)
for _reason in (TOO_MANY, NO_ROOM):
    refused.labels(_reason)  # told from 0 on: where there was no number, Prometheus sees no rise
