// Package link keeps this node connected with its core: it dials, proves the core, opens the WebSocket, and hands the
// byte stream to the SSH server, again and again until it is told to stop.
package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"serverbox/agent/internal/coreapi"
	"serverbox/agent/pkg/wire"
)

// The pace of attempts. Full jitter spreads a thousand agents whose core has restarted; a core that refuses this node
// is asked again only now and then.
const (
	backoffLeast  = 500 * time.Millisecond
	backoffMost   = 30 * time.Second
	refusedPause  = 5 * time.Minute
	steadyAfter   = 30 * time.Second // a link that lasted this long starts the back-off anew
	dialTimeout   = 20 * time.Second
	pingEvery     = 15 * time.Second
	maxErrorBytes = 4096
	suddenWithin  = 10 * time.Second // a link that ends earlier, without a word, was cut by something in between
)

// Server serves one connection and returns when it has ended and all that it started is gone.
type Server interface {
	Serve(ctx context.Context, conn net.Conn, onReady func()) error
}

// Options are everything that the link needs.
type Options struct {
	Core       *coreapi.Client
	Credential string
	Version    string
	Server     Server
	Log        *slog.Logger
	PingEvery  time.Duration // zero takes pingEvery; a ping may take as long to be answered
	Fallback   Fallback      // nil: there is no other way
}

// Fate is what became of a try for a link.
type Fate int

// Cut: plain HTTP had just worked, and the WebSocket did not come through or was cut within seconds. Failed: the core was
// not reached, or it refused. Ended: a link that had worked.
const (
	Cut Fate = iota
	Failed
	Ended
)

// Fallback is another way to the core, for where WebSockets do not get through.
type Fallback interface {
	// Linked says that a link works.
	Linked()
	// Lost says that there is none, and returns how long to leave the WebSocket alone; the link's own pause may be longer.
	Lost(fate Fate) time.Duration
}

// Run keeps the link up until ctx ends.
func Run(ctx context.Context, options Options) {
	attempt := 0
	for ctx.Err() == nil {
		startedAt := time.Now()
		fate, err := connect(ctx, options)
		if ctx.Err() != nil {
			return
		}
		if time.Since(startedAt) > steadyAfter {
			attempt = 0
		}
		pause := pauseAfter(err, attempt)
		if options.Fallback != nil {
			pause = max(pause, options.Fallback.Lost(fate))
		}
		attempt++
		options.Log.Warn("link was lost", "error", describe(err), "retryInMs", pause.Milliseconds())
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func describe(err error) string {
	if err == nil {
		return "the core ended it"
	}
	return err.Error()
}

// pauseAfter is the time to wait after the given failure.
func pauseAfter(err error, attempt int) time.Duration {
	var refusal *coreapi.StatusError
	if errors.As(err, &refusal) {
		switch refusal.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict:
			return refusedPause - rand.N(refusedPause/10)
		}
	}
	return rand.N(min(backoffLeast<<min(attempt, 10), backoffMost)) + time.Millisecond
}

// connect makes one link and serves it to its end. Nothing of this node leaves before the core has proved its key.
func connect(ctx context.Context, options Options) (Fate, error) {
	if _, err := options.Core.Prove(ctx); err != nil {
		return Failed, err
	}
	socket, err := Dial(ctx, options.Core, options.Credential, options.Version)
	if err != nil {
		return fateOfDial(err), err
	}
	startedAt := time.Now()
	err = serve(ctx, options, socket)
	isSudden := websocket.CloseStatus(err) == -1 && time.Since(startedAt) < suddenWithin
	fate := Ended
	if isSudden {
		fate = Cut
	}
	if isPlainEnd(err) {
		err = nil
	}
	return fate, err
}

// serve hands the socket to the SSH server until one of them ends.
func serve(ctx context.Context, options Options, socket *websocket.Conn) error {
	defer func() { _ = socket.CloseNow() }() // closed in order when all went well
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pinging := make(chan struct{})
	go func() {
		defer close(pinging)
		keepAlive(ctx, socket, cmp.Or(options.PingEvery, pingEvery), options.Log)
	}()
	stream := websocket.NetConn(context.WithoutCancel(ctx), socket, websocket.MessageBinary)
	err := options.Server.Serve(ctx, stream, func() {
		options.Log.Info("link was established", "core", options.Core.BaseURL)
		if options.Fallback != nil {
			options.Fallback.Linked()
		}
	})
	cancel()
	_ = socket.CloseNow()
	<-pinging
	return err
}

// fateOfDial tells a refusal of the core, which would be the same on any way, from a WebSocket that did not get through.
func fateOfDial(err error) Fate {
	var refusal *coreapi.StatusError
	if !errors.As(err, &refusal) || refusal.Code == "" {
		return Cut
	}
	switch refusal.Code {
	case "not_found", "bad_request": // a proxy took the upgrade out of the question
		return Cut
	}
	return Failed
}

func isPlainEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		websocket.CloseStatus(err) == websocket.StatusNormalClosure || websocket.CloseStatus(err) == websocket.StatusGoingAway
}

// Dial opens the WebSocket. A refusal of the core is a *coreapi.StatusError.
func Dial(ctx context.Context, core *coreapi.Client, credential, version string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	header := http.Header{
		"User-Agent":     {"serverbox-agent/" + version},
		"Agent-Protocol": {strconv.Itoa(wire.Protocol)}, // the core refuses one that it does not speak, and says so
	}
	if credential != "" {
		header.Set("Authorization", "Bearer "+credential)
	}
	socket, response, err := websocket.Dial(ctx, core.LinkURL(), &websocket.DialOptions{
		HTTPClient: core.HTTP, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err == nil {
		return socket, nil
	}
	if response != nil && response.StatusCode != http.StatusSwitchingProtocols && response.Body != nil {
		body, readErr := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		if readErr == nil {
			return nil, fmt.Errorf("dial core: %w", coreapi.NewStatusError(response.StatusCode, body))
		}
	}
	return nil, fmt.Errorf("dial core: %w", err)
}

// keepAlive finds a peer that is gone without a word within twice the interval. It is also what keeps a proxy from
// closing an idle connection.
func keepAlive(ctx context.Context, socket *websocket.Conn, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pingCtx, cancel := context.WithTimeout(ctx, every)
		err := socket.Ping(pingCtx)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				log.Warn("ping was not answered", "error", err.Error())
			}
			_ = socket.CloseNow() // ends the SSH connection on it
			return
		}
	}
}
