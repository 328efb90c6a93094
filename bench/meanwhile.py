"""What goes on beside a measurement."""

import threading


class Meanwhile(threading.Thread):
    """Does something again and again, with `every` so many seconds in between, until it is stopped."""

    def __init__(self, every: float) -> None:
        super().__init__(daemon=True)
        self._every = every
        self._over = threading.Event()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Until it is stopped, or fails."""
        try:
            while not self._over.wait(self._every):
                self.once()
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            self._failure = error

    def once(self) -> None:
        """What is done again and again."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it, once what it does just now is done. Raises what it has failed of: from then on it did nothing."""
        self._over.set()
        self.join()
        if self._failure:
            raise self._failure
