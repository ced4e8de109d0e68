package collect

import (
	"errors"
	"testing"

	"serverbox/agent/pkg/wire"
)

func TestTheHottestSensorIsReported(t *testing.T) {
	tr := newTree(t)
	c := &temperatureCollector{roots: tr.roots}
	if _, err := c.Collect(t.Context(), Want{}); !errors.Is(err, ErrNothingHere) {
		t.Errorf("got %v", err)
	}
	dir := tr.roots.Sys + "/class/hwmon/hwmon0"
	tr.put(dir+"/name", "coretemp\n")
	tr.put(dir+"/temp1_input", "45000\n")
	tr.put(dir+"/temp1_label", "Package id 0\n")
	tr.put(dir+"/temp2_input", "61500\n")
	tr.put(dir+"/temp3_input", "-274000\n")
	c = &temperatureCollector{roots: tr.roots}
	sample, err := c.Collect(t.Context(), Want{})
	if err != nil || sample.Host[wire.TemperatureCelsius] != 61.5 || len(sample.Detail.Temperatures) != 2 || sample.Detail.Temperatures[0].Sensor != "coretemp Package id 0" {
		t.Errorf("%+v, %v", sample, err)
	}
}
