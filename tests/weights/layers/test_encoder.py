"""The multi-layer encoder: the same numbers as the network itself, and no work too many."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from weights import Backbone, WeightsError
from weights.errors import NotConvolutional, UnknownLayer

if TYPE_CHECKING:
    import torch

    from weights.layers.encoder import MultiLayerEncoder

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# A sample of what the sweep in tests/benchmarks goes through: tiny ones of many families.
SAMPLE = (
    "test_resnet test_efficientnet test_efficientnet_gn test_efficientnet_ln test_convnext "
    "test_convnext2 test_byobnet test_mambaout test_nfnet test_csatv2"
).split()


def made(name: str) -> tuple[torch.nn.Module, MultiLayerEncoder]:
    import timm
    import torch

    from weights.layers.encoder import MultiLayerEncoder

    torch.manual_seed(0)
    module = timm.create_model(name).eval().requires_grad_(False)
    return module, MultiLayerEncoder(module, MEAN, STD)


@pytest.mark.parametrize("name", ["resnet18", "tf_efficientnet_lite0", "convnext_atto", "vgg11"])
def test_activations_are_those_of_the_network(name):
    """Every layer, beside hooks that copy at once: timm's blocks write over their own results."""
    import timm
    import torch

    module, encoder = made(name)
    x = torch.randn(2, 3, 96, 80)
    layers = encoder.layers((96, 80))
    ours = encoder(x, [layer.name for layer in layers])
    theirs: dict[str, torch.Tensor] = {}

    def keep(name):
        def hook(module, args, output):  # What a hook returns would go on through the network.
            theirs.setdefault(name, output.detach().clone())

        return hook

    inside = _without_inplace(timm.create_model(name)).eval()
    inside.load_state_dict(module.state_dict())
    for part, child in inside.named_modules():
        child.register_forward_hook(keep(part))
    with torch.no_grad():
        inside(x)
    assert len(layers) > 20
    for layer in layers:
        wanted = theirs[layer.name]
        if layer.axes == (1, 2):
            wanted = wanted.permute(0, 3, 1, 2)
        assert ours[layer.name].shape == (2, layer.channels, *layer.grid)
        torch.testing.assert_close(ours[layer.name], wanted)


def _without_inplace(module: torch.nn.Module) -> torch.nn.Module:
    for part in module.modules():
        if getattr(part, "inplace", False) is True:
            part.inplace = False
    return module


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_the_families(name):
    import timm
    import torch

    if not timm.is_model(name):
        pytest.skip(f"this timm has no {name}")
    _, encoder = made(name)
    size = (96, 64)
    stages = encoder.stages(size)
    sizes = [encoder.layer(stage, size).field.size for stage in stages]
    assert 3 <= len(stages) <= 5 and sizes == sorted(sizes) and sizes[0] < sizes[-1]
    with torch.no_grad():
        found = encoder(torch.rand(1, 3, *size), stages)
    for stage, activation in found.items():
        layer = encoder.layer(stage, size)
        assert activation.shape[1:] == (layer.channels, *layer.grid)


def test_the_first_call_may_be_in_inference_mode():
    import torch

    _, encoder = made("test_resnet")
    picture = torch.rand(1, 3, 96, 80)
    with torch.inference_mode():
        names = encoder.stages((96, 80))
        first = encoder(picture, names)
    picture.requires_grad_()
    later = encoder(picture, names)
    assert all(torch.equal(first[name], later[name].detach()) for name in names)
    sum(one.sum() for one in later.values()).backward()
    assert picture.grad.abs().sum() > 0


def test_it_stops_at_the_deepest():
    import torch

    _, encoder = made("resnet18")
    encoder.layers()
    ran = []
    encoder._modules["layer2"].register_forward_hook(lambda *_: ran.append("layer2"))
    encoder._modules["layer3"].register_forward_hook(lambda *_: ran.append("layer3"))
    encoder(torch.rand(1, 3, 64, 64), ["act1", "layer2"])
    assert ran == ["layer2"]


def test_the_same_input_runs_once():
    import torch

    _, encoder = made("resnet18")
    encoder.layers()
    runs = []
    encoder._modules["conv1"].register_forward_hook(lambda *_: runs.append(1))
    x = torch.rand(1, 3, 64, 64)
    first = encoder(x, ["layer1", "layer2"])
    again = encoder(x, ["layer2"])
    assert again["layer2"] is first["layer2"] and len(runs) == 1
    x += 1  # The same tensor with other numbers is another input.
    assert not torch.equal(encoder(x, ["layer2"])["layer2"], first["layer2"]) and len(runs) == 2
    assert not encoder(x, ["layer2"])["layer2"].requires_grad
    y = torch.rand(1, 3, 64, 64, requires_grad=True)
    with torch.no_grad():
        encoder(y, ["layer1"])
    assert encoder(y, ["layer1"])["layer1"].requires_grad, "asked with gradients, it has them"
    del first, again, x, y
    gc.collect()


def test_gradients_reach_the_picture_and_leave_the_weights():
    import torch

    module, encoder = made("tf_efficientnet_lite0")
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    encoder(encoder.normalise(picture), ["blocks.1"])["blocks.1"].square().mean().backward()
    assert picture.grad.abs().sum() > 0
    assert all(p.grad is None for p in module.parameters())


def test_parameters_are_shared_and_modules_are_not():
    import torch

    module, encoder = made("resnet18")
    shared = {p.data_ptr() for p in encoder._module.parameters()}
    assert shared == {p.data_ptr() for p in module.parameters()}
    assert all(part.inplace for part in module.modules() if isinstance(part, torch.nn.ReLU))
    assert not any(part._forward_hooks for part in module.modules())


def test_two_threads_with_an_encoder_each():
    import torch

    from weights.layers.encoder import MultiLayerEncoder

    module, _ = made("resnet18")
    x = [torch.rand(1, 3, 64, 64) for _ in range(2)]
    results: dict[int, torch.Tensor] = {}

    def work(i: int) -> None:
        encoder = MultiLayerEncoder(module, MEAN, STD)
        for _ in range(5):
            results[i] = encoder(x[i].clone(), ["layer3"])["layer3"]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = MultiLayerEncoder(module, MEAN, STD)
    for i in range(2):
        torch.testing.assert_close(results[i], alone(x[i], ["layer3"])["layer3"])


def counted(monkeypatch, name: str) -> list[tuple]:
    """The arguments of every call of a function of the encoder's module, or a method."""
    from weights.layers import encoder

    owner = encoder if hasattr(encoder, name) else encoder.MultiLayerEncoder
    done, made = [], getattr(owner, name)

    def call(*args):
        done.append(args)
        return made(*args)

    monkeypatch.setattr(owner, name, call)
    return done


def test_all_encoders_of_a_network_find_its_layers_once_together(monkeypatch):
    from weights.transform import Transform

    module, _ = made("test_resnet")
    traces, copies = counted(monkeypatch, "_trace"), counted(monkeypatch, "_private")
    backbone = Backbone(module, Transform((64, 64), MEAN, STD, "cpu"), None, None)
    found, together = [], threading.Barrier(8)

    def ask() -> None:
        together.wait(300)
        found.append(backbone.encoder().layers((64, 64)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(found) == 8 and all(layers is found[0] for layers in found)
    assert len(traces) == 1, "seven callers did work that was done already"
    backbone.encoder().stages((64, 64))
    assert len(copies) == 1, "a network was copied by callers who ran nothing"
    assert backbone.encoder().layers((96, 64)) != found[0] and len(traces) == 2


def test_another_network_has_layers_of_its_own():
    from weights.transform import Transform

    transform = Transform((64, 64), MEAN, STD, "cpu")
    backbone = Backbone(made("test_resnet")[0], transform, None, None)
    other = replace(backbone, module=made("test_convnext")[0])
    assert backbone.encoder().layers((64, 64)) != other.encoder().layers((64, 64))


def test_a_layer_that_does_not_exist():
    import torch

    _, encoder = made("resnet18")
    with pytest.raises(UnknownLayer, match="layer5.*layer4"):
        encoder(torch.rand(1, 3, 64, 64), ["layer5"])
    with pytest.raises(UnknownLayer, match="fc"):
        encoder.layer("fc")


@pytest.mark.parametrize(
    "name", ["vit_tiny_patch16_224", "mixer_s32_224", "swin_tiny_patch4_window7_224"]
)
def test_what_is_no_convnet_is_said(name):
    _, encoder = made(name)
    with pytest.raises(NotConvolutional, match="resnet18"):
        encoder.layers()


def test_a_picture_that_is_too_small_for_the_network():
    _, encoder = made("inception_v3")
    with pytest.raises(WeightsError, match="8 x 8"):
        encoder.layers((8, 8))


def test_normalise_is_what_the_transform_does():
    import torch

    from weights.transform import Transform

    module, _ = made("resnet18")
    pictures = torch.randint(0, 256, (2, 24, 20, 3), dtype=torch.uint8)
    transform = Transform((24, 20), MEAN, STD, "cpu")
    encoder = Backbone(module, transform, None, None).encoder()
    ours = encoder.normalise(pictures.permute(0, 3, 1, 2) / 255)
    torch.testing.assert_close(ours, transform(pictures.numpy()))
