package usage

import (
	"errors"
	"strings"
	"syscall"
)

// advised are the faults of files that every command may meet, and what to do about each.
var advised = map[syscall.Errno]string{
	syscall.EACCES: "call it as the user who may, or have its owner give you the right",
	syscall.EPERM:  "call it as the user who may, or have its owner give you the right",
	syscall.EROFS:  "have it where this user can write",
	syscall.ENOSPC: "make room on that disk, and call it again",
	syscall.EDQUOT: "make room on that disk, and call it again",
	syscall.ENOENT: "name what is there; --help says how",
}

// Advice is an error as it is printed: with what to do next, where it is of a file and
// says nothing of that itself, and with nobody's number.
func Advice(err error) string {
	text, of := nameless(err.Error()), syscall.Errno(0)
	if errors.As(err, &of) && advised[of] != "" && strings.HasSuffix(text, of.Error()) && !strings.Contains(text, "next:") {
		return text + "; next: " + advised[of]
	}
	return text
}
