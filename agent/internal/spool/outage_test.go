package spool

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"serverbox/agent/pkg/wire"
)

// A day without the core, at the idle pace and with a hundred running containers that are all busy: the default bounds
// have to hold all of it, also across a restart of the agent, and give back each sample once, in order.
func TestADayOfSamplesOfAHundredContainersIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("writes some hundred MiB")
	}
	const every, containers = 5 * time.Second, 100
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	options := Options{Dir: t.TempDir(), Now: func() time.Time { return now }}
	s := open(t, options)
	rows := busyRows(containers)
	samples := int(24 * time.Hour / every)
	for i := range samples {
		if i == samples/2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, options)
		}
		now = now.Add(every)
		appendSample(t, s, now, rows)
	}
	defer func() { _ = s.Close() }()
	if health := s.Health(); health.Dropped != 0 || health.Err != nil {
		t.Fatalf("%+v", health)
	}
	reader := s.Read(0)
	defer reader.Close()
	for want := range 2 * samples {
		seq, _, err := reader.Next(t.Context(), nil)
		if err != nil || seq != uint64(want+1) {
			t.Fatalf("record %d is %d, %v", want+1, seq, err)
		}
	}
	var total int64
	for _, seg := range s.segments {
		total += seg.size
	}
	t.Logf("%d MiB for a day of %d containers; the bound is %d MiB", total>>20, containers, s.options.MaxBytes>>20)
}

// busyRows have as many digits as a busy container has.
func busyRows(count int) []wire.Row {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]wire.Row, count)
	for i := range rows {
		text := fmt.Sprintf(`["%012x",[%.4f,%d,%d,%d,%d,%d,%d,%d]]`, random.Uint64()>>16, random.Float64()*8,
			random.IntN(8<<30), 8<<30, random.IntN(1e8), random.IntN(1e8), random.IntN(1e8), random.IntN(1e8), random.IntN(500))
		if err := json.Unmarshal([]byte(text), &rows[i]); err != nil {
			panic(err)
		}
	}
	return rows
}

func appendSample(t *testing.T, s *Spool, now time.Time, rows []wire.Row) {
	t.Helper()
	at := now.UnixMilli()
	host := make([]wire.Value, 24)
	for i := range host {
		host[i] = wire.Value(12345678901 + i)
	}
	for _, message := range []func(seq uint64) any{
		func(seq uint64) any { return wire.Host{Type: wire.TypeHost, Seq: seq, AtMs: at, Values: host} },
		func(seq uint64) any {
			return wire.Containers{Type: wire.TypeContainers, Seq: seq, AtMs: at, Rows: rows}
		},
	} {
		if err := s.Append(func(seq uint64) ([]byte, error) { return json.Marshal(message(seq)) }); err != nil {
			t.Fatal(err)
		}
	}
}
