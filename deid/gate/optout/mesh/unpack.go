package mesh

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
)

// unpack makes the file from chunks that came compressed, each by itself or all
// as one. What cannot be unpacked is taken away, so that it comes anew.
func (d *download) unpack() error {
	half := d.path + ".half"
	out, err := os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(half)
	defer out.Close()
	z, err := gzip.NewReader(io.NewSectionReader(d.out, 0, d.Size))
	if err != nil {
		return d.spoilt()
	}
	from := &remembering{from: z}
	n, err := io.Copy(out, io.LimitReader(from, d.client.most+1))
	switch {
	case from.err != nil:
		return d.spoilt()
	case err != nil:
		return err
	case n > d.client.most:
		return &failure{op: "download", id: d.ID, reason: tooBig, next: "ask the sender; acknowledge it unread where it is not wanted", causes: []error{ErrRefused}}
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return os.Rename(half, d.path)
}

// remembering tells an error of reading from one of writing.
type remembering struct {
	from io.Reader
	err  error
}

// Read reads.
func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

func (d *download) spoilt() error {
	return errors.Join(&failure{op: "download", id: d.ID, reason: "what came cannot be unpacked", next: "collect it again", causes: []error{ErrFalse}}, d.forget())
}
