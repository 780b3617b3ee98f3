#!/usr/bin/env python3
"""A worker for one activity, as anybody would write it for the real service.

It makes the activity "greet" and the state machine "hello", whose only state waits for that activity, and
then works: each task's input {"name": "..."} becomes the output {"greeting": "Hello, ..."}.  Where the
service is comes from the environment (AWS_ENDPOINT_URL_SFN); nothing here knows of sfnd.
"""
import json
import os

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::123456789012:role/hello"


def definition(activity):
    return json.dumps({
        "StartAt": "Greet",
        "States": {
            "Greet": {
                "Type": "Task",
                "Resource": activity,
                "TimeoutSeconds": 60,
                "End": True,
            },
        },
    })


def greet(task):
    name = json.loads(task["input"])["name"]
    return {"greeting": f"Hello, {name}"}


def work(sfn, activity):
    task = sfn.get_activity_task(activityArn=activity, workerName=os.uname().nodename)
    token = task.get("taskToken")
    if not token:
        return  # a minute has passed without a task
    try:
        output = greet(task)
    except (KeyError, TypeError, ValueError) as error:
        print("failed:", task["input"])
        sfn.send_task_failure(taskToken=token, error="BadInput", cause=repr(error))
        return
    print("done:", output["greeting"])
    sfn.send_task_success(taskToken=token, output=json.dumps(output))


def main():
    # A poll is held open for a minute: the client has to wait a little longer than that.
    sfn = boto3.client("stepfunctions", config=Config(read_timeout=70))
    # Both calls answer with what is there already when it is the same.
    activity = sfn.create_activity(name="greet")["activityArn"]
    machine = sfn.create_state_machine(name="hello", definition=definition(activity), roleArn=ROLE)
    print("working for", machine["stateMachineArn"])
    while True:
        work(sfn, activity)


if __name__ == "__main__":
    main()
