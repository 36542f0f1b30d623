package mesh

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
	"strings"
	"syscall"
	"time"
)

var (
	// ErrDenied says that the service did not let us in.
	ErrDenied = errors.New("denied")
	// ErrMissing says that the service knows no such message.
	ErrMissing = errors.New("no such message")
	// ErrGone says that a message was acknowledged already, or has expired.
	ErrGone = errors.New("gone")
	// ErrRefused says that the service does not take what we sent, and will not
	// take it the next time.
	ErrRefused = errors.New("refused")
	// ErrLocked says that a message takes no more chunks.
	ErrLocked = errors.New("locked")
	// ErrAway says that the service could not be reached or could not answer: a
	// later try may help.
	ErrAway = errors.New("away")
	// ErrUnsure says that it is not known whether the service took a message.
	ErrUnsure = errors.New("unsure")
	// ErrFalse says that what the service answered cannot be right.
	ErrFalse = errors.New("false")
)

// failure is what went wrong with a request. All its text is ours, but for id,
// which was checked, and code, which is of a closed list.
type failure struct {
	op, id string
	status int
	code   string
	reason string
	next   string
	causes []error

	try    int           // of the request, from 1
	again  bool          // another try may help
	unsent bool          // the request never left
	wait   time.Duration // the service asks for, before another try
}

// Error tells request, message, status, code, reason and what to do next.
func (f *failure) Error() string {
	text := "mesh: " + f.op
	if f.id != "" {
		text += " " + f.id
	}
	if f.status != 0 {
		text += fmt.Sprintf(": %d %s", f.status, http.StatusText(f.status))
	}
	if f.code != "" {
		text += ": code " + f.code
	}
	if f.reason != "" {
		text += ": " + f.reason
	}
	if f.next != "" {
		text += "; next: " + f.next
	}
	return text
}

// Unwrap is the kind of failure, and the reason of a context that ended.
func (f *failure) Unwrap() []error { return f.causes }

// verdict is what a status of the service means.
type verdict struct {
	cause        error
	reason, next string
	again        bool
}

var verdicts = map[int]verdict{
	400: {ErrRefused, "the service does not take the headers", "check mailboxes, workflow, file name, local id and subject", false},
	403: {ErrDenied, "the service does not let us in", "check mailbox, password, shared key, the certificate, whether the message is to this mailbox, and this machine's clock", false},
	404: {ErrMissing, "the service knows no such message or mailbox", "check the mailbox; list the inbox again: what is not there has been collected or has expired, and must be sent again", false},
	406: {ErrRefused, "the service does not take this chunk", "send the content as a new message", false},
	408: {ErrAway, "the request did not come to the service in time", later, true},
	410: {ErrGone, "the message was acknowledged already, or has expired", "if its content is not safe here, it must be sent again", false},
	413: {ErrRefused, "it is too big for the service", "make the chunks smaller", false},
	417: {ErrRefused, "the service does not take the message", "check recipient and workflow, and that the content is not empty", false},
	423: {ErrLocked, "the message takes no more chunks", "track it; where it is not accepted, send the content as a new message", false},
	425: {ErrAway, "the service is not ready", later, true},
	429: {ErrAway, "the service has too much to do", later, true},
	502: {ErrAway, "the service does not answer behind its gateway", later, true},
	503: {ErrAway, "the service is not available", later, true},
	504: {ErrAway, "the service does not answer in time behind its gateway", later, true},
}

const later = "try later"

// refused is the failure that an answer tells of.
func refused(r *http.Response) *failure {
	f := &failure{status: r.StatusCode, code: codeOf(r.Body)}
	v, known := verdicts[r.StatusCode]
	switch {
	case known:
	case r.StatusCode >= 500:
		v = verdict{ErrAway, "the service failed", later, false}
	case r.StatusCode >= 300 && r.StatusCode < 400:
		v = verdict{ErrRefused, "it leads elsewhere, where we do not go", "check the url", false}
	case r.StatusCode < 300:
		v = verdict{ErrFalse, "not an answer to the request", "check the url", false}
	default:
		v = verdict{ErrRefused, "the service does not take the request", "check the configuration", false}
	}
	f.causes, f.reason, f.next, f.again = []error{v.cause}, v.reason, v.next, v.again
	if text := codes[f.code]; text != "" {
		f.reason = text
	}
	return f
}

// codes are those of the service, in our words.
var codes = map[string]string{
	"02": "the data file is missing or empty", "06": "the headers are malformed",
	"07": "the sender's address is not valid", "08": "there is no recipient",
	"09": "the version is not valid", "11": "the type of message is not valid",
	"12": "the recipient's mailbox is not registered, or takes nothing of this workflow",
	"14": "the recipient did not collect it in time", "17": "the mailbox is not registered for the workflow",
	"18": "the workflow is not enabled", "19": "the time to expiry is not valid", "20": "there is no such message",
	"100": "the mailbox is not enabled", "EPL-150": "more than one mailbox fits", "EPL-151": "no mailbox fits",
	"InvalidHeaderChunks": "the chunk's number is not the one expected", "UnsupportedContentEncoding": "the encoding is not one that it takes",
}

// codeOf reads the code of an answer that says no, where it is one of the list.
// Nothing else of the body is kept.
func codeOf(body io.Reader) string {
	var said struct {
		ErrorCode string `json:"errorCode"`
		Detail    json.RawMessage
	}
	text, _ := io.ReadAll(io.LimitReader(body, 1<<16))
	if json.Unmarshal(text, &said) != nil {
		return ""
	}
	var detail []struct{ Code string }
	if json.Unmarshal(said.Detail, &detail) == nil && len(detail) > 0 {
		said.ErrorCode = detail[0].Code
	}
	return known(said.ErrorCode)
}

// known is a code of the list, or nothing.
func known(code string) string {
	if codes[code] == "" {
		return ""
	}
	return code
}

// cut words why there was no answer, or not all of it. What the network's own
// errors say holds addresses, and is not repeated.
func cut(ctx context.Context, err error) *failure {
	f := &failure{reason: "the connection failed", next: later, causes: []error{ErrAway}, again: true}
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(context.Cause(ctx), errStalled):
		f.reason = "no answer in time"
	case ctx.Err() != nil:
		f.reason, f.next, f.again, f.causes = "stopped", "", false, []error{ErrAway, ctx.Err()}
	case errors.As(err, &certificate):
		f.reason, f.next, f.again, f.causes = distrust(certificate.Err), "check url and ca", false, []error{ErrDenied}
	case errors.As(err, &op) && op.Op == "remote error" && strings.Contains(op.Err.Error(), "certificate"):
		f.reason, f.next, f.again, f.causes = "the service does not take our certificate", "check certificate and key, and when they expire", false, []error{ErrDenied}
	case errors.As(err, &op) && op.Op == "proxyconnect":
		f.reason, f.next = "the proxy does not answer", "check HTTPS_PROXY"
	case errors.As(err, &dns):
		f.reason = "there is no host of that name"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.reason = "the connection was refused"
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
		return "the service's certificate is of an authority that is not in ca"
	case errors.As(err, &host):
		return "the service's certificate is that of another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the service's certificate has expired, or is not valid yet"
	}
	return "the service's certificate is not to be trusted"
}
