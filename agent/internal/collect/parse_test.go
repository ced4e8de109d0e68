package collect

import (
	"math"
	"slices"
	"strings"
	"testing"
)

const procStat = `cpu  10132153 290696 3084719 46828483 16683 0 25195 175628 1000 0
cpu0 1393280 32966 572056 13343292 6130 0 17875 23933 0 0
cpu1 1335123 33035 557251 13467424 4100 0 3200 22933 0 0
intr 199292912 14 0
ctxt 22848348
btime 1763000000
processes 26442
procs_running 1
procs_blocked 0
softirq 5057579 250191
`

func TestParseStatReadsProcessorsAndBootTime(t *testing.T) {
	stat, err := parseStat([]byte(procStat))
	if err != nil {
		t.Fatal(err)
	}
	want := cpuTimes{10132153, 290696, 3084719, 46828483, 16683, 0, 25195, 175628}
	if stat.all != want || len(stat.cores) != 2 || stat.cores[1].user != 1335123 || stat.bootedAt != 1763000000 {
		t.Errorf("got %+v", stat)
	}
	if _, err := parseStat([]byte("intr 1\n")); err == nil {
		t.Error("a file without processors was accepted")
	}
}

func TestCPUSharesAreOfTheTimeBetweenTwoReadings(t *testing.T) {
	before := cpuTimes{user: 100, nice: 10, system: 50, idle: 1000, iowait: 20, irq: 1, softirq: 2, steal: 3}
	now := cpuTimes{user: 120, nice: 15, system: 60, idle: 1050, iowait: 25, irq: 2, softirq: 6, steal: 8}
	got := cpuDelta(before, now)
	want := cpuShares{busy: 0.45, user: 0.25, system: 0.15, iowait: 0.05, steal: 0.05}
	if got != want {
		t.Errorf("got %+v", got)
	}
}

// AG-12: a counter wraps.
func TestACounterThatGoesBackwardsMakesTheShareUnknown(t *testing.T) {
	before := cpuTimes{user: 100, idle: 1000, iowait: 500}
	for name, now := range map[string]cpuTimes{
		"user fell":        {user: 99, idle: 1100, iowait: 500},
		"idle fell":        {user: 110, idle: 10, iowait: 500},
		"iowait fell much": {user: 110, idle: 1100, iowait: 1},
		"nothing passed":   before,
	} {
		if got := cpuDelta(before, now); !math.IsNaN(got.busy) || !math.IsNaN(got.iowait) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := cpuDelta(before, cpuTimes{user: 150, idle: 1050, iowait: 498}); got.busy != 0.5 || got.iowait != 0 {
		t.Errorf("iowait fell by the kernel's own inexactness: %+v", got)
	}
}

// AG-12: a counter wraps.
func TestRatesAreUnknownAfterAReset(t *testing.T) {
	if got := rate(1000, 3000, 2); got != 1000 {
		t.Errorf("got %v", got)
	}
	for name, got := range map[string]float64{"reset": rate(10, 5, 1), "wrap": rate(math.MaxUint64, 5, 1), "no time": rate(1, 2, 0)} {
		if !math.IsNaN(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	text := "MemTotal:        4009892 kB\nMemFree:          200000 kB\nMemAvailable:    2834780 kB\nBuffers:          100 kB\n" +
		"Cached:           800000 kB\nSwapCached:            0 kB\nSwapTotal:       1000000 kB\nSwapFree:         900000 kB\nSReclaimable:       50 kB\n"
	mem, err := parseMeminfo([]byte(text))
	want := memInfo{4009892 << 10, 2834780 << 10, 800150 << 10, 1000000 << 10, 900000 << 10}
	if err != nil || mem != want {
		t.Errorf("got %+v, %v", mem, err)
	}
	old, err := parseMeminfo([]byte("MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\n"))
	if err != nil || old.availableBytes != 35<<10 {
		t.Errorf("kernels without MemAvailable: %+v, %v", old, err)
	}
	if _, err := parseMeminfo([]byte("MemFree: 1 kB\n")); err == nil {
		t.Error("no total, no error")
	}
}

func TestParseLoadavgAndUptime(t *testing.T) {
	if load, err := parseLoadavg([]byte("0.42 0.30 0.20 1/143 26442\n")); err != nil || load != [3]float64{0.42, 0.3, 0.2} {
		t.Errorf("%v, %v", load, err)
	}
	if seconds, err := parseUptime([]byte("665200.12 1234.5\n")); err != nil || seconds != 665200.12 {
		t.Errorf("%v, %v", seconds, err)
	}
	for _, text := range []string{"", "a b c", "-1 0 0", "1 2", "NaN 1 1"} {
		if _, err := parseLoadavg([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

const diskstats = `   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 98008 26724 5718994 53853 34675 57383 5715360 22191 0 13532 77324 10245 75 1379568 892 6300 386
   8       1 sda1 10 0 80 5 20 0 160 7 0 12 12
broken line
`

func TestParseDiskstats(t *testing.T) {
	disks := parseDiskstats([]byte(diskstats))
	want := diskCounters{name: "vda", readSectors: 5718994, wroteSects: 5715360, busyMs: 13532}
	if len(disks) != 3 || disks["254:0"] != want || disks["8:1"].busyMs != 12 {
		t.Errorf("got %+v", disks)
	}
	rates := diskDelta(diskCounters{readSectors: 100, wroteSects: 10, busyMs: 500}, diskCounters{readSectors: 300, wroteSects: 10, busyMs: 1500}, 2)
	if rates != (diskRates{read: 100 * 512, write: 0, busy: 0.5}) {
		t.Errorf("got %+v", rates)
	}
}

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
28 27 254:1 /var/lib/docker /mnt/bind rw - ext4 /dev/vda1 rw
29 27 254:1 / /mnt/again rw - ext4 /dev/vda1 rw
30 27 0:40 / /run rw - tmpfs tmpfs rw
31 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
32 27 8:1 / /data\040disk rw shared:2 master:3 - xfs /dev/sda1 rw
33 27 0:50 / /mnt/nfs rw - nfs4 server:/export rw,vers=4.2
34 27 0:60 /@home /home rw - btrfs /dev/sdb rw
35 27 0:61 /@log /var/log rw - btrfs /dev/sdb rw
36 27 0:70 / /tank rw - zfs tank rw
37 27 0:71 / /tank/sub rw - zfs tank/sub rw
38 27 0:80 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/a
31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro
35 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
36 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
garbage
`

func points(mounts []mount) (list []string) {
	for _, m := range mounts {
		list = append(list, m.point)
	}
	return list
}

func TestChooseMountsTakesEachDeviceOnce(t *testing.T) {
	got := points(chooseMounts(parseMountinfo([]byte(mountinfo))))
	if want := []string{"/", "/data disk", "/mnt/nfs", "/home", "/tank"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestChooseMountsReportsTheRootOfAContainer(t *testing.T) {
	inContainer := `600 500 0:80 / / rw - overlay overlay rw,lowerdir=/a
601 600 0:81 / /proc rw - proc proc rw
602 600 254:1 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/vda1 rw
603 600 254:1 /var/lib/docker/volumes/v/_data /data rw - ext4 /dev/vda1 rw
`
	got := chooseMounts(parseMountinfo([]byte(inContainer)))
	if len(got) != 1 || got[0].point != "/" || got[0].fsType != "overlay" {
		t.Errorf("got %+v", got)
	}
}

func TestParseNetDev(t *testing.T) {
	text := `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:   63176     875    0    0    0     0          0         0    63176     875    0    0    0     0       0          0
  eth0:947046417   23271    3    0    0     0          0         0  1382583   13421    4    0    0     0       0          0
 short: 1 2 3
`
	got := parseNetDev([]byte(text))
	if len(got) != 2 || got["eth0"] != (interfaceCounters{947046417, 3, 1382583, 4}) {
		t.Errorf("got %+v", got)
	}
}

func TestParseEstablished(t *testing.T) {
	text := `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 1386 226 42 120 12 41239
Udp: InDatagrams
Udp: 5
`
	if got, err := parseEstablished([]byte(text)); err != nil || got != 12 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseEstablished([]byte("Tcp: A B\nTcp: 1 2\n")); err == nil {
		t.Error("no column, no error")
	}
}

func TestParseFailedUnits(t *testing.T) {
	text := "nginx.service loaded failed failed A web server\n● app.service    loaded failed failed App\n\n"
	if got := parseFailedUnits([]byte(strings.ReplaceAll(text, "● ", "●"))); !slices.Equal(got, []string{"nginx.service", "app.service"}) {
		t.Errorf("got %q", got)
	}
	if got := parseFailedUnits(nil); got == nil || len(got) != 0 {
		t.Errorf("none failed is an empty list: %v", got)
	}
}

func TestParseMillidegreesRefusesWhatNoMachineIs(t *testing.T) {
	if celsius, ok := parseMillidegrees("45875"); !ok || celsius != 45.9 {
		t.Errorf("%v, %v", celsius, ok)
	}
	for _, text := range []string{"", "warm", "0", "-273000", "999999999999", "2000000"} {
		if celsius, ok := parseMillidegrees(text); ok {
			t.Errorf("%q is %v", text, celsius)
		}
	}
}

func TestParseOSRelease(t *testing.T) {
	for text, want := range map[string]string{
		"NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n": "Debian GNU/Linux 12 (bookworm)",
		"PRETTY_NAME='Void'\n": "Void", "PRETTY_NAME=Alpine\n": "Alpine", "NAME=x\n": "",
	} {
		if got := parseOSRelease([]byte(text)); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestControlGroupsAreFoundInEveryLayout(t *testing.T) {
	v1 := findCgroupMounts(parseMountinfo([]byte(mountinfo)), "")
	v2 := findCgroupMounts(parseMountinfo([]byte("41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")), "")
	nested := findCgroupMounts(parseMountinfo([]byte("41 31 0:38 /docker/agent /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")), "")
	for name, c := range map[string]struct {
		mounts []cgroupMount
		file   string
		want   cgroupPaths
	}{
		"version 1, docker": {v1, "11:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n",
			cgroupPaths{cpu: "/sys/fs/cgroup/cpu,cpuacct/docker/abc", memory: "/sys/fs/cgroup/memory/docker/abc"}},
		"version 1, systemd": {v1, "11:memory:/system.slice/docker-abc.scope\n4:cpuacct:/system.slice/docker-abc.scope\n",
			cgroupPaths{cpu: "/sys/fs/cgroup/cpu,cpuacct/system.slice/docker-abc.scope", memory: "/sys/fs/cgroup/memory/system.slice/docker-abc.scope"}},
		"version 2, systemd": {v2, "0::/system.slice/docker-abc.scope\n", oneDir("/sys/fs/cgroup/system.slice/docker-abc.scope")},
		"version 2, docker":  {v2, "0::/docker/abc\n", oneDir("/sys/fs/cgroup/docker/abc")},
		"version 2, nested":  {nested, "0::/docker/agent/abc\n", oneDir("/sys/fs/cgroup/abc")},
		"dots stay inside":   {v2, "0::/../../etc\n", oneDir("/sys/fs/cgroup/etc")},
	} {
		got, err := resolveCgroups(c.mounts, parseProcCgroup([]byte(c.file)))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, file := range []string{"", "0::/\n", "garbage", "1:name=systemd:/docker/abc\n"} {
		if got, err := resolveCgroups(v2, parseProcCgroup([]byte(file))); err == nil {
			t.Errorf("%q became %+v", file, got)
		}
	}
}

func oneDir(dir string) cgroupPaths {
	return cgroupPaths{isV2: true, cpu: dir, memory: dir, blkio: dir, pids: dir}
}

func TestParseBlockIO(t *testing.T) {
	v2 := "254:0 rbytes=1000 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=2 rios=0 wios=0\n"
	if got := parseIOStat([]byte(v2)); got != (blockBytes{1001, 22}) {
		t.Errorf("got %+v", got)
	}
	v1 := "254:0 Read 1000\n254:0 Write 20\n254:0 Sync 5\n254:0 Total 1020\n8:0 Read 1\nTotal 1021\n"
	if got := parseServiceBytes([]byte(v1)); got != (blockBytes{1001, 20}) {
		t.Errorf("got %+v", got)
	}
}

func FuzzParsers(f *testing.F) {
	for _, seed := range []string{procStat, diskstats, mountinfo, "Tcp: CurrEstab\nTcp: 1\n", "0::/a\n", "a: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if stat, err := parseStat(text); err == nil {
			shares := cpuDelta(cpuTimes{}, stat.all)
			if shares.busy < 0 || shares.busy > 1 {
				t.Errorf("busy is %v", shares.busy)
			}
		}
		_, _ = parseMeminfo(text)
		_, _ = parseLoadavg(text)
		_, _ = parseUptime(text)
		_, _ = parseEstablished(text)
		parseDiskstats(text)
		parseNetDev(text)
		parseFailedUnits(text)
		parseOSRelease(text)
		parseCPUModel(text)
		parseIOStat(text)
		parseServiceBytes(text)
		mounts := parseMountinfo(text)
		chooseMounts(mounts)
		if paths, err := resolveCgroups(findCgroupMounts(mounts, ""), parseProcCgroup(text)); err == nil && paths == (cgroupPaths{}) {
			t.Error("no paths and no error")
		}
	})
}
