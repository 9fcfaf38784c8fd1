"""The state as a link, and the address bar: written for what is shown, followed when others write it."""

from __future__ import annotations

import pytest
from drawn_maps import maps
from hypothesis import given, settings
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
rates = st.one_of(st.sampled_from([0, 1, 0.9, 1e-7, 0.1 + 0.2]), st.floats(0, 1))

worlds = st.fixed_dictionaries(
    {
        "map": maps(),
        "slip": rates,
        "bias": st.dictionaries(st.sampled_from(["N", "SE", "stay"]), rates, max_size=2),
        "moves": st.sampled_from(["NESW", "NS", "NESW,diagonals", "custom & odd=1"]),
        "stay": st.booleans(),
        "blocked": st.sampled_from(["stay", "remove"]),
        "wrap": st.booleans(),
    }
)
cells = st.tuples(st.integers(0, 63), st.integers(0, 63)).map(list)
states = st.fixed_dictionaries(
    {
        "world": worlds,
        "gamma": rates,
        "rewards": st.fixed_dictionaries(
            {"default": texts, "marks": st.dictionaries(st.sampled_from("abzZ*~"), texts, max_size=3)}
        ),
        "draws": st.integers(16, 65_536),
        "seed": st.integers(0, 2**53 - 1),
        "sampler": st.sampled_from(["latin", "sobol", "iid"]),
        "view": st.sampled_from(["power", "difference", "optimality"]),
        "pinned": st.none() | worlds,
        "pair": st.none() | st.lists(cells, min_size=2, max_size=2),
        "selected": st.none() | cells,
        "chosen": st.lists(cells, max_size=3),
    }
)


def test_every_state_is_read_back_from_its_address(modules):
    """Numbers included: JavaScript prints a double so that it reads back as the same."""

    @settings(max_examples=60)
    @given(states)
    def round_trip(state):
        fragment = modules.call("address", "toFragment", state)
        assert fragment.isascii()
        assert not set(fragment) & set(' "<>#\n')
        assert modules.call("address", "fromFragment", f"#{fragment}") == {"state": state, "problem": None}

    round_trip()


def test_an_address_is_of_what_differs(modules):
    plain = modules.call("address", "fromFragment", "")["state"]
    assert modules.call("address", "toFragment", plain) == "v=1"
    state = modules.call("address", "fromFragment", "v=1&map=..._.-.&gamma=0.5")["state"]
    assert state["world"]["map"] == "...\n.#."
    assert state["gamma"] == 0.5
    assert modules.call("address", "toFragment", state) == "v=1&map=..._.-.&gamma=0.5"


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        ("v=2&map=...", "version 2"),
        ("map=...", "no version"),
        ("v=1&gama=0.5", "gama"),
        ("v=1&gamma=fast", "fast"),
        ("v=1&gamma=0.5&gamma=0.6", "twice"),
        ("v=1&map=..._.", "map"),
        ("v=1&map=%E0%A4", "map"),
        ("v=1&map=%3Ba_..", "map"),
        ("v=1&map=;a_..", "map"),  # a comment, which has no cells, would shift the rows of those below it
        ("v=1&__proto__=1", "__proto__"),
        ("v=1&pin.gamma=0.5", "pin.gamma"),
    ],
)
def test_an_address_that_is_not_understood_is_refused_with_a_word(explorer, fragment, told):
    """The page says so, and shows what it showed."""
    before = explorer.follow(map="..a", gamma=0.5, draws=256).now()["state"]
    found = explorer.call("address", "fromFragment", fragment)
    assert found["state"] is None
    assert told in found["problem"]
    assert found["problem"] not in explorer.page.inner_text("body")
    explorer.follow(fragment)
    assert found["problem"] in explorer.page.inner_text("body")
    assert explorer.now()["state"] == before


def test_a_page_that_is_opened_with_such_an_address_says_so_and_shows_its_first_world(explorer):
    explorer.open("v=2&map=...")
    assert explorer.call("address", "fromFragment", "v=2&map=...")["problem"] in explorer.page.inner_text("body")
    assert explorer.now()["state"]["world"] == explorer.call("address", "fromFragment", "")["state"]["world"]


def test_a_link_that_is_followed_just_before_the_address_is_written_is_not_lost(tab):
    """Between a new fragment and the event that tells of it there may be the writing of the old state.

    Here it is called there: its timer, of half a second, is kept by the test.
    """
    explorer = tab()
    explorer.page.add_init_script("""
        const later = window.setTimeout
        window.setTimeout = (act, wait, ...given) => (wait === 500 ? window.write = act : later(act, wait, ...given))
    """)
    explorer.open(map="...")
    explorer.after(lambda: explorer.page.evaluate("() => { location.hash = 'v=1&map=..a&gamma=.5'; window.write() }"))
    assert explorer.now()["state"]["world"]["map"] == "..a"
    explorer.page.evaluate("() => window.write()")
    assert explorer.page.url.endswith("#v=1&map=..a&gamma=0.5")
