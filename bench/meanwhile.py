"""What goes on beside a measurement."""

import threading


class Meanwhile(threading.Thread):
    """Does something again and again, with `every` so many seconds in between, until it is stopped."""

    def __init__(self, every: float) -> None:
        super().__init__(daemon=True)
        self._every = every
        self._over = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        while not self._over.wait(self._every):
            self.once()

    def once(self) -> None:
        """What is done again and again."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it, once what it does just now is done."""
        self._over.set()
        self.join()
