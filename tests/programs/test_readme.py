"""What the READMEs tell a reader to run does what they say."""

from __future__ import annotations

import doctest
import re

import pytest

from fresh_process import ROOT, run_python

READMES = ["README.md", "README.ko.md"]


def blocks(readme, language):
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


@pytest.mark.program
@pytest.mark.parametrize("readme", READMES)
def test_program_trains(readme):
    (program,) = blocks(readme, "python")
    assert program.count("\n") <= 31
    ended = run_python("-c", program)
    assert ended.returncode == 0, ended.stderr
    epochs = [float(loss) for loss in re.findall(r"=(\d+\.\d+)$", ended.stdout, flags=re.M)]
    assert len(epochs) == 10
    assert epochs == sorted(epochs, reverse=True)


@pytest.mark.parametrize("readme", READMES)
def test_session_prints_what_it_shows(readme):
    (session,) = blocks(readme, "pycon")
    test = doctest.DocTestParser().get_doctest(session, {}, readme, readme, 0)
    results = doctest.DocTestRunner().run(test)
    assert results.failed == 0
    assert results.attempted == 2


def test_both_languages_have_the_same_commands():
    english, korean = (blocks(readme, "sh") for readme in READMES)
    drop_comments = re.compile(r"^#.*\n", flags=re.M)
    assert [drop_comments.sub("", block) for block in english] == [
        drop_comments.sub("", block) for block in korean
    ]


def test_ci_runs_the_readmes_test_command():
    (command,) = [b for b in blocks("README.md", "sh") if "[test]" in b]
    assert command.rstrip().endswith("-m pytest")
    assert '"$bin/python" -m pytest\n' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
