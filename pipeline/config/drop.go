package config

import (
	"path"
	"strings"
)

// Drop is a folder that somebody else fills.
type Drop struct {
	Folder string `yaml:"folder"`
	Inbox  `yaml:",inline"`
}

// SFTP is such a folder on another machine.
type SFTP struct {
	Address    string `yaml:"address"` // host:port
	User       string `yaml:"user"`
	Folder     string `yaml:"folder"`      // there
	Key        string `yaml:"key"`         // file of our private key, or credential:NAME
	KnownHosts string `yaml:"known_hosts"` // file with the server's key
	Inbox      `yaml:",inline"`
}

// Inbox says which files of a folder are taken, and what becomes of them.
type Inbox struct {
	Marker     string   `yaml:"marker"`     // such as .done: a file is complete when NAME.done lies beside it
	Unchanged  Duration `yaml:"unchanged"`  // a file is complete when it has kept size and time for so long
	Then       string   `yaml:"then"`       // move (when absent: into the folder taken) or keep
	Everything bool     `yaml:"everything"` // what is there is an extract of everything
	Needs      []string `yaml:"needs"`      // patterns: nothing is taken until there is a file for each
	Remember   Duration `yaml:"remember"`   // how long a content is known; for ever when absent
}

func (d *Drop) paths() []*string { return []*string{&d.Folder} }

func (s *SFTP) paths() []*string { return files(&s.Key, &s.KnownHosts) }

// files leaves out credentials that lie where systemd puts them.
func files(paths ...*string) (list []*string) {
	for _, p := range paths {
		if !strings.HasPrefix(*p, "credential:") {
			list = append(list, p)
		}
	}
	return list
}

// check tells what is wrong. key is its own, with a dot at its end.
func (d *Drop) check(key string, fail func(key, reason string)) {
	if d.Folder == "" {
		fail(key+"folder", "is missing; give the folder that is filled")
	}
	d.Inbox.check(key, fail)
}

func (s *SFTP) check(key string, fail func(key, reason string)) {
	for _, f := range []struct{ name, value, what string }{
		{"user", s.User, "the user on the server"}, {"folder", s.Folder, "the folder on the server"},
		{"key", s.Key, "the file of our private key, or credential:NAME"},
		{"known_hosts", s.KnownHosts, "a file with the server's key, from ssh-keyscan -H and compared with what its owner says"},
	} {
		if f.value == "" {
			fail(key+f.name, "is missing; give "+f.what)
		}
	}
	if i := strings.LastIndexByte(s.Address, ':'); i < 1 || i == len(s.Address)-1 || strings.ContainsAny(s.Address, "@/ ") {
		fail(key+"address", "not host:port; give for example sftp.example.nhs.uk:22")
	}
	s.Inbox.check(key, fail)
}

func (b *Inbox) check(key string, fail func(key, reason string)) {
	if b.Marker == "" && b.Unchanged == 0 {
		fail(key+"marker", "neither marker nor unchanged: files would be taken half; give one, such as unchanged: 10m")
	}
	if strings.ContainsAny(b.Marker, "/\x00") {
		fail(key+"marker", "the end of a file name, such as .done, has no slash")
	}
	if b.Then != "" && b.Then != "move" && b.Then != "keep" {
		fail(key+"then", "not move or keep")
	}
	for _, n := range b.Needs {
		if _, err := path.Match(n, ""); err != nil || n == "" {
			fail(key+"needs", "not a list of patterns such as persons*.csv")
		}
	}
}
