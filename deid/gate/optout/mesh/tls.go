package mesh

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"secondaryuse/pipeline/fetch/credential"
)

// mutual is how both sides show who they are. The service's certificate must be
// of the given authorities and have the host's name.
func mutual(c Config) (*tls.Config, error) {
	authorities, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("ca: %s: no certificate in PEM", c.CA)
	}
	certificate, err := os.ReadFile(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	key, err := credential.Read(c.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil { // its text may hold what is in the files
		return nil, errors.New("certificate, key: not a certificate and its own private key in PEM")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{pair}}, nil
}

// transport goes through the proxy of the environment, where there is one, and
// leads nowhere else: what we sign is for the service alone.
func transport(c *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:        c,
			TLSHandshakeTimeout:    30 * time.Second,
			MaxResponseHeaderBytes: 1 << 18,
			DisableCompression:     true, // what is compressed is stored as it comes, to go on at a chunk
			// On a connection that was used before, net/http sends a request again by
			// itself, signed as it was, which the service takes for a replay.
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// handshake is what the service wants to know of a client.
func handshake() map[string]string {
	return map[string]string{"Mex-ClientVersion": "ohc-pipeline", "Mex-OSName": runtime.GOOS, "Mex-OSVersion": runtime.GOOS, "Mex-OSArchitecture": runtime.GOARCH}
}
