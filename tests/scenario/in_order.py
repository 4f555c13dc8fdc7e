"""For files that tell a story: their tests run in the order they are written in, not by name."""

import unittest


def load_in_order(module, loader):
    """For the file's `load_tests`."""
    suite = unittest.TestSuite()
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == module.__name__:
            names = [name for name in vars(case) if name.startswith(loader.testMethodPrefix)]
            suite.addTests(case(name) for name in names)
    return suite
