"""Co-visibility of the shipped suites, which were locked before it was measured.

    python -m evalsuite.adapters.shipped_covisibility

measures it and writes it beside each suite. The levels' geometry alone tells it: no simulator is started.
"""

from __future__ import annotations

from collections.abc import Callable

from evalsuite.crossview.covisibility import Pinhole, Projection, Ranges, covisibility
from evalsuite.crossview.solids import Solids
from evalsuite.suite.catalogue import find_suite, shipped_suites
from evalsuite.suite.later_measures import save_later_measures
from evalsuite.suite.level import read_level
from evalsuite.suite.scenario import Scenario

Looks = tuple[Projection, Ranges]
"""How a world's cameras see, and what they meet in the level of one scenario."""


def covisibility_in(scenario: Scenario) -> float | None:
    """Share in [0, 1] of the surface in the start view that the first goal's view shows; None when there is only sky.

    Raises `UsageError` for a level that this version of evalsuite makes otherwise.
    """
    projection, ranges = LOOKS[scenario.world](scenario)
    share = covisibility(scenario.start, scenario.goals[0].camera, projection, ranges)
    return None if share is None else round(share, 3)


def _doom(scenario: Scenario) -> Looks:
    from evalsuite.adapters.doom.simulator import level_of
    from evalsuite.adapters.doom.surface import ShearedPicture, Surface

    return ShearedPicture(), Surface(level_of(scenario)[0]).ranges


def _minecraft(scenario: Scenario) -> Looks:
    from evalsuite.adapters.minecraft.level import level_of
    from evalsuite.adapters.minecraft.specification import HEIGHT, VERTICAL_FOV, WIDTH

    cuboids = level_of(scenario)[1].cuboids
    boxes = [(each.low, (each.high[0] + 1, each.high[1] + 1, each.high[2] + 1)) for each in cuboids]
    return Pinhole.of(WIDTH, HEIGHT, vertical_fov=VERTICAL_FOV), Solids(boxes).ranges


def _dmlab(scenario: Scenario) -> Looks:
    from evalsuite.adapters.dmlab.level import level_of
    from evalsuite.adapters.dmlab.specification import Options, specification
    from evalsuite.adapters.dmlab.synthesis import walls

    spec = specification(Options.from_environment({}), rehearsal=False)
    return (
        Pinhole.of(spec.width, spec.height, horizontal_fov=spec.horizontal_fov),
        Solids(walls(level_of(scenario))).ranges,
    )


def _unreal(scenario: Scenario) -> Looks:
    from evalsuite.adapters.unreal.blocks_level import level_of
    from evalsuite.adapters.unreal.blocks_synthesis import solids_of
    from evalsuite.adapters.unreal.specification import HEIGHT, HORIZONTAL_FOV, WIDTH

    lens = Pinhole.of(WIDTH, HEIGHT, horizontal_fov=HORIZONTAL_FOV)
    return lens, solids_of(level_of(scenario)[1].props).ranges


def _unrealcv(scenario: Scenario) -> Looks:
    from evalsuite.adapters.unreal.rescue_level import RescueLevel
    from evalsuite.adapters.unreal.specification import HEIGHT, HORIZONTAL_FOV, WIDTH
    from evalsuite.adapters.unreal.unrealcv_map import load_map

    obstacles = load_map(read_level(scenario, RescueLevel).map).obstacles
    lens = Pinhole.of(WIDTH, HEIGHT, horizontal_fov=HORIZONTAL_FOV)
    return lens, Solids((each.low, each.high) for each in obstacles).ranges


def _robot(scenario: Scenario) -> Looks:
    from evalsuite.adapters.robot.level import level_of
    from evalsuite.adapters.robot.synthesis import HORIZONTAL_FOV, PICTURE

    boxes = ((each.low, each.high) for each in level_of(scenario).boxes)
    return Pinhole.of(*PICTURE, horizontal_fov=HORIZONTAL_FOV), Solids(boxes).ranges


LOOKS: dict[str, Callable[[Scenario], Looks]] = {
    "doom": _doom,
    "minecraft": _minecraft,
    "dmlab": _dmlab,
    "unreal": _unreal,
    "unrealcv": _unrealcv,
    "robot": _robot,
}
"""World -> how it looks in a scenario."""


def main() -> None:
    for name in shipped_suites():
        suite, _ = find_suite(name)
        open_ones = [each for each in suite.scenarios if each.view.covisibility is None]
        shares = {each.id: share for each in open_ones if (share := covisibility_in(each)) is not None}
        if shares:
            print(save_later_measures(suite, {"covisibility": shares}), f"{len(shares)} of {len(suite.scenarios)}")


if __name__ == "__main__":
    main()
