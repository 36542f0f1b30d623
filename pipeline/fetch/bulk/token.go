package bulk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// token is what the server lets us in by: an access token of SMART Backend
// Services, renewed before it ends and when the server does not take it.
type token struct {
	key *key

	mu      sync.Mutex
	found   *endpoint
	value   string
	until   time.Time
	missing []string // types, or * for all, that were asked for and not granted
}

// endpoint is where and how tokens are had.
type endpoint struct {
	URL         string   `json:"token_endpoint"`
	Methods     []string `json:"token_endpoint_auth_methods_supported"`
	Algorithms  []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Permissions []string `json:"capabilities"`
}

// get is a token that lasts a while yet.
func (t *token) get(ctx context.Context, l *link) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && l.clock.Now().Before(t.until) {
		return t.value, nil
	}
	if t.found == nil {
		found, err := t.discover(ctx, l)
		if err != nil {
			return "", err
		}
		t.found = found
	}
	return t.value, t.renew(ctx, l)
}

// spoil forgets a token that the server does not take.
func (t *token) spoil(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}

// discover asks the server where tokens are had.
func (t *token) discover(ctx context.Context, l *link) (*endpoint, error) {
	const kind = "discovery"
	if l.config.Token != "" {
		return &endpoint{URL: l.config.Token}, nil
	}
	a, err := l.ask(ctx, call{kind: kind, method: http.MethodGet, url: l.base.String() + "/.well-known/smart-configuration",
		header: map[string]string{"Accept": "application/json"}}, small)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.refused(kind, a)
	}
	var e endpoint
	if json.Unmarshal(a.body, &e) != nil || e.URL == "" {
		return nil, &failure{kind: kind, reason: "no token_endpoint in it"}
	}
	if len(e.Methods) > 0 && !slices.Contains(e.Methods, "private_key_jwt") {
		return nil, &failure{kind: kind, reason: "the server does not take private_key_jwt"}
	}
	if len(e.Algorithms) > 0 && !slices.Contains(e.Algorithms, t.key.algorithm()) {
		return nil, &failure{kind: kind, reason: "the server does not take signatures by " + t.key.algorithm() + "; next: use a key of the other kind, RSA or P-384"}
	}
	return &e, nil
}

// renew asks for a new token.
func (t *token) renew(ctx context.Context, l *link) error {
	const kind = "token"
	t.value = ""
	asked := l.scopes(t.found)
	a, err := l.ask(ctx, call{kind: kind, method: http.MethodPost, url: t.found.URL,
		body:   func() ([]byte, error) { return t.form(l, asked) },
		header: map[string]string{"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}}, small)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return &failure{kind: kind, status: a.status, codes: a.codes, reason: oauthError(a.body)}
	}
	return t.take(l, asked, a.body)
}

// form is the request for a token. Its assertion is used once, and lasts four
// minutes: five is the most that is allowed, and clocks differ.
func (t *token) form(l *link, scopes []string) ([]byte, error) {
	assertion, err := t.key.sign(map[string]any{
		"iss": l.config.Client, "sub": l.config.Client, "aud": t.found.URL,
		"exp": l.clock.Now().Add(4 * time.Minute).Unix(), "jti": rand.Text(),
	})
	return []byte(url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}.Encode()), err
}

// take takes a token that was granted.
func (t *token) take(l *link, asked []string, body []byte) error {
	const kind = "token"
	var granted struct {
		Value string  `json:"access_token"`
		Type  string  `json:"token_type"`
		Lasts float64 `json:"expires_in"`
		Scope *string `json:"scope"`
	}
	if json.Unmarshal(body, &granted) != nil || granted.Value == "" || !strings.EqualFold(granted.Type, "bearer") || !sendable(granted.Value) {
		return &failure{kind: kind, reason: "the answer holds no bearer token"}
	}
	if granted.Scope != nil {
		t.missing = ungranted(asked, strings.Fields(*granted.Scope))
	}
	if len(t.missing) > 0 && !l.config.Accept {
		return &failure{kind: kind, reason: "the scope granted does not cover " + strings.Join(t.missing, ", ") +
			"; next: have the server's owner grant it, or set missing: accept"}
	}
	if granted.Lasts <= 0 || granted.Lasts > 86400 {
		granted.Lasts = 300
	}
	lasts := time.Duration(granted.Lasts * float64(time.Second))
	t.value, t.until = granted.Value, l.clock.Now().Add(lasts-min(30*time.Second, lasts/2))
	return nil
}

// sendable reports whether a token can stand in a header.
func sendable(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c > '~' })
}

// lacks are the types that were asked for and are not granted.
func (t *token) lacks() []string {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missing
}

var oauthErrors = words(`invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope`)

// oauthError is the word of RFC 6749 for why there is no token.
func oauthError(body []byte) string {
	var e struct{ Error string }
	if json.Unmarshal(body, &e) != nil || !oauthErrors[e.Error] {
		return ""
	}
	if e.Error == "invalid_client" {
		return e.Error + "; next: see that the server's owner has our public key and client id"
	}
	return e.Error
}
