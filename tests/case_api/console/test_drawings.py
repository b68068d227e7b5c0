"""What is drawn stands where it can be read."""

from __future__ import annotations

from case_api.console.drawings import around


def test_names_that_hang_together_stand_side_by_side() -> None:
    one, other = ["律师", "起诉", "法院"], ["首付", "贷款", "流水"]
    pairs = [(a, b, 9.0) for group in (one, other) for a in group for b in group if a < b] + [("律师", "贷款", 1.0)]
    order = around(pairs)
    assert sorted(order) == sorted(one + other)
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset(one), frozenset(other)}
    assert {order[2], order[3]} == {"律师", "贷款"}, "what links two groups stands between them"


def test_any_pairs_have_an_order_that_is_the_same_every_time() -> None:
    for pairs in ([("定金", "首付", 3.0)], [("a", "b", 1.0), ("c", "d", 1.0)], [("a", "b", 1.0), ("b", "a", 2.0), ("a", "c", 1.0)]):
        order = around(pairs)
        assert len(order) == len(set(order)) == len({name for pair in pairs for name in pair[:2]})
        assert order == around(pairs)
