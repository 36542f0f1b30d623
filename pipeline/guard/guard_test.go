package guard_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/pipeline/guard"
)

var errOwn = errors.New("its own")

// patient is what a panic must not tell.
type patient string

func fall() { panic(patient("9434765919")) }

// TestTry holds that a panic becomes an error which tells its type and place,
// and nothing else.
func TestTry(t *testing.T) {
	if err := guard.Try(func() error { return errOwn }); err != errOwn {
		t.Error(err)
	}
	holds(t, guard.Try(func() error { fall(); return nil }))
}

// TestGroup holds that a panic of a goroutine is one of whoever waits for it,
// when the others have ended.
func TestGroup(t *testing.T) {
	var g guard.Group
	hold, ended := make(chan bool), false
	g.Go(fall)
	g.Go(func() { <-hold; ended = true })
	g.Go(func() { defer close(hold); fall() })
	err := guard.Try(func() error { g.Wait(); return nil })
	if holds(t, err); !ended {
		t.Error("it has not waited for the others")
	}
	var none guard.Group
	none.Go(func() {})
	none.Wait()
}

func holds(t *testing.T, err error) {
	t.Helper()
	p, ok := errors.AsType[*guard.Panic](err)
	if !ok || p.Error() != "panic (guard_test.patient) in secondaryuse/pipeline/guard_test.fall; the log has the stack" {
		t.Fatalf("%v", err)
	}
	if told := p.Error() + strings.Join(p.Stack, "\n"); strings.Contains(told, "9434765919") {
		t.Error(told)
	}
}

// elsewhere are the goroutines that are not of this package's making, and what
// they call.
var elsewhere = map[string]string{
	"pipeline/guard/guard.go": "it is",
	"schedules/clock/tend.go": "guarded",
}

// TestGoroutines holds that nothing on the way of a run starts a goroutine of
// which a panic would end the process.
func TestGoroutines(t *testing.T) {
	files := 0
	for _, root := range []string{"pipeline", "deid", "marts", "schedules", "cmd/ohc-pipeline"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Dir(path), "test") {
				return err
			}
			files++
			return search(t, path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Fatalf("searched %d files", files)
	}
}

func search(t *testing.T, path string) error {
	text, err := os.ReadFile(path) // read through os, so that the test cache sees it
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
	ast.Inspect(f, func(n ast.Node) bool {
		what := ""
		switch n := n.(type) {
		case *ast.GoStmt:
			what = "go"
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "sync" && n.Sel.Name == "WaitGroup" {
				what = "sync.WaitGroup"
			}
		}
		if what != "" && elsewhere[name] == "" {
			t.Errorf("%s: %s: use a guard.Group", name, what)
		}
		return true
	})
	return nil
}
