package docker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Container is one running container, as far as the kernel's files need it.
type Container struct {
	ID                string
	Pid               int // its first process, in the agent's pid namespace
	SharesHostNetwork bool
}

// State is what is known of Docker at one moment.
type State struct {
	Version    string      // empty while the daemon cannot be used
	Problem    string      // why it cannot; empty while it can
	Err        error       // the failure behind Problem
	Containers []Container // running ones, by id
	Faults     []error     // one for each container that the daemon lists and cannot describe
}

// Usable says whether Containers is the truth.
func (s State) Usable() bool { return s.Version != "" }

// Watch follows one daemon for as long as Run runs.
type Watch struct {
	client *Client
	log    *slog.Logger
	first  chan struct{} // closed once the first attempt has ended either way

	mu         sync.Mutex
	version    string
	problem    string
	err        error
	containers map[string]Container
	faults     map[string]error // by container, disjoint from containers
	hasTried   bool
}

// NewWatch prepares following a daemon.
func NewWatch(client *Client, log *slog.Logger) *Watch {
	return &Watch{client: client, log: log, first: make(chan struct{})}
}

// State returns the present state; wait for it first with Settled.
func (w *Watch) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := slices.Collect(maps.Values(w.containers))
	slices.SortFunc(list, func(a, b Container) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	faults := slices.Collect(maps.Values(w.faults))
	return State{Version: w.version, Problem: w.problem, Err: w.err, Containers: list, Faults: faults}
}

// Settled is closed once it is known whether the daemon can be used.
func (w *Watch) Settled() <-chan struct{} { return w.first }

const (
	retryLeast = time.Second
	retryMost  = 30 * time.Second
	// An event stream has no heartbeat: the list is read again this often, in case that an event was lost.
	resyncEvery = 10 * time.Minute
)

// Run follows the daemon until ctx ends, connecting again whenever it must.
func (w *Watch) Run(ctx context.Context) {
	defer w.settle()
	delay := retryLeast
	for ctx.Err() == nil {
		startedAt := time.Now()
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errResync) {
			continue
		}
		w.fail(err)
		if time.Since(startedAt) > retryMost {
			delay = retryLeast
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay/2 + rand.N(delay/2)):
		}
		delay = min(2*delay, retryMost)
	}
}

var errResync = errors.New("time to read the list again")

// follow opens the event stream before it reads the list, so that no change falls between the two.
func (w *Watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	version, err := w.client.Version(ctx)
	if err != nil {
		return err
	}
	filters := url.QueryEscape(`{"type":["container"],"event":["start","die","destroy"]}`)
	stream, err := w.client.open(ctx, "/events?filters="+filters)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Body.Close() }() // ended by one of us
	resync := time.AfterFunc(resyncEvery, cancel)
	defer resync.Stop()
	ids, err := w.client.listRunning(ctx)
	if err != nil {
		return err
	}
	found := &inventory{containers: map[string]Container{}, faults: map[string]error{}}
	for _, id := range ids {
		if err := found.add(ctx, w.client, id); err != nil {
			return err
		}
	}
	w.succeed(version, found)
	err = w.readEvents(ctx, stream.Body)
	if ctx.Err() != nil {
		return errResync
	}
	return err
}

// inventory is what was found out about the containers.
type inventory struct {
	containers map[string]Container
	faults     map[string]error
}

// add describes one container. Only a daemon that does not answer is an error: a container that has gone is left out,
// and one that the daemon cannot describe is a fault of its own.
func (i *inventory) add(ctx context.Context, client *Client, id string) error {
	delete(i.containers, id)
	delete(i.faults, id)
	container, err := client.inspect(ctx, id)
	switch {
	case err == nil:
		i.containers[id] = container
	case errors.Is(err, errNotFound):
	case errors.Is(err, errBadReply):
		i.faults[id] = fmt.Errorf("container %s: %w", id[:12], err)
	default:
		return err
	}
	return nil
}

type event struct {
	Action string
	Actor  struct{ ID string }
}

func (w *Watch) readEvents(ctx context.Context, stream io.Reader) error {
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(make([]byte, 4096), maxEventBytes)
	for scanner.Scan() {
		var e event
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			return fmt.Errorf("docker: read event: %w", err)
		}
		if !idForm.MatchString(e.Actor.ID) {
			return fmt.Errorf("docker: %.80q is not a container's id", e.Actor.ID)
		}
		if err := w.apply(ctx, e); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("docker: read events: %w", err)
	}
	return errors.New("docker: the daemon ended the event stream")
}

func (w *Watch) apply(ctx context.Context, e event) error {
	found := &inventory{containers: map[string]Container{}, faults: map[string]error{}}
	if e.Action == "start" { // any other event is an end
		if err := found.add(ctx, w.client, e.Actor.ID); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.containers, e.Actor.ID)
	delete(w.faults, e.Actor.ID)
	maps.Copy(w.containers, found.containers)
	maps.Copy(w.faults, found.faults)
	return nil
}

func (w *Watch) succeed(version string, found *inventory) {
	w.mu.Lock()
	if w.version != version {
		w.log.Info("docker was connected", "version", version, "containers", len(found.containers))
	}
	w.version, w.problem, w.err, w.containers, w.faults = version, "", nil, found.containers, found.faults
	w.mu.Unlock()
	w.settle()
}

// fail forgets the list: not to know is something else than to know that nothing runs.
func (w *Watch) fail(err error) {
	problem := w.client.Problem(err)
	w.mu.Lock()
	if w.problem != problem { // said once, not at every attempt
		w.log.Info("docker was not usable", "problem", problem, "error", err.Error())
	}
	w.version, w.problem, w.err, w.containers, w.faults = "", problem, err, nil, nil
	w.mu.Unlock()
	w.settle()
}

func (w *Watch) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.hasTried {
		w.hasTried = true
		close(w.first)
	}
}
