"""What ends a command with one line and exit code 1."""


class CannotGoOn(Exception):
    """What keeps a command from its work; its text is one clear line, a note what is shown below it."""
