"""What the commands say, in English and Korean."""

from __future__ import annotations

import os
from collections.abc import Sequence

LANGUAGES = ("en", "ko")

_TEXTS = {
    "help_tapeflow": (
        "TensorFlow 2's eager API on a NumPy engine.",
        "NumPy 엔진 위에서 돌아가는 TensorFlow 2 즉시 실행 API.",
    ),
    "help_run": (
        "run a Python program with tapeflow in TensorFlow's place",
        "TensorFlow 자리에 tapeflow를 넣어 파이썬 프로그램을 실행합니다",
    ),
    "help_run_more": (
        "Arguments, __main__, tracebacks and exit status are as with plain 'python SCRIPT.py'.",
        "인수, __main__, 트레이스백, 종료 코드는 'python SCRIPT.py'와 같습니다.",
    ),
    "help_demo": (
        "train the tutorial's model and a digit classifier, and draw what happened",
        "튜토리얼 모델과 숫자 분류기를 훈련하고 결과를 그림으로 저장합니다",
    ),
    "help_info": (
        "show version, Python, CPU features, threads and backends",
        "버전, 파이썬, CPU 기능, 스레드, 백엔드를 보여 줍니다",
    ),
    "help_out": (
        "folder for the plots (default: %(default)s)",
        "그림을 저장할 폴더 (기본값: %(default)s)",
    ),
    "help_epochs": (
        "epochs of the digit classifier (default: %(default)s)",
        "숫자 분류기의 에포크 수 (기본값: %(default)s)",
    ),
    "help_lang": (
        "language of the messages (default: by locale)",
        "메시지 언어 (기본값: 로캘에 따름)",
    ),
    "run_needs_script": (
        "run needs a script, or -m and a module",
        "run에는 스크립트 또는 -m과 모듈 이름이 필요합니다",
    ),
    "missing_extra": (
        "tapeflow demo needs {packages}; install with: pip install 'tapeflow[demo]'",
        "tapeflow demo에는 {packages}이(가) 필요합니다. 설치: pip install 'tapeflow[demo]'",
    ),
    "linear_title": (
        "1. The tutorial's linear model: f(x) = W x + b, true W = 3, true b = 2",
        "1. 튜토리얼의 선형 모델: f(x) = W x + b, 참값 W = 3, b = 2",
    ),
    "linear_epoch": (
        "epoch {epoch:2d}: W={w:.2f} b={b:.2f}, loss={loss:.5f}",
        "에포크 {epoch:2d}: W={w:.2f} b={b:.2f}, 손실={loss:.5f}",
    ),
    "digits_title": (
        "2. An MLP on {total} handwritten digits ({train} for training, {test} for testing)",
        "2. 손글씨 숫자 {total}개로 MLP 훈련 (훈련 {train}개, 시험 {test}개)",
    ),
    "digits_epoch": (
        "epoch {epoch:2d}: loss={loss:.4f}, test accuracy={accuracy:.1%}",
        "에포크 {epoch:2d}: 손실={loss:.4f}, 시험 정확도={accuracy:.1%}",
    ),
    "steps": (
        "{count} training steps in {seconds:.2f} s ({micros:.0f} us each)",
        "훈련 {count}단계, {seconds:.2f}초 (단계마다 {micros:.0f}마이크로초)",
    ),
    "written": ("plots written:", "저장한 그림:"),
    "cannot_write": (
        "cannot write the plots to {folder}: {reason}",
        "{folder}에 그림을 저장할 수 없습니다: {reason}",
    ),
    "implements": (
        "implements the TensorFlow {version} API",
        "TensorFlow {version} API 구현",
    ),
    "cpu_features": ("CPU features", "CPU 기능"),
    "threads": ("threads", "스레드"),
    "threads_text": (
        "{usable} of {present} CPUs usable by this process",
        "CPU {present}개 중 {usable}개를 이 프로세스가 사용 가능",
    ),
    "backends": ("backends", "백엔드"),
    "present": ("present", "있음"),
    "absent": ("not in this version", "이 버전에 없음"),
}


class Messages:
    """The texts of one language; calling it with a name and values gives the text."""

    def __init__(self, language: str) -> None:
        self.column = LANGUAGES.index(language)

    def __call__(self, text: str, /, **values: object) -> str:
        template = _TEXTS[text][self.column]
        return template.format(**values) if values else template


def choose_language(arguments: Sequence[str]) -> str:
    """`--lang` if it names a known language, else the locale's, else English."""
    for position, argument in enumerate(arguments):
        if argument == "run":  # what follows is the script's
            break
        _, equals, value = argument.partition("=")
        if argument == "--lang":
            value = "".join(arguments[position + 1 : position + 2])
        elif not (argument.startswith("--lang") and equals):
            continue
        if value in LANGUAGES:
            return value
    # The variables gettext looks at, in its order; `locale.getlocale` knows nothing of LC_MESSAGES.
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable, ""):
            return "ko" if value.lower().startswith("ko") else "en"
    return _system_language()


def _system_language() -> str:
    """The language of systems that set no variables (Windows, programs started from a desktop)."""
    import locale

    name = locale.getlocale()[0] or ""
    return "ko" if name.lower().startswith("ko") else "en"
