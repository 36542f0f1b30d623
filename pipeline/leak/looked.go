package leak

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"secondaryuse/pipeline/durable"
)

// looked is the texts that were held to everybody and are nobody's.
type looked map[digest]bool

// digest stands for such a text.
type digest [16]byte

func digestOf(text string) (d digest) {
	sum := sha256.Sum256([]byte(text))
	copy(d[:], sum[:])
	return d
}

// form is the form of the file in which that is kept: a line that says by what they were
// looked for, and has the SHA-256 of the rest; then a line for each.
const form = "ohc looked 1"

// remember keeps what was looked for now with what was before.
func remember(path, version string, before looked, now Shown) error {
	var lines []string
	for d := range before {
		lines = append(lines, hex.EncodeToString(d[:])+"\n")
	}
	for text := range now.digests {
		lines = append(lines, hex.EncodeToString(text[:])+"\n")
	}
	slices.Sort(lines)
	rest := strings.Join(slices.Compact(lines), "")
	return durable.Replace(path, []byte(header(version, rest)+rest))
}

func header(version, rest string) string {
	return fmt.Sprintf("%s %s %x\n", form, version, sha256.Sum256([]byte(rest)))
}

// recall is what was looked for. Of a file that is not there, is damaged, or of another
// version, that is nothing.
func recall(path, version string) looked {
	text, err := os.ReadFile(path)
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	if err != nil || string(first)+"\n" != header(version, string(rest)) {
		return nil
	}
	l := make(looked)
	for line := range bytes.Lines(rest) {
		if d, err := hex.DecodeString(string(bytes.TrimSpace(line))); err == nil && len(d) == len(digest{}) {
			l[digest(d)] = true
		}
	}
	return l
}
