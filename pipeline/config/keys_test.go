package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestKeyEncryption holds what keys may be wrapped for, and that paths are those
// beside the file.
func TestKeyEncryption(t *testing.T) {
	c, err := Load(write(t, good))
	if err != nil || c.KeyEncryption.Some() {
		t.Errorf("%+v %v", c.KeyEncryption, err)
	}
	path := write(t, good+"key_encryption: {identity: kek.txt}\n")
	if c, err = Load(path); err != nil || c.KeyEncryption.Identity != filepath.Join(filepath.Dir(path), "kek.txt") || !c.KeyEncryption.Some() {
		t.Errorf("%+v %v", c.KeyEncryption, err)
	}
	if c, err = Load(write(t, good+"key_encryption: {identity: 'credential:kek'}\n")); err != nil || c.KeyEncryption.Identity != "credential:kek" {
		t.Errorf("%+v %v", c.KeyEncryption, err)
	}
	c, err = Load(write(t, good+"key_encryption: {pkcs11: {module: /lib/x.so, slot: 0, label: kek, pin: 'credential:pin'}}\n"))
	if err != nil || *c.KeyEncryption.PKCS11.Slot != 0 || c.KeyEncryption.PKCS11.PIN != "credential:pin" || !c.KeyEncryption.Some() {
		t.Errorf("%+v %v", c.KeyEncryption, err)
	}
	for text, want := range map[string]string{
		"{identity: a, pkcs11: {module: m, token: t, label: l, pin: p}}": "key_encryption: both identity and pkcs11",
		"{pkcs11: {module: m, token: t, label: l}}":                      "key_encryption.pkcs11: it needs module",
		"{pkcs11: {module: m, label: l, pin: p}}":                        "key_encryption.pkcs11: give the slot",
		"{pkcs11: {module: m, token: t, slot: 0, label: l, pin: p}}":     "key_encryption.pkcs11: give the slot",
		"{passphrase: hunter2}":                                          "there is no such key",
	} {
		if _, err := Load(write(t, good+"key_encryption: "+text+"\n")); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, name := range []string{"base", "register", "project-heart"} {
		if _, err := Load(write(t, good+"purpose: "+name+"\n")); err == nil || !strings.Contains(err.Error(), "purpose: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
