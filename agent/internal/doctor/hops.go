package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/link"
	"serverbox/agent/internal/policy"
)

// maxSkew is how far this machine's clock may be from the core's.
const maxSkew = 30 * time.Second

// agent looks at what this agent was told: its configuration, and who it is.
func (e *examination) agent(context.Context) finding {
	cfg, err := config.Load(e.options.ConfigPath)
	if err != nil {
		return fail(err, "Run serverbox-agent enroll with the command that the core shows, or correct the file.")
	}
	e.config = cfg
	if e.core, err = coreapi.ClientOf(cfg); err != nil {
		return fail(err, "Correct caFile in the configuration.")
	}
	if e.address, err = url.Parse(cfg.CoreURL); err != nil {
		return fail(err, "Correct coreUrl in the configuration.")
	}
	if e.proxy, err = http.ProxyFromEnvironment(&http.Request{URL: e.address}); err != nil {
		return fail(err, "Correct HTTP_PROXY or HTTPS_PROXY in the agent's environment.")
	}
	if err := e.loadIdentity(); err != nil {
		return fail(err, "Enrol this node again with a new token from the core.")
	}
	return ok("Agent %s is node %s of %s; it permits: %s.", e.options.Version, e.identity.NodeID, cfg.CoreURL, policy.List(cfg.Services))
}

func (e *examination) loadIdentity() error {
	identity, err := config.LoadIdentity(e.options.Dir)
	if err != nil {
		return err
	}
	if _, err := config.LoadHostKey(e.options.Dir); err != nil {
		return err
	}
	key, err := identity.CoreKey()
	if err != nil {
		return err
	}
	if !coreapi.HasFingerprint(key, e.config.CoreKey) {
		return errors.New("the identity belongs to another core than the configuration names")
	}
	e.identity = identity
	return nil
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

// proxyNote says in front of a name that it is a proxy's.
func (e *examination) proxyNote() string {
	if e.proxy == nil {
		return ""
	}
	return "Through the proxy " + e.proxy.Redacted() + ": "
}

func (e *examination) dns(ctx context.Context) finding {
	host, _ := e.firstHost()
	if net.ParseIP(host) != nil {
		return ok("%s%s is an address.", e.proxyNote(), host)
	}
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return fail(err, "Correct the name in coreUrl, or this machine's /etc/resolv.conf.")
	}
	return ok("%s%s is %s.", e.proxyNote(), host, strings.Join(found, ", "))
}

func (e *examination) tcp(ctx context.Context) finding {
	host, port := e.firstHost()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fail(err, "Check that the core runs, and that no firewall between here and there closes the port.")
	}
	_ = conn.Close() // nothing was said on it
	return ok("%s answers.", net.JoinHostPort(host, port))
}

func (e *examination) tls(ctx context.Context) finding {
	if e.address.Scheme != "https" {
		return skip("The address of the core is plain http; the link is encrypted by SSH all the same.")
	}
	if e.proxy != nil {
		return skip("Through a proxy: the next hop tries it.")
	}
	host, port := e.firstHost()
	authorities, err := coreapi.Authorities(e.config.CAFile)
	if err != nil {
		return fail(err, "Correct caFile in the configuration.")
	}
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: authorities}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fail(err, "Use a certificate that this machine trusts for that name, or enrol again with --ca-file and the certificate of its authority.")
	}
	_ = conn.Close() // nothing was said on it
	return ok("The certificate is good.")
}

func (e *examination) coreKey(ctx context.Context) finding {
	proof, err := e.core.Prove(ctx)
	if errors.Is(err, coreapi.ErrWrongCore) {
		return fail(err, "Another server answers at this address, or the core lost its key: compare the fingerprint with the one that the core shows.")
	}
	if err != nil {
		return fail(err, "Something else than the core answers at coreUrl: check the address and any proxy in front of it.")
	}
	e.proof = proof
	return ok("The core has proved the pinned key %s.", e.config.CoreKey)
}

func (e *examination) clock(context.Context) finding {
	if e.proof.ServerDate.IsZero() {
		return skip("The core did not say its time.")
	}
	skew := time.Since(e.proof.ServerDate).Truncate(time.Second)
	if skew.Abs() <= maxSkew {
		return ok("The clock agrees with that of the core.")
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	return finding{
		result: resultWarning,
		text:   fmt.Sprintf("The clock is %s %s that of the core.", skew.Abs(), direction),
		advice: "Set it: sudo timedatectl set-ntp true. Measurements are put at the right time all the same.",
	}
}

// upgrade asks without the credential: a core refuses that with its own error, a proxy that knows no WebSocket
// answers something else.
func (e *examination) upgrade(ctx context.Context) finding {
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
	if refusal.Code == "not_found" { // the core knows no such page: it was asked for one
		return fail(errors.New("the request arrived without its Upgrade header"), remedy)
	}
	return ok("The request for a WebSocket reaches the core.")
}

// token is not tried while the agent runs: two links of one node look like a stolen identity.
func (e *examination) token(ctx context.Context) finding {
	release, err := e.options.Dir.Lock()
	if err != nil {
		return skip("The agent is running: its log says whether the core accepted it.")
	}
	defer release()
	socket, err := link.Dial(ctx, e.core, e.identity.Credential, e.options.Version)
	if err != nil {
		return fail(err, "The core does not accept this node: look it up there, and enrol again if it was removed or revoked.")
	}
	_ = socket.CloseNow() // the core sees a link that said nothing
	return ok("The core accepts the credential of this node.")
}
