package collect

import (
	"bytes"
	"context"
	"errors"
	"math"

	"serverbox/agent/pkg/wire"
)

type memInfo struct {
	totalBytes, availableBytes, cachedBytes uint64
	swapTotalBytes, swapFreeBytes           uint64
}

// parseMeminfo reads /proc/meminfo, whose unit is KiB whatever it says.
func parseMeminfo(text []byte) (memInfo, error) {
	values := map[string]uint64{}
	for line := range lines(text) {
		name, rest, found := bytes.Cut(line, []byte{':'})
		if !found {
			continue
		}
		field, _ := nextField(rest)
		if kib, ok := parseUint(field); ok && kib < math.MaxUint64/1024 {
			values[string(name)] = kib * 1024
		}
	}
	total, hasTotal := values["MemTotal"]
	if !hasTotal {
		return memInfo{}, errors.New("parse /proc/meminfo: there is no MemTotal")
	}
	available, hasAvailable := values["MemAvailable"]
	if !hasAvailable { // kernels before 3.14
		available = values["MemFree"] + values["Buffers"] + values["Cached"]
	}
	return memInfo{
		totalBytes: total, availableBytes: min(available, total),
		cachedBytes:    values["Cached"] + values["Buffers"] + values["SReclaimable"],
		swapTotalBytes: values["SwapTotal"], swapFreeBytes: min(values["SwapFree"], values["SwapTotal"]),
	}, nil
}

type memoryCollector struct {
	roots Roots
	files fileReader
}

func (c *memoryCollector) Name() string { return "memory" }

func (c *memoryCollector) Collect(context.Context, Want) (*Sample, error) {
	text, err := c.files.read(c.roots.Proc + "/meminfo")
	if err != nil {
		return nil, err
	}
	mem, err := parseMeminfo(text)
	if err != nil {
		return nil, err
	}
	sample := NewSample()
	sample.set(wire.MemTotalBytes, float64(mem.totalBytes))
	sample.set(wire.MemUsedBytes, float64(mem.totalBytes-mem.availableBytes))
	sample.set(wire.MemCachedBytes, float64(mem.cachedBytes))
	sample.set(wire.SwapTotalBytes, float64(mem.swapTotalBytes))
	sample.set(wire.SwapUsedBytes, float64(mem.swapTotalBytes-mem.swapFreeBytes))
	return sample, nil
}
