package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// Value is a measurement; NaN stands for "not known here" and travels as null, which is never zero.
type Value float64

// Unknown is the Value that travels as null.
func Unknown() Value { return Value(math.NaN()) }

// Known reports whether the value can be written as a JSON number.
func (v Value) Known() bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// MarshalJSON writes a number, or null for an unknown value.
func (v Value) MarshalJSON() ([]byte, error) { return v.append(nil), nil }

// UnmarshalJSON reads a number or null.
func (v *Value) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*v = Unknown()
		return nil
	}
	var number float64
	if err := json.Unmarshal(text, &number); err != nil {
		return err
	}
	*v = Value(number)
	return nil
}

func (v Value) append(out []byte) []byte {
	if !v.Known() {
		return append(out, "null"...)
	}
	return strconv.AppendFloat(out, float64(v), 'f', -1, 64)
}

// Values is a row of measurements in the order of HostField or ContainerField.
type Values []Value

// MarshalJSON writes the whole row in one pass: a thousand containers are eight thousand values, too many for reflection.
func (row Values) MarshalJSON() ([]byte, error) {
	return row.append(make([]byte, 0, 2+12*len(row))), nil
}

func (row Values) append(out []byte) []byte {
	out = append(out, '[')
	for i, v := range row {
		if i > 0 {
			out = append(out, ',')
		}
		out = v.append(out)
	}
	return append(out, ']')
}

// Row is one container's measurements: on the wire a pair of id and values.
type Row struct {
	ID     string // first 12 hex digits of the container's id
	Values Values // in the order of ContainerField
}

// MarshalJSON writes the pair.
func (r Row) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 32+12*len(r.Values))
	out = append(out, '[')
	out = strconv.AppendQuote(out, r.ID) // hex digits: Go's quoting and JSON's agree
	out = append(out, ',')
	out = r.Values.append(out)
	return append(out, ']'), nil
}

// UnmarshalJSON reads the pair and refuses any other length.
func (r *Row) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("a container row is a pair of id and values")
	}
	if err := json.Unmarshal(pair[0], &r.ID); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &r.Values)
}
