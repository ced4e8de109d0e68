package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"serverbox/agent/pkg/wire"
)

const (
	unitsEvery        = 30 * time.Second
	unitsDeadline     = 5 * time.Second
	unitsFirstWait    = 400 * time.Millisecond
	maxUnitsOnWire    = 256
	systemctlMaxBytes = 256 * 1024
)

// parseFailedUnits reads `systemctl --failed --plain --no-legend`: the first word of each line is the unit.
func parseFailedUnits(text []byte) []string {
	units := []string{}
	for line := range lines(text) {
		name, _ := nextField(line)
		if len(name) > 0 && len(units) < maxUnitsOnWire {
			units = append(units, wire.Label(strings.TrimPrefix(string(name), "●")))
		}
	}
	return units
}

// unitsCollector asks systemd in the background; a cycle only takes the latest answer.
type unitsCollector struct {
	roots Roots

	mu      sync.Mutex    // guards the rest
	asking  chan struct{} // closed by the answer; nil while no question is under way
	askedAt time.Time
	units   []string // nil before the first answer
	err     error
}

func (c *unitsCollector) Name() string { return "units" }

func (c *unitsCollector) Collect(ctx context.Context, want Want) (*Sample, error) {
	if c.roots.Host != "" || !exists(c.roots.Run+"/systemd/system") { // from a container, systemctl would ask nobody
		return nil, ErrNothingHere
	}
	if want.Detail {
		c.ensureFresh(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.units == nil {
		return nil, c.err
	}
	sample := NewSample()
	units := c.units
	sample.Detail.FailedUnits, sample.UnitsKnown = &units, true
	return sample, nil
}

// ensureFresh asks again when the answer is old. Only the first answer is waited for, and not long: without it the
// detail would say that there is no systemd.
func (c *unitsCollector) ensureFresh(ctx context.Context) {
	c.mu.Lock()
	isFirst := c.askedAt.IsZero()
	if c.asking == nil && time.Since(c.askedAt) > unitsEvery {
		c.asking, c.askedAt = make(chan struct{}), time.Now()
		go c.ask(ctx) // ends by its deadline, and with the agent's context
	}
	asking := c.asking
	c.mu.Unlock()
	if isFirst {
		select {
		case <-asking:
		case <-time.After(unitsFirstWait):
		}
	}
}

func (c *unitsCollector) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, unitsDeadline)
	defer cancel()
	units, err := listFailedUnits(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.units, c.err = units, err
	close(c.asking)
	c.asking = nil
}

func listFailedUnits(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "systemctl", "--failed", "--plain", "--no-legend", "--no-pager")
	cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8"}
	cmd.WaitDelay = time.Second
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &limitedBuffer{&out, systemctlMaxBytes}, &limitedBuffer{&problem, 1024}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("systemctl --failed: no answer within %s", unitsDeadline)
		}
		return nil, fmt.Errorf("systemctl --failed: %w: %s", err, bytes.TrimSpace(problem.Bytes()))
	}
	return parseFailedUnits(out.Bytes()), nil
}

// limitedBuffer refuses to grow beyond its bound.
type limitedBuffer struct {
	*bytes.Buffer
	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errors.New("too much output")
	}
	return b.Buffer.Write(p)
}
