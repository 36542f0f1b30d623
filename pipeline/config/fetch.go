package config

import "fmt"

// Fetch says how a feed is fetched: exactly one of these. Without it the feed
// is the folder at its path, read whole at every run. Credentials are always
// in files.
type Fetch struct {
	Bulk     *Bulk     `yaml:"bulk"`
	Postgres *Postgres `yaml:"postgres"`
	Drop     *Drop     `yaml:"drop"`
	SFTP     *SFTP     `yaml:"sftp"`
}

// Some reports whether the feed is fetched at all.
func (f Fetch) Some() bool { return f.count() > 0 }

func (f Fetch) count() (n int) {
	for _, is := range []bool{f.Bulk != nil, f.Postgres != nil, f.Drop != nil, f.SFTP != nil} {
		if is {
			n++
		}
	}
	return n
}

// check tells what is wrong with how a feed is fetched. key is the feed's,
// with a dot at its end.
func (f Fetch) check(key, path string, fail func(key, reason string)) {
	switch {
	case f.count() > 1:
		fail(key+"fetch", "more than one way to fetch; keep one")
	case f.count() == 1 && path != "":
		fail(key+"path", "a feed that is fetched has no path: it lies in the work folder")
	case f.count() == 0 && path == "":
		fail(key+"path", fmt.Sprintf("is missing; give the folder, or %sfetch", key))
	}
	if f.Bulk != nil {
		f.Bulk.check(key+"fetch.bulk.", fail)
	}
	if f.Drop != nil {
		f.Drop.check(key+"fetch.drop.", fail)
	}
	if f.SFTP != nil {
		f.SFTP.check(key+"fetch.sftp.", fail)
	}
	if f.Postgres != nil {
		f.Postgres.check(key+"fetch.postgres.", fail)
	}
}

// paths are the files and folders that are named in it.
func (f Fetch) paths() (list []*string) {
	if f.Bulk != nil {
		list = append(list, f.Bulk.paths()...)
	}
	if f.Drop != nil {
		list = append(list, f.Drop.paths()...)
	}
	if f.SFTP != nil {
		list = append(list, f.SFTP.paths()...)
	}
	if f.Postgres != nil {
		list = append(list, f.Postgres.paths()...)
	}
	return list
}
