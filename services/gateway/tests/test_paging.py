"""Pages of lists: together they are the list, whatever comes and goes between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.rest.paging import PageQuery, page

places = st.tuples(st.integers(-(2**62), 2**62), st.text(max_size=8))


def place_of(place):
    return place


def read(items, limit, between):
    """All pages of a list; `between` changes the list after each."""
    found, cursor = [], None
    while True:
        shown, cursor = page(items, place_of, PageQuery(limit=limit, cursor=cursor))
        assert len(shown) <= limit
        found += shown
        if cursor is None:
            return found
        between(shown)


@given(st.sets(places), st.integers(1, 7))
def test_pages_together_are_the_list_newest_first(items, limit):
    assert read(items, limit, lambda shown: None) == sorted(items, reverse=True)


@given(st.sets(places, min_size=1), st.integers(1, 3), st.lists(places, max_size=30), st.data())
def test_arrivals_and_losses_neither_repeat_nor_hide_what_stays(items, limit, arriving, data):
    items, there, lost = set(items), set(items), set()

    def between(shown):
        if arriving:
            items.add(arriving.pop())
        if len(items) > 1 and data.draw(st.booleans()):
            gone = min(items)
            items.discard(gone)
            lost.add(gone)

    found = read(items, limit, between)

    assert found == sorted(found, reverse=True) and len(set(found)) == len(found)
    assert there - lost <= set(found)
