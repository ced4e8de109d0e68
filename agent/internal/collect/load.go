package collect

import (
	"bytes"
	"context"
	"errors"

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
	roots Roots
	files fileReader
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

// readProcesses counts the numbered entries of /proc: no file of the kernel holds the number of processes.
func (c *systemCollector) readProcesses(sample *Sample) error {
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
	return nil
}
