#!/usr/bin/env python3
"""10,000 executions that wait at once, for time or for a worker: no thread each, all complete."""
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Server

COUNT = 10000


def start_many(server, arn, count, threads=4):
    def run(share):
        api = server.client()
        for _ in range(share):
            api.start(arn)
        api.close()

    workers = [threading.Thread(target=run, args=(count // threads,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def figure(server, name):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


class Waiting(unittest.TestCase):
    def test_wait_states(self):
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            threads = figure(server, "Threads:")
            arn = api.create_machine("w", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60,
                                                                           "End": True}}})
            start_many(server, arn, COUNT)
            self.assertEqual(api.admin("GET", "/_sfnd/metrics")["executionsRunning"], COUNT)
            self.assertLessEqual(figure(server, "Threads:"), threads + 1)
            print(f"# {COUNT} waiting: {figure(server, 'VmRSS:') // 1024} MiB resident (with sanitizers, if built so)")
            api.advance(60)
            metrics = api.admin("GET", "/_sfnd/metrics")
            self.assertEqual((metrics["executionsRunning"], metrics["executionsSucceeded"]), (0, COUNT))

    def test_activity_states_over_a_restart(self):
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "db")]
            server = Server(flags).start()
            api = server.client()
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            arn = api.create_machine("t", {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity,
                                                                           "End": True}}})
            start_many(server, arn, COUNT)
            server.kill()
            with Server(flags) as server:
                self.assertEqual(server.client().admin("GET", "/_sfnd/metrics")["executionsRunning"], COUNT)

                def work(share):
                    client = server.client()
                    for _ in range(share):
                        task = client.task(activity)
                        client.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "{}"})
                    client.close()

                workers = [threading.Thread(target=work, args=(COUNT // 4,)) for _ in range(4)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
                metrics = server.client().admin("GET", "/_sfnd/metrics")
                self.assertEqual((metrics["executionsRunning"], metrics["executionsSucceeded"]), (0, COUNT))


if __name__ == "__main__":
    tap.main()
