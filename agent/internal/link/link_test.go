package link

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/testcore"
	"serverbox/agent/pkg/wire"
)

// echo serves a link by sending back what it gets.
type echo struct {
	served chan struct{}
}

func (e echo) Serve(_ context.Context, conn net.Conn, onReady func()) error {
	onReady()
	e.served <- struct{}{}
	_, err := io.Copy(conn, conn)
	return err
}

func start(t *testing.T, core *testcore.Core, coreKey string) echo {
	t.Helper()
	server := echo{served: make(chan struct{}, 16)}
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	tasks.Go(func() {
		Run(ctx, Options{
			Core:       &coreapi.Client{BaseURL: core.URL, CoreKey: coreKey, HTTP: coreapi.NewHTTPClient()},
			Credential: testcore.Credential, Version: "test", Server: server, Log: slog.New(slog.DiscardHandler),
		})
	})
	t.Cleanup(func() {
		cancel()
		select {
		case conn := <-core.Links:
			_ = conn.Close()
		default:
		}
		tasks.Wait()
	})
	return server
}

func nextLink(t *testing.T, core *testcore.Core) net.Conn {
	t.Helper()
	select {
	case conn := <-core.Links:
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	case <-time.After(15 * time.Second):
		t.Fatal("no link was opened")
		return nil
	}
}

func TestBytesPassBothWaysAndALostLinkIsOpenedAgain(t *testing.T) {
	core := testcore.New(t)
	start(t, core, core.Fingerprint())
	for range 3 {
		conn := nextLink(t, core)
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != "hello" {
			t.Errorf("%q, %v", got, err)
		}
		_ = conn.Close()
	}
}

func TestAG10AFakeCoreGetsNoCredentialAndServesNothing(t *testing.T) {
	for name, tamper := range map[string]func(*wire.ChallengeReply){
		"another key":       nil,
		"a wrong signature": func(r *wire.ChallengeReply) { r.Signature = strings.Repeat("A", 86) + "==" },
	} {
		core := testcore.New(t)
		pinned := core.Fingerprint()
		if tamper == nil {
			pinned = testcore.New(t).Fingerprint()
		}
		core.Tamper(tamper)
		server := start(t, core, pinned)
		for deadline := time.Now().Add(15 * time.Second); len(core.Requests()) < 3; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the agent stopped trying", name)
			}
		}
		for _, request := range core.Requests() {
			if request.Path != "/api/agent/challenge" || request.Authorization != "" {
				t.Errorf("%s: %+v", name, request)
			}
		}
		if len(server.served) > 0 {
			t.Errorf("%s: it was served", name)
		}
	}
}

func TestAG10TheCoreIsProvedAgainBeforeEachLink(t *testing.T) {
	core := testcore.New(t)
	start(t, core, core.Fingerprint())
	_ = nextLink(t, core).Close()
	_ = nextLink(t, core).Close()
	proved := 0
	for _, request := range core.Requests() {
		switch request.Path {
		case "/api/agent/challenge":
			proved++
		case "/api/agent/link":
			if proved--; proved < 0 {
				t.Fatal("a link was dialled without a challenge")
			}
		}
	}
}

func TestAG13TheAgentSaysItsProtocolAndHearsWhyItIsRefused(t *testing.T) {
	core := testcore.New(t)
	core.Refuse(&testcore.Refusal{Status: http.StatusConflict, Code: "not_supported", Message: "The agent speaks protocol 1. Upgrade the agent."})
	client := &coreapi.Client{BaseURL: core.URL, CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()}
	_, err := connect(t.Context(), Options{Core: client, Credential: "x", Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "Upgrade the agent") {
		t.Errorf("got %v", err)
	}
	requests := core.Requests()
	if said := requests[len(requests)-1].Protocol; said != strconv.Itoa(wire.Protocol) {
		t.Errorf("it said %q", said)
	}
}

func TestARefusalIsRetriedSlowlyAndAFailureSoon(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict} {
		core := testcore.New(t)
		core.Refuse(&testcore.Refusal{Status: status, Code: "unauthorized", Message: "this credential was revoked"})
		client := &coreapi.Client{BaseURL: core.URL, CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()}
		_, err := connect(t.Context(), Options{Core: client, Credential: "x", Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "this credential was revoked") {
			t.Errorf("got %v", err)
		}
		if pause := pauseAfter(err, 0); pause < 4*time.Minute || pause > 5*time.Minute {
			t.Errorf("status %d: %s", status, pause)
		}
	}
	for attempt, most := range map[int]time.Duration{0: 500 * time.Millisecond, 3: 4 * time.Second, 6: 30 * time.Second, 1000: 30 * time.Second} {
		longest := time.Duration(0)
		for range 200 {
			longest = max(longest, pauseAfter(errors.New("refused"), attempt))
		}
		if longest > most+time.Millisecond || longest < most/2 {
			t.Errorf("attempt %d: up to %s", attempt, longest)
		}
	}
}

func TestAPeerThatIsGoneWithoutAWordIsFound(t *testing.T) {
	core := testcore.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := echo{served: make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() {
		_, err := connect(ctx, Options{
			Core:       &coreapi.Client{BaseURL: core.URL, CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()},
			Credential: testcore.Credential, Server: server, Log: slog.New(slog.DiscardHandler), PingEvery: 50 * time.Millisecond,
		})
		done <- err
	}()
	nextLink(t, core) // nobody reads it, so nobody answers a ping either
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the link was kept")
	}
}

func TestTheLinkGoesThroughAProxy(t *testing.T) {
	core := testcore.New(t)
	passed := make(chan string, 16)
	proxy := startProxy(t, core.Listener.Addr().String(), passed)
	client := &coreapi.Client{BaseURL: "http://core.invalid", CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()}
	transport, ok := client.HTTP.Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	transport.Proxy = http.ProxyURL(proxy) // the environment is read once in a process, so it cannot be set here
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	server := echo{served: make(chan struct{}, 1)}
	go func() {
		_, err := connect(ctx, Options{Core: client, Credential: testcore.Credential, Server: server, Log: slog.New(slog.DiscardHandler)})
		done <- err
	}()
	conn := nextLink(t, core)
	<-server.served
	_ = conn.Close()
	<-done
	cancel()
	if target := <-passed; target != "core.invalid" {
		t.Errorf("the proxy was asked for %s", target)
	}
}

func TestOnlyAWebSocketThatHTTPGetsPastIsTakenForCut(t *testing.T) {
	for _, c := range []struct {
		refusal testcore.Refusal
		want    Fate
	}{
		{testcore.Refusal{Status: http.StatusUnauthorized, Code: "unauthenticated"}, Failed},
		{testcore.Refusal{Status: http.StatusConflict, Code: "conflict"}, Failed},
		{testcore.Refusal{Status: http.StatusServiceUnavailable, Code: "database_unavailable"}, Failed},
		{testcore.Refusal{Status: http.StatusNotFound, Code: "not_found"}, Cut}, // the core, which was not asked for an upgrade
		{testcore.Refusal{Status: http.StatusBadGateway}, Cut},
	} {
		core := testcore.New(t)
		core.Refuse(&c.refusal)
		client := &coreapi.Client{BaseURL: core.URL, CoreKey: core.Fingerprint(), HTTP: coreapi.NewHTTPClient()}
		fate, err := connect(t.Context(), Options{Core: client, Credential: "x", Log: slog.New(slog.DiscardHandler)})
		if fate != c.want || err == nil {
			t.Errorf("%+v: fate %d, %v", c.refusal, fate, err)
		}
	}
	client := &coreapi.Client{BaseURL: "http://127.0.0.1:1", CoreKey: "SHA256:x", HTTP: coreapi.NewHTTPClient()}
	if fate, _ := connect(t.Context(), Options{Core: client, Log: slog.New(slog.DiscardHandler)}); fate != Failed {
		t.Errorf("a core that is away: fate %d", fate)
	}
}
