package collect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"serverbox/agent/pkg/wire"
)

const maxInterfacesOnWire = 512

type interfaceCounters struct {
	rxBytes, rxErrors, txBytes, txErrors uint64
}

// parseNetDev reads /proc/net/dev, also that of another network namespace.
func parseNetDev(text []byte) map[string]interfaceCounters {
	interfaces := map[string]interfaceCounters{}
	for line := range lines(text) {
		if name, counters, ok := parseInterface(line); ok {
			interfaces[string(name)] = counters
		}
	}
	return interfaces
}

// parseInterface reads one line; the headings are none.
func parseInterface(line []byte) (name []byte, counters interfaceCounters, ok bool) {
	name, rest, found := bytes.Cut(line, []byte{':'})
	var n [16]uint64
	if !found || parseUints(rest, n[:]) < 16 {
		return nil, interfaceCounters{}, false
	}
	return bytes.TrimSpace(name), interfaceCounters{rxBytes: n[0], rxErrors: n[2], txBytes: n[8], txErrors: n[10]}, true
}

// parseEstablished reads the number of established connections from /proc/net/snmp: the kernel keeps it, so that the
// table of all connections need not be read. Both IPv4 and IPv6 are counted there.
func parseEstablished(text []byte) (float64, error) {
	column := -1
	for line := range lines(text) {
		fields, isTCP := bytes.CutPrefix(line, []byte("Tcp: "))
		if !isTCP {
			continue
		}
		words := bytes.Fields(fields)
		if column < 0 {
			column = slices.IndexFunc(words, func(word []byte) bool { return string(word) == "CurrEstab" })
			continue
		}
		if column < len(words) {
			if number, ok := parseUint(words[column]); ok {
				return float64(number), nil
			}
		}
	}
	return 0, errors.New("parse /proc/net/snmp: there is no CurrEstab")
}

// Interfaces that software makes: what goes through them goes through a physical one too, or never leaves the machine.
var virtualPrefixes = []string{
	"lo", "docker", "br-", "veth", "virbr", "cni", "flannel", "cali", "tun", "tap", "wg", "tailscale", "zt", "dummy", "ifb",
	"podman", "lxc", "lxd", "kube", "vxlan", "geneve", "sit", "ip6tnl", "gre",
}

func isVirtualName(name string) bool {
	return slices.ContainsFunc(virtualPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

type networkCollector struct {
	roots     Roots
	files     fileReader
	before    map[string]interfaceCounters
	beforeAt  time.Time
	hasDevice map[string]bool
}

func (c *networkCollector) Name() string { return "network" }

func (c *networkCollector) Collect(_ context.Context, want Want) (*Sample, error) {
	sample := NewSample()
	return sample, errors.Join(c.readInterfaces(sample, want), c.readEstablished(sample))
}

func (c *networkCollector) readInterfaces(sample *Sample, want Want) error {
	text, err := c.files.read(c.roots.self() + "/net/dev")
	if err != nil {
		return err
	}
	now, at := parseNetDev(text), time.Now()
	before, seconds := c.before, at.Sub(c.beforeAt).Seconds()
	c.before, c.beforeAt = now, at
	counted := c.countedNames(now)
	var rx, tx float64
	hasRate := false
	for _, name := range counted {
		earlier, known := before[name]
		if !known {
			continue
		}
		hasRate = true
		rx += byteRate(earlier.rxBytes, now[name].rxBytes, seconds)
		tx += byteRate(earlier.txBytes, now[name].txBytes, seconds)
	}
	if hasRate {
		sample.set(wire.NetRxBytesPerSecond, rx)
		sample.set(wire.NetTxBytesPerSecond, tx)
	}
	if want.Detail {
		sample.Detail.Interfaces = c.describe(before, now, seconds)
	}
	return nil
}

// countedNames are the interfaces of the sums: those with a device behind them (which leaves out bridges, bonds and
// VLANs that would count the same bytes again), or, where there is none (in a container), those not known as virtual.
func (c *networkCollector) countedNames(now map[string]interfaceCounters) []string {
	if c.hasDevice == nil {
		c.hasDevice = map[string]bool{}
	}
	var withDevice, plain []string
	for name := range now {
		if isVirtualName(name) {
			continue
		}
		plain = append(plain, name)
		has, known := c.hasDevice[name]
		if !known {
			has = exists(c.roots.Sys + "/class/net/" + name + "/device")
			c.hasDevice[name] = has
		}
		if has {
			withDevice = append(withDevice, name)
		}
	}
	if len(withDevice) > 0 {
		return withDevice
	}
	return plain
}

// describe lists the interfaces for the detail, without the loopback and the containers' ends of cables.
func (c *networkCollector) describe(before, now map[string]interfaceCounters, seconds float64) []wire.Interface {
	var list []wire.Interface
	for name, counters := range now {
		if name == "lo" || strings.HasPrefix(name, "veth") {
			continue
		}
		entry := wire.Interface{
			Name: wire.Label(name), Up: c.isUp(name), SpeedBitsPerSec: c.speed(name),
			RxBytesPerSecond: wire.Unknown(), TxBytesPerSecond: wire.Unknown(),
			RxErrors: counters.rxErrors, TxErrors: counters.txErrors,
		}
		if earlier, known := before[name]; known {
			entry.RxBytesPerSecond = wire.Value(byteRate(earlier.rxBytes, counters.rxBytes, seconds))
			entry.TxBytesPerSecond = wire.Value(byteRate(earlier.txBytes, counters.txBytes, seconds))
		}
		list = append(list, entry)
	}
	slices.SortFunc(list, func(a, b wire.Interface) int { return cmp.Compare(a.Name, b.Name) })
	return list[:min(len(list), maxInterfacesOnWire)]
}

// isUp trusts the operational state; drivers that do not know it (tunnels) say "unknown" while they work.
func (c *networkCollector) isUp(name string) bool {
	state, err := c.files.readTrimmed(c.roots.Sys + "/class/net/" + name + "/operstate")
	return err == nil && (state == "up" || state == "unknown")
}

// speed is unknown for virtual devices, which say -1 or refuse to be read.
func (c *networkCollector) speed(name string) wire.Value {
	megabits, err := c.files.readUint(c.roots.Sys + "/class/net/" + name + "/speed")
	if err != nil || megabits == 0 || megabits > math.MaxInt32 {
		return wire.Unknown()
	}
	return wire.Value(megabits * 1_000_000)
}

func (c *networkCollector) readEstablished(sample *Sample) error {
	text, err := c.files.read(c.roots.self() + "/net/snmp")
	if err != nil {
		return err
	}
	established, err := parseEstablished(text)
	if err != nil {
		return err
	}
	sample.set(wire.TCPEstablished, established)
	return nil
}
