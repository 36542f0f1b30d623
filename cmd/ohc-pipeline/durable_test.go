package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"secondaryuse/testdata/population"
)

// disk is what of a folder would be lost if the power failed now, as far as the
// system calls of a process tell.
type disk struct {
	root  string
	bytes map[string]bool            // files with bytes that are not on the disk
	names map[string]map[string]bool // folders with names that were made or removed, but not on the disk
}

// lost lists what of a path below the root is not on the disk: its bytes, its
// name, the names of the folders it lies in.
func (d *disk) lost(path string) (out []string) {
	if d.bytes[path] {
		out = append(out, "the bytes of "+path)
	}
	for ; path != d.root; path = filepath.Dir(path) {
		if d.names[filepath.Dir(path)][filepath.Base(path)] {
			out = append(out, "the name "+path)
		}
	}
	return out
}

func (d *disk) name(path string) {
	dir := filepath.Dir(path)
	if d.names[dir] == nil {
		d.names[dir] = make(map[string]bool)
	}
	d.names[dir][filepath.Base(path)] = true
}

// call is a system call that has ended well.
type call struct {
	name  string
	fd    string   // the path of the first argument, where that is a descriptor
	paths []string // the other paths, absolute
	args  string
}

// see applies a call.
func (d *disk) see(c call) {
	switch c.name {
	case "write", "pwrite64", "writev", "ftruncate", "fallocate":
		d.bytes[c.fd] = true
	case "fsync", "fdatasync":
		delete(d.bytes, c.fd)
		delete(d.names, c.fd)
	case "openat":
		if strings.Contains(c.args, "O_CREAT") && !d.names[filepath.Dir(c.paths[0])][filepath.Base(c.paths[0])] {
			d.name(c.paths[0]) // it may have been there: then this asks for too much
		}
	case "mkdirat", "mkdir", "unlink", "unlinkat":
		d.name(c.paths[0])
	case "symlinkat", "symlink":
		d.name(c.paths[len(c.paths)-1])
	case "linkat", "link":
		d.name(c.paths[1])
		d.bytes[c.paths[1]] = d.bytes[c.paths[0]]
	case "renameat", "renameat2", "rename":
		d.move(c.paths[0], c.paths[1])
	}
}

// move renames a file, or a folder with all that lies in it.
func (d *disk) move(from, to string) {
	d.name(from)
	d.name(to)
	d.bytes[to] = false
	for path, lost := range d.bytes {
		if rest, in := strings.CutPrefix(path, from); in && (rest == "" || rest[0] == '/') {
			d.bytes[to+rest] = lost
			delete(d.bytes, path)
		}
	}
	for path, names := range d.names {
		if rest, in := strings.CutPrefix(path, from); in && (rest == "" || rest[0] == '/') {
			d.names[to+rest] = names
			delete(d.names, path)
		}
	}
}

var (
	callLine = regexp.MustCompile(`^(\w+)\((.*)\) += (\d+)`)
	fdPath   = regexp.MustCompile(`(?:^|, )(?:AT_FDCWD|\d+)<([^>]*)>(?:, "([^"]*)")?`)
	quoted   = regexp.MustCompile(`"([^"]*)"`)
)

// calls reads what strace has written of all threads, in the order in which
// the calls ended.
func calls(t *testing.T, path string, each func(call)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	begun := make(map[string]string) // by thread
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		thread, text, _ := strings.Cut(lines.Text(), " ")
		text = strings.TrimSpace(text)
		if head, cut := strings.CutSuffix(text, " <unfinished ...>"); cut {
			begun[thread] = head
			continue
		}
		if _, tail, resumed := strings.Cut(text, " resumed>"); resumed {
			text = begun[thread] + tail
		}
		if m := callLine.FindStringSubmatch(text); m != nil {
			each(callOf(m[1], m[2]))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func callOf(name, args string) call {
	c := call{name: name, args: args}
	for _, m := range fdPath.FindAllStringSubmatch(args, -1) {
		c.fd = cmp.Or(c.fd, m[1])
		if m[2] != "" {
			c.paths = append(c.paths, absolute(m[1], m[2]))
		}
	}
	if len(c.paths) == 0 && !strings.HasPrefix(name, "write") && !strings.HasPrefix(name, "pwrite") {
		for _, m := range quoted.FindAllStringSubmatch(args, -1) {
			c.paths = append(c.paths, absolute(c.fd, m[1]))
		}
	}
	return c
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// TestNothingIsCurrentBeforeItIsOnTheDisk follows every system call of a first
// run and of the one after it. When CURRENT of the stage or of the marts moves,
// nothing that it leads to, and no key that it was made with, could be lost with
// the power. At the end nothing could be lost, and what was to go has gone.
func TestNothingIsCurrentBeforeItIsOnTheDisk(t *testing.T) {
	t.Parallel()
	n := &night{site: newSite(t, population.Plan{Persons: 150, Seed: 8})}
	strace := n.strace()
	for name, at := range map[string]string{"work": "safe/work", "marts": "shared/marts", "keys": "secret/ohc/keys"} { // of folders that are not there yet
		n.edit("config.yaml", "\n"+name+": ../left/"+name, "\n"+name+": ../left/"+at)
	}
	for round := range 2 {
		log := filepath.Join(n.dir, fmt.Sprint("strace", round))
		cmd := n.command("run", "--config", n.config)
		cmd.Path, cmd.Args = strace, slices.Concat([]string{"strace", "-f", "-y", "-qq", "-s", "0", "-o", log, "-e",
			"trace=write,pwrite64,writev,ftruncate,fallocate,fsync,fdatasync,openat,mkdir,mkdirat,unlink,unlinkat,symlink,symlinkat,link,linkat,rename,renameat,renameat2",
			n.bin}, cmd.Args[1:])
		if code, said := n.said(cmd, cmd.Run()); code != 0 {
			t.Fatalf("exit code %d%s", code, n.shown(said))
		}
		d := &disk{n.left, make(map[string]bool), make(map[string]map[string]bool)}
		moved := 0
		calls(t, log, func(c call) {
			if len(c.paths) == 2 && strings.HasPrefix(c.name, "rename") && filepath.Base(c.paths[1]) == "CURRENT" {
				moved++
				n.durable(d, filepath.Dir(c.paths[1]), c.paths[0])
			}
			d.see(c)
		})
		if moved != 2 {
			t.Fatalf("CURRENT has moved %d times; want that of the stage and that of the marts", moved)
		}
		stage, marts := filepath.Join(n.left, "safe", "work", "stage"), filepath.Join(n.left, "shared", "marts")
		n.durable(d, stage, filepath.Join(stage, "CURRENT"))
		n.durable(d, marts, filepath.Join(marts, "CURRENT"))
		for _, dir := range []string{filepath.Join(stage, "runs"), filepath.Join(marts, "snapshots")} {
			if len(d.names[dir]) > 0 {
				t.Errorf("run %d: names of %s that could be lost, or come back: %v", round, dir, d.names[dir])
			}
		}
	}
}

// durable holds that nothing of a folder's current run or snapshot could be
// lost, nor the keys. link is what is CURRENT, or is about to be.
func (n *night) durable(d *disk, folder, link string) {
	n.t.Helper()
	keys := filepath.Join(n.left, "secret", "ohc", "keys")
	paths := []string{filepath.Join(keys, "base.key"), filepath.Join(keys, "planning.key"), filepath.Join(keys, "signing.ed25519"), folder}
	paths = append(paths, n.existing(filepath.Join(folder, "*", "*", "*"))...) // of snapshots, or of runs
	if link == filepath.Join(folder, "CURRENT") {
		paths = append(paths, link)
	} else if d.bytes[link] {
		n.t.Errorf("%s is renamed before its bytes are on the disk", link)
	}
	if len(paths) < 8 {
		n.t.Errorf("%s has only %v", folder, paths)
	}
	for _, p := range paths {
		if lost := d.lost(p); len(lost) > 0 {
			n.t.Errorf("when %s is current, the power could take away %s", folder, strings.Join(lost, ", "))
		}
	}
}

// existing is what is there, at the end of the run, and fits a pattern.
func (n *night) existing(pattern string) []string {
	n.t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		n.t.Fatal(err)
	}
	return names
}
