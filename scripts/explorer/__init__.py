"""The explorer in a real browser: what its tests, its times, its picture and its soak share.

chromium    a Chromium that is there, started without a way to any network: python -m scripts.explorer.chromium
served      ``mdppower explore`` in a process of its own, which ends with ours
page        the page, opened and waited for
timings     the times that are asked of it: python scripts/bench.py --only explorer
soak        random questions for minutes: python -m scripts.explorer.soak

Needs ``pip install -e ".[browser]"`` and a Chromium: ``scripts/test --browser`` sees to both.
"""
