"""Where a reference is saturated: no more of an agent's growth can be seen in counts against it.

**Definition.** With n trials, of which m were not won, a reference is *saturated* if even n wins of n, counted anew,
could not be told from these: by Fisher's exact test, one-sided at half of 1 − confidence. Under equal chances, given
that m of 2n trials were not won, all of them fall into the first n with probability

    C(n, m) / C(2n, m) = Π_{i<m} (n − i)/(2n − i),  a little less than 2⁻ᵐ;

so it is saturated if m < 6, at 95 % and for any n that is large. What an agent has gained beyond is not in such
counts, however much it is: of the lead nothing is known from above (under a normal law Φ⁻¹ of the success rate has no
upper limit if m = 0), and a lower limit rises no more, as that of n wins of n is the highest there can be.

It is the same at the other end: where fewer than 6 trials were at least ties, the reference is *too strong*, and how
far an agent is below it is not in the counts. With 3 trials, at 95 %, all is both: *too few trials*.

**When to change.** The error of Φ⁻¹(s), which is the lead in units of sd(Δ), is √(s(1 − s)/n)/φ(Φ⁻¹(s)): least at
s = ½, and twice that at s = .97. From there on a stronger reference says more with as many trials; the link to the
old one has to be counted where both still inform.
"""

from __future__ import annotations

import numpy as np

from mdppower._checks import open_unit
from mdppower._typing import AnyArray

LATE = 0.97
"""The success rate at which the error of Φ⁻¹(s) has doubled."""
INFORMS, CHANGE, SATURATED, TOO_STRONG, TOO_FEW = "informs", "change", "saturated", "too strong", "too few trials"
SAYINGS = (INFORMS, CHANGE, SATURATED, TOO_STRONG, TOO_FEW)


def fewest_told(trials: int, confidence: float = 0.95) -> int:
    """The least number m such that m losses of n trials can be told from none of n.

    Parameters
    ----------
    trials : int
        n.
    confidence : float

    Returns
    -------
    int
        n + 1 where not even n can.

    Raises
    ------
    ParameterError
        The confidence is not strictly between 0 and 1.

    Examples
    --------
    >>> [fewest_told(n) for n in (3, 4, 10, 100, 10**6)]
    [4, 4, 5, 6, 6]
    """
    tail, chance = (1 - open_unit(confidence, "confidence")) / 2, 1.0
    for m in range(1, trials + 1):
        chance *= (trials - m + 1) / (2 * trials - m + 1)
        if chance <= tail:
            return m
    return trials + 1


def says(won: AnyArray, good: AnyArray, trials: AnyArray, confidence: float = 0.95) -> tuple[str, ...]:
    """What counts can still say.

    Parameters
    ----------
    won, good : (n,) integer arrays
        Trials in which the agent did better; in which it did at least as well.
    trials : (n,) integer array
    confidence : float

    Returns
    -------
    tuple of str
        "informs", "change", "saturated", "too strong" or "too few trials".

    Examples
    --------
    >>> says(np.array([60, 970, 995, 3, 1]), np.array([60, 970, 995, 4, 2]), np.array([100, 1000, 1000, 100, 3]))
    ('informs', 'change', 'saturated', 'too strong', 'too few trials')
    """
    told = {n: fewest_told(n, confidence) for n in np.unique(trials).tolist()}
    found = []
    for a, b, n in zip(won.tolist(), good.tolist(), trials.tolist(), strict=True):
        above, below = n - a < told[n], b < told[n]
        if above or below:
            found.append(TOO_FEW if above and below else SATURATED if above else TOO_STRONG)
        else:
            found.append(CHANGE if a >= LATE * n else INFORMS)
    return tuple(found)
