package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/pipeline/stage/seal"
)

// reseal has the manifest of the live run say what its parts hold now, as one
// would who makes a stage by hand.
func reseal(ts *testscript.TestScript, _ bool, args []string) {
	stage := ts.MkAbs(args[0])
	m, err := seal.Current(stage)
	ts.Check(err)
	for i, p := range m.Parts {
		data, err := os.ReadFile(filepath.Join(seal.Dir(stage, m.Run), p.File))
		ts.Check(err)
		m.Parts[i].Bytes, m.Parts[i].SHA256 = int64(len(data)), fmt.Sprintf("%x", sha256.Sum256(data))
	}
	ts.Check(seal.Write(stage, m))
}

// damagedParts flips one bit in the middle of each part of the live run in
// turn, and takes each away in turn. A publication must end with 2 and name the
// part each time.
func damagedParts(ts *testscript.TestScript, _ bool, args []string) {
	m, err := seal.Current(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(m.Parts) < 10 {
		ts.Fatalf("the stage has %d parts", len(m.Parts))
	}
	refused := func(p seal.Part, what string) {
		wantCode(ts, false, []string{"2", "ohc-pipeline", "publish"})
		said := ts.ReadFile("stderr")
		if !strings.HasPrefix(said, "ohc-pipeline: stage: "+p.Dataset+": "+p.File+" is ") || !strings.Contains(said, "; next: start ohc-pipeline run") {
			ts.Fatalf("%s %s, and it said: %s", p.File, what, said)
		}
	}
	for _, p := range m.Parts {
		path := filepath.Join(seal.Dir(ts.MkAbs(args[0]), m.Run), p.File)
		data, err := os.ReadFile(path)
		ts.Check(err)
		data[len(data)/2] ^= 1
		ts.Check(os.WriteFile(path, data, 0o600))
		refused(p, "with a bit flipped")
		ts.Check(os.Remove(path))
		refused(p, "taken away")
		data[len(data)/2] ^= 1
		ts.Check(os.WriteFile(path, data, 0o600))
	}
}
