#!/usr/bin/env python3
"""The service's own limits, reached for real (reference/quotas.md, reference/redrive.md section 2)."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Refused, Server


def loop(rounds, end):
    """Counts to `rounds`, then goes to the state `End`.  Each round is a Pass and a Choice: four events."""
    return {"StartAt": "Init", "States": {
        "Init": {"Type": "Pass", "Result": {"n": 0}, "Next": "More"},
        "More": {"Type": "Choice", "Default": "Add",
                 "Choices": [{"Variable": "$.n", "NumericGreaterThanEquals": rounds, "Next": "End"}]},
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"},
        **end}}


def passes(count, last, state):
    """`count` Pass states from `End` on, then `state` under the name `last`."""
    names = ["End"] + [f"P{i}" for i in range(1, count)] if count else []
    chain = {name: {"Type": "Pass", "Next": following} for name, following in zip(names, names[1:] + [last])}
    return {**chain, (last if count else "End"): state}


def last_id(api, execution):
    return api.call("GetExecutionHistory", {"executionArn": execution, "reverseOrder": True,
                                            "maxResults": 1})["events"][0]["id"]


class Limits(unittest.TestCase):
    def test_redrive_needs_fewer_than_24999_events(self):
        """24,998 events are redrivable, 24,999 are not."""
        with Server() as server:
            api = server.client()
            # 1 started + 2 Init + 4 a round + 2 the last Choice + 2 each Pass + 2 Fail entered and failed.
            rounds, extra = divmod(24999 - 7, 4)
            machine = api.create_machine("odd", loop(rounds, passes(extra // 2, "F", {"Type": "Fail", "Error": "E"})))
            execution = api.start(machine)
            self.assertEqual(api.wait(execution, 120)["status"], "FAILED")
            self.assertEqual(last_id(api, execution), 24999)
            answer = api.describe(execution)
            self.assertEqual((answer["redriveStatus"], answer["redriveStatusReason"]),
                             ("NOT_REDRIVABLE", "Execution has exceeded the maximum history event limit"))
            with self.assertRaises(Refused) as refused:
                api.call("RedriveExecution", {"executionArn": execution})
            self.assertIn("Execution has exceeded the maximum history event limit", refused.exception.message)

            # Here the end is an activity that is stopped: entered, scheduled, aborted.
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            rounds, extra = divmod(24998 - 8, 4)
            task = {"Type": "Task", "Resource": activity, "End": True}
            execution = api.start(api.create_machine("even", loop(rounds, passes(extra // 2, "T", task))))
            while last_id(api, execution) < 24997:
                self.assertEqual(api.describe(execution)["status"], "RUNNING")
            api.call("StopExecution", {"executionArn": execution})
            self.assertEqual(last_id(api, execution), 24998)
            self.assertEqual(api.describe(execution)["redriveStatus"], "REDRIVABLE")
            api.call("RedriveExecution", {"executionArn": execution})
            answer = api.wait(execution)
            # Redriven is event 24,999; what comes next no longer fits.
            self.assertEqual(last_id(api, execution), 25000)
            self.assertEqual((answer["status"], answer["error"], answer["cause"]),
                             ("FAILED", "States.Runtime",
                              "The execution reached the maximum number of history events (25000)."))

    def test_history_ends_at_25000_events(self):
        """Event 25,000 is ExecutionFailed (reference/history.md section 4)."""
        with Server() as server:
            api = server.client()
            execution = api.start(api.create_machine("m", loop(10 ** 6, {"End": {"Type": "Succeed"}})))
            answer = api.wait(execution, 120)
            self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.Runtime"))
            self.assertEqual(answer["cause"], "The execution reached the maximum number of history events (25000).")
            events = api.history(execution)
            self.assertEqual([e["id"] for e in events], list(range(1, 25001)))
            self.assertEqual(events[-1]["type"], "ExecutionFailed")

    def test_payload_bytes(self):
        """262,144 bytes are accepted, one more is not; likewise what states and tasks give."""
        with Server() as server:
            api = server.client()
            machine = api.create_machine("m", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
            fits = '"' + "x" * 262142 + '"'
            self.assertEqual(api.wait(api.start(machine, fits))["output"], fits)
            with self.assertRaises(Refused):
                api.start(machine, '"' + "x" * 262143 + '"')
            double = api.create_machine("double", {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": True}}})
            answer = api.wait(api.start(double, '"' + "x" * 200000 + '"'))
            self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.DataLimitExceeded"))
            self.assertEqual(answer["cause"], "The state/task 'A' returned a result with a size exceeding the "
                                              "maximum number of bytes service limit.")

    def test_pages_of_a_large_history(self):
        """A page may be shorter than asked for (reference/api.md section 1); none is missed and none comes twice."""
        with Server() as server:
            api = server.client()
            chain = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(40)}
            arn = api.create_machine("m", {"StartAt": "P0", "States": {**chain, "P40": {"Type": "Succeed"}}})
            execution = api.start(arn, '"' + "x" * 200000 + '"')
            api.wait(execution)
            first = api.call("GetExecutionHistory", {"executionArn": execution, "maxResults": 1000})
            self.assertIn("nextToken", first)
            self.assertLess(len(first["events"]), 84)
            events = api.history(execution)
            self.assertEqual([e["id"] for e in events], list(range(1, 85)))
            self.assertEqual(api.history(execution, reverseOrder=True), events[::-1])
            short = api.call("GetExecutionHistory", {"executionArn": execution, "maxResults": 1000,
                                                     "includeExecutionData": False})
            self.assertEqual(len(short["events"]), 84)

    def test_lowered_limits(self):
        """--limit lowers a limit and refuses to raise one."""
        with Server(["--limit", "open-executions=2", "--limit", "history-events=20"]) as server:
            api = server.client()
            wait = api.create_machine("w", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600,
                                                                            "End": True}}})
            api.start(wait)
            api.start(wait)
            with self.assertRaises(Refused) as refused:
                api.start(wait)
            self.assertEqual(refused.exception.type, "ExecutionLimitExceeded")
        with self.assertRaises(AssertionError):
            Server(["--limit", "history-events=25001"]).start()

    def test_a_redrive_counts_as_an_open_execution(self):
        """ExecutionLimitExceeded comes last of the checks (reference/redrive.md section 1)."""
        with Server(["--limit", "open-executions=1"]) as server:
            api = server.client()
            arn = api.create_machine("w", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600,
                                                                           "End": True}}})
            first = api.start(arn)
            api.call("StopExecution", {"executionArn": first})
            second = api.start(arn)
            with self.assertRaises(Refused) as refused:
                api.call("RedriveExecution", {"executionArn": first, "clientToken": "t"})
            self.assertEqual(refused.exception.type, "ExecutionLimitExceeded")
            with self.assertRaises(Refused) as refused:
                api.call("RedriveExecution", {"executionArn": second})
            self.assertEqual(refused.exception.type, "ExecutionNotRedrivable")
            api.call("StopExecution", {"executionArn": second})
            answer = api.call("RedriveExecution", {"executionArn": first, "clientToken": "t"})
            self.assertEqual(api.call("RedriveExecution", {"executionArn": first, "clientToken": "t"}), answer)


if __name__ == "__main__":
    tap.main()
