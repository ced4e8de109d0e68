package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/policy"
)

// The golden report is read by the core's tests as well: both sides know the same hops, fields and results.
func TestTheReportHasTheFormOfTheContract(t *testing.T) {
	golden, err := os.ReadFile("../../../contract/doctor-samples/agent.json")
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, golden); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(golden))
	decoder.DisallowUnknownFields()
	var hops []Hop
	if err := decoder.Decode(&hops); err != nil {
		t.Fatal(err)
	}
	steps := (&examination{}).steps()
	if len(hops) != len(steps) {
		t.Fatalf("%d hops in the sample, %d here", len(hops), len(steps))
	}
	for i, hop := range hops {
		if hop.Hop != steps[i].hop || hop.Way != "agent" {
			t.Errorf("hop %d is %s in the sample, %s here", i, hop.Hop, steps[i].hop)
		}
		line, err := json.Marshal(hop)
		if err != nil || !bytes.Contains(compact.Bytes(), line) {
			t.Errorf("%s, %v", line, err)
		}
	}
}

func TestWithoutAConfigurationTheReportStillHasEveryHop(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	options := Options{Dir: config.Dir(dir), ConfigPath: filepath.Join(dir, "agent.json"), Version: "1.0.0", Out: &out, JSON: true}
	if Run(t.Context(), options) {
		t.Error("an agent that is not enrolled is not well")
	}
	var hops []Hop
	if err := json.Unmarshal(out.Bytes(), &hops); err != nil || len(hops) != 12 {
		t.Fatalf("%s, %v", out.String(), err)
	}
	for _, hop := range hops {
		want := resultSkipped
		switch hop.Hop {
		case "agent":
			want = resultFailed
		case "user":
			want = resultOK
		}
		if hop.Result != want || (hop.Result == resultFailed) != (hop.Advice != nil) {
			t.Errorf("%+v", hop)
		}
	}
}

func TestAMissingSocketIsToldWithItsRemedy(t *testing.T) {
	e := &examination{config: config.Config{Services: []policy.Service{policy.DockerRead}, DockerSocket: filepath.Join(t.TempDir(), "docker.sock")}}
	found := e.dockerSocket(t.Context())
	if found.result != resultFailed || !strings.Contains(found.advice, "Install Docker") {
		t.Errorf("%+v", found)
	}
	e.config.Services = nil
	if found := e.dockerSocket(t.Context()); found.result != resultSkipped {
		t.Errorf("%+v", found)
	}
}

func TestAHopThatTakesTooLongHasFailed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hop := runStep(ctx, step{hop: "tcp", check: func(ctx context.Context) finding {
		<-ctx.Done()
		return fail(ctx.Err(), "Try again.")
	}}, nil)
	if hop.Result != resultFailed || *hop.Advice != "Try again." {
		t.Errorf("%+v", hop)
	}
}
