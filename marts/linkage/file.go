package linkage

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

const (
	form  = "ohc-linkage 1"
	label = "linkage" // what a signature is of, so that none of something else is taken for it
	width = 8 + 32    // bytes of a link
	most  = 1 << 30   // persons: more than ever had an NHS number
	limit = most*width + 1<<17
)

// Write writes a link file, signed with the installation's key and encrypted for who
// can use the project's. A person who is there twice is an error. After a crash the
// file is the old or the new one, and whole.
func Write(path string, h Header, links []Link, project domain.Key, installation sign.Private) error {
	slices.SortFunc(links, func(a, b Link) int { return cmp.Compare(a.Person, b.Person) })
	body := make([]byte, 0, len(links)*width)
	for i, l := range links {
		if l.Person < 0 || i > 0 && l.Person == links[i-1].Person {
			return fmt.Errorf("linkage: %s: an id that is negative, or that two persons have", path)
		}
		body = append(binary.BigEndian.AppendUint64(body, uint64(l.Person)), l.Pseudonym[:]...)
	}
	closed := sealer(project).Seal(nil, nil, body, []byte(form))
	sum := sha256.Sum256(closed)
	h.At, h.Key, h.Persons, h.SHA256 = h.At.UTC(), project.Fingerprint(), int64(len(links)), hex.EncodeToString(sum[:])
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("linkage: %s: %w", path, err)
	}
	signed := base64.StdEncoding.EncodeToString(sign.Sign(installation, label, head).Bytes)
	return durable.Replace(path, slices.Concat([]byte(form+"\n"), head, []byte("\n"+signed+"\n"), closed))
}

// Read reads a link file: what it says it is for, its persons in order, and a digest
// of these that is the same whenever they are. Nothing in it is believed before its
// signature is. Whether it is the right one, Header.Fits says: ask that first, so that
// of a file of another key or project that is told.
func Read(path string, public sign.Public) (Header, Sealed, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > limit) {
		err = fmt.Errorf("%s is no file, or far too large", path)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return Header{}, nil, fmt.Errorf("%w: %w; next: ohc-pipeline link", ErrRefused, err)
	}
	h, body, err := parse(text, public)
	if err != nil {
		return Header{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, body, nil
}

// Sealed is the persons of a file, encrypted.
type Sealed []byte

// parse reads all of a file but its persons.
func parse(text []byte, public sign.Public) (h Header, body Sealed, err error) {
	parts := bytes.SplitN(text, []byte("\n"), 4)
	if len(parts) != 4 || string(parts[0]) != form {
		return h, nil, refused("it is cut off, or no such file")
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(string(parts[2]))
	if err != nil || sign.Verify(public, label, parts[1], sign.Signature{Label: label, Key: public, Bytes: signature}) != nil {
		return h, nil, refused("line 3: its signature is not of the installation's key")
	}
	if json.Unmarshal(parts[1], &h) != nil {
		return h, nil, refused("line 2: its header cannot be read")
	}
	if again, err := json.Marshal(h); err != nil || !bytes.Equal(again, parts[1]) || h.Persons < 0 || h.Persons > most {
		return Header{}, nil, refused("line 2: its header is not as it is written")
	}
	if sum := sha256.Sum256(parts[3]); hex.EncodeToString(sum[:]) != h.SHA256 {
		return Header{}, nil, refused("its persons are not those that were signed")
	}
	return h, parts[3], nil
}

// Open decrypts the persons, in the order of their ids, with the project's key. The
// digest is the same for the same persons and pseudonyms, and tells nothing of them.
func (s Sealed) Open(h Header, project domain.Key) (links []Link, digest string, err error) {
	body, err := sealer(project).Open(nil, nil, s, []byte(form))
	if err != nil || int64(len(body)) != h.Persons*width {
		return nil, "", refused("it was not made with this key of the project")
	}
	sum := project.MAC("linkage-persons", body)
	links = make([]Link, 0, h.Persons)
	for ; len(body) > 0; body = body[width:] {
		l := Link{int64(binary.BigEndian.Uint64(body)), Pseudonym(body[8:width])}
		if l.Person < 0 || len(links) > 0 && l.Person <= links[len(links)-1].Person {
			return nil, "", refused("its persons are not in their order")
		}
		links = append(links, l)
	}
	return links, hex.EncodeToString(sum[:]), nil
}
