package keyring

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBaseIsTheOperators holds that nothing but cmd/ohc-pipeline asks a ring for the
// base key, by which a person_id is turned back.
func TestBaseIsTheOperators(t *testing.T) {
	files, calls := 0, 0
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) // read through os, so that the test cache sees it
		if err != nil || !strings.Contains(string(text), `"secondaryuse/marts/domain/keyring"`) {
			return err
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Base" {
				if x, isIdent := s.X.(*ast.Ident); isIdent && x.Name == "filepath" {
					return true
				}
				calls++
				if !strings.HasPrefix(filepath.ToSlash(path), "../../../cmd/ohc-pipeline/") {
					t.Errorf("%s asks for the base key", path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 5 || calls < 1 {
		t.Errorf("%d files and %d calls, error %v", files, calls, err)
	}
}
