"""A build of the whole site from the store, beside its bare limit and beside Hugo on the same articles."""
from bench.table import Row
from bench.up import Press

def rows(press: Press, articles: int, *, hugo: bool) -> list[Row]:
    return []
