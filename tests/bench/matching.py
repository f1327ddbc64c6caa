"""One question against catalogues of many sizes, beside a full scan with rapidfuzz."""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import subprocess
import sys
import time

from rapidfuzz import fuzz, process

from api import seed
from api.cli.language import understander_of
from config.data import CATALOGUE
from knowledge.matcher import Matcher, Subject
from knowledge.segment import segmenter
from tests.bench.door import never_heard

SIZES = (200, 1_000, 2_000, 20_000, 100_000)
SCANNED = 20
"""Questions for which the full scan is paid."""


def synthetic(count: int) -> tuple[list[Subject], list[str]]:
    """Make subjects of one wording each out of the shipped vocabulary, and 300 questions near some of them."""
    dice = random.Random(20240620)
    words = sorted({word for words in seed.wordings().values() for word in words})
    names = dict.fromkeys("".join(dice.sample(words, 2))[: dice.randint(6, 18)] for _ in range(count * 2))
    subjects = [Subject(str(n), name, (name,)) for n, name in enumerate(list(names)[:count])]
    questions = []
    for _ in range(300):
        characters = list(dice.choice(subjects).name)
        del characters[dice.randrange(len(characters))]
        questions.append("请问" + "".join(characters) + "怎么办")
    return subjects, questions


def microseconds(ask: object, questions: list[str]) -> list[float]:
    """Give the thread's processor time of each question."""
    assert callable(ask)
    times = []
    for question in questions:
        started = time.thread_time()
        ask(question)
        times.append((time.thread_time() - started) * 1e6)
    return times


def run(turns: int) -> None:
    """Print the shipped catalogue, then one line a size; each size in a process of its own, for its memory."""
    _shipped()
    medians = {}
    for size in SIZES:
        line = subprocess.run(
            [sys.executable, "-m", "tests.bench.matching", str(size)], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(line)
        medians[size] = float(line.split("median")[1].split()[0])
    print(f"100,000 x 1,000 wordings: {medians[100_000] / medians[1_000]:.2f} (target 4)")


def _shipped() -> None:
    understander = understander_of(CATALOGUE / "items.csv")
    questions = list(itertools.islice(never_heard(), 600))
    microseconds(understander.understand, questions[:300])
    times = microseconds(understander.understand, questions[300:])
    print(f"shipped catalogue, all wordings: median {statistics.median(times):.0f} us (target 500)")


def _one(size: int) -> None:
    subjects, questions = synthetic(size)
    lexicon = seed.lexicon()
    segment = segmenter(lexicon)
    gc.collect()
    before, started = _resident(), time.perf_counter()
    matcher = Matcher(subjects, lexicon, segment=segment)
    built, memory = time.perf_counter() - started, _resident() - before
    microseconds(matcher.rank, questions)
    times = sorted(microseconds(matcher.rank, questions))
    names = [subject.name for subject in subjects]
    scan = microseconds(lambda q: process.extractOne(q, names, scorer=fuzz.WRatio), questions[:SCANNED])
    found = _finds_the_best(matcher, names, questions[:SCANNED])
    print(
        f"{size:7,} wordings: median {statistics.median(times):5.0f} us, p99 {times[int(len(times) * 0.99)]:5.0f} us, "
        f"scan x {statistics.median(scan) / statistics.median(times):6.1f}, built in {built:5.2f} s, "
        f"{memory:4.0f} MiB, scan's best among our ten {found:.2f}"
    )


def _finds_the_best(matcher: Matcher, names: list[str], questions: list[str]) -> float:
    hits = 0
    for question in questions:
        best = process.extractOne(question.removeprefix("请问").removesuffix("怎么办"), names, scorer=fuzz.ratio)
        hits += best[0] in {candidate.name for candidate in matcher.rank(question)}
    return hits / len(questions)


def _resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


if __name__ == "__main__":
    _one(int(sys.argv[1]))
