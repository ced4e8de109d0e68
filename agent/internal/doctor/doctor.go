// Package doctor walks the way from this node to its core hop by hop and says at each what it found, and what to do
// where it ends. The hops have the names, the order and the form in which the core tells its own (contract/src/doctor).
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
)

const hopTimeout = 10 * time.Second

// Results of a hop. Skipped: what it needs failed, or it does not exist here.
const (
	resultOK      = "ok"
	resultWarning = "warning"
	resultFailed  = "failed"
	resultSkipped = "skipped"
)

// finding is the outcome of one hop; the advice is a sentence, there only with a failure or a warning.
type finding struct {
	result, text, advice string
}

func ok(format string, args ...any) finding {
	return finding{result: resultOK, text: fmt.Sprintf(format, args...)}
}
func skip(reason string) finding { return finding{result: resultSkipped, text: reason} }
func fail(err error, advice string) finding {
	return finding{result: resultFailed, text: err.Error(), advice: advice}
}

// Hop is one line of the report, as contract/src/doctor has it.
type Hop struct {
	Hop    string   `json:"hop"`
	Way    string   `json:"way"`
	Result string   `json:"result"`
	Text   string   `json:"text"`
	Advice *string  `json:"advice"`
	TookMs *float64 `json:"tookMs"`
}

type step struct {
	hop   string
	check func(context.Context) finding
	needs []string // hops without which this one says nothing
}

// Options say which agent to examine, and how to tell of it.
type Options struct {
	Dir        config.Dir
	ConfigPath string
	Version    string
	Out        io.Writer
	JSON       bool
}

// examination carries what earlier hops found out.
type examination struct {
	options  Options
	config   config.Config
	identity config.Identity
	address  *url.URL
	proxy    *url.URL
	core     *coreapi.Client
	proof    coreapi.Proof
}

// steps begin with the agent itself: here the way begins with it. The rest is in the order in which a connection meets it.
func (e *examination) steps() []step {
	return []step{
		{hop: "agent", check: e.agent},
		{hop: "dns", check: e.dns, needs: []string{"agent"}},
		{hop: "tcp", check: e.tcp, needs: []string{"dns"}},
		{hop: "tls", check: e.tls, needs: []string{"tcp"}},
		{hop: "upgrade", check: e.upgrade, needs: []string{"tls"}},
		{hop: "host_key", check: e.coreKey, needs: []string{"tls"}},
		{hop: "token", check: e.token, needs: []string{"upgrade", "host_key"}},
		{hop: "clock", check: e.clock, needs: []string{"host_key"}},
		{hop: "user", check: e.user},
		{hop: "docker_socket", check: e.dockerSocket, needs: []string{"agent"}},
		{hop: "docker", check: e.docker, needs: []string{"docker_socket"}},
		{hop: "compose", check: e.compose, needs: []string{"docker"}},
	}
}

// Run tells each hop and reports whether none of them failed.
func Run(ctx context.Context, options Options) bool {
	e := &examination{options: options}
	var broken []string
	hops, isGood := []Hop{}, true
	for _, step := range e.steps() {
		hop := runStep(ctx, step, broken)
		if hop.Result == resultFailed {
			isGood = false
		}
		if hop.Result == resultFailed || hop.TookMs == nil {
			broken = append(broken, step.hop)
		}
		hops = append(hops, hop)
		if !options.JSON {
			printLine(options.Out, hop)
		}
	}
	if options.JSON {
		encoder := json.NewEncoder(options.Out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(hops) // a closed pipe has nobody to tell
	}
	return isGood
}

func runStep(ctx context.Context, step step, broken []string) Hop {
	hop := Hop{Hop: step.hop, Way: "agent"}
	if slices.ContainsFunc(step.needs, func(need string) bool { return slices.Contains(broken, need) }) {
		hop.Result, hop.Text = resultSkipped, "Not tried, because of what failed above."
		return hop
	}
	ctx, cancel := context.WithTimeout(ctx, hopTimeout)
	defer cancel()
	startedAt := time.Now()
	found := step.check(ctx)
	tookMs := float64(time.Since(startedAt).Milliseconds())
	hop.Result, hop.Text, hop.TookMs = found.result, found.text, &tookMs
	if found.advice != "" {
		hop.Advice = &found.advice
	}
	return hop
}

func printLine(out io.Writer, hop Hop) {
	line := fmt.Sprintf("%-7s  %-13s  %s", hop.Result, hop.Hop, hop.Text)
	if hop.Advice != nil {
		line += " → " + *hop.Advice
	}
	_, _ = fmt.Fprintln(out, line) // a closed terminal has nobody to tell
}
