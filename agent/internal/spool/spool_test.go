package spool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, options Options) *Spool {
	t.Helper()
	s, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func appendN(t *testing.T, s *Spool, n int) {
	t.Helper()
	for range n {
		if err := s.Append(numbered); err != nil {
			t.Fatal(err)
		}
	}
}

func numbered(seq uint64) ([]byte, error) { return fmt.Appendf(nil, `{"seq":%d}`, seq), nil }

// drain reads everything that is there now.
func drain(t *testing.T, s *Spool, after uint64) []uint64 {
	t.Helper()
	reader := s.Read(after)
	defer reader.Close()
	wake := make(chan struct{})
	close(wake)
	var seqs []uint64
	for {
		seq, line, err := reader.Next(context.Background(), wake)
		if errors.Is(err, ErrWoken) {
			return seqs
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`{"seq":%d}`, seq); string(line) != want && !bytes.HasPrefix(line, []byte("x")) {
			t.Fatalf("record %d holds %s", seq, line)
		}
		seqs = append(seqs, seq)
	}
}

func span(first, last uint64) (seqs []uint64) {
	for seq := first; seq <= last; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func expect(t *testing.T, got, want []uint64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRecordsComeBackInOrderAndGoOnAfterAProperClose(t *testing.T) {
	options := Options{Dir: t.TempDir(), SegmentBytes: 200}
	s := open(t, options)
	appendN(t, s, 30)
	epoch := s.Epoch()
	expect(t, drain(t, s, 0), span(1, 30))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, options)
	defer s.Close()
	appendN(t, s, 1)
	if s.Epoch() != epoch {
		t.Error("the epoch changed")
	}
	expect(t, drain(t, s, 25), span(26, 31))
}

func TestAReaderWaitsForTheNextRecord(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	defer s.Close()
	got := make(chan uint64, 1)
	go func() {
		reader := s.Read(0)
		defer reader.Close()
		seq, _, err := reader.Next(t.Context(), nil)
		if err != nil {
			t.Error(err)
		}
		got <- seq
	}()
	appendN(t, s, 1)
	if seq := <-got; seq != 1 {
		t.Errorf("got %d", seq)
	}
}

func TestAcknowledgedSegmentsAreDeleted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, SegmentBytes: 200})
	defer s.Close()
	appendN(t, s, 50)
	before, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
	s.Ack(50)
	after, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
	if len(before) < 5 || len(after) != 1 {
		t.Errorf("%d segments became %d", len(before), len(after))
	}
	expect(t, drain(t, s, 50), nil)
	s.Ack(1000)
	appendN(t, s, 1)
	expect(t, drain(t, s, 50), span(51, 51))
}

func TestTheOldestIsDroppedAndCountedBeyondTheBounds(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, MaxBytes: 4000, SegmentBytes: 400, Now: func() time.Time { return now }})
	defer s.Close()
	appendN(t, s, 1000)
	seqs := drain(t, s, 0)
	if n := len(seqs); n == 0 || n > 200 || seqs[n-1] != 1000 {
		t.Fatalf("kept %d records", n)
	}
	if dropped := s.Health().Dropped; dropped != 1000-uint64(len(seqs)) {
		t.Errorf("counted %d of %d", dropped, 1000-len(seqs))
	}
	now = now.Add(25 * time.Hour)
	appendN(t, s, 1)
	if seqs := drain(t, s, 0); len(seqs) > 20 {
		t.Errorf("%d records are older than a day", len(seqs)-1)
	}
}

func TestATornTailIsCutAndItsNumberNeverUsedAgain(t *testing.T) {
	for name, tail := range map[string]string{
		"half a record":    `4 1234abcd {"se`,
		"zeros":            strings.Repeat("\x00", 512),
		"wrong sum":        "4 00000000 {\"seq\":4}\n",
		"no number":        "\n\n\n",
		"number backwards": string(record{seq: 2, line: []byte(`{"seq":2}`)}.encode()),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			appendN(t, s, 3)
			files, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
			crashed := t.TempDir()
			copyFile(t, files[0], filepath.Join(crashed, filepath.Base(files[0])), tail)
			copyFile(t, filepath.Join(dir, metaName), filepath.Join(crashed, metaName), "")
			epoch := s.Epoch()
			defer s.Close()

			again := open(t, Options{Dir: crashed})
			defer again.Close()
			appendN(t, again, 1)
			seqs := drain(t, again, 0)
			if again.Epoch() != epoch || len(seqs) != 4 || seqs[2] != 3 || seqs[3] <= 4 {
				t.Errorf("got %v", seqs)
			}
		})
	}
}

func copyFile(t *testing.T, from, to, tail string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, append(text, tail...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestALostMetaBeginsANewEpoch(t *testing.T) {
	options := Options{Dir: t.TempDir()}
	s := open(t, options)
	appendN(t, s, 3)
	epoch := s.Epoch()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(options.Dir, metaName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, options)
	defer s.Close()
	appendN(t, s, 1)
	if s.Epoch() == epoch || s.Health().Dropped == 0 {
		t.Error("the old epoch lives on")
	}
	expect(t, drain(t, s, 0), span(1, 1))
}

func TestADamagedRecordCostsItsSegmentAndNoMore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, SegmentBytes: 200})
	defer s.Close()
	appendN(t, s, 40)
	files, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
	file, err := os.OpenFile(files[1], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte("##"), 3); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	seqs := drain(t, s, 0)
	if n := len(seqs); n < 30 || n >= 40 || seqs[0] != 1 || seqs[n-1] != 40 {
		t.Errorf("got %v", seqs)
	}
}

const childVariable = "SPOOL_TEST_DIR"

// TestMain makes this program the child of the test below, when that test asks for it.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		fmt.Fprintln(os.Stderr, appendForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// appendForEver appends until the process is killed and prints each number once the record is kept.
func appendForEver(dir string) error {
	s, err := Open(Options{Dir: dir, SegmentBytes: 4000})
	if err != nil {
		return err
	}
	for {
		var seq uint64
		if err := s.Append(func(n uint64) ([]byte, error) { seq = n; return numbered(n) }); err != nil {
			return err
		}
		fmt.Printf("seq %d\n", seq)
	}
}

func TestKillingTheProcessNeitherLosesNorRepeatsANumber(t *testing.T) {
	dir := t.TempDir()
	var last uint64
	for round := range 3 {
		seen := runUntilKilled(t, dir, 300)
		if seen[0] <= last {
			t.Fatalf("round %d begins with %d after %d", round, seen[0], last)
		}
		last = seen[len(seen)-1]
		s := open(t, Options{Dir: dir})
		kept := drain(t, s, seen[0]-1)
		if len(kept) < len(seen) || kept[len(kept)-1] < last {
			t.Errorf("printed %d records, kept %d", len(seen), len(kept))
		}
		last = kept[len(kept)-1]
		copyAway(t, dir, s)
	}
}

// copyAway leaves the directory as a crash would, without a proper close.
func copyAway(t *testing.T, dir string, s *Spool) {
	t.Helper()
	meta, err := os.ReadFile(filepath.Join(dir, metaName))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, metaName), meta, 0o600); err != nil {
		t.Fatal(err)
	}
}

func runUntilKilled(t *testing.T, dir string, count int) (seqs []uint64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for len(seqs) < count && scanner.Scan() {
		if number, found := strings.CutPrefix(scanner.Text(), "seq "); found {
			seq, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, seq)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if len(seqs) < count {
		t.Fatalf("the child printed %d numbers", len(seqs))
	}
	return seqs
}

func TestAFullDiskKeepsTheNewestInMemoryAndRecovers(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	defer func() { _ = unix.Unmount(dir, 0) }()
	s := open(t, Options{Dir: dir, MaxBytes: 64 << 20, SegmentBytes: 32 << 10})
	big := func(seq uint64) ([]byte, error) { return bytes.Repeat([]byte("x"), 10_000), nil }
	for range 100 {
		if err := s.Append(big); err != nil {
			t.Fatal(err)
		}
	}
	if s.Health().Err == nil {
		t.Error("nothing says that the disk is full")
	}
	expect(t, drain(t, s, 0), span(1, 100))
	s.Ack(60)
	appendN(t, s, 1)
	expect(t, drain(t, s, 60), span(61, 101))
	s.Ack(100)
	appendN(t, s, 1)
	if err := s.Health().Err; err != nil {
		t.Errorf("the disk has room again: %v", err)
	}
	for range 400 {
		if err := s.Append(big); err != nil {
			t.Fatal(err)
		}
	}
	if seqs := drain(t, s, 102); len(seqs) > 150 || seqs[len(seqs)-1] != 502 || s.Health().Dropped == 0 {
		t.Errorf("kept %d records, dropped %d", len(seqs), s.Health().Dropped)
	}
	if err := s.Close(); err == nil {
		t.Error("closing hid that records were lost")
	}
}

func TestANumberThatTheCoreHasSeenIsNotGivenOutAgain(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	defer s.Close()
	appendN(t, s, 2)
	s.SkipTo(5000)
	appendN(t, s, 1)
	expect(t, drain(t, s, 0), []uint64{1, 2, 5001})
}

func FuzzParseRecord(f *testing.F) {
	f.Add(record{seq: 7, line: []byte(`{"type":"host"}`)}.encode())
	f.Add([]byte("7 00000000 x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRecord(text)
		if err != nil {
			return
		}
		if again := r.encode(); !bytes.Equal(again, text) && strings.ToLower(string(text)) == string(text) && text[0] != '0' {
			t.Errorf("%q became %q", text, again)
		}
	})
}
