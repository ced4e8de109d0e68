package poll

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"serverbox/agent/internal/coreapi"
)

const (
	proofLasts   = 5 * time.Minute
	holdPatience = 45 * time.Second // the core holds a question for 25 s
	patience     = 30 * time.Second
	backoffLeast = 500 * time.Millisecond
	backoffMost  = 30 * time.Second
	refusedPause = 5 * time.Minute
)

// caller asks the core, which proves its key before the first question, after every failure, and now and then.
type caller struct {
	core       *coreapi.Client
	credential string
	version    string

	mu       sync.Mutex
	provedAt time.Time

	contested atomic.Bool // another machine has this identity and stays
}

func newCaller(options Options) *caller {
	return &caller{
		core: options.Core.LongPolling(holdPatience), credential: options.Credential, version: options.Version,
	}
}

func (c *caller) ensureProof(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock() // whoever else wants to ask waits for the same proof
	if time.Since(c.provedAt) < proofLasts {
		return nil
	}
	if _, err := c.core.Prove(ctx); err != nil {
		return err
	}
	c.provedAt = time.Now()
	return nil
}

func (c *caller) forgetProof() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.provedAt = time.Time{}
}

// ask is one try.
func (c *caller) ask(ctx context.Context, method, path string, body, into any) error {
	if err := c.ensureProof(ctx); err != nil {
		return err
	}
	wait := patience
	if body == nil {
		wait = holdPatience
	}
	err := c.core.Ask(ctx, coreapi.Question{
		Method: method, Path: path, Credential: c.credential, Version: c.version, Body: body, Patience: wait,
	}, into)
	if err != nil {
		c.forgetProof()
	}
	if path == heartbeatPath {
		c.contested.Store(hasCode(err, "conflict"))
	}
	return err
}

// insist tries until the core has answered, or has refused for good, or ctx has ended.
func (c *caller) insist(ctx context.Context, path string, body, into any) error {
	for attempt := 0; ; attempt++ {
		err := c.ask(ctx, http.MethodPost, path, body, into)
		if err == nil || isFinal(err) || ctx.Err() != nil {
			return err
		}
		pause(ctx, backoff(attempt))
	}
}

// isFinal reports a refusal that asking again will not change. A proxy's page has no code, and may be gone in a moment.
func isFinal(err error) bool {
	return hasCode(err, "unauthenticated", "forbidden", "not_found", "bad_request", "payload_too_large", "not_supported")
}

func hasCode(err error, codes ...string) bool {
	var refusal *coreapi.StatusError
	return errors.As(err, &refusal) && slices.Contains(codes, refusal.Code)
}

func backoff(attempt int) time.Duration {
	return backoffLeast + rand.N(min(backoffLeast<<min(attempt, 10), backoffMost))
}

func pause(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
