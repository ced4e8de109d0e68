package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// forbidden are packages that must not become part of the agent, each with its reason.
var forbidden = map[string]string{
	"text/template":                       "it disables dead-code elimination: megabytes of methods that nobody calls",
	"html/template":                       "as text/template; the agent renders nothing",
	"net/http/pprof":                      "it registers handlers that show the process's memory",
	"expvar":                              "it registers a handler that shows the command line",
	"net/rpc":                             "a second protocol beside the one link",
	"net/smtp":                            "the agent tells its core, and nobody else",
	"database/sql":                        "the agent keeps nothing but its identity and its spool",
	"plugin":                              "code comes with the binary or not at all",
	"runtime/cgo":                         "the binary is static: it must run on any distribution",
	"os/user":                             "without cgo it only reads /etc/passwd, which we do ourselves in a dozen lines",
	"testing":                             "test code in a product",
	"net/http/httptest":                   "test code in a product",
	"golang.org/x/crypto/ssh/agent":       "keys of other hosts never pass through this one",
	"golang.org/x/crypto/ssh/knownhosts":  "one key is pinned at enrolment; there is no list to be fooled by",
	"serverbox/agent/internal/testcore":   "test code in a product",
	"serverbox/agent/internal/testdocker": "test code in a product",
	"github.com/coder/websocket/wsjson":   "the link is a byte stream",
	"github.com/coder/websocket/internal/test/xrand": "test code in a product",
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %q: %v", args, err)
	}
	return strings.Fields(string(out))
}

func TestTheBinaryDoesNotDependOnWhatItMustNot(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if reason, found := forbidden[name]; found {
			t.Errorf("the agent depends on %s: %s", name, reason)
		}
	}
}

func TestEveryForbiddenPackageExists(t *testing.T) {
	for name := range forbidden {
		if found := goList(t, "-e", "-f", "{{if not .Error}}{{.ImportPath}}{{end}}", name); !slices.Contains(found, name) {
			t.Errorf("%s does not exist any more: take its line away", name)
		}
	}
}

func TestEverySourceIsFormatted(t *testing.T) {
	out, err := exec.Command("gofmt", "-l", "../..").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(out) > 0 {
		t.Errorf("run gofmt -w on:\n%s", out)
	}
}
