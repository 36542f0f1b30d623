package kek_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/domain/keyring/keyringtest"
)

const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

const pin = "648219"

// softToken makes a token of SoftHSM, and returns the file of its PIN.
func softToken(t *testing.T) (pinFile string) {
	t.Helper()
	tool, err := exec.LookPath("softhsm2-util")
	if _, module := os.Stat(softHSM); err != nil || module != nil {
		t.Skip("softhsm2 is not installed: no PKCS#11 token to hold a key")
	}
	dir := t.TempDir()
	tokens, conf := filepath.Join(dir, "tokens"), filepath.Join(dir, "softhsm2.conf")
	pinFile = filepath.Join(dir, "pin")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(tokens, 0o700); err != nil {
		t.Fatal(err)
	}
	write(conf, "directories.tokendir = "+tokens+"\nlog.level = ERROR\n")
	write(pinFile, pin+"\n")
	t.Setenv("SOFTHSM2_CONF", conf)
	if out, err := exec.Command(tool, "--init-token", "--free", "--label", "ohc keys", "--so-pin", "111111", "--pin", pin).CombinedOutput(); err != nil {
		t.Fatalf("softhsm2-util: %v %s", err, out)
	}
	return pinFile
}

// session logs in to the token. must ends the test at an error; leave logs out.
func session(t *testing.T) (ctx *pkcs11.Ctx, s pkcs11.SessionHandle, must func(error), leave func()) {
	t.Helper()
	ctx = pkcs11.New(softHSM)
	must = func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(ctx.Initialize())
	slots, err := ctx.GetSlotList(true)
	must(err)
	s, err = ctx.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	must(err)
	must(ctx.Login(s, pkcs11.CKU_USER, pin))
	return ctx, s, must, func() {
		must(errors.Join(ctx.CloseSession(s), ctx.Finalize()))
		ctx.Destroy()
	}
}

// generate makes an AES key of some bytes in the token.
func generate(t *testing.T, label string, extractable bool, size int, decrypts bool) {
	t.Helper()
	ctx, s, must, leave := session(t)
	defer leave()
	_, err := ctx.GenerateKey(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_KEY_GEN, nil)}, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label), pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, size),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, true), pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, decrypts),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, !extractable), pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, extractable),
	})
	must(err)
}

// TestToken holds that a key in a token wraps as an identity does, and that a ring
// opens with it.
func TestToken(t *testing.T) {
	pinFile := softToken(t)
	open := func(label string) (kek.Config, error) {
		c := kek.Config{PKCS11: &kek.PKCS11{Module: softHSM, Token: "ohc keys", Label: label, PIN: pinFile}}
		_, err := kek.Open(c)
		return c, err
	}
	generate(t, "kek one", false, 32, true)
	generate(t, "kek two", false, 32, true)
	one, err1 := open("kek one")
	two, err2 := open("kek two")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	a, _ := kek.Open(one)
	b, _ := kek.Open(two)
	if !strings.HasPrefix(a.ID(), "pkcs11:serial=") || !strings.HasSuffix(a.ID(), ";object=kek%20one") {
		t.Errorf("named %s", a.ID())
	}
	keyringtest.Suite(t, a, b)
	keyringtest.Uses(t, a, b)
}

// TestTokenOneWay holds that no key is wrapped for one in a token that may encrypt, and
// may not decrypt.
func TestTokenOneWay(t *testing.T) {
	pinFile := softToken(t)
	generate(t, "one way", false, 32, false)
	k, err := kek.Open(kek.Config{PKCS11: &kek.PKCS11{Module: softHSM, Token: "ohc keys", Label: "one way", PIN: pinFile}})
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := keyringtest.New(t)
	ring, err := keyring.Open(dir, k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Create("planning", time.Now(), false); err == nil || !strings.Contains(err.Error(), "does not unwrap what it has wrapped") {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Error(left)
	}
}

// TestTokenRefused holds that a token opens with all of its facts alone, that a
// key that could leave it is refused, and that no error shows the PIN.
func TestTokenRefused(t *testing.T) {
	pinFile := softToken(t)
	generate(t, "kek", false, 32, true)
	generate(t, "loose", true, 32, true)
	generate(t, "short", false, 16, true)
	generate(t, "twice", false, 32, true)
	generate(t, "twice", false, 32, true)
	wrong, public, none := filepath.Join(t.TempDir(), "wrong"), filepath.Join(t.TempDir(), "public"), uint(99)
	os.WriteFile(wrong, []byte("000000"), 0o600)
	os.WriteFile(public, []byte(pin), 0o600)
	os.Chmod(public, 0o644)
	good := kek.PKCS11{Module: softHSM, Token: "ohc keys", Label: "kek", PIN: pinFile}
	for want, edit := range map[string]func(*kek.PKCS11){
		"cannot be opened":          func(c *kek.PKCS11) { c.Module = "/nowhere.so" },
		"0 tokens have the label":   func(c *kek.PKCS11) { c.Token = "other" },
		"0 AES keys have the label": func(c *kek.PKCS11) { c.Label = "other" },
		"2 AES keys have the label": func(c *kek.PKCS11) { c.Label = "twice" },
		"the key could leave":       func(c *kek.PKCS11) { c.Label = "loose" },
		"not the 32 bytes":          func(c *kek.PKCS11) { c.Label = "short" },
		"login":                     func(c *kek.PKCS11) { c.PIN = wrong },
		"chmod 600":                 func(c *kek.PKCS11) { c.PIN = public },
		"give module, label, pin":   func(c *kek.PKCS11) { c.PIN = "" },
		"SLOT_ID_INVALID":           func(c *kek.PKCS11) { c.Token, c.Slot = "", &none },
		"and slot or token":         func(c *kek.PKCS11) { c.Slot = &none },
	} {
		c := good
		edit(&c)
		_, err := kek.Open(kek.Config{PKCS11: &c})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(fmt.Sprint(err), pin) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := kek.Open(kek.Config{Identity: pinFile, PKCS11: &good}); err == nil {
		t.Error("an identity and a token at once")
	}
}
