package poll

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/link"
	"serverbox/agent/internal/sshserver"
	"serverbox/agent/internal/testcore"
)

// deafFeed is a feed that says nothing.
type deafFeed struct{}

func (deafFeed) Attach(ctx context.Context, _ io.ReadWriter) error {
	<-ctx.Done()
	return nil
}

func newFallback(t *testing.T) *Fallback {
	t.Helper()
	core := testcore.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		tasks.Wait()
	})
	return New(ctx, &tasks, Options{
		Core: &coreapi.Client{BaseURL: core.URL, CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()},
		Feed: deafFeed{}, Log: slog.New(slog.DiscardHandler),
	})
}

func (f *Fallback) isPolling() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stop != nil
}

func TestPollingBeginsOnceTheWebSocketWasCutSeveralTimesAndEndsWithTheLink(t *testing.T) {
	f := newFallback(t)
	for range 10 {
		if f.Lost(link.Failed) != 0 || f.isPolling() {
			t.Fatal("a core that is away was taken for a proxy that cuts")
		}
	}
	f.Lost(link.Cut)
	f.Lost(link.Cut)
	f.Lost(link.Ended) // a link had worked in between
	f.Lost(link.Cut)
	f.Lost(link.Cut)
	if f.isPolling() {
		t.Fatal("polling began too early")
	}
	if rest := f.Lost(link.Cut); rest != retryLeast || !f.isPolling() {
		t.Fatalf("polling did not begin: the link waits for %v", rest)
	}
	for range 10 {
		f.Lost(link.Cut)
	}
	if rest := f.Lost(link.Failed); rest != retryMost {
		t.Errorf("the link is tried again after %v, not %v", rest, retryMost)
	}
	f.Linked()
	if f.isPolling() {
		t.Error("polling went on beside the link")
	}
	if rest := f.Lost(link.Cut); rest == 0 || !f.isPolling() {
		t.Error("a link that was cut at once did not bring the polling back")
	}
}

func TestOutputIsKnownByItsOffsetAndAWriterThatIsTooFastWaits(t *testing.T) {
	s := newStream("stdout")
	wrote := make(chan error, 1)
	go func() {
		for range 3 {
			if _, err := s.Write(make([]byte, maxHeldBytes)); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	var sent int64
	for sent < 2*maxHeldBytes {
		chunks := s.held()
		if len(chunks) == 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		if chunks[0].Offset != sent || len(chunks[0].Text) > maxChunkBytes {
			t.Fatalf("a chunk of %d bytes at %d, expected at %d", len(chunks[0].Text), chunks[0].Offset, sent)
		}
		sent += int64(len(chunks[0].Text))
		s.drop(chunks)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if len(s.data) > maxHeldBytes {
		t.Errorf("%d bytes are held", len(s.data))
	}
	go func() { // waits, as nothing is sent any more
		_, err := s.Write([]byte("x"))
		wrote <- err
	}()
	s.abandon()
	if err := <-wrote; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a writer that nobody reads got %v", err)
	}
}

func TestHowAJobEndedIsToldByWhatEndedIt(t *testing.T) {
	status := sshserver.Exit{Status: 3}
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errCancelled)
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	<-late.Done()
	for _, c := range []struct {
		ctx  context.Context
		exit sshserver.Exit
		want string
	}{
		{t.Context(), status, "exited"},
		{t.Context(), sshserver.Exit{Signal: "KILL"}, "signalled"},
		{cancelled, sshserver.Exit{Signal: "TERM"}, "cancelled"},
		{late, sshserver.Exit{Signal: "TERM"}, "timed_out"},
	} {
		if got := completion(c.ctx, c.exit); got.Outcome != c.want {
			t.Errorf("%+v is %q, not %q", c.exit, got.Outcome, c.want)
		}
	}
}
