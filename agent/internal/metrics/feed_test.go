package metrics

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"serverbox/agent/internal/collect"
	"serverbox/agent/internal/spool"
	"serverbox/agent/pkg/wire"
)

// clock is a collector that knows one value, and containers when asked to.
type fixed struct{}

func (fixed) Name() string { return "fixed" }
func (fixed) Collect(context.Context, collect.Want) (*collect.Sample, error) {
	sample := collect.NewSample()
	sample.Host[wire.Load1] = 0.5
	sample.HasRows = true
	return sample, nil
}

func startFeed(t *testing.T) (*Feed, *spool.Spool) {
	t.Helper()
	store, err := spool.Open(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	feed := New(Options{
		Collectors: []collect.Collector{fixed{}}, Spool: store, Services: []string{"metrics"}, Log: slog.New(slog.DiscardHandler),
		Facts: func(context.Context) (wire.NodeFacts, error) {
			return wire.NodeFacts{Hostname: "h", Addresses: []string{}}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	tasks.Go(func() { feed.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		tasks.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return feed, store
}

// listener is the core's end of one metrics session.
type listener struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Scanner
	ended chan error
}

func attach(t *testing.T, feed *Feed) *listener {
	t.Helper()
	ours, theirs := net.Pipe()
	l := &listener{t: t, conn: theirs, lines: bufio.NewScanner(theirs), ended: make(chan error, 1)}
	l.lines.Buffer(nil, wire.MaxLineBytes)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		err := feed.Attach(ctx, ours)
		_ = ours.Close()
		l.ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		_ = theirs.Close()
	})
	return l
}

func (l *listener) say(text string) {
	l.t.Helper()
	if _, err := l.conn.Write([]byte(text + "\n")); err != nil {
		l.t.Fatal(err)
	}
}

func (l *listener) hear() any {
	l.t.Helper()
	if err := l.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		l.t.Fatal(err)
	}
	if !l.lines.Scan() {
		l.t.Fatalf("the stream ended: %v", l.lines.Err())
	}
	message, err := wire.ParseAgentMessage(l.lines.Bytes())
	if err != nil {
		l.t.Fatalf("%s: %v", l.lines.Bytes(), err)
	}
	return message
}

func (l *listener) hearHello() *wire.Hello {
	l.t.Helper()
	hello, ok := l.hear().(*wire.Hello)
	if !ok {
		l.t.Fatal("the first message is no hello")
	}
	return hello
}

// hearSamples reads until n samples came, and returns their numbers and how many details were between them.
func (l *listener) hearSamples(n int) (seqs []uint64, details int) {
	l.t.Helper()
	for len(seqs) < n {
		switch m := l.hear().(type) {
		case *wire.Host:
			seqs = append(seqs, m.Seq)
			if m.Values[wire.Load1] != 0.5 || m.Values[wire.CPURatio].Known() {
				l.t.Errorf("got %v", m.Values)
			}
		case *wire.Containers:
			seqs = append(seqs, m.Seq)
		case *wire.Detail:
			details++
		}
	}
	return seqs, details
}

func (l *listener) expectEnd(want string) {
	l.t.Helper()
	go func() { _, _ = io.Copy(io.Discard, l.conn) }()
	select {
	case err := <-l.ended:
		if got := fmt.Sprint(err); !strings.Contains(got, want) {
			l.t.Errorf("ended with %q, not %q", got, want)
		}
	case <-time.After(10 * time.Second):
		l.t.Fatal("the session did not end")
	}
}

func TestTheFirstSampleAndDetailComeAtOnce(t *testing.T) {
	feed, store := startFeed(t)
	startedAt := time.Now()
	l := attach(t, feed)
	hello := l.hearHello()
	if hello.Epoch != store.Epoch() || hello.Protocol != 1 || hello.Services[0] != "metrics" || hello.Facts.Hostname != "h" {
		t.Errorf("got %+v", hello)
	}
	l.say(`{"type":"welcome","lastSeq":0}`)
	details := 0
	seqs, before := l.hearSamples(2)
	details += before
	for details == 0 {
		_, more := l.hearSamples(0)
		details += more
		if _, ok := l.hear().(*wire.Detail); ok {
			details++
		}
	}
	if took := time.Since(startedAt); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
	if seqs[0] != 1 || seqs[1] != 2 {
		t.Errorf("got %v", seqs)
	}
}

func TestUnacknowledgedSamplesAreSentAgainOldestFirst(t *testing.T) {
	feed, _ := startFeed(t)
	l := attach(t, feed)
	l.hearHello()
	l.say(`{"type":"welcome","lastSeq":0}`)
	l.say(`{"type":"interval","everyMs":200}`)
	l.hearSamples(6)
	l.say(`{"type":"ack","seq":2}`)
	_ = l.conn.Close()
	l.expectEnd("<nil>")

	l = attach(t, feed)
	l.hearHello()
	l.say(`{"type":"welcome","lastSeq":2}`)
	if seqs, _ := l.hearSamples(4); fmt.Sprint(seqs) != "[3 4 5 6]" {
		t.Errorf("got %v", seqs)
	}
}

func TestTheIntervalHoldsUntilTheSessionEnds(t *testing.T) {
	feed, _ := startFeed(t)
	l := attach(t, feed)
	l.hearHello()
	l.say(`{"type":"welcome","lastSeq":0}`)
	l.say(`{"type":"interval","everyMs":250}`)
	l.hearSamples(2)
	startedAt := time.Now()
	_, details := l.hearSamples(12) // six cycles of two records
	if took := time.Since(startedAt); took < time.Second || took > 4*time.Second {
		t.Errorf("six samples took %s", took)
	}
	if details < 1 || details > 3 {
		t.Errorf("%d details in a second and a half", details)
	}
	_ = l.conn.Close()
	l.expectEnd("<nil>")
	if got := feed.currentInterval(); got != idleInterval {
		t.Errorf("the interval stayed at %s", got)
	}
}

func TestANewSessionReplacesTheOldOne(t *testing.T) {
	feed, _ := startFeed(t)
	old := attach(t, feed)
	old.hearHello()
	old.say(`{"type":"welcome","lastSeq":0}`)
	young := attach(t, feed)
	young.hearHello()
	old.expectEnd("another metrics session took over")
	young.say(`{"type":"welcome","lastSeq":0}`)
	young.hearSamples(2)
}

func TestAG11WhatTheContractDoesNotKnowEndsTheSession(t *testing.T) {
	for _, line := range []string{
		`{"type":"exec","argv":["id"]}`, `{"type":"interval","everyMs":1}`, `{"type":"ack","seq":1,"x":2}`, `nonsense`, `{"type":"welcome","lastSeq":0}`,
		strings.Repeat("x", maxCoreLine+1),
	} {
		feed, _ := startFeed(t)
		l := attach(t, feed)
		l.hearHello()
		l.say(`{"type":"welcome","lastSeq":0}`)
		go func() { _, _ = l.conn.Write([]byte(line + "\n")) }() // the session may end before it has read all of it
		l.expectEnd("was refused")
	}
	feed, _ := startFeed(t)
	l := attach(t, feed)
	l.hearHello()
	l.say(`{"type":"ack","seq":1}`)
	l.expectEnd("the first one must be a welcome")
}

func TestAStalledListenerDoesNotStopTheSampling(t *testing.T) {
	feed, store := startFeed(t)
	l := attach(t, feed)
	l.hearHello()
	l.say(`{"type":"welcome","lastSeq":0}`)
	l.say(`{"type":"interval","everyMs":200}`)
	reader := store.Read(0)
	defer reader.Close()
	for range 12 { // nobody reads the stream meanwhile
		if _, _, err := reader.Next(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if seqs, _ := l.hearSamples(12); seqs[11] != 12 {
		t.Errorf("got %v", seqs)
	}
}
