package proof

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/marts/extract/parcel"
	"secondaryuse/marts/sign"
)

// Data is the folder of the statement: of a bag (BagIt), as a recipient has it, that of
// its data; else the folder itself.
func Data(folder string) (data string, bag bool) {
	data = filepath.Join(folder, "data")
	if _, err := os.Lstat(filepath.Join(folder, "bagit.txt")); err == nil {
		return data, true
	}
	if _, err := kindOf(folder); err != nil {
		if _, err := kindOf(data); err == nil {
			return data, true // of which bagit.txt is missing
		}
	}
	return folder, false
}

// Bagged returns what is wrong with what lies beside the data folder of a bag. All of it
// follows from what was signed.
func (s Statement) Bagged(bag string) error {
	entries, err := s.payload(filepath.Join(bag, "data"))
	if err != nil {
		return err
	}
	var errs []error
	tags := parcel.Tags(s.ID, entries)
	for _, t := range tags {
		if text, err := os.ReadFile(filepath.Join(bag, t.Name)); err != nil || string(text) != t.Text {
			errs = append(errs, fmt.Errorf("%w: %s is missing, or has other bytes", ErrFound, t.Name))
		}
	}
	beside, err := os.ReadDir(bag)
	for _, d := range beside {
		if !slices.ContainsFunc(tags, func(t parcel.Tag) bool { return t.Name == d.Name() && d.Type().IsRegular() }) && (d.Name() != "data" || !d.IsDir()) {
			errs = append(errs, fmt.Errorf("%w: %s does not belong beside the data", ErrFound, d.Name()))
		}
	}
	return errors.Join(append(errs, err)...)
}

// payload is what a bag says of its files: those of the statement, itself, and its
// signature.
func (s Statement) payload(data string) (out []parcel.Entry, err error) {
	for _, f := range s.Files {
		out = append(out, parcel.Entry{Name: f.Name, Bytes: f.Bytes, SHA512: f.Digest})
	}
	for _, name := range []string{s.File, sign.Beside(s.File)} {
		h := sha512.New()
		n, err := add(h, filepath.Join(data, name))
		if err != nil {
			return nil, err
		}
		out = append(out, parcel.Entry{Name: name, Bytes: n, SHA512: hex.EncodeToString(h.Sum(nil))})
	}
	return out, nil
}
