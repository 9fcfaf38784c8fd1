"""Turner's theorems on the user's own MDP, and the post's: hypotheses found by search, conclusions tested.

`verify` goes through an MDP; each claim is a function of its own, about states and actions of one's choice, and gives
a `mdppower.theorems.claim_report.ClaimReport`. A theorem is certified by the permutation φ that makes it apply;
samples can refute it and never prove it. Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to
Seek Power*, arXiv 1912.01683v10; the post *Modeling AI Takeoff Scenarios*.

=========== ==========================================================================================
claim       what it says
=========== ==========================================================================================
lemma-5.3   POWER is continuous in γ, at both ends, too
prop-5.4    POWER ≤ E max R
prop-5.5    neighbours have nearly the same POWER when γ is near 1
prop-6.6    states with more options have more POWER, for most rewards
prop-6.9.1  keeping options open tends to be POWER-seeking
prop-6.9.2  keeping options open tends to be optimal
prop-6.12   when γ = 1, recurrent state distributions control POWER
thm-6.13    average-optimal policies tend to end up in larger sets of ends
cor-6.14    average-optimal policies tend not to end up in any given 1-cycle
prop-B.1    more POWER does not imply a greater probability of being optimal
prop-B.4    tending to seek POWER does not imply tending to be optimal
def-C.1     no policy has more POWER than an optimal one
=========== ==========================================================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
