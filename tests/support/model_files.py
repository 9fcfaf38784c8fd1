"""Small models as other tools would write them, made anew: each format once, and what it must be read as."""

from __future__ import annotations

import io

import numpy as np

FIGURE_1 = """\
strict digraph "figure 1" {
// Figure 1 of Turner et al., as POWERplay keeps graphs
"★";
"★" -> "∅";
"★" -> "ℓ";  "★" -> "r";
"∅" -> "∅";
"ℓ" -> "ℓ1";
"ℓ" -> "ℓ2";
"r" -> "r1" -> "r1";
"r" -> "r2" -> "r2" [color=red];
"ℓ1" -> "ℓ2";
"ℓ2" -> "ℓ1";
"ℓ2" -> "ℓ2";
"r1" -> "r2" -> "r1";
}
"""

STOCHASTIC = """\
strict digraph  {
"[1]";
"[stay]__[1]";
"[1]__[stay]__[1]";
"[1]" -> "[stay]__[1]";
"[1]" -> "[right]__[1]";
"[stay]__[1]" -> "[1]__[stay]__[1]"  [weight="1.0"];
"[right]__[1]" -> "[2]__[right]__[1]"  [weight="0.8"];
"[right]__[1]" -> "[1]__[right]__[1]"  [weight="0.2"];
"[2]" -> "[left]__[2]";
"[2]" -> "[right]__[2]";
"[left]__[2]" -> "[1]__[left]__[2]"  [weight="1.0"];
"[right]__[2]" -> "[3]__[right]__[2]"  [weight="0.6"];
"[right]__[2]" -> "[2]__[right]__[2]"  [weight="0.4"];
"[3]" -> "[left]__[3]";
"[3]" -> "[right]__[3]";
"[left]__[3]" -> "[2]__[left]__[3]"  [weight="1.0"];
"[right]__[3]" -> "[4]__[right]__[3]"  [weight="1.0"];
"[4]" -> "[left]__[4]";
"[4]" -> "[stay]__[4]";
"[left]__[4]" -> "[3]__[left]__[4]"  [weight="0.9"];
"[left]__[4]" -> "[4]__[left]__[4]"  [weight="0.1"];
"[stay]__[4]" -> "[4]__[stay]__[4]"  [weight="1.0"];
}
"""
"""Four states in a row, eight pairs."""

SPREADS = {
    "1": {"stay": {"1": 1.0}, "right": {"2": 0.8, "1": 0.2}},
    "2": {"left": {"1": 1.0}, "right": {"3": 0.6, "2": 0.4}},
    "3": {"left": {"2": 1.0}, "right": {"4": 1.0}},
    "4": {"left": {"3": 0.9, "4": 0.1}, "stay": {"4": 1.0}},
}
"""What is in `STOCHASTIC`, and in the files of PRISM and Storm below, by hand."""

TRA = """\
# Transitions (MDP)
4 8 12
0 0 0 1 stay
0 1 0 0.2 right
0 1 1 0.8 right
1 0 0 1 left
1 1 1 0.4 right
1 1 2 0.6 right
2 0 1 1 left
2 1 3 1 right
3 0 2 0.9 left
3 0 3 0.1 left
3 1 3 1 stay
"""
TRA = TRA.replace("4 8 12", "4 8 11")
STA = "# States\n(x,last)\n0:(1,false)\n1:(2,false)\n2:(3,false)\n3:(4,true)\n"
LAB = '# Labels\n0="init" 1="deadlock" 2="end"\n0: 0 2\n3: 2\n'
SREW = '# Reward structure "gold"\n# State rewards\n4 2\n0 0.5\n3 2\n'
TREW = '# Reward structure "gold"\n# Transition rewards\n4 8 3\n0 1 0 -1\n0 1 1 -1\n2 1 3 3\n'
PRISM = {"row.tra": TRA, "row.sta": STA, "row.lab": LAB, "row.srew": SREW, "row.trew": TREW}
"""A row of four cells, with the files beside its transitions."""

STORM_TRA = "mdp\n" + "".join(line + "\n" for line in TRA.splitlines()[2:])
STORM_LAB = "#DECLARATION\ninit end\n#END\n0 init end\n3 end\n"

DRN = """\
// Exported by storm
// Original model type: MDP
@type: MDP
@value_type: double
@parameters

@reward_models
gold
@nr_states
4
@nr_choices
8
@model
state 0 [0.5] init end
//1
	action stay [0]
		0 : 1
	action right [-1]
		0 : 0.2
		1 : 0.8
state 1 [0]
//2
	action left [0]
		0 : 1
	action right [0]
		1 : 0.4
		2 : 0.6
state 2 [0]
//3
	action left [0]
		1 : 1
	action right [3]
		3 : 1
state 3 [2] end "far right"
//4
	action left [0]
		2 : 0.9
		3 : 0.1
	action stay [0]
		3 : 1
"""
TABLE = [[0, 1, -2], [0, 2, -1], [1, 2, -2]]
"""0 stays, or goes to 1; 1 back, on to 2, or ends; 2 back, or stays."""


def npz(**arrays: object) -> bytes:
    """An archive of NumPy, as it writes it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


FILES: dict[str, dict[str, bytes]] = {
    "dot, plain": {"figure.gv": FIGURE_1.encode()},
    "dot, stochastic": {"row.dot": STOCHASTIC.encode()},
    "npz": {"table.npz": npz(transitions=np.array(TABLE), rewards=np.arange(9.0).reshape(3, 3))},
    "prism": {name: text.encode() for name, text in PRISM.items()},
    "storm": {"storm.tra": STORM_TRA.encode(), "storm.lab": STORM_LAB.encode()},
    "drn": {"row.drn": DRN.encode()},
}
"""By format: the file that is read first, and those beside it."""
