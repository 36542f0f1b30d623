package parcel

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Tag is a file that a bag has beside its data folder.
type Tag struct{ Name, Text string }

// Tags are those of a bag with an identifier and with what is in its data folder, in
// the order of its archive.
func Tags(identifier string, payload []Entry) []Tag {
	var manifest, tags strings.Builder
	var bytes int64
	for _, e := range payload {
		fmt.Fprintf(&manifest, "%s  data/%s\n", e.SHA512, e.Name)
		bytes += e.Bytes
	}
	out := []Tag{
		{"bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"},
		{"bag-info.txt", fmt.Sprintf("External-Identifier: urn:uuid:%s\nPayload-Oxum: %d.%d\n", identifier, bytes, len(payload))},
		{"manifest-sha512.txt", manifest.String()},
	}
	for _, t := range out {
		sum := sha512.Sum512([]byte(t.Text))
		fmt.Fprintf(&tags, "%s  %s\n", hex.EncodeToString(sum[:]), t.Name)
	}
	return append(out, Tag{"tagmanifest-sha512.txt", tags.String()})
}

// tags writes what a bag has beside its data folder.
func (p *Parcel) tags(identifier string) error {
	for _, t := range Tags(identifier, p.payload) {
		if err := p.tag(t.Name, t.Text); err != nil {
			return err
		}
	}
	return nil
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
