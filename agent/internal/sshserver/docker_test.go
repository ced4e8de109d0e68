package sshserver

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"serverbox/agent/internal/policy"
	"serverbox/agent/internal/testdocker"
)

// dockerOver is an HTTP client whose connections are channels of the link.
func dockerOver(t *testing.T, l *lab, socket string) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return l.client.Dial("unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestARealDaemonIsReadThroughTheFilterAndNotChanged(t *testing.T) {
	engine := testdocker.Connect(t)
	id := engine.Run(t, "echo hello; sleep 1000", `{"NetworkMode":"none"}`)
	client := dockerOver(t, start(t, engine.Socket, policy.DockerRead), engine.Socket)
	for path, want := range map[string]string{
		"/_ping": "OK", "/containers/json": id, "/v1.40/containers/" + id + "/json": `"Running":true`, "/info": `"Containers"`,
	} {
		response, err := client.Get("http://docker" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %.200s, %v", path, response.StatusCode, body, err)
		}
	}
	for _, request := range [][2]string{
		{http.MethodPost, "/containers/" + id + "/kill"}, {http.MethodDelete, "/containers/" + id}, {http.MethodPost, "/containers/" + id + "/exec"},
		{http.MethodGet, "/containers/" + id + "/archive?path=/"}, {http.MethodGet, "/containers/" + id + "/export"},
	} {
		r, err := http.NewRequest(request[0], "http://docker"+request[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %d", request[0], request[1], response.StatusCode)
		}
	}
	response, err := client.Get("http://docker/containers/" + id + "/logs?stdout=1&follow=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "hello\n") {
		t.Errorf("the log said %q, %v", line, err)
	}
}

func TestARealDaemonRunsAnExecWithItsHijackedStreamThroughTheChannel(t *testing.T) {
	engine := testdocker.Connect(t)
	id := engine.Run(t, "sleep 1000", `{"NetworkMode":"none"}`)
	l := start(t, engine.Socket, policy.DockerWrite)
	client := dockerOver(t, l, engine.Socket)
	body := `{"AttachStdin":true,"AttachStdout":true,"Cmd":["cat"]}`
	response, err := client.Post("http://docker/containers/"+id+"/exec", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s, %v", response.StatusCode, reply, err)
	}
	execID, _, _ := strings.Cut(strings.TrimPrefix(string(reply), `{"Id":"`), `"`)

	channel := dialSocket(t, l, engine.Socket)
	options := `{"Detach":false,"Tty":false}`
	request := "POST /exec/" + execID + "/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n" +
		"Content-Type: application/json\r\nContent-Length: 28\r\n\r\n" + options
	if _, err := channel.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(channel)
	upgraded, err := http.ReadResponse(reader, nil)
	if err != nil || upgraded.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%+v, %v", upgraded, err)
	}
	if _, err := channel.Write([]byte("through and back")); err != nil {
		t.Fatal(err)
	}
	if err := channel.CloseWrite(); err != nil { // cat ends at the end of its input, and only then
		t.Fatal(err)
	}
	output, err := io.ReadAll(reader)
	if err != nil || !strings.HasSuffix(string(output), "through and back") {
		t.Errorf("%q, %v", output, err)
	}
}
