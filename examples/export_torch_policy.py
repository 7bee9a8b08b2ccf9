"""Bring a torch model of your own to the suite: build it, load its weights, export it, score it.

    python examples/export_torch_policy.py my_policy.pt            # TorchScript
    python examples/export_torch_policy.py my_policy.pt2           # torch.export
    python examples/export_torch_policy.py my_policy.pt --weights state_dict.pt
    evalsuite run doom-quick --policy torchscript:my_policy.pt --policy export:my_policy.pt2

The model here is the suite's own small network, a CNN with GRU memory. Put yours in its place, with the inputs
and outputs that `evalsuite.policies.torch_policy` sets out, and say in the contract what it takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from evalsuite.policies.checkpoints import save_export, save_torchscript
from evalsuite.policies.small_network import SmallNetwork
from evalsuite.policies.torch_policy import ModelContract, StateTensor

CONTRACT = ModelContract(
    image_size=(112, 112),
    state=(StateTensor(dtype="float32", shape=(128,)),),
    sample=True,
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a torch model as a policy.")
    parser.add_argument("out", type=Path, help="where to write: a name in .pt or .pt2")
    parser.add_argument("--weights", type=Path, help="a state dict saved with torch.save")
    arguments = parser.parse_args()

    torch.manual_seed(0)
    model = SmallNetwork().eval()
    if arguments.weights:
        model.load_state_dict(torch.load(arguments.weights, map_location="cpu", weights_only=True))

    save = save_export if arguments.out.suffix == ".pt2" else save_torchscript
    save(model, CONTRACT, arguments.out)
    kind = "export" if arguments.out.suffix == ".pt2" else "torchscript"
    print(f"evalsuite run doom-quick --policy {kind}:{arguments.out}")


if __name__ == "__main__":
    main()
