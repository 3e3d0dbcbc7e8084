"""The command line's texts, their language, and the progress bar."""

from __future__ import annotations

import io
import string

import pytest

from tapeflow.cli import messages
from tapeflow.cli.progress import WIDTH, ProgressBar


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {"LANG": "ko_KR.UTF-8"}, "ko"),
        ([], {"LANG": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ([], {"LC_MESSAGES": "ko_KR", "LC_ALL": "C"}, "en"),
        (["demo", "--lang", "ko"], {"LANG": "C"}, "ko"),
        (["demo", "--lang=ko"], {"LANG": "C"}, "ko"),
        (["demo", "--lang", "en"], {"LANG": "ko_KR"}, "en"),
        (["run", "script.py", "--lang", "ko"], {"LANG": "C"}, "en"),
        (["demo", "--lang"], {"LANG": "C"}, "en"),
        (["demo", "--lang", "fr"], {"LANG": "C"}, "en"),
    ],
)
def test_language(monkeypatch, arguments, environment, language):
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert messages.choose_language(arguments) == language


def test_every_text_has_both_languages_and_the_same_values():
    formatter = string.Formatter()
    for name, texts in messages._TEXTS.items():
        assert len(texts) == len(messages.LANGUAGES), name
        english, korean = ({field for _, field, _, _ in formatter.parse(t)} for t in texts)
        assert english - {None} == korean - {None}, name
        assert all(texts), name


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_bar_on_a_terminal(capsys):
    terminal = Terminal()
    bar = ProgressBar(2, terminal)
    bar.advance()
    assert terminal.getvalue().endswith(f"\r[{'#' * 15}{'-' * 15}]  50%")
    bar.print("epoch 0")
    assert capsys.readouterr().out == "epoch 0\n"
    bar.advance()
    assert terminal.getvalue().endswith(f"\r[{'#' * WIDTH}] 100%")
    bar.clear()
    assert terminal.getvalue().endswith(" \r")


def test_progress_bar_is_silent_in_a_file():
    file = io.StringIO()
    bar = ProgressBar(2, file)
    bar.advance()
    bar.clear()
    assert file.getvalue() == ""
