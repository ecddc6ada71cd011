import pytest
import torch
from torchvision import models

from torchwire.errors import InvalidModelDirectoryError
from torchwire_modules.vision import densenet, resnet
from torchwire_modules.vision._networks import (
    build,
    freeze_backbone,
    head_of,
    load_weights,
    meta_network,
    names_of,
    parameter_count,
    train_mode,
)

PARAMETERS = {
    "densenet121": 7_978_856,
    "densenet161": 28_681_000,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
}
FAMILIES = dict.fromkeys(densenet.VARIANTS, "densenet") | dict.fromkeys(resnet.VARIANTS, "resnet")


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(InvalidModelDirectoryError, match="alexnet"):
        build("resnet", "alexnet", {}, 2)
    with pytest.raises(InvalidModelDirectoryError, match="no architecture 'resnet18' in the family 'densenet'"):
        build("densenet", "resnet18", {}, 2)


def test_an_option_of_another_family_is_refused() -> None:
    with pytest.raises(InvalidModelDirectoryError, match="no option 'memory_efficient'"):
        build("resnet", "resnet18", {"memory_efficient": True}, 2)


def test_the_table_covers_every_variant() -> None:
    assert set(FAMILIES) == set(PARAMETERS)
    assert set(densenet.VARIANTS) <= set(names_of("densenet"))


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_counts_are_the_known_ones(name: str) -> None:
    assert parameter_count(meta_network(FAMILIES[name], name, 1000)) == PARAMETERS[name]


@pytest.mark.parametrize("name", ["densenet121", "resnet18"])
def test_the_head_has_one_output_per_class(name: str) -> None:
    network = meta_network(FAMILIES[name], name, 7)
    assert head_of(network, FAMILIES[name]).out_features == 7


def test_freezing_leaves_only_the_head_to_learn() -> None:
    torch.manual_seed(0)
    network = build("resnet", "resnet18", {}, 3)
    freeze_backbone(network, "resnet")
    train_mode(network, "resnet", frozen=True)
    running = network.bn1.running_mean.clone()
    network(torch.rand(4, 3, 32, 32)).sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is not None] == ["fc.weight", "fc.bias"]
    assert torch.equal(network.bn1.running_mean, running)


def test_zero_init_residual_starts_branches_at_zero() -> None:
    network = build("resnet", "resnet18", {"zero_init_residual": True}, 3)
    assert not network.layer1[0].bn2.weight.any()


@pytest.mark.parametrize(("name", "last"), [("resnet18", "bn2"), ("resnet50", "bn3")])
def test_zero_init_residual_lets_only_the_last_scale_of_each_branch_learn_at_first(name: str, last: str) -> None:
    torch.manual_seed(0)
    network = build("resnet", name, {"zero_init_residual": True}, 3).train()
    network(torch.rand(2, 3, 64, 64)).square().sum().backward()
    blocks = [block for layer in (network.layer1, network.layer2, network.layer3, network.layer4) for block in layer]
    for block in blocks:
        assert getattr(block, last).weight.grad.any()
        assert not block.conv1.weight.grad.any()
        assert not block.conv2.weight.grad.any()


def test_memory_efficient_gives_the_same_gradients_and_keeps_less() -> None:
    gradients, kept = [], []
    for option in (False, True):
        torch.manual_seed(0)
        network = build("densenet", "densenet121", {"memory_efficient": option}, 3).train()
        images, sizes = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)), dict[int, int]()
        weights = {parameter.data_ptr() for parameter in network.parameters()}

        def keep(tensor: torch.Tensor, sizes: dict[int, int] = sizes, own: set[int] = weights) -> torch.Tensor:
            if tensor.data_ptr() not in own:
                sizes[tensor.data_ptr()] = tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = network(images).square().sum()
        kept.append(sum(sizes.values()))
        loss.backward()
        gradients.append(network.features.conv0.weight.grad)
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)
    assert kept[1] < 0.8 * kept[0]


def test_weights_that_do_not_fit_are_refused() -> None:
    weights = models.resnet18(num_classes=4).state_dict()
    with pytest.raises(InvalidModelDirectoryError, match=r"fc\.weight"):
        load_weights(build("resnet", "resnet18", {}, 3), weights, source="'model.safetensors'")
