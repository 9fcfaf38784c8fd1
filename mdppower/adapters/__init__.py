"""Models of other libraries become a `RewardlessMDP`, and back.

`from_gymnasium` reads an environment's transition table, `networkx_graph` goes both ways. What another library means
otherwise than we do is a choice of the user's, and is kept in `mdp.origin` with what it changed.

======================= ============================================================================
from_gymnasium          an environment, its id, or a table P
gymnasium_table         P as arrays, every entry checked
gymnasium_termination   what becomes of terminated transitions: absorb, sink, continue
gymnasium_options       what the text of an argument means, and of which kind it must be
gymnasium_wrappers      which wrappers leave P true
gymnasium_ids           which there are, and which are near a name
gymnasium_check         whether `step` does what P says
own_modules             ``module:Name`` from the working folder
networkx_graph          an MDP as a MultiDiGraph, a directed graph as an MDP
======================= ============================================================================

**Terminated transitions.** Gymnasium flags transitions, an MDP has states: a state can be entered both with and
without the flag (Taxi's four). `terminated=` chooses what becomes of it.
"""
