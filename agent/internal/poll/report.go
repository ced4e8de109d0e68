package poll

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	maxHeldBytes  = 256 * 1024 // of one stream; a program that writes faster than it is sent waits
	maxChunkBytes = 128 * 1024
	sendEvery     = 500 * time.Millisecond
	sendAtLeast   = 15 * time.Second // the core takes silence for the end
)

var errNotOurs = errors.New("the core does not want this job any more")

// report carries a job's output to the core, in pieces that the core knows by their offsets.
type report struct {
	caller         *caller
	job            *job
	stdout, stderr *stream
	ended          chan struct{}
}

func newReport(asking *caller, job *job) *report {
	return &report{
		caller: asking, job: job, stdout: newStream("stdout"), stderr: newStream("stderr"), ended: make(chan struct{}),
	}
}

func (r *report) path(what string) string { return "/api/jobs/" + r.job.JobID + "/" + what }

// confirm says that the job begins.
func (r *report) confirm(ctx context.Context) error { return r.tell(ctx, nil) }

// end says that the program has ended: send returns once everything is sent.
func (r *report) end() { close(r.ended) }

func (r *report) tell(ctx context.Context, chunks []chunk) error {
	var answer jobAnswer
	if chunks == nil {
		chunks = []chunk{}
	}
	if err := r.caller.insist(ctx, r.path("output"), jobOutput{Attempt: r.job.Attempt, Chunks: chunks}, &answer); err != nil {
		return err
	}
	if !answer.Accepted {
		return errNotOurs
	}
	if answer.Cancel {
		r.job.cancel(errCancelled)
	}
	return nil
}

// send reports until the program has ended and all of its output is sent. When it gives up, it ends the program.
func (r *report) send(ctx context.Context) error {
	defer r.stdout.abandon()
	defer r.stderr.abandon()
	ticker := time.NewTicker(sendEvery)
	defer ticker.Stop()
	lastAt := time.Now()
	for {
		isOver := false
		select {
		case <-ticker.C:
		case <-r.ended:
			isOver = true
		case <-ctx.Done():
			r.job.cancel(ctx.Err())
			return ctx.Err()
		}
		chunks := append(r.stdout.held(), r.stderr.held()...)
		if len(chunks) == 0 && isOver {
			return nil
		}
		if len(chunks) == 0 && time.Since(lastAt) < sendAtLeast {
			continue
		}
		if err := r.tell(ctx, chunks); err != nil {
			r.job.cancel(err)
			return err
		}
		lastAt = time.Now()
		r.stdout.drop(chunks)
		r.stderr.drop(chunks)
	}
}

func (r *report) complete(ctx context.Context, ending jobComplete) error {
	var answer jobAnswer
	ending.Attempt = r.job.Attempt
	return r.caller.insist(ctx, r.path("complete"), ending, &answer)
}

// stream holds what was written and not yet sent.
type stream struct {
	name string

	mu        sync.Mutex
	room      *sync.Cond
	data      []byte
	offset    int64 // of the first byte in data
	abandoned bool
}

func newStream(name string) *stream {
	s := &stream{name: name}
	s.room = sync.NewCond(&s.mu)
	return s
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) >= maxHeldBytes && !s.abandoned {
		s.room.Wait()
	}
	if s.abandoned {
		return 0, io.ErrClosedPipe
	}
	s.data = append(s.data, p...)
	return len(p), nil
}

// held is the beginning of what is to be sent; none when there is nothing.
func (s *stream) held() []chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.data) == 0 {
		return nil
	}
	text := append([]byte(nil), s.data[:min(len(s.data), maxChunkBytes)]...)
	return []chunk{{Stream: s.name, Offset: s.offset, Text: text}}
}

// drop lets go of what was sent of this stream.
func (s *stream) drop(sent []chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range sent {
		if c.Stream == s.name {
			s.data = append(s.data[:0], s.data[len(c.Text):]...)
			s.offset += int64(len(c.Text))
		}
	}
	s.room.Broadcast()
}

// abandon lets writers fail: nobody sends any more.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = true
	s.room.Broadcast()
}
