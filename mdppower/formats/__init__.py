"""Files of other tools become a `RewardlessMDP`; what is none of these is named as what it is.

`mdppower.load` and every command come in by `doors`. Users' questions are in the README beside this file.

================= =================================================================
doors             files in, by what they are, and out
recognise         what a file is, by its content or its suffix; what it is not
dot               graphs of POWERplay: plain and stochastic
dot_statements    Graphviz's language, as far as programs write graphs in it
npz               tables of successors
npz_members       arrays in an archive, their sizes checked before they are unpacked
prism             explicit files of PRISM: transitions and what is beside them
prism_transitions .tra, of chains, in rows, and of Storm, too
prism_beside      .sta and .lab
prism_rewards     .srew, .trew and .rew
drn               Storm's format, in: the model,
drn_head          from what stands before it
drn_body          and from states, actions and transitions
drn_text          the same format, out
several_rewards   the one of a file's rewards that is kept
assembly          choices become an MDP: what does not add up is told with its line
text_lines        lines in blocks, numbered, whatever the line ends are
written_numbers   decimals and fractions
labels_as_text    names that are text, cells, or JSON
================= =================================================================

**Errors have file and line.** `RewardlessMDP.from_pairs` checks all of a model, but knows no lines: `assembly` looks
first at what can be wrong in a file.

**Sizes come first.** What a file says of its size is checked against what its bytes can hold, and nothing is
allocated by it: lines are read in blocks into arrays that grow, archives into what both of their heads agree on.

**No dependency.** Each parser is small: it reads the dialect that its tool writes, and refuses the rest by name.
"""
