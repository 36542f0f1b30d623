package usage

import (
	"os"
	"os/user"
	"strconv"
)

// Caller is the user of the operating system who has called this program: by name, or by
// number where the system knows no name for it, as in a container.
func Caller() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}
