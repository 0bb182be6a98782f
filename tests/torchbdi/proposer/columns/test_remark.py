"""A remark is a text wherever it is shown, and the columns that it speaks of stay with it."""

from __future__ import annotations

import copy
import json
import pickle

from torchbdi.proposer.columns.remark import Remark, told_to_leave_out, told_together

SUM = Remark("'a', 'b' and 'c' add up to 100.", ("a", "b", "c"), what="equal")
RESULT = Remark("'d' is a result: --ignore d.", ("d",), ("d",))
FOLLOWS = Remark("'e' follows from 'a': --ignore e.", ("e", "a"), ("e",), "follows")
SAID = ["'a' and 'd' are whole numbers: --ignore a-b.", SUM, RESULT, FOLLOWS]


def test_it_is_the_text_and_keeps_what_it_knows() -> None:
    assert str(SUM) == SUM == "'a', 'b' and 'c' add up to 100." and [*dict.fromkeys([SUM, SUM])]
    assert json.loads(json.dumps([SUM])) == [SUM]
    for made in (copy.deepcopy(FOLLOWS), pickle.loads(pickle.dumps(FOLLOWS))):
        assert made == FOLLOWS and vars(made) == vars(FOLLOWS)


def test_columns_are_told_together_by_a_remark_and_not_by_a_text_that_names_them() -> None:
    assert told_together(("b", "a"), SAID) and told_together(["d"], SAID)
    assert not told_together(("a", "d"), SAID) and not told_together(("b", "e"), SAID)
    assert told_together(("a", "b"), SAID, "equal") and not told_together(("a", "e"), SAID, "equal")


def test_what_is_to_be_left_out_is_what_remarks_say() -> None:
    assert told_to_leave_out(SAID) == {"d", "e"}
    assert told_to_leave_out(SAID, "equal", "follows") == {"e"} and not told_to_leave_out([])
