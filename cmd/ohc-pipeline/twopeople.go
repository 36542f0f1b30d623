package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	office "secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// twoPeople has two people sign a statement: with two private keys, whose public
// halves are in the file of people under two names, each with one of the roles. It
// returns who they are, and their signatures, as the audit log has them. What they
// have signed can be verified with the public keys alone.
func twoPeople(file string, keys [2]string, label, statement string, roles ...office.Role) (told string, err error) {
	all, err := office.Load(file)
	if err != nil {
		return "", coded{exitConfig, err}
	}
	var names, out []string
	for _, path := range keys {
		own, err := sign.Open(path)
		if err != nil {
			return "", coded{exitUsage, err}
		}
		p, known := all.Holder(own.Public())
		if !known || !p.Has(roles...) {
			return "", coded{exitUsage, fmt.Errorf("%s: in %s nobody with the right role has this key: %s", path, file, words(roles))}
		}
		s := sign.Sign(own, label, []byte(statement))
		if err := sign.Verify(p.Key, label, []byte(statement), s); err != nil {
			return "", err
		}
		names = append(names, p.Name)
		out = append(out, p.Name+" "+base64.StdEncoding.EncodeToString(s.Bytes))
	}
	if names[0] == names[1] {
		return "", coded{exitUsage, errors.New("both keys are of one person; a second person is needed")}
	}
	return strings.Join(out, ", "), nil
}

func words(roles []office.Role) string {
	var out []string
	for _, r := range roles {
		out = append(out, string(r))
	}
	return strings.Join(out, " or ")
}
