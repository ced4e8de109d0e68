// Package testdocker gives tests a real Docker daemon and containers on it. It is never part of the agent.
package testdocker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// socketVariable names the daemon that the tests may use. Without it, tests that need one are skipped.
const socketVariable = "SERVERBOX_TEST_DOCKER_SOCKET"

// Engine is a running daemon.
type Engine struct {
	Socket string
	image  string
	http   *http.Client
}

// Connect finds the daemon and gives it an image, which is the test's own and goes with it: other tests, in other
// processes, may use the daemon at the same time.
func Connect(t *testing.T) *Engine {
	t.Helper()
	socket := os.Getenv(socketVariable)
	if socket == "" {
		t.Skip("no Docker daemon was named: set " + socketVariable)
	}
	engine := &Engine{Socket: socket, http: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
	engine.image = "serverbox-agent-test/" + strings.ToLower(rand.Text())
	status, reply := engine.call(t, http.MethodPost, "/images/create?fromSrc=-&repo="+engine.image, "application/x-tar", imageTar(t))
	if status != http.StatusOK || bytes.Contains(reply, []byte("errorDetail")) {
		t.Fatalf("the image was refused: %s", reply)
	}
	t.Cleanup(func() { // after the containers, whose own clean-ups come later in the test and so run before
		if status, reply := engine.call(t, http.MethodDelete, "/images/"+engine.image, "", nil); status != http.StatusOK {
			t.Errorf("remove image: %d %s", status, reply)
		}
	})
	return engine
}

// imageTar is a root with busybox and its most useful names.
func imageTar(t *testing.T) []byte {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal("busybox is missing: install the package busybox-static")
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	write := func(header tar.Header, content []byte) {
		header.Size = int64(len(content))
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	write(tar.Header{Name: "bin/busybox", Mode: 0o755, Typeflag: tar.TypeReg}, program)
	for _, name := range []string{"sh", "sleep", "dd", "cat"} {
		write(tar.Header{Name: "bin/" + name, Linkname: "busybox", Typeflag: tar.TypeSymlink}, nil)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Run starts a container with a shell command and returns its id; the test's end removes it.
func (e *Engine) Run(t *testing.T, command, hostConfig string) string {
	t.Helper()
	body := fmt.Sprintf(`{"Image":%q,"Cmd":["sh","-c",%q],"HostConfig":%s}`, e.image, command, hostConfig)
	status, reply := e.call(t, http.MethodPost, "/containers/create", "application/json", []byte(body))
	var created struct {
		ID string `json:"Id"`
	}
	if err := json.Unmarshal(reply, &created); err != nil || status != http.StatusCreated {
		t.Fatalf("create: %d %s", status, reply)
	}
	t.Cleanup(func() { e.Remove(t, created.ID) })
	if status, reply := e.call(t, http.MethodPost, "/containers/"+created.ID+"/start", "", nil); status != http.StatusNoContent {
		t.Fatalf("start: %d %s", status, reply)
	}
	return created.ID
}

// Remove kills and removes a container; removing it again is harmless.
func (e *Engine) Remove(t *testing.T, id string) {
	t.Helper()
	status, reply := e.call(t, http.MethodDelete, "/containers/"+id+"?force=1", "", nil)
	if status != http.StatusNoContent && status != http.StatusNotFound {
		t.Errorf("remove: %d %s", status, reply)
	}
}

func (e *Engine) call(t *testing.T, method, path, contentType string, body []byte) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest(method, "http://docker"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := e.http.Do(request)
	if err != nil {
		t.Fatalf("the Docker daemon at %s does not answer: %v", e.Socket, err)
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, []byte(strings.TrimSpace(string(reply)))
}
