package collect

import (
	"bytes"
	"iter"
	"math"
	"strconv"
)

// lines walks the lines of kernel text without copying it.
func lines(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			line, rest, _ := bytes.Cut(text, []byte{'\n'})
			if !yield(line) {
				return
			}
			text = rest
		}
	}
}

// nextField takes the first word off a line.
func nextField(line []byte) (field, rest []byte) {
	start := 0
	for start < len(line) && isBlank(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// parseUints fills `into` with the words of a line and returns how many it found; a word that is no number ends it.
func parseUints(line []byte, into []uint64) int {
	for i := range into {
		var field []byte
		field, line = nextField(line)
		number, ok := parseUint(field)
		if !ok {
			return i
		}
		into[i] = number
	}
	return len(into)
}

// parseUint reads decimal digits; unlike strconv it needs no string.
func parseUint(field []byte) (uint64, bool) {
	if len(field) == 0 || len(field) > 20 {
		return 0, false
	}
	var number uint64
	for _, b := range field {
		digit := uint64(b - '0')
		if b < '0' || b > '9' || number > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		number = number*10 + digit
	}
	return number, true
}

func parseFloat(field []byte) (float64, bool) {
	number, err := strconv.ParseFloat(string(field), 64)
	return number, err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
}

// rate is the growth of a counter in a second. A counter that went backwards was reset or wrapped: unknown, never a
// negative number or a spike.
func rate(before, now uint64, seconds float64) float64 {
	if now < before || seconds <= 0 {
		return math.NaN()
	}
	return float64(now-before) / seconds
}

// byteRate is a rate in whole bytes: their fractions would be a tenth of what a sample sends.
func byteRate(before, now uint64, seconds float64) float64 {
	return math.Round(rate(before, now, seconds))
}

// round keeps the wire short: nobody reads the tenth digit of a ratio.
func round(number float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(number*scale) / scale
}

// ratio is a share between 0 and 1, unknown where there is no whole. A thousandth is one tick of two processors in five
// seconds: the kernel knows little more.
func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return round(math.Min(float64(part)/float64(whole), 1), 3)
}
