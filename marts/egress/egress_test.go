package egress

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestDefaults holds that a file that says nothing means what the package comment
// says, and that paths are of the file's folder.
func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "egress.yaml")
	if err := os.WriteFile(path, []byte("register: /srv/register\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	in := func(name string) string { return filepath.Join(dir, name) }
	want := Config{Marts: in("marts"), Keys: in("keys"), People: in("people.yaml"), Projects: in("projects"), Register: "/srv/register", Outbox: in("outbox"),
		Signing: in("keys/signing.ed25519"), Links: in("links"), Eligible: Eligible{in("eligible"), Span(24 * time.Hour)}, Disclosure: "strictest", Recall: Recall{Span(21 * 24 * time.Hour)}}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, want %+v: %v", c, want, err)
	}
}

func TestKeyEncryption(t *testing.T) {
	c, err := parse("d/e.yaml", []byte("key_encryption: {pkcs11: {module: /usr/lib/x.so, slot: 0, label: kek, pin: 'credential:pin'}}\neligible: {max_age: 90m}\n"))
	if k := c.KeyEncryption.PKCS11; err != nil || k == nil || *k.Slot != 0 || k.PIN != "credential:pin" || time.Duration(c.Eligible.MaxAge) != 90*time.Minute {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = parse("d/e.yaml", []byte("key_encryption: {identity: 'credential:kek'}\n")); err != nil || c.KeyEncryption.Identity != "credential:kek" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = parse("d/e.yaml", []byte("key_encryption: {pkcs11: {module: x.so, token: t, label: kek, pin: pin.txt}}\n")); err != nil || !strings.HasSuffix(c.KeyEncryption.PKCS11.PIN, "/d/pin.txt") {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = parse("d/e.yaml", []byte("key_encryption: {identity: kek.txt}\n")); err != nil || !strings.HasSuffix(c.KeyEncryption.Identity, "/d/kek.txt") {
		t.Errorf("%+v %v", c, err)
	}
}

// TestRefused holds that whatever is wrong is refused, with file, line and field.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "e.yaml:1: egress: empty",
		"marts: a\nmart: b\n":             "e.yaml:2: mart: an unknown key",
		"marts: a\nmarts: b\n":            "there twice",
		"marts: [a]\n":                    "e.yaml:1: marts: a value of the wrong kind",
		"marts: a\neligible: {age: 1h}\n": "e.yaml:2: eligible.age: an unknown key",
		"eligible:\n  max_age: 0h\n":      "e.yaml:2: eligible.max_age: not a span such as",
		"eligible:\n  max_age: 24\n":      "e.yaml:2: eligible.max_age: not a span such as",
		"eligible: {max_age: -1h}\n":      "not a span such as",
		"eligible: {max_age: 99999d}\n":   "not a span such as",
		"disclosure: None of them\n":      "e.yaml:1: disclosure: not the name of a profile",
		"keys: k\nkey_encryption: {identity: a, pkcs11: {module: m}}":                "e.yaml:2: key_encryption: an identity or pkcs11",
		"key_encryption: {pkcs11: {module: m, label: l, pin: p}}":                    "key_encryption.pkcs11: a slot or a token",
		"key_encryption: {pkcs11: {module: m, slot: 1, token: t, pin: p}}":           "key_encryption.pkcs11: module, label and pin",
		"key_encryption: {pkcs11: {module: m, slot: 1, token: t, label: l, pin: p}}": "a slot or a token, one of them",
		"&a marts: b\n":          "an anchor",
		"marts: a\n---\nkeys: b": "more than one document",
	} {
		_, err := parse("e.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "next: ") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Load("none.yaml"); err == nil || !strings.Contains(err.Error(), "--egress") {
		t.Error(err)
	}
}

// FuzzParse holds that whatever is read has every path, absolute, and a span.
func FuzzParse(f *testing.F) {
	f.Add([]byte("marts: a\nkey_encryption: {pkcs11: {module: m, slot: 1, label: l, pin: p}}\neligible: {file: f, max_age: 2d}\n"))
	f.Add([]byte("marts: !!"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse("e.yaml", data)
		if err != nil {
			return
		}
		for _, p := range []string{c.Marts, c.Keys, c.People, c.Projects, c.Register, c.Outbox, c.Signing, c.Eligible.File, c.Links} {
			if !filepath.IsAbs(p) {
				t.Errorf("%q", p)
			}
		}
		if c.Eligible.MaxAge <= 0 || c.Recall.Within <= 0 || c.Disclosure == "" {
			t.Errorf("%+v", c)
		}
	})
}
