package collect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"serverbox/agent/internal/docker"
	"serverbox/agent/pkg/wire"
)

type funcCollector struct {
	name    string
	collect func() (*Sample, error)
}

func (c funcCollector) Name() string                                   { return c.name }
func (c funcCollector) Collect(context.Context, Want) (*Sample, error) { return c.collect() }

func TestAFailureHarmsOnlyItsOwnPart(t *testing.T) {
	good := func() (*Sample, error) {
		s := NewSample()
		s.set(wire.Load1, 1)
		return s, nil
	}
	partial := func() (*Sample, error) {
		s := NewSample()
		s.set(wire.Load5, 5)
		return s, errors.New("half of it")
	}
	runner := NewRunner([]Collector{
		funcCollector{"broken", func() (*Sample, error) { return nil, errors.New(strings.Repeat("x", 5000)) }},
		funcCollector{"absent", func() (*Sample, error) { return nil, ErrNothingHere }},
		funcCollector{"partial", partial},
		funcCollector{"good", good},
	})
	sample := runner.Run(t.Context(), Want{})
	if sample.Host[wire.Load1] != 1 || sample.Host[wire.Load5] != 5 || !math.IsNaN(sample.Host[wire.Load15]) {
		t.Errorf("got %v", sample.Host)
	}
	got := ""
	for _, report := range sample.Detail.Collectors {
		got += fmt.Sprintf("%s %v %v; ", report.Name, report.OK, report.Error != nil)
		if report.Error != nil && len(*report.Error) > wire.MaxErrorLength {
			t.Errorf("%s: an error of %d bytes", report.Name, len(*report.Error))
		}
	}
	if got != "broken false true; absent true false; partial false true; good true false; " {
		t.Errorf("got %s", got)
	}
}

func TestACollectorThatHangsIsLeftOutUntilItReturns(t *testing.T) {
	release := make(chan struct{})
	calls := 0
	hangs := funcCollector{"hangs", func() (*Sample, error) {
		calls++
		<-release
		return NewSample(), nil
	}}
	runner := NewRunner([]Collector{hangs})
	for cycle, want := range []string{"no answer within 1s", "still no answer after 1s"} {
		reports := runner.Run(t.Context(), Want{}).Detail.Collectors
		if reports[0].Error == nil || *reports[0].Error != want {
			t.Fatalf("cycle %d: %+v", cycle, reports[0])
		}
	}
	close(release)
	for deadline := time.Now().Add(5 * time.Second); ; {
		if runner.Run(t.Context(), Want{}).Detail.Collectors[0].OK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it never came back")
		}
		runtime.Gosched()
	}
	if calls != 2 {
		t.Errorf("called %d times", calls)
	}
}

func TestThisMachineIsMeasuredWithoutAFailure(t *testing.T) {
	runner := NewRunner(Host(HostRoots(""), nil))
	runner.Run(t.Context(), Want{})
	busy := time.Now()
	for time.Since(busy) < 200*time.Millisecond { // so that ticks have passed
	}
	sample := runner.Run(t.Context(), Want{Detail: true})
	for _, report := range sample.Detail.Collectors {
		if !report.OK {
			t.Errorf("%s: %s", report.Name, *report.Error)
		}
	}
	for _, field := range []wire.HostField{wire.CPURatio, wire.Load1, wire.MemTotalBytes, wire.MemUsedBytes, wire.DiskTotalBytes, wire.ProcessCount, wire.NetRxBytesPerSecond, wire.TCPEstablished} {
		if math.IsNaN(sample.Host[field]) {
			t.Errorf("field %d is unknown", field)
		}
	}
	if cpu := sample.Host[wire.CPURatio]; cpu <= 0 || cpu > 1 {
		t.Errorf("the processors are busy by %v", cpu)
	}
	facts, err := Facts(HostRoots(""), "1", docker.State{Problem: "none here"})
	if err != nil || facts.CPUCores < 1 || facts.MemTotalBytes == 0 || facts.BootedAtMs == 0 || facts.Kernel == "" || *facts.DockerProblem != "none here" {
		t.Errorf("%+v, %v", facts, err)
	}
}

func BenchmarkHostSample(b *testing.B) {
	runner := NewRunner(Host(HostRoots(""), nil))
	for b.Loop() {
		runner.Run(b.Context(), Want{})
	}
}

func BenchmarkHostSampleWithDetail(b *testing.B) {
	runner := NewRunner(Host(HostRoots(""), nil))
	for b.Loop() {
		runner.Run(b.Context(), Want{Detail: true})
	}
}
