"""Labels become text without white space, and are the same again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdppower.formats.labels_as_text import label_of_json, label_of_text, layout_of_cells, text_of_label

TEXT = st.one_of(
    st.text(max_size=6), st.sampled_from(["(0, 1)", "(0,)", "7", "-1", "[1]", '"a"', " ", "__NOLABEL__"])
)
LABELS = st.recursive(
    TEXT | st.integers(-(10**20), 10**20), lambda x: st.lists(x, max_size=3).map(tuple), max_leaves=5
)


@given(LABELS)
def test_there_and_back(label):
    text = text_of_label(label)
    assert not any(map(str.isspace, text))
    assert label_of_json(text) == label
    assert type(label_of_json(text)) is type(label)


def test_cells_alone_are_more_than_text():
    assert label_of_text("(0, -3)") == (0, -3)
    for text in ("0", "(0)", "(a, b)", "[0, 1]", "(0, 0)_H^(0, 1)_A", ""):
        assert label_of_text(text) == text
    assert layout_of_cells([(0, 1, 2)]) is layout_of_cells(["a"]) is layout_of_cells([(0, 2**40)]) is None
