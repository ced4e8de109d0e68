package collect

import (
	"os/exec"
	"testing"

	"serverbox/agent/pkg/wire"
)

func TestTheKernelsCountOfProcessesFollowsTheirNumber(t *testing.T) {
	c := &systemCollector{roots: HostRoots("")}
	count := func() float64 {
		sample, err := c.Collect(t.Context(), Want{})
		if err != nil {
			t.Fatal(err)
		}
		return sample.Host[wire.ProcessCount]
	}
	listed := count()
	const started = 200
	for range started {
		child := exec.CommandContext(t.Context(), "sleep", "60")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = child.Wait() }) // killed with the test's context
	}
	if counted := count(); counted < listed+started-60 || counted > listed+started+60 { // others start and end processes, too
		t.Errorf("%v processes became %v", listed, counted)
	}
	tr := newTree(t)
	for _, name := range []string{"loadavg", "uptime"} {
		tr.put(tr.roots.Proc+"/"+name, "1 1 1")
	}
	for _, name := range []string{"1", "22", "self", "x1"} {
		tr.put(tr.roots.Proc+"/"+name+"/stat", "")
	}
	c = &systemCollector{roots: tr.roots}
	if got := count(); got != 2 {
		t.Errorf("listed %v", got)
	}
}
