"""The column of scores: numbers, texts in their place, and rows that have none yet."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, scores_with, text, told

from torchbdi import InputError
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand

Y = np.array([float(row[3]) for row in plain()[1:]])


@pytest.mark.parametrize("word", ["n.d.", "failed", "not measured"])
def test_texts_among_scores_are_asked_about(word: str, tmp_path: Path) -> None:
    content = scores_with({5: word, 11: word})
    message = refused(tmp_path, content)
    assert f"2 of 40 scores are no numbers: {word!r} (rows 5, 11)" in message
    quote = "'" if " " in word else ""
    for value in ("0", "out", "candidate"):
        assert f"--take {quote}{word}={value}{quote}" in message
    made, _ = asked(tmp_path, content, "--take", f"{word}=0")
    assert made.scores[[3, 9]].tolist() == [0, 0]
    made, _ = asked(tmp_path, content, "--take", f"{word}=out")
    assert 5 not in made.rows and len(made.rows) == 38
    made, _ = asked(tmp_path, content, "--take", f"{word}=candidate")
    assert made.candidate_rows.tolist() == [5, 11]
    assert made.n == 2
    assert "no score is 'none'" in refused(tmp_path, content, "--take", "none=0")
    assert "can stand for a number" in refused(tmp_path, content, "--take", f"{word}=much")


def test_what_failed_is_no_best_design(tmp_path: Path) -> None:
    """Zero is the best roughness: for that the worst score known is offered, and 0 is told of."""
    content, worst = scores_with({5: "failed"}), f"{np.delete(Y, 3).max():g}"
    assert f"--take failed={worst} makes it a score of {worst}" in refused(
        tmp_path, content, "--minimize"
    )
    made, _ = asked(tmp_path, content, "--minimize", "--take", "failed=0")
    assert "better than every measured score" in told(made)
    assert "give them a high score" in told(made)
    for words in (["--minimize", "--take", f"failed={worst}"], ["--take", "failed=0"]):
        made, _ = asked(tmp_path, content, *words)
        assert "better than every" not in told(made)
    made, _ = asked(tmp_path, scores_with({5: ">200"}), "--take", ">200=200")
    assert "better than every" not in told(made)
    rows = plain()
    for row in rows[1:]:
        row[3] = f"{float(row[3]) - 200:.1f}"
    rows[4][3] = "failed"
    worst = f"{np.delete(Y, 3).min() - 200:.1f}"
    assert f"--take failed={worst} makes" in refused(tmp_path, text(rows))


def test_limits_are_asked_about(tmp_path: Path) -> None:
    message = refused(tmp_path, scores_with({5: "<0.1", 11: "<0.1", 14: "<0.1"}))
    assert "--take '<0.1=0.1' takes the limit itself, --take '<0.1=0.05' half of it" in message


@pytest.mark.parametrize(
    ("cell", "takes"),
    [("<0,5", ["<0,5=0.5", "<0,5=0.25"]), ("<5%", ["<5%=5", "<5%=2.5"]), (">1,234.5", [])],
)
def test_limits_in_other_spellings(cell: str, takes: list[str], tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = f'"{row[3]}%"' if "%" in cell else row[3]
    rows[4][3] = rows[9][3] = f'"{cell}"'
    message = refused(tmp_path, text(rows))
    for take in takes or [f"{cell}=1234.5"]:
        assert f"--take '{take}'" in message
        made, _ = asked(tmp_path, text(rows), "--take", take)
        assert made.scores[3] == float(take.partition("=")[2])


def test_words_that_no_score_is_are_answered_with_those_that_are(tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = "Failed"
    assert "Of the others: 'Failed'" in refused(tmp_path, text(rows), "--take", "failed=0")


@pytest.mark.parametrize("word", ["N/A", "NaN", ""])
def test_a_missing_score_is_taken_however_it_is_written(word: str, tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = word
    assert "--take =out" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--take", "=out")
    assert len(made.rows) == 39


def test_how_rows_without_a_score_are_left_out_is_told(tmp_path: Path) -> None:
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] = "NaN" if i % 9 == 0 else "to do" if i % 9 == 1 else row[3]
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "have no score yet" in r)
    words = shlex.split(remark[remark.index("(--") + 1 : remark.index(" leaves them out")])
    assert words == ["--take", "=out", "--take", "to do=out"]
    assert asked(tmp_path, text(rows), *words)[0].candidates is None


def test_words_of_a_scale_are_put_in_order(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = "high" if float(row[3]) > 70 else "low" if float(row[3]) < 55 else "Medium"
    message = refused(tmp_path, text(rows))
    assert "--take low=0 --take Medium=1 --take high=2" in message


def test_words_of_a_scale_are_in_its_order(tmp_path: Path) -> None:
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] = ("hi", "lo", "med")[i % 3]
    assert "--take lo=0 --take med=1 --take hi=2" in refused(tmp_path, text(rows))


def test_scores_that_are_words(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = "TRUE" if float(row[3]) > 60 else "FALSE"
    message = refused(tmp_path, text(rows))
    way = message[message.index("--take") : message.index("; or choose")]
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    np.testing.assert_array_equal(made.scores, Y > 60)


def test_a_score_that_is_not_finite_can_be_left_out(tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = "-inf"
    message = refused(tmp_path, text(rows))
    way = message[message.index("--take") : message.index("), or")]
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    assert 5 not in made.rows.tolist()


def test_words_and_booleans_among_the_scores_in_python() -> None:
    x = np.array([[float(cell) for cell in row[:3]] for row in plain()[1:]])
    high = Y > 60
    table, score, y = table_of(x, high)
    made = understand(table, score, y, Settings())
    np.testing.assert_array_equal(made.scores, high)
    table, score, y = table_of(x, np.where(high, "good", "bad"))
    with pytest.raises(InputError) as caught:
        understand(table, score, y, Settings())
    assert "takes={'bad': 0, 'good': 1}" in str(caught.value)
    made = understand(table, score, y, Settings(takes={"bad": 0, "good": 1}))
    np.testing.assert_array_equal(made.scores, high)


def test_repetitions_are_one_score(tmp_path: Path) -> None:
    rows = plain()
    three = [[*rows[0][:3], "yield_1", "yield_2", "yield_3"]]
    for row in rows[1:]:
        y = float(row[3])
        three.append([*row[:3], f"{y:.1f}", f"{y + 1:.1f}", "" if y > 60 else f"{y + 2:.1f}"])
    more = ["--score", "yield_1", "--score", "yield_2", "--score", "yield_3"]
    made, _ = asked(tmp_path, text(three), *more)
    assert made.score == "yield"
    assert made.score_columns == ("yield_1", "yield_2", "yield_3")
    full = np.array([bool(row[5]) for row in three[1:]])
    np.testing.assert_array_equal(made.counts, np.where(full, 3, 2))
    first = np.array([float(row[3]) for row in three[1:]])
    np.testing.assert_allclose(made.scores, first + np.where(full, 1, 0.5))
    assert made.noise is not None and 0.5 < made.noise < 1.1
    three[4][4] = "spilt"
    message = refused(tmp_path, text(three), *more)
    assert f"column 'yield_2': 1 of {3 * len(made.rows)} scores are no numbers: 'spilt'" in message
    assert "--take spilt=out leaves these scores out" in message
    made, _ = asked(tmp_path, text(three), *more, "--take", "spilt=out")
    assert 5 in made.rows and "Scores 'spilt' (1 of 40) were left out, as you said." in told(made)


def test_answers_of_a_questionnaire_are_in_their_order(tmp_path: Path) -> None:
    words = ("Agree", "Disagree", "Neutral", "Strongly agree", "Strongly disagree")
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] = words[i % 5]
    message = refused(tmp_path, text(rows))
    takes = message[message.index("--take") : message.index("; or choose")]
    assert takes == (
        "--take 'Strongly disagree=0' --take Disagree=1 --take Neutral=2 --take Agree=3 "
        "--take 'Strongly agree=4'"
    )
    for i, row in enumerate(rows[1:]):
        row[3] = ("gut", "sehr gut", "mangelhaft")[i % 3]
    assert "of your own scale: these follow the alphabet" in refused(tmp_path, text(rows))


def test_times_in_the_place_of_scores_are_to_be_numbers(tmp_path: Path) -> None:
    rows = plain(30)
    for i, row in enumerate(rows[1:]):
        row[-1] = f"{i % 7 + 1}:{i:02d}.{i % 10}"
    message = refused(tmp_path, text(rows))
    assert "Write these times as numbers of one unit, such as seconds, into it" in message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["4/10", "10/10", "7/10"], "--take 4/10=4 --take 7/10=7 --take 10/10=10"),
        (["5B", "0B", "3B"], "--take 0B=0 --take 3B=3 --take 5B=5"),
        (["★★★", "★", "★★★★"], "--take '★=1' --take '★★★=3' --take '★★★★=4'"),
    ],
)
def test_numbers_in_words_are_suggested(words: list[str], said: str, tmp_path: Path) -> None:
    rows = plain(30)
    for i, row in enumerate(rows[1:]):
        row[-1] = words[i % 3]
    message = refused(tmp_path, text(rows))
    assert said in message and "the alphabet" not in message
    for i, row in enumerate(rows[1:]):
        row[-1] = ["3B", "2H", "4/10"][i % 3]
    assert "the alphabet" in refused(tmp_path, text(rows))
