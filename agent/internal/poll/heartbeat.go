package poll

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"serverbox/agent/pkg/wire"
)

const (
	heartbeatPath = "/api/nodes/heartbeat"
	maxSamples    = 2000
	maxBatchBytes = 512 << 10 // proxies commonly take no more than a megabyte
	leastInterval = time.Second
)

// keepBeating serves the feed over heartbeats until ctx ends.
func keepBeating(ctx context.Context, options Options, asking *caller) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		startedAt := time.Now()
		err := beat(ctx, options, asking)
		if ctx.Err() != nil {
			return
		}
		if time.Since(startedAt) > backoffMost {
			attempt = 0
		}
		rest := backoff(attempt)
		if isFinal(err) {
			rest = refusedPause
		}
		options.Log.Warn("heartbeats were interrupted", "error", err.Error(), "retryInMs", rest.Milliseconds())
		pause(ctx, rest)
	}
}

// beat is one session with the feed, which believes to speak with a core that listens on a stream.
func beat(ctx context.Context, options Options, asking *caller) error {
	ctx, cancel := context.WithCancelCause(ctx)
	near, far := net.Pipe()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel(nil)
	defer func() { _, _ = near.Close(), far.Close() }() // ends both parts below
	lines := make(chan []byte)
	parts.Go(func() {
		err := options.Feed.Attach(ctx, far)
		cancel(fmt.Errorf("the feed ended: %w", errors.Join(err, io.EOF)))
	})
	parts.Go(func() { readLines(ctx, near, lines) })
	h := &heart{caller: asking, stream: near, lines: lines, interval: leastInterval}
	err := h.run(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func readLines(ctx context.Context, stream io.Reader, lines chan<- []byte) {
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(make([]byte, 0, 64*1024), wire.MaxLineBytes+1)
	for scanner.Scan() {
		line := append([]byte(nil), scanner.Bytes()...)
		select {
		case lines <- line:
		case <-ctx.Done():
			return
		}
	}
}

// heart gathers what the feed says and sends it at the pace that the core asks for.
type heart struct {
	caller   *caller
	stream   io.Writer
	lines    <-chan []byte
	interval time.Duration
	body     heartbeat
	bytes    int
	acked    uint64
	everyMs  int64
}

func (h *heart) run(ctx context.Context) error {
	if err := h.greet(ctx); err != nil {
		return err
	}
	for {
		if err := h.gather(ctx); err != nil {
			return err
		}
		reply, err := h.send(ctx)
		if err != nil {
			return err
		}
		if err := h.hear(reply); err != nil {
			return err
		}
	}
}

// greet sends the hello alone: the answer says from which sample on the core wants to hear.
func (h *heart) greet(ctx context.Context) error {
	select {
	case line := <-h.lines:
		if err := json.Unmarshal(line, &h.body.Hello); err != nil || h.body.Hello.Type != wire.TypeHello {
			return errors.New("the feed did not begin with a hello")
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	reply, err := h.send(ctx)
	if err != nil {
		return err
	}
	h.acked = reply.LastSeq
	if err := h.say(wire.Welcome{Type: wire.TypeWelcome, LastSeq: reply.LastSeq}); err != nil {
		return err
	}
	return h.hear(reply)
}

// gather takes lines until the next heartbeat is due, or until it holds enough.
func (h *heart) gather(ctx context.Context) error {
	due := time.NewTimer(h.interval)
	defer due.Stop()
	for len(h.body.Samples) < maxSamples && h.bytes < maxBatchBytes {
		select {
		case line := <-h.lines:
			if err := h.take(line); err != nil {
				return err
			}
		case <-due.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (h *heart) take(line []byte) error {
	var message struct {
		Type  string         `json:"type"`
		Facts wire.NodeFacts `json:"facts"`
	}
	if err := json.Unmarshal(line, &message); err != nil {
		return fmt.Errorf("read feed: %w", err)
	}
	switch message.Type {
	case wire.TypeHost, wire.TypeContainers:
		h.body.Samples = append(h.body.Samples, line)
		h.bytes += len(line)
	case wire.TypeDetail: // only the latest matters
		h.body.Detail = line
	case wire.TypeFacts:
		h.body.Hello.Facts = message.Facts
	}
	return nil
}

// send keeps what it has until the core has taken it.
func (h *heart) send(ctx context.Context) (heartbeatReply, error) {
	var reply heartbeatReply
	if h.body.Samples == nil {
		h.body.Samples = []json.RawMessage{}
	}
	h.body.Hello.NowMs = time.Now().UnixMilli()
	if err := h.caller.insist(ctx, heartbeatPath, h.body, &reply); err != nil {
		return reply, err
	}
	h.body.Samples, h.body.Detail, h.bytes = nil, nil, 0
	return reply, nil
}

// hear passes on to the feed what the core answered.
func (h *heart) hear(reply heartbeatReply) error {
	if reply.LastSeq > h.acked {
		h.acked = reply.LastSeq
		if err := h.say(wire.Ack{Type: wire.TypeAck, Seq: reply.LastSeq}); err != nil {
			return err
		}
	}
	if reply.EveryMs == h.everyMs || reply.EveryMs <= 0 {
		return nil
	}
	h.everyMs = reply.EveryMs
	h.interval = max(time.Duration(min(reply.EveryMs, 60_000))*time.Millisecond, leastInterval)
	return h.say(wire.Interval{Type: wire.TypeInterval, EveryMs: reply.EveryMs})
}

func (h *heart) say(message any) error {
	line, err := wire.MarshalLine(message)
	if err != nil {
		return err
	}
	_, err = h.stream.Write(line)
	return err
}
