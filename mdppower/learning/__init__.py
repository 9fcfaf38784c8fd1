"""Learning agents: power measured along training, and of agents from anywhere.

================= ==========================================================================================
signals           what an agent is shown and what it is given: one for each arm
episodes          what chance gives to episodes, from streams that are named
learners          agents that take the reward function as an input: `Linear`, `GPI`
learner_kernels   their loops
training          train agents on signals: `train`
training_run      one chunk of episodes, and the stages of a training on the run loop and its store
trained           what that gives back
curves            the power of agents along training, on held-out rewards
curves_run        one training run examined
curve_shares      shares along training: estimates over runs
learning_curves   what that gives back: verdicts, tables, rivals
encounters        whom agents are held against, and what is kept of that
encounter_kernels its loop
rivals            an arm against a reference: success rate, ties, lead, in each unit of a task
rival_numbers     its numbers
null_theorems     arms of which it is proved that training does not raise their power
assessing         the power of agents from anywhere: floor, ceiling and share
assessment        what that gives back
adaptation        an agent that goes on learning, for k episodes, what it is to want
libraries         sets of policies made for other rewards, and what can be made of them
coins             training on outcomes that say nothing, a folder of its own: `coin_flips`
seeking           how POWER-seeking trained agents are, and why that is no evidence of power
seeking_run       one training run looked at
sought            what that gives back
arguments         what trainings, and what is asked of their results, check alike
kept_runs         what is kept of training runs, each run one observation
================= ==========================================================================================

- **Toy learners**, the smallest that generalise over reward functions: one weight for each pair and state. No
  reinforcement-learning library; agents from elsewhere are rules, by ``policy=``.
- **A training run is the replicate**: arms of a run share reward draws, starts and first weights, so that their
  differences are paired; and going on is that of any run in a store.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)
