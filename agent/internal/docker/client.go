// Package docker knows which containers run on this machine: a list, kept up to date by the daemon's event stream.
// It asks the daemon nothing else, and never for statistics: those come from the kernel, in package collect.
//
// What the daemon says is checked and bounded: a container's owner chooses names and labels, and a broken daemon may
// say anything or nothing.
package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"syscall"
	"time"

	"serverbox/agent/pkg/wire"
)

const (
	requestTimeout  = 10 * time.Second
	maxReplyBytes   = 16 << 20
	maxEventBytes   = 1 << 20
	maxListedAtOnce = 2 * wire.MaxContainersPerNode
)

// Client asks one daemon over its unix socket.
type Client struct {
	socket string
	http   *http.Client
}

// NewClient makes a client; it connects when it is first used.
func NewClient(socket string) *Client {
	dialer := &net.Dialer{Timeout: requestTimeout}
	return &Client{socket: socket, http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
		ResponseHeaderTimeout: requestTimeout,
		IdleConnTimeout:       30 * time.Second,
		MaxIdleConns:          1,
		DisableCompression:    true,
	}}}
}

var idForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

var (
	// errNotFound says that the container has gone since it was named.
	errNotFound = errors.New("no such container")
	// errBadReply says that the daemon answered, and not what was asked: it may do so for one container alone.
	errBadReply = errors.New("docker: unusable reply")
)

// Version asks for the engine's version.
func (c *Client) Version(ctx context.Context) (string, error) {
	var reply struct{ Version string }
	if err := c.get(ctx, "/version", &reply); err != nil {
		return "", err
	}
	if reply.Version == "" {
		return "", errors.New("docker: the daemon does not say its version")
	}
	return wire.Label(reply.Version), nil
}

// listRunning returns the ids of the running containers.
func (c *Client) listRunning(ctx context.Context) ([]string, error) {
	var reply []struct {
		ID string `json:"Id"`
	}
	if err := c.get(ctx, "/containers/json", &reply); err != nil {
		return nil, err
	}
	if len(reply) > maxListedAtOnce {
		return nil, fmt.Errorf("docker: %d containers are more than this agent follows", len(reply))
	}
	var ids []string
	for _, entry := range reply {
		if !idForm.MatchString(entry.ID) {
			return nil, fmt.Errorf("docker: %.80q is not a container's id", entry.ID)
		}
		ids = append(ids, entry.ID)
	}
	return ids, nil
}

// inspect asks for the container's first process. It returns errNotFound for one that is gone or not running.
func (c *Client) inspect(ctx context.Context, id string) (Container, error) {
	var reply struct {
		State struct {
			Pid     int
			Running bool
		}
		HostConfig struct{ NetworkMode string }
	}
	if err := c.get(ctx, "/containers/"+url.PathEscape(id)+"/json", &reply); err != nil {
		return Container{}, err
	}
	if !reply.State.Running || reply.State.Pid <= 0 {
		return Container{}, errNotFound
	}
	return Container{ID: id, Pid: reply.State.Pid, SharesHostNetwork: reply.HostConfig.NetworkMode == "host"}, nil
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	response, err := c.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // read to its end or given up
	body := &io.LimitedReader{R: response.Body, N: maxReplyBytes}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		if body.N <= 0 {
			return fmt.Errorf("%w to %s: it is larger than %d bytes", errBadReply, path, maxReplyBytes)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("docker: read the reply to %s: %w", path, ctx.Err())
		}
		return fmt.Errorf("%w to %s: %w", errBadReply, path, err)
	}
	_, _ = io.Copy(io.Discard, body) // so that the connection can be used again
	return nil
}

func (c *Client) open(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	_ = response.Body.Close() // an error's text is the daemon's, and of no use here
	if response.StatusCode == http.StatusNotFound {
		return nil, errNotFound
	}
	return nil, fmt.Errorf("%w to %.100s: status %d", errBadReply, path, response.StatusCode)
}

// Problem explains in one sentence for people why the daemon cannot be used.
func (c *Client) Problem(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("The agent's user may not open %s: add that user to the group that owns it (usually \"docker\") and restart the agent.", c.socket)
	case errors.Is(err, fs.ErrNotExist) && !isInstalled():
		return fmt.Sprintf("Docker is not installed on this machine: there is no %s.", c.socket)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("Docker is installed but not running: nothing listens on %s.", c.socket)
	}
	return wire.Label("Docker does not answer as expected: " + err.Error())
}

func isInstalled() bool {
	for _, name := range []string{"dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"} {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
	}
	return false
}
