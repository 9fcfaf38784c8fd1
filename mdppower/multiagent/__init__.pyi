from .joint_mdp import JointMDP as JointMDP
from .playing import joint_power as joint_power
from .joint_power_estimate import JointDraw as JointDraw, JointPower as JointPower
