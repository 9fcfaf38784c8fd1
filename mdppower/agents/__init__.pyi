from .rules import (
    Rule as Rule,
    epsilon_greedy as epsilon_greedy,
    lookahead as lookahead,
    optimal as optimal,
    satisficing as satisficing,
    softmax as softmax,
    uniformly_random as uniformly_random,
)
from .tabular import q_learning as q_learning
from .policies import FixedPolicy as FixedPolicy, resolve_policy as resolve_policy
from .evaluation import policy_values as policy_values
