"""The network that is trained: what the goal's mask shows is looked for in the agent's view, and a GRU remembers.

It keeps the contract of `evalsuite.policies.torch_policy`. It decides at every third step and repeats its decision
in between; its state holds the memory, the last answer, what it knows of itself (the step, and how far it has turned
and tilted since the start), and what is meant, which is worked out anew only when another goal is shown. It is not
told its last decision, which it would learn to repeat.
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

MEMORY = 256
CLOCK = 20
KINDS = 16
"""Room for the kinds that the goal code, and the features of each cell, are asked to tell apart in training."""

TEMPERATURE = 0.5
"""Turns are drawn from the softmax of their logits over this: who always takes the likeliest stays stuck in corners."""

_PRIME = 2**31 - 1
_MARGIN = 1.5
_FEATURES = 64
_CODE = 64
_CROP = 32
_TURNS, _TILTS, _BUTTONS = len(TURNS_DEGREES), len(TILTS_DEGREES), len(PRESSED)
_SELF = CLOCK + 5
_ANSWER = len(BUTTONS) + 2 + 1 + 2

CONTRACT = ModelContract(
    image_size=IMAGE_SIZE,
    state=(
        StateTensor(shape=(MEMORY,)),
        StateTensor(shape=(3,)),
        StateTensor(shape=(_ANSWER,)),
        StateTensor(shape=(_CODE + 1,)),
    ),
)
"""The memory; steps so far, degrees turned and tilted; the last answer; what is meant, and the goal's checksum."""


class CrossViewNetwork(nn.Module):
    """`forward` is the contract; `goal_code`, `look` and `remember` are what it is made of.

    Args:
        temperature: the turn is drawn from the softmax of its logits over this.
    """

    def __init__(self, temperature: float = TEMPERATURE) -> None:
        super().__init__()
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
        self.fusion = nn.Linear(160 + 2 * sum(CELLS) + _CODE + len(INTERACTIONS) + _SELF, MEMORY)
        self.memory = nn.GRUCell(MEMORY, MEMORY)
        self.heads = nn.Linear(2 * MEMORY, _TURNS + _TILTS + _BUTTONS + 3)
        self.interactions, self.clock, self.period = len(INTERACTIONS), CLOCK, STEPS_PER_DECISION
        self.buttons, self.use = len(BUTTONS), BUTTONS.index("use")
        self.prime = _PRIME
        self.outputs = [_TURNS, _TILTS, _BUTTONS, 1, 2]
        self.crop = _CROP
        self.register_buffer("raster", ((torch.arange(_CROP) + 0.5) / _CROP - 0.5) * _MARGIN)
        self.register_buffer("turns", torch.tensor(TURNS_DEGREES))
        self.register_buffer("tilts", torch.tensor(TILTS_DEGREES))
        self.register_buffer("learnt", torch.tensor([BUTTONS.index(name) for name in PRESSED]))

    def goal_code(self, goal_image: Tensor, goal_mask: Tensor, interaction: Tensor) -> Tensor:
        """What is meant: (B, 64), from the part of the goal view that the mask lies in."""
        masked = goal_mask > 0
        left, right = _extent(masked.any(dim=1))
        top, bottom = _extent(masked.any(dim=2))
        side = torch.maximum(right - left, bottom - top)
        across = (left + right)[:, None] / 2 + side[:, None] * self.raster  # type: ignore[operator]
        down = (top + bottom)[:, None] / 2 + side[:, None] * self.raster  # type: ignore[operator]
        height, width = goal_mask.shape[1], goal_mask.shape[2]
        x = (2 * across / width - 1)[:, None, :].expand(-1, self.crop, -1)
        y = (2 * down / height - 1)[:, :, None].expand(-1, -1, self.crop)
        shown = torch.cat([_picture(goal_image), goal_mask.unsqueeze(1).float()], dim=1)
        crop = functional.grid_sample(shown, torch.stack([x, y], dim=3), align_corners=False)
        asked = functional.one_hot(interaction, self.interactions).float()
        code: Tensor = self.code(torch.cat([self.goal(crop), asked], dim=1))
        return code

    def look(self, image: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """What is seen, for views (B, 144, 256, 3) and their goals' codes: features (B, 260), match map (B, 18, 32)."""
        return self.match(self.features(image), code)

    def features(self, image: Tensor) -> Tensor:
        """What the cells of views (B, 144, 256, 3) look like, whatever is wanted: (B, 64, 18, 32)."""
        features: Tensor = self.view(_picture(image))
        return features

    def match(self, features: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """`look`, when the features of the views are there."""
        wanted = self.wanted(code)
        alike = (features * wanted[:, 1:, None, None]).sum(dim=1) / 4.0
        found = alike + wanted[:, :1, None]
        share = torch.sigmoid(found)
        around = self.surroundings(torch.cat([features, share.unsqueeze(1)], dim=1))
        across, down = found.amax(dim=1), found.amax(dim=2)
        sure = torch.cat([across, down], dim=1) / 2.0
        where = [around, across.softmax(dim=1), down.softmax(dim=1), sure.sigmoid()]
        return torch.cat(where, dim=1), found

    def compare(self, features: Tensor, code: Tensor) -> Tensor:
        """The match maps of views with features (B, 64, 18, 32) for each of K goals' codes: (B, K, 18, 32)."""
        wanted: Tensor = self.wanted(code)
        alike = torch.einsum("bfrc,kf->bkrc", features, wanted[:, 1:]) / 4.0
        return alike + wanted[:, :1, None]

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
        checksum = 1.0 + goal_image.float().mean(dim=(1, 2, 3)) + 300.0 * goal_mask.float().mean(dim=(1, 2))
        checksum = (checksum + 1000.0 * interaction)[:, None]
        new = meant[:, -1:] != checksum
        if bool(new.any()):
            code = torch.cat([self.goal_code(goal_image, goal_mask, interaction), checksum], dim=1)
            meant = torch.where(new, code, meant)
        code = meant[:, :-1]
        phase = course[:, 0].long() % self.period
        fresh = (phase == 0).unsqueeze(1)
        if bool(fresh.any()):
            seen, _ = self.look(image, code)
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
        rows = image.flatten(1).long()
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


def _picture(image: Tensor) -> Tensor:
    return image.permute(0, 3, 1, 2).float().div_(64.0).sub_(1.75)


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
