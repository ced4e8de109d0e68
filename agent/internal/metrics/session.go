package metrics

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"serverbox/agent/internal/spool"
	"serverbox/agent/pkg/wire"
)

const maxCoreLine = 4096

// session is one listener.
type session struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

var errReplaced = errors.New("another metrics session took over")

// Attach serves one listener until its stream ends (nil), ctx ends (nil), it says something that the contract does not
// know, or another listener takes over. The stream's reads must end when the caller closes it.
func (f *Feed) Attach(ctx context.Context, stream io.ReadWriter) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	own := &session{cancel: cancel, done: make(chan struct{})}
	defer close(own.done)
	f.replace(own)
	defer f.leave(own)

	told, err := f.sayHello(ctx, stream)
	if err != nil {
		return err
	}
	incoming := make(chan any)
	go func() { // ends with the stream, which the caller closes after Attach
		cancel(readMessages(ctx, stream, incoming))
	}()
	err = f.serve(ctx, stream, incoming, told)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// replace makes this session the one that is attached, after the one before it has ended.
func (f *Feed) replace(own *session) {
	f.mu.Lock()
	previous := f.session
	f.session = own
	f.detail = nil // the first detail of a session is fresh
	f.interval = idleInterval
	f.mu.Unlock()
	if previous != nil {
		previous.cancel(errReplaced)
	}
	f.sampleNow()
}

func (f *Feed) leave(own *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session == own {
		f.session = nil
		f.detail = nil
		f.interval = idleInterval
	}
}

func (f *Feed) sayHello(ctx context.Context, stream io.Writer) (wire.NodeFacts, error) {
	facts, err := f.options.Facts(ctx)
	if err != nil {
		return facts, fmt.Errorf("say hello: %w", err)
	}
	line, err := wire.MarshalLine(wire.Hello{
		Type: wire.TypeHello, Protocol: wire.Protocol, Epoch: f.options.Spool.Epoch(),
		NowMs: time.Now().UnixMilli(), Services: f.options.Services, Facts: facts,
	})
	if err != nil {
		return facts, fmt.Errorf("say hello: %w", err)
	}
	_, err = stream.Write(line)
	return facts, err
}

// readMessages hands on what the core says. It returns io.EOF at the stream's end.
func readMessages(ctx context.Context, stream io.Reader, incoming chan<- any) error {
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(make([]byte, 0, 512), maxCoreLine)
	for scanner.Scan() {
		message, err := wire.ParseCoreMessage(scanner.Bytes())
		if err != nil {
			return fmt.Errorf("the core's message was refused: %w", err)
		}
		select {
		case incoming <- message:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("the core's message was refused: %w", err)
	}
	return io.EOF
}

// serve waits for the welcome, then listens while another goroutine sends.
func (f *Feed) serve(ctx context.Context, stream io.Writer, incoming <-chan any, told wire.NodeFacts) error {
	welcome, err := awaitWelcome(ctx, incoming)
	if err != nil {
		return err
	}
	f.options.Spool.SkipTo(welcome.LastSeq)
	f.options.Spool.Ack(welcome.LastSeq)
	sent := make(chan error, 1)
	go func() { sent <- f.send(ctx, stream, welcome.LastSeq, told) }()
	for {
		select {
		case message := <-incoming:
			if err := f.obey(message); err != nil {
				return err
			}
		case err := <-sent:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func awaitWelcome(ctx context.Context, incoming <-chan any) (*wire.Welcome, error) {
	select {
	case message := <-incoming:
		welcome, ok := message.(*wire.Welcome)
		if !ok {
			return nil, errors.New("the core's message was refused: the first one must be a welcome")
		}
		return welcome, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *Feed) obey(message any) error {
	switch m := message.(type) {
	case *wire.Ack:
		f.options.Spool.Ack(m.Seq)
	case *wire.Interval:
		f.setInterval(everyMs(m.EveryMs))
	default:
		return errors.New("the core's message was refused: a welcome comes once")
	}
	return nil
}

// send writes the spool's records from the one after lastSeq on, and between them each new detail. A detail goes first,
// so that a backlog of hours does not keep the present from the screen; with it the facts, where they have changed.
func (f *Feed) send(ctx context.Context, stream io.Writer, lastSeq uint64, told wire.NodeFacts) error {
	reader := f.options.Spool.Read(lastSeq)
	defer reader.Close()
	var lastDetail []byte
	facts := factsTeller{told: told, toldAt: time.Now()}
	for ctx.Err() == nil {
		detail, next := f.latestDetail()
		if detail != nil && (lastDetail == nil || &detail[0] != &lastDetail[0]) {
			lastDetail = detail
			if _, err := stream.Write(detail); err != nil {
				return err
			}
			if err := facts.tellChanges(ctx, stream, f.options.Facts); err != nil {
				return err
			}
		}
		_, line, err := reader.Next(ctx, next)
		if errors.Is(err, spool.ErrWoken) {
			continue
		}
		if err != nil {
			return err
		}
		// One write for line and newline: each write is a packet of its own. The bound makes append copy the line.
		if _, err := stream.Write(append(line[:len(line):len(line)], '\n')); err != nil {
			return err
		}
	}
	return ctx.Err()
}
