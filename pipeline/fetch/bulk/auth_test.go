package bulk_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
)

func newRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Setenv("GODEBUG", "rsa1024min=0")
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// use has the client use a key file, which the server knows.
func (s *site) use(path, id string) {
	s.t.Helper()
	set, err := bulk.PublicKeys(path, id)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Register(set); err != nil {
		s.t.Fatal(err)
	}
	s.config.Key, s.config.KeyID = path, id
}

// TestKeys holds that keys of both kinds, in every file that they come in, let
// us in: the server verifies by another implementation.
func TestKeys(t *testing.T) {
	r, e := newRSA(t, 2048), newEC(t)
	dir := t.TempDir()
	ec, _ := x509.MarshalECPrivateKey(e)
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o400); err != nil {
			t.Fatal(err)
		}
		return path
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(r)
	for name, path := range map[string]string{
		"PKCS #8": write("8.pem", block("PRIVATE KEY", pkcs8)),
		"PKCS #1": write("1.pem", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r))),
		"SEC 1":   write("ec.pem", block("EC PRIVATE KEY", ec)),
		"RSA JWK": write("rsa.json", rsaJWK(r)),
		"EC JWK":  write("ec.json", ecJWK(t, e, "P-384", "one")),
		"a set":   write("set.json", []byte(`{"keys":[`+string(ecJWK(t, e, "P-384", "two"))+`]}`)),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.use(path, "")
			s.take(fetch.Last{}, s.everything())
			s.use(path, "named")
			s.take(fetch.Last{}, s.everything())
		})
	}
}

func rsaJWK(r *rsa.PrivateKey) []byte {
	text, _ := json.Marshal(map[string]any{"kty": "RSA", "n": b64(r.N.Bytes()), "e": "AQAB", "d": b64(r.D.Bytes()), "p": b64(r.Primes[0].Bytes()), "q": b64(r.Primes[1].Bytes())})
	return text
}

func ecJWK(t *testing.T, e *ecdsa.PrivateKey, curve, kid string) []byte {
	point, err := e.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, _ := e.Bytes()
	half := len(point) / 2
	text, _ := json.Marshal(map[string]any{"kty": "EC", "crv": curve, "kid": kid, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:]), "d": b64(d)})
	return text
}

// TestKeysRefused holds that a key which is not well kept, or too weak, is
// refused, and that nothing of it is told.
func TestKeysRefused(t *testing.T) {
	dir := t.TempDir()
	good := ecJWK(t, newEC(t), "P-384", "k")
	weak, _ := x509.MarshalPKCS8PrivateKey(newRSA(t, 1024))
	small, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p256, _ := x509.MarshalPKCS8PrivateKey(small)
	var other map[string]any
	json.Unmarshal(good, &other)
	other["d"] = b64(make([]byte, 48))
	zero, _ := json.Marshal(other)
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"read by the group":  {string(good), 0o640, "others can read it"},
		"read by all":        {string(good), 0o604, "others can read it"},
		"weak":               {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: weak})), 0o600, "less than 2048 bits"},
		"another curve":      {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p256})), 0o600, "P-384"},
		"another curve, JWK": {string(ecJWK(t, small, "P-256", "k")), 0o600, "P-384"},
		"no number":          {string(zero), 0o600, "d is not one"},
		"a public key":       {`{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}`, 0o600, "d is not one"},
		"an odd kind":        {`{"kty":"oct","k":"hunter2"}`, 0o600, "kty"},
		"not a key":          {"hunter2", 0o600, "neither PEM nor JWK"},
		"locked":             {"-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n", 0o600, "plain PEM"},
		"broken":             {"-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n", 0o600, "cannot be read"},
		"not JSON":           {`{"kty":hunter2}`, 0o600, "not JSON"},
		"two":                {`{"keys":[{},{}]}`, 0o600, "several"},
		"empty":              {"", 0o600, "it is empty"},
		"big":                {strings.Repeat("hunter2", 10000), 0o600, "too long for a secret"},
	} {
		path := filepath.Join(dir, "key")
		os.Remove(path)
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, tc.mode)
		_, err := bulk.PublicKeys(path, "")
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenSSL holds that the public keys that we hand out are those of the key,
// as OpenSSL has it.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if out, err := exec.Command(openssl, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", path).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	der, err := exec.Command(openssl, "pkey", "-in", path, "-pubout", "-outform", "DER").Output()
	if err != nil {
		t.Fatal(err)
	}
	set, err := bulk.PublicKeys(path, "")
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		Keys []struct{ X, Y, D, Kid string }
	}
	if err := json.Unmarshal(set, &keys); err != nil || len(keys.Keys) != 1 || keys.Keys[0].D != "" || keys.Keys[0].Kid == "" {
		t.Fatalf("%s", set)
	}
	if x, y := b64(der[len(der)-96:len(der)-48]), b64(der[len(der)-48:]); x != keys.Keys[0].X || y != keys.Keys[0].Y {
		t.Error("another key")
	}
}

// TestScopes holds that a server that grants less than was asked for is an
// error, or a reason, and never passed over.
func TestScopes(t *testing.T) {
	s := newSite(t)
	s.config.Types = []string{"Patient", "Observation"}
	s.Grant = func([]string) []string {
		return []string{"system/Patient.rs", "system/Observation.rs?category=laboratory", "openid"}
	}
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "token: ", "does not cover Observation; next:")
	if n := s.Requests("kick-off"); n != 0 {
		t.Errorf("%d exports asked for", n)
	}
	s.config.Accept = true
	dir := t.TempDir()
	d, err := s.fetch(fetch.Last{}, dir)
	if err != nil || len(d.Incomplete) != 1 || d.Incomplete[0] != "the server grants less than was asked for" {
		t.Errorf("%v %v", d, err)
	}
	s.holds(dir, s.Lines("", zero, nil, "Patient"))
	s.Grant = func([]string) []string { return []string{"system/Group.rs"} }
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "covers none of the types")
	s.config.Types = nil
	for _, granted := range []string{"system/*.rs", "system/*.cruds", "system/*.read", "system/*.*"} {
		s.Grant = func([]string) []string { return []string{granted, "system/*.rs"} }
		s.take(fetch.Last{}, s.everything())
	}
}

// TestRenewal holds that a token that ends in the middle is renewed, before it
// ends and when the server does not take it.
func TestRenewal(t *testing.T) {
	s := newSite(t)
	s.Lifetime, s.Polls = 60, 5 // each poll waits two minutes
	s.take(fetch.Last{}, s.everything())
	if n, late := s.Requests("token"), s.Requests("late"); n < 5 || late != 0 {
		t.Errorf("%d tokens, and %d requests with one that had ended", n, late)
	}
	s = newSite(t)
	s.Fail("status", bulktest.Fault{}, bulktest.Fault{Status: 401, Issue: "login"})
	s.Fail("file", bulktest.Fault{Status: 401, Issue: "login"})
	s.take(fetch.Last{}, s.everything())
	if n := s.Requests("token"); n != 3 {
		t.Errorf("%d tokens", n)
	}
	s.Fail("kick-off", bulktest.Fault{Status: 401, Issue: "login"}, bulktest.Fault{Status: 401, Issue: "login"})
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "bulk: "+s.URL+": kick-off: 401 Unauthorized: issue login")
}

// TestTokenKept holds that the token is not sent where it must not be.
func TestTokenKept(t *testing.T) {
	s := newSite(t)
	s.Elsewhere = true
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "sent to another host; next: if that is right, name it in hosts")
	if n := s.Requests("file"); n != 0 {
		t.Errorf("%d requests reached the other host", n)
	}
	s.config.Hosts = []string{s.Host()}
	s.take(fetch.Last{}, s.everything())

	s.Capability = true // the server notes a token that it does not want
	s.take(fetch.Last{}, s.everything())

	s = newSite(t)
	for _, kind := range []string{"kick-off", "status", "file"} {
		s.Fail(kind, bulktest.Fault{Location: "https://" + s.Host() + "/fhir/$export"})
		before := s.Requests("kick-off")
		_, err = s.fetch(fetch.Last{}, t.TempDir())
		s.refused(err, "another host")
		if n := s.Requests("kick-off"); n != before+1 {
			t.Errorf("%s: %d requests followed a redirect", kind, n-before)
		}
	}
	s.Fail("token", bulktest.Fault{Location: "https://" + s.Host() + "/token"})
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "token: 302 Found")
}

// TestNoToken holds that a server that wants no token gets none.
func TestNoToken(t *testing.T) {
	s := newSite(t)
	s.Open, s.config.Client, s.config.Key = true, "", ""
	s.take(fetch.Last{}, s.everything())
	if n := s.Requests("token") + s.Requests("discovery"); n != 0 {
		t.Errorf("%d requests for a token", n)
	}
}

// TestDiscovery holds that a server that does not know our ways is told from
// one that fails, and that the token endpoint can be configured.
func TestDiscovery(t *testing.T) {
	for want, body := range map[string]string{
		"discovery: no token_endpoint":                                 `{"token_endpoint":7}`,
		"discovery: the server does not take private_key_jwt":          `{"token_endpoint":"https://x/t","token_endpoint_auth_methods_supported":["client_secret_basic"]}`,
		"discovery: the server does not take signatures by ES384":      `{"token_endpoint":"https://x/t","token_endpoint_auth_signing_alg_values_supported":["RS384"]}`,
		"token: the server gave an address that is not https":          `{"token_endpoint":"http://x/t"}`,
		"token: the answer holds no bearer token":                      `-`,
		"token: 400 Bad Request: invalid_client; next: see that the s": `--`,
	} {
		s := newSite(t)
		switch body {
		case "-":
			s.Fail("token", bulktest.Fault{Body: `{"access_token":"token-x\n","token_type":"bearer"}`})
		case "--":
			s.Fail("token", bulktest.Fault{Status: 400, Body: `{"error":"invalid_client","error_description":"` + bulktest.Text + `"}`})
		default:
			s.Fail("discovery", bulktest.Fault{Body: body})
		}
		_, err := s.fetch(fetch.Last{}, t.TempDir())
		s.refused(err, want)
	}
	s := newSite(t)
	s.config.Token = strings.TrimSuffix(s.URL, "/fhir") + "/token"
	s.take(fetch.Last{}, s.everything())
	if n := s.Requests("discovery"); n != 0 {
		t.Errorf("%d discoveries", n)
	}
}

// TestSystemd holds that a key that systemd gives to the service lets us in.
func TestSystemd(t *testing.T) {
	s := newSite(t)
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Dir(s.config.Key))
	s.use("credential:"+filepath.Base(s.config.Key), "")
	s.take(fetch.Last{}, s.everything())
	s.config.Key = "credential:other"
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "key: credential:other: ")
}
