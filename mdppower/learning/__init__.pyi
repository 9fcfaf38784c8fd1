from .signals import (
    Signal as Signal,
    few as few,
    goals as goals,
    incorrect as incorrect,
    no_reward as no_reward,
    noise as noise,
    random as random,
    shuffled as shuffled,
    unseen as unseen,
    untrained as untrained,
)
from .learners import GPI as GPI, Linear as Linear, standardised as standardised
from .training import train as train
from .trained import Training as Training
from .learning_curves import LearningCurves as LearningCurves
from .rivals import Rivals as Rivals
from .adaptation import fine_tuned as fine_tuned
from .assessing import assess as assess
from .assessment import Assessment as Assessment
from .libraries import Library as Library, library as library
from .coins.arms import CoinArm as CoinArm
from .coins.training import coin_flips as coin_flips
from .coins.curves import CoinFlips as CoinFlips
from .coins.search import coin_settings as coin_settings
from .sought import Seeking as Seeking
from ..success_rates.monitoring import monitor as monitor
from ..success_rates.monitored import Monitored as Monitored
