package wire

import (
	"bufio"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const contractDir = "../../../contract/"

func goldenLines(t *testing.T, name string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(contractDir + "wire-samples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	scanner := bufio.NewScanner(strings.NewReader(string(text)))
	scanner.Buffer(nil, MaxLineBytes)
	for scanner.Scan() {
		if len(scanner.Bytes()) > 0 {
			lines = append(lines, append([]byte(nil), scanner.Bytes()...))
		}
	}
	if len(lines) == 0 {
		t.Fatalf("%s holds no line", name)
	}
	return lines
}

func jsonValue(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestGoldenAgentLinesKeepTheirValueWhenReadAndWrittenAgain(t *testing.T) {
	kinds := map[string]bool{}
	for _, line := range goldenLines(t, "agent.ndjson") {
		message, err := ParseAgentMessage(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again, err := MarshalLine(message)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(jsonValue(t, line), jsonValue(t, again)) {
			t.Errorf("the line changed:\n%s\n%s", line, again)
		}
		kinds[reflect.TypeOf(message).Elem().Name()] = true
	}
	for _, kind := range []string{"Hello", "Host", "Containers", "Detail"} {
		if !kinds[kind] {
			t.Errorf("no golden line of kind %s", kind)
		}
	}
}

func TestGoldenCoreLinesAreUnderstood(t *testing.T) {
	for _, line := range goldenLines(t, "core.ndjson") {
		message, err := ParseCoreMessage(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again, err := MarshalLine(message)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(jsonValue(t, line), jsonValue(t, again)) {
			t.Errorf("the line changed:\n%s\n%s", line, again)
		}
	}
}

func TestAG11UnknownVerbOrExtraFieldIsRefused(t *testing.T) {
	for _, line := range []string{
		`{"type":"reboot"}`,
		`{"type":"ack","seq":1,"then":"exec"}`,
		`{"type":"ack","seq":0}`,
		`{"type":"ack","seq":-1}`,
		`{"type":"ack"}`,
		`{"type":"interval","everyMs":199}`,
		`{"type":"interval","everyMs":3600001}`,
		`{"type":"interval","everyMs":"1000"}`,
		`{"type":"welcome","lastSeq":-1}`,
		`{"type":"welcome","lastSeq":1} {"type":"ack","seq":1}`,
		`{"type":["ack"]}`,
		`[]`, `null`, ``, `{`,
	} {
		if message, err := ParseCoreMessage([]byte(line)); err == nil {
			t.Errorf("%s was accepted as %#v", line, message)
		}
	}
}

func TestUnknownValuesTravelAsNull(t *testing.T) {
	line, err := MarshalLine(Host{Type: TypeHost, Seq: 1, AtMs: 2, Values: Values{Unknown(), 0.5, Value(1e21)}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"host","seq":1,"at":2,"values":[null,0.5,1000000000000000000000]}` + "\n"
	if string(line) != want {
		t.Errorf("got %s", line)
	}
}

func TestFieldCountsAgreeWithTheContract(t *testing.T) {
	source, err := os.ReadFile(contractDir + "src/metrics.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"HOST_FIELDS": int(HostFieldCount), "CONTAINER_FIELDS": int(ContainerFieldCount)} {
		list := regexp.MustCompile(`(?s)export const ` + name + ` = \[(.*?)\] as const`).FindSubmatch(source)
		if list == nil {
			t.Fatalf("%s is not in the contract", name)
		}
		if have := len(regexp.MustCompile(`(?m)^\s+'\w+',`).FindAll(list[1], -1)); have != want {
			t.Errorf("%s has %d fields there and %d here", name, have, want)
		}
	}
}

// AG-12: names that are not UTF-8.
func TestLabelsFitTheContract(t *testing.T) {
	if got := Label("caf\xc3\xa9 \xff"); got != "café \uFFFD" {
		t.Errorf("invalid UTF-8 became %q", got)
	}
	if got := Cut(strings.Repeat("😀", 10), 5); got != "😀😀" {
		t.Errorf("got %q", got)
	}
}

func FuzzParseCoreMessage(f *testing.F) {
	f.Add([]byte(`{"type":"welcome","lastSeq":0}`))
	f.Add([]byte(`{"type":"interval","everyMs":1000}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		message, err := ParseCoreMessage(line)
		if err == nil && message == nil {
			t.Fatal("no message and no error")
		}
	})
}
