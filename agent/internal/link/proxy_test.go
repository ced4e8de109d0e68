package link

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
)

// startProxy passes every request, upgrades too, to one address, and tells which host was asked for.
func startProxy(t *testing.T, target string, asked chan<- string) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Hostname()
		upstream, err := net.Dial("tcp", target)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer upstream.Close()
		if err := r.Write(upstream); err != nil {
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		var copies sync.WaitGroup
		copies.Go(func() {
			_, _ = io.Copy(client, upstream)
			_ = client.Close()
		})
		_, _ = io.Copy(upstream, client)
		_ = upstream.Close()
		copies.Wait()
	}))
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address
}
