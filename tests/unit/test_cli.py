"""The command line: what a program run by it sees is what plain `python` would show it."""

from __future__ import annotations

import re
import subprocess
import textwrap

import pytest

from fresh_process import run_python, tapeflow_command


@pytest.fixture
def program(tmp_path):
    """Writes a program; returns its path."""

    def write(source, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return write


def same_as_python(arguments, cwd):
    """Runs a program both ways; returns ours, equal to plain Python's."""
    ours = tapeflow_command("run", *arguments, cwd=cwd)
    plain = run_python(*arguments, cwd=cwd)
    assert (ours.returncode, ours.stdout, ours.stderr) == (
        plain.returncode,
        plain.stdout,
        plain.stderr,
    )
    return ours


INSPECT = """
    import sys
    print(sys.argv, __name__, __file__, sys.path[0], __package__)
    print(__spec__ and __spec__.name, type(__loader__).__name__)
    print(sys.modules["__main__"].__dict__ is globals())
"""


def test_script_sees_what_python_shows(program, tmp_path):
    program(INSPECT, "folder/program.py")
    same_as_python(["folder/program.py", "one", "--help", "-m", "--lang", "xx"], tmp_path)


def test_script_through_a_link(program, tmp_path):
    target = program("import beside; print(beside.answer)\n" + INSPECT, "folder/program.py")
    program("answer = 42", "folder/beside.py")
    (tmp_path / "link.py").symlink_to(target)
    same_as_python(["link.py"], tmp_path)


@pytest.mark.parametrize("name", ["package.module", "package"])
def test_module_sees_what_python_shows(program, tmp_path, name):
    program("", "package/__init__.py")
    program(textwrap.dedent(INSPECT), "package/module.py")
    program("from . import module\n" + textwrap.dedent(INSPECT), "package/__main__.py")
    same_as_python(["-m", name, "one", "--help"], tmp_path)


@pytest.mark.parametrize(
    "ending",
    [
        "raise SystemExit",
        "raise SystemExit(3)",
        "raise SystemExit('the last words')",
        "import sys; sys.exit(True)",
        "def f():\n    return 1 / 0\nf()",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('second')",
        "raise KeyboardInterrupt",
        "def f(:\n    pass",
        "import atexit; atexit.register(print, 'at exit'); raise ValueError('first')",
        "import sys; sys.excepthook = lambda *e: print('hook', e[0], e[2].tb_lineno)\n1 / 0",
        "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    ],
)
def test_ends_as_with_python(program, tmp_path, ending):
    program(ending)
    same_as_python(["program.py"], tmp_path)


def test_program_gets_tapeflow_as_tensorflow(program):
    path = program(
        """
        import tensorflow as tf
        from tensorflow import errors
        import tapeflow
        assert tf is tapeflow and errors is tapeflow.errors
        print(tf.__version__)
        """
    )
    ended = tapeflow_command("run", path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "2.21.0\n", "")


def test_missing_script(tmp_path):
    ended = tapeflow_command("run", "absent.py", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("tapeflow run: can't open file")
    assert "absent.py" in ended.stderr


def test_missing_module(tmp_path):
    ended = tapeflow_command("run", "-m", "no_such_module", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == "tapeflow run: No module named no_such_module\n"


def test_error_inside_the_package_of_a_module_is_the_programs(program, tmp_path):
    program("import no_such_module", "package/__init__.py")
    program("", "package/module.py")
    ended = tapeflow_command("run", "-m", "package.module", cwd=tmp_path)
    assert ended.returncode == 1
    assert "ModuleNotFoundError: No module named 'no_such_module'" in ended.stderr


@pytest.mark.parametrize("arguments", [["run"], ["run", "--unknown"], ["no-such-command"]])
def test_wrong_use(arguments):
    ended = tapeflow_command(*arguments)
    assert ended.returncode == 2
    assert "usage: tapeflow" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["--help"], ["run", "--help"], ["demo", "--help"]])
def test_help(arguments):
    ended = tapeflow_command(*arguments)
    assert ended.returncode == 0
    assert "usage: tapeflow" in ended.stdout


def test_info_in_both_languages():
    english = tapeflow_command("info")
    korean = tapeflow_command("info", "--lang", "ko")
    by_locale = tapeflow_command("info", LANG="ko_KR.UTF-8")
    assert english.returncode == korean.returncode == 0
    for word in ("0.1.0", "2.21.0", "Python", "NumPy", "CPU features", "threads", "backends"):
        assert word in english.stdout
    assert "백엔드" in korean.stdout
    assert by_locale.stdout == korean.stdout


def epochs_of(ended: subprocess.CompletedProcess[str], word: str) -> list[str]:
    return [line for line in ended.stdout.splitlines() if line.strip().startswith(word)]


@pytest.mark.program
@pytest.mark.parametrize(("language", "word"), [("en", "epoch"), ("ko", "에포크")])
def test_demo_trains_and_draws(tmp_path, language, word):
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    ended = tapeflow_command("demo", "--lang", language, "--epochs", "4", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert len(epochs_of(ended, word)) == 10 + 4
    accuracy = float(re.findall(r"(\d+\.\d)%", ended.stdout)[-1])
    assert accuracy > 85
    plots = sorted((tmp_path / "tapeflow-demo").iterdir())
    assert [plot.name for plot in plots] == [
        "digits-predictions.png",
        "digits-training.png",
        "linear-data.png",
        "linear-training.png",
    ]
    for plot in plots:
        assert plot.read_bytes().startswith(b"\x89PNG")


def test_demo_without_its_extra(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('gone', name='matplotlib')")
    source = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from tapeflow.cli.main import main; sys.exit(main(['demo']))"
    )
    ended = run_python("-c", source, tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "pip install 'tapeflow[demo]'" in ended.stderr
