package collect

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"serverbox/agent/pkg/wire"
)

const (
	sensorsMaxAge    = time.Minute     // where sensors are; they come and go with drivers
	readingMaxAge    = 4 * time.Second // a sensor on a slow bus takes milliseconds, and temperature has no hurry
	maxSensorsOnWire = 256
)

type sensor struct {
	name string
	path string
}

type temperatureCollector struct {
	roots     Roots
	files     fileReader
	sensors   []sensor
	foundAt   time.Time
	readings  []wire.Temperature
	readingAt time.Time
}

func (c *temperatureCollector) Name() string { return "temperature" }

func (c *temperatureCollector) Collect(context.Context, Want) (*Sample, error) {
	if time.Since(c.foundAt) > sensorsMaxAge {
		c.sensors, c.foundAt = findSensors(c.roots, &c.files), time.Now()
	}
	if len(c.sensors) == 0 {
		return nil, ErrNothingHere
	}
	var problem error
	if time.Since(c.readingAt) > readingMaxAge {
		problem = c.readAll()
	}
	sample := NewSample()
	sample.Detail.Temperatures = c.readings
	for _, reading := range c.readings {
		if hottest := sample.Host[wire.TemperatureCelsius]; !(reading.Celsius <= hottest) {
			sample.set(wire.TemperatureCelsius, reading.Celsius)
		}
	}
	return sample, problem
}

func (c *temperatureCollector) readAll() error {
	c.readings, c.readingAt = nil, time.Now()
	var problems []error
	for _, sensor := range c.sensors {
		text, err := c.files.readTrimmed(sensor.path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if celsius, ok := parseMillidegrees(text); ok {
			c.readings = append(c.readings, wire.Temperature{Sensor: sensor.name, Celsius: celsius})
		}
	}
	if len(c.readings) > 0 { // one sensor that is switched off does not make the others wrong
		return nil
	}
	return errors.Join(problems...)
}

// parseMillidegrees reads a sensor's file and refuses what no machine can be: unconnected sensors say such things.
func parseMillidegrees(text string) (float64, bool) {
	number, err := strconv.ParseInt(text, 10, 32)
	celsius := round(float64(number)/1000, 1)
	if err != nil || math.Abs(celsius) > 200 || celsius == 0 {
		return 0, false
	}
	return celsius, true
}

// findSensors lists the hardware monitors, or, where there are none, the thermal zones.
func findSensors(roots Roots, files *fileReader) []sensor {
	found := glob(roots.Sys + "/class/hwmon/hwmon*/temp*_input")
	found = append(found, glob(roots.Sys+"/class/hwmon/hwmon*/device/temp*_input")...)
	var sensors []sensor
	for _, path := range found {
		name, err := files.readTrimmed(filepath.Dir(path) + "/name")
		if err != nil {
			name = filepath.Base(filepath.Dir(path))
		}
		if label, err := files.readTrimmed(strings.TrimSuffix(path, "_input") + "_label"); err == nil {
			name += " " + label
		} else if !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		sensors = append(sensors, sensor{name: wire.Label(name), path: path})
	}
	if len(sensors) == 0 {
		sensors = findZones(roots, files)
	}
	return sensors[:min(len(sensors), maxSensorsOnWire)]
}

func findZones(roots Roots, files *fileReader) []sensor {
	var sensors []sensor
	for _, dir := range glob(roots.Sys + "/class/thermal/thermal_zone*") {
		name, err := files.readTrimmed(dir + "/type")
		if err != nil {
			name = filepath.Base(dir)
		}
		sensors = append(sensors, sensor{name: wire.Label(name), path: dir + "/temp"})
	}
	return sensors
}

func glob(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil // only a malformed pattern is an error, and ours are constant
	}
	return paths
}
