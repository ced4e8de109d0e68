package poll

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"serverbox/agent/internal/policy"
	"serverbox/agent/internal/sshserver"
)

const (
	maxJobs = 4
	// The core takes reports until so long after a job's own deadline.
	reportGrace = 2 * time.Minute
	leastPause  = 250 * time.Millisecond
	// While a job is being ended the core would answer at once, again and again.
	cancelPause = time.Second
)

// jobs are this node's parts of fleet commands.
type jobs struct {
	ctx    context.Context
	tasks  *sync.WaitGroup
	caller *caller
	policy policy.Policy
	log    *slog.Logger

	mu      sync.Mutex
	running map[string]*job
}

type job struct {
	pendingJob
	cancel context.CancelCauseFunc
}

var errCancelled = errors.New("the core cancelled it")

// ask holds one question open at a time until ctx ends. What it starts goes on after that.
func (j *jobs) ask(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; {
		// What is meant for the other machine of this identity is not taken from it.
		if j.count() >= maxJobs || j.caller.contested.Load() {
			pause(ctx, cancelPause)
			continue
		}
		var reply pendingReply
		if err := j.caller.ask(ctx, http.MethodGet, "/api/jobs/pending", nil, &reply); err != nil {
			rest := backoff(attempt)
			attempt++
			if isFinal(err) {
				rest = refusedPause
			}
			if ctx.Err() == nil {
				j.log.Warn("jobs could not be asked for", "error", err.Error(), "retryInMs", rest.Milliseconds())
			}
			pause(ctx, rest)
			continue
		}
		attempt = 0
		pause(ctx, j.obey(reply))
	}
}

// obey starts and cancels what the reply says, and returns how long to wait with the next question.
func (j *jobs) obey(reply pendingReply) time.Duration {
	for _, id := range reply.Cancel {
		j.cancel(id)
	}
	if reply.Job != nil {
		j.start(*reply.Job)
	} else if len(reply.Cancel) > 0 {
		return cancelPause
	}
	return leastPause
}

func (j *jobs) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.running)
}

func (j *jobs) cancel(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if job, found := j.running[id]; found {
		job.cancel(errCancelled)
	}
}

// start runs the job, unless it runs already: an answer that the core believes lost comes twice.
func (j *jobs) start(pending pendingJob) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, found := j.running[pending.JobID]; found {
		return
	}
	ctx, cancel := context.WithCancelCause(j.ctx)
	job := &job{pendingJob: pending, cancel: cancel}
	j.running[pending.JobID] = job
	j.tasks.Go(func() {
		defer cancel(nil)
		if err := j.run(ctx, job); err != nil && j.ctx.Err() == nil {
			j.log.Warn("job was not reported", "job", pending.JobID, "error", err.Error())
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.running, pending.JobID)
	})
}

// run begins only once the core has confirmed that the job is still this node's.
func (j *jobs) run(ctx context.Context, job *job) error {
	timeout := time.Duration(job.TimeoutMs) * time.Millisecond
	reporting, cancel := context.WithTimeout(j.ctx, timeout+reportGrace)
	defer cancel()
	report := newReport(j.caller, job)
	if err := j.policy.Check(policy.Exec); err != nil || len(job.Argv) == 0 {
		return report.complete(reporting, jobComplete{Outcome: "refused"})
	}
	if err := report.confirm(reporting); err != nil {
		return err
	}
	running, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	sent := make(chan error, 1)
	go func() { sent <- report.send(reporting) }()
	exit := sshserver.Run(running, job.Argv, strings.NewReader(job.Stdin), report.stdout, report.stderr)
	ending := completion(running, exit) // what comes while the rest is sent changes nothing any more
	report.end()
	if err := <-sent; err != nil {
		return err
	}
	if j.ctx.Err() != nil {
		return j.ctx.Err() // the agent stops: how the job would have ended is not known
	}
	return report.complete(reporting, ending)
}

func completion(ctx context.Context, exit sshserver.Exit) jobComplete {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errCancelled):
		return jobComplete{Outcome: "cancelled"}
	case errors.Is(cause, context.DeadlineExceeded):
		return jobComplete{Outcome: "timed_out"}
	case exit.Signal != "":
		return jobComplete{Outcome: "signalled", Signal: &exit.Signal}
	}
	return jobComplete{Outcome: "exited", ExitCode: &exit.Status}
}
