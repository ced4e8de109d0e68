package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/docker"
	"serverbox/agent/internal/link"
	"serverbox/agent/internal/policy"
)

// maxSkew is how far this machine's clock may be from the core's.
const maxSkew = 30 * time.Second

func (e *examination) configuration(context.Context) verdict {
	cfg, err := config.Load(e.options.ConfigPath)
	if err != nil {
		return fail(err, "Run serverbox-agent enroll with the command that the core shows, or correct the file.")
	}
	e.config = cfg
	e.core = &coreapi.Client{BaseURL: cfg.CoreURL, CoreKey: cfg.CoreKey, HTTP: coreapi.NewHTTPClient()}
	if e.address, err = url.Parse(cfg.CoreURL); err != nil {
		return fail(err, "Correct coreUrl in the configuration.")
	}
	return ok("%s, services: %s", cfg.CoreURL, policy.List(cfg.Services))
}

func (e *examination) checkIdentity(context.Context) verdict {
	const remedy = "Enrol this node again with a new token from the core."
	identity, err := config.LoadIdentity(e.options.Dir)
	if err != nil {
		return fail(err, remedy)
	}
	if _, err := config.LoadHostKey(e.options.Dir); err != nil {
		return fail(err, remedy)
	}
	key, err := identity.CoreKey()
	if err != nil {
		return fail(err, remedy)
	}
	if !coreapi.HasFingerprint(key, e.config.CoreKey) {
		return fail(errors.New("the identity belongs to another core than the configuration names"), remedy)
	}
	e.identity = identity
	return ok("node %s", identity.NodeID)
}

func (e *examination) findProxy(context.Context) verdict {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: e.address})
	if err != nil {
		return fail(err, "Correct HTTP_PROXY or HTTPS_PROXY in the agent's environment.")
	}
	e.proxy = proxy
	if proxy == nil {
		return ok("none")
	}
	return ok("%s", proxy.Redacted())
}

// firstHost is where the first connection goes: the proxy if there is one.
func (e *examination) firstHost() (host, port string) {
	target := e.address
	if e.proxy != nil {
		target = e.proxy
	}
	port = target.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[target.Scheme]
		if port == "" {
			port = "80"
		}
	}
	return target.Hostname(), port
}

func (e *examination) dns(ctx context.Context) verdict {
	host, _ := e.firstHost()
	if net.ParseIP(host) != nil {
		return ok("%s is an address", host)
	}
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return fail(err, "Correct the name in coreUrl, or this machine's /etc/resolv.conf.")
	}
	return ok("%s is %s", host, found[0])
}

func (e *examination) tcp(ctx context.Context) verdict {
	host, port := e.firstHost()
	startedAt := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fail(err, "Check that the core runs, and that no firewall between here and there closes the port.")
	}
	_ = conn.Close() // nothing was said on it
	return ok("%s in %s", net.JoinHostPort(host, port), time.Since(startedAt).Round(time.Millisecond))
}

func (e *examination) tls(ctx context.Context) verdict {
	if e.address.Scheme != "https" {
		return skip("coreUrl is http; the link is encrypted and mutually authenticated by SSH all the same")
	}
	if e.proxy != nil {
		return skip("through a proxy: the next hop tries it")
	}
	host, port := e.firstHost()
	conn, err := (&tls.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fail(err, "Use a certificate that this machine trusts for that name, or point SSL_CERT_FILE at its authority.")
	}
	_ = conn.Close() // nothing was said on it
	return ok("certificate accepted")
}

func (e *examination) coreKey(ctx context.Context) verdict {
	proof, err := e.core.Prove(ctx)
	if errors.Is(err, coreapi.ErrWrongCore) {
		return fail(err, "Another server answers at this address, or the core lost its key: compare the fingerprint with the one that the core shows.")
	}
	if err != nil {
		return fail(err, "Something else than the core answers at coreUrl: check the address and any proxy in front of it.")
	}
	e.proof = proof
	return ok("%s proved", e.config.CoreKey)
}

func (e *examination) clock(context.Context) verdict {
	if e.proof.ServerDate.IsZero() {
		return skip("the core did not say its time")
	}
	skew := time.Since(e.proof.ServerDate).Truncate(time.Second)
	if skew.Abs() > maxSkew {
		return fail(fmt.Errorf("this machine's clock is off by %s", skew), "Set the clock, for example with timedatectl set-ntp true.")
	}
	return ok("within %s of the core's", maxSkew)
}

// upgrade asks without the credential: a core refuses that with its own error, a proxy that knows no WebSocket
// answers something else.
func (e *examination) upgrade(ctx context.Context) verdict {
	const remedy = "Let the proxy in front of the core pass WebSocket upgrades (headers Upgrade and Connection)."
	socket, err := link.Dial(ctx, e.core, "", e.options.Version)
	if err == nil {
		_ = socket.CloseNow() // a core must never accept it
		return fail(errors.New("the link opened without a credential"), "Something else than the core answers there.")
	}
	var refusal *coreapi.StatusError
	if !errors.As(err, &refusal) || refusal.Code == "" {
		return fail(err, remedy)
	}
	return ok("the upgrade reaches the core")
}

// credential is not tried while the agent runs: two links of one node look like a stolen identity.
func (e *examination) credential(ctx context.Context) verdict {
	release, err := e.options.Dir.Lock()
	if err != nil {
		return skip("not tried, because the agent is running: its log says whether the core accepted it")
	}
	defer release()
	socket, err := link.Dial(ctx, e.core, e.identity.Credential, e.options.Version)
	if err != nil {
		return fail(err, "The core does not accept this node: look it up there, and enrol again if it was removed or revoked.")
	}
	_ = socket.CloseNow() // the core sees a link that said nothing
	return ok("accepted")
}

func (e *examination) docker(ctx context.Context) verdict {
	if e.core == nil {
		return skip("not tried, because the configuration says where it is")
	}
	allowed, err := policy.New(e.config.Services)
	if err != nil || !allowed.Allows(policy.DockerRead) {
		return skip("not permitted by the configuration")
	}
	client := docker.NewClient(e.config.DockerSocket)
	version, err := client.Version(ctx)
	if err != nil {
		return fail(err, client.Problem(err))
	}
	return ok("version %s at %s", version, e.config.DockerSocket)
}
