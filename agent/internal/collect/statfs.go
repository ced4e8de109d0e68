package collect

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const statDeadline = 800 * time.Millisecond

// diskUsage is the state of one file system; space reserved for root counts as free.
type diskUsage struct {
	TotalBytes, UsedBytes, InodesTotal, InodesUsed uint64
}

func usageOf(stat unix.Statfs_t) diskUsage {
	unit := uint64(max(stat.Frsize, 0))
	if unit == 0 {
		unit = uint64(max(stat.Bsize, 0))
	}
	return diskUsage{
		TotalBytes: stat.Blocks * unit, UsedBytes: (stat.Blocks - min(stat.Bfree, stat.Blocks)) * unit,
		InodesTotal: stat.Files, InodesUsed: stat.Files - min(stat.Ffree, stat.Files),
	}
}

// statProbe asks one file system; a question that hangs is not asked again until it was answered.
type statProbe struct {
	pending chan statAnswer
	askedAt time.Time
}

type statAnswer struct {
	usage diskUsage
	err   error
}

// statAll asks all file systems at once and waits statDeadline for all of them together.
func (c *diskCollector) statAll() []statAnswer {
	deadline := time.NewTimer(statDeadline)
	defer deadline.Stop()
	for _, m := range c.mounts {
		c.ask(m.point)
	}
	answers := make([]statAnswer, len(c.mounts))
	isLate := false
	for i, m := range c.mounts {
		probe := c.probes[m.point]
		if !isLate {
			select {
			case answers[i] = <-probe.pending:
				delete(c.probes, m.point)
				continue
			case <-deadline.C:
				isLate = true
			}
		}
		select {
		case answers[i] = <-probe.pending:
			delete(c.probes, m.point)
		default:
			waited := time.Since(probe.askedAt).Round(100 * time.Millisecond)
			answers[i].err = fmt.Errorf("statfs %s: no answer for %s", m.point, waited)
		}
	}
	return answers
}

func (c *diskCollector) ask(point string) {
	if c.probes[point] != nil {
		return
	}
	probe := &statProbe{pending: make(chan statAnswer, 1), askedAt: time.Now()}
	c.probes[point] = probe
	ask, host := c.statfs, c.roots.Host
	go func() { // a dead network file system keeps it for ever: that is one goroutine, and only its own entry is missing
		var stat unix.Statfs_t
		if err := ask(host+point, &stat); err != nil {
			probe.pending <- statAnswer{err: &os.PathError{Op: "statfs", Path: point, Err: err}}
			return
		}
		probe.pending <- statAnswer{usage: usageOf(stat)}
	}()
}
