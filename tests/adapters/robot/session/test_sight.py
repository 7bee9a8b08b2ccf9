from __future__ import annotations

import pytest

pytest.importorskip("cv2", reason="the rehearsal's tags are drawn by OpenCV")

from evalsuite.adapters.rehearsal import Renderer
from evalsuite.adapters.robot.level import Crate
from evalsuite.adapters.robot.sight import ball_in_view
from evalsuite.adapters.robot.standin.scene import Crate as StandInCrate
from evalsuite.adapters.robot.standin.scene import Scene, build
from evalsuite.crossview.geometry import Pose

WIDTH, HEIGHT, FOV = 640, 360, 110.0
BOX = ((-0.3, -0.1, 0.0), (0.2, 0.1, 0.15))


@pytest.mark.parametrize(
    "eye",
    [
        Pose(x=0.0, y=-1.2, z=0.15),
        Pose(x=0.3, y=-1.0, z=0.15, yaw=20.0),
        Pose(x=0.0, y=0.65, z=0.15, yaw=-30.0, pitch=10.0),
        Pose(x=-1.0, y=0.4, z=0.15, yaw=10.0),
        Pose(x=0.5, y=0.5, z=1.4, yaw=-60.0, pitch=60.0),
        Pose(x=0.0, y=-1.2, z=0.15, yaw=90.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("boxes", [(), (BOX,)], ids=["free", "behind a box"])
def test_what_is_computed_is_what_a_renderer_draws(
    eye: Pose, boxes: tuple[tuple[tuple[float, float, float], ...], ...]
) -> None:
    scene = Scene(
        ball=(0.0, 0.9),
        boxes=tuple(StandInCrate(low=low, high=high) for low, high in boxes),
        robot_tag=None,
        floor_tags=(),
    )
    stage = build(scene)
    for identity in stage.car:
        stage.world.remove(identity)
    drawn = Renderer(stage.world).render(eye, WIDTH, HEIGHT, horizontal_fov=FOV).ids == stage.ball
    crates = [Crate(low=low, high=high) for low, high in boxes]
    pixels, centroid = ball_in_view(eye, (0.0, 0.9, 0.1), 0.1, crates, width=WIDTH, height=HEIGHT, horizontal_fov=FOV)
    assert pixels == pytest.approx(int(drawn.sum()), rel=0.03, abs=4)
    assert (centroid is None) == (pixels == 0)
    if centroid is not None and drawn.any():
        rows, columns = drawn.nonzero()
        assert centroid == pytest.approx((columns.mean(), rows.mean()), abs=1.0)
