"""`mdppower._compiled.kernel`, by which the solvers' loops are compiled."""

from mdppower._compiled import kernel as kernel
