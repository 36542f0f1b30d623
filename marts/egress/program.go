package egress

import (
	"runtime/debug"
	"strings"
)

// Program is this program, as what leaves names it: its version, and the commit that
// it was built of.
func Program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			version += " " + s.Key + " " + s.Value
		}
	}
	return strings.TrimSpace(version)
}
