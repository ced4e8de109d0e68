package spool

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const segmentSuffix = ".seg"

// record is one line of the protocol with its number. In a file it stands as `<seq> <crc32 of seq and line, hex> <line>\n`.
type record struct {
	seq  uint64
	line []byte
}

func (r record) encode() []byte {
	out := make([]byte, 0, len(r.line)+32)
	out = strconv.AppendUint(out, r.seq, 10)
	out = fmt.Appendf(out, " %08x ", r.sum())
	out = append(out, r.line...)
	return append(out, '\n')
}

func (r record) sum() uint32 {
	sum := crc32.ChecksumIEEE(strconv.AppendUint(nil, r.seq, 10))
	return crc32.Update(sum, crc32.IEEETable, r.line)
}

var errTorn = errors.New("torn record")

// parseRecord reads one line with its newline. Anything that a crash can leave behind is errTorn.
func parseRecord(text []byte) (record, error) {
	body, whole := bytes.CutSuffix(text, []byte("\n"))
	number, rest, found := bytes.Cut(body, []byte(" "))
	if !whole || !found || len(rest) < 10 || rest[8] != ' ' {
		return record{}, errTorn
	}
	seq, err := strconv.ParseUint(string(number), 10, 53)
	if err != nil || seq == 0 {
		return record{}, errTorn
	}
	sum, err := strconv.ParseUint(string(rest[:8]), 16, 32)
	r := record{seq: seq, line: rest[9:]}
	if err != nil || uint32(sum) != r.sum() {
		return record{}, errTorn
	}
	return r, nil
}

// segment is one file; only the newest is open for writing.
type segment struct {
	path      string
	file      *os.File // nil once sealed
	first     uint64
	last      uint64 // 0 while empty
	records   uint64
	size      int64
	writtenAt time.Time
}

func (s *segment) isOpen() bool { return s.file != nil }

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d%s", first, segmentSuffix))
}

func createSegment(dir string, first uint64) (*segment, error) {
	path := segmentPath(dir, first)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if errors.Is(err, os.ErrExist) { // left empty when the disk refused its first record
		file, err = os.OpenFile(path, os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	}
	if err != nil {
		return nil, err
	}
	return &segment{path: path, file: file, first: first}, nil
}

// openSegment reads a segment of an earlier run and cuts it at the first record that is not whole. It returns nil,
// and removes the file, when nothing remains. Only the newest is opened for writing again.
func openSegment(path string, isNewest bool) (*segment, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	seg := &segment{path: path, file: file}
	if err := seg.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), file.Close())
	}
	if seg.records == 0 {
		return nil, errors.Join(file.Close(), os.Remove(path))
	}
	if isNewest {
		return seg, nil
	}
	seg.file = nil
	return seg, file.Close()
}

func (s *segment) scan() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.writtenAt = info.ModTime()
	reader := bufio.NewReaderSize(s.file, 64*1024)
	for {
		text, err := readLine(reader)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errTorn) {
			return err
		}
		r, torn := parseRecord(text)
		if torn != nil || r.seq <= s.last {
			break
		}
		if s.records == 0 {
			s.first = r.seq
		}
		s.last = r.seq
		s.records++
		s.size += int64(len(text))
	}
	if s.size < info.Size() {
		return s.file.Truncate(s.size)
	}
	return nil
}

// readLine reads up to and with the newline, but no more than a record may have.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxRecordBytes {
			return nil, errTorn
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// append writes the record, or leaves the file as it was.
func (s *segment) append(r record, now time.Time) error {
	text := r.encode()
	if _, err := s.file.Write(text); err != nil {
		return errors.Join(err, s.file.Truncate(s.size)) // a part may have been written
	}
	s.last = r.seq
	s.records++
	s.size += int64(len(text))
	s.writtenAt = now
	return nil
}

// seal syncs and closes the file for writing.
func (s *segment) seal() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return errors.Join(file.Sync(), file.Close())
}

func (s *segment) remove() error {
	var closed error
	if s.file != nil {
		closed = s.file.Close()
		s.file = nil
	}
	return errors.Join(closed, os.Remove(s.path))
}
