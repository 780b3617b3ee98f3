"""Runs unittest cases and prints TAP: the one format tests/run.py adds up."""
import sys
import time
import unittest


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def _line(self, good, test, note=""):
        self.number += 1
        print(f"{'ok' if good else 'not ok'} {self.number} - {test.id()}{note}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(True, test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f" # SKIP {reason}")

    def _bad(self, test, err):
        self._line(False, test)
        for line in self._exc_info_to_string(err, test).splitlines():
            print(f"# {line}", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._bad(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._bad(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._bad(subtest, err)


def main():
    """Runs the tests of the calling module; arguments pick those whose name holds one of them."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    wanted = sys.argv[1:]
    tests = [t for group in suite for t in group if not wanted or any(w in t.id() for w in wanted)]
    result = _Result()
    started = time.monotonic()
    unittest.TestSuite(tests).run(result)
    print(f"1..{result.number}")
    print(f"# {time.monotonic() - started:.1f} s", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
