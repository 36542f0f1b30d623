package disclose

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
)

func sealedTable(t testing.TB) (Released, []byte, string) {
	t.Helper()
	out, _, err := Control(context.Background(), input(t, published(t, areas(3, 40)), "hes", flagged))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	text, err := out.Seal()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := out.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return out, text, digest
}

// TestUnseal: what was sealed is what is read, or nothing is.
func TestUnseal(t *testing.T) {
	out, whole, digest := sealedTable(t)
	again, err := Unseal(whole, digest)
	if err != nil || text(again) != text(out) || text(again) != "area,n\nA,*\nB,40\n" {
		t.Errorf("%v\n%s", err, text(again))
	}
	if err := again.Keep("r"); err == nil {
		t.Error("a table is kept that nobody was counted for")
	}
	for i := range whole {
		for _, bad := range [][]byte{whole[:i], slices.Concat(whole[:i], []byte{whole[i] ^ 1}, whole[i+1:])} {
			if again, err := Unseal(bad, digest); !errors.Is(err, errBroken) || again.WriteCSV(nil) == nil {
				t.Fatalf("changed at byte %d: %v", i, err)
			}
		}
	}
	if _, err := Unseal(append(bytes.Clone(whole), ' '), digest); !errors.Is(err, errBroken) {
		t.Errorf("a byte more: %v", err)
	}
	if _, err := Unseal(whole, "00"+digest[2:]); !errors.Is(err, errBroken) {
		t.Errorf("of another digest: %v", err)
	}
	if _, err := (Released{}).Seal(); err == nil {
		t.Error("nothing was sealed")
	}
}

// FuzzUnseal: nothing but what was sealed is taken under its digest.
func FuzzUnseal(f *testing.F) {
	_, whole, digest := sealedTable(f)
	f.Add(whole)
	f.Add([]byte(`{"columns":[],"rows":[],"record":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Unseal(text, digest); err == nil && !bytes.Equal(text, whole) {
			t.Fatalf("took %q", text)
		}
	})
}
