"""The must-use plugin in docs/connect, run by PHP against a real site."""
