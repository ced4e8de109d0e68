// Package doctor walks the way from this node to its core hop by hop and says at each what it found, and what to do
// where it ends.
package doctor

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
)

const hopTimeout = 10 * time.Second

// verdict is the outcome of one hop.
type verdict struct {
	state  string // "ok", "fail" or "skip"
	found  string
	remedy string // a sentence; only with "fail"
}

func ok(format string, args ...any) verdict {
	return verdict{state: "ok", found: fmt.Sprintf(format, args...)}
}
func skip(reason string) verdict { return verdict{state: "skip", found: reason} }
func fail(err error, remedy string) verdict {
	return verdict{state: "fail", found: err.Error(), remedy: remedy}
}

type hop struct {
	name  string
	check func(context.Context) verdict
	alone bool // does not depend on the hops before it
}

// Options say which agent to examine.
type Options struct {
	Dir        config.Dir
	ConfigPath string
	Version    string
	Out        io.Writer
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

// Run prints one line for each hop and reports whether all of them were good.
func Run(ctx context.Context, options Options) bool {
	e := &examination{options: options}
	hops := []hop{
		{name: "configuration", check: e.configuration, alone: true},
		{name: "identity", check: e.checkIdentity},
		{name: "proxy", check: e.findProxy},
		{name: "dns", check: e.dns},
		{name: "tcp", check: e.tcp},
		{name: "tls", check: e.tls},
		{name: "core key", check: e.coreKey},
		{name: "clock", check: e.clock},
		{name: "websocket", check: e.upgrade},
		{name: "credential", check: e.credential},
		{name: "docker", check: e.docker, alone: true},
	}
	isGood, wayIsOpen := true, true
	for _, hop := range hops {
		result := skip("not tried, because of what failed above")
		if hop.alone || wayIsOpen {
			result = runHop(ctx, hop)
		}
		if result.state == "fail" {
			isGood = false
			wayIsOpen = wayIsOpen && hop.name == "clock" // a wrong clock does not end the way
		}
		print(options.Out, hop.name, result)
	}
	return isGood
}

func runHop(ctx context.Context, hop hop) verdict {
	ctx, cancel := context.WithTimeout(ctx, hopTimeout)
	defer cancel()
	return hop.check(ctx)
}

func print(out io.Writer, name string, result verdict) {
	line := fmt.Sprintf("%-4s  %-13s  %s", result.state, name, result.found)
	if result.remedy != "" {
		line += " → " + result.remedy
	}
	_, _ = fmt.Fprintln(out, line) // a closed terminal has nobody to tell
}
