package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// MarshalLine writes one message and its newline, without the HTML escapes that JSON does not ask for.
func MarshalLine(message any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	if out.Len() > MaxLineBytes {
		return nil, fmt.Errorf("encode message: %d bytes are more than a line may hold", out.Len())
	}
	return out.Bytes(), nil
}

// UnmarshalStrict reads exactly one JSON value; an unknown key or trailing text is an error.
func UnmarshalStrict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the JSON value")
	}
	return nil
}

// ParseCoreMessage reads one line of the core: *Welcome, *Ack or *Interval, checked against the contract's ranges.
// The set is closed: an unknown type or an extra field is an error.
func ParseCoreMessage(line []byte) (any, error) {
	kind, err := parseType(line)
	if err != nil {
		return nil, err
	}
	switch kind {
	case TypeWelcome:
		return strict(line, func(m *Welcome) error { return within("lastSeq", int64(m.LastSeq), 0, maxSafeInteger/2) })
	case TypeAck:
		return strict(line, func(m *Ack) error { return within("seq", int64(m.Seq), 1, maxSafeInteger) })
	case TypeInterval:
		return strict(line, func(m *Interval) error { return within("everyMs", m.EveryMs, 200, 3_600_000) })
	}
	return nil, fmt.Errorf("unknown message type %.40q", kind)
}

// ParseAgentMessage reads one line of an agent: *Hello, *Host, *Containers, *Detail or *Facts.
func ParseAgentMessage(line []byte) (any, error) {
	kind, err := parseType(line)
	if err != nil {
		return nil, err
	}
	switch kind {
	case TypeHello:
		return strict(line, func(m *Hello) error { return nil })
	case TypeHost:
		return strict(line, func(m *Host) error { return count("values", len(m.Values), int(HostFieldCount)) })
	case TypeContainers:
		return strict(line, func(m *Containers) error {
			for _, row := range m.Rows {
				if err := count("values", len(row.Values), int(ContainerFieldCount)); err != nil {
					return err
				}
			}
			return nil
		})
	case TypeDetail:
		return strict(line, func(m *Detail) error { return nil })
	case TypeFacts:
		return strict(line, func(m *Facts) error { return nil })
	}
	return nil, fmt.Errorf("unknown message type %.40q", kind)
}

// Label makes a name of the node fit the contract: valid UTF-8 and at most MaxLabelLength units.
func Label(text string) string { return Cut(text, MaxLabelLength) }

// Cut shortens text to at most `limit` UTF-16 units, the unit in which the core measures, and repairs its UTF-8.
func Cut(text string, limit int) string {
	if len(text) <= limit && utf8.ValidString(text) {
		return text
	}
	units := 0
	var out bytes.Buffer
	for _, r := range text { // an invalid byte arrives here as U+FFFD
		units += max(utf16.RuneLen(r), 1)
		if units > limit {
			break
		}
		out.WriteRune(r)
	}
	return out.String()
}

// JavaScript's largest exact integer: the other side counts with it.
const maxSafeInteger = 1<<53 - 1

func parseType(line []byte) (string, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return "", fmt.Errorf("parse message: %w", err)
	}
	return head.Type, nil
}

func strict[T any](line []byte, check func(*T) error) (any, error) {
	message := new(T)
	if err := UnmarshalStrict(line, message); err != nil {
		return nil, fmt.Errorf("parse message: %w", err)
	}
	if err := check(message); err != nil {
		return nil, fmt.Errorf("parse message: %w", err)
	}
	return message, nil
}

func within(name string, value, low, high int64) error {
	if value < low || value > high {
		return fmt.Errorf("%s is %d, outside %d to %d", name, value, low, high)
	}
	return nil
}

func count(name string, have, want int) error {
	if have != want {
		return fmt.Errorf("%s has %d entries, not %d", name, have, want)
	}
	return nil
}
