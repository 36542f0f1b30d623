package bulktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// grant is an access token.
type grant struct {
	until  time.Time
	scopes []string
}

// Register tells the server the client's public keys, as a JSON Web Key Set.
func (s *Server) Register(set []byte) error {
	var keys struct {
		Keys []struct{ Kty, Kid, N, E, Crv, X, Y, D string }
	}
	if err := json.Unmarshal(set, &keys); err != nil || len(keys.Keys) == 0 {
		return errors.New("no key set")
	}
	b := func(text string) *big.Int {
		raw, _ := base64.RawURLEncoding.DecodeString(text)
		return new(big.Int).SetBytes(raw)
	}
	for _, k := range keys.Keys {
		switch {
		case k.D != "" || k.Kid == "":
			return errors.New("a key that is private, or without kid")
		case k.Kty == "RSA":
			s.keys[k.Kid] = &rsa.PublicKey{N: b(k.N), E: int(b(k.E).Int64())}
		case k.Kty == "EC" && k.Crv == "P-384":
			s.keys[k.Kid] = &ecdsa.PublicKey{Curve: elliptic.P384(), X: b(k.X), Y: b(k.Y)}
		default:
			return errors.New("a key of another kind")
		}
	}
	return nil
}

func (s *Server) algorithms() []string {
	if s.Algorithms != nil {
		return s.Algorithms
	}
	return []string{"RS384", "ES384"}
}

func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Accept") != "application/json" || r.Header.Get("Authorization") != "" {
		s.violation(w, "discovery: not Accept: application/json, or with a token")
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"token_endpoint":                                   strings.TrimSuffix(s.URL, "/fhir") + "/token",
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": s.algorithms(),
		"capabilities":                                     []string{"client-confidential-asymmetric", "permission-v2"},
	})
}

// token grants an access token for an assertion.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": Text})
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" {
		s.violations = append(s.violations, "token: not a form alone")
	}
	if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		s.violations = append(s.violations, "token: grant_type or client_assertion_type")
	}
	if err := s.assertion(r.FormValue("client_assertion")); err != nil {
		s.violations = append(s.violations, "token: "+err.Error())
		refuse("invalid_client")
		return
	}
	asked := strings.Fields(r.FormValue("scope"))
	if len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool { return !strings.HasPrefix(a, "system/") }) {
		refuse("invalid_scope")
		return
	}
	if s.Grant != nil {
		asked = s.Grant(asked)
	}
	lasts := s.Lifetime
	if lasts == 0 {
		lasts = 300
	}
	value := "token-" + rand.Text()
	s.tokens[value] = grant{s.Clock.Now().Add(time.Duration(lasts) * time.Second), asked}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"access_token": value, "token_type": "bearer", "expires_in": lasts, "scope": strings.Join(asked, " ")})
}

// assertion verifies what a client says of itself, by an implementation of JSON
// Web Tokens that is not the client's. It may have ended a while ago: while it
// was on its way, another of the client's downloads may have slept.
func (s *Server) assertion(text string) error {
	var c jwt.RegisteredClaims
	parsed, err := jwt.ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if s.keys[kid] == nil || t.Header["typ"] != "JWT" {
			return nil, errors.New("no such key, or typ is not JWT")
		}
		return s.keys[kid], nil
	}, jwt.WithValidMethods(s.algorithms()), jwt.WithTimeFunc(s.Clock.Now), jwt.WithLeeway(time.Hour), jwt.WithExpirationRequired(),
		jwt.WithIssuer(Client), jwt.WithSubject(Client), jwt.WithAudience(strings.TrimSuffix(s.URL, "/fhir")+"/token"), jwt.WithStrictDecoding())
	switch {
	case err != nil:
		return fmt.Errorf("assertion: %w", err)
	case !parsed.Valid || c.ExpiresAt.Sub(s.Clock.Now()) > 5*time.Minute:
		return errors.New("assertion: lasts longer than five minutes")
	case c.ID == "" || s.used[c.ID]:
		return errors.New("assertion: its jti is missing, or was used before")
	}
	s.used[c.ID] = true
	return nil
}

// Spoil lets all tokens end at once.
func (s *Server) Spoil() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]grant{}
}

// admitted reports whether a request bears a token that lasts; it has answered
// otherwise.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) bool {
	value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if s.Open {
		if ok {
			s.violation(w, "a token for a server that wants none")
		}
		return !ok
	}
	g := s.tokens[value]
	if !ok || !g.until.After(s.Clock.Now()) {
		if !g.until.IsZero() {
			s.requests["late"]++
		}
		refuse(w, http.StatusUnauthorized, "login")
		return false
	}
	return true
}

// covers reports whether the token of a request lets it read types; all where
// there is none named.
func (s *Server) covers(r *http.Request, types []string) bool {
	if s.Open {
		return true
	}
	g := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if slices.Contains(g.scopes, "system/*.rs") {
		return true
	}
	return !slices.ContainsFunc(types, func(t string) bool { return !slices.Contains(g.scopes, "system/"+t+".rs") })
}
