package kek

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/miekg/pkcs11"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/pipeline/durable"
)

// PKCS11 names an AES key in a token, which never leaves it.
type PKCS11 struct {
	Module string `yaml:"module"` // the token's library, such as /usr/lib/softhsm/libsofthsm2.so
	Slot   *uint  `yaml:"slot"`   // this, or
	Token  string `yaml:"token"`  // the token's label
	Label  string `yaml:"label"`  // of the key
	PIN    string `yaml:"pin"`    // file, or credential:NAME
}

// token is a key in a token. The library is opened for each use alone, so that
// nobody stays logged in.
type token struct {
	conf PKCS11
	id   string
}

// one holds that the library, which a process initialises as a whole, is used by
// one at a time.
var one sync.Mutex

const (
	keySize   = 32
	nonceSize = 12
	tagBits   = 128
)

// purpose is bound to all that is wrapped, so that a text that the token's key
// has encrypted for something else is no key.
var purpose = []byte("secondaryuse keyring 1")

func openToken(c PKCS11) (keyring.KEK, error) {
	if c.Module == "" || c.Label == "" || c.PIN == "" || (c.Slot == nil) == (c.Token == "") {
		return nil, errors.New("key_encryption.pkcs11: give module, label, pin, and slot or token")
	}
	t := token{conf: c}
	err := t.use(func(ctx *pkcs11.Ctx, slot uint, _ pkcs11.SessionHandle, _ pkcs11.ObjectHandle) error {
		info, err := ctx.GetTokenInfo(slot)
		t.id = "pkcs11:serial=" + word(info.SerialNumber) + ";object=" + word(c.Label) // as RFC 7512 writes it
		return err
	})
	return t, err
}

// word is a text as it may stand in a URI.
func word(text string) string {
	var out strings.Builder
	for _, b := range []byte(strings.TrimRight(text, " \x00")) {
		if b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("-._~", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}

func (t token) ID() string { return t.id }

// Wrap encrypts a secret in the token with AES-GCM: nonce, then the text.
func (t token) Wrap(secret []byte) (out []byte, err error) {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	err = t.use(func(ctx *pkcs11.Ctx, _ uint, s pkcs11.SessionHandle, key pkcs11.ObjectHandle) error {
		p := pkcs11.NewGCMParams(nonce, purpose, tagBits)
		defer p.Free()
		if err := ctx.EncryptInit(s, gcm(p), key); err != nil {
			return err
		}
		text, err := ctx.Encrypt(s, secret)
		if iv := p.IV(); len(iv) == nonceSize { // a token may choose its own
			nonce = iv
		}
		out = append(nonce, text...)
		return err
	})
	return out, err
}

// Unwrap decrypts what Wrap has made.
func (t token) Unwrap(wrapped []byte) (secret []byte, err error) {
	if len(wrapped) < nonceSize+tagBits/8 {
		return nil, keyring.ErrAltered
	}
	err = t.use(func(ctx *pkcs11.Ctx, _ uint, s pkcs11.SessionHandle, key pkcs11.ObjectHandle) error {
		p := pkcs11.NewGCMParams(wrapped[:nonceSize], purpose, tagBits)
		defer p.Free()
		if err := ctx.DecryptInit(s, gcm(p), key); err != nil {
			return err
		}
		if secret, err = ctx.Decrypt(s, wrapped[nonceSize:]); err != nil {
			return keyring.ErrAltered
		}
		return nil
	})
	return secret, err
}

func gcm(p *pkcs11.GCMParams) []*pkcs11.Mechanism {
	return []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, p)}
}

// use logs in, finds the key, and has something done with it.
func (t token) use(do func(ctx *pkcs11.Ctx, slot uint, s pkcs11.SessionHandle, key pkcs11.ObjectHandle) error) error {
	pin, err := durable.Given(t.conf.PIN)
	if err != nil {
		return fmt.Errorf("key_encryption.pkcs11.pin: %w", err)
	}
	one.Lock()
	defer one.Unlock()
	ctx := pkcs11.New(t.conf.Module)
	if ctx == nil {
		return fmt.Errorf("key_encryption.pkcs11.module: %s cannot be opened", t.conf.Module)
	}
	defer ctx.Destroy()
	if err := ctx.Initialize(); err != nil {
		return fmt.Errorf("key_encryption.pkcs11: %w", err)
	}
	defer ctx.Finalize()
	slot, err := t.slot(ctx)
	if err != nil {
		return fmt.Errorf("key_encryption.pkcs11: %w", err)
	}
	s, err := ctx.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return fmt.Errorf("key_encryption.pkcs11: %w", err)
	}
	defer ctx.CloseSession(s)
	if err := ctx.Login(s, pkcs11.CKU_USER, strings.TrimSpace(string(pin))); err != nil {
		return fmt.Errorf("key_encryption.pkcs11: login: %w", err)
	}
	defer ctx.Logout(s)
	key, err := t.find(ctx, s)
	if err == nil {
		err = do(ctx, slot, s, key)
	}
	if err != nil && !errors.Is(err, keyring.ErrAltered) {
		return fmt.Errorf("key_encryption.pkcs11: %w", err)
	}
	return err
}

// slot is the slot that is configured, or that of the token.
func (t token) slot(ctx *pkcs11.Ctx) (uint, error) {
	if t.conf.Slot != nil {
		return *t.conf.Slot, nil
	}
	slots, err := ctx.GetSlotList(true)
	if err != nil {
		return 0, err
	}
	var found []uint
	for _, s := range slots {
		if info, err := ctx.GetTokenInfo(s); err == nil && strings.TrimRight(info.Label, " \x00") == t.conf.Token {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d tokens have the label; next: give the slot of one", len(found))
	}
	return found[0], nil
}

// find is the key of the label. One that could leave the token is refused.
func (t token) find(ctx *pkcs11.Ctx, s pkcs11.SessionHandle) (pkcs11.ObjectHandle, error) {
	if err := ctx.FindObjectsInit(s, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_AES),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, t.conf.Label),
	}); err != nil {
		return 0, err
	}
	found, _, err := ctx.FindObjects(s, 2)
	if err = errors.Join(err, ctx.FindObjectsFinal(s)); err != nil {
		return 0, err
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d AES keys have the label; there must be one", len(found))
	}
	held, err := ctx.GetAttributeValue(s, found[0], []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, nil), pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, nil), pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, nil),
	})
	if err != nil {
		return 0, err
	}
	if held[0].Value[0] != 0 || held[1].Value[0] == 0 {
		return 0, errors.New("the key could leave the token; next: make one that is sensitive and not extractable")
	}
	if !bytes.Equal(held[2].Value, pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, keySize).Value) {
		return 0, errors.New("the key has not the 32 bytes of AES-256; next: have the token generate one (an import may stop at a byte of zero)")
	}
	return found[0], nil
}
