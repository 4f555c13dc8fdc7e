"""The names of all tests, read from the sources: that they pass is the business of their suites."""

import ast
import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parents[1]
TEST_CASE = re.compile(
    r'^\s*(?:TEST_CASE|TEST_CASE_FIXTURE|SUBCASE)\s*\((?:[^"()]*,\s*)?"((?:[^"\\]|\\.)*)"(?![^{;]*\bskip\((?:true)?\))', re.MULTILINE
)
SKIPPED = re.compile(r"(unittest\.)?skip\b")


def python_tests(file):
    """The test methods of its classes: what is commented out, no method, or skipped whatever is the case, is no test."""
    for case in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(case, ast.ClassDef) and not skipped(case):
            for entry in case.body:
                if isinstance(entry, ast.FunctionDef) and entry.name.startswith("test") and not skipped(entry) and does_something(entry):
                    yield entry.name


def skipped(definition):
    """By a decorator that has no condition."""
    return any(SKIPPED.match(ast.unparse(one)) for one in definition.decorator_list)


def does_something(function):
    """Not only a text, `pass` or a skip that comes whatever is the case."""
    first = [one for one in function.body if not isinstance(one, ast.Pass)]
    if first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant):
        first = first[1:]
    return bool(first) and not (isinstance(first[0], ast.Expr) and "skipTest" in ast.dump(first[0]))


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def tests_below(folder):
    """(how a test is shown, its name in words) of the suites in Python and of the unit tests."""
    for file in sorted(folder.glob("*/test_*.py")):
        for name in python_tests(file):
            yield f"{file.stem}.{name}", re.sub(r"\bT (?=[0-9])", "T-", name.replace("_", " "))  # T_13: no hyphen in a name
    for file in sorted(folder.glob("unit/**/*.cpp")):
        for name in TEST_CASE.findall(without_comments(file.read_text())):
            yield f"{file.stem}: {name}", name


def found_in(folder, letter, numbers):
    """`S17` (of the letter "S"; "T-" makes `T-13`) → the tests that have it in their name as a word of its own; also what is no number of the list."""
    found = {f"{letter}{number}": [] for number in numbers}
    for shown, words in tests_below(folder):
        for word in re.findall(rf"\b{letter}[0-9]+\b", words):
            found.setdefault(word, []).append(shown)
    return found
