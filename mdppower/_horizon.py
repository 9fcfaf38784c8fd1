"""A horizon: a number of steps, where a discount rate may stand.

What "far-sighted" means is a choice: γ discounts what is late, H counts all that comes in H steps and nothing after.
A run has one or the other, and either way a tuple of floats says which columns it has; a `Horizon` among these is a
number of steps and equal to no rate, so that H = 1 is not taken for γ = 1.
"""

from __future__ import annotations


class Horizon(float):
    """A number of steps, at least one.

    Examples
    --------
    >>> Horizon(5), Horizon(5).steps, Horizon(5) == Horizon(5), Horizon(1) == 1.0
    (H = 5, 5, True, False)
    """

    __slots__ = ()

    @property
    def steps(self) -> int:
        """The number of steps, as an integer."""
        return int(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Horizon) and float(self) == float(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(("horizon", float(self)))

    def __repr__(self) -> str:
        return f"H = {self.steps}"
