package metrics

import (
	"bytes"
	"context"
	"testing"
	"time"

	"serverbox/agent/pkg/wire"
)

func tell(t *testing.T, teller *factsTeller, now wire.NodeFacts) string {
	t.Helper()
	var out bytes.Buffer
	read := func(context.Context) (wire.NodeFacts, error) { return now, nil }
	if err := teller.tellChanges(context.Background(), &out, read); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFactsAreToldWhenTheyChangeAndOnlyThen(t *testing.T) {
	problem := "Docker is installed but not running."
	before := wire.NodeFacts{Hostname: "web-1", DockerProblem: &problem, BootedAtMs: 1_000_000, Addresses: []string{"192.0.2.1"}}
	teller := &factsTeller{told: before, toldAt: time.Now().Add(-2 * factsPace)}

	same := before
	same.BootedAtMs += 900 // a correction of the clock
	same.Addresses = []string{"192.0.2.1"}
	if line := tell(t, teller, same); line != "" {
		t.Fatalf("told unchanged facts: %s", line)
	}

	version := "20.10.24"
	started := before
	started.DockerProblem, started.DockerVersion = nil, &version
	if line := tell(t, teller, started); line != "" {
		t.Fatalf("looked again before it was time: %s", line)
	}
	teller.toldAt = time.Now().Add(-2 * factsPace)
	message, err := wire.ParseAgentMessage([]byte(tell(t, teller, started)))
	if err != nil {
		t.Fatal(err)
	}
	facts, ok := message.(*wire.Facts)
	if !ok || facts.Facts.DockerVersion == nil || *facts.Facts.DockerVersion != version {
		t.Fatalf("told %+v", message)
	}
	teller.toldAt = time.Now().Add(-2 * factsPace)
	if line := tell(t, teller, started); line != "" {
		t.Fatalf("told twice: %s", line)
	}
}
