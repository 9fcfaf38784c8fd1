"""Draw the README's picture anew: python scripts/pictures.py."""

from pathlib import Path

import mdppower as mp

FOLDER = Path(__file__).parent.parent / ".github" / "pictures"


def main() -> None:
    maze = mp.envs.make("maze")
    mp.power(maze, [0.1, 0.9, 0.99], samples=16_384, rng=0, workers=-1).plot(FOLDER / "maze.png")


if __name__ == "__main__":
    main()
