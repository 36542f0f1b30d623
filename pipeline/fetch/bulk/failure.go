package bulk

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
)

var (
	// errLost is the cause where the export cannot be had any more, but another could.
	errLost = errors.New("export lost")
	// errExpired is the cause where a link does not lead to its file any more.
	errExpired = errors.New("link expired")
	// errSpoilt is the cause where this export is of no use, and the next may be.
	errSpoilt = errors.New("export spoilt")
	// errCut is the cause where another try may help.
	errCut = errors.New("cut")
)

// failure is what went wrong with an endpoint. All its text is ours.
type failure struct {
	kind   string   // of the endpoint
	status int      // of the answer, or 0
	codes  []string // of the issues in it, from the closed list
	reason string
	cause  error // for errors.Is; it is not printed
}

// Error tells endpoint, status, codes and reason.
func (f *failure) Error() string {
	text := f.kind
	if f.status != 0 {
		text += fmt.Sprintf(": %d %s", f.status, http.StatusText(f.status))
	}
	if len(f.codes) > 0 {
		text += ": issue " + strings.Join(f.codes, ", ")
	}
	if f.reason != "" {
		text += ": " + f.reason
	}
	return text
}

// Unwrap is the cause.
func (f *failure) Unwrap() error { return f.cause }

// cut words why there was no answer. What the network's own errors say holds
// addresses and queries, and is not repeated.
func cut(ctx context.Context, kind string, err error) *failure {
	f := &failure{kind: kind, reason: "the connection failed", cause: errCut}
	if ctx.Err() != nil {
		f.reason, f.cause = ctx.Err().Error(), ctx.Err()
		return f
	}
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		f.reason, f.cause = distrust(certificate.Err), nil
	case errors.As(err, &op) && op.Op == "proxyconnect":
		f.reason = "the proxy does not answer"
	case errors.As(err, &dns):
		f.reason = "there is no host of that name"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.reason = "the connection was refused"
	case errors.Is(err, errStalled), errors.As(err, &timeout) && timeout.Timeout():
		f.reason = "no answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		f.reason = "the connection was cut"
	}
	return f
}

func distrust(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "the certificate is of an authority that is not trusted; next: give the authority's file as ca"
	case errors.As(err, &host):
		return "the certificate is that of another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired, or is not valid yet"
	}
	return "the certificate is not to be trusted"
}

// issueCodes is FHIR's own list (issue-type).
var issueCodes = words(`invalid structure required value invariant security login unknown expired forbidden suppressed processing
not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient
lock-error no-store exception timeout incomplete throttled informational success limited-filter`)

// passing are those that say that another try may help.
var passing = words(`transient lock-error no-store timeout incomplete throttled`)

// outcome is what matters of an OperationOutcome.
type outcome struct {
	ResourceType string
	Issue        []struct{ Severity, Code string }
}

// issues reads the codes of an OperationOutcome, in the list's words; is
// reports whether it is one.
func issues(body []byte) (codes []string, is bool) {
	var o outcome
	if json.Unmarshal(body, &o) != nil || o.ResourceType != "OperationOutcome" {
		return nil, false
	}
	for _, i := range o.Issue {
		if code := known(i.Code); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes, true
}

// known is a code of the list.
func known(code string) string {
	if issueCodes[code] {
		return code
	}
	return "not in FHIR's list"
}
