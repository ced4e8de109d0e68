package collect

import (
	"fmt"
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"serverbox/agent/pkg/wire"
)

func TestTheNetworkSumsCountPhysicalInterfacesOnce(t *testing.T) {
	tr := newTree(t)
	line := "%s: %d 0 0 0 0 0 0 0 %d 0 0 0 0 0 0 0\n"
	write := func(n int) {
		text := "h\nh\n"
		for _, name := range []string{"lo", "eth0", "eth1", "bond0", "eth0.100", "docker0", "br-1", "veth1", "wg0"} {
			text += fmt.Sprintf(line, name, n, 2*n)
		}
		tr.put(tr.roots.Proc+"/self/net/dev", text)
	}
	tr.put(tr.roots.Proc+"/self/net/snmp", "Tcp: CurrEstab\nTcp: 3\n")
	tr.put(tr.roots.Sys+"/class/net/eth0/device/vendor", "")
	tr.put(tr.roots.Sys+"/class/net/eth1/device/vendor", "")
	tr.put(tr.roots.Sys+"/class/net/eth0/speed", "1000\n")
	tr.put(tr.roots.Sys+"/class/net/eth0/operstate", "up\n")
	tr.put(tr.roots.Sys+"/class/net/wg0/speed", "-1\n")
	c := &networkCollector{roots: tr.roots}
	write(1000)
	if sample, err := c.Collect(t.Context(), Want{}); err != nil || !math.IsNaN(sample.Host[wire.NetRxBytesPerSecond]) {
		t.Fatalf("the first reading has no rate: %+v, %v", sample, err)
	}
	c.beforeAt = time.Now().Add(-10 * time.Second)
	write(11000)
	sample, err := c.Collect(t.Context(), Want{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	rx, tx := sample.Host[wire.NetRxBytesPerSecond], sample.Host[wire.NetTxBytesPerSecond]
	if rx < 1990 || rx > 2001 || tx < 3980 || tx > 4001 || sample.Host[wire.TCPEstablished] != 3 {
		t.Errorf("rx %v, tx %v", rx, tx)
	}
	if n := len(sample.Detail.Interfaces); n != 7 {
		t.Errorf("%d interfaces in the detail", n)
	}
	for _, entry := range sample.Detail.Interfaces {
		if entry.Name == "eth0" && (!entry.Up || entry.SpeedBitsPerSec != 1e9) || entry.Name == "wg0" && entry.SpeedBitsPerSec.Known() {
			t.Errorf("got %+v", entry)
		}
	}
	write(5)
	if sample, _ := c.Collect(t.Context(), Want{}); !math.IsNaN(sample.Host[wire.NetRxBytesPerSecond]) {
		t.Errorf("after a reset: %v", sample.Host[wire.NetRxBytesPerSecond])
	}
}

// AG-12: names that are not UTF-8.
func TestANameThatIsNotUTF8StillMakesALineOfJSON(t *testing.T) {
	tr := newTree(t)
	tr.put(tr.roots.Proc+"/self/net/dev", "h\nh\net\xff0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n")
	tr.put(tr.roots.Proc+"/self/net/snmp", "Tcp: CurrEstab\nTcp: 3\n")
	c := &networkCollector{roots: tr.roots}
	sample, err := c.Collect(t.Context(), Want{Detail: true})
	if err != nil || len(sample.Detail.Interfaces) != 1 || sample.Detail.Interfaces[0].Name != "et\uFFFD0" {
		t.Fatalf("%+v, %v", sample.Detail.Interfaces, err)
	}
	line, err := wire.MarshalLine(sample.Detail)
	if err != nil || !utf8.Valid(line) {
		t.Errorf("%q, %v", line, err)
	}
}
