package collect

import (
	"serverbox/agent/internal/docker"
)

// Host lists the collectors of this machine, in the order in which they run. containers is nil where the owner does
// not let the agent look at Docker.
func Host(roots Roots, containers func() docker.State) []Collector {
	collectors := []Collector{
		&cpuCollector{roots: roots},
		&systemCollector{roots: roots},
		&memoryCollector{roots: roots},
		newDiskCollector(roots),
		&networkCollector{roots: roots},
		&temperatureCollector{roots: roots},
		&unitsCollector{roots: roots},
	}
	if containers != nil {
		collectors = append(collectors, &containersCollector{roots: roots, state: containers})
	}
	return collectors
}
