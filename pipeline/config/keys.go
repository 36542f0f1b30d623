package config

// KeyEncryption says who may use the keys: what they are wrapped for. Where it is
// absent, keys lie in plain files, which every manifest says.
type KeyEncryption struct {
	Identity string  `yaml:"identity"` // an age identity file, or credential:NAME
	PKCS11   *PKCS11 `yaml:"pkcs11"`   // or a key in a token
}

// PKCS11 names an AES key in a token.
type PKCS11 struct {
	Module string `yaml:"module"` // the token's library
	Slot   *uint  `yaml:"slot"`   // where the token is,
	Token  string `yaml:"token"`  // or its label
	Label  string `yaml:"label"`  // of the key
	PIN    string `yaml:"pin"`    // file, or credential:NAME
}

// Some reports whether keys are wrapped.
func (k KeyEncryption) Some() bool { return k.Identity != "" || k.PKCS11 != nil }

func (k *KeyEncryption) paths() []*string {
	if k.PKCS11 != nil {
		return append(files(&k.PKCS11.PIN), &k.PKCS11.Module)
	}
	return files(&k.Identity)
}

func (k *KeyEncryption) check(fail func(key, reason string)) {
	if k.Identity != "" && k.PKCS11 != nil {
		fail("key_encryption", "both identity and pkcs11; give one of them")
	}
	p := k.PKCS11
	if p == nil {
		return
	}
	if p.Module == "" || p.Label == "" || p.PIN == "" {
		fail("key_encryption.pkcs11", "it needs module, label (of the key) and pin (a file, or credential:NAME)")
	}
	if (p.Slot == nil) == (p.Token == "") {
		fail("key_encryption.pkcs11", "give the slot, or the token's label, and not both")
	}
}
