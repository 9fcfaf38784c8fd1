"""What policies can visit: visit distributions, the polytope that they span, and options as sets of vectors.

=================== ======================================================================================
visit_distributions `visits` and `rsd`: F(s), F_nd(s), RSD(s), RSD_nd(s)
nondominated        F_nd(s) listed without F(s), with the proof
closed_policies     policies as far as one start can see them; how many there are
vectors             sets of vectors: those that differ, those that are extreme
polytope            `OccupancyPolytope`: the convex set of all visits
horizon_visits      what policies can visit in H steps, exactly
support_function    its support function, held between bounds
dual_values         the duals that prove it, for all states: V and reduced costs; gains and biases at γ = 1
support             `Support`: what comes back of it
distribution_tables sets of distributions as tables and labelled arrays
option              `Option`: what an agent can get, as a set of vectors
=================== ======================================================================================

- **F_nd without F.** f^π is in F_nd(s) if and only if some vector V makes π the only greedy policy in the states that
  it visits, and any such part of a policy can be completed: a search without dead ends, in which γ plays no part. The
  corner of an open 5×5 grid, |F| = 490,831, has its 1,625 in 0.02 s.
- **VALUE and POWER sets are two kinds of options**, which refuse to meet: their gaps differ by a factor γ, and the
  post's inequality fails where they are mixed.
"""
