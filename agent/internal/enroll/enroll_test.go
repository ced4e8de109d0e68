package enroll

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
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
		Facts: func(context.Context, config.Config) (wire.NodeFacts, error) {
			return wire.NodeFacts{Hostname: "h"}, nil
		},
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

func TestTheSameTokenAgainChangesNothingAndKnowsItsCore(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if result, err := Run(t.Context(), o); err != nil || !result.Already || result.NodeID != testcore.NodeID {
		t.Errorf("%+v, %v", result, err)
	}
	o.CoreKey = testcore.New(t).Fingerprint()
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "another core") {
		t.Errorf("got %v", err)
	}
}

func TestAG5AnotherTokenGivesANewKeyAndSaysWhatTheMachineWasKnownBy(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(o.Dir.SpoolPath(), 0o700); err != nil {
		t.Fatal(err)
	}
	again := func(token, nodeID string) {
		t.Helper()
		core.Issue(token, nodeID)
		o.ReadToken = func() (string, error) { return token, nil }
		if result, err := Run(t.Context(), o); err != nil || result.Already || result.NodeID != nodeID {
			t.Fatalf("%+v, %v", result, err)
		}
	}
	again("second", testcore.NodeID)
	if _, err := os.Stat(o.Dir.SpoolPath()); err != nil {
		t.Errorf("the same node lost what it has measured: %v", err)
	}
	o.NewIdentity = true
	again("third", "another-node")
	if _, err := os.Stat(o.Dir.SpoolPath()); !os.IsNotExist(err) {
		t.Errorf("another node took over what was measured: %v", err)
	}
	sent := core.Enrolments()
	if sent[0].PreviousHostPublicKey != "" || sent[1].PreviousHostPublicKey != sent[0].HostPublicKey || sent[2].PreviousHostPublicKey != "" {
		t.Errorf("got %+v", sent)
	}
	if sent[1].HostPublicKey == sent[0].HostPublicKey || sent[2].HostPublicKey == sent[1].HostPublicKey {
		t.Error("a key was used twice")
	}
	signer, err := config.LoadHostKey(o.Dir)
	if err != nil || line(signer) != sent[2].HostPublicKey {
		t.Errorf("the stored key is not the one that was accepted: %v", err)
	}
}

func TestARefusedTokenLeavesAnEnrolledNodeAsItWas(t *testing.T) {
	core := testcore.New(t)
	o := options(t, core)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before, err := config.LoadHostKey(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	o.ReadToken = func() (string, error) { return "unknown", nil }
	if _, err := Run(t.Context(), o); err == nil {
		t.Error("an unknown token was accepted")
	}
	identity, err := config.LoadIdentity(o.Dir)
	after, keyErr := config.LoadHostKey(o.Dir)
	if err != nil || keyErr != nil || identity.Credential != testcore.Credential || line(before) != line(after) {
		t.Errorf("%+v, %v, %v", identity, err, keyErr)
	}
}

func TestAG10APinnedAuthorityIsTheOnlyOneThatCounts(t *testing.T) {
	core := testcore.New(t)
	server := httptest.NewTLSServer(core.Config.Handler)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "authority.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, certificate, 0o644); err != nil {
		t.Fatal(err)
	}
	o := options(t, core)
	o.CoreURL = server.URL
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
	o.CAFile = path
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(o.Dir.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	client, err := coreapi.ClientOf(cfg) // from the agent's own copy
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Prove(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(cfg.CAFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := coreapi.ClientOf(cfg); err == nil {
		t.Error("a file without a certificate was accepted")
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
