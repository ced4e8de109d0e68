// Package metrics makes samples, keeps them in the spool, and sends them while the core listens.
//
// Two loops that meet only in the spool: Run samples at a pace and never waits for the core; Attach serves one
// listener and goes as slowly as that listener reads. So a core that stalls costs memory nowhere.
package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"serverbox/agent/internal/collect"
	"serverbox/agent/internal/spool"
	"serverbox/agent/pkg/wire"
)

const (
	idleInterval = 5 * time.Second
	// A rate needs two readings: the first one after a start is taken this much later.
	primingInterval = 250 * time.Millisecond
	// Rates over less than this are noise: the kernel counts time in ticks of 10 ms.
	leastInterval = 200 * time.Millisecond
)

// Options are everything that the feed needs.
type Options struct {
	Collectors []collect.Collector
	Spool      *spool.Spool
	Services   []string
	Facts      func(context.Context) (wire.NodeFacts, error)
	Log        *slog.Logger
}

// Feed is the metrics subsystem.
type Feed struct {
	options Options
	runner  *collect.Runner
	nudge   chan struct{} // asks for a sample now

	mu       sync.Mutex
	interval time.Duration
	session  *session      // who is attached; nil for nobody
	detail   []byte        // the latest detail line
	detailed chan struct{} // closed and replaced with each detail
}

// New prepares a feed; Run makes it sample.
func New(options Options) *Feed {
	return &Feed{
		options: options, runner: collect.NewRunner(options.Collectors),
		nudge: make(chan struct{}, 1), interval: idleInterval, detailed: make(chan struct{}),
	}
}

// Run samples until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	f.runner.Run(ctx, collect.Want{}) // for the rates; its values are not used
	startedAt := time.Now()
	next := time.NewTimer(primingInterval)
	defer next.Stop()
	var pacing pacing
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		case <-f.nudge:
			if age := time.Since(startedAt); age < leastInterval {
				next.Reset(leastInterval - age)
				continue
			}
		}
		startedAt = time.Now()
		wantsDetail := f.wantsDetail(&pacing, startedAt)
		sample := f.runner.Run(ctx, collect.Want{Detail: wantsDetail})
		if ctx.Err() != nil {
			return
		}
		f.keep(sample)
		if wantsDetail {
			f.publish(sample)
		}
		next.Reset(max(f.currentInterval()-time.Since(startedAt), 0))
	}
}

func (f *Feed) currentInterval() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.interval
}

// wantsDetail is false while nobody is attached: only the latest detail matters, and only to somebody.
func (f *Feed) wantsDetail(pacing *pacing, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session == nil {
		return false
	}
	return pacing.next(now, f.interval) || f.detail == nil
}

// keep puts the sample into the spool, as one record for the host and one for the containers.
func (f *Feed) keep(sample *collect.Sample) {
	atMs := sample.At.UnixMilli()
	err := f.options.Spool.Append(func(seq uint64) ([]byte, error) {
		return encode(wire.Host{Type: wire.TypeHost, Seq: seq, AtMs: atMs, Values: sample.HostValues()})
	})
	if err == nil && sample.HasRows {
		err = f.options.Spool.Append(func(seq uint64) ([]byte, error) {
			return encode(wire.Containers{Type: wire.TypeContainers, Seq: seq, AtMs: atMs, Rows: sample.Rows})
		})
	}
	if err != nil {
		f.options.Log.Error("sample was lost", "error", err.Error())
	}
}

// encode leaves the newline to the sender: the spool ends its records itself.
func encode(message any) ([]byte, error) {
	line, err := wire.MarshalLine(message)
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}

// publish makes the detail line for whoever is attached.
func (f *Feed) publish(sample *collect.Sample) {
	detail := sample.Detail
	detail.Type, detail.AtMs = wire.TypeDetail, sample.At.UnixMilli()
	detail.Collectors = append(detail.Collectors, f.spoolReport())
	detail.Cores = orEmpty(detail.Cores)
	detail.Disks = orEmpty(detail.Disks)
	detail.Interfaces = orEmpty(detail.Interfaces)
	detail.Temperatures = orEmpty(detail.Temperatures)
	line, err := wire.MarshalLine(detail)
	if err != nil {
		f.options.Log.Error("detail was lost", "error", err.Error())
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.detail = line
	close(f.detailed)
	f.detailed = make(chan struct{})
}

// orEmpty writes [] and not null: the contract knows no missing list here.
func orEmpty[S ~[]E, E any](list S) S {
	if list == nil {
		return S{}
	}
	return list
}

func (f *Feed) spoolReport() wire.CollectorReport {
	report := wire.CollectorReport{Name: "spool", OK: true}
	health := f.options.Spool.Health()
	switch {
	case health.Err != nil:
		text := wire.Cut(health.Err.Error(), wire.MaxErrorLength)
		report.OK, report.Error = false, &text
	case health.Dropped > 0:
		text := fmt.Sprintf("%d samples were dropped: the core was away for longer than the spool holds", health.Dropped)
		report.OK, report.Error = false, &text
	}
	return report
}

func (f *Feed) setInterval(every time.Duration) {
	f.mu.Lock()
	f.interval = every
	f.mu.Unlock()
	f.sampleNow() // the new pace begins now, not after what is left of the old one
}

func (f *Feed) sampleNow() {
	select {
	case f.nudge <- struct{}{}:
	default: // one is asked for already
	}
}

// latestDetail returns the newest line, or nil, and a channel that is closed by the next one.
func (f *Feed) latestDetail() ([]byte, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.detail, f.detailed
}

// everyMs turns the wire's number into a duration; the contract bounds it to an hour.
func everyMs(ms int64) time.Duration {
	return time.Duration(min(ms, math.MaxInt32)) * time.Millisecond
}
