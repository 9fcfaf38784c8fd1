"""Maps as one may draw them, with every glyph, whether they are worlds or not."""

from hypothesis import strategies as st

GLYPHS = ".# *~^>v<abzZ"


@st.composite
def maps(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    line = st.text(GLYPHS, min_size=columns, max_size=columns)
    return "\n".join(draw(st.lists(line, min_size=rows, max_size=rows)))
