package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// daemon speaks as much of the Engine's HTTP as the agent asks for, and can be told to speak it badly.
type daemon struct {
	socket string

	mu      sync.Mutex
	running map[string]int // pid by id
	broken  func(w http.ResponseWriter, r *http.Request) bool
	events  chan string
	lists   int
	server  *http.Server
	done    chan struct{}
}

func startDaemon(t *testing.T) *daemon {
	t.Helper()
	d := &daemon{socket: filepath.Join(t.TempDir(), "d.sock"), running: map[string]int{}, events: make(chan string)}
	d.listen(t)
	t.Cleanup(func() { d.stop() })
	return d
}

func (d *daemon) listen(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"Version":"20.10.24"}`)) })
	mux.HandleFunc("GET /containers/json", d.list)
	mux.HandleFunc("GET /containers/{id}/json", d.inspect)
	mux.HandleFunc("GET /events", d.stream)
	d.server, d.done = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		broken := d.broken
		d.mu.Unlock()
		if broken == nil || !broken(w, r) {
			mux.ServeHTTP(w, r)
		}
	})}, make(chan struct{})
	server, done := d.server, d.done
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always ErrServerClosed
	}()
}

func (d *daemon) stop() {
	_ = d.server.Close()
	<-d.done
}

func (d *daemon) list(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lists++
	list := []map[string]string{}
	for id := range d.running {
		list = append(list, map[string]string{"Id": id, "Names": "\xff"})
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (d *daemon) inspect(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pid, there := d.running[r.PathValue("id")]
	if !there {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if pid == corrupt {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(w, "{\"Name\":\"/\xff\","+`"State":{"Pid":%d,"Running":%v},"HostConfig":{"NetworkMode":"host"}}`, pid, pid > 0)
}

func (d *daemon) stream(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case line := <-d.events:
			_, _ = w.Write([]byte(line + "\n"))
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (d *daemon) set(id string, pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if pid < 0 {
		delete(d.running, id)
		return
	}
	d.running[id] = pid
}

func (d *daemon) breakWith(broken func(http.ResponseWriter, *http.Request) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
}

// corrupt is the pid of a container that the daemon lists and cannot describe.
const corrupt = 666

func id(letter string) string { return strings.Repeat(letter, 64) }

func startWatch(t *testing.T, socket string) *Watch {
	t.Helper()
	watch := NewWatch(NewClient(socket), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	tasks.Go(func() { watch.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		tasks.Wait()
	})
	return watch
}

func until(t *testing.T, watch *Watch, what string, condition func(State) bool) State {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		state := watch.State()
		if condition(state) {
			return state
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s: %+v", what, state)
		}
	}
}

func pids(state State) string {
	text := ""
	for _, c := range state.Containers {
		text += fmt.Sprintf("%s%d ", c.ID[:1], c.Pid)
	}
	return strings.TrimSpace(text)
}

func TestTheListFollowsTheEventsWithoutAskingAgain(t *testing.T) {
	d := startDaemon(t)
	d.set(id("a"), 10)
	d.set(id("b"), 0) // created, not running
	watch := startWatch(t, d.socket)
	state := until(t, watch, "the first list was read", State.Usable)
	if pids(state) != "a10" || state.Version != "20.10.24" || !state.Containers[0].SharesHostNetwork {
		t.Fatalf("got %+v", state)
	}
	d.set(id("c"), 30)
	d.events <- `{"Action":"start","Actor":{"ID":"` + id("c") + `"}}`
	until(t, watch, "the start was seen", func(s State) bool { return pids(s) == "a10 c30" })
	d.set(id("a"), 11)
	d.events <- `{"Action":"die","Actor":{"ID":"` + id("a") + `"}}`
	d.events <- `{"Action":"start","Actor":{"ID":"` + id("a") + `"}}`
	until(t, watch, "the restart was seen", func(s State) bool { return pids(s) == "a11 c30" })
	d.events <- `{"Action":"start","Actor":{"ID":"` + id("e") + `"}}` // gone before it was inspected
	d.set(id("c"), -1)
	d.events <- `{"Action":"destroy","Actor":{"ID":"` + id("c") + `"}}`
	until(t, watch, "the end was seen", func(s State) bool { return pids(s) == "a11" })
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lists != 1 {
		t.Errorf("the list was asked for %d times", d.lists)
	}
}

// AG-12: a malformed reply about one container.
func TestAG12AContainerThatDockerCannotDescribeIsMissingAloneAndSaidSo(t *testing.T) {
	d := startDaemon(t)
	d.set(id("a"), 10)
	d.set(id("b"), corrupt)
	watch := startWatch(t, d.socket)
	state := until(t, watch, "the list was read", State.Usable)
	if pids(state) != "a10" || len(state.Faults) != 1 || !strings.Contains(state.Faults[0].Error(), "container bbbbbbbbbbbb") {
		t.Errorf("got %+v", state)
	}
	d.set(id("c"), corrupt)
	d.events <- `{"Action":"start","Actor":{"ID":"` + id("c") + `"}}`
	until(t, watch, "the second fault was seen", func(s State) bool { return len(s.Faults) == 2 && pids(s) == "a10" })
	d.events <- `{"Action":"die","Actor":{"ID":"` + id("c") + `"}}`
	until(t, watch, "it ended", func(s State) bool { return len(s.Faults) == 1 })
}

func TestARestartedDaemonIsFoundAgain(t *testing.T) {
	d := startDaemon(t)
	d.set(id("a"), 10)
	watch := startWatch(t, d.socket)
	until(t, watch, "it was connected", State.Usable)
	d.stop()
	state := until(t, watch, "the loss was seen", func(s State) bool { return !s.Usable() })
	if state.Problem == "" || len(state.Containers) > 0 {
		t.Errorf("got %+v", state)
	}
	d.set(id("b"), 20)
	d.listen(t)
	until(t, watch, "it was connected again", func(s State) bool { return pids(s) == "a10 b20" })
}

// AG-12: a malformed, huge or slow reply of Docker.
func TestAG12AMalformedHugeOrSlowReplyIsAStateAndNotACrash(t *testing.T) {
	answer := func(path, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, path) {
				return false
			}
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	for name, broken := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"not json":          answer("/containers/json", "<html>"),
		"wrong type":        answer("/containers/json", `{"Id":1}`),
		"path for an id":    answer("/containers/json", `[{"Id":"../../images/get"}]`),
		"short id":          answer("/containers/json", `[{"Id":"abc"}]`),
		"no version":        answer("/version", `{}`),
		"deep":              answer("/containers/json", strings.Repeat("[", 100_000)),
		"event not json":    answer("/events", "hello\n"),
		"event without end": answer("/events", strings.Repeat("x", maxEventBytes+10)),
		"event of nobody":   answer("/events", `{"Action":"die","Actor":{"ID":"../x"}}`+"\n"),
		"too many":          answer("/containers/json", "["+strings.Repeat(`{"Id":"`+id("a")+`"},`, maxListedAtOnce+1)+"{}]"),
		"huge": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/containers/json" {
				return false
			}
			_, _ = w.Write([]byte(`[{"Id":"`))
			for range 17 {
				_, _ = w.Write([]byte(strings.Repeat("a", 1<<20)))
			}
			return true
		},
		"error": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDaemon(t)
			d.breakWith(broken)
			watch := startWatch(t, d.socket)
			state := until(t, watch, "it failed", func(s State) bool { return s.Problem != "" })
			if len(state.Problem) > 512 {
				t.Errorf("the problem has %d bytes", len(state.Problem))
			}
			d.breakWith(nil)
			until(t, watch, "it was connected", State.Usable)
		})
	}
}

// AG-12: a slow reply of Docker.
func TestASlowReplyIsGivenUp(t *testing.T) {
	d := startDaemon(t)
	d.breakWith(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := NewClient(d.socket).Version(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestProblemsAreSentencesForPeople(t *testing.T) {
	client := NewClient("/run/x.sock")
	for want, err := range map[string]error{
		"may not open /run/x.sock": fs.ErrPermission,
		"not running":              syscall.ECONNREFUSED,
		"does not answer":          errors.New("boom"),
	} {
		if got := client.Problem(fmt.Errorf("dial: %w", err)); !strings.Contains(got, want) {
			t.Errorf("%v became %q", err, got)
		}
	}
	if got := client.Problem(fs.ErrNotExist); !strings.Contains(got, "/run/x.sock") {
		t.Errorf("got %q", got)
	}
}
