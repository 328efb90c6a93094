"""How much an article may have of what, whoever sends it: the native format refuses more, the others are cut."""

MAX_GUID = 512
MAX_HEADLINE = 300
MAX_NAME = 200
MAX_NAMES = 50
MAX_ADDRESS = 2048
MAX_LANGUAGE = 35
MAX_SLUG = 200
MAX_CORRECTION = 5000
MAX_CORRECTIONS = 100
MAX_VERSION = 2**53
