package proof

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // which counts the rows of Parquet

	"secondaryuse/marts/sign"
)

// Held returns what is wrong with the files in a folder: those that are missing, or
// have other bytes or other rows, and those that the statement does not name.
func (s Statement) Held(ctx context.Context, folder string) error {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	var errs []error
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if name := filepath.ToSlash(rel); err == nil && !s.names(name) {
			errs = append(errs, fmt.Errorf("%w: %s is not named in %s", ErrFound, name, s.File))
		}
		return err
	})
	errs = append(errs, err)
	for _, f := range s.Files {
		if why := f.wrong(ctx, folder); why != "" {
			errs = append(errs, fmt.Errorf("%w: %s %s", ErrFound, f.Name, why))
		}
	}
	return errors.Join(errs...)
}

// names reports whether a file may be in the folder.
func (s Statement) names(name string) bool {
	return name == s.File || name == sign.Beside(s.File) ||
		slices.ContainsFunc(s.Files, func(f File) bool { return f.Name == name })
}

// wrong says what is wrong with a file.
func (f File) wrong(ctx context.Context, folder string) string {
	if !filepath.IsLocal(f.Name) || strings.Contains(f.Name, `\`) {
		return "is no name of a file"
	}
	path := filepath.Join(folder, filepath.FromSlash(f.Name))
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is missing"
	case err != nil:
		return err.Error()
	case !info.Mode().IsRegular():
		return "is no plain file"
	}
	var h hash.Hash = sha256.New()
	if len(f.Digest) == 2*sha512.Size {
		h = sha512.New()
	}
	n, err := add(h, path)
	switch {
	case err != nil:
		return err.Error()
	case n != f.Bytes || hex.EncodeToString(h.Sum(nil)) != f.Digest:
		return "has other bytes"
	case !f.Counted:
		return ""
	}
	switch rows, err := count(ctx, path); {
	case err != nil:
		return "cannot be counted: " + err.Error()
	case rows != f.Rows:
		return "has other rows than the statement says"
	}
	return ""
}

func add(h hash.Hash, path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(h, f)
}

// count counts the rows of a table, in Parquet or in CSV with a header.
func count(ctx context.Context, path string) (rows int64, err error) {
	if filepath.Ext(path) == ".csv" {
		return lines(path)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	quoted := "'" + strings.ReplaceAll(path, "'", "''") + "'"
	err = db.QueryRowContext(ctx, "SELECT CAST(coalesce(sum(num_rows), 0) AS BIGINT) FROM parquet_file_metadata(["+quoted+"])").Scan(&rows)
	return rows, err
}

func lines(path string) (rows int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for rows = -1; ; rows++ { // the header is none
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return 0, err
		}
	}
}
