package sshserver

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/policy"
)

// listenUnix serves each connection with the handler until the test ends.
func listenUnix(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "d.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		tasks.Wait()
	})
	return path
}

func dialSocket(t *testing.T, l *lab, path string) ssh.Channel {
	t.Helper()
	payload := ssh.Marshal(struct {
		Path      string
		Reserved0 string
		Reserved1 uint32
	}{path, "", 0})
	channel, requests, err := l.client.OpenChannel("direct-streamlocal@openssh.com", payload)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	return channel
}

func TestWritersReachTheSocketWithHalfClose(t *testing.T) {
	size := 8 << 20
	path := listenUnix(t, func(conn net.Conn) {
		all, err := io.ReadAll(conn) // ends only with the other side's half-close
		if err == nil {
			_, _ = fmt.Fprintf(conn, "got %d", len(all))
		}
	})
	l := start(t, path, policy.DockerWrite)
	channel := dialSocket(t, l, path)
	if _, err := channel.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := channel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(channel)
	if want := fmt.Sprintf("got %d", size); err != nil || string(answer) != want {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestTheUsualSocketMeansTheOneThatTheOwnerNames(t *testing.T) {
	path := listenUnix(t, func(conn net.Conn) { _, _ = conn.Write([]byte("the owner's")) })
	l := start(t, path, policy.DockerWrite)
	channel := dialSocket(t, l, config.DefaultDockerSocket)
	if text, err := io.ReadAll(channel); err != nil || string(text) != "the owner's" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestTheSocketsHalfCloseLeavesTheOtherDirectionOpen(t *testing.T) {
	received := make(chan string, 1)
	path := listenUnix(t, func(conn net.Conn) {
		_, _ = conn.Write([]byte("bye"))
		_ = conn.(*net.UnixConn).CloseWrite()
		all, _ := io.ReadAll(conn)
		received <- string(all)
	})
	l := start(t, path, policy.DockerWrite)
	channel := dialSocket(t, l, path)
	if text, err := io.ReadAll(channel); err != nil || string(text) != "bye" {
		t.Fatalf("%q, %v", text, err)
	}
	if _, err := channel.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	if err := channel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if text := <-received; text != "late" {
		t.Errorf("the socket received %q", text)
	}
}

func TestClosingTheChannelClosesTheSocket(t *testing.T) {
	ended := make(chan struct{})
	path := listenUnix(t, func(conn net.Conn) {
		defer close(ended)
		endless := bytes.Repeat([]byte("x"), 64*1024)
		for {
			if _, err := conn.Write(endless); err != nil {
				return
			}
		}
	})
	l := start(t, path, policy.DockerWrite)
	if err := dialSocket(t, l, path).Close(); err != nil {
		t.Fatal(err)
	}
	await(t, ended, "the socket's end")
}

func TestNoOtherSocketIsReached(t *testing.T) {
	path := listenUnix(t, func(net.Conn) { t.Error("somebody connected") })
	l := start(t, "/other.sock", policy.DockerWrite)
	for _, target := range []string{path, "", "/other.sock/", "/x/../other.sock", "//other.sock"} {
		if _, err := l.client.Dial("unix", target); err == nil {
			t.Errorf("%q was reached", target)
		}
	}
	if _, err := l.client.Dial("unix", "/other.sock"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

// recorder is a daemon that notes what reaches it.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (r *recorder) paths() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

func startRecorder(t *testing.T) (*recorder, string) {
	t.Helper()
	r := &recorder{}
	release := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, request.Method+" "+request.RequestURI)
		r.mu.Unlock()
		if strings.HasSuffix(request.URL.Path, "/events") {
			_, _ = w.Write([]byte("first\n"))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-request.Context().Done():
			case <-release:
			}
			return
		}
		_, _ = w.Write([]byte("ok"))
	})}
	path := filepath.Join(t.TempDir(), "d.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always ErrServerClosed
	}()
	t.Cleanup(func() {
		close(release)
		_ = server.Close()
		<-done
	})
	return r, path
}

// ask sends raw bytes, since a client library would tidy up what the test is about.
func ask(t *testing.T, l *lab, socket, request string) (*http.Response, string) {
	t.Helper()
	channel := dialSocket(t, l, socket)
	defer channel.Close()
	if _, err := channel.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ") // a HEAD's answer has no body, whatever its header says
	response, err := http.ReadResponse(bufio.NewReader(channel), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestReadersMayAsk(t *testing.T) {
	daemon, socket := startRecorder(t)
	l := start(t, socket, policy.DockerRead)
	for _, target := range []string{
		"/_ping", "/v1.41/containers/json?all=1", "/containers/abc/logs?stdout=1&tail=10", "/images/a/b:c/json", "/info",
		"/images/a%3Ac/json", "/containers/get/json", "/containers/archive/json",
	} {
		response, body := ask(t, l, socket, "GET "+target+" HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
		if response.StatusCode != http.StatusOK || body != "ok" {
			t.Errorf("%s: %d %s", target, response.StatusCode, body)
		}
	}
	if seen := daemon.paths(); len(seen) != 8 || seen[1] != "GET /v1.41/containers/json?all=1" || seen[5] != "GET /images/a%3Ac/json" {
		t.Errorf("the daemon saw %q", seen)
	}
}

func TestReadersMayDoNothingElse(t *testing.T) {
	daemon, socket := startRecorder(t)
	l := start(t, socket, policy.DockerRead)
	for _, request := range []string{
		"POST /containers/create HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
		"DELETE /containers/a HTTP/1.1\r\n\r\n", "PUT /containers/a/archive HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
		"OPTIONS /info HTTP/1.1\r\n\r\n", "get /info HTTP/1.1\r\n\r\n", "CONNECT docker:80 HTTP/1.1\r\n\r\n",
		"GET /containers/a/archive?path=/etc HTTP/1.1\r\n\r\n", "HEAD /containers/a/archive HTTP/1.1\r\n\r\n",
		"GET /v1.41/containers/a/archive HTTP/1.1\r\n\r\n", "GET /v1.41/containers/a/archive/ HTTP/1.1\r\n\r\n",
		"GET /containers/a/export HTTP/1.1\r\n\r\n", "GET /containers/a/attach/ws HTTP/1.1\r\n\r\n",
		"GET /images/get?names=a HTTP/1.1\r\n\r\n", "GET /images/a/b/get HTTP/1.1\r\n\r\n",
		"GET /swarm HTTP/1.1\r\n\r\n", "GET /v1.24/swarm/unlockkey HTTP/1.1\r\n\r\n", "GET /debug/pprof/heap HTTP/1.1\r\n\r\n",
		"GET /containers/a/../a/archive HTTP/1.1\r\n\r\n", "GET //containers/a/archive HTTP/1.1\r\n\r\n",
		"GET /containers/a%2Farchive HTTP/1.1\r\n\r\n", "GET /containers/a/%61rchive HTTP/1.1\r\n\r\n",
		"GET /containers/a/x%2e%2e/json HTTP/1.1\r\n\r\n", "GET /containers/a%252Farchive HTTP/1.1\r\n\r\n",
		"GET /containers/a/json\\..\\archive HTTP/1.1\r\n\r\n",
		"GET /info HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n", "GET /info HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
		"GET /info HTTP/1.1\r\nContent-Length: 4\r\n\r\nPOST", "GET /info HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET http://other/info HTTP/1.1\r\n\r\n",
	} {
		withHost := strings.Replace(request, " HTTP/1.1\r\n", " HTTP/1.1\r\nHost: d\r\n", 1)
		response, body := ask(t, l, socket, withHost)
		isRefused := response.StatusCode == http.StatusForbidden &&
			(strings.HasPrefix(request, "HEAD") || body == `{"message":"refused by this node's policy"}`)
		if !isRefused {
			t.Errorf("%q: %d %s", request, response.StatusCode, body)
		}
	}
	if seen := daemon.paths(); len(seen) > 0 {
		t.Errorf("the daemon saw %q", seen)
	}
}

func TestASecondRequestCannotHideInAFirst(t *testing.T) {
	daemon, socket := startRecorder(t)
	l := start(t, socket, policy.DockerRead)
	channel := dialSocket(t, l, socket)
	if _, err := channel.Write([]byte("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\nPOST /containers/a/start HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(channel)
	for _, want := range []int{http.StatusOK, http.StatusForbidden} {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != want {
			t.Errorf("%d, %v", response.StatusCode, err)
		}
	}
	if seen := daemon.paths(); len(seen) != 1 {
		t.Errorf("the daemon saw %q", seen)
	}
}

func TestAStreamOfEventsArrivesAtOnceAndEndsWithTheChannel(t *testing.T) {
	_, socket := startRecorder(t)
	l := start(t, socket, policy.DockerRead)
	channel := dialSocket(t, l, socket)
	if _, err := channel.Write([]byte("GET /events HTTP/1.1\r\nHost: d\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(channel), nil)
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 6)
	if _, err := io.ReadFull(response.Body, line); err != nil || string(line) != "first\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := channel.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzIsHarmlessPath(f *testing.F) {
	f.Add("/v1.41/containers/a/archive")
	f.Add("/images/a%2fget")
	f.Fuzz(func(t *testing.T, target string) {
		parsed, err := url.ParseRequestURI(target)
		if err != nil || !isHarmlessPath(parsed) {
			return
		}
		for _, forbidden := range []string{"/archive", "/export", "/attach/ws", "/unlockkey"} {
			isNamed := strings.HasSuffix(strings.TrimRight(parsed.Path, "/"), forbidden)
			if isNamed && strings.Count(parsed.Path, "/") > 2 && strings.HasPrefix(parsed.Path, "/containers/") {
				t.Errorf("%q passed", target)
			}
		}
	})
}
