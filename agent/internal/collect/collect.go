// Package collect reads what this machine is doing from the kernel's files. Each collector reads, parses with a pure
// function, and returns the part of the sample that it knows. One that fails or hangs harms only its own part, and
// says so in the sample.
package collect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"serverbox/agent/pkg/wire"
)

// Want says how much a cycle is to read.
type Want struct {
	Detail bool // the parts that only a detail message carries
}

// Collector reads one subject. It is called from one goroutine at a time, and not again before it has returned.
// It may return both a sample and an error: what could be read, and what could not.
type Collector interface {
	Name() string
	Collect(ctx context.Context, want Want) (*Sample, error)
}

// ErrNothingHere says that the machine has nothing of the kind, such as sensors in a virtual machine: no failure.
var ErrNothingHere = errors.New("nothing of the kind here")

// Sample is what one or all collectors know; unknown values are NaN, unknown lists nil.
type Sample struct {
	At         time.Time
	Host       [wire.HostFieldCount]float64
	Rows       []wire.Row
	HasRows    bool // Rows is the whole truth, even where it is empty
	Detail     wire.Detail
	UnitsKnown bool
}

// NewSample makes a sample in which everything is unknown.
func NewSample() *Sample {
	sample := &Sample{}
	for i := range sample.Host {
		sample.Host[i] = math.NaN()
	}
	return sample
}

func (s *Sample) set(field wire.HostField, value float64) { s.Host[field] = value }

// merge takes over what a part knows. Each field has one collector, so nothing is overwritten.
func (s *Sample) merge(part *Sample) {
	for i, value := range part.Host {
		if !math.IsNaN(value) {
			s.Host[i] = value
		}
	}
	if part.HasRows {
		s.Rows, s.HasRows = part.Rows, true
	}
	if part.Detail.UptimeSeconds > 0 {
		s.Detail.UptimeSeconds = part.Detail.UptimeSeconds
	}
	s.Detail.Cores = append(s.Detail.Cores, part.Detail.Cores...)
	s.Detail.Disks = append(s.Detail.Disks, part.Detail.Disks...)
	s.Detail.Interfaces = append(s.Detail.Interfaces, part.Detail.Interfaces...)
	s.Detail.Temperatures = append(s.Detail.Temperatures, part.Detail.Temperatures...)
	if part.UnitsKnown {
		s.Detail.FailedUnits = part.Detail.FailedUnits
	}
}

// HostValues are the host's values as they travel.
func (s *Sample) HostValues() wire.Values {
	values := make(wire.Values, len(s.Host))
	for i, value := range s.Host {
		values[i] = wire.Value(value)
	}
	return values
}

// collectDeadline bounds one collector. A file of the kernel that does not answer (a sensor on a stuck bus, say)
// cannot be interrupted: its goroutine stays, and the collector is left out until it has returned.
const collectDeadline = time.Second

// Runner runs a fixed list of collectors, one after the other.
type Runner struct {
	entries []*entry
}

type entry struct {
	collector Collector
	pending   chan outcome // not nil while a call is under way
	startedAt time.Time
}

type outcome struct {
	sample *Sample
	err    error
	took   time.Duration
}

// NewRunner takes the collectors in the order in which they are to run.
func NewRunner(collectors []Collector) *Runner {
	runner := &Runner{}
	for _, collector := range collectors {
		runner.entries = append(runner.entries, &entry{collector: collector})
	}
	return runner
}

// Run makes one sample. It always returns: what failed is noted in Detail.Collectors.
func (r *Runner) Run(ctx context.Context, want Want) *Sample {
	sample := NewSample()
	sample.At = time.Now()
	for _, entry := range r.entries {
		result := entry.run(ctx, want)
		if result.sample != nil {
			sample.merge(result.sample)
		}
		sample.Detail.Collectors = append(sample.Detail.Collectors, report(entry.collector.Name(), result))
	}
	return sample
}

func (e *entry) run(ctx context.Context, want Want) outcome {
	if e.pending == nil {
		e.start(ctx, want)
	} else {
		select {
		case <-e.pending: // the late answer of an earlier cycle: too old to be used
			e.start(ctx, want)
		default:
			waited := time.Since(e.startedAt)
			return outcome{err: fmt.Errorf("still no answer after %s", waited.Round(time.Second)), took: waited}
		}
	}
	timer := time.NewTimer(collectDeadline)
	defer timer.Stop()
	select {
	case result := <-e.pending:
		e.pending = nil
		return result
	case <-timer.C:
		return outcome{err: fmt.Errorf("no answer within %s", collectDeadline), took: collectDeadline}
	}
}

func (e *entry) start(ctx context.Context, want Want) {
	pending := make(chan outcome, 1)
	e.pending, e.startedAt = pending, time.Now()
	startedAt := e.startedAt
	go func() { // owned by the entry: a new call is made only after this one has answered
		sample, err := e.collector.Collect(ctx, want)
		pending <- outcome{sample: sample, err: err, took: time.Since(startedAt)}
	}()
}

func report(name string, result outcome) wire.CollectorReport {
	tookMs := round(float64(result.took)/float64(time.Millisecond), 3)
	if result.err == nil || errors.Is(result.err, ErrNothingHere) {
		return wire.CollectorReport{Name: name, OK: true, TookMs: tookMs}
	}
	text := wire.Cut(result.err.Error(), wire.MaxErrorLength)
	return wire.CollectorReport{Name: name, OK: false, TookMs: tookMs, Error: &text}
}
