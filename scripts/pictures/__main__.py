"""Draw the pictures of README and of the rooms' pages anew, beside this file: python -m scripts.pictures."""

from pathlib import Path

import mdppower as mp
from scripts.explorer.chromium import find, started
from scripts.explorer.page import Explorer
from scripts.explorer.served import served

FOLDER = Path(__file__).parent


def main() -> None:
    maze = mp.envs.make("maze")
    rates = mp.power(maze, [0.1, 0.9, 0.99], samples=16_384, rng=0, workers=-1)
    rates.plot(FOLDER / "maze.png")
    steps = mp.power(maze, horizon=[1, 10, 100], samples=16_384, rng=0, workers=-1)
    steps.plot(FOLDER / "maze-steps.png")
    draw_many_steps()

    rooms = mp.power(mp.envs.make("four-rooms", slip=0.1), 0.95, samples=16_384, rng=0, workers=-1)
    rooms.plot(FOLDER / "four-rooms.png", arrows=True, hatch=True, title="Four rooms, slip 0.1: where POWER leads")

    lake = mp.from_gymnasium("FrozenLake8x8-v1")
    mp.power(lake, 0.9, samples=16_384, rng=0, workers=-1).plot(
        FOLDER / "frozen-lake.png", title="FrozenLake8x8-v1, slippery"
    )

    door_key = mp.from_gymnasium("MiniGrid-DoorKey-5x5-v0", seed=0)
    mp.power(door_key, 0.95, samples=16_384, rng=0, workers=-1).plot(
        FOLDER / "door-key.png",
        planes=["yellow door locked; yellow key at 2,1", "carries yellow key; yellow door locked",
                "carries yellow key; yellow door open", "yellow door open; yellow key at 2,1"],
        title="MiniGrid-DoorKey-5x5, four directions: what the key is worth, and the open door",
    )  # fmt: skip

    figure_1 = mp.envs.make("turner-figure-1")
    mp.power(figure_1, [0, 0.5, 0.9], samples=16_384, rng=0, workers=-1).plot(
        FOLDER / "figure-1.png", kind="graph", share_scale=True, title="Figure 1 of Turner et al."
    )
    gammas = [0, 0.2, 0.4, 0.6, 0.8, 1]
    mp.action_optimality(figure_1, gammas, method="exact").plot(FOLDER / "optimal.png", state="star")
    right_against_left = mp.theorems.proposition_6_9_2(figure_1, "star", "->r_tri", "->l_tri")
    right_against_left.plot(FOLDER / "claim.png", dpi=110)

    training = mp.learning.train(maze, 0.9, rng=0, workers=-1)
    curves = training.curves({"uniform": "uniform", "goal": "goal"}, workers=-1)
    curves.plot(FOLDER / "learning.png")
    draw_explorer()


def draw_many_steps() -> None:
    """How far POWER of H steps is from POWER at γ = 1, on the same draws: at most c/H."""
    import matplotlib.pyplot as plt

    horizons = [2**k for k in range(13)]
    figure, panel = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for name in ("maze", "four-rooms", "turner-figure-1"):
        mdp = mp.envs.make(name)
        some = mp.power(mdp, horizon=horizons, samples=1024, rng=0, workers=-1)
        end = mp.power(mdp, 1, samples=1024, rng=0, workers=-1)
        off = abs(some.mean - end.mean).max(axis=1)
        c = max(off * horizons)
        (line,) = panel.loglog(horizons, off, "o-", label=name, markersize=4)
        panel.loglog(horizons, c / horizons, "--", color=line.get_color(), linewidth=1, label=f"{c:.2g}/H")
    panel.set_xlabel("steps H")
    panel.set_ylabel("greatest |POWER(H) − POWER(γ = 1)|")
    panel.legend(fontsize=8)
    figure.savefig(FOLDER / "many-steps.png", dpi=110)
    plt.close(figure)


def draw_explorer() -> None:
    """The page with two cells picked and γ swept, at γ = 0.9; without a Chromium its picture stays as it is."""
    if (path := find()) is None:
        print("explorer.png is not drawn anew: there is no Chromium; scripts/test --browser says how one is found")
        return
    with served() as server, started(path) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        explorer = Explorer(page, server.url).open(pair="2.3_0.6", chosen="2.3_0.6", at="2.3")
        explorer.tool("#").after(explorer.control("sweep").click)
        explorer.after(lambda: explorer.control("gamma").fill("0.9"))
        page.mouse.move(0, 0)
        end = explorer.control("sweep-card").bounding_box()
        whole = {"x": 0, "y": 0, "width": 1280, "height": end["y"] + end["height"] + 8}
        page.screenshot(path=FOLDER / "explorer.png", full_page=True, clip=whole)


if __name__ == "__main__":
    main()
