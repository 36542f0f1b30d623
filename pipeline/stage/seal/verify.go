package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"

	"secondaryuse/pipeline/guard"
)

// Verify reads every part of a sealed run, on all cores, and returns an error
// that wraps ErrDamaged when one is missing or has other bytes than the
// manifest says.
func Verify(ctx context.Context, stage string, m Manifest) error {
	parts := slices.Concat(m.Parts, m.State)
	errs := make([]error, len(parts))
	var next atomic.Int64
	var wg guard.Group
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(errs)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				errs[i] = parts[i].verify(Dir(stage, m.Run))
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// verify names the dataset and the file of a part that is not as it was
// sealed.
func (p Part) verify(dir string) error {
	if p.File != filepath.Base(p.File) {
		return fmt.Errorf("stage: %s: a part outside its run: %w", p.Dataset, ErrDamaged)
	}
	bytes, sum, err := digest(filepath.Join(dir, p.File))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("stage: %s: %s is missing: %w", p.Dataset, p.File, ErrDamaged)
	}
	if err != nil {
		return fmt.Errorf("stage: %s: %w", p.Dataset, err)
	}
	if bytes != p.Bytes || sum != p.SHA256 {
		return fmt.Errorf("stage: %s: %s is %w", p.Dataset, p.File, ErrDamaged)
	}
	return nil
}

func digest(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	return Digest(f)
}

// Digest returns the size of what r holds, and its checksum as a Part has it.
func Digest(r io.Reader) (int64, string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return n, hex.EncodeToString(h.Sum(nil)), err
}
