// Package poll is the agent's way around proxies that cut WebSockets: heartbeats, questions for jobs and reports about
// them, each a plain HTTP request. It serves the same feed and the same policy as the link does.
package poll

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/link"
	"serverbox/agent/internal/policy"
)

const (
	// One failure may be a core that restarts.
	cutsBeforeFallback = 3
	// How long to leave the WebSocket alone while polling works: longer each time it is cut again.
	retryLeast = 15 * time.Second
	retryMost  = 5 * time.Minute
)

// Feed is where samples come from: one listener at a time, which speaks the metrics subsystem.
type Feed interface {
	Attach(ctx context.Context, stream io.ReadWriter) error
}

// Options are everything that polling needs.
type Options struct {
	Core       *coreapi.Client
	Credential string
	Version    string
	Feed       Feed
	Policy     policy.Policy
	Log        *slog.Logger
}

// Fallback polls while no link can be had. Jobs that were begun are reported on to their end, whatever becomes of the link.
type Fallback struct {
	options Options
	caller  *caller
	jobs    *jobs
	ctx     context.Context
	tasks   *sync.WaitGroup

	mu    sync.Mutex
	cuts  int
	retry time.Duration
	stop  context.CancelFunc // nil while not polling
	ended chan struct{}      // closed when the last polling has ended
}

var _ link.Fallback = (*Fallback)(nil)

// New prepares the fallback. What it starts ends with ctx and counts in tasks.
func New(ctx context.Context, tasks *sync.WaitGroup, options Options) *Fallback {
	asking := newCaller(options)
	ended := make(chan struct{})
	close(ended)
	return &Fallback{
		options: options, caller: asking, ctx: ctx, tasks: tasks, ended: ended,
		jobs: &jobs{ctx: ctx, tasks: tasks, caller: asking, policy: options.Policy, log: options.Log, running: map[string]*job{}},
	}
}

// Linked ends the polling: the link carries everything.
func (f *Fallback) Linked() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop == nil {
		return
	}
	f.stop()
	f.stop = nil
	f.options.Log.Info("long-poll was ended: the link works again")
}

// Lost begins to poll once the WebSocket was cut several times in a row.
func (f *Fallback) Lost(fate link.Fate) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch fate {
	case link.Ended:
		f.cuts, f.retry = 0, 0
	case link.Cut:
		f.cuts++
		if f.cuts >= cutsBeforeFallback && f.stop == nil {
			f.start()
		}
	}
	if f.stop == nil {
		return 0
	}
	f.retry = min(max(2*f.retry, retryLeast), retryMost)
	return f.retry
}

// start is called with the lock held.
func (f *Fallback) start() {
	f.options.Log.Warn("WebSockets do not get through to the core: long-poll was begun", "core", f.options.Core.BaseURL)
	ctx, cancel := context.WithCancel(f.ctx)
	previous, ended := f.ended, make(chan struct{})
	f.stop, f.ended = cancel, ended
	f.tasks.Go(func() {
		defer close(ended)
		<-previous
		var parts sync.WaitGroup
		parts.Go(func() { keepBeating(ctx, f.options, f.caller) })
		parts.Go(func() { f.jobs.ask(ctx) })
		parts.Wait()
	})
}
