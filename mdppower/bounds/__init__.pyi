from .gap_bounds import (
    PowerGap as PowerGap,
    kearns_saul_gap as kearns_saul_gap,
    kearns_saul_proxy as kearns_saul_proxy,
    power_gap as power_gap,
)
from .counted_gap import CountedGap as CountedGap, gap_from_count as gap_from_count
from .simplex_proxies import proxy_of_range as proxy_of_range, universal_proxy as universal_proxy
from .inequalities import (
    best as best,
    best_gap as best_gap,
    cantelli as cantelli,
    cantelli_gap as cantelli_gap,
    markov_range as markov_range,
    markov_range_gap as markov_range_gap,
    sub_gaussian as sub_gaussian,
    sub_gaussian_gap as sub_gaussian_gap,
)
from .certificates import Certificate as Certificate, Certified as Certified, certify as certify
from .sample_proxy import EmpiricalProxy as EmpiricalProxy, empirical_proxy as empirical_proxy
