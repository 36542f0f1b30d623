package parcel

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// tags writes what a bag has beside its data folder.
func (p *Parcel) tags(identifier string) error {
	var manifest, tags strings.Builder
	var bytes int64
	for _, e := range p.payload {
		fmt.Fprintf(&manifest, "%s  data/%s\n", e.SHA512, e.Name)
		bytes += e.Bytes
	}
	for _, t := range [][2]string{
		{"bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"},
		{"bag-info.txt", fmt.Sprintf("External-Identifier: urn:uuid:%s\nPayload-Oxum: %d.%d\n", identifier, bytes, len(p.payload))},
		{"manifest-sha512.txt", manifest.String()},
	} {
		if err := p.tag(t[0], t[1]); err != nil {
			return err
		}
		sum := sha512.Sum512([]byte(t[1]))
		fmt.Fprintf(&tags, "%s  %s\n", hex.EncodeToString(sum[:]), t[0])
	}
	return p.tag("tagmanifest-sha512.txt", tags.String())
}

func (p *Parcel) tag(name, text string) error {
	w, err := p.begin(name)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = p.end()
	}
	return err
}
