package collect

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"serverbox/agent/pkg/wire"
)

// parseLoadavg reads the three averages of /proc/loadavg. (Its fourth field counts threads, not processes.)
func parseLoadavg(text []byte) (load [3]float64, err error) {
	rest := bytes.TrimSpace(text)
	for i := range load {
		var field []byte
		var ok bool
		field, rest = nextField(rest)
		if load[i], ok = parseFloat(field); !ok || load[i] < 0 {
			return load, errors.New("parse /proc/loadavg: three averages were expected")
		}
	}
	return load, nil
}

func parseUptime(text []byte) (seconds float64, err error) {
	field, _ := nextField(bytes.TrimSpace(text))
	seconds, ok := parseFloat(field)
	if !ok || seconds < 0 {
		return 0, errors.New("parse /proc/uptime: a number of seconds was expected")
	}
	return seconds, nil
}

// systemCollector reads load, uptime and the number of processes.
type systemCollector struct {
	roots      Roots
	files      fileReader
	extraLinks int // links of /proc that are no processes; negative where that cannot be used
	settledAt  time.Time
}

func (c *systemCollector) Name() string { return "system" }

func (c *systemCollector) Collect(context.Context, Want) (*Sample, error) {
	sample := NewSample()
	return sample, errors.Join(c.readLoad(sample), c.readUptime(sample), c.readProcesses(sample))
}

func (c *systemCollector) readLoad(sample *Sample) error {
	text, err := c.files.read(c.roots.Proc + "/loadavg")
	if err != nil {
		return err
	}
	load, err := parseLoadavg(text)
	if err != nil {
		return err
	}
	sample.set(wire.Load1, load[0])
	sample.set(wire.Load5, load[1])
	sample.set(wire.Load15, load[2])
	return nil
}

func (c *systemCollector) readUptime(sample *Sample) error {
	text, err := c.files.read(c.roots.Proc + "/uptime")
	if err != nil {
		return err
	}
	sample.Detail.UptimeSeconds, err = parseUptime(text)
	return err
}

// readProcesses counts the processes. Listing /proc costs more than all other files together where many run, so the
// kernel's own number is used: the link count of /proc is a constant plus the number of processes. The constant is found
// by listing once, and found again from time to time.
func (c *systemCollector) readProcesses(sample *Sample) error {
	links, err := countLinks(c.roots.Proc)
	if err != nil {
		return err
	}
	if time.Since(c.settledAt) > settleEvery || c.extraLinks < 0 {
		return c.listProcesses(sample)
	}
	sample.set(wire.ProcessCount, float64(max(links-c.extraLinks, 0)))
	return nil
}

const (
	settleEvery = 5 * time.Minute
	// More than this cannot be the directories that the kernel itself has there: the link count is of another namespace.
	maxExtraLinks = 300
)

func (c *systemCollector) listProcesses(sample *Sample) error {
	names, err := listNames(c.roots.Proc)
	if err != nil {
		return err
	}
	processes := 0
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' {
			processes++
		}
	}
	sample.set(wire.ProcessCount, float64(processes))
	links, err := countLinks(c.roots.Proc)
	if err != nil {
		return err
	}
	c.extraLinks, c.settledAt = links-processes, time.Now()
	if c.extraLinks > maxExtraLinks {
		c.extraLinks = -1 // listed each time
	}
	return nil
}

func countLinks(path string) (int, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return 0, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return int(stat.Nlink), nil
}
