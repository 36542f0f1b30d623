package eligible

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

const (
	form  = "ohc-eligible 1\n"
	label = "eligible" // what a signature is of, so that none of something else is taken for it
	width = 8          // bytes of an id

	longest = 1 << 16 // bytes of a header: a few lists, a line each
)

// Write writes the list of persons, signed, to the file at path, which only its
// owner can read. It puts ids into order; one that is there twice is an error,
// for two persons would have it. After a crash the file is the old or the new
// one, and whole.
func Write(path string, h Header, ids []int64, key sign.Private) error {
	slices.Sort(ids)
	for i, id := range ids {
		if id < 0 || i > 0 && id == ids[i-1] {
			return fmt.Errorf("eligible: %s: an id that is negative, or that two persons have", path)
		}
	}
	body := make([]byte, 0, len(ids)*width)
	for _, id := range ids {
		body = binary.BigEndian.AppendUint64(body, uint64(id))
	}
	sum := sha256.Sum256(body)
	h.At, h.Persons, h.SHA256 = h.At.UTC(), int64(len(ids)), hex.EncodeToString(sum[:])
	head, err := json.Marshal(h)
	if err == nil && len(head) >= longest {
		err = fmt.Errorf("its header has more than %d bytes", longest)
	}
	if err != nil {
		return fmt.Errorf("eligible: %s: %w", path, err)
	}
	signed := base64.StdEncoding.EncodeToString(sign.Sign(key, label, head).Bytes)
	return durable.Replace(path, slices.Concat([]byte(form), head, []byte("\n"+signed+"\n"), body))
}

// Read reads a list and checks that it is whole and was signed with the key
// that belongs to public. Nothing in it is believed before its signature is.
// An error wraps ErrRefused where the list is not what was written. Whether the
// list is the right one, Header.Fits says.
func Read(path string, public sign.Public) (Header, []int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, nil, fmt.Errorf("%w: %w; next: ohc-pipeline eligible", ErrRefused, err)
	}
	defer f.Close()
	h, ids, err := parse(f, public)
	if err != nil {
		return Header{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, ids, nil
}

// parse reads a list to its very end.
func parse(from io.Reader, public sign.Public) (Header, []int64, error) {
	r := bufio.NewReaderSize(from, longest)
	h, err := header(r, public)
	if err != nil {
		return Header{}, nil, err
	}
	digest := sha256.New()
	ids, err := persons(io.TeeReader(r, digest), h.Persons)
	if err != nil {
		return Header{}, nil, err
	}
	if hex.EncodeToString(digest.Sum(nil)) != h.SHA256 {
		return Header{}, nil, refused("its persons are not those that were signed")
	}
	return h, ids, nil
}

// header reads what comes before the persons.
func header(r *bufio.Reader, public sign.Public) (h Header, err error) {
	var lines [3][]byte
	for i := range lines {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return h, refused("it is cut off, or no such list: line %d does not end", i+1)
		}
		lines[i] = bytes.Clone(line[:len(line)-1])
	}
	if string(lines[0])+"\n" != form {
		return h, refused("line 1: it is no such list, or of another form")
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(string(lines[2]))
	if err != nil || sign.Verify(public, label, lines[1], sign.Signature{Label: label, Key: public, Bytes: signature}) != nil {
		return h, refused("line 3: its signature is not of the installation's key")
	}
	d := json.NewDecoder(bytes.NewReader(lines[1]))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return h, refused("line 2: its header cannot be read")
	}
	if again, err := json.Marshal(h); err != nil || !bytes.Equal(again, lines[1]) || h.Persons < 0 || h.Persons > Most {
		return h, refused("line 2: its header is not as it is written")
	}
	return h, nil
}

// persons reads so many ids, and that there are no more. Memory grows with what
// is there, whatever the header says.
func persons(r io.Reader, n int64) ([]int64, error) {
	var ids []int64
	buf := make([]byte, 1<<16)
	for last := int64(-1); ; {
		got, err := io.ReadFull(r, buf)
		if got%width != 0 || int64(len(ids)+got/width) > n {
			return nil, refused("it has other bytes than its %d persons", n)
		}
		for b := buf[:got]; len(b) > 0; b = b[width:] {
			id := int64(binary.BigEndian.Uint64(b))
			if id <= last {
				return nil, refused("its persons are not in their order")
			}
			ids, last = append(ids, id), id
		}
		switch err {
		case nil:
			continue
		case io.EOF, io.ErrUnexpectedEOF:
		default:
			return nil, fmt.Errorf("%w: %w", ErrRefused, err)
		}
		if int64(len(ids)) != n {
			return nil, refused("it is cut off: it has %d persons of %d", len(ids), n)
		}
		return ids, nil
	}
}
