package bulk

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"secondaryuse/pipeline/fetch/credential"
)

// key is the private key that the server knows us by.
type key struct {
	id     string
	signer crypto.Signer // *rsa.PrivateKey or *ecdsa.PrivateKey
}

// jwk is a key as JSON (RFC 7517). Its fields stand in the order of a
// thumbprint (RFC 7638).
type jwk struct {
	Curve string `json:"crv,omitempty"`
	E     string `json:"e,omitempty"`
	Type  string `json:"kty"`
	N     string `json:"n,omitempty"`
	X     string `json:"x,omitempty"`
	Y     string `json:"y,omitempty"`

	ID        string   `json:"kid,omitempty"`
	Algorithm string   `json:"alg,omitempty"`
	Use       string   `json:"use,omitempty"`
	Ops       []string `json:"key_ops,omitempty"`
	D         string   `json:"d,omitempty"`
	P         string   `json:"p,omitempty"`
	Q         string   `json:"q,omitempty"`
	Keys      []jwk    `json:"keys,omitempty"`
}

var encoding = base64.RawURLEncoding

// PublicKeys is the public half of the key in the file at path, as the JSON Web
// Key Set that the server's owner is given or fetches. keyID is as in Config.
func PublicKeys(path, keyID string) ([]byte, error) {
	k, err := readKey(path, keyID)
	if err != nil {
		return nil, fmt.Errorf("bulk: %w", err)
	}
	public := k.public()
	public.ID, public.Algorithm, public.Use, public.Ops = k.id, k.algorithm(), "sig", []string{"verify"}
	return json.MarshalIndent(struct {
		Keys []jwk `json:"keys"`
	}{[]jwk{public}}, "", "  ")
}

// readKey reads a key that only its owner can read, or that systemd has given.
func readKey(path, id string) (*key, error) {
	text, err := credential.Read(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	k := &key{id: id}
	if text = bytes.TrimSpace(text); bytes.HasPrefix(text, []byte("{")) {
		err = k.fromJSON(text)
	} else {
		err = k.fromPEM(text)
	}
	if err == nil {
		err = k.check()
	}
	if err != nil {
		return nil, fmt.Errorf("key: %s: %w", path, err)
	}
	if k.id == "" {
		text, _ := json.Marshal(k.public())
		sum := sha256.Sum256(text)
		k.id = encoding.EncodeToString(sum[:])
	}
	return k, nil
}

func (k *key) fromPEM(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil {
		return errors.New("neither PEM nor JWK")
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return errors.New("not a private key in plain PEM")
	}
	signer, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return errors.New("a private key that cannot be read")
	}
	k.signer = signer
	return nil
}

func (k *key) fromJSON(text []byte) error {
	var j jwk
	if json.Unmarshal(text, &j) != nil {
		return errors.New("not JSON that can be read")
	}
	if len(j.Keys) > 1 {
		return errors.New("a set of several keys; give the one that signs")
	}
	if len(j.Keys) == 1 {
		j = j.Keys[0]
	}
	if k.id == "" {
		k.id = j.ID
	}
	var err error
	switch j.Type {
	case "RSA":
		k.signer, err = j.rsa()
	case "EC":
		k.signer, err = j.ec()
	default:
		err = errors.New("its kty is not RSA or EC")
	}
	return err
}

func (j jwk) rsa() (*rsa.PrivateKey, error) {
	n, e, d, p, q := number(j.N), number(j.E), number(j.D), number(j.P), number(j.Q)
	if n == nil || e == nil || d == nil || p == nil || q == nil || !e.IsInt64() || e.Int64() > 1<<31-1 {
		return nil, errors.New("n, e, d, p or q is missing or wrong")
	}
	r := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d, Primes: []*big.Int{p, q}}
	if r.Validate() != nil {
		return nil, errors.New("n, e, d, p and q do not belong together")
	}
	r.Precompute()
	return r, nil
}

func (j jwk) ec() (*ecdsa.PrivateKey, error) {
	d, err := encoding.DecodeString(j.D)
	if j.Curve != "P-384" || err != nil {
		return nil, errors.New("not a private key on P-384")
	}
	e, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), d)
	if err != nil {
		return nil, errors.New("d is not one on P-384")
	}
	if public := (&key{signer: e}).public(); public.X != j.X || public.Y != j.Y {
		return nil, errors.New("x and y do not belong to d")
	}
	return e, nil
}

// number is nil where there is none.
func number(text string) *big.Int {
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil
	}
	return new(big.Int).SetBytes(b)
}

func (k *key) check() error {
	switch s := k.signer.(type) {
	case *rsa.PrivateKey:
		if s.N.BitLen() < 2048 {
			return errors.New("an RSA key of less than 2048 bits")
		}
		return nil
	case *ecdsa.PrivateKey:
		if s.Curve != elliptic.P384() {
			return errors.New("not on the curve P-384")
		}
		return nil
	}
	return errors.New("not an RSA key, nor one on P-384")
}

// algorithm is what the server verifies by.
func (k *key) algorithm() string {
	if _, ok := k.signer.(*rsa.PrivateKey); ok {
		return "RS384"
	}
	return "ES384"
}

// public is the public half, with what a thumbprint is made of and no more.
func (k *key) public() jwk {
	switch s := k.signer.(type) {
	case *rsa.PrivateKey:
		return jwk{Type: "RSA", N: encoding.EncodeToString(s.N.Bytes()), E: encoding.EncodeToString(big.NewInt(int64(s.E)).Bytes())}
	case *ecdsa.PrivateKey:
		point, _ := s.PublicKey.Bytes() // 4, x, y
		return jwk{Type: "EC", Curve: "P-384", X: encoding.EncodeToString(point[1:49]), Y: encoding.EncodeToString(point[49:])}
	}
	return jwk{}
}

// sign signs a JSON Web Token (RFC 7515, 7518).
func (k *key) sign(claims map[string]any) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": k.algorithm(), "kid": k.id, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encoding.EncodeToString(head) + "." + encoding.EncodeToString(body)
	sum := sha512.Sum384([]byte(text))
	var signature []byte
	switch s := k.signer.(type) {
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, s, crypto.SHA384, sum[:])
	case *ecdsa.PrivateKey:
		var r, t *big.Int
		if r, t, err = ecdsa.Sign(rand.Reader, s, sum[:]); err == nil {
			signature = make([]byte, 96)
			r.FillBytes(signature[:48])
			t.FillBytes(signature[48:])
		}
	}
	return text + "." + encoding.EncodeToString(signature), err
}
