// The unmodified AWS SDK for Go v2 walks through the operations it knows, one TAP line each.  Its requests carry the
// host prefix of StartSyncExecution unless it is told not to: README, "The sync- host prefix".
//
// Usage: main URL
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const role = "arn:aws:iam::123456789012:role/r"
const pass = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`

var number, failed int

// Reports one step: err must be nil, and got what was wanted.
func check(name string, err error, got, wanted string) {
	number++
	if err == nil && got == wanted {
		fmt.Printf("ok %d - %s\n", number, name)
		return
	}
	failed++
	fmt.Printf("not ok %d - %s\n# wanted %q, got %q, error %v\n", number, name, wanted, got, err)
}

func text(s *string) string { return aws.ToString(s) }

// What the README tells users of this SDK.
func withoutHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("WithoutHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
}

func newClient(url string) *sfn.Client {
	return sfn.New(sfn.Options{
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider("test", "test", ""),
		EndpointResolver: sfn.EndpointResolverFromURL(url),
		APIOptions:       []func(*middleware.Stack) error{withoutHostPrefix},
	})
}

func machines(ctx context.Context, c *sfn.Client) string {
	created, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("m"), Definition: aws.String(pass), RoleArn: aws.String(role)})
	if err != nil {
		check("CreateStateMachine", err, "", "")
		return ""
	}
	arn := text(created.StateMachineArn)
	check("CreateStateMachine", nil, arn, "arn:aws:states:us-east-1:123456789012:stateMachine:m")

	described, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err == nil {
		check("DescribeStateMachine", err, text(described.Definition), pass)
	} else {
		check("DescribeStateMachine", err, "", "")
	}
	_, err = c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &arn, RoleArn: aws.String(role + "2")})
	check("UpdateStateMachine", err, "", "")
	list, err := c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
	check("ListStateMachines", err, fmt.Sprint(list != nil && len(list.StateMachines) == 1), "true")

	_, err = c.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{
		{Key: aws.String("k"), Value: aws.String("v")}, {Key: aws.String("l"), Value: aws.String("w")}}})
	check("TagResource", err, "", "")
	_, err = c.UntagResource(ctx, &sfn.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"l"}})
	check("UntagResource", err, "", "")
	tags, err := c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
	check("ListTagsForResource", err, fmt.Sprint(tags != nil && len(tags.Tags) == 1 && text(tags.Tags[0].Key) == "k"), "true")
	return arn
}

func executions(ctx context.Context, c *sfn.Client, arn string) {
	started, err := c.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &arn, Name: aws.String("e"), Input: aws.String(`{"a":1}`)})
	if err != nil {
		check("StartExecution", err, "", "")
		return
	}
	check("StartExecution", nil, text(started.ExecutionArn), "arn:aws:states:us-east-1:123456789012:execution:m:e")
	described := &sfn.DescribeExecutionOutput{Status: types.ExecutionStatusRunning}
	for err == nil && described.Status == types.ExecutionStatusRunning {
		described, err = c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
	}
	check("DescribeExecution", err, text(described.Output), `{"a":1}`)
	of, err := c.DescribeStateMachineForExecution(ctx,
		&sfn.DescribeStateMachineForExecutionInput{ExecutionArn: started.ExecutionArn})
	check("DescribeStateMachineForExecution", err, fmt.Sprint(of != nil && text(of.RoleArn) == role+"2"), "true")

	history, err := c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: started.ExecutionArn})
	names := []string{}
	for i := 0; history != nil && i < len(history.Events); i++ {
		names = append(names, string(history.Events[i].Type))
	}
	check("GetExecutionHistory", err, strings.Join(names, " "),
		"ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded")
	list, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn})
	check("ListExecutions", err, fmt.Sprint(list != nil && len(list.Executions) == 1), "true")

	_, err = c.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &arn, Name: aws.String("e"), Input: aws.String(`{"a":2}`)})
	var exists *types.ExecutionAlreadyExists
	check("an error has its type", nil, fmt.Sprint(errors.As(err, &exists)), "true")
}

func activities(ctx context.Context, c *sfn.Client) {
	created, err := c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a")})
	if err != nil {
		check("CreateActivity", err, "", "")
		return
	}
	arn := text(created.ActivityArn)
	check("CreateActivity", nil, arn, "arn:aws:states:us-east-1:123456789012:activity:a")
	_, err = c.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: &arn})
	check("DescribeActivity", err, "", "")
	list, err := c.ListActivities(ctx, &sfn.ListActivitiesInput{})
	check("ListActivities", err, fmt.Sprint(list != nil && len(list.Activities) == 1), "true")

	definition := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + arn + `","End":true}}}`
	machine, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("worked"), Definition: &definition, RoleArn: aws.String(role)})
	if err != nil {
		check("CreateStateMachine of a task", err, "", "")
		return
	}
	for _, wanted := range []string{"SUCCEEDED", "FAILED", "ABORTED"} {
		work(ctx, c, text(machine.StateMachineArn), arn, wanted)
	}
	_, err = c.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: &arn})
	check("DeleteActivity", err, "", "")
}

// One execution whose task ends as wanted.
func work(ctx context.Context, c *sfn.Client, machine, activity, wanted string) {
	started, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine})
	if err != nil {
		check("StartExecution of a task", err, "", "")
		return
	}
	task, err := c.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: &activity})
	if err != nil {
		check("GetActivityTask", err, "", "")
		return
	}
	check("GetActivityTask", nil, text(task.Input), "{}")
	_, err = c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: task.TaskToken})
	check("SendTaskHeartbeat", err, "", "")
	switch wanted {
	case "SUCCEEDED":
		_, err = c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: aws.String("1")})
		check("SendTaskSuccess", err, "", "")
	case "FAILED":
		_, err = c.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: task.TaskToken, Error: aws.String("E")})
		check("SendTaskFailure", err, "", "")
	default:
		_, err = c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: started.ExecutionArn})
		check("StopExecution", err, "", "")
	}
	status := "RUNNING"
	for err == nil && status == "RUNNING" {
		var described *sfn.DescribeExecutionOutput
		described, err = c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err == nil {
			status = string(described.Status)
		}
	}
	check("the execution ends "+wanted, err, status, wanted)
}

func express(ctx context.Context, c *sfn.Client) {
	machine, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("x"),
		Definition: aws.String(pass), RoleArn: aws.String(role), Type: types.StateMachineTypeExpress})
	if err != nil {
		check("CreateStateMachine EXPRESS", err, "", "")
		return
	}
	done, err := c.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{
		StateMachineArn: machine.StateMachineArn, Input: aws.String("[1]")})
	if err != nil {
		check("StartSyncExecution", err, "", "")
		return
	}
	check("StartSyncExecution", nil, text(done.Output), "[1]")
}

func main() {
	ctx := context.Background()
	c := newClient(os.Args[1])
	if arn := machines(ctx, c); arn != "" {
		executions(ctx, c, arn)
		activities(ctx, c)
		express(ctx, c)
		_, err := c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &arn})
		check("DeleteStateMachine", err, "", "")
	}
	fmt.Printf("1..%d\n", number)
	if failed > 0 {
		os.Exit(1)
	}
}
