package disclose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDeskAloneUnseals: a digest is no secret, and whoever calls Unseal could have it
// take any table. The desk has the digest out of what two reviewers have signed; no
// other program of the module may call it.
func TestDeskAloneUnseals(t *testing.T) {
	calls := 0
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return nil // a program that must not compile
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Unseal" || !imports(file) {
				return true
			}
			if calls++; filepath.ToSlash(path) != "../../marts/desk/kept.go" {
				t.Errorf("%s calls Unseal", path)
			}
			return true
		})
		return nil
	})
	if err != nil || calls != 1 {
		t.Errorf("%d calls: %v", calls, err)
	}
}

// imports says that a file imports this package, by its own name or another.
func imports(file *ast.File) bool {
	return slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"secondaryuse/marts/disclose"` })
}
