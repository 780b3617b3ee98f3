#!/usr/bin/env python3
"""The three clocks, and time through the admin endpoint (design section 6)."""
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Refused, Server

DAY = 86400


def machine(**states):
    return {"StartAt": next(iter(states)), "States": states}


class Clock(unittest.TestCase):
    def test_manual_clock_moves_only_by_request(self):
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            before = api.admin("GET", "/_sfnd/clock")
            execution = api.start(api.create_machine("w", machine(W={"Type": "Wait", "Seconds": 3600, "End": True})))
            time.sleep(0.05)
            self.assertEqual(api.admin("GET", "/_sfnd/clock"), before)
            api.advance(3599)
            self.assertEqual(api.describe(execution)["status"], "RUNNING")
            api.advance(1)
            answer = api.wait(execution)
            self.assertEqual(answer["stopDate"] - answer["startDate"], 3600)

    def test_advance_stops_at_every_timer(self):
        """What falls due inside one long step of the clock happens at its own time."""
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            waits = {"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": {"Type": "Wait", "Seconds": 120, "End": True}}
            execution = api.start(api.create_machine("two", machine(**waits)))
            api.advance(DAY)
            events = api.history(execution)
            start = events[0]["timestamp"]
            self.assertEqual([round(e["timestamp"] - start) for e in events], [0, 0, 60, 60, 180, 180])

    def test_skip_clock_jumps_over_waits(self):
        """Days of waiting cost nothing, and history shows the right times."""
        with Server(["--clock", "skip"]) as server:
            api = server.client()
            execution = api.start(api.create_machine("w", machine(
                A={"Type": "Wait", "Seconds": 30 * DAY, "Next": "B"}, B={"Type": "Wait", "Seconds": 5, "End": True})))
            began = time.monotonic()
            answer = api.wait(execution)
            self.assertLess(time.monotonic() - began, 20)
            self.assertAlmostEqual(answer["stopDate"] - answer["startDate"], 30 * DAY + 5, delta=1)

    def test_skip_clock_does_not_jump_while_a_worker_has_a_task(self):
        with Server(["--clock", "skip"]) as server:
            api = server.client()
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            execution = api.start(api.create_machine("t", machine(
                T={"Type": "Task", "Resource": activity, "TimeoutSeconds": 600, "End": True})))
            task = api.task(activity)
            time.sleep(0.1)
            api.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "1"})
            self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")

    def test_one_year_is_the_end(self):
        """A run of a year times out; a redrive a year after the start is refused (reference/redrive.md section 2)."""
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            execution = api.start(api.create_machine("t", machine(
                T={"Type": "Task", "Resource": activity, "End": True})))
            api.admin("POST", "/_sfnd/clock", {"advance": "P364DT23H"})
            self.assertEqual(api.describe(execution)["status"], "RUNNING")
            api.advance(2 * 3600)
            answer = api.describe(execution)
            self.assertEqual(answer["status"], "TIMED_OUT")
            self.assertNotIn("error", answer)
            self.assertEqual(answer["redriveStatusReason"], "Execution has exceeded the max execution time")

    def test_retention_frees_the_name(self):
        """90 days after its close an execution is gone and its name free (reference/api.md section 2)."""
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            arn = api.create_machine("m", machine(A={"Type": "Succeed"}))
            execution = api.start(arn, "{}", "once")
            api.wait(execution)
            api.advance(89 * DAY)
            with self.assertRaises(Refused) as refused:
                api.start(arn, "{}", "once")
            self.assertEqual(refused.exception.type, "ExecutionAlreadyExists")
            api.advance(2 * DAY)
            api.start(arn, "{}", "once")

    def test_moved_time_survives_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "db"), "--clock", "manual"]
            server = Server(flags).start()
            moved = server.client().advance(100 * DAY)
            server.kill()
            with Server(flags) as again:
                self.assertEqual(again.client().admin("GET", "/_sfnd/clock")["now"], moved["now"])

    def test_bad_requests(self):
        with Server() as server:
            api = server.client()
            for body in ({}, {"advance": "P1M"}, {"advanceSeconds": -1}, {"advanceSeconds": "x"},
                         {"advance": "P1D", "advanceSeconds": 1}, {"advanceseconds": 1}):
                with self.assertRaises(Refused, msg=str(body)) as refused:
                    api.admin("POST", "/_sfnd/clock", body)
                self.assertEqual(refused.exception.status, 400)
            status, _, _ = api.request("POST", "/_sfnd/clock", '{"advanceSeconds":1}', {})
            self.assertEqual(status, 415)


if __name__ == "__main__":
    tap.main()
