package config

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverbox/agent/internal/policy"
)

const someKey = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

func TestConfigurationTakesDefaultsAndKeepsChoices(t *testing.T) {
	cfg, err := parse([]byte(`{"coreUrl":"http://127.0.0.1:3000/","coreKey":"` + someKey + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.CoreURL != "http://127.0.0.1:3000" || cfg.DockerSocket != DefaultDockerSocket ||
		policy.List(cfg.Services) != "metrics, docker:read" {
		t.Errorf("got %+v", cfg)
	}
	cfg, err = parse([]byte(`{"coreUrl":"https://box.example/sub","coreKey":"` + someKey + `","services":[],"dockerSocket":"/d.sock"}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Services) != 0 || cfg.DockerSocket != "/d.sock" || cfg.CoreURL != "https://box.example/sub" {
		t.Errorf("an empty list of services must permit nothing: %+v", cfg)
	}
}

func TestConfigurationMistakesAreErrors(t *testing.T) {
	for name, text := range map[string]string{
		"unknown key":      `{"coreUrl":"http://a","coreKey":"` + someKey + `","service":["metrics"]}`,
		"unknown service":  `{"coreUrl":"http://a","coreKey":"` + someKey + `","services":["root"]}`,
		"no fingerprint":   `{"coreUrl":"http://a"}`,
		"md5 fingerprint":  `{"coreUrl":"http://a","coreKey":"MD5:00"}`,
		"no address":       `{"coreKey":"` + someKey + `"}`,
		"other scheme":     `{"coreUrl":"file:///etc","coreKey":"` + someKey + `"}`,
		"user in address":  `{"coreUrl":"http://u:p@a","coreKey":"` + someKey + `"}`,
		"relative socket":  `{"coreUrl":"http://a","coreKey":"` + someKey + `","dockerSocket":"d.sock"}`,
		"text after value": `{"coreUrl":"http://a","coreKey":"` + someKey + `"}{}`,
		"not json":         `coreUrl: http://a`,
	} {
		if cfg, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, cfg)
		}
	}
}

func newDir(t *testing.T) Dir {
	t.Helper()
	dir := Dir(filepath.Join(t.TempDir(), "state"))
	if err := dir.Ensure(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestHostKeyIsMadeOnceAndIsPrivate(t *testing.T) {
	dir := newDir(t)
	first, err := EnsureHostKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := EnsureHostKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(first.PublicKey().Marshal()) != string(second.PublicKey().Marshal()) {
		t.Error("the second call made another key")
	}
	info, err := os.Stat(filepath.Join(string(dir), hostKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSecretsThatOthersMayReadAreRefused(t *testing.T) {
	dir := newDir(t)
	if _, err := EnsureHostKey(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(string(dir), hostKeyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadHostKey(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(string(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := dir.Ensure(); err == nil {
		t.Error("an open directory was accepted")
	}
}

func TestIdentityIsWrittenWholeAndWithoutLeftovers(t *testing.T) {
	dir := newDir(t)
	if _, err := LoadIdentity(dir); !errors.Is(err, ErrNotEnrolled) {
		t.Errorf("got %v", err)
	}
	signer, err := EnsureHostKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	line := "ssh-ed25519 " + encodeKey(signer.PublicKey())
	want := Identity{NodeID: "n", Credential: "c", CorePublicKey: line}
	for range 2 {
		if err := want.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := LoadIdentity(dir); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(string(dir), "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOnlyOneAgentRunsOnADirectory(t *testing.T) {
	dir := newDir(t)
	release, err := dir.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Lock(); err == nil {
		t.Error("a second lock was granted")
	}
	release()
	release, err = dir.Lock()
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestOnlyEd25519KeysAreAccepted(t *testing.T) {
	rsa := "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQDKqJRdJx"
	for _, line := range []string{"", "ssh-ed25519", rsa, "ssh-ed25519 !!!!"} {
		if _, err := ParsePublicKey(line); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}

func encodeKey(key interface{ Marshal() []byte }) string {
	return base64.StdEncoding.EncodeToString(key.Marshal())
}
