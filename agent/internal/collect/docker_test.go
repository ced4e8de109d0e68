package collect

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"serverbox/agent/internal/docker"
	"serverbox/agent/internal/testdocker"
	"serverbox/agent/pkg/wire"
)

func startCollector(t *testing.T, socket string) *containersCollector {
	t.Helper()
	watch := docker.NewWatch(docker.NewClient(socket), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	tasks.Go(func() { watch.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		tasks.Wait()
	})
	<-watch.Settled()
	if state := watch.State(); !state.Usable() {
		t.Fatal(state.Problem)
	}
	return &containersCollector{roots: HostRoots(""), state: watch.State}
}

// untilRow reads cycles until a container's row satisfies the condition.
func untilRow(t *testing.T, c *containersCollector, id, what string, condition func(wire.Values) bool) {
	t.Helper()
	var last wire.Values
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		sample, _ := c.Collect(t.Context(), Want{}) // containers of others may vanish meanwhile
		for _, row := range sample.Rows {
			if row.ID == id[:12] {
				if last = row.Values; condition(last) {
					return
				}
			}
		}
	}
	t.Fatalf("waited too long until %s: %v", what, last)
}

func TestRealContainersAreMeasuredFromTheirControlGroups(t *testing.T) {
	engine := testdocker.Connect(t)
	c := startCollector(t, engine.Socket)
	busy := engine.Run(t, "while :; do :; done", `{"NetworkMode":"none","Memory":67108864,"NanoCpus":500000000}`)
	untilRow(t, c, busy, "half a processor is used", func(v wire.Values) bool {
		return v[wire.ContainerCPUCores] > 0.2 && v[wire.ContainerCPUCores] < 0.8
	})
	untilRow(t, c, busy, "memory, limit and processes are right", func(v wire.Values) bool {
		return v[wire.ContainerMemUsedBytes] > 0 && v[wire.ContainerMemUsedBytes] < 20<<20 &&
			v[wire.ContainerMemLimitBytes] == 64<<20 && v[wire.ContainerPids] == 1
	})
	idle := engine.Run(t, "sleep 1000", `{"NetworkMode":"host"}`)
	untilRow(t, c, idle, "the host's network is not taken for its own", func(v wire.Values) bool {
		return v[wire.ContainerCPUCores].Known() && v[wire.ContainerCPUCores] < 0.05 &&
			!v[wire.ContainerMemLimitBytes].Known() && !v[wire.ContainerNetRxBytesPerSecond].Known()
	})
}

// AG-12: a container vanishes in the middle of a collection.
func TestAG12ARealContainerThatIsKilledBetweenCyclesCostsOneEntry(t *testing.T) {
	engine := testdocker.Connect(t)
	c := startCollector(t, engine.Socket)
	stays := engine.Run(t, "sleep 1000", `{"NetworkMode":"none"}`)
	goes := engine.Run(t, "sleep 1000", `{"NetworkMode":"none"}`)
	isKnown := func(v wire.Values) bool { return v[wire.ContainerCPUCores].Known() }
	untilRow(t, c, stays, "it is seen", isKnown)
	untilRow(t, c, goes, "it is seen", isKnown)

	frozen := c.state()
	c.state = func() docker.State { return frozen } // as if the event were still on its way
	engine.Remove(t, goes)
	sample, err := c.Collect(t.Context(), Want{})
	if err == nil || strings.Count(err.Error(), "container ") != 1 || !strings.Contains(err.Error(), goes[:12]) {
		t.Errorf("got %v", err)
	}
	if len(sample.Rows) != len(frozen.Containers)-1 {
		t.Errorf("%d rows of %d containers", len(sample.Rows), len(frozen.Containers))
	}
	rest := frozen.Containers[:0:0]
	for _, container := range frozen.Containers {
		if container.ID != goes {
			rest = append(rest, container)
		}
	}
	frozen.Containers = rest
	if sample, err = c.Collect(t.Context(), Want{}); err != nil || len(sample.Rows) != len(rest) {
		t.Errorf("the next cycle: %d rows of %d, %v", len(sample.Rows), len(rest), err)
	}
}
