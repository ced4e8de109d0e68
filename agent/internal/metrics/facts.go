package metrics

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"time"

	"serverbox/agent/pkg/wire"
)

const (
	// How often the facts are read again while somebody listens. Reading them opens a few small files.
	factsPace = 10 * time.Second
	// The kernel's boot time moves with corrections of the clock; a reboot moves it by more.
	bootDriftMs = 60_000
)

// factsTeller remembers what a listener was told and says what has changed since, e.g. that Docker was started.
type factsTeller struct {
	told   wire.NodeFacts
	toldAt time.Time // of the last look, changed or not
}

// tellChanges looks again when it is time, and writes the whole facts where they differ.
func (t *factsTeller) tellChanges(ctx context.Context, stream io.Writer, read func(context.Context) (wire.NodeFacts, error)) error {
	if time.Since(t.toldAt) < factsPace {
		return nil
	}
	t.toldAt = time.Now()
	now, err := read(ctx)
	if err != nil {
		return fmt.Errorf("tell facts: %w", err)
	}
	if drift := now.BootedAtMs - t.told.BootedAtMs; drift > -bootDriftMs && drift < bootDriftMs {
		now.BootedAtMs = t.told.BootedAtMs
	}
	if reflect.DeepEqual(now, t.told) {
		return nil
	}
	line, err := wire.MarshalLine(wire.Facts{Type: wire.TypeFacts, Facts: now})
	if err != nil {
		return fmt.Errorf("tell facts: %w", err)
	}
	t.told = now
	_, err = stream.Write(line)
	return err
}
