"""The command ``mdppower``: thin wrappers of the library, in files named after what they are about.

============== ==========================================================================================
main           where it starts, and how it ends: every mistake of the user is one line and exit status 2
characters     text on terminals whose encoding lacks its characters
group          the group of commands, what ENV means, how a map is printed
options        options that commands share, and what their texts mean
pictures       options of pictures, which are those of ``plot`` in Python
rewards        what ``--rewards`` and ``--reward`` mean together
headings       options under headings in ``--help``
completion     what the shell completes
loudness       ``--verbose``, ``--quiet``
interrupts     signals that Python loses
standard_input ENV is ``-``
environments   ``envs``, ``show``
convert        ``convert``: an MDP in another format
power          ``map``, ``power``, ``plot``, ``info``
optimality     ``optimal``, ``compare``, ``visits``
bounds         ``curve``, ``bound``
monitor        ``monitor``: counts along training
sensitivity    ``diff``, ``sensitivity``
theorems       ``verify``
learning       ``learn``
rivals         ``rivals``: success rates of what has learnt
coin_flips     ``coin-flips``
multiagent     ``joint``
runs           ``runs``: what is in a store
explorer       ``explore``: a page in the browser
============== ==========================================================================================

What was computed is printed before anything is written to a file: a path that cannot be written costs nothing.
A command imports what it needs when it runs, so that ``--help`` is quick.
"""
