"""The network that is trained: what the goal's mask shows is looked for in the agent's view, and a GRU remembers.

It keeps the contract of `evalsuite.policies.torch_policy`. It decides at every third step and repeats its decision
in between; its state holds the memory, the last answer, what it knows of itself (the step, and how far it has turned
and tilted since the start), and what is meant, which is worked out anew only when another goal is shown. It is not
told its last decision, which it would learn to repeat.

What is far away is small, and near the horizon. A far-sighted network takes pictures of twice the size, and looks a
second time, with the same eyes, at the rows around their middle.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS
from evalsuite.policies.torch_policy import ModelContract, StateTensor
from examples.training.decisions import PRESSED, STEPS_PER_DECISION, TILTS_DEGREES, TURNS_DEGREES

IMAGE_SIZE = (144, 256)
CELLS = (18, 32)
"""Rows and columns of the map in which the target's kind is looked for: eight pixels a cell."""

HORIZON = (96, 192)
"""From which row to which, of 288, a far-sighted network looks a second time."""

FAR_CELLS = (12, 64)
"""Rows and columns of the map of that second look."""

MEMORY = 256
CLOCK = 20
KINDS = 16
"""Room for the kinds that the goal code, and the features of each cell, are asked to tell apart in training."""

TEMPERATURE = 0.5
"""Turns are drawn from the softmax of their logits over this: who always takes the likeliest stays stuck in corners."""

EYES = ("goal", "code", "kind", "view", "named", "wanted", "surroundings")
"""The parts of the network that see."""

_PRIME = 2**31 - 1
_MARGIN = 1.5
_FEATURES = 64
_CODE = 64
_CROP = 32
_TURNS, _TILTS, _BUTTONS = len(TURNS_DEGREES), len(TILTS_DEGREES), len(PRESSED)
_SELF = CLOCK + 5
_ANSWER = len(BUTTONS) + 2 + 1 + 2

STATE = (
    StateTensor(shape=(MEMORY,)),
    StateTensor(shape=(3,)),
    StateTensor(shape=(_ANSWER,)),
    StateTensor(shape=(_CODE + 1,)),
)
"""The memory; steps so far, degrees turned and tilted; the last answer; what is meant, and the goal's checksum."""


class CrossViewNetwork(nn.Module):
    """`forward` is the contract; `goal_code`, `look` and `remember` are what it is made of.

    Args:
        far_sighted: whether it looks twice, at pictures of 288x512; otherwise once, at 144x256.
        temperature: the turn is drawn from the softmax of its logits over this.
    """

    def __init__(self, far_sighted: bool = False, temperature: float = TEMPERATURE) -> None:
        super().__init__()
        self.far_sighted = far_sighted
        self.temperature = temperature
        self.goal = nn.Sequential(
            nn.Conv2d(4, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, 128),
            nn.ReLU(),
        )
        self.code = nn.Sequential(nn.Linear(128 + len(INTERACTIONS), _CODE), nn.ReLU(), nn.Linear(_CODE, _CODE))
        self.kind = nn.Linear(_CODE, KINDS)
        self.view = nn.Sequential(
            nn.Conv2d(3, 48, 7, stride=4, padding=3),
            nn.ReLU(),
            nn.Conv2d(48, _FEATURES, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1),
            nn.ReLU(),
        )
        self.named = nn.Conv2d(_FEATURES, KINDS + 1, 1)
        self.wanted = nn.Linear(_CODE, _FEATURES + 1)
        self.surroundings = nn.Sequential(
            nn.Conv2d(_FEATURES + 1, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(48 * 5 * 8, 160),
            nn.ReLU(),
        )
        for part in (self.goal, self.code, self.view, self.surroundings):
            part.apply(_keep_the_scale)
        seen = 160 + 2 * sum(CELLS) + (2 * sum(FAR_CELLS) if far_sighted else 0)
        self.fusion = nn.Linear(seen + _CODE + len(INTERACTIONS) + _SELF, MEMORY)
        self.memory = nn.GRUCell(MEMORY, MEMORY)
        self.heads = nn.Linear(2 * MEMORY, _TURNS + _TILTS + _BUTTONS + 3)
        self.interactions, self.clock, self.period = len(INTERACTIONS), CLOCK, STEPS_PER_DECISION
        self.buttons, self.use = len(BUTTONS), BUTTONS.index("use")
        self.prime = _PRIME
        self.outputs = [_TURNS, _TILTS, _BUTTONS, 1, 2]
        self.crop, self.horizon_from, self.horizon_to = _CROP, HORIZON[0], HORIZON[1]
        self.register_buffer("raster", ((torch.arange(_CROP) + 0.5) / _CROP - 0.5) * _MARGIN)
        self.register_buffer("turns", torch.tensor(TURNS_DEGREES))
        self.register_buffer("tilts", torch.tensor(TILTS_DEGREES))
        self.register_buffer("learnt", torch.tensor([BUTTONS.index(name) for name in PRESSED]))

    def goal_code(self, goal_image: Tensor, goal_mask: Tensor, interaction: Tensor) -> Tensor:
        """What is meant: (B, 64), from the part of the goal view that the mask lies in."""
        picture, mask = _picture(goal_image), goal_mask.unsqueeze(1).float()
        if self.far_sighted:
            picture, mask = _halved(picture), functional.max_pool2d(mask, 2)
        masked = mask[:, 0] > 0
        left, right = _extent(masked.any(dim=1))
        top, bottom = _extent(masked.any(dim=2))
        side = torch.maximum(right - left, bottom - top)
        across = (left + right)[:, None] / 2 + side[:, None] * self.raster  # type: ignore[operator]
        down = (top + bottom)[:, None] / 2 + side[:, None] * self.raster  # type: ignore[operator]
        height, width = masked.shape[1], masked.shape[2]
        x = (2 * across / width - 1)[:, None, :].expand(-1, self.crop, -1)
        y = (2 * down / height - 1)[:, :, None].expand(-1, -1, self.crop)
        shown = torch.cat([picture, mask], dim=1)
        crop = functional.grid_sample(shown, torch.stack([x, y], dim=3), align_corners=False)
        asked = functional.one_hot(interaction, self.interactions).float()
        code: Tensor = self.code(torch.cat([self.goal(crop), asked], dim=1))
        return code

    def look(self, image: Tensor, code: Tensor) -> Tensor:
        """What is seen in views uint8 (B, 144, 256, 3), for their goals' codes: (B, 260).

        The far-sighted see (B, 412), in views uint8 (B, 288, 512, 3).
        """
        picture = _picture(image)
        if not self.far_sighted:
            return self.match(self.view(picture), code)[0]
        near, _ = self.match(self.view(_halved(picture)), code)
        horizon = self.view(picture[:, :, self.horizon_from : self.horizon_to])
        return torch.cat([near, _whereabouts(self.found(horizon, code.unsqueeze(1))[:, 0])], dim=1)

    def features(self, image: Tensor) -> Tensor:
        """What the cells of views (B, 144, 256, 3) look like, whatever is wanted: (B, 64, 18, 32)."""
        features: Tensor = self.view(_picture(image))
        return features

    def match(self, features: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """What is seen (B, 260) in views with these features, and the match map (B, 18, 32)."""
        found = self.found(features, code.unsqueeze(1))
        around = self.surroundings(torch.cat([features, torch.sigmoid(found)], dim=1))
        return torch.cat([around, _whereabouts(found[:, 0])], dim=1), found[:, 0]

    def found(self, features: Tensor, codes: Tensor) -> Tensor:
        """Match maps (B, K, rows, columns) of views with features (B, 64, rows, columns), for K goals' codes each."""
        wanted: Tensor = self.wanted(codes)
        alike = torch.einsum("bfrc,bkf->bkrc", features, wanted[:, :, 1:]) / 4.0
        return alike + wanted[:, :, :1, None]

    def remember(
        self, seen: Tensor, code: Tensor, interaction: Tensor, course: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The heads' outputs (B, 27) and the next memory. `course` is `state_1`."""
        asked = functional.one_hot(interaction, self.interactions).float()
        decisions = course[:, 0] / self.period
        clock = functional.one_hot(decisions.long() % self.clock, self.clock).float()
        yaw = torch.deg2rad(course[:, 1])
        itself = torch.stack(
            [torch.sin(yaw), torch.cos(yaw), course[:, 2] / 30.0, decisions / 200.0, (decisions < 4).float()], dim=1
        )
        fused = functional.relu(self.fusion(torch.cat([seen, code, asked, clock, itself], dim=1)))
        memory = self.memory(fused, memory)
        return self.heads(torch.cat([memory, fused], dim=1)), memory

    def forward(
        self,
        image: Tensor,
        goal_image: Tensor,
        goal_mask: Tensor,
        interaction: Tensor,
        memory: Tensor,
        course: Tensor,
        answer: Tensor,
        meant: Tensor,
    ) -> dict[str, Tensor]:
        checksum = (
            1.0 + goal_image[:, ::2, ::2].float().mean(dim=(1, 2, 3)) + 300.0 * goal_mask.float().mean(dim=(1, 2))
        )
        checksum = (checksum + 1000.0 * interaction)[:, None]
        new = meant[:, -1:] != checksum
        if bool(new.any()):
            code = torch.cat([self.goal_code(goal_image, goal_mask, interaction), checksum], dim=1)
            meant = torch.where(new, code, meant)
        code = meant[:, :-1]
        phase = course[:, 0].long() % self.period
        fresh = (phase == 0).unsqueeze(1)
        if bool(fresh.any()):
            seen = self.look(image, code)
            heads, next_memory = self.remember(seen, code, interaction, course, memory)
            memory = torch.where(fresh, next_memory, memory)
            answer = torch.where(fresh, self._answer(heads, image), answer)
        buttons = answer[:, : self.buttons].clone()
        buttons[:, self.use] = torch.where(
            phase == self.period - 1, -torch.ones_like(buttons[:, self.use]), buttons[:, self.use]
        )
        camera = answer[:, self.buttons : self.buttons + 2]
        course = course + torch.cat([torch.ones_like(course[:, :1]), camera.flip(1)], dim=1)
        return {
            "buttons": buttons,
            "camera": camera,
            "visible": answer[:, self.buttons + 2],
            "point": answer[:, self.buttons + 3 :],
            "state_0": memory,
            "state_1": course,
            "state_2": answer,
            "state_3": meant,
        }

    def drawn_turn(self, logits: Tensor, image: Tensor) -> Tensor:
        """An index into `TURNS_DEGREES` for each row (B, 13), by chance that comes from the picture alone."""
        rows = (image[:, ::2, ::2] if self.far_sighted else image).flatten(1).long()
        ticket = (rows * (torch.arange(rows.shape[1]) % 251 + 1)).sum(dim=1, keepdim=True)
        ticket = (ticket + torch.arange(logits.shape[1]) * 7919) % self.prime
        for _ in range(4):
            ticket = (torch.bitwise_xor(ticket, ticket // 1024) * 48271 + 11) % self.prime
        chance = (ticket.float() + 1.0) / (self.prime + 2.0)
        return (logits - self.temperature * torch.log(-torch.log(chance.clamp(1e-6, 1.0 - 1e-6)))).argmax(dim=1)

    def _answer(self, heads: Tensor, image: Tensor) -> Tensor:
        """The decision as `state_2` holds it: button logits, camera, visible, point."""
        turn, tilt, pressed, visible, point = torch.split(heads, self.outputs, dim=1)
        buttons = torch.full((heads.shape[0], self.buttons), -8.0).index_copy(1, self.learnt, pressed)  # type: ignore[arg-type]
        tilted, turned = tilt.argmax(dim=1), self.drawn_turn(turn, image)
        camera = torch.stack([self.tilts[tilted], self.turns[turned]], dim=1)  # type: ignore[index]
        return torch.cat([buttons, camera, visible, torch.sigmoid(point)], dim=1)


def far_sighted(network: CrossViewNetwork) -> CrossViewNetwork:
    """A far-sighted network with the eyes of this one, all else untrained."""
    far = CrossViewNetwork(far_sighted=True)
    for name in EYES:
        getattr(far, name).load_state_dict(getattr(network, name).state_dict())
    return far


def image_size(network: CrossViewNetwork) -> tuple[int, int]:
    """Height and width of the pictures that the network takes."""
    times = 2 if network.far_sighted else 1
    return IMAGE_SIZE[0] * times, IMAGE_SIZE[1] * times


def contract(network: CrossViewNetwork) -> ModelContract:
    """How the network's archive is to be used."""
    return ModelContract(image_size=image_size(network), state=STATE)


def _whereabouts(found: Tensor) -> Tensor:
    """In which columns and rows of a match map (B, rows, columns) something was found, and how surely."""
    across, down = found.amax(dim=1), found.amax(dim=2)
    sure = torch.cat([across, down], dim=1) / 2.0
    return torch.cat([across.softmax(dim=1), down.softmax(dim=1), sure.sigmoid()], dim=1)


def _picture(image: Tensor) -> Tensor:
    return image.permute(0, 3, 1, 2).float().div_(64.0).sub_(1.75)


def _halved(picture: Tensor) -> Tensor:
    """The mean of each four pixels, in half the time that pooling takes for channels that lie last."""
    above, below = picture[:, :, ::2], picture[:, :, 1::2]
    return (above[..., ::2] + above[..., 1::2] + below[..., ::2] + below[..., 1::2]) * 0.25


def _extent(taken: Tensor) -> tuple[Tensor, Tensor]:
    """The first index (B,) at which `taken` (B, N) is true, and the one after the last; 0 and N where it never is."""
    count = taken.shape[1]
    first = taken.float().argmax(dim=1)
    last = count - taken.flip(1).float().argmax(dim=1)
    return first.float(), last.float()


def _keep_the_scale(part: nn.Module) -> None:
    """Weights under which rectified signals neither fade nor grow from layer to layer (He et al. 2015, eq. 10)."""
    if isinstance(part, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        if part.bias is not None:
            nn.init.zeros_(part.bias)
