package egress

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// Program is this program, as what leaves names it: its version, and the commit that
// it was built of; where it knows of none, or of changes since, the digest of the file that it is.
var Program = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return built("unknown", nil)
	}
	return built(info.Main.Version, info.Settings)
})

// built is a version with what tells two builds of it apart.
func built(version string, settings []debug.BuildSetting) string {
	known := false
	for _, s := range settings {
		known = (known || s.Key == "vcs.revision") && (s.Key != "vcs.modified" || s.Value != "true")
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			version += " " + s.Key + " " + s.Value
		}
	}
	if !known {
		version += " " + itself()
	}
	return strings.TrimSpace(version)
}

// itself is the digest of the file that runs.
func itself() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return "sha256 " + hex.EncodeToString(h.Sum(nil))
}
