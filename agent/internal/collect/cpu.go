package collect

import (
	"bytes"
	"context"
	"errors"
	"math"

	"serverbox/agent/pkg/wire"
)

// cpuTimes are the counters of one line of /proc/stat, in ticks. Guest time is contained in user time.
type cpuTimes struct {
	user, nice, system, idle, iowait, irq, softirq, steal uint64
}

func (t cpuTimes) total() uint64 {
	return t.user + t.nice + t.system + t.idle + t.iowait + t.irq + t.softirq + t.steal
}

type cpuStat struct {
	all      cpuTimes
	cores    []cpuTimes
	bootedAt int64 // Unix seconds
}

// parseStat reads /proc/stat.
func parseStat(text []byte) (cpuStat, error) {
	var stat cpuStat
	hasTotal := false
	for line := range lines(text) {
		name, rest := nextField(line)
		switch {
		case string(name) == "cpu":
			stat.all, hasTotal = parseCPULine(rest)
		case bytes.HasPrefix(name, []byte("cpu")):
			if times, ok := parseCPULine(rest); ok {
				stat.cores = append(stat.cores, times)
			}
		case string(name) == "btime":
			field, _ := nextField(rest)
			if seconds, ok := parseUint(field); ok && seconds < math.MaxInt32*1000 {
				stat.bootedAt = int64(seconds)
			}
		}
	}
	if !hasTotal {
		return cpuStat{}, errors.New("parse /proc/stat: there is no line for all processors")
	}
	return stat, nil
}

func parseCPULine(fields []byte) (cpuTimes, bool) {
	var n [8]uint64
	if parseUints(fields, n[:]) < 4 { // the later fields came with later kernels
		return cpuTimes{}, false
	}
	return cpuTimes{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]}, true
}

// cpuShares are shares of the time that passed between two readings.
type cpuShares struct {
	busy, user, system, iowait, steal float64
}

func unknownShares() cpuShares {
	nan := math.NaN()
	return cpuShares{nan, nan, nan, nan, nan}
}

// cpuDelta compares two readings; a counter that went backwards makes all of it unknown. Only iowait may fall a little
// (proc(5) says so of tickless kernels): that counts as no waiting.
func cpuDelta(before, now cpuTimes) cpuShares {
	const tolerated = 200
	if now.iowait < before.iowait && before.iowait-now.iowait <= tolerated {
		now.iowait = before.iowait
	}
	pairs := [8][2]uint64{
		{before.user, now.user}, {before.nice, now.nice}, {before.system, now.system}, {before.idle, now.idle},
		{before.iowait, now.iowait}, {before.irq, now.irq}, {before.softirq, now.softirq}, {before.steal, now.steal},
	}
	var d [8]uint64
	for i, pair := range pairs {
		if pair[1] < pair[0] {
			return unknownShares()
		}
		d[i] = pair[1] - pair[0]
	}
	total := now.total() - before.total()
	return cpuShares{
		busy:   ratio(total-d[3]-d[4], total),
		user:   ratio(d[0]+d[1], total),
		system: ratio(d[2]+d[5]+d[6], total),
		iowait: ratio(d[4], total),
		steal:  ratio(d[7], total),
	}
}

type cpuCollector struct {
	roots  Roots
	files  fileReader
	before *cpuStat
}

func (c *cpuCollector) Name() string { return "cpu" }

func (c *cpuCollector) Collect(_ context.Context, want Want) (*Sample, error) {
	text, err := c.files.read(c.roots.Proc + "/stat")
	if err != nil {
		return nil, err
	}
	now, err := parseStat(text)
	if err != nil {
		return nil, err
	}
	before := c.before
	c.before = &now
	sample := NewSample()
	if before == nil {
		return sample, nil
	}
	shares := cpuDelta(before.all, now.all)
	sample.set(wire.CPURatio, shares.busy)
	sample.set(wire.CPUUserRatio, shares.user)
	sample.set(wire.CPUSystemRatio, shares.system)
	sample.set(wire.CPUIowaitRatio, shares.iowait)
	sample.set(wire.CPUStealRatio, shares.steal)
	if want.Detail {
		sample.Detail.Cores = coreShares(before.cores, now.cores)
	}
	return sample, nil
}

// coreShares compares core by core; after one was switched on or off the lines no longer match.
func coreShares(before, now []cpuTimes) wire.Values {
	cores := make(wire.Values, min(len(now), 4096))
	for i := range cores {
		cores[i] = wire.Unknown()
		if len(before) == len(now) {
			cores[i] = wire.Value(cpuDelta(before[i], now[i]).busy)
		}
	}
	return cores
}
