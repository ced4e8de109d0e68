// Package config reads and writes the agent's files: agent.json (what the owner decided), identity.json and the host
// key (what enrolment gave). Nothing else on disk steers the agent.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"serverbox/agent/internal/policy"
	"serverbox/agent/pkg/wire"
)

// DefaultDockerSocket is where Docker listens unless the owner says otherwise.
const DefaultDockerSocket = "/var/run/docker.sock"

// Config is agent.json.
type Config struct {
	CoreURL      string           `json:"coreUrl"`
	CoreKey      string           `json:"coreKey"` // fingerprint, "SHA256:…" as OpenSSH prints it
	Services     []policy.Service `json:"services"`
	DockerSocket string           `json:"dockerSocket"`
	CAFile       string           `json:"caFile,omitempty"` // PEM: the only authorities whose certificate for coreUrl counts
}

// Load reads a configuration file; an unknown key is an error, so that a misspelt restriction cannot be ignored.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("%s does not exist: enrol this node first", path)
	}
	if err != nil {
		return Config{}, err
	}
	cfg, err := parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}

func parse(text []byte) (Config, error) {
	var file struct {
		CoreURL      string            `json:"coreUrl"`
		CoreKey      string            `json:"coreKey"`
		Services     *[]policy.Service `json:"services"` // an empty list permits nothing; an absent one means the default
		DockerSocket *string           `json:"dockerSocket"`
		CAFile       string            `json:"caFile"`
	}
	if err := wire.UnmarshalStrict(text, &file); err != nil {
		return Config{}, err
	}
	cfg := Config{
		CoreKey: file.CoreKey, Services: policy.DefaultServices(), DockerSocket: DefaultDockerSocket, CAFile: file.CAFile,
	}
	if file.Services != nil {
		cfg.Services = *file.Services
	}
	if file.DockerSocket != nil {
		cfg.DockerSocket = *file.DockerSocket
	}
	var err error
	if cfg.CoreURL, err = NormalizeCoreURL(file.CoreURL); err != nil {
		return Config{}, err
	}
	return cfg, cfg.validate()
}

func (c Config) validate() error {
	if err := CheckCoreKey(c.CoreKey); err != nil {
		return err
	}
	if _, err := policy.New(c.Services); err != nil {
		return err
	}
	if !filepath.IsAbs(c.DockerSocket) {
		return fmt.Errorf("dockerSocket %q is not an absolute path", c.DockerSocket)
	}
	if c.CAFile != "" && !filepath.IsAbs(c.CAFile) {
		return fmt.Errorf("caFile %q is not an absolute path", c.CAFile)
	}
	return nil
}

// Save writes agent.json for this configuration.
func (c Config) Save(dir Dir) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	return dir.write(configFile, append(text, '\n'))
}

// NormalizeCoreURL accepts an http or https address without credentials, query or fragment, and drops the last slash.
func NormalizeCoreURL(text string) (string, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("coreUrl: %w", err)
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		return "", fmt.Errorf("coreUrl %q is not an http or https address", text)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", errors.New("coreUrl must hold no user, query or fragment")
	}
	return strings.TrimRight(parsed.String(), "/"), nil
}

// CheckCoreKey accepts the fingerprint form that OpenSSH prints: "SHA256:" and 43 characters of base64.
func CheckCoreKey(fingerprint string) error {
	digest, found := strings.CutPrefix(fingerprint, "SHA256:")
	if !found || len(digest) != 43 || strings.Trim(digest, base64Alphabet) != "" {
		return fmt.Errorf("core key %.60q is not a fingerprint of the form SHA256:…", fingerprint)
	}
	return nil
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
