package enroll

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/policy"
	"serverbox/agent/internal/testcore"
	"serverbox/agent/pkg/wire"
)

func options(t *testing.T, core *testcore.Core) Options {
	t.Helper()
	return Options{
		Dir: config.Dir(filepath.Join(t.TempDir(), "state")), CoreURL: core.URL, CoreKey: core.Fingerprint(),
		Services: []policy.Service{policy.Metrics, policy.Exec}, DockerSocket: config.DefaultDockerSocket,
		ReadToken: func() (string, error) { return testcore.Token, nil },
		Facts:     func(context.Context) (wire.NodeFacts, error) { return wire.NodeFacts{Hostname: "h"}, nil },
	}
}

func TestEnrolmentWritesConfigurationAndIdentity(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	result, err := Run(t.Context(), o)
	if err != nil || result.Already || result.NodeID != testcore.NodeID {
		t.Fatalf("%+v, %v", result, err)
	}
	identity, err := config.LoadIdentity(o.Dir)
	if err != nil || identity.Credential != testcore.Credential || identity.CorePublicKey != core.PublicKey() {
		t.Errorf("%+v, %v", identity, err)
	}
	cfg, err := config.Load(o.Dir.ConfigPath())
	if err != nil || cfg.CoreURL != core.URL || policy.List(cfg.Services) != "metrics, exec" {
		t.Errorf("%+v, %v", cfg, err)
	}
	for _, name := range []string{"identity.json", "agent.json", "host_key"} {
		info, err := os.Stat(filepath.Join(string(o.Dir), name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestASecondEnrolmentChangesNothingAndKnowsItsCore(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	o.ReadToken = func() (string, error) {
		t.Error("the token was read")
		return "", nil
	}
	if result, err := Run(t.Context(), o); err != nil || !result.Already || result.NodeID != testcore.NodeID {
		t.Errorf("%+v, %v", result, err)
	}
	o.CoreKey = testcore.New(t).Fingerprint()
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "another core") {
		t.Errorf("got %v", err)
	}
}

func TestARefusedTokenSaysWhyAndLeavesTheNodeNotEnrolled(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	o.ReadToken = func() (string, error) { return "wrong", nil }
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "this token was used") {
		t.Errorf("got %v", err)
	}
	if _, err := config.LoadIdentity(o.Dir); err == nil {
		t.Error("there is an identity")
	}
}

func TestAG10AFakeCoreGetsNoToken(t *testing.T) {
	stranger := testcore.New(t)
	for name, prepare := range map[string]func(*testcore.Core, *Options){
		"another key": func(_ *testcore.Core, o *Options) { o.CoreKey = stranger.Fingerprint() },
		"the pinned key without its signature": func(c *testcore.Core, _ *Options) {
			c.Tamper(func(r *wire.ChallengeReply) { r.Signature = "AAAA" })
		},
		"a replayed signature": func(c *testcore.Core, _ *Options) {
			first := ""
			c.Tamper(func(r *wire.ChallengeReply) {
				if first == "" {
					first = r.Signature
				}
				r.Signature = first
			})
			if _, err := http.Get(c.URL + "/api/agent/challenge?nonce=00"); err != nil {
				t.Fatal(err)
			}
		},
		"no key": func(c *testcore.Core, _ *Options) {
			c.Tamper(func(r *wire.ChallengeReply) { r.PublicKey = "" })
		},
		"another name for the key": func(c *testcore.Core, _ *Options) {
			c.Tamper(func(r *wire.ChallengeReply) {
				r.PublicKey = strings.Replace(r.PublicKey, "ssh-ed25519 ", "ssh-rsa ", 1) + "x"
			})
		},
		"a redirect to the core": func(c *testcore.Core, o *Options) {
			server := httptest.NewServer(http.RedirectHandler(c.URL+"/api/agent/challenge", http.StatusTemporaryRedirect))
			t.Cleanup(server.Close)
			o.CoreURL = server.URL
		},
		"a certificate that nobody signed": func(c *testcore.Core, o *Options) {
			server := httptest.NewTLSServer(c.Config.Handler)
			t.Cleanup(server.Close)
			o.CoreURL = server.URL
		},
		"a page instead of an answer": func(_ *testcore.Core, o *Options) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("<html>" + strings.Repeat("x", 1<<20)))
			}))
			t.Cleanup(server.Close)
			o.CoreURL = server.URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			core := testcore.New(t)
			o := options(t, core)
			prepare(core, &o)
			if result, err := Run(t.Context(), o); err == nil {
				t.Errorf("enrolled: %+v", result)
			}
			for _, request := range core.Requests() {
				if request.Path != "/api/agent/challenge" {
					t.Errorf("the agent went on to %s", request.Path)
				}
			}
			if _, err := config.LoadIdentity(o.Dir); err == nil {
				t.Error("there is an identity")
			}
		})
	}
}

func TestTokensAreReadFromFilesAndStandardInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("  sbt_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := TokenReader(path, nil)(); err != nil || token != "sbt_x" {
		t.Errorf("%q, %v", token, err)
	}
	if token, err := TokenReader("-", strings.NewReader("sbt_y"))(); err != nil || token != "sbt_y" {
		t.Errorf("%q, %v", token, err)
	}
	for _, text := range []string{"", "\n", "a b", strings.Repeat("x", 201), "a\r\nX-Evil: 1"} {
		if token, err := TokenReader("-", strings.NewReader(text))(); err == nil {
			t.Errorf("%q was read as %q", text, token)
		}
	}
}
