# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from statistics import NormalDist

import pytest
import torch

from humanoid_brain import rng

MASK = (1 << 64) - 1
DRAWS = 1_000_000


class SplitMix64:
    """The paper's generator, kept apart from the product's code: state += golden; return mix(state)."""

    def __init__(self, state: int) -> None:
        self.state = state & MASK

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def unsigned(words: torch.Tensor) -> list[int]:
    return [int(word) & MASK for word in words.flatten()]


def rows(*values: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64)


def draws(seed: int) -> list[torch.Tensor]:
    return [torch.arange(1000) + 1000 * seed]


def test_reference_generator_gives_the_published_sequence() -> None:
    generator = SplitMix64(1234567)
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [generator.next() for _ in published] == published


@pytest.mark.parametrize("key", [0, 1, 1234567, (1 << 63) + 5, MASK])
def test_words_are_the_splitmix64_stream_of_their_address(key: int) -> None:
    for environment in (0, 1, 4095):
        for reset in (0, 7):
            state = key
            for part in (environment, reset):
                # A stage of the address is the output number `part` of the stream that begins at the stage before.
                state = SplitMix64(state + (part - 1) * 0x9E3779B97F4A7C15).next()
            reference = SplitMix64(state)
            expected = [reference.next() for _ in range(5)]
            assert unsigned(rng.bits(key, [rows(environment), rows(reset)], 5)) == expected


def test_row_alone_draws_what_it_draws_in_a_batch_in_any_order() -> None:
    key = rng.stream(7, "push")
    environments, resets = torch.arange(64), torch.arange(64) % 3
    batch = rng.bits(key, [environments, resets], 4)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(rng.bits(key, [environments[order], resets[order]], 4), batch[order])
    for i in (0, 12, 63):
        assert torch.equal(rng.bits(key, [rows(i), resets[i]], 4), batch[i : i + 1])


def test_longer_draw_begins_with_the_shorter_one() -> None:
    key = rng.stream(7, "push")
    assert torch.equal(rng.bits(key, [rows(3)], 9)[:, :4], rng.bits(key, [rows(3)], 4))


def test_step_number_of_shape_zero_serves_all_rows() -> None:
    key = rng.stream(7, "noise")
    environments = torch.arange(5)
    shared = rng.bits(key, [environments, torch.tensor(9)], 3)
    assert torch.equal(shared, rng.bits(key, [environments, torch.full((5,), 9)], 3))


def test_every_part_of_an_address_matters() -> None:
    def word(seed: int, purpose: str, environment: int, reset: int) -> int:
        return unsigned(rng.bits(rng.stream(seed, purpose), [rows(environment), rows(reset)], 1))[0]

    base = (1, "push", 2, 3)
    others = [(2, "push", 2, 3), (1, "mass", 2, 3), (1, "push", 3, 3), (1, "push", 2, 4), (1, "push", 3, 2)]
    words = {word(*address) for address in [base, *others]}
    assert len(words) == 1 + len(others)


def test_stream_is_a_splitmix64_hash_of_seed_and_fnv1a_of_purpose() -> None:
    """Manifests hold seeds, not numbers: a changed hash would silently change what old runs draw."""
    fnv1a_of_foobar = 0x85944171F73967E8  # from the test vectors of the hash's authors
    for seed in (0, 42, MASK):
        word = SplitMix64(seed).next() + fnv1a_of_foobar
        assert rng.stream(seed, "foobar") == SplitMix64(word - 0x9E3779B97F4A7C15).next()


def test_torch_seed_fits_a_signed_word() -> None:
    seeds = [rng.torch_seed(seed, "shuffle") for seed in range(100)]
    assert all(0 <= seed < 1 << 63 for seed in seeds)
    assert len(set(seeds)) == 100
    torch.Generator().manual_seed(max(seeds))


def test_no_bit_is_stuck_or_biased() -> None:
    words = rng.bits(rng.stream(3, "bits"), [torch.arange(10_000)], 10).flatten()
    for bit in range(64):
        share = ((words >> bit) & 1).double().mean().item()
        # 100,000 coin flips: standard deviation 0.0016. Five of them are exceeded once in 27,000 repeats of 64 bits.
        assert abs(share - 0.5) < 5 * 0.5 / math.sqrt(words.numel()), bit


def test_uniform_moments() -> None:
    sample = rng.uniform(rng.stream(5, "uniform"), draws(1), DRAWS // 1000, -2.0, 3.0).double()
    deviation = 5.0 / math.sqrt(12.0)
    # The standard errors of a mean and of a variance over a million draws; five of them.
    assert abs(sample.mean().item() - 0.5) < 5 * deviation / math.sqrt(DRAWS)
    assert abs(sample.var().item() - deviation**2) < 5 * deviation**2 * math.sqrt(0.8 / DRAWS)
    assert -2.0 <= sample.min().item() < -1.99
    assert 2.99 < sample.max().item() < 3.0


def test_uniform_neighbours_are_independent() -> None:
    sample = rng.uniform(rng.stream(5, "uniform"), draws(2), DRAWS // 1000).double() - 0.5
    for a, b in ((sample[:, :-1], sample[:, 1:]), (sample[:-1], sample[1:])):
        correlation = (a * b).mean().item() * 12.0
        assert abs(correlation) < 5 / math.sqrt(a.numel())  # its standard error is 1 / sqrt(n)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 2.0), (-1.0, 1.0), (100.0, 100.001), (-3.0, -1.0)])
def test_uniform_never_reaches_its_upper_end(monkeypatch: pytest.MonkeyPatch, low: float, high: float) -> None:
    largest = torch.full((1, 1), -1, dtype=torch.int64)  # all bits set
    monkeypatch.setattr(rng, "bits", lambda *_: largest)
    top = rng.uniform(0, [rows(0)], 1, low, high)
    assert low <= top.item() < torch.tensor(high, dtype=torch.float32).item()
    monkeypatch.setattr(rng, "bits", lambda *_: torch.zeros(1, 1, dtype=torch.int64))
    assert rng.uniform(0, [rows(0)], 1, low, high).item() == torch.tensor(low, dtype=torch.float32).item()


@pytest.mark.parametrize("address", [(0,), (3, 1 << 40), (7, 12, 5)])
def test_single_numbers_are_those_of_the_row(address: tuple[int, ...]) -> None:
    key = rng.stream(11, "single")
    together = rng.uniform(key, [torch.tensor(part) for part in address], 70).flatten().tolist()
    assert [rng.number(key, address, index) for index in range(70)] == together


def test_uniform_over_an_empty_range_is_its_one_value() -> None:
    assert torch.equal(rng.uniform(1, [torch.arange(9)], 2, 0.3, 0.3), torch.full((9, 2), 0.3))


def test_normal_moments() -> None:
    sample = rng.normal(rng.stream(5, "normal"), draws(3), DRAWS // 1000).double()
    # Standard errors over n draws: mean 1/sqrt(n), variance sqrt(2/n), skewness sqrt(6/n), kurtosis sqrt(24/n).
    assert abs(sample.mean().item()) < 5 / math.sqrt(DRAWS)
    assert abs(sample.var().item() - 1.0) < 5 * math.sqrt(2 / DRAWS)
    assert abs((sample**3).mean().item()) < 5 * math.sqrt(15 / DRAWS)
    assert abs((sample**4).mean().item() - 3.0) < 5 * math.sqrt(96 / DRAWS)
    inside = (sample.abs() < 1.0).double().mean().item()
    assert abs(inside - math.erf(1 / math.sqrt(2))) < 5 * math.sqrt(0.683 * 0.317 / DRAWS)


def test_normal_is_the_inverse_of_the_distribution_function(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [1, 1000, 1 << 20, 1 << 22, (1 << 22) + 1, 3 << 21, (1 << 23) - 2]
    words = [number << 41 if number < 1 << 22 else (number << 41) - (1 << 64) for number in numbers]
    monkeypatch.setattr(rng, "bits", lambda *_: torch.tensor([words], dtype=torch.int64))
    exact = [NormalDist().inv_cdf((number + 0.5) / (1 << 23)) for number in numbers]
    # In the tails one step of the float32 argument moves the result by about 1e-6; elsewhere rounding is less.
    assert rng.normal(0, [rows(0)], len(numbers))[0].tolist() == pytest.approx(exact, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("word", [-1, 0, 1 << 40, (1 << 63) - 1, -(1 << 63), -(1 << 40) - 1])
def test_normal_is_finite_for_the_extreme_words(monkeypatch: pytest.MonkeyPatch, word: int) -> None:
    monkeypatch.setattr(rng, "bits", lambda *_: torch.full((1, 1), word, dtype=torch.int64))
    value = rng.normal(0, [rows(0)], 1).item()
    assert math.isfinite(value)
    assert abs(value) <= 5.30


def test_normal_has_two_equal_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = torch.tensor([[0, -1]], dtype=torch.int64)
    monkeypatch.setattr(rng, "bits", lambda *_: ends)
    left, right = rng.normal(0, [rows(0)], 2)[0].tolist()
    assert left == -right
    assert right > 5.2


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_permutation_holds_every_index_once(count: int) -> None:
    order = rng.permutation(rng.stream(1, "shuffle"), [torch.tensor(4)], count)
    assert sorted(order.tolist()) == list(range(count))


def test_permutation_depends_on_its_address_alone() -> None:
    key = rng.stream(1, "shuffle")
    first = rng.permutation(key, [torch.tensor(4)], 100)
    assert torch.equal(first, rng.permutation(key, [torch.tensor(4)], 100))
    assert not torch.equal(first, rng.permutation(key, [torch.tensor(5)], 100))


def test_first_place_of_a_permutation_is_uniform() -> None:
    key = rng.stream(1, "shuffle")
    first = torch.stack([rng.permutation(key, [torch.tensor(i)], 5)[0] for i in range(5000)])
    counts = torch.bincount(first, minlength=5).double()
    chi_squared = ((counts - 1000) ** 2 / 1000).sum().item()
    assert chi_squared < 23.5  # four degrees of freedom: exceeded once in 10,000 seeds


@pytest.mark.gpu
def test_gpu_draws_what_the_cpu_draws() -> None:
    key = rng.stream(9, "device")
    address = [torch.arange(4096), torch.tensor(3)]
    on_gpu = [part.cuda() for part in address]
    assert torch.equal(rng.bits(key, on_gpu, 8).cpu(), rng.bits(key, address, 8))
    assert torch.equal(rng.uniform(key, on_gpu, 8, -1.0, 2.0).cpu(), rng.uniform(key, address, 8, -1.0, 2.0))
    # erfinv is not the same code on both: a few units in the last place.
    torch.testing.assert_close(rng.normal(key, on_gpu, 8).cpu(), rng.normal(key, address, 8), rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
def test_draws_can_be_captured_in_a_cuda_graph() -> None:
    key, step = rng.stream(9, "graph"), torch.zeros((), dtype=torch.int64, device="cuda")
    environments = torch.arange(256, device="cuda")
    rng.normal(key, [environments, step], 4)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = rng.uniform(key, [environments, step], 4)
        step += 1
    for number in range(3):
        graph.replay()
        assert torch.equal(captured, rng.uniform(key, [environments, torch.tensor(number, device="cuda")], 4))
