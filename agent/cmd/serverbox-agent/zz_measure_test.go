package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serverbox/agent/internal/testcore"
)

func TestZZMeasure(t *testing.T) {
	if os.Getenv("MEASURE") == "" {
		t.SkipNow()
	}
	core := testcore.New(t)
	dir := filepath.Join(t.TempDir(), "s")
	bin := os.Getenv("MEASURE")
	e := exec.Command(bin, "enroll", "--state-dir", dir, "--core-url", core.URL, "--core-key", core.Fingerprint(), "--token-file", "-", "--services", os.Getenv("MEASURE_SERVICES"), "--docker-socket", "/tmp/agent-dk/docker.sock")
	e.Stdin = strings.NewReader(testcore.Token)
	if out, err := e.CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	cmd := exec.Command(bin, "run", "--state-dir", dir)
	cmd.Stderr = os.Stderr
	cmd.Env = append(strings.Fields(os.Getenv("MEASURE_ENV")), "PATH=/usr/bin:/bin")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	client := core.Client(t)
	s, _ := client.NewSession()
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	s.RequestSubsystem("metrics")
	fmt.Fprintln(in, `{"type":"welcome","lastSeq":0}`)
	every := os.Getenv("MEASURE_MS")
	fmt.Fprintf(in, "{\"type\":\"interval\",\"everyMs\":%s}\n", every)
	cpu := func() float64 {
		total := 0.0
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", cmd.Process.Pid))
		for _, f := range tasks {
			b, _ := os.ReadFile(f)
			var a float64
			fmt.Sscan(string(b), &a)
			total += a
		}
		return total / 1e6
	}
	n, bytes := 0, 0
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 2<<20)
	start := time.Now()
	var base float64
	baseN := 0
	last := ""
	for sc.Scan() {
		var m struct {
			Type string
			Seq  int
		}
		json.Unmarshal(sc.Bytes(), &m)
		if m.Seq > 0 {
			fmt.Fprintf(in, "{\"type\":\"ack\",\"seq\":%d}\n", m.Seq)
		}
		if m.Type == "host" {
			n++
			bytes += len(sc.Bytes())
		}
		if m.Type == "containers" {
			last = sc.Text()
		}
		if m.Type == "detail" && n > 5 && n < 8 {
			fmt.Println(sc.Text())
		}
		if base == 0 && time.Since(start) > 5*time.Second {
			base, baseN = cpu(), n
		}
		if time.Since(start) > 25*time.Second {
			break
		}
	}
	c := cpu() - base
	st, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	for _, l := range strings.Split(string(st), "\n") {
		if strings.HasPrefix(l, "VmRSS") || strings.HasPrefix(l, "Rss") || strings.HasPrefix(l, "Threads") {
			fmt.Println(l)
		}
	}
	if len(last) > 300 {
		last = last[:300]
	}
	fmt.Println(last)
	fmt.Printf("MEASURED samples=%d cpu=%.2fms per sample=%.3f ms, %d B per host line\n", n-baseN, c, c/float64(n-baseN), bytes/max(n, 1))
}
