"""Models of other libraries become a `RewardlessMDP`, and back.

`from_gymnasium` reads an environment's transition table, or enumerates it; `networkx_graph` goes both ways. What
another library means otherwise than we do is a choice of the user's, kept in `mdp.origin` with what it changed.

======================= ============================================================================
from_gymnasium          an environment, its id, or a table P
gymnasium_convert       what was read of it, whichever way, as an MDP
gymnasium_calls         its reset and step, which may be of an older interface
gymnasium_starts        where its episodes begin
gymnasium_table         P as arrays, every entry checked
gymnasium_table_masks   P without the pairs that are masked
gymnasium_termination   what becomes of terminated transitions: absorb, sink, continue
gymnasium_options       what the text of an argument means, and of which kind it must be
gymnasium_wrappers      which wrappers leave P true
gymnasium_make          an environment from its id
gymnasium_ids           which there are, and which are near a name
gymnasium_check         whether `step` does what the table says
gymnasium_rewards       the environment's own reward, where it is a function
gymnasium_world         an environment without P as a table, by its steps:
gymnasium_enumerate     the search, breadth-first by copies
gymnasium_step          one step in a copy, and what it showed
gymnasium_tries         each pair stepped again, and what is said of a difference
gymnasium_copies        copies, with generators set anew and counters set back
gymnasium_probe         which attributes change, which count steps
gymnasium_keys          what tells states apart, by family
gymnasium_attributes    or by the names of attributes
gymnasium_parts         the parts of keys, and which changed at every step
gymnasium_minigrid      one of these: Minigrid's keys, labels, and what copies share
gymnasium_masks         which actions a state has
gymnasium_spaces        actions listed, values as keys and as labels
own_modules             ``module:Name`` from the working folder
networkx_graph          an MDP as a MultiDiGraph, a directed graph as an MDP
======================= ============================================================================

**Terminated transitions.** Gymnasium flags transitions, an MDP has states: a state can be entered both with and
without the flag (Taxi's four). `terminated=` chooses what becomes of it.
"""
