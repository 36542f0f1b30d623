package pipeline

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// may is who may import whom: for each folder (the longest match counts) the
// packages of this module that its non-test files may import. A trailing
// "/..." stands for the folder and all below it.
var may = map[string][]string{
	"deid/term":                 {},
	"deid/internal/veil":        {},
	"deid/identity":             {"deid/internal/veil"},
	"deid/row":                  {"deid/term"},
	"deid/record":               {"deid/identity", "deid/row", "deid/term"},
	"deid/place":                {"deid/identity", "deid/term"},
	"deid/trace":                {"deid/term", "pipeline/guard"},
	"deid/gate":                 {"deid/identity", "deid/record", "deid/row", "deid/term", "deid/gate/...", "pipeline/guard", "pipeline/strict"},
	"deid/gate/optout/form":     {"deid/gate/list", "deid/identity", "deid/internal/veil"},
	"deid/gate/optout/exchange": {"deid/gate", "deid/gate/list", "deid/gate/optout", "deid/gate/optout/form", "deid/gate/optout/mesh", "deid/identity", "pipeline/durable"},
	"deid/gate/optout/mesh":     {"deid/gate/optout/mesh/...", "pipeline/durable", "pipeline/fetch/credential", "pipeline/guard", "testdata/python"},
	"deid":                      {"deid/gate", "deid/identity", "deid/internal/veil", "deid/place", "deid/record", "deid/row", "deid/term", "pipeline/durable", "pipeline/guard"},
	"pipeline/source":           {"deid/identity", "deid/record", "deid/row", "deid/term", "pipeline/source/..."},
	"pipeline/durable":          {},
	"pipeline/strict":           {},
	"pipeline/stage/seal":       {"pipeline/durable", "pipeline/guard"},
	"pipeline/stage":            {"deid", "deid/identity", "deid/term", "deid/record", "deid/row", "pipeline/stage/seal", "pipeline/guard"},
	"pipeline/fetch":            {"pipeline/durable", "pipeline/fetch/...", "pipeline/guard"},
	"pipeline/guard":            {},
	"pipeline/withdrawal":       {"pipeline/durable"},
	"pipeline/ledger":           {},
	"pipeline/audit":            {"pipeline/durable"},
	"pipeline/sudden":           {"pipeline/ledger", "pipeline/report"},
	"pipeline/config":           {},
	"pipeline":                  {"deid", "deid/gate", "deid/identity", "deid/place", "deid/record", "deid/row", "deid/term", "pipeline/ledger", "pipeline/locator", "pipeline/source", "pipeline/stage", "pipeline/stage/seal", "pipeline/guard", "pipeline/withdrawal"},
	"pipeline/leak":             {"deid/term", "deid/trace", "pipeline/durable", "pipeline/guard", "pipeline/ledger", "pipeline/stage"},
	"pipeline/landing":          {"pipeline/durable", "pipeline/fetch"},
	"pipeline/locator":          {"pipeline/guard"},
	"pipeline/metric":           {"pipeline/guard"},
	"pipeline/report":           {"pipeline/durable", "pipeline/ledger"},
	"schedules":                 {},
	"schedules/clock":           {"schedules", "pipeline/ledger", "pipeline/guard"},
	"marts":                     {"marts/...", "pipeline/audit", "pipeline/durable", "pipeline/stage/seal", "pipeline/guard", "pipeline/strict"},
	"cmd/usage":                 {},
	"cmd/ohc-marts":             {"cmd/usage", "marts/...", "pipeline/guard"},
	"cmd/ohc-population":        {"cmd/usage", "testdata/population/..."},
	"cmd/ohc-pipeline":          {"cmd/usage", "deid/...", "pipeline/...", "marts/...", "schedules/...", "testdata/population/..."},
	"testdata/population":       {"testdata/population/..."},
	"testdata/python":           {},
	"testdata/readme":           {},
	"testdata/leaks":            {"deid/...", "pipeline/stage"},
}

// only says which folders alone may import a package of others.
var only = map[string][]string{
	"github.com/duckdb/duckdb-go":      {"marts"},
	"github.com/parquet-go/parquet-go": {"pipeline/stage", "pipeline/source/tabular", "pipeline/source/sourcetest", "testdata/population"},
	"modernc.org/sqlite":               {"pipeline/ledger"},
	"github.com/robfig/cron":           {"schedules"},
	"net/http":                         {"pipeline/fetch/bulk", "pipeline/metric", "deid/gate/optout/mesh"},
	"net/http/httptest":                {"pipeline/fetch/bulk/bulktest", "deid/gate/optout/mesh/meshtest"},
	"github.com/golang-jwt/jwt":        {"pipeline/fetch/bulk/bulktest"},
	"github.com/pkg/sftp":              {"pipeline/fetch/sftp"},
	"golang.org/x/crypto/ssh":          {"pipeline/fetch/sftp"},
	"github.com/jackc/pgx":             {"pipeline/fetch/postgres"},
	"filippo.io/age":                   {"marts", "deid", "pipeline/leak"},
	"github.com/miekg/pkcs11":          {"marts/domain/keyring"},
	"github.com/prometheus":            {"pipeline/metric"},
	"unsafe":                           {"deid/term", "pipeline/source"},
	"secondaryuse/deid/internal/veil":  {"deid"},
}

const module = "secondaryuse/"

// TestImports holds the architecture: it reads every file's imports and looks
// each up in the tables above.
func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		text, err := os.ReadFile(path) // read through os, so that the test cache sees it
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if why := refused(dir, name); why != "" && !strings.HasPrefix(dir, "testdata/leaks") {
				t.Errorf("%s imports %s: %s", path, name, why)
			}
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Fatalf("read %d files, error %v", files, err)
	}
}

func refused(dir, name string) string {
	for prefix, folders := range only {
		if (name == prefix || strings.HasPrefix(name, prefix+"/")) && !within(dir, folders) {
			return "only " + strings.Join(folders, ", ") + " may"
		}
	}
	inner, ours := strings.CutPrefix(name, module)
	if !ours || dir == inner {
		return ""
	}
	folder := dir
	for {
		if allowed, ok := may[folder]; ok {
			if matches(inner, allowed) {
				return ""
			}
			return "the table for " + folder + " does not allow it"
		}
		if folder = filepath.ToSlash(filepath.Dir(folder)); folder == "." {
			return "the folder has no line in the table"
		}
	}
}

func within(dir string, folders []string) bool {
	for _, f := range folders {
		if dir == f || strings.HasPrefix(dir, f+"/") {
			return true
		}
	}
	return false
}

func matches(name string, allowed []string) bool {
	for _, a := range allowed {
		if tree, ok := strings.CutSuffix(a, "/..."); name == a || ok && (name == tree || strings.HasPrefix(name, tree+"/")) {
			return true
		}
	}
	return false
}

// TestImportRules shows that the tables refuse what they are there to refuse.
func TestImportRules(t *testing.T) {
	for _, tc := range []struct{ dir, name string }{
		{"marts/duckdb", "secondaryuse/deid"},
		{"marts/duckdb", "secondaryuse/pipeline/source/sharedrecord"},
		{"cmd/ohc-marts", "secondaryuse/deid/identity"},
		{"pipeline/stage", "secondaryuse/deid/gate"},
		{"pipeline/source/wearable/garmin", "secondaryuse/pipeline/stage"},
		{"pipeline/source/phr", "secondaryuse/deid/internal/veil"},
		{"pipeline/ledger", "secondaryuse/deid/record"},
		{"schedules", "secondaryuse/pipeline/ledger"},
		{"schedules", "secondaryuse/schedules/clock"},
		{"schedules/clock", "secondaryuse/pipeline"},
		{"cmd/ohc-pipeline", "github.com/robfig/cron/v3"},
		{"cmd/ohc-marts", "secondaryuse/schedules"},
		{"pipeline", "github.com/duckdb/duckdb-go/v2"},
		{"deid/gate/optout", "net/http"},
		{"deid/gate/optout/mesh", "net/http/httptest"},
		{"deid/gate/optout/mesh", "secondaryuse/deid/identity"},
		{"deid/gate/optout", "secondaryuse/deid/internal/veil"},
		{"deid/gate/optout/exchange", "net/http"},
		{"deid/gate/optout/exchange", "secondaryuse/pipeline"},
		{"pipeline/fetch/bulk", "net/http/httptest"},
		{"pipeline/fetch/bulk", "github.com/golang-jwt/jwt/v5"},
		{"pipeline/fetch/bulk", "secondaryuse/pipeline/source/fhir"},
		{"pipeline/fetch/inbox", "github.com/pkg/sftp"},
		{"pipeline/landing", "github.com/jackc/pgx/v5"},
		{"cmd/ohc-pipeline", "github.com/prometheus/client_golang/prometheus"},
		{"pipeline/metric", "secondaryuse/pipeline/ledger"},
		{"pipeline/metric", "secondaryuse/deid/record"},
		{"pipeline/report", "secondaryuse/deid/record"},
		{"pipeline/landing", "filippo.io/age"},
		{"cmd/ohc-pipeline", "filippo.io/age"},
		{"marts/duckdb", "github.com/miekg/pkcs11"},
		{"somewhere/new", "secondaryuse/deid"},
	} {
		if refused(tc.dir, tc.name) == "" {
			t.Errorf("%s may import %s", tc.dir, tc.name)
		}
	}
}
