r"""Turner's theorems on the user's own MDP, and the post's: hypotheses found by search, conclusions tested.

`verify` goes through an MDP; each claim is a function of its own, about states and actions of one's choice, and gives
a `mdppower.theorems.claim_report.ClaimReport`. A theorem is certified by the permutation φ that makes it apply;
samples can refute it and never prove it. Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to
Seek Power*, arXiv 1912.01683v10; the post *Modeling AI Takeoff Scenarios*.

======================= ======================== =================================================================
file                    claim                    what it says
======================= ======================== =================================================================
power_facts             lemma-5.3                POWER is continuous in γ, at both ends, too
\                       prop-5.4                 POWER ≤ E max R
\                       prop-5.5                 neighbours have nearly the same POWER when γ is near 1
keeping_options         prop-6.6                 states with more options have more POWER, for most rewards
\                       prop-6.9.1               keeping options open tends to be POWER-seeking
\                       prop-6.9.2               keeping options open tends to be optimal
long_run                prop-6.12                when γ = 1, recurrent state distributions control POWER
\                       thm-6.13                 average-optimal policies tend to end up in larger sets of ends
\                       cor-6.14                 average-optimal policies tend not to end up in any given 1-cycle
power_is_not_optimality prop-B.1                 more POWER does not imply a greater probability of being optimal
\                       prop-B.4                 tending to seek POWER does not imply tending to be optimal
suboptimal_power        def-C.1                  no policy has more POWER than an optimal one
post_lemma              the post's lemma         p(A ≥ B) ≤ exp(−gap²/2ν²)
post_theorem            the post's theorem       more Σ-power is more likely optimal: refuted
counterexamples         any claim on options     the smallest random MDPs that refute it
======================= ======================== =================================================================

How it is done:

=============== ===================================================================================
verification    `verify`: all claims on one MDP
searches        for each claim: go through the MDP, search, report the most interesting places
candidates      where a claim may apply, most places excluded before any search
claim_setting   what checks share: the MDP, how hard to look, how hard to test
claim_report    hypotheses, evidence, and one of four verdicts
evidence        tests of conclusions
pathwise_claims one test, draw by draw, for each inequality behind the claims
=============== ===================================================================================

- **A verdict follows from its parts** (`claim_report`): without structural or exact evidence nothing "holds", however
  many samples agree; without all hypotheses proved nothing is "violated". Sampled votes are judged together, by Holm.
- **A claim is judged on whole runs** (`montecarlo.run_loop.whole`): Ctrl-C in a test or an estimate ends the claim,
  and `verify` with the claims before it. All of them share one store, opened and checked once.
- **Corollary 6.14 without lists**: which 1-cycles can be reached for certain is a question about the graph.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)
