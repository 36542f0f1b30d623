package wearable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"secondaryuse/pipeline/source"
)

// List returns a shard for every file below dir whose path, relative to dir
// and with slashes, is wanted, in the order of their paths. Hidden files and
// folders are passed over. A folder without any wanted file is an error.
//
// No feed of wearables names persons: in the pass People the list is checked
// in the same way and then empty.
func List(ctx context.Context, dir string, pass source.Pass, wanted func(path string) bool) ([]source.Shard, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("wearable: folder: %w", Bare(err))
	}
	var list []source.Shard
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch hidden := err == nil && path != dir && (d.Name()[0] == '.' || d.Name() == "__MACOSX"); {
		case err != nil:
			return err
		case hidden && d.IsDir():
			return filepath.SkipDir
		case hidden:
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); d.IsDir() || !wanted(name) {
			return ctx.Err()
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			list = append(list, source.Shard{File: name, Bytes: info.Size()})
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("wearable: folder: %w", Bare(err))
	case len(list) == 0:
		return nil, errors.New("wearable: folder: no file of the feed's format in it")
	case pass == source.People:
		return nil, nil
	}
	return list, nil
}

// Bare takes the path, in which an account may stand, out of an error.
func Bare(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}

// Account returns whose file it is: the first folder of its path, or "" for a
// file that lies in no folder.
func Account(path string) string {
	account, _, nested := strings.Cut(path, "/")
	if !nested {
		return ""
	}
	return account
}

func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
