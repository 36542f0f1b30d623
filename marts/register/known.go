package register

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/audit"
)

// Known is a head that is kept elsewhere, and where.
type Known struct{ Where, Head string }

// Elsewhere is the heads of a register that what lies in an outbox, and the snapshots
// of marts, know of.
func Elsewhere(outbox, marts string) (out []Known, err error) {
	for _, pattern := range []string{filepath.Join(outbox, "*", "*.json"), filepath.Join(marts, "snapshots", "*", "manifest.json")} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			var said struct {
				Register string `json:"register"`
			}
			if text, err := os.ReadFile(path); err != nil || json.Unmarshal(text, &said) != nil {
				continue // whether it is damaged is asked of it, not here
			}
			if said.Register != "" {
				out = append(out, Known{Where: path, Head: said.Register})
			}
		}
	}
	return out, nil
}

// Whole returns an error where a step of the register was edited, removed, put in,
// moved or cut off, as far as heads that are kept elsewhere tell: nothing may leave
// then. It looks at the log alone, and at none of the files of digests. What a process
// that died has added is in order.
func (r *Register) Whole(ctx context.Context, elsewhere ...Known) error {
	var head int64
	p, err := audit.Verify(r.dir, func() ([]audit.Claim, error) {
		claims, err := r.claims(ctx, elsewhere)
		for i := range claims {
			if claims[i].Newest {
				head, claims[i].Newest = claims[i].Line, false
			}
		}
		return claims, err
	})
	if err == nil && p.Lines > head+atOnce {
		p.Findings = append(p.Findings, "the file head does not know of its last events")
	}
	if err == nil && len(p.Findings) > 0 {
		err = fmt.Errorf("the register was changed: %s; next: ohc-marts verify; nothing leaves until it is whole", p.Findings[0])
	}
	return err
}
