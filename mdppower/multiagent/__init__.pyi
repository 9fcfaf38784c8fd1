from .alignment import Alignment as Alignment, alignment_of as alignment_of
from .joint_curve_estimate import JointCurve as JointCurve
from .joint_mdp import JointMDP as JointMDP
from .playing import joint_power as joint_power
from .joint_power_estimate import JointDraw as JointDraw, JointPower as JointPower
from .rollout import Rollout as Rollout, roll_out as roll_out
from .sweep import joint_curve as joint_curve
